package report

import (
	"fmt"
	"io"

	"buildgraph/graph/compare"
)

// DiffTargetText writes all about one target of two builds.
func DiffTargetText(w io.Writer, one compare.One, o DiffOptions) error {
	p := &diffPage{newPage(w, o.Options), o}
	p.printf("%s\n", p.in(bold, Name(one.Name)))
	p.made("A", o.A, one.A, one.B, one.CommandA)
	p.made("B", o.B, one.B, one.A, one.CommandB)
	switch {
	case one.Same():
		p.printf("\nno difference\n")
	case one.Change != nil:
		for _, a := range aspects {
			if items := a.items(p, *one.Change); len(items) > 0 {
				p.printf("\n%s\n", p.in(bold, a.what))
				p.block(items)
			}
		}
	}
	p.ways("A", one.WhyA)
	p.ways("B", one.WhyB)
	return p.close()
}

// made says whether and how one build made the target.
func (p *diffPage) made(side, file string, m, other *compare.Made, words []string) {
	sign := p.minus
	if side == "B" {
		sign = p.plus
	}
	if m == nil {
		p.printf("  not made in %s (%s): up to date there, or not asked for\n", side, Name(file))
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
	p.printf("    %s\n", p.in(dim, p.clipWords(words, 4)))
}
