package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"buildgraph/graph"
	"buildgraph/report"
	"buildgraph/store"
)

const (
	liveQueue  = 1 << 15                // events that may wait for the writer
	liveHeld   = 1 << 17                // events that may wait for the end of their processes
	liveBatch  = 20 * time.Millisecond  // what comes meanwhile is written at once
	liveWindow = 100 * time.Millisecond // how late an event may be to stand in its place
	liveDrain  = 2 * time.Second        // how long a build that is over waits for its lines
)

// livePrinter shows events as they happen. It never makes a build wait: what the
// output takes too slowly is dropped and counted.
//
// Events are put into a queue by the goroutine that takes them from the kernel;
// a goroutine of the printer's own chooses, sorts and writes them.
type livePrinter struct {
	filter *graph.EventFilter // of whatever build
	json   bool
	out    *liveOutput
	one    func(store.Event) // of the only build, see callback
	title  string            // the heading that was written last
	headed bool              // the end has a heading where there are no lines
	text   []byte            // lines, for their memory

	mu    sync.Mutex // guards the queue
	queue []liveEvent
	over  map[liveProcess]int64 // events that found the queue full, while it is not known whether they are wanted

	wake    chan struct{}
	closing chan struct{}
	done    chan struct{}

	state sync.Mutex  // guards what follows; not held while writing
	ready []liveEvent // chosen, not yet written
	late  []liveEvent // those before, for their memory
	hold  map[liveProcess]*heldEvents
	held  int

	wanted atomic.Int64 // lines that the filters choose
	shown  atomic.Int64 // lines that were written
}

// liveBuild is one build whose events are shown.
type liveBuild struct {
	filter *graph.EventFilter
	began  time.Time
	boot   int64 // began, ns of CLOCK_BOOTTIME
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

// newLivePrinter begins to show the events that a filter chooses.
func newLivePrinter(out *liveOutput, filter *graph.EventFilter, json bool) *livePrinter {
	p := &livePrinter{
		filter: filter, json: json, out: out,
		over: map[liveProcess]int64{}, hold: map[liveProcess]*heldEvents{},
		wake: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
	}
	go p.write()
	return p
}

// For gives the function that takes the events of one build: what
// [capture.Options] calls Live.
func (p *livePrinter) For(m store.Meta) func(store.Event) {
	b := &liveBuild{filter: p.filter.In(m.Root), began: m.Began, boot: m.BootNS, root: m.Root}
	return func(e store.Event) { p.put(b, &e) }
}

// callback is For before the build is known, which begin tells; nil where there
// is no printer.
func (p *livePrinter) callback() func(store.Event) {
	if p == nil {
		return nil
	}
	return func(e store.Event) { p.one(e) }
}

// begin says whose events callback gets.
func (p *livePrinter) begin(m store.Meta) {
	if p != nil {
		p.one = p.For(m)
	}
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
	var spare []liveEvent
	for over := false; !over; {
		var later <-chan time.Time
		if p.waiting() {
			later = time.After(liveWindow)
		}
		select {
		case <-p.wake:
			time.Sleep(liveBatch)
		case <-later:
		case <-p.closing:
			over = true
		}
		p.mu.Lock()
		batch := p.queue
		p.queue = spare[:0]
		p.mu.Unlock()
		p.print(p.take(batch, over), over && p.headed)
		clear(batch)
		spare = batch
	}
}

// print formats events and writes them, below a heading where there are any or it is
// to be there anyway.
func (p *livePrinter) print(events []liveEvent, headed bool) {
	o := report.EventOptions{Options: p.out.options(), Zone: time.Local}
	b := p.text[:0]
	// Once, and again when the terminal's width changes what columns there are.
	if title := report.EventTitle(&o); !p.json && title != p.title && (len(events) > 0 || headed && p.title == "") {
		b = append(b, title...)
		p.title = title
	}
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
		if lines > 0 && len(b) > p.out.block {
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
	p.text = b
}

// Close writes what waits, for as long as liveDrain, and gives how many lines were
// not shown and why ("" when all were). A table without lines has its heading, as log's
// has, where there was a build. A printer that is nil shows nothing.
func (p *livePrinter) Close(build bool) (dropped int64, why string) {
	if p == nil {
		return 0, ""
	}
	p.headed = build
	p.out.leaveFIFO()
	close(p.closing)
	select {
	case <-p.done:
		// The heading is left with all that followed it, and is no line.
		p.shown.Add(-min(p.out.unread(), p.shown.Load()))
	case <-time.After(liveDrain):
		p.out.giveUp()
		select {
		case <-p.done:
		case <-time.After(liveDrain / 10): // in a write that does not return
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
