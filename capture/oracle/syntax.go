package oracle

import (
	"fmt"
	"strconv"
	"strings"
)

// lineKind says what a line of strace output is.
type lineKind uint8

const (
	lineCall       lineKind = iota // a whole call: name(args) = result
	lineUnfinished                 // name(args <unfinished ...>
	lineResumed                    // <... name resumed>rest
	lineExit                       // +++ exited with 0 +++, +++ killed by SIGKILL +++
	lineSuperseded                 // +++ superseded by execve in pid 12 +++
	lineSignal                     // --- SIGCHLD {...} ---
)

// line is one line of strace output, taken apart as far as a line alone allows.
type line struct {
	pid  int
	kind lineKind
	name string // of the system call
	text string // what stands after "name(", or after "resumed>"
	by   int    // lineSuperseded: the thread that called execve
}

const (
	unfinishedMark = " <unfinished ...>"
	pidChangedMark = " <pid changed to "
)

// splitLine takes apart one line as "strace -f -o FILE" writes it: the PID
// first, padded to five columns.
func splitLine(s string) (line, error) {
	pidText, rest, ok := strings.Cut(s, " ")
	pid, err := strconv.Atoi(pidText)
	if !ok || err != nil || pid <= 0 {
		return line{}, fmt.Errorf("no PID at the start of %.80q", s)
	}
	rest = strings.TrimLeft(rest, " ")
	l := line{pid: pid}
	switch {
	case strings.HasPrefix(rest, "+++ superseded by execve in pid "):
		l.kind = lineSuperseded
		by, _, _ := strings.Cut(strings.TrimPrefix(rest, "+++ superseded by execve in pid "), " ")
		if l.by, err = strconv.Atoi(by); err != nil {
			return line{}, fmt.Errorf("no PID in %.80q", s)
		}
		return l, nil
	case strings.HasPrefix(rest, "+++ "):
		l.kind = lineExit
		return l, nil
	case strings.HasPrefix(rest, "--- "):
		l.kind = lineSignal
		return l, nil
	case strings.HasPrefix(rest, "<... "):
		name, text, ok := strings.Cut(rest[len("<... "):], " resumed>")
		if !ok {
			return line{}, fmt.Errorf("a resumed call without its name: %.80q", s)
		}
		l.kind, l.name, l.text = lineResumed, name, text
		// A process that dies within a resumed call: "resumed> <unfinished ...>) = ?".
		l.text = strings.Replace(l.text, unfinishedMark, "", 1)
		return l, nil
	}
	name, text, ok := strings.Cut(rest, "(")
	if !ok || name == "" || strings.ContainsAny(name, " \"<") {
		return line{}, fmt.Errorf("no system call in %.80q", s)
	}
	l.name, l.text = name, text
	if t, found := strings.CutSuffix(text, unfinishedMark); found {
		l.kind, l.text = lineUnfinished, t
	} else if i := strings.LastIndex(text, pidChangedMark); i >= 0 && strings.HasSuffix(text, " ...>") {
		l.kind, l.text = lineUnfinished, text[:i]
	}
	return l, nil
}

// result is what a system call returned.
type result struct {
	ok    bool   // it returned, and not an error
	value int64  // the number returned, 0 where it is not known
	errno string // "ENOENT", "" where there was none
	text  string // as written: "3</etc/passwd>"
}

// splitCall takes apart what stands after "name(": the arguments, at most max
// of them (the rest is skipped unread: buffers are long), and the result.
func splitCall(text string, max int) (args []string, res result, err error) {
	depth, start, i := 0, 0, 0
scan:
	for ; i < len(text); i++ {
		switch text[i] {
		case '"':
			if i = skipString(text, i); i < 0 {
				return nil, result{}, fmt.Errorf("a string that does not end in %.80q", text)
			}
		case '<':
			// A descriptor's path; "<" and ">" within it are escaped. In "1<<3" and
			// the like there is no end to it on the line that matters.
			if j := strings.IndexByte(text[i:], '>'); j > 0 && !strings.HasPrefix(text[i:], "<<") {
				i += j
			}
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth == 0 {
				break scan
			}
			depth--
		case ',':
			if depth == 0 {
				if len(args) < max {
					args = append(args, strings.TrimSpace(text[start:i]))
				}
				start = i + 1
			}
		}
	}
	if i >= len(text) {
		return nil, result{}, fmt.Errorf("a call without an end: %.80q", text)
	}
	if last := strings.TrimSpace(text[start:i]); len(args) < max && (last != "" || len(args) > 0) {
		args = append(args, last)
	}
	res, err = parseResult(strings.TrimLeft(text[i+1:], " "))
	return args, res, err
}

