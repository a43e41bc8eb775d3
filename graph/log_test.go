package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"buildgraph/store"
)

// logged is the log of a build, a line an event.
func logged(t *testing.T, b *build, o EventFilterOptions) (lines []string) {
	t.Helper()
	o.Root = b.root
	for e, err := range b.graph().Log(newFilter(t, o), nil) {
		if err != nil {
			t.Fatal(err)
		}
		what := e.Path
		if e.Other != "" {
			what += " " + e.Other
		}
		switch e.Kind {
		case store.EventExec:
			what = strings.Join(e.Argv, " ")
		case store.EventExit:
			what = fmt.Sprint(e.ExitCode, e.Signal, e.Time-e.Start)
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%d %s %s %d %d %s", e.Time, e.Kind, e.Comm, e.PID, e.PPID, what)))
	}
	return lines
}

func want(t *testing.T, got []string, want string) {
	t.Helper()
	var lines []string
	for _, l := range strings.Split(want, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			lines = append(lines, l)
		}
	}
	if !slices.Equal(got, lines) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
}

// smallBuild has an event of most kinds.
func smallBuild(t *testing.T) *build {
	b := newBuild(t, "/src")
	mk := b.start("", "make")
	mk.touch("a.o", store.AccessAbsent)
	sh := mk.run("/bin/sh", "-c", "cc -c a.c")
	sub := sh.fork()
	sub.touch("a.o", store.AccessAbsent).exit()
	sh.exec("cc", "-c", "a.c").touch("a.c", store.AccessStat).reads("a.c").writes("t.o").rename("t.o", "a.o")
	sh.unlink("old").op(store.OpChmod, b.at("/src/a.o"), 0, "0755").touch("/dev/null", store.AccessWrite)
	sh.exit()
	bad := mk.run("false")
	bad.exit()
	b.procs[bad.id-1].ExitCode = 1
	for i, a := range b.accesses { // what an exec loads is used when it begins
		if a.Kinds == store.AccessExecute {
			t := b.execs[a.Exec-1].Start
			b.accesses[i].First, b.accesses[i].FirstRead, b.accesses[i].Last = t, t, t
		}
	}
	return b
}

func TestLog(t *testing.T) {
	b := smallBuild(t)
	want(t, logged(t, b, EventFilterOptions{}), `
		120 EXEC make 100 0 make
		140 OPEN make 100 0 /usr/lib/libc.so.6
		170 EXEC sh 101 100 /bin/sh -c cc -c a.c
		190 OPEN sh 101 100 /usr/lib/libc.so.6
		220 EXIT sh 102 101 0 0 20
		230 EXEC cc 101 100 cc -c a.c
		250 OPEN cc 101 100 /usr/lib/libc.so.6
		270 OPEN cc 101 100 /src/a.c
		280 CREATE cc 101 100 /src/t.o
		290 RENAME cc 101 100 /src/t.o /src/a.o
		300 UNLINK cc 101 100 /src/old
		310 CHMOD cc 101 100 /src/a.o 0755
		330 EXIT cc 101 100 0 0 170
		350 EXEC false 103 100 false
		370 OPEN false 103 100 /usr/lib/libc.so.6
		380 EXIT false 103 100 1 0 40
	`)
	want(t, logged(t, b, EventFilterOptions{Events: []string{"fork", "stat", "miss"}}), `
		150 MISS make 100 0 /src/a.o
		160 FORK make 101 100
		200 FORK sh 102 101
		210 MISS sh 102 101 /src/a.o
		260 STAT cc 101 100 /src/a.c
		340 FORK make 103 100
	`)
	want(t, logged(t, b, EventFilterOptions{Failed: true, Events: []string{"exec", "exit"}}), `
		350 EXEC false 103 100 false
		380 EXIT false 103 100 1 0 40
	`)
	// make outlived the build.
	want(t, logged(t, b, EventFilterOptions{MinDuration: 100, Events: []string{"exec", "exit"}}), `
		120 EXEC make 100 0 make
		170 EXEC sh 101 100 /bin/sh -c cc -c a.c
		230 EXEC cc 101 100 cc -c a.c
		330 EXIT cc 101 100 0 0 170
	`)
	want(t, logged(t, b, EventFilterOptions{Comm: []string{"c*"}, Path: []string{"*.o", "/dev/*"}}), `
		280 CREATE cc 101 100 /src/t.o
		290 RENAME cc 101 100 /src/t.o /src/a.o
		310 CHMOD cc 101 100 /src/a.o 0755
		320 WRITE cc 101 100 /dev/null
	`)
}

// What is cut by an operation is not written besides.
func TestLogOfTruncate(t *testing.T) {
	b := newBuild(t, "/src")
	p := b.start("", "cut")
	p.touch("x", store.AccessTruncate)
	p.b.clock -= 10
	p.op(store.OpTruncate, b.at("/src/x"), 0, "")
	p.op(store.OpTruncate, b.at("/src/x"), 0, "")
	p.touch("y", store.AccessWrite).op(store.OpTruncate, b.at("/src/y"), 0, "")
	want(t, logged(t, b, EventFilterOptions{Path: []string{"/src/*"}}), `
		150 TRUNCATE cut 100 0 /src/x
		160 TRUNCATE cut 100 0 /src/x
		170 WRITE cut 100 0 /src/y
		180 TRUNCATE cut 100 0 /src/y
	`)
}

// Every filter leaves of all events those that it wants, and in their order.
func TestLogFilters(t *testing.T) {
	b := smallBuild(t)
	all := logged(t, b, EventFilterOptions{All: true})
	for _, o := range []EventFilterOptions{
		{}, {Events: []string{"all"}}, {Events: []string{"open"}}, {Events: []string{"write", "create"}}, {Events: []string{"exit"}},
		{Comm: []string{"sh"}}, {Path: []string{"a.*"}}, {MinDuration: 30}, {Failed: true, All: true}, {All: true, Path: []string{"*"}},
	} {
		got := logged(t, b, o)
		at := 0
		for _, line := range got {
			i := slices.Index(all[at:], line)
			if i < 0 {
				t.Fatalf("%+v: %s is not there, or not in its place", o, line)
			}
			at += i + 1
		}
		if len(got) == 0 {
			t.Errorf("%+v: nothing", o)
		}
	}
}

// A trace that lacks rows, as that of a killed capture, is shown as far as it goes.
func TestLogOfTornTrace(t *testing.T) {
	b := smallBuild(t)
	b.lost = map[uint32]bool{2: true, 1000 + 6: true}
	got := strings.Join(logged(t, b, EventFilterOptions{All: true}), "\n")
	for _, line := range []string{"170 EXEC sh 0 0", "220 EXIT sh 102 0", "380 EXIT"} {
		if !strings.Contains(got, line) {
			t.Errorf("no %q in\n%s", line, got)
		}
	}
}
