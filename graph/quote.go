package graph

import (
	"path"
	"regexp"
	"strings"
)

var (
	plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./^-]+$`)
	shells    = regexp.MustCompile(`^(ba|da|a|k|z)?sh$`)
	shellFlag = regexp.MustCompile(`^-[a-z]*c$`)
)

// CommandLine shows an argument vector as a shell would take it: a script that a
// build tool gave to a shell as it stands, all else with quotes where they are needed.
func CommandLine(argv []string) string { return commandLine(argv) }

// commandLine shows an argument vector as a shell would take it. A script that
// the build tool gave to a shell is shown as it stands.
func commandLine(argv []string) string {
	if len(argv) == 3 && shells.MatchString(path.Base(argv[0])) && shellFlag.MatchString(argv[1]) {
		return argv[2]
	}
	words := make([]string, len(argv))
	for i, a := range argv {
		words[i] = shellQuote(a)
	}
	return strings.Join(words, " ")
}

// shellQuote quotes one word where a POSIX shell needs it.
func shellQuote(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
