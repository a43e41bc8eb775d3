package graph

import (
	"cmp"
	"slices"

	"buildgraph/store"
)

// ownMake reports whether an access is a program's asking for the metadata of what it
// writes, as programs that write often do.
func (x *things) ownMake(a store.Access) bool {
	return a.Kinds&writeKinds != 0 && a.Kinds&^(writeKinds|store.AccessStat|store.AccessLink) == 0
}

// afterReading reports whether a build tool did something that reading its makefiles
// did not wait for. What it opened until its first recipe began are makefiles; what it
// asks for by name (at 0 here) or opens later it does to see which of its recipes have
// to run, and what those use is theirs.
func (x *things) afterReading(step int32, at int64) bool {
	s := &x.b.out.Steps[step]
	return s.Kind == StepReading && (at == 0 || at > s.End)
}

// connect makes needs of the uses of one thing.
func (x *things) connect(th *thing) {
	b := x.b
	uses := th.uses
	if th.dir {
		uses = slices.DeleteFunc(slices.Clone(uses), b.makesDirs)
	}
	b.connect(th.makes, uses, th.path)
	if len(th.ends) > 0 {
		b.connect(slices.Concat(th.makes, b.exits(uses)), th.ends, th.path)
	}
}

// dirMakers make a directory that is not there yet: a recipe that runs one of them
// does not need another to have made it.
var dirMakers = whole(`mkdir|install|install-sh|mkinstalldirs|mkdir_p|ginstall`)

// makesDirs reports whether a step ran a program that makes directories.
func (b *planner) makesDirs(step int32) bool {
	if b.dirMakers == nil {
		b.dirMakers = map[int32]bool{}
		for _, p := range b.procs {
			for _, im := range p.images {
				if int(im.ID) < len(b.users) && im.Seq > 0 && dirMakers.MatchString(b.t.programCalled(im)) {
					b.dirMakers[b.users[im.ID]] = true
				}
			}
		}
	}
	return b.dirMakers[step]
}

// exits are the steps with which the recipes end that begin with some steps.
func (b *planner) exits(entries []int32) []int32 {
	list := make([]int32, len(entries))
	for i, e := range entries {
		list[i] = e
		if s := &b.out.Steps[e]; s.Kind == StepBefore {
			list[i] = int32(b.out.exit[s.Recipe])
		}
	}
	return list
}

// manyPairs is from how many pairs of steps on a point stands for them.
const manyPairs = 1024

// connect orders every target after the sources that were over when it began.
func (b *planner) connect(sources, targets []int32, file string) {
	sources, targets = distinct(sources), distinct(targets)
	if len(sources)*len(targets) <= manyPairs {
		for _, s := range sources {
			for _, to := range targets {
				b.need(int(s), int(to), file)
			}
		}
		return
	}
	// Many of both: a chain of points in time, each after the sources until then.
	slices.SortFunc(sources, func(x, y int32) int {
		return cmp.Or(cmp.Compare(b.out.Steps[x].End, b.out.Steps[y].End), cmp.Compare(x, y))
	})
	var points []int
	for _, s := range sources {
		at := b.out.Steps[s].End
		if n := len(points); n == 0 || b.out.Steps[points[n-1]].End < at {
			p := b.add(PlanStep{Kind: StepPoint, Name: b.t.rel(file), Start: at, End: at})
			if n > 0 {
				b.need(points[n-1], p, file)
			}
			points = append(points, p)
		}
		b.need(int(s), points[len(points)-1], file)
	}
	for _, to := range targets {
		begin := b.out.Steps[to].Start
		n, _ := slices.BinarySearchFunc(points, begin, func(p int, at int64) int {
			if b.out.Steps[p].End <= at {
				return -1
			}
			return 1
		})
		if n > 0 {
			b.need(points[n-1], int(to), file)
		}
	}
}

func distinct(steps []int32) []int32 {
	list := slices.Clone(steps)
	slices.Sort(list)
	return slices.Compact(list)
}
