package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"buildgraph/graph"
	"buildgraph/graph/compare"
)

func set(s string) *string { return &s }

func sampleDiff() compare.Diff {
	d := compare.Diff{
		A:      compare.Side{Root: "/home/ada/calc", Command: []string{"make"}, Complete: true, Host: "here", Targets: 34, Programs: 154, Wall: 3_170_000_000, CPU: 5_800_000_000},
		B:      compare.Side{Root: "/src/calc", Command: []string{"make", "-j8", "CC=my cc"}, Complete: true, Host: "here", Targets: 33, Programs: 171, Wall: 1_000_000_000, CPU: 5_900_000_000},
		Common: 12,
		OnlyA:  []compare.Target{{Name: "old.o", Recipe: true}, {Command: "echo done >/dev/null"}},
		OnlyB:  []compare.Target{{Name: "n1.o", Recipe: true}, {Name: "n2.o", Recipe: true}},
		Processes: []compare.ProcessChange{
			{Program: "cc1", OnlyA: compare.Runs{Count: 1, Targets: []string{"old.o"}}, OnlyB: compare.Runs{Count: 3, Targets: []string{"n1.o", "n2.o"}, Outside: 1}},
			{Program: "as", OnlyB: compare.Runs{Count: 3, Targets: []string{"n1.o", "n2.o"}, Outside: 1}},
			{Program: "sed", Changed: 3, Words: []compare.Hunk{{A: []string{"s/a/b/"}, B: []string{"s/a/c d/", "-n"}}}},
			{Program: "tee", OnlyA: compare.Runs{Count: 4, Outside: 4}},
		},
		Files: []compare.FileChange{
			{Path: "/usr/bin/gcc-12", Class: graph.Tool, Targets: 12},
			{Path: "/usr/include/new.h", Class: graph.System, InB: true, Targets: 1},
		},
		Slower: []compare.Slower{
			{Name: "m1.o", Work: true, RunsA: 1, RunsB: 1, WallA: 300_000_000, WallB: 950_000_000, CPUA: 290_000_000, CPUB: 900_000_000},
			{Name: "cc1", Program: true, Work: true, RunsA: 12, RunsB: 11, WallA: 3e9, WallB: 2e9, CPUA: 29e8, CPUB: 19e8},
		},
		AgainB: &compare.Again{
			Targets: []compare.Remade{
				{Name: "all", Reason: compare.ReasonNoFile}, {Name: "app", Reason: compare.ReasonInput, From: []compare.MadeInput{{Path: "m1.o", Target: "m1.o"}}},
				{Name: "gone.o", Reason: compare.ReasonAbsent}, {Name: "m1.o", Reason: compare.ReasonUnknown, Files: []string{"m1.c", "m1.h"}},
				{Name: "m2.o", Reason: compare.ReasonUnknown},
			},
			Causes: []compare.Cause{{Files: []string{"m1.c", "m1.h"}, Targets: []string{"m1.o"}}},
		},
	}
	for i := range 12 {
		c := compare.Change{Name: fmt.Sprintf("m%d.o", i), Env: []compare.Variable{
			{Name: "CC", B: set("my cc")}, {Name: "LANG", A: set("C"), B: set("de_DE.UTF-8")}, {Name: "SHLVL", A: set("1"), Hidden: "shell"},
			{Name: "PATH", A: set("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), B: set("/home/ada/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")},
		}}
		if i < 3 {
			c.Command = []compare.Hunk{{A: []string{"cc", "-O2"}, B: []string{"my cc", "-O0", "-g"}}}
			c.Tools = []compare.Tool{{Program: "cc", A: []string{"/usr/bin/gcc-12"}, B: []string{"/usr/bin/clang-14"}}}
		}
		if i == 3 {
			c.Added = []compare.Input{{Path: "lib/new.h", Class: graph.Project}}
			c.Removed = []compare.Input{{Path: "gen/old.h", Class: graph.Generated}}
			c.Exit, c.Runs = &compare.Pair{A: 0, B: 139}, &compare.Pair{A: 1, B: 2}
			c.Programs = []compare.Inner{{Program: "cc1", Words: []compare.Hunk{{B: []string{"-fnew"}}}}}
		}
		d.Changed = append(d.Changed, c)
	}
	return d
}

// oddDiff has a name everywhere.
func oddDiff(s string) compare.Diff {
	hs := []compare.Hunk{{A: []string{s}, B: []string{s + "x", s}}}
	return compare.Diff{
		A: compare.Side{Root: s, Host: s, Command: []string{s, s}, Why: []string{s}},
		B: compare.Side{Root: s + "2", Host: s + "3", Complete: true}, Common: 1,
		OnlyA: []compare.Target{{Name: s}, {Command: s}}, OnlyB: []compare.Target{{Name: s}},
		Processes: []compare.ProcessChange{{Program: s, OnlyA: compare.Runs{Count: 1, Targets: []string{s}}, OnlyB: compare.Runs{Count: 1, Targets: []string{s}}, Changed: 1, Words: hs}},
		Files:     []compare.FileChange{{Path: s}}, Slower: []compare.Slower{{Name: s, Work: true}, {Name: s, Program: true}},
		Changed: []compare.Change{{
			Name: s, Command: hs, Programs: []compare.Inner{{Program: s, Words: hs}}, Env: []compare.Variable{{Name: s, A: &s, B: &s}},
			Added: []compare.Input{{Path: s, Class: graph.Project}}, Tools: []compare.Tool{{Program: s, A: []string{s}, B: []string{s}}},
		}},
		AgainA: &compare.Again{
			Targets: []compare.Remade{{Name: s, Reason: compare.ReasonInput, From: []compare.MadeInput{{Path: s, Target: s}}, Files: []string{s}}},
			Causes:  []compare.Cause{{Files: []string{s}, Targets: []string{s}}},
		},
	}
}

func oddOne(s string) compare.One {
	d := oddDiff(s)
	return compare.One{
		Name: s, A: &compare.Made{Runs: 2, Exit: 1}, Change: &d.Changed[0], CommandA: []string{s},
		WhyA: []compare.Why{{Steps: append(d.AgainA.Targets, compare.Remade{Name: s, Reason: compare.ReasonUnknown, Files: []string{s}}), Cause: &d.AgainA.Causes[0]}},
	}
}

func sampleOne() compare.One {
	d := sampleDiff()
	return compare.One{
		Name: "app", A: &compare.Made{Runs: 1, Wall: 2e8, CPU: 1e8}, B: &compare.Made{Runs: 2, Wall: 3e8, CPU: 1e8, Exit: 2, Failed: true}, Change: &d.Changed[3],
		CommandA: []string{"cc", "-o", "app", "m1.o"}, CommandB: []string{"cc", "-o", "app", "m1.o", "-lm"},
		WhyB: []compare.Why{{Steps: []compare.Remade{d.AgainB.Targets[1], d.AgainB.Targets[3]}, Cause: &d.AgainB.Causes[0]}},
	}
}

// Files of the system are a number behind those of the project, unless there are no
// others or all is wanted.
func TestSuspects(t *testing.T) {
	for _, c := range []struct {
		files string
		all   bool
		want  string
	}{
		{"src/shell.h", false, "src/shell.h"},
		{"src/shell.h /usr/include/a.h", false, "src/shell.h, or a system file,"},
		{"src/a.h src/b.h /usr/include/a.h /usr/include/b.h", false, "one of src/a.h, src/b.h, or one of 2 system files,"},
		{"src/a.h /usr/include/a.h", true, "one of src/a.h, /usr/include/a.h"},
		{"/usr/include/a.h /usr/include/b.h", false, "one of /usr/include/a.h, /usr/include/b.h"},
	} {
		p := &diffPage{newPage(io.Discard, Options{}), DiffOptions{All: c.all}}
		if got := p.suspects(strings.Fields(c.files)); got != c.want {
			t.Errorf("%s: %q, want %q", c.files, got, c.want)
		}
	}
}

func TestDiffGolden(t *testing.T) {
	o := DiffOptions{A: "a.db", B: "before/b.db"}
	with := func(change func(*DiffOptions)) DiffOptions {
		c := o
		change(&c)
		return c
	}
	same := compare.Diff{A: sampleDiff().A, B: sampleDiff().A, Common: 34}
	for name, render := range map[string]func(io.Writer) error{
		"diff.txt": func(w io.Writer) error { return DiffText(w, sampleDiff(), o) },
		"diff-color.txt": func(w io.Writer) error {
			return DiffText(w, sampleDiff(), with(func(o *DiffOptions) { o.Color, o.Width = true, 60 }))
		},
		"diff-only.txt": func(w io.Writer) error {
			return DiffText(w, sampleDiff(), with(func(o *DiffOptions) { o.Only = []string{"files", "time"} }))
		},
		"diff-all.txt":     func(w io.Writer) error { return DiffText(w, sampleDiff(), with(func(o *DiffOptions) { o.All = true })) },
		"diff-same.txt":    func(w io.Writer) error { return DiffText(w, same, o) },
		"diff.json":        func(w io.Writer) error { return DiffJSON(w, sampleDiff(), o) },
		"diff-same.json":   func(w io.Writer) error { return DiffJSON(w, same, o) },
		"diff-odd.txt":     func(w io.Writer) error { return DiffText(w, oddDiff("a\x1b[2J\xff b"), o) },
		"diff-odd.json":    func(w io.Writer) error { return DiffJSON(w, oddDiff("a\x1b[2J\xff b"), o) },
		"diff-one.txt":     func(w io.Writer) error { return DiffTargetText(w, sampleOne(), o) },
		"diff-one.json":    func(w io.Writer) error { return DiffTargetJSON(w, sampleOne(), o) },
		"diff-one-odd.txt": func(w io.Writer) error { return DiffTargetText(w, oddOne("a\nb"), o) },
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, render) })
	}
}

