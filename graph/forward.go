package graph

import (
	"slices"

	"buildgraph/store"
)

// madeFrom lists the recipes that have an object among their inputs, and the
// files of no recipe that it flowed into. Loosely asked, it also lists those that
// a closer look would leave out.
func (t *trace) madeFrom(o *object, loosely bool) ([]uint32, []*object) {
	if !o.carries() {
		return nil, nil
	}
	f := forward{t: t, of: o, low: map[store.ExecID]int64{}, recipes: map[uint32]bool{}, maybe: map[uint32]bool{}, files: map[*object]bool{}}
	f.readers(loosely)
	var recipes []uint32
	for id := range f.recipes {
		recipes = append(recipes, id)
	}
	for id := range f.maybe {
		if !f.recipes[id] && (loosely || t.hasInput(id, o)) {
			recipes = append(recipes, id)
		}
	}
	slices.Sort(recipes)
	var files []*object
	for out := range f.files {
		if loosely {
			files = append(files, out)
			continue
		}
		if _, how := t.unitOfInput(out, out.rows[0].Path); how != HowFlow || out == o {
			continue
		}
		in := newInputs()
		t.flowInto(out, in)
		if in.of[o] != nil {
			files = append(files, out)
		}
	}
	slices.SortFunc(files, func(a, b *object) int { return int(int64(a.rows[0].ID) - int64(b.rows[0].ID)) })
	return recipes, files
}

func (t *trace) hasInput(id uint32, o *object) bool {
	return t.recipeInputs(id, nil).of[o] != nil
}

// forward follows content from an object towards what it may have reached. What
// it finds is checked by the flow rule proper, except for the recipes that read
// the object themselves.
type forward struct {
	t       *trace
	of      *object
	low     map[store.ExecID]int64 // since when an exec has the content
	recipes map[uint32]bool
	maybe   map[uint32]bool
	files   map[*object]bool
}

// readers begins with who read the object itself.
func (f *forward) readers(loosely bool) {
	t := f.t
	firstRead, firstWrite := map[uint32]int64{}, map[uint32]int64{}
	for _, w := range t.writes(f.of) {
		if id := t.recipeOfExec(w.by); id != 0 && !t.isTool(w.by) {
			if at, ok := firstWrite[id]; !ok || w.first < at {
				firstWrite[id] = w.first
			}
		}
	}
	for _, r := range f.readsFrom(f.of) {
		id := t.recipeOf(r.by.Process)
		if r.by.tool == notTool || r.kinds&store.AccessExecute != 0 {
			if at, ok := firstRead[id]; !ok || r.first < at {
				firstRead[id] = r.first
			}
		}
		f.from(r.by, r.first)
	}
	if !t.passes(f.of) {
		for id, at := range firstRead {
			if loosely && id != 0 {
				f.recipes[id] = true
			} else if w, ok := firstWrite[id]; id != 0 && (!ok || at < w) && !f.of.has(targetPath(t.recipe(id))) {
				f.recipes[id] = true
			}
		}
	}
	for _, row := range f.of.rows {
		for _, op := range t.opsOn(row.ID) {
			if id := t.recipeOfExec(op.Exec); op.Kind == store.OpRename && op.File == row.ID && id != 0 {
				f.maybe[id] = true
			}
		}
	}
}

// readsFrom lists who read an object.
func (f *forward) readsFrom(o *object) []read {
	var rs []read
	for _, row := range o.rows {
		for _, a := range f.t.accessesTo(row.ID) {
			if by := f.t.exec(a.Exec); by != nil && a.Kinds&readKinds != 0 {
				first := a.FirstRead
				if first == 0 {
					first = a.First
				}
				rs = append(rs, read{by: by, file: row.ID, kinds: a.Kinds, first: first, last: max(a.Last, first)})
			}
		}
		for _, op := range f.t.opsOn(row.ID) {
			if by := f.t.exec(op.Exec); by != nil && op.Kind == store.OpCopy && op.File == row.ID {
				rs = append(rs, copyRead(by, op))
			}
		}
	}
	return rs
}

// from goes on from an image that has the content since a time: to what its
// process wrote since, and to the children that it forked since.
func (f *forward) from(im *image, since int64) {
	t := f.t
	p := im.child
	for _, later := range p.images {
		if later.Seq < im.Seq {
			continue
		}
		if at, ok := f.low[later.ID]; ok && at <= since {
			continue
		}
		f.low[later.ID] = since
		f.wrote(later, since)
	}
	if im.tool != notTool {
		return
	}
	for _, kid := range t.children(p.ID) {
		by := t.exec(kid.ForkedBy)
		if kid.Start <= since || by == nil || by.tool != notTool || by.Seq < im.Seq {
			continue
		}
		if c := t.process(kid.ID); c != nil && len(c.images) > 0 {
			if at, ok := f.low[c.images[0].ID]; !ok || at > since {
				f.from(c.images[0], since)
			}
		}
	}
}

// wrote goes on from what one image wrote after a time.
func (f *forward) wrote(im *image, since int64) {
	t := f.t
	var outs []store.FileID
	for _, a := range t.writesOf(im.ID) {
		if o := t.objectOf(a.File); o != f.of && o.carries() && t.asWrite(a, o.channel()).last > since {
			outs = append(outs, a.File)
		}
	}
	for _, op := range t.opsBy(im.ID) {
		if op.Kind == store.OpCopy && op.Time > since {
			outs = append(outs, op.Other)
		}
	}
	for _, id := range outs {
		o := t.objectOf(id)
		through := t.passes(o)
		if !through && (t.recipeOf(im.Process) != 0 || !plainFile(o)) {
			continue // a recipe answers for it
		}
		if !through {
			f.files[o] = true
		}
		if o.channel() && t.jobserver(o) {
			continue
		}
		for _, r := range f.readsFrom(o) {
			if r.last <= since || r.by.tool != notTool {
				continue
			}
			// A persistent file ends the walk, except for who wrote it first.
			if at, ok := t.wroteFirst(r.by.child)[o]; !through && (!ok || at >= r.first) {
				continue
			}
			if id := t.recipeOf(r.by.Process); id != 0 && id != t.recipeOf(im.Process) {
				f.maybe[id] = true
			}
			if at, ok := f.low[r.by.ID]; !ok || at > max(since, r.first) {
				f.from(r.by, max(since, r.first))
			}
		}
	}
}
