package truth

import "path/filepath"

// Rule leaves out pairs of a target and a file that its recipe read, about which
// make -W cannot say what the makefile forgot.
type Rule struct {
	Name string
	Why  string
	Drop func(r *recipe, file string) bool
}

// Rules is every exclusion there is.
var Rules = []Rule{
	{
		Name: "own-output",
		Why:  "a recipe that reads what it writes itself is no reason to run it again: intermediates, an archive brought up to date, the target",
		Drop: func(r *recipe, file string) bool { return r.wrote[file] },
	},
	{
		Name: "target-itself",
		Why:  "a recipe that looks at its target and leaves it as it is: a target that is new is not old (and of a double-colon target make 4.3 forgets the rules when -W names it)",
		Drop: func(r *recipe, file string) bool { return file == filepath.Join(r.dir, r.target) },
	},
}

// recipe is what the recipe of one target of one make did, all its runs together.
type recipe struct {
	call
	target string // as make names it
	read   map[string]bool
	wrote  map[string]bool
}

// call is how a make was called, as far as it decides what its rules are.
type call struct {
	dir       string // absolute
	makefile  string // the first one that it read
	overrides string // variables of its command line, as MAKEFLAGS has them
}

// dropped names the rule that leaves a pair out, "" where none does.
func dropped(r *recipe, file string) string {
	for _, rule := range Rules {
		if rule.Drop(r, file) {
			return rule.Name
		}
	}
	return ""
}
