package store

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary run with this variable writes a trace there for ever.
const childVariable = "STORE_TEST_WRITE"

func TestMain(m *testing.M) {
	commitEvery = 100 * time.Millisecond
	if path := os.Getenv(childVariable); path != "" {
		writeForEver(path)
		return
	}
	os.Exit(m.Run())
}

// writeForEver creates the trace, says so, and writes; a line on its input makes
// it finish.
func writeForEver(path string) {
	w, err := Create(path, CreateOptions{Meta: exampleMeta(), UID: -1, GID: -1})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("created")
	stop := make(chan bool)
	go func() {
		bufio.NewReader(os.Stdin).ReadString('\n')
		close(stop)
	}()
	for i := 1; ; i++ {
		select {
		case <-stop:
			w.Finish(exampleMeta())
			fmt.Println("finished")
			select {}
		default:
		}
		f := w.File(fmt.Sprint("/f", i%5000), 1, uint64(i%5000+1), 0, KindRegular)
		if i%100 == 1 {
			w.Process(Process{ID: ProcessID(i/100 + 1), PID: i})
			w.Exec(Exec{ID: ExecID(i/100 + 1), Process: ProcessID(i/100 + 1), Exe: f, Argv: w.Argv([]byte("cc\x00"))})
		}
		w.Access(Access{Exec: ExecID(i/100 + 1), File: f, Kinds: AccessRead, Count: 1, First: int64(i), Last: int64(i), FirstRead: int64(i)})
		if i%1000 == 0 {
			time.Sleep(5 * time.Millisecond)
		}
	}
}

type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startChild returns when the child's Create has.
func startChild(t testing.TB, path string) *child {
	t.Helper()
	c := &child{cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(os.Environ(), childVariable+"="+path)
	c.cmd.Stderr = os.Stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.out = bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	c.expect(t, "created")
	return c
}

func (c *child) expect(t testing.TB, want string) {
	t.Helper()
	line, err := c.out.ReadString('\n')
	if strings.TrimSpace(line) != want {
		t.Fatalf("the child said %q (%v), not %q", line, err, want)
	}
}

func (c *child) kill() {
	c.cmd.Process.Signal(syscall.SIGKILL)
	c.cmd.Wait()
}

// killedTrace leaves a trace whose writer was killed with some seconds' rows
// committed.
func killedTrace(t testing.TB, path string) {
	t.Helper()
	c := startChild(t, path)
	time.Sleep(commitEvery + 200*time.Millisecond)
	c.kill()
}

// checkUnfinished checks that a trace says that it is incomplete and hangs
// together, and returns how many accesses it holds.
func checkUnfinished(t *testing.T, path string) int {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		t.Fatalf("%v\n%s", err, listing(path))
	}
	defer r.Close()
	m := r.Meta()
	if m.Finished || m.Complete || m.Ended != 0 || len(m.Why) == 0 || m.Root != exampleMeta().Root {
		t.Errorf("meta of a killed capture: %+v", m)
	}
	n := 0
	for a, err := range r.Accesses() {
		if err != nil {
			t.Fatal(err)
		}
		if n%997 == 0 {
			f := must(r.File(a.File))(t)
			equal(t, "ids of a path", len(must(r.FilesByPath(f.Path))(t)), 1)
			must(r.Exec(a.Exec))(t)
			if to := must(r.AccessesTo(a.File))(t); len(to) == 0 {
				t.Errorf("no access to file %d by the index", a.File)
			}
		}
		n++
	}
	return n
}

func listing(path string) string {
	var b strings.Builder
	entries, _ := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			fmt.Fprintln(&b, info.Size(), e.Name())
		}
	}
	return b.String()
}

func TestKilledAtAnyMoment(t *testing.T) {
	for i, after := range []time.Duration{0, 1, 3, 10, 30, 95, 300, 500} {
		path := tracePath(t)
		c := startChild(t, path)
		time.Sleep(after * time.Millisecond)
		c.kill()
		n := checkUnfinished(t, path)
		if i > 5 && n == 0 {
			t.Errorf("after %d ms nothing had been committed", after)
		}
	}
}

// Killed inside Finish, a trace is either finished or not, and readable.
func TestKilledWhileFinishing(t *testing.T) {
	for _, after := range []time.Duration{0, 2, 5, 10, 20, 40, 80} {
		path := tracePath(t)
		c := startChild(t, path)
		time.Sleep(200 * time.Millisecond)
		fmt.Fprintln(c.in)
		time.Sleep(after * time.Millisecond)
		c.kill()
		r, err := Open(path)
		if err != nil {
			t.Fatalf("after %d ms: %v\n%s", after, err, listing(path))
		}
		if r.Meta().Finished {
			onlyFile(t, path)
		} else {
			checkUnfinished(t, path)
		}
		r.Close()
	}
}

// A trace can be looked at while its capture is at work.
func TestOpenLive(t *testing.T) {
	path := tracePath(t)
	c := startChild(t, path)
	last := 0
	for range 3 {
		time.Sleep(commitEvery / 2)
		n := checkUnfinished(t, path)
		if n < last {
			t.Errorf("%d accesses, then %d", last, n)
		}
		last = n
	}
	fmt.Fprintln(c.in)
	c.expect(t, "finished")
	r := openTrace(t, path)
	if !r.Meta().Finished {
		t.Error("reading disturbed the capture")
	}
	onlyFile(t, path)
}

// A killed capture's trace can be read where nothing can be written, by someone
// else, and stays as it is.
func TestKilledReadOnly(t *testing.T) {
	path := tracePath(t)
	killedTrace(t, path)
	dir := filepath.Dir(path)
	before := contents(t, dir)
	if len(before) < 2 {
		t.Fatalf("no log beside the trace:\n%s", listing(path))
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o755) })
	read := func() {
		if n := checkUnfinished(t, path); n == 0 {
			t.Error("nothing of the log was read")
		}
	}
	if os.Geteuid() == 0 {
		// Root may write anywhere: read as nobody does.
		for d := dir; d != "/"; d = filepath.Dir(d) {
			if info, err := os.Stat(d); err == nil && d != dir && info.Mode().Perm()&0o5 != 0o5 {
				if err := os.Chmod(d, info.Mode().Perm()|0o055); err != nil {
					t.Fatal(err)
				}
			}
		}
		done := make(chan bool)
		go func() {
			defer close(done)
			if err := (Identity{UID: 65534, GID: 65534, Groups: []int{}}).assume(); err != nil {
				t.Error(err)
				return
			}
			if f, err := os.Create(filepath.Join(dir, "x")); err == nil {
				f.Close()
				t.Error("nobody can write in the directory")
			}
			read()
		}()
		<-done
	} else {
		read()
	}
	equal(t, "files", contents(t, dir), before)
}

func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	m := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		m[e.Name()] = string(b)
	}
	return m
}
