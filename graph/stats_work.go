package graph

import (
	"cmp"
	"slices"
	"strings"

	"buildgraph/store"
)

// programs counts what ran, with the times that lifetimes gives each. Times of waiting
// for children are nobody's own, so that nothing is counted twice.
func (s *stats) programs() {
	byName := map[string]*WorkStats{}
	byRole := map[Role]*WorkStats{}
	for _, p := range s.procs {
		main := s.mainImage(p)
		for i, im := range p.images {
			if im.Seq == 0 && im.Exe == 0 {
				continue // what the capture forked, before it became the command
			}
			whole := s.imageEnd(p, i) - im.Start
			name, role := s.t.programCalled(im), s.t.roleOf(im)
			key := string(role) + "\x00" + name
			if byName[key] == nil {
				byName[key] = &WorkStats{Name: name, Role: role}
			}
			if byRole[role] == nil {
				byRole[role] = &WorkStats{Role: role}
			}
			for _, w := range []*WorkStats{byName[key], byRole[role]} {
				w.Longest = max(w.Longest, whole)
				if im.Seq > 0 {
					w.Runs++
				}
				if im == main {
					w.CPU += p.CPU
					w.Own += s.ownTime(p)
				}
				if i == len(p.images)-1 && im.Seq > 0 && p.End != 0 && (p.ExitCode != 0 || p.Signal != 0) {
					w.Failed++
				}
			}
		}
	}
	for _, w := range byName {
		s.out.Programs = append(s.out.Programs, *w)
	}
	for _, w := range byRole {
		s.out.Roles = append(s.out.Roles, *w)
	}
	for _, list := range [][]WorkStats{s.out.Programs, s.out.Roles} {
		slices.SortFunc(list, func(a, b WorkStats) int {
			return cmp.Or(cmp.Compare(b.CPU, a.CPU), cmp.Compare(b.Own, a.Own), cmp.Compare(b.Runs, a.Runs),
				strings.Compare(a.Name, b.Name), strings.Compare(string(a.Role), string(b.Role)))
		})
	}
}

// recipes counts what each recipe did.
func (s *stats) recipes() {
	t := s.t
	nested := map[uint32]bool{}
	for _, r := range t.recipes().recipes {
		nested[t.recipeOf(r.Tool)] = true
	}
	seen := make([]uint32, len(t.snap.files)) // by file: the last recipe that used it
	read := make([]uint32, len(t.snap.files)) // likewise, read it
	var spans [][2]int64
	for _, r := range t.recipes().recipes {
		row := RecipeStats{ID: r.ID, Target: t.rel(targetPath(r)), Start: r.Start, Nested: nested[r.ID]}
		row.Label, _ = t.recipeLabel(r)
		end := max(r.End, r.Start)
		for _, id := range t.membersOf(r.ID) {
			p := t.process(id)
			if p == nil {
				continue
			}
			end = max(end, s.over(p))
			row.Unended = row.Unended || p.End == 0
			row.CPU += p.CPU
			row.Memory = max(row.Memory, p.MaxRSS)
			for _, im := range p.images {
				s.recipeUses(&row, im, seen, read)
			}
		}
		row.Wall = end - r.Start
		s.out.Recipes = append(s.out.Recipes, row)
		if !row.Nested {
			spans = append(spans, [2]int64{r.Start, end})
		}
	}
	s.out.Build.PeakSteps = mostAtOnce(spans)
}

// recipeUses adds the files that one image of a recipe used. What is loaded to run
// it is no input, and what make reads for itself is not the recipe's.
func (s *stats) recipeUses(row *RecipeStats, im *image, seen, read []uint32) {
	from, to := s.uses.of(im.ID)
	for i := from; i < to; i++ {
		f, k := s.uses.file[i], s.uses.kinds[i]
		if seen[f] != row.ID {
			seen[f] = row.ID
			row.Files++
		}
		if k&store.AccessAbsent != 0 {
			row.Failed += int64(s.uses.count[i])
		}
		if k&store.AccessRead != 0 && im.tool == notTool && read[f] != row.ID && s.isContent(f) {
			read[f] = row.ID
			row.Inputs++
		}
	}
}

// mostAtOnce is how many of some spans overlap at most.
func mostAtOnce(spans [][2]int64) int {
	var begins, ends []int64
	for _, sp := range spans {
		begins, ends = append(begins, sp[0]), append(ends, sp[1])
	}
	slices.Sort(begins)
	slices.Sort(ends)
	most, over := 0, 0
	for i, at := range begins {
		for over < len(ends) && ends[over] <= at {
			over++
		}
		most = max(most, i+1-over)
	}
	return most
}
