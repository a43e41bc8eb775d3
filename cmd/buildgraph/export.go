package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"buildgraph/graph"
	"buildgraph/graph/digest"
	"buildgraph/report"
)

// exporter is one value of export --format.
type exporter struct {
	name   string
	binary bool // not for a terminal
	whole  bool // knows no TARGET
	write  func(*exporting, io.Writer) error
}

// exporters are the formats in the order of the help text.
var exporters = []exporter{
	{name: "perfetto", binary: true, write: exportTimeline(report.Perfetto)},
	{name: "chrome", write: exportTimeline(report.Chrome)},
	{name: "compile-commands", write: exportCompileCommands},
	{name: "json", whole: true, write: exportJSON},
	{name: "digraph", write: exportDigraph},
	{name: "depfile", write: exportDepfile},
	{name: "in-toto", write: exportInToto},
}

// exporting is one run of the verb.
type exporting struct {
	app    *app
	trace  *trace
	part   graph.PartOptions
	all    bool
	flows  bool
	output string
	report report.Options
}

func newExportCommand(a *app) *cobra.Command {
	e := exporting{app: a}
	format := ""
	cmd := &cobra.Command{
		Use:     "export --format FORMAT [flags] [TARGET]",
		GroupID: groupSee,
		Short:   "Write the build in the format of another program",
		Long: `Write the build, or with TARGET only what leads to it, for another program:

  perfetto          a timeline for ui.perfetto.dev: recipes by job slot, the
                    processes below who started them, and an arrow from each
                    recipe to those that read what it made (--flows=false: none)
  chrome            the same for chrome://tracing and other readers of Chrome's
                    trace events, as JSON
  compile-commands  a compilation database (compile_commands.json) for clangd
                    and its like: what Bear writes for the same build
  json              all of the trace as one document (docs/json.md)
  digraph           a line for each file that the build made: it and what it was
                    made from, for golang.org/x/tools/cmd/digraph
  depfile           rules without recipes, to be included by a makefile in the
                    capture root; with TARGET, the one of TARGET
  in-toto           an in-toto statement, unsigned: the outputs, and a runtime
                    trace of how they came about, with SHA-256 digests

The same trace gives the same bytes. Only in-toto looks at the disk: a file has
a digest if by its inode and times it has not changed since the build wrote it,
or first read it; the others say why they have none (docs/attestation.md, which
also says what such a statement is worth).

Exit status: 0; 2 when the target is not in the trace, or something is wrong.`,
		Example: `  buildgraph export -f perfetto -o build.pftrace
  buildgraph export -f compile-commands -o compile_commands.json
  buildgraph export -f digraph | digraph somepath app lib/format.h
  buildgraph export -f depfile main.o > main.d`,
		Args:              names(0, 1, "at most one TARGET"),
		Annotations:       map[string]string{unusedAnnotation: "color"},
		ValidArgsFunction: a.completeTarget,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				e.part.Target = args[0]
			}
			return e.run(format)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&format, "format", "f", "", "`FORMAT` to write")
	flags.StringVarP(&e.output, "output", "o", "", "write to `FILE` instead of standard output")
	flags.BoolVarP(&e.all, "all", "a", false, "system files and tools too (digraph, depfile)")
	flags.BoolVar(&e.flows, "flows", true, "arrows between recipes (perfetto, chrome)")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(exportNames(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func exportNames() []string {
	var list []string
	for _, e := range exporters {
		list = append(list, e.name)
	}
	return list
}

func (e *exporting) run(format string) error {
	a := e.app
	if a.json {
		if format != "" && format != "json" {
			return fmt.Errorf("--json and --format %s are two formats: name one", format)
		}
		format = "json"
	}
	i := slices.IndexFunc(exporters, func(x exporter) bool { return x.name == format })
	switch {
	case format == "" && slices.Contains(exportNames(), e.part.Target):
		return fmt.Errorf("export needs --format: did you mean -f %s?", e.part.Target)
	case format == "":
		return errors.New("export needs --format: one of " + strings.Join(exportNames(), ", "))
	case i < 0:
		return fmt.Errorf("no format %q: it is one of %s", format, strings.Join(exportNames(), ", "))
	}
	x := exporters[i]
	if x.whole && e.part.Target != "" {
		return fmt.Errorf("%s is always of the whole build: leave out %s", x.name, report.Name(e.part.Target))
	}
	if f, ok := a.stdout.(*os.File); ok && x.binary && (e.output == "" || e.output == "-") && term.IsTerminal(int(f.Fd())) {
		return fmt.Errorf("%s is not for a terminal: name a file with -o", x.name)
	}
	t, err := a.open()
	if err != nil {
		return err
	}
	defer t.Close()
	e.trace, e.part.Cwd = t, t.cwd
	e.report = report.Options{Root: t.meta.Root, Why: t.meta.Why}
	a.warn(t)
	return a.writeOutput(e.output, func(w io.Writer) error { return x.write(e, w) })
}

func exportCompileCommands(e *exporting, w io.Writer) error {
	list, err := e.trace.graph.CompileCommands(e.part)
	if err != nil {
		return err
	}
	left, err := report.CompileCommands(w, list, e.report)
	if err == nil && left > 0 {
		say(e.app.stderr, fmt.Sprintf("%d of %d entries are left out: their names are not UTF-8, which JSON cannot hold", left, len(list)))
	}
	return err
}

// exportTimeline draws when everything ran.
func exportTimeline(render renderer[report.TimelineExport]) func(*exporting, io.Writer) error {
	return func(e *exporting, w io.Writer) (err error) {
		g := e.trace.graph
		x := report.TimelineExport{Capture: g.Capture()}
		if x.Timeline, err = g.TimelineOf(e.part); err != nil {
			return err
		}
		if e.flows {
			if x.Flows, err = g.Flows(e.part); err != nil {
				return err
			}
		}
		return render(w, x, e.report)
	}
}

func exportJSON(e *exporting, w io.Writer) error {
	return report.GraphJSON(w, e.trace.graph, e.report)
}

func exportDigraph(e *exporting, w io.Writer) error {
	list, err := e.trace.graph.Prerequisites(e.part, e.all)
	if err != nil {
		return err
	}
	return report.Digraph(w, list, e.report)
}

func exportDepfile(e *exporting, w io.Writer) (err error) {
	var list []graph.Prerequisites
	if e.part.Target == "" {
		list, err = e.trace.graph.Prerequisites(e.part, e.all)
	} else {
		var one graph.Prerequisites
		one, err = e.trace.graph.PrerequisitesOf(e.part, e.all)
		list = append(list, one)
	}
	if err != nil {
		return err
	}
	left, err := report.Depfile(w, list, e.report)
	if err == nil && len(left) > 0 {
		say(e.app.stderr, fmt.Sprintf("%d names are left out: make has no way to spell them (%s, ...)", len(left), report.Name(left[0])))
	}
	return err
}

func exportInToto(e *exporting, w io.Writer) error {
	a, err := e.trace.graph.Attest(e.part)
	if err != nil {
		return err
	}
	b := e.app.newBar("taking digests")
	digest.Fill(&a, b.progress)
	b.end()
	subjects, left, why := 0, 0, ""
	for i, list := range [][]graph.AttestedFile{a.Subjects, a.Accesses} {
		for _, f := range list {
			switch {
			case f.Digest != "" && i == 0:
				subjects++
			case f.Digest != "", f.Why == digest.Removed: // temporary files are no surprise
			default:
				left, why = left+1, cmp.Or(why, f.Shown+": "+f.Why)
			}
		}
	}
	if subjects == 0 {
		return fmt.Errorf("a statement needs an output whose digest is known, and %s; build, capture and export without a change in between", noSubject(a))
	}
	if left > 0 {
		say(e.app.stderr, fmt.Sprintf("%d of %d files have no digest (%s): see noDigest in the statement", left, len(a.Subjects)+len(a.Accesses), why))
	}
	return report.InToto(w, a, e.report)
}

// noSubject says why no output has a digest.
func noSubject(a graph.Attestation) string {
	switch {
	case len(a.Subjects) > 0:
		return report.Name(a.Subjects[0].Shown) + " has none: " + a.Subjects[0].Why
	case a.Target != "":
		return "the build did not write " + report.Name(a.Target)
	}
	return "the build wrote none"
}
