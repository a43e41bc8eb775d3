package audit

import (
	"cmp"
	"slices"
	"strings"
)

// writers finds the files that two recipes write: whichever runs last wins.
func (c *checker) writers() {
	byFile := map[string][]*unit{}
	for _, u := range c.units {
		if u.work.Lost > 0 {
			continue
		}
		for _, m := range u.work.Outputs {
			if !m.Touched && c.below(m.Path) && !ownedByGenerator(m.Path) {
				byFile[m.Path] = append(byFile[m.Path], u)
			}
		}
	}
	for file, us := range byFile {
		us = distinct(us)
		if len(us) < 2 {
			continue
		}
		// The rule that the file is the target of comes first, then by name.
		slices.SortFunc(us, func(a, b *unit) int {
			return cmp.Or(cmp.Compare(owner(b, file), owner(a, file)), strings.Compare(a.shown, b.shown))
		})
		f := c.finding(Writers, us[0], file)
		f.Target = archiveOf(us[0].shown)
		for _, u := range us[1:] {
			f.Others = append(f.Others, u.shown)
		}
		second := us[1]
		f.Makefile, f.Line, f.Builtin = second.location()
		for _, m := range second.work.Outputs {
			if m.Path == file {
				f.Witness = c.witness(m.Exec, "write", 0)
			}
		}
		f.Proof, f.Reason = Proved, "both were seen to write it"
		f.Repro = "buildgraph rdeps " + quote(c.g.Rel(file))
		c.add(f)
	}
}

// owner is 1 where a file is the unit's own target.
func owner(u *unit, file string) int {
	for _, i := range u.of {
		if archiveOf(u.rules.t.Rules[i].Path) == file {
			return 1
		}
	}
	return 0
}

// distinct leaves one unit of each recipe, whatever make ran it.
func distinct(us []*unit) []*unit {
	seen := map[string]bool{}
	var out []*unit
	for _, u := range us {
		if !seen[u.key()] {
			seen[u.key()] = true
			out = append(out, u)
		}
	}
	return out
}

// below reports whether a path is below the capture root.
func (c *checker) below(p string) bool {
	return c.meta.Root != "" && strings.HasPrefix(p, strings.TrimSuffix(c.meta.Root, "/")+"/")
}

// undeclared finds the files that a recipe writes, no rule names and another
// recipe reads: make can neither order them nor mend them.
func (c *checker) undeclared() {
	readers := map[string][]*unit{}
	for _, u := range c.units {
		if generatorsOwn(u) {
			continue
		}
		for _, in := range u.work.Inputs {
			if !u.makes(in.Names) {
				for _, n := range in.Names {
					readers[n] = append(readers[n], u)
				}
			}
		}
	}
	for _, u := range c.units {
		if u.work.Lost > 0 {
			continue
		}
		for _, m := range u.work.Outputs {
			if m.Touched || !c.below(m.Path) || ownedByGenerator(m.Path) || slices.ContainsFunc(m.Names, func(n string) bool { return c.names[n] }) {
				continue
			}
			var others []string
			for _, r := range readers[m.Path] {
				if r.key() != u.key() && !slices.Contains(others, r.shown) {
					others = append(others, r.shown)
				}
			}
			if len(others) == 0 {
				continue
			}
			slices.Sort(others)
			f := c.finding(Undeclared, u, m.Path)
			f.Others = others
			f.Witness = c.witness(m.Exec, "write", 0)
			f.Proof, f.Reason = Proved, "no rule of any build tool names it"
			f.Repro = "buildgraph rdeps " + quote(f.Input)
			c.add(f)
		}
	}
}
