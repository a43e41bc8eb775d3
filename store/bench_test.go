package store

import (
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"
)

// cpuTime is what the process used so far, all threads, user and kernel.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// compilerAccess is the i-th access of a build whose compilers run four at a
// time and use 300 of 3000 files each: looked for in vain, stat-ed, or read.
func compilerAccess(i int) Access {
	group, j := i/1200, i%1200
	a := Access{
		Exec: ExecID(group*4 + j%4 + 1), File: FileID((j/4*7919+group*13)%3000 + 1),
		Kinds: AccessAbsent, Count: 1, First: int64(i)*1700 + 1e9,
	}
	a.Last = a.First
	switch i % 3 {
	case 1:
		a.Kinds = AccessRead
		a.FirstRead = a.First
	case 2:
		a.Kinds = AccessStat
	}
	return a
}

func createBench(b *testing.B, path string) *Writer {
	w, err := Create(path, CreateOptions{UID: -1, GID: -1})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 3000 {
		w.File(fmt.Sprintf("/usr/lib/gcc/x86_64-linux-gnu/12/include/some/header-%d.h", i), 1, uint64(i+1), 0, KindRegular)
	}
	return w
}

// BenchmarkAccess gives the CPU time of one access among a million, from the
// call to the finished file.
func BenchmarkAccess(b *testing.B) {
	const n = 1 << 20
	path := tracePath(b)
	var write, finish time.Duration
	for b.Loop() {
		start := cpuTime()
		w := createBench(b, path)
		for i := range n {
			w.Access(compilerAccess(i))
		}
		mid := cpuTime()
		if err := w.Finish(Meta{}); err != nil {
			b.Fatal(err)
		}
		write += mid - start
		finish += cpuTime() - mid
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	rows := float64(n * b.N)
	b.ReportMetric(float64(write)/rows, "write-cpu-ns/row")
	b.ReportMetric(float64(finish)/rows, "finish-cpu-ns/row")
	b.ReportMetric(float64(write+finish)/rows, "cpu-ns/row")
	b.ReportMetric(float64(info.Size())/n, "B/row")
}

// BenchmarkFinish gives the time of Finish after so many accesses.
func BenchmarkFinish(b *testing.B) {
	for _, n := range []int{0, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			path := tracePath(b)
			var cpu time.Duration
			for b.Loop() {
				b.StopTimer()
				w := createBench(b, path)
				for i := range n {
					w.Access(compilerAccess(i))
				}
				time.Sleep(50 * time.Millisecond) // for the queue
				b.StartTimer()
				start := cpuTime()
				if err := w.Finish(Meta{}); err != nil {
					b.Fatal(err)
				}
				cpu += cpuTime() - start
			}
			b.ReportMetric(float64(cpu)/float64(b.N)/1e6, "cpu-ms/op")
		})
	}
}

