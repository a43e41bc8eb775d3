package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"buildgraph/graph"
)

// eventFlags choose among the events of a build: those of log, and of whatever
// shows events as they happen.
type eventFlags struct {
	all         bool
	events      []string
	comm        []string
	path        []string
	minDuration time.Duration
	failed      bool
}

// eventFilterHelp says how events are chosen.
const eventFilterHelp = `FORK, STAT and MISS (forks, and names that were only looked up) are left out
unless --events names them; so are pipes, sockets and what is in /dev, /proc and
/sys, unless --path asks for it. --all leaves out nothing. The filters narrow
each other:

  --events  kinds of event, as the table spells them, in small letters
  --comm    names of programs, as the table spells them; "*" stands for any text
  --path    files: "*.h" goes by the last component of a path, "lib/*.h" by the
            path below the capture root or the absolute one, "lib/" is all below
            lib. "*" also stands for slashes. EXEC has its program's file
  --min-duration, --failed
            processes: those that lived so long (also one that outlived the
            build), and those that ended with another status than 0, or by a
            signal; nothing is shown of the others
`

// eventFlagNames are the flags that register makes.
var eventFlagNames = []string{"events", "comm", "path", "min-duration", "failed", "all"}

func (f *eventFlags) register(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.events, "events", nil, "only these `KINDS` of event: exec,exit,open,... or all")
	flags.StringSliceVar(&f.comm, "comm", nil, "only programs of these `NAMES`, or patterns: cc1,ld*")
	flags.StringArrayVar(&f.path, "path", nil, "only what is about files that match `GLOB`: *.h, src/*, /usr/include/*")
	flags.DurationVar(&f.minDuration, "min-duration", 0, "only processes that lived for at least `TIME`: 50ms")
	flags.BoolVar(&f.failed, "failed", false, "only processes that did not end with status 0")
	flags.BoolVar(&f.all, "all", false, "every event: also forks, lookups, pipes, and files in /dev, /proc and /sys")
}

// complete offers the values that are known beforehand.
func (f *eventFlags) complete(cmd *cobra.Command) {
	// It fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("events", func(_ *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		begun := prefix[:strings.LastIndexByte(prefix, ',')+1]
		var list []string
		for _, name := range append([]string{"all"}, graph.EventNames()...) {
			list = append(list, begun+name)
		}
		return offer(list, prefix), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
}

// given names a flag of these that was set, "" for none.
func (f *eventFlags) given(flags *pflag.FlagSet) string {
	for _, name := range eventFlagNames {
		if flags.Changed(name) {
			return name
		}
	}
	return ""
}

// filter is what the flags choose, of a build below root.
func (f *eventFlags) filter(root string) (*graph.EventFilter, error) {
	if f.minDuration < 0 {
		return nil, fmt.Errorf("--min-duration %s: a time is not negative", f.minDuration)
	}
	// An unset $VAR must not mean everything, or nothing.
	for _, list := range []struct {
		flag   string
		values []string
		given  bool
	}{{"events", f.events, f.events != nil}, {"comm", f.comm, f.comm != nil}, {"path", f.path, f.path != nil}} {
		if list.given && (len(list.values) == 0 || slices.Contains(list.values, "")) {
			return nil, fmt.Errorf("--%s: empty; leave it out", list.flag)
		}
	}
	filter, err := graph.NewEventFilter(graph.EventFilterOptions{
		All: f.all, Events: f.events, Comm: f.comm, Path: f.path,
		MinDuration: int64(f.minDuration), Failed: f.failed, Root: root,
	})
	if err != nil {
		return nil, fmt.Errorf("choosing events: %w", err)
	}
	return filter, nil
}
