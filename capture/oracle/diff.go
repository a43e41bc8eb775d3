package oracle

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Diff is the difference of two sets, program by program.
type Diff struct {
	Programs []ProgramDiff // those that differ, sorted
	Common   int           // accesses that both have
}

// ProgramDiff is where two sets differ on one program.
type ProgramDiff struct {
	Program      Program
	RunsA, RunsB int
	OnlyA, OnlyB []Access // sorted
}

// Compare applies the rules to both sets and tells how they differ.
func Compare(a, b Set) Diff {
	a, b = a.Normal(), b.Normal()
	all := a.programs()
	for _, p := range b.programs() {
		if a[p] == nil {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, comparePrograms)
	var d Diff
	none := &Doings{}
	for _, p := range all {
		x, y := a[p], b[p]
		if x == nil {
			x = none
		}
		if y == nil {
			y = none
		}
		pd := ProgramDiff{Program: p, RunsA: x.Runs, RunsB: y.Runs}
		for acc := range x.Accesses {
			if y.Accesses[acc] {
				d.Common++
			} else {
				pd.OnlyA = append(pd.OnlyA, acc)
			}
		}
		for acc := range y.Accesses {
			if !x.Accesses[acc] {
				pd.OnlyB = append(pd.OnlyB, acc)
			}
		}
		if pd.RunsA != pd.RunsB || pd.OnlyA != nil || pd.OnlyB != nil {
			slices.SortFunc(pd.OnlyA, compareAccesses)
			slices.SortFunc(pd.OnlyB, compareAccesses)
			d.Programs = append(d.Programs, pd)
		}
	}
	return d
}

// Empty tells whether the two sets were the same.
func (d Diff) Empty() bool { return len(d.Programs) == 0 }

// Counts is how many accesses only the one, and only the other, set has.
func (d Diff) Counts() (onlyA, onlyB int) {
	for _, p := range d.Programs {
		onlyA += len(p.OnlyA)
		onlyB += len(p.OnlyB)
	}
	return onlyA, onlyB
}

// Print writes the difference for a person: the totals, how they spread over
// the kinds, and at most limit accesses of either side of each of at most limit
// programs. nameA and nameB say what the sets were made by.
func (d Diff) Print(w io.Writer, nameA, nameB string, limit int) {
	onlyA, onlyB := d.Counts()
	fmt.Fprintf(w, "%d accesses in common, %d only in %s, %d only in %s; %d programs differ\n",
		d.Common, onlyA, nameA, onlyB, nameB, len(d.Programs))
	kinds := map[Kind][2]int{}
	for _, p := range d.Programs {
		for _, a := range p.OnlyA {
			n := kinds[a.Kind]
			n[0]++
			kinds[a.Kind] = n
		}
		for _, a := range p.OnlyB {
			n := kinds[a.Kind]
			n[1]++
			kinds[a.Kind] = n
		}
	}
	names := make([]string, 0, len(kinds))
	for k := range kinds {
		names = append(names, string(k))
	}
	slices.Sort(names)
	for _, k := range names {
		n := kinds[Kind(k)]
		fmt.Fprintf(w, "  %-9s %5d only in %s, %5d only in %s\n", k, n[0], nameA, n[1], nameB)
	}
	for i, p := range d.Programs {
		if i == limit {
			fmt.Fprintf(w, "... and %d more programs\n", len(d.Programs)-limit)
			break
		}
		fmt.Fprintf(w, "%s\n", ellipsis(p.Program.String(), 400))
		if p.RunsA != p.RunsB {
			fmt.Fprintf(w, "    runs: %d in %s, %d in %s\n", p.RunsA, nameA, p.RunsB, nameB)
		}
		printSide(w, "only in "+nameA, p.OnlyA, limit)
		printSide(w, "only in "+nameB, p.OnlyB, limit)
	}
}

func printSide(w io.Writer, side string, list []Access, limit int) {
	for i, a := range list {
		if i == limit {
			fmt.Fprintf(w, "    %s: ... and %d more\n", side, len(list)-limit)
			return
		}
		fmt.Fprintf(w, "    %s: %s\n", side, a)
	}
}

// ellipsis shortens a string to about n bytes by leaving out its middle.
func ellipsis(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n/2], "") + " ... " + strings.ToValidUTF8(s[len(s)-n/2:], "")
}
