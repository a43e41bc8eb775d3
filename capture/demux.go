package capture

import (
	"buildgraph/bpf"
)

// demux gives each event to the build that it is of. What path ids stand for is
// the same for all builds and kept once.
type demux struct {
	names  nameTable
	images map[uint32]*image   // that run, of all builds
	gone   map[uint32]*process // exited, their CPU time still to come
	fold   func(bpf.FoldKey) (bpf.Fold, bool)
	spare  []*image // ended images, for their maps

	adopts bool              // processes that run already may be entered
	only   *build            // of a capture: every event's
	builds map[uint16]*build // else: by the kernel side's number
	begin  func(*bpf.ForkEvent) *build
	open   func(*build)                     // gives a build its sink, when its first event wants one
	runs   func(pid int, image uint32) bool // whether a process still runs an image
	strays map[uint16]bool                  // builds that are over or were never told of, with events
}

func newDemux(fold func(bpf.FoldKey) (bpf.Fold, bool)) *demux {
	return &demux{
		fold:   fold,
		images: map[uint32]*image{},
		gone:   map[uint32]*process{},
		builds: map[uint16]*build{},
		strays: map[uint16]bool{},
	}
}

// buildOf finds the build of an event; nil when it is none that is recorded.
func (d *demux) buildOf(h *bpf.Header) *build {
	if d.only != nil {
		return d.only
	}
	b := d.builds[h.Build]
	if b == nil {
		d.strays[h.Build] = true
	}
	return b
}

// imageOf finds the image of an event; nil when its build is none that is recorded.
func (d *demux) imageOf(h *bpf.Header) *image {
	im := d.images[h.Image]
	if im == nil || im.build.sink == nil {
		b := d.buildOf(h)
		if b == nil || !d.opened(b) {
			return nil
		}
		if im = d.images[h.Image]; im == nil { // opening it may have told
			im = b.orphan(h)
		}
	}
	im.build.events++
	return im
}

// opened says whether a build has a sink, and gives it one.
func (d *demux) opened(b *build) bool {
	if b.sink == nil {
		d.open(b)
	}
	return b.sink != nil
}

func (d *demux) path(h *bpf.PathHead, raw []byte) { d.names.path(h, raw) }

func (d *demux) fork(e *bpf.ForkEvent) {
	if e.H.Image != 0 {
		if parent := d.imageOf(&e.H); parent != nil {
			parent.build.fork(parent, e)
		}
		return
	}
	if d.only != nil {
		d.only.fork(nil, e)
	} else if b := d.begin(e); b != nil {
		d.builds[e.H.Build] = b
	}
}

func (d *demux) exec(e *bpf.ExecEvent) {
	if e.H.Flags&bpf.ExecAdopted != 0 {
		if im := d.imageOf(&e.H); im != nil {
			im.build.adopt(im, e, d.runs)
		}
		return
	}
	b := d.buildOf(&e.H)
	if old := d.images[e.Old]; old != nil {
		b = old.build
	}
	switch {
	case b == nil:
	case b.sink == nil && b.watched.exec.Pid == 0:
		b.watched.exec = *e
	case d.opened(b):
		b.events++
		b.exec(e)
	}
}

func (d *demux) text(h *bpf.TextHead, text []byte) {
	if b := d.builds[h.H.Build]; b != nil && b.sink == nil && b.watched.expects(h) {
		b.events++
		if b.watched.text(h, text) {
			d.open(b)
		}
		return
	}
	if im := d.imageOf(&h.H); im != nil {
		im.build.text(im, h, text)
	}
}

func (d *demux) exit(e *bpf.ExitEvent) {
	if im := d.imageOf(&e.H); im != nil {
		im.build.exit(im, e)
	}
}

func (d *demux) cpu(e *bpf.CPUEvent) {
	if p := d.gone[e.H.Image]; p != nil {
		p.build.cpu(p, e)
	}
}

func (d *demux) access(e *bpf.AccessEvent) {
	if im := d.imageOf(&e.H); im != nil {
		im.build.access(im, e)
	}
}

func (d *demux) held(e *bpf.HeldEvent) {
	if im := d.imageOf(&e.H); im != nil {
		im.build.held(im, e)
	}
}

func (d *demux) op(e *bpf.OpEvent) {
	if im := d.imageOf(&e.H); im != nil {
		im.build.op(im, e)
	}
}

func (d *demux) note(e *bpf.NoteEvent) {
	if im := d.imageOf(&e.H); im != nil {
		im.build.note(im, e)
	}
}
