package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"buildgraph/graph"
)

// recipeLines is how many lines of a recipe stand in a header; more would push
// the answer off the screen.
const recipeLines = 6

// markColumn bounds the column that marks stand in, so that one long path does
// not push all of them away.
const markColumn = 56

// DepsText writes what a target was made from: how it was made, then its inputs
// by class, those that the build system does not declare marked.
func DepsText(w io.Writer, d graph.Deps, o Options) error {
	p := newPage(w, o)
	p.printf("%s\n", p.in(bold, Name(d.Target)))
	p.origin(d)
	undeclared, known := 0, 0
	for _, class := range []graph.Class{graph.Project, graph.Generated, graph.System, graph.Tool} {
		var rows []graph.Input
		for _, in := range d.Inputs {
			if in.Class == class {
				rows = append(rows, in)
			}
		}
		u, k := p.inputs(class, rows)
		undeclared, known = undeclared+u, known+k
	}
	p.printf("\n%s%s\n", count(len(d.Inputs), "input"), p.declared(undeclared, known))
	p.outside(d.Outside, "shown only with --all")
	return p.close()
}

// origin says what made the target, or that it is not known.
func (p *page) origin(d graph.Deps) {
	r := d.Recipe
	if d.How == "source" {
		p.printf("not written by this build: a source, or up to date when it ran\n")
		if d.Hint != "" {
			p.printf("%s\n", p.in(yellow, Line(d.Hint)))
		}
		return
	}
	if r == nil {
		p.printf("by what flowed into it; no recipe is known to have made it\n")
		return
	}
	by := "made by " + Line(r.Tool)
	if r.Failed != nil {
		by = "run by " + Line(r.Tool) + ", and FAILED: " + failure(r.Failed)
	}
	if r.Target != "" && r.Target != d.Target {
		by += ", recipe " + Name(r.Target)
	}
	if dir := p.o.relative(r.Dir); dir != "." {
		by += ", in " + Name(dir)
	}
	if r.Named == "output" {
		by += " (target taken from what the recipe wrote)"
	}
	if d.How == "flow" {
		by += "; only what flowed into this very file"
	}
	if r.Failed != nil {
		by = p.in(yellow, by)
	}
	p.printf("%s\n", by)
	defer p.leftBehind(d)
	rows := recipeRows(r.Lines)
	for i, row := range rows {
		if i == recipeLines && len(rows) > recipeLines+1 {
			p.printf("    %s\n", p.in(dim, fmt.Sprintf("(%d more lines)", len(rows)-i)))
			return
		}
		p.printf("    %s\n", p.in(dim, p.clip(Line(row), 4)))
	}
}

