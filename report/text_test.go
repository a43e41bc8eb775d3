package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"buildgraph/graph"
)

func yes() *bool { v := true; return &v }
func no() *bool  { v := false; return &v }

func sampleDeps() graph.Deps {
	return graph.Deps{
		Target: "obj/main.o", Complete: true, How: "recipe", Written: true, Exists: true,
		Recipe: &graph.Recipe{Target: "obj/main.o", Tool: "make", Dir: ".", Named: "tag", Lines: []string{"mkdir -p obj", "cc -O2 -Igen -c -o obj/main.o src/main.c"}},
		Inputs: []graph.Input{
			{Path: "/usr/bin/cc", Class: graph.Tool, Access: []string{"execute"}},
			{Path: "/usr/include/stdio.h", Class: graph.System, Access: []string{"read"}},
			{Path: "gen/version.h", Class: graph.Generated, Access: []string{"read"}, Declared: no()},
			{Path: "plugins", Class: graph.Project, Access: []string{"list"}, Declared: no()},
			{Path: "src/calc.h", Class: graph.Project, Access: []string{"read"}, Declared: yes()},
			{Path: "src/main.c", Class: graph.Project, Access: []string{"read", "map"}, Declared: yes()},
			{Path: "tools/stamp.sh", Class: graph.Project, Access: []string{"read", "execute"}, Declared: no()},
		},
	}
}

// failedDeps is a target whose recipe did not end well.
func failedDeps(f graph.Failure, written, exists bool) graph.Deps {
	d := sampleDeps()
	d.Recipe.Failed, d.Written, d.Exists = &f, written, exists
	return d
}

func oddDeps() graph.Deps {
	var lines []string
	for i := range 20 {
		lines = append(lines, fmt.Sprintf("echo %d \x1b[2J", i))
	}
	return graph.Deps{
		Target: "sub/out \xff\n.o", How: "flow",
		Recipe: &graph.Recipe{Target: "sub/all\x07", Tool: "make", Dir: "/src/sub", Named: "output", Lines: lines},
		Inputs: []graph.Input{
			{Path: "-x.c", Class: graph.Project, Access: []string{"read"}},
			{Path: "a b.c", Class: graph.Project, Access: []string{"read"}},
			{Path: "\"quoted\".c", Class: graph.Project, Access: []string{"read"}},
			{Path: "esc\x1b[31m.c", Class: graph.Project, Access: []string{"read"}},
			{Path: "latin\xe9.c", Class: graph.Project, Access: []string{"stat"}},
			{Path: "c1\u009b31m.c", Class: graph.Project, Access: []string{"read"}},
		},
	}
}

func sampleOutputs() graph.Outputs {
	return graph.Outputs{Complete: true, Outputs: []graph.Output{
		{Path: "calc", Target: "calc", By: []string{"/usr/bin/ld", "-o", "calc", "obj/main.o"}},
		{Path: "gen/version.h", Target: "gen/version.h", By: []string{"sed", "s/@V@/1.2 beta/", "src/version.h.in"}},
		{Path: "log\xfe.txt", By: []string{"tee", "log\xfe.txt", "it's"}},
		{Path: "no argv"},
		{Path: "linked", By: strings.Fields("ld -o linked" + strings.Repeat(" -L/usr/lib/gcc/x86_64-linux-gnu/12", 9) + " -lc")},
		{Path: "obj/" + strings.Repeat("deep/", 12) + "x.o", Target: "x", By: []string{"as"}},
	}}
}

