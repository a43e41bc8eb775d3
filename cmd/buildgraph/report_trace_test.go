package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"buildgraph/store"
)

// program of a recipe that has not ended yet.
type running struct{ line, compiler *program }

// largeTrace writes the trace of a build of C files, four at a time, with some number
// of accesses, and gives its name. Each object is made by a shell's cc1 from its
// source, headers of the project and headers of the system; every 40 of them go
// into a library, and the libraries into a program.
func largeTrace(t *testing.T, accesses int) string {
	t.Helper()
	file, w, b := newTrace(t)
	mk := b.start(nil, "/usr/bin/make", tags("", 0), "make", "-j4")
	var slots []running
	end := func() {
		b.clock += 20e6
		b.end(slots[0].compiler)
		b.end(slots[0].line)
		slots = slots[1:]
	}
	const each = 100 // accesses of an object
	libs := []string{}
	objects := []string{}
	for i := range accesses / each {
		dir := fmt.Sprintf("src/part%02d", i/40)
		name := fmt.Sprintf("%s/unit%04d", dir, i)
		if len(slots) == 4 {
			end()
		}
		env := tags(name+".o", 1)
		line := b.start(mk, "/bin/sh", env, "/bin/sh", "-c", "cc -Iinclude -O2 -c -o "+name+".o "+name+".c")
		cc := b.start(line, "/usr/lib/gcc/cc1", env, "cc1", "-quiet", "-I", "include", name+".c", "-o", name+".o")
		cc.process.CPU = 15e6 + int64(i%7)*3e6
		b.use(cc, store.AccessRead, name+".c")
		for k := range 18 {
			b.use(cc, store.AccessRead, fmt.Sprintf("include/h%03d.h", (i/5*3+k*k)%300))
		}
		for k := range each - 23 {
			b.use(cc, store.AccessRead, fmt.Sprintf("/usr/include/sys%d/h%04d.h", k%5, (i/11+k*7)%1500))
		}
		b.use(cc, store.AccessWrite|store.AccessCreate, name+".o")
		slots = append(slots, running{line, cc})
		objects = append(objects, name+".o")
		if len(objects) == 40 {
			lib := fmt.Sprintf("lib/part%02d.a", i/40)
			b.recipe(mk, lib, objects, "ar", "rcs", lib)
			libs, objects = append(libs, lib), nil
		}
	}
	for len(slots) > 0 {
		end()
	}
	b.recipe(mk, "bin/program", append(libs, objects...), "ld", "-o", "bin/program")
	b.end(mk)
	finishTrace(t, file, w, b)
	return file
}

// newTrace begins a trace whose root is /project.
func newTrace(t *testing.T) (string, *store.Writer, *build) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "trace.db")
	w, err := store.Create(file, store.CreateOptions{Meta: traceMeta(), UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	return file, w, &build{w: w, root: "/project", inodes: map[string]uint64{}}
}

func traceMeta() store.Meta {
	return store.Meta{
		Tool: "test", Kernel: "6.1.0", Machine: "x86_64", Host: "builder", Command: []string{"make", "-j4"}, Root: "/project", Tag: "BG_T",
		Began: time.Unix(1_700_000_000, 0).UTC(), Finished: true, Complete: true,
	}
}

func finishTrace(t *testing.T, file string, w *store.Writer, b *build) {
	t.Helper()
	meta := traceMeta()
	meta.Ended = b.clock
	if err := w.Finish(meta); err != nil {
		t.Fatal(err)
	}
	if err := attribute(file); err != nil {
		t.Fatal(err)
	}
}

// tags is the environment that make gives a recipe's commands.
func tags(target string, level int) string {
	if level == 0 {
		return "PATH=/usr/bin\x00GNUMAKEFLAGS=--eval=export\\ BG_T=$$@\x00"
	}
	return fmt.Sprintf("PATH=/usr/bin\x00MAKELEVEL=%d\x00MAKEFLAGS= --eval=export\\ BG_T=$$@\x00BG_T=%s\x00", level, target)
}
