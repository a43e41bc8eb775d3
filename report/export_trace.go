package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"buildgraph/graph"
)

// TimelineExport is what the trace formats draw: when everything ran, and which
// recipe read what another one had made.
type TimelineExport struct {
	graph.Timeline
	graph.Capture
	Flows []graph.Flow
}

// Tracks are the two groups that a viewer shows: recipes by job slot, processes below
// the one that started them. The number is the pid of Chrome's format.
const (
	recipeTracks  = 1
	processTracks = 2
)

// laneName is the name of a lane, padded: viewers sort by it.
func laneName(group, lane int) string {
	if group == recipeTracks {
		return fmt.Sprintf("slot %02d", lane+1)
	}
	return fmt.Sprintf("lane %02d", lane+1)
}

// edge is one end of a span.
type edge struct {
	at    int64
	begin bool
	span  int // in the list
}

// edges are the begins and ends of some spans in time order. Within a lane they nest
// as the spans do: of ends at one time the inner one comes first, and what has no
// length ends before anything else happens in its lane.
func edges(spans []graph.Span, lanes int) []edge {
	list := make([]edge, 0, 2*len(spans))
	open := make([][]int, lanes)
	closeTo := func(lane, depth int) {
		for s := open[lane]; len(s) > depth; s = s[:len(s)-1] {
			list = append(list, edge{spans[s[len(s)-1]].End, false, s[len(s)-1]})
			open[lane] = s[:len(s)-1]
		}
	}
	for i, s := range spans {
		closeTo(s.Lane, s.Depth)
		open[s.Lane] = append(open[s.Lane], i)
		list = append(list, edge{s.Start, true, i})
	}
	for lane := range open {
		closeTo(lane, 0)
	}
	slices.SortStableFunc(list, func(a, b edge) int { return cmp.Compare(a.at, b.at) })
	return list
}

// level is how many spans were open from a time on.
type level struct {
	at    int64
	count int
}

// levels counts how many lanes of some spans were in use: a recipe that runs a make
// lends its slot to that make's recipes.
func levels(spans []graph.Span) []level {
	type change struct {
		at   int64
		step int
	}
	var changes []change
	for _, s := range spans {
		if s.Depth == 0 {
			changes = append(changes, change{s.Start, 1}, change{s.End, -1})
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	var list []level
	count := 0
	for i, c := range changes {
		count += c.step
		if i+1 == len(changes) || changes[i+1].at != c.at {
			if n := len(list); n == 0 || list[n-1].count != count {
				list = append(list, level{c.at, count})
			}
		}
	}
	return list
}

// argument is one detail of a span.
type argument struct {
	name string
	text string
	num  int64
	word bool // text counts, not num
}

// arguments are what a viewer shows of a span that was selected. What is not UTF-8 is
// there a second time, exactly, in base64.
func arguments(s graph.Span) []argument {
	var list []argument
	text := func(name, v string) {
		shown, exact := replaced(v)
		if v != "" {
			list = append(list, argument{name: name, text: shown, word: true})
		}
		if exact != "" {
			list = append(list, argument{name: name + "_b64", text: exact, word: true})
		}
	}
	if _, exact := replaced(s.Name); exact != "" {
		list = append(list, argument{name: "name_b64", text: exact, word: true})
	}
	num := func(name string, v int64) { list = append(list, argument{name: name, num: v}) }
	text("command", strings.Join(s.Lines, "\n"))
	text("cwd", s.Dir)
	if s.Process != 0 {
		num("pid", int64(s.PID))
	} else {
		num("tool pid", int64(s.PID))
	}
	switch {
	case s.Alive:
		text("end", "not seen")
	case s.Signal != 0:
		num("signal", int64(s.Signal))
	default:
		num("exit code", int64(s.ExitCode))
	}
	num("cpu ns", s.CPU)
	if s.MaxRSS != 0 {
		num("peak memory bytes", s.MaxRSS)
	}
	return list
}

// category groups spans for a viewer's search.
func category(s graph.Span) string {
	c := "recipe"
	if s.Process != 0 {
		c = "process"
	}
	if s.Failed() {
		c += ",failed"
	}
	return c
}
