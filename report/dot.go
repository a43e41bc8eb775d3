package report

import (
	"fmt"
	"html"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/gonum/graph/encoding"
	"gonum.org/v1/gonum/graph/encoding/dot"

	"buildgraph/graph"
)

// Widths of what stands in a node, in characters. Of longer text the middle is cut
// out; it is whole in the tooltip.
const (
	nameWidth    = 36
	commandWidth = 44
	captionWidth = 160
	splitAbove   = 22   // a longer path has its directory on a line of its own
	tooltipMax   = 1000 // a line
	tooltipLines = 50
)

// DOT writes a picture in Graphviz's language, left to right in the direction in
// which content flows. Colours are chosen to stay apart for the colour-blind and
// in grey print, where shape and border say the same. Labels are HTML-like ones,
// so Graphviz must be built with expat, as packaged ones are.
func DOT(w io.Writer, p graph.Picture, o Options) error {
	d, err := newDrawing(p)
	if err != nil {
		return err
	}
	d.label = caption(p, o)
	text, err := dot.Marshal(d, "buildgraph", "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the picture: %w", err)
	}
	if _, err := fmt.Fprintf(w, "%s\n", text); err != nil {
		return fmt.Errorf("writing the picture: %w", err)
	}
	return nil
}

// look is how one kind of node is drawn.
type look struct {
	what              string // in the legend
	shape, style      string
	fill, line, width string
}

// looks holds the kinds in the order of the legend. Blue and orange are those of
// Okabe and Ito's palette ("Color Universal Design", 2008), the fills their tints,
// apart in lightness too.
var looks = []struct {
	kind string
	look
}{
	{"project", look{"project file", "box", "rounded,filled", "#e3f0fa", "#0072b2", "1"}},
	{"generated", look{"generated file", "box", "rounded,filled", "#f9d9a6", "#a65e00", "1.4"}},
	{"recipe", look{"recipe", "box", "filled", "#ffffff", "#333333", "1"}},
	{"process", look{"process", "box", "filled", "#ffffff", "#333333", "1"}},
	{"system", look{"system file", "box", "rounded,filled,dashed", "#f4f4f4", "#8a8a8a", "1"}},
	{"tool", look{"tool", "component", "filled", "#e4e4e4", "#6b6b6b", "1"}},
}

func lookOf(kind string) look {
	for _, l := range looks {
		if l.kind == kind {
			return l.look
		}
	}
	return look{kind, "box", "filled", "#ffffff", "#333333", "1"}
}

// Attributes makes a graph node a DOT one.
func (n *drawnNode) Attributes() []encoding.Attribute {
	l := lookOf(n.box.Kind)
	list := []encoding.Attribute{
		{Key: "label", Value: label(n.box)},
		{Key: "tooltip", Value: tooltip(n.box)},
		{Key: "style", Value: quote(l.style)},
		{Key: "fillcolor", Value: quote(l.fill)},
		{Key: "color", Value: quote(l.line)},
	}
	if l.shape != "box" {
		list = append(list, encoding.Attribute{Key: "shape", Value: l.shape})
	}
	if n.box.Kind != "recipe" && n.box.Kind != "process" && several(n.box) {
		list = append(list, encoding.Attribute{Key: "peripheries", Value: "2"})
	}
	if l.width != "1" {
		list = append(list, encoding.Attribute{Key: "penwidth", Value: l.width})
	}
	return list
}

// DOTID is the node's name in the DOT file.
func (n *drawnNode) DOTID() string { return quote(n.box.ID) }

// Attributes draws what is executed dashed and what is written strongest: the
// eye then follows the outputs.
func (e *drawnEdge) Attributes() []encoding.Attribute {
	switch e.kind {
	case "write":
		return []encoding.Attribute{{Key: "color", Value: quote("#333333")}, {Key: "penwidth", Value: "1.5"}}
	case "execute":
		return []encoding.Attribute{{Key: "style", Value: "dashed"}, {Key: "arrowhead", Value: "empty"}}
	case "fork":
		return []encoding.Attribute{{Key: "style", Value: "dotted"}, {Key: "arrowhead", Value: "vee"}}
	}
	return nil
}

// attributes is a fixed list.
type attributes []encoding.Attribute

func (a attributes) Attributes() []encoding.Attribute { return a }

// fonts come with most systems; the names after the first serve browsers.
var fonts = quote("Helvetica,Arial,sans-serif")

// DOTAttributers gives what holds for all of the picture.
func (d *drawing) DOTAttributers() (graph, node, edge encoding.Attributer) {
	return attributes{
			{Key: "rankdir", Value: "LR"},
			{Key: "bgcolor", Value: "white"},
			{Key: "fontname", Value: fonts},
			{Key: "fontsize", Value: "11"},
			{Key: "nodesep", Value: "0.16"},
			{Key: "ranksep", Value: "0.6"},
			{Key: "pad", Value: "0.2"},
			{Key: "labelloc", Value: "b"},
			{Key: "labeljust", Value: "l"},
			{Key: "label", Value: d.label},
		}, attributes{
			{Key: "shape", Value: "box"},
			{Key: "fontname", Value: fonts},
			{Key: "fontsize", Value: "11"},
			{Key: "fontcolor", Value: quote("#1a1a1a")},
			{Key: "margin", Value: quote("0.11,0.055")},
			{Key: "height", Value: "0.3"},
			{Key: "width", Value: "0.3"},
		}, attributes{
			{Key: "color", Value: quote("#7a7a7a")},
			{Key: "arrowsize", Value: "0.6"},
			{Key: "tailport", Value: "e"},
			{Key: "headport", Value: "w"},
		}
}

