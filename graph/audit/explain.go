package audit

import (
	"path/filepath"
	"slices"
	"strings"

	"buildgraph/graph"
	"buildgraph/graph/declared"
	"buildgraph/store"
)

// Explainer says of single pairs what is declared.
type Explainer struct {
	c *checker
}

// NewExplainer prepares for questions about one trace. A graph without rules
// answers that nothing is known.
func NewExplainer(g *graph.Graph, d *declared.Graph, meta store.Meta) *Explainer {
	return &Explainer{&checker{g: g, d: d, meta: meta, views: map[*declared.Tool]*rules{}}}
}

// Explain says what the build tools declare about a target and a file, both as
// answers show them; nil where no tool has a recipe for the target.
func (x *Explainer) Explain(target, file string) (*graph.Declaration, error) {
	names, err := x.c.g.Names(x.abs(file))
	if err != nil {
		return nil, err
	}
	var answer *graph.Declaration
	for _, t := range x.c.d.Tools {
		if t.Failure != "" {
			continue
		}
		v := x.c.view(t)
		of := x.rulesFor(v, target)
		if len(of) == 0 {
			continue
		}
		d := x.declaration(v, of, names)
		if answer == nil || d.Declared && !answer.Declared || d.OrderOnly && !answer.Declared && !answer.OrderOnly {
			answer = d
		}
		if answer.Declared {
			break
		}
	}
	return answer, nil
}

// Along says of a chain of files, each made from the one before it, what is declared
// of the last and the first: the first link that is not declared, else the way
// through all of them, whichever makes they are rules of. It is nil where nothing is
// known of a link.
func (x *Explainer) Along(files []string) (*graph.Declaration, error) {
	var whole *graph.Declaration
	for i := 1; i < len(files); i++ {
		d, err := x.Explain(files[i], files[i-1])
		if err != nil || d == nil || !d.Declared {
			return d, err
		}
		if whole != nil {
			d.Chain = append(d.Chain, whole.Chain...)
		}
		whole = d
	}
	return whole, nil
}

// Declared says of several files whether they are prerequisites of a target; nil
// where no tool has a recipe for it. Of what a generator of makefiles keeps for
// itself it says nothing.
func (x *Explainer) Declared(target string, files []string) (map[string]bool, error) {
	var answer map[string]bool
	for _, t := range x.c.d.Tools {
		if t.Failure != "" {
			continue
		}
		v := x.c.view(t)
		of := x.rulesFor(v, target)
		if len(of) == 0 {
			continue
		}
		if answer == nil {
			answer = map[string]bool{}
		}
		known := v.closure(of, false, nil)
		if err := x.mark(answer, known, files); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// DeclaredThrough says the same of files that a target was made from through others:
// what is a prerequisite in one make may be made by the rules of another.
func (x *Explainer) DeclaredThrough(target string, files []string) (map[string]bool, error) {
	answer, err := x.Declared(target, files)
	if answer == nil || err != nil {
		return nil, err
	}
	return answer, x.mark(answer, x.throughAll(x.abs(target)), files)
}

// throughAll lists the files that a file's rules lead to, in whichever tool; phony
// targets are followed in the tool that has them.
func (x *Explainer) throughAll(file string) map[string]step {
	type node struct {
		in  *rules // nil: every tool
		key string
	}
	found := map[string]step{}
	seen := map[node]bool{}
	var views []*rules
	for _, t := range x.c.d.Tools {
		if t.Failure == "" {
			views = append(views, x.c.view(t))
		}
	}
	for queue := []node{{key: file}}; len(queue) > 0; queue = queue[1:] {
		for _, v := range views {
			if n := queue[0]; n.in != nil && n.in != v {
				continue
			}
			for _, i := range v.withAlso(v.ofNode(queue[0].key)) {
				for _, p := range v.t.Rules[i].Prereqs {
					next := node{key: keyOf(p.Name, p.Path)}
					if p.Path == "" {
						next.in = v
					}
					if !p.OrderOnly && !seen[next] {
						seen[next] = true
						found[next.key] = step{rule: i}
						queue = append(queue, next)
					}
				}
			}
		}
	}
	return found
}

// mark notes which files are among declared nodes.
func (x *Explainer) mark(answer map[string]bool, known map[string]step, files []string) error {
	for _, f := range files {
		if answer[f] || ownedByGenerator(x.abs(f)) {
			continue
		}
		names, err := x.c.g.Names(x.abs(f))
		if err != nil {
			return err
		}
		answer[f] = declaredAs(known, names) != ""
	}
	return nil
}

// abs is the absolute path of what an answer shows.
func (x *Explainer) abs(shown string) string {
	if filepath.IsAbs(shown) {
		return filepath.Clean(shown)
	}
	return filepath.Join(x.c.meta.Root, shown)
}

// rulesFor lists a tool's rules for a target by its path, or by its name as the
// tool has it; none where no recipe is behind them.
func (x *Explainer) rulesFor(v *rules, target string) []int32 {
	file := x.abs(target)
	of := v.t.ByPath(file)
	if len(of) == 0 {
		if rel, err := filepath.Rel(v.t.Dir, file); err == nil && !strings.HasPrefix(rel, "../") {
			of = v.t.ByName(rel)
		}
	}
	made := func(i int32) bool { return v.t.Rules[i].HasRecipe || len(v.members(v.t.Rules[i].Target)) > 0 }
	if !slices.ContainsFunc(of, made) {
		return nil
	}
	return of
}

// declaration is what one tool says.
func (x *Explainer) declaration(v *rules, of []int32, names []string) *graph.Declaration {
	d := &graph.Declaration{}
	for _, i := range of {
		if r := &v.t.Rules[i]; d.Rule.Name == "" || r.HasRecipe {
			d.Rule = x.link(v, i, r.Target, r.Path)
		}
	}
	for _, order := range []bool{false, true} {
		known := v.closure(of, order, nil)
		key := declaredAs(known, names)
		if key == "" {
			continue
		}
		d.Declared, d.OrderOnly = !order, order
		for key != "" {
			s := known[key]
			name, file := key, key
			if phony, ok := strings.CutPrefix(key, "\x00"); ok {
				name, file = phony, ""
			}
			d.Chain = append(d.Chain, x.link(v, s.rule, name, file))
			key = s.from
		}
		slices.Reverse(d.Chain)
		break
	}
	if !d.Declared && len(names) > 0 {
		if targets, why := v.spelled(of); why == "" {
			if prereq, ok := v.spell(names[0]); ok {
				d.Mend = strings.Join(targets, " ") + ": " + prereq
			}
		}
	}
	return d
}

// link names a file and the rule that names it.
func (x *Explainer) link(v *rules, rule int32, name, file string) graph.Link {
	r := &v.t.Rules[rule]
	l := graph.Link{Name: name, Line: r.Line, Builtin: r.Builtin}
	if file != "" {
		l.Name = x.c.g.Rel(file)
	}
	switch {
	case r.Makefile != "":
		l.Makefile = x.c.g.Rel(r.Makefile)
	case len(v.t.Makefiles) > 0:
		l.Makefile = x.c.g.Rel(v.t.Makefiles[0])
	}
	return l
}
