package report

import (
	"fmt"
	"io"
	"strings"

	"buildgraph/graph"
)

// WhyText draws the chain from a file down to a target: each file, and between
// two of them the command that read the one and wrote the other, which process it
// was and when (seconds since the capture began). Where a recipe read the file and
// nothing of it was seen to flow on, the line is broken and the last words say so.
func WhyText(w io.Writer, a graph.Why, o Options) error {
	p := newPage(w, o)
	if len(a.Steps) == 0 {
		p.printf("nothing of %s went into %s\n", Name(a.File), Name(a.Target))
		p.declaration(a)
		return p.close()
	}
	p.printf("%s\n", p.in(bold, Name(a.Steps[0].From)))
	for _, s := range a.Steps {
		line, arrow := "│", "▼"
		if !s.Flow {
			line, arrow = "┆", "▽"
			p.printf(" ┆ %s\n", p.in(yellow, "used by the recipe of "+Name(s.To)+"; nothing of it was seen to flow into that"))
		}
		p.printf(" %s %s\n", line, p.clipCommand(s.Argv, 3))
		p.printf(" %s %s\n", line, p.in(dim, strings.Join(circumstances(s, o), ", ")))
		to := p.in(bold, Name(s.To))
		if s.Temporary && s.To != "pipe" {
			to += " (temporary)"
		}
		p.printf(" %s\n%s\n", arrow, to)
	}
	if !a.Flow {
		p.printf("\n%s\n", p.in(yellow, fmt.Sprintf("No content of %s was seen to flow into %s: a recipe on the way only used it (┆).",
			Name(a.File), Name(a.Target))))
		p.printf("It is an input of that recipe all the same, which is what deps lists.\n")
	}
	p.declaration(a)
	return p.close()
}

// declaration says whether the build tools know of what was seen, and where.
func (p *page) declaration(a graph.Why) {
	d := a.Declaration
	if d == nil {
		return
	}
	p.printf("\n")
	if len(d.Chain) == 0 {
		p.printf("%s: %s has no such prerequisite", p.in(yellow, "not declared"), linked(d.Rule))
		if d.Mend != "" {
			p.printf("; this would declare it:\n    %s", Line(d.Mend))
		}
		p.printf("\n")
		return
	}
	how := "declared"
	if d.OrderOnly {
		how = "declared for the order only"
	}
	last := d.Chain[len(d.Chain)-1]
	if len(d.Chain) > 1 {
		through := make([]string, len(d.Chain)-1)
		for i, l := range d.Chain[:len(d.Chain)-1] {
			through[i] = Name(l.Name)
		}
		how += " through " + strings.Join(through, ", ")
	}
	p.printf("%s: %s\n", how, at(last))
	if d.OrderOnly {
		p.printf("a change of it does not remake %s\n", Name(a.Target))
	}
}

// linked names a target and where its rule stands.
func linked(l graph.Link) string { return Name(l.Name) + " (" + at(l) + ")" }

// at is the place of a rule.
func at(l graph.Link) string {
	switch {
	case l.Makefile == "":
		return "a rule without a place"
	case l.Line > 0:
		return fmt.Sprintf("%s:%d", Name(l.Makefile), l.Line)
	case l.Builtin:
		return Name(l.Makefile) + ", with a built-in recipe"
	}
	return Name(l.Makefile)
}

// circumstances are who, where and when of one step.
func circumstances(s graph.Step, o Options) []string {
	list := []string{fmt.Sprintf("pid %d", s.PID)}
	if len(s.Chain) > 1 {
		names := make([]string, len(s.Chain))
		for i, c := range s.Chain {
			names[i] = Line(c)
		}
		list = append(list, strings.Join(names, " > "))
	}
	if dir := o.relative(s.Cwd); dir != "." {
		list = append(list, "in "+Name(dir))
	}
	verb, known := map[string]string{
		"":          "read",
		"read":      "read",
		"execute":   "executed",
		"pipe":      "read from the pipe",
		"rename":    "renamed",
		"copy":      "copied",
		"inherited": "read by a parent",
		"recipe":    "read",
	}[s.Via]
	if !known {
		verb = Line(s.Via)
	}
	if s.Read > 0 {
		verb += " at " + seconds(s.Read)
	}
	list = append(list, verb)
	if s.Write > 0 && s.Flow {
		list = append(list, "written at "+seconds(s.Write))
	}
	return list
}

