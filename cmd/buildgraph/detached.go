package main

import (
	"fmt"
	"slices"
	"strings"
)

// detached says what is wrong where the value of a flag that may go without one was written behind it,
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
