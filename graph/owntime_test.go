package graph

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// spent is what a program took: CPU time and its own wall clock.
type spent struct{ CPU, Own int64 }

// spentBy tells by both answers what each program took; they must agree.
func spentBy(t *testing.T, b *build) map[string]spent {
	t.Helper()
	s, err := b.graph().Stats()
	if err != nil {
		t.Fatal(err)
	}
	stats, account := map[string]spent{}, map[string]spent{}
	add := func(to map[string]spent, name string, cpu, own int64) {
		was := to[name]
		to[name] = spent{was.CPU + cpu, was.Own + own}
	}
	for _, p := range s.Programs {
		add(stats, p.Name, p.CPU, p.Own)
	}
	for _, p := range accountOf(t, b).Programs {
		add(account, p.Name, p.CPU, p.Own)
	}
	if d := cmp.Diff(stats, account); d != "" {
		t.Errorf("stats and account differ, -stats +account:\n%s", d)
	}
	return stats
}

// What a child does between its fork and the program that it becomes is that
// program's, by both clocks.
func TestOwnTimeFromTheFork(t *testing.T) {
	b := newBuild(t, "/p")
	sh := b.start(".", "sh", "build.sh")
	sed := sh.fork().lasts(100)
	sed.exec("sed").lasts(20).exit()
	sh.exit()
	b.procs[1].CPU = 1100
	got := spentBy(t, b)
	if want := (spent{1100, b.procs[1].End - b.procs[1].Start}); got["sed"] != want || want.Own < want.CPU {
		t.Errorf("sed took %+v, not %+v", got["sed"], want)
	}
}

// A subshell is its shell's, also where it becomes another program after it has worked.
func TestOwnTimeOfSubshells(t *testing.T) {
	b := newBuild(t, "/p")
	sh := b.start(".", "sh", "build.sh")
	sh.fork().lasts(50).exit()
	sub := sh.fork().lasts(200)
	sub.fork().lasts(5).exit()
	sub.exec("cat").lasts(3).exit()
	sh.exit()
	for i := range b.procs {
		b.procs[i].CPU = int64(i + 1)
	}
	if got := spentBy(t, b); got["sh"].CPU != 10 || got["cat"] != (spent{}) || got["sh"].Own != b.procs[0].End-b.execs[1].Start {
		t.Errorf("%+v", got)
	}
}

// Of a shell that becomes a command the one that ran longer counts.
func TestOwnTimeOfTheLongest(t *testing.T) {
	b := newBuild(t, "/p")
	b.start(".", "sh", "-c", "exec cc").lasts(2).exec("cc").lasts(100).exit()
	b.procs[0].CPU = 900
	got := spentBy(t, b)
	if want := (spent{900, b.procs[0].End - b.execs[1].Start}); got["cc"] != want || got["sh"] != (spent{}) {
		t.Errorf("%+v, not %+v", got, want)
	}
}

// A make works while its recipes run: its own time is no less than that on a CPU, and
// no more than it lived.
func TestOwnTimeBesideChildren(t *testing.T) {
	for _, c := range []struct{ cpu, least, most int64 }{{0, 0, 100}, {700, 700, 700}, {1 << 40, 1000, 2000}} {
		b, mk := makefile(t)
		mk.recipe("x", "cc").lasts(100).exit()
		mk.exit()
		b.procs[0].CPU = c.cpu
		lived := b.procs[0].End - b.execs[1].Start
		if own := spentBy(t, b)["make"].Own; own < c.least || own > min(c.most, lived) {
			t.Errorf("with %d ns on a CPU make's own time is %d of %d", c.cpu, own, lived)
		}
	}
}

// Both answers agree on any build, and no program has more CPU time than it ran.
func TestOwnTimesAgree(t *testing.T) {
	for seed := range uint64(100) {
		b := random(t, seed)
		for i := range b.procs {
			b.procs[i].CPU = max(0, b.procs[i].End-b.procs[i].Start) * int64(seed%3) / 2
		}
		for name, w := range spentBy(t, b) {
			if seed%3 < 2 && w.CPU > w.Own+10 {
				t.Errorf("seed %d: %s took %+v", seed, name, w)
			}
		}
	}
}
