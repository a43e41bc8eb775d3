package graph

import (
	"slices"

	"buildgraph/store"
)

// lifetimes say when processes ran, what they did without those that they started,
// and which program that belongs to. All answers about programs take their times from
// here.
//
// The kernel counts CPU time by process, so a process's time is given whole to one of
// its images: its CPU time and the wall clock over the same span, from the fork to the
// end. That is the image that it ran longest. The copy of its parent that it was
// forked as counts where it is all that it ran, or where it started others itself, as
// a subshell does; else it is only on the way to the program that it becomes.
type lifetimes struct {
	procs    []*process // by start
	children map[store.ProcessID][]*process
	end      int64 // of what was not seen to end
}

func (t *trace) lifetimes() lifetimes {
	l := lifetimes{children: map[store.ProcessID][]*process{}, end: t.extent().last}
	for _, p := range t.allProcesses() {
		l.procs = append(l.procs, p)
	}
	slices.SortFunc(l.procs, byStart)
	for _, p := range l.procs {
		l.children[p.Parent] = append(l.children[p.Parent], p)
	}
	return l
}

// over is when a process ended, as far as is known.
func (l *lifetimes) over(p *process) int64 {
	if p.End == 0 {
		return l.end
	}
	return max(p.Start, p.End)
}

// imageEnd is when an image of a process ended.
func (l *lifetimes) imageEnd(p *process, i int) int64 {
	switch im := p.images[i]; {
	case im.End != 0:
		return max(im.Start, im.End)
	case i+1 < len(p.images):
		return max(im.Start, p.images[i+1].Start)
	default:
		return max(im.Start, l.over(p))
	}
}

// mainImage is the image that a process's time is given to, nil where none is known.
func (l *lifetimes) mainImage(p *process) *image {
	var longest *image
	var most int64 = -1
	for i, im := range p.images {
		if im.Seq == 0 && (im.Exe == 0 || len(p.images) > 1 && !l.started(p, im)) {
			continue // what the capture forked before it became the command, or a program on its way
		}
		if d := l.imageEnd(p, i) - im.Start; d >= most {
			longest, most = im, d
		}
	}
	return longest
}

// started reports whether an image of a process started another process.
func (l *lifetimes) started(p *process, im *image) bool {
	return slices.ContainsFunc(l.children[p.ID], func(kid *process) bool { return kid.ForkedBy == im.ID })
}

// ownTime is the wall clock in which a process was at work itself: no child of it ran,
// or it ran on a CPU beside them, as a make does that looks for the next recipe while
// others run. It is no less than its CPU time but where several threads ran at once.
func (l *lifetimes) ownTime(p *process) int64 {
	from, to := p.Start, l.over(p)
	if len(p.images) > 1 && p.images[0].Exe == 0 {
		from = max(from, p.images[1].Start) // the capture's own
	}
	covered, until := int64(0), from
	for _, kid := range l.children[p.ID] { // by start
		a, b := max(kid.Start, until), min(l.over(kid), to)
		if b > a {
			covered += b - a
			until = b
		}
	}
	return max(to-from-covered, min(p.CPU, to-from), 0)
}