func sampleWhy() graph.Why {
	return graph.Why{Target: "obj/main.o", File: "VERSION", Complete: true, Flow: true, Steps: []graph.Step{
		{From: "VERSION", To: "pipe", Temporary: true, PID: 4100, Argv: []string{"/bin/cat", "VERSION"}, Cwd: "/src", Chain: []string{"sh", "cat"}, Read: 120_000_000, Write: 121_500_000, Via: "read", Flow: true},
		{From: "pipe", To: "gen/version.h", PID: 4101, Argv: []string{"sed", "s/^/#define V /"}, Cwd: "/src", Chain: []string{"sh", "sed"}, Read: 121_600_000, Write: 122_000_000, Via: "pipe", Flow: true},
		{From: "gen/version.h", To: "/tmp/cc\nX.s", Temporary: true, PID: 4110, Argv: []string{"cc1", "-quiet", "main.c"}, Cwd: "/src/sub", Chain: []string{"gcc", "cc1"}, Read: 200_000_000, Write: 312_345_678, Via: "read", Flow: true},
		{From: "/tmp/cc\nX.s", To: "obj/main.o", PID: 4111, Argv: []string{"as", "-o", "obj/main.o"}, Cwd: "/elsewhere", Read: 313_000_000, Write: 320_000_000, Via: "read", Flow: true},
	}}
}

// onlyRead is a chain whose last step is a recipe that read the file, no more.
func onlyRead() graph.Why {
	w := sampleWhy()
	w.Target, w.Flow = "app", false
	w.Steps = append(w.Steps[1:2:2], graph.Step{
		From: "gen/version.h", To: "app", PID: 4120, Argv: []string{"grep", "-q", "V", "gen/version.h"}, Cwd: "/src",
		Chain: []string{"grep"}, Read: 313_000_000, Write: 320_000_000, Via: "recipe",
	})
	return w
}

func sampleRDeps() graph.RDeps {
	return graph.RDeps{File: "VERSION", Complete: true, Dependents: []graph.Dependent{
		{Path: "calc", Target: "calc"},
		{Path: "gen/version.h", Target: "gen/version.h", Direct: true},
		{Path: "obj/main.d", Target: "obj/main.o"},
		{Path: "stamp\xff", Target: "all", Direct: true},
	}}
}

func TestGolden(t *testing.T) {
	o := Options{Root: "/src"}
	incomplete := Options{Root: "/src", Why: []string{"12 events were lost", "process 7 (\xff) was alive"}}
	for name, render := range map[string]func(io.Writer) error{
		"deps.txt": func(w io.Writer) error { return DepsText(w, sampleDeps(), o) },
		"deps-color.txt": func(w io.Writer) error {
			return DepsText(w, sampleDeps(), Options{Color: true, Root: "/src", Width: 30})
		},
		"deps-odd.txt": func(w io.Writer) error { return DepsText(w, oddDeps(), o) },
		"deps-flow.txt": func(w io.Writer) error {
			return DepsText(w, graph.Deps{Target: "a.o", How: "flow", Complete: true, Inputs: sampleDeps().Inputs[4:6]}, o)
		},
		"deps-none.txt":   func(w io.Writer) error { return DepsText(w, graph.Deps{Target: "a", Complete: true}, o) },
		"deps-failed.txt": func(w io.Writer) error { return DepsText(w, failedDeps(graph.Failure{ExitCode: 2}, false, false), o) },
		"deps-killed.txt": func(w io.Writer) error { return DepsText(w, failedDeps(graph.Failure{Signal: 11}, true, true), o) },
		"deps-failed.json": func(w io.Writer) error {
			return DepsJSON(w, failedDeps(graph.Failure{ExitCode: 2}, true, false), o)
		},
		"deps.json":       func(w io.Writer) error { return DepsJSON(w, sampleDeps(), o) },
		"deps-odd.json":   func(w io.Writer) error { return DepsJSON(w, oddDeps(), incomplete) },
		"deps-none.json":  func(w io.Writer) error { return DepsJSON(w, graph.Deps{Target: "a", Complete: true}, o) },
		"outputs.txt":     func(w io.Writer) error { return OutputsText(w, sampleOutputs(), o) },
		"outputs-80.txt":  func(w io.Writer) error { return OutputsText(w, sampleOutputs(), Options{Width: 80}) },
		"outputs.json":    func(w io.Writer) error { return OutputsJSON(w, sampleOutputs(), o) },
		"why.txt":         func(w io.Writer) error { return WhyText(w, sampleWhy(), o) },
		"why-read.txt":    func(w io.Writer) error { return WhyText(w, onlyRead(), o) },
		"why-read.json":   func(w io.Writer) error { return WhyJSON(w, onlyRead(), o) },
		"why-none.txt":    func(w io.Writer) error { return WhyText(w, graph.Why{Target: "a", File: "b\n"}, o) },
		"why.json":        func(w io.Writer) error { return WhyJSON(w, sampleWhy(), o) },
		"why-none.json":   func(w io.Writer) error { return WhyJSON(w, graph.Why{Target: "a", File: "b"}, incomplete) },
		"rdeps.txt":       func(w io.Writer) error { return RDepsText(w, sampleRDeps(), o) },
		"rdeps-none.txt":  func(w io.Writer) error { return RDepsText(w, graph.RDeps{File: "x"}, o) },
		"rdeps.json":      func(w io.Writer) error { return RDepsJSON(w, sampleRDeps(), o) },
		"rdeps-none.json": func(w io.Writer) error { return RDepsJSON(w, graph.RDeps{File: "x", Complete: true}, o) },
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, render) })
	}
}

