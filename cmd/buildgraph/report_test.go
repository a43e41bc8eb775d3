package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The page of a trace of 50,000 accesses paints its summary within two seconds of
// being opened, and one of ten times as many is still usable.
func TestReportPaints(t *testing.T) {
	for _, c := range []struct {
		accesses    int
		paint, draw float64 // ms at most: to the first paint, to all parts drawn
	}{{50_000, 2000, 4000}, {500_000, 2000, 15000}} {
		t.Run(fmt.Sprint(c.accesses), func(t *testing.T) {
			file := pageOf(t, largeTrace(t, c.accesses))
			paint, draw := c.paint*10, c.draw*10
			for range 3 { // the machine may be at something else
				b := openTab(t, file, desktop)
				b.until(`performance.getEntriesByName("first-contentful-paint").length`)
				paint = min(paint, value[float64](b, `performance.getEntriesByName("first-contentful-paint")[0].startTime`))
				if got := value[string](b, `document.querySelector(".tiles dd").innerText`); !strings.Contains(got, "s") {
					t.Errorf("the summary says %q", got)
				}
				draw = min(draw, value[float64](b, `(async () => { const t = performance.now(); for (const p of ["timeline", "graph", "tables"]) await buildgraph.open(p); return performance.now() - t; })()`))
			}
			size := int64(0)
			if info, err := os.Stat(file); err == nil {
				size = info.Size()
			}
			t.Logf("%d accesses: first paint after %.0f ms, all parts drawn in %.0f ms, %d KB", c.accesses, paint, draw, size>>10)
			if paint > c.paint || draw > c.draw {
				t.Errorf("the limits are %.0f and %.0f ms", c.paint, c.draw)
			}
		})
	}
}

// A page of next to nothing is small.
func TestReportIsSmall(t *testing.T) {
	file, w, b := newTrace(t)
	mk := b.start(nil, "/usr/bin/make", tags("", 0), "make")
	b.recipe(mk, "app", []string{"main.c"}, "cc", "-o", "app", "main.c")
	b.end(mk)
	finishTrace(t, file, w, b)
	info, err := os.Stat(pageOf(t, file))
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 1_500_000 {
		t.Errorf("the page has %d bytes", info.Size())
	}
}

// Search finds a target; a click walks to what it was made from, and back.
func TestReportGraph(t *testing.T) {
	b := browse(t, pageOf(t, largeTrace(t, 5000)), desktop)
	b.show("g-stage")
	b.js(`(document.getElementById("q").focus(), true)`)
	b.keys("unit0017.o")
	b.until(`document.querySelectorAll("#q-list [role=option]").length === 1`)
	b.keys(kb.Enter)
	b.until(`document.getElementById("g-name").textContent === "src/part00/unit0017.o"`)
	if got := value[string](b, `document.getElementById("g-up-title").textContent`); got != "Made from 19" { // its source and 18 headers
		t.Errorf("the list of inputs is headed %q", got)
	}

	node := func(name string) string {
		return fmt.Sprintf(`(() => { const p = buildgraph.cy.nodes().filter((n) => n.data("label") === %q).renderedBoundingBox(), s = document.getElementById("g-stage").getBoundingClientRect();
			return { x: s.x + p.x1, y: s.y + p.y1, width: p.w, height: p.h }; })()`, name)
	}
	b.click(node("src/part00/unit0017.c"))
	b.until(`document.getElementById("g-name").textContent === "src/part00/unit0017.c"`)
	b.click(node("src/part00/unit0017.o"))
	b.until(`document.getElementById("g-name").textContent === "src/part00/unit0017.o"`)
	b.click(node("lib/part00.a"))
	b.until(`document.getElementById("g-name").textContent === "lib/part00.a"`)

	// Of forty objects some are drawn, until more are asked for.
	b.click(node("and 27 more"))
	b.until(`buildgraph.cy.nodes("[kind = 'generated']").length === 42`) // the library, its objects, the program
	b.click(`document.getElementById("g-back").getBoundingClientRect()`)
	b.until(`document.getElementById("g-name").textContent === "src/part00/unit0017.o"`)

	// System files are there when asked for.
	b.click(`document.getElementById("g-system").getBoundingClientRect()`)
	b.until(`document.getElementById("g-up-title").textContent === "Made from 98"`)
}

