package graph

import (
	"cmp"
	"slices"

	"buildgraph/store"
)

// loadProcesses streams all processes with their images.
func (t *trace) loadProcesses() (map[store.ProcessID]*process, map[store.ProcessID][]store.ProcessID) {
	execs := map[store.ProcessID][]store.Exec{}
	for e, err := range t.src.Execs() {
		if err != nil {
			t.fail("reading the execs of the trace", err)
			return nil, nil
		}
		execs[e.Process] = append(execs[e.Process], e)
	}
	var rows []store.Process
	known := map[store.ProcessID]bool{}
	for p, err := range t.src.Processes() {
		if err != nil {
			t.fail("reading the processes of the trace", err)
			return nil, nil
		}
		rows = append(rows, p)
		known[p.ID] = true
	}
	slices.SortFunc(rows, func(a, b store.Process) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.ID, b.ID))
	})
	procs := make(map[store.ProcessID]*process, len(rows))
	children := map[store.ProcessID][]store.ProcessID{}
	for _, p := range rows {
		procs[p.ID] = t.adopt(p, execs[p.ID])
		parent := p.Parent
		if !known[parent] || parent == p.ID {
			parent = 0 // its parent was lost: it begins a tree of its own
		}
		children[parent] = append(children[parent], p.ID)
	}
	return procs, children
}
