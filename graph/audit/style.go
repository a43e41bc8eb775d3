package audit

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"buildgraph/graph"
	"buildgraph/graph/declared"
)

// lines are those of a makefile, nil where it cannot be read.
func (x *fixer) lines(makefile string) []string {
	if known, ok := x.text[makefile]; ok {
		return known
	}
	var list []string
	if data, err := os.ReadFile(makefile); err == nil {
		list = strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	}
	x.text[makefile] = list
	return list
}

// compilers are the programs that read headers for GCC and clang, and those two
// where they do it themselves.
var compilers = regexp.MustCompile(`^(cc1|cc1plus|cc1obj|clang(-[0-9]+)?|clang\+\+)$`)

// byCompiler reports whether it was a compiler that knows -MMD that read a file,
// to make an object of that name.
func (x *fixer) byCompiler(f Finding) bool {
	w := f.Witness
	if w == nil || len(w.Chain) == 0 || !compilers.MatchString(w.Chain[len(w.Chain)-1]) || !strings.HasSuffix(f.name, ".o") {
		return false
	}
	compiled, err := x.g.Named("-c", []uint32{f.unit.work.ID})
	return err == nil && compiled
}

// systemIncludes is where GCC and clang look for the headers of the system.
const systemIncludes = "/usr/include"

// ofSystem reports whether a project's header has the name of one of the system's,
// include/linux/limits.h for <linux/limits.h>. A header that is included by one of
// the system's is left out by -MMD, wherever it is.
func ofSystem(file string) bool {
	dirs, err := filepath.Glob(systemIncludes + "/*-linux-gnu*") // Debian's multiarch
	if err != nil {
		return false
	}
	name := path.Base(file)
	for dir := path.Dir(file); dir != "/" && dir != "."; dir = path.Dir(dir) {
		for _, d := range append(dirs, systemIncludes) {
			if s, err := os.Stat(path.Join(d, name)); err == nil && s.Mode().IsRegular() {
				return true
			}
		}
		name = path.Join(path.Base(dir), name)
	}
	return false
}

// flagVariables are those through which a makefile tells its compilers flags.
var flagVariables = []string{"CPPFLAGS", "CFLAGS", "CXXFLAGS"}

// flagsOf finds the variable by which -MMD gets to the compiler that makes a
// target: the built-in rules have CPPFLAGS, others what their recipe names. It is
// "" where the compiler is told already, and nobody reads what it writes.
func (x *fixer) flagsOf(f Finding, makefile string, line int, builtin bool) (variable string, ok bool) {
	for _, flag := range []string{"-MMD", "-MD"} {
		if told, err := x.g.Named(flag, []uint32{f.unit.work.ID}); err == nil && told {
			return "", f.unit.writesDepfile()
		}
	}
	variable = "CPPFLAGS"
	if !builtin {
		recipe := x.recipe(makefile, line)
		i := slices.IndexFunc(flagVariables, func(v string) bool {
			return strings.Contains(recipe, "$("+v+")") || strings.Contains(recipe, "${"+v+"}")
		})
		if i < 0 {
			return "", false
		}
		variable = flagVariables[i]
	}
	return variable, !x.overridden(f.tool, variable)
}

// listsHeaders reports whether a makefile's own style is to name the headers of its
// objects: most of those that are compiled have some.
func (v *rules) listsHeaders() bool {
	objects, with := 0, 0
	for i := range v.t.Rules {
		r := &v.t.Rules[i]
		if ext := path.Ext(r.Target); !r.HasRecipe || ext != ".o" && ext != ".lo" {
			continue
		}
		objects++
		if slices.ContainsFunc(r.Prereqs, func(p declared.Prereq) bool { return header.MatchString(p.Name) }) {
			with++
		}
	}
	return 2*with > objects
}

// header is the name of a C or C++ header.
var header = regexp.MustCompile(`\.(h|hh|hpp|hxx|inc)$`)

// depfile is the name of a file that a compiler wrote for make.
var depfile = regexp.MustCompile(`\.(d|dep|Po|Plo)$`)

// usesDepfiles reports whether a tool reads depfiles.
func (v *rules) usesDepfiles() bool {
	return slices.ContainsFunc(v.t.Makefiles, depfile.MatchString)
}

// recipe is the text of the recipe that begins at a line, from 1.
func (x *fixer) recipe(makefile string, line int) string {
	text := x.lines(makefile)
	var b strings.Builder
	for i := line - 1; i >= 0 && i < len(text); i++ {
		goesOn := i > line-1 && strings.HasSuffix(text[i-1], `\`)
		between := strings.TrimSpace(text[i]) == "" || strings.HasPrefix(text[i], "#")
		if i > line-1 && !strings.HasPrefix(text[i], "\t") && !goesOn && !between {
			break
		}
		b.WriteString(text[i] + "\n")
	}
	return b.String()
}

// overridden reports whether a variable was set on the command line of make, or of
// one above it: what a makefile then adds to it is ignored.
func (x *fixer) overridden(t *declared.Tool, variable string) bool {
	call, err := declared.InvocationOf(x.r, t.Process)
	if err != nil {
		return true
	}
	sets := regexp.MustCompile(`(^|[\s"'])` + variable + `[:+?!]*=`)
	for _, w := range call.Words {
		if sets.MatchString(w) {
			return true
		}
	}
	for _, v := range call.Env {
		if rest, ok := strings.CutPrefix(v, "MAKEFLAGS="); ok && sets.MatchString(rest) {
			return true
		}
	}
	return false
}

// all are the automatic variables that stand for every normal prerequisite.
var all = regexp.MustCompile(`\$([\^+?]|[({][\^+?][DF]?[)}])`)

// takesAll says why a further normal prerequisite would change what a recipe does,
// "" where it would not.
func (x *fixer) takesAll(f Finding, makefile string, line int, builtin bool) (why string) {
	if builtin {
		if strings.HasSuffix(f.name, ".o") || strings.HasSuffix(f.name, ")") {
			return ""
		}
		return "the built-in rule hands all prerequisites to its command: write a recipe that names those it wants"
	}
	if m := all.FindString(x.recipe(makefile, line)); m != "" {
		return fmt.Sprintf("its recipe uses %s, all prerequisites: add the file to them and $(filter-out) it there", m)
	}
	return ""
}

// generated are the words by which generators mark what they write.
var generatedBy = regexp.MustCompile(`(?i)(generated (automatically )?by|generated from|do not edit)`)

// generator says what wrote a makefile, "" where it seems that people did: a
// program of this build, a template beside it, or its own first lines.
func (x *fixer) generator(makefile string) (string, error) {
	by, err := x.g.Writer(makefile)
	if err != nil {
		return "", err
	}
	if len(by) > 0 {
		return strings.Join(by, " "), nil
	}
	for _, template := range []string{makefile + ".am", makefile + ".in"} {
		if _, err := os.Stat(template); err == nil {
			return "from " + x.g.Rel(template), nil
		}
	}
	for _, line := range x.lines(makefile)[:min(10, len(x.lines(makefile)))] {
		if strings.HasPrefix(line, "#") && generatedBy.MatchString(line) {
			return strings.TrimSpace(strings.TrimLeft(line, "# ")), nil
		}
	}
	if path.Base(makefile) == "build.make" {
		return "CMake", nil
	}
	return "", nil
}

// writesDepfile reports whether a recipe writes a depfile beside its object.
func (u *unit) writesDepfile() bool {
	return slices.ContainsFunc(u.work.Outputs, func(m graph.Made) bool {
		object, ok := strings.CutSuffix(m.Path, ".d")
		return ok && u.own[object+".o"]
	})
}
