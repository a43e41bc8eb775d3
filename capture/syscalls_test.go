package capture

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"buildgraph/capture/oracle"
	"buildgraph/store"
	"buildgraph/store/sysnum"
)

// straced counts a command's calls with strace -c -f, as oracle.ParseCounts does.
func straced(t *testing.T, dir string, command ...string) map[string]oracle.Count {
	t.Helper()
	file := filepath.Join(t.TempDir(), "counts")
	c := exec.Command("strace", append([]string{"-c", "-f", "-o", file}, command...)...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil && c.ProcessState.ExitCode() < 0 {
		t.Fatalf("strace: %v\n%s", err, out)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	counts, err := oracle.ParseCounts(f)
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

// counted adds up what a capture counted, as straced does.
func counted(rows []store.Syscall) map[string]oracle.Count {
	counts := map[string]oracle.Count{}
	for _, s := range rows {
		name := s.Name
		if s.ABI == sysnum.I386 || s.ABI == sysnum.ARM {
			name += "/32"
		}
		n := counts[name]
		n.Calls += s.Calls
		n.Errors += s.Errors
		counts[name] = n
	}
	return counts
}

// fixed runs a command without address space randomization, on which the number of
// brk calls depends.
func fixed(command ...string) []string { return append([]string{"setarch", "-R"}, command...) }

// Counts are those of strace -c -f, call by call, errors included: of ways to make
// calls that are easily counted wrongly.
func TestSyscallsEqualStrace(t *testing.T) {
	d := dir(t)
	compile(t, d, "calls")
	for i, kind := range []string{"forks", "threads", "threadexec", "execveat", "handlers", "stopped", "odd", "killed"} {
		modes := []Counting{CountCalls, CountTime}
		if scaled(2, 1) == 1 { // where each run takes seconds, by turns
			modes = modes[i%2 : i%2+1]
		}
		t.Run(kind, func(t *testing.T) {
			want := straced(t, d, fixed("./calls", kind)...)
			if kind == "stopped" {
				// A process that strace watches is woken by signals too that it does not
				// handle (kernel: sig_ignored), here by SIGCONT, and its call goes on anew
				// once more.
				if n := want["restart_syscall"]; n.Calls < 1 {
					t.Errorf("strace saw no call go on: %v", n)
				}
				want["restart_syscall"] = oracle.Count{Calls: 1}
			}
			for _, mode := range modes {
				m, r := record(t, d, Options{Command: fixed("./calls", kind), Syscalls: mode})
				if diff := cmp.Diff(want, counted(m.syscalls)); diff != "" {
					t.Errorf("mode %d (-strace +capture):\n%s", mode, diff)
				}
				if !r.Meta.Complete {
					t.Errorf("incomplete: %v", r.Meta.Why)
				}
			}
		})
	}
}

// steady is a build whose calls are the same every time: none of its programs
// makes a temporary file, for whose name random numbers are drawn until one suits,
// none reads a pipe that is being written, and none waits for two things at once.
var steady = []string{
	"Makefile", `CFLAGS = -O1
OBJECTS = main.o one.o two.o

all: prog.so list.txt sums

prog.so: $(OBJECTS)
	ld -shared -o $@ $^

%.o: %.c # not by the built-in rule
%.o: %.s
	as -o $@ $<

%.s: %.c common.h
	gcc $(CFLAGS) -S -o $@ $<

list.txt: common.h missing.txt
	cat *.c >$@.all
	sort $@.all >$@.new
	mv $@.new $@
	-grep nothing $@
	-cat /nowhere

missing.txt:
	touch $@

sums: tool.sh
	for f in *.c; do ./tool.sh $$f; done >$@

clean:
	rm -f *.o *.s prog.so list.txt list.txt.all missing.txt sums

.PHONY: all clean
`,
	"common.h", "#include <stdio.h>\n#include <stdlib.h>\nint one(int), two(int);\n",
	"main.c", "#include \"common.h\"\nint main(void) { printf(\"%d\\n\", one(2)); return 0; }\n",
	"one.c", "#include \"common.h\"\nint one(int x) { return x + two(x); }\n",
	"two.c", "#include \"common.h\"\nint two(int x) { return abs(x) * 2; }\n",
	"tool.sh", "#!/bin/sh\ncksum \"$1\" || exit 1\ntest -s \"$1\" && echo ok\n",
}

func TestSyscallsOfMakeEqualStrace(t *testing.T) {
	d := dir(t, steady...)
	want := straced(t, d, fixed("make")...)
	clean := exec.Command("make", "clean")
	clean.Dir = d
	if out, err := clean.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m, r := record(t, d, Options{Command: fixed("make"), Syscalls: CountCalls})
	if r.Meta.ExitCode != 0 || !r.Meta.Complete {
		t.Errorf("exit status %d, %v", r.Meta.ExitCode, r.Meta.Why)
	}
	if diff := cmp.Diff(want, counted(m.syscalls)); diff != "" {
		t.Errorf("(-strace +capture):\n%s", diff)
	}
	programs, calls := map[string]int64{}, int64(0)
	for _, s := range m.syscalls {
		if s.Calls <= 0 || s.Errors < 0 || s.Errors > s.Calls || s.Timed || s.NS != 0 {
			t.Errorf("%+v", s)
		}
		programs[s.Program] += s.Calls
		calls += s.Calls
	}
	for _, name := range []string{"setarch", "make", "gcc", "cc1", "as", "ld", "sh", "cat", "sort", "mv", "grep", "touch", "tool.sh", "cksum"} {
		if programs[name] == 0 {
			t.Errorf("no calls of %s", name)
		}
		delete(programs, name)
	}
	if len(programs) > 0 {
		t.Errorf("calls of programs that did not run: %v", programs)
	}
	if calls < 5000 {
		t.Errorf("%d calls: that is no build", calls)
	}
}

// Time is that of the wall: a call that waits has taken long.
func TestSyscallTimes(t *testing.T) {
	m, _ := record(t, dir(t), Options{Command: []string{"sh", "-c", "sleep 0.3"}, Syscalls: CountTime})
	var slept, all int64
	for _, s := range m.syscalls {
		if !s.Timed || s.NS < 0 {
			t.Errorf("%+v", s)
		}
		if s.Program == "sleep" && s.Name == "clock_nanosleep" {
			slept = s.NS
		}
		all += s.NS
	}
	if slept < 300e6 || slept > 5e9 {
		t.Errorf("sleep 0.3 slept for %d ns", slept)
	}
	if all < 2*slept { // its shell waited as long
		t.Errorf("%d ns in all calls, %d in one, that others waited for", all, slept)
	}
}

// A program is called what the kernel calls it, whoever executed it.
func TestSyscallPrograms(t *testing.T) {
	d := dir(t, "a-name-of-more-than-fifteen", "#!/bin/sh\ntrue\n", "caf\xe9 .sh", "#!/bin/sh\ntrue\n")
	m, _ := record(t, d, Options{Command: []string{"sh", "-c", "./a-name*; ./caf*"}, Syscalls: CountCalls})
	got := map[string]bool{}
	for _, s := range m.syscalls {
		got[s.Program] = true
	}
	for _, name := range []string{"sh", "a-name-of-more-", "caf\xe9 .sh"} {
		if !got[name] {
			t.Errorf("no program %q among %v", name, got)
		}
	}
}

// What finds no place in the table is counted all the same.
func TestSyscallsThatDoNotFit(t *testing.T) {
	d := dir(t)
	command := fixed("ls", "/")
	all, _ := record(t, d, Options{Command: command, Syscalls: CountCalls})
	some, r := record(t, d, Options{Command: command, Syscalls: CountCalls, syscallSlots: 4})
	sum := func(rows []store.Syscall) (n int64) {
		for _, s := range rows {
			n += s.Calls
		}
		return n
	}
	var lost int64
	for _, l := range some.losses {
		if l.Class == "syscall" {
			lost += l.Count
		}
	}
	if got, want := sum(some.syscalls)+lost, sum(all.syscalls); lost == 0 || got != want {
		t.Errorf("%d counted and %d lost, %d calls were made", sum(some.syscalls), lost, want)
	}
	if why := fmt.Sprint(r.Meta.Why); r.Meta.Complete || !strings.Contains(why, "system calls were not counted") {
		t.Errorf("complete: %v; %s", r.Meta.Complete, why)
	}
}

// A capture that does not count gives the sink nothing.
func TestSyscallsNotCounted(t *testing.T) {
	m, _ := record(t, dir(t), Options{Command: []string{"true"}})
	if m.syscalls != nil {
		t.Errorf("%v", m.syscalls)
	}
}

// While the build runs its counts grow, and the last are those of the end.
func TestSyscallsMeanwhile(t *testing.T) {
	t.Chdir(dir(t))
	c, err := Begin(Options{
		Command: []string{"sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.05; done"}, Syscalls: CountTime,
		User: Identity{UID: os.Getuid(), GID: os.Getgid()},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m := newMemory()
	ended := make(chan error, 1)
	go func() {
		_, err := c.Run(m)
		ended <- err
	}()
	type key struct{ program, name string }
	last, grew := map[key]store.Syscall{}, 0
	look := func() {
		rows, err := c.Syscalls()
		if err != nil {
			t.Fatal(err)
		}
		seen := map[key]bool{}
		for _, s := range rows {
			k := key{s.Program, s.Name}
			seen[k] = true
			if o := last[k]; s.Calls < o.Calls || s.Errors < o.Errors || s.NS < o.NS {
				t.Errorf("%+v was %+v", s, o)
			} else if s.Calls > o.Calls {
				grew++
			}
			last[k] = s
		}
	}
	for running := true; running; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
			running = false
		default:
			look()
		}
	}
	look()
	if grew < 20 {
		t.Errorf("counts grew %d times", grew)
	}
	for _, s := range m.syscalls {
		if last[key{s.Program, s.Name}] != s {
			t.Errorf("at the end %+v, the sink got %+v", last[key{s.Program, s.Name}], s)
		}
	}
}
