package report

import (
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"buildgraph/graph"
)

// SyscallsText writes the table of system calls: name, calls, errors and share; time
// in all and per call where it was measured; the total at the end. With programs each
// has a line and its calls below it.
func SyscallsText(w io.Writer, s graph.Syscalls, o Options) error {
	p := newPage(w, o)
	t := syscallTable{page: p, timed: s.Timed}
	if s.Programs == nil {
		t.calls(s.Calls, s.Rest, "")
	}
	for _, c := range s.Programs {
		t.add(bold, Name(c.Comm), c.Total)
		t.calls(c.Calls, c.Rest, "  ")
	}
	if r := s.RestPrograms; r.Rows > 0 {
		t.add(dim, plural(r.Rows, "more program", "more programs"), r.Tally)
	}
	t.add("", "total", s.Total)
	t.write()
	return p.close()
}

// Intervals writes tables of the parts of one build, below each other while it runs:
// their columns are at least as wide as in the table before. The zero value is ready.
type Intervals struct{ width [syscallColumns]int }

// intervalWidths are those of the columns to begin with: names as long as
// rt_sigprocmask, millions of calls, and any share and time.
var intervalWidths = [syscallColumns]int{len("  rt_sigprocmask"), len("1,000,000"), len("ERRORS"), len("100.0%"), len("999.9 ms"), len("999.9 ms")}

// Text writes the table of one part: when it ended and how long it was, the totals,
// and the calls below.
func (v *Intervals) Text(w io.Writer, s graph.Syscalls, ended time.Time, lasted time.Duration, o Options) error {
	if v.width[0] == 0 {
		v.width = intervalWidths
	}
	p := newPage(w, o)
	head := fmt.Sprintf("%s  %.1f s  %s, %s", ended.Format(time.TimeOnly), lasted.Seconds(),
		plural(s.Total.Calls, "call", "calls"), plural(s.Total.Errors, "error", "errors"))
	if s.Timed {
		head += fmt.Sprintf(", %s in them", spent(s.Total.NS))
	}
	p.printf("%s\n", p.in(bold, head))
	if len(s.Calls) > 0 {
		t := syscallTable{page: p, timed: s.Timed, width: v.width}
		t.calls(s.Calls, s.Rest, "  ")
		t.write()
		v.width = t.width
	}
	return p.close()
}

// syscallTable collects the rows of a table until their widths are known.
type syscallTable struct {
	*page
	timed bool
	rows  []syscallRow
	width [syscallColumns]int // of the columns at least
}

// syscallColumns are name, calls, errors, share, time, per call.
const syscallColumns = 6

type syscallRow struct {
	how   style
	cells [syscallColumns]string
}

func (t *syscallTable) add(how style, name string, n graph.Tally) {
	row := syscallRow{how: how, cells: [syscallColumns]string{name, number(n.Calls), number(n.Errors), ofAll(n.Share)}}
	if t.timed {
		row.cells[4] = spent(n.NS)
		if n.Calls > 0 {
			row.cells[5] = spent(n.NS / n.Calls)
		}
	}
	t.rows = append(t.rows, row)
}

func (t *syscallTable) calls(calls []graph.Syscall, rest graph.SyscallRest, indent string) {
	for _, c := range calls {
		name := Name(c.Name)
		if c.Compat {
			name += " (32-bit)"
		}
		t.add("", indent+name, c.Tally)
	}
	t.rest(rest, indent)
}

// rest is the line for what was left out.
func (t *syscallTable) rest(rest graph.SyscallRest, indent string) {
	if rest.Rows > 0 {
		t.add(dim, fmt.Sprintf("%s%d more", indent, rest.Rows), rest.Tally)
	}
}

