package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"buildgraph/capture"
	"buildgraph/graph/dryrun"
	"buildgraph/report"
)

// attachOptions are the flags of attach.
type attachOptions struct {
	triggers   string
	pid        int
	dir        string
	count      int
	noDeclared bool
	wait       bool
	strict     bool
	quiet      bool
	ring       string
	live       liveFlags
}

func (o *attachOptions) register(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringVar(&o.triggers, "trigger", "", "record what begins with one of these `NAMES`, comma separated")
	flags.IntVar(&o.pid, "pid", 0, "record process `N`, which runs already, and its descendants")
	flags.StringVarP(&o.dir, "output", "o", ".", "write the traces into `DIR`")
	flags.IntVar(&o.count, "count", 0, "end after `N` builds")
	flags.BoolVar(&o.noDeclared, "no-declared", false, "do not ask make and ninja for their rules afterwards")
	flags.BoolVar(&o.wait, "wait", false, "a build goes on until all that it started has ended")
	flags.BoolVar(&o.strict, "strict", false, "exit with 3 when events were lost")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "say nothing on stderr but what went wrong")
	flags.StringVar(&o.ring, "ring", "16M", "`SIZE` of the event ring in memory, a power of two (64K to 1G)")
	o.live.register(flags)
}

func newAttachCommand(a *app) *cobra.Command {
	var o attachOptions
	cmd := &cobra.Command{
		Use:     "attach {--trigger NAMES | --pid N} [flags]",
		GroupID: groupRecord,
		Short:   "Record builds that others start, on the whole machine",
		Long: `Watch the machine until Ctrl-C and record every build whose first program has
one of the NAMES, each into a trace of its own: NAME-PID.db. Whatever such a
program starts belongs to its build, another make too. Builds of other users are
recorded too, with their command lines and environments. Other processes are not
and pay about 40 ns a system call. --pid records a process that runs already;
what runs below it by then has its EXEC at that moment.

A NAME is that of a program as it is executed, without its directory; the
kernel keeps 15 bytes of it, and so many count. A trace belongs to who called
sudo, and no file is replaced: a second trace of a name gets "-2".

A build ends when its first process has; with --wait when all it started has.
Then, as after a capture, its makes and ninjas are asked for their rules, as the
user who ran it, while others are still recorded.

Nothing can be set in the environment of what others start, so targets are named
by what their recipes wrote. Who builds has them exact, also under -j, with

    export BG_T= GNUMAKEFLAGS='--eval=BG_T=$$@'

in the shell that starts make.

--live shows what all of them do as it happens, in one table.

Exit status: 0 when it was ended (Ctrl-C, SIGTERM, --count): builds that still
ran are kept as incomplete traces then, and a second signal leaves rules unasked
for; 3 with --strict when events were lost; 2 when something is wrong, also when
a build could not be recorded or its trace not kept; --count counts it all the
same.`,
		Example: `  sudo buildgraph attach --trigger make,ninja,cargo
  sudo buildgraph attach --trigger cc1 --count 1 -o /tmp`,
		Args:              names(0, 0, "no names"),
		Annotations:       map[string]string{unusedAnnotation: "input"},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Lookup("input").Changed {
				return errors.New("attach reads no trace: leave out -i; -o DIR names where to write")
			}
			view, err := o.live.check(cmd, a.json)
			if err != nil {
				return err
			}
			return a.attach(cmd, o, view)
		},
	}
	o.register(cmd.Flags())
	o.live.events.complete(cmd)
	// These fail only for a flag that does not exist.
	_ = cmd.MarkFlagDirname("output")
	_ = cmd.RegisterFlagCompletionFunc("trigger", completeList([]string{"make", "ninja", "cargo", "go", "cmake", "meson"}))
	return cmd
}

// triggerNames reads the value of --trigger.
func triggerNames(list string) ([]string, error) {
	var names []string
	for _, name := range strings.Split(list, ",") {
		name = strings.TrimSpace(name)
		switch {
		case name == "":
			return nil, fmt.Errorf("--trigger %s: an empty name; write them like \"make,ninja\"", report.Name(list))
		case strings.Contains(name, "/"):
			return nil, fmt.Errorf("--trigger %s: a name has no directory: write %s", report.Name(name), report.Name(name[strings.LastIndex(name, "/")+1:]))
		}
		names = append(names, name)
	}
	if len(names) > capture.MaxTriggers {
		return nil, fmt.Errorf("--trigger: %d names; at most %d can be waited for", len(names), capture.MaxTriggers)
	}
	return names, nil
}

// what sets what is to be recorded.
func (o *attachOptions) what(flags *pflag.FlagSet, at *capture.AttachOptions) (err error) {
	switch trigger, pid := flags.Changed("trigger"), flags.Changed("pid"); {
	case trigger && pid:
		return errors.New("attach: --trigger waits for builds, --pid takes one that runs: give one of them")
	case trigger:
		at.Triggers, err = triggerNames(o.triggers)
	case pid && flags.Changed("count"):
		return errors.New("attach: --pid records one build: leave out --count")
	case pid:
		if at.Target, err = capture.FindTarget(o.pid); err != nil {
			return fmt.Errorf("--pid: %w", err)
		}
	default:
		return errors.New(`attach: nothing to wait for: name programs, as in "buildgraph attach --trigger make,ninja", or a process with --pid`)
	}
	return err
}

func (a *app) attach(cmd *cobra.Command, o attachOptions, view *liveView) error {
	flags := cmd.Flags()
	at := capture.AttachOptions{Wait: o.wait, Count: o.count, Except: dryrun.Mark}
	if err := o.what(flags, &at); err != nil {
		return err
	}
	ring, err := parseSize(o.ring)
	switch {
	case err != nil:
		return fmt.Errorf("--ring %s: %w", o.ring, err)
	case flags.Changed("count") && o.count < 1:
		return fmt.Errorf("--count %d: it is 1 or more", o.count)
	}
	rec, err := a.newRecorder(o)
	if err != nil {
		return err
	}
	at.Ring = ring
	watch, err := capture.Attach(at)
	if err != nil {
		return captureError(err)
	}
	defer watch.Close()
	if rec.live, err = a.printer(view, "", rec.owner); err != nil {
		return err
	}
	if !o.quiet && at.Target == nil {
		say(a.stderr, "watching for "+strings.Join(at.Triggers, ", ")+"; Ctrl-C ends")
	}
	ctx, stop := rec.signals()
	defer stop()
	err = watch.Run(ctx, rec, rec.trouble)
	dropped, why := rec.live.Close(rec.some)
	a.tellDropped(dropped, why)
	if err != nil {
		return err
	}
	switch {
	case rec.failed.Load():
		return &exitError{status: statusFailure} // it is told already
	case rec.lost.Load() && o.strict:
		return &exitError{status: statusLost}
	}
	return nil
}
