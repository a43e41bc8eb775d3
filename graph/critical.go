package graph

import (
	"cmp"
	"container/heap"
	"slices"
)

// Critical is the chain of steps that bounds a build: however many cores there are,
// it cannot be faster than the steps that each need what the one before made.
type Critical struct {
	Complete  bool
	Commands  bool        // no build tool ran a recipe: the steps are commands of a script
	ExitCode  int         // of the build
	Wall      int64       // how long it took, ns
	Ideal     int64       // how long the chain takes, ns: the build with infinite cores
	Work      int64       // how long all steps took, one after the other
	Recipes   int         // steps that are recipes, or commands
	Slots     int         // recipes at most at one moment
	Chain     []ChainStep // in order
	Schedules []Schedule  // what other numbers of cores would bring, by estimate
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

// Schedule is an estimate of the build on some cores: the steps as long as they were,
// each begun as soon as what it needs is there and a core is free, those with the
// longest chain behind them first (list scheduling; Graham 1966).
type Schedule struct {
	Cores int
	Wall  int64
}

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
	c := Critical{Complete: meta.Complete, Commands: p.Commands, ExitCode: meta.ExitCode, Wall: p.End - p.Start}
	var spans [][2]int64
	for _, s := range p.Steps {
		c.Work += s.End - s.Start
		if s.Kind == StepRecipe {
			c.Recipes++
			spans = append(spans, [2]int64{s.Start, s.End})
		}
	}
	c.Slots = mostAtOnce(spans)
	order := NewOrder(p.Steps, p.Needs)
	chain, length := order.Longest(nil)
	c.Ideal = length
	c.Chain = p.chain(order, chain, c.Slots)
	for i := range c.Chain {
		if c.Chain[i].Via != "" {
			c.Chain[i].Via = g.t.rel(c.Chain[i].Via)
		}
	}
	c.Schedules = p.schedules(order, length)
	return c
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

// Order is the steps of a plan with some needs, ready for questions about chains.
type Order struct {
	steps []PlanStep
	needs []Need   // by To
	at    []uint32 // those into step i are needs[at[i]:at[i+1]]
}

// NewOrder puts needs among steps in order; each must go from an earlier step to a
// later one, as those of a plan do.
func NewOrder(steps []PlanStep, needs []Need) *Order {
	o := &Order{steps: steps, needs: slices.Clone(needs), at: make([]uint32, len(steps)+1)}
	slices.SortStableFunc(o.needs, func(x, y Need) int { return cmp.Or(cmp.Compare(x.To, y.To), cmp.Compare(x.From, y.From)) })
	for _, n := range o.needs {
		o.at[n.To+1]++
	}
	for i := range steps {
		o.at[i+1] += o.at[i]
	}
	return o
}

// Between lists the needs from one step to another.
func (o *Order) Between(from, to int) []Need {
	var list []Need
	o.eachBefore(to, func(n Need) {
		if n.From == from {
			list = append(list, n)
		}
	})
	return list
}

// After marks all steps that come after some, directly or further on.
func (o *Order) After(steps []int) []bool {
	after := make([]bool, len(o.steps))
	for _, s := range steps {
		after[s] = true // for the pass below
	}
	begun := slices.Clone(after)
	for i := range o.steps {
		o.eachBefore(i, func(n Need) { after[i] = after[i] || after[n.From] })
	}
	for i := range after {
		if begun[i] {
			after[i] = slices.ContainsFunc(o.needs[o.at[i]:o.at[i+1]], func(n Need) bool { return after[n.From] })
		}
	}
	return after
}

func (o *Order) eachBefore(i int, visit func(Need)) {
	for _, n := range o.needs[o.at[i]:o.at[i+1]] {
		visit(n)
	}
}

// reason is the need by which a step of a chain comes after the one before it. One of
// no time is passed over, its own reason counts.
func (o *Order) reason(chain []int, step int) (Need, bool) {
	at := slices.Index(chain, step)
	if at < 1 {
		return Need{}, false
	}
	for _, n := range o.needs[o.at[step]:o.at[step+1]] {
		if n.From == chain[at-1] {
			return n, true
		}
	}
	return Need{}, false
}

// Longest finds the longest chain, in time, without the needs that skip names (nil:
// with all). Of several it gives the one whose steps were last in the build.
func (o *Order) Longest(skip func(Need) bool) (chain []int, length int64) {
	best := make([]int64, len(o.steps)) // of a chain that ends with the step
	from := make([]int, len(o.steps))
	last := -1
	for i, s := range o.steps {
		from[i] = -1
		var before int64
		o.eachBefore(i, func(n Need) {
			if skip != nil && skip(n) {
				return
			}
			if from[i] < 0 || best[n.From] > before ||
				best[n.From] == before && o.steps[n.From].End > o.steps[from[i]].End {
				before, from[i] = best[n.From], n.From
			}
		})
		best[i] = before + s.End - s.Start
		if last < 0 || best[i] >= best[last] {
			last = i
		}
	}
	if last < 0 {
		return nil, 0
	}
	for i := last; i >= 0; i = from[i] {
		chain = append(chain, i)
	}
	slices.Reverse(chain)
	return chain, best[last]
}

// mostCores bounds the numbers of cores that are tried.
const mostCores = 1024

// schedules estimates the build on 1, 2, 4, 8 ... cores, until more bring nothing.
func (p *Plan) schedules(o *Order, ideal int64) []Schedule {
	var list []Schedule
	for cores := 1; cores <= mostCores && len(p.Steps) > 0; cores *= 2 {
		wall := o.Simulate(cores)
		list = append(list, Schedule{cores, wall})
		if wall <= ideal {
			break
		}
	}
	return list
}

// Simulate is how long the steps take on so many cores (0: infinitely many), each
// begun as soon as what it needs is there and a core is free, those with the longest
// chain behind them first. Every step takes one core.
func (o *Order) Simulate(cores int) int64 {
	n := len(o.steps)
	tail := make([]int64, n) // the longest chain that begins with the step
	after := make([][]int32, n)
	waits := make([]int, n)
	for i := n - 1; i >= 0; i-- {
		tail[i] += o.steps[i].End - o.steps[i].Start
		o.eachBefore(i, func(need Need) {
			tail[need.From] = max(tail[need.From], tail[i])
			after[need.From] = append(after[need.From], int32(i))
			waits[i]++
		})
	}
	ready := &queue{less: func(x, y entry) bool {
		return cmp.Or(cmp.Compare(tail[y.step], tail[x.step]), cmp.Compare(x.step, y.step)) < 0
	}}
	running := &queue{less: func(x, y entry) bool { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.step, y.step)) < 0 }}
	for i := range n {
		if waits[i] == 0 {
			heap.Push(ready, entry{0, int32(i)})
		}
	}
	var now int64
	over := func(step int32) {
		for _, i := range after[step] {
			if waits[i]--; waits[i] == 0 {
				heap.Push(ready, entry{now, i})
			}
		}
	}
	for ready.Len()+running.Len() > 0 {
		for ready.Len() > 0 && (cores == 0 || running.Len() < cores) {
			e := heap.Pop(ready).(entry)
			if took := o.steps[e.step].End - o.steps[e.step].Start; took > 0 {
				heap.Push(running, entry{now + took, e.step})
			} else {
				over(e.step)
			}
		}
		if running.Len() > 0 {
			e := heap.Pop(running).(entry)
			now = e.at
			over(e.step)
		}
	}
	return now
}

// entry is a step in a queue.
type entry struct {
	at   int64
	step int32
}

// queue is a heap of steps.
type queue struct {
	list []entry
	less func(x, y entry) bool
}

// Len, Less, Swap, Push and Pop make it a heap.Interface.
func (q *queue) Len() int           { return len(q.list) }
func (q *queue) Less(i, j int) bool { return q.less(q.list[i], q.list[j]) }
func (q *queue) Swap(i, j int)      { q.list[i], q.list[j] = q.list[j], q.list[i] }
func (q *queue) Push(v any)         { q.list = append(q.list, v.(entry)) }
func (q *queue) Pop() any {
	e := q.list[len(q.list)-1]
	q.list = q.list[:len(q.list)-1]
	return e
}