// The keyboard alone finds a target and walks the graph.
func TestReportGraphByKeyboard(t *testing.T) {
	b := browse(t, pageOf(t, largeTrace(t, 5000)), desktop)
	b.js(`(document.getElementById("q").focus(), true)`)
	b.keys("part00")
	b.until(`!document.getElementById("q-list").hidden && document.getElementById("q-live").textContent.includes("found")`)
	b.keys(kb.ArrowDown)
	want := value[string](b, `document.querySelector("#q-list [aria-selected=true] code").textContent`)
	b.keys(kb.Enter)
	b.until(fmt.Sprintf(`document.getElementById("g-name").textContent === %q`, want))
	for range 30 { // to the first of the lists
		b.keys(kb.Tab)
		if value[bool](b, `!!document.activeElement.closest("#g-up")`) {
			break
		}
	}
	to := value[string](b, `document.activeElement.textContent`)
	b.keys(kb.Enter)
	b.until(fmt.Sprintf(`document.getElementById("g-name").textContent === %q`, to))
	if got := value[string](b, `document.activeElement.id`); got != "g-name" {
		t.Errorf("the focus is on %q, not on the name", got)
	}
}

// The wheel zooms the timeline where the pointer is, dragging moves it, and the
// keyboard does both; a click shows the recipe in the graph.
func TestReportTimeline(t *testing.T) {
	b := browse(t, pageOf(t, largeTrace(t, 5000)), desktop)
	visible := func() [2]float64 { t.Helper(); return value[[2]float64](b, `buildgraph.timeline.range()`) }
	b.show("tl-stage")
	whole := visible()
	box := value[[4]float64](b, `(() => { const r = document.getElementById("tl-stage").getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })()`)
	x, y := box[0]+box[2]*0.75, box[1]+40
	b.wheel(x, y, -400)
	b.until(fmt.Sprintf(`buildgraph.timeline.range()[0] > %g`, whole[0]))
	in := visible()
	at := func(r [2]float64) float64 { return r[0] + (r[1]-r[0])*0.75 }
	if d := at(in) - at(whole); d > (in[1]-in[0])/50 || d < -(in[1]-in[0])/50 {
		t.Errorf("what was under the pointer moved by %.0f µs", d)
	}
	b.must(chromedp.Do(b.ctx, chromedp.MouseEvent("mousePressed", x, y, chromedp.ButtonLeft), chromedp.MouseEvent("mouseMoved", x+200, y, chromedp.ButtonLeft), chromedp.MouseEvent("mouseReleased", x+200, y, chromedp.ButtonLeft)))
	b.until(fmt.Sprintf(`buildgraph.timeline.range()[0] < %g`, in[0]))

	b.js(`(document.getElementById("tl-stage").focus(), true)`)
	b.keys("0")
	b.until(fmt.Sprintf(`buildgraph.timeline.range()[1] === %g`, whole[1]))
	b.keys("+")
	b.keys("+")
	b.until(fmt.Sprintf(`buildgraph.timeline.range()[1] - buildgraph.timeline.range()[0] < %g`, (whole[1]-whole[0])/2))
	before := visible()
	b.keys(kb.ArrowRight, chromedp.ModifierShift)
	b.until(fmt.Sprintf(`buildgraph.timeline.range()[0] > %g`, before[0]))
	b.keys("-")
	b.until(fmt.Sprintf(`buildgraph.timeline.range()[1] - buildgraph.timeline.range()[0] > %g`, before[1]-before[0]))

	b.keys(kb.ArrowRight)
	b.keys(kb.ArrowDown)
	b.until(`document.querySelector("#tl-detail b").textContent.startsWith("src/part00/unit")`)
	name := value[string](b, `document.querySelector("#tl-detail b").textContent`)
	b.keys(kb.Enter)
	b.until(fmt.Sprintf(`document.getElementById("g-name").textContent === %q`, name))

	b.show("tl-stage")
	b.js(`(document.getElementById("tl-fit").click(), true)`)
	b.click(`(() => { const r = document.getElementById("tl-stage").getBoundingClientRect(); return { x: r.x + r.width * 0.1, y: r.y + 40, width: 0, height: 0 }; })()`)
	b.until(fmt.Sprintf(`document.getElementById("g-name").textContent !== %q`, name))
	b.js(`(document.getElementById("tl-processes").click(), true)`)
	b.until(`document.getElementById("tl-processes").getAttribute("aria-pressed") === "true"`)
}

