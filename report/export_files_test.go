package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"buildgraph/graph"
)

func prerequisites() []graph.Prerequisites {
	return []graph.Prerequisites{
		{Target: "app", Inputs: []string{"/usr/lib/libc.so.6", "lib/a b.o", "lib/c#d.o", "lib/e$f.o", "lib/g:h.o", "lib/i=j.o", "lib/k|l.o"}},
		{Target: "lib/a b.o", Inputs: []string{"lib/new\nline.c", "lib/a\tb.c", "lib/st*r.c", "lib/latin\xe9.c", `lib/quo"te.c`}},
		{Target: "lib/%.o", Inputs: []string{"lib/%.c"}},
		{Target: "define", Inputs: nil},
	}
}

func TestDigraph(t *testing.T) {
	golden(t, "export.digraph", func(w io.Writer) error { return Digraph(w, prerequisites(), Options{}) })
}

func TestDepfile(t *testing.T) {
	var left []string
	golden(t, "export.d", func(w io.Writer) (err error) {
		left, err = Depfile(w, prerequisites(), Options{})
		return err
	})
	if diff := cmp.Diff([]string{"lib/%.o", "lib/new\nline.c", "lib/st*r.c"}, left); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
}

// digraph runs x/tools' program on a graph.
func digraph(t *testing.T, text string, args ...string) string {
	t.Helper()
	c := exec.Command(digraphProgram(t), args...)
	c.Stdin = strings.NewReader(text)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("digraph %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// The program that the format is for reads it, and every name comes back.
func TestDigraphProgram(t *testing.T) {
	var b bytes.Buffer
	if err := Digraph(&b, prerequisites(), Options{}); err != nil {
		t.Fatal(err)
	}
	if got, want := digraph(t, b.String(), "preds", "lib/a\tb.c"), "lib/a b.o\n"; got != want {
		t.Errorf("preds: got %q, want %q", got, want)
	}
	got := digraph(t, b.String(), "forward", "app")
	for _, name := range []string{"lib/new\nline.c\n", "lib/latin\xe9.c\n", "lib/quo\"te.c\n", "lib/k|l.o\n", "/usr/lib/libc.so.6\n"} {
		if !strings.Contains(got, name) {
			t.Errorf("forward app lacks %q:\n%s", name, got)
		}
	}
}

// makes asks make, by a depfile with a recipe behind it, whether it would remake the
// target, which is newer than its only input or not: 0 for no, 1 for yes.
func makes(t *testing.T, target, input string, newer bool) (status int, output string) {
	t.Helper()
	var b bytes.Buffer
	left, err := Depfile(&b, []graph.Prerequisites{{Target: target, Inputs: []string{input}}}, Options{})
	if err != nil || len(left) > 0 {
		t.Fatalf("%q, %q: left out %q, %v", target, input, left, err)
	}
	word, _ := depfileWord(target, true)
	dir := t.TempDir()
	now := time.Now()
	for name, age := range map[string]time.Duration{target: 2 * time.Hour, input: map[bool]time.Duration{true: time.Hour, false: 3 * time.Hour}[newer]} {
		f := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(f), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(f, now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"-rRq", "-f", "-"}
	if target[0] == '.' { // never the default goal
		args = append(args, target)
	}
	c := exec.Command("make", args...)
	c.Dir, c.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	c.Stdin = strings.NewReader(b.String() + word + ":\n\t@echo remade\n")
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), fmt.Sprintf("%s\n%s", b.String(), out)
}

// What a depfile says make understands, to the letter.
func checkDepfile(t *testing.T, target, input string) {
	t.Helper()
	for _, newer := range []bool{false, true} {
		want := 0
		if newer {
			want = 1
		}
		if got, out := makes(t, target, input, newer); got != want {
			t.Errorf("target %q, input %q newer %v: make says %d, want %d:\n%s", target, input, newer, got, want, out)
		}
	}
}

func TestDepfileByMake(t *testing.T) {
	for _, c := range [][2]string{
		{"a.o", "a.c"}, {"a b", "c d"}, {"a b", "c\td"}, {"a$b", "c$d"}, {"a$$b", "$"}, {"a#b", "#c"}, {"a:b", ":c"},
		{"a=b", "=c"}, {"a|b", "|c"}, {"define", "endef"}, {"include x", "ifeq"}, {"a'b", "c\"d"}, {"x", "%.c"}, {"x", "a&b"},
		{"-x", "-y"}, {"a+=b", "c:=d"}, {"latin\xe9", "\xff\xfe"}, {"dir/a b", "dir/c=d"}, {"@x", "!y"}, {"a, b", "{c}"}, {"x y", " y"},
		{"override", "export"}, {"a::b", "c~"}, {"a]b", "c]d"}, {"a<b>", "`c`"},
		{"-include", "load"}, {"vpath x", "else"}, {".config", ".depend"}, {".x", ".PHONY"},
	} {
		checkDepfile(t, c[0], c[1])
	}
}

func FuzzDepfile(f *testing.F) {
	f.Add("a b", "c$d#e")
	f.Fuzz(func(t *testing.T, target, input string) {
		for _, name := range []string{target, input} {
			if name == "" || len(name) > 100 || strings.ContainsAny(name, "\x00/") || name == "." || name == ".." {
				return
			}
		}
		_, ok := depfileWord(target, true)
		_, ok2 := depfileWord(input, false)
		if ok && ok2 && target != input && !(target[0] == '.' && strings.Contains(target, "=")) {
			checkDepfile(t, target, input)
		}
	})
}

// digraphProgram builds x/tools' program, once.
func digraphProgram(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "digraph")
	c := exec.Command("go", "build", "-o", bin, "golang.org/x/tools/cmd/digraph")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("building digraph: %v\n%s", err, out)
	}
	return bin
}
