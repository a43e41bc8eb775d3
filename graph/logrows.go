package graph

import "buildgraph/store"

func (l *eventLog) loadProcesses() error {
	for p, err := range l.src.Processes() {
		if err != nil {
			return err
		}
		l.procs = put(l.procs, int(p.ID), p)
	}
	first := map[store.ProcessID]store.ExecID{}
	for e, err := range l.src.Execs() {
		if err != nil {
			return err
		}
		l.execs = put(l.execs, int(e.ID), e)
		if at := int(e.Process); at >= len(l.last) || l.last[at] == 0 || l.execs[l.last[at]].Seq <= e.Seq {
			l.last = put(l.last, at, e.ID)
		}
		if f, ok := first[e.Process]; !ok || e.Seq < l.execs[f].Seq {
			first[e.Process] = e.ID
		}
		if e.Seq > 0 && l.filter.Kind(store.EventExec) && l.process(e.Process) {
			l.keys = append(l.keys, eventKey{e.Start, e.ID, 0, store.EventExec})
		}
	}
	l.comms = make([]*string, len(l.execs))
	for _, p := range l.procs {
		if p.ID == 0 || !l.process(p.ID) {
			continue
		}
		if p.Parent != 0 && l.filter.Kind(store.EventFork) {
			l.keys = append(l.keys, eventKey{p.Start, first[p.ID], uint32(p.ID), store.EventFork})
		}
		if p.End != 0 && l.filter.Kind(store.EventExit) {
			l.keys = append(l.keys, eventKey{p.End, l.lastImage(p.ID), uint32(p.ID), store.EventExit})
		}
	}
	return nil
}

func (l *eventLog) lastImage(p store.ProcessID) store.ExecID {
	if int(p) < len(l.last) {
		return l.last[p]
	}
	return 0
}

// process says whether the events of a process are wanted. One whose row is not
// there has not been seen to end.
func (l *eventLog) process(id store.ProcessID) bool {
	p, _ := row(l.procs, uint32(id))
	return l.filter.Ended(p.Start, p.End, p.ExitCode, p.Signal)
}

func (l *eventLog) loadFiles() error {
	for f, err := range l.src.Files() {
		if err != nil {
			return err
		}
		l.paths = put(l.paths, int(f.ID), f.Path)
	}
	l.asked = make([]askedPath, len(l.paths))
	return nil
}

func (l *eventLog) path(id store.FileID) string {
	if int(id) < len(l.paths) {
		return l.paths[id]
	}
	return ""
}

func (l *eventLog) loadOps() error {
	l.cut = map[cutKey]bool{}
	for op, err := range l.src.Ops() {
		if err != nil {
			return err
		}
		if op.Kind == store.OpTruncate {
			l.cut[cutKey{accessKey{op.Exec, op.File}, op.Time}] = true
		}
		kind := op.Kind.EventOf()
		if kind != 0 && l.filter.Kind(kind) && l.process(l.exec(op.Exec).Process) {
			l.keys = append(l.keys, eventKey{op.Time, op.Exec, uint32(len(l.ops)), kind})
			l.ops = append(l.ops, op)
		}
	}
	return nil
}

func (l *eventLog) exec(id store.ExecID) store.Exec {
	e, _ := row(l.execs, uint32(id))
	return e
}

// loadAccesses is the long one: what is not wanted is not kept.
func (l *eventLog) loadAccesses() error {
	kinds := l.accessKinds()
	if kinds == 0 {
		return nil
	}
	all := l.src.Accesses()
	if some, ok := l.src.(accessesOfKind); ok && kinds != everyAccess {
		all = some.AccessesOfKind(kinds)
	}
	var at store.ExecID
	var e store.Exec
	wanted := true
	for a, err := range all {
		if err != nil {
			return err
		}
		if a.Exec != at {
			at, e = a.Exec, l.exec(a.Exec)
			if l.progress != nil {
				l.progress(int(at), len(l.execs)) // accesses come in the order of programs
			}
			comm, err := l.comm(at)
			if err != nil {
				return err
			}
			wanted = l.process(e.Process) && l.filter.Comm(comm)
		}
		if !wanted || !l.file(a.File) {
			continue
		}
		uses, n := a.Uses(&e)
		for _, u := range uses[:n] {
			if l.filter.Kind(u.Kind) && !(writes(u.Kind) && l.wasCut(&a)) {
				l.keys = append(l.keys, eventKey{u.Time, a.Exec, uint32(a.File), u.Kind})
			}
		}
	}
	return nil
}

func writes(k store.EventKind) bool { return k == store.EventCreate || k == store.EventWrite }

// wasCut says whether the first writing was an operation, which is the event.
func (l *eventLog) wasCut(a *store.Access) bool {
	return l.cut[cutKey{accessKey{a.Exec, a.File}, a.FirstWrite}]
}

const everyAccess = ^store.AccessKind(0)

// accessKinds are those that can be a wanted event.
func (l *eventLog) accessKinds() (kinds store.AccessKind) {
	if l.filter.Kind(store.EventStat) || l.filter.Kind(store.EventMiss) {
		return everyAccess
	}
	if l.filter.Kind(store.EventOpen) {
		kinds |= readKinds
	}
	if l.filter.Kind(store.EventCreate) || l.filter.Kind(store.EventWrite) {
		kinds |= writeKinds
	}
	return kinds
}

// file says whether what is done to a file is wanted.
func (l *eventLog) file(id store.FileID) bool {
	if int(id) >= len(l.asked) {
		return l.filter.Path("")
	}
	if l.asked[id] == pathNotAsked {
		l.asked[id] = pathNotWanted
		if l.filter.Path(l.paths[id]) {
			l.asked[id] = pathWanted
		}
	}
	return l.asked[id] == pathWanted
}
