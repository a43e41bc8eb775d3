package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// trapsDir holds small builds with a truth written by hand; see its README.
const trapsDir = "../../testdata/traps"

// finding is what the traps' truth says of one.
type finding struct{ Kind, Target, Input string }

// checked is the document of check --json, as far as tests look at it.
type checked struct {
	Complete bool
	Findings []struct {
		finding
		Proof, Reason, Repro string
		Makefile             string
		Line                 int
	}
	Withheld []struct{ Target, Why string }
}

func (c checked) found() []finding {
	list := []finding{}
	for _, f := range c.Findings {
		list = append(list, f.finding)
	}
	slices.SortFunc(list, compareFindings)
	return list
}

func compareFindings(a, b finding) int {
	return strings.Compare(a.Kind+"\x00"+a.Target+"\x00"+a.Input, b.Kind+"\x00"+b.Target+"\x00"+b.Input)
}

// expectedOf reads the findings that a trap's expected.tsv calls for.
func expectedOf(t *testing.T, trap string) []finding {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(trap, "expected.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	list := []finding{}
	for line := range strings.Lines(string(text)) {
		row := append(strings.Split(strings.TrimRight(line, "\n"), "\t"), "", "", "", "")
		if strings.HasPrefix(line, "#") || row[0] == "" {
			continue
		}
		switch {
		case row[0] == "RACE":
			list = append(list, finding{"race", row[1], row[2]})
		case row[0] == "CONFLICT":
			list = append(list, finding{"writers", row[1], row[2]})
		case row[0] == "IN" && row[3] == "missing":
			list = append(list, finding{"missing", row[1], row[2]})
		}
		if row[0] == "IN" && strings.Contains(strings.ToLower(row[4]), "race") {
			list = append(list, finding{"race", row[1], row[2]})
		}
	}
	slices.SortFunc(list, compareFindings)
	return list
}

// copyTree copies a project, links as links.
func copyTree(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), filepath.Base(from))
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v: %s", err, out)
	}
	real, err := filepath.EvalSymlinks(to)
	if err != nil {
		t.Fatal(err)
	}
	return real
}

// runIn runs a program in a directory and gives its output and status.
func runIn(t *testing.T, dir string, argv ...string) (stdout string, status int) {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", argv, err)
	}
	if status = cmd.ProcessState.ExitCode(); status > 1 {
		t.Logf("%v in %s: status %d\n%s%s", argv, dir, status, out, stderr.String())
	}
	return string(out), status
}

// captureIn runs a shell command, a build that must succeed, under buildgraph.
func captureIn(t *testing.T, dir, command string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal(needRoot)
	}
	if out, status := runIn(t, dir, "buildgraph", "capture", "--", "sh", "-c", "("+command+") > /dev/null 2>&1"); status != 0 {
		t.Fatalf("capture: status %d: %s", status, out)
	}
}

// checkIn checks the trace of a project.
func checkIn(t *testing.T, dir string, flags ...string) checked {
	t.Helper()
	out, status := runIn(t, dir, append([]string{"buildgraph", "check", "--json"}, flags...)...)
	if status > 1 {
		t.Fatalf("check: status %d", status)
	}
	var c checked
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatalf("check --json: %v\n%s", err, out)
	}
	if want := min(1, len(c.Findings)); status != want {
		t.Errorf("check: status %d with %d findings", status, len(c.Findings))
	}
	return c
}

// listing tells everything about a tree that a build could change: names, kinds,
// times and contents.
func listing(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		i, err := os.Lstat(p)
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%s %v %d", p, i.Mode(), i.ModTime().UnixNano())
		if i.Mode().IsRegular() {
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %x", sha256.Sum256(data))
		}
		list = append(list, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Every trap's findings are those of its truth, no more and no less, at any -j;
// make agrees with each that it can be asked about, and nothing in the tree has
// changed by asking.
func TestTraps(t *testing.T) {
	traps, err := filepath.Glob(filepath.Join(trapsDir, "s*"))
	if err != nil || len(traps) < 12 {
		t.Fatalf("%d traps in %s: %v", len(traps), trapsDir, err)
	}
	for _, trap := range traps {
		want := expectedOf(t, trap)
		for _, j := range []string{"-j1", "-j4"} {
			t.Run(filepath.Base(trap)+j, func(t *testing.T) {
				dir := copyTree(t, trap)
				// A race may break the build, and going on with it mends that, as it
				// does for anybody.
				captureIn(t, dir, strings.ReplaceAll("make -j || make -j || make -j", "-j", j))
				before := listing(t, dir)
				plain := checkIn(t, dir)
				proved := checkIn(t, dir, "--rerun")
				if d := cmp.Diff(want, plain.found()); d != "" {
					t.Errorf("check (-expected +found):\n%s", d)
				}
				if d := cmp.Diff(want, proved.found()); d != "" {
					t.Errorf("check --rerun (-expected +found):\n%s", d)
				}
				for _, f := range proved.Findings {
					if f.Proof != "proved" {
						t.Errorf("%+v is %s: %s", f.finding, f.Proof, f.Reason)
					}
					// libx.a is made in any case, and then changed by another recipe.
					if f.Kind == "race" && f.Input != "libx.a" && !strings.HasPrefix(f.Reason, "built alone, it fails for want of "+f.Input) {
						t.Errorf("%+v: %s", f.finding, f.Reason)
					}
				}
				if d := cmp.Diff(before, listing(t, dir)); d != "" {
					t.Errorf("check changed the tree:\n%s", d)
				}
			})
		}
	}
}
