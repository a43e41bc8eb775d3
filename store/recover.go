package store

import (
	"bytes"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"
)

// openRecovered opens a copy of a trace that was not finished: SQLite replays
// the log that lies beside it, and the indexes are built.
func openRecovered(path, abs string) (*Reader, error) {
	dir, err := os.MkdirTemp("", "buildgraph-")
	if err != nil {
		return nil, fmt.Errorf("recovering the unfinished trace %s: no place for a copy (set TMPDIR): %w", path, err)
	}
	// The files go at once; the connection keeps what it has open.
	defer os.RemoveAll(dir)
	from := abs
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		from = real
	}
	dup := filepath.Join(dir, "trace.db")
	if err := copyStable(from, dup); err != nil {
		return nil, fmt.Errorf("recovering the unfinished trace %s in %s (TMPDIR): %w", path, os.TempDir(), err)
	}
	c, err := openConn(dup, "mode=rw&_sync=OFF&_mutex=no")
	if err != nil {
		return nil, readError(path, err)
	}
	err = c.run("PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON",
		"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = OFF")
	if err == nil {
		err = rebuildIndexes(c)
	}
	if err == nil {
		err = c.run("PRAGMA query_only = ON")
	}
	if err != nil {
		c.Close()
		if errors.Is(err, errDamagedAccess) {
			return nil, damaged(path, err.Error(), nil)
		}
		return nil, readError(path, err)
	}
	return newReader(path, abs, c)
}

// rebuildIndexes builds the indexes of a trace whose capture had no time to.
func rebuildIndexes(c conn) error {
	var finished, contiguous = int64(0), true
	err := c.rows("SELECT finished FROM meta", 1, func(v []driver.Value) bool {
		finished, _ = v[0].(int64)
		return false
	})
	if err != nil || finished != 0 {
		return err
	}
	var x accessIndex
	err = c.rows("SELECT id, exec, file, kinds FROM access ORDER BY id", 4, func(v []driver.Value) bool {
		r := row{values: v, table: "access"}
		x.add(r.id(1), r.id(2), AccessKind(r.upTo(3, math.MaxUint16)))
		contiguous = r.err == nil && r.int(0) == int64(x.rows)
		return contiguous
	})
	if err != nil {
		return err
	}
	if !contiguous {
		return errDamagedAccess
	}
	return buildIndexes(c, &x)
}

var errDamagedAccess = errors.New("the rows of access are not numbered from 1 on")

// copyStable copies a database and its logs. The capture may still be at work:
// the copy counts when nothing but the end of the log changed meanwhile.
func copyStable(from, to string) error {
	for try := 0; ; try++ {
		before, err := fingerprint(from)
		if err != nil {
			return err
		}
		// The log first: what is appended to it later is not in the database yet.
		for _, suffix := range []string{"-wal", "-journal", ""} {
			err := copyFile(from+suffix, to+suffix)
			if err != nil && (suffix == "" || !errors.Is(err, fs.ErrNotExist)) {
				return err
			}
		}
		after, err := fingerprint(from)
		if err != nil {
			return err
		}
		if bytes.Equal(before, after) {
			return nil
		}
		if try == 4 {
			return errors.New("it is being written: try again when the capture has ended")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// fingerprint changes when the log is folded into the database or begun anew
// (which gives the log's header a new salt), not when the log grows.
func fingerprint(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	print := fmt.Appendf(nil, "%d %d ", info.Size(), info.ModTime().UnixNano())
	f, err := os.Open(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return print, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 32)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	return append(print, head[:n]...), nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
