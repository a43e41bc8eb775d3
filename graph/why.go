package graph

import (
	"slices"

	"buildgraph/store"
)

// Why answers how a file got into a target: the shortest chain of programs by
// the flow rule, through pipes, temporary files and other outputs. Where content
// did not flow but a recipe on the way read the file (a check, a comparison), the
// chain says so with a step without Flow. No chain is an answer without steps.
func (g *Graph) Why(target, file, cwd string) (Why, error) {
	t := g.t
	to, err := t.resolve(target, cwd, "target")
	if err == nil {
		err = t.noDirectory(to)
	}
	if err == nil && t.err == nil {
		var from subject
		if from, err = t.resolve(file, cwd, "file"); err == nil && t.err == nil {
			w := Why{Target: t.shown(to), File: t.rel(from.path), Complete: t.meta.Complete}
			w.Steps = t.chain(to, from)
			w.Flow = len(w.Steps) > 0 && !slices.ContainsFunc(w.Steps, func(s Step) bool { return !s.Flow })
			if err := t.done(); err != nil {
				return Why{}, err
			}
			return w, nil
		}
	}
	if err := t.done(); err != nil {
		return Why{}, err
	}
	return Why{}, err
}

// link is a place in the search: how an object was reached from the target.
type link struct {
	obj   *object // nil for a target that is no file
	bound int64
	hop   *hop   // from obj to prev.obj; nil for the target
	used  *input // instead of hop: prev's recipe used obj
	prev  *link
	// the recipes of a target that is no file, or of one archive member
	recipes []store.Recipe
	member  string
	path    string
}

// nearby is how many images and recipes a search looks at before it finds out
// first what the file can have reached at all.
const nearby = 200

// chain searches backwards from the target, first by the flow rule alone, then
// also through what recipes read.
func (t *trace) chain(to, from subject) []Step {
	wanted := map[*object]bool{}
	for _, f := range t.filesAt(from.path) {
		wanted[t.objectOf(f.ID)] = true
	}
	if from.obj != nil {
		wanted[from.obj] = true
	}
	if len(wanted) == 0 || to.obj != nil && wanted[to.obj] {
		return nil
	}
	recipes, _ := t.unitOf(to.obj, to.path, to.named)
	begin := &link{obj: to.obj, bound: forever, recipes: recipes, member: to.member, path: to.path}
	s := search{t: t, wanted: wanted, budget: nearby}
	if to.obj != nil && s.from(begin) {
		return t.steps(s.end)
	}
	if s.spent {
		// The target has many ancestors: keep to those that the file reached.
		// On the shortest way there they are soon found; only where no content
		// went that way, all are needed.
		for _, until := range []*object{to.obj, nil} {
			s = search{t: t, wanted: wanted, within: t.reached(wanted, until)}
			if s.from(begin) {
				return t.steps(s.end)
			}
		}
	}
	s = search{t: t, wanted: wanted, byRecipe: true, budget: nearby}
	if s.from(begin) {
		return t.steps(s.end)
	}
	if s.spent {
		s = search{t: t, wanted: wanted, within: t.reached(wanted, nil), byRecipe: true}
		if s.from(begin) {
			return t.steps(s.end)
		}
	}
	return nil
}

// reached collects what may have been made from some objects, directly and
// further on; where until is given, only until that is among it.
func (t *trace) reached(from map[*object]bool, until *object) map[*object]bool {
	found := map[*object]bool{}
	var todo []*object
	push := func(o *object) {
		if !found[o] {
			found[o] = true
			todo = append(todo, o)
		}
	}
	for o := range from {
		push(o)
	}
	units := map[uint32]bool{}
	for len(todo) > 0 && !found[until] {
		recipes, files := t.madeFrom(todo[0], true)
		todo = todo[1:]
		for _, id := range recipes {
			if units[id] {
				continue
			}
			units[id] = true
			for _, out := range t.outputsOf(id) {
				push(out.obj)
			}
		}
		for _, f := range files {
			push(f)
		}
	}
	return found
}

// search is one search for a chain: breadth first, so that the first chain found
// is the shortest.
type search struct {
	t        *trace
	wanted   map[*object]bool
	within   map[*object]bool // persistent files that are worth following; nil: all
	byRecipe bool             // also from a recipe's output to what the recipe read
	budget   int              // images and recipes to look at, at most; 0: all

	end   *link // the chain's beginning, when found
	spent bool  // the budget was too small

	walk   *walk
	recipe map[uint32]bool
	queued map[*object]int64
	todo   []*link
}

// from searches from a target and reports whether there is a chain.
func (s *search) from(begin *link) bool {
	s.walk, s.recipe, s.queued = s.t.newWalk(), map[uint32]bool{}, map[*object]int64{}
	s.todo = []*link{begin}
	for len(s.todo) > 0 && s.end == nil {
		if s.budget > 0 && len(s.walk.execs)+len(s.recipe) > s.budget {
			s.spent = true
			return false
		}
		l := s.todo[0]
		s.todo = s.todo[1:]
		if l.obj != nil && l.member == "" {
			s.walk.into(l.obj, l.bound, nil, func(h hop) {
				s.reach(&link{obj: h.from, bound: h.bound, hop: &h, prev: l, path: s.t.path(h.in.file)})
			})
		}
		if s.byRecipe && (l.obj == nil || !s.t.passes(l.obj)) {
			s.throughRecipes(l)
		}
	}
	return s.end != nil
}

// reach takes note of an object that the search came to.
func (s *search) reach(l *link) {
	if s.end != nil {
		return
	}
	if s.wanted[l.obj] {
		s.end = l
		return
	}
	if at, ok := s.queued[l.obj]; ok && l.bound <= at {
		return
	}
	s.queued[l.obj] = l.bound
	if s.within == nil || s.within[l.obj] || s.t.passes(l.obj) {
		s.todo = append(s.todo, l)
	}
}

// throughRecipes goes from a file to all that its recipes read.
func (s *search) throughRecipes(l *link) {
	recipes := l.recipes
	if l.prev != nil {
		recipes, _ = s.t.unitOfInput(l.obj, l.path)
	}
	for _, r := range recipes {
		if s.recipe[r.ID] {
			continue
		}
		s.recipe[r.ID] = true
		var want func(*process) bool
		if l.member != "" {
			want = func(line *process) bool { return s.t.archives(r.ID, line, l.member) }
		}
		for _, i := range s.t.recipeInputs(r.ID, want).list {
			if i.obj != l.obj && i.by != nil {
				s.reach(&link{obj: i.obj, bound: forever, used: i, prev: l, path: s.t.path(i.file)})
			}
		}
	}
}
