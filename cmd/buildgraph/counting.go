package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"buildgraph/capture"
)

// countingOptions are capture's flags about system calls.
type countingOptions struct {
	syscalls countingMode
	interval time.Duration
}

// countingMode is the value of --syscalls.
type countingMode struct{ capture.Counting }

var countingWords = []string{capture.CountCalls: "count", capture.CountTime: "time"}

// Set, String and Type make it a flag.
func (m *countingMode) Set(s string) error {
	switch s {
	case countingWords[capture.CountCalls]:
		m.Counting = capture.CountCalls
	case countingWords[capture.CountTime]:
		m.Counting = capture.CountTime
	default:
		return errors.New(`not one of "count" and "time"`)
	}
	return nil
}

func (m *countingMode) String() string { return countingWords[m.Counting] }

// Type is what the help text calls the value.
func (m *countingMode) Type() string { return "count|time" }

// leastInterval is the shortest --interval: a table in less than that nobody reads.
const leastInterval = 100 * time.Millisecond

func (o *countingOptions) register(flags *pflag.FlagSet) {
	flags.Var(&o.syscalls, "syscalls", "count system calls by program; \"time\": and the time spent in them")
	flags.Lookup("syscalls").NoOptDefVal = countingWords[capture.CountCalls]
	flags.DurationVar(&o.interval, "interval", 0, "with --syscalls: show the counts of each `TIME` on stderr, like 1s")
}

// complete has shells offer the values.
func (o *countingOptions) complete(cmd *cobra.Command) {
	// Fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("syscalls", cobra.FixedCompletions(countingWords[1:], cobra.ShellCompDirectiveNoFileComp))
}

// check says what is wrong with the flags together.
func (o *countingOptions) check(given bool) error {
	switch {
	case given && o.syscalls.Counting == capture.CountNothing:
		return errors.New("--interval shows counts of system calls: add --syscalls")
	case given && o.interval < leastInterval:
		return fmt.Errorf("--interval %v: too short; %v is the least", o.interval, leastInterval)
	}
	return nil
}
