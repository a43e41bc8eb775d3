package declared

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ninjaFiles is what build.ninja and the files that it includes say (ninja manual,
// "Ninja file reference"). ninja's own tools do not tell the lines, the depfiles or
// which outputs belong together; what they do tell is compared with this.
type ninjaFiles struct {
	dir   string // what relative names are relative to
	read  func(path string) ([]byte, error)
	files []string // in the order of reading
	edges []*ninjaEdge
	depth int
}

// ninjaEdge is one build statement.
type ninjaEdge struct {
	rule      string
	outs      []string // explicit ones first
	ins       []string // explicit and implicit
	orderOnly []string
	depfile   string // read at every start, "" where there is none or the deps log has it
	dyndep    string
	file      string // where the statement is
	line      int
}

// ninjaScope holds the variables and rules of one file.
type ninjaScope struct {
	up    *ninjaScope
	vars  map[string]string
	rules map[string]map[string]string // unevaluated
}

func (s *ninjaScope) lookup(name string) string {
	for ; s != nil; s = s.up {
		if v, ok := s.vars[name]; ok {
			return v
		}
	}
	return ""
}

func (s *ninjaScope) rule(name string) map[string]string {
	for ; s != nil; s = s.up {
		if r, ok := s.rules[name]; ok {
			return r
		}
	}
	return nil
}

// maxIncludes bounds how deep files include files.
const maxIncludes = 64

var errIncludes = errors.New("files include one another without end")

// parse reads one file into a scope.
func (n *ninjaFiles) parse(path string, scope *ninjaScope) error {
	if n.depth++; n.depth > maxIncludes {
		return errIncludes
	}
	defer func() { n.depth-- }()
	if !filepath.IsAbs(path) {
		path = filepath.Join(n.dir, path)
	}
	text, err := n.read(path)
	if err != nil {
		return err
	}
	n.files = append(n.files, path)
	p := &ninjaParser{n: n, scope: scope, file: path, rest: string(text)}
	for p.next() {
		if err := p.statement(); err != nil {
			return fmt.Errorf("%s:%d: %w", path, p.line, err)
		}
	}
	return nil
}

// ninjaParser goes through one file by logical lines: a "$" before the newline
// continues a line.
type ninjaParser struct {
	n       *ninjaFiles
	scope   *ninjaScope
	file    string
	rest    string
	text    string // the logical line
	line    int    // its number
	physics int    // physical lines read
	back    bool   // the line is to be given again
}

// next reads the next logical line that is neither empty nor a comment.
func (p *ninjaParser) next() bool {
	if p.back {
		p.back = false
		return true
	}
	for p.rest != "" {
		p.line = p.physics + 1
		var whole strings.Builder
		for {
			line, rest, found := strings.Cut(p.rest, "\n")
			p.rest = rest
			p.physics++
			line = strings.TrimSuffix(line, "\r")
			if whole.Len() > 0 {
				line = strings.TrimLeft(line, " ")
			}
			if comment := strings.TrimLeft(line, " "); whole.Len() == 0 && strings.HasPrefix(comment, "#") {
				break
			}
			if !found || !continued(line) {
				whole.WriteString(line)
				break
			}
			whole.WriteString(line[:len(line)-1])
			if whole.Len() == 0 {
				whole.WriteByte(' ') // it has begun
			}
		}
		if p.text = whole.String(); strings.TrimLeft(p.text, " ") != "" {
			return true
		}
	}
	return false
}

// continued reports whether a line ends in a "$" that is not itself escaped.
func continued(line string) bool {
	n := len(line) - len(strings.TrimRight(line, "$"))
	return n%2 == 1
}

func (p *ninjaParser) statement() error {
	word := firstWord(p.text)
	arg := strings.TrimLeft(strings.TrimPrefix(p.text, word), " ")
	switch word {
	case "build":
		return p.build(arg)
	case "rule":
		vars := map[string]string{}
		if p.scope.rules == nil {
			p.scope.rules = map[string]map[string]string{}
		}
		p.scope.rules[arg] = vars
		p.bindings(func(name, value string) { vars[name] = value })
	case "pool":
		p.bindings(func(string, string) {})
	case "default":
	case "include":
		path, _ := evalPath(arg, p.scope.lookup)
		return p.n.parse(path, p.scope)
	case "subninja":
		path, _ := evalPath(arg, p.scope.lookup)
		return p.n.parse(path, &ninjaScope{up: p.scope, vars: map[string]string{}})
	default:
		name, value, ok := strings.Cut(p.text, "=")
		if !ok || strings.HasPrefix(p.text, " ") {
			return fmt.Errorf("%q is no statement", p.text)
		}
		p.scope.vars[strings.TrimRight(name, " ")] = eval(strings.TrimLeft(value, " "), p.scope.lookup)
	}
	return nil
}

// bindings reads the indented lines that follow, unevaluated.
func (p *ninjaParser) bindings(f func(name, value string)) {
	for p.next() {
		if !strings.HasPrefix(p.text, " ") {
			p.back = true
			return
		}
		if name, value, ok := strings.Cut(p.text, "="); ok {
			f(strings.Trim(name, " "), strings.TrimLeft(value, " "))
		}
	}
}

// build reads "OUTS | OUTS: RULE INS | INS || INS |@ INS" and its bindings.
func (p *ninjaParser) build(text string) error {
	e := &ninjaEdge{file: p.file, line: p.line}
	scope := &ninjaScope{up: p.scope, vars: map[string]string{}}
	own := false
	p.bindings(func(name, value string) {
		scope.vars[name] = eval(value, p.scope.lookup)
		own = true
	})
	if !own {
		scope = p.scope
	}
	explicit, part := 0, "" // explicit outputs; which list is being read
	var ins []string
	for {
		text = strings.TrimLeft(text, " ")
		if text == "" {
			break
		}
		if sep := separator(text); sep != "" {
			text = text[len(sep):]
			if part = sep; sep == ":" {
				text = strings.TrimLeft(text, " ")
				e.rule = firstWord(text)
				text = text[len(e.rule):]
			}
			continue
		}
		name, rest := evalPath(text, scope.lookup)
		if len(rest) == len(text) {
			return fmt.Errorf("%q is no name", text)
		}
		text = rest
		if name == "" {
			continue
		}
		name = filepath.Clean(name)
		switch {
		case e.rule == "":
			if e.outs = append(e.outs, name); part == "" {
				explicit++
			}
		case part == "||":
			e.orderOnly = append(e.orderOnly, name)
		case part == "|@": // validations are made as well, not before
		default:
			if e.ins = append(e.ins, name); part == ":" {
				ins = append(ins, name)
			}
		}
	}
	if e.rule == "" || len(e.outs) == 0 {
		return errors.New("a build statement without rule or output")
	}
	v := edgeVars{scope: scope, rule: p.scope.rule(e.rule), in: ins, out: e.outs[:explicit]}
	if v.get("deps", 0) == "" {
		e.depfile = v.get("depfile", 0)
	}
	e.dyndep = v.get("dyndep", 0)
	p.n.edges = append(p.n.edges, e)
	return nil
}

// separator gives the punctuation that a text begins with.
func separator(text string) string {
	for _, s := range []string{"||", "|@", "|", ":"} {
		if strings.HasPrefix(text, s) {
			return s
		}
	}
	return ""
}

// edgeVars looks variables up as ninja does for an edge: its own, its rule's, then
// those of the file.
type edgeVars struct {
	scope   *ninjaScope
	rule    map[string]string
	in, out []string
}

func (v edgeVars) get(name string, depth int) string {
	switch name {
	case "in":
		return strings.Join(v.in, " ")
	case "out":
		return strings.Join(v.out, " ")
	}
	if value, ok := v.scope.vars[name]; ok {
		return value
	}
	if value, ok := v.rule[name]; ok && depth < maxIncludes { // a rule may name itself
		return eval(value, func(name string) string { return v.get(name, depth+1) })
	}
	return v.scope.up.lookup(name)
}

// eval expands $name, ${name} and the escapes in the value of a binding.
func eval(text string, lookup func(string) string) string {
	value, _ := expand(text, lookup, "")
	return value
}

// evalPath expands a text up to the end of the first name in it; rest follows it.
func evalPath(text string, lookup func(string) string) (name, rest string) {
	return expand(text, lookup, " :|")
}

func expand(text string, lookup func(string) string, stop string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case strings.IndexByte(stop, c) >= 0:
			return b.String(), text[i:]
		case c != '$' || i+1 == len(text):
			b.WriteByte(c)
			i++
		case text[i+1] == '{':
			end := strings.IndexByte(text[i:], '}')
			if end < 0 {
				return b.String(), ""
			}
			b.WriteString(lookup(text[i+2 : i+end]))
			i += end + 1
		default:
			n := i + 1
			for n < len(text) && isNameByte(text[n]) {
				n++
			}
			if n == i+1 { // "$ ", "$:", "$$"
				b.WriteByte(text[n])
				i = n + 1
				continue
			}
			b.WriteString(lookup(text[i+1 : n]))
			i = n
		}
	}
	return b.String(), ""
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// maxNinjaFile bounds a file that is read whole, bytes.
const maxNinjaFile = 1 << 30

func readNinjaFile(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > maxNinjaFile {
		return nil, fmt.Errorf("%s: not a file that can be read whole", path)
	}
	return os.ReadFile(path)
}