// Whatever the build's names hold, text has no control character but newline (and
// the escapes of colour, off here) and is UTF-8; JSON parses and has no control
// character either.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"a.c", "\x1b[2J", "\xff", "a\nb", "\u009b1m", "\u202e", "'", `"`, `\`, "", " ", "~", "\x7f", "a\tb", "$x", "<b>&amp;", "-->"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		deps := graph.Deps{Target: s, Recipe: &graph.Recipe{Target: s + "x", Tool: s, Dir: s, Lines: []string{s}}, Inputs: []graph.Input{{Path: s, Class: graph.Project}}}
		outputs := graph.Outputs{Outputs: []graph.Output{{Path: s, Target: s, By: []string{s, s}}}}
		why := graph.Why{Target: s, File: s, Steps: []graph.Step{{From: s, To: s, Argv: []string{s, s}, Cwd: s, Chain: []string{s, s}, Via: s}}}
		rdeps := graph.RDeps{File: s, Dependents: []graph.Dependent{{Path: s, Target: s + "y"}}}
		picture := graph.Picture{Title: s, Note: s, Nodes: []graph.PictureNode{{ID: s, Label: s, Kind: "recipe", Title: s}, {ID: s + "2", Label: s, Kind: "project"}}}
		o := Options{Width: 40, Why: []string{s}}
		for name, render := range map[string]func(io.Writer) error{
			"deps":       func(w io.Writer) error { return DepsText(w, deps, o) },
			"outputs":    func(w io.Writer) error { return OutputsText(w, outputs, o) },
			"why":        func(w io.Writer) error { return WhyText(w, why, o) },
			"rdeps":      func(w io.Writer) error { return RDepsText(w, rdeps, o) },
			"dot":        func(w io.Writer) error { return DOT(w, picture, o) },
			"deps JSON":  func(w io.Writer) error { return DepsJSON(w, deps, o) },
			"outs JSON":  func(w io.Writer) error { return OutputsJSON(w, outputs, o) },
			"why JSON":   func(w io.Writer) error { return WhyJSON(w, why, o) },
			"rdeps JSON": func(w io.Writer) error { return RDepsJSON(w, rdeps, o) },
		} {
			var b bytes.Buffer
			if err := render(&b); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if !utf8.Valid(b.Bytes()) {
				t.Errorf("%s: not UTF-8: %q", name, b.String())
			}
			if i := strings.IndexFunc(b.String(), func(r rune) bool { return r != '\n' && (r < ' ' || r >= 0x7f && r <= 0x9f) }); i >= 0 {
				t.Errorf("%s: a control character at %d of %q", name, i, b.String())
			}
			if strings.HasSuffix(name, "JSON") && !json.Valid(b.Bytes()) {
				t.Errorf("%s: not JSON: %s", name, b.String())
			}
		}
	})
}

