package report

import (
	"io"
	"regexp"
	"slices"
	"strings"

	"buildgraph/graph"
)

// depfileColumns is where lines of a depfile are broken, as those of gcc -M.
const depfileColumns = 72

// Depfile writes rules without recipes for make: what each target was made from. Names
// are escaped as gcc -M does, and ':', '|', '=' and ';', which it leaves. It returns
// the names that no makefile can spell (make(1) would take them for patterns, or for
// several words); those are left out, with their rules where they are targets.
func Depfile(w io.Writer, list []graph.Prerequisites, o Options) (left []string, err error) {
	p := newPage(w, o)
	for _, v := range depfileVariables {
		if slices.ContainsFunc(list, func(r graph.Prerequisites) bool {
			return strings.Contains(r.Target+"\n"+strings.Join(r.Inputs, "\n"), v.char)
		}) {
			p.printf("%s := %s\n", v.name, v.char)
		}
	}
	for _, r := range list {
		target, ok := depfileWord(r.Target, true)
		if !ok {
			left = append(left, r.Target)
			continue
		}
		line := target + ":"
		for _, in := range r.Inputs {
			word, ok := depfileWord(in, false)
			if !ok {
				left = append(left, in)
				continue
			}
			if len(line)+1+len(word) > depfileColumns {
				p.printf("%s \\\n", line)
				line = ""
			}
			line += " " + word
		}
		p.printf("%s\n", line)
	}
	slices.Sort(left)
	return slices.Compact(left), p.close()
}

// depfileVariables stand for characters that make takes for syntax before it expands
// variables, and not after.
var depfileVariables = []struct{ char, name, use string }{
	{"=", "buildgraph_equals", "$(buildgraph_equals)"},
}

// makeSuffix is what make knows as a suffix (GNU make manual, "Old-Fashioned Suffix
// Rules"; make -p).
const makeSuffix = `(out|a|ln|o|c|cc|C|cpp|p|f|F|m|r|y|l|ym|yl|s|S|mod|sym|def|h|info|dvi|tex|texinfo|texi|txinfo|w|ch|web|sh|elc|el)`

// specialTarget is a name that means something else to make as a target: .PHONY and
// its like, and what can be a suffix rule.
var specialTarget = regexp.MustCompile(`^\.([A-Z_]+|` + makeSuffix + `(\.` + makeSuffix + `)?)$`)

// directive is a name that begins as a line of another kind does.
var directive = regexp.MustCompile(`^(-?include|sinclude|-?load|export|unexport|override|private|define|undefine|endef|ifn?def|ifn?eq|else|endif|vpath)([ \t]|$)`)

// depfileWord spells a name for make (GNU make manual, "What Makefiles Contain",
// "Using Wildcard Characters"); not ok where it cannot be.
func depfileWord(name string, target bool) (word string, ok bool) {
	if name == "" || strings.ContainsAny(name, "\\*?[;()") || name[0] == '~' || name[len(name)-1] == ' ' || name[len(name)-1] == '\t' {
		return "", false
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r != '\t' && (r < ' ' || r >= 0x7f && r <= 0x9f) }) {
		return "", false // it could be spelt, and would reach a terminal
	}
	if target && (strings.ContainsAny(name, "%&\t") || specialTarget.MatchString(name)) {
		return "", false // a pattern, a group, two words
	}
	var b strings.Builder
	if target && directive.MatchString(name) {
		b.WriteString("./") // which make takes away
	}
	for _, c := range []byte(name) {
		switch c {
		case ' ', '\t', '#', ':', '|':
			if c != '|' || !target {
				b.WriteByte('\\')
			}
			b.WriteByte(c)
		case '$':
			b.WriteString("$$")
		case '=':
			b.WriteString(depfileVariables[0].use)
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}
