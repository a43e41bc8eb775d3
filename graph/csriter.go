package graph

import (
	"gonum.org/v1/gonum/graph"
)

// vertices iterates over some ids, or over the first n.
type vertices struct {
	ids   []uint32
	n, at int
}

// Len is how many nodes are left.
func (v *vertices) Len() int { return max(0, v.n-v.at-1) }

// Next goes on to the next node.
func (v *vertices) Next() bool {
	v.at = min(v.at+1, v.n)
	return v.at < v.n
}

// Reset goes back to before the first node.
func (v *vertices) Reset() { v.at = -1 }

// Node is the node that Next went on to.
func (v *vertices) Node() graph.Node {
	switch {
	case v.at < 0 || v.at >= v.n:
		return nil
	case v.ids == nil:
		return Vertex(v.at)
	}
	return Vertex(v.ids[v.at])
}

// arcIterator iterates over all edges of a graph.
type arcIterator struct {
	d        *Dense
	at, from int
}

// Len is how many edges are left.
func (a *arcIterator) Len() int { return max(0, len(a.d.out)-a.at-1) }

// Next goes on to the next edge.
func (a *arcIterator) Next() bool {
	a.at = min(a.at+1, len(a.d.out))
	if a.at == len(a.d.out) {
		return false
	}
	for int(a.d.outAt[a.from+1]) <= a.at {
		a.from++
	}
	return true
}

// Reset goes back to before the first edge.
func (a *arcIterator) Reset() { a.at, a.from = -1, 0 }

// Edge is the edge that Next went on to.
func (a *arcIterator) Edge() graph.Edge {
	if a.at < 0 || a.at >= len(a.d.out) {
		return nil
	}
	return Arc{Vertex(a.from), Vertex(a.d.out[a.at]), a.d.kind[a.at]}
}
