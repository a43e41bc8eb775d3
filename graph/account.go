package graph

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"buildgraph/store"
)

// Account is all that one build did, job by job and program by program: what
// package compare holds against the account of another build.
type Account struct {
	Meta     store.Meta
	TempDirs []string // absolute: where temporary files lived
	Pwd      string   // $PWD of the first program: the capture root as a person may spell it
	Jobs     []Job    // recipes in the order they began, then what no recipe made, by name
	Programs []Program
	CPU      int64 // of all processes, ns

	argv func(store.ArgvID) []string
	env  func(store.EnvID) iter.Seq[string]
}

// Argv gives the arguments of a program.
func (a *Account) Argv(id store.ArgvID) []string { return a.argv(id) }

// Env gives an environment, each string NAME=value.
func (a *Account) Env(id store.EnvID) iter.Seq[string] { return a.env(id) }

// Job is one run of a recipe, or one file that was made outside of recipes.
type Job struct {
	Recipe uint32 // 0: none
	Name   string // of the target, as answers show it; "" where a recipe has none
	Path   string // of the target, absolute; "" where it has none
	Spelt  string // as the build tool names it
	Tool   store.ProcessID
	Makes  []string // files that it made, as answers show them, sorted
	Lines  []Line   // the command lines that the build tool ran
	Inputs *Inputs  // of files that one program made they are the same
	Sought Sought   // what the build tool knew of the target before

	Start, End, CPU  int64 // ns
	ExitCode, Signal int   // of the first line that failed
}

// Sought is what a build tool found when it asked for a target before it ran the
// recipe.
type Sought uint8

// What it can have found.
const (
	SoughtUnknown Sought = iota // it was not seen to ask
	SoughtPresent
	SoughtAbsent
)

// Line is one command line of a recipe.
type Line struct {
	Argv store.ArgvID
	Env  store.EnvID
	Exe  string // the binary, absolute
	Cwd  string // as answers show it
}

// Inputs are the files that a job used, by Path.
type Inputs struct{ Files []InputFile }

// InputFile is one file that a job used.
type InputFile struct {
	Path  string // as answers show it
	Abs   string // absolute
	Class Class
	Noise bool // hidden unless asked for: locales, the loader's files, caches
}

// Program is one program image that a process ran.
type Program struct {
	Name    string       // as it was called: the base name of its first argument
	Exe     string       // the binary or script, absolute
	Argv    store.ArgvID // its arguments
	PIDs    []int        // of its process and those above
	Tool    bool         // it is a build tool
	Recipe  uint32       // that it was run by; 0: none
	Failed  bool         // its process ended in another way than with status 0
	Elapsed int64        // ns
	CPU     int64        // of its process where this was the last image, else 0; ns
}

// Account tells all that the build did. It reads the whole trace.
func (g *Graph) Account() (*Account, error) {
	t, err := g.wide()
	if err != nil {
		return nil, err
	}
	c := &accountant{t: t, rels: map[store.FileID]string{}, pids: map[store.ProcessID][]int{}}
	c.a = &Account{Meta: t.meta, argv: t.argv}
	t.inTempDir("/") // works out which they are
	c.a.TempDirs = t.tempDirs
	c.environments()
	cpu := c.programs()
	for _, r := range t.recipes().recipes {
		c.recipe(r, cpu[r.ID])
	}
	c.unrecipied()
	return c.a, t.done()
}

// accountant puts an account together.
type accountant struct {
	t    *trace
	a    *Account
	rels map[store.FileID]string
	pids map[store.ProcessID][]int
}

// environments prepares the lookup of environments: in one pass where the source
// can do that.
func (c *accountant) environments() {
	t := c.t
	src := t.snap.Source
	all, ok := src.(environments)
	if !ok {
		c.a.env = func(id store.EnvID) iter.Seq[string] {
			vars, err := src.Env(id)
			return slices.Values(got(t, "reading an environment", vars, err))
		}
		return
	}
	e, err := all.Environments()
	t.fail("reading the environments of the trace", err)
	c.a.env = func(id store.EnvID) iter.Seq[string] {
		return func(yield func(string) bool) {
			if int(id) >= len(e.Of) {
				return
			}
			for _, s := range e.Of[id] {
				if !yield(e.Strings[s]) {
					return
				}
			}
		}
	}
}

// programs lists all program images, and gives the CPU time of each recipe.
func (c *accountant) programs() map[uint32]int64 {
	t := c.t
	cpu := map[uint32]int64{}
	for _, row := range t.snap.procs {
		p := t.process(row.ID)
		if row.ID == 0 || p == nil {
			continue
		}
		recipe := t.recipeOf(p.ID)
		c.a.CPU += p.CPU
		cpu[recipe] += p.CPU
		for i, im := range p.images {
			if im.Seq == 0 && (p.Parent != 0 || len(p.images) > 1) {
				continue // the program that it was forked from, or what started the capture
			}
			pr := Program{
				Name: t.calledName(im), Exe: t.path(im.Exe), Argv: im.Argv, PIDs: c.pidsOf(p), Recipe: recipe,
				Failed: p.End != 0 && (p.ExitCode != 0 || p.Signal != 0), Tool: im.tool != notTool,
			}
			if im.Script != 0 {
				pr.Exe = t.path(im.Script)
			}
			if end := t.endOf(im); end != forever {
				pr.Elapsed = end - im.Start
			}
			if i == len(p.images)-1 {
				pr.CPU = p.CPU
			}
			c.a.Programs = append(c.a.Programs, pr)
			if c.a.Pwd == "" {
				c.a.Pwd = pwdOf(c.a.env(im.Env))
			}
		}
	}
	return cpu
}

