package compare

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"buildgraph/graph"
)

// text is what a comparison says, for a test to look at.
func text(t testing.TB, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// said is a comparison without the two sides and times.
func said(d Diff) Diff {
	d.A, d.B, d.Slower, d.c = Side{}, Side{}, nil, nil
	return d
}

// mirror is a comparison as it must be when B comes first.
func mirror(d Diff) Diff {
	d.A, d.B = d.B, d.A
	d.OnlyA, d.OnlyB = d.OnlyB, d.OnlyA
	d.AgainA, d.AgainB = d.AgainB, d.AgainA
	hunks := func(hs []Hunk) {
		for i := range hs {
			hs[i].A, hs[i].B = hs[i].B, hs[i].A
		}
	}
	for i := range d.Changed {
		c := &d.Changed[i]
		hunks(c.Command)
		for _, in := range c.Programs {
			hunks(in.Words)
		}
		c.Env = slices.Clone(c.Env) // targets share it
		for j := range c.Env {
			c.Env[j].A, c.Env[j].B = c.Env[j].B, c.Env[j].A
		}
		for j := range c.Tools {
			c.Tools[j].A, c.Tools[j].B = c.Tools[j].B, c.Tools[j].A
		}
		c.Added, c.Removed = c.Removed, c.Added
		for _, p := range []*Pair{c.Exit, c.Runs} {
			if p != nil {
				p.A, p.B = p.B, p.A
			}
		}
	}
	for i := range d.Processes {
		d.Processes[i].OnlyA, d.Processes[i].OnlyB = d.Processes[i].OnlyB, d.Processes[i].OnlyA
		hunks(d.Processes[i].Words)
	}
	for i := range d.Files {
		d.Files[i].InB = !d.Files[i].InB
	}
	for i := range d.Slower {
		s := &d.Slower[i]
		s.RunsA, s.RunsB, s.WallA, s.WallB, s.CPUA, s.CPUB = s.RunsB, s.RunsA, s.WallB, s.WallA, s.CPUB, s.CPUA
	}
	d.c = nil
	return d
}

// A second build in another directory, with other PIDs, jobs, terminal, order and
// temporary names, is the same build.
func TestOtherMachineIsNoDifference(t *testing.T) {
	a, b := play(t, here, project(12)...), play(t, there, project(12)...)
	d := Builds(a, b, Options{MinTime: 1e6, MinShare: 20})
	if !d.Same() || d.Common != 13 || d.A.Common != d.A.Programs || len(d.Slower) > 0 || d.AgainA != nil || d.AgainB != nil {
		t.Errorf("two builds of one project differ:\n%s", text(t, d))
	}
	// What is hidden is there when all is asked for.
	all := Builds(a, b, Options{All: true})
	var names []string
	for _, v := range all.Changed[0].Env {
		if v.Hidden == "" {
			t.Errorf("%s differs and is not hidden", v.Name)
		}
		names = append(names, v.Name)
	}
	// PWD is the capture root in both, which is the same wherever it is.
	if want := []string{"SHLVL", "TERM", "TMUX", "_"}; !slices.Equal(names, want) {
		t.Errorf("hidden variables: %q, want %q", names, want)
	}
}

// vary changes a build in some of the ways in which builds change.
func vary(rnd *rand.Rand, m machine, rs []made) (machine, []made) {
	rs = slices.Clone(rs)
	for range 1 + rnd.IntN(4) {
		i := rnd.IntN(len(rs))
		r := rs[i]
		r.reads, r.programs, r.vars = slices.Clone(r.reads), slices.Clone(r.programs), slices.Clone(r.vars)
		switch rnd.IntN(9) {
		case 0:
			r.programs[0] = strings.Replace(r.programs[0], "-O2", "-O0 -g", 1)
		case 1:
			r.reads = append(r.reads, "new.h")
		case 2:
			r.reads = r.reads[:1]
		case 3:
			r.vars = append(r.vars, "CFLAGS=-g")
		case 4:
			r.exit = 1
		case 5:
			r.programs = append(r.programs, "strip "+r.target)
		case 6:
			r.wall *= 20
		case 7:
			m.cc = "/opt/bin/clang"
		case 8:
			if len(rs) > 2 {
				rs = slices.Delete(rs, i, i+1)
				continue
			}
		}
		r.there, r.absent = rnd.IntN(2) == 0, rnd.IntN(2) == 0
		rs[i] = r
	}
	return m, rs
}

// A build does not differ from itself, and what is said of two does not depend on
// which of them comes first.
func TestSelfAndMirror(t *testing.T) {
	o := Options{MinTime: 1e6, MinShare: 20}
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		base := project(2 + rnd.IntN(6))
		mA, rA := vary(rnd, here, base)
		mB, rB := vary(rnd, there, base)
		a, b := play(t, mA, rA...), play(t, mB, rB...)
		for _, o := range []Options{o, {All: true}, {System: true}} {
			for _, one := range []Build{a, b} {
				if d := Builds(one, one, o); !d.Same() || len(d.Slower) > 0 {
					t.Fatalf("seed %d: a build differs from itself:\n%s", seed, text(t, d))
				}
			}
			forth, back := Builds(a, b, o), Builds(b, a, o)
			if diff := cmp.Diff(text(t, forth), text(t, mirror(back))); diff != "" {
				t.Fatalf("seed %d, %+v: the other way round (-forth +back):\n%s", seed, o, diff)
			}
			if again := text(t, Builds(a, b, o)); again != text(t, forth) {
				t.Fatalf("seed %d: two runs differ", seed)
			}
		}
	}
}

