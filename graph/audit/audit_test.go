package audit

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"buildgraph/graph"
	"buildgraph/graph/declared"
	"buildgraph/store"
)

func TestCheck(t *testing.T) {
	obj := played{target: "a.o", reads: []string{"a.c", "a.h"}, writes: []string{"a.o"}}
	gen := played{target: "gen.h", reads: []string{"gen.in"}, writes: []string{"gen.h"}}
	use := played{target: "a.o", reads: []string{"a.c", "gen.h"}, writes: []string{"a.o"}}
	for name, c := range map[string]struct {
		rules   []string
		recipes []played
		want    []string
	}{
		"declared":              {[]string{"a.o: a.c a.h"}, []played{obj}, nil},
		"missing":               {[]string{"a.o: a.c"}, []played{obj}, []string{"missing a.o a.h"}},
		"prefix of a name":      {[]string{"a.o: a.c a.hh"}, []played{obj}, []string{"missing a.o a.h", "redundant a.o a.hh"}},
		"order-only":            {[]string{"a.o: a.c | a.h"}, []played{obj}, []string{"missing a.o a.h"}},
		"through a rule":        {[]string{"a.o: a.c b.h", "b.h: a.h ;"}, []played{obj}, nil},
		"two rules":             {[]string{"a.o: a.c", "a.o: a.h ;"}, []played{obj}, nil},
		"phony target":          {[]string{"!a.o: a.c"}, []played{{target: "a.o", reads: []string{"a.h"}}}, nil},
		"phony prerequisite":    {[]string{"a.o: a.c force", "!force: ;"}, []played{obj}, nil},
		"target not written":    {[]string{"a.o: a.c"}, []played{{target: "a.o", reads: []string{"a.c", "a.h"}}}, nil},
		"target removed later":  {[]string{"a.o: a.c", "!clean:"}, []played{obj, {target: "clean", removes: []string{"a.o"}}}, nil},
		"own output":            {[]string{"a.o: a.c"}, []played{{target: "a.o", reads: []string{"a.c", "log"}, writes: []string{"a.o", "log"}}}, nil},
		"outside the root":      {[]string{"a.o: a.c"}, []played{{target: "a.o", reads: []string{"a.c", "/usr/include/x.h"}, writes: []string{"a.o"}}}, nil},
		"no order":              {[]string{"a.o: a.c", "gen.h: gen.in"}, []played{gen, use}, []string{"race a.o gen.h", "missing a.o gen.h"}},
		"order the other way":   {[]string{"a.o: a.c", "gen.h: gen.in a.o"}, []played{use, gen}, []string{"missing a.o gen.h"}},
		"order through a phony": {[]string{"a.o: a.c | headers", "!headers: gen.h ;", "gen.h: gen.in"}, []played{gen, use}, []string{"missing a.o gen.h"}},
		"wait":                  {[]string{"!all: gen.h .WAIT a.o ;", "a.o: a.c", "gen.h: gen.in"}, []played{gen, use}, []string{"missing a.o gen.h"}},
		"failed for want": {[]string{"a.o: a.c", "gen.h: gen.in"}, []played{
			{target: "a.o", reads: []string{"a.c"}, absent: []string{"gen.h", "other.h"}, failed: true}, gen,
		}, []string{"race a.o gen.h", "missing a.o gen.h"}},
		"grouped": {[]string{"x.c x.h &: x.y", "a.o: a.c x.c"}, []played{
			{target: "x.h", reads: []string{"x.y"}, writes: []string{"x.c", "x.h"}},
			{target: "a.o", reads: []string{"a.c", "x.h", "x.c"}, writes: []string{"a.o"}},
		}, []string{"missing a.o x.h"}},
		"writers": {[]string{"a: ", "b: "}, []played{
			{target: "a", writes: []string{"a", "log"}}, {target: "b", writes: []string{"b", "log"}},
		}, []string{"writers a log"}},
		"double-colon": {[]string{"a:: x", "a:: y"}, []played{
			{target: "a", reads: []string{"x", "y"}, writes: []string{"a"}},
		}, nil},
		"redundant": {[]string{"a.o: a.c a.h b.h"}, []played{obj, {target: "z", reads: []string{"b.h"}}}, []string{"redundant a.o b.h"}},
		"a provider is used": {[]string{"g2: g1", "g1: tool", "tool: tool.c"}, []played{
			{target: "tool", reads: []string{"tool.c"}, writes: []string{"tool"}},
			{target: "g1", reads: []string{"tool"}, writes: []string{"g1"}},
			{target: "g2", reads: []string{"tool"}, writes: []string{"g2"}},
			{target: "g3", reads: []string{"g1"}},
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			meta := store.Meta{Complete: true}
			// A file that nobody touched is not known to be one: something saw them all.
			all := played{target: "", reads: []string{"a.hh"}}
			g, _ := play(t, meta, append(c.recipes, all)...)
			fs, err := Check(g, &declared.Graph{Tools: []*declared.Tool{tool(c.rules...)}}, meta2(meta), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(append([]string{}, c.want...), found(fs)); d != "" {
				t.Errorf("-want +found:\n%s", d)
			}
		})
	}
}

// meta2 is what the trace says of itself.
func meta2(m store.Meta) store.Meta {
	m.Root, m.Finished = root, true
	return m
}

// Of recipes that lost events nothing is said, and of a trace that lost some
// nothing that rests on a file not being used; both are told.
func TestCheckIncomplete(t *testing.T) {
	meta := store.Meta{Complete: false, Why: []string{"3 events were lost"}, Lost: 3}
	recipes := []played{
		{target: "a.o", reads: []string{"a.c", "a.h"}, writes: []string{"a.o"}, lost: 3},
		{target: "b.o", reads: []string{"b.c", "b.h"}, writes: []string{"b.o"}},
		{target: "c.o", reads: []string{"unused.h"}},
	}
	d := &declared.Graph{Tools: []*declared.Tool{tool("a.o: a.c", "b.o: b.c unused.h")}}
	g, _ := play(t, meta, recipes...)
	fs, err := Check(g, d, meta2(meta), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"missing b.o b.h"}, found(fs)); d != "" {
		t.Errorf("-want +found:\n%s", d)
	}
	want := []Withheld{{Target: "a.o", Kinds: Kinds, Why: "events of its recipe were lost"}, {Kinds: []Kind{Redundant}, Why: "the trace is incomplete: 3 events were lost"}}
	if d := cmp.Diff(want, fs.Withheld); d != "" {
		t.Errorf("withheld (-want +got):\n%s", d)
	}
}

