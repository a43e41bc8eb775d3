package capture

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"buildgraph/store"
)

// source gives the absolute name of a C program of testdata. Asked for before a
// test changes its directory.
var sources = func() string {
	d, err := filepath.Abs("testdata")
	if err != nil {
		panic(err)
	}
	return d
}()

// compile builds a C program of testdata into dir.
func compile(t *testing.T, dir, name string, flags ...string) string {
	t.Helper()
	bin := filepath.Join(dir, name)
	args := append([]string{"-O1", "-w", "-pthread", "-o", bin, filepath.Join(sources, name+".c")}, flags...)
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("gcc %s: %v\n%s", name, err, out)
	}
	return bin
}

func TestProcessKinds(t *testing.T) {
	for _, kind := range []string{
		"fork", "vfork", "spawn", "clone", "clone3", "thread", "threadexec", "leaderexits", "orphan", "killed",
	} {
		t.Run(kind, func(t *testing.T) {
			file := "p_" + kind + ".txt"
			d := dir(t, file, "content\n")
			compile(t, d, "kinds")
			m, r := record(t, d, Options{Command: []string{"./kinds", kind}, Wait: kind == "orphan"})
			if got := m.below(d, store.AccessRead); !slices.Contains(got, file) {
				t.Errorf("%s was read by no process: %v", file, got)
			}
			if !r.Meta.Complete {
				t.Errorf("incomplete: %v", r.Meta.Why)
			}
			want := 0
			if kind == "killed" {
				want = 128 + int(unix.SIGKILL)
			}
			if r.Meta.ExitCode != want {
				t.Errorf("exit status %d, want %d", r.Meta.ExitCode, want)
			}
			for _, p := range m.procs {
				if p.End == 0 {
					t.Errorf("process %d never ended", p.PID)
				}
				if p.CPU <= 0 || p.MaxRSS <= 0 {
					t.Errorf("process %d: %d ns of CPU, %d bytes", p.PID, p.CPU, p.MaxRSS)
				}
			}
		})
	}
}

// A thread that executes takes its process over: one process, two images.
func TestExecFromThread(t *testing.T) {
	d := dir(t, "p_threadexec.txt", "x")
	compile(t, d, "kinds")
	m, _ := record(t, d, Options{Command: []string{"./kinds", "threadexec"}})
	if len(m.procs) != 1 {
		t.Errorf("%d processes, want 1", len(m.procs))
	}
	var last store.Exec
	for _, e := range m.execs {
		if e.Seq > last.Seq {
			last = e
		}
	}
	if got := m.argv(last); !slices.Equal(got, []string{"cat", "p_threadexec.txt"}) || last.Seq != 2 {
		t.Errorf("last image %d: %q", last.Seq, got)
	}
}

func TestIntEighty(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("only amd64 has a 32-bit system call entry of this kind")
	}
	d := dir(t, "p_int80.txt", "x")
	compile(t, d, "int80")
	m, r := record(t, d, Options{Command: []string{"./int80"}})
	if r.Meta.ExitCode != 0 {
		// The kernel was built without the entry (IA32_EMULATION): the program
		// dies of it, and there is nothing to see.
		if r.Meta.ExitCode == 128+int(unix.SIGSEGV) {
			return
		}
		t.Fatalf("exit status %d", r.Meta.ExitCode)
	}
	if got := m.below(d, store.AccessRead); !slices.Contains(got, "p_int80.txt") {
		t.Errorf("not seen: %v", got)
	}
}

