package audit

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"buildgraph/graph/declared"
	"buildgraph/store"
)

// What the rules say after the build is no proof of a race where they were others
// when the recipes ran, or where one recipe makes a makefile.
func TestRaceAndMakefiles(t *testing.T) {
	gen := played{target: "gen.h", reads: []string{"gen.in"}, writes: []string{"gen.h"}}
	use := played{target: "a.o", reads: []string{"a.c", "gen.h"}, writes: []string{"a.o"}}
	deps := played{target: "deps.mk", reads: []string{"gen.h"}, writes: []string{"deps.mk"}}
	const notLed = "it was run, and the rules as the build left them do not lead to it"
	for name, c := range map[string]struct {
		goal      string
		argv      []string
		makefiles []string
		rules     []string
		recipes   []played
		races     []string
		withheld  []Withheld
	}{
		"both are led to": {
			goal: "all", rules: []string{"!all: a.o gen.h ;", "a.o: a.c", "gen.h: gen.in"}, recipes: []played{gen, use},
			races: []string{"race a.o gen.h"},
		},
		"both are goals": {
			goal: "all", argv: []string{"make", "X=1", "-j2", "gen.h", "a.o"}, rules: []string{"!all: ;", "a.o: a.c", "gen.h: gen.in"}, recipes: []played{gen, use},
			races: []string{"race a.o gen.h"},
		},
		"one is led to no more": {
			goal: "all", rules: []string{"!all: a.o ;", "a.o: a.c", "gen.h: gen.in"}, recipes: []played{gen, use},
			withheld: []Withheld{{Target: "gen.h", Kinds: []Kind{Race}, Why: notLed}},
		},
		"a makefile reads what was there before": {
			goal: "all", makefiles: []string{"/p/deps.mk"}, rules: []string{"!all: gen.h ;", "deps.mk: ", "gen.h: gen.in"}, recipes: []played{deps, gen},
		},
		"a makefile reads what another needs": {
			goal: "all", makefiles: []string{"/p/deps.mk", "/p/more.mk"}, rules: []string{"!all: gen.h ;", "deps.mk: ", "more.mk: gen.h", "gen.h: gen.in"}, recipes: []played{deps, gen},
			races: []string{"race deps.mk gen.h"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			meta := store.Meta{Complete: true}
			g, _ := play(t, meta, c.recipes...)
			make := tool(c.rules...)
			make.Default = c.goal
			make.Makefiles = append(make.Makefiles, c.makefiles...)
			if c.argv != nil {
				make.Argv = c.argv
			}
			fs, err := Check(g, &declared.Graph{Tools: []*declared.Tool{make}}, meta2(meta), Options{Kinds: []Kind{Race}})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(append([]string{}, c.races...), found(fs)); d != "" {
				t.Errorf("-want +found:\n%s", d)
			}
			if d := cmp.Diff(c.withheld, fs.Withheld); d != "" {
				t.Errorf("withheld (-want +got):\n%s", d)
			}
		})
	}
}
