package graph

import (
	"cmp"
	"path"
	"slices"

	"buildgraph/store"
)

// toolRun is a build tool that ran recipes.
type toolRun struct {
	p       *process
	recipes []store.Recipe // by start
	first   int            // its first step
	last    int            // its last
}

// recipes makes steps of the recipes and of the build tools that ran them.
func (b *planner) recipes() {
	t := b.t
	of := t.memberships()
	tools := b.toolRuns()
	inner := map[uint32][]*toolRun{} // by recipe: the tools that it ran
	var top []*toolRun
	for _, m := range tools {
		if r := of[m.p.ID]; r != 0 && r != ownRecipe(m, of) {
			inner[r] = append(inner[r], m)
		} else {
			top = append(top, m)
		}
	}
	for _, r := range t.recipes().recipes {
		b.recipe(r, inner[r.ID])
	}
	isTool := map[store.ProcessID]bool{}
	for _, m := range tools {
		isTool[m.p.ID] = true
		b.tool(m)
	}
	for p, r := range of {
		b.images(t.process(p), r, isTool[p])
	}
	for id, list := range inner {
		b.within(id, list)
	}
	b.outside(top)
}

// ownRecipe guards against a trace that says a tool is in a recipe of its own.
func ownRecipe(m *toolRun, of map[store.ProcessID]uint32) uint32 {
	for _, r := range m.recipes {
		if r.ID == of[m.p.ID] {
			return r.ID
		}
	}
	return 0
}

// toolRuns lists the build tools that ran recipes, by start.
func (b *planner) toolRuns() []*toolRun {
	byTool := map[store.ProcessID]*toolRun{}
	var tools []*toolRun
	for _, r := range b.t.recipes().recipes {
		p := b.t.process(r.Tool)
		if p == nil {
			continue
		}
		m := byTool[p.ID]
		if m == nil {
			m = &toolRun{p: p}
			byTool[p.ID] = m
			tools = append(tools, m)
		}
		m.recipes = append(m.recipes, r)
	}
	for _, m := range tools {
		slices.SortStableFunc(m.recipes, func(x, y store.Recipe) int { return cmp.Compare(x.Start, y.Start) })
	}
	slices.SortFunc(tools, func(x, y *toolRun) int { return byStart(x.p, y.p) })
	return tools
}

// recipeEnd is when a recipe ended, as far as is known.
func (b *planner) recipeEnd(r store.Recipe) int64 {
	if r.End < r.Start {
		return b.over
	}
	return r.End
}

// recipe makes the step of a recipe; of one that ran build tools the steps before and
// after them.
func (b *planner) recipe(r store.Recipe, tools []*toolRun) {
	s := PlanStep{Kind: StepRecipe, Recipe: r.ID, Tool: r.Tool, Name: b.t.rel(targetPath(r)), Start: r.Start, End: b.recipeEnd(r)}
	if r.Target == "" {
		s.Name, _ = b.t.recipeLabel(r)
	}
	if len(tools) == 0 {
		for _, id := range b.t.membersOf(r.ID) {
			if p := b.t.process(id); p != nil {
				s.CPU += p.CPU
			}
		}
		i := b.add(s)
		b.out.entry[r.ID], b.out.exit[r.ID] = i, i
		return
	}
	last := int64(0)
	for _, m := range tools {
		last = max(last, b.endOf(m.p))
	}
	before, after := s, s
	before.Kind, before.End = StepBefore, max(s.Start, tools[0].p.Start)
	after.Kind, after.Start = StepAfter, min(max(last, before.End), s.End)
	b.out.entry[r.ID], b.out.exit[r.ID] = b.add(before), b.add(after)
	b.need(b.out.entry[r.ID], b.out.exit[r.ID], "")
}

