package capture

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"buildgraph/store"
)

const twoObjects = `app: a.o b.o; gcc -o app a.o b.o
%.o: %.c; gcc -c $< && cp $@ $@.tmp && mv $@.tmp $@
clean:; rm -f app *.o
`

// project is a directory with a little program, named so that its files are its own.
func project(t *testing.T, name string) string {
	t.Helper()
	return dir(t, "Makefile", twoObjects, "own.h", "#define N 3\n",
		"a.c", "#include \"own.h\"\n#include <stdio.h>\nint b(void);\nint main(void) { return printf(\""+name+"\") + b() + N; }\n",
		"b.c", "#include \"own.h\"\nint b(void) { return N; }\n")
}

// Two builds at once, while a third program opens files: each trace is what a capture
// of that build alone sees, and nothing of the third is in them.
func TestAttachEqualsCapture(t *testing.T) {
	one, two := project(t, "one"), project(t, "two")
	third := dir(t, "stranger", "")
	mk, name := alias(t, "make")
	out := newOutsider(t)
	k, stop := attach(t, AttachOptions{Triggers: []string{"no such name", name}})
	out.do("(while [ ! -e " + third + "/stop ]; do cat " + third + "/stranger " + one + "/own.h; done) &")
	out.do(mk + " -s -C " + one + " -j2 & " + mk + " -s -C " + two + " -j2 & wait $!; sleep 0.2")
	await(t, "the end of two builds", func() bool { return k.ended() == 2 })
	out.do(": >" + third + "/stop")
	stop()
	for _, d := range []string{one, two} {
		i := slices.IndexFunc(k.builds, func(b *taken) bool { return slices.Contains(b.started.Meta.Command, d) })
		if i < 0 {
			t.Fatalf("no build of %s", d)
		}
		got := k.builds[i]
		if m := got.result.Meta; !m.Complete || m.ExitCode != 0 || got.started.Name != name || m.Command[0] != mk || m.UID != os.Getuid() {
			t.Errorf("%s: %+v %+v", d, got.started, m)
		}
		for _, f := range got.files {
			if strings.HasPrefix(f.Path, third) {
				t.Errorf("a file of the third program: %s", f.Path)
			}
		}
		for _, path := range []string{"app", "a.o", "b.o"} {
			if got.kinds(filepath.Join(d, path))&store.AccessWrite == 0 {
				t.Errorf("%s: %s was not written", d, path)
			}
		}
		if err := exec.Command("make", "-s", "-C", d, "clean").Run(); err != nil {
			t.Fatal(err)
		}
		t.Chdir(got.started.Meta.Root)
		want, r := record(t, got.started.Meta.Root, Options{Command: []string{mk, "-s", "-C", d, "-j2"}})
		if !r.Meta.Complete {
			t.Error(r.Meta.Why)
		}
		same(t, d, got.memory, want)
	}
}

