package bpf

import (
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
)

// The wire types are generated (wire.h says what each field is); these are the
// names that the rest of the program has for them.
type (
	// Header begins every event.
	Header = traceHeader
	// PathHead says what a path id stands for; the path follows it.
	PathHead = tracePathHead
	// ForkEvent is a new process.
	ForkEvent = traceForkEvent
	// ExecEvent is a new program image.
	ExecEvent = traceExecEvent
	// TextHead is a piece of argv, environment or a symlink's text, which follows it.
	TextHead = traceTextHead
	// ExitEvent is the end of a process.
	ExitEvent = traceExitEvent
	// CPUEvent is the CPU time of an ended process, settled.
	CPUEvent = traceCpuEvent
	// AccessEvent is a way in which an image used a file.
	AccessEvent = traceAccessEvent
	// HeldEvent is a descriptor open at exec.
	HeldEvent = traceHeldEvent
	// OpEvent is a change of names, metadata or the working directory.
	OpEvent = traceOpEvent
	// NoteEvent is something that was not wholly seen.
	NoteEvent = traceNoteEvent
	// Counts is what the kernel side counted.
	Counts = traceCounts
	// FoldKey names a way of using a file whose repetitions are folded.
	FoldKey = traceFoldKey
	// Fold is what was folded of it.
	Fold = traceFold
	// Received is what the build's root got of one signal.
	Received = traceReceived
)

// Types of events, as in Header.Type.
const (
	EventPath   = uint8(traceEventTypeEVENT_PATH)
	EventFork   = uint8(traceEventTypeEVENT_FORK)
	EventExec   = uint8(traceEventTypeEVENT_EXEC)
	EventText   = uint8(traceEventTypeEVENT_TEXT)
	EventExit   = uint8(traceEventTypeEVENT_EXIT)
	EventCPU    = uint8(traceEventTypeEVENT_CPU)
	EventAccess = uint8(traceEventTypeEVENT_ACCESS)
	EventHeld   = uint8(traceEventTypeEVENT_HELD)
	EventOp     = uint8(traceEventTypeEVENT_OP)
	EventNote   = uint8(traceEventTypeEVENT_NOTE)
	EventTypes  = int(traceEventTypeEVENT_TYPES)
)

// Flags of PathHead.
const (
	PathTruncated  = uint8(tracePathFlagPATH_TRUNCATED)
	PathDeleted    = uint8(tracePathFlagPATH_DELETED)
	PathAbsent     = uint8(tracePathFlagPATH_ABSENT)
	PathUnresolved = uint8(tracePathFlagPATH_UNRESOLVED)
	PathDetached   = uint8(tracePathFlagPATH_DETACHED)
)

// Kinds and flags of texts.
const (
	TextArgv    = uint32(traceTextKindTEXT_ARGV)
	TextEnv     = uint32(traceTextKindTEXT_ENV)
	TextSymlink = uint32(traceTextKindTEXT_SYMLINK)
	TextNote    = uint32(traceTextKindTEXT_NOTE)

	TextMore   = uint8(traceTextFlagTEXT_MORE)
	TextFailed = uint8(traceTextFlagTEXT_FAILED)
)

// Flags of accesses. AccessFolding is no use of the file: the kernel side has
// begun to fold such uses, and Programs.Fold knows of them. AccessMaybe is one
// only if the file is a #! script; AccessScript is the one that the image runs.
// AccessByFD is a use through a descriptor, which may have been reported before.
const (
	AccessFolding = uint8(traceAccessFlagACCESS_FOLDING)
	AccessMaybe   = uint8(traceAccessFlagACCESS_MAYBE)
	AccessScript  = uint8(traceAccessFlagACCESS_SCRIPT)
	AccessByFD    = uint8(traceAccessFlagACCESS_BY_FD)
)

// ExecAdopted says among the flags of an ExecEvent that nothing was executed: it
// describes an image that ran when it was first seen.
const ExecAdopted = uint8(traceExecFlagEXEC_ADOPTED)

