package compare

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"buildgraph/graph"
	"buildgraph/store"
)

func normalFor(root, pwd string) *normal {
	return newNormal(&graph.Account{Meta: store.Meta{Root: root}, Pwd: pwd, TempDirs: []string{"/tmp", "/var/tmp", "/tmp/mine/t"}})
}

func TestNormalWords(t *testing.T) {
	n := normalFor("/src/p", "/home/link/p")
	pids := []int{4711, 4000, 42}
	for in, want := range map[string]string{
		"/src/p":                       "{root}",
		"/src/p/a.c":                   "{root}/a.c",
		"/src/p2/a.c":                  "/src/p2/a.c",
		"/usr/src/p/a.c":               "/usr/src/p/a.c",
		"-I/src/p/inc":                 "-I{root}/inc",
		"-isystem/src/p":               "-isystem{root}",
		"--prefix=/src/p:/src/p/x":     "--prefix={root}:{root}/x",
		"cd '/home/link/p' && ls":      "cd '{root}' && ls",
		"/tmp/ccAbC123.s":              "{tmp}/*.s",
		"/tmp/tmp.x9/sub/file.c":       "{tmp}/*.x9/sub/file.c",
		"-plugin-opt=/tmp/ccX.res:/x":  "-plugin-opt={tmp}/*.res:/x",
		"/tmp/mine/t/ccAbC123.s":       "{tmp}/*.s",
		"/tmp":                         "{tmp}",
		"/tmpfiles/x":                  "/tmpfiles/x",
		"conf4711.sh":                  "conf{pid}.sh",
		"14711":                        "14711",
		"-O42":                         "-O42",
		"TryCompile-a1B2c3/cmTC_0f3ab": "TryCompile-*/cmTC_*",
		"":                             "",
	} {
		if got := n.word(in, pids); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	if got := normalFor("/", "").word("/a/b", nil); got != "/a/b" {
		t.Errorf("with / as the root: %q", got)
	}
}

// Whatever a word is, it is the same on every machine, and one without anything of
// the machine is left alone.
func FuzzWord(f *testing.F) {
	for _, s := range []string{"", "-I", "a.c", "/", "x=/y:z", "-DX=\"1\"", "é\xff", "'quoted'", "-Wl,-rpath,"} {
		f.Add(s, "/sub.c")
	}
	a, b := normalFor("/home/ada/proj", ""), normalFor("/x/y", "")
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(before+after, "/home") || strings.Contains(before+after, "/x") {
			return // it names a root itself
		}
		one, two := a.word(before+"/home/ada/proj"+after, nil), b.word(before+"/x/y"+after, nil)
		ends := after == "" || after[0] == '/' || !isName(after[0])
		if one != two && beginsPath(before) && ends {
			t.Errorf("%q here, %q there", one, two)
		}
		plain := strings.NewReplacer("/", "", "TryCompile", "", "cmTC", "").Replace(before)
		if got := a.word(plain, nil); got != plain {
			t.Errorf("%q became %q", plain, got)
		}
	})
}

