package main

import (
	"bytes"
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

// completionShells are those that a script can be written for.
var completionShells = []string{"bash", "zsh", "fish"}

func newCompletionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "completion {bash | zsh | fish}",
		Short: "Write the script by which a shell completes command lines",
		Long: `Write a script for bash, zsh or fish, by which Tab completes verbs, flags and
their values, and the targets and files of the trace. "make install" puts it
where these shells look (fish does in /usr/local where XDG_DATA_DIRS has
/usr/local/share); the examples are for one shell, and for one user.

For bash the package bash-completion must be installed. Names that a shell would
take for more than a name ("$x", "a;b", "x(1)") are not offered.

Exit status: 0; 2 when something is wrong.`,
		Example: `  source <(buildgraph completion bash)
  source <(buildgraph completion zsh)
  buildgraph completion fish > ~/.config/fish/completions/buildgraph.fish`,
		Annotations:       map[string]string{unusedAnnotation: "input json color"},
		Args:              names(1, 1, "the name of one shell"),
		ValidArgsFunction: cobra.FixedCompletions(completionShells, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return a.bashCompletion(root)
			case "zsh":
				return root.GenZshCompletion(a.stdout)
			case "fish":
				return root.GenFishCompletion(a.stdout, true)
			}
			return errors.New("completion knows bash, zsh and fish, not " + args[0])
		},
	}
}

// Of several candidates bash inserts what they have in common, so that each must be
// quoted; cobra does so with a single one only.
const (
	quotesOne = `        if (( ${#COMPREPLY[@]} == 1 )); then
            COMPREPLY[0]=$(printf "%q" "${COMPREPLY[0]}")
        fi
`
	quotesAll = `        if (( ${#COMPREPLY[@]} > 0 )); then
            IFS=$'\n' read -ra COMPREPLY -d '' < <(printf "%q\n" "${COMPREPLY[@]}")
        fi
`
)

// bashCompletion writes cobra's script with that mended.
func (a *app) bashCompletion(root *cobra.Command) error {
	var b bytes.Buffer
	if err := root.GenBashCompletionV2(&b, true); err != nil {
		return err
	}
	_, err := a.stdout.Write([]byte(strings.Replace(b.String(), quotesOne, quotesAll, 1)))
	return err
}
