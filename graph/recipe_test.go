package graph

import (
	"errors"
	"slices"
	"testing"

	"buildgraph/store"
)

// makefile is a build by a make that names its recipes.
func makefile(t *testing.T) (*build, *proc) {
	b := newBuild(t, "/p")
	mk := b.start(".", "make").tags(0).reads("Makefile")
	return b, mk
}

// compile is one cc with what it starts, writing its assembly to /tmp.
func compile(mk *proc, target string, reads ...string) {
	cc := mk.recipe(target, "cc", "-c", "-o", target)
	tmp := "/tmp/cc" + target + ".s"
	cc.run("cc1").reads(reads...).writes(tmp).exit()
	cc.run("as").reads(tmp).writes(target).exit()
	cc.unlink(tmp)
	cc.exit()
}

// The recipe's target, with its exec's chain, is what make would have to know.
func TestTrapGeneratedHeaderRace(t *testing.T) {
	b, mk := makefile(t)
	sh := mk.recipe("gen.h", "sh", "-c", "sleep 1; sed 's/^/#define /' gen.in > gen.h")
	sh.run("sleep", "1").exit()
	sh.fork().reads("gen.in").writes("gen.h").exec("sed").appends("gen.h").exit()
	sh.exit()
	compile(mk, "main.o", "main.c", "gen.h", "/usr/include/stdio.h")
	compile(mk, "other.o", "other.c", "gen.h")
	mk.recipe("prog", "cc", "-o", "prog").run("ld").reads("main.o", "other.o", "/usr/lib/crt1.o").writes("prog").exit()
	wantDeps(t, b, "gen.h", "gen.in", DepsOptions{})
	wantDeps(t, b, "main.o", "main.c gen.h", DepsOptions{})
	wantDeps(t, b, "main.o", "main.c gen.h", DepsOptions{Flow: true})
	wantDeps(t, b, "prog", "main.o other.o", DepsOptions{})
	wantDeps(t, b, "prog", "main.o other.o main.c other.c gen.h gen.in", DepsOptions{Transitive: true})
	wantDeps(t, b, "prog", "main.o other.o /usr/bin/cc /usr/bin/ld /usr/lib/crt1.o /usr/lib/libc.so.6", DepsOptions{All: true})
	wantOutputs(t, b, "gen.h main.o other.o prog")
	wantRDeps(t, b, "gen.in", "gen.h", true)
	wantRDeps(t, b, "gen.in", "gen.h main.o other.o prog", false)
	wantWhy(t, b, "prog", "gen.in", "gen.in -read-> gen.h -read-> /tmp/ccmain.o.s -read-> main.o -read-> prog")
}

func TestTrapChangedDirectory(t *testing.T) {
	b, mk := makefile(t)
	sh := mk.recipe("lib/obj.o", "sh", "-c", "cd lib && cc -I../common -c src/obj.c -o obj.o").chdir("lib")
	sh.run("cc").reads("src/obj.c", "../common/y.h", "../common/x.h").writes("obj.o").exit()
	sh.exit()
	wantDeps(t, b, "lib/obj.o", "lib/src/obj.c common/y.h common/x.h", DepsOptions{})
}

