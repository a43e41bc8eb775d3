package store

import (
	"fmt"
	"strings"
)

// bare are the bytes that no POSIX shell treats specially, wherever they stand
// in a word. A word made of these alone needs no quotes. "=" and "~" are not
// among them: at the start of a command they would mean something.
var bare = func() (t [256]bool) {
	for _, c := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./,:@%" {
		t[c] = true
	}
	return t
}()

// appendQuoted appends one argument as a POSIX shell would have to be given it:
// as it is, or in single quotes, outside of which each single quote is written
// with a backslash before it.
func appendQuoted(b []byte, arg []byte) []byte {
	plain := len(arg) > 0
	for _, c := range arg {
		if !bare[c] {
			plain = false
			break
		}
	}
	if plain {
		return append(b, arg...)
	}
	b = append(b, '\'')
	for _, c := range arg {
		if c == '\'' {
			b = append(b, `'\''`...)
			continue
		}
		b = append(b, c)
	}
	return append(b, '\'')
}

// unquote is the inverse of joining quoted arguments with single spaces.
func unquote(command string) ([]string, error) {
	if command == "" {
		return nil, nil
	}
	var argv []string
	var arg strings.Builder
	for i := 0; ; i++ {
		switch {
		case i == len(command):
			return append(argv, arg.String()), nil
		case command[i] == ' ':
			argv = append(argv, arg.String())
			arg.Reset()
		case command[i] == '\'':
			end := strings.IndexByte(command[i+1:], '\'')
			if end < 0 {
				return nil, fmt.Errorf("quote at byte %d of a command is not closed", i)
			}
			arg.WriteString(command[i+1 : i+1+end])
			i += end + 1
		case command[i] == '\\' && i+1 < len(command):
			i++
			arg.WriteByte(command[i])
		default:
			arg.WriteByte(command[i])
		}
	}
}
