package store

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The trace keeps lists as JSON arrays, which people can join with json_each.
// encoding/json would replace bytes that are not UTF-8; the build's strings must
// survive, so they are written as they are and only '"', '\' and the control
// characters are escaped. SQLite's JSON functions pass such bytes on.

var errJSON = errors.New("not a JSON array of the expected kind")

func appendJSONStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSONString(b, s)
	}
	return append(b, ']')
}

func appendJSONString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// parseJSONStrings reads an array of strings, with any escape that JSON knows.
func parseJSONStrings(s string) ([]string, error) {
	var list []string
	err := parseArray(s, func(s string) (string, error) {
		item, rest, err := parseJSONString(s)
		list = append(list, item)
		return rest, err
	})
	return list, err
}

func appendJSONIDs(b []byte, list []uint32) []byte {
	b = append(b, '[')
	for i, id := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, uint64(id), 10)
	}
	return append(b, ']')
}

// parseJSONIDs reads an array of ids.
func parseJSONIDs(s string) ([]uint32, error) {
	list := make([]uint32, 0, 1+strings.Count(s, ","))
	err := parseArray(s, func(s string) (string, error) {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		v, err := strconv.ParseUint(s[:n], 10, 32)
		list = append(list, uint32(v))
		return s[n:], err
	})
	return list, err
}

// parseArray calls item at the start of each element; it returns what follows.
func parseArray(s string, item func(string) (rest string, err error)) error {
	blank := func(s string) string { return strings.TrimLeft(s, " \t\r\n") }
	s = blank(s)
	if s == "" || s[0] != '[' {
		return errJSON
	}
	s = blank(s[1:])
	if s != "" && s[0] == ']' {
		return trailing(blank(s[1:]))
	}
	for {
		var err error
		if s, err = item(blank(s)); err != nil {
			return err
		}
		s = blank(s)
		if s == "" {
			return errJSON
		}
		switch s[0] {
		case ',':
			s = s[1:]
		case ']':
			return trailing(blank(s[1:]))
		default:
			return errJSON
		}
	}
}

func trailing(s string) error {
	if s != "" {
		return errJSON
	}
	return nil
}

func parseJSONString(s string) (value, rest string, err error) {
	if s == "" || s[0] != '"' {
		return "", s, errJSON
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], nil
		case c != '\\':
			b.WriteByte(c)
		case i+1 == len(s):
			return "", s, errJSON
		case s[i+1] == 'u':
			r, n, err := parseUnicode(s[i:])
			if err != nil {
				return "", s, err
			}
			b.WriteRune(r)
			i += n - 1
		default:
			i++
			k := strings.IndexByte(`"\/bfnrt`, s[i])
			if k < 0 {
				return "", s, errJSON
			}
			b.WriteByte("\"\\/\b\f\n\r\t"[k])
		}
	}
	return "", s, errJSON
}

// parseUnicode reads \uXXXX, or two of them that form one character, and returns
// its length.
func parseUnicode(s string) (rune, int, error) {
	if len(s) < 6 {
		return 0, 0, errJSON
	}
	u, err := strconv.ParseUint(s[2:6], 16, 16)
	if err != nil {
		return 0, 0, errJSON
	}
	r := rune(u)
	if !utf16.IsSurrogate(r) {
		return r, 6, nil
	}
	if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if u, err := strconv.ParseUint(s[8:12], 16, 16); err == nil {
			if both := utf16.DecodeRune(r, rune(u)); both != utf8.RuneError {
				return both, 12, nil
			}
		}
	}
	return utf8.RuneError, 6, nil
}
