package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"buildgraph/graph"
	"buildgraph/store"
)

// liveFlags are those of a verb that can show events as they happen.
type liveFlags struct {
	to     string // "": does not show them
	events eventFlags
}

func (f *liveFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.to, "live", "", "show events as they happen, on stderr or in `FILE`; \"-\" is stdout")
	flags.Lookup("live").NoOptDefVal = onStderr
	f.events.register(flags)
}

// liveView is what is to be shown as it happens, and where.
type liveView struct {
	to     string
	filter *graph.EventFilter // of whatever build
	json   bool
}

// check says what is wrong with the flags before anything is started, and else what
// they ask for: nil without --live.
func (f *liveFlags) check(cmd *cobra.Command, json bool) (*liveView, error) {
	flags := cmd.Flags()
	switch given := f.events.given(flags); {
	case flags.Changed("live") && f.to == "":
		return nil, fmt.Errorf("--live=: empty; leave out the = or give a file")
	case f.to == "" && given != "":
		return nil, fmt.Errorf("--%s chooses among the events that --live shows: add --live", given)
	case f.to == "" && json:
		return nil, fmt.Errorf("%s has JSON for the events of --live only: leave out --json; the trace is there to be asked", cmd.Name())
	}
	filter, err := f.events.filter("/")
	if err != nil || f.to == "" {
		return nil, err
	}
	return &liveView{f.to, filter, json}, nil
}

// printer begins to show the events of a build whose trace is in a file; nil
// where nothing is to be shown.
func (a *app) printer(view *liveView, trace string, owner store.Identity) (*livePrinter, error) {
	if view == nil {
		return nil, nil
	}
	out, err := a.openLive(view.to, trace, owner)
	if err != nil {
		return nil, err
	}
	return newLivePrinter(out, view.filter, view.json), nil
}
