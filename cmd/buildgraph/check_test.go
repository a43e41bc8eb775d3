package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// unpack writes the files of a txtar archive into a new directory.
func unpack(t *testing.T, archive string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Correct makefiles give no finding, on the first build and on those after it.
func TestCheckNothing(t *testing.T) {
	projects := map[string]string{
		"depfiles": `
-- Makefile --
CFLAGS = -Iinc -MMD -MP
OBJS = src/a.o src/b.o
prog: $(OBJS) | out
	$(CC) -o $@ $(OBJS) && date > out/stamp
out:
	mkdir -p out
-include $(OBJS:.o=.d)
-- inc/a.h --
int f(void);
-- src/a.c --
#include "a.h"
int main(void) { return f(); }
-- src/b.c --
#include "a.h"
int f(void) { return 0; }
`,
		"builtin": `
-- Makefile --
prog: prog.o part.o
-- prog.c --
int f(void);
int main(void) { return f(); }
-- part.c --
int f(void) { return 0; }
`,
		"forced": `
-- Makefile --
all: prog check
prog: prog.c version.h
	$(CC) -o $@ prog.c
version.h: FORCE
	@sed 's/.*/#define V &/' VERSION > $@.tmp; cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@
FORCE:
check: prog
	./prog < input.txt
.PHONY: all check
-- VERSION --
3
-- input.txt --
x
-- prog.c --
#include "version.h"
int main(void) { return V - 3; }
`,
	}
	for name, archive := range projects {
		t.Run(name, func(t *testing.T) {
			dir := unpack(t, archive)
			for build, change := range []string{"", "", "Makefile"} {
				if change != "" {
					touched := filepath.Join(dir, "prog.c")
					if name == "depfiles" {
						touched = filepath.Join(dir, "inc/a.h")
					}
					if out, status := runIn(t, dir, "touch", touched); status != 0 {
						t.Fatal(out)
					}
				}
				captureIn(t, dir, "make -j2")
				for _, flags := range [][]string{nil, {"--prove"}} {
					if c := checkIn(t, dir, flags...); len(c.Findings) > 0 {
						t.Errorf("build %d, check %v: %+v", build, flags, c.Findings)
					}
				}
			}
		})
	}
}

// A fault between two directories is found three makes deep, whichever order the
// directories are built in.
func TestCheckDeepRecursion(t *testing.T) {
	dir := unpack(t, `
-- Makefile --
all: ; $(MAKE) -C sub
-- sub/Makefile --
all: gen use
gen use: ; $(MAKE) -C $@
.PHONY: all gen use
-- sub/gen/Makefile --
../../include/conf.h: conf.in
	mkdir -p ../../include
	sed 's/^/#define /' conf.in > $@
-- sub/gen/conf.in --
C 1
-- sub/use/Makefile --
CPPFLAGS = -I../../include
main.o: main.c
-- sub/use/main.c --
#include "conf.h"
int c = C;
`)
	captureIn(t, dir, "make")
	want := []finding{{"missing", "sub/use/main.o", "include/conf.h"}, {"race", "sub/use/main.o", "include/conf.h"}}
	if d := cmp.Diff(want, checkIn(t, dir, "--prove").found()); d != "" {
		t.Errorf("-want +found:\n%s", d)
	}
	if out, status := runIn(t, dir, "buildgraph", "fix", "--apply"); status != 0 {
		t.Fatalf("fix --apply: status %d\n%s", status, out)
	}
	runIn(t, dir, "rm", "-r", "include", "sub/use/main.o")
	captureIn(t, dir, "make -j4")
	if c := checkIn(t, dir, "--prove"); len(c.Findings) > 0 {
		t.Errorf("after the fix: %+v", c.Findings)
	}
}

// What cmake generates has no fault of its own; one in a custom command is found,
// by make and by ninja, on the first build and on the next.
func TestCheckCMake(t *testing.T) {
	for _, generator := range []string{"Unix Makefiles", "Ninja"} {
		t.Run(generator, func(t *testing.T) {
			if _, err := exec.LookPath("cmake"); err != nil {
				t.Fatal("this test builds with cmake and ninja: apt-get install cmake ninja-build")
			}
			dir := unpack(t, `
-- CMakeLists.txt --
cmake_minimum_required(VERSION 3.10)
project(x C)
add_library(part STATIC part.c part.h)
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/gen.h
  COMMAND sh ${CMAKE_SOURCE_DIR}/gen.sh ${CMAKE_BINARY_DIR}/gen.h
  DEPENDS gen.sh WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
add_executable(app app.c ${CMAKE_BINARY_DIR}/gen.h)
target_include_directories(app PRIVATE ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
target_link_libraries(app part)
-- gen.sh --
cat seed.txt > $1
-- seed.txt --
#define S 1
-- part.h --
int f(void);
-- part.c --
#include "part.h"
int f(void) { return 1; }
-- app.c --
#include "part.h"
#include "gen.h"
int main(void) { return f() - S; }
`)
			if out, status := runIn(t, dir, "cmake", "-G", generator, "-S", ".", "-B", "b"); status != 0 {
				t.Fatalf("cmake: %s", out)
			}
			want := []finding{{"missing", "b/gen.h", "seed.txt"}}
			captureIn(t, dir, "cmake --build b -j2")
			for _, flags := range [][]string{nil, {"--prove"}} {
				if d := cmp.Diff(want, checkIn(t, dir, flags...).found()); d != "" {
					t.Errorf("first build, check %v (-want +found):\n%s", flags, d)
				}
			}
			runIn(t, dir, "touch", "part.h")
			captureIn(t, dir, "cmake --build b -j2")
			if c := checkIn(t, dir, "--prove"); len(c.Findings) > 0 {
				t.Errorf("after a header was touched: %+v", c.Findings)
			}
		})
	}
}

// A makefile that changed after the capture is told of, and nothing is asked of it
// nor written to it.
func TestCheckChangedMakefile(t *testing.T) {
	dir := copyTree(t, filepath.Join(trapsDir, "s02_symlinked_headers"))
	captureIn(t, dir, "make")
	makefile := filepath.Join(dir, "Makefile")
	text, err := os.ReadFile(makefile)
	if err != nil {
		t.Fatal(err)
	}
	changed := append(text, "# b.o: include/b.h\n"...)
	if err := os.WriteFile(makefile, changed, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("touch", "-d", "+10 seconds", makefile).CombinedOutput(); err != nil {
		t.Fatalf("touch: %s", out)
	}
	cmd := exec.Command("buildgraph", "check", "--json", "--prove")
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, _ := cmd.Output()
	if !strings.Contains(stderr.String(), "Makefile was changed after the capture") {
		t.Errorf("stderr: %s", stderr.String())
	}
	if !strings.Contains(string(out), `"untested"`) || !strings.Contains(string(out), "Makefile was changed after the capture") {
		t.Errorf("check --prove: %s", out)
	}
	if _, status := runIn(t, dir, "buildgraph", "fix", "--apply"); status != 2 {
		t.Errorf("fix --apply of a changed tree: status %d, want 2", status)
	}
	if now, _ := os.ReadFile(makefile); string(now) != string(changed) {
		t.Error("fix --apply wrote to a changed makefile")
	}
}

// Patterns take findings away, by file, by target and by kind.
func TestCheckIgnore(t *testing.T) {
	dir := copyTree(t, filepath.Join(trapsDir, "s09_pipeline"))
	captureIn(t, dir, "make")
	b := finding{"missing", "tee.txt", "b.part"}
	for _, c := range []struct {
		file  string
		flags []string
		want  []finding
	}{
		{"*.txt\n!tee.txt\n", []string{"--ignore", "out.h"}, []finding{b}},
		{"# nothing\n\n", []string{"--target", "tee.txt"}, []finding{b}},
		{"missing:*\n", nil, []finding{}},
		{"", []string{"--kind", "race,writers"}, []finding{}},
	} {
		if err := os.WriteFile(filepath.Join(dir, ".buildgraphignore"), []byte(c.file), 0o644); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, checkIn(t, dir, c.flags...).found()); d != "" {
			t.Errorf("%q %v (-want +found):\n%s", c.file, c.flags, d)
		}
	}
	if _, status := runIn(t, dir, "buildgraph", "check", "--kind", "wrong"); status != 2 {
		t.Errorf("an unknown kind: status %d, want 2", status)
	}
}

// Where the tool cannot be asked any more, the finding stays, untested, with its
// word.
func TestCheckUntested(t *testing.T) {
	for name, c := range map[string]struct{ after, want string }{
		"make is gone":  {"rm gmake", "no such file"},
		"make fails":    {"rm flag", "*** no flag"},
		"file is gone":  {"rm b.in", "not there any more"},
		"always remade": {"touch -d 2001-01-01 a.txt", "even if nothing has changed"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := unpack(t, `
-- Makefile --
ifeq ($(wildcard flag),)
$(error no flag)
endif
a.txt: c.in
	cat b.in c.in > $@
-- b.in --
-- c.in --
-- flag --
`)
			runIn(t, dir, "sh", "-c", `cp "$(command -v make)" gmake`)
			captureIn(t, dir, "./gmake")
			runIn(t, dir, "sh", "-c", c.after)
			found := checkIn(t, dir, "--prove")
			if len(found.Findings) != 1 || found.Findings[0].Proof != "untested" || !strings.Contains(found.Findings[0].Reason, c.want) {
				t.Errorf("%+v, want one untested because of %q", found.Findings, c.want)
			}
		})
	}
}
