package report

import (
	"io"

	"buildgraph/graph/compare"
)

// DiffJSON writes the same as a document; docs/json.md describes it.
func DiffJSON(w io.Writer, d compare.Diff, o DiffOptions) error {
	doc := diffDoc{A: sideJSON(d.A, o.A), B: sideJSON(d.B, o.B), Related: d.Related(), Common: d.Common}
	if o.shows(DiffProcesses) {
		doc.Processes = each(programs(d), processesJSON)
	}
	if o.shows(DiffTargets) {
		doc.OnlyA, doc.OnlyB = each(d.OnlyA, madeOnlyJSON), each(d.OnlyB, madeOnlyJSON)
		doc.Changed = each(d.Changed, changeJSON)
	}
	if o.shows(DiffFiles) {
		doc.Files = each(d.Files, fileChangeJSON)
	}
	if o.shows(DiffWhy) {
		doc.WhyA, doc.WhyB = againJSON(d.AgainA), againJSON(d.AgainB)
	}
	if o.shows(DiffTime) {
		doc.Time = each(d.Slower, slowerJSON)
	}
	return writeJSON(w, doc)
}

// each gives the rows of a list, none of which is "[]".
func each[T, D any](list []T, row func(T) D) []D {
	rows := make([]D, 0, len(list))
	for _, v := range list {
		rows = append(rows, row(v))
	}
	return rows
}

func sideJSON(s compare.Side, file string) sideDoc {
	row := sideDoc{
		Complete: s.Complete, Incomplete: incomplete(s.Complete, Options{Why: s.Why}), ExitCode: s.ExitCode, Finished: !s.Unended,
		Targets: s.Targets, Programs: s.Programs, Wall: s.Wall, CPU: s.CPU,
	}
	row.Failed = each(s.Failed, func(f compare.Failure) failedDoc {
		d := failedDoc{ExitCode: f.Exit}
		d.Target, d.TargetB64 = replaced(f.Name)
		return d
	})
	row.File, row.FileB64 = replaced(file)
	row.Command, row.CommandB64 = replacedAll(s.Command)
	row.Root, row.RootB64 = replaced(s.Root)
	row.Host, _ = replaced(s.Host)
	return row
}

func processesJSON(c compare.ProcessChange) processesDoc {
	row := processesDoc{OnlyA: runsJSON(c.OnlyA), OnlyB: runsJSON(c.OnlyB), Changed: c.Changed, Words: each(c.Words, hunkJSON)}
	row.Program, row.ProgramB64 = replaced(c.Program)
	return row
}

func runsJSON(r compare.Runs) runsDoc {
	row := runsDoc{Count: r.Count, Outside: r.Outside}
	row.Targets, row.TargetsB64 = replacedAll(r.Targets)
	return row
}

func hunkJSON(h compare.Hunk) hunkDoc {
	var row hunkDoc
	row.A, row.AB64 = replacedAll(h.A)
	row.B, row.BB64 = replacedAll(h.B)
	return row
}

func madeOnlyJSON(t compare.Target) madeOnlyDoc {
	row := madeOnlyDoc{Recipe: t.Recipe}
	row.Target, row.TargetB64 = optional(t.Name)
	row.Command, row.CommandB64 = replaced(t.Command)
	if t.Runs > 1 {
		row.Runs = t.Runs
	}
	return row
}

func changeJSON(c compare.Change) changeDoc {
	row := changeDoc{
		Command: each(c.Command, hunkJSON), Programs: each(c.Programs, innerJSON), Tools: each(c.Tools, toolJSON),
		Environment: each(c.Env, variableJSON), Removed: each(c.Removed, usedJSON), Added: each(c.Added, usedJSON),
		Exit: pairJSON(c.Exit), Runs: pairJSON(c.Runs),
	}
	row.Target, row.TargetB64 = replaced(c.Name)
	return row
}

func innerJSON(in compare.Inner) innerDoc {
	row := innerDoc{Words: each(in.Words, hunkJSON)}
	row.Program, row.ProgramB64 = replaced(in.Program)
	return row
}

func toolJSON(t compare.Tool) toolDoc {
	var row toolDoc
	row.Program, row.ProgramB64 = replaced(t.Program)
	row.A, row.AB64 = replacedAll(t.A)
	row.B, row.BB64 = replacedAll(t.B)
	return row
}

func variableJSON(v compare.Variable) variableDoc {
	row := variableDoc{Hidden: v.Hidden}
	row.Name, row.NameB64 = replaced(v.Name)
	row.A, row.AB64 = value(v.A)
	row.B, row.BB64 = value(v.B)
	return row
}

