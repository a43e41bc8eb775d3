package capture

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Processor time is counted once: a process may be reaped before it has left its
// processor, and the threads of one end in any order. Each says what it has used just
// before its end.
func TestProcessorTime(t *testing.T) {
	for kind, busy := range map[string]int{"alone": 1, "leaderexits": 1, "threads": 1, "many": 32} {
		t.Run(kind, func(t *testing.T) {
			d := dir(t)
			compile(t, d, "busy")
			m, r := record(t, d, Options{Command: []string{"./busy", kind, "100"}})
			if !r.Meta.Complete {
				t.Errorf("incomplete: %v", r.Meta.Why)
			}
			text, err := os.ReadFile(filepath.Join(d, "times"))
			if err != nil {
				t.Fatal(err)
			}
			used := map[int]int64{}
			for line := range strings.Lines(string(text)) {
				var pid int
				var ns int64
				if _, err := fmt.Sscan(line, &pid, &ns); err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				used[pid] = ns
			}
			for _, p := range m.procs {
				said, ok := used[p.PID]
				if delete(used, p.PID); !ok {
					continue // it only waited
				}
				busy--
				if p.CPU < said || p.CPU > said*3/2 {
					t.Errorf("%v of processor time in a process that used %v", time.Duration(p.CPU), time.Duration(said))
				}
			}
			if busy != 0 || len(used) > 0 {
				t.Errorf("%d too few processes are known; not known are %v", busy, used)
			}
		})
	}
}
