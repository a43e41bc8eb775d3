package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"buildgraph/graph"
	"buildgraph/graph/audit"
)

// findings is one of each kind, with names that each format must protect.
func findings() audit.Findings {
	seen := &audit.Witness{PID: 42, Argv: []string{"/usr/lib/cc1", "-quiet", "main.c"}, Cwd: ".", Chain: []string{"gcc", "cc1"}, Call: "read", Time: 1_029_000_000}
	fs := audit.Findings{Complete: true, Targets: 9, Tools: 2, Withheld: []audit.Withheld{
		{Target: "lib/z.o", Kinds: []audit.Kind{audit.Redundant}, Why: "events of its recipe were lost"},
	}}
	add := func(k audit.Kind, target, input string, line int, others ...string) {
		fs.Findings = append(fs.Findings, audit.Finding{
			Kind: k, Target: target, Input: input, Makefile: "lib/Makefile", Line: line, Proof: audit.Proved,
			Others: others, Witness: seen, Repro: "make -C lib -n -W " + input + " " + target,
		})
	}
	add(audit.Missing, "a.o", "config.h", 12)
	add(audit.Missing, "b.o", "config.h", 12)
	add(audit.Race, "a.o", "gen.h", 0, "gen.h")
	add(audit.Writers, "libx.a", "libx.a", 8, "c.stamp")
	add(audit.Undeclared, "gram.c", "gram.h", 5, "lex.o")
	add(audit.Redundant, "a.o", "old.h", 12)
	add(audit.Shadow, "a.o", "inc/config.h", 12, "config.h")
	add(audit.Missing, "50%\nodd: a,b.o", "\xff\x1b[31m.h", 3)
	fs.Findings[1].Proof, fs.Findings[1].Reason = audit.Untested, "make remakes the target even if nothing has changed"
	fs.Findings[0].Builtin, fs.Findings[0].Line = true, 0
	fs.Findings[5].Witness = nil
	fs.Findings[7].Makefile = "/opt/share/rules.mk"
	return fs
}

func TestCheckGolden(t *testing.T) {
	golden(t, "check.txt", func(w io.Writer) error { return CheckText(w, findings(), Options{Root: "/p"}) })
	golden(t, "check-80.txt", func(w io.Writer) error { return CheckText(w, findings(), Options{Root: "/p", Width: 80, Color: true}) })
	golden(t, "check.json", func(w io.Writer) error { return CheckJSON(w, findings(), Options{Root: "/p"}) })
	golden(t, "check.github", func(w io.Writer) error { return CheckGitHub(w, findings(), Options{Root: "/p"}) })
	golden(t, "check.sarif", func(w io.Writer) error { return CheckSARIF(w, findings(), Options{Root: "/p"}, "1.2.3") })
	golden(t, "check-none.txt", func(w io.Writer) error {
		return CheckText(w, audit.Findings{Complete: true, Targets: 3, Tools: 1}, Options{})
	})
	outside := audit.Findings{Complete: true, Targets: 3, Tools: 1, ExitCode: 2, Outside: graph.Outside{
		Files: 5, First: []string{"/p/a.c", "/p/b \x1b.c", "/p/c.h"}, Dir: "/p", Capture: "cd /p && buildgraph capture -- make -C build",
	}}
	golden(t, "check-outside.txt", func(w io.Writer) error { return CheckText(w, outside, Options{Root: "/p/build"}) })
	golden(t, "check-outside.json", func(w io.Writer) error { return CheckJSON(w, outside, Options{Root: "/p/build"}) })
	golden(t, "check-killed.txt", func(w io.Writer) error { return CheckText(w, audit.Findings{Unended: true}, Options{}) })
	golden(t, "check-killed.json", func(w io.Writer) error { return CheckJSON(w, audit.Findings{Unended: true}, Options{}) })
	golden(t, "check-idle.txt", func(w io.Writer) error { return CheckText(w, audit.Findings{Complete: true}, Options{}) })
	golden(t, "check-none.json", func(w io.Writer) error { return CheckJSON(w, audit.Findings{Complete: true}, Options{}) })
}

// Of very many findings text shows some and says how many there are.
func TestCheckTextManyFindings(t *testing.T) {
	var a audit.Findings
	for i := range 250 {
		for _, k := range []audit.Kind{audit.Missing, audit.Redundant} {
			a.Findings = append(a.Findings, audit.Finding{Kind: k, Target: "a.o", Input: fmt.Sprintf("%03d.h", i)})
		}
	}
	var b bytes.Buffer
	if err := CheckText(&b, a, Options{}); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{"099.h: missing", "099.h: a prerequisite", "\nand 150 files more: missing; --format json", "\nand 150 files more: redundant; --format json", "\n500 findings about 250 files"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q is there %d times", want, strings.Count(text, want))
		}
	}
	if strings.Contains(text, "100.h") {
		t.Error("the 101st file is there")
	}
}

func TestFixGolden(t *testing.T) {
	fs := findings().Findings
	m := Mending{
		Edits: []Mended{
			{Edit: audit.Edit{Makefile: "Makefile", Lines: []string{"a.o: config.h"}, Findings: fs[:2]},
				Diff: []string{"--- a/Makefile", "+++ b/Makefile", "@@ -1,1 +1,4 @@", " \tcc\x1b[2J", "+", "+# why", "+a.o: config.h"}},
			{Edit: audit.Edit{Makefile: "lib/Makefile", Lines: []string{"b.o: | gen.h"}, Findings: fs[2:3]}, Applied: true, Backup: "lib/Makefile.bak",
				Diff: []string{"--- a/lib/Makefile", "+++ b/lib/Makefile", "@@ -0,0 +1,3 @@", "+b.o: | gen.h"}},
			{Edit: audit.Edit{Makefile: "gen.mk", Generated: "sh ./configure", Lines: []string{"c.o: c.h"}, Findings: fs[:1]}},
		},
		ByHand: []audit.Advice{{Finding: fs[0], Why: "its recipe uses $^"}, {Finding: fs[2], Why: "no make in common"}, {Finding: fs[0], Why: "its recipe uses $^"}},
	}
	golden(t, "fix.txt", func(w io.Writer) error { return FixText(w, m, Options{Root: "/p"}) })
	golden(t, "fix.json", func(w io.Writer) error { return FixJSON(w, m, Options{Root: "/p"}) })
	golden(t, "fix-none.txt", func(w io.Writer) error { return FixText(w, Mending{}, Options{}) })
	if got, want := FixSummary(m), "1 makefile mended, 6 findings left"; got != want {
		t.Errorf("summary %q, want %q", got, want)
	}
}

// What review tools read must be what the standard's own schema allows.
func TestSARIFIsValid(t *testing.T) {
	f, err := os.Open("testdata/sarif/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, fs := range map[string]audit.Findings{"all": findings(), "none": {Complete: true}} {
		var b bytes.Buffer
		if err := CheckSARIF(&b, fs, Options{Root: "/p"}, "1.2.3"); err != nil {
			t.Fatal(err)
		}
		log, err := jsonschema.UnmarshalJSON(&b)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(log); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad, _ := jsonschema.UnmarshalJSON(strings.NewReader(`{"version":"2.1.0","runs":[{"results":[]}]}`))
	if schema.Validate(bad) == nil {
		t.Error("the schema takes a run without a tool: it checks nothing")
	}
}
