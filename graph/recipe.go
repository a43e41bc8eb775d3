package graph

import (
	"slices"

	"buildgraph/store"
)

// inputs collects files that were read, once each.
type inputs struct {
	list []*input
	of   map[*object]*input
}

// input is one file that was read, by the name it was first opened by.
type input struct {
	obj   *object
	file  store.FileID
	by    *image
	kinds store.AccessKind
	first int64
	moved bool // taken over by a rename, without being read
}

func newInputs() *inputs { return &inputs{of: map[*object]*input{}} }

func (in *inputs) add(o *object, r read) *input {
	i := in.of[o]
	if i == nil {
		i = &input{obj: o, file: r.file, by: r.by, first: r.first}
		in.of[o] = i
		in.list = append(in.list, i)
	}
	if r.first < i.first {
		i.file, i.by, i.first = r.file, r.by, r.first
	}
	i.kinds |= r.kinds
	return i
}

// recipeReads is what the processes of a recipe read and wrote, by object.
type recipeReads struct {
	id    uint32
	reads *inputs
	last  map[*object]int64 // last read
	wrote map[*object]int64 // first write
}

// use reads what the processes of a recipe did to files. Build tools among them
// count only as executables: their makefiles are nobody's inputs.
func (t *trace) use(id uint32, procs []store.ProcessID) *recipeReads {
	u := &recipeReads{id: id, reads: newInputs(), last: map[*object]int64{}, wrote: map[*object]int64{}}
	for _, pid := range procs {
		p := t.process(pid)
		if p == nil {
			continue
		}
		for _, im := range p.images {
			t.useImage(u, im)
		}
	}
	return u
}

func (t *trace) useImage(u *recipeReads, im *image) {
	wrote := func(o *object, at int64) {
		if old, ok := u.wrote[o]; !ok || at < old {
			u.wrote[o] = at
		}
	}
	for _, r := range t.readsOf(im) {
		if im.tool != notTool {
			if r.kinds &= store.AccessExecute; r.kinds == 0 {
				continue
			}
		}
		o := t.objectOf(r.file)
		u.reads.add(o, r)
		u.last[o] = max(u.last[o], r.last)
	}
	if im.tool != notTool {
		return
	}
	for _, a := range t.writesOf(im.ID) {
		wrote(t.objectOf(a.File), firstWrite(a))
	}
	for _, op := range t.opsBy(im.ID) {
		switch op.Kind {
		case store.OpCopy:
			wrote(t.objectOf(op.Other), op.Time)
		case store.OpRename:
			o := t.objectOf(op.File)
			if _, known := u.reads.of[o]; !known && t.madeElsewhere(o, u.id) {
				u.reads.add(o, read{by: im, file: op.File, first: op.Time, last: op.Time}).moved = true
			}
		}
	}
}

// madeElsewhere reports whether another recipe wrote the object, and this one
// did not.
func (t *trace) madeElsewhere(o *object, id uint32) bool {
	other := false
	for _, w := range t.writes(o) {
		switch r := t.recipeOfExec(w.by); r {
		case id:
			return false
		case 0:
		default:
			other = true
		}
	}
	return other
}

// recipeInputs collects what a recipe used: every persistent file that its
// processes read before the recipe wrote it, and what flowed in from outside
// through pipes and temporary files. Only the lines accepted by want (nil: all)
// count.
func (t *trace) recipeInputs(id uint32, want func(line *process) bool) *inputs {
	if known, ok := t.used[id]; ok && want == nil {
		return known
	}
	used := t.usedBy(id, t.processesOf(id, want))
	if want == nil && t.snap == nil { // questions about everything ask once
		t.used[id] = used
	}
	return used
}

// processesOf lists the processes of a recipe, of some of its lines only where
// want says which.
func (t *trace) processesOf(id uint32, want func(line *process) bool) []store.ProcessID {
	procs := t.membersOf(id)
	if want == nil {
		return procs
	}
	return slices.DeleteFunc(slices.Clone(procs), func(p store.ProcessID) bool {
		line := t.lineOf(p)
		return line == nil || !want(line)
	})
}

// listedBy collects the directories that a recipe's processes listed.
func (t *trace) listedBy(id uint32, want func(line *process) bool) *inputs {
	listed := newInputs()
	for _, m := range t.processesOf(id, want) {
		p := t.process(m)
		if p == nil {
			continue
		}
		for _, im := range p.images {
			for _, a := range t.accessesOf(im.ID) {
				if a.Kinds&store.AccessList != 0 && im.tool == notTool {
					listed.add(t.objectOf(a.File), read{by: im, file: a.File, kinds: store.AccessList, first: a.First})
				}
			}
		}
	}
	return listed
}

func (t *trace) usedBy(id uint32, procs []store.ProcessID) *inputs {
	u := t.use(id, procs)
	used := newInputs()
	outside := t.newWalk()
	var todo []arrival
	for _, i := range u.reads.list {
		if i.obj.carries() && (i.obj.channel() && t.jobserver(i.obj)) {
			continue
		}
		if t.passes(i.obj) {
			// Its own pipes hold what it read anyway; those that others
			// fill bring something new.
			bound := u.last[i.obj]
			outside.into(i.obj, bound, func(w write) bool {
				return !t.isTool(w.by) && t.recipeOfExec(w.by) != id
			}, func(h hop) {
				if h.own || t.passes(h.from) {
					todo = append(todo, arrival{h.from, h.bound})
				} else {
					used.add(h.from, h.in)
				}
			})
			continue
		}
		if at, ok := u.wrote[i.obj]; ok && at <= i.first {
			continue
		}
		n := used.add(i.obj, read{by: i.by, file: i.file, kinds: i.kinds, first: i.first})
		n.moved = i.moved
	}
	t.follow(outside, todo, func(*object) bool { return false }, used)
	return used
}

// lineOf is the direct child of the build tool that a recipe's process descends
// from: the command line that it is a part of.
func (t *trace) lineOf(id store.ProcessID) *process {
	for p := t.process(id); p != nil; {
		by := t.parentImage(p)
		if by == nil {
			return nil
		}
		if by.tool != notTool {
			return p
		}
		p = by.child
	}
	return nil
}

// linesOf lists the command lines of a recipe, in the order they began.
func (t *trace) linesOf(id uint32) []*process {
	var lines []*process
	for _, m := range t.membersOf(id) {
		if p := t.process(m); p != nil {
			if by := t.parentImage(p); by != nil && by.tool != notTool {
				lines = append(lines, p)
			}
		}
	}
	slices.SortFunc(lines, func(a, b *process) int {
		if c := compareTimes(a.Start, b.Start); c != 0 {
			return c
		}
		return int(int64(a.ID) - int64(b.ID))
	})
	return lines
}
