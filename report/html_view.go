package report

import (
	"cmp"
	"fmt"
	"html/template"
	"path"
	"slices"
	"strings"

	"buildgraph/graph"
	"buildgraph/graph/audit"
)

// pageView is what the template shows without a script's help.
type pageView struct {
	frame
	Title, Command, Root, Where, Began, Version string
	Tiles                                       []tile
	Whole                                       string // how long the build took
	Alerts                                      []alert
	Verdict                                     string
	Outside                                     string // of files that are not checked, "" for none
	Withheld                                    []string
	Groups                                      []groupView
	Rest                                        []groupView // behind a line that opens them
	RestCount, MoreCount                        string      // "6 more groups": of Rest, and of those that only the table of findings has
	Slowest                                     []spanRow
	Files                                       []fileRow
	Counts                                      counts
	Rows                                        int // of the timeline as it is first shown
	Printed                                     int // rows of a table on paper
	Data                                        template.HTML
}

// counts says how much there is to see, so that the page has the right parts.
type counts struct{ Recipes, Processes, Files, Findings int }

// tile is one number of the summary.
type tile struct{ Label, Value, Note string }

// alert is something to know before anything else; Level is "bad", "warn" or "good".
type alert struct {
	Level, Title string
	Lines        []string
}

// groupView is what is wrong with one file.
type groupView struct {
	Kind, Name, Says string
	Targets          []targetView
	More             int
	Seen, Try, Mend  string
	Advice           string
	Open             bool
}

// targetView is one target of a group.
type targetView struct{ Name, Place, Proof, Level string }

// spanRow and fileRow are rows of the tables that are printed.
type (
	spanRow struct{ Name, Took, CPU, Exit string }
	fileRow struct {
		Name, Class string
		Readers     int
	}
)

const (
	groupsFirst  = 8  // the others are behind a line that opens them
	groupsShown  = 40 // from there on findings are in the table only
	printedRows  = 15
	pageTargets  = 8
	reasonsShown = 5
)

func newPageView(p Page, data string) pageView {
	v := pageView{
		frame: pageFrame(), Title: Line(cmp.Or(p.Title, path.Base(p.Build.Root))), Command: command(p.Build.Command),
		Root: Line(p.Build.Root), Where: where(p.Build), Version: p.Version, Data: template.HTML(data),
		Counts: counts{len(p.Timeline.Recipes), len(p.Timeline.Processes), len(p.Actions.Files), 0},
	}
	if !p.Build.Began.IsZero() {
		v.Began = p.Build.Began.Format("Mon 2 January 2006, 15:04:05 -0700")
	}
	v.Printed = printedRows
	v.Rows = timelineRows(p.Timeline.Recipes)
	if len(p.Timeline.Recipes) == 0 {
		v.Rows = timelineRows(p.Timeline.Processes)
	}
	v.Tiles, v.Whole = tiles(p), atLeast(p.Timeline.Wall, p.Timeline.Unended)
	v.Alerts = alerts(p)
	v.findings(p)
	v.printed(p)
	return v
}

// timelineRows counts the rows that the timeline draws spans in: of each lane as many
// as spans are nested in it.
func timelineRows(spans []graph.Span) int {
	deep, rows := map[int]int{}, 0
	for _, s := range spans {
		if n := s.Depth + 1 - deep[s.Lane]; n > 0 {
			deep[s.Lane] += n
			rows += n
		}
	}
	return rows
}

