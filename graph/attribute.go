package graph

import (
	"cmp"
	"slices"

	"buildgraph/store"
)

// attribution says which recipe each process belongs to.
type attribution struct {
	recipes []store.Recipe // by ID, from 1
	of      map[store.ProcessID]uint32
	members map[uint32][]store.ProcessID
}

// Attribute works out the recipes of a whole trace and which process belongs to
// which; processes of no recipe are not in the map. Recipes are numbered from 1
// in the order in which they began.
//
// A recipe is one make process and one target. Its first processes are the
// direct children of make; it is named by the variable that make was told to
// export ($@, see EnvMake), which is believed only where make itself has it in
// its flags and the child is one level below it (MAKELEVEL, GNU make manual,
// "Communicating Options to a Sub-make"). Descendants belong to the same recipe,
// up to the children of a nested build tool. Children without such a name are
// recipes of their own, named by what they wrote.
func Attribute(r Source) ([]store.Recipe, map[store.ProcessID]uint32, error) {
	t := newTrace(r)
	a := t.attribute(func() *trace {
		w, err := overSnapshot(r, writeKinds)
		t.fail("reading the trace", err)
		return w
	})
	if err := t.done(); err != nil {
		return nil, nil, err
	}
	return a.recipes, a.of, nil
}

// unit is a recipe in the making.
type unit struct {
	tool       store.ProcessID
	kind       toolKind
	target     string
	dir        string
	how        string
	start, end int64
	first      store.ProcessID
	procs      []store.ProcessID
	merged     *unit // the unit that this one turned out to be a part of
}

// root is the unit that u ended up in.
func (u *unit) root() *unit {
	for u.merged != nil {
		u = u.merged
	}
	return u
}

// tagged is what names a recipe of a make that tags.
type tagged struct {
	tool   store.ProcessID
	target string
}

// attribute works out the recipes. wide is asked for a trace over everything
// only where outputs must name them.
func (t *trace) attribute(wide func() *trace) *attribution {
	procs, children := t.loadProcesses()
	units := map[store.ProcessID]*unit{}
	named := map[tagged]*unit{}
	var all []*unit
	unnamed := false

	todo := append([]store.ProcessID(nil), children[0]...)
	for len(todo) > 0 {
		p := procs[todo[0]]
		todo = append(todo[1:], children[p.ID]...)
		u := units[p.Parent]
		if by := t.execs[p.ForkedBy]; by != nil && by.tool != notTool {
			u = t.childOfTool(p, by)
			if u != nil && u.how == "tag" {
				k := tagged{u.tool, u.target}
				if named[k] == nil {
					named[k] = u
					all = append(all, u)
				}
				u = named[k]
			} else if u != nil {
				unnamed = true
				all = append(all, u)
			}
		}
		if u == nil {
			continue
		}
		units[p.ID] = u
		u.procs = append(u.procs, p.ID)
		u.start = min(u.start, p.Start)
		u.end = max(u.end, p.End)
	}
	if unnamed {
		if w := wide(); w != nil {
			w.nameByOutputs(all)
			t.fail("naming recipes by what they wrote", w.done())
		}
	}
	return number(all)
}

// childOfTool is the unit that a build tool's direct child begins, nil where it
// begins none: a child of make that is no recipe's ($(shell ...)) is in none.
func (t *trace) childOfTool(p *process, by *image) *unit {
	u := &unit{tool: by.Process, kind: by.tool, start: p.Start, first: p.ID}
	first := p.firstExec()
	switch {
	case first != nil:
		u.dir = t.path(first.Cwd)
	case by.tool == makeTool:
		return nil
	case len(p.images) > 0:
		u.dir = t.path(p.images[0].Cwd)
	}
	if by.tool != makeTool {
		return u
	}
	mine, env := t.envMake(by.Env), t.envMake(first.Env)
	if env.Level != mine.Level+1 {
		return nil // $(shell ...): it has make's own environment (GNU make before 4.4)
	}
	if mine.Tags && env.HasTarget {
		if env.Target == "" {
			return nil // $(shell ...) of GNU make 4.4, which exports to it: there is no $@
		}
		u.target, u.how = env.Target, "tag"
	}
	return u
}

// firstExec is the first image that the process executed itself.
func (p *process) firstExec() *image {
	for _, im := range p.images {
		if im.Seq > 0 {
			return im
		}
	}
	return nil
}

// number turns units into recipes in the order in which they began.
func number(units []*unit) *attribution {
	roots := slices.DeleteFunc(slices.Clone(units), func(u *unit) bool { return u.merged != nil })
	slices.SortFunc(roots, func(a, b *unit) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.first, b.first))
	})
	a := &attribution{of: map[store.ProcessID]uint32{}, members: map[uint32][]store.ProcessID{}}
	for i, u := range roots {
		id := uint32(i + 1)
		slices.Sort(u.procs)
		for _, p := range u.procs {
			a.of[p] = id
		}
		a.members[id] = u.procs
		a.recipes = append(a.recipes, store.Recipe{
			ID: id, Tool: u.tool, Target: u.target, Dir: u.dir, How: u.how, Start: u.start, End: u.end,
		})
	}
	return a
}
