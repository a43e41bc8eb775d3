package graph

import (
	"fmt"
	"strings"
	"testing"
)

// treeOf gives a tree, a line a process: what is not wanted is in brackets.
func treeOf(t *testing.T, b *build, o EventFilterOptions) (lines []string, tree Tree) {
	t.Helper()
	tree, err := b.graph().Tree(newFilter(t, o))
	if err != nil {
		t.Fatal(err)
	}
	var draw func(n *TreeNode, depth int)
	draw = func(n *TreeNode, depth int) {
		var programs []string
		for _, e := range n.Programs {
			programs = append(programs, e.Comm)
		}
		s := fmt.Sprintf("%d %s %s", n.PID, n.Comm, strings.Join(programs, ">"))
		if n.Target != "" {
			s += " makes " + n.Target
		}
		if !n.Wanted {
			s = "[" + s + "]"
		}
		lines = append(lines, strings.Repeat(". ", depth)+strings.TrimSpace(s))
		for _, kid := range n.Children {
			draw(kid, depth+1)
		}
	}
	for _, n := range tree.Roots {
		draw(n, 0)
	}
	return lines, tree
}

func TestTree(t *testing.T) {
	b := smallBuild(t)
	lines, tree := treeOf(t, b, EventFilterOptions{})
	want(t, lines, `
		100 make make
		. 101 cc sh>cc
		. . 102 sh
		. 103 false false
	`)
	if tree.Processes != 4 || !tree.Complete {
		t.Errorf("%d processes, complete %v", tree.Processes, tree.Complete)
	}
	if n := tree.Roots[0].Children[1]; !n.Failed() || n.Duration() != 40 || n.ExitCode != 1 || tree.Roots[0].Duration() != 0 || tree.Roots[0].Failed() {
		t.Errorf("%+v", n)
	}
	lines, tree = treeOf(t, b, EventFilterOptions{Failed: true})
	want(t, lines, `
		[100 make make]
		. 103 false false
	`)
	if tree.Processes != 1 {
		t.Errorf("%d processes", tree.Processes)
	}
	lines, _ = treeOf(t, b, EventFilterOptions{Comm: []string{"sh"}, MinDuration: 15})
	want(t, lines, `
		[100 make make]
		. 101 cc sh>cc
		. . 102 sh
	`)
	lines, _ = treeOf(t, b, EventFilterOptions{Comm: []string{"ld"}})
	want(t, lines, "")
}

func TestTreeNamesTargets(t *testing.T) {
	b := newBuild(t, "/src")
	mk := b.start("", "make").tags(0)
	mk.recipe("lib/a.o", "cc", "-c", "a.c").run("as").exit()
	for _, annotated := range []bool{false, true} {
		if annotated {
			b.annotate()
		}
		lines, _ := treeOf(t, b, EventFilterOptions{})
		want(t, lines, `
			100 make make
			. 101 cc cc makes lib/a.o
			. . 102 as as
		`)
	}
}

// Processes whose parents are not in the trace begin trees of their own.
func TestTreeOfTornTrace(t *testing.T) {
	b := smallBuild(t)
	b.lost = map[uint32]bool{2: true}
	lines, _ := treeOf(t, b, EventFilterOptions{})
	want(t, lines, `
		100 make make
		. 103 false false
		102 sh
	`)
}
