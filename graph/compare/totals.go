package compare

import (
	"cmp"
	"slices"
	"strings"

	"buildgraph/graph"
)

// systemFiles finds the system files and tools that the targets of both builds used
// in one of them only, all targets together: a compiler of another version brings
// the same ones to each.
func (c *comparison) systemFiles() {
	if c.o.System {
		return // told target by target
	}
	type use struct {
		class   graph.Class
		targets int
	}
	used := func(s *side, of func(couple) *target) map[string]*use {
		all := map[string]*use{}
		for _, both := range c.common {
			for _, f := range allInputs(of(both)).Files {
				if f.Noise || ofProject(f) {
					continue
				}
				if all[f.Path] == nil {
					all[f.Path] = &use{class: f.Class}
				}
				all[f.Path].targets++
			}
		}
		return all
	}
	inA := used(c.a, func(b couple) *target { return b.a })
	inB := used(c.b, func(b couple) *target { return b.b })
	only := func(in, other map[string]*use, b bool) {
		for p, u := range in {
			if other[p] == nil {
				c.d.Files = append(c.d.Files, FileChange{Path: p, Class: u.class, InB: b, Targets: u.targets})
			}
		}
	}
	only(inA, inB, false)
	only(inB, inA, true)
	slices.SortFunc(c.d.Files, func(a, b FileChange) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Targets, b.Targets))
	})
}

// slower finds the targets and programs whose time differs by more than noise.
func (c *comparison) slower() {
	for _, both := range c.common {
		c.longer(Slower{
			Name: c.nameOf(both.a.key), RunsA: len(both.a.jobs), RunsB: len(both.b.jobs),
			WallA: both.a.wall, WallB: both.b.wall, CPUA: both.a.cpu, CPUB: both.b.cpu,
		})
	}
	programs := map[string]*Slower{}
	sum := func(s *side, add func(*Slower, program)) {
		for _, p := range s.programs {
			if programs[p.Name] == nil {
				programs[p.Name] = &Slower{Name: p.Name, Program: true}
			}
			add(programs[p.Name], p)
		}
	}
	sum(c.a, func(s *Slower, p program) { s.RunsA++; s.WallA += p.Own; s.CPUA += p.CPU })
	sum(c.b, func(s *Slower, p program) { s.RunsB++; s.WallB += p.Own; s.CPUB += p.CPU })
	for _, s := range programs {
		if s.RunsA > 0 && s.RunsB > 0 {
			c.longer(*s)
		}
	}
	slices.SortFunc(c.d.Slower, func(a, b Slower) int {
		return cmp.Or(cmp.Compare(b.most(), a.most()), strings.Compare(a.Name, b.Name))
	})
}

// most is the larger of the differences of wall and CPU time.
func (s Slower) most() int64 { return max(distance(s.WallA, s.WallB), distance(s.CPUA, s.CPUB)) }

func distance(a, b int64) int64 { return max(a-b, b-a) }

// longer takes what differs enough.
func (c *comparison) longer(s Slower) {
	enough := func(a, b int64) bool {
		return distance(a, b) > 0 && distance(a, b) >= c.o.MinTime && distance(a, b)*100 >= max(a, b)*int64(c.o.MinShare)
	}
	s.Work = enough(s.CPUA, s.CPUB)
	if s.Work || enough(s.WallA, s.WallB) {
		c.d.Slower = append(c.d.Slower, s)
	}
}
