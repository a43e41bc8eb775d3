package graph

import (
	"cmp"
	"errors"
	"slices"

	"buildgraph/store"
	"buildgraph/store/sysnum"
)

// ErrNotTimed is that an order by time was asked for and none was measured.
var ErrNotTimed = errors.New("the time in system calls was not measured")

// SyscallSort is an order of system calls.
type SyscallSort string

// The orders. All but the last are from the largest; equals are in the order of
// their names.
const (
	SortByCalls  SyscallSort = "calls"
	SortByErrors SyscallSort = "errors"
	SortByTime   SyscallSort = "time"
	SortByName   SyscallSort = "name"
)

// SyscallOptions say how counts are put together.
type SyscallOptions struct {
	ByProgram bool        // also for each program by itself
	Sort      SyscallSort // "": by time where it was measured, else by calls
	Top       int         // at most so many calls, and programs; the rest is added up. 0: all
}

// Tally counts calls.
type Tally struct {
	Calls  int64
	Errors int64   // calls that returned an error
	NS     int64   // spent in them, wall time; 0 unless Syscalls.Timed
	Share  float64 // of the time of all calls where it was measured, else of all calls: 0 to 1
}

func (t *Tally) add(calls, failed, ns int64) {
	t.Calls += calls
	t.Errors += failed
	t.NS += ns
}

// Syscall is one row: a system call, by whatever programs.
type Syscall struct {
	Name   string // "syscall_N" where the name of its number is not known
	ABI    string // whose number it is: "amd64", "386", "arm64", "arm"
	Number int
	Compat bool // made through the 32-bit entry of a 64-bit machine
	Tally
}

// SyscallRest adds up the rows that SyscallOptions.Top left out.
type SyscallRest struct {
	Rows int // how many; 0: none were left out
	Tally
}

// ProgramSyscalls are the system calls of one program.
type ProgramSyscalls struct {
	Comm  string // what the kernel calls it: its file's base name, cut to 15 bytes
	Total Tally
	Calls []Syscall
	Rest  SyscallRest
}

// Syscalls says how often which system call was made.
type Syscalls struct {
	Complete bool
	Timed    bool // the time in them was measured
	Total    Tally
	Calls    []Syscall
	Rest     SyscallRest
	Programs []ProgramSyscalls // with SyscallOptions.ByProgram, else nil

	RestPrograms SyscallRest
}

// CountSyscalls puts counts together: those of a trace ([store.Reader.Syscalls]), or
// those of a part of a build. The error is ErrNotTimed.
func CountSyscalls(rows []store.Syscall, o SyscallOptions) (Syscalls, error) {
	s := Syscalls{Timed: len(rows) > 0}
	for _, r := range rows {
		s.Timed = s.Timed && r.Timed
		s.Total.add(r.Calls, r.Errors, r.NS)
	}
	switch {
	case o.Sort == "" && s.Timed:
		o.Sort = SortByTime
	case o.Sort == "":
		o.Sort = SortByCalls
	case o.Sort == SortByTime && !s.Timed && len(rows) > 0:
		return Syscalls{}, ErrNotTimed
	}
	s.share(&s.Total)
	s.Calls, s.Rest = s.table(rows, o)
	if o.ByProgram {
		s.programs(rows, o)
	}
	return s, nil
}

// share says which part of all calls a tally is.
func (s *Syscalls) share(t *Tally) {
	part, whole := t.Calls, s.Total.Calls
	if s.Timed {
		part, whole = t.NS, s.Total.NS
	}
	if whole > 0 {
		t.Share = float64(part) / float64(whole)
	}
}

// callKey is what calls are one call by.
type callKey struct {
	abi    string
	number int
}

// table adds up the calls of all the rows' programs.
func (s *Syscalls) table(rows []store.Syscall, o SyscallOptions) ([]Syscall, SyscallRest) {
	at := map[callKey]int{}
	calls := []Syscall{}
	for _, r := range rows {
		key := callKey{r.ABI, r.Number}
		i, ok := at[key]
		if !ok {
			i = len(calls)
			at[key] = i
			calls = append(calls, Syscall{Name: r.Name, ABI: r.ABI, Number: r.Number, Compat: r.ABI == sysnum.I386 || r.ABI == sysnum.ARM})
		}
		calls[i].add(r.Calls, r.Errors, r.NS)
	}
	slices.SortFunc(calls, func(a, b Syscall) int {
		return cmp.Or(o.Sort.compare(&a.Tally, &b.Tally), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ABI, b.ABI), cmp.Compare(a.Number, b.Number))
	})
	return cut(s, calls, o.Top, func(c *Syscall) *Tally { return &c.Tally })
}

// programs makes the tables of each program.
func (s *Syscalls) programs(rows []store.Syscall, o SyscallOptions) {
	byName := map[string][]store.Syscall{}
	for _, r := range rows {
		byName[r.Program] = append(byName[r.Program], r)
	}
	programs := []ProgramSyscalls{}
	for name, rows := range byName {
		p := ProgramSyscalls{Comm: name}
		for _, r := range rows {
			p.Total.add(r.Calls, r.Errors, r.NS)
		}
		p.Calls, p.Rest = s.table(rows, o)
		programs = append(programs, p)
	}
	slices.SortFunc(programs, func(a, b ProgramSyscalls) int {
		return cmp.Or(o.Sort.compare(&a.Total, &b.Total), cmp.Compare(a.Comm, b.Comm))
	})
	s.Programs, s.RestPrograms = cut(s, programs, o.Top, func(p *ProgramSyscalls) *Tally { return &p.Total })
}

// cut leaves the first top rows, adds up the others and says each one's share.
func cut[T any](s *Syscalls, rows []T, top int, tally func(*T) *Tally) ([]T, SyscallRest) {
	var rest SyscallRest
	if top > 0 && len(rows) > top {
		for i := range rows[top:] {
			t := tally(&rows[top+i])
			rest.add(t.Calls, t.Errors, t.NS)
		}
		rest.Rows = len(rows) - top
		rows = rows[:top:top]
	}
	for i := range rows {
		s.share(tally(&rows[i]))
	}
	s.share(&rest.Tally)
	return rows, rest
}

// compare orders by the largest first; by name all are equal.
func (o SyscallSort) compare(a, b *Tally) int {
	switch o {
	case SortByCalls:
		return cmp.Compare(b.Calls, a.Calls)
	case SortByErrors:
		return cmp.Compare(b.Errors, a.Errors)
	case SortByTime:
		return cmp.Compare(b.NS, a.NS)
	}
	return 0
}

// SyscallsSince gives what was counted after before, which was counted earlier in the
// same capture: the rows in which there is anything new.
func SyscallsSince(before, now []store.Syscall) []store.Syscall {
	type key struct {
		program string
		callKey
	}
	old := map[key]store.Syscall{}
	for _, r := range before {
		old[key{r.Program, callKey{r.ABI, r.Number}}] = r
	}
	var rows []store.Syscall
	for _, r := range now {
		o := old[key{r.Program, callKey{r.ABI, r.Number}}]
		r.Calls -= o.Calls
		r.Errors -= o.Errors
		r.NS -= o.NS
		if r.Calls != 0 || r.Errors != 0 || r.NS != 0 {
			rows = append(rows, r)
		}
	}
	return rows
}
