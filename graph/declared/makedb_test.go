package declared

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// A database is read whatever surrounds it; the last one counts.
func TestReadDatabase(t *testing.T) {
	one := func(rule string) string {
		return "# GNU Make 4.3\n# Make data base, printed on Sat Nov 21\n\n# Variables\n\n# makefile\nMAKEFILE_LIST :=  Makefile a$$b.mk\n" +
			"# makefile\n.DEFAULT_GOAL := all\n\n# Files\n\n" + rule +
			"\n# files hash-table stats:\n# Load=1\n# VPATH Search Paths\n\n# Finished Make data base on Sat Nov 21\n\n"
	}
	const entry = "all: b\n#  Implicit rule search has not been done.\n#  File has been updated.\n#  recipe to execute (from 'it''s, line 3', line 12):\n\techo\n"
	text := "echo # Files\n" + one("inner: x\n#  Implicit rule search has not been done.\n") + "make: *** [all] Error 1\n" + one(entry)
	db, err := readDatabase(strings.NewReader(text))
	if err != nil || !db.whole || !db.tried || db.goal != "all" || db.makefiles != " Makefile a$b.mk" || len(db.entries) != 1 {
		t.Fatalf("%+v, %v", db, err)
	}
	if e := db.entries[0]; e.name != "all" || e.prereqs != "b" || e.file != "it''s, line 3" || e.line != 12 || !e.recipe || e.empty || !e.target {
		t.Errorf("%+v", e)
	}
	for _, cut := range []string{"", "# Make data base, printed on x\n", text[:len(text)-60]} {
		if db, err := readDatabase(strings.NewReader(cut)); err != nil || db.whole {
			t.Errorf("%q: whole %v, %v", cut, db.whole, err)
		}
	}
}

