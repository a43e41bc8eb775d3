package capture

import (
	"encoding/binary"
	"errors"
	"testing"
	"unsafe"

	"buildgraph/bpf"
)

// aligned copies b to where the ring's records lie: at a multiple of eight.
func aligned(b []byte) []byte {
	words := make([]uint64, len(b)/8+1)
	out := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), len(words)*8)[:len(b)]
	copy(out, b)
	return out
}

// event spells a record of the type with a body.
func event(kind uint8, flags uint8, image uint32, time uint64, body ...any) []byte {
	b := []byte{kind, flags, 0, 0}
	b = binary.LittleEndian.AppendUint32(b, image)
	b = binary.LittleEndian.AppendUint64(b, time)
	for _, v := range body {
		switch v := v.(type) {
		case uint64:
			b = binary.LittleEndian.AppendUint64(b, v)
		case uint32:
			b = binary.LittleEndian.AppendUint32(b, v)
		case uint16:
			b = binary.LittleEndian.AppendUint16(b, v)
		case uint8:
			b = append(b, v)
		case string:
			b = append(b, v...)
		}
	}
	return b
}

func pathEvent(id uint32, ino uint64, mode uint16, path string) []byte {
	return event(bpf.EventPath, 0, 0, 1, id, uint32(7), ino, uint32(8), mode, uint16(0), uint16(len(path)), "\x00\x00\x00\x00\x00\x00", path)
}

func newTestBuild() (*build, *memory) {
	m := newMemory()
	d := newDemux(func(bpf.FoldKey) (bpf.Fold, bool) { return bpf.Fold{}, false })
	d.only = d.newBuild(m, 0)
	return d.only, m
}

func TestDecode(t *testing.T) {
	b, m := newTestBuild()
	for _, raw := range [][]byte{
		event(bpf.EventFork, 0, 0, 10, uint32(1), uint32(100), uint64(9)),
		pathEvent(1, 5, 0o100644, "/src/a.c"),
		event(bpf.EventAccess, 0, 1, 20, uint32(1), uint32(1), uint64(0)),
		event(bpf.EventExit, 0, 1, 30, uint32(100), uint32(3<<8), uint64(1000), uint64(2), uint32(0), uint32(0)),
		event(bpf.EventCPU, 0, 1, 31, uint64(2000)),
	} {
		if _, err := decode(aligned(raw), b.shared); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.accesses) != 1 || m.path(m.accesses[0].File) != "/src/a.c" || m.accesses[0].FirstRead != 20 {
		t.Errorf("accesses %+v", m.accesses)
	}
	if p := m.procs[1]; p.PID != 100 || p.ExitCode != 3 || p.CPU != 2000 || p.End != 30 {
		t.Errorf("process %+v", p)
	}
	if f := m.files[0]; f.Ino != 5 || f.Gen != 7 || f.Dev != 8 {
		t.Errorf("file %+v", f)
	}
}

// What a process did is kept even when its birth was lost.
func TestDecodeWithoutBirth(t *testing.T) {
	b, m := newTestBuild()
	for _, raw := range [][]byte{
		pathEvent(1, 5, 0o100644, "/src/a.c"),
		event(bpf.EventAccess, 0, 9, 20, uint32(1), uint32(1), uint64(0)),
		event(bpf.EventAccess, 0, 9, 21, uint32(777), uint32(1), uint64(0)), // its path was lost
		event(bpf.EventExit, 0, 9, 30, uint32(100), uint32(9), uint64(1000), uint64(2), uint32(4), uint32(0)),
	} {
		if _, err := decode(aligned(raw), b.shared); err != nil {
			t.Fatal(err)
		}
	}
	b.finish(b.alive(), b.expected())
	if len(m.accesses) != 1 || len(m.procs) != 1 || m.procs[1].Signal != 9 || m.procs[1].Lost != 4 {
		t.Errorf("%+v %+v", m.accesses, m.procs)
	}
}

func TestDecodeRefusesShortRecords(t *testing.T) {
	whole := [][]byte{
		event(bpf.EventFork, 0, 0, 10, uint32(1), uint32(100), uint64(9)),
		pathEvent(1, 5, 0o100644, "/src/a.c"),
		event(bpf.EventText, 0, 1, 1, bpf.TextArgv, uint32(3), "a\x00b"),
		event(bpf.EventExit, 0, 1, 30, uint32(100), uint32(3<<8), uint64(1000), uint64(2), uint32(0), uint32(0)),
	}
	for _, raw := range whole {
		b, _ := newTestBuild()
		if _, err := decode(aligned(raw), b.shared); err != nil {
			t.Errorf("type %d: %v", raw[0], err)
		}
		for n := range raw {
			if _, err := decode(aligned(raw[:n]), b.shared); !errors.Is(err, errEvent) {
				t.Errorf("type %d cut to %d of %d bytes: %v", raw[0], n, len(raw), err)
			}
		}
	}
}

// FuzzDecode feeds the decoder and all that it fills any bytes at all, as a
// sequence of records.
func FuzzDecode(f *testing.F) {
	f.Add(event(bpf.EventFork, 0, 0, 10, uint32(1), uint32(100), uint64(9)))
	f.Add(pathEvent(1, 5, 0o100644, "/src/a.c"))
	f.Add(pathEvent(2, 5, 0o010600, ""))
	f.Add(event(bpf.EventAccess, 1, 1, 20, uint32(1), uint32(1), uint64(0)))
	f.Add(event(bpf.EventOp, 2, 1, 20, uint32(1), uint32(1), uint32(0), uint32(0)))
	f.Add(event(bpf.EventNote, 0, 1, 20, uint32(3), uint32(0), uint64(0)))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, _ := newTestBuild()
		for len(data) > 0 {
			n := min(int(data[0])+1, len(data))
			_, _ = decode(aligned(data[:n]), b.shared)
			// A path id is a number from a counter; one out of the blue would
			// only make this process large.
			data = data[n:]
		}
		b.finish(b.alive(), b.expected())
	})
}
