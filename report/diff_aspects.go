package report

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"buildgraph/graph"
	"buildgraph/graph/compare"
)

// aspect is one way in which targets differ.
type aspect struct {
	what  string
	items func(*diffPage, compare.Change) []string // lines of text each; none where they do not differ in it
}

// aspectCommand is what the command lines of targets are called.
const aspectCommand = "command"

// aspects are all of them, in the order in which a person would look: what can be the
// cause of others before them.
var aspects = []aspect{
	{aspectCommand, (*diffPage).commands},
	{"environment", (*diffPage).variables},
	{"tool", (*diffPage).tools},
	{"inputs", func(p *diffPage, c compare.Change) []string { return p.inputs(c, true) }},
	{"what the command ran", (*diffPage).programs},
	{"exit status", func(p *diffPage, c compare.Change) []string { return p.pair(c.Exit, strconv.Itoa) }},
	{"runs", func(p *diffPage, c compare.Change) []string {
		return p.pair(c.Runs, func(n int) string { return count(n, "run") })
	}},
	{"system files and tools", func(p *diffPage, c compare.Change) []string { return p.inputs(c, false) }},
}

// What differs stands behind so many blanks: below the targets that differ in it, or
// where the page is about one target.
const (
	manyIndent = "        "
	oneIndent  = "    "
)

func (p *diffPage) commands(c compare.Change) []string {
	var items []string
	for _, h := range c.Command {
		items = append(items, p.rendered(func(q *diffPage) { q.hunk(h, p.indent) }))
	}
	return items
}

func (p *diffPage) programs(c compare.Change) []string {
	var items []string
	for _, in := range c.Programs {
		items = append(items, p.rendered(func(q *diffPage) {
			q.printf("%s%s\n", p.indent, Name(in.Program))
			q.hunks(in.Words, p.indent+"  ")
		}))
	}
	return items
}

// both is an item of a line of A and one of B; "" leaves one out.
func (p *diffPage) both(a, b string) string {
	text := ""
	if a != "" {
		text += p.indent + p.minus(a) + "\n"
	}
	if b != "" {
		text += p.indent + p.plus(b) + "\n"
	}
	return text
}

func (p *diffPage) pair(n *compare.Pair, say func(int) string) []string {
	if n == nil {
		return nil
	}
	return []string{p.both(say(n.A), say(n.B))}
}

func (p *diffPage) tools(c compare.Change) []string {
	var items []string
	for _, t := range c.Tools {
		is := Name(t.Program) + " is "
		items = append(items, p.both(p.listed(is, t.A, len(p.indent)+2), p.listed(is, t.B, len(p.indent)+2)))
	}
	return items
}

// variables are the differences of the environment: of long lists, as PATH is, those
// elements that differ.
func (p *diffPage) variables(c compare.Change) []string {
	var items []string
	for _, v := range c.Env {
		note := ""
		if v.Hidden != "" {
			note = "  (" + v.Hidden + ")"
		}
		line := func(text string) string { return p.cut(Line(text), len(p.indent)+2+len(note)) + note }
		if parts, ok := v.Flags(c.Env); ok && !p.o.All {
			for _, h := range parts {
				items = append(items, p.both(p.has(v.Name, h.A, note), p.has(v.Name, h.B, note)))
			}
			continue
		}
		if parts, sep := v.Parts(); parts != nil && len(*v.A)+len(*v.B) > listFrom && !p.o.All {
			for _, h := range parts {
				has := func(list []string) string {
					if len(list) == 0 {
						return ""
					}
					return line(v.Name + " has " + strings.Join(list, sep))
				}
				items = append(items, p.both(has(h.A), has(h.B)))
			}
			continue
		}
		show := func(value *string) string {
			if value == nil {
				return ""
			}
			return line(v.Name + "=" + *value)
		}
		items = append(items, p.both(show(v.A), show(v.B)))
	}
	return items
}

// several are files of one kind in one line; those of the project with a few names.
func (p *diffPage) several(f folded, name func(int) string, project bool, class string) string {
	used := len(p.indent) + 4 + len(class)
	number := "  " + count(len(f.files), "file")
	text := p.cut(Name(f.pattern), used+len(number)) + number
	if project {
		few := ": " + p.few(f, name, used+utf8.RuneCountInString(text)+2)
		if p.o.Width <= 0 || used+utf8.RuneCountInString(text+few) <= p.o.Width {
			text += few
		}
	}
	return text + "  " + p.in(dim, class)
}

// has says which words are in a variable of one build only.
func (p *diffPage) has(name string, words []string, note string) string {
	if len(words) == 0 {
		return ""
	}
	return p.cut(Line(name+" has "+strings.Join(words, " ")), len(p.indent)+2+len(note)) + note
}

// listFrom is how long two lists are together of which only the elements that differ
// are shown.
const listFrom = 100

// inputs are the files that one build only used: those of the project, or the others.
func (p *diffPage) inputs(c compare.Change, project bool) []string {
	var items []string
	for _, inB := range []bool{false, true} {
		list := c.Removed
		if inB {
			list = c.Added
		}
		list = slices.DeleteFunc(slices.Clone(list), func(in compare.Input) bool {
			return (in.Class == graph.Project || in.Class == graph.Generated) != project
		})
		name := func(i int) string { return list[i].Path }
		for _, f := range p.fold(len(list), name, func(i int) string { return string(list[i].Class) }, project) {
			class := string(list[f.files[0]].Class)
			text := p.cut(Name(name(f.files[0])), len(p.indent)+4+len(class)) + "  " + p.in(dim, class)
			if f.pattern != "" {
				text = p.several(f, name, project, class)
			}
			if inB {
				items = append(items, p.both("", text))
			} else {
				items = append(items, p.both(text, ""))
			}
		}
	}
	return items
}
