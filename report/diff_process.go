package report

import (
	"fmt"
	"slices"
	"strings"

	"buildgraph/graph"
	"buildgraph/graph/compare"
)

// programsShown is how many programs that ran in one build only are shown.
const programsShown = 10

// ran are the runs of a program that one build had and the other had not.
type ran struct {
	program string
	runs    compare.Runs
}

// processes writes which programs ran in one build only, a line each. What ran only
// for targets that the other build did not make follows from that, and is told
// together.
func (p *diffPage) processes(d compare.Diff) {
	changes := programs(d)
	if len(changes) == 0 {
		return
	}
	p.printf("\n%s\n", p.in(bold, "processes"))
	for _, c := range changes {
		if c.Changed > 0 {
			p.printf("  ~ %s\n", p.wrap(fmt.Sprintf("%d %s outside of recipes with other arguments", c.Changed, Name(c.Program)), 4))
			p.hunks(c.Words, p.indent)
		}
	}
	var a, b []ran
	for _, c := range changes {
		if c.OnlyA.Count > 0 {
			a = append(a, ran{c.Program, c.OnlyA})
		}
		if c.OnlyB.Count > 0 {
			b = append(b, ran{c.Program, c.OnlyB})
		}
	}
	p.ranOnce(a, "A", p.minus)
	p.ranOnce(b, "B", p.plus)
}

// ranOnce writes the programs of one build.
func (p *diffPage) ranOnce(list []ran, side string, sign func(string) string) {
	slices.SortStableFunc(list, func(a, b ran) int { return b.runs.Count - a.runs.Count })
	var rows, follow []ran
	for _, r := range list {
		if r.runs.Alone == r.runs.Count && !p.o.All {
			follow = append(follow, r)
		} else {
			rows = append(rows, r)
		}
	}
	for i, r := range rows {
		if i == programsShown && len(rows) > programsShown+1 && !p.o.All {
			p.printf("  %s\n", sign(fmt.Sprintf("and %d more programs in %s only (--all shows them)", len(rows)-i, side)))
			break
		}
		before := fmt.Sprintf("%d %s in %s only", r.runs.Count, Name(r.program), side)
		switch {
		case len(r.runs.Targets) == 0:
			before += ", outside of recipes"
		case r.runs.Outside > 0:
			before += fmt.Sprintf(", %d of them outside of recipes", r.runs.Outside)
		}
		if len(r.runs.Targets) == 0 {
			p.printf("  %s\n", sign(p.cut(before, 4)))
			continue
		}
		p.printf("  %s\n", sign(p.listed(before+", for ", r.runs.Targets, 4)))
	}
	if len(follow) == 0 {
		return
	}
	runs := 0
	var names []string
	for _, r := range follow {
		runs += r.runs.Count
		names = append(names, fmt.Sprintf("%d%s%s", r.runs.Count, together, Name(r.program)))
	}
	line := p.wrap(fmt.Sprintf("%s for targets that only %s made: %s", plural(runs, "run", "runs"), side, someOf(names)), 4)
	p.printf("  %s\n", sign(strings.ReplaceAll(line, together, " ")))
}

// together is a blank at which a line is not broken; no name that is shown holds it.
const together = "\x00"

// someOf are the first few of what is ready to be shown.
func someOf(list []string) string {
	if len(list) <= programsShown {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:programsShown], ", ") + fmt.Sprintf(" and %d more programs", len(list)-programsShown)
}

// filesShown is how many files are shown, those of one kind counted as one.
const filesShown = 20

// files writes the tools, or the other files of the system, that only one build used.
func (p *diffPage) files(heading string, files []compare.FileChange, tools bool) {
	files = slices.DeleteFunc(slices.Clone(files), func(f compare.FileChange) bool { return (f.Class == graph.Tool) != tools })
	if len(files) == 0 {
		return
	}
	p.printf("\n%s\n", p.in(bold, heading))
	for _, in := range []bool{false, true} {
		list := slices.DeleteFunc(slices.Clone(files), func(f compare.FileChange) bool { return f.InB != in })
		sign, side := p.minus, "A"
		if in {
			sign, side = p.plus, "B"
		}
		name := func(i int) string { return list[i].Path }
		rows := p.fold(len(list), name, func(int) string { return "" }, false)
		for i, f := range rows {
			if i == filesShown && len(rows) > filesShown+1 && !p.o.All {
				p.printf("  %s\n", sign(fmt.Sprintf("and %d more in %s only (--all shows them)", standFor(rows[i:]), side)))
				break
			}
			note := p.usedBy(list, f, side)
			if f.pattern == "" {
				p.printf("  %s%s\n", sign(p.cut(Name(name(f.files[0])), 4+len(note))), p.in(dim, note))
				continue
			}
			before := fmt.Sprintf("%s  %d files", Name(f.pattern), len(f.files))
			p.printf("  %s%s\n", sign(p.cut(before, 4+len(note))), p.in(dim, note))
		}
	}
}

// usedBy says for how many targets one build used a file, or the most used of several.
func (p *diffPage) usedBy(list []compare.FileChange, f folded, side string) string {
	least, most := list[f.files[0]].Targets, 0
	for _, i := range f.files {
		least, most = min(least, list[i].Targets), max(most, list[i].Targets)
	}
	if least < most {
		return fmt.Sprintf("  for %d to %d targets in %s", least, most, side)
	}
	return "  for " + count(most, "target") + " in " + side
}

// standFor is how many files rows stand for.
func standFor(rows []folded) int {
	n := 0
	for _, f := range rows {
		n += len(f.files)
	}
	return n
}
