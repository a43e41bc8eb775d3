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
		label = c.t.programName(im)
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

// limitProcesses folds leaf children with the same name into one node, then
// leaves out the deepest leaves.
func (c *canvas) limitProcesses(limit int) {
	if limit <= 0 || c.live <= limit {
		return
	}
	folded := 0
	for _, n := range c.sorted() {
		kids, _ := c.from(n)
		leaves := map[string][]uint32{}
		for _, kid := range kids {
			if more, _ := c.from(kid); len(more) == 0 {
				leaves[c.shapes[kid].Label] = append(leaves[c.shapes[kid].Label], kid)
			}
		}
		for label, same := range leaves {
			if len(same) < 2 {
				continue
			}
			slices.SortFunc(same, func(a, b uint32) int { return cmp.Compare(c.shapes[a].ID, c.shapes[b].ID) })
			c.shapes[same[0]].Label, c.shapes[same[0]].Title = fmt.Sprintf("%d × %s", len(same), label), ""
			for _, l := range same[1:] {
				c.remove(l)
			}
			folded += len(same)
		}
	}
	c.settle()
	if folded > 0 {
		c.notes = append(c.notes, fmt.Sprintf("%d processes that do the same are drawn together", folded))
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

// depth is how many ancestors of a process are drawn.
func (c *canvas) depth(n uint32) int {
	depth := 0
	for up := c.to(n); len(up) > 0 && depth < c.live; up = c.to(up[0]) {
		depth++
	}
	return depth
}
