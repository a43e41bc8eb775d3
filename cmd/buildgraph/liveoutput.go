package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"buildgraph/report"
	"buildgraph/store"
)

// liveOutput is where lines are shown. It is written with plain system calls:
// what comes too slowly must be noticed, and a reader that goes away must not end
// the program.
type liveOutput struct {
	file    *os.File
	name    string // as it is called in messages
	block   int    // bytes written at a time
	color   bool
	columns func() int // of the terminal; 0: none

	fifo bool // it has a name and two ends
	both bool // of which both were opened, as nobody read it
	left bool // lines were left in it

	gaveUp atomic.Bool
	failed atomic.Pointer[error]
}

// onStderr and onStdout are the values of --live that are no files.
const (
	onStderr = "stderr"
	onStdout = "-"
)

// openLive opens what --live names, a file as its owner. It is not to be the
// trace.
func (a *app) openLive(name, trace string, owner store.Identity) (*liveOutput, error) {
	switch name {
	case onStderr, onStdout:
		f, ok := a.stderr.(*os.File)
		if name == onStdout {
			f, ok = a.stdout.(*os.File)
		}
		if !ok {
			return nil, fmt.Errorf("showing events: %s is no file", name)
		}
		return a.newLiveOutput(f, name), nil
	}
	switch {
	case sameFile(name, trace):
		return nil, fmt.Errorf("showing events in %s: that is the trace: name another file", report.Name(name))
	case store.IsTrace(name):
		return nil, fmt.Errorf("showing events in %s: it is a trace: name another file", report.Name(name))
	}
	const flags = unix.O_CREAT | unix.O_TRUNC | unix.O_NOCTTY | unix.O_NONBLOCK
	f, err := owner.OpenFile(name, unix.O_WRONLY|flags, 0o644)
	unready := errors.Is(err, unix.ENXIO)
	if unready { // a FIFO that nobody reads yet: the build does not wait for that
		f, err = owner.OpenFile(name, unix.O_RDWR|flags, 0o644)
	}
	if err != nil {
		return nil, fmt.Errorf("showing events: %w", err)
	}
	o := a.newLiveOutput(f, name)
	info, err := f.Stat()
	o.fifo = err == nil && info.Mode()&os.ModeNamedPipe != 0
	o.both = o.fifo && unready
	return o, nil
}

// sameFile says whether two names lead to one file, there or not.
func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX == nil && errY == nil {
		return os.SameFile(x, y)
	}
	pathA, errA := filepath.Abs(a)
	pathB, errB := filepath.Abs(b)
	return errA == nil && errB == nil && pathA == pathB
}

// pipeBlock is what is written to a pipe whole or not at all (PIPE_BUF of
// linux/limits.h).
const pipeBlock = 4096

func (a *app) newLiveOutput(f *os.File, name string) *liveOutput {
	o := &liveOutput{file: f, name: report.Name(name), block: pipeBlock}
	_, terminal := terminalWidth(f)
	o.color = a.colorOn(terminal)
	o.columns = func() int { n, _ := terminalWidth(f); return n }
	info, err := f.Stat()
	switch {
	case terminal:
		o.name = "the terminal"
	case err == nil && info.Mode().IsRegular():
		o.block = 64 << 10
	case name == onStderr || name == onStdout:
		o.name = "its reader"
	}
	return o
}

func (o *liveOutput) options() report.Options {
	return report.Options{Color: o.color, Width: o.columns()}
}

// errGaveUp is what write fails with after giveUp.
var errGaveUp = errors.New("given up")

// giveUp makes write return.
func (o *liveOutput) giveUp() { o.gaveUp.Store(true) }

// write writes all of b; false when that failed or was given up.
func (o *liveOutput) write(b []byte) bool {
	for len(b) > 0 && o.failed.Load() == nil {
		n, err := o.some(b[:min(len(b), o.block)])
		if err != nil {
			o.failed.CompareAndSwap(nil, &err)
		}
		b = b[n:]
	}
	return len(b) == 0
}

// some writes a block when there is room for it.
func (o *liveOutput) some(b []byte) (int, error) {
	fd := int(o.file.Fd())
	for !o.gaveUp.Load() {
		ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		if n, err := unix.Poll(ready, 50); n == 0 || errors.Is(err, unix.EINTR) {
			continue
		}
		n, err := unix.Write(fd, b)
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
			continue
		}
		return max(n, 0), err
	}
	return 0, errGaveUp
}

// reason says why lines were not shown.
func (o *liveOutput) reason(dropped int64) string {
	err := o.failed.Load()
	switch {
	case dropped == 0:
		return ""
	case o.left, o.both && err != nil && errors.Is(*err, unix.EPIPE):
		return "nobody reads " + o.name
	case err != nil && !errors.Is(*err, errGaveUp):
		return fmt.Sprintf("writing to %s: %v", o.name, *err)
	}
	return o.name + " was slower than the build"
}
