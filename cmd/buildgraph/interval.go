package main

import (
	"bytes"
	"time"

	"buildgraph/capture"
	"buildgraph/graph"
	"buildgraph/report"
	"buildgraph/store"
)

// intervalTop is how many calls the table of an interval has: it is read while it
// scrolls by.
const intervalTop = 10

// intervals shows what was counted in each interval of a running capture. It has a
// goroutine of its own: a terminal that does not take its text delays the tables,
// each of which then tells of all since the one before, and never the capture.
type intervals struct {
	a     *app
	every time.Duration
	now   func() ([]store.Syscall, error)

	shown []store.Syscall // the counts of which the tables have told
	since time.Time
	table report.Intervals

	over          time.Time // when the capture was
	stop, stopped chan struct{}
}

// showIntervals begins, unless there is nothing to show; finish and wait must be called.
func (a *app) showIntervals(c *capture.Capture, o countingOptions) *intervals {
	if o.interval == 0 {
		return nil
	}
	v := &intervals{a: a, every: o.interval, now: c.Syscalls, since: time.Now(), stop: make(chan struct{}), stopped: make(chan struct{})}
	go v.run()
	return v
}

func (v *intervals) run() {
	defer close(v.stopped)
	tick := time.NewTicker(v.every)
	defer tick.Stop()
	for {
		select {
		case <-v.stop:
			return
		case <-tick.C:
			v.show(time.Now())
		}
	}
}

// finish says that the capture is over, and does not wait for the terminal.
func (v *intervals) finish() {
	if v != nil {
		v.over = time.Now()
		close(v.stop)
	}
}

// end shows the rest: the tables together tell of every call that the trace has.
func (v *intervals) end() {
	if v != nil {
		v.wait()
		v.show(v.over)
	}
}

// wait returns when no table is being shown, after finish. The capture may be closed
// then.
func (v *intervals) wait() {
	if v != nil {
		<-v.stopped
	}
}

// show writes the table of what has come since the last one. In one piece, so that
// lines of the build do not get between its lines.
func (v *intervals) show(ended time.Time) {
	rows, err := v.now()
	if err != nil {
		say(v.a.stderr, "the counts of this interval are told with the next: "+err.Error())
		return
	}
	s, err := graph.CountSyscalls(graph.SyscallsSince(v.shown, rows), graph.SyscallOptions{Top: intervalTop})
	if err != nil {
		say(v.a.stderr, "counting system calls: "+err.Error())
		return
	}
	var b bytes.Buffer
	if err := v.table.Text(&b, s, ended, ended.Sub(v.since), v.a.optionsFor(v.a.stderr)); err == nil {
		_, _ = v.a.stderr.Write(b.Bytes())
	}
	v.shown, v.since = rows, ended
}