// Kinds of notes.
const (
	NoteIOUring = uint32(traceNoteKindNOTE_IO_URING)
	NoteRights  = uint32(traceNoteKindNOTE_RIGHTS)
	NoteConnect = uint32(traceNoteKindNOTE_CONNECT)
	NoteMountNS = uint32(traceNoteKindNOTE_MOUNT_NS)
	NotePath    = uint32(traceNoteKindNOTE_PATH)
	NoteHeld    = uint32(traceNoteKindNOTE_HELD)
)

// ErrPrivileges is wrapped by what Load returns when the kernel refused for
// want of capabilities.
var ErrPrivileges = errors.New("not permitted to load BPF programs")

// Options are what Load sets before the programs run.
type Options struct {
	RingBytes  int      // size of the event ring, a power of two of whole pages
	Count      Counting // what to count of system calls
	CountSlots uint32   // for so many (program, call, processor); 0: enough for this machine

	// Watching makes what this process starts, but for what Arm was called for,
	// never part of a build.
	Watching bool
	// Triggers are up to [MaxTriggers] names: whatever process is executed by one
	// of them, anywhere, and belongs to no build yet, is the root of a new one.
	Triggers []string
	// Target is a process that runs already, for Adopt; 0: none.
	Target int
}

// Programs are the loaded and attached programs of one capture. Nothing is
// reported until Arm.
type Programs struct {
	Events *ebpf.Map // the ring
	objs   objects
	links  []link.Link

	counter *counter // nil: system calls are not counted

	// InKernelNames says that names without a descriptor are resolved by the
	// kernel side. When false each such path arrives as PathUnresolved.
	InKernelNames bool
}

// Load loads and attaches the programs. The error says what the kernel
// refused; errors.Is(err, ErrPrivileges) when that was permission.
func Load(o Options) (*Programs, error) {
	spec, err := loadTrace()
	if err != nil {
		return nil, fmt.Errorf("reading the embedded BPF programs: %w", err)
	}
	spec.Maps[traceMapEvents].MaxEntries = uint32(o.RingBytes)
	for _, v := range append(o.watch(), []variable{
		{"calls", table(common, own)},
		{"calls32", table(compat)},
		{"spawner", uint32(os.Getpid())},
		{"wake_at", uint64(o.RingBytes / 4)},
		{"own_mntns", mountNamespace()},
	}...) {
		if err := spec.Variables[v.name].Set(v.value); err != nil {
			return nil, fmt.Errorf("configuring the BPF programs (%s): %w", v.name, err)
		}
	}
	p := &Programs{}
	types := btf.NewCache() // the kernel's are read once for both objects
	if err := p.objs.load(spec, o.Target != 0, types); err != nil {
		return nil, refusal("loading BPF programs", err)
	}
	p.Events = p.objs.Events
	if err := p.learnNames(); err != nil {
		p.Close()
		return nil, err
	}
	for _, prog := range []*ebpf.Program{
		p.objs.ProcessFork, p.objs.ProcessExec, p.objs.ProcessExit,
		p.objs.ProcessGone, p.objs.SignalSent, p.objs.SysExit,
	} {
		if err := p.attach(prog); err != nil {
			p.Close()
			return nil, err
		}
	}
	if o.Count != CountNothing {
		if p.counter, err = loadCounter(p.objs.Procs, o, types); err != nil {
			p.Close()
			return nil, err
		}
	}
	return p, nil
}

func (p *Programs) attach(prog *ebpf.Program) error {
	l, err := link.AttachTracing(link.TracingOptions{Program: prog})
	if err != nil {
		return refusal("attaching a BPF program", err)
	}
	p.links = append(p.links, l)
	return nil
}

