package main

import (
	"github.com/spf13/cobra"

	"buildgraph/report"
)

func newRDepsCommand(a *app) *cobra.Command {
	var direct bool
	cmd := &cobra.Command{
		Use:     "rdeps [flags] FILE",
		GroupID: groupAsk,
		Short:   "What would change if a file did",
		Long: `List the files that were made from FILE: straight from it, and from what was
made from it. FILE may be any file that the build read, system files too.

Exit status: 0, also when nothing depends on it; 2 when the file is not in the
trace, or something is wrong.`,
		Example: `  buildgraph rdeps src/config.h
  buildgraph rdeps --direct /usr/include/openssl/ssl.h
  buildgraph rdeps --json VERSION | jq -r '.dependents[].path'`,
		Args:              names(1, 1, "one FILE"),
		ValidArgsFunction: a.completeFile,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.rdeps(args[0], direct)
		},
	}
	cmd.Flags().BoolVarP(&direct, "direct", "d", false, "only what is made straight from it")
	return cmd
}

func (a *app) rdeps(file string, direct bool) error {
	t, err := a.open()
	if err != nil {
		return err
	}
	defer t.Close()
	answer, err := t.graph.RDeps(file, t.cwd, direct)
	if err != nil {
		return err
	}
	return show(a, t, answer, report.RDepsText, report.RDepsJSON)
}
