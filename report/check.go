package report

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"buildgraph/graph/audit"
)

// paragraph is all findings of one kind about one file.
type paragraph struct {
	kind     audit.Kind
	input    string
	findings []audit.Finding
}

// paragraphs groups findings by kind and file, the most consequential first: by
// kind, then by how many targets there are.
func paragraphs(fs []audit.Finding) []paragraph {
	at := map[string]int{}
	var ps []paragraph
	for _, f := range fs {
		key := string(f.Kind) + "\x00" + f.Input
		i, ok := at[key]
		if !ok {
			i = len(ps)
			at[key] = i
			ps = append(ps, paragraph{kind: f.Kind, input: f.Input})
		}
		ps[i].findings = append(ps[i].findings, f)
	}
	slices.SortStableFunc(ps, func(a, b paragraph) int {
		return cmp.Or(
			cmp.Compare(slices.Index(audit.Kinds, a.kind), slices.Index(audit.Kinds, b.kind)),
			cmp.Compare(len(b.findings), len(a.findings)),
			strings.Compare(a.input, b.input))
	})
	return ps
}

// targetsShown bounds the targets of a paragraph of text. JSON has all.
const targetsShown = 6

// paragraphsShown bounds the paragraphs of one kind. The first say most.
const paragraphsShown = 100

// CheckText writes the findings for a person, a paragraph for each file and kind:
// what is wrong, for which targets, who was seen to do it and a command that shows
// it. Of very many it shows the first and counts the others.
func CheckText(w io.Writer, a audit.Findings, o Options) error {
	p := newPage(w, o)
	ps := paragraphs(a.Findings)
	of := map[audit.Kind]int{}
	for _, g := range ps {
		of[g.kind]++
	}
	shown := map[audit.Kind]int{}
	for _, g := range ps {
		if shown[g.kind]++; shown[g.kind] == paragraphsShown+1 {
			p.printf("%s\n\n", p.in(bold, fmt.Sprintf("and %s more: %s; --format json has them all",
				count(of[g.kind]-paragraphsShown, "file"), g.kind)))
		}
		if shown[g.kind] > paragraphsShown {
			continue
		}
		p.printf("%s\n", p.in(bold, headline(g)))
		for i, f := range g.findings {
			if i == targetsShown {
				p.printf("    and %s more\n", count(len(g.findings)-i, "target"))
				break
			}
			p.printf("    %s\n", targetLine(p, f))
		}
		first := g.findings[0]
		if w := first.Witness; w != nil {
			p.printf("  %s %s\n", p.in(dim, "seen:"), p.clip(witnessLine(first), 8))
		}
		if first.Repro != "" {
			p.printf("  %s %s\n", p.in(dim, "try: "), Line(first.Repro))
		}
		p.printf("\n")
	}
	for _, w := range a.Withheld {
		p.printf("%s %s\n", p.in(yellow, "withheld:"), Line(withheldLine(w)))
	}
	switch {
	case a.Unended:
		p.printf("%s what it did later is not checked\n", p.in(yellow, "the build was not seen to end (exit status not known):"))
	case a.ExitCode != 0:
		p.printf("%s what it did not come to is not checked\n", p.in(yellow, fmt.Sprintf("the build failed (exit status %d):", a.ExitCode)))
	}
	p.outside(a.Outside, "not checked")
	p.printf("%s\n", summary(a))
	return p.close()
}

// headline says what is wrong with a file.
func headline(g paragraph) string {
	in, n := Name(g.input), len(g.findings)
	first := g.findings[0]
	switch g.kind {
	case audit.Missing:
		return fmt.Sprintf("%s: missing from the prerequisites of %s that %s it", in, count(n, "target"), verb(n, "read"))
	case audit.Race:
		return fmt.Sprintf("%s: read by %s that nothing orders after %s: a race under -j", in, count(n, "target"), makers(first))
	case audit.Writers:
		return fmt.Sprintf("%s: written by the recipes of %s and of %s", in, Name(first.Target), names(first.Others))
	case audit.Undeclared:
		return fmt.Sprintf("%s: written by the recipe of %s and read by %s, but no rule names it", in, Name(first.Target), names(first.Others))
	case audit.Redundant:
		return fmt.Sprintf("%s: a prerequisite of %s that %s not use it", in, count(n, "target"), map[bool]string{true: "does", false: "do"}[n == 1])
	case audit.Shadow:
		return fmt.Sprintf("%s: if it were there, %s would take it for %s", in, count(n, "target"), names(first.Others))
	}
	return fmt.Sprintf("%s: %s", in, Line(string(g.kind)))
}

// verb is a verb's form for one or several.
func verb(n int, plural string) string {
	if n == 1 {
		return plural + "s"
	}
	return plural
}

// makers names the recipes that make the file of a race.
func makers(f audit.Finding) string {
	if len(f.Others) == 1 && f.Others[0] == f.Input {
		return "the recipe that makes it"
	}
	return "the recipe of " + names(f.Others) + ", which writes it"
}

