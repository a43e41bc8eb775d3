package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"buildgraph/graph/audit"
	"buildgraph/graph/declared"
	"buildgraph/report"
)

// ignoreFile is the file of patterns that check reads in the capture root.
const ignoreFile = ".buildgraphignore"

// The values of check --format.
const (
	formatText   = "text"
	formatJSON   = "json"
	formatSARIF  = "sarif"
	formatGitHub = "github"
)

type checkOptions struct {
	kinds   []string
	targets []string
	ignore  []string
	format  string
	prove   proveOptions
}

// proveTimeout is how long one dry run may take unless told otherwise.
const proveTimeout = time.Minute

type proveOptions struct {
	prove   bool
	rerun   bool
	jobs    int
	timeout time.Duration
}

func newCheckCommand(a *app) *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:     "check [flags]",
		GroupID: groupAsk,
		Short:   "What the makefiles forgot",
		Long: `Compare what the build did with what its build tools declare, and show each
difference with its evidence:

  race        a recipe read a generated file that nothing orders it after
  missing     a recipe read a file, and a change of it remakes nothing
  writers     two recipes write the same file
  undeclared  a recipe writes a file that no rule names and another recipe reads
  redundant   a prerequisite is neither used nor needed
  shadow      were a file to appear here, another would no longer be found
              (only with --kind shadow: it is no fault)

--prove asks make itself, in a sandbox where nothing reaches the tree, whether
it would remake a target if a file changed. What make refutes is not shown.
--rerun also builds, in that sandbox, each target of a race without what nothing
orders before it, and tells how it fails.

The file ` + ignoreFile + ` in the capture root holds patterns, one a line, of
inputs and targets that are not reported: *.log, third_party/, missing:docs/**,
!keep.log.

Exit status: 0 when nothing is found, 1 when something is, 2 when something is
wrong.`,
		Example: `  buildgraph check
  buildgraph check --prove --kind missing,race
  buildgraph check --format sarif > buildgraph.sarif`,
		Args:              names(0, 0, "no arguments (--target names one target)"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.check(o) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&o.kinds, "kind", nil, "only findings of `KIND`; may be a list, or be repeated")
	flags.StringArrayVar(&o.targets, "target", nil, "only findings of `TARGET`; may be repeated")
	flags.StringArrayVar(&o.ignore, "ignore", nil, "no findings whose file or target matches `GLOB`; may be repeated")
	flags.StringVar(&o.format, "format", "", "`FORMAT` of the answer: text, json, sarif or github")
	o.prove.flags(cmd)
	flags.BoolVar(&o.prove.rerun, "rerun", false, "show races by building the target alone, in a sandbox; implies --prove")
	_ = cmd.RegisterFlagCompletionFunc("kind", completeList(kindNames()))
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{formatText, formatJSON, formatSARIF, formatGitHub}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (o *proveOptions) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.prove, "prove", false, "ask the build tools in dry runs, in a sandbox")
	cmd.Flags().IntVarP(&o.jobs, "jobs", "j", 0, "`N` dry runs at a time (default: one a processor)")
	cmd.Flags().DurationVar(&o.timeout, "timeout", proveTimeout, "longest `TIME` for one dry run")
}

func kindNames() []string {
	var list []string
	for _, k := range audit.Kinds {
		list = append(list, string(k))
	}
	return list
}

func (a *app) check(o checkOptions) error {
	render, err := a.checkRenderer(&o)
	if err != nil {
		return err
	}
	kinds, err := parseKinds(o.kinds)
	if err != nil {
		return err
	}
	t, err := a.open()
	if err != nil {
		return err
	}
	defer t.Close()
	ignore, err := t.ignore(o.ignore)
	if err != nil {
		return err
	}
	found, err := a.audit(t, audit.Options{Kinds: kinds, Targets: o.targets, Ignore: ignore}, o.prove)
	if err != nil {
		return err
	}
	if err := show(a, t, found, render, render); err != nil {
		return err
	}
	if len(found.Findings) > 0 {
		return &exitError{status: 1}
	}
	return nil
}

