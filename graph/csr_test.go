package graph

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/testgraph"
	"gonum.org/v1/gonum/graph/topo"

	"buildgraph/store"
)

var _ interface {
	graph.Directed
	Edges() graph.Edges
} = (*Dense)(nil)

// denseBuilder renumbers gonum's test graphs: ids of a Dense are 0, 1, 2 ...
func denseBuilder(nodes []graph.Node, edges []testgraph.WeightedLine, _, _ float64) (graph.Graph, []graph.Node, []testgraph.Edge, float64, float64, bool) {
	number := map[int64]uint32{}
	var out []graph.Node
	take := func(n graph.Node) uint32 {
		if id, ok := number[n.ID()]; ok {
			return id
		}
		id := uint32(len(out))
		number[n.ID()] = id
		out = append(out, Vertex(id))
		return id
	}
	for _, n := range nodes {
		take(n)
	}
	var a arcs
	var kept []testgraph.Edge
	seen := map[Arc]bool{}
	for _, e := range edges {
		from, to := take(e.From()), take(e.To())
		a.add(from, to, EdgeRead)
		if arc := (Arc{Vertex(from), Vertex(to), EdgeRead}); !seen[arc] {
			seen[arc] = true
			kept = append(kept, arc)
		}
	}
	return a.build(len(out)), out, kept, 0, 0, true
}

func TestDenseIsAGonumGraph(t *testing.T) {
	t.Run("all nodes", func(t *testing.T) { testgraph.ReturnAllNodes(t, denseBuilder, true) })
	t.Run("nodes exist", func(t *testing.T) { testgraph.NodeExistence(t, denseBuilder) })
	t.Run("all edges", func(t *testing.T) { testgraph.ReturnAllEdges(t, denseBuilder, true) })
	t.Run("edges exist", func(t *testing.T) { testgraph.EdgeExistence(t, denseBuilder, true) })
	t.Run("adjacent nodes", func(t *testing.T) { testgraph.ReturnAdjacentNodes(t, denseBuilder, true, true) })
}

// Random graphs against a map of maps.
func TestDenseAgainstMaps(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n := 1 + rnd.IntN(12)
		want := map[[2]int]EdgeKind{}
		var a arcs
		for range rnd.IntN(40) {
			u, v, k := rnd.IntN(n), rnd.IntN(n), EdgeKind(1<<rnd.IntN(3))
			want[[2]int{u, v}] |= k
			a.add(uint32(u), uint32(v), k)
		}
		d := a.build(n)
		for u := range n {
			var outs, ins []int64
			for v := range n {
				k, ok := want[[2]int{u, v}]
				if e := d.Edge(int64(u), int64(v)); ok != (e != nil) || ok && e.(Arc).Kind != k {
					t.Fatalf("edge %d %d: got %v, want %v %v", u, v, e, ok, k)
				}
				if ok {
					outs = append(outs, int64(v))
				}
				if _, ok := want[[2]int{v, u}]; ok {
					ins = append(ins, int64(v))
				}
			}
			if got := idsOf(d.From(int64(u))); !slices.Equal(got, outs) {
				t.Fatalf("from %d: got %v, want %v", u, got, outs)
			}
			if got := idsOf(d.To(int64(u))); !slices.Equal(got, ins) {
				t.Fatalf("to %d: got %v, want %v", u, got, ins)
			}
		}
	}
}

func idsOf(ns graph.Nodes) []int64 {
	var ids []int64
	for ns.Next() {
		ids = append(ids, ns.Node().ID())
	}
	return ids
}

func TestWholeGraph(t *testing.T) {
	b, sh := script(t)
	cc := sh.run("cc")
	cc.reads("a.c").writes("a.o")
	g := b.graph()
	d, err := g.Whole()
	if err != nil {
		t.Fatal(err)
	}
	in, exec, out := d.FileNode(b.at("/p/a.c")), d.ExecNode(cc.image), d.FileNode(b.at("/p/a.o"))
	if !d.HasEdgeFromTo(int64(in), int64(exec)) || !d.HasEdgeFromTo(int64(exec), int64(out)) || d.HasEdgeBetween(int64(in), int64(out)) {
		t.Error("the edges of a compilation are not there")
	}
	if f, e := d.Row(exec); f != 0 || e != cc.image {
		t.Errorf("row of an exec's node: %d %d", f, e)
	}
	if f, e := d.Row(in); f != b.at("/p/a.c") || e != 0 {
		t.Errorf("row of a file's node: %d %d", f, e)
	}
	if !topo.PathExistsIn(d, in, out) || topo.PathExistsIn(d, out, in) {
		t.Error("gonum finds another path than there is")
	}
}

// The rows of a snapshot are those of its source, less what carries no content.
func TestSnapshotAnswersLikeItsSource(t *testing.T) {
	b := random(t, 3)
	s, err := takeSnapshot(b, readKinds|writeKinds)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range b.execs {
		want, _ := b.AccessesOf(e.ID)
		want = having(want, func(a store.Access) bool { return a.Kinds&(readKinds|writeKinds) != 0 })
		got, _ := s.AccessesOf(e.ID)
		if len(got) != len(want) {
			t.Fatalf("exec %d: got %d accesses, want %d", e.ID, len(got), len(want))
		}
		for i := range got {
			j := slices.IndexFunc(want, func(a store.Access) bool { return a.File == got[i].File })
			if j < 0 || got[i].Kinds != want[j].Kinds || got[i].FirstRead != want[j].FirstRead ||
				got[i].FirstWrite != want[j].FirstWrite || got[i].LastWrite != want[j].LastWrite {
				t.Errorf("exec %d: got %+v", e.ID, got[i])
			}
		}
	}
	for _, f := range b.files {
		want, _ := b.OpsOn(f.ID)
		if got, _ := s.OpsOn(f.ID); !slices.Equal(got, want) {
			t.Errorf("ops on %s: got %v, want %v", f.Path, got, want)
		}
		rows, _ := b.FilesOfInode(f.Dev, f.Ino, f.Gen)
		if got, _ := s.FilesOfInode(f.Dev, f.Ino, f.Gen); !slices.Equal(got, rows) {
			t.Errorf("names of %s: got %v, want %v", f.Path, got, rows)
		}
	}
}

// BenchmarkDense builds a graph of a million edges: in the order of a trace (exec
// by exec, few files much read), and in no order at all.
func BenchmarkDense(b *testing.B) {
	const edges, nodes = 1_000_000, 200_000
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, order := range []string{"trace", "random"} {
		from, to := make([]uint32, edges), make([]uint32, edges)
		for i := range from {
			if from[i], to[i] = uint32(rnd.IntN(nodes)), uint32(rnd.IntN(nodes)); order == "trace" {
				from[i], to[i] = uint32(math.Pow(rnd.Float64(), 4)*nodes/2), uint32(nodes/2+i*(nodes/2)/edges)
			}
		}
		b.Run(order, func(b *testing.B) {
			var d *Dense
			for b.Loop() {
				a := arcs{from: make([]uint32, 0, edges), to: make([]uint32, 0, edges), kind: make([]EdgeKind, 0, edges)}
				for i := range from {
					a.add(from[i], to[i], EdgeRead)
				}
				d = a.build(nodes)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/edges, "ns/edge")
			kept := 4*cap(d.out) + 4*cap(d.in) + cap(d.kind)
			b.ReportMetric(float64(kept)/edges, "bytes/edge")
		})
	}
}
