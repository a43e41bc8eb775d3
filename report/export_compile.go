package report

import (
	"io"
	"slices"
	"unicode/utf8"

	"buildgraph/graph"
)

// compileDoc is one entry, with the fields that tools know: clang's reader takes any
// other for an error.
type compileDoc struct {
	Arguments []string `json:"arguments"`
	Directory string   `json:"directory"`
	File      string   `json:"file"`
	Output    string   `json:"output,omitempty"`
}

// CompileCommands writes a compilation database
// (https://clang.llvm.org/docs/JSONCompilationDatabase.html), in the order given. It
// returns how many entries it left out because JSON cannot hold their names: one with
// a character replaced would compile something else.
func CompileCommands(w io.Writer, list []graph.CompileCommand, _ Options) (left int, err error) {
	docs := []compileDoc{}
	for _, c := range list {
		if !slices.ContainsFunc(append([]string{c.Directory, c.File, c.Output}, c.Arguments...), func(s string) bool { return !utf8.ValidString(s) }) {
			docs = append(docs, compileDoc{c.Arguments, c.Directory, c.File, c.Output})
		}
	}
	return len(list) - len(docs), writeJSON(w, docs)
}
