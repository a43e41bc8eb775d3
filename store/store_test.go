package store

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// exampleMeta is a Meta with every field set.
func exampleMeta() Meta {
	return Meta{
		Tool: "v1.2.3", Kernel: "6.1.0-13-amd64", Machine: "x86_64", Host: "builder",
		Command: []string{"make", "-j8", "V=\"1\"\n", "\xff\x01\\"}, Root: "/src/pro ject\xfe",
		Began: time.Date(2024, 2, 29, 12, 30, 1, 123456789, time.UTC), BootNS: 987654321012345, UID: 1000, Tag: "BG_T",
		Ended: 5e9, ExitCode: 2, Finished: true, Complete: false, Why: []string{"3 events were lost", "io_uring"},
		Events: 100, Lost: 3, Folded: 50, Processes: 2, Execs: 3, Files: 4, Accesses: 5,
		Hardware: Machine{
			Cores: 8, Allowed: 4, Memory: 16 << 30, Model: "Z80 \xff", Span: 5e9, Busy: 30e9, Idle: 9e9, IOWait: 1e9, Steal: 1e9,
		},
	}
}

// example holds what writeExample puts into a trace, as a reader must give it back.
type example struct {
	meta      Meta
	files     []File
	processes []Process
	execs     []Exec
	accesses  []Access // by exec, file
	held      []Held
	ops       []Op
	notes     []Note
	losses    []Loss
	argv      []string
	env       []string
	argvID    ArgvID
	envID     EnvID
}

