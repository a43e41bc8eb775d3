package graph

import (
	"cmp"
	"slices"
	"strings"

	"buildgraph/store"
)

// DepsOptions says how much [Graph.Deps] shows.
type DepsOptions struct {
	All        bool // also system files, tools, noise and listed directories
	Transitive bool // also what the generated inputs were made from
	Flow       bool // only what flowed into that very file, also for a recipe's target
}

// The values of Deps.How.
const (
	HowRecipe = "recipe" // the inputs are a recipe's
	HowFlow   = "flow"   // the inputs are what flowed into the file
	HowSource = "source" // the build did not write the file: it was made from nothing
)

// Deps answers what a target was really made from. The target is a path, as
// given relative to cwd or to the capture root or absolute, or the name of a
// target of a build tool. A name that the trace does not know is an
// [*UnknownError], a directory that no recipe made a [*DirectoryError].
func (g *Graph) Deps(target, cwd string, o DepsOptions) (Deps, error) {
	t := g.t
	s, err := t.resolve(target, cwd, "target")
	if err == nil {
		err = t.noDirectory(s)
	}
	if err := cmp.Or(t.done(), err); err != nil {
		return Deps{}, err
	}
	d := Deps{Target: t.shown(s), Complete: t.meta.Complete}
	c := t.newCollector(s, o)
	recipes, how := t.unitOf(s.obj, s.path, s.named)
	if how == HowRecipe && s.member == "" {
		others, none := t.otherMakers(s.obj, s.path, recipes)
		recipes = append(others, recipes...)
		if none && !o.Flow {
			c.collect(s.obj, recipes, how, "")
		}
		if none {
			recipes, how = nil, HowFlow
		}
	}
	if o.Flow && s.obj != nil && t.written(s.obj) {
		how = HowFlow
	}
	if len(recipes) > 0 {
		r := t.describe(lastRun(recipes), s)
		d.Recipe = &r
	}
	d.Written, d.Exists = t.made(s.obj), s.obj != nil && t.there(s.obj, s.path)
	d.How = how
	if how == HowSource {
		d.Hint = t.effort().Hint()
	}
	c.collect(s.obj, recipes, how, s.member)
	if o.Transitive {
		c.transitive()
	}
	d.Inputs, d.Outside = c.inputs(), t.outside(c.outside)
	if err := t.done(); err != nil {
		return Deps{}, err
	}
	return d, nil
}

// otherMakers are the recipes that wrote a file where that of its name did not (it
// only looks whether the file is there, or something has replaced the file since);
// none says that no recipe at all did, and yet it was written.
func (t *trace) otherMakers(o *object, p string, named []store.Recipe) (others []store.Recipe, none bool) {
	if o == nil || !t.written(o) {
		return nil, false
	}
	makers := t.makersOf(o, p)
	if slices.ContainsFunc(named, func(r store.Recipe) bool { return slices.Contains(makers, r.ID) }) {
		return nil, false
	}
	for _, id := range makers {
		others = append(others, t.recipe(id))
	}
	return others, len(makers) == 0
}

// lastRun is the recipe to tell of several that answer together: the first one, as
// it was run last.
func lastRun(recipes []store.Recipe) store.Recipe {
	last := recipes[0]
	for _, r := range recipes[1:] {
		if r.Target != "" && targetPath(r) == targetPath(last) {
			last = r
		}
	}
	return last
}

// made reports whether the build wrote an object or gave it its last name.
func (t *trace) made(o *object) bool {
	return o != nil && (t.written(o) || len(o.rows) > 0 && t.generated(o, o.rows[len(o.rows)-1].ID))
}

// there reports whether a path leads to a file at the end of the build; o is the
// one that it had last.
func (t *trace) there(o *object, p string) bool {
	if slices.Contains(t.namesOf(o), p) {
		return true
	}
	h := t.holder(p)
	return h.file != 0 && t.movedTo(p, h.since) == p
}

// shown is a subject's name in answers.
func (t *trace) shown(s subject) string {
	if s.member != "" {
		return t.rel(s.path) + "(" + s.member + ")"
	}
	return t.rel(s.path)
}

// unitOf decides what answers for a file or target: its recipes, or the flow
// rule alone.
func (t *trace) unitOf(o *object, p string, named []store.Recipe) ([]store.Recipe, string) {
	if o == nil {
		return named, HowRecipe
	}
	makers := t.makersOf(o, p)
	// Of several runs of the named recipe, those that are in the file.
	var of []store.Recipe
	for _, r := range named {
		if slices.Contains(makers, r.ID) {
			of = append(of, r)
		}
	}
	switch {
	case len(of) > 0:
		return of, HowRecipe
	case len(named) > 0:
		return named, HowRecipe
	case len(makers) > 0:
		for _, id := range makers {
			of = append(of, t.recipe(id))
		}
		return of, HowRecipe
	case t.made(o):
		return nil, HowFlow
	}
	return nil, HowSource
}

// unitOfInput is unitOf for a file found as an input.
func (t *trace) unitOfInput(o *object, p string) ([]store.Recipe, string) {
	var named []store.Recipe
	for _, id := range t.makersOf(o, p) {
		if r := t.recipe(id); targetPath(r) == p {
			named = append(named, r)
		}
	}
	return t.unitOf(o, p, named)
}

