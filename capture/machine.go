package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"buildgraph/store"
)

// machineClock is what the kernel had counted for the whole machine at a moment.
type machineClock struct {
	at                        time.Time // zero: it could not be read
	cores                     int       // online
	busy, idle, iowait, steal int64     // ns since boot, over all cores; idle includes iowait
}

// tickNS is the unit of /proc/stat: USER_HZ is 100 on every machine that Linux and
// Go share.
const tickNS = int64(time.Second / 100)

// readMachineClock reads the counters. Where it cannot, what the machine did is not
// known, and that is all.
func readMachineClock() machineClock {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return machineClock{}
	}
	c, err := parseProcStat(text)
	if err != nil {
		return machineClock{}
	}
	c.at = time.Now()
	return c
}

var errProcStat = errors.New("no line of all processors")

// parseProcStat reads the lines "cpu" and "cpuN" of /proc/stat (proc_stat(5)): user,
// nice, system, idle, iowait, irq, softirq, steal, of which user has guest in it and
// nice guest_nice. Kernels may add columns.
func parseProcStat(text []byte) (machineClock, error) {
	var c machineClock
	found := false
	for line := range bytes.Lines(text) {
		name, rest, ok := strings.Cut(strings.TrimSuffix(string(line), "\n"), " ")
		if !ok || !strings.HasPrefix(name, "cpu") {
			break // those lines come first, and what follows can be long
		}
		if name != "cpu" {
			c.cores++
			continue
		}
		fields := strings.Fields(rest)
		if len(fields) < 8 {
			return machineClock{}, errProcStat
		}
		var ticks [8]int64
		for i := range ticks {
			n, err := strconv.ParseInt(fields[i], 10, 64)
			if err != nil || n < 0 || n > 1<<62/tickNS {
				return machineClock{}, fmt.Errorf("a count that is none: %q", fields[i])
			}
			ticks[i] = n * tickNS
		}
		found = true
		c.busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]
		c.idle, c.iowait, c.steal = ticks[3]+ticks[4], ticks[4], ticks[7]
	}
	if !found || c.cores == 0 {
		return machineClock{}, errProcStat
	}
	return c, nil
}

// describeMachine tells of the machine what does not change while a build runs, and
// which processors a process may use (0: we, and what we start).
func describeMachine(c machineClock, pid int) store.Machine {
	m := store.Machine{Cores: c.cores}
	if c.cores == 0 {
		return m
	}
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(pid, &set); err == nil {
		m.Allowed = set.Count()
	}
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err == nil {
		m.Memory = int64(info.Totalram) * int64(info.Unit)
	}
	m.Model = cpuModel(beginning("/proc/cpuinfo"))
	return m
}

// beginning reads the first few KiB of a file: the kernel writes a paragraph for each
// of hundreds of processors otherwise.
func beginning(name string) []byte {
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	text := make([]byte, 4096)
	n, _ := io.ReadFull(f, text) // a shorter file is one too
	return text[:n]
}

// cpuModel finds the processor's name, which x86, MIPS and others give, and of
// arm64 only some kernels.
func cpuModel(cpuinfo []byte) string {
	for line := range bytes.Lines(cpuinfo) {
		key, value, ok := strings.Cut(string(line), ":")
		if !ok {
			continue
		}
		switch strings.TrimSpace(key) {
		case "model name", "cpu model", "Model", "Hardware":
			if v := strings.TrimSpace(value); v != "" && !strings.ContainsRune(v, 0) {
				return v
			}
		}
	}
	return ""
}

// meanwhile puts into a description how busy the machine was from one moment to
// another. A counter that went back (iowait can, and a processor that was taken away
// takes its own along) counts as one that stood still.
func meanwhile(m store.Machine, from, to machineClock) store.Machine {
	if m.Cores == 0 || from.at.IsZero() || to.at.IsZero() {
		return m
	}
	since := func(a, b int64) int64 { return max(b-a, 0) }
	m.Span = since(0, int64(to.at.Sub(from.at)))
	m.Busy, m.Idle = since(from.busy, to.busy), since(from.idle, to.idle)
	m.IOWait, m.Steal = min(since(from.iowait, to.iowait), m.Idle), since(from.steal, to.steal)
	return m
}
