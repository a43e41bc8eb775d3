package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"buildgraph/report"
)

// verbs makes every verb, in the order of the help text. A verb is one file with
// one constructor; a new one is added here.
var verbs = []func(*app) *cobra.Command{
	newCaptureCommand,
	newAttachCommand,
	newDoctorCommand,
	newDepsCommand,
	newOutputsCommand,
	newCheckCommand,
	newFixCommand,
	newWhyCommand,
	newRDepsCommand,
	newDotCommand,
	newLogCommand,
	newStatsCommand,
	newCriticalCommand,
	newSyscallsCommand,
	newDiffCommand,
	newExportCommand,
	newReportCommand,
	newCompletionCommand,
	newManCommand,
}

// The groups of verbs in the help text.
const (
	groupRecord = "record" // those that make a trace or say whether one can be made
	groupAsk    = "ask"    // those that answer a question from one
	groupSee    = "see"    // those that show a build as a whole
)

// app is what every verb has: the streams and the global flags.
type app struct {
	args   []string // the command line
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer

	input string // -i: the trace that questions are asked of
	json  bool   // --json
	color colorMode
}

const rootLong = `Buildgraph watches a build through eBPF and says what each thing in it was
really made from.

    buildgraph capture -- make -j8        record a build into buildgraph.db
    buildgraph deps target.o              what it was really made from
    buildgraph dot | dot -Tsvg > g.svg    a picture of it
    buildgraph diff old.db new.db         why it was built again

Exit status: 0 when there is an answer, 1 when the answer is no (why) or
something was found (check, fix, diff), 2 when something is wrong, with one line
on standard error that says what to do.
Capture exits with the status of its command, or 125 when buildgraph itself
failed.`

// newRootCommand puts the program together.
func newRootCommand(a *app) *cobra.Command {
	cobra.EnableCommandSorting = false // the order of verbs is one of use
	root := &cobra.Command{
		Use:               "buildgraph VERB",
		Short:             "Say what a build's files were really made from",
		Long:              rootLong,
		Version:           version(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		Args:              cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownVerb(cmd, args[0])
		},
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetVersionTemplate("buildgraph {{.Version}}\n")
	root.SetUsageTemplate(usageTemplate)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		// Behind a word that is no verb, flags are taken for the program's own.
		if name := firstWord(a.args); cmd == root && name != "" {
			return unknownVerb(root, name)
		}
		return usageError(cmd, err)
	})
	root.SetHelpCommand(newHelpCommand(root))
	root.AddGroup(&cobra.Group{ID: groupRecord, Title: "Record a build:"}, &cobra.Group{ID: groupAsk, Title: "Ask the trace:"},
		&cobra.Group{ID: groupSee, Title: "See the build:"})

	flags := root.PersistentFlags()
	flags.SortFlags = false
	flags.StringVarP(&a.input, "input", "i", "buildgraph.db", "read the trace from `FILE`")
	flags.BoolVar(&a.json, "json", false, "answer with one JSON document (docs/json.md)")
	a.color = colorAuto
	flags.Var(&a.color, "color", "colour the text: auto (which minds NO_COLOR), always or never")
	// These two fail only for a flag that does not exist.
	_ = root.MarkPersistentFlagFilename("input", "db")
	_ = root.RegisterFlagCompletionFunc("color", cobra.FixedCompletions([]string{colorAuto, colorAlways, colorNever}, cobra.ShellCompDirectiveNoFileComp))

	for _, verb := range verbs {
		cmd := verb(a)
		mindTraces(cmd)
		root.AddCommand(cmd)
	}
	a.completeFlags(root)
	return root
}

// usageTemplate is cobra's, without the line that repeats the first for a command
// that has both verbs and a run function.
const usageTemplate = `Usage:
  {{.UseLine}}{{if gt (len .Aliases) 0}}

Aliases:
  {{.NameAndAliases}}{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}{{$cmds := .Commands}}{{range $group := .Groups}}

{{.Title}}{{range $cmds}}{{if (and (eq .GroupID $group.ID) (or .IsAvailableCommand (eq .Name "help")))}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}

{{if .HasParent}}Verbs{{else}}Other verbs{{end}}:{{range $cmds}}{{if (and (eq .GroupID "") (or .IsAvailableCommand (eq .Name "help")))}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{flagUsages .LocalFlags | trimTrailingWhitespaces}}{{end}}{{if .HasParent}}{{with globalFlags . | flagUsages}}

Global flags:
{{. | trimTrailingWhitespaces}}{{end}}{{end}}{{if not .HasParent}}

"{{.CommandPath}} VERB --help" says more about a verb.{{end}}
`

func newHelpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:         "help [VERB]",
		Short:       "Explain a verb",
		Annotations: map[string]string{unusedAnnotation: "input json color"},
		RunE: func(_ *cobra.Command, args []string) error {
			verb, rest, err := root.Find(args)
			if err != nil || verb == nil {
				return unknownVerb(root, strings.Join(args, " "))
			}
			if verb == root && len(rest) > 0 {
				return unknownVerb(root, rest[0])
			}
			verb.InitDefaultHelpFlag()
			return verb.Help()
		},
	}
}

func unknownVerb(root *cobra.Command, name string) error {
	if there, looks := looksLikeTrace(name); there && looks {
		return fmt.Errorf("no verb %q, but a trace: a verb comes first, and -i names the trace: %s stats -i %s", name, root.CommandPath(), shellWord(name))
	}
	root.SuggestionsMinimumDistance = min(2, len(name)/2)
	hint := fmt.Sprintf("see %q", root.CommandPath()+" --help")
	if near := root.SuggestionsFor(name); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %q?", near[0])
	}
	return fmt.Errorf("no verb %q: %s", name, hint)
}

// firstWord is the first argument that is neither a flag nor the value of one of the
// program's own flags.
func firstWord(args []string) string {
	for i := 0; i < len(args); i++ {
		switch name := args[i]; {
		case name == "-i" || name == "--input" || name == "--color":
			i++
		case !strings.HasPrefix(name, "-"):
			return name
		}
	}
	return ""
}

// usageError adds to cobra's word on a bad flag where to look, and how to name a
// file that looks like one.
func usageError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	var number *strconv.NumError
	if errors.As(err, &invalid) && errors.As(err, &number) { // without the word of package strconv
		why := "not a number"
		switch {
		case invalid.GetFlag().Value.Type() == "bool":
			why = "it is true or false"
		case errors.Is(number, strconv.ErrRange):
			why = "too large a number"
		}
		err = fmt.Errorf("invalid argument %q for %q flag: %s", invalid.GetValue(), "--"+invalid.GetFlag().Name, why)
	}
	hint := ""
	if strings.HasPrefix(err.Error(), "unknown") {
		hint = `; a name that begins with "-" goes after "--"`
	}
	return fmt.Errorf("%w%s; see %q", err, hint, cmd.CommandPath()+" --help")
}

// names wants between least and most positional arguments; what says which.
func names(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return fmt.Errorf("%s takes %s, %d given; see %q", cmd.Name(), what, len(args), cmd.CommandPath()+" --help")
		}
		return nil
	}
}

// colorMode is the value of --color.
type colorMode string

// The values of --color.
const (
	colorAuto   = "auto"
	colorAlways = "always"
	colorNever  = "never"
)

func (c *colorMode) String() string { return string(*c) }

// Type is what stands for the value in the help text.
func (c *colorMode) Type() string { return "WHEN" }

func (c *colorMode) Set(s string) error {
	switch s {
	case colorAuto, colorAlways, colorNever:
		*c = colorMode(s)
		return nil
	}
	return fmt.Errorf("it is auto, always or never")
}

// options says how to write to stdout: colour and clipping are for a terminal,
// and NO_COLOR (no-color.org), when set and not empty, is for no colour.
func (a *app) options() report.Options { return a.optionsFor(a.stdout) }

// optionsFor says the same of another stream.
func (a *app) optionsFor(w io.Writer) report.Options {
	var o report.Options
	width, terminal := terminalWidth(w)
	o.Width = width
	o.Color = a.colorOn(terminal)
	return o
}

// colorOn says whether to write with colours to what is, or is not, a terminal.
func (a *app) colorOn(terminal bool) bool {
	switch a.color {
	case colorAlways:
		return true
	case colorNever:
		return false
	}
	return terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// terminalWidth gives the columns of the terminal that w is; 0 when not known.
func terminalWidth(w io.Writer) (columns int, terminal bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0, true
	}
	return columns, true
}
