package compare

import (
	"slices"
	"strings"
)

// One is all about one target.
type One struct {
	Name     string
	A, B     *Made   // nil: that build did not make it
	Change   *Change // how they differ; nil: in nothing, or one did not make it
	WhyA     []Why   // why A made it; nil where nothing of it was there before
	WhyB     []Why
	CommandA []string // words of its command lines
	CommandB []string
	LinesA   []string // its command lines, as a shell takes them
	LinesB   []string
	Recipe   []Row // these, side by side
	FailedA  bool  // build A failed, for whatever reason
	FailedB  bool
}

// Made is what one build spent on a target.
type Made struct {
	Runs      int
	Wall, CPU int64 // ns, without recipes of makes that it ran
	Exit      int   // as in Change
	Failed    bool  // the recipe did not make it
}

// Why is one way from a target to where its making began.
type Why struct {
	Steps []Remade // each is made from what the next one made
	Cause *Cause   // what would explain the last, nil where nothing is known that would
}

// Same reports whether both builds made the target alike.
func (o One) Same() bool { return o.Change == nil && o.A != nil && o.B != nil }

// ways is how many ways a target's Why has at most.
const ways = 5

// Of tells all about the target of a name; found is false where neither build
// made it.
func (d Diff) Of(name string) (one One, found bool) {
	one = One{Name: name, FailedA: d.A.ExitCode != 0, FailedB: d.B.ExitCode != 0}
	a, b := d.c.a.named(name), d.c.b.named(name)
	if a != nil {
		one.A, one.CommandA = a.made(), a.words()
		one.WhyA = d.AgainA.waysFrom(a.name())
	}
	if b != nil {
		one.B, one.CommandB = b.made(), b.words()
		one.WhyB = d.AgainB.waysFrom(b.name())
	}
	if a != nil {
		one.LinesA = d.c.a.recipeLines(a)
	}
	if b != nil {
		one.LinesB = d.c.b.recipeLines(b)
	}
	one.Recipe = d.c.recipeRows(one.LinesA, one.LinesB)
	if a != nil && b != nil {
		if ch, differs := d.c.change(a, b); differs {
			one.Change = &ch
		}
	}
	return one, a != nil || b != nil
}

// named is the target of a name, or that which made a file of it.
func (s *side) named(name string) *target {
	if t := s.targets[s.n.name(name)]; t != nil {
		return t
	}
	for _, key := range s.keys {
		for _, j := range s.targets[key].jobs {
			if _, ok := slices.BinarySearch(j.Makes, name); ok {
				return s.targets[key]
			}
		}
	}
	return nil
}

func (t *target) made() *Made {
	return &Made{Runs: len(t.jobs), Wall: t.wall, CPU: t.cpu, Exit: t.exit(), Failed: t.failed()}
}

func (t *target) words() []string {
	var words []string
	for _, l := range t.lines {
		words = append(words, l.words...)
	}
	return words
}

// waysFrom are shortest ways from a target up to targets none of whose inputs the
// build made, shortest first. Of those that one cause explains there is one.
func (a *Again) waysFrom(name string) []Why {
	if a == nil {
		return nil
	}
	find := func(name string) (Remade, bool) {
		i, ok := slices.BinarySearchFunc(a.Targets, name, func(t Remade, n string) int { return strings.Compare(t.Name, n) })
		if !ok {
			return Remade{}, false
		}
		return a.Targets[i], true
	}
	first, ok := find(name)
	if !ok {
		return nil
	}
	causeOf := map[string]*Cause{}
	for i := range a.Causes {
		for _, t := range a.Causes[i].Targets {
			causeOf[t] = &a.Causes[i]
		}
	}
	told := map[*Cause]bool{}
	var list []Why
	below := map[string]string{name: ""} // the target that was made from this one
	for queue := []Remade{first}; len(queue) > 0 && len(list) < ways; queue = queue[1:] {
		t := queue[0]
		if t.Reason != ReasonInput {
			why := Why{Cause: causeOf[t.Name]}
			if why.Cause != nil && told[why.Cause] {
				continue
			}
			told[why.Cause] = true
			for n := t.Name; n != ""; n = below[n] {
				step, _ := find(n)
				why.Steps = append(why.Steps, step)
			}
			slices.Reverse(why.Steps)
			list = append(list, why)
			continue
		}
		for _, in := range t.From {
			if _, seen := below[in.Target]; seen {
				continue
			}
			if next, ok := find(in.Target); ok {
				below[in.Target] = t.Name
				queue = append(queue, next)
			}
		}
	}
	return list
}
