package graph

import (
	"cmp"
	"slices"

	"buildgraph/store"
)

// Stats are figures of a whole build. All times are nanoseconds.
type Stats struct {
	Complete bool
	Build    BuildStats
	Roles    []WorkStats // by CPU, descending
	Programs []WorkStats // likewise
	Recipes  []RecipeStats
	Reads    []FileStats   // files that programs read, by Programs, descending; what is loaded to run is left out
	Rewrites []FileStats   // files that several processes wrote or named, by Processes, descending
	Unread   []UnreadFile  // files that were written and that no other process read, temporary ones last, by path
	Lookups  []SearchStats // directories that names were looked for in in vain, by Failed, descending
	Failed   int64         // lookups in vain, all in all
}

// BuildStats are figures of the build as a whole.
type BuildStats struct {
	Command     []string
	ExitCode    int
	Unended     bool  // the build was not seen to end: ExitCode is not known, and Wall and CPU are at least so much
	RecipesLost bool  // build tools ran recipes that are not known: they still did when the capture was killed
	Start       int64 // of the first process
	Wall        int64 // from there to its end
	CPU         int64 // of all processes, user and kernel
	Processes   int
	Execs       int // programs that were executed
	Recipes     int
	Peak        int // most processes at one moment that were not waiting for a child
	PeakSteps   int // most recipes at one moment, without those that ran other recipes
	Files       int // that the build used or looked for
	Existing    int // of these, those that were there at some time: files, directories, devices, temporary files
	Accesses    int64
	Machine     store.Machine
}

// KnowsIdle reports whether IdleLeft is known: the machine is, and all that the build
// ran.
func (b BuildStats) KnowsIdle() bool { return b.Machine.Cores > 0 && !b.Unended }

// IdleLeft is what the build left of the machine's cores: what they could have run
// in its time less what it ran itself. 0 where the machine is not known.
func (b BuildStats) IdleLeft() int64 {
	return max(int64(b.Usable())*b.Wall-b.CPU, 0)
}

// Busy is how many cores the build kept busy on average; false where that is not
// known: not all CPU time is, or it does not belong to this time.
func (b BuildStats) Busy() (cores float64, known bool) {
	if b.Unended || b.Wall <= 0 {
		return 0, false
	}
	cores = float64(b.CPU) / float64(b.Wall)
	return cores, b.Machine.Cores == 0 || cores <= float64(b.Machine.Cores)+0.005
}

// Usable is how many cores the build could use, 0 where that is not known.
func (b BuildStats) Usable() int {
	if b.Machine.Allowed > 0 {
		return min(b.Machine.Allowed, b.Machine.Cores)
	}
	return b.Machine.Cores
}

// WorkStats is what one program, or all of one role, did.
type WorkStats struct {
	Name    string // of the program, as it was called; "" in the row of a role
	Role    Role
	Runs    int   // times that it was executed
	CPU     int64 // user and kernel, without children
	Own     int64 // wall clock in which it ran itself: no child of it did, or it was on a CPU beside them
	Longest int64 // wall clock of the longest run, children included
	Failed  int   // runs that were the last of a process that did not end well
}

// RecipeStats is what one recipe did.
type RecipeStats struct {
	ID      uint32
	Target  string // relative to the capture root when below it
	Label   string // what it ran, in a few words
	Start   int64
	Wall    int64
	CPU     int64 // of its processes, without those of recipes that it ran a make for
	Memory  int64 // peak of its largest process, bytes
	Inputs  int   // files that it read
	Files   int   // names that it used or looked for
	Failed  int64 // lookups in vain
	Nested  bool  // it ran a build tool that ran recipes of its own
	Unended bool  // it was still running when the capture ended
}

// FileStats counts the uses of one file.
type FileStats struct {
	Path      string // relative to the capture root when below it
	Class     Class
	Programs  int   // program runs that read it
	Processes int   // that wrote it or gave it its name
	Count     int64 // times that it was opened, or asked for by name
	By        []Count
}

