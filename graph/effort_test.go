package graph

import (
	"errors"
	"strings"
	"testing"
)

func TestEffort(t *testing.T) {
	for name, c := range map[string]struct {
		build func(b *build, mk *proc)
		want  Effort
		hint  string
	}{
		"nothing": {
			func(*build, *proc) {}, Effort{Tool: "make", Idle: true},
			"make ran no recipe: if everything was up to date, capture a clean build",
		},
		"sub-makes with nothing to do": {
			func(_ *build, mk *proc) { mk.recipe("sub", "make", "-C", "sub").tags(1).exit() },
			Effort{Tool: "make", Recipes: 1, Idle: true},
			"no recipe that make ran made a file: if everything was up to date, capture a clean build",
		},
		"something": {
			func(_ *build, mk *proc) { mk.recipe("x.o", "cc").reads("x.c").writes("x.o").exit() },
			Effort{Tool: "make", Recipes: 1}, "",
		},
	} {
		b, mk := makefile(t)
		c.build(b, mk)
		mk.exit()
		for _, how := range []string{"worked out", "annotated"} {
			got, err := b.graph().Effort()
			if err != nil || got != c.want || got.Hint() != c.hint {
				t.Errorf("%s, %s: %+v %q %v", name, how, got, got.Hint(), err)
			}
			b.annotate()
		}
	}
	b, sh := script(t)
	sh.run("cc").reads("a").writes("out").exit()
	if e, err := b.graph().Effort(); err != nil || e.Hint() != "" {
		t.Errorf("a build without a build tool: %+v %v", e, err)
	}
}

// Of a trace of next to nothing an unknown name says why it may be unknown.
func TestUnknownInIncrementalBuild(t *testing.T) {
	b, mk := makefile(t)
	want := func(name, want string) {
		t.Helper()
		_, err := b.graph().Deps(name, "", DepsOptions{})
		if !errors.As(err, new(*UnknownError)) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	want("lexer.o", `no target "lexer.o" in this trace (make ran no recipe: if everything was up to date, capture a clean build)`)
	mk.recipe("main.o", "cc").reads("main.c").writes("main.o").exit()
	want("lexer.o", `no target "lexer.o" in this trace (make ran only 1 recipe: what was up to date, or has no command, is not in a trace)`)
	for _, name := range strings.Split("abcdefghij", "") {
		mk.recipe(name, "echo").writes(name).exit()
	}
	want("all", `no target "all" in this trace (it holds files, and the targets whose recipes ran a command)`)
	want("mian.o", `no target "mian.o" in this trace; did you mean "main.o", "main.c"?`)
}
