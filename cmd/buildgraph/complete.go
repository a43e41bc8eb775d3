package main

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"buildgraph/graph"
	"buildgraph/store"
)

// completions is how many names a shell is offered at most.
const completions = 1000

// completeTarget offers what the build made, by path and by target. Where there is
// no trace the shell completes file names.
func (a *app) completeTarget(_ *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	t, err := a.open()
	if err != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	defer t.Close()
	outputs, err := t.graph.Outputs()
	if err != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var list []string
	for _, o := range outputs.Outputs {
		list = append(list, o.Path, o.Target)
	}
	return offer(list, prefix), cobra.ShellCompDirectiveDefault
}

// completeWhy offers targets, then what the target was made from.
func (a *app) completeWhy(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) != 1 {
		return a.completeTarget(cmd, args, prefix)
	}
	t, err := a.open()
	if err != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	defer t.Close()
	deps, err := t.graph.Deps(args[0], t.cwd, graph.DepsOptions{Transitive: true, All: strings.HasPrefix(prefix, "/")})
	if err != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var list []string
	for _, in := range deps.Inputs {
		list = append(list, in.Path)
	}
	return offer(list, prefix), cobra.ShellCompDirectiveDefault
}

// completeFile offers the files of the trace below the capture root, or any when an
// absolute name was begun.
func (a *app) completeFile(_ *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	t, err := a.open()
	if err != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	defer t.Close()
	root := strings.TrimSuffix(t.meta.Root, "/") + "/"
	var list []string
	for f, err := range t.Files() {
		if err != nil {
			break // what was read so far is better than nothing
		}
		if f.Kind != store.KindRegular && f.Kind != store.KindSymlink {
			continue
		}
		name := f.Path
		if !strings.HasPrefix(prefix, "/") {
			below, ok := strings.CutPrefix(name, root)
			if !ok {
				continue
			}
			name = below
		}
		if strings.HasPrefix(name, prefix) {
			list = append(list, name)
		}
	}
	return offer(list, prefix), cobra.ShellCompDirectiveDefault
}

// active are characters that a shell takes for more than a part of a name. The
// scripts that cobra writes evaluate the words of the command line, so that a name
// with these in it, which is of the build, must never get there.
const active = "$`\"'\\;&|<>(){}[]*?!^"

// offer sorts the names that begin with prefix. Those that the shells' line-wise
// protocol, a terminal, or the words of a command line could not carry are left out.
func offer(list []string, prefix string) []cobra.Completion {
	var offered []cobra.Completion
	for _, s := range list {
		// Unless it stands behind "--", which the prefix then shows, a name like a
		// flag would be one.
		if strings.HasPrefix(s, "-") && !strings.HasPrefix(prefix, "-") {
			s = "./" + s
		}
		if strings.HasPrefix(s, prefix) && typeable(s) {
			offered = append(offered, s)
		}
	}
	slices.Sort(offered)
	offered = slices.Compact(offered)
	return offered[:min(len(offered), completions)]
}

// typeable reports whether a name can stand in a command line as it is, but for blanks.
func typeable(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.ContainsAny(s, active) && !strings.ContainsAny(s[:1], "~#") &&
		!strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) })
}

// completeList offers the words of a flag that takes several, separated by commas:
// those that were not given yet.
func completeList(words []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		given, last := "", prefix
		if i := strings.LastIndexByte(prefix, ','); i >= 0 {
			given, last = prefix[:i+1], prefix[i+1:]
		}
		var list []cobra.Completion
		for _, w := range words {
			if strings.HasPrefix(w, last) && !slices.Contains(strings.Split(given, ","), w) {
				list = append(list, given+w)
			}
		}
		return list, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

// completeDiff offers traces, then the targets of both.
func (a *app) completeDiff(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	switch len(args) {
	case 0, 1:
		return []cobra.Completion{"db"}, cobra.ShellCompDirectiveFilterFileExt
	case 2:
		var list []cobra.Completion
		for _, file := range args {
			of := *a
			of.input = file
			more, _ := of.completeTarget(cmd, nil, prefix)
			list = append(list, more...)
		}
		return offer(list, prefix), cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}
