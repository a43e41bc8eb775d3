// Package capture watches a command and everything it starts, and feeds what
// happened to a [Sink]. It loads the kernel side (package bpf), starts the
// command so that its first instruction is already seen, decodes events, counts
// what was lost, and says at the end what was not seen.
package capture

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"buildgraph/bpf"
	"buildgraph/store"
)

// ErrPrivileges is wrapped by errors about a kernel that refused for want of
// capabilities.
var ErrPrivileges = bpf.ErrPrivileges

// DefaultRing is the size of the event ring in bytes: half a second of the
// densest stream of events one core can make.
const DefaultRing = 16 << 20

// Options say what to capture and how.
type Options struct {
	Command []string
	Env     []string // of the build; nil: ours
	User    Identity
	Tag     bool // let make name its recipes (see Tag)
	Wait    bool // go on until everything the command started has ended
	Ring    int  // bytes, a power of two of whole pages; 0: DefaultRing

	// Live is given every event as it becomes known, nearly in the order of time.
	// The build's events wait meanwhile: it must return at once. nil: nobody
	// watches, and it costs nothing.
	Live func(store.Event)

	Syscalls Counting // what to count of system calls

	syscallSlots uint32 // see bpf.Options.CountSlots
}

// Result is what a capture can say when it is over.
type Result struct {
	Meta  store.Meta // its counters and verdict; what Begin gave, completed
	Lost  bool       // events were lost
	Alive []string   // what outlived the build: "PID command"

	Interrupted bool // the watching was ended while the build ran
}

// Capture is a capture about to run: the command has been found and the
// programs are loaded, nothing has been started.
type Capture struct {
	opts  Options
	path  string
	progs *bpf.Programs
	meta  store.Meta

	before machineClock // when the command was started
}

// Begin finds the command, loads the kernel side and says what is known of the
// capture before it runs. Errors: *CommandError, ErrPrivileges.
func Begin(o Options) (*Capture, error) {
	if o.Ring == 0 {
		o.Ring = DefaultRing
	}
	if o.Env == nil {
		o.Env = os.Environ()
	}
	path, err := findCommand(o.Command[0])
	if err != nil {
		return nil, err
	}
	root, err := workingDirectory()
	if err != nil {
		return nil, err
	}
	progs, err := bpf.Load(bpf.Options{RingBytes: o.Ring, Count: o.Syscalls, CountSlots: o.syscallSlots})
	if err != nil {
		return nil, err
	}
	c := &Capture{opts: o, path: path, progs: progs, meta: machine()}
	c.meta.Command = o.Command
	c.meta.Root = root
	c.meta.UID = o.User.UID
	if o.Tag {
		c.meta.Tag = Tag
	}
	c.meta.BootNS, c.meta.Began = bothClocks()
	return c, nil
}

// machine says where a capture was made.
func machine() (m store.Meta) {
	var u unix.Utsname
	if err := unix.Uname(&u); err == nil {
		m.Kernel = unix.ByteSliceToString(u.Release[:])
		m.Machine = unix.ByteSliceToString(u.Machine[:])
		m.Host = unix.ByteSliceToString(u.Nodename[:])
	}
	return m
}

// workingDirectory is where we are, as the kernel names it: symlinks resolved,
// whatever $PWD says.
func workingDirectory() (string, error) {
	dir, err := os.Readlink("/proc/self/cwd")
	if err != nil {
		if dir, err = syscall.Getwd(); err != nil {
			return "", fmt.Errorf("finding the working directory: %w", err)
		}
	}
	return dir, nil
}

// Meta describes the capture before it has run.
func (c *Capture) Meta() store.Meta { return c.meta }

// Close frees the kernel side.
func (c *Capture) Close() { c.progs.Close() }

// Run starts the command, feeds sink until it has ended and says how it went.
// The error is about the command that could not be started (*CommandError) or
// about the capture; the result holds whatever there is in both cases.
func (c *Capture) Run(sink Sink) (Result, error) {
	pause := pauseUnseen
	if c.opts.Live != nil {
		pause = pauseLive
	}
	rd, err := newReader(c.progs.Events, pause)
	if err != nil {
		return Result{Meta: c.meta}, err
	}
	defer rd.ring.Close()
	d := newDemux(c.progs.Fold)
	b := d.newBuild(sink, c.meta.BootNS)
	b.live = c.opts.Live
	d.only = b

	inheritIgnored()
	env := c.opts.User.environ(c.opts.Env)
	if c.opts.Tag {
		env = tagged(env)
	}
	started := make(chan int, 1)
	over := passSignals(c.progs, started)
	c.before = readMachineClock()
	pid, err := start(c.progs.Arm, c.path, c.opts.Command, env, c.opts.User)
	if err != nil {
		over()
		code := 126
		if errors.Is(err, syscall.ENOENT) {
			code = 127
		}
		return Result{Meta: c.meta}, &CommandError{Name: c.opts.Command[0], Code: code, Err: err}
	}
	started <- pid
	return c.follow(rd, b, pid, over)
}

