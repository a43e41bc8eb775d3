package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// optionalValue is a flag whose value may be left out, as pflag spells it in help
// texts: `--live FILE[="stderr"]`.
var optionalValue = regexp.MustCompile(`(?m)^( +(?:-\w, +|    )--[\w-]+) ([A-Z]\S*?|[a-z]+\|\S*?)\[="?\w+"?\]`)

func init() { cobra.AddTemplateFunc("flagUsages", flagUsages) }

// flagUsages is pflag's list of flags, with "--live[=FILE]" as such a one is typed.
func flagUsages(flags *pflag.FlagSet) string {
	text := flags.FlagUsages()
	return optionalValue.ReplaceAllStringFunc(text, func(s string) string {
		typed := optionalValue.ReplaceAllString(s, "$1[=$2]")
		return typed + strings.Repeat(" ", len(s)-len(typed))
	})
}

// detached says what is wrong where the value of such a flag was written behind it,
// without a "=", and so taken for the command. typed is the whole command line, args
// its command, which may have a "--" of its own: it is a mistake where one word stands
// between the flag and "--", or a value of the flag before any.
func detached(typed, args []string, values map[string][]string) error {
	at := len(typed) - len(args)
	if at < 1 || len(args) < 2 {
		return nil
	}
	name, flagged := strings.CutPrefix(typed[at-1], "--")
	known, ok := values[name]
	word := args[0]
	switch {
	case !flagged || !ok || !slices.Contains(args, "--"):
		return nil
	case slices.Contains(known, word):
		known = []string{word}
	case args[1] != "--":
		return nil
	case len(known) == 0:
		known = []string{shellWord(word)}
	}
	flag := "--" + name + "="
	return fmt.Errorf("unexpected %q before \"--\": write %s", word, flag+strings.Join(known, " or "+flag))
}
