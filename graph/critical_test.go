package graph

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"buildgraph/store"
)

// chainOf tells the recipes of a chain and what each used of the one before.
func chainOf(c Critical) []string {
	list := []string{}
	for _, s := range c.Chain {
		if s.Kind == StepRecipe {
			list = append(list, s.Name)
		}
	}
	return list
}

// began lets time go by in a process.
func (p *proc) lasts(ticks int64) *proc {
	p.b.clock += 10 * ticks
	return p
}

// withRecipe runs a recipe that takes some time, from a time on.
func withRecipe(mk *proc, target string, start, ticks int64, reads, writes []string) {
	mk.b.clock = start
	mk.recipe(target, "tool").reads(reads...).lasts(ticks).writes(writes...).exit()
}

// The chain goes by what was used, not by when it ran: an unrelated recipe that took
// longer than each part of it is not on it.
func TestCritical(t *testing.T) {
	b, mk := makefile(t)
	withRecipe(mk, "gen.h", 1000, 30, []string{"gen.in"}, []string{"gen.h"})
	withRecipe(mk, "a.o", 2000, 40, []string{"a.c", "gen.h"}, []string{"a.o"})
	withRecipe(mk, "docs", 3000, 60, []string{"docs.in"}, []string{"docs"})
	withRecipe(mk, "b.o", 4000, 10, []string{"b.c"}, []string{"b.o"})
	withRecipe(mk, "app", 5000, 5, []string{"a.o", "b.o"}, []string{"app"})
	mk.exit()
	c, err := b.graph().Critical()
	if err != nil {
		t.Fatal(err)
	}
	if got := chainOf(c); !slices.Equal(got, []string{"gen.h", "a.o", "app"}) {
		t.Errorf("the chain is %q", got)
	}
	if c.Commands || c.Recipes != 5 || c.Slots != 1 || c.Ideal >= c.Wall || c.Wall != b.procs[0].End-b.procs[0].Start {
		t.Errorf("%+v", c)
	}
	for _, s := range c.Chain {
		// What came last of what it needed is b.o, though the longer chain is by a.o.
		if s.Name == "app" && (s.Via != "a.o" || s.Ready != b.procs[4].End || s.Wait() != s.Start-s.Ready || s.Full != 0) {
			t.Errorf("%+v", s)
		}
	}
}

// Whether all cores were busy is what the kernel counted, or else what the recipes ran.
func TestCriticalCrowded(t *testing.T) {
	for _, c := range []struct {
		m    store.Machine
		cpu  int64
		want bool
	}{
		{store.Machine{}, 5000, false},
		{store.Machine{Cores: 4, Allowed: 2}, 1000, false},
		{store.Machine{Cores: 4, Allowed: 2}, 5000, true},
		{store.Machine{Cores: 2, Span: 100, Busy: 100, Idle: 100}, 5000, false},
		{store.Machine{Cores: 2, Span: 100, Busy: 180, Idle: 20}, 0, true},
	} {
		b, mk := makefile(t)
		withRecipe(mk, "x", 100, 200, nil, []string{"x"})
		mk.exit()
		b.procs[1].CPU, b.meta.Hardware = c.cpu, c.m
		if got := b.graph().mustCritical(t); got.Crowded != c.want {
			t.Errorf("%+v, %d: %+v", c.m, c.cpu, got)
		}
	}
}

// A step that waits while all job slots are taken waits for one of them.
func TestCriticalWaitsForASlot(t *testing.T) {
	b, mk := makefile(t)
	one := mk.recipe("one", "tool").lasts(100)
	one.exit()
	withRecipe(mk, "two", b.clock, 200, []string{"in"}, []string{"two"})
	mk.exit()
	c := b.graph().mustCritical(t)
	for _, s := range c.Chain {
		if s.Name == "two" && (s.Wait() < 1000 || s.Full < 1000 || s.Full > s.Wait()) {
			t.Errorf("%+v", s)
		}
	}
	if got := chainOf(c); !slices.Equal(got, []string{"two"}) {
		t.Errorf("the chain is %q", got)
	}
}

