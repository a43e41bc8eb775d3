package report

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"buildgraph/graph"
)

// oneCall is a row of a table.
func oneCall(name, abi string, number int, t graph.Tally) graph.Syscall {
	return graph.Syscall{Name: name, ABI: abi, Number: number, Compat: abi == "386", Tally: t}
}

// timedSyscalls counts calls of three programs, one with a name that is hard to print.
func timedSyscalls() graph.Syscalls {
	return graph.Syscalls{
		Complete: true, Timed: true,
		Total: graph.Tally{Calls: 1_235_316, Errors: 20_003, NS: 16_061_020_500, Share: 1},
		Calls: []graph.Syscall{
			oneCall("wait4", "amd64", 61, graph.Tally{Calls: 3, Errors: 1, NS: 14_500_000_000, Share: 0.9028}),
			oneCall("read", "amd64", 0, graph.Tally{Calls: 1_205_310, Errors: 1, NS: 1_500_020_000, Share: 0.0934}),
			oneCall("openat", "amd64", 257, graph.Tally{Calls: 30_000, Errors: 20_000, NS: 61_000_000, Share: 0.0038}),
			oneCall("syscall_5000", "amd64", 5000, graph.Tally{Calls: 1, Errors: 1, NS: 400, Share: 2.5e-8}),
			oneCall("read", "386", 3, graph.Tally{Calls: 2, NS: 100, Share: 6.2e-9}),
		},
	}
}

// plainSyscalls are the same without times, in another order.
func plainSyscalls() graph.Syscalls {
	return graph.Syscalls{
		Total: graph.Tally{Calls: 1_235_316, Errors: 20_003, Share: 1},
		Calls: []graph.Syscall{
			oneCall("read", "amd64", 0, graph.Tally{Calls: 1_205_310, Errors: 1, Share: 0.9757}),
			oneCall("openat", "amd64", 257, graph.Tally{Calls: 30_000, Errors: 20_000, Share: 0.0243}),
		},
		Rest: graph.SyscallRest{Rows: 3, Tally: graph.Tally{Calls: 6, Errors: 2, Share: 4.9e-6}},
	}
}

// programSyscalls are the same by program.
func programSyscalls() graph.Syscalls {
	s := timedSyscalls()
	s.Programs = []graph.ProgramSyscalls{
		{
			Comm: "make", Total: graph.Tally{Calls: 6, Errors: 2, NS: 14_500_000_500, Share: 0.9028}, Calls: s.Calls[:1],
			Rest: graph.SyscallRest{Rows: 2, Tally: graph.Tally{Calls: 3, Errors: 1, NS: 500, Share: 3.1e-8}},
		},
		{
			Comm: "esc\x1b[1m\xff", Total: graph.Tally{Calls: 999, NS: 20_000, Share: 1.2e-6},
			Calls: []graph.Syscall{oneCall("read", "amd64", 0, graph.Tally{Calls: 999, NS: 20_000, Share: 1.2e-6})},
		},
	}
	s.RestPrograms = graph.SyscallRest{Rows: 1, Tally: graph.Tally{Calls: 1_234_311, Errors: 20_001, NS: 1_561_000_000, Share: 0.0972}}
	return s
}

func TestSyscallsGolden(t *testing.T) {
	for name, s := range map[string]graph.Syscalls{
		"syscalls": plainSyscalls(), "syscalls-time": timedSyscalls(), "syscalls-comm": programSyscalls(), "syscalls-none": {},
	} {
		golden(t, name+".txt", func(w io.Writer) error { return SyscallsText(w, s, Options{}) })
		golden(t, name+".json", func(w io.Writer) error { return SyscallsJSON(w, s, Options{Why: []string{"it was killed"}}) })
	}
	golden(t, "syscalls-color.txt", func(w io.Writer) error { return SyscallsText(w, programSyscalls(), Options{Color: true}) })
}

func TestIntervalGolden(t *testing.T) {
	at := time.Date(2026, 11, 21, 9, 5, 7, 0, time.UTC)
	golden(t, "interval.txt", func(w io.Writer) error {
		var v Intervals
		for _, s := range []graph.Syscalls{plainSyscalls(), {}, timedSyscalls()} {
			if err := v.Text(w, s, at, 1004*time.Millisecond, Options{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// The columns of one interval are below those of the one before, which may have been
// wider; they only grow.
func TestIntervalsAlign(t *testing.T) {
	var v Intervals
	heading := func(name string, n graph.Tally) string {
		var b bytes.Buffer
		s := graph.Syscalls{Timed: true, Total: n, Calls: []graph.Syscall{oneCall(name, "amd64", 0, n)}}
		if err := v.Text(&b, s, time.Unix(0, 0), time.Second, Options{}); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(b.String(), "\n")
		if len(lines) != 4 || len(lines[1]) != len(lines[2]) {
			t.Fatalf("not a heading and a line as long below it:\n%s", b.String())
		}
		return lines[1]
	}
	small := graph.Tally{Calls: 1, Share: 1}
	first := heading("read", small)
	if got := heading("rt_sigprocmask", graph.Tally{Calls: 1_000_000, Errors: 99_999, NS: 999_900_000, Share: 0.5}); got != first {
		t.Errorf("an interval of many calls has %q, not %q", got, first)
	}
	wide := heading("sched_rr_get_interval", graph.Tally{Calls: 1_000_000_000, Share: 1})
	if len(wide) <= len(first) {
		t.Errorf("%q holds no billion calls", wide)
	}
	if got := heading("read", small); got != wide {
		t.Errorf("after a wide table %q, not %q", got, wide)
	}
}
