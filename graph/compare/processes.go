package compare

import (
	"cmp"
	"slices"
	"strings"
)

// run is what programs have in common that are alike but for their arguments.
type run struct{ target, program string }

// leftover are the runs of one program for one target that have no like in the
// other build, in the order in which they began.
type leftover struct{ a, b []program }

// unmatched pairs the runs of both builds that did the same and gives the rest.
func (c *comparison) unmatched() map[run]*leftover {
	type likeness struct {
		run
		args string
	}
	count := map[likeness]int{} // how many more there are in A
	for _, p := range c.a.programs {
		count[likeness{run{p.target, p.Name}, p.like}]++
	}
	for _, p := range c.b.programs {
		count[likeness{run{p.target, p.Name}, p.like}]--
	}
	rest := map[run]*leftover{}
	take := func(s *side, sign int, put func(*leftover, program)) (matched int) {
		for _, p := range s.programs {
			k := likeness{run{p.target, p.Name}, p.like}
			if count[k]*sign <= 0 {
				matched++
				continue
			}
			count[k] -= sign
			l := rest[k.run]
			if l == nil {
				l = &leftover{}
				rest[k.run] = l
			}
			put(l, p)
		}
		return matched
	}
	c.d.A.Common = take(c.a, 1, func(l *leftover, p program) { l.a = append(l.a, p) })
	c.d.B.Common = take(c.b, -1, func(l *leftover, p program) { l.b = append(l.b, p) })
	return rest
}

// innerPrograms finds the programs of targets that both builds ran, with other
// arguments: of each target those next to the build tool, for what they start gets
// its arguments from them.
func (c *comparison) innerPrograms() {
	c.rest = c.unmatched()
	c.inner = map[string][]Inner{}
	depth := map[string]int{}
	for r, l := range c.rest {
		if r.target == "" || len(l.a) == 0 || len(l.b) == 0 {
			continue
		}
		d := min(len(l.a[0].PIDs), len(l.b[0].PIDs))
		if old, ok := depth[r.target]; ok && old < d {
			continue
		} else if !ok || d < old {
			depth[r.target] = d
			c.inner[r.target] = nil
		}
		c.inner[r.target] = append(c.inner[r.target], Inner{r.program, c.words(l.a[0], l.b[0])})
	}
	for _, list := range c.inner {
		slices.SortFunc(list, func(a, b Inner) int { return strings.Compare(a.Program, b.Program) })
	}
}

// words are those in which the arguments of two programs differ.
func (c *comparison) words(a, b program) []Hunk {
	argsA, argsB := c.a.args(a.Program), c.b.args(b.Program)
	return hunks(argsA, argsB, c.a.n.words(argsA, a.PIDs), c.b.n.words(argsB, b.PIDs))
}

// processes counts the programs that ran in one build only.
func (c *comparison) processes() {
	list := map[string]*ProcessChange{}
	runs := make([]run, 0, len(c.rest))
	for r := range c.rest {
		runs = append(runs, r)
	}
	slices.SortFunc(runs, func(a, b run) int {
		return cmp.Or(strings.Compare(a.program, b.program), strings.Compare(a.target, b.target))
	})
	for _, r := range runs {
		l := c.rest[r]
		pairs := min(len(l.a), len(l.b))
		onlyA, onlyB := len(l.a)-pairs, len(l.b)-pairs
		if onlyA+onlyB == 0 && r.target != "" {
			continue // told with the target
		}
		p := list[r.program]
		if p == nil {
			p = &ProcessChange{Program: r.program}
			list[r.program] = p
		}
		p.OnlyA.add(onlyA, r, c)
		p.OnlyB.add(onlyB, r, c)
		if pairs > 0 && r.target == "" {
			p.Changed += pairs
			p.Words = c.words(l.a[0], l.b[0])
		}
	}
	for _, p := range list {
		slices.Sort(p.OnlyA.Targets)
		slices.Sort(p.OnlyB.Targets)
		c.d.Processes = append(c.d.Processes, *p)
	}
	slices.SortFunc(c.d.Processes, func(a, b ProcessChange) int {
		return cmp.Or(b.runs()-a.runs(), strings.Compare(a.Program, b.Program))
	})
}

func (p ProcessChange) runs() int { return p.OnlyA.Count + p.OnlyB.Count + p.Changed }

// add counts n runs for a target, or outside of recipes.
func (s *Runs) add(n int, r run, c *comparison) {
	s.Count += n
	switch {
	case n == 0:
	case r.target == "":
		s.Outside += n
	default:
		s.Targets = append(s.Targets, c.nameOf(r.target))
		if c.a.targets[r.target] == nil || c.b.targets[r.target] == nil {
			s.Alone += n
		}
	}
}

// nameOf is the name of a target by its key. Where that was made up for one run it
// is the same whichever build comes first.
func (c *comparison) nameOf(key string) string {
	a, b := c.a.targets[key], c.b.targets[key]
	switch {
	case a == nil:
		return b.name()
	case b == nil:
		return a.name()
	}
	return min(a.name(), b.name())
}
