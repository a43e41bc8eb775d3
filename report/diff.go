package report

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"buildgraph/graph/compare"
)

// The kinds of difference that DiffOptions.Only names.
const (
	DiffProcesses = "processes"
	DiffTargets   = "targets"
	DiffFiles     = "files"
	DiffWhy       = "why"
	DiffTime      = "time"
)

// DiffOptions says how a comparison is written.
type DiffOptions struct {
	Options
	A, B string   // the trace files, as they were named
	Only []string // the kinds that are shown; none: all
	All  bool     // every name, not the first few
}

// shows reports whether a kind of difference is asked for.
func (o DiffOptions) shows(kind string) bool {
	return len(o.Only) == 0 || slices.Contains(o.Only, kind)
}

// Differs reports whether there is a difference of the kinds shown. Why something
// was made is none, and time is one only where nothing else was asked for.
func (o DiffOptions) Differs(d compare.Diff) bool {
	return o.shows(DiffProcesses) && len(programs(d)) > 0 ||
		o.shows(DiffTargets) && len(d.OnlyA)+len(d.OnlyB)+len(d.Changed) > 0 ||
		o.shows(DiffFiles) && len(d.Files) > 0 ||
		slices.Equal(o.Only, []string{DiffTime}) && len(d.Slower) > 0
}

// programs are the programs that count as a difference: where one build had nothing to
// do, none.
func programs(d compare.Diff) []compare.ProcessChange {
	if a, b := d.Idle(); a || b {
		return nil
	}
	return d.Processes
}

// The colours of what is in one build only; the sign before it says the same.
const (
	red   style = "\x1b[31m"
	green style = "\x1b[32m"
)

// diffPage is a page on which two builds stand.
type diffPage struct {
	*page
	o DiffOptions
}

// DiffText writes how two builds differ: a line on each, then the kinds of
// difference that are asked for. "-" is before what is of A, "+" before what is of B.
func DiffText(w io.Writer, d compare.Diff, o DiffOptions) error {
	p := &diffPage{newPage(w, o.Options), o}
	p.sides(d)
	if o.shows(DiffProcesses) {
		p.processes(d)
	}
	if o.shows(DiffTargets) {
		p.targets(d)
	}
	if o.shows(DiffFiles) {
		p.files(d)
	}
	if o.shows(DiffWhy) {
		p.why("A", d.AgainA)
		p.why("B", d.AgainB)
	}
	if o.shows(DiffTime) {
		p.slower(d.Slower)
	}
	if !o.Differs(d) && !slices.Equal(o.Only, []string{DiffWhy}) {
		p.printf("\n%s\n", p.in(bold, p.nothing(d)))
	}
	return p.close()
}

// nothing says that there is no difference, and of what kind.
func (p *diffPage) nothing(d compare.Diff) string {
	what := "no difference"
	if len(p.o.Only) > 0 {
		what = "no difference in " + strings.Join(p.o.Only, ", ")
	} else if len(d.Slower) > 0 {
		what += " but time"
	}
	return fmt.Sprintf("%s: %s made by both", what, count(d.Common, "target"))
}

// sides writes a line on each build.
func (p *diffPage) sides(d compare.Diff) {
	column := max(len([]rune(Name(p.o.A))), len([]rune(Name(p.o.B))))
	for i, s := range []compare.Side{d.A, d.B} {
		file, mark := p.o.A, "A"
		if i == 1 {
			file, mark = p.o.B, "B"
		}
		line := fmt.Sprintf("%-*s  %s", column, Name(file), command(s.Command))
		if d.A.Root != d.B.Root {
			line += " in " + Name(s.Root)
		}
		if d.A.Host != d.B.Host {
			line += " on " + Name(s.Host)
		}
		line += fmt.Sprintf(": %s, %s, %s, CPU %s", count(s.Targets, "target"), count(s.Programs, "program"), seconds(s.Wall), seconds(s.CPU))
		if s.ExitCode != 0 {
			line += p.in(yellow, fmt.Sprintf(", exit status %d", s.ExitCode))
		}
		p.printf("%s  %s\n", p.in(bold, mark), line)
	}
	a, b := d.Idle()
	p.idle("A", a, d.A)
	p.idle("B", b, d.B)
}

// idle says that a build ran no recipe.
func (p *diffPage) idle(side string, idle bool, s compare.Side) {
	switch {
	case idle && s.ExitCode == 0 && s.Complete:
		p.printf("\n%s\n", p.in(bold, side+" ran no recipe: everything was up to date"))
	case idle:
		p.printf("\n%s\n", p.in(bold, side+" ran no recipe"))
	}
}

// minus and plus set off what is of A and what is of B.
func (p *diffPage) minus(text string) string { return p.in(red, "- "+text) }

func (p *diffPage) plus(text string) string { return p.in(green, "+ "+text) }

// namesShown is how many names stand in a line.
const namesShown = 5

