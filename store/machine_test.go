package store

import (
	"errors"
	"testing"
)

func TestMachine(t *testing.T) {
	path := tracePath(t)
	writeExample(t, path)
	equal(t, "Hardware", openTrace(t, path).Meta().Hardware, exampleMeta().Hardware)

	// An older trace has no such table, and one whose capture could not look no row.
	alter(t, path, "DELETE FROM machine")
	equal(t, "Hardware without a row", openTrace(t, path).Meta().Hardware, Machine{})
	alter(t, path, "DROP TABLE machine")
	equal(t, "Hardware without the table", openTrace(t, path).Meta().Hardware, Machine{})
}

// A trace of a machine that is not known has no table for it.
func TestMachineUnknown(t *testing.T) {
	path := tracePath(t)
	m := exampleMeta()
	m.Hardware = Machine{}
	w, err := Create(path, CreateOptions{Meta: m, UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(m); err != nil {
		t.Fatal(err)
	}
	equal(t, "tables", shell(t, path, "SELECT count(*) FROM sqlite_schema WHERE name = 'machine'", 1), []string{"0"})
}

func TestMachineDamaged(t *testing.T) {
	for _, statement := range []string{
		"UPDATE machine SET cores = -1", "UPDATE machine SET idle = -1", "UPDATE machine SET memory = -5", "UPDATE machine SET allowed = 1 << 40",
	} {
		path := tracePath(t)
		writeExample(t, path)
		alter(t, path, statement)
		if r, err := Open(path); !errors.Is(err, ErrDamaged) {
			t.Errorf("after %s: %v, %v", statement, r, err)
		}
	}
}
