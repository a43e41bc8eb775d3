package report

import (
	"io"
	"testing"
	"time"

	"buildgraph/graph"
	"buildgraph/store"
)

// sampleSyscalls counts the calls of three programs, one with a name that is hard to
// print.
func sampleSyscalls(t *testing.T, timed bool, o graph.SyscallOptions) graph.Syscalls {
	t.Helper()
	rows := []store.Syscall{
		{Program: "cc1", ABI: "amd64", Number: 0, Name: "read", Calls: 1_204_311, Errors: 1, NS: 1_500_000_000},
		{Program: "cc1", ABI: "amd64", Number: 257, Name: "openat", Calls: 30_000, Errors: 20_000, NS: 61_000_000},
		{Program: "make", ABI: "386", Number: 3, Name: "read", Calls: 2, NS: 100},
		{Program: "make", ABI: "amd64", Number: 5000, Name: "syscall_5000", Calls: 1, Errors: 1, NS: 400},
		{Program: "make", ABI: "amd64", Number: 61, Name: "wait4", Calls: 3, Errors: 1, NS: 14_500_000_000},
		{Program: "esc\x1b[1m\xff", ABI: "amd64", Number: 0, Name: "read", Calls: 999, NS: 20_000},
	}
	for i := range rows {
		rows[i].Timed = timed
	}
	s, err := graph.CountSyscalls(rows, o)
	if err != nil {
		t.Fatal(err)
	}
	s.Complete = true
	return s
}

func TestSyscallsGolden(t *testing.T) {
	for name, s := range map[string]graph.Syscalls{
		"syscalls":      sampleSyscalls(t, false, graph.SyscallOptions{}),
		"syscalls-time": sampleSyscalls(t, true, graph.SyscallOptions{}),
		"syscalls-comm": sampleSyscalls(t, true, graph.SyscallOptions{ByProgram: true}),
		"syscalls-top":  sampleSyscalls(t, false, graph.SyscallOptions{ByProgram: true, Top: 1}),
		"syscalls-none": {},
	} {
		golden(t, name+".txt", func(w io.Writer) error { return SyscallsText(w, s, Options{}) })
		golden(t, name+".json", func(w io.Writer) error { return SyscallsJSON(w, s, Options{Why: []string{"it was killed"}}) })
	}
	color := sampleSyscalls(t, true, graph.SyscallOptions{ByProgram: true, Top: 1})
	golden(t, "syscalls-color.txt", func(w io.Writer) error { return SyscallsText(w, color, Options{Color: true}) })
}

func TestIntervalGolden(t *testing.T) {
	at := time.Date(2026, 11, 21, 9, 5, 7, 0, time.UTC)
	golden(t, "interval.txt", func(w io.Writer) error {
		for _, s := range []graph.Syscalls{
			sampleSyscalls(t, false, graph.SyscallOptions{Top: 2}), {}, sampleSyscalls(t, true, graph.SyscallOptions{Top: 2}),
		} {
			if err := IntervalText(w, s, at, 1004*time.Millisecond, Options{}); err != nil {
				return err
			}
		}
		return nil
	})
}
