package declared

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"buildgraph/store"
)

// ran is a build tool of a trace.
type ran struct {
	cwd  string
	argv []string
	env  []string
	exe  string // "": where PATH has argv[0]
}

// traceOf writes the trace of a build in which tools ran one recipe each, and
// opens it.
func traceOf(t testing.TB, tools ...ran) (string, *store.Reader) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace.db")
	w, err := store.Create(path, store.CreateOptions{Meta: store.Meta{Tag: "BG_T"}, UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	ino := uint64(0)
	file := func(path string, kind store.FileKind) store.FileID {
		ino++
		return w.File(path, 1, ino, 0, kind)
	}
	shell := file("/bin/sh", store.KindRegular)
	var recipes []store.Recipe
	members := map[store.ProcessID]uint32{}
	for i, r := range tools {
		if r.exe == "" {
			if r.exe, err = exec.LookPath(r.argv[0]); err != nil {
				t.Fatalf("this test asks a real %s: %v", r.argv[0], err)
			}
		}
		env := append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.cwd}, r.env...)
		p, e := store.ProcessID(2*i+1), store.ExecID(3*i+1)
		dir := file(r.cwd, store.KindDirectory)
		w.Process(store.Process{ID: p, PID: 100 + i, Start: int64(i), End: 99})
		w.Exec(store.Exec{ID: e, Process: p, Exe: shell, Cwd: dir, Start: int64(i), End: 50})
		w.Exec(store.Exec{
			ID: e + 1, Process: p, Seq: 1, Exe: file(r.exe, store.KindRegular), Cwd: dir, Start: int64(i), End: 99,
			Argv: w.Argv([]byte(strings.Join(r.argv, "\x00") + "\x00")), Env: w.Env([]byte(strings.Join(env, "\x00") + "\x00")),
		})
		w.Process(store.Process{ID: p + 1, Parent: p, ForkedBy: e + 1, PID: 200 + i, Start: 60, End: 70})
		w.Exec(store.Exec{ID: e + 2, Process: p + 1, Seq: 1, Exe: shell, Cwd: dir, Start: 60, End: 70})
		recipes = append(recipes, store.Recipe{ID: uint32(i + 1), Tool: p, Target: "x", Dir: r.cwd, How: "tag", Start: 60, End: 70})
		members[p+1] = uint32(i + 1)
	}
	err = w.Finish(store.Meta{Tag: "BG_T", Finished: true, Complete: true, Ended: 99})
	if err == nil {
		err = store.Annotate(path, recipes, members)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path, reopen(t, path)
}

