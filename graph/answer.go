package graph

import (
	"fmt"
	"strconv"
)

// Class says what part a file plays for the project that was built.
type Class string

// The classes of DESIGN's flow rule.
const (
	Project   Class = "project"   // below the capture root and not written by this build
	Generated Class = "generated" // written by this build
	System    Class = "system"    // everything else: compilers' files, libraries, /usr/include
	Tool      Class = "tool"      // executed
)

// Input is one file that a target was made from.
type Input struct {
	Path     string // relative to the capture root when below it, else absolute
	Class    Class
	Access   []string // "read", "execute", "map", "list", ... in a fixed order
	Declared *bool    // whether the build system declares it; nil: not known
}

// Deps answers "what was this target really made from?".
type Deps struct {
	Target   string // as shown: relative to the capture root when below it
	Complete bool
	How      string  // HowRecipe, HowFlow or HowSource
	Hint     string  // why the build may not have written it (see Effort), "" for nothing to say
	Recipe   *Recipe // the recipe, when there was one
	Written  bool    // the build wrote the target, or gave it its name
	Exists   bool    // there was such a file at the end
	Inputs   []Input // sorted by path
	Outside  Outside // inputs that are not shown, though they look like the project's
}

// Recipe is a recipe as shown to a person.
type Recipe struct {
	Target string // joined with the tool's directory, relative to the root
	Tool   string // "make", "ninja", ...
	Dir    string
	Named  string   // how the target is known: "tag" or "output"
	Lines  []string // the command lines the tool ran, shell-quoted, in order
	Failed *Failure // how the last of them ended, nil where it did not fail
}

// Failure is the end of a command that the build tool did not take for success.
type Failure struct {
	ExitCode int // when Signal is 0
	Signal   int // that killed the command, or 0
}

// Output is one persistent file that the build wrote.
type Output struct {
	Path   string
	Target string   // "" where no target is known
	By     []string // argv of the program that wrote it last
}

// Outputs answers "what did this build make?".
type Outputs struct {
	Complete bool
	Outputs  []Output // sorted by path
}

// Step is one link of a chain: a program that read From and wrote To.
type Step struct {
	From, To  string // files; a pipe is "pipe", a temporary keeps its name
	Temporary bool   // To is a pipe or a file made and gone within the build
	PID       int
	Argv      []string
	Cwd       string
	Chain     []string // executables from the build tool's child down to this program, each a short name
	Read      int64    // ns since the capture began, when From was first read
	Write     int64    // when To was last written
	// How it came in: "read", "execute", "pipe", "rename", "copy", "inherited" (an
	// ancestor read it), "recipe" (To's recipe read From, and nothing flowed).
	Via string
	// Whether content was seen to flow from From into To. Where it was not, From is
	// an input of To's recipe all the same.
	Flow bool
}

// Why answers "how did file get into target?".
type Why struct {
	Target, File string
	Complete     bool
	Steps        []Step // from File to Target; empty: there is no chain
	Flow         bool   // content flowed all the way: there are steps, and it did in each
	Declaration  *Declaration
}

// Declaration is what the build tools say about a target and a file; nil where
// nothing is known of the target. Package audit fills it in.
type Declaration struct {
	Declared  bool   // the file is a prerequisite, directly or through others
	OrderOnly bool   // it is one for the order only: a change of it remakes nothing
	Chain     []Link // from the target, which is not in it, to the file; empty where not Declared and not OrderOnly
	Rule      Link   // of the target
	Mend      string // where not Declared: the line that would declare it, "" where none can
}

// Link is a name among declared prerequisites.
type Link struct {
	Name     string // relative to the capture root when below it, or that of a phony target
	Makefile string // where the rule stands that names it, "" where not known
	Line     int    // of that rule's recipe, from 1; 0 where not known
	Builtin  bool   // the rule is one of those built into make
}

// Dependent is one file that would change if another did.
type Dependent struct {
	Path   string
	Target string // the recipe's target, "" where unknown
	Direct bool   // made straight from the file, not through another output
}

// RDeps answers "what would change if this file did?".
type RDeps struct {
	File       string
	Complete   bool
	Dependents []Dependent // sorted by path
}

// UnknownError is a name that the trace does not know. Near holds names like it,
// best first.
type UnknownError struct {
	What string // "target" or "file"
	Name string
	Near []string
	Hint string // why the trace may hold less than was expected, "" for nothing to say
}

func (e *UnknownError) Error() string {
	s := fmt.Sprintf("no %s %q in this trace", e.What, e.Name)
	for i, n := range e.Near {
		switch i {
		case 0:
			s += fmt.Sprintf("; did you mean %q", n)
		default:
			s += fmt.Sprintf(", %q", n)
		}
	}
	if len(e.Near) > 0 {
		s += "?"
	}
	if e.What == "file" && len(e.Near) == 0 {
		s += ": nothing was seen to use it"
	}
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

// DirectoryError is a target that is a directory, which no recipe made: what is in
// it can be asked about. In holds targets below it, the first few.
type DirectoryError struct {
	Name string
	In   []string
}

func (e *DirectoryError) Error() string {
	s := fmt.Sprintf("%q is a directory: name a file in it", e.Name)
	for i, n := range e.In {
		sep := ", "
		if i == 0 {
			sep = ", as "
		}
		s += sep + strconv.Quote(n)
	}
	return s
}

// PictureNode is one box of a drawing.
type PictureNode struct {
	ID    string // stable: the same trace gives the same
	Label string
	Kind  string // "project", "generated", "system", "tool", "recipe", "process"
	Title string // longer text: command line of a recipe
}

// PictureEdge is one arrow, by node IDs.
type PictureEdge struct {
	From, To string
	Kind     string // "read", "write", "execute", "fork"
}

// Picture is a graph made small enough for a person to look at.
type Picture struct {
	Title    string
	Complete bool
	Nodes    []PictureNode // sorted by ID
	Edges    []PictureEdge // sorted by From, To, Kind
	Omitted  int           // files left out by the limit or by folding
	Note     string        // one sentence on what was left out, "" when nothing was
}