// Two directories with a target of the same name, each by a make of its own.
func TestTrapRecursiveMake(t *testing.T) {
	b, mk := makefile(t)
	sub := func(dir string) *proc {
		m := mk.recipe(dir, "make", "-C", dir).tags(1).chdir(dir).reads("Makefile")
		return m
	}
	lib := sub("lib")
	compile(lib, "x.o", "x.c", "x.h")
	lib.recipe("libx.a", "ar", "rcs", "libx.a", "x.o").reads("x.o").writes("libx.a").exit()
	lib.recipe("all", "true").exit()
	lib.exit()
	app := sub("app")
	compile(app, "x.o", "x.c", "../lib/x.h")
	app.recipe("app", "cc").reads("x.o", "../lib/libx.a").writes("app").exit()
	app.recipe("all", "true").exit()
	app.exit()

	wantDeps(t, b, "lib/x.o", "lib/x.c lib/x.h", DepsOptions{})
	wantDeps(t, b, "app/x.o", "app/x.c lib/x.h", DepsOptions{})
	wantDeps(t, b, "app/app", "app/x.o lib/libx.a", DepsOptions{})
	wantDeps(t, b, "lib", "", DepsOptions{}) // not what the nested make's recipes read
	wantDeps(t, b, "lib/all", "", DepsOptions{})
	d, err := b.graph().Deps("app.o", "", DepsOptions{})
	var u *UnknownError
	if !errors.As(err, &u) || !slices.Contains(u.Near, "app/x.o") {
		t.Errorf("deps app.o: %v %v", d, err)
	}
	_, err = b.graph().Deps("x.o", "", DepsOptions{})
	if !errors.As(err, &u) || !slices.Equal(u.Near, []string{"app/x.o", "lib/x.o"}) {
		t.Errorf("deps x.o, which is in two directories: %v", err)
	}
	if got := inputsOf(t, b.graph(), "libx.a", DepsOptions{}); !slices.Equal(got, []string{"lib/x.o"}) {
		t.Errorf("deps libx.a, which is in one directory: %q", got)
	}
}

func TestTrapRenamedTemporaries(t *testing.T) {
	b, mk := makefile(t)
	sh := mk.recipe("x.o", "sh", "-c", "cc -c x.c -o x.o.tmp && mv -f x.o.tmp x.o")
	sh.run("cc").reads("x.c", "x.h").writes("x.o.tmp").exit()
	sh.run("mv").rename("x.o.tmp", "x.o").exit()
	sh.exit()
	// Move if change, once with no old file and once with one.
	for range 2 {
		sh = mk.recipe("ver.h", "sh", "-c", "...")
		sh.run("mktemp").writes("tmpAAA").appends("pipe:[7]").exit()
		sh.reads("pipe:[7]")
		sh.fork().writes("tmpAAA").exec("sed").reads("ver.txt").appends("tmpAAA").exit()
		cmp := sh.run("cmp").reads("tmpAAA")
		if b.names["/p/ver.h"] != 0 {
			cmp.reads("ver.h")
		}
		sh.run("mv").rename("tmpAAA", "ver.h").exit()
		sh.exit()
	}
	sh = mk.recipe("stamp.out", "sh", "-c", "...")
	sh.run("cp").copies("x.o", "dBBB/in").exit()
	sh.fork().writes("dBBB/out").exec("cat").reads("dBBB/in").appends("dBBB/out").exit()
	sh.fork().writes("stamp.out").exec("cat").reads("dBBB/out").appends("stamp.out").exit()
	sh.run("rm").unlink("dBBB/in", "dBBB/out").exit()
	wantDeps(t, b, "x.o", "x.c x.h", DepsOptions{})
	wantDeps(t, b, "ver.h", "ver.txt", DepsOptions{})
	wantDeps(t, b, "stamp.out", "x.o", DepsOptions{})
	wantDeps(t, b, "stamp.out", "x.o", DepsOptions{Flow: true})
	wantOutputs(t, b, "stamp.out ver.h x.o")
}