// Exact names survive the way through JSON.
func TestExactNames(t *testing.T) {
	for _, name := range []string{"plain", "caf\xe9", "\xff\xfe", "mixed \u00e9 \xe9"} {
		var b bytes.Buffer
		if err := OutputsJSON(&b, graph.Outputs{Outputs: []graph.Output{{Path: name, By: []string{"cc", name}}}}, Options{}); err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Outputs []struct {
				Path    string
				PathB64 []byte   `json:"path_b64"`
				ByB64   [][]byte `json:"by_b64"`
			}
		}
		if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		row := doc.Outputs[0]
		if utf8.ValidString(name) {
			if row.Path != name || row.PathB64 != nil || row.ByB64 != nil {
				t.Errorf("%q became %+v", name, row)
			}
			continue
		}
		if string(row.PathB64) != name || !strings.Contains(row.Path, "\ufffd") || string(row.ByB64[1]) != name || string(row.ByB64[0]) != "cc" {
			t.Errorf("%q became %+v", name, row)
		}
	}
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{
		"a.c": "a.c", "a b": "a b", "-x.o": "-x.o", "日本.c": "日本.c", `back\slash`: `back\slash`,
		"": `""`, " a": `" a"`, "a ": `"a "`, `"a"`: `"\"a\""`, "a\nb": `"a\nb"`, "\xff": `"\xff"`, "\x1b[m": `"\x1b[m"`, "\u202ex": `"\u202ex"`, "\u009b": `"\u009b"`,
	} {
		if got := Name(in); got != want {
			t.Errorf("Name(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestCommand(t *testing.T) {
	for want, argv := range map[string][]string{
		"?":                          nil,
		"cc -DX=1 a.c":               {"/usr/bin/cc", "-DX=1", "a.c"},
		"sh -c 'a && b'":             {"sh", "-c", "a && b"},
		`echo 'it'\''s' '' '~x' a~`:  {"echo", "it's", "", "~x", "a~"},
		`printf $'a\nb\xff\\ \'q\''`: {"printf", "a\nb\xff\\ 'q'"},
		"touch '#x' '*.c' 日本":        {"touch", "#x", "*.c", "日本"},
	} {
		if got := command(argv); got != want {
			t.Errorf("command(%q) = %s, want %s", argv, got, want)
		}
	}
}

func TestShortCommand(t *testing.T) {
	ld := strings.Fields("/usr/bin/ld -plugin /usr/lib/gcc/liblto_plugin.so -o app -L/usr/lib/gcc/x86_64-linux-gnu/12 main.o /usr/lib/crtn.o")
	for width, want := range map[int]string{
		200: "ld -plugin /usr/lib/gcc/liblto_plugin.so -o app -L/usr/lib/gcc/x86_64-linux-gnu/12 main.o /usr/lib/crtn.o",
		50:  "ld -plugin /usr/lib/… -o app …in.o /usr/lib/crtn.o",
		20:  "ld -plugin…ib/crtn.o", // no room for more
	} {
		got := shortCommand(ld, width)
		if got != want || utf8.RuneCountInString(got) > width {
			t.Errorf("width %d: got %s, want %s", width, got, want)
		}
	}
	if got := shortCommand([]string{"tool", strings.Repeat("x", 40), "-o"}, 20); utf8.RuneCountInString(got) != 20 {
		t.Errorf("an -o without a name: %s", got)
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{{"abcdef", 6, "abcdef"}, {"abcdef", 5, "ab…ef"}, {"日本語だ", 4, "日本語だ"}, {"日本語だ", 3, "日…だ"}, {"", 3, ""}, {"ab", 1, "…"}} {
		if got := shorten(c.in, c.width); got != c.want {
			t.Errorf("shorten(%q, %d) = %q, want %q", c.in, c.width, got, c.want)
		}
	}
}

// A failure to write is the caller's to see, whatever the renderer.
func TestWriteFailure(t *testing.T) {
	for name, render := range map[string]func(io.Writer) error{
		"text": func(w io.Writer) error { return OutputsText(w, sampleOutputs(), Options{}) },
		"JSON": func(w io.Writer) error { return OutputsJSON(w, sampleOutputs(), Options{}) },
		"DOT":  func(w io.Writer) error { return DOT(w, samplePicture(), Options{}) },
	} {
		if err := render(full{}); !errors.Is(err, errFull) {
			t.Errorf("%s: %v, want the writer's error", name, err)
		}
	}
}

var errFull = errors.New("no space")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
