package dryrun

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// project is a directory with a make that does all that -n does not prevent.
func project(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "dryrun")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for name, text := range map[string]string{
		"Makefile": `X := $(shell echo shelled >shelled; touch source; rm -f victim; echo hi)
all: sub
	+touch plus; echo more >>source; mv moved elsewhere; chmod 600 source; ln -s x link
sub:
	$(MAKE) -C subd
	+make -C subd plain
.PHONY: all sub
-include gen.mk
gen.mk: Makefile
	echo '# generated' >gen.mk
`,
		"subd/Makefile": "default: ; +echo default >out1\nplain: ; +echo plain >out2\n",
		"source":        "source\n", "victim": "victim\n", "moved": "moved\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// listing is everything that can be said of a tree: names, kinds, owners, modes,
// times of change to the nanosecond, inodes and content.
func listing(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s ino %d mode %o owner %d:%d size %d mtime %d.%09d ctime %d.%09d", path, st.Ino, st.Mode,
			st.Uid, st.Gid, st.Size, st.Mtim.Sec, st.Mtim.Nsec, st.Ctim.Sec, st.Ctim.Nsec)
		if st.Mode&unix.S_IFMT == unix.S_IFREG {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %x", sha256.Sum256(text))
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func shell(dir, script string) Command {
	return Command{
		Path: "/bin/sh", Args: []string{"sh", "-c", script}, Dir: dir,
		Env: []string{"PATH=/usr/bin:/bin", "HOME=" + dir}, UID: -1, GID: -1, Timeout: time.Minute,
	}
}

func run1(t testing.TB, c Command) Result {
	t.Helper()
	r, err := Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Nothing that make does without or in spite of -n reaches the tree, and all of it
// happens inside.
func TestMakeTouchesNothing(t *testing.T) {
	for _, flags := range []string{"-n", "-pn", ""} {
		t.Run("make "+flags, func(t *testing.T) {
			dir := project(t)
			before := listing(t, dir)
			r := run1(t, shell(dir, "make "+flags+" >/dev/null 2>&1; ls . subd; cat source"))
			for _, want := range []string{"shelled\n", "plus\n", "gen.mk\n", "elsewhere\n", "out1\n", "out2\n", "link\n", "source\nmore\n"} {
				if !strings.Contains(string(r.Stdout), want) {
					t.Errorf("inside there is no %q in\n%s%s", want, r.Stdout, r.Stderr)
				}
			}
			if strings.Contains(string(r.Stdout), "victim") {
				t.Errorf("inside the removed file is still there:\n%s", r.Stdout)
			}
			if after := listing(t, dir); after != before {
				t.Errorf("the tree changed from\n%s\nto\n%s", before, after)
			}
		})
	}
}

// Inside, names and times are those of the tree.
func TestSameTimesInside(t *testing.T) {
	dir := project(t)
	const script = "pwd; find . -printf '%p %T@ %C@ %s %m %U %G\n' | sort"
	here, err := exec.Command("sh", "-c", "cd "+dir+" && "+script).Output()
	if err != nil {
		t.Fatal(err)
	}
	if r := run1(t, shell(dir, script)); !bytes.Equal(r.Stdout, here) {
		t.Errorf("inside\n%s\noutside\n%s", r.Stdout, here)
	}
}

// Touch makes a file newer than what the build left, inside only.
func TestTouch(t *testing.T) {
	dir := project(t)
	file := filepath.Join(dir, "source")
	newest := filepath.Join(dir, "newest")
	if err := os.WriteFile(newest, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	before := listing(t, dir)
	c := shell(dir, "test source -nt newest && cat source")
	c.Touch = []string{file}
	if r := run1(t, c); r.Status != 0 || string(r.Stdout) != "source\n" {
		t.Errorf("status %d, %q, %s", r.Status, r.Stdout, r.Stderr)
	}
	if after := listing(t, dir); after != before {
		t.Errorf("the tree changed from\n%s\nto\n%s", before, after)
	}
	c.Touch = []string{file + ".gone"}
	if _, err := Run(context.Background(), c); err == nil || !strings.Contains(err.Error(), "source.gone") {
		t.Errorf("touching a file that is not there: %v", err)
	}
}

// What goes before is seen by the command and unheard.
func TestBefore(t *testing.T) {
	dir := project(t)
	before := listing(t, dir)
	c := shell(dir, "cat first second; test first -nt source && echo newer")
	c.Before = [][]string{{"sh", "-c", "echo 1 >first; echo noise; echo noise >&2; exit 3"}, {"sh", "-c", "echo 2 >second"}}
	if r := run1(t, c); string(r.Stdout) != "1\n2\nnewer\n" || len(r.Stderr) > 0 || r.Status != 0 {
		t.Errorf("status %d, %q, %q", r.Status, r.Stdout, r.Stderr)
	}
	if after := listing(t, dir); after != before {
		t.Errorf("the tree changed from\n%s\nto\n%s", before, after)
	}
}

// Nothing outlives the command, reaches the network or sees other processes.
func TestIsolation(t *testing.T) {
	dir := project(t)
	start := time.Now()
	r := run1(t, shell(dir, "sleep 1000 & setsid sleep 1000 & ls /proc | grep -c '^[0-9]'; cat /proc/net/dev | grep -c :; "+
		"echo x 2>/dev/null >/proc/sys/kernel/hostname || echo no sysctl; touch /sys/x 2>/dev/null || echo no sysfs; exit 7"))
	if r.Status != 7 || time.Since(start) > 20*time.Second {
		t.Errorf("status %d after %v", r.Status, time.Since(start))
	}
	lines := strings.Fields(string(r.Stdout))
	if len(lines) != 6 || len(lines[0]) != 1 || lines[1] != "1" || !strings.HasSuffix(string(r.Stdout), "no sysctl\nno sysfs\n") {
		t.Errorf("processes, network devices, rights:\n%s%s", r.Stdout, r.Stderr)
	}
}

func TestEnds(t *testing.T) {
	dir := project(t)
	t.Run("signal", func(t *testing.T) {
		if r := run1(t, shell(dir, "kill -9 $$")); r.Status != 128+9 {
			t.Errorf("status %d", r.Status)
		}
	})
	t.Run("timeout", func(t *testing.T) {
		c := shell(dir, "trap '' TERM INT; echo begun; sleep 1000")
		// How long the program needs to begin depends on the machine.
		for c.Timeout = 300 * time.Millisecond; ; c.Timeout *= 2 {
			start := time.Now()
			r, err := Run(context.Background(), c)
			if took := time.Since(start); !errors.Is(err, ErrTimeout) || took > 20*time.Second {
				t.Fatalf("%v after %v, %q", err, took, r.Stdout)
			}
			if string(r.Stdout) == "begun\n" {
				break
			}
			if c.Timeout > 5*time.Second || len(r.Stdout) > 0 {
				t.Fatalf("ended after %v, the program had written %q", c.Timeout, r.Stdout)
			}
		}
	})
	t.Run("no such program", func(t *testing.T) {
		c := shell(dir, "")
		c.Path = "/nonexistent/make"
		if _, err := Run(context.Background(), c); err == nil || errors.Is(err, ErrNoSandbox) || !strings.Contains(err.Error(), "/nonexistent/make") {
			t.Errorf("%v", err)
		}
	})
	t.Run("no such directory", func(t *testing.T) {
		c := shell("/nonexistent/dir", "")
		if _, err := Run(context.Background(), c); err == nil || errors.Is(err, ErrNoSandbox) {
			t.Errorf("%v", err)
		}
	})
	t.Run("much output", func(t *testing.T) {
		r := run1(t, shell(dir, "head -c 70000000 /dev/zero; head -c 100000 /dev/zero >&2"))
		if len(r.Stdout) != MaxOutput || !r.Cut || len(r.Stderr) != MaxStderr || r.Status != 0 {
			t.Errorf("%d bytes, cut %v, %d bytes on stderr, status %d", len(r.Stdout), r.Cut, len(r.Stderr), r.Status)
		}
	})
	t.Run("environment", func(t *testing.T) {
		c := shell(dir, "env")
		c.Env = []string{"A=\xff b", "PATH=/usr/bin:/bin"}
		if r := run1(t, c); !strings.Contains(string(r.Stdout), "A=\xff b\n") || strings.Contains(string(r.Stdout), "HOME=") {
			t.Errorf("%q", r.Stdout)
		}
	})
}

// Another user, of whom root was told, and that user alone, in a user namespace.
func TestOtherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Fatal("this test runs commands as another user and must be root: sudo make test")
	}
	const nobody = 65534
	dir := project(t)
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, nobody, nobody))
	})
	if err != nil {
		t.Fatal(err)
	}
	const script = "id -u; id -g; make >/dev/null 2>&1; cat plus gen.mk subd/out2; touch /etc/x 2>/dev/null || echo no"
	const want = "65534\n65534\n# generated\nplain\nno\n"
	c := shell(dir, script)
	c.UID, c.GID = nobody, nobody
	if r := run1(t, c); string(r.Stdout) != want {
		t.Errorf("by root: %s%s", r.Stdout, r.Stderr)
	}
	// The test itself, as that user.
	exe := filepath.Join(dir, "self")
	text, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(exe, text, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	before := listing(t, dir)
	cmd := exec.Command(exe, "-test.run=^TestUnprivileged$", "-test.v")
	cmd.Dir, cmd.Env = dir, []string{"PATH=/usr/bin:/bin", "HOME=" + dir, unprivilegedDir + "=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestUnprivileged") {
		t.Errorf("by the user: %v\n%s", err, out)
	}
	if after := listing(t, dir); after != before {
		t.Errorf("the tree changed from\n%s\nto\n%s", before, after)
	}
}

