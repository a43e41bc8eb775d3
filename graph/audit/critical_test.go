package audit

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"buildgraph/graph/declared"
	"buildgraph/store"
)

// slow is a recipe that takes so many ms.
func slow(ms int64, target string, reads ...string) played {
	return played{target: target, reads: reads, writes: []string{target}, lasts: ms * 1_000_000}
}

// costs tells the orders of a critical path in words.
func costs(c Critical) []string {
	list := []string{}
	for _, o := range c.Orders {
		s := fmt.Sprintf("%d %s %s < %v :%d", (o.Gain+500_000)/1_000_000, o.Kind, o.First, o.Targets, o.Line)
		if o.Partly {
			s += " partly"
		}
		list = append(list, s)
	}
	return list
}

func TestCriticalPath(t *testing.T) {
	for name, c := range map[string]struct {
		rules   []string
		serial  bool
		recipes []played
		ideal   int64 // ms
		length  int64
		want    []string
	}{
		"all needed": {
			rules:   []string{"!all: app ;", "app: a.o", "a.o: gen.h", "gen.h:"},
			recipes: []played{slow(100, "gen.h"), slow(50, "a.o", "gen.h"), slow(20, "app", "a.o")},
			ideal:   170, length: 170,
		},
		"a prerequisite that nobody used": {
			rules:   []string{"!all: app ;", "app: a.o docs", "a.o:", "docs:"},
			recipes: []played{slow(50, "a.o"), slow(100, "docs"), slow(20, "app", "a.o")},
			ideal:   100, length: 120,
			want: []string{"20 prerequisite docs < [app] :2"},
		},
		"order-only": {
			rules:   []string{"!all: app ;", "app: a.o | docs", "a.o:", "docs:"},
			recipes: []played{slow(50, "a.o"), slow(100, "docs"), slow(20, "app", "a.o")},
			ideal:   100, length: 120,
			want: []string{"20 order-only docs < [app] :2"},
		},
		"through a phony target": { // which of its prerequisites was used says the rest
			rules:   []string{"!all: app ;", "app: libs", "!libs: a.o docs ;", "a.o:", "docs:"},
			recipes: []played{slow(50, "a.o"), slow(100, "docs"), slow(20, "app", "a.o")},
			ideal:   100, length: 120,
			want: []string{"20 prerequisite libs < [app] :2 partly"},
		},
		"a file that was there before": { // the recipe behind gen.h left it as it was
			rules:   []string{"!all: a.o b.o ;", "a.o: gen.h", "b.o: gen.h", "gen.h: stamp ;", "stamp:"},
			recipes: []played{{target: "stamp", writes: []string{"stamp"}, lasts: 100e6}, slow(50, "a.o", "gen.h"), slow(60, "b.o")},
			ideal:   100, length: 160,
			want: []string{"10 prerequisite gen.h < [b.o] :3"},
		},
		"one behind a phony target that was there before": {
			rules:   []string{"!all: a.o ;", "a.o: gen", "!gen: gen.h ;", "gen.h: stamp ;", "stamp:"},
			recipes: []played{slow(100, "stamp"), slow(50, "a.o", "gen.h")},
			ideal:   100, length: 150,
		},
		"a file that its own recipe left as it was": {
			rules:   []string{"!all: a.o ;", "a.o: gen.h", "gen.h:"},
			recipes: []played{{target: "gen.h", reads: []string{"gen.h"}, lasts: 100e6}, slow(50, "a.o", "gen.h")},
			ideal:   100, length: 150,
		},
		"wait for one that was there before": {
			rules:   []string{"!all: gen.h .WAIT b.o ;", "gen.h: stamp ;", "stamp:", "b.o:"},
			recipes: []played{slow(100, "stamp"), slow(50, "b.o", "gen.h")},
			ideal:   100, length: 150,
		},
		"too little to tell": {
			rules:   []string{"!all: app ;", "app: a.o docs", "a.o:", "docs:"},
			recipes: []played{slow(3000, "a.o"), slow(3019, "docs"), slow(1000, "app", "a.o")},
			ideal:   4000, length: 4019,
		},
		"an aggregate costs nothing": {
			rules:   []string{"!all: a.o docs ;", "a.o:", "docs:"},
			recipes: []played{slow(50, "a.o"), slow(100, "docs")},
			ideal:   100, length: 100,
		},
		"needed through another": { // a.o is read by mid only, and app reads mid
			rules:   []string{"!all: app ;", "app: a.o mid", "mid: a.o", "a.o:"},
			recipes: []played{slow(50, "a.o"), slow(30, "mid", "a.o"), slow(20, "app", "mid")},
			ideal:   100, length: 100,
		},
		"what an unneeded one provides is kept": { // app uses gen.h, which only docs brings in
			rules:   []string{"!all: app ;", "app: docs", "docs: gen.h", "gen.h:"},
			recipes: []played{slow(50, "gen.h"), slow(100, "docs", "gen.h"), slow(20, "app", "gen.h")},
			ideal:   150, length: 170,
			want: []string{"20 prerequisite docs < [app] :2"},
		},
		"many wait for one": { // each alone would gain nothing
			rules:   []string{"!all: a.o b.o ;", "a.o: | gen", "b.o: | gen", "gen:"},
			recipes: []played{slow(100, "gen"), slow(50, "a.o"), slow(50, "b.o")},
			ideal:   100, length: 150,
			want: []string{"50 order-only gen < [a.o b.o] :2"},
		},
		"one of them used it": {
			rules:   []string{"!all: a.o b.o ;", "a.o: | gen", "b.o: | gen", "gen:"},
			recipes: []played{slow(100, "gen"), slow(10, "a.o", "gen"), slow(50, "b.o")},
			ideal:   110, length: 150,
			want: []string{"40 order-only gen < [b.o] :3"},
		},
		"notparallel": {
			rules: []string{"!all: a.o b.o ;", "a.o:", "b.o:"}, serial: true,
			recipes: []played{slow(100, "a.o"), slow(50, "b.o")},
			ideal:   100, length: 150,
			want: []string{"50 serial . < [] :0"},
		},
		"wait": {
			rules:   []string{"!all: a.o .WAIT b.o ;", "a.o:", "b.o:"},
			recipes: []played{slow(100, "a.o"), slow(50, "b.o")},
			ideal:   100, length: 150,
			want: []string{"50 wait b.o < [b.o] :1"},
		},
		"wait that is needed": {
			rules:   []string{"!all: a.o .WAIT b.o ;", "a.o:", "b.o:"},
			recipes: []played{slow(100, "a.o"), slow(50, "b.o", "a.o")},
			ideal:   150, length: 150,
		},
	} {
		t.Run(name, func(t *testing.T) {
			meta := store.Meta{Complete: true}
			g, _ := play(t, meta, c.recipes...)
			mk := tool(c.rules...)
			mk.Serial = c.serial
			got, err := CriticalPath(g, &declared.Graph{Tools: []*declared.Tool{mk}}, meta2(meta))
			if err != nil {
				t.Fatal(err)
			}
			ms := func(ns int64) int64 { return (ns + 500_000) / 1_000_000 }
			if !got.Known || ms(got.Ideal) != c.ideal || ms(got.Declared) != c.length {
				t.Errorf("known %v: the chain takes %d ms, with the declared order %d", got.Known, ms(got.Ideal), ms(got.Declared))
			}
			if d := cmp.Diff(append([]string{}, c.want...), costs(got)); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			var sum int64
			for _, s := range got.Steps {
				sum += s.End - s.Start
				if s.Order >= len(got.Orders) {
					t.Errorf("%+v of %d orders", s, len(got.Orders))
				}
			}
			if sum != got.Declared || got.Declared < got.Ideal || got.Declared > got.Wall {
				t.Errorf("steps of %d in a chain of %d; the real one takes %d, the build %d", sum, got.Declared, got.Ideal, got.Wall)
			}
		})
	}
}

// Without rules there is the real chain, and nothing of the declared order.
func TestCriticalPathWithoutRules(t *testing.T) {
	meta := store.Meta{Complete: true}
	g, _ := play(t, meta, slow(10, "a"), slow(10, "b", "a"))
	for _, d := range []*declared.Graph{nil, {}, {Tools: []*declared.Tool{{Process: 1, Failure: "it was a dry run"}}}} {
		c, err := CriticalPath(g, d, meta2(meta))
		if err != nil || c.Known || c.Orders != nil || c.Ideal < 20_000_000 {
			t.Errorf("%v: %+v", err, c)
		}
	}
	known := tool("!all: a b ;", "a:", "b: a")
	other := &declared.Tool{Process: 7, Kind: declared.KindMake, Failure: "timed out"}
	c, err := CriticalPath(g, &declared.Graph{Tools: []*declared.Tool{known, other}}, meta2(meta))
	if err != nil || !c.Known || slices.Contains(c.Unknown, "make") {
		t.Errorf("%v: %+v", err, c)
	}
}
