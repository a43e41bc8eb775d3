package main

import (
	"fmt"
	"strings"
	"testing"

	"buildgraph/store"
)

// twoLines are the lines of automake's recipe for an object: it makes two files, one of
// them by a rename.
func twoLines(name string) []string {
	return []string{
		"gcc -DHAVE_CONFIG_H -I. -g -O2 -MT src/" + name + ".o -MF src/.deps/" + name + ".Tpo \\\n\t-c -o src/" + name + ".o src/" + name + ".c",
		"mv -f src/.deps/" + name + ".Tpo src/.deps/" + name + ".Po",
	}
}

// automakeTrace writes the trace of a build of some objects by recipes of two lines,
// and of a program of them. Each reads its source, a header of the project, and 60 of
// the system.
func automakeTrace(t *testing.T, names ...string) string {
	t.Helper()
	file, w, b := newTrace(t)
	mk := b.start(nil, "/usr/bin/make", tags("", 0), "make")
	mk.process.MaxRSS = 58 << 20 // what the kernel tells of it is the program that captured
	var objects []string
	for _, name := range names {
		lines, object := twoLines(name), "src/"+name+".o"
		cc := b.start(mk, "/bin/sh", tags(object, 1), "/bin/sh", "-c", lines[0])
		cc.process.MaxRSS = 20 << 20
		b.use(cc, store.AccessRead, "src/"+name+".c")
		b.use(cc, store.AccessRead, "config.h")
		for k := range 60 {
			b.use(cc, store.AccessRead, fmt.Sprintf("/usr/include/h%02d.h", k))
		}
		b.use(cc, store.AccessWrite|store.AccessCreate, object)
		b.use(cc, store.AccessWrite|store.AccessCreate, "src/.deps/"+name+".Tpo")
		b.end(cc)
		mv := b.start(mk, "/bin/sh", tags(object, 1), "/bin/sh", "-c", lines[1])
		mv.process.MaxRSS = 3 << 20
		b.rename(mv, "src/.deps/"+name+".Tpo", "src/.deps/"+name+".Po")
		b.end(mv)
		objects = append(objects, object)
	}
	b.recipe(mk, "src/nano", objects, "ld", "-o", "src/nano")
	b.end(mk)
	finishTrace(t, file, w, b)
	return file
}

// rename gives a file below the root another name.
func (b *build) rename(p *program, from, to string) {
	old := b.file(from, store.KindRegular)
	b.inodes["/project/"+to] = b.inodes["/project/"+from]
	b.ops++
	b.w.Op(store.Op{Seq: b.ops, Exec: p.exec.ID, Time: b.tick(), Kind: store.OpRename, File: old, Other: b.file(to, store.KindRegular)})
}

// A command has all its lines wherever it is shown, as deps shows them; in the table it
// is one line that is cut at its end, and pointing at it shows the whole.
func TestReportCommands(t *testing.T) {
	file := pageOf(t, automakeTrace(t, "winio", "nano"))
	lines := strings.ReplaceAll(strings.Join(twoLines("winio"), "\n"), "\n\t", "\n    ")
	for _, width := range []int64{1000, 1300, 1440} {
		b := browse(t, file, look{width: width, height: 900})
		b.js(`buildgraph.tables.pick("recipes", "winio.o").then(() => true)`)
		b.until(`document.querySelectorAll(".tabulator-row").length === 1`)
		cell := `document.querySelector(".tabulator-row [tabulator-field=cmd] .line")`
		if got := value[string](b, cell+`.title`); got != lines {
			t.Errorf("pointing at the command shows %q, not %q", got, lines)
		}
		if got := value[string](b, cell+`.textContent`); !strings.HasPrefix(got, "gcc -DHAVE_CONFIG_H ") || !strings.HasSuffix(got, ".Tpo -c -o src/winio.o src/winio.c ⏎ mv -f src/.deps/winio.Tpo src/.deps/winio.Po") {
			t.Errorf("the cell has %q", got)
		}
		if !value[bool](b, `(() => { const e = `+cell+`, s = getComputedStyle(e); return s.textOverflow === "ellipsis" && s.overflowX === "hidden" && e.scrollWidth > e.clientWidth && e.clientWidth > 100; })()`) {
			t.Errorf("at %d pixels a long command is not cut at its end", width)
		}
		if got := value[int64](b, `(() => { const e = document.querySelector(".tabulator-tableholder"); return e.scrollWidth - e.clientWidth; })()`); got > 0 {
			t.Errorf("at %d pixels the table is %d too wide", width, got)
		}
		b.js(`(buildgraph.graph.named("src/winio.o"), true)`)
		if got := value[string](b, `document.getElementById("g-command").innerText`); got != lines {
			t.Errorf("beside the graph the command is %q", got)
		}
		b.js(`(document.getElementById("g-time").click(), true)`)
		b.until(`document.querySelector("#tl-detail code") !== null`)
		if got := value[string](b, `document.querySelector("#tl-detail code").textContent`); got != lines {
			t.Errorf("below the timeline the command is %q", got)
		}
	}
}