const unprivilegedDir = "DRYRUN_TEST_DIR"

// TestUnprivileged is run by TestOtherUser as another user; by itself it makes its
// own project.
func TestUnprivileged(t *testing.T) {
	dir := os.Getenv(unprivilegedDir)
	if dir == "" {
		dir = project(t)
	}
	before := listing(t, dir)
	c := shell(dir, "make >/dev/null 2>&1; cat plus gen.mk subd/out2; test source -nt Makefile; echo $?")
	c.Touch = []string{filepath.Join(dir, "source")}
	if text, _ := os.ReadFile("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"); os.Geteuid() != 0 && strings.TrimSpace(string(text)) == "1" {
		// Ubuntu from 24.04 on; then the answer must say what would help.
		if _, err := Run(context.Background(), c); !errors.Is(err, ErrNoSandbox) || !strings.Contains(err.Error(), "apparmor_restrict_unprivileged_userns=0") {
			t.Errorf("where no user namespace may be made: %v", err)
		}
		return
	}
	if r := run1(t, c); string(r.Stdout) != "# generated\nplain\n0\n" {
		t.Errorf("%s%s", r.Stdout, r.Stderr)
	}
	if after := listing(t, dir); after != before {
		t.Errorf("the tree changed from\n%s\nto\n%s", before, after)
	}
	if os.Geteuid() != 0 {
		c.UID = 0
		if _, err := Run(context.Background(), c); !errors.Is(err, ErrNoSandbox) {
			t.Errorf("as root, whom we are not: %v", err)
		}
	}
}

