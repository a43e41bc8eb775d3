package compare

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

// largeShapes are builds of about 12,000 accesses.
func largeShapes() map[string][]made {
	wide := project(250)
	for i := range 250 {
		for h := range 45 {
			wide[i].reads = append(wide[i].reads, fmt.Sprintf("/usr/include/sys/h%d.h", (i+h)%300))
		}
	}
	one := made{target: "all", programs: []string{"python gen.py"}}
	for i := range 6_000 {
		one.reads = append(one.reads, fmt.Sprintf("in/%d", i))
		one.writes = append(one.writes, fmt.Sprintf("out/%d", i))
	}
	many := make([]made, 1500)
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

// Two traces of 50,000 accesses are compared in about a second, a quarter of that in a
// quarter; the race detector makes that some, and what grows with the square far more.
func TestLarge(t *testing.T) {
	for name, rs := range largeShapes() {
		t.Run(name, func(t *testing.T) {
			changed := make([]made, 0, len(rs))
			for i, r := range rs { // every target differs, and no two alike
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
			t.Logf("%d targets: %v", len(rs), took)
			if took > 15*time.Second {
				t.Errorf("two traces of 12,000 accesses took %v", took)
			}
		})
	}
}
