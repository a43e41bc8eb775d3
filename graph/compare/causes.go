package compare

import (
	"container/heap"
	"slices"
	"strings"
)

// causes finds few files that explain all targets of which it is not known why they
// were made: again and again the one that most of the rest have in common.
func causes(targets []Remade) []Cause {
	var open []Remade
	of := map[string][]int{} // the targets that a file may explain
	for _, t := range targets {
		if t.Reason != ReasonUnknown || len(t.Files) == 0 {
			continue
		}
		for _, f := range t.Files {
			of[f] = append(of[f], len(open))
		}
		open = append(open, t)
	}
	explained := make([]bool, len(open))
	left := &fileHeap{}
	for f, ts := range of {
		left.list = append(left.list, countedFile{f, len(ts)})
	}
	heap.Init(left)
	var list []Cause
	for left.Len() > 0 {
		top := heap.Pop(left).(countedFile)
		ts := unexplained(of[top.name], explained)
		if len(ts) == 0 {
			continue
		}
		if len(ts) < top.targets { // others explain some of them by now
			heap.Push(left, countedFile{top.name, len(ts)})
			continue
		}
		c := Cause{Files: []string{top.name}}
		// Those that explain the very same targets would do as well. They are inputs
		// of the first.
		for _, f := range open[ts[0]].Files {
			if f != top.name && len(of[f]) >= len(ts) && slices.Equal(unexplained(of[f], explained), ts) {
				c.Files = append(c.Files, f)
			}
		}
		slices.SortFunc(c.Files, bySuspicion)
		for _, i := range ts {
			explained[i] = true
			c.Targets = append(c.Targets, open[i].Name)
		}
		slices.Sort(c.Targets)
		list = append(list, c)
	}
	return list
}

// bySuspicion orders files by how likely a person changed them: those of the system,
// which a package brings, come last.
func bySuspicion(a, b string) int {
	if x, y := OfSystem(a), OfSystem(b); x != y {
		if x {
			return 1
		}
		return -1
	}
	return strings.Compare(a, b)
}

// OfSystem reports whether a file, as shown, lies outside of the capture root where
// packages install theirs. (Sources that a build elsewhere uses do not.)
func OfSystem(name string) bool {
	for _, dir := range []string{"/usr/src/", "/usr/local/src/"} {
		if strings.HasPrefix(name, dir) {
			return false
		}
	}
	for _, dir := range []string{"/usr/", "/lib/", "/lib32/", "/lib64/", "/bin/", "/sbin/", "/etc/", "/opt/", "/nix/store/"} {
		if strings.HasPrefix(name, dir) {
			return true
		}
	}
	return false
}

func unexplained(targets []int, explained []bool) []int {
	var list []int
	for _, i := range targets {
		if !explained[i] {
			list = append(list, i)
		}
	}
	return list
}

// countedFile is a file with how many targets it explained when that was counted
// last; it can only have become fewer.
type countedFile struct {
	name    string
	targets int
}

// fileHeap has the file with the most targets on top, then the first by bySuspicion.
type fileHeap struct{ list []countedFile }

func (h *fileHeap) Len() int { return len(h.list) }
func (h *fileHeap) Less(i, j int) bool {
	if a, b := h.list[i].targets, h.list[j].targets; a != b {
		return a > b
	}
	return bySuspicion(h.list[i].name, h.list[j].name) < 0
}
func (h *fileHeap) Swap(i, j int) { h.list[i], h.list[j] = h.list[j], h.list[i] }
func (h *fileHeap) Push(x any)    { h.list = append(h.list, x.(countedFile)) }
func (h *fileHeap) Pop() any {
	last := h.list[len(h.list)-1]
	h.list = h.list[:len(h.list)-1]
	return last
}
