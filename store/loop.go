package store

import (
	"errors"
	"fmt"
	"time"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// loop is the goroutine that holds the connection. It stays on one thread,
// whose file-system identity is that of the trace's owner.
type loop struct {
	w      *Writer
	conn   conn
	broken bool // after a failure: rows are dropped
	dirty  int  // rows since the last commit

	files, argvs, envVars, envs *inserter
	processes, execs, held, ops *inserter
	notes, losses               *inserter
	all                         []*inserter // the above
	access                      accessInserter
}

// makeInserters makes those of every table but access.
func (l *loop) makeInserters() {
	for _, p := range []struct {
		in    **inserter
		into  string
		tuple string
		width int
		rows  int
	}{
		{&l.files, "file", "", 6, 16},
		{&l.argvs, "argv", "", 2, 8},
		{&l.envVars, "env_var", "", 2, 8},
		{&l.envs, "env", "", 6, 4},
		{&l.processes, "process", "", 11, 8},
		{&l.execs, "exec", "", 10, 8},
		{&l.held, "held", "($1 >> 32, $2 >> 2, $1 & 4294967295, $2 >> 1 & 1, $2 & 1)", 2, 16},
		{&l.ops, "op", "", 7, 8},
		{&l.notes, "note (kind, process, detail, count)", "", 4, 1},
		{&l.losses, "loss (class, count)", "", 2, 1},
	} {
		*p.in = newInserter(l.conn, "INSERT OR REPLACE INTO "+p.into, p.tuple, p.width, p.rows)
		l.all = append(l.all, *p.in)
	}
}

// run takes batches until the queue is closed, then ends as Finish or Abort said.
func (l *loop) run() error {
	tick := time.NewTicker(commitEvery)
	defer tick.Stop()
	for {
		select {
		case b, ok := <-l.w.queue:
			if !ok {
				return l.w.final(l)
			}
			l.take(b)
			if l.dirty >= commitRows {
				l.try(l.commit)
			}
		case <-tick.C:
			l.takeCurrent()
			if l.dirty > 0 {
				l.try(l.commit)
			}
		}
	}
}

// takeCurrent takes the rows of a batch that is not full. Where the lock is held
// or batches wait in the queue, the writer is busy and the rows come by
// themselves: taking them now would have them overtake earlier ones.
func (l *loop) takeCurrent() {
	if !l.w.mu.TryLock() {
		return
	}
	b := l.w.current
	if b == nil || b.rows == 0 || len(l.w.queue) > 0 {
		l.w.mu.Unlock()
		return
	}
	l.w.current = l.w.newBatch()
	l.w.mu.Unlock()
	l.take(b)
}

func (l *loop) take(b *batch) {
	if !l.broken {
		l.dirty += b.rows
		l.try(func() error { return l.insert(b) })
	}
	l.w.recycle(b)
}

// try runs one step. After the first failure the transaction is rolled back, and
// what had been committed is all there will be.
func (l *loop) try(step func() error) {
	if l.broken {
		return
	}
	if err := step(); err != nil {
		l.fail(err)
	}
}

func (l *loop) fail(err error) {
	err = readableError(err)
	l.broken = true
	l.w.failed.CompareAndSwap(nil, &err)
	_ = l.conn.run("ROLLBACK") // a full disk may have done it already
}

func (l *loop) commit() error {
	if err := l.flush(); err != nil {
		return err
	}
	l.dirty = 0
	return l.conn.run("COMMIT", "BEGIN IMMEDIATE")
}

func (l *loop) flush() error {
	if err := l.access.sortAndInsert(); err != nil {
		return err
	}
	for _, in := range l.all {
		if err := in.flush(); err != nil {
			return err
		}
	}
	return nil
}

// finish folds the log into the database first and builds the indexes then,
// under a rollback journal: their pages are new and are written once, and only
// the commit makes them, with the final meta, part of the trace.
func (l *loop) finish(m Meta) error {
	l.try(l.flush)
	l.try(func() error { return l.conn.run("COMMIT") })
	l.closeStatements()
	l.try(func() error { return l.conn.run("PRAGMA journal_mode = DELETE") })
	l.try(func() error {
		if err := l.conn.run("PRAGMA temp_store = DEFAULT", fmt.Sprintf("PRAGMA cache_size = -%d", indexCacheKiB), "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		if err := buildIndexes(l.conn, &l.access.index); err != nil {
			return err
		}
		m.Finished = true
		if err := writeMeta(l.conn, m, false); err != nil {
			return err
		}
		return l.conn.run("COMMIT")
	})
	err := l.closeAll()
	if failed := l.w.Err(); failed != nil {
		return failed
	}
	return err
}

func (l *loop) closeStatements() {
	for _, in := range append(l.all, l.access.inserters()...) {
		in.close()
	}
}

func (l *loop) closeAll() error {
	l.closeStatements()
	return l.conn.Close()
}

// readableError gives the common failures of SQLite the words of the system.
func readableError(err error) error {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Code == sqlite3.ErrFull:
		return fmt.Errorf("no space left on the disk: %w", err)
	case e.Code == sqlite3.ErrCantOpen && e.SystemErrno != 0:
		return e.SystemErrno
	}
	return err
}
