package truth

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"buildgraph/capture/oracle"
)

// tagName is the variable that names the recipe a program belongs to.
const tagName = "TRUTH_T"

// tagFlags makes every GNU make put into the environment of a recipe's commands
// which make it is and which target the recipe is for.
const tagFlags = `GNUMAKEFLAGS=--eval=export\ ` + tagName + `=$$(CURDIR)|$$(firstword\ $$(MAKEFILE_LIST))|$$@|$$(firstword\ -$$(MAKEFLAGS))|$$(MAKEOVERRIDES)`

// recipeOf reads a tag.
func recipeOf(tag string) (*recipe, error) {
	f := strings.SplitN(tag, "|", 5)
	if len(f) != 5 {
		return nil, fmt.Errorf("the tag %q is not dir|makefile|target|flags|variables", tag)
	}
	return &recipe{
		call: call{dir: f[0], makefile: f[1], flags: f[3], overrides: f[4]}, target: f[2],
		read: map[string]bool{}, wrote: map[string]bool{}, ran: map[string]bool{},
	}, nil
}

// recipesIn gathers by recipe what programs did to the files below tree.
func recipesIn(report *oracle.Report, tree string) (map[string]*recipe, error) {
	recipes := map[string]*recipe{}
	for p, d := range report.Set {
		if p.Tag == "" || filepath.Base(p.Exe) == "make" {
			continue
		}
		r := recipes[p.Tag]
		if r == nil {
			var err error
			if r, err = recipeOf(p.Tag); err != nil {
				return nil, err
			}
			r.env = report.Taggers[p.Tag]
			recipes[p.Tag] = r
		}
		for a := range d.Accesses {
			r.took(a, tree)
		}
	}
	for _, r := range recipes {
		for up := r.outer(recipes); up != nil; up = up.outer(recipes) {
			if up.dir == r.dir {
				maps.Copy(up.ran, r.wrote)
			}
		}
	}
	return recipes, nil
}

// outer is the recipe that ran the make of a recipe, nil where none did.
func (r *recipe) outer(recipes map[string]*recipe) *recipe {
	for _, v := range r.env {
		if tag, ok := strings.CutPrefix(v, tagName+"="); ok && recipes[tag] != r {
			return recipes[tag]
		}
	}
	return nil
}

// took adds one access to what a recipe read and wrote.
func (r *recipe) took(a oracle.Access, tree string) {
	below := func(p string) bool { return strings.HasPrefix(p, tree+"/") }
	switch a.Kind {
	case oracle.Read, oracle.Exec, oracle.Map:
		if below(a.Path) {
			r.read[a.Path] = true
		}
	case oracle.Write, oracle.Create, oracle.Truncate:
		r.wrote[a.Path] = true
	case oracle.Copy, oracle.Link, oracle.Rename:
		r.wrote[a.Other] = true
	}
}

// pair is one question for make.
type pair struct {
	*recipe
	file string // absolute
}

// pairsOf lists the questions: every file that a recipe read and that is there at
// the end of the build. It counts what the rules leave out.
func pairsOf(t *testing.T, recipes map[string]*recipe) (pairs []pair, left map[string]int) {
	t.Helper()
	left = map[string]int{}
	for _, r := range recipes {
		for file := range r.read {
			if fi, err := os.Stat(file); err != nil || !fi.Mode().IsRegular() {
				continue
			}
			if rule := dropped(r, file); rule != "" {
				left[rule]++
				continue
			}
			pairs = append(pairs, pair{r, file})
		}
	}
	return pairs, left
}
