package capture

import (
	"fmt"

	"buildgraph/bpf"
	"buildgraph/store"
)

// className names the events of each type as people think of them.
var className = [...]string{
	bpf.EventPath:   "path",
	bpf.EventFork:   "process",
	bpf.EventExec:   "exec",
	bpf.EventText:   "argument",
	bpf.EventExit:   "exit",
	bpf.EventCPU:    "cpu",
	bpf.EventAccess: "file",
	bpf.EventHeld:   "descriptor",
	bpf.EventOp:     "operation",
	bpf.EventNote:   "note",
}

// classesOf lists what was lost, by class, in a fixed order. What the kernel
// side emitted and did not hand over is lost; so are runs of its programs that
// the kernel skipped, processes that found no place in its table, strings it
// could not read and records that made no sense here.
func classesOf(c bpf.Counts, rd *reader, missed uint64, b *build) []store.Loss {
	var l losses
	l.events(func(t int) int64 { return int64(c.Emitted[t]) - int64(rd.received[t]) })
	l.add("skipped", int64(missed))
	l.add("table", int64(c.Full))
	l.add("unreadable", b.unreadable)
	l.add("malformed", rd.bad)
	return l
}

// losses is what was lost, without the classes of which nothing was.
type losses []store.Loss

func (l *losses) add(class string, n int64) {
	if n > 0 {
		*l = append(*l, store.Loss{Class: class, Count: n})
	}
}

// events adds the events, of each type as many as lost says.
func (l *losses) events(lost func(kind int) int64) {
	for t, class := range className {
		if class != "" {
			l.add(class, lost(t))
		}
	}
}

func lossSentence(l store.Loss) string {
	switch l.Class {
	case "skipped":
		return fmt.Sprintf("the kernel skipped %d runs of the tracing programs", l.Count)
	case "any":
		return fmt.Sprintf("%d events were lost while the build ran: whose is not known (use a larger ring: --ring)", l.Count)
	case "table":
		return fmt.Sprintf("%d processes found no place in the process table", l.Count)
	case "unreadable":
		return fmt.Sprintf("%d strings could not be read from the processes that passed them", l.Count)
	case "syscall":
		return fmt.Sprintf("%d system calls were not counted: there are too many programs and calls", l.Count)
	case "syscall begin":
		return fmt.Sprintf("the beginning of %d system calls could not be noted: their time is missing, or their name is another's", l.Count)
	case "malformed":
		return fmt.Sprintf("%d events made no sense", l.Count)
	}
	return fmt.Sprintf("%d %s events were lost: the ring was full (use a larger one: --ring)", l.Count, l.Class)
}