// Tables sort, filter and keep only rows in sight; each row leads on.
func TestReportTables(t *testing.T) {
	b := browse(t, pageOf(t, largeTrace(t, 20_000)), desktop)
	b.js(`buildgraph.tables.pick("files").then(() => true)`)
	all := value[int](b, `buildgraph.tables.count()`)
	if rows := value[int](b, `document.querySelectorAll(".tabulator-row").length`); rows >= all || rows < 10 {
		t.Errorf("%d of %d rows are in the page", rows, all)
	}
	if got := value[int](b, `document.getElementById("t-stage").children.length`); got != 1 {
		t.Errorf("%d tables are on top of each other", got)
	}
	b.js(`(document.getElementById("t-filter").focus(), true)`)
	b.keys("UNIT0003")
	b.until(`buildgraph.tables.count() === 2`)
	if got := value[string](b, `document.getElementById("t-count").textContent`); !strings.HasPrefix(got, "2 of ") {
		t.Errorf("the count says %q", got)
	}
	b.js(`(document.getElementById("t-filter").select(), true)`)
	b.keys("/unit000[3-5].c$/")
	b.until(`buildgraph.tables.count() === 3`)
	b.js(`(document.getElementById("t-select").selectedIndex = 2, document.getElementById("t-select").onchange(), true)`) // what the build made
	b.until(`buildgraph.tables.count() === 0`)

	b.js(`buildgraph.tables.pick("recipes").then(() => true)`)
	names := `[...document.querySelectorAll(".tabulator-row")].slice(0, 10).map((r) => r.querySelector(".name").textContent)`
	b.show("t-stage")
	b.js(`(document.querySelector(".tabulator-col[tabulator-field=name] .tabulator-col-content").click(), true)`)
	b.until(`document.querySelector(".tabulator-col[tabulator-field=name]").getAttribute("aria-sort") === "ascending"`)
	sorted := value[[]string](b, names)
	if !slices.IsSorted(sorted) || sorted[0] != "bin/program" {
		t.Errorf("sorted by name: %q", sorted)
	}
	b.click(`document.querySelector(".tabulator-row .name a").getBoundingClientRect()`)
	b.until(`document.getElementById("g-name").textContent === "bin/program"`)
	b.js(`buildgraph.tables.pick("processes", "cc1").then(() => true)`)
	b.until(`buildgraph.tables.count() === 200`)
}

// hostile are names that would do something if any part of the page took them for
// markup or for a script.
var hostile = []string{
	`<img src=x onerror="window.owned=1">`, `</script><script>window.owned=1</script>`, `"><svg onload=window.owned=1>`, `<!--<script>`,
	`javascript:window.owned=1`, `{{.Root}}`, `'"` + "`" + `${window.owned=1}`, "sep\u2028\u2029.o", "rtl\u202egnp.exe", "esc\x1b[31m.o", "latin\xe9.o", "new\nline.o", "<b>bold</b>.o",
}

// Names from the build are shown, and do nothing.
func TestReportHostileNames(t *testing.T) {
	file, w, b := newTrace(t)
	mk := b.start(nil, "/usr/bin/make", tags("", 0), "make")
	for i, name := range hostile {
		name = strings.ReplaceAll(name, "/", "∕") // one path component; </script> comes as it is in the commands
		b.recipe(mk, "out/"+name, []string{"in/" + name, "/usr/include/" + name}, "cp", hostile[i], name)
	}
	b.recipe(mk, "all", []string{"out/</script><script>window.owned=1</script>"}, "ld", "-o", "all")
	b.end(mk)
	finishTrace(t, file, w, b)
	tab := browse(t, pageOf(t, file, "--title", `<img src=x onerror="window.owned=1">`), desktop)
	// Everything is gone through: each table, each node, each tip and search.
	tab.js(`(async () => {
		for (const tab of ["recipes", "files", "processes"]) await buildgraph.tables.pick(tab);
		document.getElementById("g-system").click();
		const q = document.getElementById("q");
		for (const text of ["", "img", "script", "<"]) { q.value = text; q.dispatchEvent(new Event("input")); }
		const stage = document.getElementById("tl-stage"), r = stage.getBoundingClientRect();
		for (let x = 0; x < r.width; x += 4) stage.dispatchEvent(new PointerEvent("pointermove", { clientX: r.x + x, clientY: r.y + 40 }));
		return true;
	})()`)
	for _, name := range []string{`out/<img src=x onerror="window.owned=1">`, `out/<b>bold<∕b>.o`, `"out/esc\x1b[31m.o"`, `"out/latin\xe9.o"`, `"out/rtl\u202egnp.exe"`, `"out/new\nline.o"`} {
		text, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		tab.js(fmt.Sprintf(`(buildgraph.graph.named(%s), true)`, text))
		if got := value[string](tab, `document.getElementById("g-name").textContent`); got != name {
			t.Errorf("the graph shows %q, not %q", got, name)
		}
		tab.js(fmt.Sprintf(`buildgraph.tables.pick("recipes").then(() => { document.getElementById("t-filter").value = %s; document.getElementById("t-filter").dispatchEvent(new Event("input")); return true; })`, text))
		tab.until(fmt.Sprintf(`[...document.querySelectorAll(".tabulator-row .name")].some((c) => c.textContent === %s)`, text))
	}
	if got := tab.js(`[window.owned === undefined, document.images.length, document.querySelectorAll("svg, main b b, main script").length, document.querySelector("h1").textContent]`); got != `[true,0,0,"<img src=x onerror=\"window.owned=1\">"]` {
		t.Errorf("the page holds what was a name: %s", got)
	}
	// What is hidden from sight is hidden from a person: no character that turns text around.
	if value[bool](tab, `/[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(document.body.textContent)`) {
		t.Error("a control character is in the page's text")
	}
}