// UnreadFile is a file that was written in vain, or to be kept.
type UnreadFile struct {
	Path      string
	Temporary bool   // it was made and gone within the build, or lay where temporary files do
	Target    string // of the recipe that wrote it, "" where none is known
	By        string // the program that wrote it last
}

// Count is how often something with a name occurs.
type Count struct {
	Name string
	N    int64
}

// Stats counts what the build did. It reads the whole trace.
func (g *Graph) Stats() (Stats, error) {
	t, err := g.written()
	if err != nil {
		return Stats{}, err
	}
	u, err := loadUses(g.src, len(t.snap.execs), len(t.snap.files))
	if err != nil {
		return Stats{}, err
	}
	s := &stats{t: t, uses: u, out: Stats{Complete: t.meta.Complete}}
	s.load()
	s.build()
	s.programs()
	s.recipes()
	s.files()
	s.lookups()
	if err := t.done(); err != nil {
		return Stats{}, err
	}
	return s.out, nil
}

// stats is a Stats in the making.
type stats struct {
	t    *trace
	uses *uses
	out  Stats
	lifetimes
	recipe  []uint32 // by exec
	content []int8   // by file: 1 it is content, -1 not; see isContent
}

// load puts processes, images and recipes where they are found by id.
func (s *stats) load() {
	t := s.t
	s.lifetimes = t.lifetimes()
	s.recipe = make([]uint32, len(t.snap.execs))
	of := t.memberships()
	for _, p := range s.procs {
		for _, im := range p.images {
			if int(im.ID) < len(s.recipe) {
				s.recipe[im.ID] = of[p.ID]
			}
		}
	}
}

// memberships says which recipe each process belongs to.
func (t *trace) memberships() map[store.ProcessID]uint32 {
	of := map[store.ProcessID]uint32{}
	for _, r := range t.recipes().recipes {
		for _, p := range t.membersOf(r.ID) {
			of[p] = r.ID
		}
	}
	return of
}

func (s *stats) build() {
	t, b := s.t, &s.out.Build
	b.Command, b.ExitCode, b.Machine = t.meta.Command, t.meta.ExitCode, t.meta.Hardware
	b.Processes, b.Recipes = len(s.procs), len(t.recipes().recipes)
	b.Files, b.Accesses = max(len(t.snap.files)-1, 0), int64(len(s.uses.file))
	for id, f := range t.snap.files {
		if id > 0 && f.Kind != store.KindAbsent {
			b.Existing++
		}
	}
	for _, p := range s.procs {
		b.CPU += p.CPU
		for _, im := range p.images {
			if im.Seq > 0 {
				b.Execs++
			}
		}
	}
	ran := t.extent()
	b.Start, b.Wall, b.Unended, b.RecipesLost = ran.start, ran.wall(), ran.unended, t.unattributed(t.allProcesses())
	b.Peak = s.peak()
}

// peak is how many processes at most were at work at one moment: alive, and not
// waiting for a child.
func (s *stats) peak() int {
	type event struct {
		at    int64
		begin bool
		p     *process
	}
	events := make([]event, 0, 2*len(s.procs))
	for _, p := range s.procs {
		events = append(events, event{p.Start, true, p}, event{s.over(p), false, p})
	}
	slices.SortStableFunc(events, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(truth(a.begin), truth(b.begin))) // ends before beginnings
	})
	alive, kids := map[store.ProcessID]bool{}, map[store.ProcessID]int{}
	working, most := 0, 0
	for _, e := range events {
		if e.begin {
			alive[e.p.ID] = true
			if kids[e.p.Parent]++; kids[e.p.Parent] == 1 && alive[e.p.Parent] {
				working--
			}
			working++ // it was born without children
			most = max(most, working)
			continue
		}
		if !alive[e.p.ID] {
			continue // it lived for no time at all
		}
		delete(alive, e.p.ID)
		if kids[e.p.ID] == 0 {
			working--
		}
		if kids[e.p.Parent]--; kids[e.p.Parent] == 0 && alive[e.p.Parent] {
			working++
		}
	}
	return most
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}
