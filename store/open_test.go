package store

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		is   error
		want string // after the path
	}{
		"missing": {func(*testing.T, string) {}, fs.ErrNotExist, ""},
		"empty":   {func(t *testing.T, p string) { put(t, p, "") }, ErrForeign, " is not a buildgraph trace (it is empty)"},
		"text": {func(t *testing.T, p string) { put(t, p, strings.Repeat("all: main.o\n", 99)) }, ErrForeign,
			" is not a buildgraph trace (it is not a SQLite database)"},
		"short text": {func(t *testing.T, p string) { put(t, p, "SQLite") }, ErrForeign,
			" is not a buildgraph trace (it is not a SQLite database)"},
		"directory": {func(t *testing.T, p string) { os.Mkdir(p, 0o755) }, ErrForeign, " is not a buildgraph trace (it is a directory)"},
		"fifo":      {func(t *testing.T, p string) { syscall.Mkfifo(p, 0o644) }, ErrForeign, " is not a buildgraph trace (it is a FIFO)"},
		"other database": {func(t *testing.T, p string) { otherDatabase(t, p) }, ErrForeign,
			" is not a buildgraph trace (it is a SQLite database of something else)"},
		"newer": {func(t *testing.T, p string) { writeExample(t, p); poke(t, p, 60, 0, 0, 0, 7) }, ErrNewer,
			" was written by a newer buildgraph (format 7; this one reads up to 1): upgrade buildgraph"},
		"no format": {func(t *testing.T, p string) { writeExample(t, p); poke(t, p, 60, 0, 0, 0, 0) }, ErrDamaged,
			" is a damaged buildgraph trace (it has no format number): capture the build again"},
		"header cut": {func(t *testing.T, p string) { writeExample(t, p); os.Truncate(p, 50) }, ErrDamaged,
			" is a damaged buildgraph trace (it ends after 50 bytes): capture the build again"},
		"cut": {func(t *testing.T, p string) { writeExample(t, p); os.Truncate(p, 9000) }, ErrDamaged, ""},
		"a table is a view": {func(t *testing.T, p string) {
			writeExample(t, p)
			alter(t, p, "DROP TABLE note", "CREATE VIEW note AS SELECT 1 AS kind")
		}, ErrDamaged, " is a damaged buildgraph trace (it has no table note): capture the build again"},
		"no meta": {func(t *testing.T, p string) { writeExample(t, p); alter(t, p, "DELETE FROM meta") }, ErrDamaged,
			" is a damaged buildgraph trace (it has 0 rows of meta): capture the build again"},
		"a column is gone": {func(t *testing.T, p string) { writeExample(t, p); alter(t, p, "ALTER TABLE meta DROP COLUMN folded") }, ErrDamaged, ""},
		"no date": {func(t *testing.T, p string) { writeExample(t, p); alter(t, p, "UPDATE meta SET began = 'yesterday'") }, ErrDamaged,
			" is a damaged buildgraph trace (column 7 of a row of meta holds what it cannot): capture the build again"},
		"no tables": {func(t *testing.T, p string) { writeExample(t, p); poke(t, p, 100, make([]byte, 500)...) }, ErrDamaged, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := tracePath(t)
			c.make(t, path)
			r, err := Open(path)
			if err == nil {
				r.Close()
				t.Fatal("it was opened")
			}
			if !errors.Is(err, c.is) {
				t.Errorf("%v is not %v", err, c.is)
			}
			if c.want != "" && err.Error() != path+c.want {
				t.Errorf("got  %q\nwant %q", err, path+c.want)
			}
			if strings.ContainsAny(err.Error(), "\n\t") || !strings.Contains(err.Error(), path) {
				t.Errorf("not one line about the file: %q", err)
			}
		})
	}
}

// alter changes a trace behind the store's back.
func alter(t testing.TB, path string, statements ...string) {
	t.Helper()
	c, err := openConn(path, "mode=rw")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.run(statements...); err != nil {
		t.Fatal(err)
	}
}