func BenchmarkCreate(b *testing.B) {
	path := tracePath(b)
	for b.Loop() {
		w, err := Create(path, CreateOptions{UID: -1, GID: -1})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := w.Abort(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func BenchmarkInternHit(b *testing.B) {
	w := createBench(b, tracePath(b))
	defer w.Abort()
	paths := make([][]byte, 3000)
	for i := range paths {
		paths[i] = fmt.Appendf(nil, "/usr/lib/gcc/x86_64-linux-gnu/12/include/some/header-%d.h", i)
	}
	env := []byte{}
	for i := range 40 {
		env = fmt.Appendf(env, "VARIABLE_%d=/usr/local/lib/something/%d\x00", i, i)
	}
	w.Env(env)
	b.Run("file", func(b *testing.B) {
		i := 0
		for b.Loop() {
			w.FileBytes(paths[i], 1, uint64(i+1), 0, KindRegular)
			if i++; i == len(paths) {
				i = 0
			}
		}
	})
	b.Run("env", func(b *testing.B) {
		for b.Loop() {
			w.Env(env)
		}
	})
	b.Run("env-other-target", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n++
			w.Env(fmt.Appendf(env, "BG_T=%d\x00", n))
		}
	})
}

// benchTrace is a trace of a million accesses of 3500 execs to 3000 files, among
// 100,000 files.
func benchTrace(b *testing.B) *Reader {
	path := tracePath(b)
	w := createBench(b, path)
	for i := 3000; i < 100_000; i++ {
		w.File(fmt.Sprintf("/build/project/source/directory-%d/file-%d.c", i%100, i), 1, uint64(i+1), 0, KindRegular)
	}
	for i := range 1 << 20 {
		a := compilerAccess(i)
		if i%1200 < 4 {
			env := w.Env(fmt.Appendf(nil, "A=1\x00B=2\x00MAKELEVEL=1\x00BG_T=%d\x00", a.Exec))
			w.Process(Process{ID: ProcessID(a.Exec), Parent: ProcessID(a.Exec / 2)})
			w.Exec(Exec{ID: a.Exec, Process: ProcessID(a.Exec), Argv: w.Argv(fmt.Appendf(nil, "cc\x00%d\x00", a.Exec)), Env: env})
		}
		w.Access(a)
	}
	if err := w.Finish(Meta{}); err != nil {
		b.Fatal(err)
	}
	return openTrace(b, path)
}

func BenchmarkRead(b *testing.B) {
	r := benchTrace(b)
	check := func(b *testing.B, err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		look func(i int) error
	}{
		{"File", func(i int) error { return second(r.File(FileID(i%100_000 + 1))) }},
		{"FilesByPath", func(i int) error {
			i = 3000 + i*7919%97_000
			return second(r.FilesByPath(fmt.Sprintf("/build/project/source/directory-%d/file-%d.c", i%100, i)))
		}},
		{"Exec", func(i int) error { return second(r.Exec(ExecID(i%3000 + 1))) }},
		{"Children", func(i int) error { return second(r.Children(ProcessID(i%1000 + 1))) }},
		{"Argv", func(i int) error { return second(r.Argv(ArgvID(i%3000 + 1))) }},
		{"EnvMake", func(i int) error { return second(r.EnvMake(EnvID(i%3000 + 1))) }},
		{"AccessesOf300", func(i int) error { return second(r.AccessesOf(ExecID(i%3000 + 1))) }},
		{"AccessesTo350", func(i int) error { return second(r.AccessesTo(FileID(i%3000 + 1))) }},
		{"WritesTo", func(i int) error { return second(r.WritesTo(FileID(i%3000 + 1))) }},
		{"WritesOf300", func(i int) error { return second(r.WritesOf(ExecID(i%3000 + 1))) }},
		{"OpsOn", func(i int) error { return second(r.OpsOn(FileID(i%3000 + 1))) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			i := 0
			for b.Loop() {
				check(b, c.look(i))
				i++
			}
		})
	}
	b.Run("Accesses1M", func(b *testing.B) {
		for b.Loop() {
			check(b, drain(r.Accesses()))
		}
	})
	b.Run("AccessesOfKind1M", func(b *testing.B) {
		for b.Loop() {
			check(b, drain(r.AccessesOfKind(AccessWrite)))
		}
	})
	b.Run("Files100k", func(b *testing.B) {
		for b.Loop() {
			check(b, drain(r.Files()))
		}
	})
}

// BenchmarkProcess gives the CPU time of one short process, as a recipe that
// runs "true" is: forked, executed, ended, with four descriptors and an
// environment of its own.
func BenchmarkProcess(b *testing.B) {
	const n = 20_000
	var cpu time.Duration
	path := tracePath(b)
	for b.Loop() {
		var env []byte
		for i := range 30 {
			env = fmt.Appendf(env, "VARIABLE_%d=/usr/local/lib/something/%d\x00", i, i)
		}
		start := cpuTime()
		w := createBench(b, path)
		for i := range n {
			p := ProcessID(i + 1)
			e := ExecID(2*i + 1)
			w.Process(Process{ID: p, Parent: 1, PID: i, Start: int64(i) * 1e6})
			w.Exec(Exec{ID: e, Process: p, Start: int64(i) * 1e6})
			id := w.Env(fmt.Appendf(env, "BG_T=target-%d\x00", i))
			w.Exec(Exec{ID: e + 1, Process: p, Seq: 1, Exe: 2, Cwd: 3, Argv: w.Argv([]byte("true\x00")), Env: id, Start: int64(i)*1e6 + 5e5})
			for fd := range 4 {
				w.Held(Held{Exec: e + 1, FD: fd, File: FileID(fd + 5), Read: true})
			}
			w.Process(Process{ID: p, Parent: 1, PID: i, Start: int64(i) * 1e6, End: int64(i)*1e6 + 9e5, CPU: 5e5, MaxRSS: 1 << 21})
		}
		if err := w.Finish(Meta{}); err != nil {
			b.Fatal(err)
		}
		cpu += cpuTime() - start
	}
	b.ReportMetric(float64(cpu)/float64(b.N*n), "cpu-ns/process")
}

// BenchmarkBuild gives what the trace of a middling build costs, all in: 600
// processes, 2,000 files, 44,000 accesses, which come as they happen. With
// -benchtime 1x it is what a capture sees, whose memory is new.
func BenchmarkBuild(b *testing.B) {
	path := tracePath(b)
	var usage syscall.Rusage
	faults := func() int64 {
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
			b.Fatal(err)
		}
		return usage.Minflt
	}
	began, cpu := faults(), cpuTime()
	for b.Loop() {
		w, err := Create(path, CreateOptions{UID: -1, GID: -1})
		if err != nil {
			b.Fatal(err)
		}
		for i := range 2000 {
			w.File(fmt.Sprintf("/usr/lib/gcc/x86_64-linux-gnu/12/include/some/header-%d.h", i), 1, uint64(i+1), 0, KindRegular)
		}
		for i := range 44_000 {
			a := compilerAccess(i)
			a.File = a.File%2000 + 1
			if i%730 == 0 {
				time.Sleep(time.Millisecond)
			}
			if i%73 == 0 {
				p := ProcessID(i/73 + 1)
				w.Process(Process{ID: p, Parent: 1, PID: i, Start: a.First})
				w.Exec(Exec{ID: ExecID(p), Process: p, Argv: w.Argv(fmt.Appendf(nil, "cc\x00%d\x00", i)), Start: a.First})
			}
			w.Access(a)
		}
		if err := w.Finish(Meta{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N)/1e6, "cpu-ms/op")
	b.ReportMetric(float64(faults()-began)/float64(b.N), "faults/op")
}
