package graph

import (
	"cmp"
	"slices"

	"buildgraph/store"
)

// Timeline is when everything of a build ran. All times are nanoseconds since the
// capture began.
type Timeline struct {
	Recipes      []Span // by Start, then Recipe
	Processes    []Span // by Start, then Process
	Lanes        int    // of Recipes: as many as there were job slots in use
	ProcessLanes int    // of Processes
	End          int64  // when the capture ended, or the last that is known of it
	Start        int64  // of the build: of its first process
	Wall         int64  // from there to the end of that process
	RecipesLost  bool   // build tools ran recipes that are not known: they still did when the capture was killed
	Unended      bool   // the build was not seen to end: its exit status is not known, and it took at least Wall
}

// Span is one recipe or one process on a timeline. The spans of a lane are nested
// or apart, never across each other: a span that is drawn within another one was
// started by it (a recipe by the recipe that ran its make), and Depth says how many
// are around it. One whose parent has no room for it is in another lane.
type Span struct {
	Lane  int      // 0-based; recipes and processes have lanes of their own
	Depth int      // how many spans of the lane it is within
	Name  string   // a recipe's target, relative to the capture root when below it; a process's program as it was called, in parentheses where it executed none
	Lines []string // its command line, quoted for a shell; of a recipe all that its build tool ran, in their order
	Dir   string   // working directory of the command, or of the recipe's build tool; absolute

	Process store.ProcessID // 0 for a recipe
	Exec    store.ExecID    // the program image of Name, the last that the process ran; 0 for a recipe
	Recipe  uint32          // 0: none
	Parent  store.ProcessID // that forked it; of a recipe, the build tool
	PID     int             // of a recipe, the build tool's

	Start, End int64
	CPU        int64 // ns on a CPU, user and kernel, without children; of a recipe, all its processes
	MaxRSS     int64 // peak resident memory, bytes; of a recipe, its largest process; 0 where not known, as of the first process
	ExitCode   int   // of a recipe, of the last of its lines that failed
	Signal     int   // that killed it, or 0
	Alive      bool  // its end was not seen: End is the build's
}

// Failed reports whether the process, or a line of the recipe, did not end well.
func (s Span) Failed() bool { return s.ExitCode != 0 || s.Signal != 0 }

// Timeline tells when every recipe and every process of the build ran.
func (g *Graph) Timeline() (Timeline, error) { return g.TimelineOf(PartOptions{}) }

// TimelineOf is the timeline of a part of the build.
func (g *Graph) TimelineOf(o PartOptions) (Timeline, error) {
	_, part, err := g.part(o)
	if err != nil {
		return Timeline{}, err
	}
	t := g.whole
	if t == nil {
		t = newTrace(g.src) // one of its own: it adopts all processes
	}
	l := timeline{t: t, recipe: map[store.ProcessID]uint32{}}
	if t.snap != nil {
		l.procs = t.allProcesses()
	} else {
		l.procs, _ = t.loadProcesses()
	}
	for id, p := range l.procs {
		if first := l.procs[l.first]; first == nil || byStart(p, first) < 0 {
			l.first = id
		}
	}
	ran := t.extent()
	l.out.End, l.out.Start, l.out.Wall, l.out.Unended = ran.last, ran.start, ran.wall(), ran.unended
	l.out.RecipesLost = t.unattributed(l.procs)
	for _, r := range t.recipes().recipes {
		if part.hasRecipe(r.ID) {
			l.addRecipe(r)
		}
	}
	for _, p := range l.procs {
		if part.hasProcess(p.ID) {
			l.out.Processes = append(l.out.Processes, l.process(p))
		}
	}
	if err := t.done(); err != nil {
		return Timeline{}, err
	}
	l.order()
	l.lanes()
	return l.out, nil
}

// timeline is a Timeline in the making.
type timeline struct {
	t      *trace
	procs  map[store.ProcessID]*process
	recipe map[store.ProcessID]uint32
	first  store.ProcessID // of the build
	out    Timeline
}

// allProcesses are those of a snapshot.
func (t *trace) allProcesses() map[store.ProcessID]*process {
	all := map[store.ProcessID]*process{}
	for _, row := range t.snap.procs {
		if p := t.process(row.ID); p != nil {
			all[row.ID] = p
		}
	}
	return all
}

// ended is the end of something that may have outlived the capture.
func (l *timeline) ended(start, end int64) (at int64, alive bool) {
	if end == 0 {
		return l.out.End, true
	}
	return max(start, end), false
}

