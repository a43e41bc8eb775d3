package graph

import (
	"fmt"
	"iter"
	"testing"

	"buildgraph/store"
)

// counted counts what is looked up in a build, and refuses to be read whole.
type counted struct {
	*build
	lookups, rows int
}

func count[T any](c *counted, list []T, err error) ([]T, error) {
	c.lookups++
	c.rows += len(list)
	return list, err
}

func (c *counted) FilesByPath(p string) ([]store.File, error) {
	l, err := c.build.FilesByPath(p)
	return count(c, l, err)
}

func (c *counted) FilesOfInode(dev, ino uint64, gen uint32) ([]store.File, error) {
	l, err := c.build.FilesOfInode(dev, ino, gen)
	return count(c, l, err)
}

func (c *counted) ExecsOf(id store.ProcessID) ([]store.Exec, error) {
	l, err := c.build.ExecsOf(id)
	return count(c, l, err)
}

func (c *counted) Children(id store.ProcessID) ([]store.Process, error) {
	l, err := c.build.Children(id)
	return count(c, l, err)
}

func (c *counted) AccessesOf(id store.ExecID) ([]store.Access, error) {
	l, err := c.build.AccessesOf(id)
	return count(c, l, err)
}

func (c *counted) AccessesTo(id store.FileID) ([]store.Access, error) {
	l, err := c.build.AccessesTo(id)
	return count(c, l, err)
}

func (c *counted) WritesTo(id store.FileID) ([]store.Access, error) {
	l, err := c.build.AccessesTo(id)
	return count(c, onlyWrites(l), err)
}

func (c *counted) WritesOf(id store.ExecID) ([]store.Access, error) {
	l, err := c.build.AccessesOf(id)
	return count(c, onlyWrites(l), err)
}

func (c *counted) OpsOn(id store.FileID) ([]store.Op, error) {
	l, err := c.build.OpsOn(id)
	return count(c, l, err)
}

func (c *counted) Recipe(id uint32) (store.Recipe, error) {
	c.lookups++
	return c.recipes[id-1], nil
}

func (c *counted) Recipes() ([]store.Recipe, error) {
	c.t.Error("all recipes are read")
	return c.build.Recipes()
}

func (c *counted) Files() iter.Seq2[store.File, error] {
	c.t.Error("all files are read")
	return c.build.Files()
}

func (c *counted) Execs() iter.Seq2[store.Exec, error] {
	c.t.Error("all execs are read")
	return c.build.Execs()
}

func (c *counted) Accesses() iter.Seq2[store.Access, error] {
	c.t.Error("all accesses are read")
	return c.build.Accesses()
}

func (c *counted) Ops() iter.Seq2[store.Op, error] {
	c.t.Error("all operations are read")
	return c.build.Ops()
}

// A question about one target reads what it needs, however large the build is:
// in one of ten times the size, not more.
func TestQuestionsReadWhatTheyNeed(t *testing.T) {
	large := func(recipes int) *build {
		b, mk := makefile(t)
		for i := range recipes {
			compile(mk, fmt.Sprintf("f%d.o", i), fmt.Sprintf("f%d.c", i), fmt.Sprintf("f%d.h", i), "/usr/include/stdio.h")
		}
		mk.recipe("prog", "cc").reads("f1.o", "f2.o", "f3.o").writes("prog").exit()
		return b.annotate()
	}
	for name, ask := range map[string]func(g *Graph) (any, error){
		"deps":       func(g *Graph) (any, error) { return g.Deps("f3.o", "", DepsOptions{}) },
		"transitive": func(g *Graph) (any, error) { return g.Deps("prog", "", DepsOptions{Transitive: true}) },
		"flow":       func(g *Graph) (any, error) { return g.Deps("prog", "", DepsOptions{Flow: true}) },
		"why":        func(g *Graph) (any, error) { return g.Why("prog", "f3.c", "") },
		"no chain":   func(g *Graph) (any, error) { return g.Why("f3.o", "f4.c", "") },
		"rdeps":      func(g *Graph) (any, error) { return g.RDeps("f3.h", "", false) },
		"picture":    func(g *Graph) (any, error) { return g.Picture(PictureOptions{Target: "prog"}) },
	} {
		var lookups, rows []int
		for _, recipes := range []int{10, 100} {
			c := &counted{build: large(recipes)}
			if _, err := ask(New(c)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			lookups, rows = append(lookups, c.lookups), append(rows, c.rows)
		}
		if lookups[1] > lookups[0] || rows[1] > rows[0] {
			t.Errorf("%s: %d lookups of %d rows in the small build, %d of %d in the large one", name, lookups[0], rows[0], lookups[1], rows[1])
		}
	}
}