// The image of a setuid program runs as another user, its files are seen all
// the same.
func TestSetuid(t *testing.T) {
	d := dir(t, "secret", "x")
	if err := os.Chmod(filepath.Join(d, "secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	cat := filepath.Join(d, "suidcat")
	if out, err := exec.Command("cp", "/bin/cat", cat).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.Chmod(cat, 0o755|os.ModeSetuid); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(d), 0o755); err != nil { // nobody has to get there
		t.Fatal(err)
	}
	t.Chdir(d)
	id, err := IdentityFor("nobody", os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Begin(Options{Command: []string{"./suidcat", "secret"}, User: id})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m := newMemory()
	r, err := c.Run(m)
	if err != nil {
		t.Fatal(err)
	}
	if r.Meta.ExitCode != 0 {
		t.Fatalf("exit status %d", r.Meta.ExitCode)
	}
	if got := m.below(d, store.AccessRead); !slices.Equal(got, []string{"secret"}) {
		t.Errorf("read %v", got)
	}
}

// What outlives the command is named, and waited for when asked.
func TestDaemon(t *testing.T) {
	script := "#!/bin/sh\nsetsid sh -c 'sleep 1; cat in > out' </dev/null >/dev/null 2>&1 &\n"
	t.Run("left", func(t *testing.T) {
		d := dir(t, "in", "x", "run", script)
		m, r := record(t, d, Options{Command: []string{"./run"}})
		if len(r.Alive) == 0 || !strings.Contains(strings.Join(r.Alive, "\n"), "sleep") {
			t.Errorf("alive: %q", r.Alive)
		}
		if !slices.ContainsFunc(m.notes, func(n store.Note) bool { return n.Kind == store.NoteAlive }) {
			t.Errorf("no note of it: %v", m.notes)
		}
	})
	t.Run("waited for", func(t *testing.T) {
		d := dir(t, "in", "x", "run", script)
		m, r := record(t, d, Options{Command: []string{"./run"}, Wait: true})
		if len(r.Alive) != 0 {
			t.Errorf("alive: %q", r.Alive)
		}
		if got := m.below(d, store.AccessWrite); !slices.Contains(got, "out") {
			t.Errorf("written: %v", got)
		}
	})
}

func TestFiftyThousandProcesses(t *testing.T) {
	n := scaled(50_000, 500)
	d := dir(t)
	compile(t, d, "many")
	m, r := record(t, d, Options{Command: []string{"./many", itoa(n)}})
	if !r.Meta.Complete || r.Meta.ExitCode != 0 {
		t.Errorf("exit %d, incomplete: %v", r.Meta.ExitCode, r.Meta.Why)
	}
	if len(m.procs) != n+1 {
		t.Fatalf("%d processes, want %d", len(m.procs), n+1)
	}
	codes := map[int]int{}
	for _, p := range m.procs {
		if p.Parent != 0 {
			codes[p.ExitCode]++
		}
	}
	for i := range 128 {
		if want := (n - i + 127) / 128; codes[i] != want {
			t.Errorf("%d processes exited with %d, want %d", codes[i], i, want)
		}
	}
}

// In a PID namespace with room for few PIDs the same one comes around again
// and again. Kernels before 6.14 have one pid_max for all namespaces: there it
// is lowered for the while of the test, and PIDs outside come around too.
func TestPIDReuse(t *testing.T) {
	n := scaled(3000, 450)
	d := dir(t)
	compile(t, d, "many")
	before, err := os.ReadFile("/proc/sys/kernel/pid_max")
	if err != nil {
		t.Fatal(err)
	}
	script := "mount -t proc proc /proc && echo 400 > /proc/sys/kernel/pid_max && exec ./many " + itoa(n)
	m, r := record(t, d, Options{Command: []string{"unshare", "--mount", "--pid", "--fork", "sh", "-c", script}})
	if err := os.WriteFile("/proc/sys/kernel/pid_max", before, 0o644); err != nil {
		t.Error(err)
	}
	if r.Meta.ExitCode != 0 || !r.Meta.Complete {
		t.Fatalf("exit %d, incomplete: %v", r.Meta.ExitCode, r.Meta.Why)
	}
	children := 0
	for _, e := range m.execs {
		if argv := m.argv(e); e.Seq == 0 && len(argv) > 0 && argv[0] == "./many" {
			children++
		}
	}
	if children != n {
		t.Errorf("%d children of ./many, want %d", children, n)
	}
	for _, p := range m.procs {
		if p.End == 0 || p.End < p.Start {
			t.Errorf("process %d: %d to %d", p.PID, p.Start, p.End)
		}
	}
}

// Paths are those of the host, whatever the process takes for its root.
func TestChroot(t *testing.T) {
	d := dir(t)
	bin := compile(t, d, "kinds", "-static")
	if err := os.MkdirAll(filepath.Join(d, "jail/sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(bin, filepath.Join(d, "jail/kinds")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d, "jail/p_fork.txt"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	m, r := record(t, d, Options{Command: []string{"chroot", "jail", "/kinds", "fork"}})
	if r.Meta.ExitCode != 0 {
		t.Fatalf("exit status %d", r.Meta.ExitCode)
	}
	if got := m.below(d+"/jail", store.AccessRead); !slices.Equal(got, []string{"p_fork.txt"}) {
		t.Errorf("read %v", got)
	}
	if !slices.ContainsFunc(m.notes, func(n store.Note) bool { return n.Kind == store.NoteNamespace }) {
		t.Error("no note says that the process had another root")
	}
}

func TestMountNamespace(t *testing.T) {
	d := dir(t, "real", "x")
	if err := os.Mkdir(filepath.Join(d, "a"), 0o755); err != nil {
		t.Fatal(err)
	}
	script := "mount -t tmpfs none a && echo y > a/inside && cat a/inside real && touch a/gone && rm a/gone"
	m, r := record(t, d, Options{Command: []string{"unshare", "--mount", "sh", "-c", script}})
	if r.Meta.ExitCode != 0 {
		t.Fatalf("exit status %d", r.Meta.ExitCode)
	}
	if got := m.below(d, store.AccessRead); !slices.Equal(got, []string{"a/inside", "real"}) {
		t.Errorf("read %v", got)
	}
	if !slices.ContainsFunc(m.notes, func(n store.Note) bool { return n.Kind == store.NoteNamespace }) {
		t.Error("no note says that the process was in another mount namespace")
	}
	var removed []string
	for _, o := range m.ops {
		if o.Kind == store.OpUnlink {
			removed = append(removed, m.path(o.File))
		}
	}
	if !slices.Equal(removed, []string{d + "/a/gone"}) {
		t.Errorf("removed %v", removed)
	}
}
