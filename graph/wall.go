package graph

import (
	"fmt"
	"time"

	"buildgraph/store"
)

// A build takes as long as its first process runs: every answer that tells how long it
// took means that, not how long it was watched, which includes the start of the
// capture and what was left behind.

// wall is how long the build took, ns.
func (t *trace) wall() int64 {
	var w wallClock
	for _, row := range t.snap.procs {
		if row.ID != 0 {
			w.add(row)
		}
	}
	return w.took(t.meta.Ended)
}

// wallClock finds the first process.
type wallClock struct {
	first store.Process
	found bool
	last  int64 // that is known of any process
}

func (w *wallClock) add(p store.Process) {
	if !w.found || p.Start < w.first.Start || p.Start == w.first.Start && p.ID < w.first.ID {
		w.first, w.found = p, true
	}
	w.last = max(w.last, p.Start, p.End)
}

// took is how long it ran; a process whose end was not seen ran until all was over.
// Without any process it is 0.
func (w *wallClock) took(ended int64) int64 {
	if !w.found {
		return 0
	}
	end := max(w.first.Start, w.first.End)
	if w.first.End == 0 {
		end = max(ended, w.last)
	}
	return end - w.first.Start
}

// Took is how long the build of a trace took: from the beginning of its first process
// to its end.
func Took(r *store.Reader) (time.Duration, error) {
	var w wallClock
	for p, err := range r.Processes() {
		if err != nil {
			return 0, fmt.Errorf("reading when the build ended: %w", err)
		}
		w.add(p)
	}
	return time.Duration(w.took(r.Meta().Ended)), nil
}
