package compare

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

// largeShapes are builds of about 50,000 accesses / part.
func largeShapes(part int) map[string][]made {
	wide := project(1000 / part)
	for i := range 1000 / part {
		for h := range 45 {
			wide[i].reads = append(wide[i].reads, fmt.Sprintf("/usr/include/sys/h%d.h", (i+h)%300))
		}
	}
	one := made{target: "all", programs: []string{"python gen.py"}}
	for i := range 25_000 / part {
		one.reads = append(one.reads, fmt.Sprintf("in/%d", i))
		one.writes = append(one.writes, fmt.Sprintf("out/%d", i))
	}
	many := make([]made, 6000/part)
	for i := range many {
		many[i] = made{
			target: fmt.Sprintf("t%d", i), programs: []string{fmt.Sprintf("sh -c step%d", i), fmt.Sprintf("cp in%d t%d", i, i)},
			reads: []string{fmt.Sprintf("in%d", i), "common", "/usr/lib/libc.so.6"}, writes: []string{fmt.Sprintf("t%d", i)}, there: true,
		}
	}
	return map[string][]made{"many inputs": wide, "one program": {one}, "many recipes": many}
}

// cpuTime is what this process has used of the processors.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// The time that it takes to compare two traces grows as they do: of four times the
// size, four times as long, not sixteen. (The limit in seconds is TestDiffSpeed's, of
// the program itself; here the race detector may be at work.)
func TestLarge(t *testing.T) {
	small := largeShapes(4)
	for name, large := range largeShapes(1) {
		t.Run(name, func(t *testing.T) {
			least := time.Hour
			for range 3 {
				least = min(least, compareChanged(t, small[name]))
			}
			took := compareChanged(t, large)
			if took > 8*least { // the machine may have been at something else
				took = min(took, compareChanged(t, large))
			}
			t.Logf("%d targets: %v; %d: %v", len(small[name]), least, len(large), took)
			if took > 8*least {
				t.Errorf("two traces of 50,000 accesses took %v, two of a quarter of that %v", took, least)
			}
		})
	}
}

// compareChanged compares a build with one of which every target differs, no two alike,
// and says how much of the processors that took.
func compareChanged(t *testing.T, rs []made) time.Duration {
	t.Helper()
	changed := make([]made, 0, len(rs))
	for i, r := range rs {
		r.vars = []string{fmt.Sprintf("N=%d", i)}
		r.programs = append([]string{fmt.Sprintf("%s -x%d", r.programs[0], i)}, r.programs[1:]...)
		r.there, r.absent = true, false
		changed = append(changed, r)
	}
	fileA, fileB := write(t, here, rs...), write(t, there, changed...)
	began := cpuTime(t)
	d := Builds(account(t, fileA), account(t, fileB), Options{})
	took := cpuTime(t) - began
	if len(d.Changed) != len(rs) {
		t.Errorf("%d of %d targets differ", len(d.Changed), len(rs))
	}
	return took
}
