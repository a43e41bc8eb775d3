package graph

import (
	"slices"

	"gonum.org/v1/gonum/graph"

	"buildgraph/store"
)

// Dense is a directed graph over dense ids, in compressed sparse rows: for every
// node the sorted ids that it points to, and those that point to it, one behind
// the other in two arrays. That is 9 bytes an edge and 8 a node. It satisfies
// gonum's graph.Directed, so that gonum's algorithms run on it.
//
// As the process-file graph of a trace (see [Graph.Whole]) its nodes are the
// files and then the execs, and its edges go the way content does: from a file to
// the exec that read it, from an exec to the file that it wrote.
type Dense struct {
	files int // nodes below are files, the others execs

	outAt, inAt []uint32 // len nodes+1: where each node's neighbours begin
	out, in     []uint32
	kind        []EdgeKind // along out
}

// EdgeKind is a set of ways in which an edge came about.
type EdgeKind uint8

// The kinds of edge. The first two go from a file to an exec, the third back.
const (
	EdgeRead EdgeKind = 1 << iota
	EdgeExecute
	EdgeWrite
)

// Vertex is a node of a [Dense] graph.
type Vertex int64

// ID is the node's id, from 0.
func (v Vertex) ID() int64 { return int64(v) }

// Arc is an edge of a [Dense] graph.
type Arc struct {
	F, T Vertex
	Kind EdgeKind
}

// From is where the edge begins.
func (a Arc) From() graph.Node { return a.F }

// To is where the edge ends.
func (a Arc) To() graph.Node { return a.T }

// ReversedEdge is the edge itself: content does not flow back.
func (a Arc) ReversedEdge() graph.Edge { return a }

// arcs collects edges, in any order.
type arcs struct {
	from, to []uint32
	kind     []EdgeKind
}

func (a *arcs) add(from, to uint32, kind EdgeKind) {
	a.from = append(a.from, from)
	a.to = append(a.to, to)
	a.kind = append(a.kind, kind)
}

// build lays the edges out by the node they leave, sorts each node's share, joins
// parallel edges, and then lays them out by the node they reach. The collected
// edges are used up.
func (a *arcs) build(nodes int) *Dense {
	d := &Dense{outAt: offsets(a.from, nodes)}
	d.out, d.kind = make([]uint32, len(a.to)), make([]EdgeKind, len(a.to))
	next := slices.Clone(d.outAt)
	for i, u := range a.from {
		at := next[u]
		next[u]++
		d.out[at], d.kind[at] = a.to[i], a.kind[i]
	}
	a.to, a.kind = nil, nil
	for u := range nodes {
		begin, end := d.outAt[u], d.outAt[u+1]
		sortShare(d.out[begin:end], d.kind[begin:end])
	}
	d.join()

	d.inAt = offsets(d.out, nodes)
	copy(next, d.inAt)
	d.in = a.from[:len(d.out)] // its values were used, its memory is as large as needed
	a.from = nil
	for u := range nodes {
		for _, v := range d.out[d.outAt[u]:d.outAt[u+1]] {
			d.in[next[v]] = uint32(u)
			next[v]++
		}
	}
	return d
}

// sortShare sorts the edges of one node by where they go: few, or nearly sorted.
func sortShare(to []uint32, kind []EdgeKind) {
	const few = 32
	if len(to) > few && !slices.IsSorted(to) {
		packed := make([]uint64, len(to))
		for i := range to {
			packed[i] = uint64(to[i])<<8 | uint64(kind[i])
		}
		slices.Sort(packed)
		for i, p := range packed {
			to[i], kind[i] = uint32(p>>8), EdgeKind(p)
		}
		return
	}
	for i := 1; i < len(to); i++ {
		v, k, j := to[i], kind[i], i
		for ; j > 0 && to[j-1] > v; j-- {
			to[j], kind[j] = to[j-1], kind[j-1]
		}
		to[j], kind[j] = v, k
	}
}

// offsets says for each node where its share of the ends begins, when they are
// laid out by node.
func offsets(ends []uint32, nodes int) []uint32 {
	at := make([]uint32, nodes+1)
	for _, v := range ends {
		at[v+1]++
	}
	for i := range nodes {
		at[i+1] += at[i]
	}
	return at
}

