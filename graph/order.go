package graph

import (
	"cmp"
	"slices"
)

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
