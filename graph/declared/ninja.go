package declared

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"buildgraph/graph/dryrun"
)

// parseNinjaArgs sorts the arguments of a ninja, without its own name (ninja.cc,
// ReadFlags).
func parseNinjaArgs(args []string) makeOptions {
	var o makeOptions
	for len(args) > 0 {
		a := args[0]
		args = args[1:]
		switch {
		case a == "--":
			o.words = append(o.words, args...)
			return o
		case a == "--version", a == "--help":
			o.idle = "it only told about itself (" + a + ")"
		case strings.HasPrefix(a, "--"), a == "-":
		case strings.HasPrefix(a, "-"):
			args = o.ninjaShort(a[1:], args)
		default:
			o.words = append(o.words, a)
		}
	}
	return o
}

func (o *makeOptions) ninjaShort(text string, rest []string) []string {
	for i := 0; i < len(text); i++ {
		name := text[i]
		if strings.IndexByte("dfjklwtC", name) < 0 {
			switch name {
			case 'n':
				o.idle = "it was a dry run (-n)"
			case 'h':
				o.idle = "it only told its options"
			}
			continue
		}
		value := text[i+1:]
		if value == "" && len(rest) > 0 {
			value, rest = rest[0], rest[1:]
		}
		switch name {
		case 'C':
			o.dirs = append(o.dirs, value)
		case 'f':
			o.files = append(o.files, value)
		case 't':
			o.idle = "it ran a tool of ninja's (-t " + value + ")"
		}
		if name == 'C' || name == 'f' {
			o.kept = append(o.kept, "-"+string(name)+value)
		}
		break
	}
	return rest
}

// askNinja reads build.ninja, and asks ninja what it knows besides: the deps log.
// What ninja says its targets are must be what was read.
func (c *call) askNinja(ctx context.Context, o Options) error {
	file := "build.ninja"
	for _, option := range c.Options {
		if f, ok := strings.CutPrefix(option, "-f"); ok {
			file = f
		}
	}
	n := &ninjaFiles{dir: c.Dir, read: readNinjaFile}
	if err := n.parse(file, &ninjaScope{vars: map[string]string{}}); err != nil {
		return err
	}
	targets, err := c.ninjaTool(ctx, o, "targets", "all")
	if err != nil {
		return err
	}
	if err := n.sameTargets(targets); err != nil {
		return err
	}
	log, err := c.ninjaTool(ctx, o, "deps")
	if err != nil {
		return err
	}
	b := &ninjaBuilder{n: n, canon: newCanon(c.Dir), deps: parseNinjaDeps(log), phony: map[string]bool{}}
	c.found.Rules = b.rules()
	for _, f := range n.files {
		c.found.Makefiles = append(c.found.Makefiles, b.canon.path(f))
	}
	return nil
}

// ninjaTool runs one of ninja's tools.
func (c *call) ninjaTool(ctx context.Context, o Options, tool ...string) ([]byte, error) {
	cmd := c.command(o)
	cmd.Args = slices.Concat(c.Argv[:1], c.Options, []string{"-t"}, tool)
	var out bytes.Buffer
	cmd.Stdout = &out
	r, err := dryrun.Run(ctx, cmd)
	if err != nil {
		return nil, err
	}
	if r.Status != 0 {
		return nil, fmt.Errorf("%s -t %s: %s", c.Argv[0], tool[0], complaint(r))
	}
	return out.Bytes(), nil
}

// sameTargets compares the outputs that were read with lines "OUTPUT: RULE".
func (n *ninjaFiles) sameTargets(lines []byte) error {
	read := map[string]string{}
	for _, e := range n.edges {
		for _, out := range e.outs {
			read[out] = e.rule
		}
	}
	told := 0
	for line := range strings.Lines(string(lines)) {
		line = strings.TrimSuffix(line, "\n")
		i := strings.LastIndex(line, ": ")
		if i < 0 {
			continue // "ninja: Entering directory"
		}
		if rule, ok := read[line[:i]]; ok && rule == line[i+2:] {
			told++
		} else if !strings.HasPrefix(line, "ninja: ") {
			return fmt.Errorf("ninja knows a target %q that was not found in its files", line[:i])
		}
	}
	if told < len(read) {
		return fmt.Errorf("ninja knows %d targets, its files were read as %d", told, len(read))
	}
	return nil
}

// parseNinjaDeps reads what "ninja -t deps" prints:
//
//	main.o: #deps 2, deps mtime 17952 (VALID)
//	    main.c
//	    main.h
//
// Entries that are not VALID count for nothing to ninja either.
func parseNinjaDeps(text []byte) map[string][]string {
	deps := map[string][]string{}
	lines := strings.Split(string(text), "\n")
	for i := 0; i < len(lines); i++ {
		at := strings.LastIndex(lines[i], ": #deps ")
		if at < 0 {
			continue
		}
		count, rest, _ := strings.Cut(lines[i][at+len(": #deps "):], ",")
		n, err := strconv.Atoi(count)
		if err != nil || n < 0 || n > len(lines)-i-1 {
			continue
		}
		var files []string
		for _, f := range lines[i+1 : i+1+n] {
			files = append(files, strings.TrimPrefix(f, "    "))
		}
		if strings.HasSuffix(rest, "(VALID)") {
			deps[lines[i][:at]] = files
		}
		i += n
	}
	return deps
}

