package graph

import (
	"slices"
	"testing"

	"buildgraph/store"
)

// recipesOf attributes a build and lists the shown targets, by recipe.
func recipesOf(t *testing.T, b *build) []string {
	t.Helper()
	rs, _, err := Attribute(b)
	if err != nil {
		t.Fatal(err)
	}
	tr := newTrace(b)
	var got []string
	for i, r := range rs {
		if r.ID != uint32(i+1) {
			t.Errorf("recipe %d has ID %d", i+1, r.ID)
		}
		s := tr.rel(targetPath(r))
		if r.Target == "" {
			s = "?"
		}
		got = append(got, s+" "+r.How)
	}
	return got
}

func wantRecipes(t *testing.T, b *build, want ...string) {
	t.Helper()
	if got := recipesOf(t, b); !slices.Equal(got, want) {
		t.Errorf("recipes:\n got %q\nwant %q", got, want)
	}
}

func TestAttributeLinesOfOneRecipe(t *testing.T) {
	b, mk := makefile(t)
	mk.recipe("a", "mkdir", "-p", "d").exit()
	mk.recipe("a", "cc").run("cc1").reads("a.c").writes("a").exit()
	mk.recipe("b", "cc").reads("b.c").writes("b").exit()
	wantRecipes(t, b, "a tag", "b tag")
	_, members, _ := Attribute(b)
	if members[1] != 0 || members[2] != 1 || members[3] != 1 || members[4] != 1 || members[5] != 2 {
		t.Errorf("members: %v", members)
	}
}

// A child of $(shell ...) gets make's own environment, in a nested make with the
// outer recipe's target in it.
func TestAttributeShellFunction(t *testing.T) {
	b, mk := makefile(t)
	mk.run("uname").exit()
	sub := mk.recipe("sub", "make", "-C", "sub").tags(1).chdir("sub")
	sub.run("uname").exit()
	sub.recipe("x", "cc").writes("x").exit()
	wantRecipes(t, b, "sub tag", "sub/x tag")
	_, members, _ := Attribute(b)
	if members[2] != 0 || members[3] != 1 || members[4] != 0 || members[5] != 2 {
		t.Errorf("members: %v", members)
	}
}

// GNU make 4.4 exports to $(shell ...) too: outside of a recipe $@ is empty.
func TestAttributeShellFunctionExported(t *testing.T) {
	b, mk := makefile(t)
	mk.recipe("", "uname").exit()
	wantRecipes(t, b)
}

// A make that cleared MAKEFLAGS does not name its recipes; its children have
// inherited the name of the recipe that it runs in.
func TestAttributeClearedFlags(t *testing.T) {
	b, mk := makefile(t)
	sub := mk.recipe("sub", "make", "-C", "sub").chdir("sub")
	sub.env.Tags = false
	b.envs[b.execs[sub.image-1].Env-1] = sub.env
	for _, f := range []string{"x", "y"} {
		c := sub.fork()
		c.env = store.EnvMake{Target: "sub", HasTarget: true, Level: sub.env.Level + 1}
		c.exec("cc").reads(f + ".c").writes(f + ".o").exit()
	}
	wantRecipes(t, b, "sub tag", "sub/x.o output", "sub/y.o output")
	wantDeps(t, b, "sub/x.o", "sub/x.c", DepsOptions{})
}

// Without names, the lines that write one file are one recipe.
func TestAttributeUntaggedMake(t *testing.T) {
	b := newBuild(t, "/p")
	mk := b.start(".", "make").reads("Makefile")
	line := func(argv ...string) *proc {
		c := mk.fork()
		c.env.Level = mk.env.Level + 1
		return c.exec(argv...)
	}
	line("cc", "-MMD", "-o", "a.o.tmp").reads("a.c").writes("a.o.tmp", "a.d").exit()
	line("mv").rename("a.o.tmp", "a.o").exit()
	line("rm", "-f", "lib.a").unlink("lib.a").exit()
	line("ar", "cr", "lib.a").reads("a.o").writes("lib.a").exit()
	line("echo", "done").exit()
	wantRecipes(t, b, "a.o output", "lib.a output", "? ")
	wantDeps(t, b, "a.o", "a.c", DepsOptions{})
	wantDeps(t, b, "lib.a", "a.o", DepsOptions{})
}

func TestAttributeNinja(t *testing.T) {
	b := newBuild(t, "/p")
	nj := b.start(".", "ninja").reads("build.ninja").writes(".ninja_log")
	for _, x := range []string{"a", "b"} {
		sh := nj.run("/bin/sh", "-c", "cc -MMD -o "+x+".o")
		sh.run("cc", "-o", x+".o").reads(x+".c", "h.h").writes(x+".o", x+".o.d").exit()
		sh.exit()
		nj.reads(x + ".o.d").unlink(x + ".o.d")
	}
	nj.run("/bin/sh", "-c", "ld").run("ld", "-o", "out/prog").reads("a.o", "b.o").writes("out/prog").exit()
	wantRecipes(t, b, "a.o output", "b.o output", "out/prog output")
	wantDeps(t, b, "a.o", "a.c h.h", DepsOptions{})
	wantDeps(t, b, "out/prog", "a.o b.o", DepsOptions{})
	wantOutputs(t, b, ".ninja_log a.o b.o out/prog")
	wantRDeps(t, b, "h.h", "a.o b.o out/prog", false)
	d, _ := b.graph().Deps("a.o", "", DepsOptions{})
	if d.Recipe.Tool != "ninja" || d.Recipe.Named != "output" || !slices.Equal(d.Recipe.Lines, []string{"cc -MMD -o a.o"}) {
		t.Errorf("recipe: %+v", d.Recipe)
	}
}

// Make that executes itself again (a makefile was remade) is the same make; a
// process that make forked is not make until it executes it.
func TestAttributeReexecutedMake(t *testing.T) {
	b, mk := makefile(t)
	mk.recipe("config.mk", "sh").writes("config.mk").exit()
	mk.exec("make").reads("Makefile", "config.mk")
	mk.recipe("a", "sh", "-c", "make -C sub").exec("make", "-C", "sub").tags(1).chdir("sub").
		recipe("x", "cc").writes("x").exit()
	mk.fork().run("cc").writes("odd").exit() // a child that never executes: no name
	wantRecipes(t, b, "config.mk tag", "a tag", "sub/x tag")
	wantDeps(t, b, "a", "", DepsOptions{})
}

func TestToolNames(t *testing.T) {
	for name, want := range map[string]toolKind{
		"make": makeTool, "gmake": makeTool, "gnumake": makeTool, "remake": makeTool, "make-4.4": makeTool, "make4.3": makeTool,
		"bmake": bsdTool, "pmake": bsdTool, "ninja": edgeTool, "ninja-build": edgeTool, "samu": edgeTool, "n2": edgeTool,
		"cmake": notTool, "qmake": notTool, "automake": notTool, "makeinfo": notTool, "ninja.py": notTool, "sh": notTool,
	} {
		if got := toolNamed(name); got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
}
