package declared

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// tree writes files into a new directory, canonical, and gives it.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// invoke is a call as the trace would tell it.
func invoke(t testing.TB, dir string, argv ...string) Invocation {
	t.Helper()
	path, err := exec.LookPath(argv[0])
	if err != nil {
		t.Fatalf("this test asks a real %s: %v", argv[0], err)
	}
	i := Invocation{Kind: kindNamed(filepath.Base(argv[0])), Path: path, Argv: argv, Cwd: dir, Dir: dir}
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	o := parseMakeArgs(argv[1:])
	if i.Kind == KindNinja {
		o = parseNinjaArgs(argv[1:])
	}
	i.Files, i.Options, i.Words, i.Idle, i.Env = o.files, o.kept, o.words, o.idle, i.makeEnv(env)
	i.Before = cmakeDepend(argv[:1], o)
	for _, d := range o.dirs {
		i.Dir = filepath.Join(i.Dir, d)
	}
	return i
}

// asked is the answer of a real tool.
func asked(t testing.TB, i Invocation) *Tool {
	t.Helper()
	c := &call{Invocation: i}
	c.ask(context.Background(), Options{UID: -1, GID: -1, Timeout: time.Minute})
	c.found.Index()
	return &c.found
}

// shown is a rule in one line: flags, target, prerequisites, with paths below the
// directory made relative.
func shown(dir string, r Rule) string {
	rel := func(p string) string {
		if p == "" {
			return "-"
		}
		return strings.TrimPrefix(p, dir+"/")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%q>%s:", r.Target, rel(r.Path))
	for _, p := range r.Prereqs {
		mark := ""
		if p.OrderOnly {
			mark = "|"
		}
		fmt.Fprintf(&b, " %s%q>%s", mark, p.Name, rel(p.Path))
	}
	for _, a := range r.Also {
		fmt.Fprintf(&b, " also %q", a)
	}
	if r.Stem != "" {
		fmt.Fprintf(&b, " stem %q", r.Stem)
	}
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"recipe", r.HasRecipe}, {"empty", r.EmptyRecipe}, {"phony", r.Phony}, {"double", r.DoubleColon}, {"implicit", r.Implicit},
		{"intermediate", r.Intermediate}, {"secondary", r.Secondary}, {"precious", r.Precious}, {"builtin", r.Builtin},
	} {
		if f.set {
			b.WriteString(" " + f.name)
		}
	}
	if r.Makefile != "" {
		fmt.Fprintf(&b, " @%s:%d", rel(r.Makefile), r.Line)
	}
	return b.String()
}

func rulesShown(dir string, tool *Tool) []string {
	var lines []string
	for _, r := range tool.Rules {
		lines = append(lines, shown(dir, r))
	}
	slices.Sort(lines)
	return lines
}

