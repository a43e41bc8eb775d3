package declared

import (
	"strings"
)

// makeOptions is what a make was told, apart from what concerns only how it runs.
type makeOptions struct {
	kept  []string // options that say which rules there are
	words []string // goals and definitions of variables
	dirs  []string // -C, in order
	files []string // -f
	idle  string   // why it builds nothing (--version, -n, ...); "" when it does
}

// How an option takes its argument.
const (
	noArgument = iota
	needsArgument
	mayHave       // attached only (-Otarget), or after "=" of a long one
	mayHaveNumber // attached or the next word, if that is a number (-j 4)
)

// option is one of GNU make's (make.1, main.c "switches"). What is dropped says
// how the work is done, what to print or what to remake regardless of the rules.
type option struct {
	argument int
	drop     bool
	idle     string
}

var shortOptions = map[byte]option{
	'b': {}, 'm': {}, 'e': {}, 'i': {}, 'k': {}, 'r': {}, 'R': {}, 's': {}, 'S': {}, 'L': {},
	'C': {argument: needsArgument}, 'f': {argument: needsArgument}, 'I': {argument: needsArgument},
	'E': {argument: needsArgument},
	'o': {argument: needsArgument, drop: true}, 'W': {argument: needsArgument, drop: true},
	'j': {argument: mayHaveNumber, drop: true}, 'l': {argument: mayHaveNumber, drop: true},
	'O': {argument: mayHave, drop: true},
	'B': {drop: true}, 'd': {drop: true}, 'w': {drop: true}, 'p': {drop: true},
	'n': {drop: true, idle: "it was a dry run (-n)"}, 'q': {drop: true, idle: "it only asked whether all is up to date (-q)"},
	't': {drop: true, idle: "it only touched its targets (-t)"},
	'v': {drop: true, idle: "it only told its version"}, 'h': {drop: true, idle: "it only told its options"},
}

var longOptions = map[string]option{
	"always-make": {drop: true}, "assume-new": {argument: needsArgument, drop: true},
	"assume-old": {argument: needsArgument, drop: true}, "check-symlink-times": {},
	"debug": {argument: mayHave, drop: true}, "directory": {argument: needsArgument},
	"dry-run": shortOptions['n'], "environment-overrides": {}, "eval": {argument: needsArgument},
	"file": {argument: needsArgument}, "help": shortOptions['h'], "ignore-errors": {},
	"include-dir": {argument: needsArgument}, "jobs": shortOptions['j'],
	"jobserver-auth": {argument: needsArgument, drop: true}, "jobserver-fds": {argument: needsArgument, drop: true},
	"jobserver-style": {argument: needsArgument, drop: true}, "just-print": shortOptions['n'], "keep-going": {},
	"load-average": shortOptions['l'], "makefile": {argument: needsArgument}, "max-load": shortOptions['l'],
	"new-file": {argument: needsArgument, drop: true}, "no-builtin-rules": {}, "no-builtin-variables": {},
	"no-keep-going": {}, "no-print-directory": {}, "no-silent": {}, "old-file": {argument: needsArgument, drop: true},
	"output-sync": {argument: mayHave, drop: true}, "print-data-base": {drop: true}, "print-directory": {drop: true},
	"question": shortOptions['q'], "quiet": {}, "recon": shortOptions['n'], "shuffle": {argument: mayHave, drop: true},
	"silent": {}, "stop": {}, "sync-mutex": {argument: needsArgument, drop: true}, "touch": shortOptions['t'],
	"trace": {drop: true}, "version": shortOptions['v'], "warn-undefined-variables": {drop: true},
	"what-if": {argument: needsArgument, drop: true},
}

// parseMakeArgs sorts the arguments of a make, without its own name. Options and
// goals may be mixed; "--" ends the options (getopt_long(3)).
func parseMakeArgs(args []string) makeOptions {
	var o makeOptions
	for len(args) > 0 {
		a := args[0]
		args = args[1:]
		switch {
		case a == "--":
			o.words = append(o.words, args...)
			return o
		case strings.HasPrefix(a, "--"):
			args = o.long(a[2:], args)
		case len(a) > 1 && a[0] == '-':
			args = o.short(a[1:], args)
		default:
			o.words = append(o.words, a)
		}
	}
	return o
}

