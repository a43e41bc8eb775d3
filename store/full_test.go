package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// smallDisk gives a directory with so many bytes of room. As root it is a file
// system of its own. Otherwise the size of files is limited, which fails in
// the same places, until lift is called.
func smallDisk(t *testing.T, size uint64) (dir string, lift func()) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, 0); err != nil {
				t.Error(err)
			}
		})
		return dir, func() {}
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	lift = func() { syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old) }
	t.Cleanup(lift)
	return dir, lift
}

// writeUntil writes accesses until the disk is full or n are written, with a
// commit in the first tenth.
func writeUntil(t *testing.T, w *Writer, n int) {
	t.Helper()
	for i := range 5000 {
		w.File(fmt.Sprint("/f", i), 1, uint64(i+1), 0, KindRegular)
	}
	for i := range n {
		if w.Err() != nil {
			return
		}
		if i%5000 == 0 {
			w.Exec(Exec{ID: ExecID(i/5000 + 1), Process: 1})
		}
		w.Access(Access{Exec: ExecID(i/5000 + 1), File: FileID(i%5000 + 1), Kinds: AccessRead, Count: 1, First: int64(i), Last: int64(i)})
		if i == 20_000 {
			time.Sleep(commitEvery + 200*time.Millisecond)
		}
	}
}

func TestDiskFull(t *testing.T) {
	dir, lift := smallDisk(t, 3<<20)
	path := filepath.Join(dir, "trace.db")
	w, err := Create(path, CreateOptions{Meta: exampleMeta(), UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	writeUntil(t, w, 2_000_000)
	for deadline := time.Now().Add(5 * time.Second); w.Err() == nil && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if w.Err() == nil {
		t.Fatal("the disk was not filled")
	}
	start := time.Now()
	for i := range 1_000_000 {
		w.Access(Access{Exec: 1, File: FileID(i)})
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("a million accesses after the failure took %v", d)
	}
	if w.File("/new", 0, 0, 0, KindAbsent) != 0 {
		t.Error("interning goes on after the failure")
	}
	err = w.Finish(exampleMeta())
	if err == nil || os.Geteuid() == 0 && !strings.Contains(err.Error(), "no space left on the disk") {
		t.Fatalf("Finish: %v", err)
	}
	lift()
	if n := checkUnfinished(t, path); n < 15_000 {
		t.Errorf("%d accesses are left of those that were committed\n%s", n, listing(path))
	}
}

// The disk is full only when the indexes are built, or when the log is folded
// into the database: the rows are all there.
func TestDiskFullInFinish(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs a file system that fills at a chosen moment")
	}
	for _, room := range []int64{0, 40 << 10, 700 << 10, 1500 << 10, 2500 << 10} {
		dir, _ := smallDisk(t, 16<<20)
		path := filepath.Join(dir, "trace.db")
		w, err := Create(path, CreateOptions{Meta: exampleMeta(), UID: -1, GID: -1})
		if err != nil {
			t.Fatal(err)
		}
		writeUntil(t, w, 50_000)
		time.Sleep(commitEvery + 200*time.Millisecond)
		fill(t, dir, room)
		err = w.Finish(exampleMeta())
		if err == nil {
			r := openTrace(t, path)
			equal(t, "finished", r.Meta().Finished, true)
			r.Close()
			continue
		}
		t.Logf("with %d bytes of room: %v", room, err)
		os.Remove(filepath.Join(dir, "filler"))
		if n := checkUnfinished(t, path); n != 50_000 {
			t.Errorf("with %d bytes of room, %d accesses are left\n%s", room, n, listing(path))
		}
	}
}

// fill leaves so many bytes of room.
func fill(t *testing.T, dir string, room int64) {
	t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "filler"), strings.Repeat("x", int(int64(s.Bfree)*s.Bsize-room)))
}