func TestSplitRule(t *testing.T) {
	for line, want := range map[string][3]string{
		"a: b c": {"a", "b c", "false"}, "a:": {"a", "", "false"}, "a:: b": {"a", "b", "true"}, "a::": {"a", "", "true"},
		"c:d: e": {"c:d", "e", "false"}, "c:d:": {"c:d", "", "false"}, "no rule": {"no rule", "", "false"}, "": {"", "", "false"},
		":x: y": {":x", "y", "false"},
	} {
		name, prereqs, double := splitRule(line)
		if got := [3]string{name, prereqs, fmt.Sprint(double)}; got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func TestJoin(t *testing.T) {
	b := &ruleBuilder{known: map[string]bool{"a": true, "b": true, "in 1": true, "x y z": true, "y": true, "a q": true}}
	for list, want := range map[string][]string{
		"a b": {"a", "b"}, "in 1 a": {"in 1", "a"}, "x y z": {"x y z"}, "a | in 1": {"a", "|", "in 1"},
		"unknown a": {"unknown", "a"}, "a q": {"a q"}, "a .WAIT b": {"a", ".WAIT", "b"},
	} {
		if got := b.join(strings.Split(list, " ")); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", list, got, want)
		}
	}
}

func TestMakeArgs(t *testing.T) {
	for args, want := range map[string]string{
		"-j4 -C d -f m.mk all":            `["-Cd" "-fm.mk"] ["all"] ""`,
		"-j 4 all":                        `[] ["all"] ""`,
		"-j all":                          `[] ["all"] ""`,
		"-jk -sj8":                        `["-k" "-s"] [] ""`,
		"-l2.5 -l 3 -Otarget -O x":        `[] ["x"] ""`,
		"--jobs=3 --jobs 3 --jobs x":      `[] ["x"] ""`,
		"--dir=d --directory d --makef m": `["--directory=d" "--directory=d" "--makefile=m"] [] ""`,
		"-W f -o g -B -w --trace x":       `[] ["x"] ""`,
		"-kn x":                           `["-k"] ["x"] "it was a dry run (-n)"`,
		"X=-n -- -n --version":            `[] ["X=-n" "-n" "--version"] ""`,
		"-I inc -Iinc --eval=a:b -Ea:b":   `["-Iinc" "-Iinc" "--eval=a:b" "-Ea:b"] [] ""`,
		"-C":                              `["-C"] [] ""`,
		"--nonsense --no x":               `[] ["x"] ""`,
	} {
		o := parseMakeArgs(strings.Fields(args))
		if got := fmt.Sprintf("%q %q %q", o.kept, o.words, o.idle); got != want {
			t.Errorf("%s:\n got %s\nwant %s", args, got, want)
		}
	}
}

func TestMakeFlagsVariable(t *testing.T) {
	for value, want := range map[string]string{
		"": "", " -j4 --jobserver-auth=3,4": "", "ks -j4 --jobserver-fds=3,4 -j": "-k -s", "w": "", "wB": "",
		`s -j --eval=BG_T=$$@ --jobserver-auth=fifo:/tmp/x -- CFLAGS=-O2\ -j A=b`: `-s --eval=BG_T=$$@ -- CFLAGS=-O2\ -j A=b`,
		`--eval=export\ BG_T=$$@`:                `--eval=export\ BG_T=$$@`,
		"-j8 --no-print-directory X=y":           "--no-print-directory X=y",
		" --eval=BG_T=$$@ -I/inc -- MAKEFLAGS=x": "--eval=BG_T=$$@ -I/inc -- MAKEFLAGS=x",
		`-O --output-sync=line -l3 rR`:           "rR",
		"rR --no-builtin-rules":                  "-r -R --no-builtin-rules",
	} {
		if got, idle := cleanMakeFlags(value); got != want || idle != "" {
			t.Errorf("%q: %q, %q, want %q", value, got, idle, want)
		}
	}
	if _, idle := cleanMakeFlags("kn -j4"); idle == "" {
		t.Error("a make below make -n is no dry run")
	}
}

// writeDatabase writes a database of so many objects, each with so many of so many headers,
// as make prints it.
func writeDatabase(w io.Writer, objects, headers, names int) {
	fmt.Fprint(w, "# Make data base, printed on x\n\n# Variables\n\n# Files\n")
	for i := range objects {
		fmt.Fprintf(w, "\nobj/file%d.o: src/file%d.c", i, i)
		for h := range headers {
			fmt.Fprintf(w, " include/some/where/header%d.h", (i+h*7)%names)
		}
		fmt.Fprintf(w, "\n#  Implicit rule search has been done.\n#  Implicit/static pattern stem: 'file%d'\n#  Last modified 2026-11-21 07:00:00.1\n"+
			"#  File has been updated.\n#  Successfully updated.\n# automatic\n# @ := obj/file%d.o\n# variable set hash-table stats:\n# Load=1\n"+
			"#  recipe to execute (from 'Makefile', line 8):\n\t$(CC) -c -o $@ $<\n", i, i)
		fmt.Fprintf(w, "\n# Not a target:\nsrc/file%d.c:\n#  Implicit rule search has been done.\n#  File has been updated.\n", i)
	}
	for h := range names {
		fmt.Fprintf(w, "\n# Not a target:\ninclude/some/where/header%d.h:\n#  Implicit rule search has been done.\n#  File has been updated.\n", h)
	}
	fmt.Fprint(w, "\n# files hash-table stats:\n# Finished Make data base on x\n")
}

// A database of 50 MB is read within seconds.
func TestLargeDatabase(t *testing.T) {
	var text bytes.Buffer
	writeDatabase(&text, 12000, 120, 5000)
	if text.Len() < 45<<20 {
		t.Fatalf("only %d bytes", text.Len())
	}
	start := time.Now()
	db, err := readDatabase(&text)
	if err != nil {
		t.Fatal(err)
	}
	rules, _, _ := rulesOf(db, t.TempDir())
	took := time.Since(start)
	if !db.whole || len(rules) != 12000 || len(rules[17].Prereqs) != 121 {
		t.Fatalf("%d rules, whole %v", len(rules), db.whole)
	}
	if took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	t.Logf("%v", took)
}

func FuzzDatabase(f *testing.F) {
	var small bytes.Buffer
	writeDatabase(&small, 2, 3, 4)
	f.Add(small.String())
	f.Add("# Make data base, printed on x\n# makefile\ndefine A\nendef\n# Files\n\n.RECIPEPREFIX = >\na(b): c | d .WAIT e\n#  Phony target (x)\n#  recipe to execute (from 'x', line 1):\n>a\\\n\n#  Also makes: x y\n")
	f.Fuzz(func(t *testing.T, text string) {
		db, err := readDatabase(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		rules, makefiles, _ := rulesOf(db, "/nonexistent/dir")
		for _, r := range rules {
			if r.Target == "" || !r.Phony && !strings.HasPrefix(r.Path, "/") || r.EmptyRecipe && !r.HasRecipe || r.Line < 0 {
				t.Errorf("%+v", r)
			}
			for _, p := range r.Prereqs {
				if p.Name == "" {
					t.Errorf("a prerequisite without a name in %+v", r)
				}
			}
		}
		for _, m := range makefiles {
			if !strings.HasPrefix(m, "/") {
				t.Errorf("makefile %q", m)
			}
		}
	})
}