// The colours are the system's, until the button says otherwise; on paper they are
// light, and there are no controls.
func TestReportColours(t *testing.T) {
	file := pageOf(t, largeTrace(t, 2000))
	background := `getComputedStyle(document.body).backgroundColor`
	light := browse(t, file, desktop)
	dark := browse(t, file, look{width: 1440, height: 900, dark: true})
	was := value[string](light, background)
	if was == value[string](dark, background) {
		t.Errorf("light and dark have the same background, %s", was)
	}
	dark.js(`(document.getElementById("theme").click(), true)`)
	if got := value[string](dark, background); got != was {
		t.Errorf("the button makes the background %s, not %s", got, was)
	}
	if got := value[int](dark, `localStorage.length + document.cookie.length`); got != 0 {
		t.Error("the page keeps something")
	}
	paper := browse(t, file, look{width: 800, height: 1100, dark: true, media: "print"})
	for what, want := range map[string]string{
		`getComputedStyle(document.querySelector(".on-paper")).display`:                                                  "block",
		`getComputedStyle(document.querySelector(".bar")).display`:                                                       "none",
		`getComputedStyle(document.getElementById("timeline")).display`:                                                  "none",
		`getComputedStyle(document.querySelector("h1")).color`:                                                           value[string](light, `getComputedStyle(document.querySelector("h1")).color`),
		`document.querySelectorAll(".on-paper tbody tr").length > 10 ? "rows" : ""`:                                      "rows",
		`[...document.querySelectorAll("button, input, select")].some((e) => e.checkVisibility()) ? "controls" : "none"`: "none",
	} {
		if got := value[string](paper, what); got != want {
			t.Errorf("on paper %s is %q, not %q", what, got, want)
		}
	}
}

// Axe-core finds no violation, light and dark, wide and narrow; and nothing sticks out
// of a narrow window.
func TestReportAccessible(t *testing.T) {
	axe, err := os.ReadFile("testdata/axe-core-4.14.1/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	file := pageOf(t, largeTrace(t, 5000))
	for name, l := range map[string]look{"light": desktop, "dark": {width: 1440, height: 900, dark: true}, "narrow": {width: 360, height: 740}} {
		t.Run(name, func(t *testing.T) {
			b := browse(t, file, l)
			b.js(string(axe) + "; true")
			b.js(`(document.querySelectorAll("details").forEach((d) => { d.open = true; }), true)`)
			for _, v := range value[[]string](b, `axe.run().then((r) => r.violations.map((v) => v.impact + " " + v.id + ": " + v.help + "\n" + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200) + " " + n.failureSummary).join("\n")))`) {
				t.Error(v)
			}
			if got := value[int](b, `document.documentElement.scrollWidth`); got > int(l.width) {
				t.Errorf("the page is %d pixels wide in a window of %d", got, l.width)
			}
		})
	}
}

// Without a script the summary and the findings are whole, and the rest is not there.
func TestReportWithoutScripts(t *testing.T) {
	page, err := os.ReadFile(pageOf(t, largeTrace(t, 1000)))
	if err != nil {
		t.Fatal(err)
	}
	before, _, found := strings.Cut(string(page), "<script")
	for _, want := range []string{"make -j4", "Wall time", "CPU time", "What is wrong", "/project", "<noscript>", "need JavaScript", "Longest recipes"} {
		if !found || !strings.Contains(before, want) {
			t.Errorf("before the first script there is no %q", want)
		}
	}
}
