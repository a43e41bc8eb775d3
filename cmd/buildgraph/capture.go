package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"buildgraph/capture"
	"buildgraph/store"
)

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

The last line counts processes, files that were there at some time (directories
and temporary files among them: "buildgraph stats" says the same), events and
those that were lost, and tells how long COMMAND ran.

--syscalls counts every system call of the build in the kernel, by program, with
its errors; --syscalls=time also measures the time in them. The verb syscalls
shows the counts. With --interval 1s those of each second are shown meanwhile,
on standard error; together they are all that the trace has.

--live shows what happens as it does, the events that "buildgraph log" shows of
the trace later, on stderr or in a file; with --json one JSON object a line. It
does not slow the build: what the terminal or the file takes too slowly is not
shown, and at the end is counted. The trace has it all the same.

` + eventFilterHelp + `
Exit status: COMMAND's own, 128+N when signal N killed it; 127 when there is no
such command, 126 when it cannot be executed; 125 when buildgraph itself failed;
3 with --strict when COMMAND succeeded and events were lost.`,
		Example: `  buildgraph capture -- make -j8
  sudo buildgraph capture -o /tmp/app.db -- cmake --build build
  buildgraph capture --syscalls --interval 1s -- make
  buildgraph capture --strict -- sh -c './configure && make'
  buildgraph capture --live --events exec,exit --min-duration 50ms -- make -j8
  buildgraph capture --live=events.json --json -- make`,
		Annotations:       map[string]string{failureAnnotation: strconv.Itoa(statusCaptureFailed), unusedAnnotation: "input"},
		ValidArgsFunction: completeCommand,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 || args[0] == "" {
				return errors.New(`capture: no command to run: write it behind "--", as in "buildgraph capture -- make"`)
			}
			if err := detached(a.args, args, map[string][]string{"live": nil, "syscalls": countingWords[1:]}); err != nil {
				return fmt.Errorf("capture: %w", err)
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
			if cmd.Flags().Lookup("input").Changed {
				return errors.New("capture reads no trace: leave out -i; -o FILE names the one to write")
			}
			view, err := o.live.check(cmd, a.json)
			if err != nil {
				return err
			}
			if err := o.counting.check(cmd.Flags().Changed("interval")); err != nil {
				return err
			}
			return a.capture(args, o, view)
		},
	}
	o.register(cmd.Flags())
	o.live.events.complete(cmd)
	o.counting.complete(cmd)
	return cmd
}

func (a *app) capture(command []string, o captureOptions, view *liveView) error {
	ring, err := parseSize(o.ring)
	if err != nil {
		return fmt.Errorf("--ring %s: %w", o.ring, err)
	}
	id, err := capture.IdentityFor(o.user, os.Getenv)
	if err != nil {
		return err
	}
	owner := ownerOf(id).Identity
	live, err := a.printer(view, o.output, owner)
	if err != nil {
		return err
	}
	c, err := capture.Begin(capture.Options{
		Command: command, User: id, Tag: !o.noTag, Wait: o.wait, Ring: ring, Live: live.callback(),
		Syscalls: o.counting.syscalls.Counting,
	})
	if err != nil {
		return captureError(err)
	}
	defer c.Close()

	meta := c.Meta()
	meta.Tool = version()
	w, err := store.Create(o.output, store.CreateOptions{Meta: meta, UID: owner.UID, GID: owner.GID, Groups: owner.Groups, KeepLock: true})
	if err != nil {
		return err
	}
	defer w.Unlock()
	live.begin(meta)
	intervals := a.showIntervals(c, o.counting)
	r, err := c.Run(w)
	intervals.finish()
	defer intervals.wait()
	var noCommand *capture.CommandError
	none := errors.As(err, &noCommand)
	dropped, why := live.Close(!none)
	if none {
		return errors.Join(captureError(err), w.Abort())
	}
	r.Meta.Tool = meta.Tool
	end, saved := a.save(w, &r, o.output, owner)
	intervals.end()
	if saved == nil && !o.noDeclared {
		a.declareAfterCapture(o.output, id, owner, o.quiet)
	}
	if !o.quiet {
		a.summary(r, o.output, end)
	}
	a.tellDropped(dropped, why)
	a.unseen(r, end, saved, "", o.wait)
	return outcome(r, errors.Join(err, saved), o.strict)
}
