package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"buildgraph/graph"
	"buildgraph/report"
)

// statsRows is how many rows a table of text has unless told otherwise.
const statsRows = 10

func newStatsCommand(a *app) *cobra.Command {
	var o report.StatsOptions
	cmd := &cobra.Command{
		Use:     "stats [flags]",
		GroupID: groupSee,
		Short:   "What ran, read and wrote most, and what stood idle",
		Long: `Show figures of the whole build, in sections:

  build     wall clock, CPU, cores in use, and what stood idle of the machine
            and how many files were used: all that were there at some time, with
            directories and temporary files, as capture counts them (the page of
            report leaves those two out)
  programs  what ran how often and how long, by role and by program. Times are
            a program's own: while gcc waits for cc1, only cc1 is counted
  steps     the recipes that took longest, read most, and took most memory
  files     those read most often, written more than once, written and not read
  lookups   names that were looked for in vain, by directory, with the option
            (-I, -isystem, -L, ...) that named it and its place among its like

What stood idle is told twice: what the build left of the cores that it could
use (from the CPU time of its processes), and what the kernel counted for the
machine, on which other things may have run. Traces made before the second was
kept lack it, and say so.

--json has every row of the sections; text shows the first of each table.

Exit status: 0; 2 when something is wrong.`,
		Example: `  buildgraph stats
  buildgraph stats --section lookups --top 30
  buildgraph stats --json | jq '.programs[] | select(.role == "compiler")'`,
		Args:              names(0, 0, "no name"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.stats(o) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.IntVar(&o.Top, "top", statsRows, "show the first `N` rows of each table; 0 for all")
	flags.StringSliceVar(&o.Sections, "section", nil, "only the section `NAME`; may be a list, or be repeated")
	_ = cmd.RegisterFlagCompletionFunc("section", completeList(report.StatsSections))
	_ = cmd.RegisterFlagCompletionFunc("top", cobra.NoFileCompletions)
	return cmd
}

func (a *app) stats(o report.StatsOptions) error {
	if o.Top < 0 {
		return fmt.Errorf("--top %d: less than nothing", o.Top)
	}
	for _, s := range o.Sections {
		if !slices.Contains(report.StatsSections, s) {
			return fmt.Errorf("--section %s: it is one of %s", report.Name(s), strings.Join(report.StatsSections, ", "))
		}
	}
	t, err := a.open()
	if err != nil {
		return err
	}
	defer t.Close()
	bar := a.newBar("counting")
	answer, err := t.graph.Stats()
	bar.end()
	if err != nil {
		return err
	}
	text := func(w io.Writer, s graph.Stats, ro report.Options) error { return report.StatsText(w, s, o, ro) }
	doc := func(w io.Writer, s graph.Stats, ro report.Options) error { return report.StatsJSON(w, s, o, ro) }
	return show(a, t, answer, text, doc)
}