// names is a list of names, its first few.
func (p *diffPage) names(list []string) string {
	shown := make([]string, 0, namesShown+1)
	for i, n := range list {
		if i == namesShown && len(list) > namesShown+1 && !p.o.All {
			return strings.Join(shown, ", ") + fmt.Sprintf(" and %d more", len(list)-i)
		}
		shown = append(shown, Name(n))
	}
	return strings.Join(shown, ", ")
}

// processes writes which programs ran in one build only, those of the same targets
// together.
func (p *diffPage) processes(d compare.Diff) {
	changes := programs(d)
	if len(changes) == 0 {
		return
	}
	p.printf("\n%s\n", p.in(bold, "processes"))
	type line struct {
		inB   bool
		whose string
	}
	programs := map[line][]string{}
	var order []line
	add := func(inB bool, program string, r compare.Runs) {
		if r.Count == 0 {
			return
		}
		var whose []string
		if len(r.Targets) > 0 {
			whose = append(whose, "for "+p.names(r.Targets))
		}
		switch {
		case r.Outside > 0 && len(r.Targets) > 0:
			whose = append(whose, fmt.Sprintf("%d outside of recipes", r.Outside))
		case r.Outside > 0:
			whose = append(whose, "outside of recipes")
		}
		l := line{inB, strings.Join(whose, ", ")}
		if programs[l] == nil {
			order = append(order, l)
		}
		programs[l] = append(programs[l], fmt.Sprintf("%d %s", r.Count, Name(program)))
	}
	for _, c := range changes {
		add(false, c.Program, c.OnlyA)
		add(true, c.Program, c.OnlyB)
	}
	for _, l := range order {
		text := strings.Join(programs[l], ", ")
		if l.inB {
			p.printf("  %s, %s\n", p.plus(text+" in B only"), l.whose)
		} else {
			p.printf("  %s, %s\n", p.minus(text+" in A only"), l.whose)
		}
	}
	for _, c := range changes {
		if c.Changed > 0 {
			p.printf("  ~ %d %s outside of recipes with other arguments\n", c.Changed, Name(c.Program))
			p.hunks(c.Words, changeIndent)
		}
	}
}

// hunksShown is how many places of one command line are shown.
const hunksShown = 8

// hunks writes the words that differ, those of A above those of B.
func (p *diffPage) hunks(hs []compare.Hunk, indent string) {
	for i, h := range hs {
		if i == hunksShown && len(hs) > hunksShown+1 && !p.o.All {
			p.printf("%s(%d more places)\n", indent, len(hs)-i)
			return
		}
		p.hunk(h, indent)
	}
}

func (p *diffPage) hunk(h compare.Hunk, indent string) {
	if lines := h.Lines(); lines != nil {
		p.lines(lines, indent)
		return
	}
	if len(h.A) > 0 {
		p.printf("%s%s\n", indent, p.minus(p.clipWords(h.A, len(indent)+2)))
	}
	if len(h.B) > 0 {
		p.printf("%s%s\n", indent, p.plus(p.clipWords(h.B, len(indent)+2)))
	}
}

// lines writes the lines in which two scripts differ.
func (p *diffPage) lines(hs []compare.Hunk, indent string) {
	for _, h := range hs {
		for _, l := range h.A {
			p.printf("%s%s\n", indent, p.minus(p.clip(Line(l), len(indent)+2)))
		}
		for _, l := range h.B {
			p.printf("%s%s\n", indent, p.plus(p.clip(Line(l), len(indent)+2)))
		}
	}
}

// clipWords are words of a command line, cut to the line unless all is wanted.
func (p *diffPage) clipWords(words []string, used int) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = shellWord(w)
	}
	line := strings.Join(quoted, " ")
	if p.o.All {
		return line
	}
	if p.o.Width == 0 {
		return shorten(line, 4*commandColumns)
	}
	return shorten(line, max(p.o.Width-used, 16))
}

// filesShown is how many system files are shown.
const filesShown = 20

// files writes the system files and tools that only one build used.
func (p *diffPage) files(d compare.Diff) {
	if len(d.Files) == 0 {
		return
	}
	p.printf("\n%s\n", p.in(bold, "files of the system, and tools"))
	for _, in := range []bool{false, true} {
		var list []compare.FileChange
		for _, f := range d.Files {
			if f.InB == in {
				list = append(list, f)
			}
		}
		sign, side := p.minus, "A"
		if in {
			sign, side = p.plus, "B"
		}
		for i, f := range list {
			if i == filesShown && len(list) > filesShown+1 && !p.o.All {
				p.printf("  %s\n", sign(fmt.Sprintf("%d more in %s only, most of them below %s", len(list)-i, side, Name(p.mostly(list[i:])))))
				break
			}
			p.printf("  %s  %s\n", sign(Name(f.Path)), p.in(dim, "for "+count(f.Targets, "target")+" in "+side))
		}
	}
}

// mostly is the directory that most of some files are in.
func (p *diffPage) mostly(list []compare.FileChange) string {
	in := map[string]int{}
	best := ""
	for _, f := range list {
		dir := path.Dir(f.Path)
		in[dir]++
		if best == "" || in[dir] > in[best] {
			best = dir
		}
	}
	return best
}
