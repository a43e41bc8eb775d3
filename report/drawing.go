package report

import (
	"fmt"

	gonum "gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/iterator"

	"buildgraph/graph"
)

// drawing is a picture as gonum's DOT encoder wants it, a graph.Directed. A
// node's id is its place in Picture.Nodes, so the encoder, which goes by id, keeps
// the picture's order.
type drawing struct {
	nodes []drawnNode
	to    [][]int64 // by node id, in the order of the edges
	from  [][]int64
	edges map[[2]int64]*drawnEdge
	label string
}

type drawnNode struct {
	box graph.PictureNode
	id  int64
}

// ID is gonum's id of the node.
func (n *drawnNode) ID() int64 { return n.id }

type drawnEdge struct {
	u, v *drawnNode
	kind string
}

func (e *drawnEdge) From() gonum.Node         { return e.u }
func (e *drawnEdge) To() gonum.Node           { return e.v }
func (e *drawnEdge) ReversedEdge() gonum.Edge { return &drawnEdge{u: e.v, v: e.u, kind: e.kind} }

// strength ranks the kinds of edge: of several between two nodes, one is drawn.
// What is executed is read as well, and that it is executed says more.
var strength = map[string]int{"fork": 1, "read": 2, "execute": 3, "write": 4}

func newDrawing(p graph.Picture) (*drawing, error) {
	d := &drawing{
		nodes: make([]drawnNode, len(p.Nodes)),
		to:    make([][]int64, len(p.Nodes)),
		from:  make([][]int64, len(p.Nodes)),
		edges: make(map[[2]int64]*drawnEdge, len(p.Edges)),
	}
	byName := make(map[string]int64, len(p.Nodes))
	for i, n := range p.Nodes {
		if _, twice := byName[n.ID]; twice {
			return nil, fmt.Errorf("drawing: node %q occurs twice", n.ID)
		}
		byName[n.ID] = int64(i)
		d.nodes[i] = drawnNode{box: n, id: int64(i)}
	}
	for _, e := range p.Edges {
		u, okU := byName[e.From]
		v, okV := byName[e.To]
		if !okU || !okV {
			return nil, fmt.Errorf("drawing: an edge from %q to %q has an end that is no node", e.From, e.To)
		}
		if old := d.edges[[2]int64{u, v}]; old != nil {
			if strength[e.Kind] > strength[old.kind] {
				old.kind = e.Kind
			}
			continue
		}
		d.edges[[2]int64{u, v}] = &drawnEdge{u: &d.nodes[u], v: &d.nodes[v], kind: e.Kind}
		d.to[u] = append(d.to[u], v)
		d.from[v] = append(d.from[v], u)
	}
	return d, nil
}

// Node, Nodes and the rest are gonum's graph.Directed.

func (d *drawing) Node(id int64) gonum.Node {
	if id < 0 || id >= int64(len(d.nodes)) {
		return nil
	}
	return &d.nodes[id]
}

func (d *drawing) Nodes() gonum.Nodes {
	all := make([]gonum.Node, len(d.nodes))
	for i := range d.nodes {
		all[i] = &d.nodes[i]
	}
	return iterator.NewOrderedNodes(all)
}

func (d *drawing) From(id int64) gonum.Nodes { return d.listed(d.to, id) }
func (d *drawing) To(id int64) gonum.Nodes   { return d.listed(d.from, id) }

func (d *drawing) listed(by [][]int64, id int64) gonum.Nodes {
	if d.Node(id) == nil || len(by[id]) == 0 {
		return gonum.Empty
	}
	list := make([]gonum.Node, len(by[id]))
	for i, n := range by[id] {
		list[i] = &d.nodes[n]
	}
	return iterator.NewOrderedNodes(list)
}

func (d *drawing) HasEdgeFromTo(u, v int64) bool { return d.edges[[2]int64{u, v}] != nil }

func (d *drawing) HasEdgeBetween(x, y int64) bool {
	return d.HasEdgeFromTo(x, y) || d.HasEdgeFromTo(y, x)
}

func (d *drawing) Edge(u, v int64) gonum.Edge {
	if e := d.edges[[2]int64{u, v}]; e != nil {
		return e
	}
	return nil
}
