package audit

import (
	"slices"

	"buildgraph/graph"
	"buildgraph/graph/declared"
)

// missing finds the files that a recipe read and that no normal prerequisite
// names, directly or through targets that would be remade.
func (c *checker) missing() {
	for _, u := range c.units {
		if !c.certain(u, Missing) || c.neverStale(u) {
			continue
		}
		known := u.rules.closure(u.of, false, nil)
		for _, in := range c.inputsOf(u) {
			if declaredAs(known, in.Names) != "" {
				continue
			}
			f := c.finding(Missing, u, in.Path)
			f.Witness = c.witness(in.Exec, callOf(in), in.Time)
			f.Repro = dryRun(c, u.rules.t, in.Path, u.name)
			f.Reason = c.undecided(u)
			f.nested = len(c.nested(u, in.Names)) > 0
			c.add(f)
		}
	}
}

// inputsOf lists what a recipe needed that it does not make itself: what it read,
// and, where it failed, what it sought and another recipe makes.
func (c *checker) inputsOf(u *unit) []graph.Use {
	var ins []graph.Use
	if generatorsOwn(u) {
		return nil
	}
	for _, in := range u.work.Inputs {
		if !u.makes(in.Names) && !ownedByGenerator(in.Path) && !c.intermediate(u, in.Names) {
			ins = append(ins, in)
		}
	}
	for _, in := range u.work.Sought {
		if !u.makes(in.Names) && len(c.makersOf(u, in.Names)) > 0 {
			ins = append(ins, in)
		}
	}
	return ins
}

// makes reports whether the recipe itself writes a file of one of these names: its
// own outputs, and what it updates in place.
func (u *unit) makes(names []string) bool {
	for _, n := range names {
		if u.own[n] {
			return true
		}
	}
	return false
}

// nested lists the recipes that write a file of one of these names in a make that
// the unit's own recipe runs.
func (c *checker) nested(u *unit, names []string) []*unit {
	is := func(p place) bool { return p.process == u.process() && p.target == u.group }
	var ms []*unit
	for _, n := range names {
		for _, m := range c.made[n] {
			if len(m.chain) > 0 && slices.ContainsFunc(m.chain[:len(m.chain)-1], is) {
				ms = append(ms, m)
			}
		}
	}
	return ms
}

// intermediate reports whether a file is made by the same makefile, in a make that
// the recipe itself runs: who else may make it, here it is the recipe's own.
func (c *checker) intermediate(u *unit, names []string) bool {
	return slices.ContainsFunc(c.nested(u, names), func(m *unit) bool { return m.rules.t.Dir == u.rules.t.Dir })
}

// makersOf lists the other recipes that write a file of one of these names.
func (c *checker) makersOf(u *unit, names []string) []*unit {
	var ms []*unit
	for _, n := range names {
		for _, m := range c.made[n] {
			if m.key() != u.key() {
				ms = append(ms, m)
			}
		}
	}
	return ms
}

// key identifies the recipe of a unit, whichever run of it.
func (u *unit) key() string { return u.rules.t.Dir + "\x00" + u.group }

// declaredAs is the name under which a file is among declared nodes, "" where it
// is not.
func declaredAs(known map[string]step, names []string) string {
	for _, n := range names {
		if _, ok := known[n]; ok {
			return n
		}
	}
	return ""
}

// neverStale reports whether the target is remade by every run of its tool, or
// cannot be asked about: nothing can be missing then.
func (c *checker) neverStale(u *unit) bool {
	if u.phony() || u.work.Target == "" && len(u.work.Outputs) == 0 {
		return true
	}
	r := &u.rules.t.Rules[u.of[0]]
	if r.Path != "" && !u.work.Failed && u.rules.t.Kind == declared.KindMake {
		if !r.Intermediate && !r.Secondary && !(c.updated(u, archiveOf(r.Path)) && c.there(archiveOf(r.Path))) {
			return true // it ran, and left the target as old as it was, or another removed it
		}
	}
	for _, i := range u.of {
		for _, p := range u.rules.t.Rules[i].Prereqs {
			if !p.OrderOnly && c.alwaysNew(u.rules, p) {
				return true
			}
		}
	}
	return false
}

// updated reports whether a recipe wrote its target, set its times or named it.
// What it did to it in a way that was not seen is seen by its being there.
func (c *checker) updated(u *unit, target string) bool {
	for _, m := range u.work.Outputs {
		for _, n := range m.Names {
			if n == target {
				return true
			}
		}
	}
	return false
}

// alwaysNew reports whether a prerequisite makes its target old at every run: a
// phony one, or a target that is never there (GNU make manual, "Force Targets").
func (c *checker) alwaysNew(v *rules, p declared.Prereq) bool {
	of := v.named(p.Name, p.Path)
	if len(of) == 0 {
		return false
	}
	for _, i := range of {
		r := &v.t.Rules[i]
		if r.Phony {
			return true
		}
		if r.Intermediate || r.Secondary || r.Path == "" {
			return false
		}
	}
	if v.t.Kind != declared.KindMake {
		return false
	}
	return !c.there(archiveOf(v.t.Rules[of[0]].Path))
}

// there reports whether there is a file of that name when the build ends, as far as
// the trace knows.
func (c *checker) there(name string) bool {
	there, err := c.g.Exists(name)
	c.fail(err)
	return there
}

// undecided is why the tool's own word cannot decide about a target, "" where it
// can.
func (c *checker) undecided(u *unit) string {
	if u.work.Failed {
		return "its recipe failed"
	}
	return ""
}

// callOf names the system call's kind.
func callOf(in graph.Use) string {
	switch {
	case in.Moved:
		return "rename"
	case in.Ran:
		return "execute"
	}
	return "read"
}
