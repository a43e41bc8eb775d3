package report

import (
	"fmt"
	"io"
	"unicode/utf8"

	"buildgraph/graph"
)

// RDepsText writes what would change if a file did: first what is made straight
// from it, then what is made from that.
func RDepsText(w io.Writer, a graph.RDeps, o Options) error {
	p := newPage(w, o)
	if len(a.Dependents) == 0 {
		p.printf("nothing that this build made depends on %s\n", Name(a.File))
		return p.close()
	}
	p.printf("%s\n", p.in(bold, Name(a.File)))
	var direct, through []graph.Dependent
	for _, d := range a.Dependents {
		if d.Direct {
			direct = append(direct, d)
		} else {
			through = append(through, d)
		}
	}
	p.dependents("made from it", direct)
	p.dependents("made from those", through)
	total := count(len(a.Dependents), "file")
	if len(direct) > 0 && len(through) > 0 {
		total += fmt.Sprintf(", %d directly", len(direct))
	}
	p.printf("\n%s\n", total)
	return p.close()
}

func (p *page) dependents(heading string, rows []graph.Dependent) {
	if len(rows) == 0 {
		return
	}
	p.printf("\n%s (%d)\n", p.in(bold, heading), len(rows))
	column := 0
	for _, d := range rows {
		if n := utf8.RuneCountInString(Name(d.Path)); n <= markColumn {
			column = max(column, n)
		}
	}
	for _, d := range rows {
		if d.Target == "" || d.Target == d.Path {
			p.printf("    %s\n", Name(d.Path))
			continue
		}
		p.printf("    %-*s  by recipe %s\n", column, Name(d.Path), Name(d.Target))
	}
}

type rdepsDoc struct {
	File       string         `json:"file"`
	FileB64    string         `json:"file_b64,omitempty"`
	Complete   bool           `json:"complete"`
	Incomplete []string       `json:"incomplete,omitempty"`
	Dependents []dependentDoc `json:"dependents"`
}

type dependentDoc struct {
	Path      string  `json:"path"`
	PathB64   string  `json:"path_b64,omitempty"`
	Target    *string `json:"target"`
	TargetB64 string  `json:"target_b64,omitempty"`
	Direct    bool    `json:"direct"`
}

// RDepsJSON writes the same as a document; docs/json.md describes it.
func RDepsJSON(w io.Writer, a graph.RDeps, o Options) error {
	doc := rdepsDoc{Complete: a.Complete, Incomplete: incomplete(a.Complete, o), Dependents: []dependentDoc{}}
	doc.File, doc.FileB64 = replaced(a.File)
	for _, d := range a.Dependents {
		row := dependentDoc{Direct: d.Direct}
		row.Path, row.PathB64 = replaced(d.Path)
		row.Target, row.TargetB64 = optional(d.Target)
		doc.Dependents = append(doc.Dependents, row)
	}
	return writeJSON(w, doc)
}