func TestChanges(t *testing.T) {
	for name, c := range map[string]struct {
		change func(m *machine, rs []made)
		want   Diff
	}{
		"flags": {
			func(_ *machine, rs []made) {
				for i := range 2 {
					rs[i].programs[0] = strings.Replace(rs[i].programs[0], "-O2", "-O0 -g", 1)
				}
			},
			Diff{Changed: []Change{
				{Name: "m0.o", Command: []Hunk{{A: []string{"-O2"}, B: []string{"-O0", "-g"}}}},
				{Name: "m1.o", Command: []Hunk{{A: []string{"-O2"}, B: []string{"-O0", "-g"}}}},
			}},
		},
		"inner program": {
			func(_ *machine, rs []made) { rs[1].programs[1] += " -fnew" },
			Diff{Changed: []Change{{Name: "m1.o", Programs: []Inner{{"cc1", []Hunk{{A: []string{}, B: []string{"-fnew"}}}}}}}},
		},
		"header": {
			func(_ *machine, rs []made) { rs[0].reads = []string{"m0.c", "m0.h", "new.h", "/usr/include/stdio.h"} },
			Diff{Changed: []Change{{Name: "m0.o", Added: []Input{{Path: "new.h", Class: graph.Project}}, Removed: []Input{{Path: "all.h", Class: graph.Project}}}}},
		},
		"system header": {
			func(_ *machine, rs []made) {
				for i := range 3 {
					rs[i].reads[3] = "/usr/include/x/stdio.h"
				}
			},
			Diff{Files: []FileChange{
				{Path: "/usr/include/stdio.h", Class: graph.System, Targets: 3},
				{Path: "/usr/include/x/stdio.h", Class: graph.System, InB: true, Targets: 3},
			}},
		},
		"compiler": {
			func(m *machine, _ []made) { m.cc = "/opt/cc" },
			Diff{Changed: slices.Collect(func(yield func(Change) bool) {
				for _, n := range []string{"app", "m0.o", "m1.o", "m2.o"} {
					if !yield(Change{Name: n, Tools: []Tool{{"cc", []string{"/usr/bin/cc"}, []string{"/opt/cc"}}}}) {
						return
					}
				}
			}), Files: []FileChange{
				{Path: "/opt/cc", Class: graph.Tool, InB: true, Targets: 4},
				{Path: "/usr/bin/cc", Class: graph.Tool, Targets: 4},
			}},
		},
		"variable": {
			func(_ *machine, rs []made) { rs[2].vars = []string{"LANG=C", "EMPTY="} },
			Diff{Changed: []Change{{Name: "m2.o", Env: []Variable{{Name: "EMPTY", B: some("")}, {Name: "LANG", B: some("C")}}}}},
		},
		"exit status": {
			func(_ *machine, rs []made) { rs[2].exit = 3 },
			Diff{Changed: []Change{{Name: "m2.o", Exit: &Pair{0, 3}}}},
		},
		"program": {
			func(_ *machine, rs []made) { rs[2].programs = append(rs[2].programs, "strip m2.o") },
			Diff{
				Processes: []ProcessChange{{Program: "strip", OnlyB: Runs{Count: 1, Targets: []string{"m2.o"}}}},
				Files:     []FileChange{{Path: "/usr/bin/strip", Class: graph.Tool, InB: true, Targets: 1}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			mB, rs := there, project(3)
			c.change(&mB, rs)
			d := said(Builds(play(t, here, project(3)...), play(t, mB, rs...), Options{}))
			c.want.Common = 4
			if diff := cmp.Diff(text(t, c.want), text(t, d)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func some(s string) *string { return &s }

func TestOnlyOne(t *testing.T) {
	rs := project(5)
	less := slices.Concat(rs[:1], rs[3:])
	d := Builds(play(t, here, rs...), play(t, there, less...), Options{})
	want := []Target{{Name: "m1.o", Recipe: true, Runs: 1}, {Name: "m2.o", Recipe: true, Runs: 1}}
	if !slices.Equal(d.OnlyA, want) || len(d.OnlyB) > 0 || len(d.Changed) > 0 || d.Common != 4 || !d.Related() {
		t.Errorf("got %s", text(t, d))
	}
	if len(d.Processes) != 2 || d.Processes[0].OnlyA.Count != 2 || !slices.Equal(d.Processes[0].OnlyA.Targets, []string{"m1.o", "m2.o"}) {
		t.Errorf("processes: %s", text(t, d.Processes))
	}
}

// Recipes without a target that ran the same are one, counted, with what one of them ran.
func TestNameless(t *testing.T) {
	once := []graph.Line{{Argv: 1}, {Argv: 2}}
	echo := []line{{words: []string{"echo", "a"}}, {words: []string{"echo", "b"}}}
	all := target{key: unnamed, jobs: []*graph.Job{{Recipe: 1, Lines: once}, {Recipe: 2, Lines: once}}, lines: slices.Concat(echo, echo)}
	if got, want := all.show(), (Target{Command: "echo a echo b", Recipe: true, Runs: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestUnrelated(t *testing.T) {
	other := []made{{target: "book.pdf", writes: []string{"book.pdf"}, reads: []string{"book.tex"}, programs: []string{"latex book.tex"}}}
	d := Builds(play(t, here, project(3)...), play(t, there, other...), Options{})
	if d.Related() || d.Same() {
		t.Errorf("two projects are said to be one:\n%s", text(t, d))
	}
}

func TestSlower(t *testing.T) {
	rs := project(3)
	rs[1].wall, rs[1].cpu = 900e6, 800e6
	rs[2].wall = 600e6 // only waits
	d := Builds(play(t, here, project(3)...), play(t, there, rs...), Options{MinTime: 100e6, MinShare: 20})
	var got []string
	for _, s := range d.Slower {
		got = append(got, fmt.Sprintf("%s program=%t work=%t", s.Name, s.Program, s.Work))
	}
	want := []string{"cc1 program=true work=true", "m1.o program=false work=true", "cc program=true work=false", "m2.o program=false work=false"}
	for _, w := range want {
		if !slices.Contains(got, w) && !strings.HasPrefix(w, "cc ") {
			t.Errorf("not said: %s; got %q", w, got)
		}
	}
	if !d.Same() {
		t.Error("time alone is a difference")
	}
	if d := Builds(play(t, here, project(3)...), play(t, there, rs...), Options{MinTime: 10e9}); len(d.Slower) > 0 {
		t.Errorf("below the threshold, and shown: %+v", d.Slower)
	}
}

// A build that found nothing to do is of the project all the same, where it was in its
// directory or by its command.
func TestIdle(t *testing.T) {
	other := machine{root: "/else", pid: 9, command: "make other"}
	for _, c := range []struct {
		idle machine
		want bool
	}{{here, true}, {there, true}, {other, false}} {
		d := Builds(play(t, here, project(2)...), play(t, c.idle), Options{})
		if a, b := d.Idle(); a || b != c.want {
			t.Errorf("idle in %s: %t, %t, want only B: %t", c.idle.root, a, b, c.want)
		}
		if a, b := Builds(play(t, c.idle), play(t, here, project(2)...), Options{}).Idle(); b || a != c.want {
			t.Errorf("idle in %s as A: %t, %t", c.idle.root, a, b)
		}
		if c.want && !d.Related() {
			t.Errorf("idle in %s: not related", c.idle.root)
		}
	}
	if a, b := Builds(play(t, here), play(t, here), Options{}).Idle(); a || b {
		t.Error("of two builds that did nothing one is idle")
	}
}
