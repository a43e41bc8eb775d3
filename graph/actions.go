package graph

import (
	"maps"
	"slices"
	"strings"

	"buildgraph/store"
)

// ActionGraph is the whole build as files and the actions between them: every file
// whose content was used, and everything that made a file out of others.
type ActionGraph struct {
	Files   []ActionFile // by Path
	Actions []Action     // recipes in their order, then processes by ID
}

// ActionFile is one name of a file, with what used it.
type ActionFile struct {
	Path    string // relative to the capture root when below it, else absolute
	Class   Class
	Readers int // program images that read, mapped or executed it
	Writers int // program images that wrote it, by whatever name; else 1 for the one that named it
}

// Action is one run of a recipe or, where no recipe is known, a process that wrote
// a file.
type Action struct {
	Recipe  uint32          // 0 for a process
	Process store.ProcessID // 0 for a recipe
	Inputs  []int           // places in ActionGraph.Files, ascending: system files and tools too
	Outputs []int           // places of the persistent files that it wrote or named, ascending
}

// Actions tells what was made from what in the whole build, as [Graph.Picture] draws
// it, with nothing folded or left out but temporary files, caches and what nearly
// every program reads. It reads the whole trace.
func (g *Graph) Actions() (ActionGraph, error) {
	t, err := g.wide()
	if err != nil {
		return ActionGraph{}, err
	}
	a := &actions{t: t, at: map[string]int{}, made: map[int]output{}, byFile: make([]int, len(t.snap.files))}
	a.countAccesses()
	for _, r := range t.recipes().recipes {
		a.recipe(r)
	}
	a.processes()
	a.countMakers()
	if err := t.done(); err != nil {
		return ActionGraph{}, err
	}
	a.sort()
	return a.out, nil
}

// actions is an ActionGraph in the making: files in the order in which they came up.
type actions struct {
	t      *trace
	out    ActionGraph
	at     map[string]int // place of a shown path
	made   map[int]output // of the last that the build made, by place
	byFile []int          // place of a FileID, plus 1; 0: not looked at, -1: not shown
}

// countAccesses enters every file whose content was used, with by how many.
func (a *actions) countAccesses() {
	s := a.t.snap
	kinds := make([]store.AccessKind, len(s.files))
	readers, writers := make([]int, len(s.files)), make([]int, len(s.files))
	for i, f := range s.file {
		kinds[f] |= s.kinds[i]
		if s.kinds[i]&readKinds != 0 {
			readers[f]++
		}
		if s.kinds[i]&writeKinds != 0 {
			writers[f]++
		}
	}
	for id := range s.files {
		if kinds[id] == 0 {
			continue
		}
		if n := a.place(store.FileID(id), kinds[id]); n >= 0 {
			a.out.Files[n].Readers += readers[id]
			a.out.Files[n].Writers += writers[id]
		}
	}
}

// place enters a file row, -1 for one that is not shown.
func (a *actions) place(id store.FileID, kinds store.AccessKind) int {
	if n := a.byFile[id]; n != 0 {
		return max(n-1, -1)
	}
	a.byFile[id] = -1
	t, o := a.t, a.t.objectOf(id)
	p := t.path(id)
	if o == nil || !t.visible(o, id) || o.kind == store.KindDirectory || t.passes(o) || t.cacheFile(p) {
		return -1
	}
	class := t.classOf(o, id, kinds)
	n := a.named(p, class)
	// One name may have been several inodes, of which the build wrote some.
	if class == Generated {
		a.out.Files[n].Class = Generated
	}
	a.byFile[id] = n + 1
	return n
}

// named enters a path.
func (a *actions) named(p string, class Class) int {
	shown := a.t.rel(p)
	n, ok := a.at[shown]
	if !ok {
		n = len(a.out.Files)
		a.at[shown] = n
		a.out.Files = append(a.out.Files, ActionFile{Path: shown, Class: class})
	}
	return n
}

