package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"buildgraph/graph"
	"buildgraph/report"
	"buildgraph/store"
)

// takesTraces are the verbs whose names are traces, and those whose names are of
// commands: nothing is to be said of a trace among them.
var takesTraces = map[string]bool{"diff": true, "capture": true, "attach": true, "help": true, "completion": true, "man": true, "doctor": true}

// mindTraces has a verb say, where it fails and a trace was given as a name, how a
// trace is named: "stats a.db" is what people type first.
func mindTraces(verb *cobra.Command) {
	if takesTraces[verb.Name()] {
		return
	}
	if args := verb.Args; args != nil {
		verb.Args = func(cmd *cobra.Command, names []string) error { return aboutTrace(cmd, names, args(cmd, names), true) }
	}
	if run := verb.RunE; run != nil {
		verb.RunE = func(cmd *cobra.Command, names []string) error { return aboutTrace(cmd, names, run(cmd, names), false) }
	}
}

// aboutTrace is an error, or where a trace among the names is its reason another one
// that says so: too many names were given, one is not known, or there is no trace of
// the usual name. A name that only ends as those of traces do counts where there were
// too many (number).
func aboutTrace(cmd *cobra.Command, names []string, err error, number bool) error {
	var ended *exitError
	if err == nil || errors.As(err, &ended) {
		return err
	}
	for i, n := range names {
		there, looks := looksLikeTrace(n)
		var unknown *graph.UnknownError
		switch isUnknown := errors.As(err, &unknown); {
		case !looks:
			continue
		case !there && !number, isUnknown && unknown.Name != n, !isUnknown && cmd.Flags().Changed("input"):
			return err // it is something else that is wrong
		}
		what := " is a trace, which -i names"
		if !there {
			what = ": a trace is named with -i"
		}
		rest := append(append([]string{}, names[:i]...), names[i+1:]...)
		return fmt.Errorf("%s%s: %s -i %s%s", report.Name(n), what, cmd.CommandPath(), shellWord(n), namesAsUsed(cmd, rest))
	}
	return err
}

// namesAsUsed are names behind a verb, with what the verb still wants.
func namesAsUsed(cmd *cobra.Command, names []string) string {
	var b strings.Builder
	for _, n := range names {
		b.WriteString(" " + shellWord(n))
	}
	flag := false
	at := 0
	for _, w := range strings.Fields(cmd.Use)[1:] {
		switch {
		case strings.HasPrefix(w, "["):
		case strings.HasPrefix(w, "--"), flag: // a flag that must be there, with its value
			flag = !flag
			b.WriteString(" " + w)
		default:
			if at++; at > len(names) {
				b.WriteString(" " + w)
			}
		}
	}
	return b.String()
}

// looksLikeTrace reports whether a name is that of a trace: there is a file of that
// name which is one, or one that is not there ends as traces do.
func looksLikeTrace(name string) (there, looks bool) {
	s, err := os.Stat(name)
	if err != nil || !s.Mode().IsRegular() {
		return false, errors.Is(err, fs.ErrNotExist) && strings.EqualFold(filepath.Ext(name), ".db")
	}
	r, err := store.Open(name)
	if err == nil {
		_ = r.Close() // nothing was written
	}
	damaged := err != nil && !errors.Is(err, store.ErrForeign) && strings.EqualFold(filepath.Ext(name), ".db")
	return true, err == nil || damaged // or newer: what is wrong is told when -i names it
}
