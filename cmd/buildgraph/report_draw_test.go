package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A node that is drawn with some of its inputs or users says how many it lacks, in
// its label, to who points at it, and in the words beside the drawing.
func TestReportGraphSaysWhatIsNotDrawn(t *testing.T) {
	b := browse(t, pageOf(t, largeTrace(t, 5000)), desktop)
	b.js(`(buildgraph.graph.named("lib/part00.a"), true)`)
	// Of the 19 inputs of an object those that are drawn have an edge to it.
	for _, n := range value[[]struct {
		Label, Text string
		Drawn       int
	}](b, `buildgraph.cy.nodes().filter((n) => n.data("label").endsWith(".o")).map((n) => ({ Label: n.data("label"), Text: n.data("text"), Drawn: n.incomers("node").length }))`) {
		if want := fmt.Sprintf("+%d › %s", 19-n.Drawn, n.Label); n.Text != want {
			t.Errorf("with %d of 19 inputs drawn the label is %q, not %q", n.Drawn, n.Text, want)
		}
	}
	// No node is drawn with less than it has and says nothing.
	if got := value[[]string](b, `buildgraph.cy.nodes("[kind != 'more'][focus = 0]").filter((n) => {
		const [, up, down] = /made from ([\d,]+), feeds ([\d,]+)/.exec(buildgraph.graph.tells(n.id()));
		return n.incomers("node").length + n.data("up") !== +up || n.outgoers("node").length + n.data("down") !== +down;
	}).map((n) => n.data("text"))`); len(got) > 0 {
		t.Errorf("the numbers of %q do not add up", got)
	}
	if got := value[string](b, `document.querySelector("#g-up button").title`); got != "made by the build: made from 19, feeds 1" {
		t.Errorf("the list says %q", got)
	}
	if got := value[string](b, `document.getElementById("g-stage").getAttribute("aria-label")`); !strings.Contains(got, "lib/part00.a") || !strings.Contains(got, "not drawn") {
		t.Errorf("the drawing is described as %q", got)
	}
	// A file that is whole in the drawing has its name only.
	b.js(`(buildgraph.graph.named("src/part00/unit0017.o"), true)`)
	if got := value[[]string](b, `buildgraph.cy.nodes().filter((n) => ["src/part00/unit0017.c", "lib/part00.a"].includes(n.data("label"))).map((n) => n.data("text"))`); !slices.Equal(got, []string{"+39 › lib/part00.a", "src/part00/unit0017.c"}) && !slices.Equal(got, []string{"src/part00/unit0017.c", "+39 › lib/part00.a"}) {
		t.Errorf("the labels are %q", got)
	}
}

// All parts are drawn without anyone looking at them, and each says that it is not
// drawn until then; a link to a part leads to it, whatever is drawn above it later.
func TestReportDrawsByItself(t *testing.T) {
	file := pageOf(t, largeTrace(t, 20_000))
	b := openTab(t, file, look{width: 800, height: 400})
	all := `["timeline", "graph", "tables"].every((id) => document.getElementById(id).getAttribute("aria-busy") === "false")`
	b.until(all + ` && buildgraph.cy && buildgraph.cy.nodes().length > 3 && document.querySelectorAll(".tabulator-row").length > 3 && document.getElementById("tl-range").textContent.startsWith("whole build")`)
	if got := value[float64](b, `scrollY`); got != 0 {
		t.Errorf("the page has moved to %g by itself", got)
	}

	busy := `getComputedStyle(document.getElementById("g-stage"), "::before").content`
	if got := value[string](b, busy); strings.Contains(got, "drawing") {
		t.Errorf("what is drawn says %s", got)
	}
	b.js(`(document.getElementById("graph").setAttribute("aria-busy", "true"), true)`)
	if got := value[string](b, busy); !strings.Contains(got, "drawing…") {
		t.Errorf("what is not drawn says %s", got)
	}

	for _, part := range []string{"timeline", "graph", "tables"} {
		b := openTab(t, file+"#"+part, desktop)
		before := value[float64](b, `document.getElementById("tl-stage").offsetHeight`)
		b.until(all + ` && document.querySelectorAll(".tabulator-row").length > 3`)
		if after := value[float64](b, `document.getElementById("tl-stage").offsetHeight`); after != before {
			t.Errorf("#%s: the timeline grew from %g to %g pixels", part, before, after)
		}
		// At the place of a link, below the bar, or as near as the page's end allows.
		b.until(fmt.Sprintf(`Math.abs(document.getElementById(%q).getBoundingClientRect().top - 64) < 2 || scrollY + innerHeight > document.documentElement.scrollHeight - 2`, part))
		if top := value[float64](b, fmt.Sprintf(`document.getElementById(%q).getBoundingClientRect().top`, part)); top < 60 || top > float64(desktop.height)-200 {
			t.Errorf("#%s: it is %g pixels below the window's top", part, top)
		}
	}
}

// Inputs of the project are told from those of the system.
func TestReportRecipeRows(t *testing.T) {
	b := browse(t, pageOf(t, largeTrace(t, 2000)), desktop)
	b.js(`buildgraph.tables.pick("recipes", "unit0003.o").then(() => true)`)
	b.until(`document.querySelectorAll(".tabulator-row").length === 1`)
	cell := func(field string) string {
		return `document.querySelector(".tabulator-row [tabulator-field=` + field + `]")`
	}
	if got := value[string](b, cell("inputs")+`.textContent`); got != "19 + 79" {
		t.Errorf("the inputs are %q", got)
	}
	if got := value[string](b, cell("cmd")+`.textContent`); got != "cc -Iinclude -O2 -c -o src/part00/unit0003.o src/part00/unit0003.c" {
		t.Errorf("the command is %q", got)
	}
}