// write prints the rows below a heading, the numbers flush right.
func (t *syscallTable) write() {
	head := syscallRow{how: dim, cells: [syscallColumns]string{"NAME", "CALLS", "ERRORS", "SHARE", "TIME", "PER CALL"}}
	columns := syscallColumns
	if !t.timed {
		columns -= 2
	}
	all := append([]syscallRow{head}, t.rows...)
	for _, r := range all {
		for i, c := range r.cells {
			t.width[i] = max(t.width[i], utf8.RuneCountInString(c))
		}
	}
	for _, r := range all {
		line := fmt.Sprintf("%-*s", t.width[0], r.cells[0])
		for i := 1; i < columns; i++ {
			line += fmt.Sprintf("  %*s", t.width[i], r.cells[i])
		}
		t.printf("%s\n", t.in(r.how, line))
	}
}

// ofAll writes a share; what is there is never 0.
func ofAll(share float64) string {
	if share > 0 && share < 0.0005 {
		return "<0.1%"
	}
	return fmt.Sprintf("%.1f%%", 100*share)
}

// spent writes ns in the unit that suits them: what is fast and what is slow stand in
// one column.
func spent(ns int64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%d ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.1f us", float64(ns)/1e3)
	case ns < 1e9:
		return fmt.Sprintf("%.1f ms", float64(ns)/1e6)
	}
	return fmt.Sprintf("%.1f s", float64(ns)/1e9)
}

type syscallsDoc struct {
	Complete   bool     `json:"complete"`
	Incomplete []string `json:"incomplete,omitempty"`
	Timed      bool     `json:"timed"`
	tallyDoc
	Syscalls []syscallDoc  `json:"syscalls"`
	Rest     *restDoc      `json:"rest,omitempty"`
	Programs *[]programDoc `json:"programs,omitempty"`
	RestOf   *restDoc      `json:"rest_programs,omitempty"`
}

type tallyDoc struct {
	Calls  int64   `json:"calls"`
	Errors int64   `json:"errors"`
	NS     *int64  `json:"ns"`
	Share  float64 `json:"share"`
}

type syscallDoc struct {
	Name   string `json:"name"`
	ABI    string `json:"abi"`
	Number int    `json:"number"`
	tallyDoc
}

type restDoc struct {
	Rows int `json:"rows"`
	tallyDoc
}

type programDoc struct {
	Comm    string `json:"comm"`
	CommB64 string `json:"comm_b64,omitempty"`
	tallyDoc
	Syscalls []syscallDoc `json:"syscalls"`
	Rest     *restDoc     `json:"rest,omitempty"`
}

// SyscallsJSON writes the same as a document; docs/json.md describes it.
func SyscallsJSON(w io.Writer, s graph.Syscalls, o Options) error {
	d := tallies{timed: s.Timed}
	doc := syscallsDoc{
		Complete: s.Complete, Incomplete: incomplete(s.Complete, o), Timed: s.Timed, tallyDoc: d.tally(s.Total),
		Syscalls: d.calls(s.Calls), Rest: d.rest(s.Rest), RestOf: d.rest(s.RestPrograms),
	}
	if s.Programs != nil {
		programs := []programDoc{}
		for _, c := range s.Programs {
			row := programDoc{tallyDoc: d.tally(c.Total), Syscalls: d.calls(c.Calls), Rest: d.rest(c.Rest)}
			row.Comm, row.CommB64 = replaced(c.Comm)
			programs = append(programs, row)
		}
		doc.Programs = &programs
	}
	return writeJSON(w, doc)
}

// tallies turns tallies into documents: without times where none were measured.
type tallies struct{ timed bool }

func (d tallies) tally(t graph.Tally) tallyDoc {
	doc := tallyDoc{Calls: t.Calls, Errors: t.Errors, Share: t.Share}
	if d.timed {
		doc.NS = &t.NS
	}
	return doc
}

func (d tallies) calls(calls []graph.Syscall) []syscallDoc {
	list := []syscallDoc{}
	for _, c := range calls {
		name, _ := replaced(c.Name)
		list = append(list, syscallDoc{Name: name, ABI: c.ABI, Number: c.Number, tallyDoc: d.tally(c.Tally)})
	}
	return list
}

func (d tallies) rest(r graph.SyscallRest) *restDoc {
	if r.Rows == 0 {
		return nil
	}
	return &restDoc{Rows: r.Rows, tallyDoc: d.tally(r.Tally)}
}
