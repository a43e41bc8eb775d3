package graph

import (
	"fmt"
	"strings"
	"testing"
)

// actionLines shows an action graph as lines, without the tools and their library.
func actionLines(a ActionGraph) string {
	var b strings.Builder
	for _, f := range a.Files {
		fmt.Fprintf(&b, "%s %s %d %d\n", f.Path, f.Class, f.Readers, f.Writers)
	}
	for _, act := range a.Actions {
		what := fmt.Sprintf("recipe %d", act.Recipe)
		if act.Recipe == 0 {
			what = fmt.Sprintf("process %d", act.Process)
		}
		fmt.Fprintf(&b, "%s:", what)
		for _, n := range act.Inputs {
			if f := a.Files[n]; f.Class != Tool && !strings.Contains(f.Path, "libc.so") {
				b.WriteString(" " + f.Path)
			}
		}
		b.WriteString(" ->")
		for _, n := range act.Outputs {
			b.WriteString(" " + a.Files[n].Path)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Files and what was made from them: through a temporary file, by one recipe for two
// outputs, over a rename and a link; system files are inputs too, noise is not.
func TestActions(t *testing.T) {
	b, mk := makefile(t)
	cc := mk.recipe("a.o", "sh", "-c", "cc -c a.c")
	one := cc.run("cc1", "a.c").reads("a.c", "/usr/include/stdio.h", "/etc/ld.so.cache").writes("/tmp/t.s")
	one.exit()
	cc.run("as").reads("/tmp/t.s").writes("a.o").unlink("/tmp/t.s").exit()
	cc.exit()
	yacc := mk.recipe("y.c", "yacc").reads("y.y").writes("y.c", "y.h")
	yacc.exit()
	ld := mk.recipe("app", "ld").reads("a.o", "y.h").writes("app.tmp").rename("app.tmp", "app")
	ld.exit()
	mk.recipe("alias", "ln").link("app", "alias").exit()
	mk.recipe("soft", "ln", "-s").symlink("app", "soft").exit()
	mk.recipe("check", "cmp").reads("app", "y.h").exit()
	mk.exit()
	got, err := b.graph().Actions()
	if err != nil {
		t.Fatal(err)
	}
	out := actionLines(got)
	for _, want := range []string{
		"/usr/include/stdio.h system 1 0\n", "a.c project 1 0\n", "y.h generated 2 1\n", "app generated 1 1\n", "alias generated 0 1\n", "soft generated 0 1\n",
		"recipe 1: /usr/include/stdio.h a.c -> a.o\n",
		"recipe 2: y.y -> y.c y.h\n",
		"recipe 3: a.o y.h -> alias app\n",
		"recipe 4: app -> alias app\n",
		"recipe 5: -> soft\n",
		"recipe 6: app y.h ->\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	for _, unwanted := range []string{"/tmp", "recipe 7", "process"} {
		if strings.Contains(out, unwanted) {
			t.Errorf("there is %q in\n%s", unwanted, out)
		}
	}
}

// Where no recipe is known, the process that wrote a file answers for it.
func TestActionsWithoutRecipes(t *testing.T) {
	b := newBuild(t, "/p")
	sh := b.start("/p", "sh", "build.sh").reads("build.sh")
	gen := sh.run("gen").reads("in").writes("out")
	gen.exit()
	sh.exit()
	got, err := b.graph().Actions()
	if err != nil {
		t.Fatal(err)
	}
	out := actionLines(got)
	if want := fmt.Sprintf("process %d: build.sh in -> out\n", gen.id); !strings.HasSuffix(out, want) {
		t.Errorf("it ends not with %q:\n%s", want, out)
	}
}

// On random builds the ends of actions are places of files, ascending, and what is
// made from what is as Deps says.
func TestActionsLikeDeps(t *testing.T) {
	for seed := range uint64(20) {
		b := random(t, seed)
		g := b.graph()
		a, err := g.Actions()
		if err != nil {
			t.Fatal(err)
		}
		checked := 0
		for _, act := range a.Actions {
			for _, list := range [][]int{act.Inputs, act.Outputs} {
				for i, n := range list {
					if n < 0 || n >= len(a.Files) || i > 0 && list[i-1] >= n {
						t.Fatalf("seed %d: places %v of %d files", seed, list, len(a.Files))
					}
				}
			}
			if act.Recipe == 0 {
				continue
			}
			in := map[string]bool{}
			for _, n := range act.Inputs {
				in[a.Files[n].Path] = true
			}
			for _, n := range act.Outputs {
				d, err := g.Deps(a.Files[n].Path, "", DepsOptions{})
				if err != nil || d.Recipe == nil || len(actionsFor(a, n)) != 1 {
					continue
				}
				for _, i := range d.Inputs {
					checked++
					if !in[i.Path] && i.Path != a.Files[n].Path {
						t.Errorf("seed %d: %s was made from %s, which its recipe %d does not have", seed, a.Files[n].Path, i.Path, act.Recipe)
					}
				}
			}
		}
		if seed == 0 && checked == 0 {
			t.Error("nothing was compared")
		}
	}
}

// actionsFor lists the actions that made a file.
func actionsFor(a ActionGraph, file int) (list []int) {
	for i, act := range a.Actions {
		for _, n := range act.Outputs {
			if n == file {
				list = append(list, i)
			}
		}
	}
	return list
}
