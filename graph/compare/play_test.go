package compare

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"buildgraph/graph"
	"buildgraph/store"
)

// machine is where and how a test's build runs: what must be no difference.
type machine struct {
	root    string
	pid     int
	command string   // "make" where not given
	vars    []string // of the environment of all
	flags   string   // in MAKEFLAGS
	order   uint64   // seed of the order in which recipes run; 0: as they are given
	exit    int
	cc      string // the binary of cc, /usr/bin/cc where not given
}

// made is the recipe of one target: a shell, or make itself, runs the programs.
type made struct {
	target   string
	programs []string // command lines, each of a process below the first
	reads    []string // by the last program
	writes   []string
	vars     []string
	exit     int
	wall     int64 // of the last program, ns
	cpu      int64
	there    bool // make found the target
	absent   bool // make looked for it in vain
}

// player writes a trace.
type player struct {
	*store.Writer
	m      machine
	inodes map[string]uint64
	now    int64
	procs  store.ProcessID
	execs  store.ExecID
}

func (p *player) abs(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(p.m.root, name)
}

func (p *player) row(name string) store.FileID {
	name = p.abs(name)
	if p.inodes[name] == 0 {
		p.inodes[name] = uint64(p.m.pid + len(p.inodes) + 1)
	}
	return p.File(name, 1, p.inodes[name], 0, store.KindRegular)
}

// start begins a process that executes a command line.
func (p *player) start(parent store.ProcessID, by store.ExecID, line string, env []string) (store.Process, store.Exec) {
	p.procs++
	p.execs += 2
	p.now += 1000
	argv := strings.Fields(line)
	exe := argv[0]
	if exe == "cc" && p.m.cc != "" {
		exe = p.m.cc
	}
	if !strings.Contains(exe, "/") {
		exe = "/usr/bin/" + exe
	}
	cwd := p.File(p.m.root, 1, 1<<40, 0, store.KindDirectory)
	pr := store.Process{ID: p.procs, Parent: parent, ForkedBy: by, PID: p.m.pid + int(p.procs), Start: p.now}
	p.Exec(store.Exec{ID: p.execs - 1, Process: p.procs, Cwd: cwd, Start: p.now})
	e := store.Exec{
		ID: p.execs, Process: p.procs, Seq: 1, Exe: p.row(exe), Cwd: cwd, Start: p.now + 1,
		Argv: p.Argv([]byte(strings.Join(argv, "\x00") + "\x00")), Env: p.Env([]byte(strings.Join(env, "\x00") + "\x00")),
	}
	p.use(e.ID, store.AccessExecute, exe)
	return pr, e
}

func (p *player) use(e store.ExecID, kinds store.AccessKind, name string) {
	p.now += 10
	a := store.Access{Exec: e, File: p.row(name), Kinds: kinds, Count: 1, First: p.now, Last: p.now}
	if kinds&(store.AccessRead|store.AccessExecute) != 0 {
		a.FirstRead = p.now
	}
	if kinds&store.AccessWrite != 0 {
		a.FirstWrite, a.LastWrite = p.now, p.now
	}
	p.Access(a)
}

func (p *player) end(pr store.Process, e store.Exec, wall int64) {
	p.now += max(wall, 100)
	pr.End, e.End = p.now, p.now
	p.Process(pr)
	p.Exec(e)
}

// recipe plays the recipe of one target.
func (p *player) recipe(mk store.Process, by store.ExecID, r made) {
	p.now += 10
	if target := p.abs(r.target); r.absent {
		p.Access(store.Access{Exec: by, File: p.File(target, 0, 0, 0, store.KindAbsent), Kinds: store.AccessAbsent, Count: 1, First: p.now, Last: p.now})
	} else if r.there {
		p.Access(store.Access{Exec: by, File: p.row(target), Kinds: store.AccessStat, Count: 1, First: p.now, Last: p.now})
	}
	env := append([]string{
		"BG_T=" + r.target, "MAKELEVEL=1", "PWD=" + p.m.root, "_=/x" + fmt.Sprint(p.m.pid),
		"MAKEFLAGS=" + p.m.flags + ` --eval=export\ BG_T=$$@`,
	}, append(p.m.vars, r.vars...)...)
	parent, forked := mk.ID, by
	for i, line := range r.programs {
		pr, e := p.start(parent, forked, p.spelt(line), env)
		last := i == len(r.programs)-1
		if last {
			for _, f := range r.reads {
				p.use(e.ID, store.AccessRead, f)
			}
			for _, f := range r.writes {
				p.use(e.ID, store.AccessWrite|store.AccessCreate, f)
			}
		}
		if i == 0 {
			parent, forked = pr.ID, e.ID
			pr.ExitCode = r.exit
		}
		if last {
			pr.CPU = r.cpu
		}
		p.end(pr, e, r.wall)
	}
}

