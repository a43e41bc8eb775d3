package graph

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"

	"buildgraph/store"
)

// Log gives the events of a build that a filter wants, in the order of
// [store.CompareEvents]. They are those that a capture shows as they happen. An
// event is only valid until the next.
//
// It reads the trace once and keeps 24 bytes for every event that is wanted. While it
// does, before the first event, it tells progress, unless nil, how many of the build's
// programs it has read.
func (g *Graph) Log(f *EventFilter, progress func(n, of int)) iter.Seq2[*store.Event, error] {
	return func(yield func(*store.Event, error) bool) {
		l := &eventLog{src: g.src, filter: f, argv0: map[store.ArgvID]string{}, progress: progress}
		for _, load := range []func() error{l.loadProcesses, l.loadFiles, l.loadOps, l.loadAccesses} {
			if err := load(); err != nil {
				yield(nil, fmt.Errorf("reading the events of the trace: %w", err))
				return
			}
		}
		slices.SortFunc(l.keys, func(a, b eventKey) int { return cmp.Compare(a.time, b.time) })
		if err := l.give(yield); err != nil {
			yield(nil, fmt.Errorf("reading the events of the trace: %w", err))
		}
	}
}

// eventKey stands for an event until it is its turn.
type eventKey struct {
	time int64
	exec store.ExecID
	what uint32 // a file, an operation by its place, a process: as the kind has it
	kind store.EventKind
}

// eventLog is what turns rows into events.
type eventLog struct {
	src      Source
	filter   *EventFilter
	keys     []eventKey
	progress func(n, of int) // may be nil

	procs []store.Process // [id]
	execs []store.Exec    // [id]
	last  []store.ExecID  // of each process, its last image
	paths []string        // [id]
	ops   []store.Op      // those that are wanted

	asked []askedPath // of each file, whether the filter wants it
	comms []*string   // of each exec, when it is known
	argv0 map[store.ArgvID]string
	cut   map[cutKey]bool // files that were cut by an operation
}

// cutKey is a file that an image cut at a time.
type cutKey struct {
	accessKey
	time int64
}

// askedPath is what the filter said of a path.
type askedPath uint8

const (
	pathNotAsked askedPath = iota
	pathWanted
	pathNotWanted
)

// comm is the name of the program that an image runs.
func (l *eventLog) comm(id store.ExecID) (string, error) {
	if int(id) >= len(l.comms) {
		return "", nil
	}
	if l.comms[id] != nil {
		return *l.comms[id], nil
	}
	e := l.execs[id]
	argv0, ok := l.argv0[e.Argv]
	if !ok && e.Argv != 0 {
		argv, err := l.argv(e.Argv)
		if err != nil {
			return "", err
		}
		if len(argv) > 0 {
			argv0 = argv[0]
		}
		l.argv0[e.Argv] = argv0
	}
	comm := store.Comm(argv0, l.path(e.Script), l.path(e.Exe))
	l.comms[id] = &comm
	return comm, nil
}

// argv gives an argument vector, none where a capture that was killed has not
// written it.
func (l *eventLog) argv(id store.ArgvID) ([]string, error) {
	argv, err := l.src.Argv(id)
	if errors.Is(err, store.ErrUnknown) {
		return nil, nil
	}
	return argv, err
}

// give turns the keys, which are sorted by time, into events.
func (l *eventLog) give(yield func(*store.Event, error) bool) error {
	var same []store.Event // of one moment
	for i := 0; i < len(l.keys); {
		same = same[:0]
		t := l.keys[i].time
		for ; i < len(l.keys) && l.keys[i].time == t; i++ {
			e, err := l.event(&l.keys[i])
			if err != nil {
				return err
			}
			if l.filter.Match(&e) {
				same = append(same, e)
			}
		}
		slices.SortFunc(same, func(a, b store.Event) int { return store.CompareEvents(&a, &b) })
		for j := range same {
			if !yield(&same[j], nil) {
				return nil
			}
		}
	}
	return nil
}

// event is the event that a key stands for.
func (l *eventLog) event(k *eventKey) (store.Event, error) {
	image := l.exec(k.exec)
	p, _ := row(l.procs, uint32(image.Process))
	e := store.Event{Time: k.time, Kind: k.kind, Exec: k.exec, Process: image.Process}
	var err error
	switch k.kind {
	case store.EventFork, store.EventExit:
		p, _ = row(l.procs, k.what)
		e.Process = p.ID
		if k.kind == store.EventExit {
			e.ExitCode, e.Signal = p.ExitCode, p.Signal
		}
	case store.EventExec:
		e.Path, e.Other = l.path(image.Exe), l.path(image.Script)
		if image.Argv != 0 {
			e.Argv, err = l.argv(image.Argv)
		}
	case store.EventOpen, store.EventCreate, store.EventWrite, store.EventStat, store.EventMiss:
		e.Path = l.path(store.FileID(k.what))
	default:
		op := &l.ops[k.what]
		e.Path, e.Other = l.path(op.File), l.path(op.Other)
		if op.Detail != "" {
			e.Other = op.Detail
		}
	}
	if err != nil {
		return e, err
	}
	e.Start, e.PID = p.Start, p.PID
	if parent, _ := row(l.procs, uint32(p.Parent)); parent.ID != 0 {
		e.PPID = parent.PID
	}
	e.Comm, err = l.comm(k.exec)
	return e, err
}
