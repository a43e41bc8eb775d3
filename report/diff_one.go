package report

import (
	"fmt"
	"io"
	"strings"

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
			if text := p.rendered(func(q *diffPage) { a.write(q, *one.Change) }); text != "" {
				p.printf("\n%s\n%s", p.in(bold, a.what), text)
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
		p.printf("%s\n", sign(fmt.Sprintf("not made in %s (%s): up to date there, or not asked for", side, Name(file))))
		return
	}
	line := fmt.Sprintf("%s in %s, CPU %s", side, seconds(m.Wall), seconds(m.CPU))
	if m.Runs > 1 {
		line += fmt.Sprintf(", %d runs", m.Runs)
	}
	if m.Exit != 0 {
		line += p.in(yellow, fmt.Sprintf(", exit status %d", m.Exit))
	}
	if other == nil {
		p.printf("%s\n", sign("made only in "+line))
	} else {
		p.printf("  made in %s\n", line)
	}
	p.printf("    %s\n", p.in(dim, p.clipWords(words, 4)))
}

// ways writes why a build made the target: from the target to what began it.
func (p *diffPage) ways(side string, ways []compare.Why) {
	if len(ways) == 0 {
		return
	}
	p.printf("\n%s\n", p.in(bold, "why "+side+" made it"))
	for _, way := range ways {
		var names []string
		for _, step := range way {
			names = append(names, Name(step.Name))
		}
		last := way[len(way)-1]
		if len(way) > 1 {
			p.printf("  from what it had made before: %s\n", strings.Join(names, " <- "))
		}
		p.printf("  %s: %s\n", Name(last.Name), p.because(side, last))
	}
}

// because is the reason of the last target of a way.
func (p *diffPage) because(side string, t compare.Remade) string {
	switch t.Reason {
	case compare.ReasonAbsent:
		return "it was not there when " + side + " looked for it"
	case compare.ReasonNoFile:
		return "it is no file: its recipe runs every time"
	case compare.ReasonAlways:
		return "it is made every time: make -B, or it depends on what is no file"
	case compare.ReasonCommand:
		return "its command is another one than in the other build"
	case compare.ReasonUnknown:
		if len(t.Files) == 0 {
			return side + " does not show why, and knows no input that it did not make itself"
		}
		return side + " does not show why; inputs that can have changed before it: " + p.names(t.Files)
	}
	return "made from what " + side + " had made before"
}
