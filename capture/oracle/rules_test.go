package oracle

import (
	"bytes"
	"strings"
	"testing"
)

// TestRules holds every rule to its example, and to leaving ordinary names be.
func TestRules(t *testing.T) {
	plain := []string{
		"/usr/include/stdio.h", "/usr/bin/ccache", "/src/cc.c", "/src/sorted", "/src/stdarg.h", "/proc/self/exe",
		"/src/a.tmp", "/src/tmp/x", "/src/dir", "/tmp/x#1", "/usr/lib/gcc/x86_64-linux-gnu/12/cc1plus", "-DTMP=1", "/src/ztest.c",
	}
	seen := map[string]bool{}
	for _, r := range Rules {
		if r.Name == "" || r.Why == "" || seen[r.Name] {
			t.Errorf("rule %q has no name of its own or no reason", r.Name)
		}
		seen[r.Name] = true
		forms := 0
		for _, has := range []bool{r.Find != nil, r.Drop != nil, r.Where != ""} {
			if has {
				forms++
			}
		}
		if forms != 1 {
			t.Errorf("rule %s must have one of Find, Drop and Where", r.Name)
			continue
		}
		if r.Example == "" && r.Name != "long-argument" && r.Name != "tracer" {
			t.Errorf("rule %s has no example", r.Name)
		}
		if r.Where != "" {
			if r.Example == "" {
				continue
			}
			if rep := parseLines(t, start+"10 "+r.Example+"\n"); rep.Faults != nil || rep.Set.Len() != 1 {
				t.Errorf("rule %s does not leave its example out: %q %q", r.Name, listing(rep.Set), rep.Faults)
			}
			continue
		}
		if r.Drop != nil {
			if !r.Drop(Access{Kind: Read, Path: r.Example}) || !dropped(Access{Kind: Read, Path: r.Example}) {
				t.Errorf("rule %s does not drop its example %s", r.Name, r.Example)
			}
			for _, p := range plain {
				if strings.HasPrefix(p, "/") && r.Drop(Access{Kind: Read, Path: p}) {
					t.Errorf("rule %s drops %s", r.Name, p)
				}
			}
			continue
		}
		if got := r.Find.ReplaceAllString(r.Example, r.Replace); got == r.Example || !strings.Contains(got, "*") && !strings.Contains(got, "PID") {
			t.Errorf("rule %s makes %s of its example %s", r.Name, got, r.Example)
		}
	}
	for _, p := range plain {
		if got := rename(p); got != p {
			t.Errorf("an ordinary name %s becomes %s", p, got)
		}
	}
	for in, want := range map[string]string{
		"/tmp/cc9ZrCQl.s":                            "/tmp/cc*.s",
		"/tmp/ccAAAAAA.ltrans0.ltrans.o":             "/tmp/cc*.ltrans0.ltrans.o",
		"-plugin-opt=-fresolution=/tmp/ccYRJjcX.res": "-plugin-opt=-fresolution=/tmp/cc*.res",
		"/proc/77/fd":                                "/proc/PID/fd",
		"/proc/77":                                   "/proc/PID",
		"/proc/77/task/78/comm":                      "/proc/PID/comm",
		"/b/cmTC_01882_loc.tmp1f2e3":                 "/b/cmTC_*_loc.tmp*",
		"/b/CMakeScratch/TryCompile-MWvu4E/x":        "/b/CMakeScratch/TryCompile-*/x",
	} {
		if got := rename(in); got != want {
			t.Errorf("rename(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestCompare(t *testing.T) {
	p := Program{Exe: "/usr/bin/cc", Argv: "cc -o /tmp/ccAAAAAA.o", Cwd: "/w"}
	q := Program{Exe: "/usr/bin/cc", Argv: "cc -o /tmp/ccBBBBBB.o", Cwd: "/w"}
	only := Program{Exe: "/bin/true", Argv: "true", Cwd: "/w"}
	a, b := Set{}, Set{}
	a.run(p).Accesses[Access{Kind: Read, Path: "/w/a.c"}] = true
	a.run(p).Accesses[Access{Kind: Write, Path: "/tmp/ccAAAAAA.o"}] = true
	a[p].Accesses[Access{Kind: Read, Path: "pipe:[1]"}] = true
	b.run(q).Accesses[Access{Kind: Read, Path: "/w/a.c"}] = true
	b.run(q).Accesses[Access{Kind: Write, Path: "/tmp/ccBBBBBB.o"}] = true
	if d := Compare(a, b); !d.Empty() || d.Common != 2 {
		t.Fatalf("sets that the rules make equal differ: %+v", d)
	}

	b[q].Accesses[Access{Kind: Absent, Path: "/w/x.h"}] = true
	b.run(only)
	delete(b[q].Accesses, Access{Kind: Read, Path: "/w/a.c"})
	a.run(p)
	d := Compare(a, b)
	if x, y := d.Counts(); d.Empty() || x != 1 || y != 1 || d.Common != 1 || len(d.Programs) != 2 {
		t.Fatalf("got %+v", d)
	}
	var out bytes.Buffer
	d.Print(&out, "strace", "trace", 10)
	want := `1 accesses in common, 1 only in strace, 1 only in trace; 2 programs differ
  absent        0 only in strace,     1 only in trace
  read          1 only in strace,     0 only in trace
cc -o /tmp/cc*.o  [/usr/bin/cc, in /w]
    runs: 3 in strace, 2 in trace
    only in strace: read /w/a.c
    only in trace: absent /w/x.h
true  [/bin/true, in /w]
    runs: 0 in strace, 1 in trace
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	out.Reset()
	d.Print(&out, "strace", "trace", 1)
	if !strings.Contains(out.String(), "... and 1 more programs") {
		t.Errorf("a limit is not said: %s", out.String())
	}
}
