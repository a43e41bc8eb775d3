package truth

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// project is a real package, from Debian's source of upstream's release.
type project struct {
	pkg     string
	prepare string // for a shell, before the build: what is not watched
	build   string // for a shell
	missing bool   // the makefile is known to have forgotten something
	byHand  int    // findings that fix leaves to people
}

// projects are compiled with -O0 where their makefiles let one say so: which files
// are read is the same, and it takes half the time.
var projects = []project{
	{pkg: "lua5.4", build: "make -j2 linux MYCFLAGS=-O0"},
	{pkg: "zlib", prepare: "CFLAGS=-O0 ./configure", build: "make -j2", missing: true},
	{pkg: "bzip2", build: "make -j2 all CFLAGS=-O0", missing: true},
	{pkg: "figlet", build: "make", missing: true},
	{pkg: "xxhash", build: "make -j2 CFLAGS=-O0", missing: true, byHand: 1},
	{pkg: "mawk", prepare: "CFLAGS=-O0 ./configure", build: "make -j2", missing: true},
	{pkg: "lz4", build: "make -C programs -j2 lz4 CFLAGS=-O0", missing: true},
	{pkg: "hdparm", build: "make -j2 CFLAGS=-O0", missing: true},
	{pkg: "bc", prepare: "CFLAGS=-O0 ./configure", build: "make -j2 SUBDIRS='lib bc dc'", missing: true}, // doc takes texinfo
	{pkg: "pciutils", build: "make ZLIB=no DNS=no HWDB=no LIBKMOD=no OPT=-O0", missing: true},
	{pkg: "memtester", build: "make", missing: true},
	{pkg: "dos2unix", build: "make ENABLE_NLS= DOCFILES= MANFILES=", missing: true},
	{pkg: "iproute2", prepare: "./configure", build: "make -j2 CCOPTS=-O0 SUBDIRS='lib bridge genl ip'", missing: true, byHand: 2},
	{pkg: "tree", build: "make -j2 CFLAGS=-O0"},
	{pkg: "unifdef", build: "make"},
}

// finding is a target and a file that the makefile forgot to name for it, both as
// check shows them.
type finding struct{ Target, Input string }

func compareFindings(a, b finding) int {
	return strings.Compare(a.Input+"\x00"+a.Target, b.Input+"\x00"+b.Target)
}

func TestTruth(t *testing.T) {
	needRoot(t)
	t.Log("package | pairs | missing | found | false | check --prove")
	for _, p := range projects {
		t.Run(p.pkg, func(t *testing.T) { p.compare(t) })
	}
}

// needRoot skips a test, saying so, where a build cannot be captured.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("capturing a build needs root: run the tests with sudo")
	}
}

// compare holds what check --prove says of a project to the truth.
func (p project) compare(t *testing.T) {
	s := newSite(t, p)
	s.prepared(t)
	s.sh(t, nil, "cp -a "+s.tree()+" "+s.pristine())
	pairs, ruled := s.strace(t)
	s.fresh(t)
	s.capture(t)
	found, took := s.check(t, "missing")
	before := listing(t, s.tree())
	truth := []finding{}
	for _, m := range forgotten(t, pairs, ruled) {
		truth = append(truth, finding{s.shown(filepath.Join(m.dir, m.target)), s.shown(m.file)})
	}
	if diff := cmp.Diff(before, listing(t, s.tree())); diff != "" {
		t.Errorf("asking make changed the tree (-before +after):\n%s", diff)
	}
	truth = tidy(truth)
	all := tidy(bare(found))
	for _, f := range found {
		if f.Proof != "proved" {
			t.Errorf("%s for %s is %s: %s", f.Input, f.Target, f.Proof, f.Reason)
		}
	}
	wrong := 0
	for _, f := range all {
		if !slices.Contains(truth, f) {
			wrong++
		}
	}
	t.Logf("%s | %d | %d | %d | %d | %.2f s   by rule: %v", p.pkg, len(pairs), len(truth), len(all)-wrong, wrong, took.Seconds(), ruled)
	if diff := cmp.Diff(truth, all); diff != "" {
		t.Errorf("make -n -W and check --prove differ (-truth +found):\n%s", diff)
	}
	if p.missing != (len(truth) > 0) {
		t.Errorf("the makefile forgot %d files", len(truth))
	}
	if len(pairs) == 0 {
		t.Error("strace saw no recipe read any file")
	}
	if p.missing {
		s.mend(t)
	}
}

// bare are findings without their evidence.
func bare(found []proven) []finding {
	list := []finding{}
	for _, f := range found {
		list = append(list, f.finding)
	}
	return list
}

// tidy sorts, and leaves one of each.
func tidy(fs []finding) []finding {
	slices.SortFunc(fs, compareFindings)
	return slices.Compact(fs)
}
