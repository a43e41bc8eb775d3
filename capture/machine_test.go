package capture

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"buildgraph/store"
)

const procStat = `cpu  100 20 30 4000 500 6 7 80 9 1 77
cpu0 50 10 15 2000 250 3 3 40 4 1
cpu1 50 10 15 2000 250 3 4 40 5 0
intr 12345 0 0
ctxt 1
`

func TestParseProcStat(t *testing.T) {
	c, err := parseProcStat([]byte(procStat))
	if err != nil {
		t.Fatal(err)
	}
	const tick = 10_000_000 // ns
	want := machineClock{cores: 2, busy: 163 * tick, idle: 4500 * tick, iowait: 500 * tick, steal: 80 * tick}
	if d := cmp.Diff(want, c, cmp.AllowUnexported(machineClock{})); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	for _, bad := range []string{
		"", "intr 1\n", "cpu\n", "cpu 1 2 3\ncpu0 1\n", "cpu  1 2 3 4 5 6 7 8\n", "cpu  1 2 x 4 5 6 7 8\ncpu0 1\n",
		"cpu  1 2 -3 4 5 6 7 8\ncpu0 1\n", "cpu  1 2 99999999999999999 4 5 6 7 8\ncpu0 1\n", "cpu0 1 2 3 4 5 6 7 8\n",
	} {
		if c, err := parseProcStat([]byte(bad)); err == nil {
			t.Errorf("%q gives %+v", bad, c)
		}
	}
}

func FuzzParseProcStat(f *testing.F) {
	f.Add([]byte(procStat))
	f.Add([]byte("cpu  1 2 3 4 5 6 7 8\ncpu0 1"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseProcStat(text)
		if err == nil && (c.cores < 1 || c.iowait > c.idle && c.idle >= 0) {
			t.Errorf("%q gives %+v", text, c)
		}
	})
}

func TestCPUModel(t *testing.T) {
	for text, want := range map[string]string{
		"processor\t: 0\nmodel\t\t: 6\nmodel name\t: A  CPU @ 2GHz \n\nprocessor\t: 1\n": "A  CPU @ 2GHz",
		"processor\t: 0\nBogoMIPS\t: 50.00\n":                                            "",
		"model name\t:\n":                                                                "",
		"model name: a\x00b\n":                                                           "",
		"":                                                                               "",
	} {
		if got := cpuModel([]byte(text)); got != want {
			t.Errorf("%q gives %q", text, got)
		}
	}
}

func TestMeanwhile(t *testing.T) {
	now := time.Now()
	from := machineClock{at: now, cores: 2, busy: 100, idle: 1000, iowait: 100, steal: 5}
	to := machineClock{at: now.Add(700), cores: 2, busy: 600, idle: 1800, iowait: 90, steal: 7}
	m := store.Machine{Cores: 2, Memory: 1 << 30}
	want := store.Machine{Cores: 2, Memory: 1 << 30, Span: 700, Busy: 500, Idle: 800, Steal: 2} // iowait went back
	if d := cmp.Diff(want, meanwhile(m, from, to)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if got := meanwhile(m, machineClock{}, to); got != m {
		t.Errorf("without a beginning: %+v", got)
	}
	if got := meanwhile(store.Machine{}, from, to); got != (store.Machine{}) {
		t.Errorf("of an unknown machine: %+v", got)
	}
}

// What is read of this machine is what its own tools say.
func TestDescribeMachine(t *testing.T) {
	c := readMachineClock()
	m := describeMachine(c, 0)
	out, err := exec.Command("getconf", "_NPROCESSORS_ONLN").Output()
	if err != nil {
		t.Fatal(err)
	}
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	meminfo, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		t.Fatal(err)
	}
	total := strings.Fields(string(meminfo))[1] // MemTotal, KiB
	if cores(t, out) != m.Cores || m.Allowed != set.Count() || cores(t, []byte(total)) != int(m.Memory>>10) {
		t.Errorf("%+v; getconf says %s processors, /proc/meminfo %s KiB", m, out, total)
	}

	// Two moments: the times of all states add up to cores times what went by.
	time.Sleep(200 * time.Millisecond)
	m = meanwhile(m, c, readMachineClock())
	all, want := m.Busy+m.Idle+m.Steal, int64(m.Cores)*m.Span
	if m.Span < 2e8 || all < want*7/10 || all > want*13/10 {
		t.Errorf("%+v: %d ns are accounted for, of %d", m, all, want)
	}
}

func cores(t *testing.T, text []byte) int {
	t.Helper()
	n := 0
	for _, c := range strings.TrimSpace(string(text)) {
		if c < '0' || c > '9' {
			t.Fatalf("%q is no number", text)
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// A capture tells of the machine for as long as the command ran, and no longer.
func TestCaptureTellsOfTheMachine(t *testing.T) {
	_, r := record(t, t.TempDir(), Options{Command: []string{"sleep", "0.3"}})
	m := r.Meta.Hardware
	if m.Cores < 1 || m.Memory < 1<<20 || m.Span < 3e8 || m.Span > r.Meta.Ended+1e8 {
		t.Errorf("%+v of a capture of %d ns", m, r.Meta.Ended)
	}
}
