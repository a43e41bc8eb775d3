package graph

import (
	"slices"
	"strings"

	"buildgraph/store"
)

// inode identifies one inode over the whole trace.
type inode struct {
	dev, ino uint64
	gen      uint32
}

// object is one inode with all the names it had: what content lives in. Rows
// whose inode is not known are an object each.
type object struct {
	rows []store.File // by ID, at least one
	kind store.FileKind

	wrote  []write // see trace.writes
	names  []string
	temp   bool
	server bool // a make jobserver's pipe

	haveWrites, haveNames, haveTemp, haveServer bool
}

// write is everything one image wrote to an object, or had the kernel copy to it.
type write struct {
	by          store.ExecID
	file        store.FileID // the name it was written by
	first, last int64
	create      bool // it made the file
	cut         bool // it threw away what was there before first
}

// objectOf returns the object that a file row is a name of.
func (t *trace) objectOf(id store.FileID) *object {
	f := t.file(id)
	if f.ID == 0 {
		return &object{rows: []store.File{f}}
	}
	if f.Ino == 0 {
		if o, ok := t.unnamed[id]; ok {
			return o
		}
		return t.withoutInode(f)
	}
	if t.snap != nil && t.byRow[id] != nil {
		return t.byRow[id]
	}
	key := inode{f.Dev, f.Ino, f.Gen}
	if o, ok := t.objects[key]; ok {
		return o
	}
	rows, err := t.src.FilesOfInode(f.Dev, f.Ino, f.Gen)
	rows = got(t, "looking up an inode in the trace", rows, err)
	if len(rows) == 0 {
		rows = []store.File{f}
	}
	slices.SortFunc(rows, func(a, b store.File) int { return int(int64(a.ID) - int64(b.ID)) })
	o := &object{rows: rows, kind: f.Kind}
	for _, r := range rows {
		if t.snap != nil {
			t.byRow[r.ID] = o
		} else {
			t.files[r.ID] = r
		}
		if o.kind == store.KindUnknown {
			o.kind = r.Kind
		}
	}
	if t.snap == nil {
		t.objects[key] = o
	}
	return o
}

// withoutInode makes the object of a row whose inode could not be learnt. What
// it was renamed to or linked as is the same object, by the operations alone.
func (t *trace) withoutInode(f store.File) *object {
	o := &object{kind: f.Kind}
	for todo := []store.File{f}; len(todo) > 0; todo = todo[1:] {
		f := todo[0]
		if _, ok := t.unnamed[f.ID]; ok {
			continue
		}
		t.unnamed[f.ID] = o
		o.rows = append(o.rows, f)
		for _, op := range t.opsOn(f.ID) {
			if op.Kind != store.OpRename && op.Kind != store.OpLink {
				continue
			}
			for _, id := range []store.FileID{op.File, op.Other} {
				if g := t.file(id); g.ID != 0 && g.Ino == 0 && g.Kind != store.KindAbsent {
					todo = append(todo, g)
				}
			}
		}
	}
	slices.SortFunc(o.rows, func(a, b store.File) int { return int(int64(a.ID) - int64(b.ID)) })
	return o
}

// has reports whether the object ever had this path.
func (o *object) has(path string) bool {
	return slices.ContainsFunc(o.rows, func(f store.File) bool { return f.Path == path })
}

// channel reports whether the object is a pipe of some sort: read as it is
// written, and nothing stays.
func (o *object) channel() bool {
	return o.kind == store.KindPipe || o.kind == store.KindFIFO
}

// carries reports whether what is written to the object can be read from it
// again. Devices, sockets and the kernel's own file systems do not carry.
func (o *object) carries() bool {
	switch o.kind {
	case store.KindPipe, store.KindFIFO:
		return true
	case store.KindAnon:
		// Of the nameless kinds only a memfd holds content; the others
		// (eventfd, epoll, ...) even share one inode.
		return strings.Contains(o.rows[0].Path, "memfd:")
	case store.KindRegular, store.KindUnknown:
		p := o.rows[0].Path
		return strings.HasPrefix(p, "/") && !under(p, "/proc") && !under(p, "/sys")
	}
	return false
}

