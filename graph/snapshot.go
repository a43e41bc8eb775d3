package graph

import (
	"fmt"
	"slices"

	"buildgraph/store"
)

// snapshot is a whole trace in memory, in arrays by id: what questions about the
// whole build ask. Accesses that carry no content (lookups, metadata, listings)
// are left out; one of what was written only leaves the reads to the source. It
// answers like the source that it was read from.
type snapshot struct {
	Source                  // for what is looked up seldom
	held   store.AccessKind // the kinds of access in memory

	files   []store.File // [id]
	byPath  map[string][]store.FileID
	byInode map[inode][]store.FileID

	procs    []store.Process // [id]
	children map[store.ProcessID][]store.ProcessID
	execs    []store.Exec // [id]
	execsOf  map[store.ProcessID][]store.ExecID

	// Accesses, by exec and then file; those of exec e are [at[e]:at[e+1]].
	at        []uint32
	exec      []store.ExecID
	file      []store.FileID
	kinds     []store.AccessKind
	firstRead []int64
	last      []int64
	wrote     map[uint32]writeTimes // by place in the arrays
	// The places of the accesses to file f are to[toAt[f]:toAt[f+1]].
	toAt, to []uint32

	ops   []store.Op
	opsOn map[store.FileID][]int32
	opsOf map[store.ExecID][]int32
}

// writeTimes are the times of an access that wrote: few do.
type writeTimes struct{ first, firstWrite, lastWrite int64 }

// takeSnapshot streams a source into memory, with the accesses of some kinds.
func takeSnapshot(src Source, kinds store.AccessKind) (*snapshot, error) {
	s := &snapshot{
		held:     kinds,
		Source:   src,
		byPath:   map[string][]store.FileID{},
		byInode:  map[inode][]store.FileID{},
		children: map[store.ProcessID][]store.ProcessID{},
		execsOf:  map[store.ProcessID][]store.ExecID{},
		wrote:    map[uint32]writeTimes{},
		opsOn:    map[store.FileID][]int32{},
		opsOf:    map[store.ExecID][]int32{},
	}
	for _, load := range []func(Source) error{s.loadFiles, s.loadProcesses, s.loadAccesses, s.loadOps} {
		if err := load(src); err != nil {
			return nil, fmt.Errorf("reading the whole trace: %w", err)
		}
	}
	return s, nil
}

func (s *snapshot) loadFiles(src Source) error {
	for f, err := range src.Files() {
		if err != nil {
			return err
		}
		s.files = put(s.files, int(f.ID), f)
		s.byPath[f.Path] = append(s.byPath[f.Path], f.ID)
		if f.Ino != 0 {
			k := inode{f.Dev, f.Ino, f.Gen}
			s.byInode[k] = append(s.byInode[k], f.ID)
		}
	}
	return nil
}

func (s *snapshot) loadProcesses(src Source) error {
	for p, err := range src.Processes() {
		if err != nil {
			return err
		}
		s.procs = put(s.procs, int(p.ID), p)
		s.children[p.Parent] = append(s.children[p.Parent], p.ID)
	}
	for e, err := range src.Execs() {
		if err != nil {
			return err
		}
		s.execs = put(s.execs, int(e.ID), e)
		s.execsOf[e.Process] = append(s.execsOf[e.Process], e.ID)
	}
	return nil
}

func (s *snapshot) loadAccesses(src Source) error {
	n := 0
	s.at = make([]uint32, len(s.execs)+1)
	degree := make([]uint32, len(s.files)+1)
	all := src.Accesses()
	if w, ok := src.(accessesOfKind); ok {
		all = w.AccessesOfKind(s.held)
	}
	for a, err := range all {
		switch {
		case err != nil:
			return err
		case a.Kinds&s.held == 0:
			continue
		case int(a.Exec) >= len(s.execs) || int(a.File) >= len(s.files):
			continue // of rows that were never written
		case n > 0 && a.Exec < s.exec[n-1]:
			return fmt.Errorf("access of exec %d comes after those of exec %d", a.Exec, s.exec[n-1])
		}
		if a.FirstRead == 0 && a.Kinds&readKinds != 0 {
			a.FirstRead = a.First
		}
		s.exec = append(s.exec, a.Exec)
		s.file = append(s.file, a.File)
		s.kinds = append(s.kinds, a.Kinds)
		s.firstRead = append(s.firstRead, a.FirstRead)
		s.last = append(s.last, a.Last)
		if a.Kinds&writeKinds != 0 {
			s.wrote[uint32(n)] = writeTimes{a.First, a.FirstWrite, a.LastWrite}
		}
		s.at[a.Exec+1]++
		degree[a.File]++
		n++
	}
	for i := 1; i < len(s.at); i++ {
		s.at[i] += s.at[i-1]
	}
	s.toAt = make([]uint32, len(s.files)+1)
	for i := range len(s.files) {
		s.toAt[i+1] = s.toAt[i] + degree[i]
	}
	next := slices.Clone(s.toAt)
	s.to = make([]uint32, n)
	for i, f := range s.file {
		s.to[next[f]] = uint32(i)
		next[f]++
	}
	return nil
}

func (s *snapshot) loadOps(src Source) error {
	for op, err := range src.Ops() {
		if err != nil {
			return err
		}
		i := int32(len(s.ops))
		s.ops = append(s.ops, op)
		s.opsOf[op.Exec] = append(s.opsOf[op.Exec], i)
		s.opsOn[op.File] = append(s.opsOn[op.File], i)
		if op.Other != 0 && op.Other != op.File {
			s.opsOn[op.Other] = append(s.opsOn[op.Other], i)
		}
	}
	return nil
}