func TestTrapArchiveUpdated(t *testing.T) {
	b, mk := makefile(t)
	for _, o := range []string{"a", "b", "c", "main"} {
		compile(mk, o+".o", o+".c")
	}
	ar := func(target, member string, args ...string) {
		a := mk.recipe(target, append([]string{"ar"}, args...)...)
		if b.names["/p/libx.a"] != 0 {
			a.reads("libx.a")
		}
		a.reads(member).writes("stXXX").reads("stXXX").writes("libx.a").unlink("stXXX").exit()
	}
	ar("libx.a", "a.o", "rvU", "libx.a", "a.o")
	ar("libx.a", "b.o", "rvU", "libx.a", "b.o")
	ar("c.stamp", "c.o", "rU", "libx.a", "c.o")
	mk.recipe("c.stamp", "touch", "c.stamp").writes("c.stamp").exit()
	mk.recipe("prog", "cc").run("ld").reads("main.o", "libx.a").writes("prog").exit()

	wantDeps(t, b, "libx.a(a.o)", "a.o", DepsOptions{})
	wantDeps(t, b, "libx.a(b.o)", "b.o", DepsOptions{})
	wantDeps(t, b, "libx.a", "a.o b.o", DepsOptions{})
	wantDeps(t, b, "libx.a", "a.o b.o c.o", DepsOptions{Flow: true})
	wantDeps(t, b, "c.stamp", "c.o libx.a", DepsOptions{})
	wantDeps(t, b, "prog", "main.o libx.a", DepsOptions{})
	wantOutputs(t, b, "a.o b.o c.o c.stamp libx.a main.o prog")
	wantWhy(t, b, "libx.a(a.o)", "a.c", "a.c -read-> /tmp/cca.o.s -read-> a.o -read-> libx.a")
	if _, err := b.graph().Deps("libx.a(z.o)", "", DepsOptions{}); err == nil {
		t.Error("a member that nobody archived is known")
	}
	d, err := b.graph().Deps("libx.a(a.o)", "", DepsOptions{})
	if err != nil || d.Target != "libx.a(a.o)" || len(d.Recipe.Lines) != 1 || d.Recipe.Lines[0] != "ar rvU libx.a a.o" {
		t.Errorf("deps of a member: %+v %v", d, err)
	}
}

func TestTrapPipelines(t *testing.T) {
	b, mk := makefile(t)
	sh := mk.recipe("out.h", "sh", "-c", "./gen.sh < in.txt | sed -f fix.sed | sort > out.h")
	g := sh.fork().reads("in.txt").exec("/bin/sh", "./gen.sh").touch("gen.sh", store.AccessExecute|store.AccessRead)
	g.run("cat", "-", "tail.txt").reads("in.txt", "tail.txt").appends("pipe:[1]").exit()
	sh.run("sed", "-f", "fix.sed").reads("fix.sed", "pipe:[1]").appends("pipe:[2]").exit()
	sh.fork().writes("out.h").exec("sort").reads("pipe:[2]").appends("out.h").exit()
	sh = mk.recipe("tee.txt", "sh", "-c", "cat a.part | tee tee2.txt | cat - b.part | tee tee.txt")
	sh.run("cat").reads("a.part").appends("pipe:[3]").exit()
	sh.run("tee").reads("pipe:[3]").writes("tee2.txt").appends("pipe:[4]").exit()
	sh.run("cat").reads("pipe:[4]", "b.part").appends("pipe:[5]").exit()
	sh.run("tee").reads("pipe:[5]").writes("tee.txt").exit()
	wantDeps(t, b, "out.h", "gen.sh in.txt fix.sed tail.txt", DepsOptions{})
	wantDeps(t, b, "tee.txt", "a.part b.part", DepsOptions{})
	wantDeps(t, b, "tee2.txt", "a.part b.part", DepsOptions{})
	wantDeps(t, b, "tee2.txt", "a.part", DepsOptions{Flow: true})
	wantOutputs(t, b, "out.h tee.txt tee2.txt")
	out, err := b.graph().Outputs()
	if err != nil || out.Outputs[1].By[0] != "tee" || out.Outputs[2].Target != "tee.txt" {
		t.Errorf("outputs: %+v %v", out, err)
	}
}

func TestTrapBuiltTool(t *testing.T) {
	b, mk := makefile(t)
	compile(mk, "tool", "tool.c")
	mk.recipe("g1.c", "sh").fork().writes("g1.c").exec("./tool", "g1").reads("tool.cfg").appends("g1.c").exit()
	mk.recipe("g2.c", "sh").writes("g2.c").run("sh").exec("./tool", "g2").reads("tool.cfg").appends("g2.c").exit()
	sh := mk.recipe("g3.c", "sh")
	sh.run("cp").copies("tool", "tool.copy").exit()
	sh.fork().writes("g3.c").exec("./tool.copy", "g3").reads("tool.cfg").appends("g3.c").exit()
	sh.run("rm").unlink("tool.copy").exit()
	for _, g := range []string{"g1.c", "g2.c", "g3.c"} {
		wantDeps(t, b, g, "tool tool.cfg", DepsOptions{})
		wantDeps(t, b, g, "tool tool.cfg", DepsOptions{Flow: true})
	}
	wantWhy(t, b, "g3.c", "tool", "tool -copy-> tool.copy -execute-> g3.c")
	d, _ := b.graph().Deps("g1.c", "", DepsOptions{})
	if i := d.Inputs[0]; i.Path != "tool" || i.Class != Generated || !slices.Equal(i.Access, []string{"execute"}) {
		t.Errorf("the tool as an input: %+v", i)
	}
}

