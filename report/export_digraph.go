package report

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"buildgraph/graph"
)

// Digraph writes what was made from what, for golang.org/x/tools/cmd/digraph: on each
// line a file and those that it was made from. A word that is not plain is a quoted Go
// string, which holds any byte.
func Digraph(w io.Writer, list []graph.Prerequisites, o Options) error {
	p := newPage(w, o)
	for _, r := range list {
		line := digraphWord(r.Target)
		for _, in := range r.Inputs {
			line += " " + digraphWord(in)
		}
		p.printf("%s\n", line)
	}
	return p.close()
}

func digraphWord(name string) string {
	plain := name != "" && utf8.ValidString(name) && strings.IndexFunc(name, func(r rune) bool {
		return r == '"' || unicode.IsSpace(r) || !strconv.IsPrint(r)
	}) < 0
	if plain {
		return name
	}
	return strconv.Quote(name)
}
