package oracle

import (
	"fmt"

	"buildgraph/store"
)

// bits says which kind each bit of an access row is.
var bits = []struct {
	bit  store.AccessKind
	kind Kind
}{
	{store.AccessRead, Read},
	{store.AccessWrite, Write},
	{store.AccessCreate, Create},
	{store.AccessTruncate, Truncate},
	{store.AccessMap, Map},
	{store.AccessExecute, Exec},
	{store.AccessList, List},
	{store.AccessStat, Stat},
	{store.AccessAbsent, Absent},
	{store.AccessLink, Readlink},
}

// ops says which kind each operation is.
var ops = map[store.OpKind]Kind{
	store.OpRename:   Rename,
	store.OpExchange: Exchange,
	store.OpLink:     Link,
	store.OpSymlink:  Symlink,
	store.OpUnlink:   Unlink,
	store.OpMkdir:    Mkdir,
	store.OpRmdir:    Rmdir,
	store.OpMknod:    Mknod,
	store.OpTruncate: Truncate,
	store.OpTouch:    Utimens,
	store.OpChmod:    Chmod,
	store.OpChown:    Chown,
	store.OpCopy:     Copy,
	store.OpChdir:    Chdir,
	store.OpChroot:   Chroot,
}

// FromTrace reduces a trace file to a set. The image that the root of the build
// had before its first execve is the capture's own and is left out, as strace's
// is in its output.
func FromTrace(r *store.Reader) (Set, error) {
	b := &traceSet{set: Set{}, doings: map[store.ExecID]*Doings{}, files: map[store.FileID]store.File{}}
	for f, err := range r.Files() {
		if err != nil {
			return nil, fmt.Errorf("reading files: %w", err)
		}
		b.files[f.ID] = f
	}
	if err := b.images(r); err != nil {
		return nil, err
	}
	for a, err := range r.Accesses() {
		if err != nil {
			return nil, fmt.Errorf("reading accesses: %w", err)
		}
		d := b.doings[a.Exec]
		if d == nil {
			continue
		}
		for _, x := range bits {
			if a.Kinds&x.bit != 0 {
				d.Accesses[Access{Kind: x.kind, Path: b.files[a.File].Path}] = true
			}
		}
	}
	for op, err := range r.Ops() {
		if err != nil {
			return nil, fmt.Errorf("reading operations: %w", err)
		}
		if d := b.doings[op.Exec]; d != nil {
			a, err := b.operation(op)
			if err != nil {
				return nil, err
			}
			d.Accesses[a] = true
		}
	}
	return b.set, nil
}

// traceSet gathers a set from a trace.
type traceSet struct {
	set    Set
	doings map[store.ExecID]*Doings
	files  map[store.FileID]store.File
}

// images makes the programs. An image that was forked is its parent's program,
// one fork on.
func (b *traceSet) images(r *store.Reader) error {
	procs := map[store.ProcessID]store.Process{}
	for p, err := range r.Processes() {
		if err != nil {
			return fmt.Errorf("reading processes: %w", err)
		}
		procs[p.ID] = p
	}
	execs := map[store.ExecID]store.Exec{}
	for e, err := range r.Execs() {
		if err != nil {
			return fmt.Errorf("reading execs: %w", err)
		}
		execs[e.ID] = e
	}
	programs := map[store.ExecID]Program{}
	var program func(e store.Exec, depth int) (Program, error)
	program = func(e store.Exec, depth int) (Program, error) {
		if p, ok := programs[e.ID]; ok {
			return p, nil
		}
		if depth > len(execs) {
			return Program{}, fmt.Errorf("exec %d was forked by itself", e.ID)
		}
		var p Program
		if e.Seq == 0 {
			parent, ok := execs[procs[e.Process].ForkedBy]
			if !ok {
				return Program{}, fmt.Errorf("process %d was forked by exec %d, which is not in the trace", e.Process, procs[e.Process].ForkedBy)
			}
			q, err := program(parent, depth+1)
			if err != nil {
				return Program{}, err
			}
			q.Forks++
			p = q
		} else {
			argv, err := r.Argv(e.Argv)
			if err != nil {
				return Program{}, fmt.Errorf("reading the arguments of exec %d: %w", e.ID, err)
			}
			p = Program{Exe: b.files[e.Exe].Path, Cwd: b.files[e.Cwd].Path, Argv: joinArgv(argv)}
		}
		programs[e.ID] = p
		return p, nil
	}
	for _, e := range execs {
		if e.Seq == 0 && procs[e.Process].Parent == 0 {
			continue
		}
		p, err := program(e, 0)
		if err != nil {
			return err
		}
		b.doings[e.ID] = b.set.run(p)
	}
	return nil
}

func (b *traceSet) operation(op store.Op) (Access, error) {
	kind, ok := ops[op.Kind]
	if !ok {
		return Access{}, fmt.Errorf("operation %d is of a kind (%d) that the oracle does not know", op.Seq, op.Kind)
	}
	a := Access{Kind: kind, Path: b.files[op.File].Path}
	switch kind {
	case Exchange:
		other := b.files[op.Other].Path
		a.Path, a.Other = min(a.Path, other), max(a.Path, other)
	case Rename, Link, Copy:
		a.Other = b.files[op.Other].Path
	case Symlink:
		a.Other = op.Detail
	}
	return a, nil
}