// names lists a few names.
func names(list []string) string {
	const most = 3
	shown := make([]string, 0, most)
	for i, n := range list {
		if i == most {
			shown = append(shown, fmt.Sprintf("%d more", len(list)-most))
			break
		}
		shown = append(shown, Name(n))
	}
	return strings.Join(shown, ", ")
}

// targetLine is one target of a paragraph: where its rule is, and how sure it is.
func targetLine(p *page, f audit.Finding) string {
	s := Name(f.Target)
	if at := place(f); at != "" {
		s += "  " + p.in(dim, at)
	}
	if f.Proof == audit.Untested && f.Reason != "" {
		s += "  " + p.in(yellow, "untested: "+Line(f.Reason))
	} else if f.Proof == audit.Proved && f.Kind == audit.Missing {
		s += "  proved"
	} else if f.Kind == audit.Race && strings.HasPrefix(f.Reason, "built alone") {
		s += "  " + Line(f.Reason)
	}
	return s
}

// place is the makefile:line of a finding's rule.
func place(f audit.Finding) string {
	switch {
	case f.Makefile == "":
		return ""
	case f.Line > 0:
		return fmt.Sprintf("%s:%d", Name(f.Makefile), f.Line)
	case f.Builtin:
		return Name(f.Makefile) + " (built-in rule)"
	}
	return Name(f.Makefile)
}

// witnessLine tells who did what a finding says.
func witnessLine(f audit.Finding) string {
	w := f.Witness
	s := shortCommand(w.Argv, commandColumns) + fmt.Sprintf(" (pid %d", w.PID)
	if len(w.Chain) > 1 {
		chain := make([]string, len(w.Chain))
		for i, c := range w.Chain {
			chain[i] = Line(c)
		}
		s += ", " + strings.Join(chain, " > ")
	}
	s += ", " + Line(w.Call)
	if w.Time > 0 {
		s += " at " + seconds(w.Time)
	}
	return s + ")"
}

func withheldLine(w audit.Withheld) string {
	s := "everything"
	if w.Target != "" {
		s = w.Target
	}
	if len(w.Kinds) > 0 && len(w.Kinds) < len(audit.Kinds) {
		kinds := make([]string, len(w.Kinds))
		for i, k := range w.Kinds {
			kinds[i] = string(k)
		}
		s += " (" + strings.Join(kinds, ", ") + ")"
	}
	return s + ": " + w.Why
}

// summary is the last line: how much was found and how much was looked at.
func summary(a audit.Findings) string {
	if a.Targets == 0 && len(a.Findings) == 0 && a.Unended {
		return "nothing found: which recipes ran is not known"
	}
	if a.Targets == 0 && len(a.Findings) == 0 {
		return "nothing found: no recipe ran that the build tools have rules for"
	}
	looked := fmt.Sprintf("%s of %s", count(a.Targets, "recipe"), count(a.Tools, "build tool"))
	if len(a.Findings) == 0 {
		return "nothing found in " + looked
	}
	files := map[string]bool{}
	for _, f := range a.Findings {
		files[f.Input] = true
	}
	s := fmt.Sprintf("%s about %s in %s", count(len(a.Findings), "finding"), count(len(files), "file"), looked)
	proved := 0
	for _, f := range a.Findings {
		if f.Proof == audit.Proved {
			proved++
		}
	}
	return s + fmt.Sprintf(", %d proved", proved)
}

type checkDoc struct {
	Complete   bool          `json:"complete"`
	Incomplete []string      `json:"incomplete,omitempty"`
	Findings   []findingDoc  `json:"findings"`
	Withheld   []withheldDoc `json:"withheld"`

	ExitCode int         `json:"exit_code"`
	Finished bool        `json:"finished"`
	Outside  *outsideDoc `json:"outside,omitempty"`
}

type findingDoc struct {
	Kind        string      `json:"kind"`
	Target      string      `json:"target"`
	TargetB64   string      `json:"target_b64,omitempty"`
	Input       string      `json:"input"`
	InputB64    string      `json:"input_b64,omitempty"`
	Makefile    *string     `json:"makefile"`
	MakefileB64 string      `json:"makefile_b64,omitempty"`
	Line        *int        `json:"line"`
	Builtin     bool        `json:"builtin"`
	Proof       string      `json:"proof"`
	Reason      string      `json:"reason,omitempty"`
	Others      []string    `json:"others,omitempty"`
	OthersB64   []string    `json:"others_b64,omitempty"`
	Witness     *witnessDoc `json:"witness"`
	Repro       string      `json:"repro"`
	ReproB64    string      `json:"repro_b64,omitempty"`
}

type witnessDoc struct {
	PID     int      `json:"pid"`
	Argv    []string `json:"argv"`
	ArgvB64 []string `json:"argv_b64,omitempty"`
	Cwd     string   `json:"cwd"`
	CwdB64  string   `json:"cwd_b64,omitempty"`
	Chain   []string `json:"chain"`
	Call    string   `json:"call"`
	Time    int64    `json:"time_ns"`
}

