package main

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"buildgraph/graph"
	"buildgraph/report"
	"buildgraph/store"
)

const (
	liveQueue  = 1 << 15 // events that may wait for the writer
	liveHeld   = 1 << 17 // events that may wait for the end of their processes
	liveWindow = 20 * time.Millisecond
	liveDrain  = 2 * time.Second // how long a build that is over waits for its lines
)

// livePrinter shows events as they happen. It never makes a build wait: what the
// output takes too slowly is dropped and counted.
//
// Events are put into a queue by the goroutine that takes them from the kernel;
// a goroutine of the printer's own chooses, sorts and writes them.
type livePrinter struct {
	flags eventFlags
	json  bool
	out   *liveOutput

	mu    sync.Mutex // guards the queue
	queue []liveEvent
	over  map[liveProcess]int64 // events that found the queue full, while it is not known whether they are wanted

	wake    chan struct{}
	closing chan struct{}
	done    chan struct{}

	state sync.Mutex  // guards what follows; not held while writing
	ready []liveEvent // chosen, not yet written
	hold  map[liveProcess]*heldEvents
	held  int

	wanted atomic.Int64 // lines that the filters choose
	shown  atomic.Int64 // lines that were written
}

// liveBuild is one build whose events are shown.
type liveBuild struct {
	filter *graph.EventFilter
	began  time.Time
	root   string
}

type liveEvent struct {
	store.Event
	build *liveBuild
}

// liveProcess is a process of one of the builds.
type liveProcess struct {
	build *liveBuild
	id    store.ProcessID
}

// heldEvents wait for the end of their process.
type heldEvents struct {
	events []liveEvent
	over   int64 // those for which there was no room
}

// newLivePrinter begins to show events. The flags must be good.
func newLivePrinter(out *liveOutput, flags eventFlags, json bool) *livePrinter {
	p := &livePrinter{
		flags: flags, json: json, out: out,
		over: map[liveProcess]int64{}, hold: map[liveProcess]*heldEvents{},
		wake: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
	}
	go p.write()
	return p
}

// For gives the function that takes the events of one build: what
// [capture.Options] calls Live.
func (p *livePrinter) For(m store.Meta) (func(store.Event), error) {
	filter, err := p.flags.filter(m.Root)
	if err != nil {
		return nil, err
	}
	b := &liveBuild{filter: filter, began: m.Began, root: m.Root}
	return func(e store.Event) { p.put(b, &e) }, nil
}

// put is called while the build's events wait.
func (p *livePrinter) put(b *liveBuild, e *store.Event) {
	ends := e.Kind == store.EventExit && b.filter.AboutProcesses()
	if !ends && !b.filter.Kind(e.Kind) {
		return
	}
	p.mu.Lock()
	switch {
	case ends || len(p.queue) < liveQueue:
		p.queue = append(p.queue, liveEvent{*e, b})
	case !b.filter.Match(e):
	case b.filter.AboutProcesses():
		p.over[liveProcess{b, e.Process}]++
	default:
		p.wanted.Add(1)
	}
	first := len(p.queue) == 1
	p.mu.Unlock()
	if first {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
}

// write is the printer's goroutine.
func (p *livePrinter) write() {
	defer close(p.done)
	if !p.json {
		p.out.write([]byte(report.EventTitle))
	}
	var spare []liveEvent
	for over := false; !over; {
		var later <-chan time.Time
		if len(p.ready) > 0 {
			later = time.After(liveWindow)
		}
		select {
		case <-p.wake:
		case <-later:
		case <-p.closing:
			over = true
		}
		if !over {
			time.Sleep(liveWindow) // more come at once
		}
		p.mu.Lock()
		batch := p.queue
		p.queue = spare[:0]
		p.mu.Unlock()
		p.print(p.take(batch, over))
		clear(batch)
		spare = batch
	}
}

// take chooses among the events of a batch and gives the lines to write now, in
// order. The newest wait for those that are a little late.
func (p *livePrinter) take(batch []liveEvent, over bool) []liveEvent {
	p.state.Lock()
	defer p.state.Unlock()
	for i := range batch {
		p.choose(&batch[i])
	}
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
	now := slices.Clone(p.ready[:n])
	p.ready = append(p.ready[:0], p.ready[n:]...)
	return now
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

// print formats events and writes them.
func (p *livePrinter) print(events []liveEvent) {
	o := report.EventOptions{Options: p.out.options(), Zone: time.Local}
	var b []byte
	lines := 0
	for i := range events {
		e := &events[i]
		o.Began, o.Root = e.build.began, e.build.root
		before := len(b)
		if p.json {
			b = report.AppendEventJSON(b, &e.Event, &o)
		} else {
			b = report.AppendEvent(b, &e.Event, &o)
		}
		if before > 0 && len(b) > p.out.block {
			if !p.out.write(b[:before]) {
				return
			}
			p.shown.Add(int64(lines))
			b, lines = append(b[:0], b[before:]...), 0
		}
		lines++
	}
	if len(b) > 0 && p.out.write(b) {
		p.shown.Add(int64(lines))
	}
}

// Close writes what waits, for as long as liveDrain, and gives how many lines were
// not shown and why ("" when all were). A printer that is nil shows nothing.
func (p *livePrinter) Close() (dropped int64, why string) {
	if p == nil {
		return 0, ""
	}
	close(p.closing)
	select {
	case <-p.done:
	case <-time.After(liveDrain):
		p.out.giveUp()
		select {
		case <-p.done:
		case <-time.After(10 * liveWindow): // in a write that does not return
			p.mu.Lock()
			rest := p.queue
			p.queue = nil
			p.mu.Unlock()
			p.take(rest, true)
		}
	}
	dropped = p.wanted.Load() - p.shown.Load()
	return dropped, p.out.reason(dropped)
}

// tell says how many lines were not shown.
func (a *app) tellDropped(dropped int64, why string) {
	if dropped > 0 {
		say(a.stderr, fmt.Sprintf("%s not shown: %s", count(dropped, "line was", "lines were"), why))
	}
}
