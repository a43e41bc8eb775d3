package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"buildgraph/graph/audit"
	"buildgraph/graph/declared"
	"buildgraph/graph/dryrun"
	"buildgraph/report"
	"buildgraph/store"
)

type fixOptions struct {
	apply   bool
	targets []string
	ignore  []string
	prove   proveOptions
}

func newFixCommand(a *app) *cobra.Command {
	var o fixOptions
	cmd := &cobra.Command{
		Use:     "fix [flags]",
		GroupID: groupAsk,
		Short:   "Mend what the makefiles forgot",
		Long: `Print, as a patch, what mends the missing prerequisites and the races that check
finds: -MMD -MP and an include of depfiles where a compiler read a header and
the makefile gives it flags through CPPFLAGS, CFLAGS or CXXFLAGS; explicit
prerequisites elsewhere, and where the makefile lists headers already;
order-only ones where only the order is wanted. The build tools are asked first,
as with check --prove.

--apply adds the lines to the end of the makefiles and keeps a copy of each
(NAME.bak). It refuses when the tree is not as the trace saw it. Objects that
are there already do not know their headers until they are remade: build from
clean.

Exit status: 0 when nothing is left to mend, 1 when something is, 2 when
something is wrong.`,
		Example: `  buildgraph fix
  buildgraph fix | patch -p1
  buildgraph fix --apply && make clean && buildgraph capture -- make`,
		Args:              names(0, 0, "no arguments"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.fix(o) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&o.apply, "apply", false, "edit the makefiles")
	flags.StringArrayVar(&o.targets, "target", nil, "only for `TARGET`; may be repeated")
	flags.StringArrayVar(&o.ignore, "ignore", nil, "not for findings whose file or target matches `GLOB`; may be repeated")
	o.prove.prove = true
	flags.IntVarP(&o.prove.jobs, "jobs", "j", 0, "`N` dry runs at a time (default: one a processor)")
	flags.DurationVar(&o.prove.timeout, "timeout", proveTimeout, "longest `TIME` for one dry run")
	return cmd
}

func (a *app) fix(o fixOptions) error {
	t, err := a.open()
	if err != nil {
		return err
	}
	defer t.Close()
	ignore, err := t.ignore(o.ignore)
	if err != nil {
		return err
	}
	what := audit.Options{Kinds: []audit.Kind{audit.Missing, audit.Race}, Targets: o.targets, Ignore: ignore}
	found, err := a.audit(t, what, o.prove)
	if errors.Is(err, dryrun.ErrNoSandbox) {
		say(a.stderr, "the build tools cannot be asked; what follows is by the trace alone: "+err.Error())
		o.prove.prove = false
		found, err = a.audit(t, what, o.prove)
	}
	if err != nil {
		return err
	}
	if o.apply {
		d, err := declared.Load(t.Reader)
		if err != nil {
			return err
		}
		if err := audit.Unchanged(t.graph, t.Reader, d); err != nil {
			return fmt.Errorf("fix --apply: %w", err)
		}
	}
	fix, err := audit.Mend(t.graph, t.Reader, found.Findings)
	if err != nil {
		return err
	}
	m, err := a.mend(t, fix, o.apply)
	if err != nil {
		return err
	}
	if err := show(a, t, m, report.FixText, report.FixJSON); err != nil {
		return err
	}
	if o.apply && len(m.Edits)+len(m.ByHand) > 0 {
		say(a.stderr, report.FixSummary(m)+"; build from clean and capture again")
	}
	if left(m) {
		return &exitError{status: 1}
	}
	return nil
}

// mend makes the edits, where that is wanted, and says what they look like.
func (a *app) mend(t *trace, fix audit.Fix, apply bool) (report.Mending, error) {
	m := report.Mending{ByHand: fix.ByHand}
	owner := fileOwner{Identity: store.NoIdentity}
	if apply {
		var err error
		if owner, err = newFileOwner(); err != nil {
			return m, err
		}
	}
	for _, e := range fix.Edits {
		row := report.Mended{Edit: e}
		var err error
		if row.Diff, err = e.Patch(); err != nil {
			if !errors.Is(err, os.ErrNotExist) {
				return m, err
			}
			say(a.stderr, e.Makefile+" is not there any more")
		}
		if apply && e.Generated == "" {
			var backup string
			err := owner.do(func() (err error) {
				backup, err = e.Apply()
				return err
			})
			if err != nil {
				return m, fmt.Errorf("fix --apply: %w", err)
			}
			row.Applied, row.Backup = true, t.graph.Rel(backup)
		}
		m.Edits = append(m.Edits, row)
	}
	return m, nil
}

// left reports whether anything is still to be mended.
func left(m report.Mending) bool {
	for _, e := range m.Edits {
		if !e.Applied {
			return true
		}
	}
	return len(m.ByHand) > 0
}
