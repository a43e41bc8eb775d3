package main

import (
	"github.com/spf13/cobra"

	"buildgraph/report"
)

func newOutputsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "outputs",
		GroupID: groupAsk,
		Short:   "What the build wrote",
		Long: `List every file that the build wrote and that was still there at its end: path,
the target whose recipe wrote it ("-" where none is known), and the command that
wrote it last. Temporary files are left out.

Exit status: 0; 2 when something is wrong.`,
		Example: `  buildgraph outputs
  buildgraph outputs | grep '\.o '
  buildgraph outputs --json | jq -r '.outputs[].path'`,
		Args:              names(0, 0, "no name"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			return a.outputs()
		},
	}
}

func (a *app) outputs() error {
	t, err := a.open()
	if err != nil {
		return err
	}
	defer t.Close()
	answer, err := t.graph.Outputs()
	if err != nil {
		return err
	}
	return show(a, t, answer, report.OutputsText, report.OutputsJSON)
}
