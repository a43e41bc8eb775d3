package oracle

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// inOrder makes first, each by a run of make of its own, what a trap's Makefile
// does not order: under -j such a build fails or not as chance will have it,
// and then it has no one truth.
var inOrder = map[string][]string{
	"s01_gen_header_race": {"gen.h"},
	"s03_cd_relative":     {"lib/obj.o lib/z.o"},
	"s05_recursive":       {"lib"},
	"s07_ar_update":       {"'libx.a(a.o)'", "'libx.a(b.o)'", "c.stamp"},
}

// trapBuild is the build of a trap with j jobs.
func trapBuild(dir string, j int) build {
	b := build{name: filepath.Base(dir), source: dir, command: []string{"make", jobs(j)}}
	if first := inOrder[b.name]; j > 1 && first != nil {
		script := ""
		for _, targets := range first {
			script += "make " + jobs(j) + " " + targets + " && "
		}
		b.command = []string{"sh", "-c", script + "make " + jobs(j)}
	}
	return b
}

// row is one line of a trap's expected.tsv; README.md there says what the types
// mean.
type row struct{ kind, target, path, verdict, note string }

func readRows(t *testing.T, dir string) []row {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "expected.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []row
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if line := sc.Text(); line != "" && line[0] != '#' {
			c := append(strings.Split(line, "\t"), "", "")
			if len(c) < 6 {
				t.Fatalf("%s: not a row: %q", dir, line)
			}
			rows = append(rows, row{c[0], c[1], c[2], c[3], c[4]})
		}
	}
	if len(rows) == 0 {
		t.Fatalf("%s: no rows", dir)
	}
	return rows
}

