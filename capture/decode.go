package capture

import (
	"errors"
	"fmt"
	"unsafe"

	"buildgraph/bpf"
)

// errEvent is what decode finds wrong with a record. It can only come from a
// kernel side and a capture that are not of the same build.
var errEvent = errors.New("malformed event")

// events receives decoded events, in the order of the ring. Byte slices are
// only valid during the call.
type events interface {
	path(*bpf.PathHead, []byte)
	fork(*bpf.ForkEvent)
	exec(*bpf.ExecEvent)
	text(*bpf.TextHead, []byte)
	exit(*bpf.ExitEvent)
	cpu(*bpf.CPUEvent)
	access(*bpf.AccessEvent)
	held(*bpf.HeldEvent)
	op(*bpf.OpEvent)
	note(*bpf.NoteEvent)
}

// decode hands one record of the ring to e. It returns the record's type, and
// errEvent when the record is too short for what it says it is.
func decode(raw []byte, e events) (uint8, error) {
	h := view[bpf.Header](raw)
	if h == nil {
		return 0, fmt.Errorf("%w: %d bytes", errEvent, len(raw))
	}
	ok := true
	switch h.Type {
	case bpf.EventAccess:
		ok = give(raw, e.access)
	case bpf.EventPath:
		p := view[bpf.PathHead](raw)
		if p == nil || int(p.Len) > len(raw)-int(unsafe.Sizeof(*p)) || p.Rest > p.Len {
			ok = false
			break
		}
		e.path(p, raw[unsafe.Sizeof(*p):][:p.Len])
	case bpf.EventText:
		t := view[bpf.TextHead](raw)
		if t == nil || uint64(t.Len) > uint64(len(raw))-uint64(unsafe.Sizeof(*t)) {
			ok = false
			break
		}
		e.text(t, raw[unsafe.Sizeof(*t):][:t.Len])
	case bpf.EventFork:
		ok = give(raw, e.fork)
	case bpf.EventExec:
		ok = give(raw, e.exec)
	case bpf.EventExit:
		ok = give(raw, e.exit)
	case bpf.EventCPU:
		ok = give(raw, e.cpu)
	case bpf.EventHeld:
		ok = give(raw, e.held)
	case bpf.EventOp:
		ok = give(raw, e.op)
	case bpf.EventNote:
		ok = give(raw, e.note)
	default:
		ok = false
	}
	if !ok {
		return h.Type, fmt.Errorf("%w: type %d, %d bytes", errEvent, h.Type, len(raw))
	}
	return h.Type, nil
}

// view reads raw as a T; nil when it is too short or not aligned for one.
func view[T any](raw []byte) *T {
	var t T
	if len(raw) < int(unsafe.Sizeof(t)) || uintptr(unsafe.Pointer(&raw[0]))%unsafe.Alignof(t) != 0 {
		return nil
	}
	return (*T)(unsafe.Pointer(&raw[0]))
}

func give[T any](raw []byte, to func(*T)) bool {
	t := view[T](raw)
	if t != nil {
		to(t)
	}
	return t != nil
}
