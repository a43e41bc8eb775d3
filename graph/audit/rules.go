package audit

import (
	"path"
	"slices"
	"strings"

	"buildgraph/graph"
	"buildgraph/graph/declared"
)

// rules follows the declared edges of one tool. A node is a file or a phony
// target; its key is the file's path, or a NUL and the name of what is no file.
type rules struct {
	t      *declared.Tool
	groups map[int32]string
	reach  map[string]map[string]step // by group: all that is ordered before it
	waits  bool
}

// step is how a node was reached from another.
type step struct {
	from string // key of the node before; "" at the first
	rule int32  // that names the node as a prerequisite
}

func (c *checker) view(t *declared.Tool) *rules {
	v := c.views[t]
	if v == nil {
		v = &rules{t: t, groups: map[int32]string{}, reach: map[string]map[string]step{}}
		for i := range t.Rules {
			v.waits = v.waits || slices.ContainsFunc(t.Rules[i].Prereqs, func(p declared.Prereq) bool { return p.Wait })
		}
		c.views[t] = v
	}
	return v
}

// keyOf is the node that a prerequisite or target is.
func keyOf(name, path string) string {
	if path != "" {
		return path
	}
	return "\x00" + name
}

// named lists the rules for a target by its name and its path: two spellings of
// one file are one target.
func (v *rules) named(name, file string) []int32 {
	of := v.t.ByName(name)
	if len(of) == 0 {
		of = v.t.ByName(strings.TrimPrefix(name, "./"))
	}
	if file == "" && len(of) > 0 {
		file = v.t.Rules[of[0]].Path
	}
	if file == "" {
		return of
	}
	more := v.t.ByPath(file)
	if len(of) == 0 {
		return more
	}
	return union(of, more)
}

// union is a and what b has besides.
func union[T comparable](a, b []T) []T {
	for _, i := range b {
		if !slices.Contains(a, i) {
			a = append(slices.Clip(a), i)
		}
	}
	return a
}

// ofNode lists the rules of a node.
func (v *rules) ofNode(key string) []int32 {
	if name, ok := strings.CutPrefix(key, "\x00"); ok {
		return v.t.ByName(name)
	}
	return v.t.ByPath(key)
}

// closure lists all nodes that some rules name as prerequisites, directly or
// further on; order-only ones only where order says so. Of each node it tells how
// it was first reached, the shortest way.
func (v *rules) closure(of []int32, order bool, skip func(key string) bool) map[string]step {
	found := map[string]step{}
	type todo struct {
		key   string
		rules []int32
	}
	for queue := []todo{{"", of}}; len(queue) > 0; queue = queue[1:] {
		for _, i := range v.withAlso(queue[0].rules) {
			for _, p := range v.t.Rules[i].Prereqs {
				if p.OrderOnly && !order {
					continue
				}
				key := keyOf(p.Name, p.Path)
				if _, ok := found[key]; ok || skip != nil && skip(key) {
					continue
				}
				found[key] = step{from: queue[0].key, rule: i}
				queue = append(queue, todo{key, v.named(p.Name, p.Path)})
			}
		}
	}
	return found
}

// withAlso adds the rules of the targets that the same recipe makes: to make one
// of them, what the others need is needed as well.
func (v *rules) withAlso(of []int32) []int32 {
	all := of
	for _, i := range of {
		for _, name := range v.t.Rules[i].Also {
			all = union(all, v.t.ByName(name))
		}
	}
	return all
}

// group names the recipe that a rule's target is made by: the first in order of
// all the targets that it makes, and of an archive's member the archive.
func (v *rules) group(i int32) string {
	if g, ok := v.groups[i]; ok {
		return g
	}
	r := &v.t.Rules[i]
	key := func(name, p string) string { return archiveOf(keyOf(name, p)) }
	g := key(r.Target, r.Path)
	for _, name := range r.Also {
		for _, j := range v.t.ByName(name) {
			g = min(g, key(v.t.Rules[j].Target, v.t.Rules[j].Path))
		}
	}
	v.groups[i] = g
	return g
}

// members lists the members of an archive that have rules with recipes.
func (v *rules) members(archive string) []string {
	var ms []string
	for _, i := range v.named(archive, "") {
		for _, p := range v.t.Rules[i].Prereqs {
			a, m, ok := strings.Cut(p.Name, "(")
			if !ok || path.Clean(a) != path.Clean(archive) || !strings.HasSuffix(m, ")") {
				continue
			}
			has := func(i int32) bool { return v.t.Rules[i].HasRecipe }
			if slices.ContainsFunc(v.t.ByName(p.Name), has) {
				ms = append(ms, strings.TrimSuffix(m, ")"))
			}
		}
	}
	return ms
}

// makerOf finds the rule that makes one of some files.
func (v *rules) makerOf(outputs []graph.Made) []int32 {
	for _, m := range outputs {
		for _, i := range v.t.ByPath(m.Path) {
			if v.t.Rules[i].HasRecipe {
				return v.t.ByPath(m.Path)
			}
		}
	}
	return nil
}

// before lists all nodes that a group's recipe is ordered after.
func (v *rules) before(group string) map[string]step {
	if known, ok := v.reach[group]; ok {
		return known
	}
	of := v.ofNode(group)
	// An archive's members stand behind the archive's own rule, or have rules only.
	if len(of) == 0 {
		for i := range v.t.Rules {
			if v.group(int32(i)) == group {
				of = append(of, int32(i))
			}
		}
	}
	v.reach[group] = v.closure(of, true, nil)
	return v.reach[group]
}

// orders reports whether the recipe of one group always runs before that of
// another.
func (v *rules) orders(first, then string) bool {
	if v.t.Serial || first == then {
		return true
	}
	for key := range v.before(then) {
		if key == first || archiveOf(key) == first {
			return true
		}
		for _, i := range v.ofNode(key) {
			if v.group(i) == first {
				return true
			}
		}
	}
	return v.waits && v.waited(first, then)
}

// waited reports whether a .WAIT stands between two prerequisites that lead to
// the one group and to the other (GNU make 4.4, "Parallel").
func (v *rules) waited(first, then string) bool {
	leads := func(p declared.Prereq, to string) bool {
		for _, i := range v.named(p.Name, p.Path) {
			if v.group(i) == to {
				return true
			}
			if _, ok := v.before(v.group(i))[to]; ok {
				return true
			}
		}
		return false
	}
	for i := range v.t.Rules {
		ps := v.t.Rules[i].Prereqs
		early := false
		for j, p := range ps {
			if p.Wait && slices.ContainsFunc(ps[:j], func(q declared.Prereq) bool { return leads(q, first) }) {
				early = true
			}
			if early && leads(p, then) {
				return true
			}
		}
	}
	return false
}
