package main

import (
	"github.com/spf13/cobra"

	"buildgraph/graph"
	"buildgraph/graph/audit"
	"buildgraph/graph/declared"
	"buildgraph/report"
)

func newWhyCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "why [flags] TARGET FILE",
		GroupID: groupAsk,
		Short:   "How a file got into a target",
		Long: `Show the chain from FILE to TARGET: each program that read the one thing and
wrote the next, with its command line, process and time, through pipes and
temporary files; and whether the build tools' rules declare FILE a prerequisite
of TARGET, through what and where.

Where no content was seen to flow but a recipe on the way read the file (to
compare it, to look whether it is there), that is a chain too, and says so: the
recipe would have to run again if the file changed, which is why deps lists it.

Exit status: 0 when there is a chain, of either kind; 1 when there is none; 2
when a name is not in the trace, or something is wrong.`,
		Example: `  buildgraph why app config/version.in
  buildgraph why obj/main.o /usr/include/zlib.h
  buildgraph why app secret.key || echo nothing that made app saw it
  buildgraph why --json app secret.key | jq .flow     did its content flow in?`,
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
	if answer.Declaration, err = t.declaration(answer, target); err != nil {
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

// declaration is what the rules that the trace keeps say about the pair.
func (t *trace) declaration(w graph.Why, target string) (*graph.Declaration, error) {
	if !t.HasDeclared() {
		return nil, nil
	}
	d, err := declared.Load(t.Reader)
	if err != nil {
		return nil, err
	}
	name := w.Target
	if of, err := t.graph.Deps(target, t.cwd, graph.DepsOptions{}); err == nil && of.Recipe != nil && of.Recipe.Target != "" {
		name = of.Recipe.Target // of a file without a rule of its own
	}
	x := audit.NewExplainer(t.graph, d, t.meta)
	answer, err := x.Explain(w.Target, w.File)
	if answer == nil && err == nil && name != w.Target {
		answer, err = x.Explain(name, w.File)
	}
	if err != nil || answer != nil && (answer.Declared || answer.OrderOnly) {
		return answer, err
	}
	// Not in one make, or not by the target's rule: then some file on the way is made
	// by the rule at fault, or the makes share the declaring.
	if along, err := x.Along(files(w)); err != nil || along != nil {
		return along, err
	}
	return answer, nil
}

// files lists the files of a chain that stay, from the first to the target.
func files(w graph.Why) []string {
	list := []string{w.File}
	for _, s := range w.Steps {
		if !s.Temporary {
			list = append(list, s.To)
		}
	}
	return list
}
