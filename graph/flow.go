package graph

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"buildgraph/store"
)

// The ways content can go from one file to the next, as Step.Via names them.
const (
	viaRead      = "read"
	viaExecute   = "execute"
	viaPipe      = "pipe"
	viaCopy      = "copy"
	viaRename    = "rename"
	viaInherited = "inherited"
	viaRecipe    = "recipe"
)

// read is everything one image read from a file.
type read struct {
	by          *image
	file        store.FileID
	kinds       store.AccessKind
	first, last int64
}

// hop is one step of the flow rule: reader read from, and so it is in to.
type hop struct {
	from  *object
	in    read
	to    *object
	out   write
	via   string
	own   bool  // the reader's process wrote from itself before reading it
	bound int64 // what was written to from before this time came along
}

// readsOf lists what one image read, by file.
func (t *trace) readsOf(im *image) []read {
	var rs []read
	for _, a := range t.accessesOf(im.ID) {
		if a.Kinds&readKinds == 0 {
			continue
		}
		r := read{by: im, file: a.File, kinds: a.Kinds, first: a.FirstRead, last: max(a.Last, a.FirstRead)}
		if r.first == 0 {
			r.first = a.First
		}
		rs = append(rs, r)
	}
	for _, op := range t.opsBy(im.ID) {
		if op.Kind == store.OpCopy {
			rs = append(rs, copyRead(im, op))
		}
	}
	return rs
}

// copyRead is the reading half of a copy made by the kernel. It is one call:
// the reading comes a moment before the writing.
func copyRead(im *image, op store.Op) read {
	return read{by: im, file: op.File, kinds: store.AccessRead, first: op.Time - 1, last: op.Time}
}

// copied reports whether an image had the kernel copy from a file into an object.
func (t *trace) copied(im *image, from store.FileID, to *object) bool {
	if !im.haveCopies {
		im.haveCopies = true
		for _, op := range t.opsBy(im.ID) {
			if op.Kind == store.OpCopy {
				im.copies = append(im.copies, op)
			}
		}
	}
	return slices.ContainsFunc(im.copies, func(op store.Op) bool { return op.File == from && t.objectOf(op.Other) == to })
}

// wroteFirst is when any image of a process first wrote to each object.
func (t *trace) wroteFirst(p *process) map[*object]int64 {
	if p.wrote != nil {
		return p.wrote
	}
	p.wrote = map[*object]int64{}
	for _, im := range p.images {
		for _, a := range t.writesOf(im.ID) {
			o := t.objectOf(a.File)
			at := firstWrite(a)
			if old, ok := p.wrote[o]; !ok || at < old {
				p.wrote[o] = at
			}
		}
	}
	return p.wrote
}

// lineage visits the images whose reads a write by w can hold, each with the
// time before which they count: the earlier images of the same process, and the
// ancestors up to but without the build tool, before they forked that line.
func (t *trace) lineage(w *image, before int64, visit func(im *image, before int64, inherited bool)) {
	for _, im := range w.child.images {
		if im.Seq <= w.Seq && (im.tool == notTool || w.tool != notTool) {
			visit(im, before, false)
		}
	}
	for p := w.child; ; {
		by := t.parentImage(p)
		if by == nil || by.tool != notTool {
			return
		}
		before = min(before, p.Start)
		for _, im := range by.child.images {
			if im.Seq <= by.Seq && im.tool == notTool {
				visit(im, before, true)
			}
		}
		p = by.child
	}
}

// walk follows the flow rule backwards, breadth first.
type walk struct {
	t *trace
	// execs and objects hold, for what was expanded, before which time. A later
	// arrival that may see no more adds nothing.
	execs   map[store.ExecID]int64
	objects map[*object]int64
}

func (t *trace) newWalk() *walk {
	return &walk{t: t, execs: map[store.ExecID]int64{}, objects: map[*object]int64{}}
}

// into yields the hops into object o as it was before bound; only those of the
// writes that want (nil: any) accepts.
func (w *walk) into(o *object, bound int64, want func(write) bool, yield func(hop)) {
	if done, ok := w.objects[o]; ok && done >= bound {
		return
	}
	if want == nil {
		w.objects[o] = bound
	}
	for _, wr := range w.t.contributors(o, bound) {
		if want != nil && !want(wr) {
			continue
		}
		w.behind(o, wr, min(wr.last, bound), yield)
	}
}

// behind yields what is behind one write: all that its writer knew by a time.
func (w *walk) behind(to *object, wr write, before int64, yield func(hop)) {
	t := w.t
	by := t.exec(wr.by)
	if by == nil {
		return
	}
	t.lineage(by, before, func(im *image, before int64, inherited bool) {
		if done, ok := w.execs[im.ID]; ok && done >= before {
			return
		}
		w.execs[im.ID] = before
		for _, r := range t.readsOf(im) {
			if r.first >= before || t.handedDown(im, r) {
				continue
			}
			from := t.objectOf(r.file)
			if from == to && from.channel() || !t.relevant(from, im) {
				continue
			}
			h := hop{from: from, in: r, to: to, out: wr, bound: min(before, r.last)}
			if at, ok := t.wroteFirst(im.child)[from]; ok && at < r.first {
				h.own = true
			}
			switch {
			case inherited:
				h.via = viaInherited
			case from.channel():
				h.via = viaPipe
			case t.copied(im, r.file, to):
				h.via = viaCopy
			case r.kinds&store.AccessExecute != 0:
				h.via = viaExecute
			default:
				h.via = viaRead
			}
			yield(h)
		}
	})
}

