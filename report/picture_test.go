package report

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/graph/encoding/dot"
	"gonum.org/v1/gonum/graph/simple"

	"buildgraph/graph"
)

// picture builds a Picture from recipes "target: command <- inputs", with nodes
// and edges sorted as graph gives them.
type picture struct{ graph.Picture }

func (p *picture) node(id, label, kind, title string) {
	for _, n := range p.Nodes {
		if n.ID == id {
			return
		}
	}
	p.Nodes = append(p.Nodes, graph.PictureNode{ID: id, Label: label, Kind: kind, Title: title})
	slices.SortFunc(p.Nodes, func(a, b graph.PictureNode) int { return strings.Compare(a.ID, b.ID) })
}

func (p *picture) edge(from, to, kind string) {
	p.Edges = append(p.Edges, graph.PictureEdge{From: from, To: to, Kind: kind})
	slices.SortFunc(p.Edges, func(a, b graph.PictureEdge) int {
		return strings.Compare(fmt.Sprint(a.From, "\x00", a.To, "\x00", a.Kind), fmt.Sprint(b.From, "\x00", b.To, "\x00", b.Kind))
	})
}

func (p *picture) recipe(target, command string, inputs ...string) {
	p.node("r:"+target, target, "recipe", command)
	p.node("f:"+target, target, "generated", "")
	p.edge("r:"+target, "f:"+target, "write")
	for _, in := range inputs {
		kind, use := "project", "read"
		if rest, ok := strings.CutPrefix(in, "!"); ok {
			in, kind, use = rest, "tool", "execute"
		}
		p.node("f:"+in, in, kind, "")
		p.edge("f:"+in, "r:"+target, use)
	}
}

func samplePicture() graph.Picture {
	p := &picture{graph.Picture{Title: "buildgraph capture -- make -j8, in /home/ada/calc", Complete: true}}
	p.recipe("gen/version.h", "sed s/@V@/$(cat VERSION)/ src/version.h.in > gen/version.h", "src/version.h.in", "VERSION")
	p.recipe("gen/tables.c", "tools/mktables < src/tables.txt > gen/tables.c", "src/tables.txt", "!tools/mktables.py")
	p.recipe("obj/tables.o", "cc -O2 -Wall -Igen -c -o obj/tables.o gen/tables.c", "gen/tables.c", "src/calc.h")
	p.recipe("obj/main.o", "cc -O2 -Wall -Igen -c -o obj/main.o src/main.c", "src/main.c", "src/calc.h", "gen/version.h")
	p.recipe("obj/parse.o", "cc -O2 -Wall -Igen -c -o obj/parse.o src/parse.c", "src/parse.c", "src/calc.h", "src/lexer/tokens.def")
	p.recipe("libcalc.a", "ar rcs libcalc.a obj/parse.o obj/tables.o", "obj/parse.o", "obj/tables.o")
	p.recipe("calc", "cc -o calc obj/main.o -L. -lcalc", "obj/main.o", "libcalc.a")
	p.node("fold:doc", "12 files in doc", "project", "doc/a.md\ndoc/b.md")
	p.edge("fold:doc", "r:calc", "read")
	p.node("r:check", "test, awk", "recipe", "./test.sh\nawk -f sum.awk")
	p.edge("f:calc", "r:check", "execute")
	return p.Picture
}

