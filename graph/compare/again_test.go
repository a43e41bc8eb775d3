package compare

import (
	"fmt"
	"slices"
	"testing"

	"buildgraph/graph/declared"
)

// incremental is what a second make runs of project(n): some objects, and what is
// made of them.
func incremental(n int, objects ...int) []made {
	all := project(n)
	var rs []made
	for _, i := range append(objects, n) {
		r := all[i]
		r.absent, r.there = false, true
		rs = append(rs, r)
	}
	return rs
}

func reasonOf(t *testing.T, a *Again, name string) Remade {
	t.Helper()
	if a == nil {
		t.Fatalf("nothing is said of why %s was made", name)
	}
	i := slices.IndexFunc(a.Targets, func(r Remade) bool { return r.Name == name })
	if i < 0 {
		t.Fatalf("%s is not among %+v", name, a.Targets)
	}
	return a.Targets[i]
}

// One object was made again: its own source and header can have changed, not the
// header that all others have too.
func TestWhyOne(t *testing.T) {
	d := Builds(play(t, here, project(4)...), play(t, here, incremental(4, 2)...), Options{})
	if d.AgainA != nil {
		t.Errorf("a build from nothing made again: %+v", d.AgainA)
	}
	m := reasonOf(t, d.AgainB, "m2.o")
	if m.Reason != ReasonUnknown || !slices.Equal(m.Files, []string{"m2.c", "m2.h"}) {
		t.Errorf("m2.o: %+v", m)
	}
	app := reasonOf(t, d.AgainB, "app")
	if app.Reason != ReasonInput || !slices.Equal(app.From, []MadeInput{{"m2.o", "m2.o"}}) {
		t.Errorf("app: %+v", app)
	}
	if want := []Cause{{[]string{"m2.c", "m2.h"}, []string{"m2.o"}}}; text(t, d.AgainB.Causes) != text(t, want) {
		t.Errorf("causes: %s", text(t, d.AgainB.Causes))
	}
	one, found := d.Of("app")
	if !found || len(one.WhyA) != 0 || len(one.WhyB) != 1 || len(one.WhyB[0].Steps) != 2 || one.WhyB[0].Cause == nil || one.Change != nil {
		t.Errorf("app: %s", text(t, one))
	}
	if one, found = d.Of("m0.o"); !found || one.B != nil || one.A == nil || one.Same() {
		t.Errorf("m0.o was made in A only: %s", text(t, one))
	}
	if _, found = d.Of("m2.c"); found {
		t.Error("a source is said to be made")
	}
}

// All objects were made again: the one header of all explains that better than four
// sources.
func TestWhyAll(t *testing.T) {
	d := Builds(play(t, here, project(4)...), play(t, here, incremental(4, 0, 1, 2, 3)...), Options{})
	want := []Cause{{[]string{"all.h"}, []string{"m0.o", "m1.o", "m2.o", "m3.o"}}}
	if text(t, d.AgainB.Causes) != text(t, want) {
		t.Errorf("causes: %s", text(t, d.AgainB.Causes))
	}
}

