package truth

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// faulty is a custom command that does not name what its script reads.
const faulty = `
add_custom_command(OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/table.c
  COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/table.sh ${CMAKE_CURRENT_SOURCE_DIR}/table.txt > table.c
  DEPENDS table.sh)
add_executable(table ${CMAKE_CURRENT_BINARY_DIR}/table.c)
`

// faultless is a custom command that tells what it read in a depfile, which CMake's
// makefiles read in a recipe of their own.
const faultless = `
add_custom_command(OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/list.c
  COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/list.sh ${CMAKE_CURRENT_SOURCE_DIR}/list.txt list.c list.d
  DEPENDS list.sh DEPFILE ${CMAKE_CURRENT_BINARY_DIR}/list.d)
add_executable(list ${CMAKE_CURRENT_BINARY_DIR}/list.c)
`

// What cmake generates, for make as for ninja, has nothing found in it, on the
// first build, on the next and after a header was changed; but a custom command
// that forgot a file is found.
func TestCMake(t *testing.T) {
	needRoot(t)
	for generator, makefile := range map[string]string{"Ninja": "build/build.ninja", "Unix Makefiles": "build/CMakeFiles/table.dir/build.make"} {
		t.Run(generator, func(t *testing.T) {
			for _, tool := range []string{"cmake", "ninja"} {
				if _, err := exec.LookPath(tool); err != nil {
					t.Fatalf("%s is not installed", tool)
				}
			}
			s := newSite(t, project{pkg: "cjson"})
			s.prepared(t)
			none := []finding{}
			build := func(command string) []proven {
				t.Helper()
				s.build = command
				s.capture(t)
				found, took := s.check(t, "race,missing,writers,undeclared,redundant")
				t.Logf("%s: %d found, %.2f s", command, len(found), took.Seconds())
				return found
			}
			s.write(t, "CMakeLists.txt", faultless)
			s.write(t, "list.sh", `echo "int main(void) { return $(cat "$1"); }" >"$2"; echo "$2: $1" >"$3"`+"\n")
			s.write(t, "list.txt", "0\n")
			cmake := "cmake -G '" + generator + "' -B build && cmake --build build -j2"
			for _, command := range []string{cmake, "cmake --build build -j2", "touch cJSON.h && cmake --build build -j2", cmake} {
				if diff := cmp.Diff(none, bare(build(command))); diff != "" {
					t.Errorf("%s (-expected +found):\n%s", command, diff)
				}
			}
			s.write(t, "CMakeLists.txt", faulty)
			s.write(t, "table.sh", `echo "int main(void) { return $(cat "$1"); }"`+"\n")
			s.write(t, "table.txt", "0\n")
			found := build(cmake)
			if diff := cmp.Diff([]finding{{"build/table.c", "table.txt"}}, bare(found)); diff != "" {
				t.Fatalf("a custom command's fault (-expected +found):\n%s", diff)
			}
			if f := found[0]; f.Kind != "missing" || f.Proof != "proved" || f.Makefile != makefile || f.Line == 0 {
				t.Errorf("the finding is %+v", f)
			}
		})
	}
}

// write appends to a file of the tree.
func (s *site) write(t *testing.T, name, text string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(s.tree(), name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
