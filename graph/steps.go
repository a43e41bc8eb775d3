package graph

import (
	"path"
	"slices"

	"buildgraph/store"
)

// steps tells a chain from its beginning, the file that was asked for.
func (t *trace) steps(l *link) []Step {
	var steps []Step
	for ; l.prev != nil; l = l.prev {
		to := l.prev
		if l.used != nil && to.obj != nil {
			// The recipe's word for it is only needed where nothing flowed.
			if end := t.flowed(l.obj, to); end != nil {
				steps = append(steps, t.steps(end)...)
				continue
			}
		}
		s := Step{From: t.nodeName(l.obj, l.path), To: t.nodeName(to.obj, to.path), Flow: l.hop != nil}
		var program *image
		if l.hop != nil {
			program = t.exec(l.hop.out.by)
			s.Via, s.Read, s.Write = l.hop.via, l.hop.in.first, l.hop.out.last
		} else {
			program = l.used.by
			s.Via, s.Read = viaRecipe, l.used.first
			if to.obj != nil {
				for _, w := range t.writes(to.obj) {
					if t.recipeOfExec(w.by) == t.recipeOf(program.Process) {
						s.Write = max(s.Write, w.last)
					}
				}
			}
			if l.used.moved {
				s.Via = viaRename
			}
		}
		s.Temporary = to.obj != nil && t.passes(to.obj)
		t.tellProgram(&s, program)
		var renames []Step
		if l.hop != nil && to.obj != nil && !to.obj.channel() {
			renames = t.renamesBetween(to.obj, l.hop.out.file, to.path)
			if len(renames) > 0 {
				s.To, s.Temporary = renames[0].From, true
			}
		}
		steps = append(append(steps, s), renames...)
	}
	return steps
}

// flowed searches by the flow rule alone for a chain from an object to a place,
// nil where there is none.
func (t *trace) flowed(from *object, to *link) *link {
	begin := &link{obj: to.obj, bound: forever, path: to.path}
	wanted := map[*object]bool{from: true}
	s := search{t: t, wanted: wanted, budget: nearby}
	if !s.from(begin) && s.spent {
		s = search{t: t, wanted: wanted, within: t.reached(wanted, to.obj)}
		s.from(begin)
	}
	return s.end
}

// nodeName is how a step shows what content was in.
func (t *trace) nodeName(o *object, p string) string {
	if o != nil && (o.kind == store.KindPipe || o.kind == store.KindAnon) {
		return "pipe"
	}
	return t.rel(p)
}

// tellProgram fills in who did a step.
func (t *trace) tellProgram(s *Step, im *image) {
	s.PID = im.child.PID
	s.Argv = t.argv(im.Argv)
	s.Cwd = t.rel(t.path(im.Cwd))
	s.Chain = append(s.Chain, t.calledName(im))
	for p := im.child; ; {
		by := t.parentImage(p)
		if by == nil || by.tool != notTool {
			break
		}
		s.Chain = append(s.Chain, t.calledName(by))
		p = by.child
	}
	slices.Reverse(s.Chain)
}

// programName is a short name for an image: of the script where it is one.
func (t *trace) programName(im *image) string {
	if im.Script != 0 {
		return path.Base(t.path(im.Script))
	}
	return path.Base(t.path(im.Exe))
}

// renamesBetween lists the renames by which a file that was written by one name
// came to another.
func (t *trace) renamesBetween(o *object, written store.FileID, name string) []Step {
	var steps []Step
	at := int64(0)
	for cur := t.path(written); cur != name; {
		var next *store.Op
		for _, r := range o.rows {
			for _, op := range t.opsOn(r.ID) {
				if op.Kind == store.OpRename && op.Time > at && t.path(op.File) == cur && (next == nil || op.Seq < next.Seq) {
					next = &op
				}
			}
		}
		by := (*image)(nil)
		if next != nil {
			by = t.exec(next.Exec)
		}
		if by == nil {
			return nil
		}
		s := Step{From: t.rel(cur), To: t.rel(t.path(next.Other)), Via: viaRename, Flow: true, Read: next.Time, Write: next.Time}
		at, cur = next.Time, t.path(next.Other)
		s.Temporary = cur != name
		t.tellProgram(&s, by)
		steps = append(steps, s)
	}
	return steps
}
