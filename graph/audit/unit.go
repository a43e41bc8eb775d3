package audit

import (
	"path"
	"slices"
	"strings"

	"buildgraph/graph"
	"buildgraph/graph/declared"
	"buildgraph/store"
)

// unit is one run of a recipe with the rules that declare it.
type unit struct {
	work  graph.Work
	rules *rules  // of its tool
	of    []int32 // in tool.Rules: the rules for its target
	name  string  // of the target, as the tool has it
	shown string  // the tool's directory joined with name, as answers show it
	group string  // the same for all targets of one recipe (grouped targets, members of one archive)
	chain []place // the recipes that led to it, outermost make first, itself last
	own   map[string]bool
}

// place is a recipe among those of one make. Runs of one make that were called
// alike are the same make.
type place struct {
	make    string // directory and arguments
	process store.ProcessID
	tool    *declared.Tool
	target  string // group of the recipe
}

// takeUnits pairs every recipe of the trace with its rules, and says how many
// recipes there are.
func (c *checker) takeUnits() (recipes int, err error) {
	works, err := c.g.Works(c.members)
	if err != nil {
		return 0, err
	}
	for _, w := range works {
		t := c.tools[w.Tool]
		if t == nil || t.Failure != "" {
			continue // said once for the tool
		}
		u := c.unitOf(w, t)
		if u == nil {
			continue
		}
		up, err := c.g.Ancestry(w.Tool)
		if err != nil {
			return 0, err
		}
		u.chain = c.chainOf(up, u)
		c.units = append(c.units, u)
		for _, m := range w.Outputs {
			for _, n := range m.Names {
				c.made[n] = append(c.made[n], u)
			}
		}
	}
	return len(works), nil
}

// members lists the members of an archive that have recipes of their own.
func (c *checker) members(r store.Recipe) []string {
	t := c.tools[r.Tool]
	if t == nil || r.Target == "" || !strings.HasSuffix(r.Target, ".a") {
		return nil
	}
	return c.view(t).members(r.Target)
}

// unitOf finds the rules that a recipe was run by, nil where there are none: a
// tool that went on to other rules by itself, or a recipe that nothing names.
func (c *checker) unitOf(w graph.Work, t *declared.Tool) *unit {
	v := c.view(t)
	u := &unit{work: w, rules: v, name: w.Target, own: map[string]bool{}}
	if w.Member != "" {
		u.name = w.Target + "(" + w.Member + ")"
	}
	u.of = v.named(u.name, "")
	if len(u.of) == 0 && w.Path != "" && w.Member == "" {
		u.of = t.ByPath(w.Path)
	}
	if len(u.of) == 0 && w.How != "tag" {
		u.of = v.makerOf(w.Outputs)
	}
	if len(u.of) == 0 {
		return nil
	}
	u.name = t.Rules[u.of[0]].Target
	u.group = v.group(u.of[0])
	u.shown = c.shownTarget(t, u.name)
	for _, m := range w.Outputs {
		for _, n := range m.Names {
			u.own[n] = true
		}
	}
	if p := t.Rules[u.of[0]].Path; p != "" {
		u.own[archiveOf(p)] = true
	}
	if w.Path != "" {
		u.own[w.Path] = true
	}
	return u
}

// shownTarget is the tool's directory joined with its name for a target.
func (c *checker) shownTarget(t *declared.Tool, name string) string {
	if path.IsAbs(name) {
		return c.g.Rel(path.Clean(name))
	}
	return c.g.Rel(path.Join(t.Dir, name))
}

// chainOf lists the places of the recipes that led to a unit.
func (c *checker) chainOf(up []store.Recipe, u *unit) []place {
	var chain []place
	for _, r := range up {
		p := place{make: "?", process: r.Tool, target: r.Target}
		if t := c.tools[r.Tool]; t != nil {
			p.make, p.tool = makeOf(t), t
			if t.Failure == "" {
				if of := c.view(t).named(r.Target, ""); len(of) > 0 {
					p.target = c.view(t).group(of[0])
				}
			}
		}
		chain = append(chain, p)
	}
	return append(chain, place{make: makeOf(u.rules.t), process: u.process(), tool: u.rules.t, target: u.group})
}

// makeOf identifies a make by how it was called: a second run of it knows the
// same rules, and may have made what the first one did not get to.
func makeOf(t *declared.Tool) string { return t.Dir + "\x00" + strings.Join(t.Argv, "\x00") }

// process is the tool that ran the unit; of one that was not run, that should have.
func (u *unit) process() store.ProcessID {
	if u.work.Tool != 0 {
		return u.work.Tool
	}
	return u.rules.t.Process
}

// location tells where the recipe of a unit stands.
func (u *unit) location() (makefile string, line int, builtin bool) {
	builtin = true
	for _, i := range u.of {
		r := &u.rules.t.Rules[i]
		if r.Makefile != "" && (makefile == "" || line == 0) {
			makefile, line = r.Makefile, r.Line
		}
		builtin = builtin && (r.Builtin || r.Makefile == "" && r.Line == 0)
	}
	if makefile == "" && len(u.rules.t.Makefiles) > 0 {
		makefile = u.rules.t.Makefiles[0]
	}
	return makefile, line, builtin
}

// finding begins a finding about a unit and a file.
func (c *checker) finding(k Kind, u *unit, file string) Finding {
	f := Finding{
		Kind: k, Target: u.shown, Input: c.g.Rel(file), Proof: Untested,
		tool: u.rules.t, name: u.name, path: file, unit: u,
	}
	f.Makefile, f.Line, f.Builtin = u.location()
	return f
}

// phony reports whether the unit's target is no file.
func (u *unit) phony() bool {
	return slices.ContainsFunc(u.of, func(i int32) bool { return u.rules.t.Rules[i].Phony })
}

// archiveOf is the archive of a member's path "ARCHIVE(MEMBER)", else the path.
func archiveOf(p string) string {
	if i := strings.LastIndexByte(p, '('); i > 0 && strings.HasSuffix(p, ")") {
		return p[:i]
	}
	return p
}
