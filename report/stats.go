package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"buildgraph/graph"
)

// The sections of statistics, in their order.
const (
	SectionBuild    = "build"
	SectionPrograms = "programs"
	SectionSteps    = "steps"
	SectionFiles    = "files"
	SectionLookups  = "lookups"
)

// StatsSections are the sections that can be asked for.
var StatsSections = []string{SectionBuild, SectionPrograms, SectionSteps, SectionFiles, SectionLookups}

// StatsOptions say what of the statistics is shown.
type StatsOptions struct {
	Top      int      // rows of each table of text, 0: all
	Sections []string // nil: all
}

func (so StatsOptions) wants(section string) bool {
	return so.Sections == nil || slices.Contains(so.Sections, section)
}

// StatsText writes the statistics for a person: a few tables, the most of each
// first.
func StatsText(w io.Writer, s graph.Stats, so StatsOptions, o Options) error {
	p := &statsPage{page: newPage(w, o), top: so.Top, s: s}
	if p.top == 0 {
		p.top = math.MaxInt
	}
	shown := 0
	for _, section := range []struct {
		name  string
		write func()
	}{
		{SectionBuild, p.build}, {SectionPrograms, p.programs}, {SectionSteps, p.steps}, {SectionFiles, p.files}, {SectionLookups, p.lookups},
	} {
		if !so.wants(section.name) {
			continue
		}
		if shown++; shown > 1 {
			p.printf("\n")
		}
		section.write()
	}
	return p.close()
}

type statsPage struct {
	*page
	top int
	s   graph.Stats
}

func (p *statsPage) heading(format string, args ...any) {
	p.printf("%s\n", p.in(bold, fmt.Sprintf(format, args...)))
}

// more says how much a table leaves out.
func (p *statsPage) more(all int) {
	if all > p.top {
		p.printf("    %s\n", p.in(dim, fmt.Sprintf("and %s more (--top %d shows all)", number(all-p.top), all)))
	}
}

func (p *statsPage) build() {
	b := p.s.Build
	p.heading("%s", shorten(command(b.Command), max(commandColumns, p.o.Width)))
	line := func(name, format string, args ...any) {
		p.printf("    %-13s %s\n", name, fmt.Sprintf(format, args...))
	}
	switch {
	case b.Unended:
		line("exit status", "not known: the build was not seen to end; what it did later is not counted")
	case b.ExitCode != 0:
		line("exit status", "%d: what it did not come to is not counted", b.ExitCode)
	}
	line("wall clock", "%s", took(b.Wall, b.Unended))
	busy := ""
	if cores, known := b.Busy(); known {
		busy = fmt.Sprintf(", %.2f cores busy on average", cores)
	}
	if b.Unended {
		busy = ": what still ran is not in it"
	}
	line("CPU", "%s%s", took(b.CPU, b.Unended), busy)
	p.machine(b, line)
	known := ""
	if b.Unended {
		known = " are known"
	}
	line("processes", "%s%s, at most %s at work at once", number(b.Processes), known, number(b.Peak))
	line("programs run", "%s", number(b.Execs))
	switch {
	case b.Recipes > 0 && b.RecipesLost:
		line("recipes", "%s are known, at most %s at once", number(b.Recipes), number(b.PeakSteps))
	case b.Recipes > 0:
		line("recipes", "%s, at most %s at once", number(b.Recipes), number(b.PeakSteps))
	case b.RecipesLost:
		line("recipes", "not known: %s", cutShort)
	}
	line("files", "%s, directories and temporary files among them", number(b.Existing))
	if more := b.Files - b.Existing; more > 0 {
		line("", "and %s looked for and never there", plural(more, "name that was", "names that were"))
	}
}

// cutShort says why recipes are not known.
const cutShort = "the capture was killed"

