package audit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"buildgraph/graph/declared"
	"buildgraph/graph/dryrun"
	"buildgraph/store"
)

// Rerun shows races by building: in a sandbox, where nothing reaches the tree, the
// file and the target are removed and the tool is asked for that target alone. It is
// the build in which the recipe that makes the file comes last. Where the target
// then fails, or is made without the file, the finding says so; where the tool makes
// the file after all, because another of its makers is ordered, the finding stays as
// it is, for the order that is missing.
//
// Errors are those of Prove.
func Rerun(ctx context.Context, r *store.Reader, f *Findings, o ProveOptions) error {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Minute
	}
	done, of := 0, 0
	for _, f := range f.Findings {
		if f.Kind == Race {
			of++
		}
	}
	for i := range f.Findings {
		f := &f.Findings[i]
		if f.Kind != Race || f.tool == nil {
			continue
		}
		call, err := declared.InvocationOf(r, f.tool.Process)
		if err != nil {
			return err
		}
		outcome, err := rebuild(ctx, call, f, o)
		if err != nil {
			return err
		}
		if outcome != "" {
			f.Reason = outcome
		}
		if done++; o.Progress != nil {
			o.Progress(done, of)
		}
	}
	return nil
}

// rebuild builds one target with the file there, and then without it; it tells what
// that showed, "" where it showed nothing.
func rebuild(ctx context.Context, call declared.Invocation, f *Finding, o ProveOptions) (string, error) {
	goal := guard(f.name)
	var words []string
	for _, w := range call.Words {
		if strings.Contains(w, "=") { // definitions of variables; the goals are others
			words = append(words, w)
		}
	}
	target := archiveOf(f.unit.rules.t.Abs(f.name))
	with, err := build(ctx, call, append(words, goal), o, target)
	if err != nil {
		return "", err
	}
	if with.Status != 0 {
		return "", nil // it cannot be built alone at all: that says nothing
	}
	without, err := build(ctx, call, append(words, goal), o, target, f.path)
	switch {
	case err != nil:
		return "", err
	case without.Status == made:
		return "", nil
	case without.Status == 0:
		return "built alone, it is made without " + f.Input, nil
	}
	return fmt.Sprintf("built alone, it fails for want of %s: %s", f.Input, lastLine(firstComplaint(without))), nil
}

// made is the status of a build that made the file that had been removed.
const made = 77

// script removes its second and further arguments and runs the command behind "--";
// $1 is the file that the command is to be watched for, "" for none.
const script = `watch=$1; shift
while [ "$1" != -- ]; do rm -f -- "$1"; shift; done
shift
"$@" || exit 1
if [ -n "$watch" ] && [ -e "$watch" ]; then exit 77; fi`

// build removes files and calls the tool for some goals, in a sandbox of its own.
// The last of two files is the one to be watched for.
func build(ctx context.Context, call declared.Invocation, goals []string, o ProveOptions, remove ...string) (dryrun.Result, error) {
	call.Words = goals
	tool := call.Command()
	watch := ""
	if len(remove) > 1 {
		watch = remove[1]
	}
	args := append([]string{"sh", "-c", script, "sh", watch}, remove...)
	args = append(append(args, "--", tool.Path), tool.Args[1:]...)
	return dryrun.Run(ctx, dryrun.Command{
		Path: "/bin/sh", Args: args, Dir: tool.Dir, Env: tool.Env,
		UID: o.UID, GID: o.GID, Groups: o.Groups, Timeout: o.Timeout,
	})
}

// firstComplaint is what a failed build said first: the rest follows from it.
func firstComplaint(r dryrun.Result) string {
	for line := range strings.Lines(string(r.Stderr)) {
		low := strings.ToLower(line)
		if strings.Contains(low, "error") || strings.Contains(low, "no such file") || strings.Contains(line, "***") || strings.Contains(low, "cannot") {
			return strings.TrimSpace(line)
		}
	}
	return string(r.Stderr)
}
