package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// drawn is a picture as text: its edges by label, then nodes without an edge.
func drawn(p Picture) []string {
	labels := map[string]string{}
	for _, n := range p.Nodes {
		labels[n.ID] = n.Label
		if n.Kind == kindRecipe || n.Kind == kindProcess {
			labels[n.ID] = "[" + n.Label + "]"
		}
	}
	var lines []string
	for _, e := range p.Edges {
		lines = append(lines, fmt.Sprintf("%s -%s-> %s", labels[e.From], e.Kind, labels[e.To]))
	}
	slices.Sort(lines)
	return lines
}

func wantDrawn(t *testing.T, b *build, o PictureOptions, want ...string) Picture {
	t.Helper()
	p, err := b.graph().Picture(o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, drawn(p)); diff != "" {
		t.Errorf("picture %+v (-want +got):\n%s", o, diff)
	}
	return p
}

// project is a small program: a generated header, objects, a link.
func project(t *testing.T, sources int) *build {
	b, mk := makefile(t)
	mk.recipe("gen.h", "./gen.sh").reads("gen.sh", "spec").writes("gen.h").exit()
	objects := []string{}
	for i := range sources {
		o := fmt.Sprintf("s%d.o", i)
		sh := mk.recipe(o, "sh", "-c", "cc -c s.c")
		sh.run("cc").run("cc1").reads(fmt.Sprintf("s%d.c", i), "gen.h", "a.h", "b.h", "/usr/include/stdio.h").writes(o).exit()
		objects = append(objects, o)
	}
	mk.recipe("prog", "cc", "-o", "prog").reads(objects...).writes("prog", "prog.map").exit()
	mk.recipe("install", "echo", "done").exit()
	return b
}

func TestPictureOfTheWholeBuild(t *testing.T) {
	p := wantDrawn(t, project(t, 2), PictureOptions{},
		"[cc] -write-> prog", "[cc] -write-> prog.map", "[cc] -write-> s0.o", "[cc] -write-> s1.o",
		"[gen.sh] -write-> gen.h",
		"a.h -read-> [cc]", "a.h -read-> [cc]", "b.h -read-> [cc]", "b.h -read-> [cc]",
		"gen.h -read-> [cc]", "gen.h -read-> [cc]", "gen.sh -execute-> [gen.sh]",
		"s0.c -read-> [cc]", "s0.o -read-> [cc]", "s1.c -read-> [cc]", "s1.o -read-> [cc]", "spec -read-> [gen.sh]")
	if p.Title != "make" || !p.Complete || p.Omitted != 0 || p.Note != "" {
		t.Errorf("%q %v %d %q", p.Title, p.Complete, p.Omitted, p.Note)
	}
	i := slices.IndexFunc(p.Nodes, func(n PictureNode) bool { return n.Title == "cc -c s.c" })
	if i < 0 || p.Nodes[i].Kind != kindRecipe {
		t.Errorf("nodes: %+v", p.Nodes)
	}
}

func TestPictureOfOneTarget(t *testing.T) {
	p := wantDrawn(t, project(t, 2), PictureOptions{Target: "s1.o"},
		"[cc] -write-> s1.o", "[gen.sh] -write-> gen.h", "a.h -read-> [cc]", "b.h -read-> [cc]",
		"gen.h -read-> [cc]", "gen.sh -execute-> [gen.sh]", "s1.c -read-> [cc]", "spec -read-> [gen.sh]")
	if p.Title != "s1.o" {
		t.Errorf("title %q", p.Title)
	}
	p = wantDrawn(t, project(t, 1), PictureOptions{Target: "prog", All: true, Limit: 1000},
		"/usr/bin/cc -execute-> [cc]", "/usr/bin/cc -execute-> [cc]", "/usr/bin/cc1 -execute-> [cc]",
		"/usr/bin/sh -execute-> [cc]", "/usr/include/stdio.h -read-> [cc]",
		"/usr/lib/libc.so.6 -read-> [cc]", "/usr/lib/libc.so.6 -read-> [cc]", "/usr/lib/libc.so.6 -read-> [gen.sh]",
		"[cc] -write-> prog", "[cc] -write-> s0.o", "[gen.sh] -write-> gen.h",
		"a.h -read-> [cc]", "b.h -read-> [cc]", "gen.h -read-> [cc]",
		"gen.sh -execute-> [gen.sh]", "s0.c -read-> [cc]", "s0.o -read-> [cc]", "spec -read-> [gen.sh]")
	if n := p.Nodes[0]; n.ID != "file:/usr/bin/cc" || n.Kind != string(Tool) {
		t.Errorf("first node: %+v", n)
	}
}

// A build without a build tool has the writing processes as boxes.
func TestPictureOfAScript(t *testing.T) {
	b, sh := script(t)
	sh.run("gen").reads("a").appends("pipe:[1]").exit()
	sh.run("fmt").reads("pipe:[1]").writes("out").exit()
	sh.run("use").reads("out").writes("final").exit()
	want := []string{"[fmt] -write-> out", "[use] -write-> final", "a -read-> [fmt]", "build.sh -read-> [fmt]",
		"build.sh -read-> [use]", "out -read-> [use]"}
	wantDrawn(t, b, PictureOptions{}, want...)
	wantDrawn(t, b, PictureOptions{Target: "final"}, want...)
}