// learnNames makes the kernel side able to resolve names.
func (p *Programs) learnNames() error {
	if err := p.objs.Sampling.Set(uint32(os.Getpid())); err != nil {
		return fmt.Errorf("setting up BPF programs: %w", err)
	}
	l, err := link.AttachTracing(link.TracingOptions{Program: p.objs.SampleDentry})
	if err != nil {
		return refusal("attaching a BPF program", err)
	}
	sampled()
	if err := l.Close(); err != nil {
		return fmt.Errorf("detaching a BPF program: %w", err)
	}
	var n uint32
	var samples [64]traceSample
	if err := errors.Join(p.objs.SampleCount.Get(&n), p.objs.Samples.Get(&samples)); err != nil {
		return fmt.Errorf("reading from BPF programs: %w", err)
	}
	at, shift, err := dentryTable(samples[:min(int(n), len(samples))])
	if errors.Is(err, errNoTable) {
		return nil // names will be resolved by the capture
	}
	p.InKernelNames = true
	return errors.Join(p.objs.HashShift.Set(shift), p.objs.HashTable.Set(at))
}

// Arm makes the next process that this process starts the root of the build.
func (p *Programs) Arm() error { return p.objs.Armed.Set(uint32(1)) }

// Root gives the PID of the root of the build; 0 before it was started.
func (p *Programs) Root() (pid int, err error) {
	var v uint32
	err = p.objs.RootTgid.Get(&v)
	return int(v), err
}

// Received tells when the build's root process last got the signal from
// somebody else than this process, in ns of CLOCK_BOOTTIME, and how often.
func (p *Programs) Received(signal int) (Received, error) {
	var r Received
	err := p.objs.Signals.Lookup(uint32(signal), &r)
	return r, err
}

// Fold looks up what was folded away of one access; ok is false when nothing
// is known of it any more.
func (p *Programs) Fold(k FoldKey) (f Fold, ok bool) {
	return f, p.objs.Folds.Lookup(&k, &f) == nil
}

// Counts adds up what the programs counted on all processors.
func (p *Programs) Counts() (Counts, error) {
	var per []Counts
	if err := p.objs.Counters.Lookup(uint32(0), &per); err != nil {
		return Counts{}, fmt.Errorf("reading the event counters: %w", err)
	}
	var sum Counts
	for _, c := range per {
		for i := range c.Emitted {
			sum.Emitted[i] += c.Emitted[i]
			sum.Lost[i] += c.Lost[i]
		}
		sum.Folded += c.Folded
		sum.Unreadable += c.Unreadable
		sum.Full += c.Full
	}
	return sum, nil
}

// Unreported gives how many events of an image were lost, by image, for those
// whose end was not told: it was lost as well, or is still to come.
func (p *Programs) Unreported() (map[uint32]uint32, error) {
	sum := map[uint32]uint32{}
	var image, lost, pid uint32
	owed := p.objs.Unreported.Iterate()
	for owed.Next(&image, &lost) {
		sum[image] += lost
	}
	var running traceProc
	procs := p.objs.Procs.Iterate()
	for procs.Next(&pid, &running) {
		if running.Lost > 0 {
			sum[running.Who.Image] += running.Lost
		}
	}
	if err := errors.Join(owed.Err(), procs.Err()); err != nil {
		return sum, fmt.Errorf("reading whose events were lost: %w", err)
	}
	return sum, nil
}

// Missed counts runs of the programs that the kernel skipped because one was
// already running on that processor (bpf_prog_info.recursion_misses): events
// that nobody saw.
func (p *Programs) Missed() (uint64, error) {
	var sum uint64
	progs := []*ebpf.Program{p.objs.ProcessFork, p.objs.ProcessExec, p.objs.ProcessExit, p.objs.SysExit}
	if c := p.counter; c != nil {
		progs = append(progs, c.objs.ProgramBegins, c.objs.CallBegins, c.objs.CallEnds)
	}
	for _, prog := range progs {
		stats, err := prog.Stats()
		if err != nil {
			return sum, fmt.Errorf("asking for missed BPF runs: %w", err)
		}
		sum += stats.RecursionMisses
	}
	return sum, nil
}

// Detach stops the programs; what they have sent can still be read.
func (p *Programs) Detach() {
	for _, l := range p.links {
		l.Close()
	}
	p.links = nil
	if p.counter != nil {
		p.counter.detach()
	}
}

// Close detaches and frees everything.
func (p *Programs) Close() {
	p.Detach()
	if p.counter != nil {
		p.counter.close()
	}
	p.objs.Close()
}
