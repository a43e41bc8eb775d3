package graph

import (
	"path"
	"slices"
	"strings"

	"buildgraph/store"
)

// holding says which file has a name at the end of the build.
type holding struct {
	file  store.FileID // any name of the inode that holds it; 0: nobody
	since int64
	moved bool // an operation or a creation decided it, not mere use
}

// naming is one change to who has a name.
type naming struct {
	at, seq int64 // creations have no place in the order of operations: seq 0
	file    store.FileID
	gone    bool
}

// holder replays what happened to a name and returns who has it at the end.
func (t *trace) holder(p string) holding {
	if h, ok := t.holders[p]; ok {
		return h
	}
	rows := t.filesAt(p)
	changes := t.namingsOf(p, rows)
	var h holding
	switch {
	case len(changes) > 0:
		last := changes[len(changes)-1]
		h = holding{since: last.at, moved: true}
		if !last.gone {
			h.file = last.file
		}
	case len(rows) > 0:
		h.file = rows[0].ID
		for _, r := range rows[1:] { // several inodes and nothing seen: the one written last
			if ws := t.writes(t.objectOf(r.ID)); len(ws) > 0 && ws[len(ws)-1].first > h.since {
				h.file, h.since = r.ID, ws[len(ws)-1].first
			}
		}
	}
	t.holders[p] = h
	return h
}

// namingsOf lists the changes to who has the name p, in order.
func (t *trace) namingsOf(p string, rows []store.File) []naming {
	var all []naming
	seen := map[int64]bool{}
	for _, r := range rows {
		for _, op := range t.opsOn(r.ID) {
			if !seen[op.Seq] {
				seen[op.Seq] = true
				all = append(all, t.namingsBy(op, p)...)
			}
		}
	}
	if len(all) == 0 && len(rows) < 2 {
		return nil // the common case: one inode, never renamed or removed
	}
	for _, r := range rows {
		for _, a := range t.writesTo(r.ID) {
			if a.Kinds&store.AccessCreate != 0 {
				all = append(all, naming{at: firstWrite(a), file: r.ID})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b naming) int {
		if c := compareTimes(a.at, b.at); c != 0 {
			return c
		}
		return compareTimes(a.seq, b.seq)
	})
	return all
}

// namingsBy is what one operation did to the name p.
func (t *trace) namingsBy(op store.Op, p string) []naming {
	old, other := t.path(op.File) == p, op.Other != 0 && t.path(op.Other) == p
	n := naming{at: op.Time, seq: op.Seq}
	switch op.Kind {
	case store.OpRename:
		if old && other {
			return nil
		}
		if n.gone = old; other {
			n.file = t.bestKnown(op.Other, op.File)
		}
	case store.OpExchange:
		if n.file = op.File; old {
			n.file = op.Other
		}
	case store.OpLink:
		if n.file = op.File; other {
			n.file = t.bestKnown(op.Other, op.File)
		}
	case store.OpUnlink, store.OpRmdir:
		n.gone = true
	case store.OpSymlink, store.OpMkdir, store.OpMknod:
		n.file = op.File
	default:
		return nil
	}
	return []naming{n}
}

// bestKnown prefers the row whose inode is known.
func (t *trace) bestKnown(a, b store.FileID) store.FileID {
	if t.file(a).Ino == 0 && t.file(b).Ino != 0 {
		return b
	}
	return a
}

// namesOf lists the names an object has at the end of the build, sorted.
func (t *trace) namesOf(o *object) []string {
	if o.haveNames {
		return o.names
	}
	o.haveNames = true
	var candidates []string
	for _, r := range o.rows {
		if !nameless(r) {
			candidates = append(candidates, r.Path)
		}
		for _, op := range t.opsOn(r.ID) {
			if op.Kind == store.OpExchange { // it has the other's name, maybe without a row
				candidates = append(candidates, t.path(op.File), t.path(op.Other))
			}
		}
	}
	slices.Sort(candidates)
	for _, p := range slices.Compact(candidates) {
		h := t.holder(p)
		if h.file == 0 || t.objectOf(h.file) != o {
			continue
		}
		now := t.movedTo(p, h.since)
		if now != p {
			if later := t.holder(now); later.moved && (later.file == 0 || t.objectOf(later.file) != o) {
				continue // removed or replaced under its new name
			}
		}
		o.names = append(o.names, now)
	}
	slices.Sort(o.names)
	o.names = slices.Compact(o.names)
	return o.names
}

// nameless reports whether a row is a file that never had a name: the kernel
// calls one opened with O_TMPFILE "#" and its inode number (d_tmpfile).
func nameless(f store.File) bool {
	n, ok := strings.CutPrefix(path.Base(f.Path), "#")
	return ok && f.Ino != 0 && n == utoa(f.Ino)
}

// move is the renaming of a directory, which renames all below it.
type move struct {
	at       int64
	from, to string
}

// movedTo is the name at the end of what had the name p at a time, when
// directories above it were renamed since.
func (t *trace) movedTo(p string, since int64) string {
	for range 40 { // a directory can be renamed in a circle; real chains are short
		first, ok := move{at: forever}, false
		for dir := path.Dir(p); dir != "/" && dir != "."; dir = path.Dir(dir) {
			for _, m := range t.movesOf(dir, true) {
				if m.at > since && m.at < first.at {
					first, ok = m, true
				}
			}
		}
		if !ok {
			break
		}
		p, since = first.to+strings.TrimPrefix(p, first.from), first.at
	}
	return p
}

// cameFrom lists the names that what is now called p may have had before
// directories above it were renamed, nearest first.
func (t *trace) cameFrom(p string) []string {
	var olds []string
	for range 8 {
		next := ""
		for dir := path.Dir(p); dir != "/" && dir != "." && next == ""; dir = path.Dir(dir) {
			if ms := t.movesOf(dir, false); len(ms) > 0 {
				m := ms[len(ms)-1]
				next = m.from + strings.TrimPrefix(p, m.to)
			}
		}
		if next == "" || slices.Contains(olds, next) {
			break
		}
		olds = append(olds, next)
		p = next
	}
	return olds
}

// movesOf lists the renamings of the directory dir away from that name, or to it.
func (t *trace) movesOf(dir string, away bool) []move {
	known := t.arrivals
	if away {
		known = t.moves
	}
	if ms, ok := known[dir]; ok {
		return ms
	}
	var ms []move
	for _, r := range t.filesAt(dir) {
		for _, op := range t.opsOn(r.ID) {
			from, to := t.path(op.File), t.path(op.Other)
			if op.Kind == store.OpExchange && (to == dir) == away {
				from, to = to, from
			}
			if (op.Kind == store.OpRename || op.Kind == store.OpExchange) && from != to &&
				(away && from == dir || !away && to == dir) {
				ms = append(ms, move{op.Time, from, to})
			}
		}
	}
	slices.SortFunc(ms, func(a, b move) int { return compareTimes(a.at, b.at) })
	ms = slices.Compact(ms)
	known[dir] = ms
	return ms
}
