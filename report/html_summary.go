package report

import (
	"fmt"
	"slices"
	"strings"

	"buildgraph/graph"
)

// where names the machine.
func where(b Build) string {
	var parts []string
	for _, s := range []string{b.Host, b.Machine} {
		if s != "" {
			parts = append(parts, Line(s))
		}
	}
	if b.Kernel != "" {
		parts = append(parts, "Linux "+Line(b.Kernel))
	}
	return strings.Join(parts, ", ")
}

func tiles(p Page) []tile {
	wall, cpu, unended := p.Timeline.Wall, int64(0), p.Timeline.Unended
	for _, q := range p.Timeline.Processes {
		cpu += q.CPU
	}
	sources := 0
	for _, f := range p.Actions.Files {
		if f.Class == graph.Project && f.Readers > 0 {
			sources++
		}
	}
	width := tile{"CPU time", atLeast(cpu, unended), ""}
	switch busy := float64(cpu) / float64(max(wall, 1)); {
	case unended:
		width.Note = "what still ran is not in it"
	case wall <= 0 || cpu <= 0 || p.Build.Cores > 0 && busy > float64(p.Build.Cores)+0.05:
	case p.Build.Cores > 0:
		width.Note = fmt.Sprintf("%.1f of %s", busy, plural(p.Build.Cores, "core", "cores"))
	default:
		width.Note = fmt.Sprintf("%.1f at a time", busy)
	}
	failed := 0
	for _, r := range p.Timeline.Recipes {
		if r.Failed() {
			failed++
		}
	}
	recipes := tile{"Recipes", number(len(p.Timeline.Recipes)), ""}
	switch {
	case p.Timeline.RecipesLost && len(p.Timeline.Recipes) == 0:
		recipes.Value, recipes.Note = "not known", "the capture was killed"
	case failed > 0:
		recipes.Note = fmt.Sprintf("%s failed", number(failed))
	case p.Timeline.Lanes > 0:
		recipes.Note = "in " + count(p.Timeline.Lanes, "job slot")
	}
	status := fmt.Sprintf("exit status %d", p.Build.ExitCode)
	if unended {
		status = "exit status not known"
	}
	return []tile{
		{"Wall time", atLeast(wall, unended), status},
		width, recipes,
		{"Processes", number(len(p.Timeline.Processes)), largest(p.Timeline.Processes)},
		{"Files made", number(p.Outputs), ""},
		{"Sources read", number(sources), "of " + plural(len(p.Actions.Files), "lasting file", "lasting files") + " used"},
	}
}

// atLeast is a time of a build; of one that was not seen to end not all is known.
func atLeast(ns int64, unended bool) string {
	if unended {
		return "at least " + span(ns)
	}
	return span(ns)
}

// largest tells of the memory of the largest process, "" where that is not known.
func largest(processes []graph.Span) string {
	most := int64(0)
	for _, q := range processes {
		most = max(most, q.MaxRSS)
	}
	if most == 0 {
		return ""
	}
	return "up to " + size(most) + " each"
}

// span is a duration for a person: three digits and a unit.
func span(ns int64) string {
	switch s := float64(ns) / 1e9; {
	case ns < 1e6:
		return fmt.Sprintf("%d µs", ns/1000)
	case s < 0.1:
		return fmt.Sprintf("%.1f ms", s*1e3)
	case s < 1:
		return fmt.Sprintf("%.0f ms", s*1e3)
	case s < 100:
		return fmt.Sprintf("%.2f s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %02d s", int(s)/60, int(s)%60)
	default:
		return fmt.Sprintf("%d h %02d min", int(s)/3600, int(s)/60%60)
	}
}

// alerts say whether the build and its trace are whole.
func alerts(p Page) []alert {
	var list []alert
	b := p.Build
	switch {
	case p.Timeline.Unended:
		a := alert{Level: "warn", Title: "The build was not seen to end: how it ended is not known, and what it did later is not here"}
		if p.Timeline.RecipesLost {
			a.Lines = []string{"The capture was killed: which recipes make ran that still ran itself is not known."}
		}
		list = append(list, a)
	case b.ExitCode != 0:
		a := alert{Level: "bad", Title: fmt.Sprintf("The build failed: %s", howEnded(b.ExitCode))}
		failed := slices.DeleteFunc(slices.Clone(p.Timeline.Recipes), func(r graph.Span) bool { return !r.Failed() })
		// A recipe that ran a make fails because of one below it.
		slices.SortStableFunc(failed, func(a, b graph.Span) int { return b.Depth - a.Depth })
		for i, r := range failed {
			if i == reasonsShown {
				a.Lines = append(a.Lines, fmt.Sprintf("and %s more", count(len(failed)-i, "recipe")))
				break
			}
			a.Lines = append(a.Lines, fmt.Sprintf("%s: %s", Name(r.Name), howEnded(exitStatus(r))))
		}
		list = append(list, a)
	}
	if !b.Complete {
		a := alert{Level: "warn", Title: "The trace is incomplete: files may be lacking here"}
		for i, why := range b.Why {
			if i == reasonsShown {
				a.Lines = append(a.Lines, fmt.Sprintf("and %s more", count(len(b.Why)-i, "reason")))
				break
			}
			a.Lines = append(a.Lines, Line(why))
		}
		list = append(list, a)
	}
	if len(list) == 0 {
		list = append(list, alert{Level: "good", Title: "The build succeeded, and the trace is complete: nothing was lost"})
	}
	return list
}

// howEnded tells of an exit status.
func howEnded(status int) string {
	if status > 128 && status < 128+65 {
		return fmt.Sprintf("killed by signal %d", status-128)
	}
	return fmt.Sprintf("exit status %d", status)
}
