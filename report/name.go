package report

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Name gives a file's or target's name as it is shown to a person: as it is when
// it is plain printable text, else as a quoted Go string, in which control
// characters, bytes that are not UTF-8 and characters that rearrange text
// (U+202E and the like) are escapes. The quotes tell a name that was escaped from
// one that really holds a backslash.
func Name(s string) string {
	if s == "" || s[0] == '"' || s[0] == ' ' || s[len(s)-1] == ' ' || !printable(s) {
		return strconv.Quote(s)
	}
	return s
}

// Line gives text as one line that is safe on a terminal: what [Name] would
// escape is escaped, and nothing is put in quotes.
func Line(s string) string {
	if printable(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if (r == utf8.RuneError && n == 1) || !strconv.IsPrint(r) {
			q := strconv.Quote(s[i : i+n])
			b.WriteString(q[1 : len(q)-1])
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !strconv.IsPrint(r) {
			return false
		}
	}
	return true
}

// replaced gives s as JSON can hold it, with U+FFFD for each byte that is not
// UTF-8, and exact in base64 when that lost anything ("" when it did not).
func replaced(s string) (text, exact string) {
	if utf8.ValidString(s) {
		return s, ""
	}
	return string([]rune(s)), base64.StdEncoding.EncodeToString([]byte(s))
}

// replacedAll does the same for a list; exact is nil when nothing was lost, else
// it holds every element.
func replacedAll(list []string) (text, exact []string) {
	text = make([]string, len(list))
	lossy := false
	for i, s := range list {
		var e string
		text[i], e = replaced(s)
		lossy = lossy || e != ""
	}
	if !lossy {
		return text, nil
	}
	for _, s := range list {
		exact = append(exact, base64.StdEncoding.EncodeToString([]byte(s)))
	}
	return text, exact
}
