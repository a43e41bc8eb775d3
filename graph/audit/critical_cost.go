package audit

import (
	"cmp"
	"maps"
	"path"
	"slices"

	"buildgraph/graph"
	"buildgraph/store"
)

// answer computes the longest chain of the declared order, and how long it would be
// without each of the orders on it. One that is not on it costs nothing.
func (o *orders) answer(c *Critical) {
	steps, at := inTime(o.steps)
	var real, all []graph.Need
	for _, n := range o.plan.Needs {
		real = append(real, graph.Need{From: at[n.From], To: at[n.To], Path: n.Path})
	}
	all = append(all, real...)
	for _, n := range o.needs {
		if from, to := at[n.From], at[n.To]; from < to {
			all = append(all, graph.Need{From: from, To: to, Label: n.label + 1})
		}
	}
	order := graph.NewOrder(steps, all)
	chain, length := order.Longest(nil)
	c.Declared = length
	// Which orders put a step of the chain after the one before it.
	by := make([][]int32, len(chain))
	for i := 1; i < len(chain); i++ {
		by[i] = onlyDeclared(order.Between(chain[i-1], chain[i]))
	}
	needed := graph.NewOrder(steps, real)
	place := map[int32]int{}
	for _, ids := range by {
		for _, id := range ids {
			if _, known := place[id]; known {
				continue
			}
			place[id] = -1
			if row, costs := o.cost(id-1, order, needed, at, length); costs {
				place[id] = len(c.Orders)
				c.Orders = append(c.Orders, row)
			}
		}
	}
	o.retell(c, steps, chain, by, place)
}

// inTime puts steps in order of time and tells where each went.
func inTime(list []graph.PlanStep) (steps []graph.PlanStep, at []int) {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int {
		return cmp.Or(cmp.Compare(list[x].Start, list[y].Start), cmp.Compare(list[x].End, list[y].End))
	})
	steps, at = make([]graph.PlanStep, len(list)), make([]int, len(list))
	for to, from := range order {
		steps[to], at[from] = list[from], to
	}
	return steps, at
}

// onlyDeclared lists the labels of some needs between two steps; none where one of
// them is real.
func onlyDeclared(between []graph.Need) []int32 {
	var ids []int32
	for _, n := range between {
		if n.Label == 0 {
			return nil
		}
		ids = append(ids, n.Label)
	}
	return ids
}

// retell tells of the steps of the longest chain, and which order puts each where it
// is. The orders are sorted by what they cost.
func (o *orders) retell(c *Critical, steps []graph.PlanStep, chain []int, by [][]int32, place map[int32]int) {
	sorted := make([]int, len(c.Orders))
	for i := range sorted {
		sorted[i] = i
	}
	slices.SortStableFunc(sorted, func(x, y int) int { return compareOrders(c.Orders[x], c.Orders[y]) })
	now, list := make([]int, len(sorted)), make([]CriticalOrder, len(sorted))
	for to, from := range sorted {
		now[from], list[to] = to, c.Orders[from]
	}
	c.Orders = list
	last := -1
	for i, s := range chain {
		for _, id := range by[i] {
			if p := place[id]; p >= 0 {
				last = now[p]
			}
		}
		if k := steps[s].Kind; k == graph.StepPoint || k == graph.StepOutside && steps[s].Start == steps[s].End {
			continue // what leads to it leads on
		}
		c.Steps = append(c.Steps, CriticalStep{PlanStep: steps[s], Order: last})
		last = -1
	}
}

// cost tells of one order, if it costs anything. Where some of what waits used nothing
// of what comes first, it is the cost of their waiting; else that of the part that was
// not used.
func (o *orders) cost(id int32, order, needed *graph.Order, at []int, length int64) (row CriticalOrder, costs bool) {
	l := o.labels[id]
	row = CriticalOrder{Kind: OrderOnly, First: l.first}
	gain := func(skip func(graph.Need) bool) bool {
		_, without := order.Longest(skip)
		row.Gain = length - without
		return worthTelling(row.Gain, length)
	}
	whole := func(n graph.Need) bool { return n.Label == id+1 }
	switch {
	case l.script != 0:
		row.Kind, row.Partly = OrderScript, o.scriptUsed(l.script, needed, at)
		o.locateScript(&row, l.script)
		return row, gain(whole)
	case l.serial:
		row.Kind = OrderSerial
		if ms := l.rules.t.Makefiles; len(ms) > 0 {
			row.Makefile = o.c.g.Rel(ms[0])
		}
		return row, gain(whole)
	case l.wait:
		row.Kind = OrderWait
	case o.normal[id]:
		row.Kind = OrderPrerequisite
	}
	all, unused := o.waiting(id, needed, at)
	for _, list := range [][]labelled{unused, all} {
		waits := map[int]bool{}
		for _, n := range list {
			waits[at[n.To]] = true
		}
		if len(list) > 0 && gain(func(n graph.Need) bool { return whole(n) && waits[n.To] }) {
			o.name(&row, list)
			return row, true
		}
		row.Partly = true
	}
	return row, false
}

