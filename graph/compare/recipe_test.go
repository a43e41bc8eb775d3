package compare

import (
	"slices"
	"strings"
	"testing"
)

// marked writes rows as a diff: "*" is before the words that differ.
func marked(rows []Row) string {
	var b strings.Builder
	side := func(sign string, row []Piece) {
		if row == nil {
			return
		}
		b.WriteString(sign)
		for _, p := range row {
			word := strings.TrimLeft(p.Text, " \t")
			b.WriteString(p.Text[:len(p.Text)-len(word)])
			if p.Differs {
				b.WriteByte('*')
			}
			b.WriteString(word)
		}
		b.WriteByte('\n')
	}
	for _, r := range rows {
		if r.Same() {
			side("  ", r.A)
			continue
		}
		side("- ", r.A)
		side("+ ", r.B)
	}
	return b.String()
}

// Two recipes stand side by side as a makefile's author knows them: with the words
// marked that differ, where directories and temporary names do not count.
func TestRecipeRows(t *testing.T) {
	c := &comparison{a: &side{n: normalFor("/home/ada", "")}, b: &side{n: normalFor("/src", "")}}
	for _, tc := range []struct{ name, a, b, want string }{
		{"the same", "cd src && make linux", "cd src && make linux", "  cd src && make linux\n"},
		{"another directory", "cc -I/home/ada/lib -c a.c", "cc -I/src/lib -c a.c", "  cc -I/home/ada/lib -c a.c\n"},
		{"a word", "gcc -O2 -c a.c", "gcc -O0 -g -c a.c", "- gcc *-O2 -c a.c\n+ gcc *-O0 *-g -c a.c\n"},
		{"blanks and quotes stay", "echo 'a  b'  >x", "echo 'a  b'  >y", "- echo 'a  b'  *>x\n+ echo 'a  b'  *>y\n"},
		{
			"rows of a script", "for i in a b; do \\\n\t\techo $i; \\\n\tdone", "for i in a b; do \\\n\t\techo $$i; \\\n\tdone",
			"  for i in a b; do \\\n-     echo *$i; \\\n+     echo *$$i; \\\n      done\n",
		},
		{"a line more", "ar rc x\x00ranlib x", "ranlib x", "- *ar *rc *x\n  ranlib x\n"},
		{"none", "", "", "  \n"},
	} {
		got := marked(c.recipeRows(strings.Split(tc.a, "\x00"), strings.Split(tc.b, "\x00")))
		if got != tc.want {
			t.Errorf("%s:\n%s\nwant\n%s", tc.name, got, tc.want)
		}
	}
}

// A row falls into its words, and nothing of it is lost but blanks at its end.
func FuzzBlankApart(f *testing.F) {
	for _, s := range []string{"", " ", "a", " a b", "a\t b  ", "\xff \t\tx"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		words := blankApart(s)
		if got, want := strings.Join(words, ""), strings.TrimRight(s, " \t"); got != want {
			t.Errorf("%q: %q", s, words)
		}
		for i, w := range words {
			if strings.Trim(w, " \t") == "" || i > 0 && w[0] != ' ' && w[0] != '\t' {
				t.Errorf("%q: %q", s, words)
			}
		}
	})
}

// All about one target has its command lines, as deps shows them.
func TestRecipeOfOne(t *testing.T) {
	one := made{target: "a.o", programs: []string{"cc -c ROOT/a.c"}, reads: []string{"a.c"}, writes: []string{"a.o"}}
	other := one
	other.programs = []string{"cc -O2 -c ROOT/a.c"}
	got, found := Builds(play(t, here, one), play(t, there, other), Options{}).Of("a.o")
	if !found || !slices.Equal(got.LinesA, []string{"cc -c " + here.root + "/a.c"}) || !slices.Equal(got.LinesB, []string{"cc -O2 -c " + there.root + "/a.c"}) {
		t.Errorf("%t: %q, %q", found, got.LinesA, got.LinesB)
	}
	if want := "- cc -c " + here.root + "/a.c\n+ cc *-O2 -c " + there.root + "/a.c\n"; marked(got.Recipe) != want {
		t.Errorf("%s\nwant\n%s", marked(got.Recipe), want)
	}
}

// A build that failed names the recipes that did, and what ran for targets of one
// build only is counted apart.
func TestFailures(t *testing.T) {
	m := here
	m.exit = 2
	bad := made{target: "b.o", exit: 1, programs: []string{"cc -c b.c"}, reads: []string{"b.c"}}
	d := Builds(play(t, here, project(2)...), play(t, m, append(project(2), bad)...), Options{})
	if len(d.A.Failed) != 0 || !slices.Equal(d.B.Failed, []Failure{{"b.o", 1}}) {
		t.Errorf("A failed: %v; B: %v", d.A.Failed, d.B.Failed)
	}
	i := slices.IndexFunc(d.Processes, func(c ProcessChange) bool { return c.Program == "cc" })
	if i < 0 || d.Processes[i].OnlyB.Count != 1 || d.Processes[i].OnlyB.Alone != 1 || d.Processes[i].OnlyA.Alone != 0 {
		t.Errorf("processes: %+v", d.Processes)
	}
}

// What make's command line sets is in its flags and in the environment: it is told once.
func TestVariableFlags(t *testing.T) {
	env := []Variable{{Name: "CC", B: some("my cc")}, {Name: "V", A: some("0"), B: some("1")}}
	for _, c := range []struct {
		name, a, b string
		want       []Hunk
	}{
		{"MAKEFLAGS", "", `-- CC=my\ cc`, nil},
		{"MAKEFLAGS", "-- V=0", `k -- V=1 CC=my\ cc`, []Hunk{{B: []string{"k"}}}},
		{"MAKEFLAGS", "", "-- CC=other", []Hunk{{B: []string{"CC=other"}}}},
	} {
		v := Variable{Name: c.name, A: &c.a, B: &c.b}
		got, ok := v.Flags(env)
		same := slices.EqualFunc(got, c.want, func(x, y Hunk) bool { return slices.Equal(x.A, y.A) && slices.Equal(x.B, y.B) })
		if !ok || !same {
			t.Errorf("%q, %q: %t, %v", c.a, c.b, ok, got)
		}
	}
	if _, ok := (Variable{Name: "PATH"}).Flags(env); ok {
		t.Error("PATH is taken for flags")
	}
}

// The words of a script are as a shell takes them; others would need quotes.
func TestHunkShell(t *testing.T) {
	script := func(s string) []line {
		w := strings.Fields(s)
		return []line{{words: w, norm: w, script: true}}
	}
	plain := []line{{words: []string{"cd", "a b"}, norm: []string{"cd", "a b"}}}
	hs := commandChange(script("cd a && make x"), script("cd a && make 'y z'"))
	if a, b, ok := hs[0].Shell(); !ok || !slices.Equal(a, []string{"x"}) || !slices.Equal(b, []string{"'y", "z'"}) {
		t.Errorf("%q %q %t", a, b, ok)
	}
	hs = commandChange(script("cd && make"), plain)
	if _, b, ok := hs[0].Shell(); !ok || !slices.Equal(b, []string{"'a b'"}) {
		t.Errorf("%q %t", b, ok)
	}
	if _, _, ok := commandChange(plain, []line{{words: []string{"ls"}, norm: []string{"ls"}}})[0].Shell(); ok {
		t.Error("no script is taken for one")
	}
}
