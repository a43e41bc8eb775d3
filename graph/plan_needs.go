package graph

import (
	"cmp"
	"path"
	"strings"

	"buildgraph/store"
)

// thing is what steps can depend on each other through: an inode, a name, or the
// list of names in a directory.
type thing struct {
	path  string
	makes []int32 // steps that wrote it, or gave it its name
	uses  []int32 // steps that read it, asked for it, or looked for it in vain
	ends  []int32 // steps that threw away what it was: removed, replaced or cut it
	dir   bool    // a directory that was made: to use what is below it takes it
}

// things are all that steps made. Files that no step made order nothing.
type things struct {
	b      *planner
	list   []thing
	object map[*object]int32
	name   map[string]int32
	listed map[string]int32 // by directory: its list of names
	dirs   map[string]int32 // directories that steps made
}

// needs finds which steps depend on each other by what they did to files. A step
// needs what came before it where it used what that had made, by content, by its
// being there, or as the directory that it put something into; and where it threw
// away what that had used or made. Two that only added to one file need no order.
func (b *planner) needs() {
	x := &things{b: b, object: map[*object]int32{}, name: map[string]int32{}, listed: map[string]int32{}, dirs: map[string]int32{}}
	x.takeMakes()
	if len(x.list) == 0 {
		return
	}
	x.takeUses()
	for i := range x.list {
		x.connect(&x.list[i])
	}
}

func entryOf[K comparable](x *things, in map[K]int32, key K, path string) *thing {
	i, ok := in[key]
	if !ok {
		i = int32(len(x.list))
		in[key] = i
		x.list = append(x.list, thing{path: path})
	}
	return &x.list[i]
}

func note(list []int32, step int32) []int32 {
	if n := len(list); step < 0 || n > 0 && list[n-1] == step {
		return list
	}
	return append(list, step)
}

// counts reports whether order can come from a file: not from what build tools and
// caches keep for themselves, nor from devices.
func (x *things) counts(id store.FileID) bool {
	t := x.b.t
	if id == 0 {
		return false
	}
	o, p := t.objectOf(id), t.path(id)
	switch o.kind {
	case store.KindDirectory, store.KindSymlink, store.KindAbsent:
	default:
		if !o.carries() || o.channel() || o.kind == store.KindAnon || t.collected()[o] {
			return false
		}
	}
	return strings.HasPrefix(p, "/") && !t.noise(p) && !t.cacheFile(p) && !t.isTrace(p)
}

// takeMakes collects what steps wrote, named and removed.
func (x *things) takeMakes() {
	s := x.b.t.snap
	for i, f := range s.file {
		k, e := s.kinds[i]&writeKinds, s.exec[i]
		if k != 0 && x.b.makers[e] >= 0 && x.counts(f) {
			x.made(f, e, k&(store.AccessCreate|store.AccessTruncate) != 0, k&store.AccessCreate != 0)
		}
	}
	for _, op := range s.ops {
		if int(op.Exec) >= len(x.b.makers) || x.b.makers[op.Exec] < 0 {
			continue
		}
		x.takeOp(op)
	}
}

// made notes that an exec wrote a file: whether it threw away what was there, and
// whether the name is new.
func (x *things) made(f store.FileID, e store.ExecID, cut, born bool) {
	t, maker, user := x.b.t, x.b.makers[e], x.b.users[e]
	p := t.path(f)
	for _, th := range []*thing{entryOf(x, x.object, t.objectOf(f), p), entryOf(x, x.name, p, p)} {
		th.makes = note(th.makes, maker)
	}
	if cut {
		x.ended(f, user)
	}
	if born {
		x.renamedIn(p, maker)
	}
}

// ended notes that a step threw away what a name, or the inode behind it, held.
func (x *things) ended(f store.FileID, user int32) {
	p := x.b.t.path(f)
	for _, th := range []*thing{entryOf(x, x.object, x.b.t.objectOf(f), p), entryOf(x, x.name, p, p)} {
		th.ends = note(th.ends, user)
	}
}

// renamedIn notes that the list of names in a directory changed.
func (x *things) renamedIn(p string, maker int32) {
	dir := path.Dir(p)
	th := entryOf(x, x.listed, dir, dir)
	th.makes = note(th.makes, maker)
}

