package graph

import (
	"path"
	"slices"
	"strings"

	"buildgraph/store"
)

// Work is what one run of a recipe did to the files of the project: the facts
// that package audit holds against what is declared. All paths are absolute.
type Work struct {
	store.Recipe
	Member  string // where Target is an archive: the one member that this is the work for, "" for all
	Path    string // of the target, "" where it has no name
	Failed  bool   // a command line of it did not end with status 0
	Lost    int64  // events of its processes that were lost
	Inputs  []Use  // project and generated files that it read before it wrote them, by Path
	Sought  []Use  // of a recipe that failed: what it looked for and did not find
	Outputs []Made // persistent files that it wrote or named, by Path
}

// Use is one file that a recipe used.
type Use struct {
	Path  string   // by the name it was opened by first, links followed
	Names []string // all names that its inode has at the end, Path among them; sorted
	Class Class
	Exec  store.ExecID // that used it first
	Time  int64        // when, ns since the capture began
	Moved bool         // it was renamed away, not read
	Ran   bool         // it was executed
}

// Made is one file that a recipe wrote.
type Made struct {
	Path    string
	Names   []string     // all names that its inode has at the end, Path among them; sorted
	Exec    store.ExecID // that wrote to it last
	Touched bool         // only its times were set, as touch(1) does
}

// Witness is the program that is named as evidence.
type Witness struct {
	PID   int
	Argv  []string
	Cwd   string   // absolute
	Chain []string // executables from the build tool's child down to this program, each a short name
}

// Works tells what every recipe of the build did, in the order of recipes.
// members says which members of the archive that a recipe is for have recipes of
// their own: make names all of those by the archive. It reads the whole trace.
func (g *Graph) Works(members func(store.Recipe) []string) ([]Work, error) {
	t, err := g.wide()
	if err != nil {
		return nil, err
	}
	var works []Work
	for _, r := range t.recipes().recipes {
		ms := members(r)
		for _, m := range ms {
			if w := t.workOf(r, m); len(w.Inputs)+len(w.Outputs)+len(w.Sought) > 0 {
				works = append(works, w)
			}
		}
		if len(ms) == 0 {
			works = append(works, t.workOf(r, ""))
		}
	}
	if err := t.done(); err != nil {
		return nil, err
	}
	return works, nil
}

// workOf tells what one recipe did, for one member of an archive only where
// member is given.
func (t *trace) workOf(r store.Recipe, member string) Work {
	w := Work{Recipe: r, Member: member, Path: targetPath(r)}
	var want func(*process) bool
	if member != "" {
		want = func(line *process) bool { return t.archives(r.ID, line, member) }
	}
	procs := t.processesOf(r.ID, want)
	for _, id := range procs {
		p := t.process(id)
		if p == nil {
			continue
		}
		w.Lost += p.Lost
		if by := t.parentImage(p); by != nil && by.tool != notTool && p.End != 0 && (p.ExitCode != 0 || p.Signal != 0) {
			w.Failed = true
		}
	}
	w.Outputs = t.madeBy(procs)
	for _, i := range t.recipeInputs(r.ID, want).list {
		if u, ok := t.useOf(i); ok {
			w.Inputs = append(w.Inputs, u)
		}
	}
	if w.Failed {
		w.Sought = t.soughtBy(procs)
	}
	byPath := func(a, b Use) int { return strings.Compare(a.Path, b.Path) }
	slices.SortFunc(w.Inputs, byPath)
	slices.SortFunc(w.Sought, byPath)
	return w
}

// useOf tells of one input, where it is one that a build system could declare.
func (t *trace) useOf(i *input) (Use, bool) {
	p := t.path(i.file)
	if !t.visible(i.obj, i.file) {
		return Use{}, false
	}
	file, o := i.file, i.obj
	if t.cacheFile(p) {
		// A module's cache stands for the module (see cachedSource).
		if file = t.cachedSource(p); file == 0 || file == i.file {
			return Use{}, false
		}
		o, p = t.objectOf(file), t.path(file)
	}
	class := t.classOf(o, file, 0)
	if !t.ofInterest(o, file, class) || t.inTempDir(p) {
		return Use{}, false
	}
	u := Use{Path: p, Names: t.allNames(o, p), Class: class, Time: i.first, Moved: i.moved, Ran: i.kinds&store.AccessExecute != 0}
	if i.by != nil {
		u.Exec = i.by.ID
	}
	return u, true
}

// allNames are the names of an object at the end of the build, and p.
func (t *trace) allNames(o *object, p string) []string {
	names := append([]string{p}, t.namesOf(o)...)
	slices.Sort(names)
	return slices.Compact(names)
}

