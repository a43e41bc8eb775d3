package bpf

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/cilium/ebpf"
)

// MaxTriggers is how many names can be waited for.
const MaxTriggers = 16

// NameBytes is how much of a program's name the kernel keeps (task_struct.comm,
// 16 bytes with a NUL): names are compared so far.
const NameBytes = 15

// Losses is what was lost of one build, by event type, and how many processes
// of it found no place in the table.
type Losses = traceLosses

// Elsewhere says among the flags of a ForkEvent that the process is in another
// mount namespace than its build's root, or a root in another one than we are.
const Elsewhere = uint8(1)

// variable is one that is set before the programs are loaded.
type variable struct {
	name  string
	value any
}

// watch gives what makes the programs look for builds by themselves.
func (o Options) watch() []variable {
	var table [MaxTriggers]traceTrigger
	n := uint32(0)
	for _, name := range o.Triggers[:min(len(o.Triggers), MaxTriggers)] {
		var comm [NameBytes + 1]byte
		copy(comm[:NameBytes], name)
		for i, c := range comm {
			table[n].Name[i/8] |= uint64(c) << (i % 8 * 8)
		}
		n++
	}
	watching := uint32(0)
	if o.Watching {
		watching = 1
	}
	return []variable{
		{"triggers", table}, {"trigger_count", n}, {"watching", watching},
		{"target", uint32(o.Target)},
	}
}

// mountNamespace is the inode number of our mount namespace, 0 when unknown.
func mountNamespace() uint32 {
	st, err := os.Stat("/proc/self/ns/mnt")
	if err != nil {
		return 0
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return uint32(sys.Ino)
}

// TriggerOf gives the index in Options.Triggers of the name that began a build,
// from the flags of its root's ForkEvent; -1: none did.
func TriggerOf(flags uint8) int { return int(flags>>1) - 1 }

// Begun is how many builds have begun since Load.
func (p *Programs) Begun() (uint32, error) {
	var n uint32
	err := p.objs.Builds.Get(&n)
	return n, err
}

// Over says of how many of the builds that have begun everything was taken. When
// none is left, system calls cost next to nothing.
func (p *Programs) Over(n uint32) error { return p.objs.Over.Set(n) }

// Lost gives what was lost of a build; of build 0 what is not known to be of one.
func (p *Programs) Lost(build uint16) (Losses, error) {
	var l Losses
	err := p.objs.Losses.Lookup(uint32(build), &l)
	if errors.Is(err, ebpf.ErrKeyNotExist) {
		return l, nil
	}
	return l, err
}

// Forget lets go of what was kept of a build that is over.
func (p *Programs) Forget(build uint16) error {
	err := p.objs.Losses.Delete(uint32(build))
	if errors.Is(err, ebpf.ErrKeyNotExist) {
		return nil
	}
	return err
}

// Follows says whether the process is one of the build's.
func (p *Programs) Follows(pid int, build uint16) bool {
	var proc traceProc
	return p.objs.Procs.Lookup(uint32(pid), &proc) == nil && proc.Who.Build == build && proc.Who.Image != 0
}

// Runs says whether the process is still what it was when the event came: that image,
// and no other that it has executed since.
func (p *Programs) Runs(pid int, image uint32) bool {
	var proc traceProc
	return p.objs.Procs.Lookup(uint32(pid), &proc) == nil && proc.Who.Image == image
}

// Release ends the watching of all processes of which unwanted says that their
// build is. A process that forks meanwhile can slip through, with its child: its
// events tell.
func (p *Programs) Release(unwanted func(build uint16) bool) error {
	for pass := 0; pass < 16; pass++ {
		var pid uint32
		var proc traceProc
		var found []uint32
		procs := p.objs.Procs.Iterate()
		for procs.Next(&pid, &proc) {
			if proc.Who.Image != 0 && unwanted(proc.Who.Build) {
				found = append(found, pid)
			}
		}
		if err := procs.Err(); err != nil && !errors.Is(err, ebpf.ErrIterationAborted) {
			return fmt.Errorf("reading the table of processes: %w", err)
		}
		if len(found) == 0 {
			return nil
		}
		for _, pid := range found {
			_ = p.objs.Procs.Delete(pid) // it may have ended
		}
	}
	return nil
}
