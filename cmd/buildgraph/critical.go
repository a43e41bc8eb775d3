package main

import (
	"io"

	"github.com/spf13/cobra"

	"buildgraph/graph/audit"
	"buildgraph/graph/declared"
	"buildgraph/report"
)

// chainRows is how many of the longest steps and of the costliest orders text shows.
const chainRows = 20

func newCriticalCommand(a *app) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:     "critical-path [flags]",
		GroupID: groupSee,
		Short:   "The chain of recipes that bounds the build",
		Long: `Show the longest chain of steps of which each used what the one before it made:
however many cores there are, the build takes at least that long. A step is a
recipe, or what a make does before its first recipe and after its last. Of a
build without make or ninja the steps are the commands that its script ran.

What a step used is known from what it read, asked for, replaced or put into a
directory, not from the makefiles. What runs outside of recipes, such as a
configure script, is taken in the order in which it ran.

It also estimates the build on other numbers of cores, and says what the
declared order costs: how long the longest chain is when the prerequisites of
the makefiles are kept as well, and which of them make it longer although what
waits for them used nothing of them. Orders are followed through recursive
makes; a recipe that runs one make after the other, .WAIT and .NOTPARALLEL are
orders too. One build is no proof: look before you remove one.

Exit status: 0; 2 when something is wrong.`,
		Example: `  buildgraph critical-path
  buildgraph critical-path --all
  buildgraph critical-path --json | jq -r '.chain[].name'`,
		Args:              names(0, 0, "no name"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.critical(all) },
	}
	cmd.Flags().BoolVar(&all, "all", false, "every step and order, short ones too")
	return cmd
}

func (a *app) critical(all bool) error {
	t, err := a.open()
	if err != nil {
		return err
	}
	defer t.Close()
	d, err := declared.Load(t.Reader)
	if err != nil {
		return err
	}
	bar := a.newBar("following what was used")
	answer, err := audit.CriticalPath(t.graph, d, t.meta)
	bar.end()
	if err != nil {
		return err
	}
	rows := chainRows
	if all {
		rows = 0
	}
	text := func(w io.Writer, c audit.Critical, o report.Options) error { return report.CriticalText(w, c, rows, o) }
	return show(a, t, answer, text, report.CriticalJSON)
}
