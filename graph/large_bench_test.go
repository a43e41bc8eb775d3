package graph

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"buildgraph/store"
)

// How large a trace BenchmarkLarge asks: 33,000 recipes of three programs that
// use a hundred files each are ten million accesses.
const (
	largeRecipes  = 33_000
	largeAccesses = 100 // of each of a recipe's three programs
	largePerLib   = 100 // every so many recipes, one makes a library of the objects before it
)

// largeTrace writes the trace of a large build to a file.
type largeTrace struct {
	w      *store.Writer
	now    int64
	procs  store.ProcessID
	execs  store.ExecID
	seq    int64
	ino    uint64
	shared []store.FileID // system headers that every compiler reads
	others []store.FileID // those that some do
	looked []store.FileID // names that are looked for in vain
	local  []store.FileID // the project's headers
	libs   []store.FileID // what every program is loaded with
}

func (l *largeTrace) file(p string) store.FileID {
	l.ino++
	return l.w.File(p, 1<<20, l.ino, 0, store.KindRegular)
}

func (l *largeTrace) list(n int, format string) []store.FileID {
	var ids []store.FileID
	for i := range n {
		ids = append(ids, l.file(fmt.Sprintf(format, i)))
	}
	return ids
}

// program is a process that executes one program, and reads.
func (l *largeTrace) program(parent store.ProcessID, by store.ExecID, exe, cwd store.FileID, argv, env string, files ...store.FileID) (store.ProcessID, store.ExecID) {
	l.procs++
	l.execs += 2
	l.now += 1000
	p, e := l.procs, l.execs
	id := l.w.Env([]byte("HOME=/root\x00PATH=/bin\x00MAKEFLAGS= -j4 --jobserver-auth=3,4 --eval=export\\ BG_T=$$@\x00" + env))
	a := l.w.Argv([]byte(argv))
	l.w.Process(store.Process{ID: p, Parent: parent, ForkedBy: by, PID: int(p), Start: l.now, End: l.now + 1e6})
	if parent == 0 {
		l.w.Exec(store.Exec{ID: e, Process: p, Exe: exe, Cwd: cwd, Argv: a, Env: id, Start: l.now})
	} else {
		l.w.Exec(store.Exec{ID: e - 1, Process: p, Exe: exe, Cwd: cwd, Argv: a, Env: id, Start: l.now, End: l.now + 5})
		l.w.Exec(store.Exec{ID: e, Process: p, Seq: 1, Exe: exe, Cwd: cwd, Argv: a, Env: id, Start: l.now + 5, End: l.now + 1e6})
	}
	l.use(e, store.AccessExecute, exe)
	l.use(e, store.AccessRead|store.AccessMap, l.libs...)
	l.use(e, store.AccessRead, files...)
	return p, e
}

func (l *largeTrace) use(by store.ExecID, kinds store.AccessKind, files ...store.FileID) {
	for _, f := range files {
		l.now += 100
		a := store.Access{Exec: by, File: f, Kinds: kinds, Count: 1, First: l.now, Last: l.now}
		if kinds&readKinds != 0 {
			a.FirstRead = a.First
		}
		if kinds&writeKinds != 0 {
			a.FirstWrite, a.LastWrite = a.First, a.First+50
		}
		l.w.Access(a)
	}
}

// pad brings the accesses of a program to their number.
func (l *largeTrace) pad(i int, by store.ExecID, have int) {
	for j := range largeAccesses - have {
		l.use(by, store.AccessAbsent, l.looked[(i*31+j)%len(l.looked)])
	}
}

func writeLargeTrace(b *testing.B, file string) (write, finish time.Duration) {
	meta := store.Meta{Root: "/p", Tag: "BG_T", Complete: true, Began: time.Unix(0, 0), Command: []string{"make", "-j4"}}
	w, err := store.Create(file, store.CreateOptions{Meta: meta, UID: -1, GID: -1})
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	l := &largeTrace{w: w, now: 1000}
	makeExe, gcc, cc1, as, ar := l.file("/usr/bin/make"), l.file("/usr/bin/gcc"), l.file("/usr/lib/gcc/cc1"), l.file("/usr/bin/as"), l.file("/usr/bin/ar")
	cwd := w.File("/p", 1<<20, 1<<30, 0, store.KindDirectory)
	l.libs = l.list(6, "/usr/lib/x86_64-linux-gnu/lib%d.so")
	l.shared, l.others = l.list(20, "/usr/include/shared%d.h"), l.list(3000, "/usr/include/other/h%d.h")
	l.local = l.list(500, "/p/include/h%d.h")
	for i := range 5000 {
		l.looked = append(l.looked, w.File(fmt.Sprintf("/usr/local/include/h%d.h", i), 0, 0, 0, store.KindAbsent))
	}
	_, top := l.program(0, 0, makeExe, cwd, "make\x00-j4\x00", "MAKELEVEL=0\x00", l.file("/p/Makefile"))
	var objects []store.FileID
	for i := range largeRecipes {
		if i%largePerLib == largePerLib-1 {
			lib := fmt.Sprintf("lib%d.a", i/largePerLib)
			env := "MAKELEVEL=1\x00BG_T=" + lib + "\x00"
			p, e := l.program(1, top, gcc, cwd, "sh\x00-c\x00ar\x00", env)
			l.pad(i, e, 7)
			_, e = l.program(p, e, ar, cwd, "ar\x00rcs\x00"+lib+"\x00", env, objects...)
			l.use(e, store.AccessWrite|store.AccessCreate, l.file("/p/"+lib))
			objects = objects[:0]
			continue
		}
		name := fmt.Sprintf("d%d/f%d", i/1000, i)
		env := "MAKELEVEL=1\x00BG_T=" + name + ".o\x00"
		source, object, temp := l.file("/p/"+name+".c"), l.file("/p/"+name+".o"), l.file(fmt.Sprintf("/tmp/cc%06d.s", i))
		p, driver := l.program(1, top, gcc, cwd, "gcc\x00-c\x00"+name+".c\x00", env)
		l.pad(i, driver, 7)
		_, e := l.program(p, driver, cc1, cwd, "cc1\x00"+name+".c\x00", env, source)
		l.use(e, store.AccessRead, l.shared...)
		for j := range 20 {
			l.use(e, store.AccessRead, l.others[(i*7+j*131)%len(l.others)])
		}
		l.use(e, store.AccessRead, l.local[0], l.local[1+i%(len(l.local)-1)])
		l.use(e, store.AccessWrite|store.AccessCreate, temp)
		l.pad(i, e, 51)
		_, e = l.program(p, driver, as, cwd, "as\x00-o\x00"+name+".o\x00", env, temp)
		l.use(e, store.AccessWrite|store.AccessCreate|store.AccessTruncate, object)
		l.pad(i, e, 9)
		l.seq++
		w.Op(store.Op{Seq: l.seq, Exec: driver, Time: l.now, Kind: store.OpUnlink, File: temp})
		objects = append(objects, object)
	}
	write = time.Since(began)
	meta.Ended, meta.Accesses = l.now, largeRecipes*3*largeAccesses
	began = time.Now()
	if err := w.Finish(meta); err != nil {
		b.Fatal(err)
	}
	return write, time.Since(began)
}