// Orders that are no content: a directory, a name that is replaced, a file that was
// removed, a listing; and what orders nothing: a log that all append to, mkdir -p.
func TestPlanNeeds(t *testing.T) {
	type use func(p *proc)
	for name, c := range map[string]struct {
		first, then use
		want        bool
	}{
		"content":        {func(p *proc) { p.writes("x") }, func(p *proc) { p.reads("x") }, true},
		"nothing":        {func(p *proc) { p.writes("x") }, func(p *proc) { p.reads("y") }, false},
		"the other way":  {func(p *proc) { p.reads("x") }, func(p *proc) { p.writes("x") }, true}, // it was replaced under it
		"renamed":        {func(p *proc) { p.writes("x.tmp").rename("x.tmp", "x") }, func(p *proc) { p.reads("x") }, true},
		"asked for":      {func(p *proc) { p.writes("x") }, func(p *proc) { p.touch("x", store.AccessStat) }, true},
		"executed":       {func(p *proc) { p.writes("x") }, func(p *proc) { p.run("./x").exit() }, true},
		"both append":    {func(p *proc) { p.appends("/p/log") }, func(p *proc) { p.appends("/p/log") }, false},
		"both replace":   {func(p *proc) { p.writes("y.tab.c") }, func(p *proc) { p.writes("y.tab.c") }, true},
		"removed":        {func(p *proc) { p.reads("x") }, func(p *proc) { p.unlink("x") }, true},
		"a cache":        {func(p *proc) { p.writes("m/__pycache__/a.pyc") }, func(p *proc) { p.reads("m/__pycache__/a.pyc") }, false},
		"a device":       {func(p *proc) { p.writes("/dev/null") }, func(p *proc) { p.reads("/dev/null") }, false},
		"listed":         {func(p *proc) { p.writes("d/new") }, func(p *proc) { p.b.dir("/p/d"); p.touch("d", store.AccessList) }, true},
		"in a directory": {func(p *proc) { p.op(store.OpMkdir, p.b.dir("/p/obj"), 0, "") }, func(p *proc) { p.writes("obj/x.o") }, true},
		"deep in it":     {func(p *proc) { p.op(store.OpMkdir, p.b.dir("/p/obj"), 0, "") }, func(p *proc) { p.writes("obj/a/b/x.o") }, true},
		"its own mkdir -p": {func(p *proc) { p.op(store.OpMkdir, p.b.dir("/p/obj"), 0, "") },
			func(p *proc) { p.run("mkdir", "-p", "obj").exit(); p.writes("obj/x.o") }, false},
		"temporary":       {func(p *proc) { p.writes("/tmp/x") }, func(p *proc) { p.reads("/tmp/x") }, true},
		"hard link":       {func(p *proc) { p.writes("x").link("x", "y") }, func(p *proc) { p.reads("y") }, true},
		"looked for":      {func(p *proc) { p.touch("x", store.AccessAbsent) }, func(p *proc) { p.writes("x") }, true},
		"updated by both": {func(p *proc) { p.reads("l.a").appends("l.a") }, func(p *proc) { p.reads("l.a").appends("l.a") }, true},
	} {
		b, mk := makefile(t)
		one := mk.recipe("one", "tool")
		c.first(one)
		one.exit()
		two := mk.recipe("two", "tool")
		c.then(two)
		two.exit()
		mk.exit()
		p, err := b.graph().Plan()
		if err != nil {
			t.Fatal(err)
		}
		from, to := p.Exit(1), p.Entry(2)
		got := slices.ContainsFunc(p.Needs, func(n Need) bool { return n.From == from && n.To == to })
		if got != c.want {
			t.Errorf("%s: needed is %v; %+v", name, got, p.Needs)
		}
	}
}

// A recipe that runs makes is what it does before and after them; what they run is
// not counted twice, and that one ran after the other is no need.
func TestPlanRecursive(t *testing.T) {
	b, mk := makefile(t)
	sh := mk.recipe("sub", "sh", "-c", "make -C a; make -C b")
	for _, d := range []string{"a", "b"} {
		m := sh.run("make", "-C", d).tags(1)
		m.recipe(d+"/x", "tool").reads(d + "/x.in").lasts(20).writes(d + "/x").exit()
		m.exit()
	}
	sh.exit()
	mk.recipe("all", "tool").reads("a/x", "b/x").writes("all").exit()
	mk.exit()
	p, err := b.graph().Plan()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[StepKind]int{}
	for _, s := range p.Steps {
		kinds[s.Kind]++
	}
	want := map[StepKind]int{StepRecipe: 3, StepBefore: 1, StepAfter: 1, StepReading: 3, StepEnding: 3, StepOutside: 1}
	if d := cmp.Diff(want, kinds); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if len(p.Scripts) != 1 || len(p.Scripts[0].Needs) != 1 || len(p.With(p.Scripts[0].Recipe)) != 3 {
		t.Errorf("scripts %+v", p.Scripts)
	}
	c := b.graph().mustCritical(t)
	if n := len(slices.DeleteFunc(chainOf(c), func(s string) bool { return s == "all" })); n != 1 {
		t.Errorf("a and b are both on the chain: %q", chainOf(c))
	}
}

