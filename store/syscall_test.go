package store

import (
	"errors"
	"testing"
)

func exampleSyscalls() []Syscall {
	return []Syscall{
		{Program: "caf\xe9", ABI: "amd64", Number: 257, Name: "openat", Calls: 12, Errors: 5, NS: 120_000, Timed: true},
		{Program: "cc1", ABI: "386", Number: 3, Name: "read", Calls: 1, Timed: true},
		{Program: "cc1", ABI: "amd64", Number: 0, Name: "read", Calls: 1 << 40, Errors: 1, NS: 1 << 50, Timed: true},
		{Program: "cc1", ABI: "amd64", Number: 9999, Name: "syscall_9999", Calls: 2, Errors: 2, NS: 1, Timed: true},
		{Program: "cc1", ABI: "arm64", Number: 57, Name: "close", Calls: 3},
	}
}

func TestSyscalls(t *testing.T) {
	for name, rows := range map[string][]Syscall{"some": exampleSyscalls(), "none": {}} {
		path := tracePath(t)
		w := must(Create(path, CreateOptions{Meta: exampleMeta(), UID: -1, GID: -1}))(t)
		w.Syscalls(rows)
		if err := w.Finish(Meta{Finished: true, Complete: true}); err != nil {
			t.Fatal(err)
		}
		onlyFile(t, path)
		r := openTrace(t, path)
		if !r.HasSyscalls() {
			t.Errorf("%s: HasSyscalls is false", name)
		}
		got := must(r.Syscalls())(t)
		if len(rows) == 0 {
			rows = nil
		}
		equal(t, "Syscalls, "+name, got, rows)
	}
}

func TestSyscallsOfATraceWithout(t *testing.T) {
	path := tracePath(t)
	writeExample(t, path)
	r := openTrace(t, path)
	if got := must(r.Syscalls())(t); r.HasSyscalls() || got != nil {
		t.Errorf("HasSyscalls %v, %v", r.HasSyscalls(), got)
	}
}

// A number that the writer knows and the reader does not has the writer's name; one
// that the writer did not know gets the reader's.
func TestSyscallNames(t *testing.T) {
	for _, c := range []struct {
		abi    string
		number int
		known  string
		want   string
	}{
		{"amd64", 1, "", "write"}, {"amd64", 1, "other", "write"},
		{"amd64", 5000, "brand_new", "brand_new"}, {"amd64", 5000, "", "syscall_5000"}, {"riscv64", 63, "", "syscall_63"},
	} {
		if got := NameSyscall(c.abi, c.number, c.known); got != c.want {
			t.Errorf("%s %d (%q): %q, want %q", c.abi, c.number, c.known, got, c.want)
		}
	}
}

// A table that holds what it cannot is damage.
func TestSyscallsDamage(t *testing.T) {
	path := tracePath(t)
	w := must(Create(path, CreateOptions{Meta: exampleMeta(), UID: -1, GID: -1}))(t)
	w.Syscalls([]Syscall{{Program: "x", ABI: "amd64", Number: 1 << 40, Calls: 1}})
	if err := w.Finish(Meta{Finished: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := openTrace(t, path).Syscalls(); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v", err)
	}
}
