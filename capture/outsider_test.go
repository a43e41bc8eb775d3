package capture

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"buildgraph/store"
)

// outsider is a shell that was there before anybody watched: what it starts is none
// of the test's own processes, of which attach records nothing.
type outsider struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
	dir   string // for the files that tell when a command is done
	n     int
}

func newOutsider(t *testing.T) *outsider {
	t.Helper()
	o := &outsider{t: t, cmd: exec.Command("sh"), dir: t.TempDir()}
	o.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	o.cmd.Stderr = os.Stderr
	var err error
	if o.stdin, err = o.cmd.StdinPipe(); err == nil {
		err = o.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		o.stdin.Close()
		_ = syscall.Kill(-o.cmd.Process.Pid, syscall.SIGKILL)
		_ = o.cmd.Wait()
	})
	return o
}

// do runs a line of shell and waits until it is done.
func (o *outsider) do(line string) {
	o.t.Helper()
	o.n++
	done := filepath.Join(o.dir, strconv.Itoa(o.n))
	fmt.Fprintf(o.stdin, "%s\n: >%s\n", line, done)
	await(o.t, line, func() bool { _, err := os.Stat(done); return err == nil })
}

// alias gives a program a name that nobody else on the machine uses, who may well run
// a make meanwhile.
func alias(t *testing.T, program string) (path, name string) {
	t.Helper()
	real, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path = filepath.Join(dir, program[:1]+strconv.Itoa(os.Getpid())+filepath.Base(dir))
	if err := os.Symlink(real, path); err != nil {
		t.Fatal(err)
	}
	return path, filepath.Base(path)
}

// await waits until it is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not after a minute", what)
		}
	}
}

// taken is a build that a recorder was given.
type taken struct {
	*memory
	started Started
	result  Result
	ended   bool
	slow    time.Duration
}

// keeper records builds in memory.
type keeper struct {
	mu     sync.Mutex
	builds []*taken
	slow   time.Duration // how long the hundredth file of a build takes
}

// File is a memory's, once held up.
func (b *taken) File(path string, dev, ino uint64, gen uint32, kind store.FileKind) store.FileID {
	if len(b.files) == 100 {
		time.Sleep(b.slow)
		b.slow = 0
	}
	return b.memory.File(path, dev, ino, gen, kind)
}

func (k *keeper) Begin(s Started) (Sink, func(store.Event), error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	b := &taken{memory: newMemory(), started: s, slow: k.slow}
	k.builds = append(k.builds, b)
	return b, nil, nil
}

func (k *keeper) End(_ Started, sink Sink, r Result) {
	k.mu.Lock()
	defer k.mu.Unlock()
	b := sink.(*taken)
	b.result, b.ended = r, true
}

// ended is how many builds have ended.
func (k *keeper) ended() (n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, b := range k.builds {
		if b.ended {
			n++
		}
	}
	return n
}

// in finds the build of a directory.
func (k *keeper) in(t *testing.T, dir string) *taken {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	var found *taken
	for _, b := range k.builds {
		if b.started.Meta.Root == dir {
			if found != nil {
				t.Fatalf("two builds in %s", dir)
			}
			found = b
		}
	}
	if found == nil {
		t.Fatalf("no build in %s", dir)
	}
	return found
}

// attach watches until stop is called.
func attach(t *testing.T, o AttachOptions) (k *keeper, stop func()) {
	t.Helper()
	a, err := Attach(o)
	if err != nil {
		t.Fatal(err)
	}
	k = &keeper{}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- a.Run(ctx, k, func(err error) { t.Error(err) })
		a.Close()
	}()
	once := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(once)
	return k, once
}

// passing are names that differ from run to run.
var passing = regexp.MustCompile(`/tmp/cc\w{6}|^/proc/\d+|\[\d+\]`)

// did lists what each program of a build did to which file, without what is
// different each time.
func (m *memory) did() (lines []string) {
	programs := map[store.ExecID]string{}
	for _, e := range m.execs {
		argv := m.argv(e)
		if len(argv) > 0 {
			argv[0] = filepath.Base(argv[0])
		}
		programs[e.ID] = fmt.Sprintf("%s (image %d)", passing.ReplaceAllString(strings.Join(argv, " "), "*"), min(e.Seq, 1))
	}
	for _, a := range m.accesses {
		lines = append(lines, fmt.Sprintf("%s: %v %s", programs[a.Exec], a.Kinds, passing.ReplaceAllString(m.path(a.File), "*")))
	}
	for _, o := range m.ops {
		lines = append(lines, fmt.Sprintf("%s: %v %s %s", programs[o.Exec], o.Kind, passing.ReplaceAllString(m.path(o.File), "*"), m.path(o.Other)))
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// same compares what two builds did.
func same(t *testing.T, what string, got, want *memory) {
	t.Helper()
	a, b := got.did(), want.did()
	only := func(x, y []string) (out []string) {
		for _, l := range x {
			if _, ok := slices.BinarySearch(y, l); !ok {
				out = append(out, l)
			}
		}
		return out
	}
	if extra, missing := only(a, b), only(b, a); len(extra)+len(missing) > 0 {
		t.Errorf("%s: only attach saw\n\t%s\nonly capture saw\n\t%s", what, strings.Join(extra, "\n\t"), strings.Join(missing, "\n\t"))
	}
	if len(a) < 20 {
		t.Errorf("%s: only %d accesses", what, len(a))
	}
}
