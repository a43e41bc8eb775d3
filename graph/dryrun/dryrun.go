// Package dryrun runs a command where nothing it does reaches the machine. What
// it writes goes to memory and is gone when it ends; what it reads is the tree as
// it is, under the same paths and with the same times; it has no network, sees no
// process but its own, and none of its descendants outlives it.
//
// It is how a build tool is asked a second time about a build that has run: make
// runs $(shell ...), recipes marked + and rules for its makefiles even with -n.
//
// The program re-executes itself in new mount, PID, network and IPC namespaces
// (with a user namespace where it may not make them otherwise) and stacks an
// overlay on every file system that can be written to. dryrun.go starts it and
// watches over it, inside.go is what runs in the namespaces, mounts.go lays out
// the file system.
package dryrun

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ErrNoSandbox is matched by the errors of Run when the machine does not allow a
// sandbox. Nothing was run then.
var ErrNoSandbox = errors.New("nothing can be run without touching the tree here")

// ErrTimeout is matched by the error of Run when the command did not end in time.
var ErrTimeout = errors.New("timed out")

// Command is what to run and how.
type Command struct {
	Path   string     // the program, absolute
	Args   []string   // its arguments, the program's name first
	Dir    string     // working directory, absolute
	Env    []string   // its whole environment but for Mark
	Touch  []string   // files, absolute, that are made newer than all others before it starts
	Before [][]string // arguments of runs of the same program that go before, their output and status unheard

	UID, GID int   // who runs it; -1: whoever we are
	Groups   []int // supplementary groups, where UID is another

	Stdout  io.Writer     // what it prints; nil: Result.Stdout
	Timeout time.Duration // 0: none
}

// Result is how a command ended.
type Result struct {
	Status int    // exit status; 128+n when signal n killed it
	Stdout []byte // at most MaxOutput bytes; empty where Command.Stdout took it
	Stderr []byte // the first MaxStderr bytes
	Cut    bool   // Stdout had more
}

// Limits of what is kept of the output, bytes.
const (
	MaxOutput = 64 << 20
	MaxStderr = 64 << 10
)

// marker is argv[0] of the program when it is to be the inside of a sandbox.
const marker = "buildgraph: dry run"

// Mark is in the environment of all that runs in a sandbox, as NAME=VALUE: who watches
// for builds can tell that it is none.
const Mark = "BUILDGRAPH_DRY_RUN=1"

// request is what the inside is told through descriptor 3; report what it
// answers through descriptor 4. Descriptor 3 stays open as long as the outside
// lives.
type request struct {
	Command  command
	Caller   int // uid outside
	UserNS   bool
	Writable []string // directories to stack an overlay on of their own
}

// command is the part of Command that is told to the inside.
type command struct {
	Path     string
	Args     []string
	Dir      string
	Env      []string
	Touch    []string
	Before   [][]string
	UID, GID int
	Groups   []int
}

type report struct {
	Setup   string // why there is no sandbox; nothing was run
	Start   string // why the command could not be started
	Status  int
	Touched int
}

// Run runs a command in a sandbox of its own. A command that fails is no error:
// Result.Status says so. Where there can be no sandbox, nothing is run and the
// error matches ErrNoSandbox and says what would help; when the time or ctx is
// over, everything in the sandbox is killed and the error matches ErrTimeout or
// is ctx's.
func Run(ctx context.Context, c Command) (Result, error) {
	userNS := !mayUnshare()
	r, err := run(ctx, c, userNS)
	if !userNS && errors.Is(err, ErrNoSandbox) && !changes(c) {
		// Root in a container may have no say outside a user namespace of its own.
		if again, err2 := run(ctx, c, true); !errors.Is(err2, ErrNoSandbox) {
			return again, err2
		}
	}
	return r, err
}

// changes says whether the command is to run as somebody else than we are.
func changes(c Command) bool {
	return c.UID >= 0 && c.UID != os.Geteuid()
}

