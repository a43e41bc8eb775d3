package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"buildgraph/graph/compare"
)

// targets writes what was made in one build only, and what both made differently;
// targets that differ alike stand together.
func (p *diffPage) targets(d compare.Diff) {
	if len(d.OnlyA)+len(d.OnlyB)+len(d.Changed) == 0 {
		return
	}
	p.printf("\n%s\n", p.in(bold, "targets"))
	p.only(d.OnlyA, "A", p.minus)
	p.only(d.OnlyB, "B", p.plus)
	if len(d.Changed) == 0 {
		return
	}
	p.printf("  ~ %d of %s made by both differ\n", len(d.Changed), count(d.Common, "target"))
	for _, a := range aspects {
		p.aspect(a, d)
	}
}

// only writes the targets of one build.
func (p *diffPage) only(list []compare.Target, side string, sign func(string) string) {
	if len(list) == 0 {
		return
	}
	var named []string
	var nameless []string
	for _, t := range list {
		if t.Name != "" {
			named = append(named, t.Name)
		} else {
			nameless = append(nameless, t.Command)
		}
	}
	if len(named) > 0 {
		p.printf("  %s\n", sign(fmt.Sprintf("%d made in %s only: %s", len(named), side, p.names(named))))
	}
	for i, c := range nameless {
		if i == namesShown && len(nameless) > namesShown+1 && !p.o.All {
			p.printf("  %s\n", sign(fmt.Sprintf("(%d more recipes without a target in %s only)", len(nameless)-i, side)))
			break
		}
		p.printf("  %s\n", sign("recipe without a target in "+side+" only: "+p.clip(Line(c), 40)))
	}
}

// aspect is one way in which targets differ.
type aspect struct {
	what  string
	items func(*diffPage, compare.Change) []string // lines of text each; none where they do not differ in it
}

// aspects are all of them, in the order in which a person would look.
var aspects = []aspect{
	{"command", (*diffPage).commands},
	{"what the command ran", (*diffPage).programs},
	{"tool", (*diffPage).tools},
	{"environment", (*diffPage).variables},
	{"inputs", (*diffPage).inputs},
	{"exit status", func(p *diffPage, c compare.Change) []string { return p.pair(c.Exit, strconv.Itoa) }},
	{"runs", func(p *diffPage, c compare.Change) []string {
		return p.pair(c.Runs, func(n int) string { return count(n, "run") })
	}},
}

// changeIndent is before what differs.
const changeIndent = "        "

func (p *diffPage) commands(c compare.Change) []string {
	var items []string
	for _, h := range c.Command {
		items = append(items, p.rendered(func(q *diffPage) { q.hunk(h, changeIndent) }))
	}
	return items
}

func (p *diffPage) programs(c compare.Change) []string {
	var items []string
	for _, in := range c.Programs {
		items = append(items, p.rendered(func(q *diffPage) {
			q.printf("%s%s\n", changeIndent, Name(in.Program))
			q.hunks(in.Words, changeIndent+"  ")
		}))
	}
	return items
}

// both is an item of a line of A and one of B; "" leaves one out.
func (p *diffPage) both(a, b string) string {
	text := ""
	if a != "" {
		text += changeIndent + p.minus(a) + "\n"
	}
	if b != "" {
		text += changeIndent + p.plus(b) + "\n"
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
		items = append(items, p.both(Name(t.Program)+" is "+p.names(t.A), Name(t.Program)+" is "+p.names(t.B)))
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
		line := func(text string) string { return p.clip(Line(text), len(changeIndent)+2) + note }
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

// listFrom is how long two lists are together of which only the elements that differ
// are shown.
const listFrom = 100

func (p *diffPage) inputs(c compare.Change) []string {
	var items []string
	for _, in := range c.Removed {
		items = append(items, p.both(Name(in.Path)+"  "+p.in(dim, string(in.Class)), ""))
	}
	for _, in := range c.Added {
		items = append(items, p.both("", Name(in.Path)+"  "+p.in(dim, string(in.Class))))
	}
	return items
}

// aspect writes one way in which targets differ, with the targets that do: what the
// same targets have in common stands together.
func (p *diffPage) aspect(a aspect, d compare.Diff) {
	of := map[string][]string{} // targets by item
	var items []string
	for _, c := range d.Changed {
		for _, item := range a.items(p, c) {
			if of[item] == nil {
				items = append(items, item)
			}
			if n := len(of[item]); n == 0 || of[item][n-1] != c.Name {
				of[item] = append(of[item], c.Name)
			}
		}
	}
	blocks := map[string][]string{} // items by their targets
	var order []string
	for _, item := range items {
		key := strings.Join(of[item], "\x00")
		if blocks[key] == nil {
			order = append(order, key)
		}
		blocks[key] = append(blocks[key], item)
	}
	slices.SortStableFunc(order, func(x, y string) int { return strings.Count(y, "\x00") - strings.Count(x, "\x00") })
	for i, key := range order {
		if i == unlikeShown && len(order) > unlikeShown+1 && !p.o.All {
			p.printf("    %s of others: %d more ways (--all shows them)\n", a.what, len(order)-i)
			return
		}
		targets := of[blocks[key][0]]
		whose := p.names(targets)
		if len(targets) == d.Common && d.Common > 1 {
			whose = fmt.Sprintf("all %d", d.Common)
		}
		p.printf("    %s of %s\n", a.what, whose)
		p.block(blocks[key])
	}
}

// block writes items, the first of many.
func (p *diffPage) block(items []string) {
	for i, item := range items {
		if i == filesShown && len(items) > filesShown+1 && !p.o.All {
			p.printf("%s(%d more)\n", changeIndent, len(items)-i)
			return
		}
		p.printf("%s", item)
	}
}

// unlikeShown is how many ways to differ in one aspect are shown.
const unlikeShown = 10

// rendered is what is written by a function, as text.
func (p *diffPage) rendered(write func(*diffPage)) string {
	var b strings.Builder
	q := &diffPage{newPage(&b, p.o.Options), p.o}
	write(q)
	if err := q.close(); err != nil && p.err == nil {
		p.err = err
	}
	return b.String()
}
