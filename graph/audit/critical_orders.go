package audit

import (
	"slices"
	"strings"

	"buildgraph/graph"
	"buildgraph/graph/declared"
	"buildgraph/store"
)

// label is one declared order: all needs with it stand or fall together.
type label struct {
	serial bool   // the order of a make that runs one recipe at a time
	wait   bool   // a .WAIT before what comes later
	dir    string // of the build tool
	key    string // of what comes first; of a .WAIT, the name of the target that has it
	first  string // as shown
	rules  *rules
	script uint32 // the recipe that is one
}

// labelled is a need that a label puts between two steps.
type labelled struct {
	graph.Need
	label  int32 // index in orders.labels, -1 of what only passes an order on
	target *unit // what waits, nil of a serial make and of a script
	rule   int32 // that names the prerequisite
}

// orders are the declared orders among the steps of a plan.
type orders struct {
	c       *checker
	plan    *graph.Plan
	steps   []graph.PlanStep // of the plan, and a point for each target that stands for others
	labels  []label
	ids     map[label]int32
	needs   []labelled
	groups  map[groupKey][]uint32 // recipes by make process and group
	reached map[groupKey]*reached
	normal  map[int32]bool     // by label: a normal prerequisite
	recipes map[int32][]uint32 // by label: the recipes that come first
	files   map[int32][]string // by label: the files that they are run for
}

// groupKey names a target of one make process.
type groupKey struct {
	process store.ProcessID
	group   string
}

// reached is what must be over before what follows a target begins.
type reached struct {
	steps   []int    // steps after which the target is there
	recipes []uint32 // the recipes behind it, as near as there are any
	files   []string // the file that it is, and those on the way to the recipes
	open    bool     // it is being looked at: a cycle, which make drops
}

func newOrders(c *checker, plan *graph.Plan) *orders {
	o := &orders{c: c, plan: plan, steps: plan.Steps, ids: map[label]int32{}, groups: map[groupKey][]uint32{}, reached: map[groupKey]*reached{},
		normal: map[int32]bool{}, recipes: map[int32][]uint32{}, files: map[int32][]string{}}
	for _, u := range c.units {
		k := groupKey{u.process(), u.group}
		if !slices.Contains(o.groups[k], u.work.ID) {
			o.groups[k] = append(o.groups[k], u.work.ID)
		}
	}
	return o
}

func (o *orders) label(l label) int32 {
	id, ok := o.ids[l]
	if !ok {
		id = int32(len(o.labels))
		o.ids[l] = id
		o.labels = append(o.labels, l)
	}
	return id
}

