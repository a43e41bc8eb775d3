package report

import (
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"buildgraph/graph"
	"buildgraph/graph/audit"
)

func sampleCritical() audit.Critical {
	const ms = 1_000_000
	step := func(kind graph.StepKind, name string, start, end int64) graph.PlanStep {
		return graph.PlanStep{Kind: kind, Recipe: 1, Name: name, Start: start * ms, End: end * ms}
	}
	a := audit.Critical{
		Critical: graph.Critical{
			Complete: true, Wall: 10_000 * ms, Ideal: 4_000 * ms, Work: 19_000 * ms, Recipes: 120, Slots: 2,
			Chain: []graph.ChainStep{
				{PlanStep: step(graph.StepReading, "make", 1, 4)},
				{PlanStep: step(graph.StepBefore, "all", 4, 5), Ready: 4 * ms},
				{PlanStep: step(graph.StepRecipe, "esc\x1b[31m.h", 5, 1005), Ready: 5 * ms},
				{PlanStep: step(graph.StepRecipe, "a-directory-with-a-long-name/another-one/and-one-more/main.o", 3005, 5505), Ready: 1005 * ms, Full: 1900 * ms, Via: "esc\x1b[31m.h"},
				{PlanStep: step(graph.StepRecipe, "app\xff", 9000, 9400), Ready: 8500 * ms, Via: "main.o"},
				{PlanStep: step(graph.StepAfter, "all", 9400, 9401)},
				{PlanStep: step(graph.StepEnding, "make", 9401, 9402)},
			},
			Schedules: []graph.Schedule{{Cores: 1, Wall: 19_000 * ms}, {Cores: 2, Wall: 9_900 * ms}, {Cores: 4, Wall: 4_000 * ms}},
		},
		Known: true, Unknown: []string{"make in o\ndd"}, Declared: 6_500 * ms,
		Steps: []audit.CriticalStep{
			{PlanStep: step(graph.StepRecipe, "docs", 5, 1005), Order: -1}, {PlanStep: step(graph.StepRecipe, "app", 9000, 9400), Order: 0},
		},
		Orders: []audit.CriticalOrder{
			{Kind: audit.OrderPrerequisite, First: "docs", Targets: []string{"app"}, Makefile: "Makefile", Line: 12, Gain: 1_500 * ms},
			{Kind: audit.OrderOnly, First: "gen", Targets: []string{"a.o", "b.o", "c.o", "d.o", "e\xff.o"}, Makefile: "sub/Makefile", Line: 3, Gain: 1_000 * ms, Partly: true},
			{Kind: audit.OrderScript, First: "subdirs", Makefile: "Makefile", Line: 4, Gain: 800 * ms},
			{Kind: audit.OrderSerial, First: "lib", Makefile: "lib/Makefile", Gain: 20 * ms},
			{Kind: audit.OrderWait, First: "b", Targets: []string{"b"}, Makefile: "Makefile", Line: 1, Gain: 2 * ms},
		},
	}
	return a
}

func TestCriticalGolden(t *testing.T) {
	script := audit.Critical{Critical: graph.Critical{Commands: true, ExitCode: 3, Wall: 1e9, Ideal: 1e9, Work: 1e9, Recipes: 1, Slots: 1}}
	same := sampleCritical()
	same.Orders, same.Declared, same.Unknown = nil, same.Ideal, nil
	unsure := sampleCritical()
	unsure.Orders, unsure.Unknown = nil, nil
	killed := sampleCritical()
	killed.Complete, killed.Unended, killed.RecipesLost = false, true, true
	lost := audit.Critical{Critical: graph.Critical{Commands: true, Unended: true, RecipesLost: true, Wall: 1e9, Ideal: 1e9, Work: 1e9, Recipes: 1, Slots: 1}}
	for name, c := range map[string]struct {
		a   audit.Critical
		top int
		o   Options
	}{
		"critical.txt":        {sampleCritical(), 0, Options{}},
		"critical-80.txt":     {sampleCritical(), 3, Options{Width: 80, Color: true}},
		"critical-script.txt": {script, 20, Options{}},
		"critical-killed.txt": {killed, 1, Options{}},
		"critical-lost.txt":   {lost, 20, Options{}},
		"critical-empty.txt":  {audit.Critical{Critical: graph.Critical{Unended: true, RecipesLost: true, Commands: true}}, 20, Options{}},
		"critical-same.txt":   {same, 20, Options{Width: 60}},
		"critical-unsure.txt": {unsure, 20, Options{}},
		"critical-none.txt":   {audit.Critical{Critical: graph.Critical{Complete: true}}, 20, Options{}},
	} {
		golden(t, name, func(w io.Writer) error { return CriticalText(w, c.a, c.top, c.o) })
	}
	golden(t, "critical.json", func(w io.Writer) error { return CriticalJSON(w, sampleCritical(), Options{}) })
	golden(t, "critical-killed.json", func(w io.Writer) error { return CriticalJSON(w, lost, Options{Why: []string{"killed"}}) })
	golden(t, "critical-none.json", func(w io.Writer) error { return CriticalJSON(w, script, Options{Why: []string{"killed"}}) })
}

// That recipes waited is told of builds that took a while, and what more cores bring
// only where all were busy.
func TestCriticalWaited(t *testing.T) {
	const waited, more = "or for something else (a timer, the network, a lock).", "with more of them"
	for _, c := range []struct {
		wall, cpu      int64
		crowded        bool
		waited, cheers bool
	}{
		{1e9, 1e6, false, true, false}, {1e9, 1e6, true, true, true}, {5e7, 1e6, true, false, false}, {1e9, 8e8, true, false, false},
		{1e9, 0, true, false, false},
	} {
		a := audit.Critical{Critical: graph.Critical{Complete: true, Wall: c.wall, Work: c.wall, RecipeCPU: c.cpu, Crowded: c.crowded, Recipes: 1, Slots: 1}}
		var b strings.Builder
		if err := CriticalText(&b, a, 20, Options{}); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(strings.Fields(b.String()), " ")
		if strings.Contains(got, waited) != c.waited || strings.Contains(got, more) != c.cheers {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// No line is longer than the terminal's, whatever the names: from 64 columns on, as the
// table of the chain leaves a step 16 of them.
func TestCriticalWidth(t *testing.T) {
	a := sampleCritical()
	a.Orders[0].First = strings.Repeat("long/", 40) + "name"
	a.Orders[0].Makefile = a.Orders[0].First
	for _, width := range []int{64, 80, 100} {
		var b strings.Builder
		if err := CriticalText(&b, a, 0, Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("%d columns of %d: %s", n, width, line)
			}
		}
	}
}
