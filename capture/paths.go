package capture

import (
	"buildgraph/bpf"
	"buildgraph/store"
)

// known is what a path id stands for in the trace of a build.
type known struct {
	file store.File
	id   store.FileID
}

// meaning is what a path id stands for.
type meaning struct {
	file      store.File
	truncated bool
	late      bool // looked up by the capture, not at the moment of the call
}

// blockSize is how many path ids share a block of a table: ids come from a
// counter, but any may be missing.
const blockSize = 1 << 12

type (
	nameBlock [blockSize]meaning
	fileBlock [blockSize]store.FileID
)

// nameTable is the table of path ids. All builds share it: the kernel side gives a
// path an id once, whichever build asks first.
type nameTable struct {
	blocks []*nameBlock
	newest uint32
}

// nothing is what a path id means whose event was lost.
var nothing meaning

// of gives what a path id stands for.
func (n *nameTable) of(path uint32) *meaning {
	if i := int(path / blockSize); i < len(n.blocks) && n.blocks[i] != nil {
		return &n.blocks[i][path%blockSize]
	}
	return &nothing
}

func (n *nameTable) learn(path uint32, m meaning) {
	i := int(path / blockSize)
	for i >= len(n.blocks) {
		n.blocks = append(n.blocks, make([]*nameBlock, i-len(n.blocks)+1)...)
	}
	if n.blocks[i] == nil {
		n.blocks[i] = new(nameBlock)
	}
	n.blocks[i][path%blockSize] = m
	n.newest = max(n.newest, path)
}

// forget lets go of the blocks before the one given.
func (n *nameTable) forget(before int) {
	for i := min(before, len(n.blocks)) - 1; i >= 0 && n.blocks[i] != nil; i-- {
		n.blocks[i] = nil
	}
}

// path learns what a path id stands for.
func (n *nameTable) path(h *bpf.PathHead, raw []byte) {
	name := nameOf(h, raw)
	// The kernel's dev_t is major<<20 | minor already (include/linux/kdev_t.h).
	f := store.File{Path: name.path, Kind: name.kind}
	if name.kind != store.KindAbsent && name.kind != store.KindUnknown {
		f.Dev, f.Ino, f.Gen = uint64(h.Dev), h.Ino, h.Gen
	}
	n.learn(h.Id, meaning{f, h.H.Flags&bpf.PathTruncated != 0, name.late})
}

// file gives the trace's id of what a path id stands for, 0 when that is not
// known.
func (b *build) file(path uint32) store.FileID {
	i, at := int(path/blockSize)-b.first, path%blockSize
	if i >= 0 && i < len(b.files) && b.files[i] != nil {
		if id := b.files[i][at]; id != 0 {
			return id
		}
	}
	m := b.shared.names.of(path)
	if m.file.Path == "" || i < 0 {
		return 0
	}
	for i >= len(b.files) {
		b.files = append(b.files, make([]*fileBlock, i-len(b.files)+1)...)
	}
	if b.files[i] == nil {
		b.files[i] = new(fileBlock)
	}
	id := b.meet(m)
	b.files[i][at] = id
	return id
}

// meet interns what the build uses for the first time under this path id.
func (b *build) meet(m *meaning) store.FileID {
	if m.truncated {
		b.truncated++
	}
	if m.late {
		b.say(store.NoteUnresolved, 0, m.file.Path, 1)
	}
	k := b.intern(m.file)
	if m.file.Ino != 0 {
		b.now[m.file.Path] = k
	}
	return k.id
}

// known gives what a path id stands for; nothing when its event was lost.
func (b *build) known(path uint32) known {
	id := b.file(path)
	return known{b.shared.names.of(path).file, id}
}

func (b *build) intern(f store.File) known {
	id := b.sink.File(f.Path, f.Dev, f.Ino, f.Gen, f.Kind)
	if id > b.newest {
		b.newest = id
		if f.Kind != store.KindAbsent {
			b.existing++
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
