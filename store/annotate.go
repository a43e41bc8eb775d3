package store

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
)

// Annotate records which process belongs to which recipe, in place of what an
// earlier call recorded. The trace must be finished. It is one transaction and
// leaves one file. A caller with another identity than the trace's owner's gives
// the owner's.
func Annotate(path string, recipes []Recipe, members map[ProcessID]uint32, as ...Identity) error {
	return annotateAs("recipes", path, as, func(c conn) error {
		return annotate(c, recipes, members)
	})
}

// annotateAs adds to a finished trace in one transaction, under an identity.
func annotateAs(what, path string, as []Identity, write func(conn) error) error {
	r, err := Open(path) // for its checks
	if err != nil {
		return fmt.Errorf("recording %s: %w", what, err)
	}
	m := r.Meta()
	r.Close()
	if !m.Finished {
		return fmt.Errorf("recording %s: %s is the trace of a capture that did not end in order", what, path)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("recording %s: %w", what, err)
	}
	id := NoIdentity
	if len(as) > 0 {
		id = as[0]
	}
	done := make(chan error)
	go func() {
		err := id.assume()
		if err == nil {
			err = transact(abs, write)
		}
		done <- err
	}()
	if err := <-done; err != nil {
		return fmt.Errorf("recording %s in %s: %w", what, path, readableError(err))
	}
	return nil
}

// transact opens a trace and writes to it, all or nothing.
func transact(path string, write func(conn) error) (err error) {
	c, err := openConn(path, "mode=rw&_sync=OFF&_mutex=no")
	if err != nil {
		return err
	}
	defer func() {
		if e := c.Close(); err == nil {
			err = e
		}
	}()
	if err := c.run("PRAGMA temp_store = MEMORY", "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := write(c); err != nil {
		return err
	}
	return c.run("COMMIT")
}

func annotate(c conn, recipes []Recipe, members map[ProcessID]uint32) error {
	err := c.run("DROP INDEX IF EXISTS recipe_target", "DROP INDEX IF EXISTS recipe_process_recipe",
		"DELETE FROM recipe_process", "DELETE FROM recipe")
	if err != nil {
		return err
	}
	if err := insertRecipes(c, recipes); err != nil {
		return err
	}
	if err := insertMembers(c, members); err != nil {
		return err
	}
	if err := c.run(recipeIndexes...); err != nil {
		return err
	}
	return c.run("UPDATE meta SET annotated = 1")
}

func insertRecipes(c conn, recipes []Recipe) error {
	in := newInserter(c, "INSERT INTO recipe", "", 7, 8)
	defer in.close()
	for i := range recipes {
		r := &recipes[i]
		a, n := in.row()
		a.int(n, int64(r.ID))
		a.orNull(n+1, int64(r.Tool))
		a.text(n+2, r.Target)
		a.text(n+3, r.Dir)
		a.text(n+4, r.How)
		a.int(n+5, r.Start)
		a.int(n+6, r.End)
		if err := in.done(); err != nil {
			return err
		}
	}
	return in.flush()
}

func insertMembers(c conn, members map[ProcessID]uint32) error {
	in := newInserter(c, "INSERT INTO recipe_process", "", 2, 64)
	defer in.close()
	for _, p := range slices.Sorted(maps.Keys(members)) {
		a, n := in.row()
		a.int(n, int64(p))
		a.int(n+1, int64(members[p]))
		if err := in.done(); err != nil {
			return err
		}
	}
	return in.flush()
}
