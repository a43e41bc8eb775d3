package audit

import (
	"path"
	"slices"
	"strings"

	"buildgraph/graph"
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
	n := c.needsOf(runs)
	for _, i := range u.of {
		if t.Rules[i].Target != u.name {
			continue // another target, of which this one is a link
		}
		for _, p := range t.Rules[i].Prereqs {
			if p.OrderOnly || n.read[p.Path] || p.Path == "" || archiveOf(p.Path) != p.Path || u.own[p.Path] || ownedByGenerator(p.Path) {
				continue
			}
			if c.used[p.Path] || c.inUse(n, p) || c.purpose(u, p) || n.providedBy(p) {
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

// needs is what the runs of one recipe used, told once for all its prerequisites: a
// recipe can have thousands.
type needs struct {
	unit      *unit
	ids       []uint32
	inputs    []graph.Use
	read      map[string]bool // names of the inputs
	arguments string          // of all that they ran
	makers    []*unit         // other recipes that make inputs
	made      map[string]bool // what those write
}

func (c *checker) needsOf(runs []*unit) *needs {
	n := &needs{unit: runs[0], read: map[string]bool{}, made: map[string]bool{}}
	seen := map[*unit]bool{}
	for _, run := range runs {
		n.ids = append(n.ids, run.work.ID)
		n.inputs = append(n.inputs, run.work.Inputs...)
	}
	for _, in := range n.inputs {
		for _, name := range in.Names {
			n.read[name] = true
		}
		for _, m := range c.makersOf(n.unit, in.Names) {
			if seen[m] {
				continue
			}
			seen[m] = true
			n.makers = append(n.makers, m)
			for name := range m.own {
				n.made[name] = true
			}
		}
	}
	var err error
	n.arguments, err = c.g.Arguments(n.ids)
	c.fail(err)
	return n
}

// inUse reports whether a recipe did anything with a prerequisite, or was told its
// name.
func (c *checker) inUse(n *needs, p declared.Prereq) bool {
	touched := c.touchedBy(p.Path)
	return slices.ContainsFunc(n.ids, func(id uint32) bool { return touched[id] }) ||
		strings.Contains(n.arguments, path.Base(p.Path))
}

// touchedBy lists the recipes that did anything with a file.
func (c *checker) touchedBy(file string) map[uint32]bool {
	touched, ok := c.touched[file]
	if !ok {
		var err error
		touched, err = c.g.TouchedBy(file)
		c.fail(err)
		c.touched[file] = touched
	}
	return touched
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

// providedBy reports whether a prerequisite is what brings in a file that the
// recipe used, or orders it after the recipe that makes one.
func (n *needs) providedBy(p declared.Prereq) bool {
	v := n.unit.rules
	// What another make made, this one's rules cannot tell the way to.
	if n.made[p.Path] || slices.ContainsFunc(n.makers, func(m *unit) bool { return m.rules != v }) {
		return true
	}
	behind := v.closure(v.named(p.Name, p.Path), true, nil)
	if len(behind) == 0 {
		return false
	}
	key := keyOf(p.Name, p.Path)
	without := v.closure(n.unit.of, true, func(k string) bool { return k == key })
	only := func(names []string) bool { return declaredAs(behind, names) != "" && declaredAs(without, names) == "" }
	return slices.ContainsFunc(n.inputs, func(in graph.Use) bool { return only(in.Names) }) ||
		slices.ContainsFunc(n.makers, func(m *unit) bool { return only(outputNames(m)) })
}

func outputNames(u *unit) []string {
	names := make([]string, 0, len(u.work.Outputs))
	for _, m := range u.work.Outputs {
		names = append(names, m.Names...)
	}
	return names
}
