package graph

import (
	"testing"

	"buildgraph/store"
)

// A build took as long as the process that began first ran; where its end was not
// seen, until all was over, or at least until the last that is known.
func TestWallClock(t *testing.T) {
	for _, c := range []struct {
		name  string
		procs []store.Process
		meta  store.Meta
		want  extent
	}{
		{"none", nil, store.Meta{Finished: true, Ended: 50}, extent{0, 0, 50, false}},
		{"one", []store.Process{{ID: 1, Start: 10, End: 40}}, store.Meta{Finished: true, Ended: 50}, extent{10, 40, 50, false}},
		{"left behind", []store.Process{{ID: 1, Start: 10, End: 40}, {ID: 2, Start: 20, End: 45}}, store.Meta{Finished: true, Ended: 50}, extent{10, 40, 50, false}},
		{"not by number", []store.Process{{ID: 1, Start: 10, End: 40}, {ID: 2, Start: 5, End: 45}}, store.Meta{Finished: true, Ended: 50}, extent{5, 45, 50, false}},
		{"end not seen", []store.Process{{ID: 1, Start: 10}, {ID: 2, Start: 20, End: 45}}, store.Meta{Finished: true, Ended: 50}, extent{10, 50, 50, true}},
		{"end not seen, but how", []store.Process{{ID: 1, Start: 10}, {ID: 2, Start: 20, End: 45}}, store.Meta{Finished: true, Ended: 50, ExitCode: 2}, extent{10, 50, 50, false}},
		{"killed", []store.Process{{ID: 2, Start: 20, End: 30}, {ID: 3, Start: 40, End: 60}}, store.Meta{}, extent{20, 60, 60, true}},
		{"killed at once", nil, store.Meta{}, extent{0, 0, 0, true}},
	} {
		w := wallClock{last: c.meta.Ended}
		for _, p := range c.procs {
			w.add(p)
		}
		if got := w.extent(c.meta); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// Of a killed capture's trace the first process has no row, and what it did is the last
// that is known; a status other than 0 is of a build that has ended, whatever was lost.
func TestExtent(t *testing.T) {
	b, mk := makefile(t)
	begun := b.procs[0].Start
	mk.recipe("a", "touch").writes("a").exit()
	mk.reads("Makefile")
	last := b.clock
	check := func(what string, want extent) {
		t.Helper()
		got, err := extentOf(b)
		if err != nil || got != want {
			t.Errorf("%s: %+v (%v), want %+v", what, got, err, want)
		}
	}
	b.meta.Ended = last + 500
	check("outlived the watching", extent{begun, last + 500, last + 500, true})
	b.meta.ExitCode = 2
	check("failed, which was not seen", extent{begun, last + 500, last + 500, false})
	b.meta.ExitCode = 0
	b.meta.Finished, b.meta.Complete, b.meta.Ended = false, false, 0
	check("killed", extent{begun, last, last, true})

	g := New(b)
	c, err := g.Critical()
	if err != nil || !c.Unended || c.Wall != last-begun {
		t.Errorf("critical path: %+v, %v", c, err)
	}
	s, err := g.Stats()
	if err != nil || !s.Build.Unended || s.Build.Wall != last-begun || s.Build.Start != begun {
		t.Errorf("stats: %+v, %v", s.Build, err)
	}
	if _, known := s.Build.Busy(); known || s.Build.KnowsIdle() {
		t.Error("stats say how many cores were busy, or stood idle, of a build that was not seen to end")
	}
	a, err := g.Account()
	if err != nil || !a.Unended || a.Wall != last-begun {
		t.Errorf("account: %d %t, %v", a.Wall, a.Unended, err)
	}
	tl, err := g.Timeline()
	if err != nil || !tl.Unended || tl.Wall != last-begun || tl.End != last {
		t.Errorf("timeline: %+v, %v", tl, err)
	}
	if c := g.Capture(); !c.Unended || c.Ended != last {
		t.Errorf("capture: %+v", c)
	}
	if u, err := g.Unended(); err != nil || !u {
		t.Errorf("unended: %t, %v", u, err)
	}
}

// What a make ran that has no row is not known to be recipes; nothing says that there
// were none.
func TestRecipesLost(t *testing.T) {
	b, mk := makefile(t)
	mk.recipe("a", "touch").writes("a").exit()
	lost := func() bool {
		t.Helper()
		c, err := New(b).Critical()
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(b).Stats()
		if err != nil || s.Build.RecipesLost != c.RecipesLost {
			t.Fatalf("stats: %t, critical path: %t (%v)", s.Build.RecipesLost, c.RecipesLost, err)
		}
		return c.RecipesLost
	}
	if lost() {
		t.Error("a trace that was finished lost recipes")
	}
	b.meta.Finished, b.meta.Complete, b.meta.Ended = false, false, 0
	if lost() {
		t.Error("make has a row, and its recipes are lost")
	}
	b.lost = map[uint32]bool{1: true}
	for _, e := range b.execs {
		b.lost[1000+uint32(e.ID)] = b.lost[1000+uint32(e.ID)] || e.Process == 1 && e.Seq > 0
	}
	if !lost() {
		t.Error("make has no row, and its recipes are known")
	}
}
