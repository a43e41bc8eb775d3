package graph

import (
	"cmp"

	"buildgraph/store"
)

// PartOptions says which part of a build an export is of.
type PartOptions struct {
	Target string // only what leads to this target; "" for the whole build
	Cwd    string // what Target may be relative to
}

// part is what leads to one target; nil for the whole build.
type part struct {
	recipes map[uint32]bool
	procs   map[store.ProcessID]bool
}

func (p *part) hasProcess(id store.ProcessID) bool { return p == nil || p.procs[id] }
func (p *part) hasRecipe(id uint32) bool           { return p == nil || p.recipes[id] }

// part finds the recipes and processes that lead to a target, with the build tools
// and other processes that they descend from.
func (g *Graph) part(o PartOptions) (*trace, *part, error) {
	if o.Target == "" {
		return g.t, nil, nil
	}
	t := g.t
	s, err := t.resolve(o.Target, o.Cwd, "target")
	if err == nil {
		err = t.noDirectory(s)
	}
	if err := cmp.Or(t.done(), err); err != nil {
		return nil, nil, err
	}
	p := &part{recipes: map[uint32]bool{}, procs: map[store.ProcessID]bool{}}
	t.eachBefore(s, func(recipes []store.Recipe, made *object) {
		for _, r := range recipes {
			p.recipes[r.ID] = true
			for _, m := range t.membersOf(r.ID) {
				t.withAncestors(m, p.procs)
			}
		}
		if len(recipes) == 0 && made != nil {
			for _, w := range t.writes(made) {
				if im := t.exec(w.by); im != nil {
					t.withAncestors(im.Process, p.procs)
				}
			}
		}
	})
	return t, p, t.done()
}

// eachBefore visits all that leads to a target, from it down to the sources: the
// recipes that made something, or where none did, what was made.
func (t *trace) eachBefore(s subject, visit func(recipes []store.Recipe, made *object)) {
	type place struct {
		obj  *object
		path string
	}
	seen := map[*object]bool{s.obj: true}
	done := map[uint32]bool{}
	recipes, how := t.unitOf(s.obj, s.path, s.named)
	for todo := []place{{s.obj, s.path}}; ; {
		in := newInputs()
		switch how {
		case HowRecipe:
			visit(recipes, nil)
			for _, r := range recipes {
				if !done[r.ID] {
					done[r.ID] = true
					in.list = append(in.list, t.recipeInputs(r.ID, nil).list...)
				}
			}
		case HowFlow:
			visit(nil, todo[0].obj)
			t.flowInto(todo[0].obj, in)
		}
		for _, i := range in.list {
			if !seen[i.obj] && t.generated(i.obj, i.file) {
				seen[i.obj] = true
				todo = append(todo, place{i.obj, t.path(i.file)})
			}
		}
		if todo = todo[1:]; len(todo) == 0 {
			return
		}
		recipes, how = t.unitOfInput(todo[0].obj, todo[0].path)
	}
}

// withAncestors adds a process and all that it descends from to a set.
func (t *trace) withAncestors(id store.ProcessID, set map[store.ProcessID]bool) {
	for id != 0 && !set[id] {
		set[id] = true
		p := t.process(id)
		if p == nil {
			return
		}
		id = p.Parent
	}
}