// collector gathers the inputs of one answer.
type collector struct {
	t    *trace
	s    subject
	o    DepsOptions
	seen map[string]*found
	todo []*input // generated inputs to go on from
	done map[uint32]bool
	gone map[*object]bool

	outside []string // files that are not shown, see [Outside]
}

// found is an input by its shown path.
type found struct {
	class Class
	kinds store.AccessKind
	moved bool
}

func (t *trace) newCollector(s subject, o DepsOptions) *collector {
	return &collector{t: t, s: s, o: o, seen: map[string]*found{}, done: map[uint32]bool{}, gone: map[*object]bool{}}
}

// collect adds the inputs of one file: of its recipes, or what flowed into it.
func (c *collector) collect(o *object, recipes []store.Recipe, how, member string) {
	t := c.t
	switch how {
	case HowRecipe:
		for _, r := range recipes {
			if c.done[r.ID] {
				continue
			}
			c.done[r.ID] = true
			var want func(*process) bool
			if member != "" {
				want = func(line *process) bool { return t.archives(r.ID, line, member) }
			}
			c.add(t.recipeInputs(r.ID, want), targetPath(r))
			if c.o.All {
				c.addListed(t.listedBy(r.ID, want))
			}
		}
	case HowFlow:
		in := newInputs()
		t.flowInto(o, in)
		c.add(in, "")
	}
}

// add takes the inputs that are to be shown. own is the path of the target that
// they were collected for.
func (c *collector) add(in *inputs, own string) {
	t := c.t
	for _, i := range in.list {
		p := t.path(i.file)
		if i.obj == c.s.obj || p == own || p == c.s.path || !t.visible(i.obj, i.file) {
			continue
		}
		class := t.classOf(i.obj, i.file, i.kinds)
		if !c.o.All && t.cacheFile(p) {
			if src := t.cachedSource(p); src != 0 && src != i.file {
				o := t.objectOf(src)
				if class := t.classOf(o, src, 0); t.ofInterest(o, src, class) {
					c.take(&input{obj: o, file: src, kinds: store.AccessRead}, class)
				}
			}
			continue
		}
		switch {
		case c.o.All || t.ofInterest(i.obj, i.file, class):
			c.take(i, class)
		case class == System && plainFile(i.obj) && i.obj.carries() && t.sharesProject(p) && !t.noise(p):
			c.outside = append(c.outside, p)
		}
	}
}

func (c *collector) take(i *input, class Class) {
	shown := c.t.rel(c.t.path(i.file))
	f := c.seen[shown]
	if f == nil {
		f = &found{class: class}
		c.seen[shown] = f
	}
	f.kinds |= i.kinds
	f.moved = f.moved || i.moved
	if class == Generated {
		f.class = class
		c.todo = append(c.todo, i)
	}
}

// addListed takes directories whose entries were listed.
func (c *collector) addListed(in *inputs) {
	for _, i := range in.list {
		if i.obj.kind == store.KindDirectory && c.t.visible(i.obj, i.file) {
			c.take(&input{obj: i.obj, file: i.file, kinds: store.AccessList}, c.t.classOf(i.obj, i.file, 0))
		}
	}
}

// transitive goes on from the generated inputs until only sources are left.
func (c *collector) transitive() {
	for len(c.todo) > 0 {
		i := c.todo[0]
		c.todo = c.todo[1:]
		if c.gone[i.obj] || !plainFile(i.obj) {
			continue
		}
		c.gone[i.obj] = true
		recipes, how := c.t.unitOfInput(i.obj, c.t.path(i.file))
		if c.o.Flow && how == HowRecipe {
			how = HowFlow
		}
		c.collect(i.obj, recipes, how, "")
	}
}

// inputs are the collected inputs, sorted by path.
func (c *collector) inputs() []Input {
	list := make([]Input, 0, len(c.seen))
	for p, f := range c.seen {
		list = append(list, Input{Path: p, Class: f.class, Access: accessList(f.kinds, f.moved)})
	}
	slices.SortFunc(list, func(a, b Input) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// describe is a recipe as shown to a person.
func (t *trace) describe(r store.Recipe, s subject) Recipe {
	d := Recipe{Target: t.rel(targetPath(r)), Dir: t.rel(r.Dir), Named: r.How}
	if r.Target == "" {
		d.Target = ""
	}
	if s.member != "" {
		d.Target = t.shown(s)
	}
	tool := t.process(r.Tool)
	if tool != nil {
		d.Tool = t.toolName(tool)
	}
	for _, line := range t.linesOf(r.ID) {
		if s.member != "" && !t.archives(r.ID, line, s.member) {
			continue
		}
		// What comes after a line shows that the tool did not mind its end.
		d.Failed = failure(line, tool)
		if im := line.firstExec(); im != nil {
			d.Lines = append(d.Lines, commandLine(t.argv(im.Argv)))
		}
	}
	return d
}

// failure is how a line of a recipe failed, nil where it did not. A tool that
// itself ended well ignored it ("-" before the line, make -i).
func failure(line, tool *process) *Failure {
	ended := func(p *process) bool { return p.End != 0 }
	succeeded := func(p *process) bool { return ended(p) && p.ExitCode == 0 && p.Signal == 0 }
	if !ended(line) || succeeded(line) || tool != nil && succeeded(tool) {
		return nil
	}
	if line.Signal != 0 {
		return &Failure{Signal: line.Signal}
	}
	return &Failure{ExitCode: line.ExitCode}
}
