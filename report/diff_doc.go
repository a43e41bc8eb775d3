package report

import "buildgraph/graph/compare"

// The documents of diff --json; docs/json.md describes them.

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
	Finished   bool     `json:"finished"`
	Targets    int      `json:"targets"`
	Programs   int      `json:"programs"`
	Wall       int64    `json:"wall_ns"`
	CPU        int64    `json:"cpu_ns"`

	Failed []failedDoc `json:"failed"`
}

type failedDoc struct {
	Target    string `json:"target"`
	TargetB64 string `json:"target_b64,omitempty"`
	ExitCode  int    `json:"exit_code"`
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
	Runs       int     `json:"runs,omitempty"`
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
