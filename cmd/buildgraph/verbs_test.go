package main

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ourVerbs are all verbs but cobra's help.
func ourVerbs() (root *cobra.Command, list []*cobra.Command) {
	root = newRootCommand(&app{})
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, verb := range c.Commands() {
			if verb.Name() != "help" {
				list = append(list, verb)
				walk(verb)
			}
		}
	}
	walk(root)
	return root, list
}

// Every verb explains itself (what it does, how it ends, an example), has its place
// among the others, and completes what it takes.
func TestVerbs(t *testing.T) {
	root, verbs := ourVerbs()
	if len(verbs) < 10 {
		t.Fatalf("only %d verbs", len(verbs))
	}
	for _, verb := range verbs {
		name := verb.Name()
		if verb.Short == "" || strings.HasSuffix(verb.Short, ".") || !strings.Contains(verb.Long, "Exit status") || verb.Example == "" {
			t.Errorf("%s: help lacks a summary, the exit status or an example", name)
		}
		if !strings.Contains(verb.Example, "buildgraph "+name) {
			t.Errorf("%s: no example runs it", name)
		}
		if !verb.Hidden && name != "completion" && !root.ContainsGroup(verb.GroupID) {
			t.Errorf("%s: in no group of the help text (%q)", name, verb.GroupID)
		}
		if verb.ValidArgsFunction == nil && len(verb.ValidArgs) == 0 {
			t.Errorf("%s: completes no argument: cobra.NoFileCompletions says that there is none to complete", name)
		}
		if verb.Args == nil {
			t.Errorf("%s: takes any number of arguments", name)
		}
		verb.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) { checkFlag(t, verb, f) })
	}
	root.PersistentFlags().VisitAll(func(f *pflag.Flag) { checkFlag(t, root, f) })
}

// helpOf is what --help says of a verb, of "" the program's.
func helpOf(t *testing.T, verb string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if status := run(append(strings.Fields(verb), "--help"), nil, &stdout, &stderr); status != 0 || stderr.Len() > 0 {
		t.Fatalf("%s --help: status %d, %s", verb, status, stderr.String())
	}
	return stdout.String()
}

// No line of any --help is longer than a terminal is wide, and none of a flag's words
// is lost for that.
func TestHelpFits(t *testing.T) {
	_, verbs := ourVerbs()
	for _, verb := range append([]*cobra.Command{{Use: ""}, {Use: "help"}}, verbs...) {
		help := helpOf(t, strings.TrimPrefix(verb.CommandPath(), "buildgraph "))
		for _, line := range strings.Split(help, "\n") {
			if len([]rune(line)) > 80 {
				t.Errorf("%s: a line of help is %d columns wide: %s", verb.Name(), len([]rune(line)), line)
			}
		}
		words := strings.Join(strings.Fields(help), " ")
		verb.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if text := flagText(f); f.Name != "help" && !strings.Contains(words, "--"+f.Name) || !strings.Contains(words, text) {
				t.Errorf("%s: --help lacks --%s, %q", verb.Name(), f.Name, text)
			}
		})
	}
}

// A global flag is listed where it means something, and nowhere else; where it was
// ignored it still is.
func TestGlobalFlagsListed(t *testing.T) {
	_, verbs := ourVerbs()
	unused := map[string]string{
		"capture": "input", "attach": "input", "diff": "input", "doctor": "input color", "dot": "json color",
		"export": "color", "report": "json color", "completion": "input json color", "man": "input json color",
	}
	for _, verb := range verbs {
		help := helpOf(t, verb.Name())
		page := string(manPage(verb, "", ""))
		for _, flag := range []string{"input", "json", "color"} {
			want := !slices.Contains(strings.Fields(unused[verb.Name()]), flag)
			at := regexp.MustCompile(`(?m)^ +(-\w, )?--` + flag + `\b`)
			if got := at.MatchString(help); got != want {
				t.Errorf("%s: --help lists --%s: %v", verb.Name(), flag, got)
			}
			if got := strings.Contains(page, `\fB\-\-`+flag+`\fR`); got != want {
				t.Errorf("%s: the manual page lists --%s: %v", verb.Name(), flag, got)
			}
		}
	}
	var stdout, stderr bytes.Buffer
	if status := run([]string{"completion", "bash", "--json", "--color=never", "-i", "x"}, nil, &stdout, &stderr); status != 0 || stdout.Len() == 0 {
		t.Errorf("status %d, %s", status, stderr.String())
	}
}

