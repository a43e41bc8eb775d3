package graph

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSharesProject(t *testing.T) {
	for _, c := range []struct {
		root, file string
		want       bool
	}{
		{"/home/ada/calc/build", "/home/ada/calc/main.c", true},
		{"/home/ada/calc/out/debug", "/home/ada/calc/main.c", true},
		{"/tmp/calc/build", "/tmp/calc/main.c", true},
		{"/usr/src/calc/build", "/usr/src/calc/main.c", true},
		{"/home/ada/calc", "/home/ada/calc/main.c", false}, // below the root
		{"/home/ada/calc", "/home/ada/.cargo/lib.rs", false},
		{"/home/ada/calc", "/usr/include/stdio.h", false},
		{"/usr/src/calc", "/usr/include/stdio.h", false},
		{"/usr/src/calc", "/usr/src/linux/x.h", false},
		{"/var/tmp/calc", "/var/tmp/cc1.s", false},
		{"/tmp/calc", "/tmp/cc1.s", false},
		{"/", "/main.c", false},
		{"/home/ada/calc/build", "pipe", false},
	} {
		b := newBuild(t, c.root)
		if got := newTrace(b).sharesProject(c.file); got != c.want {
			t.Errorf("root %s, file %s: %t", c.root, c.file, got)
		}
	}
}

func TestCommandFrom(t *testing.T) {
	for _, c := range []struct {
		argv []string
		want string
	}{
		{nil, "make -C build"},
		{[]string{"make", "-j2", "a b"}, "make -C build -j2 'a b'"},
		{[]string{"/usr/bin/ninja"}, "/usr/bin/ninja -C build"},
		{[]string{"cmake", "--build", ".", "-j2"}, "cmake --build build -j2"},
		{[]string{"./mk", "it's"}, `sh -c 'cd build && ./mk '\''it'\''\'\'''\''s'\'''`},
	} {
		if got := commandFrom(c.argv, "build"); got != c.want {
			t.Errorf("%q: %s, want %s", c.argv, got, c.want)
		}
	}
}

// A build in a directory of its own: its sources are above.
func TestOutside(t *testing.T) {
	b, mk := makefile(t)
	b.root, b.meta.Root = "/p/calc/build", "/p/calc/build"
	mk.cwd = b.root
	mk.reads("/p/calc/common.mk") // by make itself
	mk.recipe("main.o", "cc").reads("/p/calc/main.c", "/p/calc/main.h", "/usr/include/stdio.h").writes("/p/calc/build/main.o").exit()
	mk.recipe("app", "ld").reads("/p/calc/build/main.o").writes("/p/calc/build/app").exit()
	want := Outside{
		Files: 2, First: []string{"/p/calc/main.c", "/p/calc/main.h"}, Dir: "/p/calc",
		Capture: "cd /p/calc && buildgraph capture -- make -C build",
	}
	g := New(b)
	got, err := g.Outside()
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("of the build, %v (-want +got):\n%s", err, d)
	}
	for target, want := range map[string]Outside{"main.o": want, "app": {}} {
		deps, err := g.Deps(target, b.root, DepsOptions{})
		if d := cmp.Diff(want, deps.Outside); err != nil || d != "" {
			t.Errorf("of %s, %v (-want +got):\n%s", target, err, d)
		}
	}
	deps, err := g.Deps("app", b.root, DepsOptions{Transitive: true})
	if d := cmp.Diff(want, deps.Outside); err != nil || d != "" {
		t.Errorf("of app and on, %v (-want +got):\n%s", err, d)
	}
}