// output enters what the build wrote or named.
func (a *actions) output(o output) int {
	n := a.named(o.name, Generated)
	a.out.Files[n].Class = Generated
	a.made[n] = o
	return n
}

// countMakers counts the writers of what was written by another name, and renamed or
// linked.
func (a *actions) countMakers() {
	for n, o := range a.made {
		f := &a.out.Files[n]
		if f.Writers > 0 {
			continue
		}
		by := map[store.ExecID]bool{}
		for _, w := range a.t.contributors(o.obj, forever) {
			by[w.by] = true
		}
		if f.Writers = len(by); f.Writers == 0 && a.t.lastWriter(o.obj, o.name) != nil {
			f.Writers = 1
		}
	}
}

// inputs are the places of what was read, without own, which is the action's target.
func (a *actions) inputs(in *inputs, own string) []int {
	var list []int
	for _, i := range in.list {
		p := a.t.path(i.file)
		if p == own || a.t.noise(p) {
			continue
		}
		if n := a.place(i.file, i.kinds); n >= 0 {
			list = append(list, n)
		}
	}
	return list
}

func (a *actions) recipe(r store.Recipe) {
	act := Action{Recipe: r.ID, Inputs: a.inputs(a.t.recipeInputs(r.ID, nil), targetPath(r))}
	for _, m := range a.t.membersOf(r.ID) {
		act.Inputs = append(act.Inputs, a.linked(m)...)
	}
	for _, o := range a.t.outputsOf(r.ID) {
		if !a.t.cacheFile(o.name) {
			act.Outputs = append(act.Outputs, a.output(o))
		}
	}
	a.out.Actions = append(a.out.Actions, act)
}

// linked are the files that a process gave another name to, without reading them.
func (a *actions) linked(id store.ProcessID) []int {
	p := a.t.process(id)
	if p == nil {
		return nil
	}
	var list []int
	for _, im := range p.images {
		for _, op := range a.t.opsBy(im.ID) {
			if op.Kind != store.OpLink {
				continue
			}
			if n := a.place(op.File, 0); n >= 0 {
				list = append(list, n)
			}
		}
	}
	return list
}

// processes enters what no recipe answers for, by the process that wrote it last.
func (a *actions) processes() {
	byProcess := map[store.ProcessID]*Action{}
	a.t.eachOutput(func(o *object, name string) {
		if a.t.cacheFile(name) {
			return
		}
		if _, how := a.t.unitOfInput(o, name); how != HowFlow {
			return
		}
		by := a.t.lastWriter(o, name)
		if by == nil {
			return
		}
		act := byProcess[by.Process]
		if act == nil {
			act = &Action{Process: by.Process}
			byProcess[by.Process] = act
		}
		in := newInputs()
		a.t.flowInto(o, in)
		act.Inputs = append(act.Inputs, a.inputs(in, name)...)
		act.Outputs = append(act.Outputs, a.output(output{o, name}))
	})
	for _, id := range slices.Sorted(maps.Keys(byProcess)) {
		a.out.Actions = append(a.out.Actions, *byProcess[id])
	}
}

// sort brings the files into the order of their paths, and the ends of actions with
// them.
func (a *actions) sort() {
	order := make([]int, len(a.out.Files))
	for i := range order {
		order[i] = i
	}
	old := a.out.Files
	slices.SortFunc(order, func(x, y int) int { return strings.Compare(old[x].Path, old[y].Path) })
	to := make([]int, len(old))
	a.out.Files = make([]ActionFile, len(old))
	for n, i := range order {
		to[i], a.out.Files[n] = n, old[i]
	}
	for i := range a.out.Actions {
		for _, ends := range []*[]int{&a.out.Actions[i].Inputs, &a.out.Actions[i].Outputs} {
			for k, n := range *ends {
				(*ends)[k] = to[n]
			}
			slices.Sort(*ends)
			*ends = slices.Compact(*ends)
		}
	}
}
