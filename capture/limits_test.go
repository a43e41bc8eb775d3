package capture

import (
	"os"
	"strconv"
	"testing"
	"time"

	"buildgraph/store"
)

// scaled shrinks a count on machines that emulate their processor, where a
// system call takes a hundred times as long: set BUILDGRAPH_TEST_SCALE to a
// divisor. Never below least, from where on the test shows what it is to show.
func scaled(n, least int) int {
	if d, err := strconv.Atoi(os.Getenv("BUILDGRAPH_TEST_SCALE")); err == nil && d > 1 {
		return max(n/d, least)
	}
	return n
}

func itoa(n int) string { return strconv.Itoa(n) }

// inMemory is a directory on a file system in memory, where there is one: files
// come and go there as fast as the kernel can make them.
func inMemory(t *testing.T) string {
	t.Helper()
	d, err := os.MkdirTemp("/dev/shm", "buildgraph-storm-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(d) })
	return d
}

// held is a sink that is held up once, when the build is under way.
type held struct {
	*memory
	stop time.Duration
}

func (h *held) File(path string, dev, ino uint64, gen uint32, kind store.FileKind) store.FileID {
	if len(h.files) > 100 {
		time.Sleep(h.stop)
		h.stop = 0
	}
	return h.memory.File(path, dev, ino, gen, kind)
}

// storm captures a process that makes many files, with a ring of the size and a
// sink that is held up once.
func storm(t *testing.T, ring, files int, stop time.Duration) (*memory, Result, *Capture) {
	t.Helper()
	d := dir(t)
	compile(t, d, "storm")
	t.Chdir(d)
	c, err := Begin(Options{
		Command: []string{"./storm", inMemory(t), itoa(files)}, Ring: ring,
		User: Identity{UID: os.Getuid(), GID: os.Getgid()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	m := newMemory()
	r, err := c.Run(&held{m, stop})
	if err != nil {
		t.Fatal(err)
	}
	if r.Meta.ExitCode != 7 {
		t.Errorf("exit status %d, want the command's own 7", r.Meta.ExitCode)
	}
	return m, r, c
}

func TestOverloadIsCounted(t *testing.T) {
	m, r, c := storm(t, 64<<10, scaled(1_000_000, 10_000), time.Second)
	counts, err := c.progs.Counts()
	if err != nil {
		t.Fatal(err)
	}
	var emitted, lost uint64
	for i := range counts.Emitted {
		emitted += counts.Emitted[i]
		lost += counts.Lost[i]
	}
	if lost == 0 {
		t.Fatal("nothing was lost: the ring was meant to be too small")
	}
	if got := uint64(r.Meta.Events) + lost; emitted != got {
		t.Errorf("the kernel emitted %d events; received and lost add up to %d", emitted, got)
	}
	if uint64(r.Meta.Lost) != lost {
		t.Errorf("told %d lost, the kernel counted %d", r.Meta.Lost, lost)
	}
	if r.Meta.Complete || len(r.Meta.Why) == 0 {
		t.Error("the trace calls itself complete")
	}
	var charged int64
	for _, p := range m.procs {
		charged += p.Lost
	}
	if charged != r.Meta.Lost {
		t.Errorf("%d lost events are charged to processes, want all %d", charged, r.Meta.Lost)
	}
	t.Logf("emitted %d, received %d, lost %d", emitted, r.Meta.Events, lost)
}

func TestDefaultRingLosesNothing(t *testing.T) {
	n := scaled(1_000_000, 10_000)
	m, r, _ := storm(t, 0, n, 0)
	if r.Meta.Lost != 0 || !r.Meta.Complete {
		t.Errorf("lost %d: %v", r.Meta.Lost, r.Meta.Why)
	}
	made := 0
	for _, a := range m.accesses {
		if a.Kinds&4 != 0 {
			made++
		}
	}
	if made != n {
		t.Errorf("%d files made, want %d", made, n)
	}
}