func TestMakeFlags(t *testing.T) {
	for in, want := range map[string]string{
		"": "",
		` -j4 --jobserver-auth=3,4 --eval=export\ BG_T=$$@`: "",
		`w -j4 --jobserver-fds=3,4`:                         "",
		`ks -j4 --eval=export\ BG_T=$$@ -- CFLAGS=-O2\ -g`:  `ks -- CFLAGS=-O2\ -g`,
		`kw --`:                    "k --",
		`--`:                       "",
		` --no-print-directory -j`: "--no-print-directory",
		`-w`:                       "",
		` -- V=1\ -j4`:             `-- V=1\ -j4`,
		`--eval=x:=1`:              `--eval=x:=1`,
		`\`:                        `\`,
	} {
		if got := makeFlags(in, "BG_T"); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzMakeFlags(f *testing.F) {
	for _, s := range []string{"", "ks -j4", `\`, `a\ b -- X=1`, "--eval=BG_T=$@", "-w -w", " \t "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := makeFlags(s, "BG_T")
		for _, w := range strings.Split(got, " ") {
			if jobFlags.MatchString(w) && !strings.Contains(s, `\`) {
				t.Errorf("%q became %q, with %q", s, got, w)
			}
		}
	})
}

func TestHidden(t *testing.T) {
	for name, want := range map[string]string{
		"PWD": hiddenShell, "BG_T": hiddenMake, "TERM": hiddenSession, "TERMINFO": hiddenSession, "SSH_TTY": hiddenSession,
		"PATH": "", "CFLAGS": "", "HOME": "", "LANG": "", "USER": "", "XDG_CONFIG_HOME": "", "MAKEFLAGS": "",
	} {
		if got := hidden(name, "BG_T"); got != want {
			t.Errorf("%s is hidden as %q, want %q", name, got, want)
		}
	}
}

// What two commands have in common is in both, in order; the rest is in the hunks, the
// same whichever comes first, for short commands and for long ones.
func TestHunks(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		long := seed%10 == 0
		list := func() []string {
			n := rnd.IntN(12)
			if long {
				n = 600 + rnd.IntN(100)
			}
			words := make([]string, n)
			for i := range words {
				words[i] = fmt.Sprintf("w%d", rnd.IntN(max(6, n)))
			}
			return words
		}
		a, b := list(), list()
		if seed%3 == 0 { // a few changes
			b = slices.Clone(a)
			for range min(3, len(b)) {
				b[rnd.IntN(len(b))] = "new"
			}
		}
		hs := hunks(a, b, a, b)
		last := [2]int{-1, -1}
		for _, m := range matches(a, b) {
			if a[m[0]] != b[m[1]] || m[0] <= last[0] || m[1] <= last[1] {
				t.Fatalf("seed %d: %v comes after %v", seed, m, last)
			}
			last = m
		}
		count := map[string]int{}
		for _, w := range a {
			count[w]++
		}
		for _, w := range b {
			count[w]--
		}
		for _, h := range hs {
			for _, w := range h.A {
				count[w]--
			}
			for _, w := range h.B {
				count[w]++
			}
		}
		for w, n := range count {
			if n != 0 {
				t.Fatalf("seed %d: %q is not accounted for in %q", seed, w, hs)
			}
		}
		back := hunks(b, a, b, a)
		for i := range back {
			back[i].A, back[i].B = back[i].B, back[i].A
		}
		if text(t, hs) != text(t, back) {
			t.Fatalf("seed %d: %s the other way round: %s", seed, text(t, hs), text(t, back))
		}
		if same := hunks(a, a, a, a); len(same) > 0 {
			t.Fatalf("seed %d: %q differs from itself: %q", seed, a, same)
		}
	}
}

func TestHunkLines(t *testing.T) {
	n := normalFor("/src/p", "")
	of := func(a, b string) Hunk {
		hs := hunks([]string{"x", a}, []string{"x", b}, n.words([]string{"x", a}, nil), n.words([]string{"x", b}, nil))
		if len(hs) != 1 {
			t.Fatalf("%q and %q: %s", a, b, text(t, hs))
		}
		return hs[0]
	}
	want := text(t, []Hunk{{A: []string{"b"}, B: []string{"x", "y"}}})
	if got := text(t, of("a /src/p\nb\nc", "a /src/p\nx\ny\nc").Lines()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := of("a\nx\ny\nc", "a\nb\nc").turned().Lines(); text(t, got) != want {
		t.Errorf("turned: %s", text(t, got))
	}
	if got := of("a", "b\nc").Lines(); got != nil {
		t.Errorf("a word of one line has lines %q", got)
	}
}

func TestVariableParts(t *testing.T) {
	for _, c := range []struct {
		a, b, sep string
		want      []Hunk
	}{
		{"/bin:/usr/bin:/sbin", "/opt/x:/bin:/usr/bin:/sbin", ":", []Hunk{{B: []string{"/opt/x"}}}},
		{"-O2 -g -Wall", "-O0 -g -Wall", " ", []Hunk{{A: []string{"-O2"}, B: []string{"-O0"}}}},
		{"a", "b", "", nil},
		{"/a:/b", "/c:/d", "", nil},
	} {
		got, sep := Variable{A: &c.a, B: &c.b}.Parts()
		same := slices.EqualFunc(got, c.want, func(x, y Hunk) bool { return slices.Equal(x.A, y.A) && slices.Equal(x.B, y.B) })
		if !same || sep != c.sep {
			t.Errorf("%q and %q: %s, %q", c.a, c.b, text(t, got), sep)
		}
	}
	if got, _ := (Variable{B: some("/a:/b")}).Parts(); got != nil {
		t.Errorf("a variable of one build has parts: %v", got)
	}
}
