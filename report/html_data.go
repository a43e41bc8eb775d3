package report

import (
	"slices"
	"strings"

	"buildgraph/graph"
	"buildgraph/graph/audit"
)

// pageData is what the scripts of the page draw from: columns of numbers, and
// strings by their place in one list. Every string is as it is shown (see [Name]):
// the scripts never see a control character. Times are microseconds since the
// capture began.
type pageData struct {
	Strings   []string       `json:"s"`
	End       int64          `json:"end"`
	Files     fileColumns    `json:"files"`
	Actions   actionColumns  `json:"acts"`
	Recipes   spanColumns    `json:"recs"`
	Processes spanColumns    `json:"procs"`
	Findings  findingColumns `json:"finds"`
}

type fileColumns struct {
	Path    []int `json:"path"`
	Class   []int `json:"cls"` // place in fileClasses
	Readers []int `json:"rd"`
	Writers []int `json:"wr"`
}

// fileClasses are the classes in the order that the scripts know.
var fileClasses = []graph.Class{graph.Project, graph.Generated, graph.System, graph.Tool}

// actionColumns holds the ends of all actions one behind the other, each as the
// difference to the one before it in its action.
type actionColumns struct {
	Recipe  []int `json:"r"` // place in recs, -1 for none
	Process []int `json:"p"` // place in procs, -1 for none
	Inputs  []int `json:"in"`
	Ins     []int `json:"ins"` // how many of Inputs each action has
	Outputs []int `json:"out"`
	Outs    []int `json:"outs"`
}

type spanColumns struct {
	Lanes   int     `json:"lanes"`
	Name    []int   `json:"name"`
	Command []int   `json:"cmd"`
	Dir     []int   `json:"dir"`
	Lane    []int   `json:"lane"`
	Depth   []int   `json:"depth"`
	Start   []int64 `json:"start"`
	Took    []int64 `json:"dur"`
	CPU     []int64 `json:"cpu"`
	Memory  []int64 `json:"rss"` // KiB
	PID     []int   `json:"pid"`
	Exit    []int   `json:"exit"` // 128+n when killed by signal n
	Alive   []int   `json:"alive"`
	Recipe  []int   `json:"rec"` // of a process: place in recs, -1 for none
}

type findingColumns struct {
	Kinds  []string `json:"kinds"` // what Kind counts in
	Kind   []int    `json:"kind"`
	Input  []int    `json:"input"`
	Target []int    `json:"target"`
	Place  []int    `json:"place"`
	Proof  []int    `json:"proof"`
}

// interned is a list of different strings.
type interned struct {
	list []string
	at   map[string]int
}

func (s *interned) id(text string) int {
	n, ok := s.at[text]
	if !ok {
		n = len(s.list)
		s.at[text] = n
		s.list = append(s.list, text)
	}
	return n
}

func newPageData(p Page) pageData {
	s := &interned{at: map[string]int{}}
	d := pageData{End: p.Timeline.End / 1000}
	recipes, processes := map[uint32]int{0: -1}, map[int64]int{0: -1}
	for i, r := range p.Timeline.Recipes {
		recipes[r.Recipe] = i
	}
	for i, q := range p.Timeline.Processes {
		processes[int64(q.Process)] = i
	}
	d.Recipes = spansOf(p.Timeline.Recipes, p.Timeline.Lanes, nil, s)
	d.Processes = spansOf(p.Timeline.Processes, p.Timeline.ProcessLanes, recipes, s)
	for _, f := range p.Actions.Files {
		d.Files.Path = append(d.Files.Path, s.id(Name(f.Path)))
		d.Files.Class = append(d.Files.Class, slices.Index(fileClasses, f.Class))
		d.Files.Readers = append(d.Files.Readers, f.Readers)
		d.Files.Writers = append(d.Files.Writers, f.Writers)
	}
	a := &d.Actions
	for _, act := range p.Actions.Actions {
		a.Recipe = append(a.Recipe, placeIn(recipes, act.Recipe))
		a.Process = append(a.Process, placeIn(processes, int64(act.Process)))
		a.Inputs, a.Ins = differences(a.Inputs, act.Inputs), append(a.Ins, len(act.Inputs))
		a.Outputs, a.Outs = differences(a.Outputs, act.Outputs), append(a.Outs, len(act.Outputs))
	}
	if p.Findings != nil {
		d.Findings = findingsOf(p.Findings.Findings, s)
	}
	d.Strings = s.list
	return d
}

// placeIn is a place in a column, -1 for what has none.
func placeIn[K comparable](at map[K]int, key K) int {
	if n, ok := at[key]; ok {
		return n
	}
	return -1
}

// differences adds a sorted list, each number as its distance from the one before.
func differences(to, list []int) []int {
	last := 0
	for _, n := range list {
		to = append(to, n-last)
		last = n
	}
	return to
}

// commandMost bounds the characters of a command on the page.
const commandMost = 4000

// commandText is a command as the page shows it: the rows that deps shows, one below the
// other, and what is too much cut off at the end.
func commandText(lines []string) string {
	rows := recipeRows(lines)
	for i, row := range rows {
		rows[i] = Line(row)
	}
	text := []rune(strings.Join(rows, "\n"))
	if len(text) <= commandMost {
		return string(text)
	}
	return string(text[:commandMost-1]) + "…"
}

func spansOf(spans []graph.Span, lanes int, recipes map[uint32]int, s *interned) spanColumns {
	c := spanColumns{Lanes: lanes}
	for _, x := range spans {
		c.Name = append(c.Name, s.id(Name(x.Name)))
		c.Command = append(c.Command, s.id(commandText(x.Lines)))
		c.Dir = append(c.Dir, s.id(Line(x.Dir)))
		c.Lane = append(c.Lane, x.Lane)
		c.Depth = append(c.Depth, x.Depth)
		c.Start = append(c.Start, x.Start/1000)
		c.Took = append(c.Took, (x.End-x.Start)/1000)
		c.CPU = append(c.CPU, x.CPU/1000)
		c.Memory = append(c.Memory, x.MaxRSS>>10)
		c.PID = append(c.PID, x.PID)
		c.Exit = append(c.Exit, exitStatus(x))
		alive := 0
		if x.Alive {
			alive = 1
		}
		c.Alive = append(c.Alive, alive)
		if recipes != nil {
			c.Recipe = append(c.Recipe, placeIn(recipes, x.Recipe))
		}
	}
	return c
}

// exitStatus is how a span ended, as a shell would put it.
func exitStatus(x graph.Span) int {
	if x.Signal != 0 {
		return 128 + x.Signal
	}
	return x.ExitCode
}

func findingsOf(fs []audit.Finding, s *interned) findingColumns {
	var c findingColumns
	for _, k := range audit.Kinds {
		c.Kinds = append(c.Kinds, string(k))
	}
	for _, g := range paragraphs(fs) {
		for _, f := range g.findings {
			c.Kind = append(c.Kind, slices.Index(audit.Kinds, f.Kind))
			c.Input = append(c.Input, s.id(Name(f.Input)))
			c.Target = append(c.Target, s.id(Name(f.Target)))
			c.Place = append(c.Place, s.id(place(f)))
			proof := string(f.Proof)
			if f.Reason != "" {
				proof += ": " + Line(f.Reason)
			}
			c.Proof = append(c.Proof, s.id(proof))
		}
	}
	return c
}
