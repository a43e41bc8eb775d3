package capture

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"buildgraph/bpf"
	"buildgraph/store"
)

// Target is a process that runs, to be attached to with its descendants.
type Target struct {
	PID       int
	argv, env []byte
	uid, gid  int
}

// FindTarget looks at a process that is to be attached to. It says what is wrong
// with one that cannot be.
func FindTarget(pid int) (*Target, error) {
	t := &Target{PID: pid}
	dir := "/proc/" + strconv.Itoa(pid)
	status, err := os.ReadFile(dir + "/status")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no process %d", pid)
	case err != nil:
		return nil, fmt.Errorf("looking at process %d: %w", pid, err)
	case pid == os.Getpid():
		return nil, fmt.Errorf("process %d is this one", pid)
	}
	field := func(name string) (values []string) {
		for line := range strings.Lines(string(status)) {
			if v, ok := strings.CutPrefix(line, name+":"); ok {
				return strings.Fields(v)
			}
		}
		return []string{"", "", ""}
	}
	if leader := field("Tgid")[0]; leader != strconv.Itoa(pid) {
		return nil, fmt.Errorf("%d is a thread: its process is %s", pid, leader)
	}
	line, err := os.ReadFile(dir + "/stat")
	stat, ok := parseStat(string(line))
	switch {
	case err != nil || ok && stat.ended():
		return nil, t.gone()
	case ok && stat.flags&kernelThread != 0:
		return nil, fmt.Errorf("process %d is a thread of the kernel's", pid)
	}
	t.uid, _ = strconv.Atoi(field("Uid")[1]) // the effective one
	t.gid, _ = strconv.Atoi(field("Gid")[1])
	if t.argv, err = os.ReadFile(dir + "/cmdline"); err == nil {
		t.env, err = os.ReadFile(dir + "/environ")
	}
	if err != nil {
		return nil, fmt.Errorf("looking at process %d: %w", pid, err)
	}
	return t, nil
}

func (t *Target) gone() error { return fmt.Errorf("process %d has ended", t.PID) }

// adopt describes an image that ran when the capture came to it. Its arguments and
// environment are read now: they are its own if it still runs then. What differs from
// the process that made it has executed a program, whenever that was: its image begins,
// with an exec, where it was come to. The others only forked.
func (b *build) adopt(im *image, e *bpf.ExecEvent, runs func(pid int, image uint32) bool) {
	made := im.row
	im.row.Exe, im.row.Cwd = b.file(e.Exe), b.file(e.Cwd)
	im.cwd = im.row.Cwd
	exe := b.known(e.Exe)
	im.shown.exe = exe.file.Path
	b.elsewhere(im.proc, e.Mntns != 0)
	dir := fmt.Sprintf("/proc/%d", e.Pid)
	argv, err := os.ReadFile(dir + "/cmdline")
	env, err2 := os.ReadFile(dir + "/environ")
	used := processorTime(int(e.Pid))
	its := runs(int(e.Pid), im.id)
	if its {
		im.proc.used = used
	}
	if its && err == nil && len(argv) > 0 {
		im.row.Argv = b.sink.Argv(argv)
		im.shown.argv = store.Args(argv)
	} else if im.row.Exe != made.Exe {
		im.row.Argv, im.shown.argv = 0, nil
	}
	if its && err2 == nil {
		im.row.Env = b.sink.Env(env)
	}
	at := e.H.Time
	if im.row.Exe != made.Exe || im.row.Argv != made.Argv || im.row.Env != made.Env {
		im.row.Seq, im.row.Script, im.shown.script = 1, 0, ""
		at = uint64(b.base + im.row.Start)
	}
	b.use(im, exe, store.AccessExecute, at)
	b.settleNow(im)
}

// processorTime is what the threads of a process have used by now, ns; 0 when it is
// gone. Its clock's number is what clock_getcpuclockid(3) makes of the PID: the lowest
// bits are CPUCLOCK_SCHED of linux/posix-timers.h.
func processorTime(pid int) int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil {
		return 0
	}
	return t.Nano()
}
