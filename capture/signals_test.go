package capture

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// trapper counts the signals it gets, one line each, and ends after a second
// without one.
const trapper = `
trap 'echo INT >> got' INT
trap 'echo TERM >> got' TERM
echo ready > started
i=0; while [ $i -lt 20 ]; do sleep 0.05; i=$((i+1)); done
exit 5
`

// TestSignalsReachTheBuildOnce runs a capture in a process of its own, so that
// it can be sent signals, alone and with its whole group.
func TestSignalsReachTheBuildOnce(t *testing.T) {
	if os.Getenv("BUILDGRAPH_TEST_CAPTURE") != "" {
		m, r := record(t, os.Getenv("BUILDGRAPH_TEST_CAPTURE"), Options{Command: []string{"sh", "-c", trapper}})
		if !r.Meta.Complete || len(m.procs) < 2 {
			t.Fatalf("trace cut short: %v", r.Meta.Why)
		}
		os.Exit(r.Meta.ExitCode)
	}
	for _, c := range []struct {
		name  string
		group bool
		sig   syscall.Signal
		want  string
	}{
		{"INT alone", false, syscall.SIGINT, "INT\n"},
		{"TERM alone", false, syscall.SIGTERM, "TERM\n"},
		{"INT to the group", true, syscall.SIGINT, "INT\n"},
		{"TERM to the group", true, syscall.SIGTERM, "TERM\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := dir(t)
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			cmd := exec.Command(self, "-test.run", "^TestSignalsReachTheBuildOnce$")
			cmd.Env = append(os.Environ(), "BUILDGRAPH_TEST_CAPTURE="+d)
			cmd.Stdout, cmd.Stderr = &out, &out
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for i := 0; ; i++ {
				if _, err := os.Stat(d + "/started"); err == nil {
					break
				}
				if i > 600 {
					t.Fatalf("never started: %s", out.Bytes())
				}
				time.Sleep(50 * time.Millisecond)
			}
			pid := cmd.Process.Pid
			if c.group {
				pid = -pid
			}
			if err := unix.Kill(pid, c.sig); err != nil {
				t.Fatal(err)
			}
			err = cmd.Wait()
			if cmd.ProcessState.ExitCode() != 5 {
				t.Errorf("%v: %s", err, out.Bytes())
			}
			got, _ := os.ReadFile(d + "/got")
			if string(got) != c.want {
				t.Errorf("the build got %q, want %q", got, c.want)
			}
		})
	}
}

// A command that a signal kills is 128+n, and its trace is whole.
func TestKilledCommand(t *testing.T) {
	d := dir(t)
	_, r := record(t, d, Options{Command: []string{"sh", "-c", "kill -TERM $$"}})
	if r.Meta.ExitCode != 128+15 || !r.Meta.Complete {
		t.Errorf("exit %d, %v", r.Meta.ExitCode, r.Meta.Why)
	}
}

func TestCommandThatDoesNotExist(t *testing.T) {
	for name, want := range map[string]struct {
		code int
		text string
	}{
		"no-such-command": {127, "no-such-command: command not found"},
		"./no/such":       {127, "./no/such: No such file or directory"},
		"/etc/passwd":     {126, "/etc/passwd: Permission denied"},
		"/etc":            {126, "/etc: Is a directory"},
	} {
		_, err := Begin(Options{Command: []string{name}})
		var e *CommandError
		if !errors.As(err, &e) || e.Code != want.code || e.Error() != want.text {
			t.Errorf("%s: %v (%T), want %d %q", name, err, err, want.code, want.text)
		}
	}
}

// A script without a #! line runs as a shell runs it.
func TestScriptWithoutInterpreter(t *testing.T) {
	d := dir(t, "plain", "echo hello > out\nexit 3\n")
	m, r := record(t, d, Options{Command: []string{"./plain"}})
	if r.Meta.ExitCode != 3 || m.kinds(d+"/out") == 0 {
		t.Errorf("exit %d", r.Meta.ExitCode)
	}
}

func TestTaggedEnvironment(t *testing.T) {
	for _, c := range []struct{ before, after []string }{
		{nil, []string{"GNUMAKEFLAGS=--eval=BG_T=$$@", "BG_T="}},
		{[]string{"BG_T=outer", "A=1", "GNUMAKEFLAGS=-k"}, []string{"A=1", "GNUMAKEFLAGS=-k --eval=BG_T=$$@", "BG_T="}},
	} {
		if got := tagged(c.before); strings.Join(got, "\n") != strings.Join(c.after, "\n") {
			t.Errorf("%q: %q", c.before, got)
		}
	}
}

func TestIdentity(t *testing.T) {
	sudo := map[string]string{"SUDO_UID": "65534", "SUDO_GID": "65534", "SUDO_USER": "nobody"}
	id, err := IdentityFor("", func(k string) string { return sudo[k] })
	if err != nil || id.UID != 65534 || id.Name != "nobody" || !id.Changes() {
		t.Errorf("under sudo: %+v, %v", id, err)
	}
	env := id.environ([]string{"HOME=/root", "USER=root", "LOGNAME=root", "PATH=/bin"})
	if got := strings.Join(env, " "); got != "PATH=/bin HOME="+id.Home+" USER=nobody LOGNAME=nobody" {
		t.Errorf("environment: %s", got)
	}
	id, err = IdentityFor("root", func(k string) string { return sudo[k] })
	if err != nil || id.Changes() {
		t.Errorf("--user root: %+v, %v", id, err)
	}
	if _, err = IdentityFor("no such user", func(string) string { return "" }); err == nil {
		t.Error("an unknown user is no error")
	}
	id, err = IdentityFor("", func(string) string { return "" })
	if err != nil || id.Changes() || id.UID != os.Getuid() {
		t.Errorf("without sudo: %+v, %v", id, err)
	}
}

// What a process inherits besides its environment is the same with a capture
// around it as without.
func TestBuildInheritsWhatItWould(t *testing.T) {
	const look = `grep -E '^(Sig(Blk|Ign|Cgt)|Cap|NoNewPrivs|Seccomp:|Umask|Groups|Uid)' /proc/self/status; cat /proc/self/limits;
ulimit -n; ls -l /proc/self/fd | awk '{print $9}'; ps -o pgid=,sid=,nice=,tty= -p $$ | sed "s/^ *$PGID /PGID /"; pwd`
	script := "trap '' PIPE QUIT USR1 TERM; ulimit -S -n 321; umask 027; exec 5</dev/null; exec \"$@\""
	run := func(args ...string) string {
		cmd := exec.Command("sh", append([]string{"-c", script, "sh"}, args...)...)
		cmd.Dir = t.TempDir()
		cmd.Env = append(os.Environ(), "BUILDGRAPH_TEST_INHERIT="+cmd.Dir)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return strings.ReplaceAll(string(out), cmd.Dir, "DIR")
	}
	if d := os.Getenv("BUILDGRAPH_TEST_INHERIT"); d != "" {
		c, err := Begin(Options{Command: []string{"sh", "-c", look}, Tag: true, User: Identity{UID: os.Getuid(), GID: os.Getgid()}})
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.Run(newMemory())
		c.Close()
		if err != nil {
			t.Fatal(err)
		}
		os.Exit(r.Meta.ExitCode)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	plain := run("sh", "-c", look)
	watched := run(self, "-test.run", "^TestBuildInheritsWhatItWould$")
	if diff := cmp.Diff(strings.Split(plain, "\n"), strings.Split(watched, "\n")); diff != "" {
		t.Errorf("without a capture (-) and with one (+):\n%s", diff)
	}
}
