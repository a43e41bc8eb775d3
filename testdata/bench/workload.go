package main

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// workload is one build to measure.
type workload struct {
	letter  string
	name    string
	limit   float64 // of CPU time under buildgraph over untraced
	prepare func(dir string) error
	command []string
	clean   []string // run before each measurement, unmeasured

	alsoLimit float64 // the same with --live and with --syscalls; 0: none
}

// workloads are the builds that the project's promises are about.
var workloads = []workload{
	{
		letter: "a", name: "200 tiny C files", limit: 1.06,
		prepare: tinyFiles,
		command: []string{"make", "-j2"},
		clean:   []string{"make", "clean"},
	},
	{
		letter: "b", name: "lua 5.4", limit: 1.03, alsoLimit: 1.05,
		prepare: lua,
		command: []string{"make", "-j2", "linux"},
		clean:   []string{"make", "clean"},
	},
	{
		letter: "c", name: "2,000 recipes that run true", limit: 1.15,
		prepare: trueRecipes,
		command: []string{"make", "-j2"},
	},
	{
		letter: "d", name: "300,000 opens of 3,000 files", limit: 2.0,
		prepare: storm,
		command: []string{"./storm", "files", "3000", "300000"},
	},
}

func tinyFiles(dir string) error {
	var objects strings.Builder
	for i := range 200 {
		source := fmt.Sprintf("#include <stdio.h>\n#include \"all.h\"\n\nint f%d(int x)\n{\n\treturn printf(FORMAT, x + %d);\n}\n", i, i)
		if err := write(dir, fmt.Sprintf("f%d.c", i), source); err != nil {
			return err
		}
		fmt.Fprintf(&objects, " f%d.o", i)
	}
	if err := write(dir, "all.h", "#define FORMAT \"%d\\n\"\n"); err != nil {
		return err
	}
	return write(dir, "Makefile", "all:"+objects.String()+"\n\n%.o: %.c all.h\n\t$(CC) -c -o $@ $<\n\nclean:\n\trm -f *.o\n\n.PHONY: all clean\n")
}

// lua is upstream's tree, from Debian's source package.
func lua(dir string) error {
	fetch := exec.Command("testdata/packages/fetch.sh", "lua5.4")
	fetch.Stderr = os.Stderr
	out, err := fetch.Output()
	if err != nil {
		return fmt.Errorf("fetching lua's source: %w (run bench at the top of the repository)", err)
	}
	return os.CopyFS(dir, os.DirFS(strings.TrimSpace(string(out))))
}

func trueRecipes(dir string) error {
	var targets strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&targets, " t%d", i)
	}
	return write(dir, "Makefile", "TARGETS ="+targets.String()+"\n\nall: $(TARGETS)\n\n$(TARGETS):\n\ttrue\n\n.PHONY: all $(TARGETS)\n")
}

//go:embed storm/storm.c
var stormSource string

func storm(dir string) error {
	if err := write(dir, "storm.c", stormSource); err != nil {
		return err
	}
	compile := exec.Command("cc", "-O2", "-o", "storm", "storm.c")
	compile.Dir = dir
	if out, err := compile.CombinedOutput(); err != nil {
		return fmt.Errorf("compiling storm.c: %w\n%s", err, out)
	}
	if err := os.Mkdir(filepath.Join(dir, "files"), 0o755); err != nil {
		return err
	}
	for i := range 3000 {
		if err := write(dir, fmt.Sprintf("files/%d", i), "x\n"); err != nil {
			return err
		}
	}
	return nil
}

func write(dir, name, content string) error {
	return os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644)
}
