package main

import (
	"strconv"
	"testing"
)

// A picture taken when the page has loaded, as chromium --screenshot takes it, has all
// of it: no part is still to be drawn.
func TestReportIsWholeWhenLoaded(t *testing.T) {
	b := openTab(t, pageOf(t, largeTrace(t, 5000)), look{width: 1280, height: 1600})
	if !value[bool](b, `["timeline", "graph", "tables"].every((id) => document.getElementById(id).getAttribute("aria-busy") === "false") && buildgraph.cy.nodes().length > 3`) {
		t.Error("something is still to be drawn when the page has loaded")
	}
	b.until(`document.readyState === "complete" && !document.querySelector("iframe")`)
}

// At no width does the page stick out sideways, and on a telephone the graph around a
// target is as wide as its box at most, at a size that can be read.
func TestReportFitsItsWindow(t *testing.T) {
	file := pageOf(t, largeTrace(t, 5000))
	for _, width := range []int64{360, 390, 768, 1280} {
		b := browse(t, file, look{width: width, height: 800})
		if got := value[int64](b, `document.documentElement.scrollWidth`); got != width {
			t.Errorf("in a window of %d pixels the page is %d wide", width, got)
		}
		if got := value[string](b, `[...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5 && !e.closest(".tabulator, .unseen")).map((e) => e.tagName + "#" + e.id).join(" ")`); got != "" {
			t.Errorf("in a window of %d pixels these stick out: %s", width, got)
		}
		for _, target := range []string{"bin/program", "lib/part00.a", "src/part00/unit0003.o", "include/h001.h"} {
			b.js(`(buildgraph.graph.named(` + strconv.Quote(target) + `), true)`)
			if got := value[string](b, `document.getElementById("g-name").textContent`); got != target {
				t.Fatalf("the graph is around %s, not %s", got, target)
			}
			box := `buildgraph.cy.elements().renderedBoundingBox({ includeLabels: false })`
			if width < 560 && !value[bool](b, `(() => { const b = `+box+`; return b.x1 >= 0 && b.x2 <= buildgraph.cy.width() && buildgraph.cy.zoom() >= 0.6; })()`) {
				t.Errorf("in a window of %d pixels the graph of %s does not fit: %s", width, target,
					value[string](b, `(() => { const b = `+box+`; return [b.x1, b.x2, buildgraph.cy.width(), buildgraph.cy.zoom()].map((n) => n.toFixed(2)).join(" "); })()`))
			}
		}
	}
}
