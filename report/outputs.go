package report

import (
	"io"
	"unicode/utf8"

	"buildgraph/graph"
)

// outputColumn bounds the columns for path and target.
const outputColumn = 40

// OutputsText writes one line for each file that the build made: its path, the
// recipe's target ("-" where none is known) and the command that wrote it. There
// is no heading: the lines are made for grep and awk as well.
func OutputsText(w io.Writer, a graph.Outputs, o Options) error {
	p := newPage(w, o)
	pathColumn, targetColumn := 0, 0
	for _, out := range a.Outputs {
		pathColumn = widen(pathColumn, Name(out.Path))
		targetColumn = widen(targetColumn, target(out.Target))
	}
	for _, out := range a.Outputs {
		path, to := Name(out.Path), target(out.Target)
		used := max(pathColumn, utf8.RuneCountInString(path)) + max(targetColumn, utf8.RuneCountInString(to)) + 4
		p.printf("%-*s  %-*s  %s\n", pathColumn, path, targetColumn, to, p.in(dim, p.clipCommand(out.By, used)))
	}
	return p.close()
}

func target(name string) string {
	if name == "" {
		return "-"
	}
	return Name(name)
}

// widen makes a column as wide as its text, up to outputColumn.
func widen(column int, text string) int {
	if n := utf8.RuneCountInString(text); n <= outputColumn {
		return max(column, n)
	}
	return column
}

type outputsDoc struct {
	Complete   bool        `json:"complete"`
	Incomplete []string    `json:"incomplete,omitempty"`
	Outputs    []outputDoc `json:"outputs"`
}

type outputDoc struct {
	Path      string   `json:"path"`
	PathB64   string   `json:"path_b64,omitempty"`
	Target    *string  `json:"target"`
	TargetB64 string   `json:"target_b64,omitempty"`
	By        []string `json:"by"`
	ByB64     []string `json:"by_b64,omitempty"`
}

// OutputsJSON writes the same as a document; docs/json.md describes it.
func OutputsJSON(w io.Writer, a graph.Outputs, o Options) error {
	doc := outputsDoc{Complete: a.Complete, Incomplete: incomplete(a.Complete, o), Outputs: []outputDoc{}}
	for _, out := range a.Outputs {
		var row outputDoc
		row.Path, row.PathB64 = replaced(out.Path)
		row.Target, row.TargetB64 = optional(out.Target)
		row.By, row.ByB64 = replacedAll(out.By)
		doc.Outputs = append(doc.Outputs, row)
	}
	return writeJSON(w, doc)
}

// optional is replaced for a name that may be unknown: nil then, which is null.
func optional(name string) (text *string, exact string) {
	if name == "" {
		return nil, ""
	}
	t, exact := replaced(name)
	return &t, exact
}
