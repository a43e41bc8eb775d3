package report

import (
	"io"

	"buildgraph/graph"
	"buildgraph/graph/audit"
)

type criticalDoc struct {
	Complete   bool          `json:"complete"`
	Incomplete []string      `json:"incomplete,omitempty"`
	Commands   bool          `json:"commands"`
	Known      bool          `json:"recipes_known"`
	ExitCode   int           `json:"exit_code"`
	Finished   bool          `json:"finished"`
	Wall       int64         `json:"wall_ns"`
	Ideal      int64         `json:"ideal_ns"`
	Work       int64         `json:"work_ns"`
	RecipeCPU  int64         `json:"recipe_cpu_ns"`
	ChainCPU   int64         `json:"chain_cpu_ns"`
	Recipes    int           `json:"recipes"`
	Slots      int           `json:"peak_recipes"`
	Chain      []chainDoc    `json:"chain"`
	Schedules  []scheduleDoc `json:"schedules"`
	Declared   *declaredDoc  `json:"declared"`
}

type planStepDoc struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	NameB64 string `json:"name_b64,omitempty"`
	Recipe  uint32 `json:"recipe,omitempty"`
	Start   int64  `json:"start_ns"`
	End     int64  `json:"end_ns"`
	CPU     int64  `json:"cpu_ns,omitempty"`
}

type chainDoc struct {
	planStepDoc
	Ready  int64   `json:"ready_ns"`
	Wait   int64   `json:"waited_ns"`
	Full   int64   `json:"slots_taken_ns"`
	Via    *string `json:"via"`
	ViaB64 string  `json:"via_b64,omitempty"`
}

type scheduleDoc struct {
	Cores int   `json:"cores"`
	Wall  int64 `json:"wall_ns"`
}

type declaredDoc struct {
	Length     int64          `json:"length_ns"`
	Unknown    []string       `json:"unknown,omitempty"`
	UnknownB64 []string       `json:"unknown_b64,omitempty"`
	Chain      []orderStepDoc `json:"chain"`
	Orders     []orderDoc     `json:"orders"`
}

type orderStepDoc struct {
	planStepDoc
	Order *int `json:"order"`
}

type orderDoc struct {
	Kind        string   `json:"kind"`
	First       string   `json:"first"`
	FirstB64    string   `json:"first_b64,omitempty"`
	Targets     []string `json:"targets,omitempty"`
	TargetsB64  []string `json:"targets_b64,omitempty"`
	Partly      bool     `json:"partly_used"`
	Makefile    *string  `json:"makefile"`
	MakefileB64 string   `json:"makefile_b64,omitempty"`
	Line        *int     `json:"line"`
	Gain        int64    `json:"gain_ns"`
}

func planStepJSON(s graph.PlanStep) planStepDoc {
	d := planStepDoc{Kind: string(s.Kind), Recipe: s.Recipe, Start: s.Start, End: s.End, CPU: s.CPU}
	d.Name, d.NameB64 = replaced(s.Name)
	return d
}

// CriticalJSON writes the same as a document; docs/json.md describes it.
func CriticalJSON(w io.Writer, a audit.Critical, o Options) error {
	doc := criticalDoc{
		Complete: a.Complete, Incomplete: incomplete(a.Complete, o), Commands: a.Commands, Known: !a.RecipesLost, ExitCode: a.ExitCode, Finished: !a.Unended, Wall: a.Wall,
		Ideal: a.Ideal, Work: a.Work, RecipeCPU: a.RecipeCPU, ChainCPU: a.ChainCPU, Recipes: a.Recipes, Slots: a.Slots, Chain: []chainDoc{}, Schedules: []scheduleDoc{},
	}
	for _, s := range a.Chain {
		row := chainDoc{planStepDoc: planStepJSON(s.PlanStep), Ready: s.Ready, Wait: s.Wait(), Full: s.Full}
		row.Via, row.ViaB64 = optional(s.Via)
		doc.Chain = append(doc.Chain, row)
	}
	for _, s := range a.Schedules {
		doc.Schedules = append(doc.Schedules, scheduleDoc(s))
	}
	if a.Known {
		doc.Declared = declaredJSON(a)
	}
	return writeJSON(w, doc)
}

func declaredJSON(a audit.Critical) *declaredDoc {
	d := &declaredDoc{Length: a.Declared, Chain: []orderStepDoc{}, Orders: []orderDoc{}}
	if len(a.Unknown) > 0 {
		d.Unknown, d.UnknownB64 = replacedAll(a.Unknown)
	}
	for _, s := range a.Steps {
		row := orderStepDoc{planStepDoc: planStepJSON(s.PlanStep)}
		if s.Order >= 0 {
			n := s.Order
			row.Order = &n
		}
		d.Chain = append(d.Chain, row)
	}
	for _, r := range a.Orders {
		row := orderDoc{Kind: string(r.Kind), Partly: r.Partly, Gain: r.Gain}
		row.First, row.FirstB64 = replaced(r.First)
		if len(r.Targets) > 0 {
			row.Targets, row.TargetsB64 = replacedAll(r.Targets)
		}
		row.Makefile, row.MakefileB64 = optional(r.Makefile)
		if r.Line > 0 {
			n := r.Line
			row.Line = &n
		}
		d.Orders = append(d.Orders, row)
	}
	return d
}
