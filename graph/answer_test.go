package graph

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"buildgraph/store"
)

func TestClasses(t *testing.T) {
	b, mk := makefile(t)
	mk.recipe("gen.h", "sh").reads("gen.in").writes("gen.h").exit()
	b.kinds[b.inode("/p/lib")] = store.KindDirectory
	cc := mk.recipe("x.o", "cc").reads("x.c", "gen.h", "/usr/include/stdio.h", "/proc/meminfo", "/usr/lib/locale/C.utf8/LC_CTYPE")
	cc.touch("lib", store.AccessList|store.AccessRead).touch("plugin.so", store.AccessRead|store.AccessMap)
	cc.touch("run.sh", store.AccessExecute|store.AccessRead).touch("seen", store.AccessStat)
	cc.touch("/dev/urandom", store.AccessRead).writes("/var/cache/made").exit()
	b.kinds[b.names["/dev/urandom"]] = store.KindCharDevice
	mk.recipe("y.o", "cc").reads("/var/cache/made").writes("y.o").exit()

	d, err := b.graph().Deps("x.o", "", DepsOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	want := []Input{
		{Path: "/dev/urandom", Class: System, Access: []string{"read"}},
		{Path: "/proc/meminfo", Class: System, Access: []string{"read"}},
		{Path: "/usr/bin/cc", Class: Tool, Access: []string{"execute"}},
		{Path: "/usr/include/stdio.h", Class: System, Access: []string{"read"}},
		{Path: "/usr/lib/libc.so.6", Class: System, Access: []string{"read", "map"}},
		{Path: "/usr/lib/locale/C.utf8/LC_CTYPE", Class: System, Access: []string{"read"}},
		{Path: "gen.h", Class: Generated, Access: []string{"read"}},
		{Path: "lib", Class: Project, Access: []string{"read", "list"}},
		{Path: "plugin.so", Class: Project, Access: []string{"read", "map"}},
		{Path: "run.sh", Class: Project, Access: []string{"read", "execute"}},
		{Path: "x.c", Class: Project, Access: []string{"read"}},
	}
	if diff := cmp.Diff(want, d.Inputs); diff != "" {
		t.Errorf("all inputs (-want +got):\n%s", diff)
	}
	wantDeps(t, b, "x.o", "gen.h plugin.so run.sh x.c", DepsOptions{})
	wantDeps(t, b, "y.o", "/var/cache/made", DepsOptions{}) // generated, wherever it is
	wantOutputs(t, b, "/var/cache/made gen.h y.o")
}

// A project may live where everything is noise or temporary elsewhere.
func TestProjectInOddPlaces(t *testing.T) {
	for _, root := range []string{"/dev/shm/p", "/run/user/0/p", "/tmp", "/", "/var/tmp/x", "/home/u/.cache/ccache/p"} {
		b := newBuild(t, root)
		mk := b.start(".", "make").tags(0)
		mk.recipe("x.o", "cc").reads("x.c", "/proc/meminfo", "/etc/ld.so.cache").writes("/tmp/elsewhere/y.s").
			reads("/tmp/elsewhere/y.s").writes("x.o").unlink("/tmp/elsewhere/y.s").exit()
		want := "x.c"
		if root == "/" {
			want = "usr/bin/cc usr/lib/libc.so.6 x.c"
		}
		wantDeps(t, b, "x.o", want, DepsOptions{})
		wantOutputs(t, b, "x.o")
	}
}

func TestTraceFileIsNeverShown(t *testing.T) {
	b, sh := script(t)
	sh.run("tar").reads("buildgraph.db", "buildgraph.db-wal", "a").writes("all.tar").exit()
	wantDeps(t, b, "all.tar", "a build.sh", DepsOptions{})
	if got := inputsOf(t, b.graph(), "all.tar", DepsOptions{All: true}); slices.Contains(got, "buildgraph.db") {
		t.Errorf("the trace itself is among the inputs: %q", got)
	}
}

func TestCachesAreHidden(t *testing.T) {
	b, mk := makefile(t)
	mk.recipe("a", "python3").touch("a.py", store.AccessExecute|store.AccessRead).reads("m.py").
		writes("__pycache__/m.cpython-311.pyc", "a").exit()
	mk.recipe("b", "python3").reads("b.py").touch("m.py", store.AccessStat).reads("__pycache__/m.cpython-311.pyc").writes("b").exit()
	wantDeps(t, b, "a", "a.py m.py", DepsOptions{})
	wantDeps(t, b, "b", "b.py m.py", DepsOptions{}) // what the cache stands for
	wantOutputs(t, b, "__pycache__/m.cpython-311.pyc a b")
}

func TestTargetsByEveryName(t *testing.T) {
	b, mk := makefile(t)
	sub := mk.recipe("sub", "make", "-C", "sub").tags(1).chdir("sub")
	sub.recipe("./x.o", "cc").reads("x.c").writes("x.o").exit()
	sub.recipe("../up.o", "cc").reads("up.c").writes("../up.o").exit()
	sub.recipe("check", "test").reads("data").exit()
	mk.recipe("/p/abs.o", "cc").reads("abs.c").writes("abs.o").exit()
	g := b.graph()
	for _, c := range []struct{ name, cwd, target, input string }{
		{"sub/x.o", "", "sub/x.o", "sub/x.c"},
		{"x.o", "/p/sub", "sub/x.o", "sub/x.c"},
		{"./x.o", "", "sub/x.o", "sub/x.c"}, // as make spells it
		{"/p/sub/x.o", "/elsewhere", "sub/x.o", "sub/x.c"},
		{"sub/x.o", "/p/sub", "sub/x.o", "sub/x.c"},
		{"../up.o", "/p/sub", "up.o", "sub/up.c"},
		{"up.o", "", "up.o", "sub/up.c"},
		{"check", "", "sub/check", "sub/data"},
		{"sub/check", "", "sub/check", "sub/data"},
		{"abs.o", "", "abs.o", "abs.c"},
	} {
		d, err := g.Deps(c.name, c.cwd, DepsOptions{})
		if err != nil || d.Target != c.target || len(d.Inputs) != 1 || d.Inputs[0].Path != c.input {
			t.Errorf("deps %s in %q: %+v %v", c.name, c.cwd, d, err)
		}
	}
	d, err := g.Deps("sub/x.c", "", DepsOptions{})
	if err != nil || d.How != HowSource || len(d.Inputs) != 0 {
		t.Errorf("deps of a source: %+v %v", d, err)
	}
}

func TestSymbolicLinkMadeByTheBuild(t *testing.T) {
	b, mk := makefile(t)
	mk.recipe("libx.so.1", "cc").reads("x.o").writes("libx.so.1").exit()
	mk.recipe("all", "ln", "-s").symlink("libx.so.1", "libx.so").exit()
	wantDeps(t, b, "libx.so", "x.o", DepsOptions{Flow: true})
	wantOutputs(t, b, "libx.so.1")
}

func TestNamesOfAnyBytes(t *testing.T) {
	b, mk := makefile(t)
	odd := "a b\n\xff(1)"
	mk.recipe(odd, "cc").reads("x y\t.c").writes(odd).exit()
	d, err := b.graph().Deps(odd, "", DepsOptions{})
	if err != nil || d.Target != odd || len(d.Inputs) != 1 || d.Inputs[0].Path != "x y\t.c" {
		t.Errorf("deps: %+v %v", d, err)
	}
}

func TestUnknownNames(t *testing.T) {
	b, mk := makefile(t)
	for _, x := range []string{"lexer", "parser", "printer"} {
		mk.recipe("obj/"+x+".o", "cc").reads("src/"+x+".c", "src/common.h").writes("obj/" + x + ".o").exit()
	}
	g := b.graph()
	for name, want := range map[string][]string{
		"lexer.o":         {"obj/lexer.o", "src/lexer.c"},
		"obj/lexre.o":     {"obj/lexer.o", "src/lexer.c"},
		"src/parser.o":    {"obj/parser.o", "src/parser.c"},
		"nothing/like/it": nil,
	} {
		_, err := g.Deps(name, "", DepsOptions{})
		var u *UnknownError
		if !errors.As(err, &u) || u.What != "target" || u.Name != name || !slices.Equal(u.Near, want) {
			t.Errorf("deps %s: %v", name, err)
		}
	}
	_, err := g.RDeps("src/commmon.h", "", false)
	var u *UnknownError
	if !errors.As(err, &u) || u.What != "file" || !slices.Equal(u.Near, []string{"src/common.h"}) {
		t.Errorf("rdeps: %v", err)
	}
	if !strings.Contains(err.Error(), `did you mean "src/common.h"?`) {
		t.Errorf("message: %v", err)
	}
	if _, err = g.Why("obj/lexer.o", "src/lexer.h", ""); !errors.As(err, &u) || u.What != "file" {
		t.Errorf("why with an unknown file: %v", err)
	}
	if _, err = g.Picture(PictureOptions{Target: "nope.o"}); !errors.As(err, &u) {
		t.Errorf("picture of an unknown target: %v", err)
	}
	if _, err = g.Deps("", "/p", DepsOptions{}); !errors.As(err, &u) {
		t.Errorf("deps of no name: %v", err)
	}
}

func TestIncompleteTraceSaysSo(t *testing.T) {
	b, sh := script(t)
	sh.run("cc").reads("a").writes("out").exit()
	b.meta.Complete = false
	g := b.graph()
	d, _ := g.Deps("out", "", DepsOptions{})
	w, _ := g.Why("out", "a", "")
	r, _ := g.RDeps("a", "", false)
	o, _ := g.Outputs()
	p, _ := g.Picture(PictureOptions{})
	if d.Complete || w.Complete || r.Complete || o.Complete || p.Complete {
		t.Error("an answer from an incomplete trace calls itself complete")
	}
}

func TestWhyTellsThePrograms(t *testing.T) {
	b, mk := makefile(t)
	sh := mk.recipe("out", "sh", "-c", "cd sub && gen a | tr x y > ../out").chdir("sub")
	sh.run("gen", "a").reads("a").appends("pipe:[1]").exit()
	tr := sh.fork().writes("../out").exec("tr", "x", "y").reads("pipe:[1]").appends("../out")
	w, err := b.graph().Why("out", "sub/a", "")
	if err != nil || len(w.Steps) != 2 {
		t.Fatalf("%+v %v", w, err)
	}
	gen, last := w.Steps[0], w.Steps[1]
	if gen.From != "sub/a" || gen.To != "pipe" || !gen.Temporary || gen.Cwd != "sub" ||
		!slices.Equal(gen.Argv, []string{"gen", "a"}) || !slices.Equal(gen.Chain, []string{"sh", "gen"}) || gen.Read >= gen.Write {
		t.Errorf("first step: %+v", gen)
	}
	if last.To != "out" || last.Temporary || !slices.Equal(last.Argv, []string{"tr", "x", "y"}) || last.PID != b.procs[tr.id-1].PID {
		t.Errorf("last step: %+v", last)
	}
}

func TestCommandLine(t *testing.T) {
	for want, argv := range map[string][]string{
		"cc -c a.c":            {"cc", "-c", "a.c"},
		"cc '-DX=\"a b\"' ''":  {"cc", `-DX="a b"`, ""},
		`echo 'it'\''s'`:       {"echo", "it's"},
		"cd x && make":         {"/bin/sh", "-c", "cd x && make"},
		"set -e; true":         {"bash", "-ec", "set -e; true"},
		"sh -c 'echo $1' sh a": {"sh", "-c", "echo $1", "sh", "a"},
	} {
		if got := commandLine(argv); got != want {
			t.Errorf("%q: got %s, want %s", argv, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "acb", 1}, {"abc", "ab", 1}, {"abc", "xyz", 3}, {"abc", "uvwxyz", 4}} {
		if got := distance(c.a, c.b, 3); got != c.want {
			t.Errorf("distance(%q, %q): got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func FuzzDistance(f *testing.F) {
	f.Add("lexer.o", "lexre.o", 3)
	f.Fuzz(func(t *testing.T, a, b string, limit int) {
		limit = min(max(limit, 0), 20)
		d := distance(a, b, limit)
		if d != distance(b, a, limit) || d < 0 || (d == 0) != (a == b) || d > limit+1 {
			t.Errorf("distance(%q, %q, %d) = %d", a, b, limit, d)
		}
	})
}
