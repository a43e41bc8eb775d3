package truth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"buildgraph/capture/oracle"
)

// site is where a project is built, always at the same place.
type site struct {
	project
	base string
	env  []string
}

func newSite(t *testing.T, p project) *site {
	t.Helper()
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(base, "tmp"), 0o755); err != nil {
		t.Fatal(err)
	}
	return &site{project: p, base: base, env: []string{
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + base, "LC_ALL=C", "TMPDIR=" + filepath.Join(base, "tmp"),
	}}
}

func (s *site) tree() string     { return filepath.Join(s.base, s.pkg) }
func (s *site) pristine() string { return filepath.Join(s.base, "pristine") }
func (s *site) trace() string    { return filepath.Join(s.base, "trace.db") }

// prepared copies the source and makes it ready to be built.
func (s *site) prepared(t *testing.T) {
	t.Helper()
	s.sh(t, nil, "cp -a "+debianSource(t, s.pkg)+" "+s.tree())
	if s.prepare != "" {
		s.run(t, nil, s.prepare)
	}
}

// shown is a path as check shows it.
func (s *site) shown(p string) string {
	if rest, ok := strings.CutPrefix(p, s.tree()+"/"); ok {
		return rest
	}
	return p
}

// sh runs a shell command behind wrapper, in the base directory.
func (s *site) sh(t *testing.T, wrapper []string, command string, env ...string) {
	t.Helper()
	s.runIn(t, s.base, wrapper, command, env)
}

// run runs a shell command behind wrapper, in the tree.
func (s *site) run(t *testing.T, wrapper []string, command string, env ...string) {
	t.Helper()
	s.runIn(t, s.tree(), wrapper, command, env)
}

func (s *site) runIn(t *testing.T, dir string, wrapper []string, command string, env []string) {
	t.Helper()
	argv := append(wrapper[:len(wrapper):len(wrapper)], "sh", "-c", command)
	c := exec.Command(argv[0], argv[1:]...)
	c.Dir = dir
	c.Env = slices.Concat(s.env, []string{"PWD=" + dir}, env)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, out[max(0, len(out)-4000):])
	}
}

// fresh puts the tree back as it was before the build.
func (s *site) fresh(t *testing.T) {
	t.Helper()
	s.sh(t, nil, "rm -rf "+s.tree()+" && cp -a "+s.pristine()+" "+s.tree())
}

// strace builds and lists what make is to be asked.
func (s *site) strace(t *testing.T) ([]pair, map[string]int) {
	t.Helper()
	before, err := oracle.Snapshot(s.base)
	if err != nil {
		t.Fatal(err)
	}
	output := filepath.Join(s.base, "strace.out")
	s.run(t, oracle.StraceTagged(output), s.build, tagFlags)
	f, err := os.Open(output)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	report, err := oracle.Parse(f, oracle.Options{Dir: s.tree(), Before: before, Tag: tagName})
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range report.Faults {
		t.Errorf("strace: %s", fault)
	}
	recipes, err := recipesIn(report, s.tree())
	if err != nil {
		t.Fatal(err)
	}
	return pairsOf(t, recipes)
}

// proven is a finding of check --json.
type proven struct {
	finding
	Kind, Proof, Reason string
	Makefile            string
	Line                int
}

// capture builds under capture.
func (s *site) capture(t *testing.T) {
	t.Helper()
	s.run(t, []string{program(t), "capture", "-o", s.trace(), "--"}, s.build)
}

// check asks for findings of some kinds, proved, and tells how long that took.
func (s *site) check(t *testing.T, kinds string) ([]proven, time.Duration) {
	t.Helper()
	began := time.Now()
	c := exec.Command(program(t), "check", "-i", s.trace(), "--prove", "--kind", kinds, "--json")
	c.Dir, c.Env = s.tree(), s.env
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	took := time.Since(began)
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatalf("check --prove: %v\n%s", err, stderr.String())
	}
	var doc struct {
		Findings []proven
		Withheld []struct{ Target, Why string }
	}
	if err := json.Unmarshal(out, &doc); err != nil {
		t.Fatalf("check --json: %v\n%s", err, out)
	}
	for _, w := range doc.Withheld {
		t.Errorf("withheld: %s: %s", w.Target, w.Why)
	}
	return doc.Findings, took
}

// listing is every name of a tree with its size and time.
func listing(t *testing.T, root string) map[string]string {
	t.Helper()
	list := map[string]string{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err == nil {
			list[p] = fmt.Sprintf("%v %d %v", fi.Mode(), fi.Size(), fi.ModTime().UnixNano())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// debianSource gives the upstream source of a Debian package.
func debianSource(t *testing.T, pkg string) string {
	t.Helper()
	c := exec.Command("../../../testdata/packages/fetch.sh", pkg)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("fetching the source of %s: %v\n%s", pkg, err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// program gives the buildgraph binary: the one that BUILDGRAPH_BIN names, or one
// built here.
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

// builtIn is the directory that buildProgram made.
var builtIn string

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

func TestMain(m *testing.M) {
	code := m.Run()
	if builtIn != "" {
		os.RemoveAll(builtIn)
	}
	os.Exit(code)
}