// The timeline leads to the table of what it shows, and says of the build's length what
// the summary does: the watching went on after the build.
func TestReportTimelineWords(t *testing.T) {
	file, w, b := newTrace(t)
	mk := b.start(nil, "/usr/bin/make", tags("", 0), "make")
	b.recipe(mk, "app", []string{"main.c"}, "cc", "-o", "app", "main.c")
	b.end(mk)
	b.clock += 40_000_000
	finishTrace(t, file, w, b)
	tab := browse(t, pageOf(t, file), desktop)
	tab.until(`document.getElementById("tl-range").textContent !== ""`)
	wall := value[string](tab, `document.querySelector(".tiles dd").firstChild.textContent.trim()`)
	if got := value[string](tab, `document.getElementById("tl-range").textContent`); wall == "" || got != "whole build, "+wall {
		t.Errorf("the summary says %q, the timeline %q", wall, got)
	}
	for _, kind := range []string{"processes", "recipes"} {
		tab.js(`(document.getElementById("tl-` + kind + `").click(), document.getElementById("tl-table").click(), true)`)
		tab.until(`document.querySelector("[role=tab][aria-selected=true]").dataset.tab === "` + kind + `"`)
		if got := value[string](tab, `document.getElementById("tl-table").textContent`); got != "table of "+kind {
			t.Errorf("of %s the %s holds the same", kind, got)
		}
	}
}

// The memory of the first process is not known: "-", which sorts below all others, and
// it is no part of the summary.
func TestReportMemory(t *testing.T) {
	b := browse(t, pageOf(t, automakeTrace(t, "winio")), desktop)
	if got := value[string](b, `[...document.querySelectorAll(".tiles dd")].map((e) => e.textContent).find((s) => s.includes("each"))`); !strings.HasSuffix(got, " up to 20 MiB each") {
		t.Errorf("the summary says %q", got)
	}
	b.js(`buildgraph.tables.pick("processes").then(() => { buildgraph.tables.table().setSort("rss", "desc"); return true; })`)
	b.until(`document.querySelector(".tabulator-col[tabulator-field=rss]").getAttribute("aria-sort") === "descending"`)
	got := value[[]string](b, `[...document.querySelectorAll(".tabulator-row")].map((r) => r.querySelector("[tabulator-field=name]").textContent + " " + r.querySelector("[tabulator-field=rss]").textContent)`)
	if want := []string{"sh 20 MiB", "sh 3 MiB", "make -", "ld -"}; len(got) != 4 || got[0] != want[0] || got[1] != want[1] || strings.Contains(got[2]+got[3], "iB") {
		t.Errorf("the table has %q, not %q", got, want)
	}
}

// A file that was renamed into place was written, by the program that wrote it.
func TestReportRenamedIsWritten(t *testing.T) {
	b := browse(t, pageOf(t, automakeTrace(t, "winio")), desktop)
	b.js(`buildgraph.tables.pick("files", "winio.Po").then(() => true)`)
	b.until(`document.querySelectorAll(".tabulator-row").length === 1`)
	if got := value[string](b, `["klass", "wr"].map((f) => document.querySelector(".tabulator-row [tabulator-field=" + f + "]").textContent).join(" ")`); got != "made by the build 1" {
		t.Errorf("the row says %q", got)
	}
}
