package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// heard collects what a program writes, to be looked at meanwhile.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *heard) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *heard) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// passing are names that differ from build to build.
var passing = regexp.MustCompile(`/cc\w{6}\.|/proc/\d+`)

// asked runs a program and gives its output, without the names that pass.
func asked(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v: %s", name, args, err, out)
	}
	return passing.ReplaceAllString(string(out), "*")
}

// whoDidWhat is what each program of a trace did to which file.
func whoDidWhat(t *testing.T, trace string) []string {
	t.Helper()
	out := asked(t, ".", "sqlite3", "-readonly", trace, `SELECT command, kinds, path FROM accesses WHERE path NOT LIKE 'pipe:%'
		UNION SELECT command, operation, path || ' ' || ifnull(other, '') FROM operations`)
	rows := strings.Split(strings.TrimSpace(out), "\n")
	slices.Sort(rows)
	return slices.Compact(rows)
}

// Two builds that people start at two terminals, while a third program opens files:
// two traces, each what a capture of that build alone says, and nothing of the third.
func TestAttachTwoTerminals(t *testing.T) {
	files := map[string]string{
		"Makefile": "app: a.o b.o; cc -o app a.o b.o\n%.o: %.c; cc -c $<\nclean:; rm -f app *.o\n",
		"own.h":    "#define N 0\n",
		"a.c":      "#include \"own.h\"\n#include <stdio.h>\nint b(void);\nint main(void) { return b() + N; }\n",
		"b.c":      "#include \"own.h\"\nint b(void) { return N; }\n",
	}
	terminals := []*terminal{newTerminal(t, files), newTerminal(t, files)}
	traces, third, bin := t.TempDir(), t.TempDir(), t.TempDir()
	real, err := exec.LookPath("make")
	if err != nil {
		t.Fatal(err)
	}
	name := "mt" + strconv.Itoa(os.Getpid()) // nobody else's make
	mk := filepath.Join(bin, name)
	if err := os.Symlink(real, mk); err != nil {
		t.Fatal(err)
	}
	stranger := exec.Command("sh", "-c", ": >stranger; while :; do cat stranger "+terminals[0].dir+"/own.h; done")
	stranger.Dir = third
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer stranger.Wait()
	defer stranger.Process.Kill()

	var said heard
	attach := exec.Command("buildgraph", "attach", "--trigger", "no-such-tool,"+name, "--count", "2", "-o", traces)
	attach.Stderr = &said
	if err := attach.Start(); err != nil {
		t.Fatal(err)
	}
	terminals[0].until("attach to watch", func() bool { return strings.Contains(said.String(), "watching for") })
	for _, e := range terminals {
		e.types(mk + " -s -j2; touch done")
	}
	for _, e := range terminals {
		e.made("done")
	}
	ended := time.AfterFunc(time.Minute, func() { _ = attach.Process.Kill() })
	defer ended.Stop()
	if err := attach.Wait(); err != nil {
		t.Fatalf("attach: %v: %s", err, said.String())
	}
	for _, e := range terminals {
		found := regexp.MustCompile(fmt.Sprintf(`(?m)^buildgraph: %s -s -j2 \(pid \d+\) in %s by root: recording into (\S+)$`, name, regexp.QuoteMeta(e.dir))).FindStringSubmatch(said.String())
		if found == nil {
			t.Fatalf("no build of %s: %s", e.dir, said.String())
		}
		compareWithCapture(t, e, found[1], mk, third)
	}
}

// compareWithCapture captures the build of a terminal there anew and compares.
func compareWithCapture(t *testing.T, e *terminal, trace, mk, third string) {
	t.Helper()
	dir := e.dir
	plain := filepath.Join(t.TempDir(), "plain.db")
	asked(t, dir, mk, "-s", "clean")
	e.types("buildgraph capture -q --no-tag -o " + plain + " -- " + mk + " -s -j2; touch captured")
	e.made("captured")
	got, want := whoDidWhat(t, trace), whoDidWhat(t, plain)
	for _, l := range got {
		if strings.Contains(l, third) {
			t.Errorf("of the third program: %s", l)
		}
		if _, ok := slices.BinarySearch(want, l); !ok {
			t.Errorf("only in the trace of attach: %s", l)
		}
	}
	for _, l := range want {
		if _, ok := slices.BinarySearch(got, l); !ok {
			t.Errorf("only in the trace of capture: %s", l)
		}
	}
	if len(want) < 200 {
		t.Errorf("only %d accesses", len(want))
	}
	for _, question := range [][]string{
		{"outputs", "--json"}, {"check", "--json"},
		{"deps", "app", "--json", "--all"}, {"deps", "a.o", "--json", "--all"}, {"deps", "b.o", "--json", "--all"},
	} {
		answer := func(file string) string {
			cmd := exec.Command("buildgraph", append(question, "-i", file)...)
			cmd.Dir = dir
			out, err := cmd.Output() // check says 1 where it found something
			if len(out) == 0 {
				t.Fatalf("%q of %s: %v", question, file, err)
			}
			return timesAndPIDs.ReplaceAllString(passing.ReplaceAllString(string(out), "*"), "")
		}
		if a, b := answer(trace), answer(plain); a != b {
			t.Errorf("%q: attach\n%s\ncapture\n%s", question, a, b)
		}
	}
}

// timesAndPIDs are what a witness has of the one run.
var timesAndPIDs = regexp.MustCompile(`"(pid|time_ns)": [0-9]+,?`)
