package report

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"buildgraph/graph"
	"buildgraph/graph/audit"
)

// examplePage is a small build: two objects at once, and the program from them.
func examplePage() Page {
	found := findings()
	return Page{
		Version: "v1", Outputs: 3,
		Build: Build{
			Command: []string{"/usr/bin/make", "-j2", "all"}, Root: "/home/ann/proj<1>", Host: "box", Kernel: "6.1.0", Machine: "x86_64", Cores: 2,
			Began: time.Unix(1_700_000_000, 0).UTC(), Complete: true,
		},
		Timeline: graph.Timeline{
			Lanes: 2, ProcessLanes: 2, End: 3_000_000_000, Wall: 3_000_000_000,
			Recipes: []graph.Span{
				{Recipe: 1, Name: "a.o", Lines: []string{"cc -c a.c"}, Lane: 0, Start: 1e6, End: 901e6, CPU: 800e6, PID: 10},
				{Recipe: 2, Name: "b.o", Lines: []string{"cc -c b.c"}, Lane: 1, Start: 2e6, End: 2_500e6, CPU: 2_400e6, PID: 10},
				{Recipe: 3, Name: "x\x1b<b>y", Lines: []string{"ld -o x"}, Lane: 0, Start: 2_510e6, End: 2_990e6, CPU: 1e6, PID: 10, ExitCode: 1},
			},
			Processes: []graph.Span{
				{Process: 1, PID: 10, Name: "make", Lines: []string{"make -j2 all"}, End: 3_000e6, Alive: true},
				{Process: 2, PID: 11, Parent: 1, Recipe: 1, Name: "cc", Lines: []string{"cc -c a.c"}, Start: 1e6, End: 901e6, CPU: 800e6, Depth: 1},
				{Process: 3, PID: 12, Parent: 1, Recipe: 2, Name: "cc", Lines: []string{"cc -c b.c"}, Lane: 1, Start: 2e6, End: 2_500e6, CPU: 2_400e6, Signal: 9},
			},
		},
		Actions: graph.ActionGraph{
			Files: []graph.ActionFile{
				{Path: "/usr/include/stdio.h", Class: graph.System, Readers: 2}, {Path: "a.c", Class: graph.Project, Readers: 1},
				{Path: "a.o", Class: graph.Generated, Readers: 1, Writers: 1}, {Path: "b.c", Class: graph.Project, Readers: 1},
				{Path: "b.o", Class: graph.Generated, Readers: 1, Writers: 1}, {Path: "x\x1b<b>y", Class: graph.Generated, Writers: 1},
			},
			Actions: []graph.Action{
				{Recipe: 1, Inputs: []int{0, 1}, Outputs: []int{2}}, {Recipe: 2, Inputs: []int{0, 3}, Outputs: []int{4}},
				{Recipe: 3, Inputs: []int{2, 4}, Outputs: []int{5}}, {Process: 2, Outputs: []int{}},
			},
		},
		Findings: &found,
		Mend:     map[Group]string{{audit.Missing, "config.h"}: "a.o: config.h"},
	}
}

