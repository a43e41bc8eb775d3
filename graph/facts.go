package graph

import (
	"path"
	"slices"
	"strings"

	"buildgraph/store"
)

// TouchedBy lists the recipes whose processes did anything at all to what has a
// path: read it, asked for its metadata, looked for it in vain.
func (g *Graph) TouchedBy(name string) (map[uint32]bool, error) {
	t, err := g.wide()
	if err != nil {
		return nil, err
	}
	src := t.snap.Source // the snapshot leaves out what carries no content
	recipes := map[uint32]bool{}
	rows, err := src.FilesByPath(name)
	for _, r := range got(t, "looking up a path in the trace", rows, err) {
		names := []store.File{r}
		if r.Ino != 0 {
			names, err = src.FilesOfInode(r.Dev, r.Ino, r.Gen)
			names = got(t, "looking up an inode in the trace", names, err)
		}
		for _, f := range names {
			as, err := src.AccessesTo(f.ID)
			for _, a := range got(t, "reading the accesses to a file", as, err) {
				recipes[t.recipeOfExec(a.Exec)] = true
			}
		}
	}
	return recipes, t.done()
}

// Exists reports whether a path named a file when the build ended, as far as the
// trace knows: one that nobody touched is not known to be there.
func (g *Graph) Exists(name string) (bool, error) {
	t, err := g.wide()
	if err != nil {
		return false, err
	}
	h := t.holder(name)
	return h.file != 0, t.done()
}

// Witness tells of the program that an exec is.
func (g *Graph) Witness(id store.ExecID) (Witness, error) {
	t, err := g.wide()
	if err != nil {
		return Witness{}, err
	}
	im := t.exec(id)
	if im == nil {
		return Witness{}, t.done()
	}
	var s Step
	t.tellProgram(&s, im)
	return Witness{PID: s.PID, Argv: s.Argv, Cwd: t.path(im.Cwd), Chain: s.Chain}, t.done()
}

// Ancestry tells how a process came about, as far as build tools are concerned:
// the recipes that ran its build tools, outermost first. The first tool was run
// by nobody's recipe.
func (g *Graph) Ancestry(tool store.ProcessID) ([]store.Recipe, error) {
	t, err := g.wide()
	if err != nil {
		return nil, err
	}
	var up []store.Recipe
	for tool != 0 && len(up) < 1000 {
		r := t.recipe(t.recipeOf(tool))
		if r.ID == 0 || r.Tool == tool {
			break
		}
		up = append(up, r)
		tool = r.Tool
	}
	slices.Reverse(up)
	return up, t.done()
}

// Span is when a process began and ended, ns since the capture began; an end
// that was not seen is 0.
func (g *Graph) Span(id store.ProcessID) (start, end int64, err error) {
	t, err := g.wide()
	if err != nil {
		return 0, 0, err
	}
	if p := t.process(id); p != nil {
		start, end = p.Start, p.End
	}
	return start, end, t.done()
}

// Failed reports whether a process is known to have ended with another status than
// 0, or by a signal.
func (g *Graph) Failed(id store.ProcessID) (bool, error) {
	t, err := g.wide()
	if err != nil {
		return false, err
	}
	p := t.process(id)
	return p != nil && p.End != 0 && (p.ExitCode != 0 || p.Signal != 0), t.done()
}

// Rel gives a path as answers show it: relative to the capture root when below
// it, else absolute.
func (g *Graph) Rel(p string) string { return g.t.rel(p) }

// Arguments are those of all programs that some recipes ran, each with a NUL behind
// it: what a file's name is looked for in.
func (g *Graph) Arguments(recipes []uint32) (string, error) {
	t, err := g.wide()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, id := range recipes {
		for _, m := range t.membersOf(id) {
			p := t.process(m)
			if p == nil {
				continue
			}
			for _, im := range p.images {
				for _, a := range t.argv(im.Argv) {
					b.WriteString(a)
					b.WriteByte(0)
				}
			}
		}
	}
	return b.String(), t.done()
}

// Named reports whether a command line of some recipes has an argument that holds
// name.
func (g *Graph) Named(name string, recipes []uint32) (bool, error) {
	all, err := g.Arguments(recipes)
	return strings.Contains(all, name), err
}

// SoughtBy reports whether a process looked for a path in vain.
func (g *Graph) SoughtBy(name string, id store.ProcessID) (bool, error) {
	t, err := g.wide()
	if err != nil {
		return false, err
	}
	rows, err := t.snap.Source.FilesByPath(name)
	for _, r := range got(t, "looking up a path in the trace", rows, err) {
		as, err := t.snap.Source.AccessesTo(r.ID)
		for _, a := range got(t, "reading the accesses to a file", as, err) {
			if im := t.exec(a.Exec); im != nil && im.Process == id && a.Kinds&store.AccessAbsent != 0 {
				return true, t.done()
			}
		}
	}
	return false, t.done()
}

// Regular reports whether a path is known as that of a regular file.
func (g *Graph) Regular(name string) (bool, error) {
	t, err := g.wide()
	if err != nil {
		return false, err
	}
	h := t.holder(name)
	return h.file != 0 && plainFile(t.objectOf(h.file)), t.done()
}

// Read reports whether a recipe other than the one given read what has a path at
// the end of the build.
func (g *Graph) Read(name string, but uint32) (bool, error) {
	t, err := g.wide()
	if err != nil {
		return false, err
	}
	h := t.holder(name)
	if h.file == 0 {
		return false, t.done()
	}
	for _, f := range t.objectOf(h.file).rows {
		for _, a := range t.accessesTo(f.ID) {
			if id := t.recipeOfExec(a.Exec); a.Kinds&readKinds != 0 && id != 0 && id != but && !t.isTool(a.Exec) {
				return true, t.done()
			}
		}
	}
	return false, t.done()
}

// LookedFirst lists the names that a program looked for in vain before it found a
// file of the same last name, as a search path does.
func (g *Graph) LookedFirst(u Use) ([]string, error) {
	t, err := g.wide()
	if err != nil {
		return nil, err
	}
	as, err := t.snap.Source.AccessesOf(u.Exec)
	base := path.Base(u.Path)
	var names []string
	for _, a := range got(t, "reading the accesses of an exec", as, err) {
		if a.Kinds&store.AccessAbsent == 0 || a.First > u.Time {
			continue
		}
		if p := t.path(a.File); p != u.Path && path.Base(p) == base {
			names = append(names, p)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), t.done()
}

// Writer gives the arguments of the program that wrote the file at a path last,
// nil where the build did not write it.
func (g *Graph) Writer(name string) ([]string, error) {
	t, err := g.wide()
	if err != nil {
		return nil, err
	}
	for _, f := range t.filesAt(name) {
		o := t.objectOf(f.ID)
		if !t.generated(o, f.ID) {
			continue
		}
		if im := t.lastWriter(o, name); im != nil {
			return t.argv(im.Argv), t.done()
		}
	}
	return nil, t.done()
}

// Names lists all names that the file at a path has at the end of the build, the
// path among them.
func (g *Graph) Names(name string) ([]string, error) {
	t := g.t
	list := []string{name}
	if h := t.holder(name); h.file != 0 {
		for _, n := range t.namesOf(t.objectOf(h.file)) {
			if n != name {
				list = append(list, n)
			}
		}
	}
	return list, t.done()
}
