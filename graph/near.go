package graph

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"buildgraph/store"
)

// nearest is how many names an [UnknownError] suggests at most.
const nearest = 5

// near lists names of the trace that are like the given one, best first: the
// targets of recipes, and files below the capture root.
func (t *trace) near(name, what string) []string {
	type candidate struct {
		name   string
		score  int
		target bool
	}
	best := map[string]candidate{}
	want := path.Clean(name)
	if path.IsAbs(want) {
		want = t.rel(want)
	}
	wantBase := path.Base(want)
	// Of short names most are as far from each other as from a slip.
	limit, baseLimit := max(min(2, len(want)/2), len(want)/4), len(wantBase)/3
	consider := func(shown string, target bool) {
		if shown == "" || shown == "." {
			return
		}
		c := candidate{name: shown, target: target}
		// A wrong directory is a likelier slip than a wrong letter.
		if base := path.Base(shown); base == wantBase {
			c.score = 1
		} else if c.score = distance(shown, want, limit); c.score > limit {
			d := distance(base, wantBase, baseLimit)
			if d > baseLimit {
				return
			}
			c.score = d + 2
		}
		if old, ok := best[shown]; !ok || target && !old.target {
			best[shown] = c
		}
	}
	for _, r := range t.recipes().recipes {
		if p := targetPath(r); p != "" {
			consider(t.rel(p), true)
		}
	}
	for f, err := range t.src.Files() {
		if err != nil {
			t.fail("reading the files of the trace", err)
			break
		}
		if f.Kind != store.KindRegular && f.Kind != store.KindUnknown || t.isTrace(f.Path) || t.cacheFile(f.Path) {
			continue
		}
		// Of what is not the project's, a file may be meant by its last name.
		if under(f.Path, t.meta.Root) || what == "file" && path.Base(f.Path) == wantBase && !t.noise(f.Path) {
			consider(t.rel(f.Path), false)
		}
	}
	list := make([]candidate, 0, len(best))
	for _, c := range best {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b candidate) int {
		if c := cmp.Compare(a.score, b.score); c != 0 {
			return c
		}
		if a.target != b.target && what == "target" {
			if a.target {
				return -1
			}
			return 1
		}
		return strings.Compare(a.name, b.name)
	})
	var names []string
	for _, c := range list[:min(len(list), nearest)] {
		names = append(names, c.name)
	}
	return names
}

// distance is the number of bytes to insert, delete, change or swap with their
// neighbour to make a into b (optimal string alignment); more than limit where it
// is more than that.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit+1)
}
