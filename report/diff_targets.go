package report

import (
	"fmt"
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
	p.printf("  ~ %d of %s made differently\n", len(d.Changed), count(d.Common, "target")+" that both made")
	for _, a := range aspects {
		p.aspect(a, d.Changed)
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
	write func(*diffPage, compare.Change) // nothing where they do not differ in it
}

// aspects are all of them, in the order in which a person would look.
var aspects = []aspect{
	{"command", func(p *diffPage, c compare.Change) { p.hunks(c.Command, changeIndent) }},
	{"what the command ran", func(p *diffPage, c compare.Change) {
		for _, in := range c.Programs {
			p.printf("%s%s\n", changeIndent, Name(in.Program))
			p.hunks(in.Words, changeIndent+"  ")
		}
	}},
	{"tool", func(p *diffPage, c compare.Change) {
		for _, t := range c.Tools {
			p.printf("%s%s\n", changeIndent, p.minus(Name(t.Program)+"  is "+p.names(t.A)))
			p.printf("%s%s\n", changeIndent, p.plus(Name(t.Program)+"  is "+p.names(t.B)))
		}
	}},
	{"environment", (*diffPage).variables},
	{"inputs", (*diffPage).inputs},
	{"exit status", func(p *diffPage, c compare.Change) { p.pair(c.Exit, "exit status %d") }},
	{"runs", func(p *diffPage, c compare.Change) { p.pair(c.Runs, "run %d times") }},
}

// changeIndent is before what differs.
const changeIndent = "        "

func (p *diffPage) pair(n *compare.Pair, format string) {
	if n != nil {
		p.printf("%s%s\n%s%s\n", changeIndent, p.minus(fmt.Sprintf(format, n.A)), changeIndent, p.plus(fmt.Sprintf(format, n.B)))
	}
}

// variables writes how the environment differs.
func (p *diffPage) variables(c compare.Change) {
	for _, v := range c.Env {
		note := ""
		if v.Hidden != "" {
			note = "  (" + v.Hidden + ")"
		}
		if v.A != nil {
			p.printf("%s%s%s\n", changeIndent, p.minus(p.clip(Line(v.Name+"="+*v.A), len(changeIndent)+2)), note)
		}
		if v.B != nil {
			p.printf("%s%s%s\n", changeIndent, p.plus(p.clip(Line(v.Name+"="+*v.B), len(changeIndent)+2)), note)
		}
	}
}

func (p *diffPage) inputs(c compare.Change) {
	for _, side := range []struct {
		list []compare.Input
		sign func(string) string
	}{{c.Removed, p.minus}, {c.Added, p.plus}} {
		for i, in := range side.list {
			if i == filesShown && len(side.list) > filesShown+1 && !p.o.All {
				p.printf("%s%s\n", changeIndent, side.sign(fmt.Sprintf("(%d more)", len(side.list)-i)))
				break
			}
			p.printf("%s%s\n", changeIndent, side.sign(Name(in.Path)+"  "+string(in.Class)))
		}
	}
}

// aspect writes one way in which targets differ: those that do so alike together.
func (p *diffPage) aspect(a aspect, changed []compare.Change) {
	groups := map[string][]string{}
	var order []string
	for _, c := range changed {
		text := p.rendered(func(q *diffPage) { a.write(q, c) })
		if text == "" {
			continue
		}
		if groups[text] == nil {
			order = append(order, text)
		}
		groups[text] = append(groups[text], c.Name)
	}
	for i, text := range order {
		if i == unlikeShown && len(order) > unlikeShown+1 && !p.o.All {
			n := 0
			for _, t := range order[i:] {
				n += len(groups[t])
			}
			p.printf("    %s of %s more, each in another way (--all shows them; diff A B TARGET shows one)\n", a.what, count(n, "target"))
			return
		}
		p.printf("    %s of %s\n%s", a.what, p.names(groups[text]), text)
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

// why writes why one build made what was there before.
func (p *diffPage) why(side string, a *compare.Again) {
	if a == nil {
		return
	}
	p.printf("\n%s\n", p.in(bold, "why "+side+" made what it made"))
	for i, c := range a.Causes {
		if i == unlikeShown && len(a.Causes) > unlikeShown+1 && !p.o.All {
			p.printf("  (%d more files that would explain as much or less; --all shows them)\n", len(a.Causes)-i)
			break
		}
		p.cause(c)
	}
	if len(a.Causes) > 0 {
		p.printf("    %s\n", p.in(dim, "(no file was made by "+side+", and none belongs to a target that "+side+" found up to date;"))
		p.printf("    %s\n", p.in(dim, "a trace does not show whether it had changed)"))
	}
	by := map[compare.Reason][]string{}
	for _, t := range a.Targets {
		if t.Reason != compare.ReasonUnknown || len(t.Files) == 0 {
			by[t.Reason] = append(by[t.Reason], t.Name)
		}
	}
	for _, r := range reasons {
		if list := by[r.reason]; len(list) > 0 {
			p.printf("  %s %s\n", fmt.Sprintf(r.many, side)+":", p.names(list))
		}
	}
}

// cause writes what would explain some targets.
func (p *diffPage) cause(c compare.Cause) {
	files := p.names(c.Files)
	if len(c.Files) > 1 {
		files = "one of " + files
	}
	p.printf("  %s would explain %s\n", p.in(bold, files), p.names(c.Targets))
}

// reasons are those that a trace shows, in words; %s is the build.
var reasons = []struct {
	reason compare.Reason
	many   string
}{
	{compare.ReasonInput, "made from what %s had made before"},
	{compare.ReasonAbsent, "not there when %s looked for it"},
	{compare.ReasonCommand, "by another command than in the other build, in %s"},
	{compare.ReasonAlways, "made every time (-B, or made from what is no file), in %s"},
	{compare.ReasonNoFile, "no file, so that its recipe runs every time, in %s"},
	{compare.ReasonUnknown, "%s does not show why, and knows no file that it did not make itself"},
}
