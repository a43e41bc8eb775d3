package graph

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"buildgraph/store"
)

// What a compiler's command line compiles, and with which arguments; "" for nothing.
func TestCompiles(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"-c a.c", "-c : a.c"},
		{"a.c -o a -lm -Llib -Wl,-s -s -shared", "-c -Wl,-s : a.c : a"},
		{"-MMD -MP -MF a.d -MT a.o -c a.c -o a.o", "-c : a.c : a.o"},
		{"-M a.c", ""},
		{"-MM -c a.c", ""},
		{"-E a.c", ""},
		{"-o a a.o b.o", ""},
		{"--version", ""},
		{"-D X=a.c -Ia.c -I b.c -include c.c a.c -c", "-D X=a.c -Ia.c -I b.c -include c.c -c : a.c"},
		{"-c a.c b.cpp c.s", "-c : a.c b.cpp c.s"},
		{"-c a.c -o", "-c -o : a.c"},
		{"@flags -c a.c", "@flags -c : a.c"},
		{"-S a.c", "-S : a.c"},
		{"-std=c99 -nostdlib -fuse-ld=gold -static a.c", "-c -std=c99 -fuse-ld=gold : a.c"},
		{"-arch x.c -c a.c", "-arch -c : x.c a.c"},
		{"", ""},
	} {
		if got := shown(gccFlags, c.line); got != c.want {
			t.Errorf("gcc %s:\n got %q\nwant %q", c.line, got, c.want)
		}
	}
	if got, want := shown(clangFlags, "-arch x.c -segprot a.c b.c c.c -c a.c"), "-arch x.c -segprot a.c b.c c.c -c : a.c"; got != want {
		t.Errorf("clang: got %q, want %q", got, want)
	}
}

func shown(set flagSet, line string) string {
	c, ok := set.compiles(strings.Fields(line))
	if !ok {
		return ""
	}
	s := strings.Join(c.arguments, " ") + " : " + strings.Join(c.sources, " ")
	if c.hasOutput {
		s += " : " + c.output
	}
	return s
}

// An empty word is no source, but may be a flag's argument.
func TestCompilesEmptyWord(t *testing.T) {
	if _, ok := gccFlags.compiles([]string{"-c", "", "a.c"}); ok {
		t.Error("an empty word was taken for something")
	}
	if c, ok := gccFlags.compiles([]string{"-D", "", "a.c"}); !ok || len(c.sources) != 1 {
		t.Errorf("an empty argument: %+v, %v", c, ok)
	}
}

// Whatever the words, each is used once and in order.
func FuzzCompileFlags(f *testing.F) {
	f.Add("-c a.c -o a.o -I x -sectA b c d -MF")
	f.Fuzz(func(t *testing.T, line string) {
		words := strings.Split(line, " ")
		for _, set := range []flagSet{gccFlags, clangFlags} {
			flags, ok := set.parse(words)
			if !ok {
				continue
			}
			var all []string
			for _, f := range flags {
				all = append(all, f.words...)
			}
			if diff := cmp.Diff(words, all); diff != "" {
				t.Fatalf("%q: %s", words, diff)
			}
		}
	})
}

// Only what was executed by a compiler's name counts, its sources as they were at the
// end, once for a file and an output; of a target, what leads to it.
func TestCompileCommands(t *testing.T) {
	b, mk := makefile(t)
	gcc := func(target string, words ...string) {
		cc := mk.recipe(target, append([]string{"/usr/bin/gcc"}, words...)...)
		src := words[len(words)-1]
		cc.run("/usr/lib/cc1", src).reads(src).writes(target).exit()
		cc.exit()
	}
	gcc("a.o", "-c", "-o", "a.o", "a.c")
	gcc("a.o", "-DAGAIN", "-c", "-o", "a.o", "a.c")
	gcc("b.o", "-c", "-o", "b.o", "../p/./b.c")
	gcc("gone.o", "-c", "-o", "gone.o", "gone.c")
	mk.recipe("clean", "rm").unlink("gone.c").exit()
	mk.recipe("app", "/usr/bin/gcc", "-o", "app", "a.o").reads("a.o").writes("app").exit()
	mk.exit()
	entry := func(name, spelt string) CompileCommand {
		return CompileCommand{"/p", "/p/" + name + ".c", "/p/" + name + ".o", []string{"/usr/bin/gcc", "-c", "-o", name + ".o", spelt}}
	}
	for _, c := range []struct {
		target string
		want   []CompileCommand
	}{
		{"", []CompileCommand{entry("a", "a.c"), entry("b", "../p/./b.c")}},
		{"app", []CompileCommand{entry("a", "a.c")}},
		{"b.o", []CompileCommand{entry("b", "../p/./b.c")}},
	} {
		got, err := b.graph().CompileCommands(PartOptions{Target: c.target})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.target, diff)
		}
	}
}

// A name in PATH counts only where it can lead to what was executed.
func TestCompilerInPath(t *testing.T) {
	for name, c := range map[string]struct {
		kind store.FileKind // of what stands under the name in the first directory
		argv []string       // of what is executed, in /usr/bin
		want string
	}{
		"searched in vain":      {store.KindAbsent, []string{"gcc", "-c", "a.c"}, "/usr/bin/gcc"},
		"not to be searched":    {store.KindUnknown, []string{"gcc", "-c", "a.c"}, "/usr/bin/gcc"},
		"not to be executed":    {store.KindRegular, []string{"gcc", "-c", "a.c"}, "/usr/bin/gcc"},
		"a directory":           {store.KindDirectory, []string{"gcc", "-c", "a.c"}, "/usr/bin/gcc"},
		"a link":                {store.KindSymlink, []string{"gcc", "-c", "a.c"}, "/first/gcc"},
		"a compiler of ccache":  {store.KindRegular, []string{"ccache", "gcc", "-c", "a.c"}, "/first/gcc"},
		"that cannot be looked": {store.KindUnknown, []string{"ccache", "gcc", "-c", "a.c"}, "/usr/bin/gcc"},
	} {
		t.Run(name, func(t *testing.T) {
			b, mk := makefile(t)
			b.search = "/first:/usr/bin"
			ino := uint64(0)
			if c.kind != store.KindAbsent && c.kind != store.KindUnknown {
				ino = b.inode("/first/gcc")
				b.kinds[ino] = c.kind
			}
			cc := mk.recipe("a.o", c.argv...)
			row := b.row("/first/gcc", ino)
			b.files[row-1].Kind = c.kind
			cc.touchRow(row, store.AccessStat).run("/usr/lib/cc1", "a.c").reads("a.c").writes("a.o").exit()
			cc.exit()
			mk.exit()
			list, err := b.graph().CompileCommands(PartOptions{})
			if err != nil || len(list) != 1 {
				t.Fatalf("%v: %+v", err, list)
			}
			if got := list[0].Arguments[0]; got != c.want {
				t.Errorf("the compiler is %s, want %s", got, c.want)
			}
		})
	}
}