func (l *timeline) addRecipe(r store.Recipe) {
	t := l.t
	s := Span{Recipe: r.ID, Parent: r.Tool, Dir: r.Dir, Start: r.Start, Name: t.rel(targetPath(r))}
	s.End, s.Alive = l.ended(r.Start, r.End)
	if tool := l.procs[r.Tool]; tool != nil {
		s.PID = tool.PID
	}
	var lines []*process
	for _, id := range t.membersOf(r.ID) {
		p := l.procs[id]
		if p == nil {
			continue
		}
		l.recipe[id] = r.ID
		s.CPU += p.CPU
		s.MaxRSS = max(s.MaxRSS, p.MaxRSS)
		if p.End == 0 {
			s.End, s.Alive = l.out.End, true
		}
		if by := t.parentImage(p); by != nil && by.tool != notTool {
			lines = append(lines, p)
		}
	}
	slices.SortFunc(lines, byStart)
	for _, p := range lines {
		if p.End != 0 && (p.ExitCode != 0 || p.Signal != 0) {
			s.ExitCode, s.Signal = status(p)
		}
		if im := p.firstExec(); im != nil {
			s.Lines = append(s.Lines, commandLine(t.argv(im.Argv)))
		}
	}
	if r.Target == "" {
		s.Name, _ = t.recipeLabel(r)
	}
	l.out.Recipes = append(l.out.Recipes, s)
}

func (l *timeline) process(p *process) Span {
	t := l.t
	s := Span{
		Process: p.ID, Recipe: l.recipe[p.ID], Parent: p.Parent, PID: p.PID,
		Start: p.Start, CPU: p.CPU, MaxRSS: p.MaxRSS, Name: "?",
	}
	// The first process was buildgraph itself until it executed the build's command, and
	// the kernel keeps the peak of a process over that (signal->maxrss, fs/exec.c).
	if p.ID == l.first {
		s.MaxRSS = 0
	}
	s.End, s.Alive = l.ended(p.Start, p.End)
	if !s.Alive {
		s.ExitCode, s.Signal = status(p)
	}
	if n := len(p.images); n > 0 {
		im := p.images[n-1]
		s.Exec, s.Dir = im.ID, t.path(im.Cwd)
		s.Name, s.Lines = t.calledName(im), []string{commandLine(t.argv(im.Argv))}
		if im.Seq == 0 && p.Parent != 0 {
			s.Name = "(" + s.Name + ")" // a subshell, or the like
		}
	}
	return s
}

// status is how a process ended: the code counts only where no signal killed it.
func status(p *process) (code, signal int) {
	if p.Signal != 0 {
		return 0, p.Signal
	}
	return p.ExitCode, 0
}

func byStart(a, b *process) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.ID, b.ID))
}

// order sorts the spans by their beginning.
func (l *timeline) order() {
	slices.SortFunc(l.out.Recipes, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Recipe, b.Recipe))
	})
	slices.SortFunc(l.out.Processes, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Process, b.Process))
	})
}

// lanes packs recipes and processes, each into lanes of their own.
func (l *timeline) lanes() {
	byProcess := map[store.ProcessID]int{}
	for i, s := range l.out.Processes {
		byProcess[s.Process] = i
	}
	byRecipe := map[uint32]int{}
	for i, s := range l.out.Recipes {
		byRecipe[s.Recipe] = i
	}
	l.out.ProcessLanes = pack(l.out.Processes, func(s Span) (int, bool) {
		i, ok := byProcess[s.Parent]
		return i, ok
	})
	l.out.Lanes = pack(l.out.Recipes, func(s Span) (int, bool) {
		outer := l.recipe[s.Parent]
		i, ok := byRecipe[outer]
		return i, ok && outer != 0
	})
}

// pack gives spans, in the order of their beginning, the lowest lane that is free,
// or their parent's where it encloses them and nothing else is going on in it. It
// returns how many lanes that took.
func pack(spans []Span, parent func(Span) (int, bool)) int {
	var open [][]int // the spans of each lane that have not ended, outermost first
	for i := range spans {
		s := &spans[i]
		free := -1
		for n := len(open) - 1; n >= 0; n-- {
			for k := len(open[n]); k > 0 && spans[open[n][k-1]].End <= s.Start; k-- {
				open[n] = open[n][:k-1]
			}
			if len(open[n]) == 0 {
				free = n
			}
		}
		if p, ok := parent(*s); ok && p < i {
			up := open[spans[p].Lane]
			if len(up) > 0 && up[len(up)-1] == p && spans[p].End >= s.End {
				free = spans[p].Lane
			}
		}
		if free < 0 {
			free = len(open)
			open = append(open, nil)
		}
		s.Lane, s.Depth = free, len(open[free])
		open[free] = append(open[free], i)
	}
	return len(open)
}