func TestPictureKeepsToTheLimit(t *testing.T) {
	for _, limit := range []int{1, 5, 12, 25, 60, 200} {
		for _, target := range []string{"", "prog", "install"} {
			p, err := project(t, 30).graph().Picture(PictureOptions{Limit: limit, Target: target})
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Nodes) > limit {
				t.Errorf("limit %d, target %q: %d nodes", limit, target, len(p.Nodes))
			}
			if (p.Omitted > 0) != (p.Note != "") {
				t.Errorf("limit %d, target %q: %d omitted, note %q", limit, target, p.Omitted, p.Note)
			}
			if target == "prog" && !slices.ContainsFunc(p.Nodes, func(n PictureNode) bool { return n.Label == "prog" }) {
				t.Errorf("limit %d: the target is not in its own picture", limit)
			}
			for _, e := range p.Edges {
				for _, end := range []string{e.From, e.To} {
					if !slices.ContainsFunc(p.Nodes, func(n PictureNode) bool { return n.ID == end }) {
						t.Fatalf("limit %d: an edge of %s, which is no node", limit, end)
					}
				}
			}
		}
	}
	// Two headers lead to the same places: they are drawn as one.
	p, _ := project(t, 5).graph().Picture(PictureOptions{Limit: 22})
	i := slices.IndexFunc(p.Nodes, func(n PictureNode) bool { return n.Label == "a.h, b.h" })
	if i < 0 || p.Nodes[i].Title != "a.h\nb.h" || p.Note != "4 files that are alike are drawn together" || p.Omitted != 4 {
		t.Errorf("nothing is folded: %q %+v", p.Note, p.Nodes)
	}
	// So are many compilations for one link.
	p = wantDrawn(t, project(t, 30), PictureOptions{Limit: 12},
		"30 objects -read-> [cc]", "32 files -read-> [30 × cc]", "[30 × cc] -write-> 30 objects",
		"[cc] -write-> prog, prog.map", "[gen.sh] -write-> gen.h", "gen.h -read-> [30 × cc]",
		"gen.sh -execute-> [gen.sh]", "spec -read-> [gen.sh]")
	if p.Note != "64 files and 30 commands that are alike are drawn together" {
		t.Errorf("note: %q", p.Note)
	}
}

func TestPictureIsDeterministic(t *testing.T) {
	for seed := range uint64(20) {
		for _, o := range []PictureOptions{{}, {Limit: 6}, {All: true, Limit: 15}, {Procs: true}, {Procs: true, Limit: 4}} {
			first, err := random(t, seed).graph().Picture(o)
			if err != nil {
				t.Fatal(err)
			}
			again, _ := random(t, seed).graph().Picture(o)
			if diff := cmp.Diff(first, again); diff != "" {
				t.Fatalf("seed %d %+v: two pictures of one build:\n%s", seed, o, diff)
			}
			if !slices.IsSortedFunc(first.Nodes, func(a, b PictureNode) int { return strings.Compare(a.ID, b.ID) }) {
				t.Fatalf("seed %d: nodes are not sorted", seed)
			}
		}
	}
}

func TestPictureOfProcesses(t *testing.T) {
	b := project(t, 3)
	p := wantDrawn(t, b, PictureOptions{Procs: true, Target: "s1.o"},
		"[cc] -fork-> [cc1]", "[make] -fork-> [sh]", "[sh] -fork-> [cc]")
	if p.Title != "s1.o" {
		t.Errorf("title %q", p.Title)
	}
	p, err := b.graph().Picture(PictureOptions{Procs: true})
	if err != nil || len(p.Nodes) != len(b.procs) || len(p.Edges) != len(b.procs)-1 {
		t.Errorf("%d nodes and %d edges of %d processes: %v", len(p.Nodes), len(p.Edges), len(b.procs), err)
	}
	sh := b.start(".", "sh")
	for range 9 {
		sh.run("true").exit()
	}
	p, _ = b.graph().Picture(PictureOptions{Procs: true, Limit: 15})
	if !slices.ContainsFunc(p.Nodes, func(n PictureNode) bool { return n.Label == "9 × true" }) || p.Note == "" {
		t.Errorf("equal children are not folded: %q %q", p.Note, drawn(p))
	}
}

// Many compilers are one column too long: those that are alike with all that they
// started are drawn as one, unless each was asked for.
func TestAlikeProcessesAreFolded(t *testing.T) {
	b := newBuild(t, "/p")
	mk := b.start(".", "make").tags(0)
	for range foldFrom {
		cc := mk.recipe("o", "/usr/bin/cc", "-c")
		cc.run("cc1").exit()
		cc.run("as").exit()
	}
	for range 2 {
		mk.recipe("p", "cc").run("ld").exit()
	}
	for limit, want := range map[int][]string{
		100: {
			"[8 × cc] -fork-> [8 × as]", "[8 × cc] -fork-> [8 × cc1]", "[cc] -fork-> [ld]", "[cc] -fork-> [ld]",
			"[make] -fork-> [8 × cc]", "[make] -fork-> [cc]", "[make] -fork-> [cc]",
		},
		6: { // two are enough where there is no room
			"[2 × cc] -fork-> [2 × ld]", "[8 × cc] -fork-> [8 × as]", "[8 × cc] -fork-> [8 × cc1]",
			"[make] -fork-> [2 × cc]", "[make] -fork-> [8 × cc]",
		},
	} {
		if p := wantDrawn(t, b, PictureOptions{Procs: true, Limit: limit}, want...); !strings.HasPrefix(p.Note, "2") {
			t.Errorf("limit %d: the note is %q", limit, p.Note)
		}
	}
	p, err := b.graph().Picture(PictureOptions{Procs: true})
	if err != nil || len(p.Nodes) != len(b.procs) || p.Note != "" {
		t.Errorf("without a limit: %d of %d processes, %q, %v", len(p.Nodes), len(b.procs), p.Note, err)
	}
}
