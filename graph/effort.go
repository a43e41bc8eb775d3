package graph

import (
	"fmt"
	"path"
)

// Effort says how much a build tool did in a build.
type Effort struct {
	Tool    string // the first build tool, "" where none ran
	Recipes int    // that the build tools ran
	Idle    bool   // none of them made a file
}

// FewRecipes is up to how many recipes [Graph.Effort] looks at what they made: of
// more, some will have made something.
const FewRecipes = 50

// Effort looks at how much was built: a trace of a build that found everything up
// to date holds next to nothing, and an answer from it would surprise.
func (g *Graph) Effort() (Effort, error) {
	e := g.t.effort()
	return e, g.t.done()
}

func (t *trace) effort() Effort {
	recipes := t.recipes().recipes
	e := Effort{Recipes: len(recipes)}
	if len(recipes) > 0 {
		if p := t.process(recipes[0].Tool); p != nil {
			e.Tool = t.toolName(p)
		}
	} else {
		e.Tool = t.firstTool()
	}
	e.Idle = len(recipes) <= FewRecipes
	for _, r := range recipes {
		e.Idle = e.Idle && len(t.outputsOf(r.ID)) == 0
	}
	return e
}

// idleProcesses is how many processes are looked at for a build tool that ran no
// recipe: where there are more, something was built.
const idleProcesses = 500

// firstTool names the first build tool that ran, of the first processes.
func (t *trace) firstTool() string {
	for row, err := range t.src.Processes() {
		if err != nil {
			t.fail("reading the processes of the trace", err)
			break
		}
		if row.ID > idleProcesses {
			break
		}
		if p := t.process(row.ID); p != nil {
			if name := t.toolName(p); name != "" {
				return name
			}
		}
	}
	return ""
}

// toolName names the build tool that a process ran, "" where it ran none.
func (t *trace) toolName(p *process) string {
	name := ""
	for _, im := range p.images {
		if im.tool != notTool {
			name = path.Base(t.path(im.Exe))
		}
	}
	return name
}

// Hint is what a person should know who finds the trace to hold less than the
// build makes, "" where it holds what a build does.
func (e Effort) Hint() string {
	const clean = "if everything was up to date, capture a clean build"
	switch {
	case e.Tool == "" || !e.Idle:
		return ""
	case e.Recipes == 0:
		return e.Tool + " ran no recipe: " + clean
	}
	return "no recipe that " + e.Tool + " ran made a file: " + clean
}

// partly is the hint for an unknown target that is like no other: Hint, or that only
// a little was built, or what targets there are.
func (e Effort) partly() string {
	const little = 10 // recipes
	switch {
	case e.Tool == "" || e.Idle:
		return e.Hint()
	case e.Recipes >= little:
		return "it holds files, and the targets whose recipes ran a command"
	}
	only := fmt.Sprintf("%s ran only %d recipes", e.Tool, e.Recipes)
	if e.Recipes == 1 {
		only = e.Tool + " ran only 1 recipe"
	}
	return only + ": what was up to date, or has no command, is not in a trace"
}