// label gives what stands in a node: of a box what ran, in bold, and its command
// line; of a file its name, its directory small above it when that is long.
func label(n graph.PictureNode) string {
	if n.Kind == "recipe" || n.Kind == "process" {
		return "<" + boxLabel(n) + ">"
	}
	s := Line(n.Label)
	dir, base := path.Split(s)
	if several(n) || dir == "" || base == "" || utf8.RuneCountInString(s) <= splitAbove {
		return "<" + text(shorten(s, nameWidth)) + ">"
	}
	return "<" + small(text(shorten(dir, nameWidth))) + "<br/>" + text(shorten(base, nameWidth)) + ">"
}

// boxLabel shows one of a recipe's lines, the longest: that is seldom the mkdir,
// the rm or the touch.
func boxLabel(n graph.PictureNode) string {
	name := Line(n.Label)
	command := ""
	for line := range strings.Lines(n.Title) {
		if line = strings.TrimSuffix(line, "\n"); len(line) > len(command) {
			command = line
		}
	}
	command = Line(command)
	program, arguments, _ := strings.Cut(command, " ")
	switch program = path.Base(program); {
	case command == "", program == name && arguments == "":
		return "<b>" + text(shorten(name, nameWidth)) + "</b>"
	case program == name && utf8.RuneCountInString(name) < commandWidth/2:
		// What ran is the command's first word: once is enough.
		return "<b>" + text(name) + "</b> " + small(text(shorten(arguments, commandWidth-utf8.RuneCountInString(name))))
	}
	return "<b>" + text(shorten(name, nameWidth)) + "</b><br/>" + small(text(shorten(command, commandWidth)))
}

// several says that a node stands for many files, which are its title.
func several(n graph.PictureNode) bool { return strings.Contains(n.Title, "\n") }

// small sets off what is less important.
func small(label string) string {
	return `<font point-size="9" color="#555555">` + label + "</font>"
}

// text escapes for an HTML-like label, in which no text at all is an error.
func text(s string) string {
	if s == "" {
		s = `""`
	}
	return tame(html.EscapeString(s))
}

// tooltip gives a node's whole name and, of a recipe, all its lines.
func tooltip(n graph.PictureNode) string {
	lines := []string{n.Label}
	if n.Title != "" && n.Title != n.Label {
		lines = append(lines, strings.Split(n.Title, "\n")...)
	}
	if more := len(lines) - tooltipLines; more > 1 {
		lines = append(lines[:tooltipLines:tooltipLines], fmt.Sprintf("(%d more)", more))
	}
	for i := range lines {
		lines[i] = strings.ReplaceAll(tame(shorten(Line(lines[i]), tooltipMax)), "&", "&amp;")
	}
	return `"` + escString.Replace(strings.Join(lines, "\n")) + `"`
}

// escString writes text whose only control character is a newline as Graphviz's
// escString, which is a Go string too, as gonum wants it.
var escString = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// quote gives a double-quoted DOT string.
func quote(s string) string { return strconv.Quote(s) }

// tame keeps Graphviz from replacing \N, \G and the like by names, which it does
// in HTML-like labels and, twice over, in tooltips whether the backslash is doubled
// or not (2.43, labels.c, strdup_and_subst_obj0): a word joiner, which has no width,
// parts the two characters.
func tame(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	for _, letter := range []string{"N", "G", "E", "T", "H", "L"} {
		s = strings.ReplaceAll(s, `\`+letter, "\\\u2060"+letter)
	}
	return s
}

// caption stands below the picture: its title, a legend of the kinds that occur,
// what was left out and whether the trace is incomplete.
func caption(p graph.Picture, o Options) string {
	var b strings.Builder
	row := func(s string) { b.WriteString(`<tr><td align="left">` + s + "</td></tr>") }
	if p.Title != "" {
		row("<b>" + text(Line(p.Title)) + "</b>")
	}
	if l := legend(p); l != "" {
		row(l)
	}
	if note := omission(p); note != "" {
		row(`<font point-size="9">` + text(note) + "</font>")
	}
	if !p.Complete {
		why := "this trace is incomplete"
		if len(o.Why) > 0 {
			why += ": " + strings.Join(o.Why, "; ")
		}
		row(`<font point-size="9" color="#a03000">` + text(shorten(Line(why), captionWidth)) + "</font>")
	}
	if b.Len() == 0 {
		return quote("")
	}
	return `<<table border="0" cellspacing="2" cellpadding="2">` + b.String() + "</table>>"
}

// legend is a row with one cell for each kind of node in the picture.
func legend(p graph.Picture) string {
	var cells strings.Builder
	width := 0 // points; a table of no fixed size would be drawn as wide as the longest line
	for _, l := range looks {
		if slices.ContainsFunc(p.Nodes, func(n graph.PictureNode) bool { return n.Kind == l.kind }) {
			fmt.Fprintf(&cells, `<td bgcolor="%s" color="%s"><font point-size="9">%s</font></td>`, l.fill, l.line, l.what)
			width += 6*len(l.what) + 14
		}
	}
	if width == 0 {
		return ""
	}
	return fmt.Sprintf(`<table border="0" cellborder="1" cellspacing="3" cellpadding="2" align="left" fixedsize="true" width="%d" height="26"><tr>%s</tr></table>`,
		width, cells.String())
}

func omission(p graph.Picture) string {
	switch {
	case p.Note != "":
		return Line(p.Note)
	case p.Omitted > 0:
		return count(p.Omitted, "file") + " left out"
	}
	return ""
}