// Reading the makefiles of a sub-make waits for those that an earlier recipe made, not
// for what the sub-make asks for by name or opens when its recipes run.
func TestPlanReading(t *testing.T) {
	for name, c := range map[string]struct {
		before, during func(m *proc)
		want           bool
	}{
		"nothing":             {func(*proc) {}, func(*proc) {}, false},
		"a makefile":          {func(m *proc) { m.reads("lib/l.a") }, func(*proc) {}, true},
		"asked for":           {func(m *proc) { m.touch("lib/l.a", store.AccessStat) }, func(*proc) {}, false},
		"asked for later":     {func(*proc) {}, func(m *proc) { m.touch("lib/l.a", store.AccessStat) }, false},
		"opened later":        {func(*proc) {}, func(m *proc) { m.reads("lib/l.a") }, false},
		"asked for, opened":   {func(m *proc) { m.touch("lib/l.a", store.AccessStat).reads("lib/l.a") }, func(*proc) {}, true},
		"a recipe's own uses": {func(*proc) {}, func(m *proc) { m.recipe("src/prog", "tool").reads("lib/l.a").exit() }, false},
	} {
		b, mk := makefile(t)
		sh := mk.recipe("all", "sh", "-c", "make -C lib; make -C src")
		lib := sh.run("make", "-C", "lib").tags(1)
		lib.recipe("lib/l.a", "tool").lasts(100).writes("lib/l.a").exit()
		lib.exit()
		src := sh.run("make", "-C", "src").tags(1)
		c.before(src)
		src.recipe("src/main.o", "tool").lasts(90).writes("src/main.o").exit()
		c.during(src)
		src.exit()
		sh.exit()
		mk.exit()
		p, err := b.graph().Plan()
		if err != nil {
			t.Fatal(err)
		}
		made, later := p.Exit(2), p.Entry(3)
		if got := NewOrder(p.Steps, p.Needs).After([]int{made})[later]; p.Steps[made].Name != "lib/l.a" || p.Steps[later].Name != "src/main.o" || got != c.want {
			t.Errorf("%s: src/main.o comes after lib/l.a: %v; %+v", name, got, p.Steps)
		}
		if len(p.Scripts) != 1 || len(p.Scripts[0].Needs) != 1 {
			t.Errorf("%s: scripts %+v", name, p.Scripts)
		}
	}
}

func (g *Graph) mustCritical(t *testing.T) Critical {
	t.Helper()
	c, err := g.Critical()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Without a build tool the commands of the script are the steps.
func TestCriticalOfAScript(t *testing.T) {
	b := newBuild(t, "/p")
	sh := b.start(".", "sh", "build.sh")
	cc := sh.run("cc", "-c", "a.c")
	cc.run("cc1").reads("a.c").lasts(20).writes("/tmp/a.s").exit()
	cc.run("as").reads("/tmp/a.s").writes("a.o").exit()
	cc.exit()
	sh.run("cc", "-c", "b.c").reads("b.c").lasts(5).writes("b.o").exit()
	sh.run("ld", "a.o", "b.o").reads("a.o", "b.o").writes("app").exit()
	sh.exit()
	c := b.graph().mustCritical(t)
	if got := chainOf(c); !c.Commands || c.Recipes != 3 || !slices.Equal(got, []string{"cc -c a.c", "ld a.o b.o"}) {
		t.Errorf("%v: %q", c.Commands, got)
	}
}

// randomOrder is an order of steps with random lengths and needs, on a random number
// of lanes so that all needs go forward in time.
func randomOrder(r *rand.Rand) ([]PlanStep, []Need) {
	n := 1 + r.IntN(10)
	var steps []PlanStep
	now := int64(0)
	for range n {
		steps = append(steps, PlanStep{Kind: StepRecipe, Start: now, End: now + int64(r.IntN(50))})
		if r.IntN(2) == 0 {
			now = steps[len(steps)-1].End
		}
		now += int64(r.IntN(3))
	}
	var needs []Need
	for to := range n {
		for from := range to {
			if steps[from].End <= steps[to].Start && r.IntN(3) == 0 {
				needs = append(needs, Need{From: from, To: to})
			}
		}
	}
	return steps, needs
}

// longestByHand tries every chain.
func longestByHand(steps []PlanStep, needs []Need) int64 {
	var most int64
	var follow func(i int, length int64)
	follow = func(i int, length int64) {
		length += steps[i].End - steps[i].Start
		most = max(most, length)
		for _, n := range needs {
			if n.From == i {
				follow(n.To, length)
			}
		}
	}
	for i := range steps {
		follow(i, 0)
	}
	return most
}

func TestLongestChain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		steps, needs := randomOrder(r)
		o := NewOrder(steps, needs)
		chain, length := o.Longest(nil)
		if want := longestByHand(steps, needs); length != want {
			t.Fatalf("%d instead of %d: %+v %+v", length, want, steps, needs)
		}
		var sum, work int64
		for i, s := range chain {
			sum += steps[s].End - steps[s].Start
			if i > 0 && len(o.Between(chain[i-1], s)) == 0 {
				t.Fatalf("%v is no chain of %+v", chain, needs)
			}
		}
		wall, longest := int64(0), int64(0)
		for _, s := range steps {
			wall, longest = max(wall, s.End), max(longest, s.End-s.Start)
			work += s.End - s.Start
		}
		if sum != length || length > wall || length < longest {
			t.Fatalf("a chain of %d (%d) in a build of %d whose longest step is %d", length, sum, wall, longest)
		}
		// Without one need the chain is what it is by hand without it.
		if len(needs) > 0 {
			out := needs[r.IntN(len(needs))]
			_, without := o.Longest(func(n Need) bool { return n == out })
			left := slices.DeleteFunc(slices.Clone(needs), func(n Need) bool { return n == out })
			if want := longestByHand(steps, left); without != want {
				t.Fatalf("without %+v it is %d instead of %d", out, without, want)
			}
		}
		// Infinite cores are bounded by the chain, one core by the work, and Graham's
		// bound holds between.
		if got := o.Simulate(0); got != length {
			t.Fatalf("with infinite cores %d, the chain is %d", got, length)
		}
		if got := o.Simulate(1); got != work {
			t.Fatalf("with one core %d, the work is %d", got, work)
		}
		for _, cores := range []int64{2, 3, 8} {
			got := o.Simulate(int(cores))
			if got < max(length, (work+cores-1)/cores) || got > work/cores+length+1 {
				t.Fatalf("with %d cores %d: chain %d, work %d", cores, got, length, work)
			}
		}
	}
}

