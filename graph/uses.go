package graph

import (
	"fmt"
	"math"

	"buildgraph/store"
)

// uses are all accesses of a trace, lookups too, as far as statistics need them: who
// did what to which file how often. It is 10 bytes an access.
type uses struct {
	at    []uint32 // the accesses of exec e are [at[e]:at[e+1]]
	file  []store.FileID
	kinds []store.AccessKind
	count []uint32
}

// loadUses streams the accesses of a trace with so many execs and files.
func loadUses(src Source, execs, files int) (*uses, error) {
	n := int(src.Meta().Accesses)
	if n < 0 || n > 1<<28 {
		n = 0 // a damaged trace can say anything
	}
	u := &uses{
		at:   make([]uint32, execs+1),
		file: make([]store.FileID, 0, n), kinds: make([]store.AccessKind, 0, n), count: make([]uint32, 0, n),
	}
	last := store.ExecID(0)
	for a, err := range src.Accesses() {
		switch {
		case err != nil:
			return nil, fmt.Errorf("reading the accesses of the trace: %w", err)
		case int(a.Exec) >= execs || int(a.File) >= files:
			continue // of rows that were never written
		case a.Exec < last:
			return nil, fmt.Errorf("access of exec %d comes after those of exec %d", a.Exec, last)
		}
		last = a.Exec
		u.file = append(u.file, a.File)
		u.kinds = append(u.kinds, a.Kinds)
		u.count = append(u.count, uint32(min(max(a.Count, 0), math.MaxUint32)))
		u.at[a.Exec+1]++
	}
	for i := 1; i < len(u.at); i++ {
		u.at[i] += u.at[i-1]
	}
	return u, nil
}

// of are the places of the accesses of an exec.
func (u *uses) of(e store.ExecID) (from, to uint32) {
	if int(e)+1 >= len(u.at) {
		return 0, 0
	}
	return u.at[e], u.at[e+1]
}
