package report

import (
	"fmt"
	"io"
	"strings"

	"buildgraph/graph/audit"
)

// Mended is one edit as it is shown, with what it looks like as a patch and, where
// it was made, the copy that was kept.
type Mended struct {
	audit.Edit
	Diff    []string // of a unified diff
	Backup  string   // as shown; "" where the edit was not made
	Applied bool
}

// Mending is the answer of fix.
type Mending struct {
	Edits  []Mended
	ByHand []audit.Advice
}

// FixText writes the edits as a unified diff that patch -p1 takes, with what to
// know of each before it, and after them what is left to do by hand.
func FixText(w io.Writer, m Mending, o Options) error {
	p := newPage(w, o)
	for _, e := range m.Edits {
		switch {
		case e.Applied:
			p.printf("# %s: mended for %s; the file as it was is %s\n", Name(e.Makefile), count(len(e.Findings), "finding"), Name(e.Backup))
		case e.Generated != "":
			p.printf("# %s is itself generated (%s): mend what it is made from, in this way\n", Name(e.Makefile), Line(e.Generated))
		default:
			p.printf("# %s: for %s\n", Name(e.Makefile), count(len(e.Findings), "finding"))
		}
		for _, line := range e.Diff {
			p.printf("%s\n", patchLine(line))
		}
	}
	for _, g := range adviceGroups(m.ByHand) {
		first := g[0]
		inputs := make([]string, len(g))
		for i, a := range g {
			inputs[i] = Name(a.Finding.Input)
		}
		p.printf("# by hand: %s", Name(first.Finding.Target))
		if at := place(first.Finding); at != "" {
			p.printf(" (%s)", at)
		}
		verb := "does not declare"
		if first.Finding.Kind == audit.Race {
			verb = "is not ordered after what makes"
		}
		p.printf(" %s %s; %s\n", verb, strings.Join(inputs, ", "), Line(first.Why))
	}
	if len(m.Edits)+len(m.ByHand) == 0 {
		p.printf("# nothing to mend\n")
	}
	return p.close()
}

// adviceGroups puts together what is to be done by hand for one target and one
// reason, in the order in which they first come.
func adviceGroups(list []audit.Advice) [][]audit.Advice {
	at := map[[3]string]int{}
	var groups [][]audit.Advice
	for _, a := range list {
		key := [3]string{string(a.Finding.Kind), a.Finding.Target, a.Why}
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], a)
	}
	return groups
}

// patchLine is a line of a diff: tabs and names stay what they are, control
// characters that a terminal would obey do not.
func patchLine(s string) string {
	if printable(strings.ReplaceAll(s, "\t", "")) {
		return s
	}
	parts := strings.Split(s, "\t")
	for i := range parts {
		parts[i] = Line(parts[i])
	}
	return strings.Join(parts, "\t")
}

type fixDoc struct {
	Edits  []editDoc   `json:"edits"`
	ByHand []adviceDoc `json:"by_hand"`
}

type editDoc struct {
	Makefile    string   `json:"makefile"`
	MakefileB64 string   `json:"makefile_b64,omitempty"`
	Lines       []string `json:"lines"`
	LinesB64    []string `json:"lines_b64,omitempty"`
	Generated   string   `json:"generated,omitempty"`
	Applied     bool     `json:"applied"`
	Backup      string   `json:"backup,omitempty"`
	Findings    int      `json:"findings"`
}

type adviceDoc struct {
	Kind      string `json:"kind"`
	Target    string `json:"target"`
	TargetB64 string `json:"target_b64,omitempty"`
	Input     string `json:"input"`
	InputB64  string `json:"input_b64,omitempty"`
	Place     string `json:"place,omitempty"`
	Why       string `json:"why"`
}

// FixJSON writes the same as a document; docs/json.md describes it.
func FixJSON(w io.Writer, m Mending, _ Options) error {
	doc := fixDoc{Edits: []editDoc{}, ByHand: []adviceDoc{}}
	for _, e := range m.Edits {
		row := editDoc{Applied: e.Applied, Findings: len(e.Findings)}
		row.Makefile, row.MakefileB64 = replaced(e.Makefile)
		row.Lines, row.LinesB64 = replacedAll(e.Lines)
		row.Generated, _ = replaced(e.Generated)
		row.Backup, _ = replaced(e.Backup)
		doc.Edits = append(doc.Edits, row)
	}
	for _, a := range m.ByHand {
		row := adviceDoc{Kind: string(a.Finding.Kind), Why: Line(a.Why), Place: place(a.Finding)}
		row.Target, row.TargetB64 = replaced(a.Finding.Target)
		row.Input, row.InputB64 = replaced(a.Finding.Input)
		doc.ByHand = append(doc.ByHand, row)
	}
	return writeJSON(w, doc)
}

// FixSummary is a line on what is left to do.
func FixSummary(m Mending) string {
	applied, left := 0, len(m.ByHand)
	for _, e := range m.Edits {
		if e.Applied {
			applied++
		} else {
			left += len(e.Findings)
		}
	}
	return fmt.Sprintf("%s mended, %s left", count(applied, "makefile"), count(left, "finding"))
}
