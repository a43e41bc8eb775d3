package audit

import (
	"slices"
	"strings"

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
		switch {
		case v.orders(a[i].target, b[i].target) || v.orders(b[i].target, a[i].target):
			return true, gap{}
		case i == len(a)-1 && remakes(t, first):
			return true, gap{}
		case i == len(b)-1 && remakes(t, then) && !v.forMakefiles(a[i].target):
			return true, gap{} // it read what was there before all else was begun
		}
		for _, group := range []string{a[i].target, b[i].target} {
			if !v.leadsTo(group) {
				c.withholdOrder(t, group)
				return true, gap{}
			}
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

// leadsTo reports whether the tool comes to a recipe by its rules, from its goals
// or its makefiles, as far as those are known. Where it does not and the recipe ran
// all the same, the rules were others when it ran: makefiles ask in conditionals
// for what the build leaves behind (a file of settings that is not there yet).
func (v *rules) leadsTo(group string) bool {
	goals := v.t.Goals()
	if len(goals) == 0 || v.forMakefiles(group) {
		return true
	}
	for _, name := range goals {
		of := v.named(name, "")
		if len(of) == 0 {
			return true
		}
		if v.orders(group, v.group(of[0])) {
			return true
		}
	}
	return false
}

// forMakefiles reports whether a recipe is run in order to remake a makefile, which
// make does before it looks at its goals.
func (v *rules) forMakefiles(group string) bool {
	return slices.ContainsFunc(v.t.Makefiles, func(m string) bool {
		of := v.t.ByPath(m)
		return len(of) > 0 && v.orders(group, v.group(of[0]))
	})
}

// withholdOrder says of a recipe, once, that nothing can be said about its order.
func (c *checker) withholdOrder(t *declared.Tool, group string) {
	name := c.g.Rel(group)
	if phony, ok := strings.CutPrefix(group, "\x00"); ok {
		name = c.shownTarget(t, phony)
	}
	w := Withheld{Target: name, Kinds: []Kind{Race}, Why: "it was run, and the rules as the build left them do not lead to it"}
	same := func(o Withheld) bool { return o.Target == w.Target && o.Why == w.Why }
	if !slices.ContainsFunc(c.out.Withheld, same) {
		c.out.Withheld = append(c.out.Withheld, w)
	}
}

// remakes reports whether a recipe makes a makefile of its make, which does that
// before all else (GNU make manual, "Remaking Makefiles").
func remakes(t *declared.Tool, u *unit) bool {
	return slices.ContainsFunc(t.Makefiles, func(m string) bool { return u.own[m] })
}