// ask runs a query on the trace and decodes its JSON answer.
func (s *site) ask(t *testing.T, answer any, args ...string) error {
	t.Helper()
	c := exec.Command(program(t), append(args, "--json", "-i", s.trace())...)
	c.Dir = s.tree()
	out, err := c.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
		}
		return fmt.Errorf("buildgraph %s: %w", strings.Join(args, " "), err)
	}
	if err := json.Unmarshal(out, answer); err != nil {
		return fmt.Errorf("buildgraph %s: %w in %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// depsAnswer and outputsAnswer are the parts of the answers that are checked.
type depsAnswer struct {
	Target   string
	Complete bool
	Inputs   []struct {
		Path   string
		Class  string
		Access []string
	}
}

type outputsAnswer struct {
	Complete bool
	Outputs  []struct {
		Path   string
		Target *string
		By     []string
	}
}

// grouped are targets that one recipe makes together: make names any of them.
var grouped = map[string][]string{"s22_make_features": {"gram.c", "gram.h"}}

// TestTraps asks of every trap what a person would, and holds the answers to a
// truth that was written by hand.
func TestTraps(t *testing.T) {
	root(t)
	for _, j := range []int{1, 4} {
		for _, dir := range traps(t) {
			b := trapBuild(dir, j)
			t.Run(b.name+jobs(j), func(t *testing.T) {
				s := newSite(t, b)
				s.capture(t)
				rows := readRows(t, dir)
				checkInputs(t, s, rows)
				checkOutputs(t, s, rows)
			})
		}
	}
}

// checkInputs asks for the inputs of every target that a row speaks of: they
// are the IN rows, all of them and no others.
func checkInputs(t *testing.T, s *site, rows []row) {
	t.Helper()
	want := map[string][]string{} // target -> paths
	lists := map[row]bool{}       // {target, path} of a directory that may be shown as listed
	never := map[string][]string{}
	var temporaries []string
	for _, r := range rows {
		switch r.kind {
		case "IN":
			want[r.target] = append(want[r.target], r.path)
		case "DIR":
			lists[row{target: r.target, path: r.path}] = true
		case "NOTIN":
			temporaries = append(temporaries, r.path)
		case "ALIAS":
			never[r.target] = append(never[r.target], r.path)
		}
	}
	for target, paths := range want {
		var a depsAnswer
		if err := s.ask(t, &a, "deps", target); err != nil {
			t.Error(err)
			continue
		}
		if !a.Complete {
			t.Errorf("deps %s: not complete", target)
		}
		var got []string
		for _, in := range a.Inputs {
			if in.Class != "project" && in.Class != "generated" {
				t.Errorf("deps %s: %s is of class %q without --all", target, in.Path, in.Class)
			}
			if lists[row{target: target, path: in.Path}] && slices.Equal(in.Access, []string{"list"}) {
				continue
			}
			got = append(got, in.Path)
			for _, pattern := range temporaries {
				if ok, _ := path.Match(pattern, in.Path); ok {
					t.Errorf("deps %s: the temporary file %s", target, in.Path)
				}
			}
		}
		slices.Sort(paths)
		if diff := cmp.Diff(paths, got); diff != "" {
			t.Errorf("deps %s: -truth +answer\n%s", target, diff)
		}
	}
	for target, paths := range never {
		var a depsAnswer
		if err := s.ask(t, &a, "deps", target); err != nil {
			t.Error(err)
			continue
		}
		for _, in := range a.Inputs {
			if slices.Contains(paths, in.Path) {
				t.Errorf("deps %s: %s is the target itself by another name", target, in.Path)
			}
		}
	}
}

// checkOutputs asks for everything that the build made: the OUT rows are among
// it with the target that made them, temporary files are not.
func checkOutputs(t *testing.T, s *site, rows []row) {
	t.Helper()
	var a outputsAnswer
	if err := s.ask(t, &a, "outputs"); err != nil {
		t.Error(err)
		return
	}
	if !a.Complete {
		t.Error("outputs: not complete")
	}
	targets := map[string]string{}
	for _, o := range a.Outputs {
		if _, twice := targets[o.Path]; twice {
			t.Errorf("outputs: %s is named twice", o.Path)
		}
		targets[o.Path] = ""
		if o.Target != nil {
			targets[o.Path] = *o.Target
		}
		if _, err := os.Lstat(filepath.Join(s.tree(), o.Path)); err != nil {
			t.Errorf("outputs: %s is not there: %v", o.Path, err)
		}
	}
	for _, r := range rows {
		switch r.kind {
		case "OUT":
			got, ok := targets[r.path]
			group := grouped[s.name]
			switch {
			case !ok:
				t.Errorf("outputs: no %s", r.path)
			case r.verdict == "modified": // made by one target, changed by another: either may be named
			case slices.Contains(group, r.target) && slices.Contains(group, got):
			case got != r.target:
				t.Errorf("outputs: %s was made by %q, not by %q", r.path, got, r.target)
			}
		case "NOTIN":
			for p := range targets {
				if ok, _ := path.Match(r.path, p); ok {
					t.Errorf("outputs: the temporary file %s", p)
				}
			}
		}
	}
}

// TestLostRace captures a build that fails: the trace is whole, the exit status
// is make's own, and what was made before the failure is answered for.
func TestLostRace(t *testing.T) {
	root(t)
	dir := testdata(t, "traps", "s01_gen_header_race")
	s := newSite(t, build{name: filepath.Base(dir), source: dir, command: []string{"make", jobs(4)}})
	s.fresh(t)
	c := exec.Command(program(t), "capture", "-o", s.trace(), "--", "make", jobs(4))
	c.Dir = s.tree()
	out, err := c.CombinedOutput()
	if code := c.ProcessState.ExitCode(); code != 2 {
		t.Fatalf("exit status %d (%v), not make's 2:\n%s", code, err, out)
	}
	var a depsAnswer
	if err := s.ask(t, &a, "deps", "gen.h"); err != nil {
		t.Fatal(err)
	}
	if !a.Complete || len(a.Inputs) != 1 || a.Inputs[0].Path != "gen.in" {
		t.Errorf("deps gen.h: %+v", a)
	}
}