// madeBy lists what some processes of one recipe wrote.
func (t *trace) madeBy(procs []store.ProcessID) []Made {
	made := map[string]*Made{}
	take := func(im *image, file store.FileID, touched bool) {
		o := t.objectOf(file)
		if !plainFile(o) && o.kind != store.KindSymlink || t.passes(o) || t.collected()[o] {
			return
		}
		names := t.outputNames(o)
		if len(names) == 0 && !t.inTempDir(t.path(file)) && t.written(o) {
			names = []string{t.path(file)} // made for another recipe, and gone at the end
		}
		for _, n := range names {
			if t.noise(n) || t.isTrace(n) || t.cacheFile(n) {
				continue
			}
			m := made[n]
			if m == nil {
				m = &Made{Path: n, Names: t.allNames(o, n), Touched: true}
				made[n] = m
			}
			if !touched || m.Exec == 0 {
				m.Exec = im.ID
			}
			m.Touched = m.Touched && touched
		}
	}
	for _, id := range procs {
		p := t.process(id)
		if p == nil {
			continue
		}
		for _, im := range p.images {
			if im.tool != notTool {
				continue
			}
			t.eachMade(im, take)
		}
	}
	list := make([]Made, 0, len(made))
	for _, m := range made {
		list = append(list, *m)
	}
	slices.SortFunc(list, func(a, b Made) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// collected are the files into which a build tool's own output goes: all recipes
// write there, and none makes them.
func (t *trace) collected() map[*object]bool {
	if t.toolOutput != nil {
		return t.toolOutput
	}
	t.toolOutput = map[*object]bool{}
	seen := map[store.ProcessID]bool{}
	for _, r := range t.recipes().recipes {
		p := t.process(r.Tool)
		if p == nil || seen[p.ID] {
			continue
		}
		seen[p.ID] = true
		for _, im := range p.images {
			held, err := t.src.HeldBy(im.ID)
			for _, h := range got(t, "reading the descriptors of an exec", held, err) {
				if h.Write && im.tool != notTool {
					t.toolOutput[t.objectOf(h.File)] = true
				}
			}
		}
	}
	return t.toolOutput
}

// eachMade visits what one image wrote or named, and whether it only set times.
func (t *trace) eachMade(im *image, take func(*image, store.FileID, bool)) {
	touched := map[store.FileID]bool{}
	for _, op := range t.opsBy(im.ID) {
		switch op.Kind {
		case store.OpRename, store.OpLink, store.OpCopy:
			take(im, op.Other, false)
		case store.OpExchange:
			take(im, op.File, false)
			take(im, op.Other, false)
		case store.OpSymlink:
			take(im, op.File, false)
		case store.OpTouch:
			touched[op.File] = true
			take(im, op.File, true)
		}
	}
	for _, a := range t.writesOf(im.ID) {
		// touch(1) opens what it touches for writing and writes nothing.
		only := touched[a.File] && a.Kinds&(store.AccessTruncate|store.AccessCreate) == 0
		take(im, a.File, only)
	}
}

// soughtBy lists the names that some processes looked for in vain, below the
// capture root.
func (t *trace) soughtBy(procs []store.ProcessID) []Use {
	src := t.src
	if t.snap != nil {
		src = t.snap.Source // the snapshot leaves lookups out
	}
	found := map[string]Use{}
	for _, id := range procs {
		p := t.process(id)
		if p == nil {
			continue
		}
		for _, im := range p.images {
			as, err := src.AccessesOf(im.ID)
			for _, a := range got(t, "reading the accesses of an exec", as, err) {
				if a.Kinds&store.AccessAbsent == 0 || im.tool != notTool {
					continue
				}
				name := t.path(a.File)
				if t.meta.Root == "" || !under(name, t.meta.Root) {
					continue
				}
				if u, ok := found[name]; !ok || a.First < u.Time {
					found[name] = Use{Path: name, Names: []string{name}, Class: Project, Exec: im.ID, Time: a.First}
				}
			}
		}
	}
	list := make([]Use, 0, len(found))
	for _, u := range found {
		list = append(list, u)
	}
	return list
}

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

// Named reports whether a command line of some recipes has an argument that holds
// name.
func (g *Graph) Named(name string, recipes []uint32) (bool, error) {
	t, err := g.wide()
	if err != nil {
		return false, err
	}
	for _, id := range recipes {
		for _, m := range t.membersOf(id) {
			p := t.process(m)
			if p == nil {
				continue
			}
			for _, im := range p.images {
				if slices.ContainsFunc(t.argv(im.Argv), func(a string) bool { return strings.Contains(a, name) }) {
					return true, t.done()
				}
			}
		}
	}
	return false, t.done()
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