func TestParseMount(t *testing.T) {
	for line, want := range map[string]mount{
		"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue": {36, "/mnt2", "ext3", false},
		`40 35 0:5 / /a\040b\134 ro - tmpfs none rw`:                                     {40, `/a b\`, "tmpfs", true},
		"41 35 0:5 / /x rw shared:1 - ext4 /dev/sda ro":                                  {41, "/x", "ext4", true},
	} {
		if got, ok := parseMount(line); !ok || got != want {
			t.Errorf("%s: %+v, %v", line, got, ok)
		}
	}
	for _, line := range []string{"", "36 35", "x y z / /mnt rw - ext3 a rw", "36 35 98:0 /mnt1 /mnt2 rw"} {
		if got, ok := parseMount(line); ok {
			t.Errorf("%q was taken for %+v", line, got)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	for b.Loop() {
		run1(b, Command{Path: "/bin/true", Args: []string{"true"}, Dir: "/tmp", UID: -1, GID: -1})
	}
}

// File systems of their own, read-only ones, an overlay and mounted files are what
// they are outside, under names that mount options would have to quote.
func TestMounts(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Fatal("this test mounts file systems and must be root: sudo make test")
	}
	top, err := os.MkdirTemp("", "dry,run:x\\ y")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(top) })
	mount := func(source, name, fs string, flags uintptr, options string) string {
		dir := filepath.Join(top, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mount(source, dir, fs, flags, options); err != nil {
			t.Fatalf("mounting %s: %v", name, err)
		}
		t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
		return dir
	}
	write := func(path, text string) {
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	memory := mount("tmpfs", "memory", "tmpfs", 0, "")
	write(memory+"/file", "memory\n")
	nested := mount("tmpfs", "memory/a, b:c", "tmpfs", 0, "")
	write(nested+"/file", "nested\n")
	fixed := mount("tmpfs", "fixed", "tmpfs", 0, "")
	write(fixed+"/file", "fixed\n")
	if err := unix.Mount("", fixed, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"l", "u", "w"} {
		write(memory+"/"+name+"/"+name, name+"\n")
	}
	if err := os.Remove(memory + "/w/w"); err != nil {
		t.Fatal(err)
	}
	t.Chdir(top) // overlayfs would have to be told the name quoted
	mount("overlay", "stacked", "overlay", 0, "lowerdir=memory/l,upperdir=memory/u,workdir=memory/w")
	write(top+"/bound", "below\n")
	if err := unix.Mount(memory+"/file", top+"/bound", "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(top+"/bound", unix.MNT_DETACH) })

	before := listing(t, top)
	const script = `cat memory/file "memory/a, b:c/file" fixed/file stacked/l stacked/u bound
for f in memory/new "memory/a, b:c/new" stacked/new new; do echo new >"$f" && cat "$f"; done
for f in memory/file "memory/a, b:c/file" stacked/l stacked/u; do echo more >>"$f" && tail -n 1 "$f"; done
echo x 2>/dev/null >fixed/new || echo read-only; stat -c %a memory`
	want := "memory\nnested\nfixed\nl\nu\nmemory\n" + strings.Repeat("new\n", 4) + strings.Repeat("more\n", 4) + "read-only\n1777\n"
	if r := run1(t, shell(top, script)); string(r.Stdout) != want {
		t.Errorf("inside:\n%s%s", r.Stdout, r.Stderr)
	}
	if after := listing(t, top); after != before {
		t.Errorf("the tree changed from\n%s\nto\n%s", before, after)
	}
}