// waiting lists the needs that an order puts before its targets, and those of them
// from which nothing leads to the target by what happened. Left out are those whose
// target used the very file that it waits for, or one behind it that was there before:
// whatever made it, the order is needed.
func (o *orders) waiting(id int32, needed *graph.Order, at []int) (all, unused []labelled) {
	var exits []int
	for _, r := range o.recipes[id] {
		for _, inner := range o.plan.With(r) {
			if exit := o.plan.Exit(inner); exit >= 0 {
				exits = append(exits, at[exit])
			}
		}
	}
	after := needed.After(exits)
	self, behind := o.touching([]string{o.labels[id].key}), o.touching(o.files[id])
	for _, n := range o.needs {
		if n.label != id || o.touchedIn(n, self) {
			continue
		}
		used := o.usedIn(n, after, at)
		if !used && o.touchedIn(n, behind) {
			continue
		}
		all = append(all, n)
		if !used {
			unused = append(unused, n)
		}
	}
	return all, unused
}

// comesFirst notes what an order puts first: mostly the same for all that waits.
func (o *orders) comesFirst(id int32, r reached) {
	if !slices.Equal(o.recipes[id], r.recipes) {
		o.recipes[id] = union(o.recipes[id], r.recipes)
	}
	if !slices.Equal(o.files[id], r.files) {
		o.files[id] = union(o.files[id], r.files)
	}
}

// touching lists the recipes that did anything with one of some files.
func (o *orders) touching(files []string) map[uint32]bool {
	recipes := map[uint32]bool{}
	for _, f := range files {
		if path.IsAbs(f) {
			maps.Copy(recipes, o.c.touchedBy(f))
		}
	}
	return recipes
}

// touchedIn reports whether a recipe that waits, or one that its build tools ran, is
// among some.
func (o *orders) touchedIn(n labelled, recipes map[uint32]bool) bool {
	return slices.ContainsFunc(o.plan.With(n.target.work.ID), func(r uint32) bool { return recipes[r] })
}

// name says what waits, and where that is declared of the first of them.
func (o *orders) name(row *CriticalOrder, waiting []labelled) {
	for i, n := range waiting {
		if i == 0 {
			row.Makefile, row.Line = o.location(n)
		}
		row.Targets = append(row.Targets, n.target.shown)
	}
	slices.Sort(row.Targets)
	row.Targets = slices.Compact(row.Targets)
}

// usedIn reports whether a recipe that waits, or one that its build tools ran, comes
// after something by what happened.
func (o *orders) usedIn(n labelled, after []bool, at []int) bool {
	return slices.ContainsFunc(o.plan.With(n.target.work.ID), func(r uint32) bool {
		entry := o.plan.Entry(r)
		return entry >= 0 && after[at[entry]]
	})
}

// scriptUsed reports whether one of the makes that a recipe ran used what an earlier
// one had made.
func (o *orders) scriptUsed(recipe uint32, needed *graph.Order, at []int) bool {
	byTool := map[store.ProcessID][]uint32{}
	var tools []store.ProcessID // by the first of their recipes
	for _, r := range o.plan.With(recipe)[1:] {
		if i := o.plan.Entry(r); i >= 0 {
			tool := o.plan.Steps[i].Tool
			if byTool[tool] == nil {
				tools = append(tools, tool)
			}
			byTool[tool] = append(byTool[tool], r)
		}
	}
	for i, tool := range tools {
		var exits []int
		for _, r := range byTool[tool] {
			exits = append(exits, at[o.plan.Exit(r)])
		}
		after := needed.After(exits)
		for _, other := range tools[i+1:] {
			if slices.ContainsFunc(byTool[other], func(r uint32) bool { return after[at[o.plan.Entry(r)]] }) {
				return true
			}
		}
	}
	return false
}

// locateScript says where the recipe stands that runs one make after the other.
func (o *orders) locateScript(row *CriticalOrder, recipe uint32) {
	for _, u := range o.c.units {
		if u.work.ID == recipe {
			file, line, _ := u.location()
			row.Makefile, row.Line = o.c.g.Rel(file), line
			return
		}
	}
}

// location is where a rule stands: the line of its recipe, or of a ninja's build
// statement. Make does not tell where the prerequisites of a rule without a recipe
// of its own stand, or of one whose recipe is a pattern's or a suffix rule's.
func (o *orders) location(n labelled) (string, int) {
	if n.target == nil {
		return "", 0
	}
	r := &n.target.rules.t.Rules[n.rule]
	if r.Makefile == "" || r.Implicit || r.Builtin {
		return "", 0
	}
	return o.c.g.Rel(r.Makefile), r.Line
}
