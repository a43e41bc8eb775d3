package audit

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"buildgraph/graph"
	"buildgraph/graph/declared"
	"buildgraph/store"
)

// twoMakes explain a program that one make links from a library of another's.
func twoMakes(t *testing.T) *Explainer {
	t.Helper()
	g, _ := play(t, store.Meta{Complete: true},
		played{target: "lib.o", reads: []string{"lib.c", "lib.h"}, writes: []string{"lib.o"}},
		played{target: "lib.a", reads: []string{"lib.o"}, writes: []string{"lib.a"}},
		played{target: "app", reads: []string{"lib.a", "app.c"}, writes: []string{"app"}})
	app, lib := tool("app: app.c lib.a"), tool("!all: lib.a ;", "lib.a: lib.o", "lib.o: lib.c")
	lib.Process = 2
	return NewExplainer(g, &declared.Graph{Tools: []*declared.Tool{app, lib}}, meta2(store.Meta{Complete: true}))
}

func TestDeclaredThrough(t *testing.T) {
	x := twoMakes(t)
	files := []string{"app.c", "lib.a", "lib.o", "lib.c", "lib.h", "CMakeFiles/progress.marks"}
	for _, c := range []struct {
		name string
		ask  func(string, []string) (map[string]bool, error)
		want map[string]bool
	}{
		{"one make's word", x.Declared, map[string]bool{"app.c": true, "lib.a": true, "lib.o": false, "lib.c": false, "lib.h": false}},
		{"every make's", x.DeclaredThrough, map[string]bool{"app.c": true, "lib.a": true, "lib.o": true, "lib.c": true, "lib.h": false}},
	} {
		got, err := c.ask("app", files)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
	if got, err := x.DeclaredThrough("none", files); got != nil || err != nil {
		t.Errorf("of a target without rules: %v, %v", got, err)
	}
}

func TestExplainAlong(t *testing.T) {
	x := twoMakes(t)
	for _, c := range []struct {
		chain    []string
		declared bool
		rule     string
		through  []string
	}{
		{[]string{"lib.c", "lib.o", "lib.a", "app"}, true, "app", []string{"lib.a", "lib.o", "lib.c"}},
		{[]string{"lib.h", "lib.o", "lib.a", "app"}, false, "lib.o", nil},
	} {
		got, err := x.Along(c.chain)
		if err != nil || got == nil {
			t.Fatalf("%v: %v, %v", c.chain, got, err)
		}
		var through []string
		for _, l := range got.Chain {
			through = append(through, l.Name)
		}
		if d := cmp.Diff(c.through, through); d != "" || got.Declared != c.declared || got.Rule.Name != c.rule {
			t.Errorf("%v: %+v", c.chain, got)
		}
	}
	var none *graph.Declaration
	if got, err := x.Along([]string{"lib.c", "x.o", "app"}); got != none || err != nil {
		t.Errorf("through a file without rules: %v, %v", got, err)
	}
}
