package report

import (
	"fmt"
	"io"
	"iter"
	"time"

	"buildgraph/graph"
)

// graphFormat is the number of the document's format; what a reader of an older one
// would misread raises it.
const graphFormat = 1

type captureDoc struct {
	Tool     string   `json:"tool"`
	Kernel   string   `json:"kernel"`
	Machine  string   `json:"machine"`
	Host     string   `json:"host"`
	Command  []string `json:"command"`
	CommandB []string `json:"command_b64,omitempty"`
	Root     string   `json:"root"`
	RootB    string   `json:"root_b64,omitempty"`
	Began    string   `json:"began"`
	Ended    int64    `json:"ended"`
	ExitCode int      `json:"exit_code"`
	Finished bool     `json:"finished"`
}

type recipeNodeDoc struct {
	ID      uint32  `json:"id"`
	Tool    uint32  `json:"tool"`
	Target  *string `json:"target"`
	TargetB string  `json:"target_b64,omitempty"`
	Dir     string  `json:"dir"`
	DirB    string  `json:"dir_b64,omitempty"`
	Named   string  `json:"named,omitempty"`
	Start   int64   `json:"start"`
	End     int64   `json:"end"`
}

type processNodeDoc struct {
	ID       uint32 `json:"id"`
	Parent   uint32 `json:"parent,omitempty"`
	ForkedBy uint32 `json:"forked_by,omitempty"`
	Recipe   uint32 `json:"recipe,omitempty"`
	PID      int    `json:"pid"`
	Start    int64  `json:"start"`
	End      *int64 `json:"end"`
	ExitCode *int   `json:"exit_code"`
	Signal   int    `json:"signal,omitempty"`
	CPU      int64  `json:"cpu"`
	MaxRSS   int64  `json:"max_rss"`
	Lost     int64  `json:"lost,omitempty"`
}

type programNodeDoc struct {
	ID      uint32   `json:"id"`
	Process uint32   `json:"process"`
	Seq     int      `json:"seq"`
	Exe     uint32   `json:"exe,omitempty"`
	Script  uint32   `json:"script,omitempty"`
	Cwd     uint32   `json:"cwd,omitempty"`
	Argv    []string `json:"argv"`
	ArgvB   []string `json:"argv_b64,omitempty"`
	Start   int64    `json:"start"`
	End     *int64   `json:"end"`
}

type fileNodeDoc struct {
	ID    uint32 `json:"id"`
	Path  string `json:"path"`
	PathB string `json:"path_b64,omitempty"`
	Class string `json:"class"`
	Kind  string `json:"kind,omitempty"`
	Dev   uint64 `json:"dev,omitempty"`
	Ino   uint64 `json:"ino,omitempty"`
	Gen   uint32 `json:"gen,omitempty"`
	AtEnd bool   `json:"at_end"`
}

type accessEdgeDoc struct {
	Program    uint32   `json:"program"`
	File       uint32   `json:"file"`
	Kinds      []string `json:"kinds"`
	Count      int64    `json:"count"`
	First      int64    `json:"first"`
	Last       int64    `json:"last"`
	FirstRead  int64    `json:"first_read,omitempty"`
	FirstWrite int64    `json:"first_write,omitempty"`
	LastWrite  int64    `json:"last_write,omitempty"`
}

type operationDoc struct {
	Program uint32 `json:"program"`
	Time    int64  `json:"time"`
	Kind    string `json:"kind"`
	File    uint32 `json:"file,omitempty"`
	Other   uint32 `json:"other,omitempty"`
	Detail  string `json:"detail,omitempty"`
	DetailB string `json:"detail_b64,omitempty"`
}