// What comes after some steps is what a walk finds.
func TestAfter(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		steps, needs := randomOrder(r)
		from := r.IntN(len(steps))
		want := make([]bool, len(steps))
		var walk func(int)
		walk = func(i int) {
			for _, n := range needs {
				if n.From == i && !want[n.To] {
					want[n.To] = true
					walk(n.To)
				}
			}
		}
		walk(from)
		if d := cmp.Diff(want, NewOrder(steps, needs).After([]int{from})); d != "" {
			t.Fatalf("after %d of %+v: -want +got:\n%s", from, needs, d)
		}
	}
}

// Many makers and users of one thing are ordered through points, as they would be one
// by one.
func TestManyPairs(t *testing.T) {
	b, mk := makefile(t)
	const n = 50
	for i := range n {
		mk.recipe("w"+string(rune('A'+i)), "tool").reads("lib.a").appends("lib.a").exit()
	}
	mk.exit()
	p, err := b.graph().Plan()
	if err != nil {
		t.Fatal(err)
	}
	o := NewOrder(p.Steps, p.Needs)
	for i := uint32(1); i <= n; i++ {
		after := o.After([]int{p.Exit(i)})
		for j := uint32(1); j <= n; j++ {
			if after[p.Entry(j)] != (j > i) {
				t.Fatalf("recipe %d after %d: %v", j, i, after[p.Entry(j)])
			}
		}
	}
	if len(p.Needs) > 10*n {
		t.Errorf("%d needs", len(p.Needs))
	}
}

// Of random builds: the chain is no longer than the build, no shorter than its longest
// recipe, and its steps do not overlap.
func TestCriticalOfRandomBuilds(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 9))
		b, mk := makefile(t)
		var made []string
		for i := range 3 + r.IntN(12) {
			name := "t" + string(rune('a'+i))
			p := mk.recipe(name, "tool")
			for range r.IntN(3) {
				if len(made) > 0 {
					p.reads(made[r.IntN(len(made))])
				}
			}
			p.lasts(int64(r.IntN(40))).writes(name).exit()
			made = append(made, name)
		}
		mk.exit()
		c := b.graph().mustCritical(t)
		var longest, at int64
		rs, _, err := Attribute(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range rs {
			longest = max(longest, x.End-x.Start)
		}
		for _, s := range c.Chain {
			if s.Start < at || s.Ready > s.Start {
				t.Errorf("seed %d: %+v begins before %d", seed, s, at)
			}
			at = s.End
		}
		if c.Ideal > c.Wall || c.Ideal < longest {
			t.Errorf("seed %d: a chain of %d in a build of %d, longest recipe %d", seed, c.Ideal, c.Wall, longest)
		}
		if last := c.Schedules[len(c.Schedules)-1]; last.Wall != c.Ideal {
			t.Errorf("seed %d: with %d cores %d, the chain is %d", seed, last.Cores, last.Wall, c.Ideal)
		}
	}
}
