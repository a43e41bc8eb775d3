package bpf

import (
	"errors"
	"fmt"
	"io"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
)

// objects are what is loaded: every map, and the programs that are wanted.
type objects struct {
	traceMaps
	traceVariables
	tracers
	adopters
}

// tracers are the programs of every capture.
type tracers struct {
	ProcessFork  *ebpf.Program `ebpf:"process_fork"`
	ProcessExec  *ebpf.Program `ebpf:"process_exec"`
	ProcessExit  *ebpf.Program `ebpf:"process_exit"`
	ProcessGone  *ebpf.Program `ebpf:"process_gone"`
	SignalSent   *ebpf.Program `ebpf:"signal_sent"`
	SysExit      *ebpf.Program `ebpf:"sys_exit"`
	SampleDentry *ebpf.Program `ebpf:"sample_dentry"`
}

// adopters are the programs that find processes that run already. Loading them
// takes time, and most captures want none.
type adopters struct {
	AdoptTask *ebpf.Program `ebpf:"adopt_task"`
	AdoptMaps *ebpf.Program `ebpf:"adopt_maps"`
}

// load loads them; types are the kernel's.
func (o *objects) load(spec *ebpf.CollectionSpec, adopt bool, types *btf.Cache) error {
	options := &ebpf.CollectionOptions{Cache: types}
	if adopt {
		var all struct {
			traceMaps
			traceVariables
			tracers
			adopters
		}
		err := spec.LoadAndAssign(&all, options)
		*o = all
		return err
	}
	var most struct {
		traceMaps
		traceVariables
		tracers
	}
	err := spec.LoadAndAssign(&most, options)
	*o = objects{traceMaps: most.traceMaps, traceVariables: most.traceVariables, tracers: most.tracers}
	return err
}

// Close frees what was loaded.
func (o *objects) Close() {
	for _, p := range []*ebpf.Program{
		o.ProcessFork, o.ProcessExec, o.ProcessExit, o.ProcessGone, o.SignalSent, o.SysExit,
		o.SampleDentry, o.AdoptTask, o.AdoptMaps,
	} {
		p.Close() // nil: nothing happens
	}
	o.traceMaps.Close()
}

// Adopt makes Options.Target the root of a build, with all its descendants, and
// tells what they are and have open. found is how many processes it took.
func (p *Programs) Adopt() (found int, err error) {
	for {
		before := found
		if err := pass(p.objs.AdoptTask); err != nil {
			return found, err
		}
		var n uint32
		if err := p.objs.Adopted.Get(&n); err != nil {
			return found, fmt.Errorf("reading from BPF programs: %w", err)
		}
		if found = int(n); found == before {
			break
		}
	}
	if found == 0 {
		return 0, nil
	}
	return found, pass(p.objs.AdoptMaps)
}

// pass runs an iterator once.
func pass(program *ebpf.Program) error {
	it, err := link.AttachIter(link.IterOptions{Program: program})
	if err != nil {
		return refusal("attaching a BPF program", err)
	}
	r, err := it.Open()
	if err != nil {
		return errors.Join(refusal("running a BPF program", err), it.Close())
	}
	_, err = io.Copy(io.Discard, r)
	if err := errors.Join(err, r.Close(), it.Close()); err != nil {
		return fmt.Errorf("looking at the processes that run: %w", err)
	}
	return nil
}
