package graph

import (
	"iter"

	"buildgraph/store"
)

// FileNode is one name of one inode, as the whole graph has it.
type FileNode struct {
	store.File
	Shown string // the path as answers show it
	Class Class
	Sort  string // kind of file, a word of the trace file's view "files"
	AtEnd bool   // something had this name at the end of the build, as far as is known
}

// ProcessNode is one process with its recipe, 0 for none.
type ProcessNode struct {
	store.Process
	Recipe uint32
}

// ProgramNode is one program that a process ran.
type ProgramNode struct {
	store.Exec
	Argv []string
}

// AccessEdge is all that one program did to one file.
type AccessEdge struct {
	store.Access
	Kinds []string // "read", "write", ... as in the trace file's view "accesses"
}

// Operation is one change of names, or a copy between files.
type Operation struct {
	store.Op
	Kind string // a word, as in the trace file's view "operations"
}

// RecipeNodes are the recipes of the build, by ID.
func (g *Graph) RecipeNodes() ([]store.Recipe, error) {
	all := g.t.recipes().recipes
	return all, g.t.done()
}

// FileNodes gives all files, by ID. It reads the whole trace.
func (g *Graph) FileNodes() iter.Seq2[FileNode, error] {
	return func(yield func(FileNode, error) bool) {
		t, err := g.wide()
		if err != nil {
			yield(FileNode{}, err)
			return
		}
		for f, err := range t.src.Files() {
			if err != nil {
				yield(FileNode{}, err)
				return
			}
			o := t.objectOf(f.ID)
			n := FileNode{File: f, Shown: t.rel(f.Path), Class: t.classOf(o, f.ID, t.executed(f.ID))}
			if int(f.Kind) < len(fileKinds) {
				n.Sort = fileKinds[f.Kind]
			}
			if h := t.holder(f.Path); h.file != 0 && f.Kind != store.KindAbsent {
				n.AtEnd = t.objectOf(h.file) == o
			}
			if !yield(n, t.done()) {
				return
			}
		}
	}
}

// executed is AccessExecute where a program was made from the file.
func (t *trace) executed(id store.FileID) store.AccessKind {
	for _, a := range t.accessesTo(id) {
		if a.Kinds&store.AccessExecute != 0 {
			return store.AccessExecute
		}
	}
	return 0
}

// ProcessNodes gives all processes, by ID.
func (g *Graph) ProcessNodes() iter.Seq2[ProcessNode, error] {
	return func(yield func(ProcessNode, error) bool) {
		of := map[store.ProcessID]uint32{}
		for _, r := range g.t.recipes().recipes {
			for _, m := range g.t.membersOf(r.ID) {
				of[m] = r.ID
			}
		}
		if err := g.t.done(); err != nil {
			yield(ProcessNode{}, err)
			return
		}
		for p, err := range g.src.Processes() {
			if !yield(ProcessNode{p, of[p.ID]}, err) || err != nil {
				return
			}
		}
	}
}

// ProgramNodes gives all program images, by ID.
func (g *Graph) ProgramNodes() iter.Seq2[ProgramNode, error] {
	return func(yield func(ProgramNode, error) bool) {
		for e, err := range g.src.Execs() {
			if err == nil {
				n := ProgramNode{e, g.t.argv(e.Argv)}
				if !yield(n, g.t.done()) {
					return
				}
				continue
			}
			yield(ProgramNode{}, err)
			return
		}
	}
}

// AccessEdges gives what every program did to every file, by program and file.
func (g *Graph) AccessEdges() iter.Seq2[AccessEdge, error] {
	return func(yield func(AccessEdge, error) bool) {
		for a, err := range g.src.Accesses() {
			e := AccessEdge{Access: a}
			for i, word := range accessWords {
				if a.Kinds&(1<<i) != 0 {
					e.Kinds = append(e.Kinds, word)
				}
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Operations gives all changes of names and copies, in order.
func (g *Graph) Operations() iter.Seq2[Operation, error] {
	return func(yield func(Operation, error) bool) {
		for o, err := range g.src.Ops() {
			word := ""
			if int(o.Kind) < len(opWords) {
				word = opWords[o.Kind]
			}
			if !yield(Operation{o, word}, err) || err != nil {
				return
			}
		}
	}
}

// The words of the trace file's views, by bit or number.
var (
	accessWords = []string{"read", "write", "create", "truncate", "map", "execute", "list", "stat", "absent", "link"}
	opWords     = []string{"", "rename", "exchange", "link", "symlink", "unlink", "mkdir", "rmdir", "mknod", "truncate", "touch", "chmod", "chown", "copy", "chdir", "chroot"}
	fileKinds   = []string{"unknown", "file", "directory", "symlink", "fifo", "socket", "char", "block", "pipe", "anon", "absent"}
)
