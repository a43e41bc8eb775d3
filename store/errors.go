package store

import (
	"errors"
	"fmt"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// What a file given as a trace can be instead. Errors of [Open], [Create],
// [Annotate] and of every method of [Reader] match them with errors.Is.
var (
	ErrForeign = errors.New("not a buildgraph trace")
	ErrNewer   = errors.New("written by a newer buildgraph")
	ErrDamaged = errors.New("damaged trace")
	ErrBusy    = errors.New("being written by another capture")
)

// ErrUnknown is returned by the lookups of a [Reader] for an id of which the
// trace holds no row. A finished trace has a row for every id that it names; one
// that was cut short may name an exec whose row was not yet written.
var ErrUnknown = errors.New("no such row in the trace")

// traceError is a sentence about one file that matches one of the sentinels
// without repeating its words.
type traceError struct {
	kind  error  // a sentinel
	text  string // the whole message
	cause error  // may be nil
}

func (e *traceError) Error() string { return e.text }

func (e *traceError) Unwrap() []error {
	if e.cause == nil {
		return []error{e.kind}
	}
	return []error{e.kind, e.cause}
}

func foreign(path, what string) error {
	return &traceError{kind: ErrForeign, text: fmt.Sprintf("%s is not a buildgraph trace (%s)", path, what)}
}

func newer(path string, format uint32) error {
	return &traceError{kind: ErrNewer, text: fmt.Sprintf(
		"%s was written by a newer buildgraph (format %d; this one reads up to %d): upgrade buildgraph", path, format, Format)}
}

func damaged(path, what string, cause error) error {
	text := fmt.Sprintf("%s is a damaged buildgraph trace (%s): capture the build again", path, what)
	return &traceError{kind: ErrDamaged, text: text, cause: cause}
}

// readError turns an error of SQLite, met while reading the trace at path, into
// one of ours.
func readError(path string, err error) error {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	switch e.Code {
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrError, sqlite3.ErrMismatch, sqlite3.ErrFormat, sqlite3.ErrTooBig:
		return damaged(path, e.Error(), err)
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return fmt.Errorf("reading %s: another program is writing it: try again when that has ended: %w", path, err)
	}
	return fmt.Errorf("reading %s: %w", path, err)
}
