package graph

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// random is a made-up build: a make with some recipes, of one to three lines,
// with pipes, temporary files, renames, links and copies.
func random(t *testing.T, seed uint64) *build {
	rnd := rand.New(rand.NewPCG(seed, 7))
	b, mk := makefile(t)
	pick := func(list []string) string { return list[rnd.IntN(len(list))] }
	files := []string{"s0", "s1", "s2", "s3", "sub/s4"}
	for r := range 2 + rnd.IntN(5) {
		target := fmt.Sprintf("t%d", r)
		for line := range 1 + rnd.IntN(3) {
			p := mk.recipe(target, "sh", "-c", "...")
			if rnd.IntN(3) == 0 {
				p.reads(pick(files))
			}
			for range 1 + rnd.IntN(3) {
				c := p.fork()
				if rnd.IntN(2) == 0 {
					c.exec("prog")
				}
				switch rnd.IntN(8) {
				case 0:
					pipe := fmt.Sprintf("pipe:[%d]", rnd.IntN(3))
					c.reads(pick(files)).appends(pipe)
				case 1:
					pipe := fmt.Sprintf("pipe:[%d]", rnd.IntN(3))
					c.reads(pipe).writes(target)
				case 2:
					c.reads(pick(files)).writes("tmp").rename("tmp", target)
				case 3:
					tmp := fmt.Sprintf("/tmp/x%d", rnd.IntN(2))
					c.reads(pick(files)).writes(tmp)
				case 4:
					tmp := fmt.Sprintf("/tmp/x%d", rnd.IntN(2))
					if b.names[tmp] != 0 {
						c.reads(tmp).writes(target)
					}
				case 5:
					c.copies(pick(files), target+".copy")
				case 6:
					c.reads(pick(files)).writes("scratch").reads("scratch").appends(target).unlink("scratch")
				default:
					c.reads(pick(files), pick(files)).writes(target)
				}
				c.exit()
			}
			if line == 0 && rnd.IntN(4) == 0 && b.names["/p/"+target] != 0 {
				p.link(target, target+".ln")
			}
			p.exit()
		}
		if b.names["/p/"+target] != 0 {
			files = append(files, target)
		}
	}
	return b
}

// What deps says and what rdeps says are the same relation, for every way of
// reading the trace; why has a chain for it; and the answers have their order.
func TestQuestionsAgree(t *testing.T) {
	for seed := range uint64(150) {
		b := random(t, seed).annotate()
		lazy, wide := b.graph(), b.graph()
		w, err := wide.wide()
		if err != nil {
			t.Fatal(err)
		}
		wide.t = w
		out, err := lazy.Outputs()
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out.Outputs {
			for _, opts := range []DepsOptions{{}, {Transitive: true}, {Flow: true}, {All: true}, {Flow: true, Transitive: true}} {
				got, want := inputsOf(t, lazy, o.Path, opts), inputsOf(t, wide, o.Path, opts)
				if !slices.Equal(got, want) {
					t.Fatalf("seed %d: deps %s %+v: %q by the indexes, %q by the snapshot", seed, o.Path, opts, got, want)
				}
				if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
					t.Fatalf("seed %d: deps %s: not sorted, or twice: %q", seed, o.Path, got)
				}
			}
			recipe := inputsOf(t, lazy, o.Path, DepsOptions{})
			transitive := inputsOf(t, lazy, o.Path, DepsOptions{Transitive: true})
			for _, in := range transitive {
				why, err := lazy.Why(o.Path, in, "")
				if err != nil || len(why.Steps) == 0 || why.Steps[0].From != in {
					t.Fatalf("seed %d: %s is an input of %s, and why says %+v %v", seed, in, o.Path, why.Steps, err)
				}
			}
			for _, in := range recipe {
				if !slices.Contains(transitive, in) {
					t.Fatalf("seed %d: %s is an input of %s, but not transitively", seed, in, o.Path)
				}
				r, err := lazy.RDeps(in, "", true)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.ContainsFunc(r.Dependents, func(d Dependent) bool { return d.Path == o.Path && d.Direct }) {
					t.Fatalf("seed %d: %s is an input of %s, but rdeps says %+v", seed, in, o.Path, r.Dependents)
				}
			}
		}
	}
}

// Every hop of the flow rule goes along two edges of the process-file graph.
func TestHopsAreEdges(t *testing.T) {
	for seed := range uint64(60) {
		b := random(t, seed)
		g := b.graph()
		d, err := g.Whole()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range b.files {
			w := g.t.newWalk()
			w.into(g.t.objectOf(f.ID), forever, nil, func(h hop) {
				if !d.HasEdgeFromTo(int64(d.FileNode(h.in.file)), int64(d.ExecNode(h.in.by.ID))) {
					t.Errorf("seed %d: no edge from %s to its reader", seed, g.t.path(h.in.file))
				}
				if !d.HasEdgeFromTo(int64(d.ExecNode(h.out.by)), int64(d.FileNode(h.out.file))) {
					t.Errorf("seed %d: no edge to %s from its writer", seed, g.t.path(h.out.file))
				}
				if h.in.first >= h.out.last {
					t.Errorf("seed %d: read at %d, written at %d", seed, h.in.first, h.out.last)
				}
			})
		}
		if err := g.t.done(); err != nil {
			t.Fatal(err)
		}
	}
}

// A trace that was cut short misses rows that others name. Answers are given
// from what is there.
func TestMissingRows(t *testing.T) {
	for seed := range uint64(80) {
		b := random(t, seed)
		out, err := b.graph().Outputs()
		if err != nil {
			t.Fatal(err)
		}
		b.lost = map[uint32]bool{}
		rnd := rand.New(rand.NewPCG(seed, 9))
		for range 4 {
			b.lost[uint32(1+rnd.IntN(len(b.procs)))] = true
			b.lost[uint32(1001+rnd.IntN(len(b.execs)))] = true
		}
		g := b.graph()
		if _, err := g.Outputs(); err != nil {
			t.Fatalf("seed %d: outputs: %v", seed, err)
		}
		if _, err := g.Stats(); err != nil {
			t.Fatalf("seed %d: stats: %v", seed, err)
		}
		if c, err := g.Critical(); err != nil || c.Ideal > c.Wall {
			t.Fatalf("seed %d: a chain of %d in a build of %d, %v", seed, c.Ideal, c.Wall, err)
		}
		for _, o := range []PictureOptions{{}, {Procs: true}, {Limit: 5}, {All: true}} {
			if _, err := g.Picture(o); err != nil {
				t.Fatalf("seed %d: picture %+v: %v", seed, o, err)
			}
		}
		for _, o := range out.Outputs {
			for _, opts := range []DepsOptions{{}, {Flow: true}, {Transitive: true, All: true}} {
				if _, err := g.Deps(o.Path, "", opts); err != nil {
					t.Fatalf("seed %d: deps %s: %v", seed, o.Path, err)
				}
			}
			if _, err := g.RDeps(o.Path, "", false); err != nil {
				t.Fatalf("seed %d: rdeps %s: %v", seed, o.Path, err)
			}
			if _, err := g.Why(o.Path, "s1", ""); err != nil && !errors.As(err, new(*UnknownError)) {
				t.Fatalf("seed %d: why %s: %v", seed, o.Path, err)
			}
		}
	}
}
