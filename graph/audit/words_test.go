package audit

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestIgnore(t *testing.T) {
	for _, c := range []struct {
		patterns string
		kind     Kind
		input    string
		target   string
		want     bool
	}{
		{"", Missing, "a.h", "a.o", false},
		{"*.h", Missing, "inc/a.h", "a.o", true},
		{"*.h", Missing, "a.c", "a.o", false},
		{"a.o", Missing, "a.h", "lib/a.o", true},
		{"inc/*.h", Missing, "inc/a.h", "a.o", true},
		{"inc/*.h", Missing, "inc/sub/a.h", "a.o", false},
		{"inc/**/*.h", Missing, "inc/sub/deep/a.h", "a.o", true},
		{"inc/**", Missing, "inc/a.h", "a.o", true},
		{"**/a.h", Missing, "a.h", "a.o", true},
		{"inc/", Missing, "inc/sub/a.h", "a.o", true},
		{"inc/", Missing, "include/a.h", "a.o", false},
		{"*.h\n!a.h", Missing, "inc/a.h", "a.o", false},
		{"race:*.h", Missing, "a.h", "a.o", false},
		{"race:*.h", Race, "a.h", "a.o", true},
		{"# *.h\n\n", Missing, "a.h", "a.o", false},
	} {
		var g Ignore
		if err := g.Read(strings.NewReader(c.patterns)); err != nil {
			t.Errorf("%q: %v", c.patterns, err)
		}
		if got := g.Matches(Finding{Kind: c.kind, Input: c.input, Target: c.target}); got != c.want {
			t.Errorf("%q ignores %s of %s: %v, want %v", c.patterns, c.input, c.target, got, c.want)
		}
	}
	for _, bad := range []string{"[", "!", "a/[x"} {
		var g Ignore
		if g.Add(bad) == nil {
			t.Errorf("the pattern %q was taken", bad)
		}
	}
}

// What the tools say, in pieces as a pipe gives them.
func TestSayings(t *testing.T) {
	make := newMakeParser(true)
	for _, piece := range []string{
		"GNU Make 4.3\nConsidering target file 'all'.\n  Considering tar", "get file 'it's a.o'.\n",
		"    Must remake target 'it's a.o'.\ncc -c a.c\n", "   Must remake target `old.o'.\nMust remake target '", "'.\n",
	} {
		if n, err := make.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatalf("Write: %d, %v", n, err)
		}
	}
	want := answer{remade: map[string]bool{"it's a.o": true, "old.o": true}, considered: map[string]bool{"all": true, "it's a.o": true}}
	if d := cmp.Diff(want.remade, make.answer().remade); d != "" {
		t.Errorf("remade (-want +got):\n%s", d)
	}
	if d := cmp.Diff(want.considered, make.answer().considered); d != "" {
		t.Errorf("considered (-want +got):\n%s", d)
	}
	ninja := newNinjaParser()
	for _, line := range []string{
		"ninja explain: output gen.h older than most recent input ../seed.txt (1 vs 2)\n", "ninja explain: b/a.o is dirty\n",
		"ninja explain: output x y.o doesn't exist\n", "[1/2] Building\n", "ninja explain: restat of output r.o older than inputs\n",
	} {
		_, _ = ninja.Write([]byte(line))
	}
	if d := cmp.Diff(map[string]bool{"gen.h": true, "b/a.o": true, "x y.o": true, "r.o": true}, ninja.answer().remade); d != "" {
		t.Errorf("ninja (-want +got):\n%s", d)
	}
}

func TestMakeName(t *testing.T) {
	for name, want := range map[string]string{
		"a.h": "a.h", "a b": `a\ b`, "$x#": `$$x\#`, "c:d": `c\:d`, "50%": "50%",
		"a\nb": "", "a;b": "", "a|b": "", "*.h": "", `a\b`: "", "": "",
	} {
		if got, ok := makeName(name); ok != (want != "") || ok && got != want {
			t.Errorf("makeName(%q) = %q, %v, want %q", name, got, ok, want)
		}
	}
}

func TestLines(t *testing.T) {
	got := lines(map[string][]string{"b.h": {"y.o", "x.o"}, "a.h": {"x.o", "y.o"}, "c.h": {"x.o"}, "d.h": nil}, ": ")
	if d := cmp.Diff([]string{"x.o: c.h", "x.o y.o: a.h b.h"}, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestBookkeeping(t *testing.T) {
	for p, want := range map[string]bool{
		"/p/b/CMakeFiles/progress.marks": true, "/p/b/CMakeFiles/app.dir/compiler_depend.ts": true,
		"/p/b/CMakeFiles/app.dir/sub/a.c.o.d": true, "/p/b/CMakeFiles/app.dir/cmake_clean.cmake": true,
		"/p/b/CMakeFiles/app.dir/a.c.o": false, "/p/CMakeLists.txt": false, "/p/a.d": false, "/p/b/CMakeFiles/app.dir/link.txt": false,
	} {
		if got := ownedByGenerator(p); got != want {
			t.Errorf("%s: %v, want %v", p, got, want)
		}
	}
}
