package graph

import (
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
	known, ok := t.uses[i.file]
	if !ok {
		if u, ok := t.fileUsed(i.obj, i.file); ok {
			known = &u
		}
		t.uses[i.file] = known
	}
	if known == nil {
		return Use{}, false
	}
	u := *known
	u.Time, u.Moved, u.Ran = i.first, i.moved, i.kinds&store.AccessExecute != 0
	if i.by != nil {
		u.Exec = i.by.ID
	}
	return u, true
}

// fileUsed is what the uses of a file have in common.
func (t *trace) fileUsed(o *object, file store.FileID) (Use, bool) {
	p := t.path(file)
	if !t.visible(o, file) {
		return Use{}, false
	}
	if t.cacheFile(p) {
		// A module's cache stands for the module (see cachedSource).
		source := t.cachedSource(p)
		if source == 0 || source == file {
			return Use{}, false
		}
		file, o, p = source, t.objectOf(source), t.path(source)
	}
	class := t.classOf(o, file, 0)
	if !t.ofInterest(o, file, class) || t.inTempDir(p) {
		return Use{}, false
	}
	return Use{Path: p, Names: t.allNames(o, p), Class: class}, true
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
