package declared

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const ninjaBuild = `# comment
cflags = -O2
dir = out$ dir
rule cc
  command = cp $in $out && $
      printf '%s: hdr.h\n' $out > $out.d
  depfile = $out.d
  deps = gcc
rule plain
  command = cat $in > $out
  depfile = $df
rule both
  command = touch $out

include more.ninja
subninja sub.ninja
build a.o: cc a.c | implicit.h || order
  cflags = $cflags -g
build order: phony gen.h
build gen.h: plain ./gen.in
build $dir/x$:y: plain in$ 1
  df = own.d
build one two | three: both a.c |@ check
build check: both
build FORCE: phony
build stale: both FORCE
build a.c: phony
build all: phony a.o gen.h $dir/x$:y one two sub.out $
    more.out stale
default all
`

func ninjaTree(t testing.TB) string {
	t.Helper()
	dir := tree(t, map[string]string{
		"build.ninja": ninjaBuild, "more.ninja": "build more.out: both ${cflags}x\nbuild -O2x: phony\n",
		"sub.ninja": "cflags = -sub\nrule both\n  command = cp a.c $out\nbuild sub.out: both a.c ../up\n", "a.c": "", "implicit.h": "",
		"gen.in": "", "in 1": "", "hdr.h": "", "own.d": "out\\ dir/x\\:y: dep\\ 1 \\\n  $$2 dep3\ndep3:\n",
	})
	// A place to go up to.
	if err := os.WriteFile(filepath.Join(filepath.Dir(dir), "up"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"dep 1", "$2", "dep3"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestNinjaRules(t *testing.T) {
	dir := ninjaTree(t)
	if out, err := exec.Command("ninja", "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("ninja: %v\n%s", err, out)
	}
	before := state(t, dir)
	tool := asked(t, invoke(t, dir, "ninja", "-j4", "-v"))
	if tool.Failure != "" {
		t.Fatal(tool.Failure)
	}
	if after := state(t, dir); after != before {
		t.Errorf("the tree changed from\n%s\nto\n%s", before, after)
	}
	up := filepath.Join(filepath.Dir(dir), "up")
	sameLines(t, "rules", rulesShown(dir, tool), []string{
		`"a.o">a.o: "a.c">a.c "implicit.h">implicit.h "hdr.h">hdr.h |"order">- recipe @build.ninja:17`,
		`"order">-: "gen.h">gen.h phony @build.ninja:19`,
		`"gen.h">gen.h: "gen.in">gen.in recipe @build.ninja:20`,
		`"out dir/x:y">out dir/x:y: "in 1">in 1 "dep 1">dep 1 "$2">$2 "dep3">dep3 recipe @build.ninja:21`,
		`"one">one: "a.c">a.c also "two" also "three" recipe @build.ninja:23`,
		`"two">two: "a.c">a.c also "one" also "three" recipe @build.ninja:23`,
		`"three">three: "a.c">a.c also "one" also "two" recipe @build.ninja:23`,
		`"check">check: recipe @build.ninja:24`,
		`"FORCE">-: phony @build.ninja:25`,
		`"stale">stale: "FORCE">- recipe @build.ninja:26`,
		`"all">-: "a.o">a.o "gen.h">gen.h "out dir/x:y">out dir/x:y "one">one "two">two "sub.out">sub.out "more.out">more.out "stale">stale phony @build.ninja:28`,
		`"sub.out">sub.out: "a.c">a.c "../up">` + up + ` recipe @sub.ninja:4`,
		`"more.out">more.out: "-O2x">- recipe @more.ninja:1`,
		`"-O2x">-: phony @more.ninja:2`,
	})
	if !slices.Equal(tool.Makefiles, []string{dir + "/build.ninja", dir + "/more.ninja", dir + "/sub.ninja"}) {
		t.Errorf("makefiles %q", tool.Makefiles)
	}
	for argv, want := range map[string]string{
		"ninja -n": "dry run", "ninja -t targets": "-t targets", "ninja --version": "--version", "ninja -f gone.ninja": "gone.ninja",
		"ninja -C . all -k0": "",
	} {
		if tool := asked(t, invoke(t, dir, strings.Fields(argv)...)); (tool.Failure == "") != (want == "") || !strings.Contains(tool.Failure, want) {
			t.Errorf("%s: %q, want %q", argv, tool.Failure, want)
		}
	}
}

// What ninja says of each target's inputs is what was read.
func TestNinjaAgreesWithQuery(t *testing.T) {
	dir := ninjaTree(t)
	n := &ninjaFiles{dir: dir, read: readNinjaFile}
	if err := n.parse("build.ninja", &ninjaScope{vars: map[string]string{}}); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, e := range n.edges {
		for _, target := range e.outs {
			out, err := exec.Command("ninja", "-C", dir, "-t", "query", target).Output()
			if err != nil {
				t.Fatalf("ninja -t query %s: %v", target, err)
			}
			var got []string
			inputs := false
			for line := range strings.Lines(string(out)) {
				line = strings.TrimRight(line, "\n")
				switch {
				case strings.HasPrefix(line, "  input: "):
					inputs = true
					got = append(got, strings.TrimPrefix(line, "  input: "))
				case strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "   "):
					inputs = false
				case inputs:
					name := strings.TrimPrefix(line, "    ")
					name = strings.TrimPrefix(name, "| ")
					got = append(got, name)
				}
			}
			want := append([]string{e.rule}, e.ins...)
			for _, o := range e.orderOnly {
				want = append(want, "|| "+o)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: ninja says %q, read as %q", target, got, want)
			}
			seen++
		}
	}
	if seen != 15 {
		t.Errorf("%d targets", seen)
	}
}

func TestSameTargets(t *testing.T) {
	n := &ninjaFiles{edges: []*ninjaEdge{{rule: "cc", outs: []string{"a: b", "c"}}}}
	for lines, ok := range map[string]bool{
		"a: b: cc\nc: cc\n": true, "ninja: Entering directory `x'\nc: cc\na: b: cc\n": true,
		"c: cc\n": false, "a: b: cc\nc: other\n": false, "a: b: cc\nc: cc\nd: cc\n": false, "": false,
	} {
		if err := n.sameTargets([]byte(lines)); (err == nil) != ok {
			t.Errorf("%q: %v", lines, err)
		}
	}
}

func TestNinjaDeps(t *testing.T) {
	got := parseNinjaDeps([]byte("a: #deps 9 x.o: #deps 2, deps mtime 12 (VALID)\n    h 1\n    : #deps 2\n\nb.o: #deps 1, deps mtime 0 (STALE)\n    h\n\nc.o: #deps 9, deps mtime 1 (VALID)\n    h\n"))
	if want := `map[a: #deps 9 x.o:[h 1 : #deps 2]]`; fmt.Sprint(got) != want {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestDepfile(t *testing.T) {
	for text, want := range map[string][]string{
		"a.o: a.c \\\n b.h\n": {"a.c", "b.h"}, "a.o b.o : x y": {"x", "y"}, "a: b\nb:\nc: d b": {"b", "d"}, "": nil, "a:": nil,
		"a: sp\\ ace ha\\#sh $$x c:\\d": {"sp ace", "ha#sh", "$x", "c:\\d"}, "a:\\\n b\r\nc: d": {"b", "d"}, "c:/a.o: c:/b.h": {"c:/b.h"},
	} {
		if got := parseDepfile(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestNinjaIncludesWithoutEnd(t *testing.T) {
	dir := tree(t, map[string]string{"build.ninja": "include build.ninja\n"})
	n := &ninjaFiles{dir: dir, read: readNinjaFile}
	if err := n.parse("build.ninja", &ninjaScope{vars: map[string]string{}}); err == nil {
		t.Error("no error")
	}
}

func FuzzNinja(f *testing.F) {
	f.Add(ninjaBuild, "a.o: #deps 1, deps mtime 1 (VALID)\n    x\n", "a.o: b \\\n c\\ d\n")
	f.Add("build a: r $a ${b} | c || d |@ e\n x = $x\nrule r\n depfile = $depfile $in\n deps = \nbuild $\n b: r\n", "", "$$\\")
	f.Fuzz(func(t *testing.T, text, log, depfile string) {
		n := &ninjaFiles{dir: "/nonexistent", read: func(path string) ([]byte, error) {
			if path != "/nonexistent/build.ninja" {
				return []byte(depfile), nil
			}
			return []byte(text), nil
		}}
		if err := n.parse("build.ninja", &ninjaScope{vars: map[string]string{}}); err != nil {
			return
		}
		b := &ninjaBuilder{n: n, canon: newCanon("/nonexistent"), deps: parseNinjaDeps([]byte(log)), phony: map[string]bool{}}
		for _, r := range b.rules() {
			if r.Target == "" || r.Line < 1 || r.Makefile == "" || !r.Phony && !strings.HasPrefix(r.Path, "/") {
				t.Errorf("%+v", r)
			}
		}
	})
}
