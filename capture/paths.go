package capture

import (
	"buildgraph/bpf"
	"buildgraph/store"
)

// known is what a path id stands for.
type known struct {
	file store.File
	id   store.FileID
}

// blockSize is how many path ids share a block of the table: ids come from a
// counter, but any may be missing.
const blockSize = 1 << 12

type block [blockSize]known

// known gives what a path id stands for; nothing when its event was lost.
func (b *build) known(path uint32) known {
	if i := int(path / blockSize); i < len(b.paths) && b.paths[i] != nil {
		return b.paths[i][path%blockSize]
	}
	return known{}
}

func (b *build) learn(path uint32, k known) {
	i := int(path / blockSize)
	for i >= len(b.paths) {
		b.paths = append(b.paths, make([]*block, i-len(b.paths)+1)...)
	}
	if b.paths[i] == nil {
		b.paths[i] = new(block)
	}
	b.paths[i][path%blockSize] = k
}

func (b *build) file(path uint32) store.FileID { return b.known(path).id }

func (b *build) path(h *bpf.PathHead, raw []byte) {
	n := nameOf(h, raw)
	if h.H.Flags&bpf.PathTruncated != 0 {
		b.truncated++
	}
	if n.late {
		b.say(store.NoteUnresolved, 0, n.path, 1)
	}
	// The kernel's dev_t is major<<20 | minor already (include/linux/kdev_t.h).
	f := store.File{Path: n.path, Kind: n.kind}
	if n.kind != store.KindAbsent && n.kind != store.KindUnknown {
		f.Dev, f.Ino, f.Gen = uint64(h.Dev), h.Ino, h.Gen
	}
	k := b.intern(f)
	b.learn(h.Id, k)
	if f.Ino != 0 {
		b.now[f.Path] = k
	}
}

func (b *build) intern(f store.File) known {
	id := b.sink.File(f.Path, f.Dev, f.Ino, f.Gen, f.Kind)
	if id > b.newest {
		b.newest = id
		if f.Kind != store.KindAbsent {
			b.files++
		}
	}
	return known{f, id}
}

// renamed gives the files of an operation as they were before it. The kernel
// side looks at names when the call is over: a removed name is absent then, and
// the inode of a moved one is found at its new name.
func (b *build) renamed(kind store.OpKind, one, two known) (known, known) {
	switch kind {
	case store.OpUnlink, store.OpRmdir:
		if was, ok := b.now[one.file.Path]; ok {
			delete(b.now, one.file.Path)
			return was, two
		}
	case store.OpRename:
		delete(b.now, one.file.Path)
		b.now[two.file.Path] = two
		return b.intern(moved(two.file, one.file.Path)), two
	case store.OpExchange:
		b.now[one.file.Path], b.now[two.file.Path] = one, two
		return b.intern(moved(two.file, one.file.Path)), b.intern(moved(one.file, two.file.Path))
	}
	return one, two
}

// moved is the same inode under another name.
func moved(f store.File, path string) store.File {
	f.Path = path
	return f
}
