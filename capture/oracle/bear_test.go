package oracle

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	godiff "github.com/google/go-cmp/cmp"
)

// entry is one of a compilation database.
type entry struct {
	File, Directory, Output string
	Arguments               []string
}

func (e entry) key() string { return fmt.Sprintf("%q", e) }

// byChance is what cmake makes up for each of its trial builds.
var byChance = regexp.MustCompile(`(TryCompile-|cmTC_)[0-9A-Za-z]+`)

func readEntries(t *testing.T, file string) []entry {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = byChance.ReplaceAll(text, []byte("${1}X"))
	var list []entry
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return list
}

// asBear builds twice, at one place and from one tree: under Bear, which preloads a
// library, and under the capture; the entries are compared one by one. Bear writes
// them in the order in which its wrappers' reports arrive, which under -j is any;
// where the build does one thing after the other it must be ours as well.
func asBear(t *testing.T, b build, ordered bool) {
	t.Helper()
	root(t)
	need(t, "bear", "bear")
	s := newSite(t, b)
	database := filepath.Join(s.base, "bear.json")
	s.fresh(t)
	s.run(t, []string{"bear", "--output", database, "--"})
	want := readEntries(t, database)

	s.capture(t)
	ours := filepath.Join(s.base, "compile_commands.json")
	c := exec.Command(program(t), "export", "-i", s.trace(), "--format", "compile-commands", "-o", ours)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := readEntries(t, ours)
	if len(want) == 0 {
		t.Error("Bear saw no compilation")
	}
	if !ordered {
		for _, list := range [][]entry{want, got} {
			slices.SortFunc(list, func(a, b entry) int { return cmp.Compare(a.key(), b.key()) })
		}
	}
	if diff := godiff.Diff(want, got); diff != "" {
		t.Errorf("%s: %d entries of Bear's, %d of ours (-bear +buildgraph):\n%s", s.name, len(want), len(got), diff)
	}
	t.Logf("%s: %d entries", s.name, len(want))
}

func TestBearLua(t *testing.T) {
	asBear(t, build{name: "lua5.4", source: debianSource(t, "lua5.4"), dir: "src",
		command: []string{"make", "-j2", "linux"}}, false)
}

func TestBearZlib(t *testing.T) {
	asBear(t, build{name: "zlib", source: debianSource(t, "zlib"),
		command: []string{"sh", "-c", "./configure && make -j2"}}, false)
}

func TestBearBzip2(t *testing.T) {
	asBear(t, build{name: "bzip2", source: debianSource(t, "bzip2"),
		command: []string{"make"}}, true)
}

func TestBearCMakeNinja(t *testing.T) {
	need(t, "cmake", "cmake")
	need(t, "ninja", "ninja-build")
	asBear(t, build{name: "cjson", source: debianSource(t, "cjson"),
		command: []string{"sh", "-c", "cmake -G Ninja -B build && cmake --build build"}}, false)
}

// TestBearRules is a makefile with every way to call a compiler that there is a rule
// about; CC names one that is none by its name.
func TestBearRules(t *testing.T) {
	asBear(t, build{name: "compile", source: "testdata/compile",
		command: []string{"sh", "-c", `CC=$PWD/bin/mycompiler exec make`}}, true)
}
