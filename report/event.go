package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"buildgraph/graph"
)

// EventOptions say how events are written.
type EventOptions struct {
	Options
	Began time.Time      // wall clock at time 0
	Zone  *time.Location // of the times in text
}

// The columns of the table of events. The last one gets what is left of the line.
const (
	timeWidth    = len("15:04:05.000")
	kindWidth    = len("TRUNCATE")
	commWidth    = 15 // TASK_COMM_LEN of linux/sched.h, without the NUL
	leastComm    = 8
	processWidth = 7 // PID_MAX_LIMIT of linux/threads.h has as many digits
)

// leastWhat is what the last column needs to say something: for it a narrow
// terminal goes without other columns.
const leastWhat = 40

// columnsFor is the terminal's width from which no column is left out.
const columnsFor = 100

// eventColumns say which of the columns there are, and how wide.
type eventColumns struct {
	comm int  // width
	ppid bool // is there
	what int  // where the last one begins
}

// columns fit the table to the terminal: a narrow one does without the parents, then
// without the middle of long names. What is no terminal (width 0) has them all.
func (o *EventOptions) columns() eventColumns {
	c := eventColumns{comm: commWidth, ppid: o.Width == 0 || o.Width >= columnsFor}
	c.what = timeWidth + 1 + kindWidth + 1 + c.comm + 1 + processWidth + 2
	if c.ppid {
		c.what += 1 + processWidth
		return c
	}
	narrow := min(max(leastWhat-(o.Width-c.what), 0), commWidth-leastComm)
	c.comm -= narrow
	c.what -= narrow
	return c
}

// EventTitle is the heading of the table of events, as wide as o allows.
func EventTitle(o *EventOptions) string {
	c := o.columns()
	parent := ""
	if c.ppid {
		parent = fmt.Sprintf(" %*s", processWidth, "PPID")
	}
	return fmt.Sprintf("%-*s %-*s %-*s %*s%s  WHAT\n", timeWidth, "TIME", kindWidth, "EVENT", c.comm, "COMM", processWidth, "PID", parent)
}

// AppendEvent appends an event as a line of the table.
func AppendEvent(b []byte, e *graph.Event, o *EventOptions) []byte {
	c := o.columns()
	b = o.Began.Add(time.Duration(e.Time)).In(o.Zone).AppendFormat(b, "15:04:05.000")
	b = append(b, ' ')
	mark := o.eventStyle(e)
	b = append(b, mark...)
	b = padRight(b, e.Kind.String(), kindWidth)
	if mark != "" {
		b = append(b, noStyle...)
	}
	b = append(b, ' ')
	comm := orMark(Name(e.Comm), e.Comm)
	if c.comm < commWidth {
		comm = shorten(comm, c.comm)
	}
	b = padRight(b, comm, c.comm)
	b = append(b, ' ')
	b = padNumber(b, e.PID, processWidth)
	if c.ppid {
		b = append(b, ' ')
		b = padNumber(b, e.PPID, processWidth)
	}
	if e.Kind != graph.EventFork || !c.ppid { // of which the column before says all
		b = append(b, ' ', ' ')
		b = appendWhat(b, e, o, c.what)
	}
	return append(b, '\n')
}

// noStyle ends a style.
const noStyle = "\x1b[0m"

// eventStyle sets off what people look for: what runs, what is written, what fails.
func (o *EventOptions) eventStyle(e *graph.Event) style {
	switch {
	case !o.Color:
		return ""
	case e.Failed():
		return yellow
	case e.Kind == graph.EventExec:
		return bold
	case e.Kind == graph.EventOpen, e.Kind == graph.EventStat, e.Kind == graph.EventMiss, e.Kind == graph.EventFork, e.Kind == graph.EventExit:
		return dim
	}
	return ""
}

// appendWhat appends what the event is about, behind that many columns.
func appendWhat(b []byte, e *graph.Event, o *EventOptions, used int) []byte {
	switch e.Kind {
	case graph.EventExec:
		if len(e.Argv) == 0 {
			return append(b, o.eventPath(e.Path)...)
		}
		if o.Width > 0 {
			return append(b, shortCommand(e.Argv, max(o.Width-used, leastRest))...)
		}
		return append(b, commandWhole(e.Argv)...)
	case graph.EventExit:
		return appendExit(b, e)
	case graph.EventFork:
		return strconv.AppendInt(append(b, "by "...), int64(e.PPID), 10)
	}
	b = append(b, o.eventPath(e.Path)...)
	switch e.Kind {
	case graph.EventRename, graph.EventExchange, graph.EventLink, graph.EventCopy:
		b = append(b, " -> "...)
		b = append(b, o.eventPath(e.Other)...)
	case graph.EventSymlink:
		b = append(b, " -> "...)
		b = append(b, Name(e.Other)...)
	default:
		if e.Other != "" {
			b = append(b, ' ')
			b = append(b, Name(e.Other)...)
		}
	}
	return b
}

// commandWhole is a command line as it was typed, the program by its whole name.
func commandWhole(argv []string) string {
	words := make([]string, len(argv))
	for i, a := range argv {
		words[i] = shellWord(a)
	}
	return strings.Join(words, " ")
}

// appendExit says how a process ended and how long it lived.
func appendExit(b []byte, e *graph.Event) []byte {
	if e.Signal != 0 {
		b = append(b, signalName(e.Signal)...)
	} else {
		b = strconv.AppendInt(b, int64(e.ExitCode), 10)
	}
	b = append(b, " after "...)
	b = strconv.AppendFloat(b, float64(e.Time-e.Start)/1e9, 'f', 3, 64)
	return append(b, " s"...)
}

// eventPath is a path as it is shown: below the capture root without it.
func (o *EventOptions) eventPath(p string) string {
	if p == "" {
		return "?"
	}
	return Name(o.relative(p))
}

func orMark(shown, s string) string {
	if s == "" {
		return "?"
	}
	return shown
}

func padRight(b []byte, s string, width int) []byte {
	b = append(b, s...)
	for n := utf8.RuneCountInString(s); n < width; n++ {
		b = append(b, ' ')
	}
	return b
}

func padNumber(b []byte, n, width int) []byte {
	if n == 0 {
		return append(b, "      -"[:width]...)
	}
	at := len(b)
	b = strconv.AppendInt(b, int64(n), 10)
	for len(b)-at < width {
		b = slices.Insert(b, at, ' ')
	}
	return b
}

// LogText writes events as a table.
func LogText(w io.Writer, events func(func(*graph.Event, error) bool), o EventOptions) error {
	return writeEvents(w, EventTitle(&o), events, func(b []byte, e *graph.Event) []byte { return AppendEvent(b, e, &o) })
}

// LogJSON writes events as JSON, one a line.
func LogJSON(w io.Writer, events func(func(*graph.Event, error) bool), o EventOptions) error {
	return writeEvents(w, "", events, func(b []byte, e *graph.Event) []byte { return AppendEventJSON(b, e, &o) })
}

func writeEvents(w io.Writer, title string, events func(func(*graph.Event, error) bool), line func([]byte, *graph.Event) []byte) error {
	const block = 64 << 10
	b := append(make([]byte, 0, block+4096), title...)
	for e, err := range events {
		if err != nil {
			return err
		}
		if b = line(b, e); len(b) >= block {
			if _, err := w.Write(b); err != nil {
				return fmt.Errorf("writing the answer: %w", err)
			}
			b = b[:0]
		}
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}