// machine tells of the cores, and of the time that they stood idle in two ways: what
// the build left, and what the kernel counted for everything that ran.
func (p *statsPage) machine(b graph.BuildStats, line func(string, string, ...any)) {
	m := b.Machine
	if m.Cores == 0 {
		line("machine", "not known: the trace does not say how many cores there were")
		return
	}
	cores := plural(m.Cores, "core", "cores")
	if u := b.Usable(); u < m.Cores {
		cores += fmt.Sprintf(", of which the build could use %d", u)
	}
	if m.Memory > 0 {
		cores += ", " + size(m.Memory) + " of memory"
	}
	line("machine", "%s", cores)
	if m.Model != "" {
		line("processor", "%s", Line(m.Model))
	}
	all := int64(b.Usable()) * b.Wall
	if b.KnowsIdle() {
		line("left idle", "%s: what the build did not use of %s", share(b.IdleLeft(), all), plural(b.Usable(), "core", "cores"))
	}
	const tick = 10_000_000 // ns: the kernel's unit of these counts
	late := max(b.Wall/100, tick)
	if whole := m.Busy + m.Idle + m.Steal; whole > 0 && m.Span >= b.Wall-late { // else the counting began too late
		line("stood idle", "%s: by the kernel's count, whoever ran", share(m.Idle, whole))
	}
}

func (p *statsPage) programs() {
	cells := func(w graph.WorkStats, name string) []string {
		failed := ""
		if w.Failed > 0 {
			failed = number(w.Failed)
		}
		return []string{number(w.Runs), seconds(w.CPU), percent(w.CPU, p.s.Build.CPU), seconds(w.Own), seconds(w.Longest), failed, name}
	}
	columns := []align{right, right, right, right, right, right, rest}
	headings := func(what string) []string {
		return []string{"runs", "CPU", "share", "own time", "longest", "failed", what}
	}
	p.heading("what ran, by role")
	var rows [][]string
	for _, r := range p.s.Roles {
		rows = append(rows, cells(r, string(r.Role)))
	}
	p.table(columns, headings("role"), rows)
	p.printf("\n")
	p.heading("what ran, by program")
	rows = nil
	for _, r := range p.s.Programs[:min(p.top, len(p.s.Programs))] {
		name := Name(r.Name)
		if r.Role != graph.RoleOther {
			name += " (" + string(r.Role) + ")"
		}
		rows = append(rows, cells(r, name))
	}
	p.table(columns, headings("program"), rows)
	p.more(len(p.s.Programs))
	if len(rows) > 0 {
		p.note("CPU and own time are each program's own, without what its children took; the longest run includes them.")
	}
}

// note writes a sentence about a table, wrapped to the page.
func (p *page) note(sentence string) {
	width := 80
	if p.o.Width > 0 {
		width = min(width, p.o.Width)
	}
	line := "   "
	for _, w := range strings.Fields(sentence) {
		if len(line)+1+len(w) > width && line != "   " {
			p.printf("%s\n", p.in(dim, line))
			line = "   "
		}
		line += " " + w
	}
	p.printf("%s\n", p.in(dim, line))
}

func (p *statsPage) steps() {
	if len(p.s.Recipes) == 0 {
		p.heading("recipes")
		if p.s.Build.RecipesLost {
			p.printf("    not known: %s\n", cutShort)
		} else {
			p.printf("    none: no make or ninja ran one in this build\n")
		}
		return
	}
	p.ranking("slowest recipes", func(r graph.RecipeStats) int64 { return r.Wall }, true)
	p.printf("\n")
	p.ranking("recipes that read most files", func(r graph.RecipeStats) int64 { return int64(r.Inputs) }, false)
	p.printf("\n")
	p.ranking("recipes that took most memory", func(r graph.RecipeStats) int64 { return r.Memory }, false)
}

// ranking is a table of the recipes that have most of something. Those that only ran
// the recipes of another make are told of where that is asked for.
func (p *statsPage) ranking(what string, by func(graph.RecipeStats) int64, nested bool) {
	list := slices.Clone(p.s.Recipes)
	if !nested {
		list = slices.DeleteFunc(list, func(r graph.RecipeStats) bool { return r.Nested })
	}
	slices.SortStableFunc(list, func(a, b graph.RecipeStats) int {
		switch x, y := by(a), by(b); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	p.heading("%s", what)
	var rows [][]string
	for _, r := range list[:min(p.top, len(list))] {
		name := recipeName(r)
		if r.Nested {
			name += " (sub-make)"
		}
		rows = append(rows, []string{seconds(r.Wall), seconds(r.CPU), size(r.Memory), number(r.Inputs), number(r.Files), name})
	}
	p.table([]align{right, right, right, right, right, rest}, []string{"wall", "CPU", "memory", "read", "names", "target"}, rows)
	p.more(len(list))
}

// recipeName names a recipe by its target, else by what it ran.
func recipeName(r graph.RecipeStats) string {
	if r.Target != "" {
		return Name(r.Target)
	}
	return "(" + Line(r.Label) + ")"
}
