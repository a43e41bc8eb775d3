package compare

import (
	"slices"
	"strings"

	"buildgraph/graph"
	"buildgraph/graph/declared"
)

// Again is why one build made what it made, as far as its trace shows. A trace has
// neither contents nor times of files: of a file that the build did not make it
// cannot say that it had changed, only that it can have.
type Again struct {
	Targets []Remade // that recipes made, sorted by Name
	Causes  []Cause  // what explains those of which the trace does not show why, most first
}

// Remade is a target with the reason why its recipe ran.
type Remade struct {
	Name   string
	Reason Reason
	From   []MadeInput // ReasonInput: what it was made from that this build made before
	Files  []string    // ReasonUnknown: those of its inputs that can have changed, sorted

	FailedToo bool // ReasonFailed: its recipe failed in the other build as well
}

// MadeInput is an input that the same build made.
type MadeInput struct{ Path, Target string }

// Reason says why a recipe ran.
type Reason string

// The reasons.
const (
	ReasonAbsent  Reason = "absent"  // the build tool looked for the target, and it was not there
	ReasonNoFile  Reason = "no-file" // the target is no file: its recipe runs every time
	ReasonAlways  Reason = "always"  // it depends on what is no file, or the build tool was told to make all (make -B)
	ReasonInput   Reason = "input"   // the build had made an input of it before
	ReasonCommand Reason = "command" // ninja: its command is another one than in the other build
	ReasonFailed  Reason = "failed"  // the target was not there, and its recipe failed to make it
	ReasonUnknown Reason = "unknown" // none of these: an input can have changed before the build
)

// Cause is a file that would explain why targets were made again, had it changed:
// it is an input of each, and of nothing that was there and was not made again.
type Cause struct {
	Files   []string // any one of them would do
	Targets []string // sorted
}

// again tells why a build made what it made; nil where it made all of it because
// nothing was there, or where that cannot be told.
func again(s, other *side) *Again {
	r := &remake{s: s, other: other, makers: map[string]*target{}, tools: toolsOf(s.Declared)}
	found := false // something was there before
	for _, key := range s.keys {
		t := s.targets[key]
		for _, j := range t.jobs {
			found = found || j.Recipe != 0 && j.Sought == graph.SoughtPresent
			for _, m := range j.Makes {
				if known := r.makers[m]; known == nil || known.jobs[0].Start > j.Start {
					r.makers[m] = t
				}
			}
		}
	}
	if !found {
		return nil
	}
	r.cleared = r.untouched()
	a := &Again{}
	trivial := true
	for _, key := range s.keys {
		t := s.targets[key]
		if t.jobs[0].Recipe == 0 || t.jobs[0].Name == "" {
			continue
		}
		m := r.reason(t)
		trivial = trivial && (m.Reason == ReasonAbsent || m.Reason == ReasonNoFile || m.Reason == ReasonFailed)
		a.Targets = append(a.Targets, m)
	}
	if trivial {
		return nil
	}
	slices.SortFunc(a.Targets, func(x, y Remade) int { return strings.Compare(x.Name, y.Name) })
	a.Causes = causes(a.Targets)
	return a
}

// remake works out the reasons of one build.
type remake struct {
	s, other *side
	makers   map[string]*target // by the files that they made, as shown
	tools    map[uint32]*declared.Tool
	cleared  map[string]bool // files that cannot have changed
}

func toolsOf(d *declared.Graph) map[uint32]*declared.Tool {
	tools := map[uint32]*declared.Tool{}
	if d != nil {
		for _, t := range d.Tools {
			if t.Failure == "" {
				tools[uint32(t.Process)] = t
			}
		}
	}
	return tools
}

