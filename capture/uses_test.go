package capture

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"buildgraph/store"
)

// What a descriptor was opened for is not what was done with it.
func TestReadWriteOrBoth(t *testing.T) {
	files := []string{"rw_unused", "rw_read", "rw_written", "rw_both", "rw_mapped", "rw_private", "cfr_in", "sf_in", "cut", "cut2"}
	var content []string
	for _, f := range files {
		content = append(content, f, "content of "+f)
	}
	d := dir(t, content...)
	compile(t, d, "readback")
	m, r := record(t, d, Options{Command: []string{"./readback"}})
	if r.Meta.ExitCode != 0 {
		t.Fatalf("exit status %d", r.Meta.ExitCode)
	}
	const flow = store.AccessRead | store.AccessWrite | store.AccessCreate | store.AccessTruncate
	for name, want := range map[string]store.AccessKind{
		"rw_unused":  0,
		"rw_read":    store.AccessRead,
		"rw_written": store.AccessWrite,
		"rw_both":    store.AccessRead | store.AccessWrite,
		"rw_mapped":  store.AccessRead | store.AccessWrite,
		"rw_private": store.AccessRead,
		"cfr_in":     store.AccessRead,
		"cfr_out":    store.AccessWrite | store.AccessCreate,
		"sf_in":      store.AccessRead,
		"sf_out":     store.AccessWrite | store.AccessCreate,
		"cut":        store.AccessWrite | store.AccessTruncate,
		"cut2":       store.AccessTruncate,
	} {
		if got := m.kinds(d+"/"+name) & flow; got != want {
			t.Errorf("%s: kinds %#x, want %#x", name, got, want)
		}
	}
	copies := map[string]string{}
	for _, o := range m.ops {
		if o.Kind == store.OpCopy {
			copies[filepath.Base(m.path(o.File))] = filepath.Base(m.path(o.Other))
		}
	}
	if copies["cfr_in"] != "cfr_out" || copies["sf_in"] != "sf_out" {
		t.Errorf("copies: %v", copies)
	}
	// A file without a name that is given one is the same inode.
	for _, o := range m.ops {
		if o.Kind != store.OpLink {
			continue
		}
		named := m.files[o.Other-1]
		if named.Path != d+"/tmpfile" {
			t.Errorf("linked as %s", named.Path)
		}
		if !slices.ContainsFunc(m.accesses, func(a store.Access) bool {
			return a.Kinds&store.AccessWrite != 0 && m.files[a.File-1].SameInode(named)
		}) {
			t.Error("nothing was written to the inode that got the name tmpfile")
		}
	}
}

