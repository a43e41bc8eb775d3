package capture

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"buildgraph/store"
)

// attachTo records a process that runs until it has ended.
func attachTo(t *testing.T, pid int, o AttachOptions) (b *taken) {
	t.Helper()
	var err error
	if o.Target, err = FindTarget(pid); err != nil {
		t.Fatal(err)
	}
	a, err := Attach(o)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	k := &keeper{}
	ready := make(chan struct{})
	go func() {
		await(t, "the build", func() bool { k.mu.Lock(); defer k.mu.Unlock(); return len(k.builds) == 1 })
		close(ready)
	}()
	go func() { // let it go on once it is watched
		<-ready
		_ = syscall.Kill(pid, syscall.SIGUSR1)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := a.Run(ctx, k, func(err error) { t.Error(err) }); err != nil {
		t.Fatal(err)
	}
	return k.builds[0]
}

// A process that holds a file open and has a child that runs is recorded with both,
// from now on: what they were, what they have open, what they do next.
func TestAttachToProcess(t *testing.T) {
	d := dir(t, "in", "one\n", "in2", "two\n", "run.sh", `exec 5<in 6>out
trap 'go=1' USR1
(while [ ! -e out2 ]; do sleep 0.05; done) &
sleep 300 7<in2 &
i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done
: >started
while [ -z "$go" ]; do sleep 0.05; done
cat <&5 >&6
cp in2 out2
kill $!
exit 7
`)
	sh := exec.Command("sh", "run.sh", "an argument")
	sh.Dir, sh.Env = d, append(os.Environ(), "OF_THE_SHELL=1")
	if err := sh.Start(); err != nil {
		t.Fatal(err)
	}
	defer sh.Wait()
	defer sh.Process.Kill()
	await(t, "started", func() bool { _, err := os.Stat(d + "/started"); return err == nil })
	time.Sleep(100 * time.Millisecond)
	b := attachTo(t, sh.Process.Pid, AttachOptions{})

	m := b.result.Meta
	if m.ExitCode != 7 || m.Root != d || !slices.Equal(m.Command, []string{"sh", "run.sh", "an argument"}) || m.UID != os.Getuid() {
		t.Errorf("%+v", m)
	}
	if m.Complete || len(m.Why) != 1 || !strings.Contains(m.Why[0], "what it had done before is not known") || b.result.Lost {
		t.Errorf("complete %v, lost %v: %q", m.Complete, b.result.Lost, m.Why)
	}
	var shell, sleeper store.Exec
	for _, e := range b.execs {
		switch argv := b.argv(e); {
		case b.procs[e.Process].PID == sh.Process.Pid:
			shell = e
		case len(argv) == 2 && argv[1] == "300":
			sleeper = e
		}
	}
	if b.env(shell, "OF_THE_SHELL") != "1" || b.path(shell.Cwd) != d || filepath.Base(b.path(shell.Exe)) == "" {
		t.Errorf("the shell: %+v in %s", shell, b.path(shell.Cwd))
	}
	if sleeper.ID == 0 || filepath.Base(b.path(sleeper.Exe)) != "sleep" || b.procs[sleeper.Process].Parent != shell.Process || b.procs[sleeper.Process].Signal != 15 {
		t.Errorf("its child: %+v, %+v", sleeper, b.procs[sleeper.Process])
	}
	// Both have executed what they run; the subshell only forked.
	if shell.Seq != 1 || sleeper.Seq != 1 {
		t.Errorf("the shell is image %d, its child %d; want 1", shell.Seq, sleeper.Seq)
	}
	if !slices.ContainsFunc(slices.Collect(maps.Values(b.execs)), func(e store.Exec) bool {
		return e.Seq == 0 && b.procs[e.Process].Parent == shell.Process && e.Argv == shell.Argv
	}) {
		t.Error("no subshell that only forked")
	}
	if p := b.procs[shell.Process]; p.CPU <= 0 || p.CPU > p.End-p.Start {
		t.Errorf("processor time %d of %d ns", p.CPU, p.End-p.Start)
	}
	type end struct {
		exec store.ExecID
		path string
		fd   int
	}
	var ends []end
	for _, h := range b.helds {
		if strings.HasPrefix(b.path(h.File), d) && (h.Exec == shell.ID || h.Exec == sleeper.ID) {
			ends = append(ends, end{h.Exec, b.path(h.File), h.FD})
		}
	}
	for _, want := range []end{{shell.ID, d + "/in", 5}, {shell.ID, d + "/out", 6}, {sleeper.ID, d + "/in2", 7}} {
		if !slices.Contains(ends, want) {
			t.Errorf("not told that it holds %+v: %+v", want, ends)
		}
	}
	if got := b.below(d, store.AccessWrite); !slices.Equal(got, []string{"out", "out2"}) {
		t.Errorf("wrote %q", got)
	}
	libc := func(a store.Access) bool {
		return a.Exec == sleeper.ID && a.Kinds&store.AccessMap != 0 && strings.Contains(b.path(a.File), "libc")
	}
	if !slices.ContainsFunc(b.accesses, libc) {
		t.Error("the child's C library is not told of")
	}
}

// A process whose children fork while they are entered: none is missed, none is there
// twice.
func TestAttachToForking(t *testing.T) {
	d := dir(t, "run.sh", `trap 'go=1' USR1
for i in 1 2 3 4; do (while [ ! -e stop ]; do sh -c : ; done) & done
while [ -z "$go" ]; do sleep 0.01; done
sleep 0.3
: >stop
wait
`)
	sh := exec.Command("sh", "run.sh")
	sh.Dir = d
	if err := sh.Start(); err != nil {
		t.Fatal(err)
	}
	defer sh.Wait()
	defer sh.Process.Kill()
	time.Sleep(300 * time.Millisecond)
	b := attachTo(t, sh.Process.Pid, AttachOptions{Wait: true})
	pids := map[int]int{}
	for _, p := range b.procs {
		if pids[p.PID]++; p.PID == 0 || p.End == 0 {
			t.Errorf("no birth or no end: %+v", p)
		}
	}
	for pid, n := range pids {
		if n > 1 {
			t.Errorf("process %d is there %d times", pid, n)
		}
	}
	if len(pids) < 20 || b.result.Lost || len(b.result.Alive) > 0 {
		t.Errorf("%d processes, %+v", len(pids), b.result)
	}
}

func TestFindTarget(t *testing.T) {
	zombie := exec.Command("true")
	if err := zombie.Start(); err != nil {
		t.Fatal(err)
	}
	defer zombie.Wait()
	await(t, "a zombie", func() bool {
		stat, _ := os.ReadFile("/proc/" + strconv.Itoa(zombie.Process.Pid) + "/stat")
		return strings.Contains(string(stat), ") Z")
	})
	tids := make(chan int)
	hold := make(chan struct{})
	for range 2 { // one of them may be the first thread
		go func() {
			runtime.LockOSThread() // each has a thread of its own
			tids <- unix.Gettid()
			<-hold
		}()
	}
	tid := <-tids
	if other := <-tids; tid == os.Getpid() {
		tid = other
	}
	defer close(hold)
	for pid, want := range map[int]string{
		os.Getpid():        "is this one",
		1 << 30:            "there is no process 1073741824",
		0:                  "there is no process 0",
		-1:                 "there is no process -1",
		2:                  "process 2 is a thread of the kernel's",
		tid:                "is a thread: its process is " + strconv.Itoa(os.Getpid()),
		zombie.Process.Pid: "has ended",
	} {
		if _, err := FindTarget(pid); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d: %v, want %q", pid, err, want)
		}
	}
	target, err := FindTarget(os.Getppid())
	if err != nil || target.PID != os.Getppid() || len(target.argv) == 0 {
		t.Errorf("the parent: %+v, %v", target, err)
	}
}
