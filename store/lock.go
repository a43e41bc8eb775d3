package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Two captures must not write one trace. Each holds a lock (flock(2)) on the inode
// that is, or is about to be, the trace: on the file beside the path while it is
// laid out, and still on it when it has been moved there. Such a lock ends with
// whoever holds it, however that ends, and is no file of its own that could be
// left behind. Descriptors are closed at exec, so the build does not hold it.
// SQLite's locks are of another kind (fcntl) and do not meet it; but closing any
// descriptor of a file ends the process's locks of that kind, so the locked
// descriptor must outlive the connections to the database.

// takeFresh makes the file at path, which is not there or is the rest of a capture
// that was killed, and locks it. A file that another capture is laying out is
// ErrBusy; shown is the name of the trace in that error.
func takeFresh(shown, path string) (*os.File, error) {
	for range 100 { // others may come and go
		// Made here and not by SQLite, whose own attempts hide why it cannot be.
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		switch {
		case errors.Is(err, fs.ErrExist):
			if err := removeStale(shown, path); err != nil {
				return nil, err
			}
			continue
		case err != nil:
			return nil, fmt.Errorf("creating the trace %s: %w", shown, errors.Unwrap(err))
		case !lock(f, unix.LOCK_EX) || !is(path, f):
			// Another capture took it for the rest of one that was killed.
			f.Close()
			return nil, busy(shown)
		}
		return f, nil
	}
	return nil, busy(shown)
}

// removeStale removes what a killed capture left at path, unless it is still alive.
func removeStale(shown, path string) error {
	f, err := openQuietly(path)
	if err == nil {
		defer f.Close()
		if !lock(f, unix.LOCK_EX) {
			return busy(shown)
		}
		if !is(path, f) {
			return nil // it has become a trace, or was removed: look again
		}
	}
	if err := removeTrace(path); err != nil {
		return fmt.Errorf("creating the trace %s: %w", shown, err)
	}
	return nil
}

// checkFree makes sure that no capture is writing the trace at path.
func checkFree(shown, path string) error {
	f, err := openQuietly(path)
	if err != nil {
		return nil // none there, or not ours to read: whether it can be replaced is seen then
	}
	defer f.Close()
	if !lock(f, unix.LOCK_SH) {
		return busy(shown)
	}
	return nil
}

// openQuietly opens a file to lock it, without waiting for a FIFO's other end or
// following a link.
func openQuietly(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
}

// lock locks an open file unless another has it locked; that is false. A file
// system without such locks does without.
func lock(f *os.File, how int) bool {
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			return !errors.Is(err, unix.EWOULDBLOCK)
		}
	}
}

// is reports whether path names the open file.
func is(path string, f *os.File) bool {
	there, err := os.Lstat(path)
	if err != nil {
		return false
	}
	open, err := f.Stat()
	return err == nil && os.SameFile(there, open)
}

func busy(shown string) error {
	return &traceError{kind: ErrBusy, text: fmt.Sprintf(
		"%s is being written by another capture, which still runs: wait for its end, or name another file with -o FILE", shown)}
}
