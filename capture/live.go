package capture

import (
	"buildgraph/bpf"
	"buildgraph/store"
)

// shown is what an image keeps for those who watch the build live.
//
// What a program is called is known for sure only when its arguments and the #!
// script behind it have come, which is before anything that it does itself. Until
// then it is not settled, and its events wait.
type shown struct {
	settled  bool
	adopting bool // ran when the capture came: what it is has yet to be told
	argv     []string
	exe      string
	script   string
	comm     string
	waiting  []store.Event
}

// inherit takes over what a fork copies: of the parent all is known by now.
func (s *shown) inherit(parent *image) {
	if parent != nil {
		p := &parent.shown
		s.argv, s.exe, s.script, s.comm = p.argv, p.exe, p.script, p.comm
	}
	s.settled = !s.adopting
}

// adoptedAfter is how much older than the event of its beginning a process is, ns,
// that was adopted. One that is merely told of late is shown late.
const adoptedAfter = 200_000

// event begins an event of an image.
func (im *image) event(kind store.EventKind, t int64) store.Event {
	return store.Event{
		Time: t, Kind: kind, Exec: im.row.ID, Process: im.proc.row.ID, Start: im.proc.row.Start,
		PID: im.proc.row.PID, PPID: im.proc.ppid,
	}
}

// show gives an event of an image to who watches, now or when it is settled.
func (b *build) show(im *image, e store.Event) {
	if !im.shown.settled {
		im.shown.waiting = append(im.shown.waiting, e)
		return
	}
	e.Comm = im.shown.comm
	b.live(e)
}

// settle is called before an image does something itself, or ends.
func (b *build) settle(im *image) {
	s := &im.shown
	if b.live == nil || s.settled || s.adopting {
		return
	}
	s.settled = true
	argv0 := ""
	if len(s.argv) > 0 {
		argv0 = s.argv[0]
	}
	s.comm = store.Comm(argv0, s.script, s.exe)
	if im.row.Seq > 0 {
		e := im.event(store.EventExec, im.row.Start)
		e.Path, e.Other, e.Argv = s.exe, s.script, s.argv
		b.show(im, e)
	}
	for _, e := range s.waiting {
		b.show(im, e)
	}
	s.waiting = nil
}

// settleNow is settle for an image of which no more will be told.
func (b *build) settleNow(im *image) {
	im.shown.adopting = false
	b.settle(im)
}

// showFork tells of a new process whose parent is known.
func (b *build) showFork(im, parent *image, e *bpf.ForkEvent) {
	im.shown.adopting = b.shared.adopts && e.H.Time > e.Start+adoptedAfter
	im.shown.inherit(parent)
	if parent != nil {
		b.show(im, im.event(store.EventFork, im.row.Start))
	}
}

// showUses tells of the first uses of a file.
func (b *build) showUses(im *image, path string, uses []store.Use) {
	for _, u := range uses {
		e := im.event(u.Kind, u.Time)
		e.Path = path
		b.show(im, e)
	}
}

// showOp tells of an operation.
func (b *build) showOp(im *image, op *store.Op, one, two store.File) {
	e := im.event(op.Kind.EventOf(), op.Time)
	e.Path, e.Other = one.Path, two.Path
	if op.Detail != "" {
		e.Other = op.Detail
	}
	b.show(im, e)
}

// showExit tells of the end of a process; im was its last image.
func (b *build) showExit(im *image) {
	p := &im.proc.row
	e := im.event(store.EventExit, p.End)
	e.ExitCode, e.Signal = p.ExitCode, p.Signal
	b.show(im, e)
}

// setsUp says whether an access is part of an exec that is still going on.
func setsUp(e *bpf.AccessEvent) bool {
	return e.H.Flags&(bpf.AccessScript|bpf.AccessMaybe) != 0
}

// truncate is a use that is an operation too, and one event: the operation's. It
// gives the time of that. Whether an operation was the first writing shows in the
// two having one time, so one that was not gets another.
func (b *build) truncate(im *image, f known, when uint64) int64 {
	live := b.live
	b.live = nil
	defer func() { b.live = live }()
	at, known := im.rows[f.id]
	written := known && im.done[at].FirstWrite == b.at(when)
	t := b.use(im, f, store.AccessTruncate, when)
	if written {
		t++
	}
	return t
}
