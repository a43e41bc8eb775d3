package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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

// check says what is wrong with the flags before anything is started.
func (f *liveFlags) check(cmd *cobra.Command, json bool) error {
	flags := cmd.Flags()
	switch given := f.events.given(flags); {
	case flags.Changed("live") && f.to == "":
		return fmt.Errorf("--live=: empty; leave out the = or give a file")
	case f.to == "" && given != "":
		return fmt.Errorf("--%s chooses among the events that --live shows: add --live", given)
	case f.to == "" && json:
		return fmt.Errorf("%s has JSON for the events of --live only: leave out --json; the trace is there to be asked", cmd.Name())
	}
	_, err := f.events.filter("/")
	return err
}

// printer begins to show the events of a build whose trace is in a file; nil
// without --live.
func (a *app) printer(f liveFlags, trace string, owner store.Identity) (*livePrinter, error) {
	if f.to == "" {
		return nil, nil
	}
	out, err := a.openLive(f.to, trace, owner)
	if err != nil {
		return nil, err
	}
	return newLivePrinter(out, f.events, a.json), nil
}