// handedDown reports whether an image opened a file only for a child, which then
// read it: a shell can do the redirections of a command before it forks (dash
// does, to use vfork). The child has read it, and not what the shell runs next.
func (t *trace) handedDown(im *image, r read) bool {
	if r.kinds&readKinds != store.AccessRead || len(t.children(im.Process)) == 0 || t.noise(t.path(r.file)) {
		return false
	}
	if o := t.objectOf(r.file); !plainFile(o) {
		return false
	}
	key := accessKey{im.ID, r.file}
	if known, ok := t.handed[key]; ok {
		return known
	}
	t.handed[key] = slices.ContainsFunc(t.accessesTo(r.file), func(a store.Access) bool {
		by := t.exec(a.Exec)
		return a.Kinds&store.AccessRead != 0 && by != nil && by.Seq > 0 &&
			t.forkedSince(by.child, im, r.first) && t.began(by, r.file)
	})
	return t.handed[key]
}

// forkedSince reports whether a process descends from what an image forked after
// a time.
func (t *trace) forkedSince(p *process, im *image, since int64) bool {
	for p != im.child {
		by := t.parentImage(p)
		if by == nil {
			return false
		}
		if by.child == im.child {
			return by.Seq >= im.Seq && p.Start > since
		}
		p = by.child
	}
	return false
}

// began reports whether an image began with a file open for reading.
func (t *trace) began(im *image, file store.FileID) bool {
	held, err := t.src.HeldBy(im.ID)
	return slices.ContainsFunc(got(t, "reading the descriptors of an exec", held, err), func(h store.Held) bool {
		return h.Read && h.File == file
	})
}

// relevant leaves out what make talks through: the jobserver's pipe, and the
// pipes and temporary files by which a build tool collects its children's output.
func (t *trace) relevant(o *object, reader *image) bool {
	if !o.carries() {
		return true
	}
	if reader.tool != notTool && t.passes(o) {
		return false
	}
	return !o.channel() || !t.jobserver(o)
}

// jobserver reports whether a pipe hands out make's job slots (GNU make manual,
// "POSIX Jobserver Interaction"): make itself reads and writes it, or one of its
// readers was told so by its environment and holds it at those descriptors.
func (t *trace) jobserver(o *object) bool {
	if o.haveServer {
		return o.server
	}
	o.haveServer = true
	o.server = t.isJobserver(o)
	return o.server
}

func (t *trace) isJobserver(o *object) bool {
	wrote := map[store.ExecID]bool{}
	for _, w := range t.writes(o) {
		wrote[w.by] = true
	}
	for _, r := range o.rows {
		if o.kind == store.KindFIFO && strings.HasPrefix(path.Base(r.Path), "GMfifo") {
			return true
		}
		for _, a := range t.accessesTo(r.ID) {
			by := t.exec(a.Exec)
			if by == nil || a.Kinds&readKinds == 0 {
				continue
			}
			if by.tool == makeTool && wrote[by.ID] {
				return true
			}
			auth := t.envMake(by.Env).Jobserver
			if fifo, ok := strings.CutPrefix(auth, "fifo:"); ok && fifo == r.Path {
				return true
			}
			if in, out, ok := strings.Cut(auth, ","); ok && t.holds(by, r.ID, in) && t.holds(by, r.ID, out) {
				return true
			}
		}
	}
	return false
}

// holds reports whether an image began with a descriptor open on a file.
func (t *trace) holds(im *image, file store.FileID, fd string) bool {
	n, err := strconv.Atoi(fd)
	if err != nil || n < 0 {
		return false
	}
	held, err := t.src.HeldBy(im.ID)
	return slices.ContainsFunc(got(t, "reading the descriptors of an exec", held, err), func(h store.Held) bool {
		return h.FD == n && h.File == file
	})
}

// flowInto collects the persistent files whose content flowed into o. The
// object itself, and what its writers wrote themselves, is passed through.
func (t *trace) flowInto(o *object, in *inputs) {
	w := t.newWalk()
	t.follow(w, []arrival{{o, forever}}, func(f *object) bool { return f == o }, in)
}

// arrival is an object whose content of before a time matters.
type arrival struct {
	obj   *object
	bound int64
}

// follow walks back from some objects through all that only passes content on,
// and collects where the walk ends.
func (t *trace) follow(w *walk, todo []arrival, through func(*object) bool, in *inputs) {
	for len(todo) > 0 {
		a := todo[0]
		todo = todo[1:]
		w.into(a.obj, a.bound, nil, func(h hop) {
			if h.own || through(h.from) || t.passes(h.from) {
				todo = append(todo, arrival{h.from, h.bound})
				return
			}
			in.add(h.from, h.in)
		})
	}
}

func utoa(n uint64) string { return strconv.FormatUint(n, 10) }