func TestTrapMakeFeatures(t *testing.T) {
	b, mk := makefile(t)
	b.kinds[b.inode("/p/parts")] = store.KindDirectory
	sh := mk.recipe("gram.c", "sh")
	sh.run("cp").copies("gram.y", "gram.c").exit()
	sh.fork().writes("gram.h").exit()
	mk.recipe("u.o", "cc").reads("u.c", "g.h").writes("u.o", "u.d").exit()
	mk.reads("u.d")
	mk.recipe("w.o", "cc").reads("w.c", "gram.h").writes("w.o").exit()
	mk.recipe("parts.out", "sh").touch("parts", store.AccessList).writes("parts.out").run("cat").reads("parts/1.txt", "parts/2.txt").appends("parts.out").exit()
	mk.recipe("link_dst.txt", "ln", "-f").link("link_src.txt", "link_dst.txt").exit()
	mk.recipe("hard.out", "sh").writes("hard.out").run("cat").reads("link_src.txt").appends("hard.out").exit()
	mk.recipe("ch.c", "cp").copies("ch.gen", "ch.c").exit()
	mk.recipe("ch.o", "cc").reads("ch.c").writes("ch.o").exit()
	mk.unlink("ch.c") // an intermediate file
	wantDeps(t, b, "gram.c", "gram.y", DepsOptions{})
	wantDeps(t, b, "gram.h", "gram.y", DepsOptions{})
	wantDeps(t, b, "u.o", "u.c g.h", DepsOptions{})
	wantDeps(t, b, "w.o", "w.c gram.h", DepsOptions{})
	wantDeps(t, b, "w.o", "w.c gram.h gram.y", DepsOptions{Transitive: true})
	wantDeps(t, b, "parts.out", "parts/1.txt parts/2.txt", DepsOptions{})
	if got := inputsOf(t, b.graph(), "parts.out", DepsOptions{All: true}); !slices.Contains(got, "parts") {
		t.Errorf("the directory listed is not among all inputs: %q", got)
	}
	wantDeps(t, b, "link_dst.txt", "", DepsOptions{})
	wantDeps(t, b, "hard.out", "link_src.txt", DepsOptions{})
	wantDeps(t, b, "ch.c", "ch.gen", DepsOptions{})
	wantDeps(t, b, "ch.o", "ch.c", DepsOptions{})
	wantDeps(t, b, "ch.o", "ch.c ch.gen", DepsOptions{Transitive: true})
	wantOutputs(t, b, "ch.o gram.c gram.h hard.out link_dst.txt parts.out u.d u.o w.o")
	wantRDeps(t, b, "gram.y", "gram.c gram.h w.o", false)
	wantRDeps(t, b, "ch.gen", "ch.c ch.o", false)
}

// A line of a recipe that reads without content flowing still counts for make.
func TestRecipeOfSeveralLines(t *testing.T) {
	b, mk := makefile(t)
	mk.recipe("out", "grep", "-q", "x", "check.txt").reads("check.txt").exit()
	mk.recipe("out", "cp", "in", "out").copies("in", "out").exit()
	wantDeps(t, b, "out", "check.txt in", DepsOptions{})
	wantDeps(t, b, "out", "in", DepsOptions{Flow: true})
	wantWhy(t, b, "out", "check.txt", "check.txt -recipe-> out")
	w, err := b.graph().Why("out", "check.txt", "")
	if err != nil || w.Flow || len(w.Steps) != 1 || w.Steps[0].Flow {
		t.Errorf("what was only read is told as if it had flowed: %+v %v", w, err)
	}
	wantWhy(t, b, "out", "in", "in -copy-> out")
	d, _ := b.graph().Deps("out", "", DepsOptions{})
	if d.How != HowRecipe || d.Recipe == nil || d.Recipe.Tool != "make" || d.Recipe.Named != "tag" ||
		!slices.Equal(d.Recipe.Lines, []string{"grep -q x check.txt", "cp in out"}) {
		t.Errorf("the recipe: %+v", d.Recipe)
	}
}

