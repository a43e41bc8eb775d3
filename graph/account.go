package graph

import (
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
	Wall     int64 // from the beginning of the first process to its end, ns
	Unended  bool  // the build was not seen to end: its exit status is not known, and Wall and CPU are at least so much

	argv  func(store.ArgvID) []string
	env   func(store.EnvID) iter.Seq[string]
	found func(string, store.ProcessID) bool
}

// Found reports whether a process found a file at an absolute path when it asked for
// it last.
func (a *Account) Found(name string, by store.ProcessID) bool { return a.found(name, by) }

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

	Start    int64 // ns
	Own, CPU int64 // time that went by and time on a CPU, without recipes of makes that it ran; ns

	ExitCode, Signal int  // of the first line that failed
	Failed           bool // so did the last one, and the build tool did not pass over it
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
	Name   string       // as it was called: the base name of its first argument
	Exe    string       // the binary or script, absolute
	Argv   store.ArgvID // its arguments
	PIDs   []int        // of its process and those above
	Tool   bool         // it is a build tool
	Recipe uint32       // that it was run by; 0: none
	Failed bool         // its process ended in another way than with status 0
	Own    int64        // wall clock in which it ran itself, and copies of it that ran nothing else did; see WorkStats; ns
	CPU    int64        // likewise, time on a CPU; ns
}

// Account tells all that the build did. It reads the whole trace.
func (g *Graph) Account() (*Account, error) {
	t, err := g.wide()
	if err != nil {
		return nil, err
	}
	c := &accountant{t: t, rels: map[store.FileID]string{}, pids: map[store.ProcessID][]int{}}
	c.a = &Account{Meta: t.meta, argv: t.argv}
	c.a.found = func(name string, by store.ProcessID) bool { return t.asked(name, by, forever) == SoughtPresent }
	t.inTempDir("/") // works out which they are
	c.a.TempDirs = t.tempDirs
	c.a.Wall, c.a.Unended = t.extent().wall(), t.extent().unended
	c.environments()
	cpu := c.programs()
	nested := map[uint32]int64{} // how long the recipes of a recipe's own makes ran
	for _, r := range t.recipes().recipes {
		nested[t.recipeOf(r.Tool)] += r.End - r.Start
	}
	for _, r := range t.recipes().recipes {
		c.recipe(r, max(0, r.End-r.Start-nested[r.ID]), cpu[r.ID])
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
	at := map[store.ExecID]int{} // index in Programs
	for _, row := range t.snap.procs {
		p := t.process(row.ID)
		if row.ID == 0 || p == nil {
			continue
		}
		recipe := t.recipeOf(p.ID)
		c.a.CPU += p.CPU
		cpu[recipe] += p.CPU
		for _, im := range p.images {
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
			at[im.ID] = len(c.a.Programs)
			c.a.Programs = append(c.a.Programs, pr)
			if c.a.Pwd == "" {
				c.a.Pwd = pwdOf(c.a.env(im.Env))
			}
		}
	}
	c.times(at)
	return cpu
}

// times gives each process's time to the program that did its work; that of a copy
// which ran nothing else, as a subshell is, to the program that it is a copy of.
func (c *accountant) times(at map[store.ExecID]int) {
	l := c.t.lifetimes()
	for _, p := range l.procs {
		im := l.mainImage(p)
		for range l.procs { // no cycle, whatever the trace says
			if im == nil || im.Seq != 0 {
				break
			}
			if _, ran := at[im.ID]; ran {
				break
			}
			im = c.t.exec(im.child.ForkedBy)
		}
		if im == nil {
			continue
		}
		if i, ran := at[im.ID]; ran {
			c.a.Programs[i].Own += l.ownTime(p)
			c.a.Programs[i].CPU += p.CPU
		}
	}
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