// long takes one long option and gives the arguments left.
func (o *makeOptions) long(text string, rest []string) []string {
	name, value, attached := strings.Cut(text, "=")
	name, what, ok := longOption(name)
	if !ok {
		return rest // make would have refused it
	}
	switch {
	case attached:
	case what.argument == needsArgument && len(rest) > 0:
		value, attached, rest = rest[0], true, rest[1:]
	case what.argument == mayHaveNumber && len(rest) > 0 && isNumber(rest[0]):
		value, attached, rest = rest[0], true, rest[1:]
	}
	if attached {
		o.note(what, name, value, "--"+name+"="+value)
	} else {
		o.note(what, name, value, "--"+name)
	}
	return rest
}

// longOption finds an option by its name or an unambiguous beginning.
func longOption(name string) (string, option, bool) {
	if what, ok := longOptions[name]; ok {
		return name, what, true
	}
	var found string
	for full := range longOptions {
		if strings.HasPrefix(full, name) && name != "" {
			if found != "" {
				return "", option{}, false
			}
			found = full
		}
	}
	return found, longOptions[found], found != ""
}

// short takes a cluster of short options.
func (o *makeOptions) short(text string, rest []string) []string {
	for i := 0; i < len(text); i++ {
		what, name := shortOptions[text[i]], text[i:i+1]
		value, given := "", false
		if what.argument != noArgument {
			value, given = text[i+1:], i+1 < len(text)
			switch {
			case given && what.argument == mayHaveNumber && !isNumber(value):
				value, given = "", false // -jk is -j -k
			case given:
				i = len(text)
			case len(rest) > 0 && (what.argument == needsArgument || what.argument == mayHaveNumber && isNumber(rest[0])):
				value, given, rest = rest[0], true, rest[1:]
			}
		}
		if given {
			o.note(what, name, value, "-"+name+value)
		} else {
			o.note(what, name, value, "-"+name)
		}
	}
	return rest
}

func (o *makeOptions) note(what option, name, value, text string) {
	if what.idle != "" && o.idle == "" {
		o.idle = what.idle
	}
	switch name {
	case "C", "directory":
		o.dirs = append(o.dirs, value)
	case "f", "file", "makefile":
		o.files = append(o.files, value)
	}
	if !what.drop {
		o.kept = append(o.kept, text)
	}
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789.") == ""
}

// cleanMakeFlags drops from the value of MAKEFLAGS or GNUMAKEFLAGS what a second
// run is not to be told. Its form: letters without a dash, options, "--" and the
// definitions of the command line, words protected by backslashes (GNU make
// manual, "Options Passed to Sub-makes"). idle is as in makeOptions.
func cleanMakeFlags(value string) (clean, idle string) {
	var out []string
	words, rest := splitFlags(value)
	if len(words) > 0 && !strings.HasPrefix(words[0], "-") && !strings.Contains(words[0], "=") {
		words[0] = "-" + words[0]
	}
	var o makeOptions
	for len(words) > 0 {
		w := words[0]
		words = words[1:]
		before := len(o.kept)
		switch {
		case strings.HasPrefix(w, "--"):
			words = o.long(w[2:], words)
		case len(w) > 1 && w[0] == '-':
			words = o.short(w[1:], words)
		default: // a definition, in GNUMAKEFLAGS
			out = append(out, w)
		}
		out = append(out, o.kept[before:]...)
	}
	clean = strings.Join(out, " ")
	if rest != "" {
		clean += " " + rest
	}
	return clean, o.idle
}

// splitFlags cuts a value of MAKEFLAGS into words, backslashes left in, up to and
// without "--"; rest begins with it.
func splitFlags(value string) (words []string, rest string) {
	for i := 0; i < len(value); {
		if value[i] == ' ' || value[i] == '\t' {
			i++
			continue
		}
		start := i
		for i < len(value) && value[i] != ' ' && value[i] != '\t' {
			if value[i] == '\\' {
				i++
			}
			i++
		}
		i = min(i, len(value))
		if value[start:i] == "--" {
			return words, value[start:]
		}
		words = append(words, value[start:i])
	}
	return words, ""
}