var (
	scriptElement = regexp.MustCompile(`(?s)<script( type="text/plain" id="([a-z-]+)")?>(.*?)</script>`)
	styleElement  = regexp.MustCompile(`(?s)<style[^>]*>(.*?)</style>`)
	policyContent = regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`)
)

func render(t *testing.T, p Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, p, Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// static is a page without what is the same in all of them, and without its data.
func static(page string) string {
	page = scriptElement.ReplaceAllString(page, "")
	page = styleElement.ReplaceAllString(page, "<style>…</style>")
	page = policyContent.ReplaceAllString(page, `http-equiv="Content-Security-Policy" content="…"`)
	at := strings.Index(page, "<footer>")
	return page[:at] + "<footer>…\n"
}

// What shows without a script, for builds of every kind.
func TestHTMLGolden(t *testing.T) {
	failed := examplePage()
	failed.Title = `<img src=x onerror="alert(1)"> & co`
	failed.Build.ExitCode, failed.Build.Complete = 137, false
	for i := range 8 {
		failed.Build.Why = append(failed.Build.Why, fmt.Sprintf("reason <%d>", i))
	}
	none := nothingFound()
	failed.Findings = &none
	bare := Page{Version: "v1", NotCompared: "nothing is known of what the build declares", Build: Build{Command: []string{"true"}, Root: "/", Complete: true}}
	many := examplePage()
	for i := range 60 {
		many.Findings.Findings = append(many.Findings.Findings, audit.Finding{Kind: audit.Missing, Input: fmt.Sprintf("h%02d.h", i), Target: "a.o"})
	}
	killed := examplePage()
	killed.Build.Complete, killed.Build.Why = false, []string{"it was killed"}
	killed.Timeline.Recipes, killed.Timeline.Unended, killed.Timeline.RecipesLost = nil, true, true
	killed.Timeline.Wall = 6_000_000
	for name, p := range map[string]Page{"page_killed.html": killed, "page.html": examplePage(), "page_failed.html": failed, "page_bare.html": bare, "page_many.html": many} {
		golden(t, name, func(w io.Writer) error {
			_, err := io.WriteString(w, static(render(t, p)))
			return err
		})
	}
}

// nothingFound is the answer where nothing is wrong.
func nothingFound() audit.Findings {
	return audit.Findings{Complete: true, Targets: 3, Tools: 1, Outside: graph.Outside{Files: 2, First: []string{"/home/ann/src/x.c"}, Dir: "/home/ann", Capture: "cd /home/ann && buildgraph capture -- make -C 'proj<1>'"}}
}

// The policy names every script and style of the page by its hash, and nothing else;
// the libraries are compressed, and run only from there.
func TestHTMLPolicy(t *testing.T) {
	page := render(t, examplePage())
	if page != render(t, examplePage()) {
		t.Error("two pages of one build differ")
	}
	policy := html.UnescapeString(policyContent.FindStringSubmatch(page)[1])
	for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s: %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
		t.Errorf("the policy allows too much: %s", policy)
	}
	known := len(regexp.MustCompile("'sha256-").FindAllString(policy, -1))
	used := 0
	inert := map[string]bool{}
	for _, m := range scriptElement.FindAllStringSubmatch(page, -1) {
		text := m[3]
		if m[1] != "" {
			inert[m[2]] = true
			text = unpacked(t, text)
		}
		if m[2] == "data" {
			continue
		}
		used++
		if !strings.Contains(policy, hash(text)) {
			t.Errorf("script %q is not in the policy", m[2])
		}
	}
	for _, m := range styleElement.FindAllStringSubmatch(page, -1) {
		used++
		if !strings.Contains(policy, hash(m[1])) {
			t.Errorf("a style of %d bytes is not in the policy", len(m[1]))
		}
	}
	if used != known || used != len(libraries)+3 {
		t.Errorf("%d scripts and styles, %d hashes", used, known)
	}
	if diff := cmp.Diff(map[string]bool{"data": true, "lib-zoom": true, "lib-graph": true, "lib-table": true}, inert); diff != "" {
		t.Error(diff)
	}
	// Scripts end where they end, and make no markup of strings.
	for _, name := range scripts {
		text := asset(name)
		for _, bad := range []string{"</script", "<!--", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "http:", "https:"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s has %q in it", name, bad)
			}
		}
	}
}

// A command is shown as deps shows it: a row each, cut at the end where it is too long.
func TestCommandText(t *testing.T) {
	for want, lines := range map[string][]string{
		"": nil, "cc -c a.c": {"cc -c a.c"},
		"gcc -c a.c\nmv a.Tpo a.Po":            {"gcc -c a.c", "mv a.Tpo a.Po"},
		"ar cq a.a \\\n    b.o\nranlib a.a":    {"ar cq a.a \\\n\t\tb.o", "ranlib a.a"},
		`echo \x1b \t`:                         {"echo \x1b \t"},
		strings.Repeat("é", 3999) + "…":        {strings.Repeat("é", 4001)},
		strings.Repeat("é", 3998) + "\n" + "é": {strings.Repeat("é", 3998), "é"},
	} {
		if got := commandText(lines); got != want {
			t.Errorf("%q is shown as %q, not %q", lines, got, want)
		}
	}
}

func unpacked(t *testing.T, text string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// The data is the build, with names as they are shown.
func TestHTMLData(t *testing.T) {
	page := render(t, examplePage())
	var d pageData
	for _, m := range scriptElement.FindAllStringSubmatch(page, -1) {
		if m[2] == "data" {
			if err := json.Unmarshal([]byte(unpacked(t, m[3])), &d); err != nil {
				t.Fatal(err)
			}
		}
	}
	names := func(ids []int) (list []string) {
		for _, id := range ids {
			list = append(list, d.Strings[id])
		}
		return list
	}
	for what, c := range map[string][2]any{
		"files":     {names(d.Files.Path), []string{"/usr/include/stdio.h", "a.c", "a.o", "b.c", "b.o", `"x\x1b<b>y"`}},
		"classes":   {d.Files.Class, []int{2, 0, 1, 0, 1, 1}},
		"recipes":   {names(d.Recipes.Name), []string{"a.o", "b.o", `"x\x1b<b>y"`}},
		"of":        {d.Processes.Recipe, []int{-1, 0, 1}},
		"exits":     {d.Processes.Exit, []int{0, 0, 137}},
		"took":      {d.Recipes.Took, []int64{900_000, 2_498_000, 480_000}},
		"actions":   {d.Actions.Recipe, []int{0, 1, 2, -1}},
		"processes": {d.Actions.Process, []int{-1, -1, -1, 1}},
		"inputs":    {d.Actions.Inputs, []int{0, 1, 0, 3, 2, 2}}, // differences
		"ins":       {d.Actions.Ins, []int{2, 2, 2, 0}},
		"findings":  {len(d.Findings.Kind), len(findings().Findings)},
	} {
		if diff := cmp.Diff(c[1], c[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

// The libraries are those that their README lists, unchanged, each with its licence.
func TestHTMLLibraries(t *testing.T) {
	readme := asset("vendor/README.md")
	used := map[string]bool{}
	for _, l := range libraries {
		for _, f := range l.files {
			used[f] = true
			dir, _, _ := strings.Cut(f, "/")
			if !strings.Contains(asset("vendor/"+dir+"/LICENSE"), "Copyright") {
				t.Errorf("%s has no licence", dir)
			}
		}
	}
	err := fs.WalkDir(assets, "html/vendor", func(name string, d fs.DirEntry, err error) error {
		name = strings.TrimPrefix(name, "html/vendor/")
		if err != nil || d.IsDir() || strings.HasSuffix(name, "LICENSE") || name == "README.md" {
			return err
		}
		row := fmt.Sprintf("`%x`", sha256.Sum256([]byte(asset("vendor/"+name))))
		if !used[name] || !strings.Contains(readme, "`"+name+"`") || !strings.Contains(readme, row) {
			t.Errorf("%s: used %v; the README should have its name and %s", name, used[name], row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range pageFrame().Notices {
		if !strings.Contains(n.Text, "opyright") || n.Name == "" {
			t.Errorf("a notice without an author: %q", n.Name)
		}
	}
}

func TestSpan(t *testing.T) {
	for ns, want := range map[int64]string{
		0: "0 µs", 999_999: "999 µs", 1_500_000: "1.5 ms", 99_900_000: "99.9 ms", 250_000_000: "250 ms", 3_216_000_000: "3.22 s",
		83_000_000_000: "83.00 s", 125_000_000_000: "2 min 05 s", 7_384_000_000_000: "2 h 03 min",
	} {
		if got := span(ns); got != want {
			t.Errorf("%d ns: %q, not %q", ns, got, want)
		}
	}
}

// A file that is wrong in two ways is two groups: what is shown, what is behind the
// line that opens it and what only the table has are as many as the verdict says.
func TestHTMLGroupsAddUp(t *testing.T) {
	number := func(page, pattern string) int {
		t.Helper()
		m := regexp.MustCompile(pattern).FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("the page has no %s", pattern)
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for files, want := range map[int]struct{ groups, rest, more int }{6: {12, 4, 0}, 30: {60, 32, 20}} {
		p := examplePage()
		p.Findings = &audit.Findings{Complete: true, Targets: 2, Tools: 1}
		for i := range files {
			for _, k := range []audit.Kind{audit.Missing, audit.Race} {
				p.Findings.Findings = append(p.Findings.Findings, audit.Finding{Kind: k, Input: fmt.Sprintf("h%02d.h", i), Target: "a.o"})
			}
		}
		page := static(render(t, p))
		if got := number(page, `findings about (\d+) files`); got != files {
			t.Errorf("%d files: the verdict counts %d", files, got)
		}
		if got := number(page, `They are in (\d+) groups, one for each kind and file\.`); got != want.groups {
			t.Errorf("%d files: the verdict counts %d groups", files, got)
		}
		if got := number(page, `<summary>(\d+) more groups</summary>`); got != want.rest {
			t.Errorf("%d files: %d groups are behind a line that opens them", files, got)
		}
		if got := strings.Count(page, `<details class="finding `); got != want.groups-want.more {
			t.Errorf("%d files: %d groups are in the page", files, got)
		}
		if want.more == 0 {
			if strings.Contains(page, "table of findings") {
				t.Errorf("%d files: the page sends to the table for more", files)
			}
		} else if got := number(page, `And (\d+) more groups, in the`); got != want.more {
			t.Errorf("%d files: %d groups are in the table alone", files, got)
		}
	}
}