// skipString gives the index of the quote that ends the string begun at i, or -1.
func skipString(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

func parseResult(s string) (result, error) {
	s, ok := strings.CutPrefix(s, "= ")
	if !ok {
		return result{}, fmt.Errorf("no result in %.80q", s)
	}
	r := result{text: s}
	word, rest, _ := strings.Cut(s, " ")
	if strings.HasPrefix(word, "?") {
		return r, nil // it never returned, or is to be restarted
	}
	digits := word
	if i := strings.IndexByte(word, '<'); i >= 0 {
		digits = word[:i]
	}
	n, err := strconv.ParseInt(digits, 0, 64)
	if err != nil {
		u, uerr := strconv.ParseUint(digits, 0, 64) // an address in the upper half
		if uerr != nil {
			return result{}, fmt.Errorf("result %.80q: %w", s, err)
		}
		n = int64(u)
	}
	r.value = n
	if n == -1 && strings.HasPrefix(rest, "E") {
		r.errno, _, _ = strings.Cut(rest, " ")
		return r, nil
	}
	r.ok = true
	return r, nil
}

// parseString decodes a quoted string. It is false for NULL, an address, or a
// string that strace cut short and that is meant to be whole (a path).
func parseString(s string) (string, bool) {
	if len(s) < 2 || s[0] != '"' {
		return "", false
	}
	end := skipString(s, 0)
	if end < 0 {
		return "", false
	}
	return unescape(s[1:end]), end == len(s)-1
}

// unescape undoes what strace's print_quoted_string_ex does.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b = append(b, s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case 'n':
			b = append(b, '\n')
		case 't':
			b = append(b, '\t')
		case 'r':
			b = append(b, '\r')
		case 'v':
			b = append(b, '\v')
		case 'f':
			b = append(b, '\f')
		case 'x':
			n, j := 0, i+1
			for ; j < len(s) && j < i+3 && isHex(s[j]); j++ {
				n = n<<4 | hexValue(s[j])
			}
			b = append(b, byte(n))
			i = j - 1
		case '0', '1', '2', '3', '4', '5', '6', '7':
			n, j := 0, i
			for ; j < len(s) && j < i+3 && s[j] >= '0' && s[j] <= '7'; j++ {
				n = n<<3 | int(s[j]-'0')
			}
			b = append(b, byte(n))
			i = j - 1
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

func hexValue(c byte) int {
	if c <= '9' {
		return int(c - '0')
	}
	return int(c|0x20-'a') + 10
}

// parseStrings decodes an array of strings: ["cc", "-c", "a.c"]. Strings that
// strace cut short are kept as far as they go.
func parseStrings(s string) ([]string, bool) {
	if len(s) < 2 || s[0] != '[' {
		return nil, false
	}
	var out []string
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		end := skipString(s, i)
		if end < 0 {
			return nil, false
		}
		out = append(out, unescape(s[i+1:end]))
		i = end
	}
	return out, true
}

// descriptor is a file descriptor as "strace -y" shows it.
type descriptor struct {
	num  int    // atFDCWD for AT_FDCWD
	path string // "" where strace could not tell; "pipe:[12]" and the like do not begin with "/"
}

const atFDCWD = -100

// parseFD decodes 3</etc/passwd>, AT_FDCWD</home>, 4</tmp/x>(deleted), 5.
func parseFD(s string) (descriptor, bool) {
	num, rest, annotated := strings.Cut(s, "<")
	d := descriptor{num: atFDCWD}
	if num != "AT_FDCWD" {
		n, err := strconv.Atoi(num)
		if err != nil || n < 0 {
			return d, false
		}
		d.num = n
	}
	if annotated {
		end := strings.LastIndexByte(rest, '>')
		if end < 0 {
			return d, false
		}
		d.path = unescape(rest[:end])
	}
	return d, true
}

// hasFlag tells whether a flag word such as O_RDWR|O_CREAT, alone or within
// {flags=...}, holds the flag.
func hasFlag(flags, flag string) bool {
	for i := 0; ; {
		j := strings.Index(flags[i:], flag)
		if j < 0 {
			return false
		}
		j += i
		end := j + len(flag)
		if (j == 0 || !isWord(flags[j-1])) && (end == len(flags) || !isWord(flags[end])) {
			return true
		}
		i = end
	}
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