// value is replaced for a value that may be missing: nil then, which is null.
func value(s *string) (text *string, exact string) {
	if s == nil {
		return nil, ""
	}
	t, exact := replaced(*s)
	return &t, exact
}

func usedJSON(in compare.Input) usedDoc {
	row := usedDoc{Class: string(in.Class)}
	row.Path, row.PathB64 = replaced(in.Path)
	return row
}

func pairJSON(p *compare.Pair) *pairDoc {
	if p == nil {
		return nil
	}
	return &pairDoc{p.A, p.B}
}

func fileChangeJSON(f compare.FileChange) fileChangeDoc {
	row := fileChangeDoc{Class: string(f.Class), In: "a", Targets: f.Targets}
	if f.InB {
		row.In = "b"
	}
	row.Path, row.PathB64 = replaced(f.Path)
	return row
}

func againJSON(a *compare.Again) *againDoc {
	if a == nil {
		return nil
	}
	return &againDoc{Causes: each(a.Causes, causeJSON), Targets: each(a.Targets, remadeJSON)}
}

func causeJSON(c compare.Cause) causeDoc {
	var row causeDoc
	row.Files, row.FilesB64 = replacedAll(c.Files)
	row.Targets, row.TargetsB64 = replacedAll(c.Targets)
	return row
}

func remadeJSON(t compare.Remade) remadeDoc {
	row := remadeDoc{Reason: t.Reason, From: each(t.From, func(in compare.MadeInput) madeFromDoc {
		var m madeFromDoc
		m.Path, m.PathB64 = replaced(in.Path)
		m.Target, m.TargetB64 = replaced(in.Target)
		return m
	})}
	row.Target, row.TargetB64 = replaced(t.Name)
	row.Files, row.FilesB64 = replacedAll(t.Files)
	return row
}

func slowerJSON(s compare.Slower) slowerDoc {
	row := slowerDoc{Kind: "target", RunsA: s.RunsA, RunsB: s.RunsB, WallA: s.WallA, WallB: s.WallB, CPUA: s.CPUA, CPUB: s.CPUB}
	if s.Program {
		row.Kind = "program"
	}
	row.Name, row.NameB64 = replaced(s.Name)
	return row
}

type oneDoc struct {
	Target    string     `json:"target"`
	TargetB64 string     `json:"target_b64,omitempty"`
	A         *madeDoc   `json:"a"`
	B         *madeDoc   `json:"b"`
	Change    *changeDoc `json:"change"`
	WhyA      []wayDoc   `json:"why_a"`
	WhyB      []wayDoc   `json:"why_b"`
}

type wayDoc struct {
	Steps []remadeDoc `json:"steps"`
	Cause *causeDoc   `json:"cause"`
}

type madeDoc struct {
	Command    []string `json:"command"`
	CommandB64 []string `json:"command_b64,omitempty"`
	Lines      []string `json:"lines"`
	LinesB64   []string `json:"lines_b64,omitempty"`
	Runs       int      `json:"runs"`
	ExitCode   int      `json:"exit_code"`
	Wall       int64    `json:"wall_ns"`
	CPU        int64    `json:"cpu_ns"`
}

// DiffTargetJSON writes all about one target as a document.
func DiffTargetJSON(w io.Writer, one compare.One, _ DiffOptions) error {
	way := func(y compare.Why) wayDoc {
		row := wayDoc{Steps: each(y.Steps, remadeJSON)}
		if y.Cause != nil {
			c := causeJSON(*y.Cause)
			row.Cause = &c
		}
		return row
	}
	doc := oneDoc{
		A: madeJSON(one.A, one.CommandA, one.LinesA), B: madeJSON(one.B, one.CommandB, one.LinesB),
		WhyA: each(one.WhyA, way), WhyB: each(one.WhyB, way),
	}
	doc.Target, doc.TargetB64 = replaced(one.Name)
	if one.Change != nil {
		c := changeJSON(*one.Change)
		doc.Change = &c
	}
	return writeJSON(w, doc)
}

func madeJSON(m *compare.Made, words, lines []string) *madeDoc {
	if m == nil {
		return nil
	}
	row := &madeDoc{Runs: m.Runs, ExitCode: m.Exit, Wall: m.Wall, CPU: m.CPU}
	row.Command, row.CommandB64 = replacedAll(words)
	row.Lines, row.LinesB64 = replacedAll(lines)
	return row
}