func TestCheckWithoutRules(t *testing.T) {
	g, _ := play(t, store.Meta{Complete: true}, played{target: "a.o", reads: []string{"a.c"}, writes: []string{"a.o"}})
	bad := tool()
	bad.Failure = "make: not found"
	for _, d := range []*declared.Graph{nil, {}, {Tools: []*declared.Tool{bad}}} {
		if _, err := Check(g, d, meta2(store.Meta{Complete: true}), Options{}); !errors.Is(err, ErrNoRules) {
			t.Errorf("error %v, want ErrNoRules", err)
		}
	}
	g, _ = play(t, store.Meta{Complete: true})
	if fs, err := Check(g, nil, meta2(store.Meta{Complete: true}), Options{}); err != nil || len(fs.Findings) > 0 {
		t.Errorf("a build of nothing: %v, %v", fs.Findings, err)
	}
}

// Prerequisites that nobody uses are told apart from the others in a time that grows
// with their number, not with its square: of four times as many it is the fourfold,
// which would be the sixteenfold.
func TestManyRedundant(t *testing.T) {
	few, many := redundantTime(t, 500), redundantTime(t, 2000)
	t.Logf("%v, four times as many %v", few, many)
	if many > 9*few {
		t.Errorf("500 redundant prerequisites a target took %v, 2000 took %v", few, many)
	}
}

// redundantTime is how long, on a processor, it takes to find that 50 targets have
// so many prerequisites that only another target uses: the best of three.
func redundantTime(t *testing.T, headers int) time.Duration {
	t.Helper()
	const objects = 50
	list := make([]string, headers)
	for i := range list {
		list[i] = fmt.Sprintf("inc/%d.h", i)
	}
	recipes := []played{{target: "all.h", reads: list, writes: []string{"all.h"}}}
	rules := []string{"all.h: " + strings.Join(list, " ")}
	for i := range objects {
		o := fmt.Sprintf("o/%d.o", i)
		recipes = append(recipes, played{target: o, reads: []string{"a.c"}, writes: []string{o}})
		rules = append(rules, o+": a.c "+strings.Join(list, " "))
	}
	_, r := play(t, store.Meta{Complete: true}, recipes...)
	d := &declared.Graph{Tools: []*declared.Tool{tool(rules...)}}
	best := time.Hour
	for range 3 {
		began := processorTime(t)
		fs, err := Check(graph.New(r), d, meta2(store.Meta{Complete: true}), Options{})
		best = min(best, processorTime(t)-began)
		if err != nil || len(fs.Findings) != objects*headers {
			t.Fatalf("%d findings, want %d: %v", len(fs.Findings), objects*headers, err)
		}
	}
	return best
}

// processorTime is what this process has used so far, of all processors together.
func processorTime(t *testing.T) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
