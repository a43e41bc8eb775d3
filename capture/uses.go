package capture

import (
	"cmp"
	"io"
	"os"
	"slices"

	"buildgraph/bpf"
	"buildgraph/store"
)

func (b *build) access(im *image, e *bpf.AccessEvent) {
	if e.H.Flags&bpf.AccessFolding != 0 {
		im.folded = append(im.folded, foldedUse{
			bpf.FoldKey{Object: e.Object, Image: e.H.Image, Kinds: e.Kinds}, b.file(e.Path),
		})
		return
	}
	if e.H.Flags&bpf.AccessMaybe != 0 && !isScript(b.shared.names.of(e.Path).file.Path) {
		return
	}
	f, kinds := b.known(e.Path), store.AccessKind(e.Kinds)
	if e.H.Flags&bpf.AccessScript != 0 {
		im.row.Script, im.shown.script = f.id, f.file.Path
	}
	if !setsUp(e) {
		b.settle(im)
	}
	if e.H.Flags&bpf.AccessByFD != 0 {
		// The open that gave the descriptor has been counted.
		if i, ok := im.rows[f.id]; ok && im.done[i].Kinds&kinds == kinds {
			im.done[i].Count--
		}
	}
	b.use(im, f, kinds, e.H.Time)
}

// isScript says whether a file begins with #!.
func isScript(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var magic [2]byte
	_, err = io.ReadFull(f, magic[:])
	return err == nil && magic == [2]byte{'#', '!'}
}

// use folds one use of a file into its row and gives the time of it.
func (b *build) use(im *image, f known, kinds store.AccessKind, when uint64) int64 {
	t := b.at(when)
	if f.id == 0 {
		return t
	}
	i, ok := im.rows[f.id]
	if !ok {
		i = len(im.done)
		im.rows[f.id] = i
		im.done = append(im.done, store.Access{Exec: im.row.ID, File: f.id})
	}
	uses, n := im.done[i].Add(kinds, t, &im.row)
	if b.live != nil {
		b.showUses(im, f.file.Path, uses[:n])
	}
	for _, u := range uses[:n] {
		t = u.Time
	}
	return t
}

func (b *build) held(im *image, e *bpf.HeldEvent) {
	f := b.file(e.Path)
	b.sink.Held(store.Held{
		Exec: im.row.ID, FD: int(e.Fd), File: f, Read: e.Mode&1 != 0, Write: e.Mode&2 != 0,
	})
}

// writes are the kinds of access that change a file.
const writes = store.AccessWrite | store.AccessCreate | store.AccessTruncate

// unfold adds the uses that were folded away to the rows.
func (b *build) unfold(im *image) {
	slices.SortFunc(im.folded, func(x, y foldedUse) int {
		return cmp.Or(cmp.Compare(x.key.Object, y.key.Object), cmp.Compare(x.key.Kinds, y.key.Kinds))
	})
	im.folded = slices.Compact(im.folded) // told again when the kernel side forgot
	for _, use := range im.folded {
		f, ok := b.shared.fold(use.key)
		if !ok {
			continue
		}
		i, ok := im.rows[use.file]
		if !ok {
			continue
		}
		a := &im.done[i]
		a.Count += int64(f.Count)
		b.folded += int64(f.Count)
		last := b.at(f.Last)
		a.Last = max(a.Last, last)
		if store.AccessKind(use.key.Kinds)&writes != 0 {
			a.LastWrite = max(a.LastWrite, last)
		}
	}
}
