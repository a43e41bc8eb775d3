package report

import (
	"io"

	"buildgraph/graph"
)

// statsDoc holds the members of each section that was asked for, and nil for the
// others, whose members are then left out.
type statsDoc struct {
	Complete   bool     `json:"complete"`
	Incomplete []string `json:"incomplete,omitempty"`
	*buildSection
	*programsSection
	*stepsSection
	*filesSection
	*lookupsSection
}

type buildSection struct {
	Build   buildDoc    `json:"build"`
	Machine *machineDoc `json:"machine"`
}

type programsSection struct {
	Roles    []workDoc `json:"roles"`
	Programs []workDoc `json:"programs"`
}

type stepsSection struct {
	Recipes []recipeStatDoc `json:"recipes"`
}

type filesSection struct {
	Reads    []fileStatDoc `json:"reads"`
	Rewrites []fileStatDoc `json:"rewrites"`
	Unread   []unreadDoc   `json:"unread"`
}

type lookupsSection struct {
	Failed  int64       `json:"failed_lookups"`
	Lookups []searchDoc `json:"lookups"`
}

type buildDoc struct {
	Command    []string `json:"command"`
	CommandB64 []string `json:"command_b64,omitempty"`
	ExitCode   int      `json:"exit_code"`
	Finished   bool     `json:"finished"`
	Wall       int64    `json:"wall_ns"`
	CPU        int64    `json:"cpu_ns"`
	Processes  int      `json:"processes"`
	Execs      int      `json:"execs"`
	Recipes    int      `json:"recipes"`
	Known      bool     `json:"recipes_known"`
	Peak       int      `json:"peak_processes"`
	PeakSteps  int      `json:"peak_recipes"`
	Files      int      `json:"files"`
	Existing   int      `json:"existing_files"`
	Accesses   int64    `json:"accesses"`
	IdleLeft   *int64   `json:"left_idle_ns"`
}

type machineDoc struct {
	Cores    int    `json:"cores"`
	Usable   int    `json:"usable_cores"`
	Memory   int64  `json:"memory_bytes"`
	Model    string `json:"model,omitempty"`
	ModelB64 string `json:"model_b64,omitempty"`
	Span     int64  `json:"span_ns"`
	Busy     int64  `json:"busy_ns"`
	Idle     int64  `json:"idle_ns"`
	IOWait   int64  `json:"iowait_ns"`
	Steal    int64  `json:"steal_ns"`
}

type workDoc struct {
	Name    string `json:"name,omitempty"`
	NameB64 string `json:"name_b64,omitempty"`
	Role    string `json:"role"`
	Runs    int    `json:"runs"`
	CPU     int64  `json:"cpu_ns"`
	Own     int64  `json:"own_ns"`
	Longest int64  `json:"longest_ns"`
	Failed  int    `json:"failed"`
}

type recipeStatDoc struct {
	ID        uint32  `json:"recipe"`
	Target    *string `json:"target"`
	TargetB64 string  `json:"target_b64,omitempty"`
	Label     string  `json:"label"`
	LabelB64  string  `json:"label_b64,omitempty"`
	Start     int64   `json:"start_ns"`
	Wall      int64   `json:"wall_ns"`
	CPU       int64   `json:"cpu_ns"`
	Memory    int64   `json:"memory_bytes"`
	Inputs    int     `json:"inputs"`
	Files     int     `json:"files"`
	Failed    int64   `json:"failed_lookups"`
	Nested    bool    `json:"nested"`
	Unended   bool    `json:"unended"`
}

type fileStatDoc struct {
	Path      string     `json:"path"`
	PathB64   string     `json:"path_b64,omitempty"`
	Class     string     `json:"class,omitempty"`
	Programs  int        `json:"programs,omitempty"`
	Processes int        `json:"processes,omitempty"`
	Count     int64      `json:"count,omitempty"`
	By        []countDoc `json:"by,omitempty"`
}

type unreadDoc struct {
	Path      string  `json:"path"`
	PathB64   string  `json:"path_b64,omitempty"`
	Temporary bool    `json:"temporary"`
	Target    *string `json:"target"`
	TargetB64 string  `json:"target_b64,omitempty"`
	By        string  `json:"by"`
	ByB64     string  `json:"by_b64,omitempty"`
}

type searchDoc struct {
	Dir      string     `json:"dir"`
	DirB64   string     `json:"dir_b64,omitempty"`
	Missing  bool       `json:"missing"`
	Option   string     `json:"option,omitempty"`
	First    int        `json:"first,omitempty"`
	Last     int        `json:"last,omitempty"`
	Of       int        `json:"of,omitempty"`
	Failed   int64      `json:"failed"`
	Names    int        `json:"names"`
	Found    int64      `json:"found"`
	Programs []countDoc `json:"programs"`
}

type countDoc struct {
	Name    string `json:"name"`
	NameB64 string `json:"name_b64,omitempty"`
	Count   int64  `json:"count"`
}

