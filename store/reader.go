package store

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"sync"
	"time"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// Reader answers from a trace. Its lookups go through indexes and take
// microseconds; its streams read a table from end to end. It may be used from
// several goroutines. Id 0 means "none": looking it up gives the zero value and
// no error.
type Reader struct {
	path string // as it was given
	abs  string
	conn conn
	meta Meta

	annotated bool
	fileWrite bool // the trace has that table; the first ones did not
	machine   bool // likewise
	declared  bool // AnnotateDeclared was run
	syscalls  bool // system calls were counted

	mu         sync.Mutex // guards the connection and all below
	statements map[string]*sqlite3.SQLiteStmt
	args       *args
	closed     bool
	held       bool // a transaction is open; see hold
	used       bool // since the last look at whether it is needed
	release    *time.Timer
}

// Close ends the use of the trace.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	if r.release != nil {
		r.release.Stop()
	}
	for _, s := range r.statements {
		s.Close()
	}
	r.statements = nil
	return r.conn.Close()
}

// Meta describes the capture.
func (r *Reader) Meta() Meta { return r.meta }

// Path is the absolute path of the trace file, also of one that was recovered
// in a copy.
func (r *Reader) Path() string { return r.abs }

// HasRecipes reports whether [Annotate] was run on the trace.
func (r *Reader) HasRecipes() bool { return r.annotated }

// statement returns a prepared statement; the caller holds r.mu.
func (r *Reader) statement(sql string) (*sqlite3.SQLiteStmt, error) {
	if s, ok := r.statements[sql]; ok {
		return s, nil
	}
	if r.closed {
		return nil, errClosed
	}
	s, err := r.conn.prepare(sql)
	if err != nil {
		return nil, err
	}
	r.statements[sql] = s
	return s, nil
}

var errClosed = errors.New("the trace was closed")

// query runs a cached statement and calls f for every row. The arguments are
// integers or strings.
func (r *Reader) query(sql, name string, width int, f func(*row), arguments ...any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, err := r.statement(sql)
	if err == nil {
		err = r.hold()
	}
	if err != nil {
		return readError(r.path, err)
	}
	for i, v := range arguments {
		switch v := v.(type) {
		case int64:
			r.args.int(i, v)
		case string:
			r.args.text(i, v)
		}
	}
	cells := row{table: name}
	err = each(s, width, r.args.named[:len(arguments)], func(values []driver.Value) bool {
		cells.values = values
		f(&cells)
		return cells.err == nil
	})
	if err != nil {
		return readError(r.path, err)
	}
	if cells.err != nil {
		return damaged(r.path, cells.err.Error(), nil)
	}
	return nil
}

// list reads all rows of a table for which the condition holds.
func list[T any](r *Reader, t *table[T], sql string, arguments ...any) ([]T, error) {
	var rows []T
	err := r.query(sql, t.name, t.width, func(cells *row) { rows = append(rows, t.decode(cells)) }, arguments...)
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// find reads the row with an id.
func find[T any](r *Reader, t *table[T], sql string, id uint32) (T, error) {
	var found T
	if id == 0 {
		return found, nil
	}
	n := 0
	err := r.query(sql, t.name, t.width, func(cells *row) { found = t.decode(cells); n++ }, int64(id))
	if err != nil {
		var zero T
		return zero, err
	}
	if n == 0 {
		return found, fmt.Errorf("%s: %s %d: %w", r.path, t.name, id, ErrUnknown)
	}
	return found, nil
}

// chunkRows is how many rows a scan reads at a time.
const chunkRows = 512

// scan runs a query and hands its rows on in chunks until yield says stop. It has
// a statement of its own and holds the lock only while it reads a chunk, so
// scans can be nested and interleaved with lookups.
func scan[T any](r *Reader, sql, name string, width int, decode func(*row) T, yield func([]T) bool) error {
	rows, err := r.startScan(sql)
	if err != nil {
		return readError(r.path, err)
	}
	defer r.endScan(rows)
	cells := row{table: name, values: make([]driver.Value, width)}
	chunk := make([]T, 0, chunkRows)
	for {
		chunk = chunk[:0]
		err := r.next(rows, cells.values, func() bool {
			v := decode(&cells)
			if cells.err == nil {
				chunk = append(chunk, v)
			}
			return cells.err == nil && len(chunk) < chunkRows
		})
		if len(chunk) > 0 && !yield(chunk) {
			return nil
		}
		switch {
		case cells.err != nil:
			return damaged(r.path, cells.err.Error(), nil)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return readError(r.path, err)
		}
	}
}

func (r *Reader) startScan(sql string) (driver.Rows, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errClosed
	}
	return r.conn.Query(sql, nil)
}

// next steps through rows, locked, until f returns false; at the end io.EOF.
func (r *Reader) next(rows driver.Rows, values []driver.Value, f func() bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return errClosed
	}
	for {
		if err := rows.Next(values); err != nil {
			return err
		}
		if !f() {
			return nil
		}
	}
}

func (r *Reader) endScan(rows driver.Rows) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rows.Close()
}

// stream reads a whole table in the order of its key.
func stream[T any](r *Reader, t *table[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		last, ended := int64(math.MinInt64), false
		err := scan(r, "SELECT "+t.columns+" FROM "+t.name+" ORDER BY "+t.key, t.name, t.width, t.decode, func(chunk []T) bool {
			for _, v := range chunk {
				if t.order(v) <= last {
					yield(zero, damaged(r.path, fmt.Sprintf("the rows of %s are not in order", t.name), nil))
					ended = true
				} else {
					last = t.order(v)
					ended = !yield(v, nil)
				}
				if ended {
					return false
				}
			}
			return true
		})
		if err != nil && !ended {
			yield(zero, err)
		}
	}
}

// Files gives every file, by ID.
func (r *Reader) Files() iter.Seq2[File, error] { return stream(r, &fileTable) }

// Processes gives every process, by ID.
func (r *Reader) Processes() iter.Seq2[Process, error] { return stream(r, &processTable) }

// Execs gives every exec, by ID.
func (r *Reader) Execs() iter.Seq2[Exec, error] { return stream(r, &execTable) }

// HeldAll gives every held descriptor, by Exec and then by FD.
func (r *Reader) HeldAll() iter.Seq2[Held, error] { return stream(r, &heldTable) }

// Ops gives every operation, by Seq.
func (r *Reader) Ops() iter.Seq2[Op, error] { return stream(r, &opTable) }
