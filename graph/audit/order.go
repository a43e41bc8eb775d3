package audit

import (
	"slices"

	"buildgraph/graph/declared"
)

// gap is where an order is missing: in the last make that two recipes have in
// common, between two recipes of it. No tool: they have no make in common.
type gap struct {
	rules       *rules
	first, then string // groups
}

// ordered reports whether one recipe always runs before another, or always after
// it, at any -j, and where not. Both are followed up through the recipes that ran
// their makes to the last make that they have in common.
func (c *checker) ordered(first, then *unit) (bool, gap) {
	a, b := first.chain, then.chain
	for i := 0; i < len(a) && i < len(b); i++ {
		if a[i].make != b[i].make || a[i].make == "?" {
			return c.apart(first, then, i), gap{}
		}
		if a[i].target == b[i].target {
			continue
		}
		t := a[i].tool
		if t == nil || t.Failure != "" {
			return true, gap{} // nothing is known of it: no finding
		}
		v := c.view(t)
		if v.orders(a[i].target, b[i].target) || v.orders(b[i].target, a[i].target) || i == len(a)-1 && remakes(t, first) {
			return true, gap{}
		}
		return false, gap{v, a[i].target, b[i].target}
	}
	return true, gap{} // the same recipe, or the one ran the other's make
}

// apart reports whether two recipes that belong to different makes from their i-th
// place on ran one after the other: one shell, or one recipe, called both.
func (c *checker) apart(first, then *unit, i int) bool {
	p, q := first.chain[i].process, then.chain[i].process
	pStart, pEnd, err := c.g.Span(p)
	c.fail(err)
	qStart, qEnd, err := c.g.Span(q)
	c.fail(err)
	return pEnd != 0 && pEnd <= qStart || qEnd != 0 && qEnd <= pStart
}

// remakes reports whether a recipe makes a makefile of its make, which does that
// before all else (GNU make manual, "Remaking Makefiles").
func remakes(t *declared.Tool, u *unit) bool {
	return slices.ContainsFunc(t.Makefiles, func(m string) bool { return u.own[m] })
}
