package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"buildgraph/graph"
	"buildgraph/graph/compare"
	"buildgraph/graph/declared"
	"buildgraph/report"
	"buildgraph/store"
)

// The kinds of difference, as --only takes them.
var diffKinds = []string{report.DiffProcesses, report.DiffTargets, report.DiffFiles, report.DiffWhy, report.DiffTime}

// diffFlags are the flags of diff.
type diffFlags struct {
	all     bool
	only    []string
	minTime time.Duration
	percent int
}

func newDiffCommand(a *app) *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:     "diff [flags] A B [TARGET]",
		GroupID: groupSee,
		Short:   "How two builds of one project differ, and why it was built again",
		Long: `Compare two traces of one project. A before a change and B after it: why did it
build that again? A of one machine and B of another: why does it build
differently there? With TARGET, everything about one target.

What differs from run to run is no difference: PIDs, times, the order of what
ran at once, names of temporary files, the directory of the capture, the number
of jobs, and variables that the shell, make or the terminal keep for themselves
(--all shows these).

What can be the cause of the rest comes first:

  why        what a build made though it found something made: why it did
  targets    made in both by another command, in another environment, with
             another compiler, from other files; made in one build only
  files      tools and system files that targets of both used in one only
  processes  programs that ran in one build only, by the targets they ran for
  time       what took longer, by more than --min-duration and --min-percent

With TARGET, its recipe is shown as the makefile has it, A above B, and what
differs has carets below it, or colour. A terminal's lines are not exceeded, and
of long lists the first few are shown; --all shows all of everything.

A trace holds neither contents nor times of files. "why" follows what the build
made itself back to files that it did not make, and names those that can have
changed: declared (or, without rules in the trace, read) by each target made
again, and by none that the other build made and this one found up to date.

A name that begins with "-" goes after "--". -i has no meaning here.

Exit status: 0 when there is no difference of the kinds shown, 1 when there is,
2 when something is wrong. "why" is no difference, and time differs always: it
counts with --only time alone.`,
		Example: `  buildgraph capture -o before.db -- make; vi lib/format.h
  buildgraph capture -o after.db -- make
  buildgraph diff before.db after.db               what was built again, and why
  buildgraph diff before.db after.db lib/format.o  all about one target
  buildgraph diff --only targets here.db there.db  two machines
  buildgraph diff --json a.db b.db | jq '.changed[] | select(.command != null)'`,
		Args:              names(2, 3, "two traces A and B, and at most one TARGET"),
		Annotations:       map[string]string{unusedAnnotation: "input"},
		ValidArgsFunction: a.completeDiff,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("input") {
				return errors.New("diff reads the two traces that it is given: leave out -i")
			}
			return a.diff(args, f)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVarP(&f.all, "all", "a", false, "all of every list; system files of each target, locales, caches, and hidden variables too")
	flags.StringSliceVar(&f.only, "only", nil, "show only these `KINDS`, separated by commas: "+strings.Join(diffKinds, ", "))
	flags.DurationVar(&f.minTime, "min-duration", 100*time.Millisecond, "leave out times that differ by less than `TIME`")
	flags.IntVar(&f.percent, "min-percent", 20, "leave out times that differ by less than `N` percent of the longer")
	_ = cmd.RegisterFlagCompletionFunc("only", completeList(diffKinds))
	_ = cmd.RegisterFlagCompletionFunc("min-duration", cobra.FixedCompletions([]string{"0s", "10ms", "100ms", "1s", "10s"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("min-percent", cobra.NoFileCompletions)
	return cmd
}

func (f diffFlags) check() error {
	for _, k := range f.only {
		if !slices.Contains(diffKinds, k) {
			return fmt.Errorf("--only takes %s, not %q", strings.Join(diffKinds, ", "), k)
		}
	}
	switch {
	case f.minTime < 0:
		return fmt.Errorf("--min-duration is a time, not %s; 0s shows all", f.minTime)
	case f.percent < 0 || f.percent > 100:
		return fmt.Errorf("--min-percent is a number from 0 to 100, not %d", f.percent)
	}
	return nil
}

func (a *app) diff(args []string, f diffFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	var open [2]*trace
	var builds [2]compare.Build
	for i := range open {
		t, b, err := a.openBuild(args[i])
		if err != nil {
			return err
		}
		defer t.Close()
		open[i], builds[i] = t, b
		if !a.json && !t.meta.Complete {
			say(a.stderr, fmt.Sprintf("%s is incomplete, and differences may be of what it lacks: %s", args[i], shortReasons(t.meta.Why)))
		}
	}
	d := compare.Builds(builds[0], builds[1], compare.Options{All: f.all, System: len(args) == 3, MinTime: int64(f.minTime), MinShare: f.percent})
	o := report.DiffOptions{Options: a.options(), A: args[0], B: args[1], Only: f.only, All: f.all}
	if len(args) == 3 {
		return a.diffTarget(open, d, args[2], o)
	}
	if !d.Related() && !a.json {
		say(a.stderr, fmt.Sprintf("%s and %s have nothing in common: are they traces of one project, captured from the same directory of it?", args[0], args[1]))
	}
	render := report.DiffText
	if a.json {
		render = report.DiffJSON
	}
	if err := render(a.stdout, d, o); err != nil {
		return err
	}
	if !o.Differs(d) {
		return nil
	}
	return &exitError{status: 1}
}

// openBuild opens one of two traces and reads what is compared.
func (a *app) openBuild(file string) (*trace, compare.Build, error) {
	other := *a
	other.input = file
	t, err := other.open()
	_, missing := os.Stat(file)
	switch {
	case err != nil && errors.Is(missing, fs.ErrNotExist): // -i, of which the error speaks, is not taken here
		return nil, compare.Build{}, fmt.Errorf(`no trace at %s: "buildgraph capture -o FILE -- make" writes one`, report.Name(file))
	case errors.Is(err, store.ErrForeign):
		return nil, compare.Build{}, fmt.Errorf("%s is no trace: name two that capture -o wrote", report.Name(file))
	case err != nil:
		return nil, compare.Build{}, err
	}
	b := compare.Build{}
	if b.Account, err = t.graph.Account(); err == nil && t.HasDeclared() {
		b.Declared, err = declared.Load(t.Reader)
	}
	if err != nil {
		t.Close()
		return nil, compare.Build{}, fmt.Errorf("reading %s: %w", report.Name(file), err)
	}
	return t, b, nil
}

// diffTarget shows all about one target, by the name that one of the traces has for
// it.
func (a *app) diffTarget(open [2]*trace, d compare.Diff, target string, o report.DiffOptions) error {
	var unknown *graph.UnknownError // by all traces so far
	var near []string
	known := false
	for i := len(open) - 1; i >= 0; i-- {
		deps, err := open[i].graph.Deps(target, open[i].cwd, graph.DepsOptions{})
		if err != nil {
			if !errors.As(err, &unknown) {
				return err
			}
			near = append(near, unknown.Near...)
			continue
		}
		known = true
		name := deps.Target
		if deps.Recipe != nil && deps.Recipe.Target != "" {
			name = deps.Recipe.Target
		}
		one, found := d.Of(name)
		if !found {
			continue // a source there
		}
		render := report.DiffTargetText
		if a.json {
			render = report.DiffTargetJSON
		}
		if err := render(a.stdout, one, o); err != nil {
			return err
		}
		if one.Same() {
			return nil
		}
		return &exitError{status: 1}
	}
	if !known {
		return inNeither(unknown, near)
	}
	return fmt.Errorf("neither build made %s: it is a source, or was up to date in both", report.Name(target))
}

// inNeither is the error for a name that neither trace knows; near are names like it
// in both.
func inNeither(unknown *graph.UnknownError, near []string) error {
	text := fmt.Sprintf("no %s %q in either trace", unknown.What, unknown.Name)
	seen := map[string]bool{}
	for _, n := range near {
		switch {
		case seen[n]:
			continue
		case len(seen) == 0:
			text += fmt.Sprintf("; did you mean %q", n)
		default:
			text += fmt.Sprintf(", %q", n)
		}
		seen[n] = true
	}
	if len(seen) > 0 {
		text += "?"
	}
	if unknown.Hint != "" {
		text += " (" + unknown.Hint + ")"
	}
	return errors.New(text)
}
