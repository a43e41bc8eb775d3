package report

import (
	"fmt"
	"strings"

	"buildgraph/graph"
	"buildgraph/graph/compare"
)

func sampleDiff() compare.Diff {
	d := compare.Diff{
		A:      compare.Side{Root: "/home/ada/calc", Command: []string{"make"}, Complete: true, Host: "here", Targets: 34, Programs: 154, Wall: 3_170_000_000, CPU: 5_800_000_000},
		B:      compare.Side{Root: "/src/calc", Command: []string{"make", "-j8", "CC=my cc"}, Complete: true, Host: "here", Targets: 33, Programs: 171, Wall: 1_000_000_000, CPU: 5_900_000_000},
		Common: 12,
		OnlyA:  []compare.Target{{Name: "old.o", Recipe: true}, {Command: "echo done >/dev/null", Runs: 15}},
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
		A: compare.Side{Root: s, Host: s, Command: []string{s, s}, Why: []string{s}, ExitCode: 2, Failed: []compare.Failure{{Name: s, Exit: 130}}},
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
		Name: s, A: &compare.Made{Runs: 2, Exit: 1}, B: &compare.Made{Runs: 1}, Change: &d.Changed[0], CommandA: []string{s}, LinesA: []string{s},
		Recipe: []compare.Row{{A: []compare.Piece{{Text: s}, {Text: " " + s, Differs: true}}, B: []compare.Piece{{Text: s}}}, {B: []compare.Piece{{Text: s, Differs: true}}}},
		WhyA:   []compare.Why{{Steps: append(d.AgainA.Targets, compare.Remade{Name: s, Reason: compare.ReasonUnknown, Files: []string{s}}), Cause: &d.AgainA.Causes[0]}},
	}
}

// words are the pieces of a row; "*" is before those that differ.
func words(row string) []compare.Piece {
	var list []compare.Piece
	for _, w := range strings.SplitAfter(row, " ") {
		text, differs := strings.CutPrefix(w, "*")
		list = append(list, compare.Piece{Text: text, Differs: differs})
	}
	for i := len(list) - 1; i > 0; i-- { // the blanks are before a word
		if before, ok := strings.CutSuffix(list[i-1].Text, " "); ok {
			list[i-1].Text, list[i].Text = before, " "+list[i].Text
		}
	}
	return list
}

func sampleOne() compare.One {
	d := sampleDiff()
	return compare.One{
		Name: "app", A: &compare.Made{Runs: 1, Wall: 2e8, CPU: 1e8}, B: &compare.Made{Runs: 2, Wall: 3e8, CPU: 1e8, Exit: 2, Failed: true}, Change: &d.Changed[3],
		CommandA: []string{"cc", "-o", "app", "m1.o"}, CommandB: []string{"cc", "-o", "app", "m1.o", "-lm"},
		LinesA: []string{"cc -o app m1.o", "cd lib && echo 'a  b' >x"}, LinesB: []string{"cc -o app m1.o -lm", "cd lib && echo 'a  b' >x"},
		Recipe: []compare.Row{
			{A: words("cc -o app m1.o"), B: words("cc -o app m1.o *-lm")},
			{A: words("cd lib && echo 'a  b' >x"), B: words("cd lib && echo 'a  b' >x")},
			{A: words("*rm *-f *x")},
		},
		WhyB: []compare.Why{{Steps: []compare.Remade{d.AgainB.Targets[1], d.AgainB.Targets[3]}, Cause: &d.AgainB.Causes[0]}},
	}
}

// longOne has command lines that no terminal's line holds.
func longOne() compare.One {
	objects := ""
	for i := range 30 {
		objects += fmt.Sprintf(" o%02d.o", i)
	}
	return compare.One{
		Name: "liba.a", A: &compare.Made{Runs: 1, Wall: 2e8, CPU: 1e8}, B: &compare.Made{Runs: 1, Wall: 2e8, CPU: 1e8}, Change: &compare.Change{Name: "liba.a"},
		Recipe: []compare.Row{
			{A: words("ar rc liba.a" + objects + " *old.o" + objects), B: words("ar rc liba.a" + objects + " *fresh.o *more.o" + objects)},
			{A: words("ranlib liba.a" + objects), B: words("ranlib liba.a" + objects)},
		},
	}
}

// madeOne was made by one build only, from a recipe of many lines.
func madeOne() compare.One {
	one := compare.One{Name: "book", FailedA: true, B: &compare.Made{Runs: 1, Wall: 2e8, CPU: 1e8}}
	for i := range 9 {
		one.Recipe = append(one.Recipe, compare.Row{B: words(fmt.Sprintf("*step *%d", i))})
	}
	return one
}

// manyDiff has many of everything, in a build that failed.
func manyDiff() compare.Diff {
	d := compare.Diff{
		A: compare.Side{Command: []string{"make"}, Complete: true, Targets: 40, Programs: 200},
		B: compare.Side{Command: []string{"make", "-k"}, Complete: true, Targets: 2, Programs: 12, ExitCode: 2,
			Failed: []compare.Failure{{Name: "src/broken.o", Exit: 1}, {Name: "src/killed.o", Exit: 137}}},
		Common: 2,
	}
	c := compare.Change{Name: "app"}
	for i := range 150 {
		c.Added = append(c.Added, compare.Input{Path: fmt.Sprintf("include/linux/some/header%03d.h", i), Class: graph.Project})
	}
	c.Added = append(c.Added, compare.Input{Path: "lib/alone.h", Class: graph.Project})
	d.Changed = []compare.Change{c}
	var made []string
	for i := range 38 {
		made = append(made, fmt.Sprintf("src/object%02d.o", i))
		d.OnlyA = append(d.OnlyA, compare.Target{Name: made[i], Recipe: true})
	}
	for i := range 14 {
		d.Processes = append(d.Processes, compare.ProcessChange{Program: fmt.Sprintf("tool%02d", i), OnlyA: compare.Runs{Count: 14 - i, Targets: []string{"app"}}})
	}
	d.Processes = append(d.Processes, compare.ProcessChange{Program: "cc1", OnlyA: compare.Runs{Count: 38, Targets: made, Alone: 38}})
	for i := range 7 {
		d.Files = append(d.Files, compare.FileChange{Path: fmt.Sprintf("/usr/include/c++/12/h%d.h", i), Class: graph.System, InB: true, Targets: 1 + i%2})
	}
	for i := range 25 {
		d.Files = append(d.Files, compare.FileChange{Path: fmt.Sprintf("/usr/lib/d%02d/lib.so.%d", i, i), Class: graph.System, InB: true, Targets: 2})
	}
	return d
}
