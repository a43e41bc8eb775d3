package compare

import (
	"slices"
	"strings"

	"buildgraph/graph"
)

// targets finds what each build made, and how what both made differs.
func (c *comparison) targets() {
	c.env = map[[2]*profile][]Variable{}
	c.files = map[[2]*graph.Inputs]inputChange{}
	for _, key := range c.a.keys {
		if b := c.b.targets[key]; b != nil {
			c.common = append(c.common, couple{c.a.targets[key], b})
		} else {
			c.d.OnlyA = append(c.d.OnlyA, c.a.targets[key].show())
		}
	}
	for _, key := range c.b.keys {
		if c.a.targets[key] == nil {
			c.d.OnlyB = append(c.d.OnlyB, c.b.targets[key].show())
		}
	}
	byName := func(a, b Target) int { return strings.Compare(a.Name+"\x00"+a.Command, b.Name+"\x00"+b.Command) }
	slices.SortFunc(c.d.OnlyA, byName)
	slices.SortFunc(c.d.OnlyB, byName)
	c.d.Common = len(c.common)
	c.innerPrograms()
	for _, both := range c.common {
		if ch, differs := c.change(both.a, both.b); differs {
			c.d.Changed = append(c.d.Changed, ch)
		}
	}
	slices.SortStableFunc(c.d.Changed, func(a, b Change) int { return strings.Compare(a.Name, b.Name) })
}

// change is how two targets differ, and whether they do.
func (c *comparison) change(a, b *target) (Change, bool) {
	ch := Change{Name: c.nameOf(a.key)}
	ch.Command = commandChange(a.lines, b.lines)
	if len(ch.Command) == 0 {
		ch.Programs = c.inner[a.key]
	}
	ch.Env = c.variables(c.a.envOf(a), c.b.envOf(b))
	in := c.inputChange(a, b)
	ch.Added, ch.Removed = in.added, in.removed
	ch.Tools = toolChange(a.tools, b.tools)
	if x, y := a.exit(), b.exit(); x != y {
		ch.Exit = &Pair{x, y}
	}
	if len(a.jobs) != len(b.jobs) {
		ch.Runs = &Pair{len(a.jobs), len(b.jobs)}
	}
	same := len(ch.Command)+len(ch.Programs)+len(ch.Env)+len(ch.Added)+len(ch.Removed)+len(ch.Tools) == 0 && ch.Exit == nil && ch.Runs == nil
	return ch, !same
}

// commandChange are the words in which the command lines of two targets differ.
func commandChange(a, b []line) []Hunk {
	if slices.EqualFunc(a, b, func(x, y line) bool { return slices.Equal(x.norm, y.norm) }) {
		return nil
	}
	// A target that is made twice as often, in the same way, has no other command.
	if sameLines(a, b) {
		return nil
	}
	flat := func(lines []line) (words, norm []string) {
		for _, l := range lines {
			words, norm = append(words, l.words...), append(norm, l.norm...)
		}
		return words, norm
	}
	wordsA, normA := flat(a)
	wordsB, normB := flat(b)
	hs := hunks(wordsA, wordsB, normA, normB)
	if slices.ContainsFunc(a, line.isScript) || slices.ContainsFunc(b, line.isScript) {
		for i, h := range hunks(shellWords(a), shellWords(b), normA, normB) { // in the same places
			hs[i].shellA, hs[i].shellB = h.A, h.B
		}
	}
	return hs
}

// shellWords are the words of command lines as a shell takes them.
func shellWords(lines []line) []string {
	var words []string
	for _, l := range lines {
		if l.script {
			words = append(words, l.words...)
			continue
		}
		for _, w := range l.words {
			words = append(words, graph.CommandLine([]string{w}))
		}
	}
	return words
}

// sameLines reports whether two targets ran the same lines, however often.
func sameLines(a, b []line) bool {
	set := func(lines []line) map[string]bool {
		s := map[string]bool{}
		for _, l := range lines {
			s[fingerprint(l.norm)] = true
		}
		return s
	}
	x, y := set(a), set(b)
	for k := range x {
		if !y[k] {
			return false
		}
	}
	return len(x) == len(y) && len(a) != len(b)
}

// envOf is the environment that the first command line of a target saw.
func (s *side) envOf(t *target) *profile {
	for _, j := range t.jobs {
		for _, l := range j.Lines {
			if p := s.profileOf(l.Env); p != nil {
				return p
			}
		}
	}
	return nil
}

// exit is how the first line that failed ended, as a shell says it; 0 where none did.
func (t *target) exit() int {
	for _, j := range t.jobs {
		switch {
		case j.Signal != 0:
			return 128 + j.Signal
		case j.ExitCode != 0:
			return j.ExitCode
		}
	}
	return 0
}

// failed reports whether the recipe failed the last time that it ran.
func (t *target) failed() bool { return t.jobs[len(t.jobs)-1].Failed }

// inputChange is what was used in one build only.
type inputChange struct{ added, removed []Input }

// inputChange compares the files that two targets were made from.
func (c *comparison) inputChange(a, b *target) inputChange {
	key := [2]*graph.Inputs{allInputs(a), allInputs(b)}
	known, ok := c.files[key]
	if !ok {
		known = c.compareInputs(key[0], key[1])
		c.files[key] = known
	}
	return known
}

// allInputs are the inputs of all runs of a recipe.
func allInputs(t *target) *graph.Inputs {
	if len(t.jobs) == 1 {
		return t.jobs[0].Inputs
	}
	var files []graph.InputFile
	for _, j := range t.jobs {
		files = append(files, j.Inputs.Files...)
	}
	slices.SortStableFunc(files, func(a, b graph.InputFile) int { return strings.Compare(a.Path, b.Path) })
	return &graph.Inputs{Files: slices.CompactFunc(files, func(a, b graph.InputFile) bool { return a.Path == b.Path })}
}

func (c *comparison) compareInputs(a, b *graph.Inputs) inputChange {
	missing := func(from *side, in, other *graph.Inputs, otherSide *side) []Input {
		has := make(map[string]bool, len(other.Files))
		for _, f := range other.Files {
			has[otherSide.n.name(f.Path)] = true
		}
		var list []Input
		for _, f := range in.Files {
			if !has[from.n.name(f.Path)] && (c.o.All || ofProject(f) || c.o.System && !f.Noise) {
				list = append(list, Input{f.Path, f.Class, f.Noise})
			}
		}
		return list
	}
	return inputChange{added: missing(c.b, b, a, c.a), removed: missing(c.a, a, b, c.b)}
}

// ofProject reports whether a file is compared target by target.
func ofProject(f graph.InputFile) bool {
	return (f.Class == graph.Project || f.Class == graph.Generated) && !f.Noise
}

// toolChange lists the programs that both targets ran, from other files.
func toolChange(a, b map[string][]string) []Tool {
	var list []Tool
	for name, of := range a {
		if other, ok := b[name]; ok && !slices.Equal(of, other) {
			list = append(list, Tool{name, of, other})
		}
	}
	slices.SortFunc(list, func(a, b Tool) int { return strings.Compare(a.Program, b.Program) })
	return list
}