// reason says why a target was made.
func (r *remake) reason(t *target) Remade {
	j := t.jobs[0]
	m := Remade{Name: t.name()}
	prereqs := r.prereqsOf(r.s, r.tools, j)
	for _, p := range prereqs.files {
		if by := r.makers[p]; by != nil && by != t && by.jobs[0].Start < j.Start {
			m.From = append(m.From, MadeInput{p, by.name()})
		} else if by == nil && !r.cleared[p] && p != m.Name {
			m.Files = append(m.Files, p)
		}
	}
	switch {
	case j.Sought == graph.SoughtAbsent && slices.Contains(j.Makes, j.Name):
		m.Reason = ReasonAbsent
	case j.Sought == graph.SoughtAbsent && !prereqs.phony && t.failed():
		m.Reason = ReasonFailed
		before := r.other.targets[t.key]
		m.FailedToo = before != nil && before.failed()
	case j.Sought == graph.SoughtAbsent, prereqs.phony:
		m.Reason = ReasonNoFile
	case prereqs.always || r.forced(j):
		m.Reason = ReasonAlways
	case len(m.From) > 0:
		m.Reason = ReasonInput
	case prereqs.ninja && r.otherCommand(t):
		m.Reason = ReasonCommand
	default:
		m.Reason = ReasonUnknown
	}
	if m.Reason != ReasonInput {
		m.From = nil
	}
	if m.Reason != ReasonUnknown {
		m.Files = nil
	}
	return m
}

// prereqs are the files that a build tool compares a target with.
type prereqs struct {
	files  []string // as shown, sorted
	phony  bool     // the target is no file
	always bool     // one of them is no file
	ninja  bool
}

// prereqsOf are those that are declared, where that is known, else the files of the
// project that the recipe read.
func (r *remake) prereqsOf(s *side, tools map[uint32]*declared.Tool, j *graph.Job) prereqs {
	var p prereqs
	tool := tools[uint32(j.Tool)]
	var rules []int32
	if tool != nil {
		p.ninja = tool.Kind == declared.KindNinja
		if rules = tool.ByName(j.Spelt); len(rules) == 0 && j.Path != "" {
			rules = tool.ByPath(j.Path)
		}
	}
	if len(rules) == 0 {
		for _, f := range j.Inputs.Files {
			if ofProject(f) {
				p.files = append(p.files, f.Path)
			}
		}
		return p
	}
	for _, i := range rules {
		p.phony = p.phony || tool.Rules[i].Phony
		for _, q := range tool.Rules[i].Prereqs {
			switch {
			case q.OrderOnly:
			case q.Path == "" || neverThere(s, tool, q):
				p.always = true
			default:
				p.files = append(p.files, s.n.path(q.Path))
			}
		}
	}
	slices.Sort(p.files)
	p.files = slices.Compact(p.files)
	return p
}

// neverThere reports whether a prerequisite is the kind that is written FORCE: a
// target whose rule makes nothing, and no file that anybody read or the build tool
// found. (Of a header gcc -MP writes such rules too, and automake of its macros.)
func neverThere(s *side, tool *declared.Tool, q declared.Prereq) bool {
	rules := tool.ByName(q.Name)
	for _, i := range rules {
		if r := &tool.Rules[i]; r.HasRecipe && !r.EmptyRecipe || len(r.Prereqs) > 0 {
			return false
		}
	}
	return len(rules) > 0 && !s.reads[s.n.path(q.Path)] && !s.Account.Found(q.Path, tool.Process)
}

// forced reports whether make was told to make everything (-B).
func (r *remake) forced(j *graph.Job) bool {
	for _, l := range j.Lines {
		for text := range r.s.Account.Env(l.Env) {
			flags, ok := strings.CutPrefix(text, "MAKEFLAGS=")
			if !ok {
				continue
			}
			letters, _, _ := strings.Cut(flags, " ")
			return !strings.HasPrefix(letters, "-") && !strings.Contains(letters, "=") && strings.Contains(letters, "B")
		}
	}
	return false
}

// otherCommand reports whether the other build made a target by another command.
func (r *remake) otherCommand(t *target) bool {
	o := r.other.targets[t.key]
	return o != nil && len(commandChange(t.lines, o.lines)) > 0
}

// untouched are the files that cannot have changed: targets of the other build are
// made from them that this one found up to date. That needs both to have been asked
// for the same, and this one not to have stopped halfway.
func (r *remake) untouched() map[string]bool {
	cleared := map[string]bool{}
	a, b := r.s.Account.Meta, r.other.Account.Meta
	if a.ExitCode != 0 || !a.Complete || !slices.Equal(withoutJobs(a.Command), withoutJobs(b.Command)) {
		return cleared
	}
	tools := toolsOf(r.other.Declared)
	for key, t := range r.other.targets {
		if r.s.targets[key] != nil || t.jobs[0].Recipe == 0 {
			continue
		}
		for _, p := range r.prereqsOf(r.other, tools, t.jobs[0]).files {
			cleared[p] = true
		}
	}
	return cleared
}
