package graph

import (
	"cmp"
	"slices"
	"strings"

	"buildgraph/store"
)

// Outputs answers what the build made: every regular file that it wrote, made,
// renamed to or linked, and that exists at the end. It reads the whole trace.
func (g *Graph) Outputs() (Outputs, error) {
	t, err := g.written()
	if err != nil {
		return Outputs{}, err
	}
	out := Outputs{Complete: t.meta.Complete, Outputs: []Output{}}
	t.eachOutput(func(o *object, name string) {
		row := Output{Path: t.rel(name), Target: t.targetOf(o, name)}
		if by := t.lastWriter(o, name); by != nil {
			row.By = t.argv(by.Argv)
		}
		out.Outputs = append(out.Outputs, row)
	})
	slices.SortFunc(out.Outputs, func(a, b Output) int { return strings.Compare(a.Path, b.Path) })
	if err := t.done(); err != nil {
		return Outputs{}, err
	}
	return out, nil
}

// eachOutput visits every name of every persistent file that the build wrote or
// named. The trace must be over a snapshot.
func (t *trace) eachOutput(visit func(o *object, name string)) {
	s := t.snap
	var touched []store.FileID
	for i := range s.exec {
		if s.kinds[i]&writeKinds != 0 {
			touched = append(touched, s.file[i])
		}
	}
	for _, op := range s.ops {
		switch op.Kind {
		case store.OpRename, store.OpLink, store.OpCopy:
			touched = append(touched, op.Other)
		case store.OpExchange:
			touched = append(touched, op.File, op.Other)
		}
	}
	slices.Sort(touched)
	seen := map[*object]bool{}
	for _, id := range slices.Compact(touched) {
		o := t.objectOf(id)
		if seen[o] || !plainFile(o) || !o.carries() || t.temporary(o) {
			continue
		}
		seen[o] = true
		for _, name := range t.outputNames(o) {
			visit(o, name)
		}
	}
}

// outputNames lists the names by which an object is an output: all that it has
// at the end if the build wrote it, else those that the build gave it.
func (t *trace) outputNames(o *object) []string {
	var names []string
	for _, n := range t.namesOf(o) {
		if t.inTempDir(n) || t.noise(n) || t.isTrace(n) {
			continue
		}
		if t.written(o) || t.givenName(o, n) {
			names = append(names, n)
		}
	}
	return names
}

// givenName reports whether an operation of the build gave the object this name.
func (t *trace) givenName(o *object, name string) bool {
	h := t.holder(name)
	if !h.moved || h.file == 0 {
		return t.movedName(o, name)
	}
	return slices.ContainsFunc(t.filesAt(name), func(f store.File) bool { return t.generated(o, f.ID) })
}

// movedName reports whether the name came with a renamed directory.
func (t *trace) movedName(o *object, name string) bool {
	return !o.has(name)
}

// targetOf is the shown target of the recipe that made a file, "" where none is
// known: the recipe of that very name, else the one that wrote last.
func (t *trace) targetOf(o *object, name string) string {
	last := store.Recipe{}
	makers := t.makersOf(o, name)
	for _, id := range makers {
		r := t.recipe(id)
		if targetPath(r) == name {
			return t.rel(name)
		}
		last = r
	}
	if by := t.lastWriter(o, name); by != nil && len(makers) > 1 {
		if r := t.recipe(t.recipeOf(by.Process)); r.ID != 0 {
			last = r
		}
	}
	if last.Target == "" {
		return ""
	}
	return t.rel(targetPath(last))
}

// lastWriter is the image that wrote to an object last, or gave it its name.
func (t *trace) lastWriter(o *object, name string) *image {
	ws := t.contributors(o, forever)
	if len(ws) > 0 {
		return t.exec(slices.MaxFunc(ws, func(a, b write) int {
			return cmp.Or(compareTimes(a.last, b.last), cmp.Compare(a.by, b.by))
		}).by)
	}
	var by *image
	for _, f := range t.filesAt(name) {
		for _, op := range t.opsOn(f.ID) {
			switch op.Kind {
			case store.OpRename, store.OpLink, store.OpExchange, store.OpSymlink:
				by = t.exec(op.Exec)
			}
		}
	}
	return by
}
