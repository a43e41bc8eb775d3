package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"buildgraph/graph"
	"buildgraph/report"
)

// The values of the flags of syscalls.
var (
	syscallGroups = []string{"call", "comm"}
	syscallSorts  = []string{string(graph.SortByCalls), string(graph.SortByErrors), string(graph.SortByTime), string(graph.SortByName)}
)

type syscallsFlags struct {
	by   string
	sort string
	top  int
}

func newSyscallsCommand(a *app) *cobra.Command {
	var o syscallsFlags
	cmd := &cobra.Command{
		Use:     "syscalls [flags]",
		GroupID: groupSee,
		Short:   "How often the build made which system call",
		Long: `Show how often the build's processes made each system call, how often it
returned an error, and its share of all calls. Of a build that was captured with
capture --syscalls=time also the time that was spent in it (wall clock, waiting
included), and the share is that of the time.

A call is counted when it returns to the program that made it. So exit and
exit_group are not, a fork is counted once and not in the child as well, and a
call that a signal interrupted and the kernel started again is counted each
time: as strace -c -f counts. What a process does before its first exec is not
its program's and is not counted; the exec that succeeds is the new program's.

--by comm shows each program by itself, by the name that the kernel has for it:
that of its file, cut to 15 bytes. Calls through the 32-bit entry of a 64-bit
machine have lines of their own. --top N leaves the first N calls (and programs)
and adds up the rest.

Exit status: 0; 2 when the calls were not counted, or something is wrong.`,
		Example: `  buildgraph capture --syscalls -- make && buildgraph syscalls
  buildgraph syscalls --by comm --top 5
  buildgraph syscalls --sort errors
  buildgraph syscalls --json | jq '.syscalls[] | select(.name == "openat")'`,
		Args:              names(0, 0, "no name"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return a.syscalls(o)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.by, "by", "call", "group by `WHAT`: call (one table for all) or comm (each program by itself)")
	flags.StringVar(&o.sort, "sort", "", "order by `KEY`: calls, errors, time or name (default calls, or time where it was measured)")
	flags.IntVar(&o.top, "top", 0, "show the first `N` calls, and programs; 0 for all")
	// These fail only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("by", cobra.FixedCompletions(syscallGroups, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions(syscallSorts, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (o *syscallsFlags) check() error {
	switch {
	case !slices.Contains(syscallGroups, o.by):
		return fmt.Errorf("--by %s: not one of %s", report.Name(o.by), strings.Join(syscallGroups, ", "))
	case o.sort != "" && !slices.Contains(syscallSorts, o.sort):
		return fmt.Errorf("--sort %s: not one of %s", report.Name(o.sort), strings.Join(syscallSorts, ", "))
	case o.top < 0:
		return fmt.Errorf("--top %d: less than nothing", o.top)
	}
	return nil
}

func (a *app) syscalls(o syscallsFlags) error {
	t, err := a.open()
	if err != nil {
		return err
	}
	defer t.Close()
	if !t.HasSyscalls() {
		return errors.New(`the system calls of this build were not counted: capture it with --syscalls, as in "buildgraph capture --syscalls -- make"`)
	}
	rows, err := t.Syscalls()
	if err != nil {
		return err
	}
	s, err := graph.CountSyscalls(rows, graph.SyscallOptions{ByProgram: o.by == "comm", Sort: graph.SyscallSort(o.sort), Top: o.top})
	if errors.Is(err, graph.ErrNotTimed) {
		return fmt.Errorf("--sort time: %w: capture with --syscalls=time", err)
	}
	if err != nil {
		return err
	}
	s.Complete = t.meta.Complete
	return show(a, t, s, report.SyscallsText, report.SyscallsJSON)
}