func run(ctx context.Context, c Command, userNS bool) (Result, error) {
	if userNS && changes(c) {
		return Result{}, fmt.Errorf("%w: the build ran as uid %d; run this as root or as that user", ErrNoSandbox, c.UID)
	}
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("%w after %v", ErrTimeout, c.Timeout))
		defer cancel()
	}
	var r Result
	stdout, stderr := &limited{max: MaxOutput}, &limited{max: MaxStderr}
	var out io.Writer = stdout
	if c.Stdout != nil {
		out = c.Stdout
	}
	answer, err := supervise(ctx, c, userNS, out, stderr)
	r.Stdout, r.Stderr, r.Cut = stdout.buf.Bytes(), stderr.buf.Bytes(), stdout.cut
	if ctx.Err() != nil {
		return r, fmt.Errorf("%s: %w", c.Args[0], context.Cause(ctx))
	}
	switch {
	case err != nil:
		return r, err
	case answer.Setup != "":
		return r, fmt.Errorf("%w: %s", ErrNoSandbox, answer.Setup+hint(userNS))
	case answer.Start != "":
		return r, fmt.Errorf("%s: %s", c.Args[0], answer.Start)
	}
	r.Status = answer.Status
	return r, nil
}

// hint says what would mend a sandbox that cannot be had.
func hint(userNS bool) string {
	if userNS {
		return " (run it as root, or allow unprivileged user namespaces: sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0)"
	}
	return " (it takes CAP_SYS_ADMIN and overlayfs; in a container: --privileged, or run it outside)"
}

// supervise starts the inside, tells it what to do and waits for its end and for
// the end of its output, which is that of all its descendants.
func supervise(ctx context.Context, c Command, userNS bool, stdout, stderr io.Writer) (report, error) {
	toInside, ours, err := os.Pipe()
	if err != nil {
		return report{}, err
	}
	defer ours.Close()
	answers, fromInside, err := os.Pipe()
	if err != nil {
		toInside.Close()
		return report{}, err
	}
	defer answers.Close()
	cmd := &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{marker}, Env: []string{}, Dir: "/",
		Stdout: stdout, Stderr: stderr, ExtraFiles: []*os.File{toInside, fromInside},
		SysProcAttr: attributes(userNS),
	}
	err = startLocked(cmd)
	toInside.Close()
	fromInside.Close()
	if err != nil {
		return report{Setup: fmt.Sprintf("making namespaces: %v", err)}, nil
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() }) // PID 1 of the namespace: all die with it
	defer stop()
	var answer report
	err = gob.NewEncoder(ours).Encode(request{
		Command: command{c.Path, c.Args, c.Dir, append([]string{Mark}, c.Env...), c.Touch, c.Before, c.UID, c.GID, c.Groups},
		Caller:  os.Geteuid(), UserNS: userNS, Writable: writableDirs(c, userNS),
	})
	if err == nil {
		err = gob.NewDecoder(answers).Decode(&answer)
	}
	waited := cmd.Wait()
	if err != nil {
		return answer, fmt.Errorf("the sandbox ended early: %w", errors.Join(err, waited))
	}
	return answer, nil
}

// attributes are the namespaces. In a user namespace only our own ids are known;
// the capabilities that mounting takes are kept over the exec as ambient ones.
func attributes(userNS bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC,
		Setsid:     true,
	}
	if userNS {
		a.Cloneflags |= unix.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Geteuid(), HostID: os.Geteuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getegid(), HostID: os.Getegid(), Size: 1}}
		a.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_SYS_CHROOT, unix.CAP_DAC_OVERRIDE, unix.CAP_FOWNER, unix.CAP_CHOWN, unix.CAP_SETPCAP}
		// The maps of a program with file capabilities belong to root until it
		// can be dumped (proc(5), "dumpable").
		_ = unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0)
	}
	return a
}

// startLocked starts a command from a thread of its own state: the attributes of
// the calling goroutine's thread are not to be those of another's.
func startLocked(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return cmd.Start()
}

// mayUnshare reports whether we may make mount namespaces without a user
// namespace: whether CAP_SYS_ADMIN is effective.
func mayUnshare() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return os.Geteuid() == 0
	}
	return data[0].Effective&(1<<unix.CAP_SYS_ADMIN) != 0
}

// limited keeps the first max bytes.
type limited struct {
	buf bytes.Buffer
	max int
	cut bool
}

func (l *limited) Write(p []byte) (int, error) {
	if room := l.max - l.buf.Len(); len(p) > room {
		l.buf.Write(p[:room])
		l.cut = true
		return len(p), nil
	}
	return l.buf.Write(p)
}
