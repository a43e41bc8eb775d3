package audit

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"buildgraph/graph"
	"buildgraph/graph/declared"
	"buildgraph/store"
)

// Fix is what mends missing prerequisites and races.
type Fix struct {
	Edits  []Edit   // by makefile
	ByHand []Advice // what no line at the end of a makefile can mend
}

// Edit is what one makefile lacks. The lines belong at its end: there they change
// neither the default goal nor what was said before.
type Edit struct {
	Path      string   // absolute
	Makefile  string   // as shown
	Lines     []string // without newlines
	Findings  []Finding
	Generated string // what wrote the makefile, "" where people write it: an edit would not last
}

// Advice is a finding that somebody has to mend by hand.
type Advice struct {
	Finding Finding
	Why     string
}

// fixer collects what the makefiles lack.
type fixer struct {
	g     *graph.Graph
	r     *store.Reader
	text  map[string][]string // lines of makefiles that were read
	edits map[string]*draft
	out   Fix
}

// draft is an edit in the making.
type draft struct {
	tool     *declared.Tool
	needs    map[string][]string // prerequisite to targets, both as the makefile spells them
	orders   map[string][]string // order-only prerequisite to targets
	flags    map[string]bool     // variables that -MMD -MP goes to
	depdirs  map[string]bool     // where depfiles are
	system   bool                // headers are among the findings that -MMD would leave out
	findings []Finding
}

// Mend says what mends the missing and race findings among fs. It reads the
// makefiles, to fit what it adds to what is there, and changes nothing.
func Mend(g *graph.Graph, r *store.Reader, fs []Finding) (Fix, error) {
	x := &fixer{g: g, r: r, text: map[string][]string{}, edits: map[string]*draft{}}
	raced := map[string]bool{}
	for _, f := range fs {
		if f.Kind == Race {
			raced[f.Target+"\x00"+f.Input] = true
		}
	}
	for _, f := range fs {
		var why string
		switch {
		case f.tool == nil || f.Kind != Missing && f.Kind != Race:
			continue
		case f.tool.Kind != declared.KindMake:
			why = "the build files of " + f.tool.Kind + " are written by a generator: declare the file there (in CMake with DEPENDS)"
		case f.Kind == Missing:
			why = x.missing(f, raced[f.Target+"\x00"+f.Input])
		default:
			why = x.race(f)
		}
		if why != "" {
			x.out.ByHand = append(x.out.ByHand, Advice{f, why})
		}
	}
	if err := x.finish(); err != nil {
		return Fix{}, err
	}
	return x.out, nil
}

// draft is the edit of a makefile.
func (x *fixer) draft(makefile string, f Finding) *draft {
	d := x.edits[makefile]
	if d == nil {
		d = &draft{tool: f.tool, needs: map[string][]string{}, orders: map[string][]string{}, flags: map[string]bool{}, depdirs: map[string]bool{}}
		x.edits[makefile] = d
	}
	d.findings = append(d.findings, f)
	return d
}

// missing mends a missing prerequisite; why says what prevents it.
func (x *fixer) missing(f Finding, raced bool) (why string) {
	v := f.unit.rules
	targets, why := v.spelled(f.unit.of)
	if why != "" {
		return why
	}
	makefile, line, builtin := f.unit.location()
	if makefile == "" {
		return "the makefile is not known"
	}
	if f.nested {
		return "its recipe runs the make that makes the file: run that one in a rule of its own that always runs, and make its target a prerequisite"
	}
	if !raced && x.byCompiler(f) && (v.usesDepfiles() || !v.listsHeaders()) {
		if variable, ok := x.flagsOf(f, makefile, line, builtin); ok {
			d := x.draft(v.main(makefile), f)
			if variable != "" {
				d.flags[variable] = true
				d.system = d.system || ofSystem(f.path)
			}
			for _, t := range targets {
				d.depdirs[path.Dir(t)] = true
			}
			return ""
		}
	}
	if why := x.takesAll(f, makefile, line, builtin); why != "" {
		return why
	}
	prereq, ok := v.spell(f.path)
	if !ok {
		return "make cannot be told of a file with such a name"
	}
	d := x.draft(v.main(makefile), f)
	for _, t := range targets {
		add(d.needs, prereq, t)
	}
	return ""
}

// race mends a missing order, in the last make that the two recipes have in common.
func (x *fixer) race(f Finding) (why string) {
	if len(f.gaps) == 0 {
		return "the two recipes have no make in common: run the one make after the other"
	}
	for _, g := range f.gaps {
		if g.rules == nil {
			return "the two recipes have no make in common: run the one make after the other"
		}
		then, first := g.rules.rulesOfGroup(g.then), g.rules.rulesOfGroup(g.first)
		targets, why := g.rules.spelled(then)
		if why != "" {
			return why
		}
		makers, why := g.rules.spelled(first)
		if why != "" {
			return why
		}
		maker := makers[0]
		at := &unit{rules: g.rules, of: then}
		makefile, _, _ := at.location()
		if makefile == "" {
			return "the makefile is not known"
		}
		covered := f
		covered.tool = g.rules.t
		d := x.draft(g.rules.main(makefile), covered)
		for _, t := range targets {
			if at.phony() {
				add(d.needs, maker, t) // it always runs: only the order matters, and every make knows this
			} else {
				add(d.orders, maker, t)
			}
		}
	}
	return ""
}

