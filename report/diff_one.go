package report

import (
	"fmt"
	"io"

	"buildgraph/graph/compare"
)

// DiffTargetText writes all about one target of two builds: how both made it, why
// they did, and then what differs, causes before what follows from them.
func DiffTargetText(w io.Writer, one compare.One, o DiffOptions) error {
	p := &diffPage{newPage(w, o.Options), o, oneIndent}
	p.printf("%s\n", p.in(bold, Name(one.Name)))
	p.made("A", o.A, one.A, one.B, one.FailedA)
	p.made("B", o.B, one.B, one.A, one.FailedB)
	same := one.Same() || sameRecipe(one.Recipe, one.A == nil || one.B == nil)
	if same {
		p.recipe(one.Recipe)
	}
	p.ways("A", one.WhyA)
	p.ways("B", one.WhyB)
	if one.Same() {
		p.printf("\n%s\n", p.in(bold, "no difference"))
		return p.close()
	}
	if c := one.Change; c != nil {
		p.differences(*c, one.Recipe, same)
	}
	return p.close()
}

// differences writes in what a target that both builds made differs.
func (p *diffPage) differences(c compare.Change, recipe []compare.Row, same bool) {
	for _, a := range aspects {
		if a.what == aspectCommand && !same {
			p.twoRecipes(recipe)
			continue
		}
		if items := a.items(p, c); len(items) > 0 {
			p.printf("\n%s\n", p.in(bold, a.what))
			p.block(items)
		}
	}
}

// made says whether one build made the target.
func (p *diffPage) made(side, file string, m, other *compare.Made, failed bool) {
	sign := p.minus
	if side == "B" {
		sign = p.plus
	}
	if m == nil {
		why := "up to date there, or not asked for"
		if failed {
			why = "that build failed, and may not have come to it"
		}
		p.printf("  %s\n", p.wrap(fmt.Sprintf("not made in %s (%s): %s", side, Name(file), why), 2))
		return
	}
	line := fmt.Sprintf("%s in %s, CPU %s", side, seconds(m.Wall), seconds(m.CPU))
	if m.Runs > 1 {
		line += fmt.Sprintf(", %d runs", m.Runs)
	}
	if m.Exit != 0 {
		line += p.in(yellow, fmt.Sprintf(", exit status %d", m.Exit))
	}
	switch {
	case other == nil && m.Failed:
		p.printf("%s\n", sign("failed in "+line))
	case other == nil:
		p.printf("%s\n", sign("made only in "+line))
	case m.Failed:
		p.printf("  failed in %s\n", line)
	default:
		p.printf("  made in %s\n", line)
	}
}