func writeExample(t testing.TB, path string) *example {
	t.Helper()
	m := exampleMeta()
	w, err := Create(path, CreateOptions{Meta: m, UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	x := fillExample(w)
	if err := w.Err(); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(m); err != nil {
		t.Fatal(err)
	}
	x.meta = m
	return x
}

func fillExample(w *Writer) *example {
	x := &example{
		files: []File{
			{Path: "/src/main.c", Dev: 8<<20 | 1, Ino: 100, Gen: 7, Kind: KindRegular},
			{Path: "/src/main.o", Dev: 8<<20 | 1, Ino: 1<<64 - 2, Gen: 1<<32 - 1, Kind: KindRegular},
			{Path: "/src/missing.h", Kind: KindAbsent},
			{Path: "/src/odd \n\xff' name", Dev: 8<<20 | 1, Ino: 102, Kind: KindDirectory},
			{Path: "/src/other.o", Dev: 8<<20 | 1, Ino: 1<<64 - 2, Gen: 1<<32 - 1, Kind: KindRegular},
			{Path: "/src/main.o", Dev: 8<<20 | 1, Ino: 100, Gen: 8, Kind: KindRegular},
			{Path: "pipe:[17]", Dev: 14, Ino: 17, Kind: KindPipe},
		},
		processes: []Process{
			{ID: 1, PID: 4242, Start: 10, End: 999, ExitCode: 2, CPU: 55, MaxRSS: 1 << 20, Lost: 3},
			{ID: 2, Parent: 1, ForkedBy: 1, PID: 4243, Start: 20, End: 900, Signal: 9},
			{ID: 3, Parent: 1, ForkedBy: 2, PID: 4242, Start: 30},
		},
		argv: []string{"gcc", "-DX='a b'", "", "\xff\n", "main.c"},
		env:  []string{"PATH=/bin", "BG_T=main.o", "MAKELEVEL=2", "MAKEFLAGS= -j4 --jobserver-auth=3,4 --eval=export\\ BG_T=$$@", "broken", ""},
		notes: []Note{
			{Kind: NoteIOUring, Process: 2, Detail: "x", Count: 4}, {Kind: NoteTruncated, Detail: "", Count: 1},
		},
		losses: []Loss{{"file", 3}, {"process", 0}},
	}
	for i := range x.files {
		f := &x.files[i]
		f.ID = w.File(f.Path, f.Dev, f.Ino, f.Gen, f.Kind)
	}
	x.argvID = w.Argv([]byte("gcc\x00-DX='a b'\x00\x00\xff\n\x00main.c\x00"))
	x.envID = w.Env([]byte("PATH=/bin\x00BG_T=main.o\x00MAKELEVEL=2\x00MAKEFLAGS= -j4 --jobserver-auth=3,4 --eval=export\\ BG_T=$$@\x00broken\x00\x00"))
	x.execs = []Exec{
		{ID: 1, Process: 1, Seq: 0, Start: 10, End: 15},
		{ID: 2, Process: 1, Seq: 1, Exe: 1, Script: 2, Cwd: 4, Argv: x.argvID, Env: x.envID, Start: 15, End: 900},
		{ID: 3, Process: 2, Seq: 0, Exe: 1, Start: 31},
	}
	x.accesses = []Access{
		{Exec: 1, File: 1, Kinds: AccessRead, Count: 1, First: 100, Last: 100, FirstRead: 100},
		{Exec: 1, File: 2, Kinds: AccessWrite | AccessCreate, Count: 3, First: 110, Last: 130, FirstWrite: 111, LastWrite: 129},
		{Exec: 1, File: 3, Kinds: AccessAbsent, Count: 1, First: 90, Last: 90},
		{Exec: 2, File: 1, Kinds: AccessRead | AccessStat | AccessMap, Count: 2, First: 100, Last: 200, FirstRead: 150},
		{Exec: 2, File: 2, Kinds: AccessStat, Count: 70000, First: 1, Last: 1 << 40},
		{Exec: 2, File: 3, Kinds: AccessRead, Count: 1 << 40, First: 1 << 60, Last: 1<<60 + 5, FirstRead: 1 << 60},
		{Exec: 2, File: 4, Kinds: 1<<10 - 1, Count: 1, First: 0, Last: 0},
		{Exec: 3, File: 1, Kinds: AccessMap, Count: 0, First: 9, Last: 3, LastWrite: 1},
	}
	x.held = []Held{{Exec: 2, FD: 0, File: 7, Read: true}, {Exec: 2, FD: 1, File: 7, Write: true}, {Exec: 3, FD: 255, File: 1, Read: true, Write: true}}
	x.ops = []Op{
		{Seq: 1, Exec: 2, Time: 500, Kind: OpRename, File: 2, Other: 5},
		{Seq: 2, Exec: 1, Time: 600, Kind: OpChmod, File: 2, Detail: "755"},
		{Seq: 3, Exec: 2, Time: 700, Kind: OpExchange, File: 5, Other: 2},
		{Seq: 4, Exec: 2, Time: 701, Kind: OpLink, File: 2, Other: 2},
	}
	for _, p := range x.processes {
		w.Process(Process{ID: p.ID, PID: 1, Start: p.Start})
	}
	for _, p := range x.processes {
		w.Process(p)
	}
	for _, e := range x.execs {
		w.Exec(e)
	}
	for _, a := range x.accesses {
		w.Access(Access{Exec: a.Exec, File: a.File, Kinds: AccessLink, Count: 5, First: 1, Last: 2, FirstWrite: 3})
	}
	for i := range x.accesses {
		w.Access(x.accesses[len(x.accesses)-1-i])
	}
	for _, h := range x.held {
		w.Held(h)
	}
	for _, o := range x.ops {
		w.Op(o)
	}
	for _, n := range x.notes {
		w.Note(n)
	}
	for _, l := range x.losses {
		w.Loss(l)
	}
	return x
}

func tracePath(t testing.TB) string { return filepath.Join(t.TempDir(), "trace.db") }

func openTrace(t testing.TB, path string) *Reader {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func collect[T any](t testing.TB, rows iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for v, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// must is for calls whose error is a failure of the test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// onlyFile checks that the trace is one file.
func onlyFile(t testing.TB, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			t.Errorf("%s was left beside the trace", e.Name())
		}
	}
}

// checkExample compares a whole trace with what was written.
func checkExample(t *testing.T, r *Reader, x *example) {
	t.Helper()
	equal(t, "files", collect(t, r.Files()), x.files)
	equal(t, "processes", collect(t, r.Processes()), x.processes)
	equal(t, "execs", collect(t, r.Execs()), x.execs)
	equal(t, "accesses", collect(t, r.Accesses()), x.accesses)
	equal(t, "written", collect(t, r.AccessesOfKind(AccessWrite|AccessTruncate)), []Access{x.accesses[1], x.accesses[6]})
	equal(t, "made", collect(t, r.EnvMakes()), []EnvMakeOf{{x.envID, must(r.EnvMake(x.envID))(t)}})
	equal(t, "held", collect(t, r.HeldAll()), x.held)
	equal(t, "ops", collect(t, r.Ops()), x.ops)
	equal(t, "notes", must(r.Notes())(t), x.notes)
	equal(t, "losses", must(r.Losses())(t), x.losses)
	equal(t, "argv", must(r.Argv(x.argvID))(t), x.argv)
	equal(t, "env", must(r.Env(x.envID))(t), x.env)
	equal(t, "make's part of env", must(r.EnvMake(x.envID))(t),
		EnvMake{Target: "main.o", HasTarget: true, Level: 2, Tags: true, Jobserver: "3,4"})
}

func TestRoundTrip(t *testing.T) {
	path := tracePath(t)
	x := writeExample(t, path)
	onlyFile(t, path)
	r := openTrace(t, path)
	equal(t, "meta", r.Meta(), x.meta)
	checkExample(t, r, x)
	if r.HasRecipes() {
		t.Error("recipes in a trace that was not annotated")
	}
}

func TestLookups(t *testing.T) {
	path := tracePath(t)
	x := writeExample(t, path)
	r := openTrace(t, path)

	equal(t, "File(2)", must(r.File(2))(t), x.files[1])
	equal(t, "File(0)", must(r.File(0))(t), File{})
	equal(t, "FilesByPath", must(r.FilesByPath("/src/main.o"))(t), []File{x.files[1], x.files[5]})
	equal(t, "FilesByPath of an odd name", must(r.FilesByPath("/src/odd \n\xff' name"))(t), []File{x.files[3]})
	equal(t, "FilesByPath of nothing", must(r.FilesByPath("/src"))(t), nil)
	equal(t, "FilesOfInode", must(r.FilesOfInode(8<<20|1, 1<<64-2, 1<<32-1))(t), []File{x.files[1], x.files[4]})
	equal(t, "FilesOfInode of another generation", must(r.FilesOfInode(8<<20|1, 100, 8))(t), []File{x.files[5]})
	equal(t, "Process(2)", must(r.Process(2))(t), x.processes[1])
	equal(t, "Process(0)", must(r.Process(0))(t), Process{})
	equal(t, "Children(1)", must(r.Children(1))(t), x.processes[1:])
	equal(t, "Children(2)", must(r.Children(2))(t), nil)
	equal(t, "Exec(3)", must(r.Exec(3))(t), x.execs[2])
	equal(t, "ExecsOf(1)", must(r.ExecsOf(1))(t), x.execs[:2])
	equal(t, "AccessesOf(1)", must(r.AccessesOf(1))(t), x.accesses[:3])
	equal(t, "AccessesOf(2)", must(r.AccessesOf(2))(t), x.accesses[3:7])
	equal(t, "AccessesOf(9)", must(r.AccessesOf(9))(t), nil)
	equal(t, "AccessesTo(1)", must(r.AccessesTo(1))(t), []Access{x.accesses[0], x.accesses[3], x.accesses[7]})
	equal(t, "AccessesTo(5)", must(r.AccessesTo(5))(t), nil)
	equal(t, "HeldBy(2)", must(r.HeldBy(2))(t), x.held[:2])
	equal(t, "OpsOn(2)", must(r.OpsOn(2))(t), x.ops)
	equal(t, "OpsOn(5)", must(r.OpsOn(5))(t), []Op{x.ops[0], x.ops[2]})
	equal(t, "OpsOf(2)", must(r.OpsOf(2))(t), []Op{x.ops[0], x.ops[2], x.ops[3]})
	equal(t, "Argv(0)", must(r.Argv(0))(t), nil)
	equal(t, "EnvMake(0)", must(r.EnvMake(0))(t), EnvMake{})
	equal(t, "Recipes", must(r.Recipes())(t), nil)
	equal(t, "RecipeOf", must(r.RecipeOf(1))(t), 0)

	for what, err := range map[string]error{
		"file":    second(r.File(99)),
		"process": second(r.Process(99)),
		"exec":    second(r.Exec(99)),
		"argv":    second(r.Argv(99)),
		"env":     second(r.Env(99)),
	} {
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("looking up %s 99: %v, not ErrUnknown", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A reader goes on answering inside its own streams, and streams can be left.
func TestStreamsNest(t *testing.T) {
	path := tracePath(t)
	x := writeExample(t, path)
	r := openTrace(t, path)
	pairs := 0
	for e, err := range r.Execs() {
		if err != nil {
			t.Fatal(err)
		}
		for inner, err := range r.Execs() {
			if err != nil {
				t.Fatal(err)
			}
			must(r.AccessesOf(inner.ID))(t)
			pairs++
			if inner.ID == e.ID {
				break
			}
		}
	}
	equal(t, "pairs", pairs, 1+2+3)
	for a, err := range r.Accesses() {
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "first access", a, x.accesses[0])
		break
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Error("second Close:", err)
	}
	if _, err := r.File(1); err == nil {
		t.Error("a closed reader answers")
	}
	for _, err := range r.Files() {
		if err == nil {
			t.Error("a closed reader streams")
		}
	}
}

// Interning gives one id for one thing, whatever way it is given.
func TestInterning(t *testing.T) {
	path := tracePath(t)
	w, err := Create(path, CreateOptions{UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	a := w.File("/a", 1, 2, 3, KindUnknown)
	for what, got := range map[string]FileID{
		"again":             w.File("/a", 1, 2, 3, KindUnknown),
		"as bytes":          w.FileBytes([]byte("/a"), 1, 2, 3, KindUnknown),
		"with its kind":     w.File("/a", 1, 2, 3, KindRegular),
		"without, later":    w.File("/a", 1, 2, 3, KindUnknown),
		"bytes with a kind": w.FileBytes([]byte("/a"), 1, 2, 3, KindRegular),
	} {
		if got != a {
			t.Errorf("%s: file %d, not %d", what, got, a)
		}
	}
	seen := map[FileID]string{a: "the first"}
	for what, got := range map[string]FileID{
		"other path":       w.File("/b", 1, 2, 3, KindRegular),
		"other device":     w.File("/a", 2, 2, 3, KindRegular),
		"other inode":      w.File("/a", 1, 3, 3, KindRegular),
		"other generation": w.File("/a", 1, 2, 4, KindRegular),
		"absent":           w.File("/a", 0, 0, 0, KindAbsent),
		"unknown":          w.File("/a", 0, 0, 0, KindUnknown),
	} {
		if other, ok := seen[got]; ok {
			t.Errorf("%s: file %d is that of %s", what, got, other)
		}
		seen[got] = what
	}
	two, again, one := w.Argv([]byte("a\x00b\x00")), w.Argv([]byte("a\x00b\x00")), w.Argv([]byte("a b\x00"))
	if two != again || two == one {
		t.Errorf("argument vectors are not told apart: %d, %d, %d", two, again, one)
	}
	none, empty := w.Argv(nil), w.Argv([]byte{0})
	if none == empty {
		t.Error("no argument and one empty argument are one")
	}
	e1, e2 := w.Env([]byte("A=1\x00B=2\x00")), w.Env([]byte("A=1\x00B=2"))
	if e1 != e2 {
		t.Error("the last NUL makes a difference")
	}
	if e1 == w.Env([]byte("B=2\x00A=1\x00")) {
		t.Error("the order makes no difference")
	}
	// Each differs from the one before in its own way.
	envs := map[EnvID][]string{}
	for _, env := range [][]string{
		{"A=1", "B=2", "C=3"}, {"A=1", "B=x", "C=3"}, {"A=1", "C=3"}, {"A=1", "B=2", "C=3", "D=4"}, {"Z=0", "A=1", "B=2", "C=3"},
		{"C=3", "B=2", "A=1"}, {}, {""}, {"", "A=1"}, {"A=1", ""}, {"A=1", "A=1"}, {"A=1", "A=1", "A=1"},
	} {
		var block []byte
		for _, v := range env {
			block = append(append(block, v...), 0)
		}
		id := w.Env(block)
		if other, ok := envs[id]; ok {
			t.Errorf("%q and %q are environment %d", env, other, id)
		}
		envs[id] = env
	}
	if err := w.Finish(Meta{}); err != nil {
		t.Fatal(err)
	}
	r := openTrace(t, path)
	for id, env := range envs {
		equal(t, "environment", must(r.Env(id))(t), env)
	}
	equal(t, "kind learnt later", must(r.File(a))(t).Kind, KindRegular)
	equal(t, "files", len(collect(t, r.Files())), len(seen))
	equal(t, "no arguments", must(r.Argv(none))(t), nil)
	equal(t, "one empty argument", must(r.Argv(empty))(t), []string{""})
	equal(t, "environment", must(r.Env(e1))(t), []string{"A=1", "B=2"})
}

// Rows may come in any order and again: the last one counts, within the rows
// that are sorted together and beyond.
func TestAccessReplaced(t *testing.T) {
	path := tracePath(t)
	w, err := Create(path, CreateOptions{UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	const execs, files, rounds = 7, 500, 12
	rng := rand.New(rand.NewPCG(1, 2))
	want := map[[2]uint32]Access{}
	for range rounds * execs * files {
		a := Access{Exec: ExecID(1 + rng.IntN(execs)), File: FileID(1 + rng.IntN(files)), Kinds: AccessRead, Count: 1, First: rng.Int64N(1e9)}
		a.Last = a.First
		switch rng.IntN(4) {
		case 0:
			a.FirstRead = a.First
		case 1:
			a.Count, a.Last = 2, a.First+rng.Int64N(1e9)
		case 2:
			a.Kinds = writeKind(rng.IntN(3))
			a.FirstWrite, a.LastWrite = a.First, a.First+1
		}
		want[[2]uint32{uint32(a.Exec), uint32(a.File)}] = a
		w.Access(a)
	}
	if err := w.Finish(Meta{}); err != nil {
		t.Fatal(err)
	}
	r := openTrace(t, path)
	var all []Access
	for _, a := range want {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b Access) int { return cmp.Or(int(a.Exec)-int(b.Exec), int(a.File)-int(b.File)) })
	equal(t, "accesses", collect(t, r.Accesses()), all)
	for id := range ExecID(execs + 1) {
		equal(t, "accesses of an exec", must(r.AccessesOf(id))(t), matching(all, func(a Access) bool { return a.Exec == id }))
		equal(t, "writes of an exec", must(r.WritesOf(id))(t), matching(all, func(a Access) bool { return a.Exec == id && writes(a) }))
	}
	for id := FileID(1); id < files; id += 37 {
		equal(t, "accesses to a file", must(r.AccessesTo(id))(t), matching(all, func(a Access) bool { return a.File == id }))
		equal(t, "writes to a file", must(r.WritesTo(id))(t), matching(all, func(a Access) bool { return a.File == id && writes(a) }))
	}
}

func matching[T any](all []T, f func(T) bool) []T {
	var some []T
	for _, v := range all {
		if f(v) {
			some = append(some, v)
		}
	}
	return some
}

// Many rows of every table, more than a batch holds.
func TestManyRows(t *testing.T) {
	path := tracePath(t)
	w, err := Create(path, CreateOptions{UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	const n = 3*batchRows + 7
	for i := range n {
		f := w.File(fmt.Sprint("/f", i), 1, uint64(i+1), 0, KindRegular)
		a := w.Argv(fmt.Appendf(nil, "cmd\x00%d\x00", i))
		e := w.Env(fmt.Appendf(nil, "A=%d\x00B=x\x00", i))
		w.Process(Process{ID: ProcessID(i + 1), PID: i})
		w.Exec(Exec{ID: ExecID(i + 1), Process: ProcessID(i + 1), Exe: f, Argv: a, Env: e})
		w.Held(Held{Exec: ExecID(i + 1), FD: i % 3, File: f})
		w.Op(Op{Seq: int64(i + 1), Exec: ExecID(i + 1), Kind: OpChmod, File: f, Detail: strconv.Itoa(i)})
		w.Access(Access{Exec: ExecID(i + 1), File: f, Kinds: AccessRead, Count: 1})
		w.Note(Note{Kind: NoteAlive, Process: ProcessID(i + 1), Count: int64(i)})
	}
	if err := w.Finish(Meta{}); err != nil {
		t.Fatal(err)
	}
	r := openTrace(t, path)
	i := 0
	for e, err := range r.Execs() {
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "argv", must(r.Argv(e.Argv))(t), []string{"cmd", strconv.Itoa(i)})
		equal(t, "env", must(r.Env(e.Env))(t), []string{fmt.Sprint("A=", i), "B=x"})
		equal(t, "exe", must(r.File(e.Exe))(t).Path, fmt.Sprint("/f", i))
		equal(t, "op", must(r.OpsOf(e.ID))(t)[0].Detail, strconv.Itoa(i))
		i++
	}
	equal(t, "execs", i, n)
	equal(t, "notes", len(must(r.Notes())(t)), n)
	equal(t, "accesses", len(collect(t, r.Accesses())), n)
	equal(t, "held", len(collect(t, r.HeldAll())), n)
	equal(t, "processes", len(collect(t, r.Processes())), n)
}
