package oracle

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"buildgraph/store"
)

// TestFromTrace writes a trace by hand: every kind of access and operation, a
// root that is not the build's, forks of forks, a script.
func TestFromTrace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t.db")
	w, err := store.Create(file, store.CreateOptions{UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	ino := uint64(0)
	at := func(p string) store.FileID {
		ino++
		return w.File(p, 1, ino, 0, store.KindRegular)
	}
	w1, sh, cc, self := at("/w"), at("/usr/bin/dash"), at("/usr/bin/cc"), at("/bin/buildgraph")
	a, b, script := at("/w/a"), at("/w/b"), at("/w/run.sh")
	argv := func(args ...string) store.ArgvID { return w.Argv([]byte(strings.Join(args, "\x00") + "\x00")) }
	env := w.Env(nil)
	w.Process(store.Process{ID: 1, PID: 10, Start: 1, End: 90})
	w.Process(store.Process{ID: 2, Parent: 1, ForkedBy: 2, PID: 11, Start: 2, End: 80})
	w.Process(store.Process{ID: 3, Parent: 2, ForkedBy: 3, PID: 12, Start: 3, End: 70})
	w.Exec(store.Exec{ID: 1, Process: 1, Seq: 0, Exe: self, Cwd: w1, Argv: argv("buildgraph"), Env: env, Start: 1, End: 2})
	w.Exec(store.Exec{ID: 2, Process: 1, Seq: 1, Exe: sh, Script: script, Cwd: w1, Argv: argv("/bin/sh", "./run.sh", "a b"), Env: env, Start: 2, End: 90})
	w.Exec(store.Exec{ID: 3, Process: 2, Seq: 0, Exe: sh, Cwd: w1, Argv: argv("/bin/sh", "./run.sh", "a b"), Env: env, Start: 2, End: 80})
	w.Exec(store.Exec{ID: 4, Process: 3, Seq: 0, Exe: sh, Cwd: w1, Argv: argv("/bin/sh", "./run.sh", "a b"), Env: env, Start: 3, End: 5})
	w.Exec(store.Exec{ID: 5, Process: 3, Seq: 1, Exe: cc, Cwd: w1, Argv: argv("cc", "a.c"), Env: env, Start: 5, End: 70})
	w.Access(store.Access{Exec: 1, File: a, Kinds: store.AccessRead, Count: 1, First: 1, Last: 1})
	w.Access(store.Access{Exec: 2, File: script, Kinds: store.AccessExecute | store.AccessRead, Count: 2, First: 2, Last: 3})
	w.Access(store.Access{Exec: 4, File: a, Kinds: store.AccessStat | store.AccessList | store.AccessLink, Count: 1, First: 3, Last: 3})
	w.Access(store.Access{Exec: 5, File: b, Kinds: store.AccessWrite | store.AccessCreate | store.AccessTruncate | store.AccessMap, Count: 1, First: 5, Last: 5})
	w.Access(store.Access{Exec: 5, File: w.File("/w/none", 0, 0, 0, store.KindAbsent), Kinds: store.AccessAbsent, Count: 1, First: 5, Last: 5})
	for i, op := range []store.Op{
		{Kind: store.OpRename, File: a, Other: b}, {Kind: store.OpExchange, File: b, Other: a},
		{Kind: store.OpLink, File: a, Other: b}, {Kind: store.OpSymlink, File: a, Detail: "text"},
		{Kind: store.OpUnlink, File: a}, {Kind: store.OpMkdir, File: a}, {Kind: store.OpRmdir, File: a},
		{Kind: store.OpMknod, File: a}, {Kind: store.OpTruncate, File: a}, {Kind: store.OpTouch, File: a},
		{Kind: store.OpChmod, File: a, Detail: "0644"}, {Kind: store.OpChown, File: a},
		{Kind: store.OpCopy, File: a, Other: b}, {Kind: store.OpChdir, File: w1}, {Kind: store.OpChroot, File: w1},
	} {
		op.Seq, op.Exec, op.Time = int64(i+1), 3, int64(i+1)
		w.Op(op)
	}
	if err := w.Finish(store.Meta{Finished: true, Complete: true}); err != nil {
		t.Fatal(err)
	}
	r, err := store.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	set, err := FromTrace(r)
	if err != nil {
		t.Fatal(err)
	}
	const program = `/bin/sh ./run.sh "a b"  [/usr/bin/dash, in /w]`
	want := []string{
		program + " x1", "exec /w/run.sh", "read /w/run.sh",
		program + " (fork) x1", "chdir /w", "chmod /w/a", "chown /w/a", "chroot /w", "copy /w/a => /w/b",
		"exchange /w/a => /w/b", "link /w/a => /w/b", "mkdir /w/a", "mknod /w/a", "rename /w/a => /w/b",
		"rmdir /w/a", "symlink /w/a => text", "truncate /w/a", "unlink /w/a", "utimens /w/a",
		program + " (fork) (fork) x1", "list /w/a", "readlink /w/a", "stat /w/a",
		"cc a.c  [/usr/bin/cc, in /w] x1", "absent /w/none", "create /w/b", "map /w/b", "truncate /w/b", "write /w/b",
	}
	if diff := cmp.Diff(want, listing(set)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
