package graph

import (
	"cmp"
	"fmt"
	"slices"

	"buildgraph/store"
)

// processes draws the tree of all processes.
func (c *canvas) processes() {
	var drawn []*process
	for row, err := range c.t.src.Processes() {
		if err != nil {
			c.t.fail("reading the processes of the trace", err)
			return
		}
		if p := c.t.process(row.ID); p != nil {
			c.process(p)
			drawn = append(drawn, p)
		}
	}
	c.forks(drawn)
}

// processesOf draws the processes of a target's recipes, or those that wrote the
// file, with their ancestors.
func (c *canvas) processesOf(s subject) {
	var ids []store.ProcessID
	recipes, how := c.t.unitOf(s.obj, s.path, s.named)
	for _, r := range recipes {
		ids = append(ids, c.t.membersOf(r.ID)...)
	}
	if how == HowFlow {
		for _, w := range c.t.writes(s.obj) {
			if by := c.t.exec(w.by); by != nil {
				ids = append(ids, by.Process)
			}
		}
	}
	var drawn []*process
	for _, id := range ids {
		for p := c.t.process(id); p != nil; p = c.t.process(p.Parent) {
			if _, known := c.byID[processID(p.ID)]; known {
				break
			}
			c.process(p)
			drawn = append(drawn, p)
		}
	}
	c.forks(drawn)
}

func processID(id store.ProcessID) string { return fmt.Sprintf("process:%08d", id) }

// process draws one process by the last program that it ran.
func (c *canvas) process(p *process) {
	label, title := fmt.Sprintf("%d", p.PID), ""
	if n := len(p.images); n > 0 {
		im := p.images[n-1]
		label = c.t.calledName(im)
		if im.Seq == 0 && p.Parent != 0 {
			label = "(" + label + ")" // a subshell, or the like
		}
		title = commandLine(c.t.argv(im.Argv))
	}
	c.node(processID(p.ID), label, kindProcess, title)
}

// forks draws the edges to processes from their parents.
func (c *canvas) forks(drawn []*process) {
	for _, p := range drawn {
		if parent, ok := c.byID[processID(p.Parent)]; ok && p.Parent != p.ID {
			c.edges.add(parent, c.byID[processID(p.ID)], edgeFork)
		}
	}
}

// foldFrom is how many processes that one process started, and that did the same,
// are drawn as one even where there is room: as many would be one long column.
const foldFrom = 8

// limitProcesses draws processes that do the same together, then leaves out the
// deepest ones.
func (c *canvas) limitProcesses(limit int) {
	if limit <= 0 {
		return
	}
	least := foldFrom
	if c.live > limit {
		least = 2
	}
	folded := c.foldProcesses(least, c.likeness())
	if c.live > limit { // then also those whose children differ
		folded += c.foldProcesses(2, c.likeNames())
	}
	if folded > 0 {
		c.notes = append(c.notes, fmt.Sprintf("%d processes that do the same as others are drawn together with them (--limit 0: each)", folded))
	}
	left := c.sorted()
	depths := make(map[uint32]int, len(left))
	for _, n := range left {
		depths[n] = c.depth(n)
	}
	slices.SortStableFunc(left, func(a, b uint32) int { return cmp.Compare(depths[a], depths[b]) })
	if len(left) > limit {
		for _, n := range left[limit:] {
			c.remove(n)
		}
		c.notes = append(c.notes, fmt.Sprintf("%d processes are left out to stay within %d nodes", len(left)-limit, limit))
	}
}

// foldProcesses draws the children of one process that are alike as one when there
// are at least so many, and so their own children. It returns how many boxes that
// saved.
func (c *canvas) foldProcesses(least int, alike map[uint32]int) int {
	into := map[uint32]uint32{}
	var fold func(same []uint32)
	fold = func(same []uint32) {
		first := same[0]
		if len(same) > 1 {
			s := c.shapes[first]
			for _, n := range same[1:] {
				into[n] = first
				s.boxes += c.shapes[n].boxes
			}
			s.Label, s.Title = fmt.Sprintf("%d × %s", s.boxes, s.programs), ""
		}
		classes := map[int][]uint32{}
		var order []int
		for _, n := range same {
			kids, _ := c.from(n)
			for _, kid := range kids {
				if classes[alike[kid]] == nil {
					order = append(order, alike[kid])
				}
				classes[alike[kid]] = append(classes[alike[kid]], kid)
			}
		}
		for _, class := range order {
			kids := classes[class]
			slices.SortFunc(kids, func(a, b uint32) int { return cmp.Compare(c.shapes[a].ID, c.shapes[b].ID) })
			if len(same) > 1 || len(kids) >= least {
				fold(kids)
				continue
			}
			for _, kid := range kids {
				fold([]uint32{kid})
			}
		}
	}
	for _, n := range c.sorted() {
		if len(c.to(n)) == 0 {
			fold([]uint32{n})
		}
	}
	for n := range into {
		c.remove(n)
	}
	c.redraw(into)
	return len(into)
}

// likeness gives every process a number that those have in common which run the
// same program and have children that are alike, however many.
func (c *canvas) likeness() map[uint32]int {
	alike := make(map[uint32]int, c.live)
	numbers := map[string]int{}
	var of func(n uint32) int
	of = func(n uint32) int {
		kids, _ := c.from(n)
		var below []int
		for _, kid := range kids {
			below = append(below, of(kid))
		}
		slices.Sort(below)
		text := fmt.Sprint(slices.Compact(below), c.shapes[n].programs)
		if _, known := numbers[text]; !known {
			numbers[text] = len(numbers)
		}
		alike[n] = numbers[text]
		return alike[n]
	}
	for _, n := range c.sorted() {
		if len(c.to(n)) == 0 {
			of(n)
		}
	}
	return alike
}

// likeNames is a looser likeness, that of the program alone.
func (c *canvas) likeNames() map[uint32]int {
	alike := make(map[uint32]int, c.live)
	numbers := map[string]int{}
	for _, n := range c.sorted() {
		name := c.shapes[n].programs
		if _, known := numbers[name]; !known {
			numbers[name] = len(numbers)
		}
		alike[n] = numbers[name]
	}
	return alike
}

// depth is how many ancestors of a process are drawn.
func (c *canvas) depth(n uint32) int {
	depth := 0
	for up := c.to(n); len(up) > 0 && depth < c.live; up = c.to(up[0]) {
		depth++
	}
	return depth
}
