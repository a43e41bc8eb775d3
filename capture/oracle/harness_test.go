package oracle

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// build is a build to be watched. Every run of it begins from the same tree, at
// the same place.
type build struct {
	name    string
	source  string   // directory that is copied
	dir     string   // where the command runs, below the copy
	command []string // looked up in searchPath
	mayFail bool     // the build is a race, and whoever loses it fails
}

// searchPath is the PATH of the builds: the same on every machine, and without
// the wrappers that a person's own may hold.
const searchPath = "/usr/sbin:/usr/bin:/sbin:/bin"

// site is where a build is run: tree/NAME, a temporary directory and the output.
type site struct {
	build
	base string
}

func newSite(t *testing.T, b build) *site {
	t.Helper()
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &site{build: b, base: base}
}

func (s *site) tree() string { return filepath.Join(s.base, s.name) }
func (s *site) tmp() string  { return filepath.Join(s.base, "tmp") }
func (s *site) log() string  { return filepath.Join(s.base, "output.log") }

// fresh makes the tree anew and takes it down.
func (s *site) fresh(t *testing.T) Tree {
	t.Helper()
	for _, dir := range []string{s.tree(), s.tmp()} {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(s.tmp(), 0o755); err != nil {
		t.Fatal(err)
	}
	copyTree(t, s.source, s.tree())
	before, err := Snapshot(s.base)
	if err != nil {
		t.Fatal(err)
	}
	return before
}

// copyTree copies files, directories and symbolic links. All get one time, long
// past: what make finds must not depend on the order of the copying.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	past := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	err := filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		dst := filepath.Join(to, strings.TrimPrefix(p, from))
		switch {
		case d.IsDir():
			return os.MkdirAll(dst, 0o755)
		case d.Type() == fs.ModeSymlink:
			text, err := os.Readlink(p)
			if err != nil {
				return err
			}
			return os.Symlink(text, dst)
		}
		content, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		if err := os.WriteFile(dst, content, 0o644|fi.Mode().Perm()&0o111); err != nil {
			return err
		}
		return os.Chtimes(dst, past, past)
	})
	if err != nil {
		t.Fatalf("copying %s: %v", from, err)
	}
}

// run runs the build behind wrapper and reports whether it succeeded. Standard
// output is a file that the build holds from the start, as in "make > log".
func (s *site) run(t *testing.T, wrapper []string) {
	t.Helper()
	out, err := os.Create(s.log())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	argv := append(append([]string{}, wrapper...), s.command...)
	c := exec.Command(argv[0], argv[1:]...)
	c.Dir = filepath.Join(s.tree(), s.dir)
	c.Env = []string{"PATH=" + searchPath, "HOME=" + s.base, "LC_ALL=C", "TMPDIR=" + s.tmp(), "PWD=" + c.Dir}
	c.Stdout, c.Stderr = out, out
	if err := c.Run(); err != nil {
		var exit *exec.ExitError
		if s.mayFail && errors.As(err, &exit) && exit.ExitCode() == 2 {
			t.Logf("%s lost its race: %v", s.name, err)
			return
		}
		text, _ := os.ReadFile(s.log())
		t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, tail(text, 4000))
	}
}

func tail(b []byte, n int) []byte {
	if len(b) > n {
		b = b[len(b)-n:]
	}
	return b
}

// strace is the build as strace saw it.
func (s *site) strace(t *testing.T) Set {
	t.Helper()
	before := s.fresh(t)
	output := filepath.Join(s.base, "strace.out")
	s.run(t, Strace(output))
	f, err := os.Open(output)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rep, err := Parse(f, Options{Dir: filepath.Join(s.tree(), s.dir), Before: before})
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range rep.Faults {
		t.Errorf("strace of %s: %s", s.name, fault)
	}
	t.Logf("strace of %s: %d calls, %d programs, %d accesses", s.name, rep.Calls, len(rep.Set), rep.Set.Len())
	return rep.Set
}

// need fails where a tool is missing: a machine that runs these tests as root
// could have it.
func need(t *testing.T, tool, pkg string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		t.Fatalf("%s is not installed: apt-get install %s", tool, pkg)
	}
}

// testdata is the repository's testdata directory; the tests in a virtual
// machine say where theirs is.
func testdata(t *testing.T, elem ...string) string {
	t.Helper()
	dir := os.Getenv("BUILDGRAPH_TESTDATA")
	if dir == "" {
		dir = "../../testdata"
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(append([]string{dir}, elem...)...)
}

// debianSource gives the upstream source of a Debian package.
func debianSource(t *testing.T, pkg string) string {
	t.Helper()
	c := exec.Command(testdata(t, "packages", "fetch.sh"), pkg)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("fetching the source of %s: %v\n%s", pkg, err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

func traps(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob(testdata(t, "traps", "s*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no traps in %s: %v", testdata(t, "traps"), err)
	}
	return dirs
}

func jobs(n int) string { return fmt.Sprintf("-j%d", n) }
