// Package declared says what the build tools of a trace declare: for each make
// and ninja process the rules that it goes by, as the tool itself tells them on
// the tree that the build left. Take asks the tools right after a capture, in a
// sandbox (package dryrun), and keeps the answer in the trace; Load gives it back,
// so that questions need neither the tool nor the tree.
//
// declared.go holds the rules and their lookups, take.go asks, make.go and
// ninja.go read the answers, rows.go turns them into rows of the trace.
package declared

import (
	"path/filepath"
	"strings"

	"buildgraph/store"
)

// The kinds of build tool whose rules are read.
const (
	KindMake  = "make"
	KindNinja = "ninja"
)

// Gone begins the Failure of a tool whose directory or makefile the build itself
// removed, as configure scripts do when they try what make can.
const Gone = "gone since: "

// Graph is what the build tools of one trace declare, one Tool a process.
// Processes that were the same run over again (same directory, arguments and
// environment) share what Rules and Makefiles point to.
type Graph struct {
	Tools []*Tool // by Process
}

// Tool is one process of a build tool and the rules it goes by.
type Tool struct {
	Process   store.ProcessID
	Kind      string   // KindMake or KindNinja
	Dir       string   // absolute, canonical: where it works, -C followed
	Argv      []string // as it was called
	Failure   string   // why nothing is known of it; "" when the rules are there
	Makefiles []string // absolute, canonical: what it read as makefile (build.ninja and its includes), in order
	Serial    bool     // .NOTPARALLEL: recipes run one at a time, in order
	Default   string   // what it makes when no goal is named; "" where there is none
	Rules     []Rule

	*index
}

// Rule is one target of one rule. A double-colon target has several, a target
// that is only named as a prerequisite has none.
type Rule struct {
	Target  string // as the tool names it
	Path    string // absolute, canonical; of an archive member "ARCHIVE(MEMBER)"; "" for a phony target
	Prereqs []Prereq
	Also    []string // other targets made by the same run of the recipe (grouped), as the tool names them

	HasRecipe    bool // the rule has a recipe; a target without is made by no rule of its own
	EmptyRecipe  bool // that recipe runs nothing
	Phony        bool // no file is meant
	DoubleColon  bool // one of several independent rules for the target
	Implicit     bool // the recipe was found by an implicit (pattern, suffix) rule
	Intermediate bool // make removes it, and does not mind if it is missing
	Secondary    bool // make does not mind if it is missing (.SECONDARY)
	Precious     bool // .PRECIOUS
	Builtin      bool // the recipe is one of those built into make

	Stem     string // what % stood for in the implicit or static pattern rule
	Makefile string // absolute, where the recipe stands; "" when not known or built in
	Line     int    // of the recipe's first line in Makefile, from 1; 0 when not known
}

// Prereq is one prerequisite of a rule.
type Prereq struct {
	Name      string // as the tool names it
	Path      string // absolute, canonical; of an archive member "ARCHIVE(MEMBER)"; "" for a phony target
	OrderOnly bool   // must be made before, says nothing of staleness
	Wait      bool   // a .WAIT stands before it: those before are made first
}

// index finds rules; it is made once for tools that share their rules.
type index struct {
	byName map[string][]int32
	byPath map[string][]int32
}

// Index prepares the lookups; Take and Load have done it. It must be called again
// after a change of Rules.
func (t *Tool) Index() {
	x := &index{byName: make(map[string][]int32, len(t.Rules)), byPath: make(map[string][]int32, len(t.Rules))}
	for i := range t.Rules {
		r := &t.Rules[i]
		x.byName[r.Target] = append(x.byName[r.Target], int32(i))
		if r.Path != "" {
			x.byPath[r.Path] = append(x.byPath[r.Path], int32(i))
		}
	}
	t.index = x
}

// ByName gives the indexes in Rules of the rules for a target, by the name that
// the tool has for it. Names that differ in "./" only are the same to make.
func (t *Tool) ByName(name string) []int32 {
	if t.index == nil {
		return nil
	}
	return t.byName[name]
}

// ByPath gives the indexes in Rules of the rules that make the file at an
// absolute, canonical path.
func (t *Tool) ByPath(path string) []int32 {
	if t.index == nil {
		return nil
	}
	return t.byPath[path]
}

// Abs gives the absolute path of a name that the tool uses, cleaned; links are not
// followed.
func (t *Tool) Abs(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(t.Dir, name)
}

// Tool gives the tool that a process was, or nil.
func (g *Graph) Tool(p store.ProcessID) *Tool {
	for _, t := range g.Tools {
		if t.Process == p {
			return t
		}
	}
	return nil
}

// Goals lists the targets that the tool was asked for, as it was called with them,
// else what it makes by default; none where neither is known.
func (t *Tool) Goals() []string {
	var goals []string
	if len(t.Argv) > 0 && t.Kind == KindMake {
		for _, w := range parseMakeArgs(t.Argv[1:]).words {
			if !strings.Contains(w, "=") { // a definition of a variable
				goals = append(goals, w)
			}
		}
	} else if len(t.Argv) > 0 && t.Kind == KindNinja {
		goals = parseNinjaArgs(t.Argv[1:]).words
	}
	if len(goals) == 0 && t.Default != "" {
		goals = []string{t.Default}
	}
	return goals
}

// Known reports whether the rules of at least one tool are known.
func (g *Graph) Known() bool {
	for _, t := range g.Tools {
		if t.Failure == "" {
			return true
		}
	}
	return false
}
