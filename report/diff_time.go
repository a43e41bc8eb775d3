package report

import (
	"fmt"

	"buildgraph/graph/compare"
)

// slower writes what took longer.
func (p *diffPage) slower(list []compare.Slower) {
	for _, programs := range []bool{false, true} {
		var rows, waits []compare.Slower
		for _, s := range list {
			switch {
			case s.Program != programs:
			case s.Work:
				rows = append(rows, s)
			default:
				waits = append(waits, s)
			}
		}
		if len(rows)+len(waits) == 0 {
			continue
		}
		what := "time of targets"
		if programs {
			what = "time of programs, all runs together, without what they started"
		}
		p.printf("\n%s\n", p.in(bold, what))
		if len(waits) <= waitsShown || p.o.All {
			rows, waits = append(rows, waits...), nil
		}
		p.times(rows)
		p.waited(waits)
	}
}

const (
	timesShown = 15 // rows of times
	waitsShown = 3  // of them, rows of what only waited; more are told in a line
)

// numbersColumns is what the columns of times take of a line.
const numbersColumns = 4 + 2*10 + 12 + 1 + 2*10

// timedName is what was timed, with how often it ran where that differs.
func timedName(s compare.Slower) string {
	if s.RunsA == s.RunsB {
		return Name(s.Name)
	}
	return fmt.Sprintf("%s (%s, %d in B)", Name(s.Name), count(s.RunsA, "run"), s.RunsB)
}

func (p *diffPage) times(rows []compare.Slower) {
	if len(rows) == 0 {
		return
	}
	column := 0
	for _, s := range rows {
		column = widen(column, timedName(s))
	}
	if p.o.Width > 0 && !p.o.All {
		column = min(column, max(p.o.Width-numbersColumns, leastRest))
	}
	p.printf("    %-*s %9s %9s %11s  %9s %9s\n", column, "", "wall A", "wall B", "B - A", "CPU A", "CPU B")
	for i, s := range rows {
		if i == timesShown && len(rows) > timesShown+1 && !p.o.All {
			p.printf("    (%d more)\n", len(rows)-i)
			return
		}
		sign := p.plus
		if s.Work && s.CPUB < s.CPUA || !s.Work && s.WallB < s.WallA {
			sign = p.minus
		}
		name := timedName(s)
		if p.o.Width > 0 && !p.o.All {
			name = shorten(name, column)
		}
		text := fmt.Sprintf("%-*s %9s %9s %+9.3f s  %9s %9s", column, name, seconds(s.WallA), seconds(s.WallB),
			float64(s.WallB-s.WallA)/1e9, seconds(s.CPUA), seconds(s.CPUB))
		p.printf("  %s\n", sign(text))
	}
}

// waited tells of what took longer by the clock alone: with more jobs than cores, or
// on a machine that was busy, that is nearly everything.
func (p *diffPage) waited(rows []compare.Slower) {
	for _, inB := range []bool{false, true} {
		var names []string
		var sum int64
		for _, s := range rows {
			if longer := s.WallB - s.WallA; longer > 0 == inB {
				names = append(names, s.Name)
				sum += max(longer, -longer)
			}
		}
		if len(names) == 0 {
			continue
		}
		sign, side := p.minus, "A"
		if inB {
			sign, side = p.plus, "B"
		}
		before := fmt.Sprintf("%d waited longer in %s, %s in all, and used no more CPU: ", len(names), side, seconds(sum))
		p.printf("  %s\n", sign(p.wrap(before+p.names(names), 4)))
	}
}
