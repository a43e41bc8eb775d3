package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write what the verbs print into the scripts instead of comparing")

var keepGoing = flag.Bool("keep-going", false, "go on with a script after its first failure")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"buildgraph": main, "mktrace": mktrace, "storm": storm})
}

// The sessions of testdata/script: what a person types and sees.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:             "testdata/script",
		UpdateScripts:   *update,
		ContinueOnError: *keepGoing,
		Setup: func(e *testscript.Env) error {
			e.Setenv("TZ", "UTC")
			// For names that nobody else on the machine uses.
			e.Setenv("SELF", strconv.Itoa(os.Getpid()))
			// Where setcap lives, for whom PATH lacks it.
			e.Setenv("PATH", e.Getenv("PATH")+":/usr/sbin:/sbin")
			// Some sessions build as another user, who must get to the directory.
			return os.Chmod(filepath.Dir(e.WorkDir), 0o755)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"root": scriptRoot, "status": scriptStatus, "await": scriptAwait, "isjson": scriptIsJSON, "oneline": scriptOneLine,
		},
	})
}

// needRoot says what a session that watches real processes cannot do without.
const needRoot = "this test watches processes through eBPF and must be root: sudo make test"

// scriptRoot is "root": the session fails where it cannot be run.
func scriptRoot(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: root")
	}
	if os.Geteuid() != 0 {
		ts.Fatalf(needRoot)
	}
}

// scriptStatus is "status N[|N...] PROGRAM [ARG...]": the exit status must be
// (one of) N.
func scriptStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N[|N...] program [args...]")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode() // -1 when a signal killed it
	}
	if !slices.Contains(strings.Split(args[0], "|"), strconv.Itoa(got)) {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
}

// scriptAwait is "await FILE": waits until there is such a file.
func scriptAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await file")
	}
	name := ts.MkAbs(args[0])
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(name); err == nil {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("no %s after 30 s", args[0])
		}
	}
}

// scriptIsJSON is "isjson FILE": the file, or stdout, is one JSON document.
func scriptIsJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: isjson file")
	}
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	var v any
	if err := d.Decode(&v); err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
	if _, err := d.Token(); err != io.EOF {
		ts.Fatalf("%s: more than one document", args[0])
	}
}

// scriptOneLine is "oneline FILE": the file, stdout or stderr is one whole line.
func scriptOneLine(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: oneline file")
	}
	if text := ts.ReadFile(args[0]); strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") || len(text) < 2 {
		ts.Fatalf("%s is not one line: %q", args[0], text)
	}
}

// storm is "storm N": it looks for N files that are not there, all different, so
// that none of the lookups can be folded away.
func storm() {
	n, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "storm:", err)
		os.Exit(1)
	}
	for i := range n {
		if f, err := os.Open("storm-" + strconv.Itoa(i)); err == nil {
			f.Close()
		}
	}
}

// A bug is one line and no stack trace, with the status of the verb's failures.
func TestPanicIsOneLine(t *testing.T) {
	old := verbs
	defer func() { verbs = old }()
	verbs = append(verbs[:len(verbs):len(verbs)], func(*app) *cobra.Command {
		return &cobra.Command{Use: "trip", RunE: func(*cobra.Command, []string) error { panic("one\ntwo") }}
	}, func(*app) *cobra.Command {
		return &cobra.Command{
			Use: "trip125", Annotations: map[string]string{failureAnnotation: "125"},
			RunE: func(*cobra.Command, []string) error { panic("three") },
		}
	})
	for verb, want := range map[string]int{"trip": 2, "trip125": 125} {
		var stdout, stderr bytes.Buffer
		if got := run([]string{verb}, nil, &stdout, &stderr); got != want {
			t.Errorf("%s: status %d, want %d", verb, got, want)
		}
		line := stderr.String()
		if strings.Count(line, "\n") != 1 || !strings.HasPrefix(line, "buildgraph: internal error") || strings.Contains(line, "goroutine") || stdout.Len() > 0 {
			t.Errorf("%s: stderr %q, stdout %q", verb, line, stdout.String())
		}
	}
}

// A verb whose failures have their own status keeps it for flags that it does not know.
func TestFailureStatus(t *testing.T) {
	old := verbs
	defer func() { verbs = old }()
	verbs = append(verbs[:len(verbs):len(verbs)], func(*app) *cobra.Command {
		return &cobra.Command{
			Use: "wrap", Annotations: map[string]string{failureAnnotation: "125"}, Args: cobra.ArbitraryArgs,
			RunE: func(_ *cobra.Command, args []string) error { return &exitError{status: len(args)} },
		}
	})
	for _, c := range []struct {
		args   string
		status int
		says   bool
	}{
		{"wrap --no-such-flag", 125, true},
		{"-i x wrap --no-such-flag", 125, true},
		{"wrap -- deps --no-such-flag", 2, false},
		{"wrap", 0, false},
		{"deps --no-such-flag", 2, true},
		{"no-such-verb", 2, true},
		{"--no-such-flag", 2, true},
	} {
		var stdout, stderr bytes.Buffer
		if got := run(strings.Fields(c.args), nil, &stdout, &stderr); got != c.status || (stderr.Len() > 0) != c.says {
			t.Errorf("%s: status %d, want %d; stderr %q", c.args, got, c.status, stderr.String())
		}
		if n := strings.Count(stderr.String(), "\n"); n > 1 {
			t.Errorf("%s: %d lines on stderr: %q", c.args, n, stderr.String())
		}
	}
}

func TestShortVersion(t *testing.T) {
	for in, want := range map[string]string{
		"v1.2.3":                             "v1.2.3",
		"v1.2.3+dirty":                       "v1.2.3",
		"(devel)":                            "(devel)",
		"v0.0.0-20261121074500-0123456789ab": "0123456789ab",
		"v0.0.0-20261121074500-0123456789ab+dirty":   "0123456789ab",
		"v1.2.4-0.20261121074500-0123456789ab+dirty": "0123456789ab",
	} {
		if got := shortVersion(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}