func countsJSON(list []graph.Count) []countDoc {
	docs := make([]countDoc, 0, len(list))
	for _, c := range list {
		d := countDoc{Count: c.N}
		d.Name, d.NameB64 = replaced(c.Name)
		docs = append(docs, d)
	}
	return docs
}

// StatsJSON writes the statistics, all rows of the sections asked for, as a document;
// docs/json.md describes it.
func StatsJSON(w io.Writer, s graph.Stats, so StatsOptions, o Options) error {
	doc := statsDoc{Complete: s.Complete, Incomplete: incomplete(s.Complete, o)}
	if so.wants(SectionBuild) {
		doc.buildSection = &buildSection{Build: buildJSON(s.Build), Machine: machineJSON(s.Build)}
	}
	if so.wants(SectionPrograms) {
		doc.programsSection = &programsSection{Roles: worksJSON(s.Roles), Programs: worksJSON(s.Programs)}
	}
	if so.wants(SectionSteps) {
		doc.stepsSection = stepsJSON(s)
	}
	if so.wants(SectionFiles) {
		doc.filesSection = &filesSection{Reads: filesJSON(s.Reads), Rewrites: filesJSON(s.Rewrites), Unread: unreadJSON(s)}
	}
	if so.wants(SectionLookups) {
		doc.lookupsSection = lookupsJSON(s)
	}
	return writeJSON(w, doc)
}

func stepsJSON(s graph.Stats) *stepsSection {
	doc := &stepsSection{Recipes: []recipeStatDoc{}}
	for _, r := range s.Recipes {
		row := recipeStatDoc{
			ID: r.ID, Start: r.Start, Wall: r.Wall, CPU: r.CPU, Memory: r.Memory, Inputs: r.Inputs, Files: r.Files,
			Failed: r.Failed, Nested: r.Nested, Unended: r.Unended,
		}
		row.Target, row.TargetB64 = optional(r.Target)
		row.Label, row.LabelB64 = replaced(r.Label)
		doc.Recipes = append(doc.Recipes, row)
	}
	return doc
}

func unreadJSON(s graph.Stats) []unreadDoc {
	docs := []unreadDoc{}
	for _, f := range s.Unread {
		row := unreadDoc{Temporary: f.Temporary}
		row.Path, row.PathB64 = replaced(f.Path)
		row.Target, row.TargetB64 = optional(f.Target)
		row.By, row.ByB64 = replaced(f.By)
		docs = append(docs, row)
	}
	return docs
}

func lookupsJSON(s graph.Stats) *lookupsSection {
	doc := &lookupsSection{Failed: s.Failed, Lookups: []searchDoc{}}
	for _, d := range s.Lookups {
		row := searchDoc{
			Missing: d.Missing, Option: d.Option, First: d.First, Last: d.Last, Of: d.Of,
			Failed: d.Failed, Names: d.Names, Found: d.Found, Programs: countsJSON(d.Programs),
		}
		row.Dir, row.DirB64 = replaced(d.Dir)
		doc.Lookups = append(doc.Lookups, row)
	}
	return doc
}

func buildJSON(b graph.BuildStats) buildDoc {
	d := buildDoc{
		ExitCode: b.ExitCode, Finished: !b.Unended, Known: !b.RecipesLost, Wall: b.Wall, CPU: b.CPU, Processes: b.Processes, Execs: b.Execs, Recipes: b.Recipes,
		Peak: b.Peak, PeakSteps: b.PeakSteps, Files: b.Files, Existing: b.Existing, Accesses: b.Accesses,
	}
	d.Command, d.CommandB64 = replacedAll(b.Command)
	if b.KnowsIdle() {
		left := b.IdleLeft()
		d.IdleLeft = &left
	}
	return d
}

// machineJSON is nil where the machine is not known.
func machineJSON(b graph.BuildStats) *machineDoc {
	m := b.Machine
	if m.Cores == 0 {
		return nil
	}
	d := &machineDoc{
		Cores: m.Cores, Usable: b.Usable(), Memory: m.Memory, Span: m.Span, Busy: m.Busy, Idle: m.Idle, IOWait: m.IOWait, Steal: m.Steal,
	}
	d.Model, d.ModelB64 = replaced(m.Model)
	return d
}

func worksJSON(list []graph.WorkStats) []workDoc {
	docs := make([]workDoc, 0, len(list))
	for _, s := range list {
		d := workDoc{Role: string(s.Role), Runs: s.Runs, CPU: s.CPU, Own: s.Own, Longest: s.Longest, Failed: s.Failed}
		d.Name, d.NameB64 = replaced(s.Name)
		docs = append(docs, d)
	}
	return docs
}

func filesJSON(list []graph.FileStats) []fileStatDoc {
	docs := make([]fileStatDoc, 0, len(list))
	for _, f := range list {
		d := fileStatDoc{Class: string(f.Class), Programs: f.Programs, Processes: f.Processes, Count: f.Count}
		d.Path, d.PathB64 = replaced(f.Path)
		if len(f.By) > 0 {
			d.By = countsJSON(f.By)
		}
		docs = append(docs, d)
	}
	return docs
}
