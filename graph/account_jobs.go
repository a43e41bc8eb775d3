package graph

import (
	"cmp"
	"slices"
	"strings"

	"buildgraph/store"
)

// recipe adds the run of a recipe.
func (c *accountant) recipe(r store.Recipe, own, cpu int64) {
	t := c.t
	j := Job{Recipe: r.ID, Path: targetPath(r), Spelt: r.Target, Tool: r.Tool, Start: r.Start, Own: own, CPU: cpu}
	if j.Path != "" {
		j.Name = t.rel(j.Path)
		j.Sought = c.sought(r, j.Path)
	}
	for _, m := range t.madeBy(t.membersOf(r.ID)) {
		j.Makes = append(j.Makes, t.rel(m.Path))
	}
	for _, l := range t.linesOf(r.ID) {
		j.Failed = failure(l, t.process(r.Tool)) != nil
		if l.End != 0 && (l.ExitCode != 0 || l.Signal != 0) && j.ExitCode == 0 && j.Signal == 0 {
			j.ExitCode, j.Signal = l.ExitCode, l.Signal
		}
		if im := l.firstExec(); im != nil {
			j.Lines = append(j.Lines, Line{Argv: im.Argv, Env: im.Env, Exe: t.path(im.Exe), Cwd: t.rel(t.path(im.Cwd))})
		}
	}
	j.Inputs = c.inputs(t.recipeInputs(r.ID, nil), j.Path)
	c.a.Jobs = append(c.a.Jobs, j)
}

// inputs are the files of some inputs that can be shown; own is the target itself.
func (c *accountant) inputs(in *inputs, own string) *Inputs {
	t := c.t
	list := make([]InputFile, 0, len(in.list))
	for _, i := range in.list {
		p := t.path(i.file)
		if p == own || !t.visible(i.obj, i.file) || !plainFile(i.obj) || !i.obj.carries() || t.inTempDir(p) {
			continue
		}
		rel, ok := c.rels[i.file]
		if !ok {
			rel = t.rel(p)
			c.rels[i.file] = rel
		}
		list = append(list, InputFile{Path: rel, Abs: p, Class: t.classOf(i.obj, i.file, i.kinds), Noise: t.noise(p) || t.cacheFile(p)})
	}
	slices.SortFunc(list, func(a, b InputFile) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(string(a.Class), string(b.Class)))
	})
	list = slices.CompactFunc(list, func(a, b InputFile) bool { return a.Path == b.Path })
	return &Inputs{list}
}

// sought is what the build tool of a recipe learnt of its target by name before it
// ran the recipe.
func (c *accountant) sought(r store.Recipe, target string) Sought {
	return c.t.asked(target, r.Tool, r.Start)
}

// asked is what a process learnt last of a path before a time.
func (t *trace) asked(name string, id store.ProcessID, before int64) Sought {
	src := t.snap.Source // the snapshot leaves out what carries no content
	rows, err := src.FilesByPath(name)
	state, at := SoughtUnknown, int64(-1)
	for _, f := range got(t, "looking up a path in the trace", rows, err) {
		as, err := src.AccessesTo(f.ID)
		for _, a := range got(t, "reading the accesses to a file", as, err) {
			im := t.exec(a.Exec)
			if im == nil || im.Process != id || a.First >= before || a.First < at {
				continue
			}
			switch {
			case a.Kinds&store.AccessAbsent != 0:
				state, at = SoughtAbsent, a.First
			case a.Kinds&store.AccessStat != 0:
				state, at = SoughtPresent, a.First
			}
		}
	}
	return state
}

// unrecipied adds the files that the build made outside of recipes. What one
// program made has the inputs of all of it: to take each file by itself would cost
// as many walks through what the program read.
func (c *accountant) unrecipied() {
	t := c.t
	type group struct {
		objects []*object
		jobs    []int
	}
	groups := map[store.ProcessID]*group{}
	var order []*group
	first := len(c.a.Jobs)
	t.eachOutput(func(o *object, name string) {
		if len(t.makersOf(o, name)) > 0 {
			return
		}
		j := Job{Name: t.rel(name), Path: name, Spelt: t.rel(name), Makes: []string{t.rel(name)}}
		var writer store.ProcessID
		if by := t.lastWriter(o, name); by != nil {
			writer = by.Process
			j.Lines = []Line{{Argv: by.Argv, Env: by.Env, Exe: t.path(by.Exe), Cwd: t.rel(t.path(by.Cwd))}}
		}
		g := groups[writer]
		if g == nil {
			g = &group{}
			groups[writer] = g
			order = append(order, g)
		}
		g.objects = append(g.objects, o)
		g.jobs = append(g.jobs, len(c.a.Jobs))
		c.a.Jobs = append(c.a.Jobs, j)
	})
	for _, g := range order {
		in := c.inputs(t.flowIntoAll(g.objects), "")
		for _, i := range g.jobs {
			c.a.Jobs[i].Inputs = in
		}
	}
	slices.SortFunc(c.a.Jobs[first:], func(a, b Job) int { return strings.Compare(a.Name, b.Name) })
}

// flowIntoAll collects the persistent files whose content flowed into some objects.
func (t *trace) flowIntoAll(objects []*object) *inputs {
	in := newInputs()
	own := make(map[*object]bool, len(objects))
	todo := make([]arrival, 0, len(objects))
	for _, o := range objects {
		own[o] = true
		todo = append(todo, arrival{o, forever})
	}
	t.follow(t.newWalk(), todo, func(f *object) bool { return own[f] }, in)
	return in
}
