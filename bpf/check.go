package bpf

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
)

// Tracepoint is one place in the kernel that a capture listens at.
type Tracepoint struct {
	Name string // the kernel's name of it
	For  string // what is learnt there
	Err  error  // why it cannot be used; nil: it can
}

// tracepoints are the programs by the tracepoints they attach to.
var tracepoints = []struct{ program, point, purpose string }{
	{"process_fork", "sched_process_fork", "processes that start"},
	{"process_exec", "sched_process_exec", "programs that are executed"},
	{"process_exit", "sched_process_exit", "processes that end"},
	{"process_gone", "sched_switch", "CPU time of ended processes"},
	{"signal_sent", "signal_generate", "signals that the build gets by itself"},
	{"sys_exit", "sys_exit", "files that are used"},
}

// HasBTF says whether the kernel describes its types, without which no program
// can be loaded.
func HasBTF() error {
	_, err := btf.LoadKernelSpec()
	if err != nil {
		return fmt.Errorf("reading the kernel's type information: %w", err)
	}
	return nil
}

// Check tries every tracepoint by itself: loads its program, attaches it and
// takes it away again. The error is about what comes before that: the maps, the
// ring of so many bytes.
func Check(ringBytes int) ([]Tracepoint, error) {
	var out []Tracepoint
	for _, t := range tracepoints {
		spec, err := loadTrace()
		if err != nil {
			return nil, fmt.Errorf("reading the embedded BPF programs: %w", err)
		}
		spec.Maps[traceMapEvents].MaxEntries = uint32(ringBytes)
		for name := range spec.Programs {
			if name != t.program {
				delete(spec.Programs, name)
			}
		}
		out = append(out, Tracepoint{Name: t.point, For: t.purpose, Err: try(spec, t.program)})
	}
	return out, nil
}

func try(spec *ebpf.CollectionSpec, program string) error {
	c, err := ebpf.NewCollection(spec)
	if err != nil {
		return refusal("loading its program", err)
	}
	defer c.Close()
	l, err := link.AttachTracing(link.TracingOptions{Program: c.Programs[program]})
	if err != nil {
		return refusal("attaching its program", err)
	}
	return l.Close()
}

// CheckNames says whether the kernel side can resolve names by itself.
func CheckNames(ringBytes int) (bool, error) {
	p, err := Load(Options{RingBytes: ringBytes})
	if err != nil {
		return false, err
	}
	defer p.Close()
	return p.InKernelNames, nil
}

// CheckRing makes a ring of so many bytes and frees it.
func CheckRing(size int) error {
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.RingBuf, MaxEntries: uint32(size)})
	if err != nil {
		return refusal("making the event ring", err)
	}
	return m.Close()
}
