package graph

import (
	"slices"
	"testing"

	"buildgraph/store"
)

func accountOf(t *testing.T, b *build) *Account {
	t.Helper()
	a, err := b.graph().Account()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func paths(in *Inputs) []string {
	var list []string
	for _, f := range in.Files {
		if f.Class == Project || f.Class == Generated {
			list = append(list, f.Path)
		}
	}
	return list
}

// What no recipe made is a job too. Of what one program made the inputs are all that
// it read.
func TestAccountOutsideRecipes(t *testing.T) {
	b := newBuild(t, "/p")
	sh := b.start(".", "sh", "build.sh").reads("build.sh")
	gen := sh.run("gen").reads("a.in", "b.in").writes("a.out", "b.out")
	gen.exit()
	sh.run("cp").reads("c.in").writes("c.out").exit()
	sh.exit()
	a := accountOf(t, b)
	if len(a.Jobs) != 3 || len(a.Programs) != 3 {
		t.Fatalf("%d jobs, %d programs", len(a.Jobs), len(a.Programs))
	}
	for i, want := range []struct {
		name string
		in   []string
	}{{"a.out", []string{"a.in", "b.in", "build.sh"}}, {"b.out", []string{"a.in", "b.in", "build.sh"}}, {"c.out", []string{"build.sh", "c.in"}}} {
		j := a.Jobs[i]
		if j.Name != want.name || j.Recipe != 0 || !slices.Equal(paths(j.Inputs), want.in) {
			t.Errorf("job %d: %s from %q, want %s from %q", i, j.Name, paths(j.Inputs), want.name, want.in)
		}
	}
	if a.Jobs[0].Inputs != a.Jobs[1].Inputs {
		t.Error("what one program made has inputs of its own each")
	}
}

// A recipe's own time is without that of the recipes of a make that it ran, and a
// program's without that of the programs that it started.
func TestAccountOwnTime(t *testing.T) {
	b, mk := makefile(t)
	b.clock += 100
	outer := mk.recipe("all", "make", "-C", "sub").tags(1)
	inner := outer.recipe("sub/x.o", "cc", "x.c").reads("x.c").writes("sub/x.o")
	b.clock += 10_000
	inner.exit()
	outer.exit()
	mk.exit()
	a := accountOf(t, b)
	own := map[string]int64{}
	for _, j := range a.Jobs {
		own[j.Spelt] = j.Own
	}
	if own["sub/x.o"] < 10_000 || own["all"] > 1000 {
		t.Errorf("own times of recipes: %v", own)
	}
	for _, p := range a.Programs {
		if p.Name == "make" && p.Own > 1000 || p.Name == "cc" && p.Own < 10_000 {
			t.Errorf("%s: %d ns of its own", p.Name, p.Own)
		}
	}
}

// What make learnt of a target before it ran the recipe counts, not what it saw
// afterwards, nor what others saw.
func TestAccountSought(t *testing.T) {
	b, mk := makefile(t)
	absent := func(p *proc, name string) {
		b.files = append(b.files, store.File{ID: store.FileID(len(b.files) + 1), Path: b.abs(p.cwd, name), Kind: store.KindAbsent})
		p.touchRow(store.FileID(len(b.files)), store.AccessAbsent)
	}
	absent(mk, "new.o")
	mk.touch("old.o", store.AccessStat)
	for _, name := range []string{"new.o", "old.o", "unasked.o"} {
		p := mk.recipe(name, "cc", name)
		absent(p, "old.o")
		p.reads("x.c").writes(name).exit()
	}
	mk.touch("unasked.o", store.AccessStat)
	mk.exit()
	got := map[string]Sought{}
	for _, j := range accountOf(t, b).Jobs {
		got[j.Name] = j.Sought
	}
	for name, want := range map[string]Sought{"new.o": SoughtAbsent, "old.o": SoughtPresent, "unasked.o": SoughtUnknown} {
		if got[name] != want {
			t.Errorf("%s: %d, want %d", name, got[name], want)
		}
	}
}

// A trace that was cut short misses rows that others name.
func TestAccountMissingRows(t *testing.T) {
	for seed := range uint64(40) {
		b := random(t, seed)
		b.lost = map[uint32]bool{uint32(1 + seed%uint64(len(b.procs))): true, uint32(1001 + seed%uint64(len(b.execs))): true}
		accountOf(t, b)
	}
}
