package graph

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"buildgraph/store"
)

var _ Source = (*store.Reader)(nil)

// save writes a build to a trace file and opens it.
func (b *build) save(annotate bool) *store.Reader {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "trace.db")
	meta := b.meta
	meta.Tag, meta.Began = "BG_T", time.Unix(0, 0)
	w, err := store.Create(file, store.CreateOptions{Meta: meta, UID: -1, GID: -1})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range b.files {
		if id := w.File(f.Path, f.Dev, f.Ino, f.Gen, f.Kind); id != f.ID {
			b.t.Fatalf("file %d got the id %d", f.ID, id)
		}
	}
	for _, p := range b.procs {
		w.Process(p)
	}
	for _, e := range b.execs {
		if e.Argv != 0 {
			e.Argv = w.Argv([]byte(strings.Join(b.argvs[e.Argv-1], "\x00") + "\x00"))
		}
		e.Env = w.Env([]byte(strings.Join(environment(b.envs[e.Env-1]), "\x00") + "\x00"))
		w.Exec(e)
	}
	for _, a := range b.accesses {
		w.Access(a)
	}
	for _, h := range b.held {
		w.Held(h)
	}
	for _, op := range b.ops {
		w.Op(op)
	}
	meta.Ended = b.clock
	if err := w.Finish(meta); err != nil {
		b.t.Fatal(err)
	}
	if annotate {
		r, err := store.Open(file)
		if err != nil {
			b.t.Fatal(err)
		}
		recipes, members, err := Attribute(r)
		r.Close()
		if err == nil {
			err = store.Annotate(file, recipes, members)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	r, err := store.Open(file)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { r.Close() })
	return r
}

// environment spells what make put into an environment as make does.
func environment(e store.EnvMake) []string {
	vars := []string{"HOME=/root"}
	if e.HasTarget {
		vars = append(vars, "BG_T="+e.Target)
	}
	if e.Level > 0 {
		vars = append(vars, fmt.Sprintf("MAKELEVEL=%d", e.Level))
	}
	flags := ""
	if e.Jobserver != "" {
		flags += " -j4 --jobserver-auth=" + e.Jobserver
	}
	if e.Tags {
		flags += ` --eval=export\ BG_T=$$@`
	}
	return append(vars, "MAKEFLAGS="+flags)
}

// Over a trace file, answers are what they are over the build as it was told.
func TestTraceFileAnswersLikeTheBuild(t *testing.T) {
	for seed := range uint64(12) {
		b := random(t, seed)
		want := b.graph()
		outs, err := want.Outputs()
		if err != nil {
			t.Fatal(err)
		}
		for _, annotate := range []bool{false, true} {
			got := New(b.save(annotate))
			same := func(what string, ask func(g *Graph) (any, error)) {
				t.Helper()
				w, err1 := ask(want)
				g, err2 := ask(got)
				if err1 != nil || err2 != nil {
					t.Fatalf("seed %d: %s: %v, %v", seed, what, err1, err2)
				}
				if diff := cmp.Diff(w, g); diff != "" {
					t.Fatalf("seed %d, annotated %v: %s (-build +file):\n%s", seed, annotate, what, diff)
				}
			}
			same("outputs", func(g *Graph) (any, error) { return g.Outputs() })
			same("picture", func(g *Graph) (any, error) { return g.Picture(PictureOptions{All: true, Limit: 20}) })
			same("processes", func(g *Graph) (any, error) { return g.Picture(PictureOptions{Procs: true}) })
			for _, o := range outs.Outputs {
				same("deps "+o.Path, func(g *Graph) (any, error) { return g.Deps(o.Path, "", DepsOptions{}) })
				same("all of "+o.Path, func(g *Graph) (any, error) {
					return g.Deps(o.Path, "/p", DepsOptions{All: true, Transitive: true})
				})
				same("flow to "+o.Path, func(g *Graph) (any, error) { return g.Deps(o.Path, "", DepsOptions{Flow: true}) })
				same("rdeps "+o.Path, func(g *Graph) (any, error) { return g.RDeps(o.Path, "", false) })
				same("rdeps in memory "+o.Path, func(g *Graph) (any, error) {
					w, err := g.wide()
					if err != nil {
						return nil, err
					}
					s, err := w.resolve(o.Path, "", "file")
					if err != nil {
						return nil, err
					}
					one, err1 := w.dependents(s, false)
					many, err2 := g.RDeps(o.Path, "", false)
					if diff := cmp.Diff(one, many); diff != "" {
						return nil, fmt.Errorf("a snapshot answers otherwise: %s", diff)
					}
					return one, errors.Join(err1, err2)
				})
				for _, s := range []string{"s0", "s1", "sub/s4"} {
					if len(b.names) > 0 && b.names["/p/"+s] != 0 {
						same("why "+o.Path+" "+s, func(g *Graph) (any, error) { return g.Why(o.Path, s, "") })
					}
				}
			}
		}
	}
}
