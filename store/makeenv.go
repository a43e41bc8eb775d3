package store

import (
	"bytes"
	"strconv"
)

// EnvMake is what make put into an environment.
type EnvMake struct {
	Target    string // value of the tag variable (Meta.Tag)
	HasTarget bool   // the variable is there, if empty
	Level     int    // MAKELEVEL, 0 when unset
	Tags      bool   // a GNU make started with this environment names its recipes: its flags carry the --eval that exports the tag variable
	Jobserver string // argument of --jobserver-auth or --jobserver-fds in MAKEFLAGS ("3,4", "fifo:PATH"), "" when there is none
}

// makeEnv collects EnvMake from the variables of one environment.
type makeEnv struct {
	tag  string
	made EnvMake
}

func (m *makeEnv) variable(v []byte) {
	// Few variables matter: look at the first byte before anything else.
	if len(v) == 0 || v[0] != 'M' && v[0] != 'G' && (m.tag == "" || v[0] != m.tag[0]) {
		return
	}
	name, value, ok := bytes.Cut(v, []byte("="))
	if !ok {
		return
	}
	switch string(name) {
	case "MAKELEVEL":
		if n, err := strconv.Atoi(string(value)); err == nil && n > 0 {
			m.made.Level = n
		}
	case "MAKEFLAGS":
		m.flags(value)
	case "GNUMAKEFLAGS":
		m.made.Tags = m.made.Tags || hasTagEval(value, m.tag)
	case m.tag:
		if m.tag != "" {
			m.made.Target, m.made.HasTarget = string(value), true
		}
	}
}

// flags reads MAKEFLAGS as make 4.3 and 4.4 write it (GNU make manual, "Options
// Passed to Sub-makes"): letters, then options, then "--" and the variables of
// the command line, words separated by blanks and protected by backslashes:
//
//	ks -j4 --jobserver-auth=3,4 --eval=export\ BG_T=$$@ -- CFLAGS=-O2\ -g
func (m *makeEnv) flags(value []byte) {
	m.made.Tags = m.made.Tags || hasTagEval(value, m.tag)
	for rest := value; ; {
		var word []byte
		word, rest = nextWord(rest)
		if word == nil || string(word) == "--" {
			return
		}
		// "Only the last instance is relevant" (manual, "POSIX Jobserver").
		for _, option := range []string{"--jobserver-auth=", "--jobserver-fds="} {
			if bytes.HasPrefix(word, []byte(option)) {
				m.made.Jobserver = string(word[len(option):])
			}
		}
	}
}

// hasTagEval reports whether make flags hold --eval with a definition of the tag
// variable as the target's name, with or without "export". Each level of make may add backslashes: all are
// dropped before the comparison.
func hasTagEval(flags []byte, tag string) bool {
	if tag == "" || !bytes.Contains(flags, []byte(tag)) {
		return false
	}
	for rest := flags; ; {
		var word []byte
		word, rest = nextWord(rest)
		if word == nil || string(word) == "--" {
			return false
		}
		text, ok := bytes.CutPrefix(word, []byte("--eval"))
		if !ok {
			continue
		}
		if len(text) == 0 { // "--eval TEXT"
			text, rest = nextWord(rest)
		}
		text = bytes.TrimLeft(bytes.ReplaceAll(text, []byte(`\`), nil), "= \t")
		text, _ = bytes.CutPrefix(text, []byte("export "))
		name, value, _ := bytes.Cut(text, []byte("="))
		if string(bytes.Trim(name, " \t:")) == tag && bytes.HasSuffix(value, []byte("$@")) {
			return true
		}
	}
}

// nextWord cuts the first word off; blanks protected by a backslash are part of
// it. The word is nil at the end.
func nextWord(s []byte) (word, rest []byte) {
	s = bytes.TrimLeft(s, " \t")
	if len(s) == 0 {
		return nil, nil
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ' ', '\t':
			return s[:i], s[i:]
		}
	}
	return s, nil
}
