package report

import (
	"fmt"
	"slices"
	"strings"

	"buildgraph/graph/compare"
)

// changed writes what both builds made, differently; targets that differ alike stand
// together.
func (p *diffPage) changed(d compare.Diff) {
	if len(d.Changed) == 0 {
		return
	}
	p.printf("\n%s\n", p.in(bold, "targets"))
	p.printf("  ~ %d of %s made by both differ\n", len(d.Changed), count(d.Common, "target"))
	for _, a := range aspects {
		p.aspect(a, d)
	}
}

// madeOnce writes what one build only made.
func (p *diffPage) madeOnce(d compare.Diff) {
	if len(d.OnlyA)+len(d.OnlyB) == 0 {
		return
	}
	p.printf("\n%s\n", p.in(bold, "targets made in one build only"))
	p.only(d.OnlyA, "A", p.minus, "B", d.B)
	p.only(d.OnlyB, "B", p.plus, "A", d.A)
}

// only writes the targets of one build, and what may be the reason that the other did
// not make them.
func (p *diffPage) only(list []compare.Target, side string, sign func(string) string, other string, s compare.Side) {
	if len(list) == 0 {
		return
	}
	var named []string
	var nameless []compare.Target
	for _, t := range list {
		if t.Name != "" {
			named = append(named, t.Name)
		} else {
			nameless = append(nameless, t)
		}
	}
	if len(named) > 0 {
		p.printf("  %s\n", sign(p.listed(fmt.Sprintf("%d made in %s only: ", len(named), side), named, 4)))
		if s.ExitCode == 0 {
			p.printf("    %s\n", p.in(dim, "(up to date in "+other+", or not asked for)"))
		}
	}
	p.nameless(nameless, side, sign)
	if s.ExitCode != 0 {
		p.printf("    %s\n", p.in(dim, "("+other+" failed, and may not have come to them)"))
	}
}

// nameless writes the recipes without a target of one build.
func (p *diffPage) nameless(list []compare.Target, side string, sign func(string) string) {
	for i, t := range list {
		if i == namesShown && len(list) > namesShown+1 && !p.o.All {
			p.printf("  %s\n", sign(fmt.Sprintf("(%d more recipes without a target in %s only)", len(list)-i, side)))
			break
		}
		times := ""
		if t.Runs > 1 {
			times = fmt.Sprintf(", %s times", number(t.Runs))
		}
		p.printf("  %s\n", sign("recipe without a target in "+side+" only"+times+": "+p.cut(Line(t.Command), 40+len(times))))
	}
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
		whose := p.listed(a.what+" of ", targets, 4)
		switch {
		case len(targets) == d.Common && d.Common > 1:
			whose = fmt.Sprintf("%s of all %d", a.what, d.Common)
		case len(targets) > namesShown:
			whose = p.listed(fmt.Sprintf("%s of %d: ", a.what, len(targets)), targets, 4)
		}
		p.printf("    %s\n", whose)
		p.block(blocks[key])
	}
}

// block writes items, the first of many.
func (p *diffPage) block(items []string) {
	for i, item := range items {
		if i == filesShown && len(items) > filesShown+1 && !p.o.All {
			p.printf("%s(%d more; --all shows them)\n", p.indent, len(items)-i)
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
	q := &diffPage{newPage(&b, p.o.Options), p.o, p.indent}
	write(q)
	if err := q.close(); err != nil && p.err == nil {
		p.err = err
	}
	return b.String()
}