// What comes through a pipe from outside of the recipe is an input of it.
func TestRecipeInheritsPipe(t *testing.T) {
	b := newBuild(t, "/p")
	sh := b.start(".", "sh", "build.sh")
	sh.run("gen").reads("spec").appends("pipe:[1]").exit()
	mk := sh.run("make").tags(0).reads("Makefile")
	mk.recipe("out", "sh").writes("out").run("cat").reads("pipe:[1]").appends("out").exit()
	wantDeps(t, b, "out", "spec", DepsOptions{})
	wantRDeps(t, b, "spec", "out", true)
}

func TestRecipeInheritedStdin(t *testing.T) {
	b, mk := makefile(t)
	mk.holds(0, "answers", true, false)
	mk.recipe("out", "sh").writes("out").run("cat").holds(0, "answers", true, false).reads("answers").appends("out").exit()
	mk.recipe("other", "cc").holds(0, "answers", true, false).reads("x.c").writes("other").exit()
	wantDeps(t, b, "out", "answers", DepsOptions{})
	wantDeps(t, b, "other", "x.c", DepsOptions{})
}

// Temporary files in /tmp pass on what another recipe put there.
func TestRecipeTemporaryOfAnother(t *testing.T) {
	b, mk := makefile(t)
	mk.recipe("a", "gen").reads("spec").writes("/tmp/shared", "a").exit()
	mk.recipe("b", "use").reads("/tmp/shared").writes("b").exit()
	wantDeps(t, b, "b", "spec", DepsOptions{})
	wantRDeps(t, b, "spec", "a b", true)
}

// A file that recipes pass around and that is nobody's target is passed through,
// like any that is made and gone (cmake counts its progress in one).
func TestRecipeSharedScratch(t *testing.T) {
	b, mk := makefile(t)
	mk.recipe("a", "gen").reads("spec").writes("count", "a").exit()
	mk.recipe("b", "use").reads("count", "other").writes("count", "b").exit()
	mk.unlink("count")
	wantDeps(t, b, "a", "spec", DepsOptions{})
	wantDeps(t, b, "b", "other spec", DepsOptions{})
	wantRDeps(t, b, "spec", "a b", true)
}

func TestRecipeTakesOverByRename(t *testing.T) {
	b, mk := makefile(t)
	mk.recipe("new", "gen").reads("spec").writes("new").exit()
	mk.recipe("final", "mv", "new", "final").rename("new", "final").exit()
	wantDeps(t, b, "final", "spec", DepsOptions{Flow: true})
}

func TestJobserverIsNoFlow(t *testing.T) {
	for _, how := range []string{"make reads and writes it", "told by the environment", "fifo"} {
		b, mk := makefile(t)
		pipe := "pipe:[9]"
		mk.env.Jobserver = "3,4"
		if how == "fifo" {
			pipe = "/tmp/GMfifo12"
			b.kinds[b.inode(pipe)] = store.KindFIFO
			mk.env.Jobserver = "fifo:" + pipe
		}
		mk.appends(pipe)
		if how == "make reads and writes it" {
			mk.reads(pipe)
		}
		a := mk.recipe("a", "cc").holds(3, pipe, true, false).holds(4, pipe, false, true)
		a.reads("a.c", pipe).writes("a").appends(pipe).exit()
		c := mk.recipe("b", "cc").holds(3, pipe, true, false).holds(4, pipe, false, true)
		c.reads("b.c", pipe).writes("b").appends(pipe).exit()
		if how == "make reads and writes it" {
			b.held = nil
		}
		wantDeps(t, b, "a", "a.c", DepsOptions{})
		wantDeps(t, b, "b", "b.c", DepsOptions{Flow: true})
		wantRDeps(t, b, "a.c", "a", false)
	}
}