// writes lists what was written to the object, by first write.
func (t *trace) writes(o *object) []write {
	if o.haveWrites {
		return o.wrote
	}
	o.haveWrites = true
	if !o.carries() {
		return nil
	}
	at := map[accessKey]int{}
	for _, r := range o.rows {
		for _, a := range t.writesTo(r.ID) {
			at[accessKey{a.Exec, r.ID}] = len(o.wrote)
			o.wrote = append(o.wrote, t.asWrite(a, o.channel()))
		}
		for _, op := range t.opsOn(r.ID) {
			if op.Kind != store.OpCopy || op.Other != r.ID {
				continue
			}
			if i, ok := at[accessKey{op.Exec, r.ID}]; ok {
				o.wrote[i].last = max(o.wrote[i].last, op.Time)
			} else {
				at[accessKey{op.Exec, r.ID}] = len(o.wrote)
				o.wrote = append(o.wrote, write{by: op.Exec, file: r.ID, first: op.Time, last: op.Time})
			}
		}
	}
	slices.SortStableFunc(o.wrote, func(a, b write) int { return compareTimes(a.first, b.first) })
	return o.wrote
}

// firstWrite is when an access first wrote; one that only made the file has no
// time of its own for it.
func firstWrite(a store.Access) int64 {
	if a.FirstWrite == 0 {
		return a.First
	}
	return a.FirstWrite
}

// asWrite reads the times of a write out of an access.
func (t *trace) asWrite(a store.Access, channel bool) write {
	w := write{by: a.Exec, file: a.File, first: firstWrite(a), last: max(a.LastWrite, firstWrite(a))}
	w.create = a.Kinds&store.AccessCreate != 0
	// Cut and not read before: nothing of the old content is in the new. One
	// that read first may have kept any part of it.
	w.cut = a.Kinds&(store.AccessTruncate|store.AccessCreate) != 0 && (a.FirstRead == 0 || a.FirstRead > w.first)
	// Stores to mapped memory are not calls: they may go on until the end.
	if a.Kinds&store.AccessMap != 0 {
		w.last = max(w.last, t.endOf(t.exec(w.by)))
	}
	// The reader of a pipe can be back from its call before the writer is from
	// the one that woke it, so only the start of the writer is sure to come
	// before what was read.
	if channel {
		if by := t.exec(w.by); by != nil {
			w.first = min(w.first, by.Start)
		}
	}
	return w
}

// contributors lists the writes whose content can be in the object for someone
// who reads it before bound: a cut throws away all that came before it.
func (t *trace) contributors(o *object, bound int64) []write {
	ws := t.writes(o)
	from := 0
	for i, w := range ws {
		if w.first >= bound {
			ws = ws[:i]
			break
		}
		if w.cut {
			from = i
		}
	}
	if o.channel() {
		return ws
	}
	kept := ws[from:]
	for _, w := range ws[:from] {
		if w.last > ws[from].first { // still writing after the cut
			kept = append(slices.Clip(kept), w)
		}
	}
	return kept
}

// written reports whether the build wrote the object.
func (t *trace) written(o *object) bool { return len(t.writes(o)) > 0 }

// passes reports whether the object is only passed through: a pipe or a
// temporary file. It is never an answer, what flowed into it is.
func (t *trace) passes(o *object) bool {
	return o.carries() && (o.channel() || o.kind == store.KindAnon || t.temporary(o))
}

// under reports whether p is dir or below it; both are clean and absolute.
func under(p, dir string) bool {
	if dir == "/" {
		return strings.HasPrefix(p, "/")
	}
	return strings.HasPrefix(p, dir) && (len(p) == len(dir) || p[len(dir)] == '/')
}

func compareTimes(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
