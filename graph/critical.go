package graph

import (
	"cmp"
	"slices"

	"buildgraph/store"
)

// Critical is the chain of steps that bounds a build: however many cores there are,
// it cannot be faster than the steps that each need what the one before made.
type Critical struct {
	Complete    bool
	Commands    bool        // no build tool is known to have run a recipe: the steps are commands of a script
	RecipesLost bool        // build tools ran recipes that are not known: they still did when the capture was killed
	Unended     bool        // the build was not seen to end: ExitCode is not known, and Wall is at least so much
	ExitCode    int         // of the build
	Wall        int64       // how long it took, ns
	Ideal       int64       // how long the chain takes, ns: the build with infinite cores
	Work        int64       // how long all steps took, one after the other
	RecipeCPU   int64       // ns on a CPU of all recipes, or commands
	ChainCPU    int64       // of those of the chain
	Recipes     int         // steps that are recipes, or commands
	Slots       int         // recipes at most at one moment
	Crowded     bool        // the cores were busy nearly all of the time, whoever ran
	Chain       []ChainStep // in order
	Schedules   []Schedule  // what other numbers of cores would bring, by estimate
}

// ChainStep is one step of the chain.
type ChainStep struct {
	PlanStep
	Ready int64  // when the last of all that it needed was there
	Full  int64  // ns between Ready and Start in which all job slots were taken
	Via   string // the file that the step before made and this one used, relative to the capture root when below it; "" where the order is the build tool's own
}

// Wait is how long the step waited for a core, or for an order that it did not need.
func (s ChainStep) Wait() int64 { return max(s.Start-s.Ready, 0) }

// Critical finds the chain that bounds the build.
func (g *Graph) Critical() (Critical, error) {
	p, err := g.Plan()
	if err != nil {
		return Critical{}, err
	}
	return g.CriticalOf(p), nil
}

// CriticalOf finds the chain that bounds the build in its plan.
func (g *Graph) CriticalOf(p *Plan) Critical {
	meta := g.t.meta
	c := Critical{Complete: meta.Complete, Commands: p.Commands, RecipesLost: p.RecipesLost, Unended: p.Unended, ExitCode: meta.ExitCode, Wall: p.End - p.Start}
	var spans [][2]int64
	for _, s := range p.Steps {
		c.Work += s.End - s.Start
		if s.Kind == StepRecipe {
			c.Recipes++
			c.RecipeCPU += s.CPU
			spans = append(spans, [2]int64{s.Start, s.End})
		}
	}
	c.Slots = mostAtOnce(spans)
	c.Crowded = c.crowded(g.t.meta.Hardware)
	order := NewOrder(p.Steps, p.Needs)
	chain, length := order.Longest(nil)
	c.Ideal = length
	c.Chain = p.chain(order, chain, c.Slots)
	for i := range c.Chain {
		c.ChainCPU += c.Chain[i].CPU
		if c.Chain[i].Via != "" {
			c.Chain[i].Via = g.t.rel(c.Chain[i].Via)
		}
	}
	c.Schedules = p.schedules(order, length)
	return c
}

// crowded reports whether four fifths of the cores' time were taken, by the kernel's
// count for everything that ran; where that is not known, by the recipes.
func (c *Critical) crowded(m store.Machine) bool {
	if m.Span > 0 {
		return m.Idle*5 <= m.Busy+m.Idle+m.Steal
	}
	cores := int64(BuildStats{Machine: m}.Usable())
	return cores > 0 && c.RecipeCPU*5 >= cores*c.Wall*4
}

// chain tells of the steps of a chain what they waited for.
func (p *Plan) chain(o *Order, chain []int, slots int) []ChainStep {
	list := []ChainStep{}
	for _, i := range chain {
		s := p.Steps[i]
		if s.Kind == StepPoint || s.Kind == StepOutside && s.Start == s.End {
			continue
		}
		row := ChainStep{PlanStep: s, Ready: p.Start}
		o.eachBefore(i, func(n Need) {
			row.Ready = max(row.Ready, p.Steps[n.From].End)
		})
		if n, ok := o.reason(chain, i); ok {
			row.Via = n.Path
		}
		row.Full = p.full(row.Ready, s.Start, slots)
		list = append(list, row)
	}
	return list
}

// full is how much of a time all slots were taken.
func (p *Plan) full(from, to int64, slots int) int64 {
	if from >= to || slots == 0 {
		return 0
	}
	type event struct {
		at int64
		by int
	}
	var events []event
	for _, s := range p.Steps {
		if s.Kind == StepRecipe && s.End > from && s.Start < to {
			events = append(events, event{max(s.Start, from), 1}, event{min(s.End, to), -1})
		}
	}
	slices.SortFunc(events, func(a, b event) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.by, b.by)) })
	var full, last int64
	running := 0
	for _, e := range events {
		if running >= slots {
			full += e.at - last
		}
		running, last = running+e.by, e.at
	}
	return full
}
