package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"buildgraph/report"
	"buildgraph/store"
)

// statusPipe is what a shell makes of a program that SIGPIPE ended, 128 and the
// signal's number: what becomes of one whose standard output nobody reads any more.
const statusPipe = 128 + int(syscall.SIGPIPE)

// writeOutput gives write a buffered stream to a file, or to stdout where name is
// "" or "-". A file appears whole or not at all, in the place of the one before; what
// is no regular file (a FIFO), or one behind a descriptor (/dev/fd/3), is written to
// as it is. No trace is written over. Under sudo the file is the caller's.
func (a *app) writeOutput(name string, write func(io.Writer) error) error {
	switch name {
	case "", "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
		return buffered(a.stdout, write)
	}
	if err := a.notTrace(name); err != nil {
		return fmt.Errorf("writing %s: %w", report.Name(name), err)
	}
	owner, err := newFileOwner()
	if err != nil {
		return err
	}
	asItIs, f, err := owner.open(name)
	if err != nil {
		return fmt.Errorf("writing %s: %w", report.Name(name), cause(err))
	}
	defer f.Close()
	err = buffered(f, write)
	if asItIs {
		if errors.Is(err, syscall.EPIPE) {
			return &exitError{status: statusPipe} // as quiet as where it is descriptor 1
		}
		return err
	}
	if err == nil {
		if err = f.Close(); err == nil {
			err = owner.do(func() error { return os.Rename(f.Name(), name) })
		}
		if err == nil {
			return nil
		}
		err = fmt.Errorf("writing %s: %w", report.Name(name), cause(err))
	}
	_ = owner.do(func() error { return os.Remove(f.Name()) }) // what is wrong is told already
	return err
}

// notTrace says what is wrong with a file that is to be written where that would be the
// end of a trace.
func (a *app) notTrace(name string) error {
	switch {
	case sameFile(name, a.input):
		return errors.New("that is the trace: name another file")
	case store.IsTrace(name):
		return errors.New("it is a trace: name another file")
	}
	return nil
}

// open opens what there is at name if that is to be written to as it is, else a new
// file beside it.
func (o fileOwner) open(name string) (asItIs bool, f *os.File, err error) {
	err = o.do(func() (err error) {
		info, err := os.Stat(name)
		switch {
		case err != nil:
		case info.IsDir():
			return errors.New("it is a directory; name a file in it")
		case !info.Mode().IsRegular() || ofKernel(filepath.Dir(name)):
			asItIs = true
			f, err = os.OpenFile(name, os.O_WRONLY, 0)
			return err
		}
		f, err = temporary(name)
		return err
	})
	return asItIs, f, err
}

// ofKernel says whether names in a directory are links that the kernel made, which
// lead to files that are open: nothing can be put in their place.
func ofKernel(dir string) bool {
	real, err := filepath.EvalSymlinks(dir)
	return err == nil && (real == "/dev" || strings.HasPrefix(real, "/proc/"))
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
