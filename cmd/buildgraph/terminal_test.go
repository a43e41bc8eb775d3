package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"buildgraph/store"
)

// terminal is a person at a terminal: an interactive bash with job control in a
// tmux of its own.
type terminal struct {
	t      *testing.T
	socket string
	dir    string // where bash is, and the trace
}

// patience is how long a terminal test waits for what must come.
const patience = 15 * time.Second

func newTerminal(t *testing.T, files map[string]string) *terminal {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal(needRoot)
	}
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Fatal("this test types at a terminal: apt-get install tmux")
	}
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// The path of a socket is short (108 bytes), that of the directory need not be.
	socket, err := os.MkdirTemp("", "tmux")
	if err != nil {
		t.Fatal(err)
	}
	e := &terminal{t: t, socket: filepath.Join(socket, "s"), dir: dir}
	t.Cleanup(func() {
		exec.Command("tmux", "-S", e.socket, "kill-server").Run()
		os.RemoveAll(socket)
		if t.Failed() {
			t.Logf("in %s", dir)
		}
	})
	e.tmux("-f", "/dev/null", "new-session", "-d", "-x", "150", "-y", "50", "-c", dir,
		// A history would be written into HOME when tmux has ended, while it is removed.
		"-e", "PATH="+os.Getenv("PATH"), "-e", "HOME="+dir, "env PS1='at: ' HISTFILE= bash --norc --noprofile")
	e.shows("at:")
	return e
}

