package truth

import (
	"path/filepath"
	"strings"
)

// Rule is about pairs of a target and a file that its recipe read, for which make
// -W cannot say what the makefile forgot. It has one of Drop and Touch.
type Rule struct {
	Name string
	Why  string

	// Drop leaves a pair out.
	Drop func(r *recipe, file string) bool

	// Touch has make asked again, without -W and with the file's time set to now.
	// It is given what make -n -W --debug=b printed, and its name for the file.
	Touch func(said, file string) bool
}

// Rules is every exclusion there is.
var Rules = []Rule{
	{
		Name: "own-output",
		Why:  "a recipe that reads what it writes itself, or what it has its own makefile write by a make that it runs, is no reason to run it again: intermediates, an archive brought up to date, the target",
		Drop: func(r *recipe, file string) bool { return r.wrote[file] || r.ran[file] },
	},
	{
		Name: "target-itself",
		Why:  "a recipe that looks at its target and leaves it as it is: a target that is new is not old (and of a double-colon target make 4.3 forgets the rules when -W names it)",
		Drop: func(r *recipe, file string) bool { return file == filepath.Join(r.dir, r.target) },
	},
	{
		Name:  "remade-by-force",
		Why:   "what a recipe of $(MAKE) makes, which make -n runs: afterwards make looks at the file's time, and what -W said is forgotten",
		Touch: remakes,
	},
}

// recipe is what the recipe of one target of one make did, all its runs together.
type recipe struct {
	call
	target string // as make names it
	read   map[string]bool
	wrote  map[string]bool
	ran    map[string]bool // what recipes of its own makefile wrote in makes that it ran
}

// call is how a make was called, as far as it decides what its rules are.
type call struct {
	dir       string   // absolute
	makefile  string   // the first one that it read
	flags     string   // those without arguments, in one word
	overrides string   // variables of its command line, as MAKEFLAGS has them
	env       []string // its environment
}

// dropped names the rule that leaves a pair out, "" where none does.
func dropped(r *recipe, file string) string {
	for _, rule := range Rules {
		if rule.Drop != nil && rule.Drop(r, file) {
			return rule.Name
		}
	}
	return ""
}

// touched names the rule for asking about a file by touching it, "" where none
// says so.
func touched(said, file string) string {
	for _, rule := range Rules {
		if rule.Touch != nil && rule.Touch(said, file) {
			return rule.Name
		}
	}
	return ""
}

// remakes reports whether make -n --debug=b said that it must remake a target (GNU
// make 4.3 quotes 'so', older ones `so').
func remakes(said, target string) bool {
	for line := range strings.Lines(said) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "Must remake target ")
		if ok && strings.Trim(rest, "`'.") == strings.Trim(target, "`'.") {
			return true
		}
	}
	return false
}
