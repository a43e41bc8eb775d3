package store

import (
	"errors"
	"path/filepath"
	"testing"
)

// writeKind is one of the ways to write.
func writeKind(i int) AccessKind {
	return []AccessKind{AccessRead | AccessWrite, AccessCreate, AccessTruncate | AccessMap}[i]
}

func writes(a Access) bool {
	return a.Kinds&(AccessWrite|AccessCreate|AccessTruncate) != 0
}

// checkWrites compares the lookups of writes with the stream of all accesses.
func checkWrites(t *testing.T, r *Reader) {
	t.Helper()
	all := collect(t, r.Accesses())
	if len(matching(all, writes)) == 0 {
		t.Fatal("nothing was written")
	}
	for _, f := range collect(t, r.Files()) {
		equal(t, "writes to "+f.Path, must(r.WritesTo(f.ID))(t), matching(all, func(a Access) bool { return a.File == f.ID && writes(a) }))
	}
	for _, e := range collect(t, r.Execs()) {
		equal(t, "writes of an exec", must(r.WritesOf(e.ID))(t), matching(all, func(a Access) bool { return a.Exec == e.ID && writes(a) }))
	}
}

// A trace from before there was a table of writes answers all the same, whether
// its capture ended or was killed.
func TestWritesWithoutTheirTable(t *testing.T) {
	path := tracePath(t)
	writeBuild(t, path)
	checkWrites(t, openTrace(t, path))
	alter(t, path, "DROP TABLE file_write")
	checkWrites(t, openTrace(t, path))

	alter(t, path, "DELETE FROM exec_access", "DELETE FROM file_access", "UPDATE meta SET finished = 0")
	for _, index := range []string{"file_path", "file_inode", "process_parent", "exec_process", "op_file", "op_other", "op_exec"} {
		alter(t, path, "DROP INDEX "+index)
	}
	alter(t, path, "PRAGMA journal_mode = WAL")
	poke(t, path, 18, 2, 2) // as a capture leaves it that is killed
	r := openTrace(t, path)
	checkWrites(t, r)
	equal(t, "the path", r.Path(), path)
}

func TestWritesDamaged(t *testing.T) {
	for _, statement := range []string{
		"UPDATE file_write SET accesses = '{'",
		"UPDATE file_write SET accesses = '[1,1]'",
		"UPDATE file_write SET accesses = (SELECT json_array(id) FROM access WHERE kinds = 1 AND file = file_write.file) WHERE file = 6",
		"UPDATE access SET kinds = 1",
	} {
		path := tracePath(t)
		writeBuild(t, path)
		alter(t, path, statement)
		r := openTrace(t, path)
		if _, err := r.WritesTo(6); !errors.Is(err, ErrDamaged) {
			t.Errorf("after %s: %v", statement, err)
		}
	}
}

func TestPath(t *testing.T) {
	path := tracePath(t)
	writeExample(t, path)
	t.Chdir(filepath.Dir(path))
	equal(t, "the path", openTrace(t, filepath.Base(path)).Path(), path)
}

func TestRecipeByID(t *testing.T) {
	path := tracePath(t)
	writeExample(t, path)
	recipes := []Recipe{{ID: 1, Target: "all", Dir: "/p", How: "tag"}, {ID: 4, Tool: 1, Target: "x.o", Start: 3, End: 9}}
	if err := Annotate(path, recipes, nil); err != nil {
		t.Fatal(err)
	}
	r := openTrace(t, path)
	for _, want := range recipes {
		equal(t, "a recipe", must(r.Recipe(want.ID))(t), want)
	}
	equal(t, "no recipe", must(r.Recipe(0))(t), Recipe{})
	if _, err := r.Recipe(2); !errors.Is(err, ErrUnknown) {
		t.Errorf("of an unknown recipe: %v", err)
	}
}
