package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// Open opens a trace for reading; nothing beside the file is needed and nothing
// is written, so a trace on a read-only medium or in someone else's directory
// will do. Its errors match fs.ErrNotExist, ErrForeign, ErrNewer or ErrDamaged
// where that is what is wrong.
//
// A trace whose capture was killed still has its log beside it. SQLite could
// only fold that in by writing, and there are no indexes: such a trace is
// recovered in a private copy in the directory for temporary files, which
// vanishes with the Reader.
func Open(path string) (*Reader, error) {
	h, err := readHeader(path)
	switch {
	case errors.Is(err, errEmpty):
		return nil, foreign(path, errEmpty.Error())
	case errors.Is(err, fs.ErrNotExist):
		return nil, &traceError{kind: fs.ErrNotExist, cause: err, text: fmt.Sprintf(
			"there is no trace %s: make one with buildgraph capture, or name another with -i FILE", path)}
	case errors.As(err, new(*traceError)):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("opening the trace: %w", err)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening the trace: %w", err)
	}
	journal := leftJournal(abs)
	if err := h.checkTrace(path, journal); err != nil {
		return nil, err
	}
	if h.wal || journal {
		return openRecovered(path, abs)
	}
	c, err := openConn(abs, "mode=ro&_query_only=1&_mutex=no")
	if err != nil {
		return nil, readError(path, err)
	}
	return newReader(path, abs, c)
}

// leftJournal reports whether a rollback journal lies beside the database: the
// rest of a Finish or an Annotate that was killed. One that is at work takes
// milliseconds.
func leftJournal(path string) bool {
	info, err := os.Stat(path + "-journal")
	return err == nil && info.Size() > 0
}

// maxText bounds one value: a damaged trace can claim any length. The longest is
// the list of accesses to a file that every process uses, ten bytes each.
const maxText = 1 << 29

// newReader checks that the connection leads to a trace, and takes the connection
// over.
func newReader(path, abs string, c conn) (*Reader, error) {
	r := &Reader{path: path, abs: abs, conn: c, statements: map[string]*sqlite3.SQLiteStmt{}, args: newArgs(4)}
	c.SetLimit(sqlite3.SQLITE_LIMIT_LENGTH, maxText)
	err := c.run("PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON", fmt.Sprintf("PRAGMA cache_size = -%d", cacheKiB))
	if err != nil {
		c.Close()
		return nil, readError(path, err)
	}
	if err := r.checkTables(); err != nil {
		r.Close()
		return nil, err
	}
	n := 0
	err = r.query("SELECT "+metaColumns+" FROM meta", "meta", metaWidth, func(cells *row) {
		r.meta, r.annotated = readMeta(cells)
		n++
	})
	if err == nil && n != 1 {
		err = damaged(path, fmt.Sprintf("it has %d rows of meta", n), nil)
	}
	if err == nil && r.machine {
		r.meta.Hardware, err = r.readMachine()
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// checkTables makes sure that what the reader reads are tables: a view of the
// same name could compute for ever.
func (r *Reader) checkTables() error {
	have := map[string]bool{}
	err := r.query("SELECT name FROM sqlite_schema WHERE type = 'table'", "sqlite_schema", 1, func(cells *row) {
		have[cells.text(0)] = true
	})
	if err != nil {
		return err
	}
	r.fileWrite, r.machine = have["file_write"], have["machine"]
	r.declared = have["declared_tool"] && have["declared_set"] && have["declared_name"] && have["declared_rule"]
	r.syscalls = have["syscall"]
	for _, name := range tableNames {
		if !have[name] && name != "file_write" {
			return damaged(r.path, "it has no table "+name, nil)
		}
	}
	return nil
}