// Twenty builds in the same instant are twenty complete traces.
func TestAttachManyAtOnce(t *testing.T) {
	top := t.TempDir()
	const n = 20
	for i := range n {
		d := filepath.Join(top, strconv.Itoa(i))
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"Makefile": "out: in; cat in >out; ls >list\n", "in": d} {
			if err := os.WriteFile(filepath.Join(d, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	mk, name := alias(t, "make")
	out := newOutsider(t)
	k, _ := attach(t, AttachOptions{Triggers: []string{name}, Count: n})
	out.do("for i in " + top + "/*; do (cd $i && " + mk + " -s) & done; wait")
	await(t, "the end of all builds", func() bool { return k.ended() == n })
	for i := range n {
		d := filepath.Join(top, strconv.Itoa(i))
		b := k.in(t, d)
		if m := b.result.Meta; !m.Complete || b.result.Lost || len(b.result.Alive) > 0 || m.Processes != 4 {
			t.Errorf("%s: %+v", d, b.result)
		}
		if got := b.below(d, store.AccessRead); !slices.Equal(got, []string{"Makefile", "in"}) {
			t.Errorf("%s: read %q", d, got)
		}
		if got := b.below(d, store.AccessWrite); !slices.Equal(got, []string{"list", "out"}) {
			t.Errorf("%s: wrote %q", d, got)
		}
		if got := b.below(top, ^store.AccessKind(0)); slices.ContainsFunc(got, func(p string) bool { return !strings.HasPrefix(p, strconv.Itoa(i)) }) {
			t.Errorf("%s: files of others: %q", d, got)
		}
	}
}

// A make that a build starts is part of it, whatever started the build.
func TestAttachNested(t *testing.T) {
	d := dir(t, "Makefile", "all:; $(MAKE) -f sub.mk\n", "sub.mk", "out: in; cp in out\n", "in", "")
	mk, make := alias(t, "make")
	nj, ninja := alias(t, "ninja")
	n := dir(t, "build.ninja", "rule mk\n  command = "+mk+" -s -f sub.mk && touch $out\nbuild done: mk\n", "sub.mk", "out: in; cp in out\n", "in", "")
	out := newOutsider(t)
	k, _ := attach(t, AttachOptions{Triggers: []string{make, ninja}})
	out.do("cd " + d + " && " + mk + " -s")
	out.do("cd " + n + " && " + nj + " >/dev/null")
	await(t, "the end of two builds", func() bool { return k.ended() == 2 })
	if len(k.builds) != 2 {
		t.Errorf("%d builds, want 2", len(k.builds))
	}
	for dir, name := range map[string]string{d: make, n: ninja} {
		b := k.in(t, dir)
		if b.started.Name != name || !b.result.Meta.Complete || !slices.Contains(b.below(dir, store.AccessWrite), "out") {
			t.Errorf("%s: %s, wrote %q, %v", dir, b.started.Name, b.below(dir, store.AccessWrite), b.result.Meta.Why)
		}
	}
}

// A build that fails, or is killed, ends with that status, and so does one whose
// environment makes make name its recipes.
func TestAttachStatus(t *testing.T) {
	fails := dir(t, "Makefile", "all:; exit 3\n")
	killed := dir(t, "Makefile", "all:; kill -9 $$PPID; sleep 0.1\n")
	tagged := dir(t, "Makefile", "all:; true # run by a shell\n")
	mk, name := alias(t, "make")
	out := newOutsider(t)
	k, _ := attach(t, AttachOptions{Triggers: []string{name}})
	out.do("cd " + fails + "; " + mk + " -s 2>/dev/null")
	out.do("cd " + killed + "; " + mk + " -s 2>/dev/null")
	out.do("cd " + tagged + "; BG_T= GNUMAKEFLAGS='--eval=BG_T=$$@' " + mk + " -s")
	await(t, "the end of three builds", func() bool { return k.ended() == 3 })
	for dir, status := range map[string]int{fails: 2, killed: 137, tagged: 0} {
		if m := k.in(t, dir).result.Meta; m.ExitCode != status || !m.Complete {
			t.Errorf("%s: status %d, want %d; %v", dir, m.ExitCode, status, m.Why)
		}
	}
	b := k.in(t, tagged)
	if b.started.Meta.Tag != Tag || k.in(t, fails).started.Meta.Tag != "" {
		t.Errorf("tags %q and %q", b.started.Meta.Tag, k.in(t, fails).started.Meta.Tag)
	}
	var named bool
	for _, e := range b.execs {
		named = named || b.env(e, Tag) == "all"
	}
	if !named {
		t.Error("no command of the recipe was told its target")
	}
}

// What outlives a build is told of and no longer watched; with Wait the build goes on.
func TestAttachOutlived(t *testing.T) {
	d := dir(t, "Makefile", "all:; (sleep 1; touch late) >/dev/null 2>&1 &\n")
	for _, wait := range []bool{false, true} {
		os.Remove(d + "/late")
		mk, name := alias(t, "make")
		out := newOutsider(t)
		k, stop := attach(t, AttachOptions{Triggers: []string{name}, Wait: wait})
		out.do("cd " + d + " && " + mk + " -s")
		await(t, "late", func() bool { _, err := os.Stat(d + "/late"); return err == nil })
		await(t, "the end of the build", func() bool { return k.ended() == 1 })
		stop()
		b := k.in(t, d)
		saw := slices.Contains(b.below(d, store.AccessCreate), "late")
		if saw != wait || len(b.result.Alive) > 0 == wait || !b.result.Meta.Complete {
			t.Errorf("wait %v: saw late %v, alive %q, %v", wait, saw, b.result.Alive, b.result.Meta.Why)
		}
	}
}

// A build that runs when the watching ends is kept, and says so.
func TestAttachInterrupted(t *testing.T) {
	d := dir(t, "Makefile", "all:; cat in >copy; : >started; sleep 60\n", "in", "")
	mk, name := alias(t, "make")
	out := newOutsider(t)
	k, stop := attach(t, AttachOptions{Triggers: []string{name}})
	out.do("cd " + d + " && " + mk + " -s &")
	await(t, "started", func() bool { _, err := os.Stat(d + "/started"); return err == nil })
	time.Sleep(100 * time.Millisecond)
	stop()
	b := k.in(t, d)
	if !b.ended || !b.result.Interrupted || b.result.Meta.Complete || !slices.Contains(b.below(d, store.AccessRead), "in") {
		t.Errorf("%+v, read %q", b.result, b.below(d, store.AccessRead))
	}
	if why := strings.Join(b.result.Meta.Why, "; "); why != "attach was ended while the build ran" {
		t.Errorf("why: %s", why)
	}
}

// What one build loses makes no other incomplete, and is charged to its processes.
func TestAttachLoss(t *testing.T) {
	quiet := dir(t, "Makefile", "all: ; : >started; read line <fifo\n")
	if err := syscall.Mkfifo(quiet+"/fifo", 0o600); err != nil {
		t.Fatal(err)
	}
	loud := dir(t, "Makefile", "all: ; ./storm "+inMemory(t)+" "+itoa(scaled(200_000, 20_000))+" || true\n")
	compile(t, loud, "storm")
	mk, name := alias(t, "make")
	out := newOutsider(t)
	k, _ := attach(t, AttachOptions{Triggers: []string{name}, Ring: 64 << 10})
	k.slow = time.Second
	out.do("cd " + quiet + " && " + mk + " -s &")
	await(t, "the quiet build", func() bool { _, err := os.Stat(quiet + "/started"); return err == nil })
	time.Sleep(300 * time.Millisecond)
	out.do("cd " + loud + " && " + mk + " -s")
	await(t, "the end of the loud build", func() bool { return k.ended() == 1 })
	time.Sleep(300 * time.Millisecond)
	out.do("echo >" + quiet + "/fifo")
	await(t, "the end of the quiet build", func() bool { return k.ended() == 2 })
	b := k.in(t, loud)
	m := b.result.Meta
	var charged int64
	for _, p := range b.procs {
		charged += p.Lost
	}
	if m.Lost == 0 || m.Complete || !b.result.Lost || charged != m.Lost || m.ExitCode != 0 {
		t.Errorf("loud: %d lost, %d of them charged to its processes, %v", m.Lost, charged, m.Why)
	}
	if r := k.in(t, quiet).result; !r.Meta.Complete || r.Lost || r.Meta.ExitCode != 0 {
		t.Errorf("quiet: %+v", r)
	}
}
