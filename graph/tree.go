package graph

import (
	"cmp"
	"slices"

	"buildgraph/store"
)

// Tree is the tree of a build's processes.
type Tree struct {
	Complete  bool
	Processes int         // how many the filter wants
	Roots     []*TreeNode // by Start
}

// TreeNode is one process and those that it started.
type TreeNode struct {
	Process  store.ProcessID
	PID      int
	Start    int64
	End      int64 // 0: outlived the build
	CPU      int64 // ns
	ExitCode int   // meaningful when it ended and Signal is 0
	Signal   int
	Comm     string     // what its last program is called
	Target   string     // of the recipe that begins with it, as the build tool names it, below the capture root; "" for none
	Programs []TreeExec // what it executed, in order; of a process that only forked none
	Wanted   bool       // by the filter; else it is here for its descendants
	Children []*TreeNode
}

// TreeExec is one program that a process executed.
type TreeExec struct {
	Comm  string
	Path  string // as answers name files
	Start int64
	Argv  []string
}

// Duration is how long the process lived, ns; 0 for one that outlived the build.
func (n *TreeNode) Duration() int64 {
	if n.End == 0 {
		return 0
	}
	return n.End - n.Start
}

// Failed says whether the process ended, and not with status 0.
func (n *TreeNode) Failed() bool { return n.End != 0 && (n.ExitCode != 0 || n.Signal != 0) }

// Tree gives the processes that a filter wants (their program, how long they lived,
// how they ended; kinds of event and paths do not matter), with their ancestors.
func (g *Graph) Tree(f *EventFilter) (Tree, error) {
	b := &treeBuilder{t: g.t, filter: f, argv: map[store.ArgvID][]string{}}
	procs, children := g.t.loadProcesses()
	b.procs, b.children = procs, children
	b.targets()
	tree := Tree{Complete: g.t.meta.Complete}
	tree.Roots = b.nodes(0)
	tree.Processes = b.wanted
	return tree, g.t.done()
}

type treeBuilder struct {
	t        *trace
	filter   *EventFilter
	procs    map[store.ProcessID]*process
	children map[store.ProcessID][]store.ProcessID
	target   map[store.ProcessID]string
	argv     map[store.ArgvID][]string
	wanted   int
}

// targets finds the processes with which recipes' lines begin.
func (b *treeBuilder) targets() {
	b.target = map[store.ProcessID]string{}
	for _, r := range b.t.recipes().recipes {
		if r.Target == "" {
			continue
		}
		for _, line := range b.t.linesOf(r.ID) {
			b.target[line.ID] = b.t.rel(targetPath(r))
		}
	}
}

// nodes builds the trees below a process, without those that nobody wants.
func (b *treeBuilder) nodes(parent store.ProcessID) []*TreeNode {
	var list []*TreeNode
	for _, id := range b.children[parent] {
		p := b.procs[id]
		if p == nil {
			continue
		}
		n := b.node(p)
		n.Children = b.nodes(id)
		if n.Wanted || len(n.Children) > 0 {
			list = append(list, n)
		}
	}
	slices.SortStableFunc(list, func(x, y *TreeNode) int {
		return cmp.Or(cmp.Compare(x.Start, y.Start), cmp.Compare(x.Process, y.Process))
	})
	return list
}

func (b *treeBuilder) node(p *process) *TreeNode {
	n := &TreeNode{
		Process: p.ID, PID: p.PID, Start: p.Start, End: p.End, CPU: p.CPU, ExitCode: p.ExitCode, Signal: p.Signal,
		Target: b.target[p.ID],
	}
	for _, im := range p.images {
		argv := b.arguments(im.Argv)
		argv0 := ""
		if len(argv) > 0 {
			argv0 = argv[0]
		}
		n.Comm = store.Comm(argv0, b.t.path(im.Script), b.t.path(im.Exe))
		if im.Seq > 0 {
			n.Programs = append(n.Programs, TreeExec{n.Comm, b.t.rel(b.t.path(im.Exe)), im.Start, argv})
		}
		n.Wanted = n.Wanted || b.filter.Comm(n.Comm)
	}
	n.Wanted = (n.Wanted || len(p.images) == 0 && b.filter.Comm("")) && b.filter.Ended(p.Start, p.End, p.ExitCode, p.Signal)
	if n.Wanted {
		b.wanted++
	}
	return n
}

// arguments keeps what it has read: forks share their parents'.
func (b *treeBuilder) arguments(id store.ArgvID) []string {
	argv, ok := b.argv[id]
	if !ok {
		argv = b.t.argv(id)
		b.argv[id] = argv
	}
	return argv
}