// tool makes the steps of a build tool: reading its makefiles, once for each of its
// images that ran recipes (make starts itself anew when it has remade one), and what
// it did after its last recipe. Its recipes come between.
func (b *planner) tool(m *toolRun) {
	name := b.toolLabel(m.p)
	from, done := m.p.Start, 0
	m.first, m.last = -1, -1
	var ended []int // the recipes of the image before
	for i, im := range m.p.images {
		var until int64 = forever
		if i+1 < len(m.p.images) {
			until = m.p.images[i+1].Start
		}
		n := done
		for n < len(m.recipes) && m.recipes[n].Start < until {
			n++
		}
		if n == done {
			if m.last < 0 && im.tool != notTool {
				b.pending(im, -1)
			}
			continue
		}
		reading := b.add(PlanStep{Kind: StepReading, Tool: m.p.ID, Name: name, Start: from, End: m.recipes[done].Start})
		b.pending(im, reading)
		for _, e := range ended {
			b.need(e, reading, "")
		}
		if m.first < 0 {
			m.first = reading
		}
		ended = ended[:0]
		for _, r := range m.recipes[done:n] {
			b.need(reading, b.out.entry[r.ID], "")
			ended = append(ended, b.out.exit[r.ID])
			from = max(from, b.recipeEnd(r))
		}
		done = n
	}
	m.last = b.add(PlanStep{Kind: StepEnding, Tool: m.p.ID, Name: name, Start: from, End: b.endOf(m.p)})
	for _, e := range ended {
		b.need(e, m.last, "")
	}
	if m.first < 0 {
		m.first = m.last
	}
}

// pending notes which step reads what an image of a build tool reads.
func (b *planner) pending(im *image, step int) { b.belongs(im.ID, step, -1) }

// toolLabel names a build tool and where it worked.
func (b *planner) toolLabel(p *process) string {
	name := b.t.toolName(p)
	dir := ""
	if n := len(p.images); n > 0 {
		dir = b.t.rel(b.t.path(p.images[n-1].Cwd))
	}
	for _, r := range b.t.recipes().recipes {
		if r.Tool == p.ID {
			dir = b.t.rel(r.Dir) // -C followed
			break
		}
	}
	if dir == "" || dir == "." {
		return name
	}
	return name + " in " + path.Clean(dir)
}

// images gives what a process of a recipe used and made to the recipe's steps. What a
// build tool with recipes reads is its own.
func (b *planner) images(p *process, recipe uint32, tool bool) {
	if p == nil || recipe == 0 {
		return
	}
	for _, im := range p.images {
		if tool && im.tool != notTool {
			continue
		}
		b.belongs(im.ID, placed(b.out.entry, recipe), placed(b.out.exit, recipe))
	}
}

// within orders the build tools that one recipe ran: after what it did before, and
// before what it did last. That one of them was run after another is its script's
// order.
func (b *planner) within(recipe uint32, tools []*toolRun) {
	entry, exit := b.out.entry[recipe], b.out.exit[recipe]
	script := Script{Recipe: recipe}
	for i, m := range tools {
		for _, r := range m.recipes {
			b.out.inside[recipe] = append(b.out.inside[recipe], r.ID)
		}
		b.need(entry, m.first, "")
		b.need(m.last, exit, "")
		for _, earlier := range tools[:i] {
			if b.out.Steps[earlier.last].End <= b.out.Steps[m.first].Start {
				script.Needs = append(script.Needs, Need{From: earlier.last, To: m.first})
			}
		}
	}
	if len(script.Needs) > 0 {
		b.out.Scripts = append(b.out.Scripts, script)
		slices.SortFunc(b.out.Scripts, func(x, y Script) int { return cmp.Compare(x.Recipe, y.Recipe) })
	}
}

// outside makes steps of the times in which no build tool ran. What runs outside of
// recipes is taken in the order in which it ran.
func (b *planner) outside(top []*toolRun) {
	at := b.out.Start
	add := func(until int64) int {
		return b.add(PlanStep{Kind: StepOutside, Name: "outside of recipes", Start: at, End: until})
	}
	var before []int // steps that are over and nothing came after yet
	if len(top) == 0 || at < top[0].p.Start {
		until := b.out.End
		if len(top) > 0 {
			until = top[0].p.Start
		}
		before = append(before, add(until))
	}
	for i := 0; i < len(top); {
		// Tools that overlap.
		end, n := b.endOf(top[i].p), i+1
		for n < len(top) && top[n].p.Start < end {
			end = max(end, b.endOf(top[n].p))
			n++
		}
		var now []int
		for j, m := range top[i:n] {
			for _, s := range before {
				b.need(s, m.first, "")
			}
			for _, earlier := range top[i : i+j] {
				b.need(earlier.last, m.first, "")
			}
			now = append(now, m.last)
		}
		next := b.out.End
		if n < len(top) {
			next = top[n].p.Start
		}
		at = end
		gap := add(max(next, at))
		for _, s := range now {
			b.need(s, gap, "")
		}
		before, i = []int{gap}, n
	}
}
