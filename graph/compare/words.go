package compare

import (
	"slices"
	"strings"
)

// maxCells bounds the table that two runs of words are aligned in.
const maxCells = 1 << 18

// hunks are the places at which two command lines differ, with the words as they
// were; norm are those that are compared. Which of the two comes first does not
// matter to where the differences are seen.
func hunks(a, b []string, normA, normB []string) []Hunk {
	if slices.Compare(normA, normB) > 0 {
		hs := hunks(b, a, normB, normA)
		for i := range hs {
			hs[i] = hs[i].turned()
		}
		return hs
	}
	var hs []Hunk
	i, j := 0, 0
	for _, m := range append(matches(normA, normB), [2]int{len(a), len(b)}) {
		if m[0] > i || m[1] > j {
			h := Hunk{A: slices.Clone(a[i:m[0]]), B: slices.Clone(b[j:m[1]])}
			h.lines = h.linesOf(normA[i:m[0]], normB[j:m[1]])
			hs = append(hs, h)
		}
		i, j = m[0]+1, m[1]+1
	}
	return hs
}

// Shell gives the words as a shell takes them: those of a script, which are cut at
// blanks, as they stand in it, others by themselves (ok is false: they are no part of
// a script, and need quotes where a shell needs them).
func (h Hunk) Shell() (a, b []string, ok bool) {
	if h.shellA == nil && h.shellB == nil {
		return h.A, h.B, false
	}
	return h.shellA, h.shellB, true
}

// turned is a hunk with its sides exchanged.
func (h Hunk) turned() Hunk {
	t := Hunk{A: h.B, B: h.A}
	for _, l := range h.lines {
		t.lines = append(t.lines, l.turned())
	}
	return t
}

// matches are the places of words that a and b have in common, in the order of
// both.
func matches(a, b []string) [][2]int {
	var list [][2]int
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		list = append(list, [2]int{head, head})
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	midA, midB := a[head:len(a)-tail], b[head:len(b)-tail]
	mid := longest
	if len(midA)*len(midB) > maxCells {
		mid = anchors
	}
	for _, m := range mid(midA, midB) {
		list = append(list, [2]int{m[0] + head, m[1] + head})
	}
	for k := tail; k > 0; k-- {
		list = append(list, [2]int{len(a) - k, len(b) - k})
	}
	return list
}

// longest is a longest common subsequence.
func longest(a, b []string) [][2]int {
	width := len(b) + 1
	length := make([]int32, (len(a)+1)*width) // of what is common to a[i:] and b[j:]
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i*width+j] = length[(i+1)*width+j+1] + 1
			} else {
				length[i*width+j] = max(length[(i+1)*width+j], length[i*width+j+1])
			}
		}
	}
	var list [][2]int
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			list = append(list, [2]int{i, j})
			i++
			j++
		case length[(i+1)*width+j] >= length[i*width+j+1]:
			i++
		default:
			j++
		}
	}
	return list
}

// anchors aligns long lists by the words that each has once, in nearly linear time:
// the longest run of them that is in the same order in both.
func anchors(a, b []string) [][2]int {
	once := func(words []string) map[string]int {
		at := make(map[string]int, len(words))
		for i, w := range words {
			if _, twice := at[w]; twice {
				at[w] = -1
			} else {
				at[w] = i
			}
		}
		return at
	}
	inA, inB := once(a), once(b)
	var pairs [][2]int
	for i, w := range a {
		if j, ok := inB[w]; ok && j >= 0 && inA[w] == i {
			pairs = append(pairs, [2]int{i, j})
		}
	}
	// Longest increasing subsequence of the places in b, by patience sorting.
	var tops []int // the pair on top of each pile
	before := make([]int, len(pairs))
	for k, p := range pairs {
		at, _ := slices.BinarySearchFunc(tops, p[1], func(top, j int) int { return pairs[top][1] - j })
		before[k] = -1
		if at > 0 {
			before[k] = tops[at-1]
		}
		if at == len(tops) {
			tops = append(tops, k)
		} else {
			tops[at] = k
		}
	}
	var list [][2]int
	if len(tops) > 0 {
		for k := tops[len(tops)-1]; k >= 0; k = before[k] {
			list = append(list, pairs[k])
		}
	}
	slices.Reverse(list)
	return list
}

// Lines are the differences within two words of several lines each, as scripts are; nil
// where the hunk is of others.
func (h Hunk) Lines() []Hunk { return h.lines }

// linesOf are those lines; the hunk's words are compared as a and b.
func (h Hunk) linesOf(a, b []string) []Hunk {
	if len(a) != 1 || len(b) != 1 || !strings.Contains(a[0], "\n") || !strings.Contains(b[0], "\n") {
		return nil
	}
	split := func(s string) []string { return strings.Split(s, "\n") }
	return hunks(split(h.A[0]), split(h.B[0]), split(a[0]), split(b[0]))
}

// Parts are the differences between two values that are lists, as PATH and CFLAGS are,
// by their elements; nil where they are none, or have little in common. sep is what
// stands between elements.
func (v Variable) Parts() (parts []Hunk, sep string) {
	if v.A == nil || v.B == nil {
		return nil, ""
	}
	if sep = " "; strings.Contains(*v.A, ":/") {
		sep = ":"
	}
	a, b := strings.Split(*v.A, sep), strings.Split(*v.B, sep)
	parts = hunks(a, b, a, b)
	differ := 0
	for _, h := range parts {
		differ += max(len(h.A), len(h.B))
	}
	if differ*2 > max(len(a), len(b)) {
		return nil, ""
	}
	return parts, sep
}