type withheldDoc struct {
	Target string   `json:"target,omitempty"`
	Kinds  []string `json:"kinds,omitempty"`
	Why    string   `json:"why"`
}

// CheckJSON writes the same as a document; docs/json.md describes it.
func CheckJSON(w io.Writer, a audit.Findings, o Options) error {
	doc := checkDoc{Complete: a.Complete, Incomplete: incomplete(a.Complete, o), Findings: []findingDoc{}, Withheld: []withheldDoc{}}
	doc.Outside, doc.ExitCode, doc.Finished = outsideJSON(a.Outside), a.ExitCode, !a.Unended
	for _, f := range a.Findings {
		doc.Findings = append(doc.Findings, findingJSON(f))
	}
	for _, h := range a.Withheld {
		row := withheldDoc{}
		row.Target, _ = replaced(h.Target)
		row.Why, _ = replaced(h.Why)
		for _, k := range h.Kinds {
			row.Kinds = append(row.Kinds, string(k))
		}
		doc.Withheld = append(doc.Withheld, row)
	}
	return writeJSON(w, doc)
}

func findingJSON(f audit.Finding) findingDoc {
	row := findingDoc{Kind: string(f.Kind), Proof: string(f.Proof), Builtin: f.Builtin}
	row.Target, row.TargetB64 = replaced(f.Target)
	row.Input, row.InputB64 = replaced(f.Input)
	row.Makefile, row.MakefileB64 = optional(f.Makefile)
	if f.Line > 0 {
		row.Line = &f.Line
	}
	row.Reason, _ = replaced(f.Reason)
	if len(f.Others) > 0 {
		row.Others, row.OthersB64 = replacedAll(f.Others)
	}
	row.Repro, row.ReproB64 = replaced(f.Repro)
	if w := f.Witness; w != nil {
		d := &witnessDoc{PID: w.PID, Call: w.Call, Time: w.Time}
		d.Argv, d.ArgvB64 = replacedAll(w.Argv)
		d.Cwd, d.CwdB64 = replaced(w.Cwd)
		d.Chain, _ = replacedAll(w.Chain)
		row.Witness = d
	}
	return row
}

// message says in one sentence what a finding is, for tools that show it beside
// the makefile's line.
func message(f audit.Finding) string {
	t, in := Name(f.Target), Name(f.Input)
	switch f.Kind {
	case audit.Missing:
		return fmt.Sprintf("%s reads %s, which is not among its prerequisites: a change of it does not remake the target", t, in)
	case audit.Race:
		return fmt.Sprintf("%s reads %s, and nothing orders it after %s: the build may fail under -j", t, in, makers(f))
	case audit.Writers:
		return fmt.Sprintf("%s is written by the recipe of %s and by that of %s", in, t, names(f.Others))
	case audit.Undeclared:
		return fmt.Sprintf("the recipe of %s writes %s, which %s reads and no rule names", t, in, names(f.Others))
	case audit.Redundant:
		return fmt.Sprintf("%s is a prerequisite of %s, whose recipe does nothing with it", in, t)
	case audit.Shadow:
		return fmt.Sprintf("a file at %s would be taken instead of %s for %s", in, names(f.Others), t)
	}
	return fmt.Sprintf("%s: %s and %s", Line(string(f.Kind)), t, in)
}

// CheckGitHub writes workflow commands that annotate the makefiles' lines in a
// review (GitHub Actions, "Workflow commands"), one for each file, kind and line.
func CheckGitHub(w io.Writer, a audit.Findings, o Options) error {
	p := newPage(w, o)
	for _, g := range paragraphs(a.Findings) {
		more := map[string]int{}
		var order []audit.Finding
		for _, f := range g.findings {
			key := fmt.Sprintf("%s:%d", f.Makefile, f.Line)
			if more[key]++; more[key] == 1 {
				order = append(order, f)
			}
		}
		for _, f := range order {
			level := "warning"
			if f.Kind == audit.Redundant || f.Kind == audit.Shadow {
				level = "notice"
			}
			text := message(f)
			if n := more[fmt.Sprintf("%s:%d", f.Makefile, f.Line)] - 1; n > 0 {
				text += fmt.Sprintf(" (and %s more)", count(n, "target"))
			}
			p.printf("::%s %stitle=%s::%s\n", level, githubPlace(f), githubProperty("buildgraph: "+string(f.Kind)), githubText(text))
		}
	}
	return p.close()
}

func githubPlace(f audit.Finding) string {
	if f.Makefile == "" || path.IsAbs(f.Makefile) {
		return ""
	}
	s := "file=" + githubProperty(f.Makefile) + ","
	if f.Line > 0 {
		s += fmt.Sprintf("line=%d,", f.Line)
	}
	return s
}

// githubText and githubProperty escape as actions/toolkit's command.ts does.
func githubText(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func githubProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}