// ninjaBuilder makes rules of build statements.
type ninjaBuilder struct {
	n     *ninjaFiles
	canon *canon
	deps  map[string][]string
	phony map[string]bool // names that mean no file
}

func (b *ninjaBuilder) rules() []Rule {
	for _, e := range b.n.edges {
		for _, out := range e.outs {
			// "build FILE: phony" says that a file may be missing, no more.
			b.phony[out] = e.rule == "phony" && (len(e.ins)+len(e.orderOnly) > 0 || !b.canon.exists(out))
		}
	}
	more := b.dyndeps()
	var rules []Rule
	for _, e := range b.n.edges {
		outs, ins := e.outs, e.ins
		if d := more[e.outs[0]]; d != nil {
			outs, ins = append(slices.Clone(outs), d.outs[1:]...), append(slices.Clone(ins), d.ins...)
		}
		prereqs := b.prereqs(ins, false)
		for _, out := range e.outs {
			prereqs = append(prereqs, b.prereqs(b.deps[out], false)...)
		}
		if e.depfile != "" {
			prereqs = append(prereqs, b.prereqs(b.depfile(e.depfile), false)...)
		}
		prereqs = append(prereqs, b.prereqs(e.orderOnly, true)...)
		for _, out := range outs {
			if e.rule == "phony" && !b.phony[out] {
				continue
			}
			r := Rule{
				Target: out, Prereqs: prereqs, HasRecipe: e.rule != "phony", Phony: b.phony[out],
				Makefile: b.canon.path(e.file), Line: e.line,
			}
			if !r.Phony {
				r.Path = b.canon.path(out)
			}
			for _, other := range outs {
				if other != out && r.HasRecipe {
					r.Also = append(r.Also, other)
				}
			}
			rules = append(rules, r)
		}
	}
	return rules
}

func (b *ninjaBuilder) prereqs(names []string, orderOnly bool) []Prereq {
	var list []Prereq
	for _, name := range names {
		p := Prereq{Name: name, OrderOnly: orderOnly}
		if !b.phony[name] {
			p.Path = b.canon.path(name)
		}
		list = append(list, p)
	}
	return list
}

// dyndeps reads the files that tell more of edges while they are built, by the
// first output.
func (b *ninjaBuilder) dyndeps() map[string]*ninjaEdge {
	found := map[string]*ninjaEdge{}
	seen := map[string]bool{}
	for _, e := range b.n.edges {
		if e.dyndep == "" || seen[e.dyndep] {
			continue
		}
		seen[e.dyndep] = true
		d := &ninjaFiles{dir: b.n.dir, read: b.n.read}
		// Without it the edge is what build.ninja says; ninja would complain.
		if err := d.parse(e.dyndep, &ninjaScope{vars: map[string]string{}}); err == nil {
			for _, more := range d.edges {
				found[more.outs[0]] = more
			}
		}
	}
	return found
}

// depfile reads the names in a depfile; none where it is not there.
func (b *ninjaBuilder) depfile(name string) []string {
	text, err := b.n.read(b.canon.abs(name))
	if err != nil {
		return nil
	}
	names := parseDepfile(string(text))
	for i := range names {
		names[i] = filepath.Clean(names[i])
	}
	return names
}

// parseDepfile gives the prerequisites in a depfile as compilers write them (ninja's
// depfile_parser): words, "\" before a blank, "#" or newline, "$$" for "$".
func parseDepfile(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var names []string
	var word strings.Builder
	target := true
	end := func() {
		if w := word.String(); w != "" {
			word.Reset()
			if target && strings.HasSuffix(w, ":") {
				target = false
			} else if !target && !slices.Contains(names, w) {
				names = append(names, w)
			}
		}
	}
	for i := 0; i < len(text); i++ {
		next := byte(0)
		if i+1 < len(text) {
			next = text[i+1]
		}
		switch c := text[i]; {
		case c == '\\' && next == '\n':
			end()
			i++
		case c == '\\' && (next == ' ' || next == '#' || next == '\\' || next == ':'), c == '$' && next == '$':
			word.WriteByte(next)
			i++
		case c == '\n':
			end()
			target = true
		case c == ' ' || c == '\t':
			end()
		case c == ':' && target && (next == ' ' || next == '\n' || next == '\\' || next == '\t' || next == 0):
			word.WriteByte(c)
			end()
			target = false
		default:
			word.WriteByte(c)
		}
	}
	end()
	return names
}
