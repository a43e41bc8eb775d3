package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestCreateReplaces(t *testing.T) {
	for name, before := range map[string]func(*testing.T, string){
		"a trace":        func(t *testing.T, path string) { writeExample(t, path) },
		"an empty file":  func(t *testing.T, path string) { put(t, path, "") },
		"a stale log":    func(t *testing.T, path string) { put(t, path+"-wal", "stale"); put(t, path+"-journal", "stale") },
		"a killed start": func(t *testing.T, path string) { put(t, path+".new", "half a trace") },
		"a killed trace": func(t *testing.T, path string) { killedTrace(t, path) },
	} {
		t.Run(name, func(t *testing.T) {
			path := tracePath(t)
			before(t, path)
			x := writeExample(t, path)
			onlyFile(t, path)
			checkExample(t, openTrace(t, path), x)
		})
	}
}

func TestCreateThroughSymlink(t *testing.T) {
	path := tracePath(t)
	target := filepath.Join(t.TempDir(), "real.db")
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"dangling", "leading to a trace"} {
		writeExample(t, path)
		if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("%s: the link is gone: %v, %v", when, info, err)
		}
		onlyFile(t, path)
		onlyFile(t, target)
		openTrace(t, path)
	}
}

func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "main.c")
	put(t, text, "int main(void) { return 0; }\n")
	other := filepath.Join(dir, "other.db")
	otherDatabase(t, other)
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, other, fifo, dir} {
		before, _ := os.ReadFile(filepath.Clean(strings.TrimSuffix(path, "fifo")))
		w, err := Create(path, CreateOptions{UID: -1, GID: -1})
		if err == nil {
			w.Abort()
			t.Errorf("%s was replaced", path)
			continue
		}
		want := path + " exists and is not a buildgraph trace: it was left as it is; name another file with -o FILE"
		if err.Error() != want || !errors.Is(err, ErrForeign) {
			t.Errorf("got %q, want %q", err, want)
		}
		after, _ := os.ReadFile(filepath.Clean(strings.TrimSuffix(path, "fifo")))
		equal(t, path, string(after), string(before))
	}
	newer := filepath.Join(dir, "newer.db")
	writeExample(t, newer)
	poke(t, newer, 63, 9)
	if w, err := Create(newer, CreateOptions{UID: -1, GID: -1}); !errors.Is(err, ErrNewer) {
		t.Errorf("a newer trace: %v", err)
		if err == nil {
			w.Abort()
		}
	}
	if _, err := Create(filepath.Join(dir, "no/such/dir.db"), CreateOptions{UID: -1, GID: -1}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a missing directory: %v", err)
	}
	if _, err := Create(filepath.Join(dir, "a\x00b"), CreateOptions{UID: -1, GID: -1}); err == nil {
		t.Error("a path with a NUL was taken")
	}
}

func TestCreateOddName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a?b#c%20 d\xff&e=f.db")
	x := writeExample(t, path)
	onlyFile(t, path)
	checkExample(t, openTrace(t, path), x)
	if err := Annotate(path, nil, nil); err != nil {
		t.Error(err)
	}
	onlyFile(t, path)
}

func TestAbort(t *testing.T) {
	path := tracePath(t)
	w, err := Create(path, CreateOptions{UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	fillExample(w)
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
	w.Access(Access{Exec: 1, File: 1}) // does nothing
	if w.File("/x", 0, 0, 0, KindAbsent) != 0 {
		t.Error("an ended writer interns")
	}
	if err := w.Finish(Meta{}); err != nil {
		t.Errorf("Finish after Abort: %v", err)
	}
}

// Every file that is made belongs to the user whom the trace is for, also one
// who alone may write in the directory.
func TestIdentity(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can act for another user")
	}
	const uid, gid, group = 12345, 23456, 34567
	owner := func(path string) [2]int {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		s := info.Sys().(*syscall.Stat_t)
		return [2]int{int(s.Uid), int(s.Gid)}
	}
	base := t.TempDir()
	if err := os.Chmod(base, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(base), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]struct {
		uid, gid int
		mode     fs.FileMode
		may      bool
	}{
		"own":      {uid, gid, 0o700, true},
		"group":    {0, gid, 0o770, true},
		"groups":   {0, group, 0o770, true},
		"foreign":  {0, 0, 0o755, false},
		"stranger": {999, 999, 0o700, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := filepath.Join(base, name)
			if err := os.Mkdir(d, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(os.Chown(d, dir.uid, dir.gid), os.Chmod(d, dir.mode)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(d, "trace.db")
			w, err := Create(path, CreateOptions{UID: uid, GID: gid, Groups: []int{group}})
			if !dir.may {
				if !errors.Is(err, fs.ErrPermission) {
					t.Fatalf("got %v, want a refusal", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			fillExample(w)
			equal(t, "owner of the log", owner(path+"-wal"), [2]int{uid, gid})
			if err := w.Finish(exampleMeta()); err != nil {
				t.Fatal(err)
			}
			onlyFile(t, path)
			equal(t, "owner", owner(path), [2]int{uid, gid})
			if err := Annotate(path, []Recipe{{ID: 1}}, nil, Identity{UID: uid, GID: gid, Groups: []int{group}}); err != nil {
				t.Fatal(err)
			}
			onlyFile(t, path)
			equal(t, "owner after Annotate", owner(path), [2]int{uid, gid})
		})
	}
	// The thread that acted for the user is gone: this process is root's still.
	mine := filepath.Join(base, "mine")
	put(t, mine, "")
	equal(t, "own files", owner(mine), [2]int{os.Geteuid(), os.Getegid()})
}

func put(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// poke overwrites bytes of a file.
func poke(t testing.TB, path string, at int64, b ...byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
}

// otherDatabase makes a SQLite database of something else.
func otherDatabase(t testing.TB, path string) {
	t.Helper()
	c, err := openConn(path, "mode=rwc")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.run("CREATE TABLE recipe (title TEXT)"); err != nil {
		t.Fatal(err)
	}
}
