package oracle

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"buildgraph/store"
	"buildgraph/store/sysnum"
)

const exampleCounts = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 97.47    4.717595       40668       116         2 wait4
  0.00    0.000000           0         3           close
------ ----------- ----------- --------- --------- ----------------
100.00    4.717595           0       119         2 total
System call usage summary for 32 bit mode:
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
  0.00    0.000000           0         3         3 close
------ ----------- ----------- --------- --------- ----------------
100.00    0.000000           0         3         3 total
`

func TestParseCounts(t *testing.T) {
	got, err := ParseCounts(strings.NewReader(exampleCounts))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Count{"wait4": {116, 2}, "close": {Calls: 3}, "close/32": {3, 3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, spoilt := range map[string]string{
		"nothing":        "",
		"no total":       strings.Split(exampleCounts, "100.00")[0],
		"a wrong total":  strings.Replace(exampleCounts, "119", "118", 1),
		"no number":      strings.Replace(exampleCounts, "116", "many", 1),
		"a row too long": strings.Replace(exampleCounts, "close", "close it now", 1),
	} {
		if got, err := ParseCounts(strings.NewReader(spoilt)); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzParseCounts(f *testing.F) {
	f.Add(exampleCounts)
	f.Add("1 2 3 4 total")
	f.Fuzz(func(t *testing.T, text string) {
		counts, err := ParseCounts(strings.NewReader(text))
		if (err == nil) != (counts != nil) {
			t.Errorf("%v, %v", counts, err)
		}
	})
}

// The counts of capture --syscalls are those of strace -c -f, call by call, of the
// builds of real packages.
func TestOracleSyscallCounts(t *testing.T) {
	root(t)
	need(t, "strace", "strace")
	for _, b := range []build{
		{name: "lua5.4", command: []string{"make", "linux"}},
		{name: "bzip2", command: []string{"make", "libbz2.a", "bzip2", "bzip2recover"}},
	} {
		t.Run(b.name, func(t *testing.T) {
			b.source = debianSource(t, b.name)
			s := newSite(t, b)
			want, got := s.straceCounts(t), s.captureCounts(t)
			var calls int64
			for _, n := range want {
				calls += n.Calls
			}
			t.Logf("%d calls of %d kinds", calls, len(want))
			// gcc and ar draw random numbers for the names of temporary files, and draw
			// again where one would favour some names (glibc: gen_tempname_len).
			for _, n := range []Count{want["getrandom"], got["getrandom"]} {
				if n.Calls == 0 || n.Errors > 0 {
					t.Errorf("getrandom: %v", n)
				}
			}
			delete(want, "getrandom")
			delete(got, "getrandom")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-strace +capture):\n%s", diff)
			}
		})
	}
}

// fixed keeps addresses the same: on them the number of brk calls depends.
var fixed = []string{"setarch", "-R"}

func (s *site) straceCounts(t *testing.T) map[string]Count {
	t.Helper()
	s.fresh(t)
	output := filepath.Join(s.base, "counts")
	s.run(t, append([]string{"strace", "-c", "-f", "-o", output}, fixed...))
	f, err := os.Open(output)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	counts, err := ParseCounts(f)
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

func (s *site) captureCounts(t *testing.T) map[string]Count {
	t.Helper()
	s.fresh(t)
	s.run(t, append([]string{program(t), "capture", "--syscalls", "--quiet", "--strict", "--no-tag", "--no-declared", "-o", s.trace(), "--"}, fixed...))
	r, err := store.Open(s.trace())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rows, err := r.Syscalls()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]Count{}
	for _, row := range rows {
		name := row.Name
		if row.ABI == sysnum.I386 || row.ABI == sysnum.ARM {
			name += compatSuffix
		}
		n := counts[name]
		counts[name] = Count{n.Calls + row.Calls, n.Errors + row.Errors}
	}
	return counts
}
