package graph

import (
	"cmp"
	"slices"

	"buildgraph/store"
)

// Flow is a file that one recipe made and another one read.
type Flow struct {
	From, To uint32 // recipes
	Path     string // of the file, relative to the capture root when below it; the first by name where there are several
}

// Flows lists between which recipes of a part of the build files went, each pair
// once, by From and To. It reads the whole trace.
func (g *Graph) Flows(o PartOptions) ([]Flow, error) {
	_, part, err := g.part(o)
	if err != nil {
		return nil, err
	}
	t, err := g.wide()
	if err != nil {
		return nil, err
	}
	paths := map[[2]uint32]string{}
	for _, r := range t.recipes().recipes {
		if !part.hasRecipe(r.ID) {
			continue
		}
		for _, i := range t.recipeInputs(r.ID, nil).list {
			if !t.visible(i.obj, i.file) || i.obj.kind == store.KindDirectory || !t.generated(i.obj, i.file) {
				continue
			}
			shown := t.rel(t.path(i.file))
			for _, maker := range t.makersOf(i.obj, t.path(i.file)) {
				k := [2]uint32{maker, r.ID}
				if maker != r.ID && part.hasRecipe(maker) && (paths[k] == "" || shown < paths[k]) {
					paths[k] = shown
				}
			}
		}
	}
	list := make([]Flow, 0, len(paths))
	for k, p := range paths {
		list = append(list, Flow{k[0], k[1], p})
	}
	slices.SortFunc(list, func(a, b Flow) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return list, t.done()
}
