package graph

import (
	"fmt"
	"iter"
	"time"

	"buildgraph/store"
)

// A build takes as long as its first process runs: every answer that tells how long it
// took means that, not how long it was watched, which includes the start of the
// capture and what was left behind.
//
// Of a build that was not seen to end that is not known: the capture was killed, and
// processes that still ran have no row in the trace, the first one among them; or a
// build that was attached to outlived the watching, or the event of its end was lost.
// It took at least until the last that is known of it, and its exit status is not known.

// extent is when a build ran, ns since the capture began.
type extent struct {
	start, end int64
	last       int64 // that is known: the end of the watching, or of what was seen
	unended    bool  // the build was not seen to end: it ended at end or later
}

// wall is how long the build took; where it was not seen to end, at least.
func (e extent) wall() int64 { return e.end - e.start }

// extent tells when the build ran.
func (t *trace) extent() extent {
	if t.ran == nil {
		e, err := extentOf(t.src)
		t.fail("reading when the build ended", err)
		t.ran = &e
	}
	return *t.ran
}

// Took is how long the build of a trace took: from the beginning of its first process
// to its end, or to the last that is known where that was not seen.
func Took(r *store.Reader) (time.Duration, error) {
	e, err := extentOf(r)
	if err != nil {
		return 0, fmt.Errorf("reading when the build ended: %w", err)
	}
	return time.Duration(e.wall()), nil
}

// timed is what is read of a trace to know when its build ran.
type timed interface {
	Meta() store.Meta
	Processes() iter.Seq2[store.Process, error]
	Execs() iter.Seq2[store.Exec, error]
	Accesses() iter.Seq2[store.Access, error]
	Ops() iter.Seq2[store.Op, error]
}

// extentOf reads when a build ran. All rows are read only of a trace that was not
// finished.
func extentOf(src timed) (extent, error) {
	m := src.Meta()
	w := wallClock{last: m.Ended}
	for p, err := range src.Processes() {
		if err != nil {
			return extent{}, err
		}
		w.add(p)
	}
	if !m.Finished {
		if err := w.addAll(src); err != nil {
			return extent{}, err
		}
	}
	return w.extent(m), nil
}

// wallClock finds the first process, and the first and the last that is known.
type wallClock struct {
	first store.Process
	found bool
	begun int64 // the first program's start that is known, 0: none
	last  int64 // that is known of anything
}

func (w *wallClock) add(p store.Process) {
	if !w.found || p.Start < w.first.Start || p.Start == w.first.Start && p.ID < w.first.ID {
		w.first, w.found = p, true
	}
	w.last = max(w.last, p.Start, p.End)
}

// addAll takes the times of everything else: programs whose process has no row, what
// they did to files.
func (w *wallClock) addAll(src timed) error {
	for e, err := range src.Execs() {
		if err != nil {
			return err
		}
		if w.begun == 0 || e.Start < w.begun {
			w.begun = e.Start
		}
		w.last = max(w.last, e.Start, e.End)
	}
	for a, err := range src.Accesses() {
		if err != nil {
			return err
		}
		w.last = max(w.last, a.First, a.Last)
	}
	for o, err := range src.Ops() {
		if err != nil {
			return err
		}
		w.last = max(w.last, o.Time)
	}
	return nil
}

// extent is when the first process ran; one whose end was not seen ran until all was
// over. Without any process it is nothing.
func (w *wallClock) extent(m store.Meta) extent {
	e := extent{start: w.first.Start, last: w.last, unended: !m.Finished}
	switch {
	case !m.Finished:
		if w.begun != 0 && (!w.found || w.begun < e.start) {
			e.start = w.begun
		}
		if w.found || w.begun != 0 {
			e.end = max(e.start, w.last)
		}
	case !w.found:
	case w.first.End == 0:
		e.end = max(e.start, w.last)
		e.unended = m.ExitCode == 0 // what failed is known to have ended, though that was not seen
	default:
		e.end = max(e.start, w.first.End)
	}
	return e
}

// unattributed reports whether recipes ran that the trace does not show as such: the
// build tool that ran them still did when the capture was killed, and has no row.
func (t *trace) unattributed(procs map[store.ProcessID]*process) bool {
	if t.meta.Finished {
		return false
	}
	if len(t.recipes().recipes) == 0 {
		return true
	}
	for _, p := range procs {
		first := p.firstExec()
		if first == nil || p.ForkedBy == 0 || t.exec(p.ForkedBy) != nil {
			continue
		}
		if env := t.envMake(first.Env); env.Level > 0 || env.Target != "" {
			return true // a make's child, or below one
		}
	}
	return false
}
