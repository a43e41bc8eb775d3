package graph

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/traverse"

	"buildgraph/store"
)

// The kinds of node that are no class of file, as PictureNode.Kind names them.
const (
	kindRecipe  = "recipe"
	kindProcess = "process"
)

// edgeFork goes from a process to its child; only pictures have it.
const edgeFork EdgeKind = EdgeWrite << 1

// edgeNames are the kinds of edge as PictureEdge.Kind names them.
var edgeNames = []struct {
	kind EdgeKind
	name string
}{{EdgeRead, "read"}, {EdgeExecute, "execute"}, {EdgeWrite, "write"}, {edgeFork, "fork"}}

// canvas is a picture in the making: shapes by number, and the edges between
// them, first as they are found and then as a graph.
type canvas struct {
	t       *trace
	all     bool
	shapes  []*shape // nil: left out
	byID    map[string]uint32
	live    int // shapes that are not left out
	edges   arcs
	d       *Dense // the edges, after settle
	keep    uint32 // the target's shape, never left out
	omitted int
	notes   []string
}

// nowhere is the number of no shape.
const nowhere = math.MaxUint32

// shape is a node with what it stands for.
type shape struct {
	PictureNode
	files    int          // how many files
	boxes    int          // how many recipes or processes
	recipe   store.Recipe // to be labelled when needed
	programs string       // what a box ran
}

func newCanvas(t *trace, all bool) *canvas {
	return &canvas{t: t, all: all, byID: map[string]uint32{}, keep: nowhere}
}

// node draws a node, or finds it.
func (c *canvas) node(id, label, kind, title string) uint32 {
	if n, ok := c.byID[id]; ok {
		return n
	}
	s := &shape{files: 1, PictureNode: PictureNode{ID: id, Label: label, Kind: kind, Title: title}}
	if kind == kindRecipe || kind == kindProcess {
		s.files, s.boxes, s.programs = 0, 1, label
	}
	return c.put(s)
}

func (c *canvas) put(s *shape) uint32 {
	n := uint32(len(c.shapes))
	c.shapes = append(c.shapes, s)
	c.byID[s.ID] = n
	c.live++
	return n
}

// remove leaves a node out; its edges go with the next settle.
func (c *canvas) remove(n uint32) {
	delete(c.byID, c.shapes[n].ID)
	c.shapes[n] = nil
	c.live--
}

// settle makes a graph of the edges between the nodes that are there.
func (c *canvas) settle() { c.redraw(nil) }

// redraw makes the graph anew, with the ends of edges moved to other nodes.
func (c *canvas) redraw(into map[uint32]uint32) {
	edges := c.edges
	if c.d != nil {
		for u := range c.d.size() {
			for i := c.d.outAt[u]; i < c.d.outAt[u+1]; i++ {
				edges.add(uint32(u), c.d.out[i], c.d.kind[i])
			}
		}
	}
	kept := 0
	for i := range edges.from {
		from, to := edges.from[i], edges.to[i]
		if n, ok := into[from]; ok {
			from = n
		}
		if n, ok := into[to]; ok {
			to = n
		}
		if c.shapes[from] != nil && c.shapes[to] != nil {
			edges.from[kept], edges.to[kept], edges.kind[kept] = from, to, edges.kind[i]
			kept++
		}
	}
	edges.from, edges.to, edges.kind = edges.from[:kept], edges.to[:kept], edges.kind[:kept]
	c.edges = arcs{}
	c.d = edges.build(len(c.shapes))
}

// from are the nodes that a node points to, with the kinds of the edges; to are
// those that point to it.
func (c *canvas) from(n uint32) ([]uint32, []EdgeKind) {
	return c.d.out[c.d.outAt[n]:c.d.outAt[n+1]], c.d.kind[c.d.outAt[n]:c.d.outAt[n+1]]
}

func (c *canvas) to(n uint32) []uint32 { return c.d.in[c.d.inAt[n]:c.d.inAt[n+1]] }

// cutTo leaves only what leads to a node: recipes have outputs beside the one
// that was asked for.
func (c *canvas) cutTo(n uint32) {
	c.settle()
	if n == nowhere {
		return
	}
	var reached traverse.BreadthFirst
	reached.Walk(backwards{c.d}, Vertex(n), func(graph.Node, int) bool { return false })
	for i, s := range c.shapes {
		if s != nil && !reached.Visited(Vertex(i)) {
			c.remove(uint32(i))
		}
	}
}

// backwards is a graph with its edges turned round, for gonum's traversals.
type backwards struct{ *Dense }

// From lists the nodes that point to a node.
func (b backwards) From(id int64) graph.Nodes { return b.To(id) }

// Edge returns the edge between two nodes, the other way round.
func (b backwards) Edge(u, v int64) graph.Edge { return b.Dense.Edge(v, u) }

// sorted lists the numbers of the nodes, by ID.
func (c *canvas) sorted() []uint32 {
	list := make([]uint32, 0, c.live)
	for i, s := range c.shapes {
		if s != nil {
			list = append(list, uint32(i))
		}
	}
	slices.SortFunc(list, func(a, b uint32) int { return strings.Compare(c.shapes[a].ID, c.shapes[b].ID) })
	return list
}

// picture puts the canvas in order.
func (c *canvas) picture() Picture {
	c.settle()
	p := Picture{Omitted: c.omitted, Note: strings.Join(c.notes, "; "), Nodes: []PictureNode{}, Edges: []PictureEdge{}}
	for _, n := range c.sorted() {
		c.label(c.shapes[n])
		p.Nodes = append(p.Nodes, c.shapes[n].PictureNode)
		to, kinds := c.from(n)
		for i := range to {
			for _, k := range edgeNames {
				if kinds[i]&k.kind != 0 {
					p.Edges = append(p.Edges, PictureEdge{From: c.shapes[n].ID, To: c.shapes[to[i]].ID, Kind: k.name})
				}
			}
		}
	}
	slices.SortFunc(p.Edges, func(a, b PictureEdge) int {
		return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.To, b.To), strings.Compare(a.Kind, b.Kind))
	})
	return p
}

// label fills in what a recipe's box shows. It takes some lookups, so boxes that
// will not be drawn go without.
func (c *canvas) label(s *shape) {
	if s.recipe.ID != 0 && s.Label == "" {
		s.Label, s.Title = c.t.recipeLabel(s.recipe)
		s.programs = s.Label
	}
}
