package graph

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"buildgraph/store"
)

// exported is a build with a generated header, two objects and a program, and a file
// that no recipe made.
func exported(t *testing.T) *build {
	b, mk := makefile(t)
	mk.recipe("gen.h", "sed").reads("gen.in").writes("gen.h", "gen.log").exit()
	compile(mk, "a.o", "a.c", "gen.h", "/usr/include/stdio.h")
	compile(mk, "b.o", "b.c", "gen.h")
	mk.recipe("app", "ld").reads("a.o", "b.o", "app").writes("app").exit()
	mk.exit()
	b.meta.Ended = b.tick()
	return b
}

func TestPrerequisites(t *testing.T) {
	b := exported(t)
	all := []Prerequisites{
		{"a.o", []string{"a.c", "gen.h"}}, {"app", []string{"a.o", "b.o"}}, {"b.o", []string{"b.c", "gen.h"}},
		{"gen.h", []string{"gen.in"}}, {"gen.log", []string{"gen.in"}},
	}
	for _, c := range []struct {
		target string
		want   []Prerequisites
	}{
		{"", all},
		{"a.o", []Prerequisites{all[0], all[3]}},
		{"gen.log", []Prerequisites{all[4]}},
	} {
		got, err := b.graph().Prerequisites(PartOptions{Target: c.target}, false)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.target, diff)
		}
	}
	one, err := b.graph().PrerequisitesOf(PartOptions{Target: "a.o"}, false)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all[0], one); diff != "" {
		t.Errorf("of a.o alone (-want +got):\n%s", diff)
	}
	if _, err := b.graph().Prerequisites(PartOptions{Target: "nothing"}, false); err == nil {
		t.Error("an unknown target was answered")
	}
}

func TestFlows(t *testing.T) {
	b := exported(t)
	for _, c := range []struct {
		target string
		want   []Flow
	}{
		{"", []Flow{{1, 2, "gen.h"}, {1, 3, "gen.h"}, {2, 4, "a.o"}, {3, 4, "b.o"}}},
		{"a.o", []Flow{{1, 2, "gen.h"}}},
	} {
		got, err := b.graph().Flows(PartOptions{Target: c.target})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.target, diff)
		}
	}
}

// A target's part of a timeline is packed anew.
func TestTimelineOf(t *testing.T) {
	tl, err := exported(t).graph().TimelineOf(PartOptions{Target: "b.o"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := spans(tl.Recipes), "0.0 gen.h\n0.0 b.o\n"; got != want {
		t.Errorf("recipes:\n%swant:\n%s", got, want)
	}
	if got, want := spans(tl.Processes), "0.0 make\n0.1 sed\n0.1 cc\n0.2 cc1\n0.2 as\n"; got != want {
		t.Errorf("processes:\n%swant:\n%s", got, want)
	}
}

// The rows of the whole graph: classes, what is left at the end, words.
func TestNodes(t *testing.T) {
	b := exported(t)
	last := &proc{b: b, id: 1, image: 2, cwd: "/p"}
	last.unlink("gen.log")
	g := b.graph()
	type row struct {
		Class Class
		Sort  string
		AtEnd bool
	}
	got := map[string]row{}
	for f, err := range g.FileNodes() {
		if err != nil {
			t.Fatal(err)
		}
		got[f.Shown] = row{f.Class, f.Sort, f.AtEnd}
	}
	for name, want := range map[string]row{
		"a.c": {Project, "file", true}, "gen.h": {Generated, "file", true}, "gen.log": {Generated, "file", false},
		"/usr/bin/ld": {Tool, "file", true}, "/usr/include/stdio.h": {System, "file", true},
	} {
		if got[name] != want {
			t.Errorf("%s: got %+v, want %+v", name, got[name], want)
		}
	}
	recipes := 0
	for p, err := range g.ProcessNodes() {
		if err != nil {
			t.Fatal(err)
		}
		if p.Recipe != 0 {
			recipes++
		}
	}
	if want := len(b.procs) - 1; recipes != want {
		t.Errorf("%d processes are of recipes, want %d", recipes, want)
	}
	var linker []string
	for p, err := range g.ProgramNodes() {
		if err != nil {
			t.Fatal(err)
		}
		if p.Exec.Process == store.ProcessID(len(b.procs)) && p.Seq == 1 {
			linker = p.Argv
		}
	}
	if diff := cmp.Diff([]string{"ld"}, linker); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	for e, err := range g.AccessEdges() {
		if err != nil {
			t.Fatal(err)
		}
		if has := e.Access.Kinds&store.AccessMap != 0; has != (len(e.Kinds) == 2 && e.Kinds[1] == "map") {
			t.Errorf("words %q for %b", e.Kinds, e.Access.Kinds)
		}
	}
	words := []string{}
	for o, err := range g.Operations() {
		if err != nil {
			t.Fatal(err)
		}
		words = append(words, o.Kind)
	}
	if diff := cmp.Diff([]string{"unlink", "unlink", "unlink"}, words); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
}
