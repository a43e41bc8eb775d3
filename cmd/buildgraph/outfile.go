package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"buildgraph/capture"
	"buildgraph/report"
)

// statusPipe is what a shell makes of a program that SIGPIPE ended, 128 and the
// signal's number: what becomes of one whose standard output nobody reads any more.
const statusPipe = 128 + int(syscall.SIGPIPE)

// writeOutput gives write a buffered stream to a file, or to stdout where name is
// "" or "-". A file appears whole or not at all, in the place of the one before; what
// is no regular file (a FIFO, /dev/stdout) is written to as it is. Under sudo the
// file is the caller's.
func (a *app) writeOutput(name string, write func(io.Writer) error) (err error) {
	if name == "" || name == "-" {
		return buffered(a.stdout, write)
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return fmt.Errorf("writing %s: it is a directory; name a file in it", report.Name(name))
		}
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("writing %s: %w", report.Name(name), cause(err))
		}
		defer f.Close()
		err = buffered(f, write)
		if errors.Is(err, syscall.EPIPE) {
			return &exitError{status: statusPipe} // as quiet as where it is descriptor 1
		}
		return err
	}
	f, err := temporary(name)
	if err != nil {
		return fmt.Errorf("writing %s: %w", report.Name(name), cause(err))
	}
	defer func() {
		f.Close()
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if err := buffered(f, write); err != nil {
		return err
	}
	if err := finishFile(f, name); err != nil {
		return fmt.Errorf("writing %s: %w", report.Name(name), cause(err))
	}
	return nil
}

// temporary makes a new file beside name, with the mode that the umask leaves.
func temporary(name string) (*os.File, error) {
	for i := 0; ; i++ {
		f, err := os.OpenFile(filepath.Join(filepath.Dir(name), fmt.Sprintf(".%s.%d.%d", filepath.Base(name), os.Getpid(), i)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// cause is an error of the file system without the path that it names.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}

// finishFile gives a temporary file its owner and its name.
func finishFile(f *os.File, name string) error {
	owner, err := capture.IdentityFor("", os.Getenv)
	if err != nil {
		return err
	}
	if owner.UID != os.Geteuid() {
		if err := f.Chown(owner.UID, owner.GID); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func buffered(w io.Writer, write func(io.Writer) error) error {
	b := bufio.NewWriterSize(w, 1<<16)
	if err := write(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}