// What the other build made clears no file where this one was asked for less, or
// failed.
func TestWhyNotCleared(t *testing.T) {
	for name, m := range map[string]machine{
		"asked for less": {root: here.root, pid: 9000, command: "make m2.o"},
		"failed":         {root: here.root, pid: 9000, exit: 2},
	} {
		d := Builds(play(t, here, project(4)...), play(t, m, incremental(4, 2)...), Options{})
		if r := reasonOf(t, d.AgainB, "m2.o"); !slices.Equal(r.Files, []string{"all.h", "m2.c", "m2.h"}) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestReasons(t *testing.T) {
	again := incremental(4, 0, 1, 2)
	again[0].there, again[0].absent = false, true // m0.o was removed
	phony := made{target: "check", programs: []string{"sh check"}, absent: true}
	forced := made{target: "m3.o", programs: []string{"cc -c m3.c"}, reads: []string{"m3.c"}, writes: []string{"m3.o"}, there: true}
	b := play(t, here, append(again, phony, forced)...)
	tool := &declared.Tool{Process: 1, Kind: declared.KindMake, Dir: here.root, Rules: []declared.Rule{
		{Target: "m1.o", Path: here.root + "/m1.o", HasRecipe: true, Prereqs: []declared.Prereq{
			{Name: "m1.c", Path: here.root + "/m1.c"}, {Name: "rules.mk", Path: here.root + "/rules.mk"},
			{Name: "obj", Path: here.root + "/obj", OrderOnly: true},
		}},
		{Target: "m3.o", Path: here.root + "/m3.o", HasRecipe: true, Prereqs: []declared.Prereq{{Name: "FORCE", Path: here.root + "/FORCE"}}},
		{Target: "FORCE", Path: here.root + "/FORCE"},
	}}
	tool.Index()
	b.Declared = &declared.Graph{Tools: []*declared.Tool{tool}}
	d := Builds(play(t, here, project(4)...), b, Options{})
	for name, want := range map[string]Remade{
		"m0.o":  {Reason: ReasonAbsent},
		"m1.o":  {Reason: ReasonUnknown, Files: []string{"m1.c", "rules.mk"}}, // what is declared, not what was read
		"m2.o":  {Reason: ReasonUnknown, Files: []string{"all.h", "m2.c", "m2.h"}},
		"m3.o":  {Reason: ReasonAlways},
		"check": {Reason: ReasonNoFile},
		"app":   {Reason: ReasonInput},
	} {
		got := reasonOf(t, d.AgainB, name)
		if got.Reason != want.Reason || !slices.Equal(got.Files, want.Files) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestAlwaysMake(t *testing.T) {
	m := here
	m.flags = "Bk" + here.flags
	d := Builds(play(t, here, project(2)...), play(t, m, incremental(2, 0, 1)...), Options{})
	for _, r := range d.AgainB.Targets {
		if r.Reason != ReasonAlways {
			t.Errorf("make -B: %+v", r)
		}
	}
	if len(d.AgainB.Causes) > 0 {
		t.Errorf("make -B needs no cause: %+v", d.AgainB.Causes)
	}
}

// A target that is not there because its recipe failed is a file all the same.
func TestFailed(t *testing.T) {
	fails := func(m machine, both bool) Build {
		rs := incremental(2, 0)
		rs[1] = made{target: "app", absent: true, exit: 1, programs: []string{"cc -o app m0.o m1.o"}, reads: []string{"m0.o", "m1.o"}}
		if both {
			rs = append(rs, made{target: "check", absent: true, exit: 1, programs: []string{"sh check"}})
		}
		m.exit = 2
		return play(t, m, rs...)
	}
	for _, c := range []struct {
		a, b Build
		too  bool
	}{{play(t, here, project(2)...), fails(here, false), false}, {fails(here, true), fails(there, true), true}} {
		d := Builds(c.a, c.b, Options{})
		if r := reasonOf(t, d.AgainB, "app"); r.Reason != ReasonFailed || r.FailedToo != c.too {
			t.Errorf("app: %+v, want that it failed, before too: %t", r, c.too)
		}
	}
	// What is declared to be no file is none, failed or not.
	b := fails(here, true)
	tool := &declared.Tool{Process: 1, Kind: declared.KindMake, Dir: here.root, Rules: []declared.Rule{{Target: "check", Phony: true, HasRecipe: true}}}
	tool.Index()
	b.Declared = &declared.Graph{Tools: []*declared.Tool{tool}}
	if r := reasonOf(t, Builds(play(t, here, project(2)...), b, Options{}).AgainB, "check"); r.Reason != ReasonNoFile {
		t.Errorf("check: %+v", r)
	}
}

// ninja makes again what has another command.
func TestOtherCommand(t *testing.T) {
	rs := incremental(2, 0)
	rs[0].programs[0] += " -g"
	b := play(t, here, rs...)
	tool := &declared.Tool{Process: 1, Kind: declared.KindNinja, Dir: here.root, Rules: []declared.Rule{
		{Target: "m0.o", Path: here.root + "/m0.o", HasRecipe: true, Prereqs: []declared.Prereq{{Name: "m0.c", Path: here.root + "/m0.c"}}},
	}}
	tool.Index()
	b.Declared = &declared.Graph{Tools: []*declared.Tool{tool}}
	d := Builds(play(t, here, project(2)...), b, Options{})
	if r := reasonOf(t, d.AgainB, "m0.o"); r.Reason != ReasonCommand {
		t.Errorf("got %+v", r)
	}
}

// Of files that explain the same, those of the project come first.
func TestCauseOfProject(t *testing.T) {
	shell := []string{"/home/ada/ext.h", "/usr/include/features.h", "/usr/src/k/k.h", "src/shell.h"}
	list := causes([]Remade{{Name: "a.o", Reason: ReasonUnknown, Files: shell}, {Name: "b.o", Reason: ReasonUnknown, Files: shell}})
	if want := []string{"/home/ada/ext.h", "/usr/src/k/k.h", "src/shell.h", "/usr/include/features.h"}; len(list) != 1 || !slices.Equal(list[0].Files, want) {
		t.Errorf("causes: %+v, want one with %q", list, want)
	}
	// One explains a target that the other does not: how many comes first.
	list = causes([]Remade{{Name: "a.o", Reason: ReasonUnknown, Files: []string{"/usr/include/x.h", "a.h"}}, {Name: "b.o", Reason: ReasonUnknown, Files: []string{"/usr/include/x.h"}}})
	if len(list) != 1 || !slices.Equal(list[0].Files, []string{"/usr/include/x.h"}) {
		t.Errorf("causes: %+v", list)
	}
}

// Each target has a cause, and the causes are found in nearly linear time.
func TestCauses(t *testing.T) {
	var targets []Remade
	want := 0
	for g := range 500 {
		for i := range 40 {
			targets = append(targets, Remade{
				Name: fmt.Sprintf("t%d-%d", g, i), Reason: ReasonUnknown,
				Files: []string{fmt.Sprintf("g%d.h", g), fmt.Sprintf("s%d-%d.c", g, i)},
			})
		}
		want++
	}
	list := causes(targets)
	if len(list) != want {
		t.Fatalf("%d causes, want %d", len(list), want)
	}
	explained := 0
	for _, c := range list {
		explained += len(c.Targets)
		if len(c.Files) != 1 || len(c.Targets) != 40 {
			t.Fatalf("%+v", c)
		}
	}
	if explained != len(targets) {
		t.Errorf("%d of %d targets are explained", explained, len(targets))
	}
}