// put sets list[i], growing the list with zero rows.
func put[T any](list []T, i int, v T) []T {
	for len(list) <= i {
		var zero T
		list = append(list, zero)
	}
	list[i] = v
	return list
}

// row is list[id], unknown where there is none: rows that are missing are zero.
func row[T comparable](list []T, id uint32) (T, error) {
	var zero T
	if int(id) >= len(list) || list[id] == zero {
		return zero, store.ErrUnknown
	}
	return list[id], nil
}

// rows are list[id] for some ids.
func rows[T any, ID ~uint32 | ~int32](list []T, ids []ID) []T {
	if len(ids) == 0 {
		return nil
	}
	out := make([]T, len(ids))
	for i, id := range ids {
		out[i] = list[id]
	}
	return out
}

// Path is the trace file, "" where the source does not know it.
func (s *snapshot) Path() string {
	if l, ok := s.Source.(located); ok {
		return l.Path()
	}
	return ""
}

// File returns a file row.
func (s *snapshot) File(id store.FileID) (store.File, error) {
	return row(s.files, uint32(id))
}

// FilesByPath lists the inodes that had a path.
func (s *snapshot) FilesByPath(p string) ([]store.File, error) {
	return rows(s.files, s.byPath[p]), nil
}

// FilesOfInode lists the names of an inode.
func (s *snapshot) FilesOfInode(dev, ino uint64, gen uint32) ([]store.File, error) {
	return rows(s.files, s.byInode[inode{dev, ino, gen}]), nil
}

// Process returns a process row.
func (s *snapshot) Process(id store.ProcessID) (store.Process, error) {
	return row(s.procs, uint32(id))
}

// Children lists the processes that a process forked.
func (s *snapshot) Children(id store.ProcessID) ([]store.Process, error) {
	return rows(s.procs, s.children[id]), nil
}

// Exec returns an exec row.
func (s *snapshot) Exec(id store.ExecID) (store.Exec, error) { return row(s.execs, uint32(id)) }

// ExecsOf lists the program images of a process.
func (s *snapshot) ExecsOf(id store.ProcessID) ([]store.Exec, error) {
	return rows(s.execs, s.execsOf[id]), nil
}

// access puts a row together again.
func (s *snapshot) access(i uint32) store.Access {
	a := store.Access{Exec: s.exec[i], File: s.file[i], Kinds: s.kinds[i], First: s.firstRead[i], Last: s.last[i], FirstRead: s.firstRead[i]}
	if w, ok := s.wrote[i]; ok {
		a.First, a.FirstWrite, a.LastWrite = w.first, w.firstWrite, w.lastWrite
	}
	return a
}

// AccessesOf lists what an exec did to the content of files.
func (s *snapshot) AccessesOf(id store.ExecID) ([]store.Access, error) {
	if s.held&readKinds == 0 {
		return s.Source.AccessesOf(id)
	}
	return s.of(id, ^store.AccessKind(0)), nil
}

// WritesOf lists the accesses of an exec that wrote.
func (s *snapshot) WritesOf(id store.ExecID) ([]store.Access, error) {
	return s.of(id, writeKinds), nil
}

func (s *snapshot) of(id store.ExecID, kinds store.AccessKind) []store.Access {
	if int(id)+1 >= len(s.at) {
		return nil
	}
	var as []store.Access
	for i := s.at[id]; i < s.at[id+1]; i++ {
		if s.kinds[i]&kinds != 0 {
			as = append(as, s.access(i))
		}
	}
	return as
}

// AccessesTo lists who used the content of a file.
func (s *snapshot) AccessesTo(id store.FileID) ([]store.Access, error) {
	if s.held&readKinds == 0 {
		return s.Source.AccessesTo(id)
	}
	return s.on(id, ^store.AccessKind(0)), nil
}

// WritesTo lists the accesses to a file that wrote.
func (s *snapshot) WritesTo(id store.FileID) ([]store.Access, error) {
	return s.on(id, writeKinds), nil
}

func (s *snapshot) on(id store.FileID, kinds store.AccessKind) []store.Access {
	if int(id)+1 >= len(s.toAt) {
		return nil
	}
	var as []store.Access
	for _, i := range s.to[s.toAt[id]:s.toAt[id+1]] {
		if s.kinds[i]&kinds != 0 {
			as = append(as, s.access(i))
		}
	}
	return as
}

// OpsOn lists the operations on a file.
func (s *snapshot) OpsOn(id store.FileID) ([]store.Op, error) { return rows(s.ops, s.opsOn[id]), nil }

// OpsOf lists the operations of an exec.
func (s *snapshot) OpsOf(id store.ExecID) ([]store.Op, error) { return rows(s.ops, s.opsOf[id]), nil }

// graph is the snapshot as a graph.
func (s *snapshot) graph() *Dense {
	var a arcs
	files := max(0, len(s.files)-1)
	for i := range s.exec {
		file, exec := uint32(s.file[i])-1, uint32(files)+uint32(s.exec[i])-1
		if s.kinds[i]&(store.AccessRead|store.AccessMap) != 0 {
			a.add(file, exec, EdgeRead)
		}
		if s.kinds[i]&store.AccessExecute != 0 {
			a.add(file, exec, EdgeExecute)
		}
		if s.kinds[i]&writeKinds != 0 {
			a.add(exec, file, EdgeWrite)
		}
	}
	d := a.build(files + max(0, len(s.execs)-1))
	d.files = files
	return d
}