// valueName is a word that stands for a value: the shells' users see it.
var valueName = regexp.MustCompile(`^[A-Z|a-z]+(\[.*\])?$`)

// checkFlag looks at the help text of one flag, and that its value is completed.
func checkFlag(t *testing.T, verb *cobra.Command, f *pflag.Flag) {
	t.Helper()
	value, usage := pflag.UnquoteUsage(f)
	if usage == "" || strings.HasSuffix(usage, ".") {
		t.Errorf("%s --%s: usage is %q", verb.Name(), f.Name, usage)
	}
	if f.Value.Type() == "bool" || f.Name == "help" {
		return
	}
	if slices.Contains([]string{"", "int", "uint", "string", "strings", "duration", "stringArray", "float", "value"}, value) || !valueName.MatchString(value) {
		t.Errorf("%s --%s: its value is called %q: give it a name in back quotes", verb.Name(), f.Name, value)
	}
	_, function := verb.GetFlagCompletionFunc(f.Name)
	_, extension := f.Annotations[cobra.BashCompFilenameExt]
	_, directory := f.Annotations[cobra.BashCompSubdirsInDir]
	if !function && !extension && !directory && value != "FILE" {
		t.Errorf("%s --%s %s: its value is not completed", verb.Name(), f.Name, value)
	}
}

// flagIn is a flag as text mentions it.
var flagIn = regexp.MustCompile(`(^|[\s(\[])(--[a-z][a-z-]+)`)

// Flags of other programs that help texts speak of.
var foreignFlags = []string{"--eval", "--build"}

// A flag that a help text mentions is one of that verb's, or of the verb whose name
// stands before it.
func TestMentionedFlags(t *testing.T) {
	root, verbs := ourVerbs()
	known := func(c *cobra.Command, name string) bool {
		return c.Flags().Lookup(name) != nil || root.PersistentFlags().Lookup(name) != nil || name == "help" || name == "version"
	}
	for _, verb := range verbs {
		texts := []string{verb.Long}
		verb.Flags().VisitAll(func(f *pflag.Flag) { texts = append(texts, f.Usage) })
		for _, text := range texts {
			for _, at := range flagIn.FindAllStringSubmatchIndex(text, -1) {
				flag := text[at[4]:at[5]]
				before := strings.Fields(text[:at[4]])
				of := verb
				if n := len(before); n > 0 {
					if other, _, err := root.Find([]string{strings.Trim(before[n-1], `"(`)}); err == nil && other != root {
						of = other
					}
				}
				if !known(of, flag[2:]) && !slices.Contains(foreignFlags, flag) {
					t.Errorf("%s: its help speaks of %s, which %s does not have", verb.Name(), flag, of.Name())
				}
			}
		}
		for _, line := range strings.Split(verb.Example, "\n") {
			for _, command := range strings.FieldsFunc(line, func(r rune) bool { return r == '|' || r == ';' || r == '&' }) {
				words := strings.Fields(command)
				at := slices.Index(words, "buildgraph")
				if at < 0 {
					continue
				}
				of, _, err := root.Find(words[at+1:])
				if err != nil {
					t.Errorf("%s: example %q: %v", verb.Name(), command, err)
					continue
				}
				for _, w := range words[at+1:] {
					if w == "--" {
						break
					}
					flag, _, _ := strings.Cut(w, "=")
					if strings.HasPrefix(flag, "--") && !known(of, flag[2:]) {
						t.Errorf("%s: example %q uses %s, which %s does not have", verb.Name(), command, flag, of.Name())
					}
				}
			}
		}
	}
}

// The groups of the help text hold every verb once.
func TestGroups(t *testing.T) {
	root, verbs := ourVerbs()
	titles := map[string]int{}
	for _, g := range root.Groups() {
		titles[g.Title]++
	}
	text := root.UsageString()
	for title, n := range titles {
		if n != 1 || strings.Count(text, title) != 1 {
			t.Errorf("group %q is there %d times", title, n)
		}
	}
	for _, verb := range verbs {
		want := 1
		if verb.Hidden {
			want = 0
		}
		if n := strings.Count(text, "\n  "+verb.Name()+" "); n != want {
			t.Errorf("%s is listed %d times, want %d", verb.Name(), n, want)
		}
	}
}
