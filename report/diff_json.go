package report

import (
	"io"

	"buildgraph/graph/compare"
)

type diffDoc struct {
	A         sideDoc         `json:"a"`
	B         sideDoc         `json:"b"`
	Related   bool            `json:"related"`
	Common    int             `json:"common"`
	Processes []processesDoc  `json:"processes,omitempty"`
	OnlyA     []madeOnlyDoc   `json:"only_a,omitempty"`
	OnlyB     []madeOnlyDoc   `json:"only_b,omitempty"`
	Changed   []changeDoc     `json:"changed,omitempty"`
	Files     []fileChangeDoc `json:"files,omitempty"`
	WhyA      *againDoc       `json:"why_a,omitempty"`
	WhyB      *againDoc       `json:"why_b,omitempty"`
	Time      []slowerDoc     `json:"time,omitempty"`
}

type sideDoc struct {
	File       string   `json:"file"`
	FileB64    string   `json:"file_b64,omitempty"`
	Complete   bool     `json:"complete"`
	Incomplete []string `json:"incomplete,omitempty"`
	Command    []string `json:"command"`
	CommandB64 []string `json:"command_b64,omitempty"`
	Root       string   `json:"root"`
	RootB64    string   `json:"root_b64,omitempty"`
	Host       string   `json:"host"`
	ExitCode   int      `json:"exit_code"`
	Targets    int      `json:"targets"`
	Programs   int      `json:"programs"`
	Wall       int64    `json:"wall_ns"`
	CPU        int64    `json:"cpu_ns"`
}

type processesDoc struct {
	Program    string    `json:"program"`
	ProgramB64 string    `json:"program_b64,omitempty"`
	OnlyA      runsDoc   `json:"only_a"`
	OnlyB      runsDoc   `json:"only_b"`
	Changed    int       `json:"changed"`
	Words      []hunkDoc `json:"words,omitempty"`
}

type runsDoc struct {
	Count      int      `json:"count"`
	Targets    []string `json:"targets"`
	TargetsB64 []string `json:"targets_b64,omitempty"`
	Outside    int      `json:"outside"`
}

type hunkDoc struct {
	A    []string `json:"a"`
	AB64 []string `json:"a_b64,omitempty"`
	B    []string `json:"b"`
	BB64 []string `json:"b_b64,omitempty"`
}

type madeOnlyDoc struct {
	Target     *string `json:"target"`
	TargetB64  string  `json:"target_b64,omitempty"`
	Command    string  `json:"command,omitempty"`
	CommandB64 string  `json:"command_b64,omitempty"`
	Recipe     bool    `json:"recipe"`
}

type changeDoc struct {
	Target      string        `json:"target"`
	TargetB64   string        `json:"target_b64,omitempty"`
	Command     []hunkDoc     `json:"command"`
	Programs    []innerDoc    `json:"programs"`
	Tools       []toolDoc     `json:"tools"`
	Environment []variableDoc `json:"environment"`
	Removed     []usedDoc     `json:"inputs_removed"`
	Added       []usedDoc     `json:"inputs_added"`
	Exit        *pairDoc      `json:"exit_code"`
	Runs        *pairDoc      `json:"runs"`
}

type innerDoc struct {
	Program    string    `json:"program"`
	ProgramB64 string    `json:"program_b64,omitempty"`
	Words      []hunkDoc `json:"words"`
}

type toolDoc struct {
	Program    string   `json:"program"`
	ProgramB64 string   `json:"program_b64,omitempty"`
	A          []string `json:"a"`
	AB64       []string `json:"a_b64,omitempty"`
	B          []string `json:"b"`
	BB64       []string `json:"b_b64,omitempty"`
}

type variableDoc struct {
	Name    string  `json:"name"`
	NameB64 string  `json:"name_b64,omitempty"`
	A       *string `json:"a"`
	AB64    string  `json:"a_b64,omitempty"`
	B       *string `json:"b"`
	BB64    string  `json:"b_b64,omitempty"`
	Hidden  string  `json:"hidden,omitempty"`
}

type usedDoc struct {
	Path    string `json:"path"`
	PathB64 string `json:"path_b64,omitempty"`
	Class   string `json:"class"`
}

type pairDoc struct {
	A int `json:"a"`
	B int `json:"b"`
}

type fileChangeDoc struct {
	Path    string `json:"path"`
	PathB64 string `json:"path_b64,omitempty"`
	Class   string `json:"class"`
	In      string `json:"in"`
	Targets int    `json:"targets"`
}

type againDoc struct {
	Causes  []causeDoc  `json:"causes"`
	Targets []remadeDoc `json:"targets"`
}

type causeDoc struct {
	Files      []string `json:"files"`
	FilesB64   []string `json:"files_b64,omitempty"`
	Targets    []string `json:"targets"`
	TargetsB64 []string `json:"targets_b64,omitempty"`
}

type remadeDoc struct {
	Target    string         `json:"target"`
	TargetB64 string         `json:"target_b64,omitempty"`
	Reason    compare.Reason `json:"reason"`
	From      []madeFromDoc  `json:"from"`
	Files     []string       `json:"files"`
	FilesB64  []string       `json:"files_b64,omitempty"`
}

type madeFromDoc struct {
	Path      string `json:"path"`
	PathB64   string `json:"path_b64,omitempty"`
	Target    string `json:"target"`
	TargetB64 string `json:"target_b64,omitempty"`
}

type slowerDoc struct {
	Name    string `json:"name"`
	NameB64 string `json:"name_b64,omitempty"`
	Kind    string `json:"kind"`
	RunsA   int    `json:"runs_a"`
	RunsB   int    `json:"runs_b"`
	WallA   int64  `json:"wall_a_ns"`
	WallB   int64  `json:"wall_b_ns"`
	CPUA    int64  `json:"cpu_a_ns"`
	CPUB    int64  `json:"cpu_b_ns"`
}

// DiffJSON writes the same as a document; docs/json.md describes it.
func DiffJSON(w io.Writer, d compare.Diff, o DiffOptions) error {
	doc := diffDoc{A: sideJSON(d.A, o.A), B: sideJSON(d.B, o.B), Related: d.Related(), Common: d.Common}
	if o.shows(DiffProcesses) {
		doc.Processes = each(d.Processes, processesJSON)
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
		Complete: s.Complete, Incomplete: incomplete(s.Complete, Options{Why: s.Why}), ExitCode: s.ExitCode,
		Targets: s.Targets, Programs: s.Programs, Wall: s.Wall, CPU: s.CPU,
	}
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
		A: madeJSON(one.A, one.CommandA), B: madeJSON(one.B, one.CommandB),
		WhyA: each(one.WhyA, way), WhyB: each(one.WhyB, way),
	}
	doc.Target, doc.TargetB64 = replaced(one.Name)
	if one.Change != nil {
		c := changeJSON(*one.Change)
		doc.Change = &c
	}
	return writeJSON(w, doc)
}

func madeJSON(m *compare.Made, words []string) *madeDoc {
	if m == nil {
		return nil
	}
	row := &madeDoc{Runs: m.Runs, ExitCode: m.Exit, Wall: m.Wall, CPU: m.CPU}
	row.Command, row.CommandB64 = replacedAll(words)
	return row
}
