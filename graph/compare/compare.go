// Package compare holds two builds of one project against each other: which
// programs ran in one only, which targets were made from other files, by other
// commands or in another environment, what took longer, and why a build made
// again what was there.
//
// The builds may have run at other times, on other machines, in other directories
// and with another number of jobs. What these bring with them is no difference:
// PIDs, times, the order of what ran at the same time, names of temporary files,
// the capture roots, the jobserver and the variables of the shell and the terminal
// (see normal.go and environ.go).
//
// Nothing is known of the content of files: a trace holds names. Nothing here
// depends on which of the two builds comes first, but the side that it is told for.
package compare

import (
	"slices"

	"buildgraph/graph"
	"buildgraph/graph/declared"
)

// Build is one of the two builds.
type Build struct {
	Account  *graph.Account
	Declared *declared.Graph // what its build tools declare, nil where that is not known
}

// Options says what counts as a difference.
type Options struct {
	All      bool  // also noise, and variables that are hidden; with it System
	System   bool  // system files and tools target by target, not all together
	MinTime  int64 // ns: shorter differences of time are noise
	MinShare int   // percent of the longer time: smaller ones are
}

// Diff is how build B differs from build A.
type Diff struct {
	A, B   Side
	Common int // targets that both made

	OnlyA, OnlyB []Target // sorted by Name
	Changed      []Change // targets that both made, differently; sorted by Name
	Processes    []ProcessChange
	Files        []FileChange // system files and tools that jobs used in one build only
	Slower       []Slower     // by difference, largest first
	AgainA       *Again       // why A made what was there; nil where all of it was not, or nothing can be said
	AgainB       *Again

	c *comparison
}

// Same reports whether there is no difference but of time.
func (d Diff) Same() bool {
	return len(d.OnlyA)+len(d.OnlyB)+len(d.Changed)+len(d.Processes)+len(d.Files) == 0
}

// Idle reports whether one of the builds found nothing to do that the other had done:
// it ran no recipe, and was of the same directory or the same command. What it did
// not run is then no difference of how the two build.
func (d Diff) Idle() (a, b bool) {
	if d.A.Root != d.B.Root && !slices.Equal(withoutJobs(d.A.Command), withoutJobs(d.B.Command)) {
		return false, false
	}
	return d.A.Recipes == 0 && d.B.Recipes > 0, d.B.Recipes == 0 && d.A.Recipes > 0
}

// Related reports whether the builds have anything in common.
func (d Diff) Related() bool {
	if a, b := d.Idle(); a || b {
		return true
	}
	return d.Common > 0 || d.A.Targets == 0 && d.B.Targets == 0 && d.A.Common > 0 || d.A.Programs == 0 || d.B.Programs == 0
}

// Side is one build as a whole.
type Side struct {
	Command  []string // what was captured
	Root     string   // the capture root
	Host     string
	ExitCode int  // of the command
	Unended  bool // it was not seen to end: ExitCode is not known, and Wall and CPU are at least so much
	Complete bool
	Why      []string // why the trace is not complete, one sentence each
	Targets  int
	Recipes  int       // runs of them
	Programs int       // that were executed
	Common   int       // of these, those that ran in the other build too, with the same arguments
	Wall     int64     // ns
	CPU      int64     // ns
	Failed   []Failure // recipes that made it fail, sorted by Name; those that ran a failing make left out
}

// Failure is a target whose recipe failed.
type Failure struct {
	Name string
	Exit int // exit status, 128+n when killed by signal n
}

// Target is what was made in one build only.
type Target struct {
	Name    string // "" for a recipe without one
	Command string // of such a recipe, quoted for a shell
	Runs    int    // how often it was made
	Recipe  bool   // a recipe made it, not a program outside of recipes
}

// Change is a target that both builds made, differently.
type Change struct {
	Name     string
	Command  []Hunk // words of the command lines
	Programs []Inner
	Env      []Variable
	Added    []Input // used in B only
	Removed  []Input // used in A only
	Tools    []Tool
	Exit     *Pair // exit status, 128+n when killed by signal n; nil: the same
	Runs     *Pair // how often the recipe ran; nil: as often
}

// Hunk is a run of words of A in whose place B has others; one of them may be
// empty.
type Hunk struct {
	A, B []string

	lines          []Hunk   // see Lines
	shellA, shellB []string // see Shell
}

// Inner is a program that a recipe ran in both builds, with other arguments, though
// its command lines are the same.
type Inner struct {
	Program string
	Words   []Hunk
}

// Variable is a variable of the environment that a recipe's commands saw. A value
// is nil where it was not set.
type Variable struct {
	Name   string
	A, B   *string
	Hidden string // "" or why it is not shown: "shell", "make", "session"
}

// Input is a file that a target was made from in one build only.
type Input struct {
	Path  string
	Class graph.Class
	Noise bool
}

// Tool is a program that was another file in the other build.
type Tool struct {
	Program string   // as it was called
	A, B    []string // what ran, absolute or relative to the capture root; sorted
}

// Pair is a number in A and in B.
type Pair struct{ A, B int }

// ProcessChange counts the runs of one program that have no like in the other
// build.
type ProcessChange struct {
	Program      string
	OnlyA, OnlyB Runs
	Changed      int    // pairs that differ in their arguments, outside of recipes
	Words        []Hunk // how the first such pair differs
}

// Runs are runs of one program in one build.
type Runs struct {
	Count   int
	Targets []string // whose recipes ran them, sorted
	Outside int      // how many of them ran outside of recipes
	Alone   int      // how many ran for targets that the other build did not make
}

// FileChange is a file that jobs used in one build only.
type FileChange struct {
	Path    string
	Class   graph.Class
	InB     bool
	Targets int // how many of those that both builds made
}

// Slower is a target or a program that took longer in one build.
type Slower struct {
	Name         string
	Program      bool // a program: the times are those of all its runs, without what they started
	Work         bool // its time on a CPU differs; else it only waited longer
	RunsA, RunsB int
	WallA, WallB int64 // ns
	CPUA, CPUB   int64 // ns
}

// Builds compares two builds.
func Builds(a, b Build, o Options) Diff {
	o.System = o.System || o.All
	c := &comparison{o: o, a: takeSide(a, o), b: takeSide(b, o)}
	c.d.A, c.d.B = c.a.whole(), c.b.whole()
	c.targets()
	c.processes()
	c.systemFiles()
	c.slower()
	c.d.AgainA, c.d.AgainB = again(c.a, c.b), again(c.b, c.a)
	d := c.d
	d.c = c
	return d
}

// comparison is one comparison in the making.
type comparison struct {
	o    Options
	a, b *side
	d    Diff

	common []couple
	env    map[[2]*profile][]Variable
	files  map[[2]*graph.Inputs]inputChange
	rest   map[run]*leftover
	inner  map[string][]Inner // by key of a target
}

// couple is a target that both builds made.
type couple struct{ a, b *target }