// BenchmarkLarge asks questions of a trace of ten million accesses, each through
// a reader and a graph of its own, as a command does. It is made for every run,
// which takes half a minute and 1 GB in the directory for temporary files, or
// kept in the file that LARGE_TRACE names.
func BenchmarkLarge(b *testing.B) {
	file := os.Getenv("LARGE_TRACE")
	if file == "" {
		file = filepath.Join(b.TempDir(), "trace.db")
	}
	if _, err := os.Stat(file); err != nil {
		write, finish := writeLargeTrace(b, file)
		var usage syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
			b.Fatal(err)
		}
		fmt.Fprintf(os.Stderr, "writing %v, Finish %v, %d MB at most\n", write, finish, usage.Maxrss>>10)
		annotateLarge(b, file)
	}
	for _, q := range []struct {
		name string
		ask  func(g *Graph) (int, error)
	}{
		{"deps", func(g *Graph) (int, error) {
			d, err := g.Deps("d17/f17017.o", "/p", DepsOptions{})
			return len(d.Inputs), err
		}},
		{"deps-all", func(g *Graph) (int, error) {
			d, err := g.Deps("d17/f17017.o", "/p", DepsOptions{All: true})
			return len(d.Inputs), err
		}},
		{"deps-flow", func(g *Graph) (int, error) {
			d, err := g.Deps("d17/f17017.o", "/p", DepsOptions{Flow: true})
			return len(d.Inputs), err
		}},
		{"deps-transitive-library", func(g *Graph) (int, error) {
			d, err := g.Deps("lib170.a", "/p", DepsOptions{Transitive: true})
			return len(d.Inputs), err
		}},
		{"why-source", func(g *Graph) (int, error) {
			w, err := g.Why("d17/f17017.o", "d17/f17017.c", "/p")
			return len(w.Steps), err
		}},
		{"why-project-header", func(g *Graph) (int, error) {
			w, err := g.Why("d17/f17017.o", "include/h0.h", "/p")
			return len(w.Steps), err
		}},
		{"why-system-header", func(g *Graph) (int, error) {
			w, err := g.Why("d17/f17017.o", "/usr/include/shared3.h", "/p")
			return len(w.Steps), err
		}},
		{"why-library-source", func(g *Graph) (int, error) {
			w, err := g.Why("lib170.a", "d17/f17017.c", "/p")
			return len(w.Steps), err
		}},
		{"rdeps-source", func(g *Graph) (int, error) {
			r, err := g.RDeps("d17/f17017.c", "/p", false)
			return len(r.Dependents), err
		}},
		{"rdeps-header-of-some", func(g *Graph) (int, error) {
			r, err := g.RDeps("include/h7.h", "/p", false)
			return len(r.Dependents), err
		}},
		{"rdeps-header-of-all", func(g *Graph) (int, error) {
			r, err := g.RDeps("include/h0.h", "/p", false)
			return len(r.Dependents), err
		}},
		{"stats", func(g *Graph) (int, error) {
			s, err := g.Stats()
			return s.Build.Execs, err
		}},
		{"critical-path", func(g *Graph) (int, error) {
			c, err := g.Critical()
			return len(c.Chain), err
		}},
	} {
		b.Run(q.name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				r, err := store.Open(file)
				if err != nil {
					b.Fatal(err)
				}
				if n, err = q.ask(New(r)); err != nil {
					b.Fatal(err)
				}
				if err := r.Close(); err != nil {
					b.Fatal(err)
				}
			}
			if n == 0 {
				b.Error("the answer is empty")
			}
			b.ReportMetric(float64(n), "found")
		})
	}
}

// annotateLarge attributes the processes of a trace, as a capture does at its end.
func annotateLarge(b *testing.B, file string) {
	r, err := store.Open(file)
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	recipes, members, err := Attribute(r)
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
	attributed := time.Since(began)
	if err == nil {
		err = store.Annotate(file, recipes, members)
	}
	if err != nil {
		b.Fatal(err)
	}
	fmt.Fprintf(os.Stderr, "Attribute %v, Annotate %v, %d recipes\n", attributed, time.Since(began)-attributed, len(recipes))
}
