package graph

import (
	"iter"

	"buildgraph/store"
)

// Source is what the graph reads of a trace; *[store.Reader] satisfies it. A
// lookup by an id that the trace does not hold is [store.ErrUnknown]: a trace that
// was cut short can name rows that were never written, and answers are then given
// from what there is. A list of nothing is empty, without an error.
type Source interface {
	Meta() store.Meta

	File(store.FileID) (store.File, error)
	FilesByPath(path string) ([]store.File, error)
	FilesOfInode(dev, ino uint64, gen uint32) ([]store.File, error)

	Process(store.ProcessID) (store.Process, error)
	Children(store.ProcessID) ([]store.Process, error)
	Exec(store.ExecID) (store.Exec, error)
	ExecsOf(store.ProcessID) ([]store.Exec, error)

	AccessesOf(store.ExecID) ([]store.Access, error)
	AccessesTo(store.FileID) ([]store.Access, error)
	HeldBy(store.ExecID) ([]store.Held, error)
	OpsOn(store.FileID) ([]store.Op, error)
	OpsOf(store.ExecID) ([]store.Op, error)

	Argv(store.ArgvID) ([]string, error)
	Env(store.EnvID) ([]string, error)
	EnvMake(store.EnvID) (store.EnvMake, error)

	HasRecipes() bool
	Recipes() ([]store.Recipe, error)
	RecipesFor(target string) ([]store.Recipe, error)
	RecipeOf(store.ProcessID) (uint32, error)
	Members(recipe uint32) ([]store.ProcessID, error)

	Files() iter.Seq2[store.File, error]
	Processes() iter.Seq2[store.Process, error]
	Execs() iter.Seq2[store.Exec, error]
	Accesses() iter.Seq2[store.Access, error]
	Ops() iter.Seq2[store.Op, error]
}

// The lookups below make questions cheaper where a source has them; without
// them the same rows are found among more.
type (
	// writesTo lists the accesses to a file that wrote, created or truncated it.
	writesTo interface {
		WritesTo(store.FileID) ([]store.Access, error)
	}
	// writesOf lists the accesses of an exec that wrote, created or truncated.
	writesOf interface {
		WritesOf(store.ExecID) ([]store.Access, error)
	}
	// accessesOfKind streams the accesses of some kinds, in the order of Accesses.
	accessesOfKind interface {
		AccessesOfKind(store.AccessKind) iter.Seq2[store.Access, error]
	}
	// environments reads all environments in one pass.
	environments interface {
		Environments() (store.Environments, error)
	}
	// oneRecipe finds a recipe by its ID.
	oneRecipe interface {
		Recipe(uint32) (store.Recipe, error)
	}
	// located is a source that knows its own file, which no answer shows.
	located interface {
		Path() string
	}
)

const (
	writeKinds = store.AccessWrite | store.AccessCreate | store.AccessTruncate
	readKinds  = store.AccessRead | store.AccessMap | store.AccessExecute
)

// Graph answers questions about one trace. It keeps what it has read, so that
// further questions are cheaper. It is not safe for concurrent use.
type Graph struct {
	src    Source
	t      *trace // through the source's indexes
	whole  *trace // over a snapshot of all content accesses, nil until needed
	writes *trace // over a snapshot of what was written, nil until needed
}

// New returns a graph over the trace r, usually a *[store.Reader]. It reads
// nothing yet.
func New(r Source) *Graph {
	return &Graph{src: r, t: newTrace(r)}
}

// wide returns the trace over a snapshot of everything, for questions about the
// whole build.
func (g *Graph) wide() (*trace, error) {
	if g.whole == nil {
		t, err := overSnapshot(g.src, readKinds|writeKinds)
		if err != nil {
			return nil, err
		}
		g.whole = t
	}
	return g.whole, nil
}

// written returns the trace over a snapshot of what was written, for questions
// about all outputs.
func (g *Graph) written() (*trace, error) {
	if g.whole != nil {
		return g.whole, nil
	}
	if g.writes == nil {
		t, err := overSnapshot(g.src, writeKinds)
		if err != nil {
			return nil, err
		}
		g.writes = t
	}
	return g.writes, nil
}

// overSnapshot reads a source into memory, with the accesses of some kinds.
func overSnapshot(src Source, kinds store.AccessKind) (*trace, error) {
	s, err := takeSnapshot(src, kinds)
	if err != nil {
		return nil, err
	}
	t := newTrace(s)
	t.snap, t.byRow = s, make([]*object, len(s.files))
	return t, nil
}
