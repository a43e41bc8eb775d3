package graph

import (
	"slices"
	"strings"
	"testing"
)

// inputsOf asks for deps and returns the paths, with the class where it is not
// the one most have.
func inputsOf(t *testing.T, g *Graph, target string, o DepsOptions) []string {
	t.Helper()
	d, err := g.Deps(target, "", o)
	if err != nil {
		t.Fatalf("deps %s: %v", target, err)
	}
	paths := []string{}
	for _, i := range d.Inputs {
		paths = append(paths, i.Path)
	}
	return paths
}

// wantDeps checks the inputs of a target, space separated, in every way in which
// they can be asked for.
func wantDeps(t *testing.T, b *build, target, want string, o DepsOptions) {
	t.Helper()
	wanted := strings.Fields(want)
	slices.Sort(wanted)
	b.recipes, b.members = nil, nil
	for _, how := range []string{"worked out", "annotated", "whole"} {
		g := b.graph()
		if how == "whole" {
			w, err := g.wide()
			if err != nil {
				t.Fatal(err)
			}
			g.t = w
		}
		if got := inputsOf(t, g, target, o); !slices.Equal(got, wanted) {
			t.Errorf("%s: deps %s %+v:\n got %q\nwant %q", how, target, o, got, wanted)
		}
		b.annotate()
	}
}

// wantOutputs checks the paths of all outputs.
func wantOutputs(t *testing.T, b *build, want string) {
	t.Helper()
	out, err := b.graph().Outputs()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range out.Outputs {
		got = append(got, o.Path)
	}
	if wanted := strings.Fields(want); !slices.Equal(got, wanted) {
		t.Errorf("outputs:\n got %q\nwant %q", got, wanted)
	}
}

// wantRDeps checks the dependents of a file.
func wantRDeps(t *testing.T, b *build, file, want string, direct bool) {
	t.Helper()
	r, err := b.graph().RDeps(file, "", direct)
	if err != nil {
		t.Fatalf("rdeps %s: %v", file, err)
	}
	var got []string
	for _, d := range r.Dependents {
		got = append(got, d.Path)
	}
	if wanted := strings.Fields(want); !slices.Equal(got, wanted) {
		t.Errorf("rdeps %s (direct %v):\n got %q\nwant %q", file, direct, got, wanted)
	}
}

// wantWhy checks a chain, told as "a -read-> b -pipe-> c".
func wantWhy(t *testing.T, b *build, target, file, want string) {
	t.Helper()
	w, err := b.graph().Why(target, file, "")
	if err != nil {
		t.Fatalf("why %s %s: %v", target, file, err)
	}
	got := ""
	for i, s := range w.Steps {
		if i == 0 {
			got = s.From
		} else if s.From != w.Steps[i-1].To {
			got += " | " + s.From
		}
		got += " -" + s.Via + "-> " + s.To
	}
	if got != want {
		t.Errorf("why %s %s:\n got %s\nwant %s", target, file, got, want)
	}
}
