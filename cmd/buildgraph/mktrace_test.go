package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"buildgraph/graph"
	"buildgraph/store"
)

// mktrace writes a small trace for the scripts, that of a build which no machine
// has to run: "mktrace [flags] FILE". The capture root is the current directory.
func mktrace() {
	var o mktraceOptions
	flag.BoolVar(&o.odd, "odd", false, "names that are hard to print")
	flag.BoolVar(&o.hostile, "hostile", false, "names that a shell would run")
	flag.BoolVar(&o.check, "check", false, "a recipe that reads a file to compare it, no more")
	flag.BoolVar(&o.changed, "changed", false, "other flags, another header, one variable more, no app")
	flag.BoolVar(&o.incomplete, "incomplete", false, "events were lost")
	flag.IntVar(&o.many, "many", 0, "write `N` outputs more")
	flag.StringVar(&o.syscalls, "syscalls", "", "system calls were counted: \"count\" or \"time\"")
	flag.UintVar(&o.version, "version", 0, "set the file's user_version afterwards")
	flag.Parse()
	if err := o.write(flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "mktrace:", err)
		os.Exit(1)
	}
}

type mktraceOptions struct {
	odd, hostile, incomplete, check, changed bool
	many                                     int
	version                                  uint
	syscalls                                 string
}

func (o mktraceOptions) write(file string) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	meta := store.Meta{
		Tool: "test", Kernel: "6.1.0", Machine: "x86_64", Command: []string{"make"}, Root: root, Tag: "BG_T",
		Began: time.Unix(1_700_000_000, 0), Finished: true, Complete: true,
	}
	w, err := store.Create(file, store.CreateOptions{Meta: meta, UID: -1, GID: -1})
	if err != nil {
		return err
	}
	b := &build{w: w, root: root, inodes: make(map[string]uint64)}
	b.run(o)
	meta.Ended = b.clock
	if o.syscalls != "" {
		w.Syscalls(countedCalls(o.syscalls == "time"))
	}
	if o.incomplete {
		meta.Complete, meta.Lost = false, 12
		meta.Why = []string{"12 events were lost", "process 7 set up an io_uring", "x", "y", "z"}
	}
	if err := w.Finish(meta); err != nil {
		return err
	}
	if err := attribute(file); err != nil {
		return err
	}
	if o.version != 0 {
		return setUserVersion(file, uint32(o.version))
	}
	return nil
}

// countedCalls are counts of the calls of three programs.
func countedCalls(timed bool) []store.Syscall {
	rows := []store.Syscall{
		{Program: "cc", ABI: "amd64", Number: 257, Calls: 318, Errors: 184, NS: 1_200_000},
		{Program: "cc", ABI: "amd64", Number: 89, Calls: 1320, Errors: 1320, NS: 700_000},
		{Program: "ld", ABI: "amd64", Number: 257, Calls: 40, Errors: 2, NS: 150_000},
		{Program: "make", ABI: "386", Number: 5, Calls: 1, NS: 3_000},
		{Program: "make", ABI: "amd64", Number: 61, Calls: 3, NS: 90_000_000},
		{Program: "make", ABI: "amd64", Number: 4711, Calls: 1, Errors: 1, NS: 200},
	}
	for i := range rows {
		if rows[i].Timed = timed; !timed {
			rows[i].NS = 0
		}
	}
	return rows
}

// attribute does what a capture does last: says which process is of which recipe.
func attribute(file string) error {
	r, err := store.Open(file)
	if err != nil {
		return err
	}
	recipes, members, err := graph.Attribute(r)
	if err := r.Close(); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	return store.Annotate(file, recipes, members)
}

// setUserVersion changes the field at offset 60 of SQLite's header
// (sqlite.org/fileformat2.html, 1.3).
func setUserVersion(file string, version uint32) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(binary.BigEndian.AppendUint32(nil, version), 60); err != nil {
		return err
	}
	return f.Close()
}

// build plays a build: it hands out ids and lets time go by.
type build struct {
	w         *store.Writer
	root      string
	inodes    map[string]uint64
	clock     int64
	processes store.ProcessID
	execs     store.ExecID
	ops       int64
	env       string // variables that recipes see besides the usual ones
}

// program is one running program image and its process.
type program struct {
	process store.Process
	exec    store.Exec
}

