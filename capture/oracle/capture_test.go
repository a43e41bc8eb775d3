package oracle

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"buildgraph/store"
)

// program gives the buildgraph binary: the one that BUILDGRAPH_BIN names, or
// one built here.
func program(t *testing.T) string {
	t.Helper()
	if bin := os.Getenv("BUILDGRAPH_BIN"); bin != "" {
		return bin
	}
	bin, err := buildProgram()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

var buildProgram = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "buildgraph-bin")
	if err != nil {
		return "", err
	}
	builtIn = dir
	bin := filepath.Join(dir, "buildgraph")
	c := exec.Command("go", "build", "-o", bin, "buildgraph/cmd/buildgraph")
	c.Stderr = os.Stderr
	return bin, c.Run()
})

// builtIn is the directory that buildProgram made.
var builtIn string

func TestMain(m *testing.M) {
	code := m.Run()
	if builtIn != "" {
		os.RemoveAll(builtIn)
	}
	os.Exit(code)
}

// root skips a test that needs privileges, saying so, where there are none.
func root(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("capturing a build needs root: run the tests with sudo")
	}
}

func (s *site) trace() string { return filepath.Join(s.base, "trace.db") }

// capture makes the build's trace.
func (s *site) capture(t *testing.T) {
	t.Helper()
	s.fresh(t)
	s.run(t, []string{program(t), "capture", "-o", s.trace(), "--"})
}

// captured is the build as the capture saw it.
func (s *site) captured(t *testing.T) Set {
	t.Helper()
	s.capture(t)
	r, err := store.Open(s.trace())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	m := r.Meta()
	if !m.Complete {
		t.Errorf("the trace of %s is not complete: %q", s.name, m.Why)
	}
	set, err := FromTrace(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("capture of %s: %d events, %d folded, %d programs, %d accesses", s.name, m.Events, m.Folded, len(set), set.Len())
	return set
}

// agree holds the capture of a build to what strace saw of it: nothing missed,
// nothing made up. Where they differ, a second run of strace tells whether the
// build itself does the same thing twice.
func agree(t *testing.T, b build) {
	t.Helper()
	root(t)
	need(t, "strace", "strace")
	s := newSite(t, b)
	captured := s.captured(t)
	seen := s.strace(t)
	d := Compare(seen, captured)
	if d.Empty() {
		return
	}
	var out bytes.Buffer
	d.Print(&out, "strace", "trace", 12)
	t.Error(out.String())
	if again := Compare(seen, s.strace(t)); again.Empty() {
		t.Log("two runs of strace agree with each other")
	} else {
		out.Reset()
		again.Print(&out, "the first strace", "the second", 5)
		t.Logf("two runs of strace differ as well:\n%s", out.String())
	}
}

func TestOracleTraps(t *testing.T) {
	for _, j := range []int{1, 4} {
		for _, dir := range traps(t) {
			b := trapBuild(dir, j)
			t.Run(b.name+jobs(j), func(t *testing.T) { agree(t, b) })
		}
	}
}

func TestOracleLua(t *testing.T) {
	agree(t, build{name: "lua5.4", source: debianSource(t, "lua5.4"), dir: "src",
		command: []string{"make", "-j2", "linux"}})
}

func TestOracleZlib(t *testing.T) {
	agree(t, build{name: "zlib", source: debianSource(t, "zlib"),
		command: []string{"sh", "-c", "./configure && make"}})
}

// TestOracleBzip2 also runs what it built: bzip2's default target compresses
// and compares its samples.
func TestOracleBzip2(t *testing.T) {
	agree(t, build{name: "bzip2", source: debianSource(t, "bzip2"),
		command: []string{"make"}})
}

func TestOracleCMakeNinja(t *testing.T) {
	need(t, "cmake", "cmake")
	need(t, "ninja", "ninja-build")
	agree(t, build{name: "cjson", source: debianSource(t, "cjson"),
		command: []string{"sh", "-c", "cmake -G Ninja -B build && cmake --build build"}})
}

// TestOracleCalls is a program that makes every call and walks every odd path.
func TestOracleCalls(t *testing.T) {
	agree(t, build{name: "calls", source: "testdata/calls", command: []string{"make"}})
}