func sameLines(t testing.TB, what string, got, want []string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got\n\t%s\nwant\n\t%s", what, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// state is what can be said of every file below a directory.
func state(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s %d %o %d.%09d %d.%09d", path, st.Ino, st.Mode, st.Mtim.Sec, st.Mtim.Nsec, st.Ctim.Sec, st.Ctim.Nsec)
		if st.Mode&unix.S_IFMT == unix.S_IFREG {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %x", sha256.Sum256(text))
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMakeRules(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		argv  []string
		want  []string
	}{
		{"kinds of rules", map[string]string{
			"Makefile": `all: static.o built.o double grouped1 | dir
static.o: %.o: %.x hdr ; touch $@
double:: a ; touch $@
double:: b ; touch $@
grouped1 grouped2 &: g.y ; touch grouped1 grouped2
dir: ; mkdir $@
pat.one pat.two: pat.src
%.one %.two: %.src ; touch $*.one $*.two
mid.end: mid.middle ; touch $@
%.middle: %.begin ; touch $@
FORCE:
forced: FORCE ; touch $@
empty: hdr ;
.PHONY: all
all: pat.one mid.end forced empty kept
.SECONDARY: kept
kept: ; touch $@
.PRECIOUS: static.o
`,
			"static.x": "", "hdr": "", "built.c": "int x;\n", "a": "", "b": "", "g.y": "", "pat.src": "", "mid.begin": "",
		}, nil, []string{
			`"all">-: "static.o">static.o "built.o">built.o "double">double "grouped1">grouped1 "pat.one">pat.one "mid.end">mid.end "forced">forced "empty">empty "kept">kept |"dir">dir phony`,
			`"static.o">static.o: "static.x">static.x "hdr">hdr stem "static" recipe precious @Makefile:2`,
			`"built.o">built.o: "built.c">built.c stem "built" recipe implicit builtin`,
			`"double">double: "a">a recipe double @Makefile:3`,
			`"double">double: "b">b recipe double @Makefile:4`,
			`"grouped1">grouped1: "g.y">g.y also "grouped2" recipe @Makefile:5`,
			`"grouped2">grouped2: "g.y">g.y also "grouped1" recipe @Makefile:5`,
			`"dir">dir: recipe @Makefile:6`,
			`"pat.one">pat.one: "pat.src">pat.src "pat.src">pat.src also "pat.two" stem "pat" recipe implicit @Makefile:8`,
			`"pat.two">pat.two: "pat.src">pat.src also "pat.one" stem "pat" recipe implicit @Makefile:8`,
			`"mid.end">mid.end: "mid.middle">mid.middle recipe @Makefile:9`,
			`"mid.middle">mid.middle: "mid.begin">mid.begin stem "mid" recipe implicit @Makefile:10`,
			`"FORCE">FORCE:`,
			`"forced">forced: "FORCE">FORCE recipe @Makefile:12`,
			`"empty">empty: "hdr">hdr recipe empty @Makefile:13`,
			`"kept">kept: recipe intermediate secondary @Makefile:17`,
		}},
		{"odd names", map[string]string{
			"Makefile": `all: a\ b.o c\:d e$$f g%h \#i lib.a(m.o) ./dot/../j -k
a\ b.o: in\ 1 in2 | out\ dir ; touch $@
out\ dir: ; mkdir '$@'
c\:d: in2 ; touch $@
e$$f: in2 ; touch '$@'
g%h: in2 ; touch $@
\#i: in2 ; touch '$@'
lib.a(m.o): m.o ; ar r $@ $<
m.o: in2 ; touch $@
./dot/../j: in2 ; touch $@
-k: in2 ; touch ./$@
all: CFLAGS = -g
define MULTI
# Files
define INNER
all: none
endef
#  Implicit rule search has been done.

endef
define OTHER =

# Files

none: none
#  Implicit rule search has been done.
endef
.PHONY: all
`, "in 1": "", "in2": "", "dot/x": "",
		}, nil, []string{
			`"#i">#i: "in2">in2 recipe @Makefile:7`,
			`"-k">-k: "in2">in2 recipe @Makefile:11`,
			`"dot/../j">j: "in2">in2 recipe @Makefile:10`,
			`"a b.o">a b.o: "in 1">in 1 "in2">in2 |"out dir">out dir stem "a b" recipe @Makefile:2`,
			`"all">-: "a b.o">a b.o "c:d">c:d "e$f">e$f "g%h">g%h "#i">#i "lib.a(m.o)">lib.a(m.o) "dot/../j">j "-k">-k phony`,
			`"c:d">c:d: "in2">in2 recipe @Makefile:4`,
			`"e$f">e$f: "in2">in2 recipe @Makefile:5`,
			`"g%h">g%h: "in2">in2 stem "%" recipe implicit @Makefile:6`,
			`"lib.a(m.o)">lib.a(m.o): "m.o">m.o stem "m" recipe @Makefile:8`,
			`"m.o">m.o: "in2">in2 stem "m" recipe @Makefile:9`,
			`"out dir">out dir: recipe @Makefile:3`,
		}},
		{"-C, -f, a variable, a goal, an include and links", map[string]string{
			"sub/build.mk": "-include dep.mk\ngoal: $(SRC) ; touch $@\nother: nothing ; touch $@\n",
			"sub/dep.mk":   "goal: ../real/h.h link/h.h\n",
			"real/h.h":     "", "sub/src.c": "",
			"sub/link": "@../real",
		}, []string{"-C", "sub", "-j4", "-f", "build.mk", "SRC=src.c", "goal"}, []string{
			`"goal">sub/goal: "src.c">sub/src.c "../real/h.h">real/h.h "link/h.h">real/h.h recipe @sub/build.mk:2`,
			`"other">sub/other: "nothing">sub/nothing recipe @sub/build.mk:3`,
		}},
		{"a prefix of its own, continued lines, one shell", map[string]string{
			"Makefile": ".RECIPEPREFIX = >\n.ONESHELL:\n.POSIX:\nSHELL = /bin/bash\nall: x\nx: y\n>echo a \\\n#  Phony target (prerequisite of .PHONY).\\\n\\\nx: z\n>true\n>\ty: w\ny:\n>touch y\n",
		}, nil, []string{
			`"all">all: "x">x`,
			`"x">x: "y">y recipe @Makefile:7`,
			`"y">y: recipe @Makefile:14`,
		}},
		{"VPATH", map[string]string{
			"Makefile": "VPATH = src\nvpath %.h inc\nprog: a.o ; touch $@\na.o: a.h\n%.o: %.c ; touch $@\n", "src/a.c": "", "inc/a.h": "",
		}, nil, []string{
			`"a.o">a.o: "src/a.c">src/a.c "inc/a.h">inc/a.h stem "a" recipe implicit @Makefile:5`,
			`"prog">prog: "a.o">a.o recipe @Makefile:3`,
		}},
		{"a goal that cannot be made hides no other", map[string]string{
			"Makefile": "all: a b\na: gone ; touch $@\nb: b.c ; touch $@\nb.c: ; exit 1\n",
		}, nil, []string{
			`"a">a: "gone">gone recipe @Makefile:2`, `"all">all: "a">a "b">b`, `"b">b: "b.c">b.c recipe @Makefile:3`, `"b.c">b.c: stem "b" recipe @Makefile:4`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{}
			links := map[string]string{}
			for name, text := range c.files {
				if strings.HasPrefix(text, "@") {
					links[name] = text[1:]
				} else {
					files[name] = text
				}
			}
			dir := tree(t, files)
			for name, to := range links {
				if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
			before := state(t, dir)
			tool := asked(t, invoke(t, dir, append([]string{"make"}, c.argv...)...))
			if tool.Failure != "" {
				t.Fatal(tool.Failure)
			}
			sameLines(t, "rules", rulesShown(dir, tool), c.want)
			if after := state(t, dir); after != before {
				t.Errorf("the tree changed from\n%s\nto\n%s", before, after)
			}
		})
	}
}

// What make does in spite of -n stays in the sandbox, and is part of the answer.
func TestAskingMakeTouchesNothing(t *testing.T) {
	dir := tree(t, map[string]string{
		"Makefile": `X := $(shell touch shelled input; ls shelled)
LIST := $(shell $(MAKE) -s -f list.mk)
all: sub $(LIST)
	+touch plus; rm -f input; $(MAKE) -C sub again
sub:
	$(MAKE) -C sub
	make -C sub plain
	+make -C sub forced
fromlist: input ; touch $@
.PHONY: all sub
include gen.mk
gen.mk: list.mk
	echo 'generated: $(X) ; touch $$@' >$@
`,
		"list.mk":      "all: ; @echo fromlist\n",
		"sub/Makefile": "default again plain forced: ; +touch $@ ../from-$@\n",
		"input":        "",
	})
	before := state(t, dir)
	tool := asked(t, invoke(t, dir, "make", "-j8"))
	if tool.Failure != "" {
		t.Fatal(tool.Failure)
	}
	if after := state(t, dir); after != before {
		t.Errorf("the tree changed from\n%s\nto\n%s", before, after)
	}
	sameLines(t, "rules", rulesShown(dir, tool), []string{
		`"all">-: "sub">- "fromlist">fromlist recipe phony @Makefile:4`,
		`"sub">-: recipe phony @Makefile:6`,
		`"fromlist">fromlist: "input">input recipe @Makefile:9`,
		`"gen.mk">gen.mk: "list.mk">list.mk recipe @Makefile:13`,
		`"generated">generated: "shelled">shelled recipe @gen.mk:1`,
	})
	sameLines(t, "makefiles", tool.Makefiles, []string{dir + "/Makefile", dir + "/gen.mk"})
	if tool.Default != "all" || tool.Serial {
		t.Errorf("default %q, serial %v", tool.Default, tool.Serial)
	}
}

// A make that cannot be asked says why.
func TestMakeFailures(t *testing.T) {
	dir := tree(t, map[string]string{
		"Makefile": "ifdef BAD\n$(error it is $(BAD))\nendif\nall: ; echo\n", "serial.mk": ".NOTPARALLEL:\nall: ; echo\n",
	})
	for argv, want := range map[string]string{
		"make BAD=bad":                       "*** it is bad.  Stop.",
		"make -f gone.mk":                    "gone since: " + dir + "/gone.mk",
		"make -C gone all":                   "gone since: " + dir + "/gone",
		"make -f serial.mk -f Makefile BAD=": "",
		"make -n":                            "dry run",
		"make --version":                     "version",
		"make --touch":                       "touched",
		"make --jobs 4 -kq":                  "-q",
		"make -f serial.mk":                  "",
		"make -j 2 all -k":                   "",
		"make -- nothing -n":                 "No rule to make target '-n'",
	} {
		tool := asked(t, invoke(t, dir, strings.Fields(argv)...))
		if want == "" && tool.Failure != "" || !strings.Contains(tool.Failure, want) || want != "" && len(tool.Rules) > 0 {
			t.Errorf("%s: %q, want %q", argv, tool.Failure, want)
		}
		if tool.Serial != strings.Contains(argv, "serial") {
			t.Errorf("%s: serial %v", argv, tool.Serial)
		}
	}
}