// seconds shows a time of the trace to the millisecond.
func seconds(ns int64) string { return fmt.Sprintf("%.3f s", float64(ns)/1e9) }

type whyDoc struct {
	Target     string    `json:"target"`
	TargetB64  string    `json:"target_b64,omitempty"`
	File       string    `json:"file"`
	FileB64    string    `json:"file_b64,omitempty"`
	Complete   bool      `json:"complete"`
	Incomplete []string  `json:"incomplete,omitempty"`
	Flow       bool      `json:"flow"`
	Steps      []stepDoc `json:"steps"`

	Declaration *declarationDoc `json:"declaration"`
}

type declarationDoc struct {
	Declared  bool      `json:"declared"`
	OrderOnly bool      `json:"order_only"`
	Chain     []linkDoc `json:"chain"`
	Rule      linkDoc   `json:"rule"`
	Mend      string    `json:"mend,omitempty"`
}

type linkDoc struct {
	Name     string  `json:"name"`
	NameB64  string  `json:"name_b64,omitempty"`
	Makefile *string `json:"makefile"`
	Line     *int    `json:"line"`
	Builtin  bool    `json:"builtin"`
}

func linkJSON(l graph.Link) linkDoc {
	row := linkDoc{Builtin: l.Builtin}
	row.Name, row.NameB64 = replaced(l.Name)
	row.Makefile, _ = optional(l.Makefile)
	if l.Line > 0 {
		row.Line = &l.Line
	}
	return row
}

func declarationJSON(d *graph.Declaration) *declarationDoc {
	if d == nil {
		return nil
	}
	row := &declarationDoc{Declared: d.Declared, OrderOnly: d.OrderOnly, Chain: []linkDoc{}, Rule: linkJSON(d.Rule)}
	row.Mend, _ = replaced(d.Mend)
	for _, l := range d.Chain {
		row.Chain = append(row.Chain, linkJSON(l))
	}
	return row
}

type stepDoc struct {
	From      string   `json:"from"`
	FromB64   string   `json:"from_b64,omitempty"`
	To        string   `json:"to"`
	ToB64     string   `json:"to_b64,omitempty"`
	Temporary bool     `json:"temporary"`
	Via       string   `json:"via"`
	Flow      bool     `json:"flow"`
	PID       int      `json:"pid"`
	Argv      []string `json:"argv"`
	ArgvB64   []string `json:"argv_b64,omitempty"`
	Cwd       string   `json:"cwd"`
	CwdB64    string   `json:"cwd_b64,omitempty"`
	Chain     []string `json:"chain"`
	Read      int64    `json:"read_ns"`
	Write     int64    `json:"write_ns"`
}

// WhyJSON writes the same as a document; docs/json.md describes it.
func WhyJSON(w io.Writer, a graph.Why, o Options) error {
	doc := whyDoc{Complete: a.Complete, Flow: a.Flow, Incomplete: incomplete(a.Complete, o), Steps: []stepDoc{}}
	doc.Target, doc.TargetB64 = replaced(a.Target)
	doc.File, doc.FileB64 = replaced(a.File)
	doc.Declaration = declarationJSON(a.Declaration)
	for _, s := range a.Steps {
		row := stepDoc{Temporary: s.Temporary, Via: s.Via, Flow: s.Flow, PID: s.PID, Read: s.Read, Write: s.Write}
		row.From, row.FromB64 = replaced(s.From)
		row.To, row.ToB64 = replaced(s.To)
		row.Argv, row.ArgvB64 = replacedAll(s.Argv)
		row.Cwd, row.CwdB64 = replaced(s.Cwd)
		row.Chain, _ = replacedAll(s.Chain)
		doc.Steps = append(doc.Steps, row)
	}
	return writeJSON(w, doc)
}
