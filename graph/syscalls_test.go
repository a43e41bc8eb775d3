package graph

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"buildgraph/store"
)

func syscallRows(timed bool) []store.Syscall {
	rows := []store.Syscall{
		{Program: "cc1", ABI: "amd64", Number: 0, Name: "read", Calls: 60, Errors: 1, NS: 1000},
		{Program: "cc1", ABI: "amd64", Number: 257, Name: "openat", Calls: 30, Errors: 20, NS: 4000},
		{Program: "make", ABI: "386", Number: 3, Name: "read", Calls: 2, NS: 100},
		{Program: "make", ABI: "amd64", Number: 0, Name: "read", Calls: 5, NS: 400},
		{Program: "make", ABI: "amd64", Number: 61, Name: "wait4", Calls: 3, Errors: 1, NS: 14500},
	}
	for i := range rows {
		rows[i].Timed = timed
		if !timed {
			rows[i].NS = 0
		}
	}
	return rows
}

// named are the names in the order of a table.
func named(calls []Syscall) (list []string) {
	for _, c := range calls {
		n := c.Name
		if c.Compat {
			n += "/32"
		}
		list = append(list, n)
	}
	return list
}

func TestCountSyscalls(t *testing.T) {
	for _, c := range []struct {
		name  string
		timed bool
		o     SyscallOptions
		want  []string
		rest  SyscallRest
	}{
		{"calls", false, SyscallOptions{}, []string{"read", "openat", "wait4", "read/32"}, SyscallRest{}},
		{"time", true, SyscallOptions{}, []string{"wait4", "openat", "read", "read/32"}, SyscallRest{}},
		{"timed by calls", true, SyscallOptions{Sort: SortByCalls}, []string{"read", "openat", "wait4", "read/32"}, SyscallRest{}},
		{"errors", false, SyscallOptions{Sort: SortByErrors}, []string{"openat", "read", "wait4", "read/32"}, SyscallRest{}},
		{"name", false, SyscallOptions{Sort: SortByName}, []string{"openat", "read/32", "read", "wait4"}, SyscallRest{}},
		{"top", false, SyscallOptions{Top: 2}, []string{"read", "openat"}, SyscallRest{Rows: 2, Tally: Tally{Calls: 5, Errors: 1, Share: 0.05}}},
		{"top of all", false, SyscallOptions{Top: 4}, []string{"read", "openat", "wait4", "read/32"}, SyscallRest{}},
	} {
		s, err := CountSyscalls(syscallRows(c.timed), c.o)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, named(s.Calls)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.rest, s.Rest); diff != "" {
			t.Errorf("%s: rest (-want +got):\n%s", c.name, diff)
		}
		if s.Timed != c.timed || s.Programs != nil || s.Total.Calls != 100 || s.Total.Errors != 22 || s.Total.Share != 1 {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
}

// Programs by themselves add up to the whole, and so do what is shown and the rest.
func TestCountSyscallsByProgram(t *testing.T) {
	s, err := CountSyscalls(syscallRows(true), SyscallOptions{ByProgram: true, Top: 1})
	if err != nil {
		t.Fatal(err)
	}
	want := []ProgramSyscalls{{
		Comm: "make", Total: Tally{Calls: 10, Errors: 1, NS: 15000, Share: 0.75},
		Calls: []Syscall{{Name: "wait4", ABI: "amd64", Number: 61, Tally: Tally{Calls: 3, Errors: 1, NS: 14500, Share: 0.725}}},
		Rest:  SyscallRest{Rows: 2, Tally: Tally{Calls: 7, NS: 500, Share: 0.025}},
	}}
	if diff := cmp.Diff(want, s.Programs); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	rest := SyscallRest{Rows: 1, Tally: Tally{Calls: 90, Errors: 21, NS: 5000, Share: 0.25}}
	if diff := cmp.Diff(rest, s.RestPrograms); diff != "" {
		t.Errorf("rest (-want +got):\n%s", diff)
	}
}

func TestCountSyscallsNotTimed(t *testing.T) {
	if _, err := CountSyscalls(syscallRows(false), SyscallOptions{Sort: SortByTime}); !errors.Is(err, ErrNotTimed) {
		t.Errorf("%v", err)
	}
	s, err := CountSyscalls(nil, SyscallOptions{ByProgram: true})
	if err != nil || s.Calls == nil || s.Programs == nil || s.Total != (Tally{}) || s.Timed {
		t.Errorf("of nothing: %+v, %v", s, err)
	}
}

// What came since, added to what was before, is what is now.
func TestSyscallsSince(t *testing.T) {
	now := syscallRows(true)
	before := syscallRows(true)[1:4]
	before[0].Calls, before[0].Errors, before[0].NS = 10, 20, 3000
	got := SyscallsSince(before, now)
	want := []store.Syscall{now[0], now[1], now[4]}
	want[1].Calls, want[1].Errors, want[1].NS = 20, 0, 1000
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if rows := SyscallsSince(now, now); rows != nil {
		t.Errorf("since now: %v", rows)
	}
	if diff := cmp.Diff(now, SyscallsSince(nil, now)); diff != "" {
		t.Errorf("since ever (-want +got):\n%s", diff)
	}
}