func (x *things) takeOp(op store.Op) {
	t, user, maker := x.b.t, x.b.users[op.Exec], x.b.makers[op.Exec]
	named := func(id store.FileID) {
		if x.counts(id) {
			x.made(id, op.Exec, true, true)
		}
	}
	gone := func(id store.FileID) {
		if x.counts(id) {
			x.ended(id, user)
			x.renamedIn(t.path(id), maker)
		}
	}
	switch op.Kind {
	case store.OpRename:
		gone(op.File)
		named(op.Other)
	case store.OpExchange:
		named(op.File)
		named(op.Other)
	case store.OpLink, store.OpMknod, store.OpSymlink:
		named(cmp.Or(op.Other, op.File))
	case store.OpCopy:
		if x.counts(op.Other) {
			x.made(op.Other, op.Exec, false, false)
		}
	case store.OpUnlink, store.OpRmdir:
		gone(op.File)
	case store.OpTruncate:
		if x.counts(op.File) {
			x.made(op.File, op.Exec, true, false)
		}
	case store.OpTouch, store.OpChmod, store.OpChown:
		if x.counts(op.File) {
			x.made(op.File, op.Exec, false, false)
		}
	case store.OpMkdir:
		if x.counts(op.File) {
			p := t.path(op.File)
			th := entryOf(x, x.dirs, p, p)
			th.makes, th.dir = note(th.makes, maker), true
			x.renamedIn(p, maker)
		}
	}
}

// places say for each file which things a use of it is a use of; -1: none.
type places struct{ object, name, dir, listed []int32 }

func (x *things) places() places {
	s := x.b.t.snap
	none := func() []int32 {
		list := make([]int32, len(s.files))
		for i := range list {
			list[i] = -1
		}
		return list
	}
	at := places{none(), none(), none(), none()}
	for o, i := range x.object {
		for _, row := range o.rows {
			at.object[row.ID] = i
		}
	}
	known := map[string]int32{} // nearest directory that was made, by directory
	for id := range s.files {
		p := s.files[id].Path
		if i, ok := x.name[p]; ok {
			at.name[id] = i
		}
		if i, ok := x.listed[p]; ok {
			at.listed[id] = i
		}
		if len(x.dirs) > 0 && strings.HasPrefix(p, "/") {
			at.dir[id] = x.madeAbove(path.Dir(p), known)
		}
	}
	return at
}

// madeAbove is the nearest directory that a step made, from dir upwards; -1: none.
func (x *things) madeAbove(dir string, known map[string]int32) int32 {
	if i, ok := known[dir]; ok {
		return i
	}
	i, ok := x.dirs[dir]
	if !ok {
		i = -1
		if up := path.Dir(dir); up != dir {
			i = x.madeAbove(up, known)
		}
	}
	known[dir] = i
	return i
}

// takeUses streams all accesses and collects who used what steps made.
func (x *things) takeUses() {
	t, at := x.b.t, x.places()
	use := func(list []int32, f store.FileID, step int32) {
		if i := list[f]; i >= 0 {
			x.list[i].uses = note(x.list[i].uses, step)
		}
	}
	for a, err := range t.snap.Source.Accesses() {
		if err != nil {
			t.fail("reading the accesses of the trace", err)
			return
		}
		if int(a.Exec) >= len(x.b.users) || int(a.File) >= len(t.snap.files) || x.b.users[a.Exec] < 0 {
			continue
		}
		step := x.b.users[a.Exec]
		if x.afterReading(step, a.FirstRead) {
			continue
		}
		if a.Kinds&^writeKinds != 0 && !x.ownMake(a) {
			use(at.object, a.File, step)
			use(at.name, a.File, step)
		}
		// Make lists the directory of whatever file it looks for.
		if a.Kinds&store.AccessList != 0 && x.b.out.Steps[step].Kind != StepReading {
			use(at.listed, a.File, step)
		}
		if a.Kinds&^store.AccessAbsent != 0 {
			use(at.dir, a.File, step)
		}
	}
	for _, op := range t.snap.ops {
		if int(op.Exec) >= len(x.b.users) {
			continue
		}
		step := x.b.users[op.Exec]
		if step >= 0 && x.afterReading(step, op.Time) {
			continue
		}
		for _, f := range []store.FileID{op.File, op.Other} {
			if f == 0 || step < 0 || int(f) >= len(t.snap.files) {
				continue
			}
			use(at.dir, f, step)
			if i, ok := x.dirs[t.path(f)]; ok && op.Kind == store.OpChdir {
				x.list[i].uses = note(x.list[i].uses, step)
			}
			if op.Kind == store.OpRename || op.Kind == store.OpLink || op.Kind == store.OpCopy {
				if f == op.File {
					use(at.object, f, step)
				}
			}
		}
	}
}
