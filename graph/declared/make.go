package declared

import "strings"

// rulesOf turns a database into the rules of a tool that works in a directory.
func rulesOf(db *database, dir string) (rules []Rule, makefiles []string, serial bool) {
	b := &ruleBuilder{canon: newCanon(dir), known: make(map[string]bool, len(db.entries)), phony: map[string]bool{}}
	for i := range db.entries {
		e := &db.entries[i]
		b.known[e.name] = true
		if e.phony {
			b.phony[e.name] = true
		}
	}
	b.special(db)
	for i := range db.entries {
		e := &db.entries[i]
		if e.name == ".NOTPARALLEL" && e.target && e.prereqs == "" {
			serial = true
		}
		if b.isRule(e) {
			rules = append(rules, b.rule(e))
		}
	}
	return b.together(rules), b.list(db.makefiles), serial
}

// together completes the targets of pattern rules that make several: the database
// has the recipe only with the one that was asked for.
func (b *ruleBuilder) together(rules []Rule) []Rule {
	at := map[string]int{}
	for i := range rules {
		if _, ok := at[rules[i].Target]; !ok {
			at[rules[i].Target] = i
		}
	}
	for i := range rules {
		made := rules[i]
		if !made.Implicit {
			continue
		}
		for _, name := range made.Also {
			j, ok := at[name]
			if !ok {
				j = len(rules)
				at[name] = j
				rules = append(rules, Rule{Target: name, Path: b.canon.path(name), Prereqs: made.Prereqs})
			}
			r := &rules[j]
			if r.HasRecipe {
				continue
			}
			r.HasRecipe, r.EmptyRecipe, r.Implicit, r.Builtin = true, made.EmptyRecipe, true, made.Builtin
			r.Stem, r.Makefile, r.Line = made.Stem, made.Makefile, made.Line
			for _, other := range append([]string{made.Target}, made.Also...) {
				if other != name {
					r.Also = append(r.Also, other)
				}
			}
		}
	}
	return rules
}

// ruleBuilder knows what the whole database says.
type ruleBuilder struct {
	canon     *canon
	known     map[string]bool // names of all entries, which all prerequisites are among
	phony     map[string]bool
	suffixes  map[string]bool
	secondary map[string]bool
	allSecond bool
}

// special reads the special targets.
func (b *ruleBuilder) special(db *database) {
	b.suffixes, b.secondary = map[string]bool{}, map[string]bool{}
	for i := range db.entries {
		e := &db.entries[i]
		switch e.name {
		case ".SUFFIXES":
			for _, s := range strings.Fields(e.prereqs) {
				b.suffixes[s] = true
			}
		case ".SECONDARY":
			b.allSecond = b.allSecond || e.target && e.prereqs == ""
			for _, p := range b.split(e.prereqs) {
				b.secondary[p.Name] = true
			}
		}
	}
}

// specialTargets mean no file (GNU make manual, "Special Built-in Target Names").
var specialTargets = map[string]bool{
	".PHONY": true, ".SUFFIXES": true, ".DEFAULT": true, ".PRECIOUS": true, ".INTERMEDIATE": true, ".NOTINTERMEDIATE": true,
	".SECONDARY": true, ".SECONDEXPANSION": true, ".DELETE_ON_ERROR": true, ".IGNORE": true, ".LOW_RESOLUTION_TIME": true,
	".SILENT": true, ".EXPORT_ALL_VARIABLES": true, ".NOTPARALLEL": true, ".ONESHELL": true, ".POSIX": true, ".WAIT": true,
}

// isRule reports whether an entry is a rule for a file: not one that is only
// named, not a special target, not a suffix rule.
func (b *ruleBuilder) isRule(e *entry) bool {
	switch {
	case e.name == "", e.builtin, specialTargets[e.name], b.suffixRule(e.name):
		return false
	}
	return e.target || e.recipe || e.prereqs != ""
}

