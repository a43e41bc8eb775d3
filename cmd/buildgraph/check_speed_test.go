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

// TestCheckSpeed checks a trace of more than a hundred thousand accesses: with all
// of them declared, and with none.
func TestCheckSpeed(t *testing.T) {
	const targets, headers, limit = 500, 200, time.Second
	var all, named strings.Builder
	for i := range headers {
		fmt.Fprintf(&named, " h%d.h", i)
	}
	for i := range targets {
		fmt.Fprintf(&all, " t%d", i)
	}
	for name, test := range map[string]struct {
		prereqs string
		found   int
	}{
		"declared":  {named.String(), 0},
		"forgotten": {"", targets * headers},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for i := range headers {
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("h%d.h", i)), []byte("x\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			var mk strings.Builder
			fmt.Fprintf(&mk, "all:%s\n", all.String())
			for i := range targets {
				fmt.Fprintf(&mk, "t%d:%s\n\tcat *.h >$@\n", i, test.prereqs)
			}
			if err := os.WriteFile(filepath.Join(dir, "Makefile"), []byte(mk.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			captureIn(t, dir, "make -s")
			if n := accesses(t, filepath.Join(dir, "buildgraph.db")); n < 100_000 {
				t.Fatalf("the trace has %d accesses", n)
			}
			best := time.Hour
			for range 5 { // the machine may be at something else
				began := time.Now()
				out, _ := runIn(t, dir, "buildgraph", "check")
				best = min(best, time.Since(began))
				want := fmt.Sprintf("%d findings about %d files in %d recipes", test.found, headers, targets)
				if test.found == 0 {
					want = fmt.Sprintf("nothing found in %d recipes", targets)
				}
				if !strings.Contains(out, want) {
					t.Fatalf("check says %q, not %q", out[max(0, len(out)-200):], want)
				}
			}
			t.Logf("check: %v", best)
			if best > limit {
				t.Errorf("check took %v, the limit is %v", best, limit)
			}
		})
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