func pwdOf(env iter.Seq[string]) string {
	for v := range env {
		if dir, ok := strings.CutPrefix(v, "PWD="); ok {
			return dir
		}
	}
	return ""
}

// pidsOf are the PIDs of a process and those above it.
func (c *accountant) pidsOf(p *process) []int {
	if known, ok := c.pids[p.ID]; ok {
		return known
	}
	pids := []int{p.PID}
	if by := c.t.parentImage(p); by != nil {
		pids = append(pids, c.pidsOf(by.child)...)
	}
	c.pids[p.ID] = pids
	return pids
}

// recipe adds the run of a recipe.
func (c *accountant) recipe(r store.Recipe, cpu int64) {
	t := c.t
	j := Job{Recipe: r.ID, Path: targetPath(r), Spelt: r.Target, Tool: r.Tool, Start: r.Start, End: r.End, CPU: cpu}
	if j.Path != "" {
		j.Name = t.rel(j.Path)
		j.Sought = c.sought(r, j.Path)
	}
	for _, m := range t.madeBy(t.membersOf(r.ID)) {
		j.Makes = append(j.Makes, t.rel(m.Path))
	}
	for _, l := range t.linesOf(r.ID) {
		if l.End != 0 && (l.ExitCode != 0 || l.Signal != 0) && j.ExitCode == 0 && j.Signal == 0 {
			j.ExitCode, j.Signal = l.ExitCode, l.Signal
		}
		if im := l.firstExec(); im != nil {
			j.Lines = append(j.Lines, Line{Argv: im.Argv, Env: im.Env, Exe: t.path(im.Exe), Cwd: t.rel(t.path(im.Cwd))})
		}
	}
	j.Inputs = c.inputs(t.recipeInputs(r.ID, nil), j.Path)
	c.a.Jobs = append(c.a.Jobs, j)
}

// inputs are the files of some inputs that can be shown; own is the target itself.
func (c *accountant) inputs(in *inputs, own string) *Inputs {
	t := c.t
	list := make([]InputFile, 0, len(in.list))
	for _, i := range in.list {
		p := t.path(i.file)
		if p == own || !t.visible(i.obj, i.file) || !plainFile(i.obj) || !i.obj.carries() || t.inTempDir(p) {
			continue
		}
		rel, ok := c.rels[i.file]
		if !ok {
			rel = t.rel(p)
			c.rels[i.file] = rel
		}
		list = append(list, InputFile{Path: rel, Abs: p, Class: t.classOf(i.obj, i.file, i.kinds), Noise: t.noise(p) || t.cacheFile(p)})
	}
	slices.SortFunc(list, func(a, b InputFile) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(string(a.Class), string(b.Class)))
	})
	list = slices.CompactFunc(list, func(a, b InputFile) bool { return a.Path == b.Path })
	return &Inputs{list}
}

// sought is what the build tool of a recipe learnt of its target by name before it
// ran the recipe.
func (c *accountant) sought(r store.Recipe, target string) Sought {
	src := c.t.snap.Source // the snapshot leaves out what carries no content
	rows, err := src.FilesByPath(target)
	state, at := SoughtUnknown, int64(-1)
	for _, f := range got(c.t, "looking up a path in the trace", rows, err) {
		as, err := src.AccessesTo(f.ID)
		for _, a := range got(c.t, "reading the accesses to a file", as, err) {
			im := c.t.exec(a.Exec)
			if im == nil || im.Process != r.Tool || a.First >= r.Start || a.First < at {
				continue
			}
			switch {
			case a.Kinds&store.AccessAbsent != 0:
				state, at = SoughtAbsent, a.First
			case a.Kinds&store.AccessStat != 0:
				state, at = SoughtPresent, a.First
			}
		}
	}
	return state
}

// unrecipied adds the files that the build made outside of recipes. What one
// program made has the inputs of all of it: to take each file by itself would cost
// as many walks through what the program read.
func (c *accountant) unrecipied() {
	t := c.t
	type group struct {
		objects []*object
		jobs    []int
	}
	groups := map[store.ProcessID]*group{}
	var order []*group
	first := len(c.a.Jobs)
	t.eachOutput(func(o *object, name string) {
		if len(t.makersOf(o, name)) > 0 {
			return
		}
		j := Job{Name: t.rel(name), Path: name, Spelt: t.rel(name), Makes: []string{t.rel(name)}}
		var writer store.ProcessID
		if by := t.lastWriter(o, name); by != nil {
			writer = by.Process
			j.Lines = []Line{{Argv: by.Argv, Env: by.Env, Exe: t.path(by.Exe), Cwd: t.rel(t.path(by.Cwd))}}
		}
		g := groups[writer]
		if g == nil {
			g = &group{}
			groups[writer] = g
			order = append(order, g)
		}
		g.objects = append(g.objects, o)
		g.jobs = append(g.jobs, len(c.a.Jobs))
		c.a.Jobs = append(c.a.Jobs, j)
	})
	for _, g := range order {
		in := c.inputs(t.flowIntoAll(g.objects), "")
		for _, i := range g.jobs {
			c.a.Jobs[i].Inputs = in
		}
	}
	slices.SortFunc(c.a.Jobs[first:], func(a, b Job) int { return strings.Compare(a.Name, b.Name) })
}

// flowIntoAll collects the persistent files whose content flowed into some objects.
func (t *trace) flowIntoAll(objects []*object) *inputs {
	in := newInputs()
	own := make(map[*object]bool, len(objects))
	todo := make([]arrival, 0, len(objects))
	for _, o := range objects {
		own[o] = true
		todo = append(todo, arrival{o, forever})
	}
	t.follow(t.newWalk(), todo, func(f *object) bool { return own[f] }, in)
	return in
}
