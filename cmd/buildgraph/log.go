package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"buildgraph/report"
)

func newLogCommand(a *app) *cobra.Command {
	var f eventFlags
	var tree bool
	cmd := &cobra.Command{
		Use:     "log [flags]",
		GroupID: groupSee,
		Short:   "What happened, in the order of time",
		Long: `Print what happened in the build as a table, in the order of time: programs
that began and ended, files that were opened, made and written, names that were
changed. These are the events that "capture --live" shows as they happen.

Of what one program did to one file there are the first reading and the first
writing: OPEN when it was first opened for reading, read or mapped; CREATE when
it was first written by an open that made it, WRITE when it was there before.

` + eventFilterHelp + `
--tree shows the processes instead, each below the one that started it: when it
began (seconds since the capture did), how long it lived, its processor time,
its PID, how it ended unless with status 0, the target whose recipe it begins,
and its command line. "(sh)" only forked; "env → cc" became cc. What --comm,
--min-duration and --failed do not choose stays where a descendant is chosen.

Exit status: 0, also when no event is chosen; 2 when something is wrong.`,
		Example: `  buildgraph log --events exec,exit
  buildgraph log --path '*.o' --events create,rename,unlink
  buildgraph log --comm cc1 --min-duration 1s
  buildgraph log --failed --events exec,exit
  buildgraph log --tree --min-duration 100ms
  buildgraph log --tree --failed
  buildgraph log --json --all | jq 'select(.event == "MISS") | .path'`,
		Args:              names(0, 0, "no arguments"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !tree {
				return a.log(f)
			}
			for _, name := range []string{"events", "path", "all"} {
				if cmd.Flags().Changed(name) {
					return fmt.Errorf("--%s chooses among events: leave it out with --tree, which shows processes", name)
				}
			}
			return a.tree(f)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&tree, "tree", false, "the tree of processes")
	f.register(cmd.Flags())
	f.complete(cmd)
	return cmd
}

func (a *app) log(f eventFlags) error {
	t, err := a.open()
	if err != nil {
		return err
	}
	defer t.Close()
	filter, err := f.filter(t.meta.Root)
	if err != nil {
		return err
	}
	o := report.EventOptions{Options: a.options(), Began: t.meta.Began, Zone: time.Local}
	o.Root = t.meta.Root
	if !a.json {
		a.warn(t)
	}
	bar := a.newBar("reading the trace")
	bar.after(barDelay)
	w := &afterBar{bar: bar, w: a.stdout}
	defer bar.end()
	events := t.graph.Log(filter, bar.progress)
	if a.json {
		return report.LogJSON(w, events, o)
	}
	return report.LogText(w, events, o)
}

// barDelay is how long a trace is read without a bar: who waits no longer than that
// need not be told.
const barDelay = 500 * time.Millisecond

// afterBar writes once the bar is gone: standard output may be the same terminal, or
// lead to it through a pager.
type afterBar struct {
	bar *bar
	w   io.Writer
}

func (a *afterBar) Write(b []byte) (int, error) {
	a.bar.end()
	return a.w.Write(b)
}

func (a *app) tree(f eventFlags) error {
	t, err := a.open()
	if err != nil {
		return err
	}
	defer t.Close()
	filter, err := f.filter(t.meta.Root)
	if err != nil {
		return err
	}
	answer, err := t.graph.Tree(filter)
	if err != nil {
		return err
	}
	return show(a, t, answer, report.TreeText, report.TreeJSON)
}