// main is the makefile that a tool reads first, where lines belong: the end of one
// that it includes can come before the default goal, and is read by other makes as
// well. The one that is given stands in where nothing is known.
func (v *rules) main(makefile string) string {
	if len(v.t.Makefiles) > 0 {
		return v.t.Makefiles[0]
	}
	return makefile
}

func add(to map[string][]string, prereq, target string) {
	if !slices.Contains(to[prereq], target) {
		to[prereq] = append(to[prereq], target)
	}
}

// finish turns the drafts into edits.
func (x *fixer) finish() error {
	for makefile, d := range x.edits {
		e := Edit{Path: makefile, Makefile: x.g.Rel(makefile), Findings: d.findings}
		// What is a normal prerequisite needs no order-only one.
		for prereq, targets := range d.orders {
			d.orders[prereq] = slices.DeleteFunc(targets, func(t string) bool { return slices.Contains(d.needs[prereq], t) })
		}
		e.Lines = append(lines(d.needs, ": "), lines(d.orders, ": | ")...)
		e.Lines = append(e.Lines, d.depfiles()...)
		by, err := x.generator(makefile)
		if err != nil {
			return err
		}
		e.Generated = by
		if len(e.Lines) > 0 {
			x.out.Edits = append(x.out.Edits, e)
		}
	}
	slices.SortFunc(x.out.Edits, func(a, b Edit) int { return strings.Compare(a.Path, b.Path) })
	return nil
}

// lines writes rules, one for all prerequisites that the same targets need.
func lines(needs map[string][]string, colon string) []string {
	byTargets := map[string][]string{}
	for prereq, targets := range needs {
		if len(targets) == 0 {
			continue
		}
		slices.Sort(targets)
		key := strings.Join(targets, " ")
		byTargets[key] = append(byTargets[key], prereq)
	}
	var out []string
	for _, targets := range slices.Sorted(maps.Keys(byTargets)) {
		prereqs := byTargets[targets]
		slices.Sort(prereqs)
		out = append(out, targets+colon+strings.Join(prereqs, " "))
	}
	return out
}

// depfiles are the lines by which compilers tell make what they read.
func (d *draft) depfiles() []string {
	if len(d.depdirs) == 0 {
		return nil
	}
	var out []string
	for _, v := range slices.Sorted(maps.Keys(d.flags)) {
		if d.system {
			out = append(out, v+" += -MD -MP")
		} else {
			out = append(out, v+" += -MMD -MP")
		}
	}
	var globs []string
	for _, dir := range slices.Sorted(maps.Keys(d.depdirs)) {
		globs = append(globs, path.Join(dir, "*.d"))
	}
	return append(out, "-include $(wildcard "+strings.Join(globs, " ")+")")
}

// spelled gives the names of the targets of some rules as a makefile writes them,
// with those that the same recipe makes.
func (v *rules) spelled(of []int32) (names []string, why string) {
	for _, i := range of {
		r := &v.t.Rules[i]
		if r.DoubleColon {
			return nil, fmt.Sprintf("%s is a double-colon target: add the prerequisite to its rule itself", r.Target)
		}
		for _, n := range append([]string{r.Target}, r.Also...) {
			s, ok := makeName(n)
			if !ok || strings.Contains(n, "%") {
				return nil, "a line cannot name such a target"
			}
			if !slices.Contains(names, s) {
				names = append(names, s)
			}
		}
	}
	if len(names) == 0 {
		return nil, "no rule names the target"
	}
	return names, ""
}

// rulesOfGroup lists the rules of a recipe's targets.
func (v *rules) rulesOfGroup(group string) []int32 {
	if of := v.ofNode(group); len(of) > 0 {
		return of[:1]
	}
	for i := range v.t.Rules {
		if v.group(int32(i)) == group {
			return []int32{int32(i)}
		}
	}
	return nil
}

// spell gives the name of a file as the makefile has it, else relative to make's
// directory.
func (v *rules) spell(file string) (string, bool) {
	if of := v.t.ByPath(file); len(of) > 0 {
		return makeName(v.t.Rules[of[0]].Target)
	}
	name := nearer(v.t.Dir, file)
	if of := v.t.ByName(name); len(of) == 0 {
		for i := range v.t.Rules {
			for _, p := range v.t.Rules[i].Prereqs {
				if p.Path == file && !filepath.IsAbs(p.Name) {
					return makeName(p.Name)
				}
			}
		}
	}
	return makeName(name)
}

// makeName protects the characters of a name that mean something in a rule (GNU
// make manual, "What Makefiles Contain", "Rule Syntax").
func makeName(name string) (string, bool) {
	if strings.ContainsAny(name, "\n\t;|=&*?[]~\\") || name == "" {
		return "", false
	}
	return strings.NewReplacer("$", "$$", "#", `\#`, " ", `\ `, ":", `\:`).Replace(name), true
}