func (e *terminal) tmux(args ...string) string {
	e.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", e.socket}, args...)...).CombinedOutput()
	if err != nil {
		e.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

// types types a line and the return key.
func (e *terminal) types(line string) {
	e.t.Helper()
	e.tmux("send-keys", "-l", line)
	e.tmux("send-keys", "Enter")
}

// presses presses one key: C-c, C-z, ...
func (e *terminal) presses(key string) {
	e.t.Helper()
	e.tmux("send-keys", key)
}

func (e *terminal) screen() string {
	e.t.Helper()
	return strings.TrimRight(e.tmux("capture-pane", "-p", "-J", "-S", "-200"), "\n ")
}

func (e *terminal) until(what string, done func() bool) {
	e.t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(30 * time.Millisecond) {
		if time.Now().After(end) {
			e.t.Fatalf("waited in vain for %s; on the screen:\n%s", what, e.screen())
		}
	}
}

// shows waits for a text on the screen. What is typed is on the screen too: mind
// that text differs from it.
func (e *terminal) shows(text string) {
	e.t.Helper()
	e.until(fmt.Sprintf("%q on the screen", text), func() bool { return strings.Contains(e.screen(), text) })
}

// made waits for a file in the terminal's directory.
func (e *terminal) made(name string) {
	e.t.Helper()
	e.until("the file "+name, func() bool { _, err := os.Stat(filepath.Join(e.dir, name)); return err == nil })
}

func (e *terminal) file(name string) string {
	e.t.Helper()
	text, err := os.ReadFile(filepath.Join(e.dir, name))
	if err != nil {
		e.t.Errorf("%v; on the screen:\n%s", err, e.screen())
	}
	return string(text)
}

func (e *terminal) touch(name string) {
	e.t.Helper()
	if err := os.WriteFile(filepath.Join(e.dir, name), nil, 0o644); err != nil {
		e.t.Fatal(err)
	}
}

// trace checks that the trace is whole and holds the exit status.
func (e *terminal) trace(exit int) {
	e.t.Helper()
	r, err := store.Open(filepath.Join(e.dir, "buildgraph.db"))
	if err != nil {
		e.t.Fatal(err)
	}
	defer r.Close()
	if m := r.Meta(); !m.Finished || !m.Complete || m.ExitCode != exit {
		e.t.Errorf("trace: finished %v, complete %v %q, exit status %d; want a whole one and %d", m.Finished, m.Complete, m.Why, m.ExitCode, exit)
	}
}

// Scripts of builds. The loops end by themselves should a test fail.
const (
	trapsInterrupt = `trap 'echo INT >>got' INT
touch ready
i=0; while [ ! -e enough ] && [ $i -lt 300 ]; do sleep 0.1; i=$((i+1)); done
`
	ticks = `i=0; while [ ! -e enough ] && [ $i -lt 300 ]; do echo tick >>ticks; sleep 0.1; i=$((i+1)); done
echo over
`
)

// Ctrl-C reaches the build once, and a build that survives it goes on.
func TestTerminalInterrupt(t *testing.T) {
	t.Parallel()
	e := newTerminal(t, map[string]string{"build.sh": trapsInterrupt})
	e.types(`buildgraph capture -- sh build.sh; echo "status=$?"`)
	e.made("ready")
	e.presses("C-c")
	e.made("got")
	time.Sleep(500 * time.Millisecond) // a second one would have come
	e.touch("enough")
	e.shows("status=0")
	if got := e.file("got"); got != "INT\n" {
		t.Errorf("the build got %q, want one INT", got)
	}
	e.trace(0)
}

// Ctrl-C stops make, which clears away what it was making; so it does watched, and
// the trace of what was done until then is whole.
func TestTerminalInterruptsMake(t *testing.T) {
	t.Parallel()
	e := newTerminal(t, map[string]string{
		"Makefile": "slow.o: ; @echo half >$@; sh build.sh; sleep 30\n",
		"build.sh": "trap 'echo INT >>got; exit 1' INT; touch ready; sleep 30\n",
	})
	e.types(`buildgraph capture -- make -j2; echo "status=$?"`)
	e.made("ready")
	e.presses("C-c")
	e.shows("status=130")
	e.shows("make: *** Deleting file 'slow.o'")
	if got := e.file("got"); got != "INT\n" {
		t.Errorf("the recipe got %q, want one INT", got)
	}
	if _, err := os.Stat(filepath.Join(e.dir, "slow.o")); err == nil {
		t.Error("slow.o is still there")
	}
	e.shows("trace in buildgraph.db")
	e.trace(130)
}

// Ctrl-\ kills the build, not the trace, and nobody sees a stack trace.
func TestTerminalQuit(t *testing.T) {
	t.Parallel()
	e := newTerminal(t, nil)
	e.types(`ulimit -c 0; buildgraph capture -- sh -c 'touch ready; exec sleep 30'; echo "status=$?"`)
	e.made("ready")
	e.presses(`C-\`)
	e.shows("status=131")
	if s := e.screen(); strings.Contains(s, "goroutine") || strings.Contains(s, "SIGQUIT:") {
		t.Errorf("a stack trace:\n%s", s)
	}
	e.trace(131)
}

// Ctrl-Z stops the build and gives the shell back; fg goes on with it.
func TestTerminalStop(t *testing.T) {
	t.Parallel()
	e := newTerminal(t, map[string]string{"build.sh": ticks})
	e.types(`buildgraph capture -- sh build.sh`)
	e.made("ticks")
	for range 2 {
		e.presses("C-z")
		e.shows("Stopped")
		e.types(`echo "shell $((6*7))"; clear`)
		e.until("an empty screen", func() bool { return !strings.Contains(e.screen(), "Stopped") })
		time.Sleep(200 * time.Millisecond)
		before := e.file("ticks")
		time.Sleep(500 * time.Millisecond)
		if after := e.file("ticks"); before != after {
			t.Errorf("stopped, and yet %d bytes became %d", len(before), len(after))
		}
		e.types("fg")
		e.until("the build to go on", func() bool { return len(e.file("ticks")) > len(before) })
	}
	e.touch("enough")
	e.shows("over")
	e.shows("trace in buildgraph.db")
	e.types(`echo "status=$?"`)
	e.shows("status=0")
	e.trace(0)
}

// A stopped build goes on in the background, where it ends.
func TestTerminalBackground(t *testing.T) {
	t.Parallel()
	e := newTerminal(t, map[string]string{"build.sh": ticks})
	e.types(`buildgraph capture -- sh build.sh`)
	e.made("ticks")
	e.presses("C-z")
	e.shows("Stopped")
	before := e.file("ticks")
	e.types("bg")
	e.until("the build to go on", func() bool { return len(e.file("ticks")) > len(before)+5 })
	e.touch("enough")
	e.shows("trace in buildgraph.db")
	e.types(`wait $!; echo "status=$?"`)
	e.shows("status=0")
	e.trace(0)
}

// A build reads from the terminal, by stdin and by name, and changes its modes.
func TestTerminalRead(t *testing.T) {
	t.Parallel()
	e := newTerminal(t, map[string]string{"build.sh": `
[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo "all terminals"
tty >tty.watched
read x; echo "hello <$x>"
read y </dev/tty; echo "hello again <$y>"
stty -echo; read z; stty echo; echo "secret of ${#z} letters"
exit 4
`})
	e.types(`clear; tty >tty.bare; buildgraph capture -- sh build.sh; echo "status=$?"`)
	e.shows("all terminals")
	e.types("ada")
	e.shows("hello <ada>")
	e.types("grace")
	e.shows("hello again <grace>")
	time.Sleep(300 * time.Millisecond) // stty
	e.types("lovelace")
	e.shows("secret of 8 letters")
	e.shows("status=4")
	if s := e.screen(); strings.Contains(s, "lovelace") {
		t.Errorf("what was typed in secret is shown:\n%s", s)
	}
	if bare, watched := e.file("tty.bare"), e.file("tty.watched"); bare != watched {
		t.Errorf("terminal %q, unwatched %q", watched, bare)
	}
	e.trace(4)
}

// In a pipeline the build still has the terminal's keyboard by name.
func TestTerminalPipeline(t *testing.T) {
	t.Parallel()
	e := newTerminal(t, nil)
	e.types(`echo piped | buildgraph capture -q -- sh -c 'cat; read x </dev/tty; echo "key <$x>"' | cat; echo "status=$?"`)
	e.shows("\npiped")
	e.types("k")
	e.shows("key <k>")
	e.shows("status=0")
	e.trace(0)
}

// A build in the background that reads from the terminal is stopped by it, as any
// job, and the shell says so.
func TestTerminalInput(t *testing.T) {
	t.Parallel()
	e := newTerminal(t, nil)
	e.types(`buildgraph capture -- sh -c 'read x; echo "hello <$x>"' &`)
	time.Sleep(time.Second)
	e.until("a stopped job", func() bool {
		e.types("jobs")
		time.Sleep(300 * time.Millisecond)
		return strings.Contains(e.screen(), "Stopped")
	})
	e.types("fg")
	time.Sleep(300 * time.Millisecond)
	e.types("ada")
	e.shows("hello <ada>")
	e.shows("trace in buildgraph.db")
	e.trace(0)
}

// A terminal that goes away takes the build with it, and leaves a trace that can be
// read.
func TestTerminalHangup(t *testing.T) {
	t.Parallel()
	e := newTerminal(t, map[string]string{"build.sh": "echo $PPID >pid; echo $$ >build.pid; touch ready; exec sleep 30\n"})
	e.types(`buildgraph capture -- sh build.sh`)
	e.made("ready")
	e.tmux("kill-server")
	for _, name := range []string{"pid", "build.pid"} {
		proc := filepath.Join("/proc", strings.TrimSpace(e.file(name)))
		for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
			if _, err := os.Stat(proc); err != nil {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%s: %s is still there", name, proc)
			}
		}
	}
	r, err := store.Open(filepath.Join(e.dir, "buildgraph.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if m := r.Meta(); !m.Finished || m.ExitCode != 129 {
		t.Errorf("trace: finished %v, exit status %d; want a finished one and 129", m.Finished, m.ExitCode)
	}
}