// unknown lists the build tools whose recipes have no rules. Those that the build
// itself removed, as configure scripts do, are not worth a word.
func (o *orders) unknown() []string {
	var list []string
	seen := map[store.ProcessID]bool{}
	for _, s := range o.plan.Steps {
		if s.Kind != graph.StepReading || seen[s.Tool] {
			continue
		}
		seen[s.Tool] = true
		if t := o.c.tools[s.Tool]; t == nil || t.Failure != "" && !strings.HasPrefix(t.Failure, declared.Gone) {
			list = append(list, s.Name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// declare puts the declared orders between the steps: each recipe comes after all its
// prerequisites, through those that have no recipe themselves.
func (o *orders) declare() {
	for _, u := range o.c.units {
		entry := o.plan.Entry(u.work.ID)
		if entry < 0 {
			continue
		}
		v := u.rules
		for _, i := range v.withAlso(u.of) {
			for _, p := range v.t.Rules[i].Prereqs {
				o.prerequisite(u, entry, i, p)
			}
		}
	}
	o.waits()
	o.serial()
	for _, s := range o.plan.Scripts {
		id := o.label(label{script: s.Recipe, first: o.nameOf(s.Recipe)})
		for _, n := range s.Needs {
			o.needs = append(o.needs, labelled{Need: n, label: id})
		}
	}
}

func (o *orders) nameOf(recipe uint32) string {
	if i := o.plan.Entry(recipe); i >= 0 {
		return o.plan.Steps[i].Name
	}
	return ""
}

// prerequisite puts a recipe after one of its prerequisites.
func (o *orders) prerequisite(u *unit, entry int, rule int32, p declared.Prereq) {
	behind := o.behind(u.rules, u.process(), p)
	if len(behind.steps) == 0 {
		return
	}
	id := o.label(label{dir: u.rules.t.Dir, key: keyOf(p.Name, p.Path), first: o.c.shownTarget(u.rules.t, p.Name), rules: u.rules})
	o.normal[id] = o.normal[id] || !p.OrderOnly
	o.comesFirst(id, behind)
	for _, s := range behind.steps {
		o.add(s, entry, id, u, rule)
	}
}

// add adds a need that was one in this build. Where it was not, the rules were others
// when it ran.
func (o *orders) add(from, to int, id int32, u *unit, rule int32) {
	if from != to && o.steps[from].End <= o.steps[to].Start {
		o.needs = append(o.needs, labelled{graph.Need{From: from, To: to}, id, u, rule})
	}
}

// behind tells what must be over before a prerequisite is there.
func (o *orders) behind(v *rules, process store.ProcessID, p declared.Prereq) reached {
	var all reached
	for _, i := range v.named(p.Name, p.Path) {
		r := o.group(v, process, v.group(i))
		all.steps = append(all.steps, r.steps...)
		all.recipes = append(all.recipes, r.recipes...)
		all.files = append(all.files, r.files...)
	}
	if len(all.steps) > 0 && p.Path != "" {
		all.files = append(all.files, p.Path)
	}
	all.tidy()
	return all
}

// tidy puts each list in order, without what is in it twice.
func (r *reached) tidy() {
	slices.Sort(r.steps)
	r.steps = slices.Compact(r.steps)
	slices.Sort(r.recipes)
	r.recipes = slices.Compact(r.recipes)
	slices.Sort(r.files)
	r.files = slices.Compact(r.files)
}

// group tells the same of a target: it is there when its recipe is over, and where it
// has none, when its prerequisites are.
func (o *orders) group(v *rules, process store.ProcessID, group string) *reached {
	k := groupKey{process, group}
	if r := o.reached[k]; r != nil {
		if r.open {
			return &reached{}
		}
		return r
	}
	r := &reached{open: true}
	o.reached[k] = r
	for _, id := range o.groups[k] {
		if exit := o.plan.Exit(id); exit >= 0 {
			r.steps = append(r.steps, exit)
			r.recipes = append(r.recipes, id)
		}
	}
	if len(r.steps) == 0 {
		o.through(v, process, r, v.ofNode(group))
	}
	r.open = false
	return r
}

// manyBehind is from how many steps on a point stands for all that are behind a
// target without a recipe.
const manyBehind = 8

// through collects what is behind a target without a recipe.
func (o *orders) through(v *rules, process store.ProcessID, r *reached, of []int32) {
	for _, i := range v.withAlso(of) {
		for _, p := range v.t.Rules[i].Prereqs {
			b := o.behind(v, process, p)
			r.steps = append(r.steps, b.steps...)
			r.recipes = append(r.recipes, b.recipes...)
			r.files = append(r.files, b.files...)
		}
	}
	r.tidy()
	if len(r.steps) < manyBehind {
		return
	}
	at := int64(0)
	for _, s := range r.steps {
		at = max(at, o.steps[s].End)
	}
	point := len(o.steps)
	o.steps = append(slices.Clip(o.steps), graph.PlanStep{Kind: graph.StepPoint, Start: at, End: at})
	for _, s := range r.steps {
		o.needs = append(o.needs, labelled{Need: graph.Need{From: s, To: point}, label: -1})
	}
	r.steps = []int{point}
}

// serial puts the recipes of a make that runs one at a time one after the other, in
// the order in which they ran.
func (o *orders) serial() {
	last := map[store.ProcessID]*unit{}
	for _, u := range o.c.units { // in the order in which they began
		if !u.rules.t.Serial {
			continue
		}
		if before := last[u.process()]; before != nil && before.work.ID != u.work.ID {
			from, to := o.plan.Exit(before.work.ID), o.plan.Entry(u.work.ID)
			if from >= 0 && to >= 0 {
				t := u.rules.t
				o.add(from, to, o.label(label{serial: true, dir: t.Dir, first: o.c.g.Rel(t.Dir), rules: u.rules}), nil, -1)
			}
		}
		last[u.process()] = u
	}
}

// waits puts what is behind a .WAIT after what is before it.
func (o *orders) waits() {
	seen := map[*rules]bool{}
	for _, u := range o.c.units {
		v := u.rules
		if seen[v] || !v.waits {
			continue
		}
		seen[v] = true
		for i := range v.t.Rules {
			var early []declared.Prereq
			waiting := false
			for _, p := range v.t.Rules[i].Prereqs {
				if p.Wait {
					waiting = true
				}
				if waiting && p.Wait {
					o.waitFor(v, int32(i), slices.Clone(early), p)
				}
				early = append(early, p)
			}
		}
	}
}

// waitFor puts all recipes of a prerequisite after some others.
func (o *orders) waitFor(v *rules, rule int32, early []declared.Prereq, late declared.Prereq) {
	id := o.label(label{wait: true, dir: v.t.Dir, key: v.t.Rules[rule].Target, first: o.c.shownTarget(v.t, late.Name), rules: v})
	for _, u := range o.c.units {
		if u.rules != v {
			continue
		}
		leads := false
		for _, i := range v.named(late.Name, late.Path) {
			leads = leads || v.orders(u.group, v.group(i))
		}
		if entry := o.plan.Entry(u.work.ID); leads && entry >= 0 {
			for _, p := range early {
				b := o.behind(v, u.process(), p)
				o.comesFirst(id, b)
				for _, s := range b.steps {
					o.add(s, entry, id, u, rule)
				}
			}
		}
	}
}
