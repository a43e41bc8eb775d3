package digest

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"buildgraph/graph"
)

// disk is a directory with files, and the build that an attestation is of: it began a
// minute after the files were last changed.
type disk struct {
	t   *testing.T
	dir string
	c   graph.Capture
}

func newDisk(t *testing.T) *disk {
	return &disk{t: t, dir: t.TempDir(), c: graph.Capture{Finished: true, Began: time.Now().Add(time.Minute), Ended: int64(time.Minute)}}
}

func (d *disk) path(name string) string { return filepath.Join(d.dir, name) }

func (d *disk) write(name, text string) graph.AttestedFile {
	d.t.Helper()
	if err := os.WriteFile(d.path(name), []byte(text), 0o644); err != nil {
		d.t.Fatal(err)
	}
	return graph.AttestedFile{Path: d.path(name), At: d.path(name), Ino: d.inode(name), FirstUse: 1}
}

func (d *disk) inode(name string) uint64 {
	d.t.Helper()
	var st syscall.Stat_t
	if err := syscall.Lstat(d.path(name), &st); err != nil {
		d.t.Fatal(err)
	}
	return st.Ino
}

// sha256 of "abc" (FIPS 180-2, B.1).
const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

// took fills one file in and wants a digest, or the reason for there being none.
func (d *disk) took(what string, f graph.AttestedFile, why string) {
	d.t.Helper()
	a := graph.Attestation{Capture: d.c, Accesses: []graph.AttestedFile{f}}
	told := 0
	Fill(&a, func(n, of int) { told = n*10 + of })
	got := a.Accesses[0]
	if want := map[bool]string{true: abc}[why == ""]; got.Digest != want || !strings.HasPrefix(got.Why, why) || (why == "") != (got.Why == "") {
		d.t.Errorf("%s: digest %q, why %q; want %q, %q", what, got.Digest, got.Why, want, why)
	}
	if told != 11 {
		d.t.Errorf("%s: the progress was %d", what, told)
	}
}

// Only what is known to be what the build saw has a digest.
func TestFill(t *testing.T) {
	d := newDisk(t)
	in := d.write("in", "abc")
	d.took("an input", in, "")
	out := in
	out.Written = true
	d.took("an output", out, "")

	x := in
	x.Ino++
	d.took("another inode", x, Other)
	x = in
	x.Ino = 0
	d.took("no inode", x, Unknown)
	x = in
	x.Rewritten = true
	d.took("written after it was read", x, Rewritten)
	x = in
	x.At = ""
	d.took("without a name", x, Removed)
	x = in
	x.At = d.path("nothing")
	d.took("not there", x, Gone)
	x.At = d.path("in/below")
	d.took("below a file", x, Gone)
	x = in
	x.At, x.Ino = d.dir, d.inode(".")
	d.took("a directory", x, NotRegular)
	if err := os.Symlink("in", d.path("link")); err != nil {
		t.Fatal(err)
	}
	x.At = d.path("link")
	d.took("a link", x, NotRegular)
	if err := syscall.Mkfifo(d.path("fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	x.At = d.path("fifo")
	d.took("a FIFO, without waiting", x, NotRegular)
	x.At = d.path(strings.Repeat("x", 300))
	d.took("a name that cannot be", x, Unreadable)

	d.c.Finished = false
	d.took("a capture without an end", in, Unfinished)
}

// The kernel's time of the last change decides, not the one that touch(1) can set.
func TestFillTimes(t *testing.T) {
	d := newDisk(t)
	in := d.write("in", "abc")
	if err := os.Chtimes(d.path("in"), time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	var st syscall.Stat_t
	if err := syscall.Stat(d.path("in"), &st); err != nil {
		t.Fatal(err)
	}
	changed := time.Unix(st.Ctim.Unix())
	out := in
	out.Written = true

	d.c.Began, d.c.Ended = changed.Add(-time.Hour), int64(30*time.Minute)
	d.took("an output that changed after the end", out, Later)
	d.took("an input that changed after the end", in, Later)
	d.c.Ended = int64(2 * time.Hour)
	d.took("an output that changed before the end", out, "")
	d.took("an input that changed after its use", in, Meanwhile)
	in.FirstUse = int64(time.Hour + time.Second)
	d.took("an input that changed before its use", in, "")

	in.FirstUse = int64(time.Minute)
	in.Changed = []int64{int64(time.Hour)}
	d.took("an input that the build renamed or linked after its use", in, "")
	in.Changed = []int64{int64(time.Hour + time.Second)}
	d.took("an input that something else changed after its use", in, Meanwhile)
	in.Changed, in.Touched = []int64{int64(time.Hour)}, true
	d.took("an input that the build touched", in, Touched)
}
