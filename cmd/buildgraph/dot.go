package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"buildgraph/graph"
	"buildgraph/report"
)

// pictureLimit is how many nodes a picture has unless --limit says otherwise: what
// Graphviz lays out in a second or two and a person can still find a way in.
const pictureLimit = 150

func newDotCommand(a *app) *cobra.Command {
	o := graph.PictureOptions{Limit: pictureLimit}
	cmd := &cobra.Command{
		Use:     "dot [flags] [TARGET]",
		GroupID: groupAsk,
		Short:   "Draw the graph, or a target's part of it, for Graphviz",
		Long: `Write the graph in Graphviz's language DOT: files of the project and generated
ones, with recipes as boxes between them; with TARGET, what it was made from.
The picture says what was left out of it. The same trace gives the same bytes.
--procs draws who started whom instead; processes that do the same as others of
the same parent are drawn as one, "34 × cc", unless --limit is 0.

Exit status: 0; 2 when the target is not in the trace, or something is wrong.`,
		Example: `  buildgraph dot | dot -Tsvg > graph.svg
  buildgraph dot app | dot -Tpng -Gdpi=120 > app.png
  buildgraph dot --procs --limit 0 | dot -Tsvg > processes.svg`,
		Args:              names(0, 1, "at most one TARGET"),
		Annotations:       map[string]string{unusedAnnotation: "json color"},
		ValidArgsFunction: a.completeTarget,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.Target = args[0]
			}
			return a.dot(o)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&o.Procs, "procs", false, "the tree of processes instead of recipes")
	flags.BoolVarP(&o.All, "all", "a", false, "system files and tools too")
	flags.IntVar(&o.Limit, "limit", pictureLimit, "draw at most `N` nodes; 0 draws all")
	return cmd
}

func (a *app) dot(o graph.PictureOptions) error {
	if a.json {
		return errors.New("dot has no JSON form: leave out --json, or let Graphviz make one (buildgraph dot | dot -Tjson)")
	}
	if o.Limit < 0 {
		return fmt.Errorf("--limit is a number of nodes, not %d; 0 draws all", o.Limit)
	}
	t, err := a.open()
	if err != nil {
		return err
	}
	defer t.Close()
	o.Cwd = t.cwd
	picture, err := t.graph.Picture(o)
	if err != nil {
		return err
	}
	a.warn(t)
	return report.DOT(a.stdout, picture, report.Options{Root: t.meta.Root, Why: t.meta.Why})
}
