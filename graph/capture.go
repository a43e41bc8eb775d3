package graph

import "time"

// Capture describes the build that a trace is of, for an export to tell.
type Capture struct {
	Tool     string // version of buildgraph that wrote the trace
	Kernel   string // uname -r
	Machine  string // uname -m
	Host     string
	Command  []string // what was captured
	Root     string   // the directory it was started in, absolute
	Began    time.Time
	BootNS   int64 // CLOCK_BOOTTIME when it began
	Ended    int64 // ns since it began; of a trace that was not finished, the last that is known
	ExitCode int   // of the command, 128+n when killed by signal n; not known when Unended
	Unended  bool  // the build was not seen to end
	Finished bool  // the capture ended in order
	Complete bool
	Why      []string // why not Complete, one sentence each
}

// Unended reports whether the build was not seen to end: its capture was killed, or
// it outlived one that was attached to it. Its exit status is not known then.
func (g *Graph) Unended() (bool, error) {
	return g.t.extent().unended, g.t.done()
}

// Capture tells of the build as a whole.
func (g *Graph) Capture() Capture {
	m, ran := g.t.meta, g.t.extent()
	if !m.Finished {
		m.Ended = ran.last
	}
	return Capture{
		Tool: m.Tool, Kernel: m.Kernel, Machine: m.Machine, Host: m.Host, Command: m.Command, Root: m.Root,
		Began: m.Began, BootNS: m.BootNS, Ended: m.Ended, ExitCode: m.ExitCode, Unended: ran.unended, Finished: m.Finished, Complete: m.Complete, Why: m.Why,
	}
}