// Values that no writer writes are found when they are read.
func TestReadDamaged(t *testing.T) {
	for statement, read := range map[string]func(*Reader) error{
		"UPDATE file SET id = 1 << 40 WHERE id = 1":   func(r *Reader) error { return drain(r.Files()) },
		"UPDATE file SET kind = -1 WHERE id = 1":      func(r *Reader) error { return second(r.File(1)) },
		"UPDATE file SET gen = 1 << 32 WHERE id = 1":  func(r *Reader) error { return second(r.File(1)) },
		"UPDATE process SET pid = 1 << 31":            func(r *Reader) error { return drain(r.Processes()) },
		"UPDATE exec SET argv = -5":                   func(r *Reader) error { return second(r.ExecsOf(1)) },
		"UPDATE access SET kinds = 65536":             func(r *Reader) error { return second(r.AccessesTo(1)) },
		"UPDATE access SET exec = 3":                  func(r *Reader) error { return drain(r.Accesses()) },
		"UPDATE access SET exec = 4":                  func(r *Reader) error { return second(r.AccessesOf(1)) },
		"UPDATE access SET file = 3":                  func(r *Reader) error { return second(r.AccessesTo(1)) },
		"UPDATE exec_access SET last = 1 << 50":       func(r *Reader) error { return drain(r.Accesses()) },
		"UPDATE file_access SET accesses = '[1,1]'":   func(r *Reader) error { return second(r.AccessesTo(1)) },
		"UPDATE file_access SET accesses = '{'":       func(r *Reader) error { return second(r.AccessesTo(1)) },
		"UPDATE held SET read = 2":                    func(r *Reader) error { return second(r.HeldBy(2)) },
		"UPDATE op SET kind = 256":                    func(r *Reader) error { return drain(r.Ops()) },
		"UPDATE argv SET command = 'it''s'":           func(r *Reader) error { return second(r.Argv(1)) },
		"UPDATE env SET vars = '[1,2'":                func(r *Reader) error { return second(r.Env(1)) },
		"UPDATE env SET vars = '[-1]'":                func(r *Reader) error { return second(r.Env(1)) },
		"UPDATE env SET tags = 3":                     func(r *Reader) error { return second(r.EnvMake(1)) },
		"DROP TABLE env_var; CREATE TABLE env_var(x)": func(r *Reader) error { return second(r.Env(1)) },
	} {
		path := tracePath(t)
		writeExample(t, path)
		alter(t, path, statement)
		if err := read(openTrace(t, path)); !errors.Is(err, ErrDamaged) {
			t.Errorf("after %s: %v", statement, err)
		}
	}
}

func drain[T any](rows func(func(T, error) bool)) error {
	for _, err := range rows {
		if err != nil {
			return err
		}
	}
	return nil
}