// nastyPicture has every character that a label, a tooltip or DOT might trip over.
func nastyPicture() graph.Picture {
	p := &picture{graph.Picture{Title: `a "title" <b>&amp; \N \G`, Note: "12 <files> left out", Omitted: 12}}
	for _, name := range []string{
		`quo"te.c`, `"quoted"`, `back\slash\n\N\G\l.c`, `<html>`, `<b>bold</b>.c`, `&amp;.c`, "new\nline.c", "bell\a.c", "\xff\xfe.c",
		"esc\x1b[31mred.c", "tab\t.c", "smörgås/日本語.c", "-option.o", "node", "digraph", "1.5", "a/b/" + strings.Repeat("long", 40) + ".c",
		"right\u202eleft.c", "{rec|ord}.c", "a:b.c", "", "dir/with space/x.c", `trailing\`,
	} {
		p.recipe(name, "cc -DX='\"<&>\\n\"' -o "+name+"\nsecond line", "in/"+name, "!/usr/bin/"+name)
	}
	return p.Picture
}

func TestDOTGolden(t *testing.T) {
	procs := &picture{graph.Picture{Title: "processes", Complete: false, Omitted: 1}}
	procs.node("p1", "make", "process", "make -j8")
	procs.node("p2", "sh", "process", "sh -c 'cc -c main.c'")
	procs.node("p3", "cc", "process", "cc -c main.c")
	procs.node("f1", "main.c", "project", "")
	procs.edge("p1", "p2", "fork")
	procs.edge("p2", "p3", "fork")
	procs.edge("f1", "p3", "read")
	for _, c := range []struct {
		name string
		p    graph.Picture
		o    Options
	}{
		{"sample.dot", samplePicture(), Options{}},
		{"nasty.dot", nastyPicture(), Options{Why: []string{"12 events <were> lost", "the capture was killed"}}},
		{"procs.dot", procs.Picture, Options{}},
		{"noted.dot", graph.Picture{
			Title: "make", Complete: true, Note: "2 files that lead to the same places are drawn together; 4 files are left out to stay within 4 nodes",
			Nodes: []graph.PictureNode{{ID: "a", Label: "cc", Kind: "recipe", Title: "cc -c a.c"}, {ID: "b", Label: "include/deep/down/header.h", Kind: "system"}},
			Edges: []graph.PictureEdge{{From: "b", To: "a", Kind: "read"}},
		}, Options{}},
		{"empty.dot", graph.Picture{Complete: true}, Options{}},
	} {
		golden(t, c.name, func(w io.Writer) error { return DOT(w, c.p, c.o) })
	}
}

// The order in which nodes and edges are drawn is the picture's, not a map's.
func TestDOTDeterministic(t *testing.T) {
	var first string
	for range 20 {
		var b bytes.Buffer
		if err := DOT(&b, samplePicture(), Options{}); err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = b.String()
		} else if b.String() != first {
			t.Fatal("two runs differ")
		}
	}
}

// What gonum writes gonum can read: as many nodes and edges as were drawn.
func TestDOTReadsBack(t *testing.T) {
	for _, p := range []graph.Picture{samplePicture(), nastyPicture()} {
		var b bytes.Buffer
		if err := DOT(&b, p, Options{}); err != nil {
			t.Fatal(err)
		}
		g := simple.NewDirectedGraph()
		if err := dot.Unmarshal(b.Bytes(), g); err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		if got := g.Nodes().Len(); got != len(p.Nodes) {
			t.Errorf("%d nodes read back of %d", got, len(p.Nodes))
		}
		if got := g.Edges().Len(); got != len(p.Edges) {
			t.Errorf("%d edges read back of %d", got, len(p.Edges))
		}
	}
}

// Graphviz itself must take the file without a word, and each name must be in the
// picture as text.
func TestDOTGraphviz(t *testing.T) {
	graphviz, err := exec.LookPath("dot")
	if err != nil {
		t.Fatal("graphviz is not installed: apt install graphviz")
	}
	var b, svg, warnings bytes.Buffer
	if err := DOT(&b, nastyPicture(), Options{Why: []string{"a < b"}}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(graphviz, "-Tsvg")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &b, &svg, &warnings
	if err := cmd.Run(); err != nil || warnings.Len() > 0 {
		t.Fatalf("dot: %v: %s", err, warnings.String())
	}
	for _, want := range []string{
		`quo&quot;te.c`, `&quot;quoted&quot;`, "back\\slash\\n\\\u2060N\\\u2060G\\l.c", `&lt;html&gt;`, `&lt;b&gt;bold&lt;/b&gt;.c`, `&amp;amp;.c`,
		`new\nline.c`, `bell\a.c`, `\xff\xfe.c`, `esc\x1b[31mred.c`, `tab\t.c`, `日本語.c`, `right\u202eleft.c`, `a &lt; b`,
	} {
		if !strings.Contains(svg.String(), want) {
			t.Errorf("the picture does not show %s", want)
		}
	}
}

func TestDOTRefusesLooseEdge(t *testing.T) {
	p := graph.Picture{Nodes: []graph.PictureNode{{ID: "a"}}, Edges: []graph.PictureEdge{{From: "a", To: "b"}}}
	if err := DOT(io.Discard, p, Options{}); err == nil || !strings.Contains(err.Error(), `"b"`) {
		t.Errorf("an edge to nowhere: %v", err)
	}
	p = graph.Picture{Nodes: []graph.PictureNode{{ID: "a"}, {ID: "a"}}}
	if err := DOT(io.Discard, p, Options{}); err == nil {
		t.Error("a node that occurs twice is drawn")
	}
}

// One arrow stands for all between two nodes, and it is the one that says most.
func TestDrawingMergesEdges(t *testing.T) {
	p := graph.Picture{
		Nodes: []graph.PictureNode{{ID: "a", Kind: "tool"}, {ID: "b", Kind: "recipe"}},
		Edges: []graph.PictureEdge{{From: "a", To: "b", Kind: "execute"}, {From: "a", To: "b", Kind: "read"}, {From: "b", To: "b", Kind: "read"}},
	}
	d, err := newDrawing(p)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.edges[[2]int64{0, 1}].kind; got != "execute" {
		t.Errorf("kind %q, want execute", got)
	}
}
