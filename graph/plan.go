package graph

import (
	"cmp"
	"slices"

	"buildgraph/store"
)

// StepKind says what part of a build a step of its plan is.
type StepKind string

// The kinds of step. All but the last take the time that they took in the build.
const (
	StepRecipe  StepKind = "recipe"    // a recipe that ran no build tool with recipes of its own; in a plan of commands, a command
	StepBefore  StepKind = "before"    // what such a recipe did before a build tool that it ran
	StepAfter   StepKind = "after"     // and after the last of them
	StepReading StepKind = "makefiles" // a build tool, from its beginning (or that of its last run of recipes) to its first recipe
	StepEnding  StepKind = "ending"    // a build tool, from the end of its last recipe to its own
	StepOutside StepKind = "outside"   // what ran outside of all recipes and build tools: a configure script, the shell between two makes
	StepPoint   StepKind = "point"     // no time at all: a point that all of some steps come before
)

// PlanStep is one step of a build, in the time that it took.
type PlanStep struct {
	Kind       StepKind
	Recipe     uint32          // of recipe, before and after; else 0
	Tool       store.ProcessID // the build tool: of makefiles and ending itself, of the others that which ran the recipe
	Name       string          // what it is called, as answers show it
	Start, End int64           // ns since the capture began
	CPU        int64           // ns on a CPU, of a recipe or a command; of the others not known: 0
}

// Need says that one step came before another, and why.
type Need struct {
	From, To int    // indexes in Plan.Steps; From is over when To begins
	Path     string // of the file that the one made and the other used, absolute; "" where the order is that of the build tools themselves
	Label    int32  // 0 of what was needed; of other orders what their owner calls them
}

// Script is the order in which one recipe ran several build tools, one after the
// other, as a loop over directories does: nothing but its commands' order.
type Script struct {
	Recipe uint32
	Needs  []Need
}

// Plan is a build as steps with the order that they need: which step used what
// another had made. Its needs go from a step that was over to one that began
// later, so that no way through them is longer than the build was.
type Plan struct {
	Steps       []PlanStep // in order of time
	Needs       []Need     // by To, From; what steps used of each other, and what build tools have to do first and last
	Scripts     []Script
	Start, End  int64 // of the build
	Unended     bool  // the build was not seen to end: End is the last that is known of it
	RecipesLost bool  // build tools ran recipes that are not known: they still did when the capture was killed
	Commands    bool  // no build tool is known to have run a recipe: the steps are the commands of a script

	entry, exit map[uint32]int      // by recipe: its first and its last step
	inside      map[uint32][]uint32 // by recipe: those that the build tools ran that it ran itself
}

// With lists a recipe and all that ran in the build tools that it ran, and in theirs.
func (p *Plan) With(recipe uint32) []uint32 {
	list := []uint32{recipe}
	seen := map[uint32]bool{recipe: true}
	for i := 0; i < len(list); i++ {
		for _, r := range p.inside[list[i]] {
			if !seen[r] {
				seen[r] = true
				list = append(list, r)
			}
		}
	}
	return list
}

// Entry is the step that a recipe begins with, -1 for none.
func (p *Plan) Entry(recipe uint32) int { return placed(p.entry, recipe) }

// Exit is the step that a recipe ends with, -1 for none.
func (p *Plan) Exit(recipe uint32) int { return placed(p.exit, recipe) }

func placed(at map[uint32]int, recipe uint32) int {
	if i, ok := at[recipe]; ok {
		return i
	}
	return -1
}

// Plan tells what order the steps of the build needed, by what they really read and
// wrote. It reads the whole trace.
func (g *Graph) Plan() (*Plan, error) {
	t, err := g.written()
	if err != nil {
		return nil, err
	}
	b := newPlanner(t)
	if len(t.recipes().recipes) > 0 {
		b.recipes()
	} else {
		b.commands()
	}
	b.needs()
	if err := t.done(); err != nil {
		return nil, err
	}
	return b.plan(), nil
}

