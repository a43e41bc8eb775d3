package capture

import (
	"strconv"
	"testing"
	"time"
)

// Processor time is counted once: a process may be reaped before it has left its
// processor, and the threads of one end in any order.
func TestProcessorTime(t *testing.T) {
	const each = 100 * time.Millisecond
	for kind, busy := range map[string]int{"alone": 1, "leaderexits": 1, "threads": 1, "many": 32} {
		t.Run(kind, func(t *testing.T) {
			d := dir(t)
			compile(t, d, "busy")
			m, r := record(t, d, Options{Command: []string{"./busy", kind, strconv.FormatInt(each.Milliseconds(), 10)}})
			if !r.Meta.Complete {
				t.Errorf("incomplete: %v", r.Meta.Why)
			}
			found := 0
			for _, p := range m.procs {
				if p.CPU < int64(each)/2 {
					continue // it waited
				}
				if found++; p.CPU < int64(each) || p.CPU > int64(each)*3/2 {
					t.Errorf("%v of processor time in a process that used %v", time.Duration(p.CPU), each)
				}
			}
			if found != busy {
				t.Errorf("%d processes used %v, want %d", found, each, busy)
			}
		})
	}
}
