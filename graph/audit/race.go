package audit

import (
	"maps"
	"slices"

	"buildgraph/graph"
)

// races finds the files that a recipe used, that another recipe of the build
// makes, and that nothing orders it after.
func (c *checker) races() {
	for _, u := range c.units {
		if u.work.Lost > 0 {
			continue
		}
		for _, in := range c.inputsOf(u) {
			if makers, gaps := c.unordered(u, in); len(makers) > 0 {
				f := c.finding(Race, u, in.Path)
				f.Others, f.gaps = makers, gaps
				f.Witness = c.witness(in.Exec, callOf(in), in.Time)
				f.Proof, f.Reason = Proved, "no declared path leads from the one recipe to the other"
				f.Repro = raceRepro(c, u.rules.t, in.Path, u)
				c.add(f)
			}
		}
	}
	c.unmetNeeds()
}

// unordered lists the targets of the recipes that make a file and that a recipe
// is not ordered after. Of several runs of one recipe one that comes first will do.
func (c *checker) unordered(u *unit, in graph.Use) (makers []string, gaps []gap) {
	runs := map[string][]*unit{}
	for _, m := range c.makersOf(u, in.Names) {
		runs[m.key()] = append(runs[m.key()], m)
	}
	for _, key := range slices.Sorted(maps.Keys(runs)) {
		settled := false
		var open gap
		for _, m := range runs[key] {
			ok, g := c.ordered(m, u)
			if settled = settled || ok; g.rules != nil {
				open = g
			}
		}
		if shown := runs[key][0].shown; !settled && !slices.Contains(makers, shown) {
			makers, gaps = append(makers, shown), append(gaps, open)
		}
	}
	slices.Sort(makers)
	return makers, gaps
}

// unmetNeeds finds the makes that failed for want of a file that they have no rule
// for and that another make of the build makes: nothing made that one run first.
func (c *checker) unmetNeeds() {
	ran := map[string]bool{}
	for _, u := range c.units {
		ran[u.key()] = true
	}
	for _, t := range c.d.Tools {
		failed, err := c.g.Failed(t.Process)
		c.fail(err)
		if t.Failure != "" || !failed {
			continue
		}
		v := c.view(t)
		for i := range t.Rules {
			r := &t.Rules[i]
			key := t.Dir + "\x00" + v.group(int32(i))
			if !r.HasRecipe || ran[key] {
				continue
			}
			for _, p := range r.Prereqs {
				if p.Path == "" || len(c.made[p.Path]) == 0 || len(v.named(p.Name, p.Path)) > 0 && v.made(p.Path) {
					continue
				}
				absent, err := c.g.SoughtBy(p.Path, t.Process)
				c.fail(err)
				if !absent {
					continue
				}
				c.unmet(v, int32(i), p.Path)
			}
		}
	}
}

// unmet reports the race of one target that could not even be begun.
func (c *checker) unmet(v *rules, rule int32, file string) {
	up, err := c.g.Ancestry(v.t.Process)
	c.fail(err)
	u := &unit{rules: v, of: []int32{rule}, name: v.t.Rules[rule].Target, group: v.group(rule)}
	u.shown = c.shownTarget(v.t, u.name)
	u.chain = c.chainOf(up, u)
	if makers, gaps := c.unordered(u, graph.Use{Path: file, Names: []string{file}}); len(makers) > 0 {
		f := c.finding(Race, u, file)
		f.Others, f.gaps = makers, gaps
		f.Proof, f.Reason = Proved, "make stopped for want of it"
		f.Repro = raceRepro(c, v.t, file, u)
		c.add(f)
	}
}

// made reports whether the tool has a recipe for a file.
func (v *rules) made(file string) bool {
	return slices.ContainsFunc(v.t.ByPath(file), func(i int32) bool { return v.t.Rules[i].HasRecipe })
}
