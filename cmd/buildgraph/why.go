package main

import (
	"github.com/spf13/cobra"

	"buildgraph/report"
)

func newWhyCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "why [flags] TARGET FILE",
		GroupID: groupAsk,
		Short:   "How a file got into a target",
		Long: `Show the chain from FILE to TARGET: each program that read the one thing and
wrote the next, with its command line, process and time, through pipes and
temporary files.

Exit status: 0 when there is a chain; 1 when there is none; 2 when a name is not
in the trace, or something is wrong.`,
		Example: `  buildgraph why app config/version.in
  buildgraph why obj/main.o /usr/include/zlib.h
  buildgraph why app secret.key && echo it is in there`,
		Args:              names(2, 2, "a TARGET and a FILE"),
		ValidArgsFunction: a.completeWhy,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.why(args[0], args[1])
		},
	}
}

func (a *app) why(target, file string) error {
	t, err := a.open()
	if err != nil {
		return err
	}
	defer t.Close()
	answer, err := t.graph.Why(target, file, t.cwd)
	if err != nil {
		return err
	}
	if err := show(a, t, answer, report.WhyText, report.WhyJSON); err != nil {
		return err
	}
	if len(answer.Steps) == 0 {
		return &exitError{status: 1}
	}
	return nil
}
