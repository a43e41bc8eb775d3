package graph

import (
	"path"
	"slices"

	"buildgraph/store"
)

// recipes is the attribution kept in the trace, or worked out where there is none.
func (t *trace) recipes() *attribution {
	if t.attribution == nil {
		t.attribution = &attribution{} // while it is being made, there are no recipes
		if t.src.HasRecipes() {
			all, err := t.src.Recipes()
			t.attribution.recipes = got(t, "reading the recipes of the trace", all, err)
		} else {
			t.attribution = t.attribute(func() *trace { return t.wideCopy() })
		}
	}
	return t.attribution
}

// wideCopy is a trace over a snapshot of the same source.
func (t *trace) wideCopy() *trace {
	if t.snap != nil {
		return t
	}
	w, err := overSnapshot(t.src, writeKinds)
	t.fail("reading the trace", err)
	return w
}

// recipeOf is the recipe a process belongs to, 0 for none.
func (t *trace) recipeOf(p store.ProcessID) uint32 {
	if !t.src.HasRecipes() {
		return t.recipes().of[p]
	}
	if id, ok := t.recipeIDs[p]; ok {
		return id
	}
	id, err := t.src.RecipeOf(p)
	t.recipeIDs[p] = got(t, "looking up the recipe of a process", id, err)
	return t.recipeIDs[p]
}

// recipeOfExec is the recipe of an image's process, 0 for none.
func (t *trace) recipeOfExec(id store.ExecID) uint32 {
	if im := t.exec(id); im != nil {
		return t.recipeOf(im.Process)
	}
	return 0
}

// recipe is the recipe with an ID, the zero Recipe for 0.
func (t *trace) recipe(id uint32) store.Recipe {
	if id == 0 {
		return store.Recipe{}
	}
	if one, ok := t.src.(oneRecipe); ok && t.src.HasRecipes() {
		if r, ok := t.recipeRows[id]; ok {
			return r
		}
		r, err := one.Recipe(id)
		t.recipeRows[id] = got(t, "reading a recipe of the trace", r, err)
		return t.recipeRows[id]
	}
	all := t.recipes().recipes
	if i := int(id) - 1; i < len(all) && all[i].ID == id {
		return all[i]
	}
	i := slices.IndexFunc(all, func(r store.Recipe) bool { return r.ID == id })
	if i < 0 {
		return store.Recipe{}
	}
	return all[i]
}

// recipesFor lists the recipes whose target is spelt so.
func (t *trace) recipesFor(target string) []store.Recipe {
	if t.src.HasRecipes() {
		rs, err := t.src.RecipesFor(target)
		return got(t, "looking up a target", rs, err)
	}
	var rs []store.Recipe
	for _, r := range t.recipes().recipes {
		if r.Target == target {
			rs = append(rs, r)
		}
	}
	return rs
}

// membersOf lists the processes of a recipe.
func (t *trace) membersOf(id uint32) []store.ProcessID {
	if !t.src.HasRecipes() {
		return t.recipes().members[id]
	}
	ps, err := t.src.Members(id)
	ps = got(t, "reading the processes of a recipe", ps, err)
	slices.Sort(ps)
	return ps
}

// targetPath is a recipe's target as an absolute path; "" where it has none.
func targetPath(r store.Recipe) string {
	switch {
	case r.Target == "":
		return ""
	case path.IsAbs(r.Target):
		return path.Clean(r.Target)
	}
	return path.Join(r.Dir, r.Target)
}