// planner is a Plan in the making. Steps are numbered as they come, and put in order
// of time at the end.
type planner struct {
	t        *trace
	out      Plan
	procs    []*process // by start
	children map[store.ProcessID][]*process
	over     int64
	users    []int32 // by exec: the step to which what it used belongs, -1: none
	makers   []int32 // likewise, what it made

	dirMakers map[int32]bool // see makesDirs; nil until asked for
}

func newPlanner(t *trace) *planner {
	b := &planner{
		t: t, children: map[store.ProcessID][]*process{}, over: t.extent().last,
		users: make([]int32, len(t.snap.execs)), makers: make([]int32, len(t.snap.execs)),
	}
	b.out.entry, b.out.exit, b.out.inside = map[uint32]int{}, map[uint32]int{}, map[uint32][]uint32{}
	for i := range b.users {
		b.users[i], b.makers[i] = -1, -1
	}
	procs := t.allProcesses()
	for _, p := range procs {
		b.procs = append(b.procs, p)
	}
	slices.SortFunc(b.procs, byStart)
	for _, p := range b.procs {
		b.children[p.Parent] = append(b.children[p.Parent], p)
	}
	ran := t.extent()
	b.out.Start, b.out.End, b.out.Unended = ran.start, ran.end, ran.unended
	b.out.RecipesLost = t.unattributed(procs)
	return b
}

func (b *planner) endOf(p *process) int64 {
	if p.End == 0 {
		return b.over
	}
	return max(p.Start, p.End)
}

// add adds a step; one that would end before it began ends when it begins.
func (b *planner) add(s PlanStep) int {
	s.End = max(s.Start, s.End)
	b.out.Steps = append(b.out.Steps, s)
	return len(b.out.Steps) - 1
}

// need adds an order between two steps, where it is one in time.
func (b *planner) need(from, to int, path string) {
	if from < 0 || to < 0 || from == to || b.out.Steps[from].End > b.out.Steps[to].Start {
		return
	}
	b.out.Needs = append(b.out.Needs, Need{From: from, To: to, Path: path})
}

// belongs notes that what an image of a step used and made is the step's.
func (b *planner) belongs(id store.ExecID, user, maker int) {
	if int(id) < len(b.users) {
		b.users[id], b.makers[id] = int32(user), int32(maker)
	}
}

// plan puts the steps in order of time and the needs in order.
func (b *planner) plan() *Plan {
	p := &b.out
	order := make([]int, len(p.Steps))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int {
		a, c := &p.Steps[x], &p.Steps[y]
		return cmp.Or(cmp.Compare(a.Start, c.Start), cmp.Compare(a.End, c.End))
	})
	at := make([]int, len(order))
	steps := make([]PlanStep, len(order))
	for to, from := range order {
		at[from], steps[to] = to, p.Steps[from]
	}
	p.Steps = steps
	p.Needs = renumber(p.Needs, at)
	for i := range p.Scripts {
		p.Scripts[i].Needs = renumber(p.Scripts[i].Needs, at)
	}
	for _, m := range []map[uint32]int{p.entry, p.exit} {
		for r, i := range m {
			m[r] = at[i]
		}
	}
	return p
}

// renumber gives needs the places of their steps, drops those that do not go forward
// (between two steps of no time at one moment) and all but one of those that say the
// same.
func renumber(needs []Need, at []int) []Need {
	for i := range needs {
		needs[i].From, needs[i].To = at[needs[i].From], at[needs[i].To]
	}
	needs = slices.DeleteFunc(needs, func(n Need) bool { return n.From >= n.To })
	slices.SortFunc(needs, func(x, y Need) int {
		return cmp.Or(cmp.Compare(x.To, y.To), cmp.Compare(x.From, y.From), cmp.Compare(truth(x.Path == ""), truth(y.Path == "")), cmp.Compare(x.Path, y.Path))
	})
	return slices.CompactFunc(needs, func(x, y Need) bool { return x.To == y.To && x.From == y.From })
}