// run is the build: a generated header, an object, a program; odd names and many
// outputs when asked for.
func (b *build) run(o mktraceOptions) {
	mk := b.start(nil, "/usr/bin/make", "PATH=/usr/bin\x00GNUMAKEFLAGS=--eval=export\\ BG_T=$$@\x00", "make")
	b.use(mk, store.AccessRead, "Makefile")
	b.recipe(mk, "gen/version.h", []string{"version.h.in"}, "sed", "s/@V@/1.2/", "version.h.in")
	if o.changed {
		b.env = "LANG=C\x00"
		b.recipe(mk, "main.o", []string{"main.c", "new.h", "gen/version.h", "/usr/include/stdio.h"}, "cc", "-Igen", "-O0", "-g", "-c", "-o", "main.o", "main.c")
		b.env = ""
	} else {
		b.recipe(mk, "main.o", []string{"main.c", "calc.h", "gen/version.h", "/usr/include/stdio.h"}, "cc", "-Igen", "-c", "-o", "main.o", "main.c")
		b.recipe(mk, "app", []string{"main.o"}, "ld", "-o", "app", "main.o")
	}
	if o.odd {
		for _, name := range []string{"-x.o", "new\nline.o", "latin\xe9.o", "esc\x1b[31m.o", "with space.o"} {
			b.recipe(mk, name, []string{"in/" + name}, "cp", "in/"+name, name)
		}
	}
	if o.hostile {
		for _, name := range []string{"$(touch pwned)a", "$(touch pwned)b", "(touch pwned)", "`touch pwned`", "x;touch pwned"} {
			b.recipe(mk, name, []string{"main.c"}, "cp", "main.c", name)
		}
	}
	if o.check {
		b.recipe(mk, "checked", []string{"check.txt"}, "grep", "-q", "x", "check.txt")
		b.recipe(mk, "checked", []string{"main.c"}, "cp", "main.c", "checked")
	}
	for i := range o.many {
		b.recipe(mk, fmt.Sprintf("many/part%06d", i), []string{"main.c"}, "cp", "main.c", "many")
	}
	for _, dir := range []string{".", "gen"} {
		t := b.tick()
		b.w.Access(store.Access{Exec: mk.exec.ID, File: b.file(dir, store.KindDirectory), Kinds: store.AccessStat, Count: 1, First: t, Last: t})
	}
	b.end(mk)
}

// recipe runs one program as make's child for a target: it reads the inputs and
// writes the target.
func (b *build) recipe(mk *program, target string, inputs []string, argv ...string) {
	env := b.env + "PATH=/usr/bin\x00MAKELEVEL=1\x00MAKEFLAGS= --eval=export\\ BG_T=$$@\x00BG_T=" + target + "\x00"
	p := b.start(mk, "/usr/bin/"+argv[0], env, argv...)
	for _, in := range inputs {
		b.use(p, store.AccessRead, in)
	}
	if argv[0] != "grep" {
		b.use(p, store.AccessWrite|store.AccessCreate, target)
	}
	b.end(p)
}

// start begins a process: the image that it was forked with, then the program.
func (b *build) start(parent *program, exe, env string, argv ...string) *program {
	b.processes++
	b.execs++
	p := &program{process: store.Process{ID: b.processes, PID: 4000 + int(b.processes), Start: b.tick()}}
	cwd := b.file(b.root, store.KindDirectory)
	image := store.Exec{Cwd: cwd}
	if parent != nil {
		p.process.Parent, p.process.ForkedBy = parent.process.ID, parent.exec.ID
		image = parent.exec
	}
	image.ID, image.Process, image.Seq, image.Start, image.End = b.execs, b.processes, 0, p.process.Start, b.tick()
	b.w.Exec(image)

	b.execs++
	p.exec = store.Exec{
		ID: b.execs, Process: b.processes, Seq: 1, Exe: b.file(exe, store.KindRegular), Cwd: cwd,
		Argv: b.w.Argv([]byte(strings.Join(argv, "\x00") + "\x00")), Env: b.w.Env([]byte(env)), Start: image.End,
	}
	b.w.Access(store.Access{
		Exec: b.execs, File: p.exec.Exe, Kinds: store.AccessExecute, Count: 1,
		First: image.End, Last: image.End, FirstRead: image.End,
	})
	return p
}

// end writes the rows that are known only when a program has ended.
func (b *build) end(p *program) {
	p.exec.End = b.tick()
	p.process.End = p.exec.End
	b.w.Exec(p.exec)
	b.w.Process(p.process)
}

func (b *build) use(p *program, kinds store.AccessKind, name string) {
	t := b.tick()
	a := store.Access{Exec: p.exec.ID, File: b.file(name, store.KindRegular), Kinds: kinds, Count: 1, First: t, Last: t}
	if kinds&store.AccessRead != 0 {
		a.FirstRead = t
	}
	if kinds&store.AccessWrite != 0 {
		a.FirstWrite, a.LastWrite = t, t
	}
	b.w.Access(a)
}

func (b *build) file(name string, kind store.FileKind) store.FileID {
	if !strings.HasPrefix(name, "/") {
		name = filepath.Join(b.root, name)
	}
	if b.inodes[name] == 0 {
		b.inodes[name] = uint64(100 + len(b.inodes))
	}
	return b.w.File(name, 8<<20|1, b.inodes[name], 1, kind)
}

func (b *build) tick() int64 {
	b.clock += int64(time.Millisecond)
	return b.clock
}
