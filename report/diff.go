package report

import (
	"fmt"
	"io"
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
	o      DiffOptions
	indent string // before what differs
}

// DiffText writes how two builds differ: what each was, then the kinds of difference
// that are asked for. Those that can be the cause of others come first: what began
// the making, then commands, environment, tools and sources; then what follows from
// them, and times last. "-" is before what is of A, "+" before what is of B.
func DiffText(w io.Writer, d compare.Diff, o DiffOptions) error {
	p := &diffPage{newPage(w, o.Options), o, manyIndent}
	p.sides(d)
	if o.shows(DiffWhy) {
		p.why("A", d.AgainA)
		p.why("B", d.AgainB)
	}
	if o.shows(DiffTargets) {
		p.changed(d)
	}
	if o.shows(DiffFiles) {
		p.files("tools", d.Files, true)
	}
	if o.shows(DiffTargets) {
		p.madeOnce(d)
	}
	if o.shows(DiffProcesses) {
		p.processes(d)
	}
	if o.shows(DiffFiles) {
		p.files("files of the system", d.Files, false)
	}
	if !o.Differs(d) && !slices.Equal(o.Only, []string{DiffWhy}) {
		p.printf("\n%s\n", p.in(bold, p.nothing(d)))
	}
	if o.shows(DiffTime) {
		p.slower(d.Slower)
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

// sides writes what each build was.
func (p *diffPage) sides(d compare.Diff) {
	column := max(len([]rune(Name(p.o.A))), len([]rune(Name(p.o.B))))
	for i, s := range []compare.Side{d.A, d.B} {
		file, mark := p.o.A, "A"
		if i == 1 {
			file, mark = p.o.B, "B"
		}
		line := command(s.Command)
		if d.A.Root != d.B.Root {
			line += " in " + Name(s.Root)
		}
		if d.A.Host != d.B.Host {
			line += " on " + Name(s.Host)
		}
		indent := column + 5
		p.printf("%s  %-*s  %s\n", p.in(bold, mark), column, Name(file), p.cut(line, indent))
		line = fmt.Sprintf("%s, %s, %s, CPU %s", count(s.Targets, "target"), plural(s.Programs, "program run", "programs run"), took(s.Wall, s.Unended), took(s.CPU, s.Unended))
		switch {
		case s.Unended:
			line += p.in(yellow, ", exit status not known")
		case s.ExitCode != 0:
			line += p.in(yellow, fmt.Sprintf(", exit status %d", s.ExitCode))
		}
		p.printf("%*s%s\n", indent, "", p.wrap(line, indent))
	}
	p.failed("A", d.A)
	p.failed("B", d.B)
	a, b := d.Idle()
	p.idle("A", a, d.A)
	p.idle("B", b, d.B)
}

// failed says which recipes made a build fail: much else follows from that.
func (p *diffPage) failed(side string, s compare.Side) {
	if s.ExitCode == 0 {
		return
	}
	p.printf("\n%s\n", p.in(yellow, side+" failed"))
	for i, f := range s.Failed {
		if i == unlikeShown && len(s.Failed) > unlikeShown+1 && !p.o.All {
			p.printf("  (%d more)\n", len(s.Failed)-i)
			break
		}
		status := ": " + howEnded(f.Exit)
		p.printf("  %s%s\n", p.cut(Name(f.Name), 2+len(status)), status)
	}
	if len(s.Failed) == 0 {
		p.printf("  %s, and no recipe is known to have failed\n", howEnded(s.ExitCode))
	}
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
	a, b, shell := h.Shell()
	if len(a) > 0 {
		p.printf("%s%s\n", indent, p.minus(p.words(a, shell, len(indent)+2)))
	}
	if len(b) > 0 {
		p.printf("%s%s\n", indent, p.plus(p.words(b, shell, len(indent)+2)))
	}
}

// lines writes the lines in which two scripts differ.
func (p *diffPage) lines(hs []compare.Hunk, indent string) {
	for _, h := range hs {
		for _, l := range h.A {
			p.printf("%s%s\n", indent, p.minus(p.cut(Line(l), len(indent)+2)))
		}
		for _, l := range h.B {
			p.printf("%s%s\n", indent, p.plus(p.cut(Line(l), len(indent)+2)))
		}
	}
}

// words are words of a command line, cut to the line unless all is wanted.
// Those that are as a shell takes them have the quotes they need.
func (p *diffPage) words(words []string, shell bool, used int) string {
	shown := make([]string, len(words))
	for i, w := range words {
		if shell {
			shown[i] = Line(w)
		} else {
			shown[i] = shellWord(w)
		}
	}
	return p.cut(strings.Join(shown, " "), used)
}
