package audit

import (
	"bytes"
	"regexp"
	"strings"
)

// sayings reads what a build tool says about targets in a dry run, line by line.
// It is the io.Writer of the tool's output, which can be long.
type sayings struct {
	line func(string)
	rest []byte
	said answer
}

// Write takes a part of the output.
func (s *sayings) Write(p []byte) (int, error) {
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			s.rest = append(s.rest, p...)
			return n, nil
		}
		s.rest = append(s.rest, p[:i]...)
		s.line(string(s.rest))
		s.rest, p = s.rest[:0], p[i+1:]
	}
}

func (s *sayings) answer() answer { return s.said }

// newMakeParser reads what GNU make prints with --debug=b, and with v what it
// considers (remake.c, update_file_1).
func newMakeParser(considered bool) *sayings {
	s := &sayings{said: answer{remade: map[string]bool{}}}
	if considered {
		s.said.considered = map[string]bool{}
	}
	s.line = func(line string) {
		line = strings.TrimLeft(line, " ")
		if name, ok := between(line, "Must remake target "); ok {
			s.said.remade[name] = true
		} else if name, ok := between(line, "Considering target file "); ok && considered {
			s.said.considered[name] = true
		}
	}
	return s
}

// between is the name in quotes behind some words; make before 4.0 began a
// quotation with a grave accent.
func between(line, words string) (string, bool) {
	rest, ok := strings.CutPrefix(line, words)
	if !ok || len(rest) < 3 || rest[0] != '\'' && rest[0] != '`' {
		return "", false
	}
	end := strings.LastIndexByte(rest, '\'')
	if end < 2 {
		return "", false
	}
	return rest[1:end], true
}

// explained are the sentences of ninja -d explain that name a dirty output.
var explained = regexp.MustCompile(`^ninja explain: (?:restat of output |recorded mtime of |output |deps for |deps for |command line (?:changed|not found in log) for |rspfile for )?'?(.*?)'?(?: of phony edge.*| older than .*| is dirty| doesn't exist| missing| has changed.*|)$`)

// newNinjaParser reads what ninja prints with -d explain.
func newNinjaParser() *sayings {
	s := &sayings{said: answer{remade: map[string]bool{}}}
	s.line = func(line string) {
		if m := explained.FindStringSubmatch(strings.TrimRight(line, "\r")); m != nil {
			s.said.remade[m[1]] = true
		}
	}
	return s
}
