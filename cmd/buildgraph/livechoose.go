package main

import (
	"slices"
	"time"

	"buildgraph/capture"
	"buildgraph/store"
)

// heldEvents wait for the end of their process.
type heldEvents struct {
	events []liveEvent
	over   int64 // those for which there was no room
}

// waiting says whether there are lines that only wait for others before them, or for
// their process to have lived for long enough.
func (p *livePrinter) waiting() bool {
	p.state.Lock()
	defer p.state.Unlock()
	if len(p.ready) > 0 {
		return true
	}
	for key := range p.hold {
		return !key.build.filter.Failed()
	}
	return false
}

// take chooses among the events of a batch and gives the lines to write now, in
// order. The newest wait for those that are a little late.
func (p *livePrinter) take(batch []liveEvent, over bool) []liveEvent {
	p.state.Lock()
	defer p.state.Unlock()
	for i := range batch {
		p.choose(&batch[i])
	}
	p.letLive()
	if over {
		p.letGo()
	}
	slices.SortFunc(p.ready, func(a, b liveEvent) int {
		if a.build != b.build {
			return a.build.began.Add(time.Duration(a.Time)).Compare(b.build.began.Add(time.Duration(b.Time)))
		}
		return store.CompareEvents(&a.Event, &b.Event)
	})
	n := len(p.ready)
	if len(batch) > 0 && !over {
		last := p.ready[max(n-1, 0):]
		for n > 0 && last[0].Time-p.ready[n-1].Time < int64(liveWindow) {
			n--
		}
	}
	p.ready, p.late = append(p.late[:0], p.ready[n:]...), p.ready
	return p.late[:n]
}

// choose puts an event where it belongs.
func (p *livePrinter) choose(e *liveEvent) {
	f := e.build.filter
	wanted := f.Match(&e.Event)
	if !f.AboutProcesses() {
		if wanted {
			p.add(*e)
		}
		return
	}
	key := liveProcess{e.build, e.Process}
	h := p.hold[key]
	switch {
	case e.Kind == store.EventExit:
		delete(p.hold, key)
		p.mu.Lock()
		over := p.over[key]
		delete(p.over, key)
		p.mu.Unlock()
		if h != nil {
			p.held -= len(h.events)
		}
		if !f.Ended(e.Start, e.Time, e.ExitCode, e.Signal) {
			return
		}
		p.wanted.Add(over)
		p.release(h)
		if wanted {
			p.add(*e)
		}
	case !wanted:
	case !f.Failed() && f.Lived(e.Start, e.Time):
		if h != nil {
			p.held -= len(h.events)
			p.release(h)
			delete(p.hold, key)
		}
		p.add(*e)
	case h == nil:
		h = &heldEvents{}
		p.hold[key] = h
		fallthrough
	case p.held < liveHeld:
		h.events = append(h.events, *e)
		p.held++
	default:
		h.over++
	}
}

// letLive lets go of the lines of processes that have lived for long enough and still
// do: a build that hangs says nothing more. What has ended waits to be told of it.
func (p *livePrinter) letLive() {
	for key, h := range p.hold {
		b := key.build
		if b.filter.Failed() || len(h.events) == 0 {
			continue
		}
		e := &h.events[0].Event
		if b.filter.Lived(e.Start, int64(time.Since(b.began))) && capture.Running(e.PID, b.boot+e.Start) {
			p.held -= len(h.events)
			p.release(h)
			delete(p.hold, key)
		}
	}
}

// letGo is the end of processes that outlived the build.
func (p *livePrinter) letGo() {
	p.mu.Lock()
	for key, n := range p.over {
		if key.build.filter.Ended(0, 0, 0, 0) {
			p.wanted.Add(n)
		}
	}
	clear(p.over)
	p.mu.Unlock()
	for key, h := range p.hold {
		if key.build.filter.Ended(0, 0, 0, 0) {
			p.release(h)
		}
	}
	clear(p.hold)
}

func (p *livePrinter) release(h *heldEvents) {
	if h == nil {
		return
	}
	for _, e := range h.events {
		p.add(e)
	}
	p.wanted.Add(h.over)
}

func (p *livePrinter) add(e liveEvent) {
	p.ready = append(p.ready, e)
	p.wanted.Add(1)
}