// A trace whose log was written by a killed capture and then cut or damaged.
func TestRecoverDamaged(t *testing.T) {
	path := tracePath(t)
	killedTrace(t, path)
	database, log := contents(t, filepath.Dir(path))["trace.db"], contents(t, filepath.Dir(path))["trace.db-wal"]
	for name, log := range map[string]string{
		"no log":      "",
		"cut log":     log[:len(log)/2],
		"cut frame":   log[:60],
		"another log": strings.Repeat("x", 100_000),
	} {
		put(t, path, database)
		put(t, path+"-wal", log)
		r, err := Open(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := drain(r.Accesses()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		r.Close()
	}
	put(t, path+"-wal", log)
	put(t, path, database[:len(database)/2])
	if r, err := Open(path); err == nil {
		r.Close()
	}
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	put(t, path, database)
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("without a place for the copy: %v", err)
	}
}

// FuzzOpen damages a small trace: whatever is in the file, reading it ends, and
// without a panic.
func FuzzOpen(f *testing.F) {
	path := tracePath(f)
	writeExample(f, path)
	if err := Annotate(path, []Recipe{{ID: 1, Target: "all"}}, map[ProcessID]uint32{1: 1, 2: 1}); err != nil {
		f.Fatal(err)
	}
	valid, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	// An input is a list of changes: four bytes of place, one of content.
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 100, 5})
	f.Add([]byte{0, 0, 32, 3, 2, 0, 0, 64, 9, 255})
	for page := range len(valid) / pageSize {
		f.Add(binary.BigEndian.AppendUint32(nil, uint32(page*pageSize))[:4])
		f.Add(append(binary.BigEndian.AppendUint32(nil, uint32(page*pageSize+4)), 200))
		f.Add(append(binary.BigEndian.AppendUint32(nil, uint32(page*pageSize+pageSize-9)), 129))
	}
	f.Fuzz(func(t *testing.T, changes []byte) {
		b := append([]byte{}, valid...)
		for ; len(changes) >= 5; changes = changes[5:] {
			b[int(binary.BigEndian.Uint32(changes))%len(b)] = changes[4]
		}
		// What is left cuts the file.
		if len(changes) == 2 {
			b = b[:int(binary.BigEndian.Uint16(changes))*len(b)/65536]
		}
		path := tracePath(t)
		put(t, path, string(b))
		r, err := Open(path)
		if err != nil {
			return
		}
		defer r.Close()
		readAll(r)
	})
}

// readAll reads everything, as far as it goes.
func readAll(r *Reader) {
	r.Notes()
	r.Losses()
	r.Recipes()
	for f := range r.Files() {
		r.FilesByPath(f.Path)
		r.FilesOfInode(f.Dev, f.Ino, f.Gen)
		r.AccessesTo(f.ID)
		r.WritesTo(f.ID)
		r.OpsOn(f.ID)
	}
	for p := range r.Processes() {
		r.Children(p.ID)
		r.ExecsOf(p.ID)
		r.RecipeOf(p.ID)
	}
	for e := range r.Execs() {
		r.AccessesOf(e.ID)
		r.WritesOf(e.ID)
		r.HeldBy(e.ID)
		r.OpsOf(e.ID)
		r.Argv(e.Argv)
		r.Env(e.Env)
		r.EnvMake(e.Env)
	}
	for range r.Accesses() {
	}
	for range r.HeldAll() {
	}
	for range r.Ops() {
	}
	r.RecipesFor("all")
	r.Recipe(1)
	r.Members(1)
}

// A trace is one whatever has become of it, and nothing else is.
func TestIsTrace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "trace.db")
	w, err := Create(path, CreateOptions{UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	if !IsTrace(path) {
		t.Error("one that is being written is not")
	}
	if err := w.Finish(Meta{}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	newer := slices.Clone(whole)
	newer[63] = 200 // user_version
	other := slices.Clone(whole)
	other[71]++ // application_id
	for _, c := range []struct {
		name string
		text []byte
		want bool
	}{
		{"finished", whole, true}, {"newer", newer, true}, {"torn", whole[:5000], true}, {"header", whole[:100], true},
		{"other", other, false}, {"short", whole[:99], false}, {"empty", nil, false}, {"text", []byte("SQLite format 3"), false},
	} {
		file := filepath.Join(dir, c.name)
		if err := os.WriteFile(file, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := IsTrace(file); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if IsTrace(dir) || IsTrace(filepath.Join(dir, "nowhere")) || IsTrace(os.DevNull) {
		t.Error("what is no file is a trace")
	}
}

// A database that was being changed may say in its header how long it was to
// become, and is then put right by its journal.
func TestHeaderBesideJournal(t *testing.T) {
	h := header{size: 8192, pageSize: 8192, pages: 9, application: applicationID, format: Format}
	if err := h.checkTrace("x", true); err != nil {
		t.Errorf("with a journal: %v", err)
	}
	if err := h.checkTrace("x", false); !errors.Is(err, ErrDamaged) {
		t.Errorf("without one: %v", err)
	}
}