// ended is how the command ended.
type ended struct {
	code  int
	err   error
	clock machineClock
}

// follow takes events until the command has ended, and what it left.
func (c *Capture) follow(rd *reader, b *build, pid int, over func()) (Result, error) {
	exited := make(chan ended, 1)
	go func() {
		code, err := wait(pid, over)
		exited <- ended{code, err, readMachineClock()}
		_ = rd.ring.Flush() // only cuts a pause short
	}()
	var end ended
	var failed error
	for running := true; running; {
		if err := rd.drain(b.shared, 1<<14); err != nil {
			failed = err
			end = <-exited
			break
		}
		select {
		case end = <-exited:
			running = false
		default:
		}
	}
	if failed == nil {
		failed = c.linger(rd, b)
	}
	alive := b.alive()
	c.progs.Detach()
	failed = errors.Join(failed, end.err, rd.empty(b.shared))
	counts, err := c.progs.Counts()
	if err == nil && counts.Lost != [16]uint64{} {
		owed, err := c.progs.Unreported()
		b.owe(owed)
		failed = errors.Join(failed, err)
	}
	failed = errors.Join(failed, c.giveSyscalls(b.sink))
	c.meta.Hardware = meanwhile(describeMachine(c.before, 0), c.before, end.clock)
	b.finish(b.alive(), b.expected())
	return c.result(rd, b, counts, end.code, alive, errors.Join(failed, err))
}

const (
	// settle is how long what a build leaves behind may take to end before it
	// counts as having outlived it.
	settle = 200 * time.Millisecond

	longestNap = 25 * time.Millisecond // between two looks at what is left
)

// linger waits for the processes that are left: until all have ended with Wait,
// else for as long as the last ones of a pipeline need to exit.
func (c *Capture) linger(rd *reader, b *build) error {
	began := time.Now()
	interrupted := make(chan os.Signal, 1)
	if c.opts.Wait {
		signal.Notify(interrupted, syscall.SIGINT, syscall.SIGTERM)
		defer signal.Stop(interrupted)
	}
	if err := rd.empty(b.shared); err != nil {
		return err
	}
	for nap := time.Millisecond; b.running > 0 || b.gone > 0; nap = min(2*nap, longestNap) {
		if time.Since(began) > settle && !(c.opts.Wait && exist(b.alive())) {
			return nil
		}
		select {
		case <-interrupted:
			return nil
		case <-time.After(nap):
		}
		if err := rd.empty(b.shared); err != nil {
			return err
		}
	}
	return nil
}

// exist says whether any of the images' processes is still there: the event of
// an end can be lost like any other.
func exist(images []*image) bool {
	for _, im := range images {
		if pid := im.proc.row.PID; pid > 0 && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return true
		}
	}
	return false
}

// result puts the counts together and judges them.
func (c *Capture) result(rd *reader, b *build, counts bpf.Counts, code int, alive []*image, failed error) (Result, error) {
	m := c.meta
	m.Ended = max(bootTime()-m.BootNS, 1)
	m.ExitCode = code
	m.Events = int64(rd.total())
	missed, err := c.progs.Missed()
	uncounted, e := c.notCounted()
	failed = errors.Join(failed, err, e)
	classes := append(classesOf(counts, rd, missed, b), uncounted...)
	return b.result(m, classes, alive, failed), failed
}

// result completes what is known of a build that is over, and judges it.
func (b *build) result(m store.Meta, classes []store.Loss, alive []*image, failed error) Result {
	m.Finished = failed == nil
	m.Folded = b.folded
	m.Processes, m.Execs, m.Accesses = b.processes, b.execs, b.accesses
	m.Files = b.existing
	for _, l := range classes {
		m.Lost += l.Count
		b.sink.Loss(l)
		m.Why = append(m.Why, lossSentence(l))
	}
	if b.uring {
		m.Why = append(m.Why, "a process used io_uring: what it did through it was not seen")
	}
	if b.truncated > 0 {
		b.say(store.NoteTruncated, 0, "longer than PATH_MAX", b.truncated)
		m.Why = append(m.Why, fmt.Sprintf("%d paths were too long to be read whole", b.truncated))
	}
	if failed != nil {
		m.Why = append(m.Why, failed.Error())
	}
	m.Complete = len(m.Why) == 0 && m.Finished
	r := Result{Meta: m, Lost: len(classes) > 0}
	for _, im := range alive {
		if im.exists() {
			r.Alive = append(r.Alive, im.describe())
		}
	}
	return r
}

// exists says whether a process that has not been seen to end is still there: its
// end can have been lost, and its PID be another's.
func (im *image) exists() bool {
	return Running(im.proc.row.PID, im.build.base+im.proc.row.Start)
}

// describe names a process that is still there.
func (im *image) describe() string {
	cmd, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", im.proc.row.PID))
	if err != nil || len(cmd) == 0 {
		return fmt.Sprintf("%d", im.proc.row.PID)
	}
	return fmt.Sprintf("%d %s", im.proc.row.PID, strings.TrimSpace(strings.ReplaceAll(string(cmd), "\x00", " ")))
}