func TestMakesOwnPipesAreNoFlow(t *testing.T) {
	b, mk := makefile(t)
	mk.run("cat", "version").reads("version").appends("pipe:[3]").exit() // $(shell cat version)
	mk.reads("pipe:[3]")
	mk.writes("list.txt") // $(file > list.txt)
	mk.recipe("a", "cc").reads("a.c").writes("a").exit()
	wantDeps(t, b, "a", "a.c", DepsOptions{})
	wantDeps(t, b, "list.txt", "Makefile", DepsOptions{})
}

// A recipe that failed says so, unless its tool was told not to mind.
func TestFailedRecipe(t *testing.T) {
	ends := func(p *proc, code, signal int) {
		p.exit()
		p.b.procs[p.id-1].ExitCode, p.b.procs[p.id-1].Signal = code, signal
	}
	b, mk := makefile(t)
	ends(mk.recipe("bad.o", "cc", "-c", "bad.c").reads("bad.c"), 1, 0)
	ends(mk.recipe("half", "gen").reads("in").writes("half"), 0, 11)
	ends(mk.recipe("gone", "gen").reads("in").writes("gone").unlink("gone"), 1, 0)
	ends(mk.recipe("went-on", "rm", "x"), 1, 0)
	ends(mk.recipe("went-on", "cp", "in", "went-on").reads("in").writes("went-on"), 0, 0)
	ends(mk.recipe("again", "cc").reads("again.c"), 1, 0)
	ends(mk.recipe("again", "cc").reads("again.c").writes("again"), 0, 0)
	ends(mk, 2, 0)
	type end struct {
		failed          Failure
		written, exists bool
	}
	check := func(target string, want end) {
		t.Helper()
		d, err := b.graph().Deps(target, "", DepsOptions{})
		if err != nil || d.Recipe == nil {
			t.Fatalf("deps %s: %+v %v", target, d, err)
		}
		got := end{written: d.Written, exists: d.Exists}
		if d.Recipe.Failed != nil {
			got.failed = *d.Recipe.Failed
		}
		if got != want {
			t.Errorf("deps %s: got %+v, want %+v", target, got, want)
		}
	}
	check("bad.o", end{Failure{ExitCode: 1}, false, false})
	check("half", end{Failure{Signal: 11}, true, true})
	check("gone", end{Failure{ExitCode: 1}, true, false})
	check("went-on", end{Failure{}, true, true})
	check("again", end{Failure{}, true, true})
	ends(mk, 0, 0) // make -i
	check("half", end{Failure{}, true, true})
}

// A recipe that only looks whether its target is there did not make it.
func TestRecipeThatDidNotMakeItsTarget(t *testing.T) {
	b := newBuild(t, "/p")
	sh := b.start(".", "sh", "-c", "./configure && make")
	sh.run("sh", "configure").reads("configure", "config.h.in").writes("config.h").exit()
	mk := sh.run("make").tags(0)
	mk.recipe("config.h", "test", "-f", "config.h").reads("probe").exit()
	mk.recipe("sub.h", "test", "-f", "sub.h").exit()
	mk.recipe("stamp", "sh").reads("sub.h.in").writes("sub.h", "stamp").exit()
	mk.exit()
	wantDeps(t, b, "config.h", "config.h.in configure probe", DepsOptions{})
	wantDeps(t, b, "config.h", "config.h.in configure", DepsOptions{Flow: true})
	wantDeps(t, b, "sub.h", "sub.h.in", DepsOptions{})
	d, err := b.graph().Deps("config.h", "", DepsOptions{})
	if err != nil || d.How != HowFlow || d.Recipe != nil {
		t.Errorf("config.h: %+v %v", d, err)
	}
	d, err = b.graph().Deps("sub.h", "", DepsOptions{})
	if err != nil || d.How != HowRecipe || d.Recipe == nil || d.Recipe.Target != "stamp" {
		t.Errorf("sub.h: %+v %v", d, err)
	}
}
