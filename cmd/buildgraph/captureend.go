package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"buildgraph/capture"
	"buildgraph/graph"
	"buildgraph/report"
	"buildgraph/store"
)

// Statuses of capture besides the command's own.
const (
	statusCaptureFailed = 125 // buildgraph itself failed; the command may have run
	statusLost          = 3   // --strict, and events were lost
)

// ending is what the line at the end says of the build besides its counts.
type ending struct {
	took time.Duration // the build, as every answer from the trace tells it
	hint string        // about a build that did next to nothing
	gone bool          // the trace was removed meanwhile
}

// save finishes the trace. The build has run: whatever fails now is told, and
// does not change its status.
func (a *app) save(w *store.Writer, r *capture.Result, file string, owner store.Identity) (end ending, err error) {
	end.took = time.Duration(r.Meta.Ended)
	why := r.Meta.Why
	defer func() {
		if _, there := os.Lstat(file); errors.Is(there, fs.ErrNotExist) {
			// What writing to it then failed with tells nothing more.
			end.gone, r.Meta.Why = true, why
			err = fmt.Errorf("%s was removed while the build ran: nothing of it is kept", report.Name(file))
		}
	}()
	if err := w.Err(); err != nil {
		r.Meta.Complete, r.Meta.Finished = false, false
		r.Meta.Why = append(r.Meta.Why, err.Error())
	}
	if err := w.Finish(r.Meta); err != nil {
		return end, err
	}
	t, err := store.Open(file)
	if err != nil {
		return end, err
	}
	end.took, err = graph.Took(t)
	if err != nil {
		return end, errors.Join(err, t.Close())
	}
	recipes, members, err := graph.Attribute(t)
	if err := errors.Join(err, t.Close()); err != nil {
		return end, fmt.Errorf("attributing processes to recipes: %w", err)
	}
	if err := store.Annotate(file, recipes, members, owner); err != nil {
		return end, err
	}
	if len(recipes) > graph.FewRecipes || r.Meta.ExitCode != 0 || r.Interrupted {
		return end, nil // it did something, has said itself why not, or was yet to do it
	}
	end.hint, err = effortHint(file)
	return end, err
}

// effortHint says whether a small build found everything up to date.
func effortHint(file string) (string, error) {
	t, err := store.Open(file)
	if err != nil {
		return "", err
	}
	e, err := graph.New(t).Effort()
	if err := errors.Join(err, t.Close()); err != nil {
		return "", fmt.Errorf("looking at what was built: %w", err)
	}
	return e.Hint(), nil
}

// summary is the line at the end.
func (a *app) summary(r capture.Result, file string, end ending) {
	m := r.Meta
	line := fmt.Sprintf("%s, %s, %s, %d lost, %.1f s",
		count(m.Processes, "process", "processes"), count(m.Files, "file", "files"),
		count(m.Events, "event", "events"), m.Lost, end.took.Seconds())
	if !end.gone {
		line += ", trace in " + report.Name(file)
	}
	if end.hint != "" {
		line += "; " + end.hint
	}
	say(a.stderr, line)
}

// unseen says what was not seen. in names the trace among several; wait is whether
// --wait was given.
func (a *app) unseen(r capture.Result, end ending, saved error, in string, wait bool) {
	if in != "" {
		in = report.Name(in) + ": "
	}
	for _, why := range r.Meta.Why {
		say(a.stderr, "incomplete: "+why)
	}
	switch {
	case end.gone:
		say(a.stderr, saved.Error())
	case saved != nil:
		say(a.stderr, "the trace is incomplete: "+saved.Error())
	}
	advice := " (--wait waits for it)"
	if wait || r.Interrupted {
		advice = "" // it did, or would have been ended with the watching as well
	}
	for i, p := range r.Alive {
		if i == 5 {
			say(a.stderr, fmt.Sprintf("%sand %d more", in, len(r.Alive)-i))
			break
		}
		say(a.stderr, in+"still running, no longer watched"+advice+": "+p)
	}
}

// outcome is the exit status: the command's own once it has run.
func outcome(r capture.Result, err error, strict bool) error {
	switch {
	case r.Meta.ExitCode != 0:
		return &exitError{status: r.Meta.ExitCode}
	case r.Lost && strict:
		return &exitError{status: statusLost}
	case err != nil && strict:
		return &exitError{status: statusCaptureFailed}
	}
	return nil
}

// captureError says what to do about a capture that could not begin.
func captureError(err error) error {
	var command *capture.CommandError
	switch {
	case errors.As(err, &command):
		return &exitError{status: command.Code, err: command}
	case errors.Is(err, capture.ErrPrivileges):
		return fmt.Errorf("%w: run it with sudo, or once: %s", capture.ErrPrivileges, setcapCommand())
	}
	return err
}

// setcapCommand is what lets this very binary capture without root.
func setcapCommand() string {
	exe, err := os.Executable()
	if err != nil {
		exe = "buildgraph"
	} else if real, err := filepath.EvalSymlinks(exe); err == nil {
		exe = real
	}
	return "sudo setcap " + capture.Capabilities + "=ep " + shellWord(exe)
}

// shellWord quotes s so that a shell takes it for one word.
func shellWord(s string) string {
	if strings.IndexFunc(s, func(r rune) bool {
		return r > '~' || r <= ' ' || strings.ContainsRune("\"'`$\\|&;<>()*?[]{}~#!", r)
	}) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
