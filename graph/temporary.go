package graph

import (
	"path"
	"slices"
	"strings"

	"buildgraph/store"
)

// temporary reports whether a file was made and gone within the build, or lives
// where temporary files do. One that a recipe was there to make, for another
// recipe, is none even when it is gone at the end, as make's intermediate files
// are: make has to know of it.
func (t *trace) temporary(o *object) bool {
	if o.haveTemp {
		return o.temp
	}
	o.haveTemp = true
	if !plainFile(o) || !t.written(o) {
		return false
	}
	outside := func(p string) bool { return !t.inTempDir(p) }
	names := t.namesOf(o)
	switch {
	case slices.ContainsFunc(names, outside):
		return false
	case len(names) > 0:
		o.temp = true
	case !slices.ContainsFunc(o.rows, func(f store.File) bool { return outside(f.Path) }):
		o.temp = true
	case !slices.ContainsFunc(t.writes(o), func(w write) bool { return w.create }):
		return false
	case slices.ContainsFunc(o.rows, func(f store.File) bool { return outside(f.Path) && t.holder(f.Path).file != 0 }):
		return false // only replaced: the name is still there
	default:
		o.temp = !t.crosses(o)
	}
	return o.temp
}

// crosses reports whether a file is what some recipe was for (its target, or all
// that a recipe without a name made), and another recipe read it.
func (t *trace) crosses(o *object) bool {
	makers := map[uint32]bool{}
	product := false
	for _, w := range t.writes(o) {
		if id := t.recipeOfExec(w.by); id != 0 && !makers[id] {
			makers[id] = true
			r := t.recipe(id)
			product = product || r.How == "" || o.has(targetPath(r))
		}
	}
	return product && slices.ContainsFunc(o.rows, func(f store.File) bool {
		return slices.ContainsFunc(t.accessesTo(f.ID), func(a store.Access) bool {
			id := t.recipeOfExec(a.Exec)
			return a.Kinds&readKinds != 0 && id != 0 && !makers[id]
		})
	})
}

// inTempDir reports whether a path lives where temporary files do. The capture
// root may itself be in such a place: what is below it does not count as there.
func (t *trace) inTempDir(p string) bool {
	if t.tempDirs == nil {
		t.tempDirs = append([]string{"/tmp", "/var/tmp"}, t.tmpdirOfBuild()...)
	}
	for _, d := range t.tempDirs {
		if under(p, d) && !(under(t.meta.Root, d) && under(p, t.meta.Root)) {
			return true
		}
	}
	return false
}

// tmpdirOfBuild is $TMPDIR as the first process of the build had it.
func (t *trace) tmpdirOfBuild() []string {
	var first *process
	for row, err := range t.src.Processes() {
		if err != nil {
			t.fail("reading the first process of the trace", err)
			return nil
		}
		first = t.process(row.ID)
		break
	}
	if first == nil || len(first.images) == 0 {
		return nil
	}
	id := first.images[min(1, len(first.images)-1)].Env
	if id == 0 {
		return nil
	}
	env, err := t.src.Env(id)
	for _, v := range got(t, "reading the environment of the build", env, err) {
		if d, ok := strings.CutPrefix(v, "TMPDIR="); ok && path.IsAbs(d) && path.Clean(d) != "/" {
			return []string{path.Clean(d)}
		}
	}
	return nil
}
