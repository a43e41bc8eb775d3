package report

import (
	"fmt"
	"slices"
	"strings"

	"buildgraph/graph"
)

func (p *statsPage) files() {
	p.reads("files of the project read most", func(c graph.Class) bool { return c == graph.Project || c == graph.Generated })
	p.printf("\n")
	p.reads("other files read most", func(c graph.Class) bool { return c == graph.System || c == graph.Tool })
	p.printf("\n")
	p.heading("files written more than once: %s", number(len(p.s.Rewrites)))
	var rows [][]string
	for _, f := range p.s.Rewrites[:min(p.top, len(p.s.Rewrites))] {
		rows = append(rows, []string{number(f.Processes), programCounts(f.By, 3), Name(f.Path)})
	}
	if len(rows) > 0 {
		p.table([]align{right, left, rest}, []string{"times", "by", "file"}, rows)
		p.more(len(p.s.Rewrites))
	}
	p.printf("\n")
	p.unread()
}

func (p *statsPage) reads(what string, wanted func(graph.Class) bool) {
	list := slices.DeleteFunc(slices.Clone(p.s.Reads), func(f graph.FileStats) bool { return !wanted(f.Class) })
	p.heading("%s", what)
	var rows [][]string
	for _, f := range list[:min(p.top, len(list))] {
		mark := ""
		if f.Class == graph.Generated {
			mark = " (generated)"
		}
		rows = append(rows, []string{number(f.Programs), number(f.Count), Name(f.Path) + mark})
	}
	p.table([]align{right, right, rest}, []string{"programs", "uses", "file"}, rows)
	p.more(len(list))
}

// unread lists what was written and never read: what is left at the end is what the
// build was for, or waste; what was temporary is waste.
func (p *statsPage) unread() {
	temporary := 0
	for _, f := range p.s.Unread {
		if f.Temporary {
			temporary++
		}
	}
	p.heading("files written and not read by anyone else: %s", number(len(p.s.Unread)))
	kept := len(p.s.Unread) - temporary
	var rows [][]string
	for _, f := range p.s.Unread[:min(p.top, kept)] {
		rows = append(rows, []string{Name(f.By), Name(f.Path)})
	}
	if len(rows) > 0 {
		p.table([]align{left, rest}, []string{"by", "file"}, rows)
		p.more(kept)
		p.note("Of those some are what the build is for.")
	}
	if temporary > 0 {
		p.printf("    %s for nothing, by %s\n", plural(temporary, "was temporary and made", "were temporary and made"), programCounts(temporaryBy(p.s.Unread[kept:]), 3))
	}
}

// temporaryBy counts files by the program that wrote them.
func temporaryBy(files []graph.UnreadFile) []graph.Count {
	of := map[string]int64{}
	for _, f := range files {
		of[f.By]++
	}
	return graph.Counts(of)
}

// programCounts says "sh 3, cp 2": the first of some counts.
func programCounts(list []graph.Count, most int) string {
	var words []string
	for i, c := range list {
		if i == most {
			words = append(words, "…")
			break
		}
		words = append(words, fmt.Sprintf("%s %s", Line(c.Name), number(c.N)))
	}
	return strings.Join(words, ", ")
}

// programNames says "cc1, gcc, …": the first of some counts.
func programNames(list []graph.Count, most int) string {
	var words []string
	for i, c := range list {
		if i == most {
			words = append(words, "…")
			break
		}
		words = append(words, Line(c.Name))
	}
	return strings.Join(words, ", ")
}

func (p *statsPage) lookups() {
	p.heading("names looked for in vain: %s times", number(p.s.Failed))
	var rows [][]string
	for _, d := range p.s.Lookups[:min(p.top, len(p.s.Lookups))] {
		rows = append(rows, []string{number(d.Failed), number(d.Found), optionOf(d), programNames(d.Programs, 2), directoryName(d)})
	}
	p.table([]align{right, right, left, left, rest}, []string{"in vain", "found", "option", "by", "directory"}, rows)
	p.more(len(p.s.Lookups))
	if len(rows) == 0 {
		return
	}
	p.note("A directory that costs many lookups and finds little belongs behind the others, or away. The trace counts lookups; it does not time them.")
}

func directoryName(d graph.SearchStats) string {
	if d.Missing {
		return Name(d.Dir) + " (not there)"
	}
	return Name(d.Dir)
}

// optionOf is the option that names a directory, and its place among its like.
func optionOf(d graph.SearchStats) string {
	switch {
	case d.Option == "":
		return ""
	case d.Of <= 1:
		return d.Option
	case d.First == d.Last:
		return fmt.Sprintf("%s %d of %d", d.Option, d.First, d.Of)
	}
	return fmt.Sprintf("%s %d-%d of %d", d.Option, d.First, d.Last, d.Of)
}
