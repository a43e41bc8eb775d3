package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"buildgraph/graph"
	"buildgraph/report"
	"buildgraph/store"
)

// trace is an open trace and what is needed to ask it.
type trace struct {
	*store.Reader
	graph *graph.Graph
	meta  store.Meta
	cwd   string // names are taken relative to it first
}

// open opens the trace that -i names. Its errors say what to do.
func (a *app) open() (*trace, error) {
	r, err := store.Open(a.input)
	if err != nil {
		return nil, openError(a.input, err)
	}
	// Without a current directory (removed under us) names can still be those of
	// the capture root, or absolute.
	cwd, err := os.Getwd()
	if err != nil {
		cwd = ""
	}
	return &trace{Reader: r, graph: graph.New(r), meta: r.Meta(), cwd: cwd}, nil
}

// openError adds to the store's word on a file what to do about it, where that is
// a matter of flags and verbs. Newer and damaged traces it explains itself.
func openError(file string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist) && above(file) != "":
		return fmt.Errorf("no trace at %s; there is one above: name it with -i %s", report.Name(file), report.Name(above(file)))
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf(`no trace at %s: run "buildgraph capture -- make" first, or name one with -i FILE`, report.Name(file))
	case errors.Is(err, store.ErrForeign):
		return fmt.Errorf("%w: name a trace with -i FILE", err)
	}
	return err
}

// above finds a file of the same name in a directory above the current one, "" where
// there is none or the name says a directory.
func above(file string) string {
	if filepath.Base(file) != file {
		return ""
	}
	dir, err := os.Getwd()
	for name := file; err == nil && dir != "/"; dir = filepath.Dir(dir) {
		name = filepath.Join("..", name)
		if s, err := os.Stat(name); err == nil && s.Mode().IsRegular() {
			return name
		}
	}
	return ""
}

// warn says on stderr, in one line, why a trace is not complete.
func (a *app) warn(t *trace) {
	if t.meta.Complete {
		return
	}
	say(a.stderr, "the trace is incomplete and the answer may lack files: "+shortReasons(t.meta.Why))
}

// shortReasons are the first reasons why a trace is not complete: more would bury the
// answer, and JSON has them all.
func shortReasons(why []string) string {
	const most = 3
	if len(why) > most {
		why = append(append([]string{}, why[:most]...), fmt.Sprintf("and %d reasons more", len(why)-most))
	}
	return strings.Join(why, "; ")
}

// renderer is one function of package report.
type renderer[T any] func(io.Writer, T, report.Options) error

// show writes an answer to stdout in the form that was asked for.
func show[T any](a *app, t *trace, answer T, text, json renderer[T]) error {
	o := a.options()
	o.Root, o.Why = t.meta.Root, t.meta.Why
	render := text
	if a.json {
		render = json
	} else {
		a.warn(t)
	}
	return render(a.stdout, answer, o)
}