// recipeRows are the command lines as they stand in a makefile: one that goes over
// several rows stays so, the further ones set in.
func recipeRows(lines []string) []string {
	var rows []string
	for _, line := range lines {
		for i, row := range strings.Split(line, "\n") {
			if i > 0 {
				row = "    " + strings.TrimLeft(row, " \t")
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// failure says how the last line of a recipe ended.
func failure(f *graph.Failure) string {
	if f.Signal != 0 {
		return "killed by signal " + strconv.Itoa(f.Signal)
	}
	return "exit status " + strconv.Itoa(f.ExitCode)
}

// leftBehind says what there was of the target after its recipe had failed.
func (p *page) leftBehind(d graph.Deps) {
	if d.Recipe.Failed == nil {
		return
	}
	what := "no file of this name was written"
	switch {
	case d.Exists && d.Written:
		what = "the file is there at the end, with what had been written by then"
	case d.Exists:
		what = "the file is there from before: this build did not write it"
	case d.Written:
		what = "the file was written, and is gone at the end"
	}
	p.printf("%s\n", p.in(yellow, what))
}

// inputs writes one class and counts the inputs that are not declared among
// those of which that is known. System files and tools are not make's to declare.
func (p *page) inputs(class graph.Class, rows []graph.Input) (undeclared, known int) {
	if len(rows) == 0 {
		return 0, 0
	}
	p.printf("\n%s (%d)\n", p.in(bold, string(class)), len(rows))
	column := 0
	for _, in := range rows {
		if n := utf8.RuneCountInString(Name(in.Path)); n <= markColumn {
			column = max(column, n)
		}
	}
	for _, in := range rows {
		var marks []string
		if use := usage(in); use != "" {
			marks = append(marks, use)
		}
		if in.Declared != nil && (class == graph.Project || class == graph.Generated) {
			known++
			if !*in.Declared {
				undeclared++
				marks = append(marks, p.in(yellow, "not declared"))
			}
		}
		if len(marks) == 0 {
			p.printf("    %s\n", Name(in.Path))
			continue
		}
		p.printf("    %-*s  %s\n", column, Name(in.Path), strings.Join(marks, ", "))
	}
	return undeclared, known
}

// outside says that files of the project do not count, and how to have them count.
func (p *page) outside(o graph.Outside, so string) {
	if o.Files == 0 {
		return
	}
	shown := make([]string, 0, len(o.First)+1)
	for _, f := range o.First {
		shown = append(shown, Name(f))
	}
	if more := o.Files - len(o.First); more > 0 {
		shown = append(shown, fmt.Sprintf("%d more", more))
	}
	p.printf("%s: %s\n", p.in(yellow, fmt.Sprintf("%s outside the capture root, and %s", count(o.Files, "input"), so)), strings.Join(shown, ", "))
	p.printf("  to have them count, clean, then:  %s\n", Line(o.Capture))
}

// usage says how an input was used where that is not simply read: a directory
// whose listing mattered, a script of the project that ran.
func usage(in graph.Input) string {
	switch {
	case in.Class == graph.Tool:
		return ""
	case slices.Contains(in.Access, "execute"):
		return "executed"
	case slices.Contains(in.Access, "read"), slices.Contains(in.Access, "map"):
		return ""
	case slices.Contains(in.Access, "list"):
		return "listed"
	}
	return strings.Join(in.Access, " ")
}

// declared ends the last line: what is known of the build system's word on them.
func (p *page) declared(undeclared, known int) string {
	switch {
	case known == 0:
		return ""
	case undeclared == 0:
		return ", all of them declared"
	}
	return ", " + p.in(yellow, fmt.Sprintf("%d not declared", undeclared))
}

type depsDoc struct {
	Target     string     `json:"target"`
	TargetB64  string     `json:"target_b64,omitempty"`
	Complete   bool       `json:"complete"`
	Incomplete []string   `json:"incomplete,omitempty"`
	How        string     `json:"how"`
	Recipe     *recipeDoc `json:"recipe"`
	Written    bool       `json:"written"`
	Exists     bool       `json:"exists"`
	Inputs     []inputDoc `json:"inputs"`

	Outside *outsideDoc `json:"outside,omitempty"`
}

type outsideDoc struct {
	Files   int    `json:"files"`
	Dir     string `json:"dir"`
	DirB64  string `json:"dir_b64,omitempty"`
	Capture string `json:"capture"`
}

func outsideJSON(o graph.Outside) *outsideDoc {
	if o.Files == 0 {
		return nil
	}
	row := &outsideDoc{Files: o.Files}
	row.Dir, row.DirB64 = replaced(o.Dir)
	row.Capture, _ = replaced(o.Capture)
	return row
}

type recipeDoc struct {
	Target    string   `json:"target"`
	TargetB64 string   `json:"target_b64,omitempty"`
	Tool      string   `json:"tool"`
	Dir       string   `json:"dir"`
	DirB64    string   `json:"dir_b64,omitempty"`
	Named     string   `json:"named"`
	Lines     []string `json:"lines"`
	LinesB64  []string `json:"lines_b64,omitempty"`

	Failed *failureDoc `json:"failed"`
}

type failureDoc struct {
	ExitCode int `json:"exit_code"`
	Signal   int `json:"signal"`
}

type inputDoc struct {
	Path     string      `json:"path"`
	PathB64  string      `json:"path_b64,omitempty"`
	Class    graph.Class `json:"class"`
	Access   []string    `json:"access"`
	Declared *bool       `json:"declared"`
}

// DepsJSON writes the same as a document; docs/json.md describes it.
func DepsJSON(w io.Writer, d graph.Deps, o Options) error {
	doc := depsDoc{Complete: d.Complete, Incomplete: incomplete(d.Complete, o), How: d.How, Inputs: []inputDoc{}}
	doc.Written, doc.Exists = d.Written, d.Exists
	doc.Outside = outsideJSON(d.Outside)
	doc.Target, doc.TargetB64 = replaced(d.Target)
	if r := d.Recipe; r != nil {
		doc.Recipe = &recipeDoc{Tool: r.Tool, Named: r.Named}
		doc.Recipe.Target, doc.Recipe.TargetB64 = replaced(r.Target)
		doc.Recipe.Dir, doc.Recipe.DirB64 = replaced(r.Dir)
		doc.Recipe.Lines, doc.Recipe.LinesB64 = replacedAll(r.Lines)
		if r.Failed != nil {
			doc.Recipe.Failed = &failureDoc{ExitCode: r.Failed.ExitCode, Signal: r.Failed.Signal}
		}
	}
	for _, in := range d.Inputs {
		row := inputDoc{Class: in.Class, Access: slices.Concat([]string{}, in.Access), Declared: in.Declared}
		row.Path, row.PathB64 = replaced(in.Path)
		doc.Inputs = append(doc.Inputs, row)
	}
	return writeJSON(w, doc)
}
