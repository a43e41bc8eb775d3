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
	ExitCode int   // of the command, 128+n when killed by signal n
	Finished bool  // the capture ended in order
	Complete bool
	Why      []string // why not Complete, one sentence each
}

// Capture tells of the build as a whole.
func (g *Graph) Capture() Capture {
	m := g.t.meta
	return Capture{
		Tool: m.Tool, Kernel: m.Kernel, Machine: m.Machine, Host: m.Host, Command: m.Command, Root: m.Root,
		Began: m.Began, BootNS: m.BootNS, Ended: m.Ended, ExitCode: m.ExitCode, Finished: m.Finished, Complete: m.Complete, Why: m.Why,
	}
}
