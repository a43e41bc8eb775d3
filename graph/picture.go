package graph

import (
	"cmp"
	"fmt"
	"strings"

	"buildgraph/store"
)

// PictureOptions says what [Graph.Picture] draws.
type PictureOptions struct {
	Target string // only what leads to this target; "" for the whole build
	Cwd    string // what Target may be relative to
	Procs  bool   // the tree of processes instead of files and recipes
	All    bool   // also system files and tools
	Limit  int    // nodes at most; 0: no limit
}

// Picture draws the build: project and generated files, and between them the
// recipes as boxes (the writing processes, where there are no recipes). The same
// trace gives the same picture.
func (g *Graph) Picture(o PictureOptions) (Picture, error) {
	t := g.t
	var err error
	if o.Target == "" {
		if t, err = g.wide(); err != nil {
			return Picture{}, err
		}
	}
	c := newCanvas(t, o.All)
	title := strings.Join(t.meta.Command, " ")
	if o.Target != "" {
		s, err := t.resolve(o.Target, o.Cwd, "target")
		if err == nil {
			err = t.noDirectory(s)
		}
		if err := cmp.Or(t.done(), err); err != nil {
			return Picture{}, err
		}
		title = t.shown(s)
		if o.Procs {
			c.processesOf(s)
		} else {
			c.upstream(s)
		}
	} else if o.Procs {
		c.processes()
	} else {
		c.everything()
	}
	c.settle()
	if o.Procs {
		c.limitProcesses(o.Limit)
	} else {
		c.limitFiles(o.Limit)
	}
	p := c.picture()
	p.Title, p.Complete = title, t.meta.Complete
	if err := t.done(); err != nil {
		return Picture{}, err
	}
	return p, nil
}

// file draws a file by its shown path.
func (c *canvas) file(p string, class Class) uint32 {
	shown := c.t.rel(p)
	n := c.node("file:"+shown, shown, string(class), "")
	if class == Generated {
		c.shapes[n].Kind = string(Generated)
	}
	return n
}

// reads draws what a box was made from and returns the generated ones.
func (c *canvas) reads(box uint32, in *inputs, own string) []*input {
	var generated []*input
	for _, i := range in.list {
		p := c.t.path(i.file)
		if p == own || !c.t.visible(i.obj, i.file) || i.obj.kind == store.KindDirectory {
			continue
		}
		class := c.t.classOf(i.obj, i.file, i.kinds)
		if !c.t.ofInterest(i.obj, i.file, class) && (!c.all || c.t.noise(p)) {
			continue
		}
		kind := EdgeRead
		if i.kinds&store.AccessExecute != 0 {
			kind = EdgeExecute
		}
		c.edges.add(c.file(p, class), box, kind)
		if class == Generated {
			generated = append(generated, i)
		}
	}
	return generated
}

// recipe draws a recipe with all that it read and wrote.
func (c *canvas) recipe(r store.Recipe) []*input {
	t := c.t
	if _, drawn := c.byID[recipeID(r)]; drawn {
		return nil
	}
	own := targetPath(r)
	outs := t.outputsOf(r.ID)
	before := len(c.edges.from)
	box := c.node(recipeID(r), "", kindRecipe, "")
	c.shapes[box].recipe = r
	generated := c.reads(box, t.recipeInputs(r.ID, nil), own)
	c.linked(box, r)
	for _, o := range outs {
		if c.t.cacheFile(o.name) {
			continue
		}
		c.edges.add(box, c.file(o.name, Generated), EdgeWrite)
	}
	if len(c.edges.from) == before {
		c.remove(box) // it neither read nor made a file
	}
	return generated
}

// linked draws what a recipe gave another name to, without reading it.
func (c *canvas) linked(box uint32, r store.Recipe) {
	for _, m := range c.t.membersOf(r.ID) {
		p := c.t.process(m)
		if p == nil {
			continue
		}
		for _, im := range p.images {
			for _, op := range c.t.opsBy(im.ID) {
				if op.Kind != store.OpLink {
					continue
				}
				o := c.t.objectOf(op.File)
				if class := c.t.classOf(o, op.File, 0); c.t.ofInterest(o, op.File, class) {
					c.edges.add(c.file(c.t.path(op.File), class), box, EdgeRead)
				}
			}
		}
	}
}

// written draws a file that no recipe answers for, by the process that wrote it.
func (c *canvas) written(o *object, name string) []*input {
	by := c.t.lastWriter(o, name)
	if by == nil {
		return nil
	}
	box := c.node(fmt.Sprintf("process:%d", by.Process), c.t.programName(by), kindProcess, commandLine(c.t.argv(by.Argv)))
	in := newInputs()
	c.t.flowInto(o, in)
	c.edges.add(box, c.file(name, Generated), EdgeWrite)
	return c.reads(box, in, name)
}

// everything draws the whole build.
func (c *canvas) everything() {
	for _, r := range c.t.recipes().recipes {
		c.recipe(r)
	}
	c.t.eachOutput(func(o *object, name string) {
		if c.t.cacheFile(name) {
			return
		}
		if _, how := c.t.unitOfInput(o, name); how == HowFlow {
			c.written(o, name)
		}
	})
}

// upstream draws all that leads to one target.
func (c *canvas) upstream(s subject) {
	type place struct {
		obj  *object
		path string
	}
	seen := map[*object]bool{s.obj: true}
	recipes, how := c.t.unitOf(s.obj, s.path, s.named)
	todo := []place{{s.obj, s.path}}
	for first := true; len(todo) > 0; first = false {
		at := todo[0]
		todo = todo[1:]
		if !first {
			recipes, how = c.t.unitOfInput(at.obj, at.path)
		}
		var generated []*input
		switch how {
		case HowRecipe:
			for _, r := range recipes {
				generated = append(generated, c.recipe(r)...)
			}
		case HowFlow:
			generated = c.written(at.obj, at.path)
		}
		for _, i := range generated {
			if !seen[i.obj] {
				seen[i.obj] = true
				todo = append(todo, place{i.obj, c.t.path(i.file)})
			}
		}
	}
	c.settle()
	if s.obj != nil {
		c.keep = c.file(s.path, c.t.classOf(s.obj, s.obj.rows[0].ID, 0))
	} else if len(s.named) > 0 {
		var drawn bool
		if c.keep, drawn = c.byID[recipeID(s.named[0])]; !drawn {
			c.keep = nowhere
		}
	}
	c.cutTo(c.keep)
}

func recipeID(r store.Recipe) string { return fmt.Sprintf("recipe:%d", r.ID) }
