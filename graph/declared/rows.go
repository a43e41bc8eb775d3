package declared

import (
	"fmt"
	"path/filepath"

	"buildgraph/store"
)

// Write keeps the graph in a finished trace, in place of an earlier one. A caller
// with another identity than the trace's owner's gives the owner's.
func Write(path string, g *Graph, as ...store.Identity) error {
	return store.AnnotateDeclared(path, g.rows(), as...)
}

// flags pairs the bits of the trace with the fields of a rule.
var flags = []struct {
	bit   store.DeclaredFlags
	field func(*Rule) *bool
}{
	{store.DeclaredRecipe, func(r *Rule) *bool { return &r.HasRecipe }},
	{store.DeclaredEmptyRecipe, func(r *Rule) *bool { return &r.EmptyRecipe }},
	{store.DeclaredPhony, func(r *Rule) *bool { return &r.Phony }},
	{store.DeclaredDoubleColon, func(r *Rule) *bool { return &r.DoubleColon }},
	{store.DeclaredImplicit, func(r *Rule) *bool { return &r.Implicit }},
	{store.DeclaredIntermediate, func(r *Rule) *bool { return &r.Intermediate }},
	{store.DeclaredSecondary, func(r *Rule) *bool { return &r.Secondary }},
	{store.DeclaredPrecious, func(r *Rule) *bool { return &r.Precious }},
	{store.DeclaredBuiltin, func(r *Rule) *bool { return &r.Builtin }},
}

// interner numbers names.
type interner struct {
	ids   map[[2]string]uint32
	names []store.DeclaredName
}

func (n *interner) id(name, path string) uint32 {
	key := [2]string{name, path}
	if id, ok := n.ids[key]; ok {
		return id
	}
	id := uint32(len(n.names) + 1)
	n.ids[key] = id
	n.names = append(n.names, store.DeclaredName{ID: id, Name: name, Path: path})
	return id
}

// rows are the graph as the trace keeps it. Tools that share their rules have the
// same index.
func (g *Graph) rows() *store.Declared {
	d := &store.Declared{}
	names := &interner{ids: map[[2]string]uint32{}}
	sets := map[*index]uint32{}
	for _, t := range g.Tools {
		row := store.DeclaredTool{Process: t.Process, Kind: t.Kind, Dir: t.Dir, Failure: t.Failure}
		if t.Failure == "" {
			id, ok := sets[t.index]
			if !ok || t.index == nil {
				id = uint32(len(d.Sets) + 1)
				sets[t.index] = id
				d.Sets = append(d.Sets, store.DeclaredSet{ID: id, Makefiles: t.Makefiles, Serial: t.Serial, Goal: t.Default})
				for i := range t.Rules {
					d.Rules = append(d.Rules, t.Rules[i].row(names, uint32(len(d.Rules)+1), id))
				}
			}
			row.Set = id
		}
		d.Tools = append(d.Tools, row)
	}
	d.Names = names.names
	return d
}

func (r *Rule) row(names *interner, id, set uint32) store.DeclaredRule {
	row := store.DeclaredRule{ID: id, Set: set, Target: names.id(r.Target, r.Path), Stem: r.Stem, Line: r.Line}
	for _, p := range r.Prereqs {
		n := names.id(p.Name, p.Path)
		if p.OrderOnly {
			row.OrderOnly = append(row.OrderOnly, n)
		} else {
			row.Prereqs = append(row.Prereqs, n)
		}
		if p.Wait {
			row.Waits = append(row.Waits, n)
		}
	}
	for _, a := range r.Also {
		row.Also = append(row.Also, names.id(a, ""))
	}
	if r.Makefile != "" {
		row.Makefile = names.id(filepath.Base(r.Makefile), r.Makefile)
	}
	for _, f := range flags {
		if *f.field(r) {
			row.Flags |= f.bit
		}
	}
	return row
}

// Load reads the graph that a trace keeps; one without tools where none was kept.
func Load(r *store.Reader) (*Graph, error) {
	d, err := r.Declared()
	if err != nil {
		return nil, fmt.Errorf("reading the declared rules: %w", err)
	}
	g := &Graph{}
	sets := make([]Tool, len(d.Sets)+1)
	for _, s := range d.Sets {
		sets[s.ID].Makefiles, sets[s.ID].Serial, sets[s.ID].Default = s.Makefiles, s.Serial, s.Goal
	}
	for i := range d.Rules {
		s := &sets[d.Rules[i].Set]
		s.Rules = append(s.Rules, ruleOf(&d.Rules[i], d.Names))
	}
	for i := range sets {
		sets[i].Index()
	}
	for _, row := range d.Tools {
		s := &sets[row.Set]
		t := &Tool{
			Process: row.Process, Kind: row.Kind, Dir: row.Dir, Failure: row.Failure,
			Makefiles: s.Makefiles, Serial: s.Serial, Default: s.Default, Rules: s.Rules, index: s.index,
		}
		if row.Set == 0 && t.Failure == "" {
			t.Failure = "its rules were not kept"
		}
		i, err := InvocationOf(r, row.Process)
		if err != nil {
			return nil, fmt.Errorf("reading the declared rules: %w", err)
		}
		t.Argv = i.Argv
		g.Tools = append(g.Tools, t)
	}
	return g, nil
}

func ruleOf(row *store.DeclaredRule, names []store.DeclaredName) Rule {
	target := names[row.Target-1]
	r := Rule{Target: target.Name, Path: target.Path, Stem: row.Stem, Line: row.Line}
	if n := len(row.Prereqs) + len(row.OrderOnly); n > 0 {
		r.Prereqs = make([]Prereq, 0, n)
	}
	for i, ids := range [][]uint32{row.Prereqs, row.OrderOnly} {
		for _, id := range ids {
			n := names[id-1]
			p := Prereq{Name: n.Name, Path: n.Path, OrderOnly: i == 1}
			for _, w := range row.Waits {
				p.Wait = p.Wait || w == id
			}
			r.Prereqs = append(r.Prereqs, p)
		}
	}
	for _, id := range row.Also {
		r.Also = append(r.Also, names[id-1].Name)
	}
	if row.Makefile != 0 {
		r.Makefile = names[row.Makefile-1].Path
	}
	for _, f := range flags {
		*f.field(&r) = row.Flags&f.bit != 0
	}
	return r
}
