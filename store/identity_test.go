package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What is done as somebody is done with that one's rights, and nothing after it.
func TestIdentityDo(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Fatal("only root can make files as somebody else: run the test as root")
	}
	const uid, gid = 65534, 65533
	dir := t.TempDir()
	theirs, roots := filepath.Join(dir, "theirs"), filepath.Join(dir, "roots")
	for _, d := range []string{theirs, roots} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// The way to them, too, which t.TempDir leaves to root.
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(theirs, uid, gid); err != nil {
		t.Fatal(err)
	}
	id := Identity{UID: uid, GID: gid, Groups: []int{}}
	if err := id.Do(func() error { return os.WriteFile(filepath.Join(theirs, "f"), nil, 0o600) }); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(theirs, "f"))
	if err != nil {
		t.Fatal(err)
	}
	if s := info.Sys().(*syscall.Stat_t); s.Uid != uid || s.Gid != gid {
		t.Errorf("the file is %d:%d's, not %d:%d's", s.Uid, s.Gid, uid, gid)
	}
	err = id.Do(func() error { return os.WriteFile(filepath.Join(roots, "f"), nil, 0o600) })
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("writing into root's directory: %v", err)
	}
	if _, err := id.OpenFile(filepath.Join(roots, "g"), os.O_WRONLY|os.O_CREATE, 0o600); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("opening in root's directory: %v", err)
	}
	mine := filepath.Join(roots, "mine")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatalf("afterwards root is not root: %v", err)
	}
	if err := NoIdentity.Do(func() error { return os.Remove(mine) }); err != nil {
		t.Errorf("as itself: %v", err)
	}
	want := errors.New("its own")
	if err := id.Do(func() error { return want }); !errors.Is(err, want) {
		t.Errorf("the function's error became %v", err)
	}
}
