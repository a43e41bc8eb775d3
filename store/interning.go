package store

import (
	"bytes"
	"strconv"
)

// blockCache bounds the memory of whole environment blocks: a miss only costs
// looking every variable up.
const blockCache = 1 << 16

// File gives the id of a name of an inode; see [File]. Where the kind of an inode
// becomes known later, the row is corrected.
func (w *Writer) File(path string, dev, ino uint64, gen uint32, kind FileKind) FileID {
	key := fileKey(w.digester.string(path), dev, ino, gen, kind)
	id, ok := w.files[key]
	if ok && (w.kinds[id] == kind || kind == KindUnknown || ino == 0) {
		return id
	}
	return w.addFile(key, id, File{Path: path, Dev: dev, Ino: ino, Gen: gen, Kind: kind})
}

// FileBytes is File for a path in a buffer, which is copied only when new.
func (w *Writer) FileBytes(path []byte, dev, ino uint64, gen uint32, kind FileKind) FileID {
	key := fileKey(w.digester.bytes(path), dev, ino, gen, kind)
	id, ok := w.files[key]
	if ok && (w.kinds[id] == kind || kind == KindUnknown || ino == 0) {
		return id
	}
	return w.addFile(key, id, File{Path: string(path), Dev: dev, Ino: ino, Gen: gen, Kind: kind})
}

// addFile writes a new row, or that of id anew.
func (w *Writer) addFile(key digest, id FileID, f File) FileID {
	b := w.begin()
	if b == nil {
		return 0
	}
	if id == 0 {
		id = FileID(len(w.kinds))
		w.kinds = append(w.kinds, f.Kind)
		w.files[key] = id
	}
	w.kinds[id] = f.Kind
	f.ID = id
	if f.Ino == 0 {
		f.Dev, f.Gen = 0, 0
	}
	b.files = append(b.files, f)
	w.end(b)
	return id
}

// Argv gives the id of an argument vector as /proc/PID/cmdline holds it: each
// argument ended by a NUL. An empty block is a vector of no arguments.
func (w *Writer) Argv(block []byte) ArgvID {
	key := w.digester.bytes(block)
	if id, ok := w.argvs[key]; ok {
		return id
	}
	b := w.begin()
	if b == nil {
		return 0
	}
	id := ArgvID(len(w.argvs) + 1)
	w.argvs[key] = id
	text := make([]byte, 0, len(block)+16)
	splitBlock(block, func(arg []byte) {
		if len(text) > 0 {
			text = append(text, ' ')
		}
		text = appendQuoted(text, arg)
	})
	b.argvs = append(b.argvs, textRow{uint32(id), string(text)})
	w.end(b)
	return id
}

// Env gives the id of an environment as /proc/PID/environ holds it: each
// NAME=value ended by a NUL.
func (w *Writer) Env(block []byte) EnvID {
	key := w.digester.bytes(block)
	if id, ok := w.envs[key]; ok {
		return id
	}
	b := w.begin()
	if b == nil {
		return 0
	}
	defer w.end(b)
	made := makeEnv{tag: w.tag}
	w.list, w.next = append(w.list[:0], '['), w.next[:0]
	at := 0
	splitBlock(block, func(v []byte) {
		made.variable(v)
		id := w.sameAsBefore(&at, v)
		if id == 0 {
			id = w.envVar(b, v)
		}
		end := len(v)
		if n := len(w.next); n > 0 {
			end += w.next[n-1].to + 1
		}
		w.next = append(w.next, envRef{end - len(v), end, id})
		if len(w.list) > 1 {
			w.list = append(w.list, ',')
		}
		w.list = strconv.AppendUint(w.list, uint64(id), 10)
	})
	w.list = append(w.list, ']')
	w.last, w.next, w.lastText = w.next, w.last, append(w.lastText[:0], block...)
	if len(w.envs) >= blockCache {
		clear(w.envs)
	}
	listKey := w.digester.bytes(w.list)
	id, ok := w.envLists[listKey]
	if !ok {
		id = EnvID(len(w.envLists) + 1)
		w.envLists[listKey] = id
		b.envs = append(b.envs, envRow{id, string(w.list), made.made})
	}
	w.envs[key] = id
	return id
}

// sameAsBefore looks for a variable where it is expected: environments mostly
// are the one before with a variable changed, added or left out. It returns 0
// when it is not there.
func (w *Writer) sameAsBefore(at *int, v []byte) uint32 {
	for i := *at; i < len(w.last) && i < *at+2; i++ {
		if r := w.last[i]; bytes.Equal(w.lastText[r.from:r.to], v) {
			*at = i + 1
			return r.id
		}
	}
	return 0
}

func (w *Writer) envVar(b *batch, v []byte) uint32 {
	key := w.digester.bytes(v)
	id, ok := w.envVars[key]
	if !ok {
		id = uint32(len(w.envVars) + 1)
		w.envVars[key] = id
		b.envVars = append(b.envVars, textRow{id, string(v)})
	}
	return id
}
