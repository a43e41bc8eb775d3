package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"buildgraph/graph/audit"
	"buildgraph/graph/declared"
	"buildgraph/report"
)

type reportOptions struct {
	html    string
	title   string
	noCheck bool
	ignore  []string
	prove   proveOptions
}

func newReportCommand(a *app) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:     "report --html FILE [flags]",
		GroupID: groupSee,
		Short:   "Write the build as one page to look at",
		Long: `Write one HTML page with all that the trace tells: whether the build and its
trace are whole, what the makefiles forgot and how it was seen, a timeline of
recipes and processes, the graph around any target or file, and tables that
sort and filter.

The page is one file. It asks nothing of the network, neither when it is opened
nor later, and can be sent, kept or published as it is. Mind what is in it: the
names of files and the command lines of the build.

What check finds is in the page, without asking the build tools again unless
--prove is given; in a trace that holds no rules the page says so. Patterns of
` + ignoreFile + ` are minded, as check does. --html - writes to standard output.

Exit status: 0; 2 when something is wrong.`,
		Example: `  buildgraph report --html build.html
  buildgraph report --html build.html --title 'nightly, arm64' --prove
  buildgraph report -i /tmp/app.db --html - | gzip > app.html.gz`,
		Args:              names(0, 0, "no name (--html names the file to write)"),
		Annotations:       map[string]string{unusedAnnotation: "json color"},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Lookup("title").Changed && o.title == "" {
				return errors.New("--title: empty; leave it out or give a title")
			}
			return a.report(o)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.html, "html", "", "write an HTML page to `FILE`")
	flags.StringVar(&o.title, "title", "", "`TEXT` at its head (default: the name of the directory)")
	flags.BoolVar(&o.noCheck, "no-check", false, "leave out what check finds")
	flags.StringArrayVar(&o.ignore, "ignore", nil, "no findings whose file or target matches `GLOB`; may be repeated")
	o.prove.flags(cmd)
	_ = cmd.MarkFlagFilename("html", "html") // fails only for a flag that does not exist
	_ = cmd.RegisterFlagCompletionFunc("title", cobra.NoFileCompletions)
	_ = cmd.RegisterFlagCompletionFunc("ignore", cobra.NoFileCompletions)
	return cmd
}

func (a *app) report(o reportOptions) error {
	switch {
	case a.json:
		return errors.New("report has no JSON form: leave out --json; export --format json writes the build for a program")
	case o.html == "":
		return errors.New(`report needs to know what to write: name a page, as in "buildgraph report --html build.html"`)
	case o.noCheck && o.prove.prove:
		return errors.New("--no-check and --prove: the one leaves out what the other proves")
	}
	t, err := a.open()
	if err != nil {
		return err
	}
	defer t.Close()
	bar := a.newBar("reading the trace")
	page, err := t.page(bar)
	bar.end()
	if err != nil {
		return err
	}
	page.Title = o.title
	if !o.noCheck {
		if err := a.pageFindings(t, &page, o); err != nil {
			return err
		}
	}
	a.warn(t)
	return a.writeOutput(o.html, func(w io.Writer) error { return report.HTML(w, page, report.Options{Root: t.meta.Root}) })
}

// page asks the graph for what the page shows.
func (t *trace) page(b *bar) (report.Page, error) {
	m := t.meta
	p := report.Page{Version: shortVersion(version()), Build: report.Build{
		Command: m.Command, Root: m.Root, Host: m.Host, Kernel: m.Kernel, Machine: m.Machine, Began: m.Began,
		Cores: cmp.Or(m.Hardware.Allowed, m.Hardware.Cores), Complete: m.Complete, Why: m.Why, ExitCode: m.ExitCode,
	}}
	var err error
	for i, ask := range []func() error{
		func() error { p.Actions, err = t.graph.Actions(); return err },
		func() error { p.Timeline, err = t.graph.Timeline(); return err },
		func() error {
			outputs, err := t.graph.Outputs()
			p.Outputs = len(outputs.Outputs)
			return err
		},
	} {
		b.progress(i, 3)
		if err := ask(); err != nil {
			return report.Page{}, err
		}
	}
	return p, nil
}

// pageFindings adds what check finds. That there are no rules to hold the build
// against is no failure of the page.
func (a *app) pageFindings(t *trace, p *report.Page, o reportOptions) error {
	ignore, err := t.ignore(o.ignore)
	if err != nil {
		return err
	}
	found, err := a.audit(t, audit.Options{Ignore: ignore}, o.prove)
	if errors.Is(err, audit.ErrNoRules) {
		p.NotCompared = err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	p.Findings = &found
	p.Mend, err = t.mendLines(found)
	return err
}

// mendMost is how many findings get the line that would declare them: more than
// the page shows.
const mendMost = 200

// mendLines are makefile lines that declare what findings miss, for the first of each
// kind and file.
func (t *trace) mendLines(found audit.Findings) (map[report.Group]string, error) {
	d, err := declared.Load(t.Reader)
	if err != nil {
		return nil, err
	}
	x := audit.NewExplainer(t.graph, d, t.meta)
	lines := map[report.Group]string{}
	for _, f := range found.Findings {
		g := report.Group{Kind: f.Kind, Input: f.Input}
		if _, known := lines[g]; known || f.Kind != audit.Missing && f.Kind != audit.Race || len(lines) == mendMost {
			continue
		}
		says, err := x.Explain(f.Target, f.Input)
		if err != nil {
			return nil, fmt.Errorf("looking for what would declare %s: %w", report.Name(f.Input), err)
		}
		lines[g] = ""
		if says != nil {
			lines[g] = says.Mend
		}
	}
	return lines, nil
}
