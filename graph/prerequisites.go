package graph

import (
	"slices"
	"strings"
)

// Prerequisites is one file, or target, with what it was made from.
type Prerequisites struct {
	Target string   // as shown: relative to the capture root when below it
	Inputs []string // sorted; never the target, nor what the same recipe made
}

// Prerequisites lists for every file that the build made, or those that lead to one
// target, what it was made from: what its recipes read, or without a recipe what
// flowed into it. By Target. all adds system files and tools.
func (g *Graph) Prerequisites(o PartOptions, all bool) ([]Prerequisites, error) {
	t := g.t
	var s subject
	var err error
	if o.Target == "" {
		t, err = g.wide()
	} else if s, err = t.resolve(o.Target, o.Cwd, "target"); err == nil {
		err = t.noDirectory(s)
	}
	if err != nil {
		return nil, err
	}
	c := newCanvas(t, all)
	if o.Target == "" {
		c.everything()
	} else {
		c.upstream(s)
	}
	c.settle()
	list := c.prerequisites()
	return list, t.done()
}

// prerequisites takes the boxes out of a canvas: what went into a box went into each
// file that came out of it.
func (c *canvas) prerequisites() []Prerequisites {
	into := map[string][]string{}
	for n, s := range c.shapes {
		if s == nil || s.Kind != kindRecipe && s.Kind != kindProcess {
			continue
		}
		outs, _ := c.from(uint32(n))
		var made, read []string
		for _, o := range outs {
			made = append(made, c.fileName(o))
		}
		for _, i := range c.to(uint32(n)) {
			if name := c.fileName(i); !slices.Contains(made, name) {
				read = append(read, name)
			}
		}
		for _, m := range made {
			into[m] = append(into[m], read...)
		}
	}
	list := make([]Prerequisites, 0, len(into))
	for target, inputs := range into {
		slices.Sort(inputs)
		inputs = slices.DeleteFunc(slices.Compact(inputs), func(name string) bool { return name == target })
		list = append(list, Prerequisites{target, inputs})
	}
	slices.SortFunc(list, func(a, b Prerequisites) int { return strings.Compare(a.Target, b.Target) })
	return list
}

func (c *canvas) fileName(n uint32) string { return strings.TrimPrefix(c.shapes[n].ID, "file:") }

// PrerequisitesOf is what one target was made from, by the rules of [Graph.Deps], with
// the files only.
func (g *Graph) PrerequisitesOf(o PartOptions, all bool) (Prerequisites, error) {
	d, err := g.Deps(o.Target, o.Cwd, DepsOptions{All: all})
	if err != nil {
		return Prerequisites{}, err
	}
	p := Prerequisites{Target: d.Target}
	for _, in := range d.Inputs {
		if in.Path != d.Target && !slices.Equal(in.Access, []string{"list"}) {
			p.Inputs = append(p.Inputs, in.Path)
		}
	}
	return p, nil
}