func reopen(t testing.TB, path string) *store.Reader {
	t.Helper()
	r, err := store.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// What is taken is what is kept: make and ninja, equal calls once, failures too.
func TestTakeWriteLoad(t *testing.T) {
	dir := tree(t, map[string]string{
		"Makefile": ".NOTPARALLEL:\nall: a\\ b c | d\na\\ b: X ; touch '$@'\nc d: ; touch $@\n%.o: %.c ; touch $@\nall: e.o\n.PHONY: all\n" +
			"double:: ; touch $@\n$(info $(FLAG) $(MAKEFLAGS))\nflag: $(FLAG) ; touch $@\n",
		"X": "", "e.c": "", "sub/build.ninja": "rule r\n  command = touch $out\nbuild out: r in || order\nbuild order: phony\n", "sub/in": "",
	})
	sub := filepath.Join(dir, "sub")
	path, r := traceOf(t,
		ran{cwd: dir, argv: []string{"make", "-j4", "all"}, env: []string{"MAKELEVEL=0"}},
		ran{cwd: dir, argv: []string{"make", "-j8", "all"}, env: []string{"MAKELEVEL=0", "BG_T=x", "MAKEFLAGS= -j8 --jobserver-auth=3,4", "MFLAGS=-j8"}},
		ran{cwd: sub, argv: []string{"make", "-C", "..", "FLAG=X"}, env: []string{`GNUMAKEFLAGS=--eval=BG_T=$$@`}},
		ran{cwd: dir, argv: []string{"ninja", "-C", "sub"}},
		ran{cwd: dir, argv: []string{"make", "-f", "gone.mk"}},
		ran{cwd: dir, argv: []string{"scons"}, exe: "/usr/bin/scons"},
	)
	var mu sync.Mutex
	var told []int
	g, err := Take(context.Background(), r, Options{UID: -1, GID: -1, Progress: func(n, of int) {
		mu.Lock()
		defer mu.Unlock()
		if told = append(told, n); of != 4 {
			t.Errorf("%d of %d calls", n, of)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(told) != 5 || told[0] != 0 || slices.Max(told) != 4 {
		t.Errorf("progress %v", told)
	}
	var got []string
	for _, tool := range g.Tools {
		got = append(got, strings.Join(tool.Argv, " ")+" in "+strings.TrimPrefix(tool.Dir, dir)+" "+tool.Failure)
	}
	want := []string{
		"make -j4 all in  ", "make -j8 all in  ", "make -C .. FLAG=X in  ", "ninja -C sub in /sub ",
		"make -f gone.mk in  gone since: " + dir + "/gone.mk",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tools: %s", diff)
	}
	if one, two := g.Tools[0], g.Tools[1]; one.index != two.index || len(one.Rules) == 0 {
		t.Error("equal calls do not share their rules")
	}
	if !g.Tools[0].Serial || g.Tools[0].Default != "all" || len(g.Tools[2].Rules[g.Tools[2].ByName("flag")[0]].Prereqs) != 1 {
		t.Errorf("%+v", g.Tools[2])
	}
	if g.Tool(g.Tools[3].Process) != g.Tools[3] || g.Tool(99) != nil || !g.Known() {
		t.Error("a tool is not found by its process")
	}
	at := g.Tools[3].ByPath(filepath.Join(sub, "out"))
	if len(at) != 1 || g.Tools[3].Rules[at[0]].Target != "out" {
		t.Errorf("by path: %v", at)
	}
	if err := Write(path, g); err != nil {
		t.Fatal(err)
	}
	back, err := Load(reopen(t, path))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(g, back, cmpopts.IgnoreUnexported(Tool{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("taken and loaded differ: %s", diff)
	}
	if i, j := back.Tools[3].ByPath(filepath.Join(sub, "out")), back.Tools[3].ByName("out"); !slices.Equal(i, at) || !slices.Equal(j, at) {
		t.Errorf("after loading, by path %v, by name %v, want %v", i, j, at)
	}
}

func TestTakeNothing(t *testing.T) {
	_, r := traceOf(t)
	g, err := Take(context.Background(), r, Options{UID: -1, GID: -1})
	if err != nil || len(g.Tools) != 0 || g.Known() {
		t.Errorf("%+v, %v", g, err)
	}
	if g, err = Load(r); err != nil || len(g.Tools) != 0 {
		t.Errorf("loaded %+v, %v", g, err)
	}
}

func TestTakeInterrupted(t *testing.T) {
	dir := tree(t, map[string]string{"Makefile": "X := $(shell sleep 100)\nall: ; echo\n"})
	_, r := traceOf(t, ran{cwd: dir, argv: []string{"make"}}, ran{cwd: dir, argv: []string{"make", "all"}})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Take(ctx, r, Options{UID: -1, GID: -1}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	g, err := Take(context.Background(), r, Options{UID: -1, GID: -1, Timeout: 200_000_000})
	if err != nil || !strings.Contains(g.Tools[0].Failure, "timed out") {
		t.Errorf("%+v, %v", g, err)
	}
}

// cmake's makefiles learn of the last build's depfiles in the step before.
func TestCmakeDepend(t *testing.T) {
	o := parseMakeArgs([]string{"-s", "-j", "-f", "sub/CMakeFiles/x.dir/build.make", "V=1", "sub/CMakeFiles/x.dir/build"})
	want := [][]string{{"make", "-s", "-fsub/CMakeFiles/x.dir/build.make", "--", "V=1", "sub/CMakeFiles/x.dir/depend"}}
	if diff := cmp.Diff(want, cmakeDepend([]string{"make"}, o)); diff != "" {
		t.Error(diff)
	}
	for _, args := range []string{"-f Makefile CMakeFiles/x.dir/build", "-f CMakeFiles/x.dir/build.make CMakeFiles/x.dir/depend", "all", "CMakeFiles/x.dir/build"} {
		if got := cmakeDepend([]string{"make"}, parseMakeArgs(strings.Fields(args))); got != nil {
			t.Errorf("%s: %q", args, got)
		}
	}
}

// After a first build with cmake's makefiles, the headers are prerequisites.
func TestCmakeMakefiles(t *testing.T) {
	dir := tree(t, map[string]string{
		"CMakeLists.txt": "cmake_minimum_required(VERSION 3.13)\nproject(x C)\nadd_executable(x x.c)\n", "x.c": "#include \"x.h\"\nint main(void) { return X; }\n",
		"x.h": "#define X 0\n",
	})
	build := filepath.Join(dir, "build")
	for _, argv := range [][]string{{"cmake", "-S", dir, "-B", build, "-G", "Unix Makefiles"}, {"make", "-C", build}} {
		if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", argv[0], err, out)
		}
	}
	before := state(t, dir)
	tool := asked(t, invoke(t, build, "make", "-f", "CMakeFiles/x.dir/build.make", "CMakeFiles/x.dir/build"))
	if tool.Failure != "" {
		t.Fatal(tool.Failure)
	}
	if after := state(t, dir); after != before {
		t.Errorf("the tree changed from\n%s\nto\n%s", before, after)
	}
	at := tool.ByName("CMakeFiles/x.dir/x.c.o")
	if len(at) != 1 || !slices.ContainsFunc(tool.Rules[at[0]].Prereqs, func(p Prereq) bool { return p.Path == filepath.Join(dir, "x.h") }) {
		t.Errorf("the header is no prerequisite: %q", rulesShown(dir, tool))
	}
}
