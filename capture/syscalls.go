package capture

import (
	"buildgraph/bpf"
	"buildgraph/store"
)

// Counting says what a capture counts of the build's system calls.
type Counting = bpf.Counting

// What is counted.
const (
	CountNothing = bpf.CountNothing
	CountCalls   = bpf.CountCalls // calls and errors, by program
	CountTime    = bpf.CountTime  // also the time spent in them
)

// Syscalls gives what has been counted of the build's system calls so far, by
// program, ABI and number. It may be called from any goroutine, from Begin until
// Close, while Run is under way; no count ever falls from one call to the next. What
// it gives after Run is what the sink was given. The error is the kernel's.
func (c *Capture) Syscalls() ([]store.Syscall, error) {
	counts, err := c.progs.SystemCalls()
	if err != nil {
		return nil, err
	}
	rows := make([]store.Syscall, len(counts))
	for i, n := range counts {
		rows[i] = store.Syscall{
			Program: n.Program, ABI: n.ABI, Number: n.Number, Name: store.NameSyscall(n.ABI, n.Number, ""),
			Calls: n.Calls, Errors: n.Errors, NS: n.NS, Timed: c.opts.Syscalls == CountTime,
		}
	}
	return rows, nil
}

// giveSyscalls hands the counts to the sink, once the kernel side has been detached
// and they can grow no more.
func (c *Capture) giveSyscalls(sink Sink) error {
	if c.opts.Syscalls == CountNothing {
		return nil
	}
	rows, err := c.Syscalls()
	if err == nil {
		sink.Syscalls(rows)
	}
	return err
}

// notCounted lists the system calls that were not counted, or not timed, as the
// losses that they are.
func (c *Capture) notCounted() ([]store.Loss, error) {
	var out []store.Loss
	calls, times, err := c.progs.NotCounted()
	if calls > 0 {
		out = append(out, store.Loss{Class: "syscall", Count: calls})
	}
	if times > 0 {
		out = append(out, store.Loss{Class: "syscall begin", Count: times})
	}
	return out, err
}
