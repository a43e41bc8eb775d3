package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is how wide a help text is at most: what a terminal has unless widened.
const helpWidth = 80

// unusedAnnotation is the key of the cobra annotation that names the global flags, by
// blanks, that a verb has no use for: they are taken, or refused, and not listed.
const unusedAnnotation = "unused-global-flags"

func init() {
	cobra.AddTemplateFunc("flagUsages", flagUsages)
	cobra.AddTemplateFunc("globalFlags", globalFlags)
}

// globalFlags are the flags of the program that mean something to a verb, in the
// order of the program's.
func globalFlags(verb *cobra.Command) *pflag.FlagSet {
	used := pflag.NewFlagSet("global", pflag.ContinueOnError)
	used.SortFlags = false
	unused := strings.Fields(verb.Annotations[unusedAnnotation])
	verb.Root().PersistentFlags().VisitAll(func(f *pflag.Flag) {
		if !slices.Contains(unused, f.Name) {
			used.AddFlag(f)
		}
	})
	return used
}

// flagValue is how the value of a flag is typed behind its name: " FILE", or
// "[=FILE]" where it may be left out; "" where there is none.
func flagValue(f *pflag.Flag) (before, name, after string) {
	name, _ = pflag.UnquoteUsage(f)
	switch {
	case name == "":
		return "", "", ""
	case f.NoOptDefVal != "" && f.Value.Type() != "bool":
		return "[=", name, "]"
	}
	return " ", name, ""
}

// flagText says what a flag does, and what holds without it where that is not plain.
func flagText(f *pflag.Flag) string {
	_, text := pflag.UnquoteUsage(f)
	if slices.Contains([]string{"", "false", "0", "[]", "0s"}, f.DefValue) || strings.Contains(text, "default") {
		return text
	}
	return text + " (default " + f.DefValue + ")"
}

// flagUsages lists flags, wrapped to the width of help; "" of none.
func flagUsages(flags *pflag.FlagSet) string {
	var names, texts []string
	widest := 0
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name := "      --" + f.Name
		if f.Shorthand != "" {
			name = "  -" + f.Shorthand + ", --" + f.Name
		}
		before, value, after := flagValue(f)
		names = append(names, name+before+value+after)
		texts = append(texts, flagText(f))
		widest = max(widest, len(names[len(names)-1]))
	})
	var b strings.Builder
	for i, name := range names {
		for _, line := range wrapped(texts[i], helpWidth-widest-3) {
			fmt.Fprintf(&b, "%-*s   %s\n", widest, name, line)
			name = ""
		}
	}
	return b.String()
}

// wrapped breaks text into lines of at most that many bytes, unless a word is longer.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