// What is shown is what counts for the exit status; time counts only alone.
func TestDiffers(t *testing.T) {
	time := compare.Diff{Slower: sampleDiff().Slower}
	files := compare.Diff{Files: sampleDiff().Files}
	for _, c := range []struct {
		d    compare.Diff
		only string
		want bool
	}{
		{sampleDiff(), "", true}, {sampleDiff(), "why", false}, {sampleDiff(), "why,targets", true}, {sampleDiff(), "processes", true},
		{time, "", false}, {time, "time", true}, {time, "time,targets", false}, {files, "targets", false}, {files, "files", true}, {compare.Diff{}, "", false},
	} {
		o := DiffOptions{}
		if c.only != "" {
			o.Only = strings.Split(c.only, ",")
		}
		if got := o.Differs(c.d); got != c.want {
			t.Errorf("--only %q: %t, want %t", c.only, got, c.want)
		}
	}
}

// Whatever names hold, text has no control character but newline, and JSON parses.
func FuzzDiffNames(f *testing.F) {
	for _, s := range []string{"a.c", "\x1b[2J", "\xff", "a\nb", "\u009b1m", "\u202e", "'", `"`, "", " ", "\x7f", "<b>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o := DiffOptions{A: s, B: s + "2"}
		var b bytes.Buffer
		for _, err := range []error{DiffText(&b, oddDiff(s), o), DiffTargetText(&b, oddOne(s), o)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if !utf8.Valid(b.Bytes()) || strings.ContainsFunc(b.String(), func(r rune) bool { return r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0) }) {
			t.Errorf("%q: %q", s, b.String())
		}
		for _, render := range []func(io.Writer) error{
			func(w io.Writer) error { return DiffJSON(w, oddDiff(s), o) },
			func(w io.Writer) error { return DiffTargetJSON(w, oddOne(s), o) },
		} {
			b.Reset()
			if err := render(&b); err != nil || !json.Valid(b.Bytes()) {
				t.Errorf("%q: %v: %s", s, err, b.String())
			}
		}
	})
}
