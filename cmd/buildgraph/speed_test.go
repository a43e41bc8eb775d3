package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"buildgraph/store"
)

const speedTargets, speedHeaders = 500, 200

// manyReads captures a build of targets that read every header; each needs, as the
// makefile has it, prereqs.
func manyReads(t *testing.T, dir, prereqs, headers string) (trace string) {
	t.Helper()
	for i := range speedHeaders {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("h%d.h", i)), []byte("x\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var all, rules strings.Builder
	for i := range speedTargets {
		fmt.Fprintf(&all, " t%d", i)
		fmt.Fprintf(&rules, "t%d:%s\n\tcat %s >$@\n", i, prereqs, headers)
	}
	if err := os.WriteFile(filepath.Join(dir, "Makefile"), []byte("all:"+all.String()+"\n"+rules.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	captureIn(t, dir, "make -s")
	return filepath.Join(dir, "buildgraph.db")
}

// within runs a command a few times, as the machine may be at something else, and
// holds the quickest to the limit. It gives what the command printed.
func within(t *testing.T, limit time.Duration, dir string, command ...string) (out string) {
	t.Helper()
	best := time.Hour
	for range 5 {
		began := time.Now()
		out, _ = runIn(t, dir, command...)
		best = min(best, time.Since(began))
	}
	t.Logf("%s: %v", command[1], best)
	if best > limit {
		t.Errorf("%s took %v, the limit is %v", command[1], best, limit)
	}
	return out
}

// TestCheckSpeed checks a trace of more than a hundred thousand accesses: with all
// of them declared, and with none.
func TestCheckSpeed(t *testing.T) {
	var named strings.Builder
	for i := range speedHeaders {
		fmt.Fprintf(&named, " h%d.h", i)
	}
	for name, test := range map[string]struct {
		prereqs string
		want    string
	}{
		"declared":  {named.String(), fmt.Sprintf("nothing found in %d recipes", speedTargets)},
		"forgotten": {"", fmt.Sprintf("%d findings about %d files in %d recipes", speedTargets*speedHeaders, speedHeaders, speedTargets)},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if n := accesses(t, manyReads(t, dir, test.prereqs, "*.h")); n < 100_000 {
				t.Fatalf("the trace has %d accesses", n)
			}
			if out := within(t, time.Second, dir, "buildgraph", "check"); !strings.Contains(out, test.want) {
				t.Errorf("check says %q, not %q", out[max(0, len(out)-200):], test.want)
			}
		})
	}
}

// TestDiffSpeed compares two such traces, of which every target differs.
func TestDiffSpeed(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	traces := []string{manyReads(t, a, "", "*.h"), manyReads(t, b, "", "h*[!7].h")}
	out := within(t, 2*time.Second, a, append([]string{"buildgraph", "diff"}, traces...)...)
	if want := fmt.Sprintf("%d of %[1]d targets made by both differ", speedTargets); !strings.Contains(out, want) {
		t.Errorf("diff does not say %q:\n%s", want, out[:min(len(out), 2000)])
	}
}

// accesses counts the access rows of a trace.
func accesses(t *testing.T, file string) (n int) {
	t.Helper()
	r, err := store.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, err := range r.Accesses() {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}