// Names of all sorts arrive byte for byte.
func TestNames(t *testing.T) {
	deep := strings.Repeat("directory-with-a-long-name/", 30)
	for _, name := range []string{
		"plain", "with space", "new\nline", "tab\there", "quote'\"", "back\\slash", "\xff\xfenot utf-8",
		"-option", "ünï", strings.Repeat("x", 255), deep + "leaf", "a.(b)[c]{d}$e%f",
	} {
		d := dir(t)
		if err := os.MkdirAll(filepath.Dir(d+"/"+name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(d+"/"+name, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
		m, r := record(t, d, Options{Command: []string{"sh", "-c", `cat "./$1"; test -e "$1"; test -e "$1.no"; mv -- "$1" "$1~"; rm -- "./$1~"`, "sh", name}})
		if !r.Meta.Complete {
			t.Errorf("%q: %v", name, r.Meta.Why)
		}
		if got := m.kinds(d + "/" + name); got&store.AccessRead == 0 {
			t.Errorf("%q: kinds %#x: not read", name, got)
		}
		if len(name) < 255 {
			if got := m.kinds(d + "/" + name + ".no"); got != store.AccessAbsent {
				t.Errorf("%q: kinds %#x of what is not there", name, got)
			}
			var done []string
			for _, o := range m.ops {
				if o.Kind == store.OpRename {
					done = append(done, "mv", m.path(o.File), m.path(o.Other))
				}
				if o.Kind == store.OpUnlink {
					done = append(done, "rm", m.path(o.File))
				}
			}
			p := d + "/" + name
			if want := []string{"mv", p, p + "~", "rm", p + "~"}; !slices.Equal(done, want) {
				t.Errorf("operations %q, want %q", done, want)
			}
		}
	}
}

// Names are resolved as they were at the moment of the call.
func TestResolvedAtTheMoment(t *testing.T) {
	d := dir(t, "target", "x", "run", `#!/bin/sh
mkdir one two
echo 1 > one/f; echo 2 > two/f
ln -s one now
test -e now/f; test -e now/none
ln -sfn two now
test -e now/f; test -e now/none
rm now; rm -r one two
mkdir now
test -e now/f
ln -s ../../$(basename $PWD)/target now/up
test -e now/up
ln -s loop loop
test -e loop
`)
	m, r := record(t, d, Options{Command: []string{"sh", "./run"}})
	if !r.Meta.Complete {
		t.Fatal(r.Meta.Why)
	}
	for path, want := range map[string]store.AccessKind{
		"one/f": store.AccessStat, "two/f": store.AccessStat,
		"one/none": store.AccessAbsent, "two/none": store.AccessAbsent,
		"now/f": store.AccessAbsent, "now/none": 0, "target": store.AccessStat,
	} {
		if got := m.kinds(d+"/"+path) & (store.AccessStat | store.AccessAbsent); got != want {
			t.Errorf("%s: kinds %#x, want %#x", path, got, want)
		}
	}
	// A symlink to itself leads nowhere.
	if n := slices.IndexFunc(m.notes, func(n store.Note) bool {
		return n.Kind == store.NoteUnresolved && !strings.HasSuffix(n.Detail, "/loop")
	}); n >= 0 {
		t.Errorf("resolved too late: %v", m.notes[n])
	}
}

// A symlink that does not fit into its inode cannot be read in the kernel: it
// is followed later, and the trace says so.
func TestLongSymlink(t *testing.T) {
	long := strings.Repeat("./", 60) + "target"
	d := dir(t, "target", "x")
	if err := os.Symlink(long, d+"/link"); err != nil {
		t.Fatal(err)
	}
	m, _ := record(t, d, Options{Command: []string{"sh", "-c", "test -e link; cat link"}})
	if got := m.kinds(d + "/target"); got&store.AccessRead == 0 || got&store.AccessStat == 0 {
		t.Errorf("target: kinds %#x", got)
	}
}

// A path longer than PATH_MAX, which only a relative name can reach, is told
// and not invented.
func TestTooLongPath(t *testing.T) {
	d := dir(t)
	script := `i=0; while [ $i -lt 25 ]; do n=` + strings.Repeat("d", 200) + `; mkdir $n && cd -P $n || exit 1; i=$((i+1)); done; echo x > leaf; cat leaf`
	m, r := record(t, d, Options{Command: []string{"bash", "-c", script}})
	if r.Meta.Complete {
		t.Error("the trace calls itself complete")
	}
	if !slices.ContainsFunc(m.notes, func(n store.Note) bool { return n.Kind == store.NoteTruncated }) {
		t.Errorf("no note: %v", m.notes)
	}
}

// Repeated uses are one row with a count, and are reported again when somebody
// has changed the file in between.
func TestFolding(t *testing.T) {
	d := dir(t, "in", "x", "run", `#!/bin/bash
for i in 1 2 3 4 5 6 7 8 9 10; do read x < in; done
for i in 1 2 3 4 5; do echo $i >> out; done
sleep 0.05
echo last >> out
`)
	m, _ := record(t, d, Options{Command: []string{"bash", "./run"}})
	for _, a := range m.accesses {
		switch m.path(a.File) {
		case d + "/in":
			if a.Count != 10 || a.Last <= a.First {
				t.Errorf("in: count %d, first %d, last %d", a.Count, a.First, a.Last)
			}
		case d + "/out":
			if a.FirstWrite == 0 || a.LastWrite-a.FirstWrite < 50e6 {
				t.Errorf("out: first write %d, last write %d: the last is 50 ms later", a.FirstWrite, a.LastWrite)
			}
		}
	}
}

// Descriptors that were open before the build began, and pipes.
func TestInheritedDescriptors(t *testing.T) {
	d := dir(t, "in", "x\n", "in3", "y\n")
	in, err := os.Open(d + "/in")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	old := os.Stdin
	saved, err := unix.Dup(0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Dup2(int(in.Fd()), 0); err != nil {
		t.Fatal(err)
	}
	defer func() { unix.Dup2(saved, 0); unix.Close(saved); os.Stdin = old }()
	m, r := record(t, d, Options{Command: []string{"sh", "-c", "cat | sort > out"}})
	if r.Meta.ExitCode != 0 {
		t.Fatalf("exit status %d", r.Meta.ExitCode)
	}
	if got := m.kinds(d + "/in"); got&store.AccessRead == 0 {
		t.Errorf("standard input: kinds %#x", got)
	}
	var readers, writers []string
	for _, a := range m.accesses {
		if m.files[a.File-1].Kind != store.KindPipe {
			continue
		}
		argv := m.argv(m.execs[a.Exec])
		if a.Kinds&store.AccessRead != 0 {
			readers = append(readers, argv[0])
		}
		if a.Kinds&store.AccessWrite != 0 {
			writers = append(writers, argv[0])
		}
	}
	if !slices.Contains(readers, "sort") || !slices.Contains(writers, "cat") {
		t.Errorf("pipe: read by %q, written by %q", readers, writers)
	}
	held := 0
	for _, h := range m.helds {
		if m.path(h.File) == d+"/in" && h.FD == 0 && h.Read && !h.Write {
			held++
		}
	}
	if held == 0 {
		t.Error("nobody held the redirected input")
	}
}

func TestWhatCannotBeSeenIsSaid(t *testing.T) {
	t.Run("io_uring", func(t *testing.T) {
		d := dir(t)
		compile(t, d, "uring")
		m, r := record(t, d, Options{Command: []string{"./uring"}})
		if r.Meta.ExitCode == 3 {
			t.Log("this kernel has no io_uring, or forbids it: nothing to see")
			return
		}
		if r.Meta.Complete || !slices.ContainsFunc(m.notes, func(n store.Note) bool { return n.Kind == store.NoteIOUring }) {
			t.Errorf("complete %v, notes %v", r.Meta.Complete, m.notes)
		}
	})
	t.Run("descriptor over a socket", func(t *testing.T) {
		d := dir(t, "p_rights.txt", "x")
		compile(t, d, "rights")
		m, r := record(t, d, Options{Command: []string{"./rights"}})
		if r.Meta.ExitCode != 0 {
			t.Fatalf("exit status %d", r.Meta.ExitCode)
		}
		if !slices.ContainsFunc(m.notes, func(n store.Note) bool { return n.Kind == store.NoteRights }) {
			t.Errorf("notes %v", m.notes)
		}
		readers := map[store.ExecID]bool{}
		for _, a := range m.accesses {
			if m.path(a.File) == d+"/p_rights.txt" && a.Kinds&store.AccessRead != 0 {
				readers[a.Exec] = true
			}
		}
		if len(readers) != 2 {
			t.Errorf("%d images read the file, want the sender and the receiver", len(readers))
		}
	})
}

// Arguments and environment of any size.
func TestArgumentsAndEnvironment(t *testing.T) {
	d := dir(t)
	long := strings.Repeat("argument ", 5000)
	m, r := record(t, d, Options{
		Command: []string{"/bin/true", "", "a b", "\xff", long},
		Env:     append(os.Environ(), "LONG="+long, "EMPTY=", "ODD=\xfe\n="),
	})
	if !r.Meta.Complete {
		t.Error(r.Meta.Why)
	}
	for _, e := range m.execs {
		if e.Seq == 0 {
			continue
		}
		if got := m.argv(e); !slices.Equal(got, []string{"/bin/true", "", "a b", "\xff", long}) {
			t.Errorf("%d arguments: %.80q", len(got), got)
		}
		if m.env(e, "LONG") != long || m.env(e, "ODD") != "\xfe\n=" {
			t.Errorf("environment: LONG has %d bytes, ODD is %q", len(m.env(e, "LONG")), m.env(e, "ODD"))
		}
	}
}

// A #! script executed by its descriptor has no name but /dev/fd/N.
func TestScriptByDescriptor(t *testing.T) {
	d := dir(t, "script", "#!/bin/cat\nhello\n")
	m, r := record(t, d, Options{Command: []string{"perl", "-e",
		`use Fcntl; open(my $f, "<", "script") or die; fcntl($f, F_SETFD, 0); exec {"/proc/self/fd/".fileno($f)} "x" or die $!`}})
	if r.Meta.ExitCode != 0 {
		t.Fatalf("exit status %d", r.Meta.ExitCode)
	}
	found := false
	for _, e := range m.execs {
		found = found || m.path(e.Script) == d+"/script"
	}
	if !found {
		t.Error("no image names the script")
	}
}
