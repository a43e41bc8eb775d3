package graph

import (
	"path"
	"slices"

	"buildgraph/store"
)

// wrappers run the command that they are given, and do nothing else.
var wrappers = whole(`env|sudo|time|nice|timeout|xargs|nohup|setsid|strace|fakeroot|ionice|taskset|stdbuf|unshare|chroot|runuser|su`)

// commands makes steps of the commands that scripts ran: the build has no recipes. A
// process is a command unless all it does is to run others: shells and interpreters
// that started something, build tools, wrappers.
func (b *planner) commands() {
	if len(b.procs) == 0 {
		return
	}
	b.out.Commands = true
	var steps []int
	todo := []*process{b.procs[0]}
	for _, p := range b.procs[1:] {
		if p.Parent == 0 {
			todo = append(todo, p) // its parent was lost
		}
	}
	for ; len(todo) > 0; todo = todo[1:] {
		p := todo[0]
		im := b.lastImage(p)
		if b.runsOthers(p, im) {
			todo = append(todo, b.children[p.ID]...)
			continue
		}
		if im == nil || im.Seq == 0 && p.Parent != 0 {
			continue // a shell's copy of itself
		}
		argv := slices.Clone(b.t.argv(im.Argv))
		if len(argv) > 0 {
			argv[0] = path.Base(argv[0])
		}
		i := b.add(PlanStep{Kind: StepRecipe, Name: commandLine(argv), Start: p.Start, End: b.endOf(p)})
		steps = append(steps, i)
		b.family(p, i)
	}
	b.around(steps)
}

func (b *planner) lastImage(p *process) *image {
	if len(p.images) == 0 {
		return nil
	}
	return p.images[len(p.images)-1]
}

// runsOthers reports whether a process is there to run others, and did.
func (b *planner) runsOthers(p *process, im *image) bool {
	if im == nil || len(b.children[p.ID]) == 0 {
		return false
	}
	switch b.t.roleOf(im) {
	case RoleShell, RoleInterpreter, RoleBuildTool:
		return true
	}
	return wrappers.MatchString(b.t.programCalled(im))
}

// family gives all that a command's processes did to its step.
func (b *planner) family(p *process, step int) {
	seen := map[store.ProcessID]bool{}
	for todo := []*process{p}; len(todo) > 0; todo = todo[1:] {
		if seen[todo[0].ID] {
			continue
		}
		seen[todo[0].ID] = true
		b.out.Steps[step].CPU += todo[0].CPU
		for _, im := range todo[0].images {
			b.belongs(im.ID, step, step)
		}
		todo = append(todo, b.children[todo[0].ID]...)
	}
}

// around puts what the script did before its first command and after its last one
// around all of them.
func (b *planner) around(steps []int) {
	first, last := b.out.End, b.out.Start
	for _, i := range steps {
		first, last = min(first, b.out.Steps[i].Start), max(last, b.out.Steps[i].End)
	}
	before := b.add(PlanStep{Kind: StepOutside, Name: "before the first command", Start: b.out.Start, End: first})
	if len(steps) == 0 {
		return
	}
	after := b.add(PlanStep{Kind: StepOutside, Name: "after the last command", Start: last, End: b.out.End})
	for _, i := range steps {
		b.need(before, i, "")
		b.need(i, after, "")
	}
}
