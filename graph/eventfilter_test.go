package graph

import (
	"path"
	"strings"
	"testing"

	"buildgraph/store"
)

func newFilter(t *testing.T, o EventFilterOptions) *EventFilter {
	t.Helper()
	f, err := NewEventFilter(o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestPathPatterns(t *testing.T) {
	for _, c := range []struct{ pattern, path, want string }{
		{"*.h", "/src/lib/format.h", "yes"},
		{"*.h", "/usr/include/stdio.h", "yes"},
		{"*.h", "/src/a.hh", "no"},
		{"Makefile", "/src/sub/Makefile", "yes"},
		{"Makefile", "/src/Makefile.am", "no"},
		{"lib", "/src/lib/format.h", "no"},
		{"lib/", "/src/lib/deep/format.h", "yes"},
		{"lib/", "/usr/lib/x", "no"},
		{"./lib/*", "/src/lib/deep/format.h", "yes"},
		{"lib/*.c", "/src/lib/deep/format.c", "yes"},
		{"lib/**/x.c", "/src/lib/x.c", "yes"},
		{"lib/**/x.c", "/src/lib/a/b/x.c", "yes"},
		{"lib/**", "/src/lib/a/b/x.c", "yes"},
		{"/usr/include/*", "/usr/include/sys/a.h", "yes"},
		{"/src/lib/*", "/src/lib/a", "yes"},
		{"/lib/*", "/src/lib/a", "no"},
		{"/dev/*", "/dev/null", "yes"},
		{"pipe:*", "pipe:[12]", "yes"},
		{"[ab].c", "/src/a.c", "yes"},
		{"[!ab].c", "/src/a.c", "no"},
		{"[]x].c", "/src/].c", "yes"},
		{"[a-c].c", "/src/b.c", "yes"},
		{`a\*.c`, "/src/a*.c", "yes"},
		{`a\*.c`, "/src/ab.c", "no"},
		{"?.c", "/src/ab.c", "no"},
		{"lib/?", "/src/lib/a/", "no"},
		{"*.c", "/src/new\nline.c", "yes"},
		{"caf\xe9*", "/src/caf\xe9.c", "yes"},
		{"a.c", "/src/abc", "no"},
	} {
		f := newFilter(t, EventFilterOptions{Path: []string{c.pattern}, Root: "/src"})
		if got := f.Path(c.path); got != (c.want == "yes") {
			t.Errorf("%s matches %q: %v", c.pattern, c.path, got)
		}
		moved := newFilter(t, EventFilterOptions{Path: []string{c.pattern}, Root: "/elsewhere"})
		if got := moved.In("/src/").Path(c.path); got != (c.want == "yes") {
			t.Errorf("%s matches %q with the root changed: %v", c.pattern, c.path, got)
		}
	}
	for _, bad := range []string{"[a", "a[", "[]", "[b-a]"} {
		if _, err := NewEventFilter(EventFilterOptions{Path: []string{bad}}); err == nil {
			t.Errorf("%q is taken for a pattern", bad)
		}
	}
}

func TestEventFilter(t *testing.T) {
	open := store.Event{Kind: store.EventOpen, Comm: "cc1", Path: "/src/a.h"}
	null := store.Event{Kind: store.EventOpen, Comm: "cc1", Path: "/dev/null"}
	develop := store.Event{Kind: store.EventOpen, Comm: "cc1", Path: "/develop/x"}
	stat := store.Event{Kind: store.EventStat, Comm: "make", Path: "/src/a.o"}
	fork := store.Event{Kind: store.EventFork, Comm: "make"}
	exit := store.Event{Kind: store.EventExit, Comm: "make"}
	exec := store.Event{Kind: store.EventExec, Comm: "x86_64-linux-gn", Path: "/usr/bin/gcc", Other: "/src/wrap.sh"}
	rename := store.Event{Kind: store.EventRename, Comm: "mv", Path: "/dev/shm/x", Other: "/src/b.h"}
	chmod := store.Event{Kind: store.EventChmod, Comm: "chmod", Path: "/src/a.c", Other: "b.h"}
	for _, c := range []struct {
		o    EventFilterOptions
		want []*store.Event
	}{
		{EventFilterOptions{}, []*store.Event{&open, &develop, &exit, &exec, &rename, &chmod}},
		{EventFilterOptions{All: true}, []*store.Event{&open, &null, &develop, &stat, &fork, &exit, &exec, &rename, &chmod}},
		{EventFilterOptions{Events: []string{"all"}}, []*store.Event{&open, &develop, &stat, &fork, &exit, &exec, &rename, &chmod}},
		{EventFilterOptions{Events: []string{"STAT", "fork"}}, []*store.Event{&stat, &fork}},
		{EventFilterOptions{Path: []string{"*.h"}}, []*store.Event{&open, &rename}},
		{EventFilterOptions{Path: []string{"/dev/*"}}, []*store.Event{&null, &rename}},
		{EventFilterOptions{Path: []string{"*.sh", "*.c"}}, []*store.Event{&exec, &chmod}},
		{EventFilterOptions{Path: []string{"a.*"}, All: true}, []*store.Event{&open, &stat, &chmod}},
		{EventFilterOptions{Comm: []string{"x86_64-linux-gnu-gcc", "m*"}}, []*store.Event{&exit, &exec, &rename}},
	} {
		f := newFilter(t, c.o)
		for _, e := range []*store.Event{&open, &null, &develop, &stat, &fork, &exit, &exec, &rename, &chmod} {
			want := false
			for _, w := range c.want {
				want = want || w == e
			}
			if got := f.Match(e); got != want {
				t.Errorf("%+v of %s %s: %v", c.o, e.Kind, e.Path, got)
			}
		}
	}
	if _, err := NewEventFilter(EventFilterOptions{Events: []string{"opens"}}); err == nil || !strings.Contains(err.Error(), "exec, exit") {
		t.Errorf("an unknown kind: %v", err)
	}
}

func TestProcessFilter(t *testing.T) {
	const ms = 1_000_000
	for _, c := range []struct {
		o                    EventFilterOptions
		start, end           int64
		exit, signal         int
		concerns, wanted, ok bool
	}{
		{EventFilterOptions{}, 5, 5, 0, 0, false, true, true},
		{EventFilterOptions{MinDuration: 50 * ms}, 0, 49 * ms, 0, 0, true, false, false},
		{EventFilterOptions{MinDuration: 50 * ms}, 0, 50 * ms, 0, 0, true, true, true},
		{EventFilterOptions{MinDuration: 50 * ms}, 0, 0, 0, 0, true, true, true},
		{EventFilterOptions{Failed: true}, 0, 1, 0, 0, true, false, true},
		{EventFilterOptions{Failed: true}, 0, 1, 2, 0, true, true, true},
		{EventFilterOptions{Failed: true}, 0, 1, 0, 11, true, true, true},
		{EventFilterOptions{Failed: true}, 0, 0, 0, 0, true, false, true},
		{EventFilterOptions{Failed: true, MinDuration: 50 * ms}, 0, 1, 2, 0, true, false, false},
	} {
		f := newFilter(t, c.o)
		if f.AboutProcesses() != c.concerns || f.Ended(c.start, c.end, c.exit, c.signal) != c.wanted || f.Lived(c.start, c.end) != c.ok {
			t.Errorf("%+v: %v %v %v", c, f.AboutProcesses(), f.Ended(c.start, c.end, c.exit, c.signal), f.Lived(c.start, c.end))
		}
	}
}

// A pattern never makes a panic, and without an asterisk in a set it is what
// path.Match takes it for, but that an asterisk may be a slash.
func FuzzShellPattern(f *testing.F) {
	for _, p := range []string{"*.h", "lib/**/x", "[!a-z]?", `a\*`, "[]a]", "[", "\xff", "[[:alpha:]]", "a**"} {
		f.Add(p, "lib/x.h")
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		re, err := shellPattern(pattern)
		if err != nil {
			return
		}
		if strings.ContainsAny(pattern, `[\`) || strings.Contains(pattern, "**") || strings.Contains(pattern+name, "\xff") {
			return
		}
		want, err := path.Match(pattern, name)
		if err == nil && want && !re.MatchString(name) {
			t.Errorf("%q does not match %q: %s", pattern, name, re)
		}
	})
}

// What is of the kernel's own is only shown to those who ask for it.
func TestKernelFiles(t *testing.T) {
	for name, want := range map[string]bool{
		"pipe:[12]": false, "socket:[34]": false, "anon_inode:[eventpoll]": false, "/dev/null": false, "/proc": false,
		"/device": true, "/src/pipe:[12]": true, "/src/a.c": true,
	} {
		if got := newFilter(t, EventFilterOptions{}).Path(name); got != want {
			t.Errorf("%s is shown: %v", name, got)
		}
		if !newFilter(t, EventFilterOptions{All: true}).Path(name) {
			t.Errorf("%s is not among all", name)
		}
	}
}