// GraphJSON writes all of a trace as one document, one row a line; docs/json.md
// describes it. Rows are written as they are read: the document may be larger than
// the memory.
func GraphJSON(w io.Writer, g *graph.Graph, o Options) error {
	c := g.Capture()
	d := graphWriter{w: w}
	doc := captureDoc{
		Tool: c.Tool, Kernel: c.Kernel, Machine: c.Machine, Host: c.Host, Began: c.Began.UTC().Format(time.RFC3339Nano),
		Ended: c.Ended, ExitCode: c.ExitCode, Finished: !c.Unended,
	}
	doc.Command, doc.CommandB = replacedAll(c.Command)
	doc.Root, doc.RootB = replaced(c.Root)
	d.printf("{\n\"format\": %d,\n\"complete\": %t,\n", graphFormat, c.Complete)
	if why := incomplete(c.Complete, o); why != nil {
		d.printf("\"incomplete\": %s,\n", jsonLine(why))
	}
	d.printf("\"capture\": %s", jsonLine(doc))
	recipes, err := g.RecipeNodes()
	if err != nil {
		return err
	}
	d.begin("recipes")
	for _, r := range recipes {
		row := recipeNodeDoc{ID: r.ID, Tool: uint32(r.Tool), Named: r.How, Start: r.Start, End: r.End}
		row.Target, row.TargetB = optional(r.Target)
		row.Dir, row.DirB = replaced(r.Dir)
		d.row(row)
	}
	rows(&d, "processes", g.ProcessNodes(), processRow)
	rows(&d, "programs", g.ProgramNodes(), programRow)
	rows(&d, "files", g.FileNodes(), exportedFile)
	rows(&d, "edges", g.AccessEdges(), edgeRow)
	rows(&d, "operations", g.Operations(), operationRow)
	d.printf("\n]\n}\n")
	return d.err
}

func processRow(p graph.ProcessNode) any {
	row := processNodeDoc{
		ID: uint32(p.ID), Parent: uint32(p.Parent), ForkedBy: uint32(p.ForkedBy), Recipe: p.Recipe, PID: p.PID,
		Start: p.Start, End: ended(p.End), Signal: p.Signal, CPU: p.CPU, MaxRSS: p.MaxRSS, Lost: p.Lost,
	}
	if p.End != 0 && p.Signal == 0 {
		row.ExitCode = &p.ExitCode
	}
	return row
}

func programRow(e graph.ProgramNode) any {
	row := programNodeDoc{
		ID: uint32(e.ID), Process: uint32(e.Process), Seq: e.Seq, Exe: uint32(e.Exe), Script: uint32(e.Script),
		Cwd: uint32(e.Cwd), Start: e.Start, End: ended(e.End),
	}
	row.Argv, row.ArgvB = replacedAll(e.Argv)
	return row
}

func exportedFile(f graph.FileNode) any {
	row := fileNodeDoc{ID: uint32(f.ID), Class: string(f.Class), Kind: f.Sort, Dev: f.Dev, Ino: f.Ino, Gen: f.Gen, AtEnd: f.AtEnd}
	row.Path, row.PathB = replaced(f.Shown)
	return row
}

func edgeRow(a graph.AccessEdge) any {
	return accessEdgeDoc{
		Program: uint32(a.Exec), File: uint32(a.File), Kinds: a.Kinds, Count: a.Count, First: a.First, Last: a.Last,
		FirstRead: a.FirstRead, FirstWrite: a.FirstWrite, LastWrite: a.LastWrite,
	}
}

func operationRow(p graph.Operation) any {
	row := operationDoc{Program: uint32(p.Exec), Time: p.Time, Kind: p.Kind, File: uint32(p.File), Other: uint32(p.Other)}
	row.Detail, row.DetailB = replaced(p.Detail)
	return row
}

// ended is a time that is null where it was not seen.
func ended(at int64) *int64 {
	if at == 0 {
		return nil
	}
	return &at
}

// graphWriter writes a document of lists, and keeps the first failure.
type graphWriter struct {
	w         io.Writer
	open      bool
	separator string
	err       error
}

func (d *graphWriter) printf(format string, args ...any) {
	if d.err == nil {
		if _, err := fmt.Fprintf(d.w, format, args...); err != nil {
			d.err = fmt.Errorf("writing the graph: %w", err)
		}
	}
}

// begin ends the list before and begins one.
func (d *graphWriter) begin(name string) {
	if d.open {
		d.printf("\n]")
	}
	d.open, d.separator = true, "\n"
	d.printf(",\n%q: [", name)
}

func (d *graphWriter) row(v any) {
	d.printf("%s%s", d.separator, jsonLine(v))
	d.separator = ",\n"
}

// rows writes a list of what a stream gives.
func rows[T any](d *graphWriter, name string, stream iter.Seq2[T, error], row func(T) any) {
	d.begin(name)
	if d.err != nil {
		return
	}
	for v, err := range stream {
		if err != nil {
			d.err = err
		}
		if d.err != nil {
			return
		}
		d.row(row(v))
	}
}
