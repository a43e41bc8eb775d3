package graph

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"buildgraph/store"
)

// product is something that a recipe wrote or removed.
type product struct {
	tool store.ProcessID
	obj  *object // nil: a name only
	path string
}

// nameByOutputs names the units without a tag by the persistent files that they
// wrote, after joining the lines of one recipe: children of one make that wrote
// the same file.
func (t *trace) nameByOutputs(units []*unit) {
	owner := map[product]*unit{}
	wrote := map[*unit][]write{}
	for _, u := range units {
		if u.how != "" {
			continue
		}
		ws, touched := t.productsOf(u)
		wrote[u] = ws
		if u.kind == edgeTool {
			continue
		}
		for _, p := range touched {
			p.tool = u.tool
			if o := owner[p]; o == nil {
				owner[p] = u
			} else if a, b := o.root(), u.root(); a != b {
				b.merged = a
				a.procs = append(a.procs, b.procs...)
				a.start, a.end = min(a.start, b.start), max(a.end, b.end)
				wrote[a] = append(wrote[a], wrote[b]...)
			}
		}
	}
	for _, u := range units {
		if u.how != "" || u.merged != nil {
			continue
		}
		if p := t.mainOutput(wrote[u]); p != "" {
			u.target, u.how = relativeTo(u.dir, p), "output"
		}
	}
}

// productsOf lists what a unit's processes wrote, and every regular file and
// name that they wrote or removed.
func (t *trace) productsOf(u *unit) ([]write, []product) {
	var ws []write
	var touched []product
	for _, id := range u.procs {
		p := t.process(id)
		if p == nil {
			continue
		}
		for _, im := range p.images {
			if im.tool != notTool {
				continue
			}
			for _, a := range t.writesOf(im.ID) {
				o := t.objectOf(a.File)
				if !o.carries() || o.kind == store.KindAnon || o.channel() || t.inTempDir(t.path(a.File)) {
					continue
				}
				ws = append(ws, t.asWrite(a, false))
				touched = append(touched, product{obj: o})
				if !nameless(t.file(a.File)) {
					touched = append(touched, product{path: t.path(a.File)})
				}
			}
			for _, op := range t.opsBy(im.ID) {
				switch op.Kind {
				case store.OpUnlink:
					touched = append(touched, product{path: t.path(op.File)})
				case store.OpSymlink:
					ws = append(ws, write{by: im.ID, file: op.File, first: op.Time, last: op.Time})
					touched = append(touched, product{path: t.path(op.File)})
				case store.OpRename, store.OpLink, store.OpExchange, store.OpCopy:
					if to := t.path(op.Other); to != "" && !t.inTempDir(to) {
						ws = append(ws, write{by: im.ID, file: op.Other, first: op.Time, last: op.Time})
						touched = append(touched, product{path: to}, product{obj: t.objectOf(op.Other)})
					}
				}
			}
		}
	}
	return ws, touched
}

// mainOutput picks the file that names a recipe: the one given to -o, else the
// one written last that is no depfile, else the one written last.
func (t *trace) mainOutput(ws []write) string {
	type candidate struct {
		path string
		rank int
		last int64
	}
	var best *candidate
	for _, w := range ws {
		for _, name := range t.namesOf(t.objectOf(w.file)) {
			if t.inTempDir(name) || t.isTrace(name) {
				continue
			}
			c := candidate{path: name, last: w.last}
			switch {
			case t.givenAsOutput(w.by, name):
				c.rank = 2
			case path.Ext(name) != ".d":
				c.rank = 1
			}
			if best == nil || cmp.Or(cmp.Compare(c.rank, best.rank), cmp.Compare(c.last, best.last),
				strings.Compare(best.path, c.path)) > 0 {
				best = &c
			}
		}
	}
	if best == nil {
		return ""
	}
	return best.path
}

// givenAsOutput reports whether an image's command line names a file after -o.
func (t *trace) givenAsOutput(by store.ExecID, name string) bool {
	im := t.exec(by)
	if im == nil {
		return false
	}
	argv, cwd := t.argv(im.Argv), t.path(im.Cwd)
	i := slices.Index(argv, "-o")
	if i < 0 || i+1 >= len(argv) {
		return false
	}
	out := argv[i+1]
	if !path.IsAbs(out) {
		out = path.Join(cwd, out)
	}
	return path.Clean(out) == name
}

// relativeTo spells an absolute path as a build tool in dir would.
func relativeTo(dir, p string) string {
	if dir == "" {
		return p
	}
	up := ""
	for d := dir; ; d = path.Dir(d) {
		if under(p, d) && p != d {
			return up + strings.TrimPrefix(strings.TrimPrefix(p, d), "/")
		}
		if d == "/" || len(up) > 30 {
			return p
		}
		up += "../"
	}
}
