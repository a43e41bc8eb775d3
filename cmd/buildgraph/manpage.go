package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manPage writes the page of one command in the man macros (man(7)), from what
// --help says: paragraphs, with tables and commands, which are set in, as they stand.
func manPage(cmd *cobra.Command, date, source string) []byte {
	p := &roff{}
	p.line(fmt.Sprintf(".TH %q 1 %q %q %q", strings.ToUpper(pageName(cmd)), date, source, "buildgraph"))
	p.section("NAME")
	p.text(pageName(cmd) + " - " + lower(cmd.Short))
	p.section("SYNOPSIS")
	p.synopsis(cmd)
	p.section("DESCRIPTION")
	exit := ""
	for i, paragraph := range strings.Split(cmd.Long, "\n\n") {
		if text, ok := strings.CutPrefix(paragraph, "Exit status: "); ok {
			exit = text
			continue
		}
		p.paragraph(paragraph, i == 0)
	}
	if cmd.HasAvailableSubCommands() {
		p.verbs(cmd)
	}
	p.flags("OPTIONS", cmd.NonInheritedFlags())
	if cmd.HasParent() {
		p.flags("GLOBAL OPTIONS", globalFlags(cmd))
	}
	if exit != "" {
		p.section("EXIT STATUS")
		p.text(exit)
	}
	if cmd.Example != "" {
		p.section("EXAMPLES")
		p.verbatim(cmd.Example)
	}
	p.section("SEE ALSO")
	p.seeAlso(cmd)
	return p.Bytes()
}

// lower makes a summary go on after a dash.
func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// roff is a page in the making.
type roff struct{ bytes.Buffer }

// line writes a line of macros, or of escaped text.
func (p *roff) line(s string) { fmt.Fprintln(p, s) }

func (p *roff) section(title string) { p.line(".SH " + title) }

// text writes lines that are filled.
func (p *roff) text(s string) {
	for _, l := range strings.Split(s, "\n") {
		p.line(escaped(strings.TrimSpace(l)))
	}
}

// roffEscapes are of what means something within a line. A hyphen-minus that may be
// typed must stay one.
var roffEscapes = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`)

// escaped is a line of text that is no macro, whatever it begins with.
func escaped(s string) string {
	e := roffEscapes.Replace(s)
	if strings.HasPrefix(e, ".") {
		e = `\&` + e
	}
	return e
}

// paragraph writes one; that one of its lines is set in says that lines are to stay.
func (p *roff) paragraph(s string, first bool) {
	before, block, found := strings.Cut("\n"+s, "\n  ")
	if before = strings.TrimPrefix(before, "\n"); before != "" {
		if !first {
			p.line(".PP")
		}
		p.text(before)
	}
	if found {
		if before != "" || !first {
			p.line(".PP")
		}
		p.verbatim("  " + block)
	}
}

// verbatim writes lines as they stand, less what all are set in.
func (p *roff) verbatim(s string) {
	lines := strings.Split(s, "\n")
	in := len(s)
	for _, l := range lines {
		if l != "" {
			in = min(in, len(l)-len(strings.TrimLeft(l, " ")))
		}
	}
	p.line(".RS 4")
	p.line(".nf")
	for _, l := range lines {
		p.line(escaped(l[min(in, len(l)):]))
	}
	p.line(".fi")
	p.line(".RE")
}

// synopsis writes how a command is called, its own name in bold.
func (p *roff) synopsis(cmd *cobra.Command) {
	name := cmd.CommandPath()
	p.line(`\fB` + escaped(name) + `\fR` + escaped(strings.TrimPrefix(cmd.UseLine(), name)))
}

// verbs lists them by their groups.
func (p *roff) verbs(cmd *cobra.Command) {
	p.section("VERBS")
	list := func(title, group string) {
		p.line(".SS " + escaped(title))
		for _, verb := range cmd.Commands() {
			if verb.GroupID == group && (verb.IsAvailableCommand() || verb.Name() == "help") {
				p.line(".TP")
				p.line(`\fB` + escaped(verb.Name()) + `\fR`)
				p.text(verb.Short)
			}
		}
	}
	for _, g := range cmd.Groups() {
		list(strings.TrimSuffix(g.Title, ":"), g.ID)
	}
	list("Other verbs", "")
}

// flags writes a section of them, none where there are none.
func (p *roff) flags(title string, flags *pflag.FlagSet) {
	begun := false
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		if !begun {
			p.section(title)
			begun = true
		}
		tag := `\fB` + escaped("--"+f.Name) + `\fR`
		if f.Shorthand != "" {
			tag = `\fB` + escaped("-"+f.Shorthand) + `\fR, ` + tag
		}
		if before, value, after := flagValue(f); value != "" {
			tag += before + `\fI` + escaped(value) + `\fR` + after
		}
		p.line(".TP")
		p.line(tag)
		p.text(flagText(f))
	})
}

// seeAlso names the pages that belong together: the main one has all, each the main one.
func (p *roff) seeAlso(cmd *cobra.Command) {
	if cmd.HasParent() {
		p.line(".BR " + escaped(pageName(cmd.Root())) + " (1)")
		return
	}
	var pages []*cobra.Command
	for _, verb := range cmd.Commands() {
		if verb.IsAvailableCommand() && verb.Name() != "help" {
			pages = append(pages, verb)
		}
	}
	for i, verb := range pages {
		comma := ","
		if i == len(pages)-1 {
			comma = ""
		}
		p.line(".BR " + escaped(pageName(verb)) + " (1)" + comma)
	}
}