// findings fills in what is wrong.
func (v *pageView) findings(p Page) {
	if p.Findings == nil {
		v.Verdict = "The build was not held against its rules."
		if p.NotCompared != "" {
			v.Verdict = "The build was not held against its rules: " + Line(p.NotCompared)
		}
		return
	}
	f := *p.Findings
	v.Counts.Findings = len(f.Findings)
	v.Verdict = strings.ToUpper(summary(f)[:1]) + summary(f)[1:] + "."
	for _, w := range f.Withheld {
		v.Withheld = append(v.Withheld, Line(withheldLine(w)))
	}
	if n := f.Outside.Files; n > 0 {
		v.Outside = fmt.Sprintf("%s outside the capture root, like %s, not checked. They count in a capture from above: %s",
			count(n, "file"), Name(f.Outside.First[0]), Line(f.Outside.Capture))
	}
	groups := paragraphs(f.Findings)
	// A file that is wrong in two ways is in two groups: their number is not that of
	// the files that the verdict counts.
	if len(groups) > 1 {
		v.Verdict += fmt.Sprintf(" They are in %s, one for each kind and file.", plural(len(groups), "group", "groups"))
	}
	if n := min(len(groups), groupsShown) - groupsFirst; n > 0 {
		v.RestCount = plural(n, "more group", "more groups")
	}
	if n := len(groups) - groupsShown; n > 0 {
		v.MoreCount = plural(n, "more group", "more groups")
	}
	for i, g := range groups[:min(len(groups), groupsShown)] {
		list := &v.Groups
		if i >= groupsFirst {
			list = &v.Rest
		}
		*list = append(*list, viewGroup(g, p.Mend[Group{g.kind, g.input}], i == 0))
	}
}

func viewGroup(g paragraph, mend string, open bool) groupView {
	first := g.findings[0]
	name := Name(g.input)
	v := groupView{
		Kind: string(g.kind), Name: name, Says: strings.TrimPrefix(headline(g), name+": "),
		Try: Line(first.Repro), Mend: Line(mend), Advice: advice[g.kind], Open: open,
	}
	if first.Witness != nil {
		v.Seen = witnessLine(first)
	}
	for i, f := range g.findings {
		if i == pageTargets {
			v.More = len(g.findings) - i
			break
		}
		t := targetView{Name: Name(f.Target), Place: place(f)}
		switch {
		case f.Proof == audit.Untested && f.Reason != "":
			t.Proof, t.Level = "untested: "+Line(f.Reason), "warn"
		case f.Proof == audit.Proved && f.Reason != "":
			t.Proof, t.Level = "proved: "+Line(f.Reason), "good"
		case f.Proof == audit.Proved:
			t.Proof, t.Level = "proved", "good"
		}
		v.Targets = append(v.Targets, t)
	}
	return v
}

// advice says in a sentence what mends each kind.
var advice = map[audit.Kind]string{
	audit.Race:       "Order the two: make the file a prerequisite of the target, or an order-only one if only the order is wanted.",
	audit.Missing:    "Declare the file, or have the compiler write the rule (-MMD -MP) and include it; buildgraph fix prints the patch.",
	audit.Writers:    "Let one recipe write the file, and make it a prerequisite of the other.",
	audit.Undeclared: "Give the file a rule of its own, or name it beside the target (grouped targets, &:).",
	audit.Redundant:  "Take it from the prerequisites: it costs rebuilds and gives nothing.",
	audit.Shadow:     "No fault: know that this name is looked for first.",
}

// printed fills in the tables that stand on paper.
func (v *pageView) printed(p Page) {
	spans := slices.Clone(p.Timeline.Recipes)
	if len(spans) == 0 {
		spans = slices.Clone(p.Timeline.Processes)
	}
	slices.SortStableFunc(spans, func(a, b graph.Span) int { return cmp.Compare(b.End-b.Start, a.End-a.Start) })
	for _, s := range spans[:min(len(spans), printedRows)] {
		v.Slowest = append(v.Slowest, spanRow{Name(s.Name), span(s.End - s.Start), span(s.CPU), fmt.Sprint(exitStatus(s))})
	}
	files := slices.DeleteFunc(slices.Clone(p.Actions.Files), func(f graph.ActionFile) bool {
		return f.Readers == 0 || f.Class != graph.Project && f.Class != graph.Generated
	})
	slices.SortStableFunc(files, func(a, b graph.ActionFile) int { return cmp.Compare(b.Readers, a.Readers) })
	for _, f := range files[:min(len(files), printedRows)] {
		v.Files = append(v.Files, fileRow{Name(f.Path), map[bool]string{true: "made by the build", false: "source"}[f.Class == graph.Generated], f.Readers})
	}
}
