package capture

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"buildgraph/bpf"
	"buildgraph/store"
)

// Target is a process that runs, to be attached to with its descendants.
type Target struct {
	PID       int
	argv, env []byte
	uid, gid  int
}

// kernelThread is PF_KTHREAD of the kernel's include/linux/sched.h, in field 9 of
// proc_pid_stat(5).
const kernelThread = 0x00200000

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
	if state := field("State")[0]; state == "Z" || state == "X" {
		return nil, fmt.Errorf("process %d has ended", pid)
	}
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return nil, t.gone()
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if flags, err := strconv.ParseUint(fields[6], 10, 64); err == nil && flags&kernelThread != 0 {
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
// environment are read now: they are its own if it still runs then.
func (b *build) adopt(im *image, e *bpf.ExecEvent, runs func(pid int, image uint32) bool) {
	im.row.Exe, im.row.Cwd = b.file(e.Exe), b.file(e.Cwd)
	im.cwd = im.row.Cwd
	exe := b.known(e.Exe)
	im.shown.exe = exe.file.Path
	b.use(im, exe, store.AccessExecute, e.H.Time)
	b.elsewhere(im.proc, e.Mntns != 0)
	defer b.settleNow(im)
	dir := fmt.Sprintf("/proc/%d", e.Pid)
	argv, err := os.ReadFile(dir + "/cmdline")
	env, err2 := os.ReadFile(dir + "/environ")
	if !runs(int(e.Pid), im.id) {
		return
	}
	if err == nil {
		im.row.Argv = b.sink.Argv(argv)
		im.shown.argv = store.Args(argv)
	}
	if err2 == nil {
		im.row.Env = b.sink.Env(env)
	}
}
