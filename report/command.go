package report

import (
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// command gives an argument vector as a line that could be typed into a shell,
// the program by its last path component.
func command(argv []string) string {
	if len(argv) == 0 {
		return "?"
	}
	words := make([]string, len(argv))
	for i, a := range argv {
		if i == 0 && strings.Contains(a, "/") {
			a = path.Base(a)
		}
		words[i] = shellWord(a)
	}
	return strings.Join(words, " ")
}

// Command is a command line for a line of a message: quoted for a shell, the program
// by its last path component, no longer than a line on a narrow terminal.
func Command(argv []string) string { return shortCommand(argv, 60) }

// commandColumns is as much of a command line as text shows anywhere: what gcc's
// driver hands to the linker fills a screen. JSON gives all of it.
const commandColumns = 120

// clipCommand is the command line of one program for a line of text of which used
// columns are taken.
func (p *page) clipCommand(argv []string, used int) string {
	width := commandColumns
	if p.o.Width > 0 {
		width = min(width, max(p.o.Width-used, 16))
	}
	return shortCommand(argv, width)
}

// shortCommand cuts a command line to a width, as shorten does, but keeps what the
// program was told to write: "ld -plugin… -o app …crtn.o".
func shortCommand(argv []string, width int) string {
	line := command(argv)
	short := shorten(line, width)
	at := slices.Index(argv, "-o")
	if short == line || at < 0 || at+1 >= len(argv) {
		return short
	}
	output := "-o " + shellWord(argv[at+1])
	rest := width - utf8.RuneCountInString(output) - len("  ") - 2 // two ellipses
	if strings.Contains(short, output) || rest < 16 {
		return short
	}
	r := []rune(line)
	return string(r[:rest/2]) + "… " + output + " …" + string(r[len(r)-(rest-rest/2):])
}

// shellWord quotes one word the way a POSIX shell reads it; a word that is not
// printable text becomes $'...' (bash, ksh, POSIX.1-2024, 2.2.4), whose escapes
// Go's are a subset of but for \u in old shells.
func shellWord(s string) string {
	switch {
	case s == "":
		return "''"
	case !printable(s):
		return "$'" + strings.ReplaceAll(Line(strings.ReplaceAll(s, `\`, `\\`)), "'", `\'`) + "'"
	case strings.IndexFunc(s, shellSpecial) < 0 && s[0] != '~':
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func shellSpecial(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r > 0x7f:
		return false
	}
	return !strings.ContainsRune("-_./=+,:@%^~", r)
}
