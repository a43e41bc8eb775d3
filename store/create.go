package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// CreateOptions say what [Create] begins.
type CreateOptions struct {
	Meta     Meta  // as far as known; Finish replaces it
	UID, GID int   // owner of every file made; -1: the process's own
	Groups   []int // supplementary groups to act with; nil: the process's own
	KeepLock bool  // no other capture may replace the trace before Unlock; else before it is finished
}

// Create begins a trace at path and commits an empty one that calls itself
// unfinished, so that whatever happens from here on leaves a trace. An earlier
// trace or an empty file at path is replaced; any other file is refused with
// ErrForeign, and one that another Writer is writing with ErrBusy.
func Create(path string, o CreateOptions) (*Writer, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("creating the trace %s: %w", path, err)
	}
	w := &Writer{
		path:     abs,
		queue:    make(chan *batch, queueLength),
		done:     make(chan error, 1),
		digester: newDigester(),
		files:    map[digest]FileID{},
		kinds:    make([]FileKind, 1),
		argvs:    map[digest]ArgvID{},
		envs:     map[digest]EnvID{},
		envVars:  map[digest]uint32{},
		envLists: map[digest]EnvID{},
		tag:      o.Meta.Tag,
		keepLock: o.KeepLock,
	}
	w.current = w.newBatch()
	began := make(chan error)
	go func() {
		l := &loop{w: w}
		err := Identity{o.UID, o.GID, o.Groups}.assume()
		if err == nil {
			err = l.begin(path, o.Meta)
		}
		began <- err
		if err == nil {
			w.done <- l.run()
		}
	}()
	if err := <-began; err != nil {
		return nil, err
	}
	return w, nil
}

// begin lays out the empty trace beside the path and moves it there: at no
// moment is there a file at the path that is no trace, and what was there before
// stays until the new one is readable.
func (l *loop) begin(shown string, m Meta) error {
	target, err := checkPath(shown, l.w.path)
	if err != nil {
		return err
	}
	l.w.path = target
	fresh := target + ".new"
	locked, err := takeFresh(shown, fresh)
	if err != nil {
		return err
	}
	now := fresh // where the new trace is
	err = checkFree(shown, target)
	if err == nil {
		err = inCreating(shown, l.layOut(fresh, m))
	}
	if err == nil {
		// A log left beside an earlier trace would be taken for the new one's.
		err = inCreating(shown, removeLogs(target))
	}
	if err == nil {
		err = inCreating(shown, os.Rename(fresh, target))
	}
	if err == nil {
		now = target
		err = inCreating(shown, readableError(l.open(target)))
	}
	if err != nil {
		_ = removeTrace(now) // the error tells more
		locked.Close()
		return err
	}
	l.w.locked = locked
	return nil
}

func inCreating(shown string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("creating the trace %s: %w", shown, err)
}

// checkPath says whether a trace may be made at the path. It returns the file to
// create: for a symbolic link the file that it leads to.
func checkPath(shown, path string) (string, error) {
	path = followLinks(path)
	h, err := readHeader(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errEmpty):
		return path, nil
	case errors.Is(err, ErrForeign), errors.Is(err, ErrDamaged), err == nil && h.application != applicationID:
		return "", &traceError{kind: ErrForeign, cause: fs.ErrExist, text: fmt.Sprintf(
			"%s exists and is not a buildgraph trace: it was left as it is; name another file with -o FILE", shown)}
	case err != nil:
		return "", fmt.Errorf("creating the trace %s: %w", shown, err)
	case h.format > Format:
		return "", &traceError{kind: ErrNewer, cause: fs.ErrExist, text: fmt.Sprintf(
			"%s is the trace of a newer buildgraph: it was left as it is; name another file with -o FILE", shown)}
	}
	return path, nil
}

// followLinks gives the file that a symbolic link leads to, there or not.
func followLinks(path string) string {
	for range 40 { // as many as the kernel follows (MAXSYMLINKS)
		link, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(path), link)
		}
		path = link
	}
	return path
}

// removeTrace removes a trace and what SQLite may have left beside it. The
// database goes last: until then it can be recognised.
func removeTrace(path string) error {
	if err := removeLogs(path); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func removeLogs(path string) error {
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// layOut fills an empty file with the tables and the row of meta.
//
// Nothing is synced to the disk: what the process wrote outlives the process
// without it, and a build is not to wait for the disk.
func (l *loop) layOut(path string, m Meta) error {
	c, err := openConn(path, "mode=rw&_sync=OFF&_mutex=no")
	if err != nil {
		return readableError(err)
	}
	err = c.run(
		fmt.Sprintf("PRAGMA page_size = %d", pageSize),
		"PRAGMA journal_mode = OFF", // nobody looks at the file before it is whole
		"BEGIN IMMEDIATE",
		fmt.Sprintf("PRAGMA application_id = %d", applicationID),
		fmt.Sprintf("PRAGMA user_version = %d", Format))
	if err == nil {
		err = c.run(tables...)
	}
	if err == nil {
		err = c.run(views...)
	}
	m.Finished, m.Complete, m.Ended = false, false, 0
	if len(m.Why) == 0 {
		m.Why = []string{"the capture did not end in order: it was killed, or its disk was full"}
	}
	if m.Began.IsZero() {
		m.Began = time.Now()
	}
	if err == nil {
		err = writeMeta(c, m, false)
	}
	if err == nil {
		err = c.run("COMMIT")
	}
	if err := errors.Join(err, c.Close()); err != nil {
		return readableError(err)
	}
	return nil
}

// open turns to the write-ahead log. The exclusive lock keeps the log's index in
// memory, where a full disk cannot hurt it (SQLite maps the -shm file, and a page
// of it that cannot be had is a SIGBUS).
func (l *loop) open(path string) error {
	c, err := openConn(path, "mode=rw&_sync=OFF&_mutex=no")
	if err != nil {
		return err
	}
	l.conn = c
	err = c.run(
		fmt.Sprintf("PRAGMA cache_size = -%d", writeCacheKiB),
		"PRAGMA temp_store = MEMORY",
		"PRAGMA locking_mode = EXCLUSIVE",
		"PRAGMA journal_mode = WAL",
		fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", checkpointPages))
	if err != nil {
		c.Close()
		return err
	}
	l.makeInserters()
	l.access.init(l.conn)
	return l.conn.run("BEGIN IMMEDIATE")
}
