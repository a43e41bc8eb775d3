package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"buildgraph/capture"
	"buildgraph/store"
)

// flagValues completes the values of flags by their name, in whichever verb they are.
// A verb that knows better has registered its own function before.
func (a *app) flagValues() map[string]cobra.CompletionFunc {
	fixed := func(list ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)
	}
	times := fixed("10ms", "100ms", "1s", "10s", "1m")
	return map[string]cobra.CompletionFunc{
		"comm":         a.completeComm,
		"count":        cobra.NoFileCompletions,
		"ignore":       a.completeFlagFile,
		"interval":     fixed("100ms", "1s", "10s"),
		"jobs":         cobra.NoFileCompletions,
		"limit":        cobra.NoFileCompletions,
		"min-duration": times,
		"path":         a.completeFlagFile,
		"pid":          completePID,
		"ring":         fixed("1M", "4M", "16M", "64M", "256M", "1G"),
		"target":       a.completeFlagTarget,
		"timeout":      times,
		"title":        cobra.NoFileCompletions,
		"top":          cobra.NoFileCompletions,
		"user":         completeUser,
	}
}

// completeFlags gives every flag that takes a value, and does not say itself how it is
// completed, the function of its name.
func (a *app) completeFlags(root *cobra.Command) {
	values := a.flagValues()
	for _, verb := range root.Commands() {
		verb.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			_, known := verb.GetFlagCompletionFunc(f.Name)
			if of := values[f.Name]; of != nil && !known && f.Value.Type() != "bool" {
				_ = verb.RegisterFlagCompletionFunc(f.Name, of) // fails for unknown flags only
			}
		})
	}
}

// completeFlagTarget offers targets for a flag, whatever the arguments are.
func (a *app) completeFlagTarget(cmd *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return a.completeTarget(cmd, nil, prefix)
}

// completeFlagFile offers files of the trace for a flag.
func (a *app) completeFlagFile(cmd *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return a.completeFile(cmd, nil, prefix)
}

// completeComm offers the programs of the trace, of a list the ones that are not in
// it yet. There may be none: before a capture there is no trace.
func (a *app) completeComm(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	t, err := a.open()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer t.Close()
	seen := map[store.Exec]bool{}
	var names []string
	for e, err := range t.Execs() {
		if err != nil {
			break // what was read so far is better than nothing
		}
		key := store.Exec{Exe: e.Exe, Script: e.Script}
		if e.Seq == 0 || seen[key] {
			continue
		}
		seen[key] = true
		if name := t.comm(e); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return completeList(offer(names, ""))(cmd, args, prefix)
}

// comm is the name of an exec as the kernel has it.
func (t *trace) comm(e store.Exec) string {
	file := func(id store.FileID) string {
		f, err := t.File(id)
		if err != nil {
			return ""
		}
		return f.Path
	}
	argv0 := ""
	if argv, err := t.Argv(e.Argv); err == nil && len(argv) > 0 {
		argv0 = argv[0]
	}
	return store.Comm(argv0, file(e.Script), file(e.Exe))
}

// completePID offers the processes that can be attached to, with their names.
func completePID(_ *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var list []cobra.Completion
	for _, dir := range dirs {
		pid := filepath.Base(dir)
		n, err := strconv.Atoi(pid)
		if err != nil || !strings.HasPrefix(pid, prefix) {
			continue
		}
		if name, ok := capture.Attachable(n); ok {
			list = append(list, cobra.CompletionWithDesc(pid, plain(name)))
		}
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}

// plain is text without what the shells' protocol, or a terminal, could not carry.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) || strings.ContainsRune(active, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// completeUser offers the users of /etc/passwd: accounts from elsewhere need to be
// typed.
func completeUser(_ *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	text, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var list []string
	for _, line := range strings.Split(string(text), "\n") {
		name, _, _ := strings.Cut(line, ":")
		list = append(list, name)
	}
	return offer(list, prefix), cobra.ShellCompDirectiveNoFileComp
}

// completeCommand offers programs to capture, then leaves their arguments to the
// shell.
func completeCommand(_ *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 || strings.Contains(prefix, "/") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var list []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if !e.IsDir() && strings.HasPrefix(e.Name(), prefix) {
				list = append(list, e.Name())
			}
		}
	}
	return offer(list, prefix), cobra.ShellCompDirectiveDefault
}
