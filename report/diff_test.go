package report

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"buildgraph/graph/compare"
)

func set(s string) *string { return &s }

// No line is longer than the terminal's, unless all is wanted.
func TestDiffWidth(t *testing.T) {
	for _, width := range []int{60, 80, 120} {
		o := DiffOptions{Options: Options{Width: width}, A: "a.db", B: "b.db"}
		for name, render := range map[string]func(io.Writer) error{
			"many": func(w io.Writer) error { return DiffText(w, manyDiff(), o) },
			"long": func(w io.Writer) error { return DiffTargetText(w, longOne(), o) },
			"one":  func(w io.Writer) error { return DiffTargetText(w, sampleOne(), o) },
		} {
			var b bytes.Buffer
			if err := render(&b); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%s: %d columns of %d: %s", name, n, width, line)
				}
			}
		}
	}
}

// Where there is no terminal nothing is cut.
func TestDiffUncut(t *testing.T) {
	var b bytes.Buffer
	if err := DiffTargetText(&b, longOne(), DiffOptions{}); err != nil || strings.Contains(b.String(), "…") {
		t.Errorf("%v: %s", err, b.String())
	}
}

// Files of the system are a number behind those of the project, unless there are no
// others or all is wanted.
func TestSuspects(t *testing.T) {
	for _, c := range []struct {
		files string
		all   bool
		want  string
	}{
		{"src/shell.h", false, "src/shell.h"},
		{"src/shell.h /usr/include/a.h", false, "src/shell.h, or a system file,"},
		{"src/a.h src/b.h /usr/include/a.h /usr/include/b.h", false, "one of src/a.h, src/b.h, or one of 2 system files,"},
		{"src/a.h /usr/include/a.h", true, "one of src/a.h, /usr/include/a.h"},
		{"/usr/include/a.h /usr/include/b.h", false, "one of /usr/include/a.h, /usr/include/b.h"},
	} {
		p := &diffPage{newPage(io.Discard, Options{}), DiffOptions{All: c.all}, manyIndent}
		if got := p.suspects(strings.Fields(c.files)); got != c.want {
			t.Errorf("%s: %q, want %q", c.files, got, c.want)
		}
	}
}

func TestDiffGolden(t *testing.T) {
	o := DiffOptions{A: "a.db", B: "before/b.db"}
	with := func(change func(*DiffOptions)) DiffOptions {
		c := o
		change(&c)
		return c
	}
	same := compare.Diff{A: sampleDiff().A, B: sampleDiff().A, Common: 34}
	killed := compare.Diff{A: sampleDiff().A, B: sampleDiff().A, Common: 34}
	killed.B.Unended, killed.B.Complete = true, false
	for name, render := range map[string]func(io.Writer) error{
		"diff.txt": func(w io.Writer) error { return DiffText(w, sampleDiff(), o) },
		"diff-color.txt": func(w io.Writer) error {
			return DiffText(w, sampleDiff(), with(func(o *DiffOptions) { o.Color, o.Width = true, 60 }))
		},
		"diff-only.txt": func(w io.Writer) error {
			return DiffText(w, sampleDiff(), with(func(o *DiffOptions) { o.Only = []string{"files", "time"} }))
		},
		"diff-all.txt":     func(w io.Writer) error { return DiffText(w, sampleDiff(), with(func(o *DiffOptions) { o.All = true })) },
		"diff-same.txt":    func(w io.Writer) error { return DiffText(w, same, o) },
		"diff.json":        func(w io.Writer) error { return DiffJSON(w, sampleDiff(), o) },
		"diff-same.json":   func(w io.Writer) error { return DiffJSON(w, same, o) },
		"diff-killed.txt":  func(w io.Writer) error { return DiffText(w, killed, o) },
		"diff-killed.json": func(w io.Writer) error { return DiffJSON(w, killed, o) },
		"diff-odd.txt":     func(w io.Writer) error { return DiffText(w, oddDiff("a\x1b[2J\xff b"), o) },
		"diff-odd.json":    func(w io.Writer) error { return DiffJSON(w, oddDiff("a\x1b[2J\xff b"), o) },
		"diff-one.txt":     func(w io.Writer) error { return DiffTargetText(w, sampleOne(), o) },
		"diff-one.json":    func(w io.Writer) error { return DiffTargetJSON(w, sampleOne(), o) },
		"diff-one-80.txt": func(w io.Writer) error {
			return DiffTargetText(w, longOne(), with(func(o *DiffOptions) { o.Width = 80 }))
		},
		"diff-one-color.txt": func(w io.Writer) error {
			return DiffTargetText(w, longOne(), with(func(o *DiffOptions) { o.Color, o.Width = true, 60 }))
		},
		"diff-one-made.txt": func(w io.Writer) error { return DiffTargetText(w, madeOne(), o) },
		"diff-many.txt":     func(w io.Writer) error { return DiffText(w, manyDiff(), with(func(o *DiffOptions) { o.Width = 80 })) },
		"diff-many-all.txt": func(w io.Writer) error {
			return DiffText(w, manyDiff(), with(func(o *DiffOptions) { o.Width, o.All = 80, true }))
		},
		"diff-one-odd.txt": func(w io.Writer) error { return DiffTargetText(w, oddOne("a\nb"), o) },
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, render) })
	}
}

// What is shown is what counts for the exit status; time counts only alone.
func TestDiffers(t *testing.T) {
	time := compare.Diff{Slower: sampleDiff().Slower}
	files := compare.Diff{Files: sampleDiff().Files}
	for _, c := range []struct {
		d    compare.Diff
		only string
		want bool
	}{
		{sampleDiff(), "", true}, {sampleDiff(), "why", false}, {sampleDiff(), "why,targets", true}, {sampleDiff(), "processes", true},
		{time, "", false}, {time, "time", true}, {time, "time,targets", false}, {files, "targets", false}, {files, "files", true}, {compare.Diff{}, "", false},
	} {
		o := DiffOptions{}
		if c.only != "" {
			o.Only = strings.Split(c.only, ",")
		}
		if got := o.Differs(c.d); got != c.want {
			t.Errorf("--only %q: %t, want %t", c.only, got, c.want)
		}
	}
}

// Whatever names hold, text has no control character but newline, and JSON parses.
func FuzzDiffNames(f *testing.F) {
	for _, s := range []string{"a.c", "\x1b[2J", "\xff", "a\nb", "\u009b1m", "\u202e", "'", `"`, "", " ", "\x7f", "<b>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o := DiffOptions{A: s, B: s + "2"}
		var b bytes.Buffer
		for _, err := range []error{DiffText(&b, oddDiff(s), o), DiffTargetText(&b, oddOne(s), o)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if !utf8.Valid(b.Bytes()) || strings.ContainsFunc(b.String(), func(r rune) bool { return r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0) }) {
			t.Errorf("%q: %q", s, b.String())
		}
		for _, render := range []func(io.Writer) error{
			func(w io.Writer) error { return DiffJSON(w, oddDiff(s), o) },
			func(w io.Writer) error { return DiffTargetJSON(w, oddOne(s), o) },
		} {
			b.Reset()
			if err := render(&b); err != nil || !json.Valid(b.Bytes()) {
				t.Errorf("%q: %v: %s", s, err, b.String())
			}
		}
	})
}