// checkRenderer is the renderer of --format and --json.
func (a *app) checkRenderer(o *checkOptions) (renderer[audit.Findings], error) {
	if o.format == "" {
		o.format = formatText
		if a.json {
			o.format = formatJSON
		}
	}
	switch o.format {
	case formatText:
		return report.CheckText, nil
	case formatJSON:
		return report.CheckJSON, nil
	case formatGitHub:
		return report.CheckGitHub, nil
	case formatSARIF:
		return func(w io.Writer, f audit.Findings, o report.Options) error {
			return report.CheckSARIF(w, f, o, version())
		}, nil
	}
	return nil, fmt.Errorf("--format %s: it is text, json, sarif or github", report.Name(o.format))
}

func parseKinds(names []string) ([]audit.Kind, error) {
	var kinds []audit.Kind
	for _, n := range names {
		k := audit.Kind(n)
		if !slices.Contains(audit.Kinds, k) {
			return nil, fmt.Errorf("--kind %s: it is one of %s", report.Name(n), strings.Join(kindNames(), ", "))
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}

// ignore reads the patterns of the capture root's ignore file and of --ignore.
func (t *trace) ignore(globs []string) (*audit.Ignore, error) {
	var g audit.Ignore
	name := filepath.Join(t.meta.Root, ignoreFile)
	switch f, err := os.Open(name); {
	case err == nil:
		err = g.Read(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	for _, glob := range globs {
		if err := g.Add(glob); err != nil {
			return nil, fmt.Errorf("--ignore: %w", err)
		}
	}
	return &g, nil
}

// audit compares, and asks the build tools where that is wanted.
func (a *app) audit(t *trace, o audit.Options, p proveOptions) (audit.Findings, error) {
	d, err := declared.Load(t.Reader)
	if err != nil {
		return audit.Findings{}, err
	}
	found, err := audit.Check(t.graph, d, t.meta, o)
	if err != nil {
		return audit.Findings{}, a.noRules(d, err)
	}
	for _, m := range audit.Changed(t.Reader, d) {
		say(a.stderr, fmt.Sprintf("%s was changed after the capture; this compares with what it said then", t.graph.Rel(m)))
	}
	if !p.prove && !p.rerun {
		return found, nil
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	po := audit.ProveOptions{Jobs: p.jobs, Timeout: p.timeout}
	po.UID, po.GID, po.Groups = builder(t.meta.UID)
	bar := a.newBar("asking the build tools")
	po.Progress = bar.progress
	refuted, err := audit.Prove(ctx, t.Reader, &found, po)
	bar.end()
	if err == nil && p.rerun {
		bar = a.newBar("building without the other recipe")
		po.Progress = bar.progress
		err = audit.Rerun(ctx, t.Reader, &found, po)
		bar.end()
	}
	switch {
	case ctx.Err() != nil:
		return audit.Findings{}, errors.New("interrupted")
	case err != nil:
		return audit.Findings{}, fmt.Errorf("--prove: %w", err)
	case refuted > 0 && !a.json:
		say(a.stderr, fmt.Sprintf("%d findings were refuted and are left out", refuted))
	}
	return found, nil
}

// noRules adds to the error of a trace without rules why there are none.
func (a *app) noRules(d *declared.Graph, err error) error {
	if !errors.Is(err, audit.ErrNoRules) {
		return err
	}
	if d == nil || len(d.Tools) == 0 {
		return fmt.Errorf(`%w: the trace holds no rules of make or ninja; capture a build that runs recipes, from clean, without --no-declared`, err)
	}
	return fmt.Errorf("%w: %s", err, d.Tools[0].Failure)
}

// builder is who ran the build, where that is somebody else than the current user.
func builder(uid int) (id, gid int, groups []int) {
	if os.Geteuid() != 0 || uid == 0 {
		return -1, -1, nil
	}
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return uid, uid, nil
	}
	gid, _ = strconv.Atoi(u.Gid)
	names, _ := u.GroupIds()
	for _, n := range names {
		if g, err := strconv.Atoi(n); err == nil {
			groups = append(groups, g)
		}
	}
	return uid, gid, groups
}