// join makes one edge of parallel ones.
func (d *Dense) join() {
	kept := uint32(0)
	for u := range len(d.outAt) - 1 {
		begin, end := d.outAt[u], d.outAt[u+1]
		d.outAt[u] = kept
		for i := begin; i < end; i++ {
			if kept > d.outAt[u] && d.out[kept-1] == d.out[i] {
				d.kind[kept-1] |= d.kind[i]
				continue
			}
			d.out[kept], d.kind[kept] = d.out[i], d.kind[i]
			kept++
		}
	}
	d.outAt[len(d.outAt)-1] = kept
	d.out, d.kind = d.out[:kept], d.kind[:kept]
}

// Whole is the process-file graph of the whole trace, without what carries no
// content (lookups, metadata, listings). It reads the trace once.
func (g *Graph) Whole() (*Dense, error) {
	t, err := g.wide()
	if err != nil {
		return nil, err
	}
	return t.snap.graph(), nil
}

// FileNode is the node of a file.
func (d *Dense) FileNode(id store.FileID) Vertex { return Vertex(id) - 1 }

// ExecNode is the node of an exec.
func (d *Dense) ExecNode(id store.ExecID) Vertex { return Vertex(d.files) + Vertex(id) - 1 }

// Row is the file or the exec that a node stands for; the other is 0.
func (d *Dense) Row(v Vertex) (store.FileID, store.ExecID) {
	if int(v) < d.files {
		return store.FileID(v + 1), 0
	}
	return 0, store.ExecID(int(v) - d.files + 1)
}

func (d *Dense) size() int { return len(d.outAt) - 1 }

func (d *Dense) holds(id int64) bool { return id >= 0 && id < int64(d.size()) }

// Node returns the node with an id, nil where there is none.
func (d *Dense) Node(id int64) graph.Node {
	if !d.holds(id) {
		return nil
	}
	return Vertex(id)
}

// Nodes lists all nodes, by id.
func (d *Dense) Nodes() graph.Nodes {
	if d.size() == 0 {
		return graph.Empty
	}
	return &vertices{n: d.size(), at: -1}
}

// From lists the nodes that a node points to, by id.
func (d *Dense) From(id int64) graph.Nodes { return d.neighbours(id, d.outAt, d.out) }

// To lists the nodes that point to a node, by id.
func (d *Dense) To(id int64) graph.Nodes { return d.neighbours(id, d.inAt, d.in) }

func (d *Dense) neighbours(id int64, at, ends []uint32) graph.Nodes {
	if !d.holds(id) || at[id] == at[id+1] {
		return graph.Empty
	}
	ids := ends[at[id]:at[id+1]]
	return &vertices{ids: ids, n: len(ids), at: -1}
}

// HasEdgeBetween reports whether there is an edge in either direction.
func (d *Dense) HasEdgeBetween(x, y int64) bool {
	return d.HasEdgeFromTo(x, y) || d.HasEdgeFromTo(y, x)
}

// HasEdgeFromTo reports whether there is an edge from u to v.
func (d *Dense) HasEdgeFromTo(u, v int64) bool { return d.find(u, v) >= 0 }

// Edge returns the edge from u to v, nil where there is none.
func (d *Dense) Edge(u, v int64) graph.Edge {
	i := d.find(u, v)
	if i < 0 {
		return nil
	}
	return Arc{Vertex(u), Vertex(v), d.kind[i]}
}

// find is the place of an edge along out, -1 where there is none.
func (d *Dense) find(u, v int64) int {
	if !d.holds(u) || !d.holds(v) {
		return -1
	}
	i, ok := slices.BinarySearch(d.out[d.outAt[u]:d.outAt[u+1]], uint32(v))
	if !ok {
		return -1
	}
	return int(d.outAt[u]) + i
}

// Edges lists all edges, by both ends.
func (d *Dense) Edges() graph.Edges {
	if len(d.out) == 0 {
		return graph.Empty
	}
	return &arcIterator{d: d, at: -1}
}