// spelt puts what differs from run to run into a command line.
func (p *player) spelt(line string) string {
	return strings.NewReplacer("ROOT", p.m.root, "TEMP", fmt.Sprintf("/tmp/cc%06x", p.m.pid*7919),
		"PID", fmt.Sprint(p.m.pid+int(p.procs))).Replace(line)
}

// play writes the trace of one make that ran some recipes, and reads it.
func play(t testing.TB, m machine, recipes ...made) Build {
	t.Helper()
	return account(t, write(t, m, recipes...))
}

// write writes it.
func write(t testing.TB, m machine, recipes ...made) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "t.db")
	if m.command == "" {
		m.command = "make"
	}
	meta := store.Meta{Root: m.root, Tag: "BG_T", Command: strings.Fields(m.command), Finished: true, Complete: true, ExitCode: m.exit, Host: "h"}
	w, err := store.Create(file, store.CreateOptions{Meta: meta, UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	p := &player{Writer: w, m: m, inodes: map[string]uint64{}, now: 10}
	env := append([]string{`GNUMAKEFLAGS=--eval=export\ BG_T=$$@`, "PWD=" + m.root}, m.vars...)
	mk, e := p.start(0, 0, m.command, env)
	order := make([]int, len(recipes))
	for i := range order {
		order[i] = i
	}
	if m.order != 0 {
		order = rand.New(rand.NewPCG(m.order, 1)).Perm(len(recipes))
	}
	for _, i := range order {
		p.recipe(mk, e.ID, recipes[i])
	}
	mk.ExitCode = m.exit
	p.end(mk, e, 0)
	meta.Ended = p.now
	if err := w.Finish(meta); err != nil {
		t.Fatal(err)
	}
	annotate(t, file)
	return file
}

// annotate does what a capture does last: says which process is of which recipe.
func annotate(t testing.TB, file string) {
	t.Helper()
	r, err := store.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	recipes, members, err := graph.Attribute(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.Annotate(file, recipes, members); err != nil {
		t.Fatal(err)
	}
}

func account(t testing.TB, file string) Build {
	t.Helper()
	r, err := store.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	a, err := graph.New(r).Account()
	if err != nil {
		t.Fatal(err)
	}
	return Build{Account: a}
}

// here and there are two machines that have nothing in common but the project.
var (
	here  = machine{root: "/home/ada/p", pid: 4000, vars: []string{"PATH=/bin", "TERM=xterm", "SHLVL=1"}, flags: " -j4 --jobserver-auth=3,4"}
	there = machine{root: "/src/q", pid: 71000, vars: []string{"PATH=/bin", "TMUX=1", "SHLVL=3"}, flags: " -j16 --jobserver-auth=fifo:/tmp/GMfifo9", order: 3, command: "make -j16"}
)

// project is a build of some files: objects of sources with a header each, and one for all.
func project(n int) []made {
	var rs []made
	var objects []string
	for i := range n {
		o := fmt.Sprintf("m%d.o", i)
		objects = append(objects, o)
		rs = append(rs, made{
			target: o, writes: []string{o}, absent: true, wall: 5e6, cpu: 4e6,
			programs: []string{fmt.Sprintf("cc -O2 -IROOT/inc -c -o %s m%d.c", o, i), fmt.Sprintf("cc1 -quiet m%d.c -o TEMP.s -auxbase PID", i)},
			reads:    []string{fmt.Sprintf("m%d.c", i), fmt.Sprintf("m%d.h", i), "all.h", "/usr/include/stdio.h", "/etc/ld.so.cache"},
		})
	}
	return append(rs, made{
		target: "app", writes: []string{"app"}, reads: objects, absent: true,
		programs: []string{"cc -o app " + strings.Join(objects, " ")},
	})
}