// suffixRule reports whether a name is that of a suffix rule: ".c" or ".c.o".
func (b *ruleBuilder) suffixRule(name string) bool {
	if name[0] != '.' || strings.Contains(name, "/") {
		return false
	}
	if b.suffixes[name] {
		return true
	}
	i := strings.LastIndexByte(name, '.')
	return i > 0 && b.suffixes[name[:i]] && b.suffixes[name[i:]]
}

func (b *ruleBuilder) rule(e *entry) Rule {
	r := Rule{
		Target: e.name, Prereqs: b.split(e.prereqs), Stem: e.stem, Line: e.line,
		HasRecipe: e.recipe, EmptyRecipe: e.empty, Phony: e.phony, DoubleColon: e.doubleColon,
		Implicit:     e.recipe && e.stem != "" && (e.searched || !e.target),
		Intermediate: e.intermediate, Secondary: e.secondary || b.secondary[e.name] || b.allSecond && e.intermediate,
		Precious: e.precious, Builtin: e.recipe && e.builtinRecipe,
	}
	if !e.phony {
		r.Path = b.canon.path(e.name)
	}
	if e.file != "" {
		r.Makefile = b.canon.abs(e.file)
	}
	for _, p := range b.split(e.also) {
		if p.Name != e.name {
			r.Also = append(r.Also, p.Name)
		}
	}
	return r
}

// split reads a list of prerequisites, which stand as they are: a name with a
// blank in it looks like two, but make has an entry for every name it knows.
func (b *ruleBuilder) split(list string) []Prereq {
	if list == "" {
		return nil
	}
	words := strings.Split(list, " ")
	prereqs := make([]Prereq, 0, len(words))
	orderOnly, wait := false, false
	for _, name := range b.join(words) {
		switch {
		case name == "":
		case name == "|" && !b.known["|"]:
			orderOnly = true
		case name == ".WAIT":
			wait = true
		default:
			p := Prereq{Name: name, OrderOnly: orderOnly, Wait: wait}
			if !b.phony[name] {
				p.Path = b.canon.path(name)
			}
			prereqs, wait = append(prereqs, p), false
		}
	}
	return prereqs
}

// maxJoined is how many words a name with blanks may be printed as.
const maxJoined = 16

// join puts the words of names with blanks together again: of all ways to read
// the list the one with the fewest names that make does not know, and of those the
// one with the most names.
func (b *ruleBuilder) join(words []string) []string {
	whole := true
	for _, w := range words {
		whole = whole && (b.known[w] || w == "|" || w == ".WAIT")
	}
	if whole {
		return words
	}
	cost := make([]int, len(words)+1)
	take := make([]int, len(words))
	for i := len(words) - 1; i >= 0; i-- {
		cost[i] = cost[i+1] + 1
		take[i] = 1
		if b.known[words[i]] || words[i] == "|" || words[i] == ".WAIT" {
			cost[i]--
		}
		for n := 2; n <= maxJoined && i+n <= len(words); n++ {
			if cost[i+n] < cost[i] && b.known[strings.Join(words[i:i+n], " ")] {
				cost[i], take[i] = cost[i+n], n
			}
		}
	}
	var names []string
	for i := 0; i < len(words); i += take[i] {
		names = append(names, strings.Join(words[i:i+take[i]], " "))
	}
	return names
}

// list reads the value of MAKEFILE_LIST: names that make has read, separated by
// blanks.
func (b *ruleBuilder) list(value string) []string {
	var paths []string
	seen := map[string]bool{}
	words := strings.Fields(value)
	for i := 0; i < len(words); i++ {
		name := words[i]
		// A name with blanks is several words; the first that exists counts.
		for n := i + 1; !b.canon.exists(name) && n < len(words) && n < i+maxJoined; n++ {
			if joined := strings.Join(words[i:n+1], " "); b.canon.exists(joined) {
				name, i = joined, n
			}
		}
		if p := b.canon.path(name); !seen[p] {
			seen[p] = true
			paths = append(paths, p)
		}
	}
	return paths
}
