package audit

import (
	"path"
	"slices"

	"buildgraph/graph/declared"
)

// redundant finds prerequisites that a recipe does nothing with and that nothing
// else depends on: they only cause work. The makefile's author may know better
// than a trace; whatever could be a reason is taken for one.
func (c *checker) redundant() {
	byKey := map[string][]*unit{}
	var keys []string
	for _, u := range c.units {
		k := u.key() + "\x00" + u.name
		if byKey[k] == nil {
			keys = append(keys, k)
		}
		byKey[k] = append(byKey[k], u)
	}
	for _, k := range keys {
		runs := byKey[k]
		u := runs[0]
		if slices.ContainsFunc(runs, func(u *unit) bool { return !c.certain(u, Redundant) || u.work.Failed }) {
			continue
		}
		if c.neverStale(u) || u.work.Member != "" {
			continue
		}
		c.redundantOf(runs)
	}
}

// redundantOf looks at the prerequisites of one target, by all runs of its recipe.
func (c *checker) redundantOf(runs []*unit) {
	u := runs[0]
	t := u.rules.t
	read := map[string]bool{}
	for _, run := range runs {
		for _, in := range run.work.Inputs {
			for _, n := range in.Names {
				read[n] = true
			}
		}
	}
	for _, i := range u.of {
		if t.Rules[i].Target != u.name {
			continue // another target, of which this one is a link
		}
		for _, p := range t.Rules[i].Prereqs {
			if p.OrderOnly || read[p.Path] || p.Path == "" || archiveOf(p.Path) != p.Path || u.own[p.Path] || ownedByGenerator(p.Path) {
				continue
			}
			if c.used[p.Path] || c.inUse(runs, p) || c.purpose(u, p) || c.providing(runs, p) {
				continue
			}
			f := c.finding(Redundant, u, p.Path)
			if t.Rules[i].Makefile != "" {
				f.Makefile, f.Line = t.Rules[i].Makefile, t.Rules[i].Line
			}
			f.Reason = "a recipe's use of a file is judged by this one build"
			c.add(f)
		}
	}
}

// inUse reports whether a recipe did anything with a prerequisite, or was told its
// name.
func (c *checker) inUse(runs []*unit, p declared.Prereq) bool {
	var ids []uint32
	for _, u := range runs {
		ids = append(ids, u.work.ID)
	}
	touched, ok := c.touched[p.Path]
	if !ok {
		var err error
		touched, err = c.g.TouchedBy(p.Path)
		c.fail(err)
		c.touched[p.Path] = touched
	}
	if slices.ContainsFunc(ids, func(id uint32) bool { return touched[id] }) {
		return true
	}
	named, err := c.g.Named(path.Base(p.Path), ids)
	c.fail(err)
	return named
}

// purpose reports whether a prerequisite is there for something other than its
// content: a phony target, one that forces, a directory, a stamp that nobody reads.
func (c *checker) purpose(u *unit, p declared.Prereq) bool {
	of := u.rules.named(p.Name, p.Path)
	for _, i := range of {
		if u.rules.t.Rules[i].Phony {
			return true
		}
	}
	regular, err := c.g.Regular(p.Path)
	c.fail(err)
	if !regular {
		return true
	}
	makers := c.made[p.Path]
	if len(makers) == 0 {
		return u.rules.made(p.Path) // it has a recipe that did not run: its use is not known
	}
	read, err := c.g.Read(p.Path, makers[0].work.ID)
	c.fail(err)
	return !read
}

// providing reports whether a prerequisite is what brings in a file that the
// recipe used, or orders it after the recipe that makes one.
func (c *checker) providing(runs []*unit, p declared.Prereq) bool {
	u := runs[0]
	key := keyOf(p.Name, p.Path)
	behind := u.rules.closure(u.rules.named(p.Name, p.Path), true, nil)
	without := u.rules.closure(u.of, true, func(k string) bool { return k == key })
	for _, run := range runs {
		for _, in := range run.work.Inputs {
			if declaredAs(behind, in.Names) != "" && declaredAs(without, in.Names) == "" {
				return true
			}
			for _, m := range c.makersOf(u, in.Names) {
				if m.makes([]string{p.Path}) {
					return true // made by the same recipe
				}
				if m.rules != u.rules || declaredAs(without, outputNames(m)) == "" && declaredAs(behind, outputNames(m)) != "" {
					return true
				}
			}
		}
	}
	return false
}

func outputNames(u *unit) []string {
	names := make([]string, 0, len(u.work.Outputs))
	for _, m := range u.work.Outputs {
		names = append(names, m.Names...)
	}
	return names
}
