package main

import (
	"errors"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

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

type captureOptions struct {
	output string
	user   string
	noTag  bool
	wait   bool
	strict bool
	quiet  bool
	ring   string

	noDeclared bool
	counting   countingOptions
}

func newCaptureCommand(a *app) *cobra.Command {
	var o captureOptions
	cmd := &cobra.Command{
		Use:     "capture [flags] -- COMMAND [ARG...]",
		GroupID: groupRecord,
		Short:   "Run a command and record what it and its children do",
		Long: `Run COMMAND and record every process it starts and every file they use, from
its first instruction on, into one trace. COMMAND keeps the standard streams,
the terminal, the signals and its exit status.

Capture a clean build: what is up to date is not built, and so not in the trace,
which replaces an earlier one in the same file.

Under sudo COMMAND runs as the user who called sudo, and the trace is that
user's. GNU make is told, through GNUMAKEFLAGS, to name each recipe's target in
the environment of its commands (` + capture.Tag + `); --no-tag leaves the environment alone.

Once COMMAND has ended, every make and ninja that ran recipes is asked for its
rules (make -np, ninja -t), in a sandbox where nothing that it does reaches the
tree, and the trace keeps them for check. --no-declared leaves that out.

--syscalls counts every system call of the build in the kernel, by program, with
its errors; --syscalls=time also measures the time in them. The verb syscalls
shows the counts. With --interval 1s those of each second are shown meanwhile,
on standard error; together they are all that the trace has.

Exit status: COMMAND's own, 128+N when signal N killed it; 127 when there is no
such command, 126 when it cannot be executed; 125 when buildgraph itself failed;
3 with --strict when COMMAND succeeded and events were lost.`,
		Example: `  buildgraph capture -- make -j8
  sudo buildgraph capture -o /tmp/app.db -- cmake --build build
  buildgraph capture --syscalls --interval 1s -- make
  buildgraph capture --strict -- sh -c './configure && make'`,
		Annotations: map[string]string{failureAnnotation: strconv.Itoa(statusCaptureFailed)},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 || args[0] == "" {
				return errors.New(`capture: no command to run: write it behind "--", as in "buildgraph capture -- make"`)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			// An unset $VAR must not mean root, or this directory.
			for _, name := range []string{"user", "output"} {
				if f := cmd.Flags().Lookup(name); f.Changed && f.Value.String() == "" {
					return fmt.Errorf("--%s: empty; leave it out or give a name", name)
				}
			}
			switch {
			case a.json:
				return errors.New("capture has no JSON form: leave out --json; the trace is there to be asked")
			case cmd.Flags().Lookup("input").Changed:
				return errors.New("capture reads no trace: leave out -i; -o FILE names the one to write")
			}
			if err := o.counting.check(cmd.Flags().Changed("interval")); err != nil {
				return err
			}
			return a.capture(args, o)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.SetInterspersed(false) // COMMAND's own flags need no "--"
	flags.StringVarP(&o.output, "output", "o", "buildgraph.db", "write the trace to `FILE`")
	flags.StringVar(&o.user, "user", "", "run COMMAND as `NAME` (root only; default under sudo: who called it)")
	flags.BoolVar(&o.noTag, "no-tag", false, "set no variable for make")
	flags.BoolVar(&o.noDeclared, "no-declared", false, "do not ask make and ninja for their rules afterwards")
	flags.BoolVar(&o.wait, "wait", false, "also wait for processes that outlive COMMAND")
	flags.BoolVar(&o.strict, "strict", false, "exit with 3 when events were lost")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "no summary on stderr")
	flags.StringVar(&o.ring, "ring", "16M", "`SIZE` of the event ring in memory, a power of two (64K to 1G)")
	addCountingFlags(cmd, &o.counting)
	return cmd
}

func (a *app) capture(command []string, o captureOptions) error {
	ring, err := parseSize(o.ring)
	if err != nil {
		return fmt.Errorf("--ring %s: %w", o.ring, err)
	}
	id, err := capture.IdentityFor(o.user, os.Getenv)
	if err != nil {
		return err
	}
	began := time.Now()
	c, err := capture.Begin(capture.Options{
		Command: command, User: id, Tag: !o.noTag, Wait: o.wait, Ring: ring, Syscalls: o.counting.syscalls.Counting,
	})
	if err != nil {
		return captureError(err)
	}
	defer c.Close()

	meta := c.Meta()
	meta.Tool = version()
	owner := store.Identity{UID: -1, GID: -1}
	if id.Changes() {
		owner = store.Identity{UID: id.UID, GID: id.GID, Groups: id.GroupIDs()}
	}
	w, err := store.Create(o.output, store.CreateOptions{Meta: meta, UID: owner.UID, GID: owner.GID, Groups: owner.Groups, KeepLock: true})
	if err != nil {
		return err
	}
	defer w.Unlock()
	intervals := a.showIntervals(c, o.counting)
	r, err := c.Run(w)
	intervals.finish()
	var noCommand *capture.CommandError
	if errors.As(err, &noCommand) {
		return errors.Join(captureError(err), w.Abort())
	}
	r.Meta.Tool = meta.Tool
	hint, saved := a.save(w, &r, o.output, owner)
	intervals.end()
	if saved == nil && !o.noDeclared {
		a.declare(o.output, id, owner, o.quiet)
	}
	if !o.quiet {
		a.summary(r, o.output, time.Since(began), hint)
	}
	a.unseen(r, saved)
	return outcome(r, errors.Join(err, saved), o.strict)
}

// save finishes the trace. The build has run: whatever fails now is told, and
// does not change its status. The hint is about a build that did next to nothing.
func (a *app) save(w *store.Writer, r *capture.Result, file string, owner store.Identity) (hint string, err error) {
	if err := w.Err(); err != nil {
		r.Meta.Complete, r.Meta.Finished = false, false
		r.Meta.Why = append(r.Meta.Why, err.Error())
	}
	if err := w.Finish(r.Meta); err != nil {
		return "", err
	}
	t, err := store.Open(file)
	if err != nil {
		return "", err
	}
	recipes, members, err := graph.Attribute(t)
	if err := errors.Join(err, t.Close()); err != nil {
		return "", fmt.Errorf("attributing processes to recipes: %w", err)
	}
	if err := store.Annotate(file, recipes, members, owner); err != nil {
		return "", err
	}
	if len(recipes) > graph.FewRecipes || r.Meta.ExitCode != 0 {
		return "", nil // it did something, or has said itself why not
	}
	return effortHint(file)
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
func (a *app) summary(r capture.Result, file string, took time.Duration, hint string) {
	m := r.Meta
	line := fmt.Sprintf("%s, %s, %s, %d lost, %.1f s, trace in %s",
		count(m.Processes, "process", "processes"), count(m.Files, "file", "files"),
		count(m.Events, "event", "events"), m.Lost, took.Seconds(), report.Name(file))
	if hint != "" {
		line += "; " + hint
	}
	say(a.stderr, line)
}

// unseen says what was not seen.
func (a *app) unseen(r capture.Result, saved error) {
	for _, why := range r.Meta.Why {
		say(a.stderr, "incomplete: "+why)
	}
	if saved != nil {
		say(a.stderr, "the trace is incomplete: "+saved.Error())
	}
	for i, p := range r.Alive {
		if i == 5 {
			say(a.stderr, fmt.Sprintf("and %d more", len(r.Alive)-i))
			break
		}
		say(a.stderr, "still running, no longer watched (--wait waits for it): "+p)
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

// parseSize reads a ring size such as 64K or 16M.
func parseSize(s string) (int, error) {
	digits := strings.TrimRight(strings.ToUpper(s), "KMGIB")
	unit := strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(s[len(digits):]), "B"), "I")
	shift := map[string]int{"": 0, "K": 10, "M": 20, "G": 30}
	n, err := strconv.Atoi(digits)
	by, ok := shift[unit]
	if err != nil || !ok || n <= 0 || n > 1<<30 {
		return 0, errors.New(`not a size: write it like "64M"`)
	}
	n <<= by
	if bits.OnesCount(uint(n)) != 1 || n < 64<<10 || n > 1<<30 {
		return 0, errors.New("not a power of two from 64K to 1G")
	}
	return n, nil
}
