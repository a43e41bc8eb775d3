package bpf

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
)

// Counting says what is counted of the build's system calls.
type Counting uint8

// What is counted.
const (
	CountNothing Counting = iota
	CountCalls            // how often each was made, and how often it failed
	CountTime             // also how long it took, which costs a little more
)

// The 32-bit entry's mark in call_key.where, and the program that stands for all
// that were one too many (wire.h: CALL_COMPAT, PROGRAM_OTHER).
const (
	callCompat   = 0x8000
	programOther = 0xffff
)

// otherPrograms is what calls are counted under whose program's name found no
// place. It is longer than any name that the kernel gives.
const otherPrograms = "(other programs)"

// CallCount is how often one program made one system call.
type CallCount struct {
	Program string // as the kernel calls it since its exec: at most 15 bytes
	ABI     string // whose number it is: "amd64", "386", "arm64" or "arm"
	Number  int
	Calls   int64
	Errors  int64 // of these, that returned an error
	NS      int64 // spent in them, ns of wall time; 0 unless measured
}

// counter is the loaded part that counts system calls.
type counter struct {
	objs  countObjects
	links []link.Link
}

// countSlots is how many pairs of program and call there is room for: on every
// processor some hundred programs that make a hundred calls.
func countSlots() (uint32, error) {
	n, err := ebpf.PossibleCPU()
	if err != nil {
		return 0, fmt.Errorf("asking for the number of processors: %w", err)
	}
	return uint32(min(8192*n, 1<<18)), nil
}

// loadCounter loads and attaches what counts the calls of the processes in procs;
// types are the kernel's.
func loadCounter(procs *ebpf.Map, o Options, types *btf.Cache) (*counter, error) {
	spec, err := loadCount()
	if err != nil {
		return nil, fmt.Errorf("reading the embedded BPF programs: %w", err)
	}
	slots := o.CountSlots
	if slots == 0 {
		if slots, err = countSlots(); err != nil {
			return nil, err
		}
	}
	spec.Maps[countMapCallCounts].MaxEntries = slots
	spec.Maps[countMapProcs].MaxEntries = procs.MaxEntries()
	if o.Count == CountTime {
		if err := spec.Variables[countVarTimed].Set(uint32(1)); err != nil {
			return nil, fmt.Errorf("configuring the BPF programs (timed): %w", err)
		}
	}
	c := &counter{}
	err = spec.LoadAndAssign(&c.objs, &ebpf.CollectionOptions{
		MapReplacements: map[string]*ebpf.Map{countMapProcs: procs}, Cache: types,
	})
	if err != nil {
		return nil, refusal("loading the BPF programs that count system calls", err)
	}
	for _, prog := range []*ebpf.Program{c.objs.ProgramBegins, c.objs.CallBegins, c.objs.CallEnds} {
		l, err := link.AttachTracing(link.TracingOptions{Program: prog})
		if err != nil {
			c.close()
			return nil, refusal("attaching a BPF program that counts system calls", err)
		}
		c.links = append(c.links, l)
	}
	return c, nil
}

func (c *counter) detach() {
	for _, l := range c.links {
		l.Close()
	}
	c.links = nil
}

func (c *counter) close() {
	c.detach()
	c.objs.Close()
}

// names gives the programs by their ids.
func (c *counter) names() (map[uint16]string, error) {
	names := map[uint16]string{programOther: otherPrograms}
	var comm countComm
	var id uint32
	all := c.objs.Programs.Iterate()
	for all.Next(&comm, &id) {
		names[uint16(id)] = text(comm.Name[:])
	}
	return names, all.Err()
}

// text is a C string in a buffer.
func text(buf []int8) string {
	b := make([]byte, 0, len(buf))
	for _, c := range buf {
		if c == 0 {
			break
		}
		b = append(b, byte(c))
	}
	return string(b)
}

// SystemCalls gives what has been counted so far, added up over the processors,
// by program, ABI and number. It may be asked while the build runs, from any
// goroutine, until Close; no count ever falls. Nothing when nothing is counted.
func (p *Programs) SystemCalls() ([]CallCount, error) {
	if p.counter == nil {
		return nil, nil
	}
	sum := map[countCallKey]CallCount{}
	var cursor ebpf.MapBatchCursor
	keys := make([]countCallKey, 4096)
	values := make([]countCallCount, len(keys))
	for last := false; !last; {
		n, err := p.counter.objs.CallCounts.BatchLookup(&cursor, keys, values, nil)
		last = errors.Is(err, ebpf.ErrKeyNotExist)
		if err != nil && !last {
			return nil, fmt.Errorf("reading the counts of system calls: %w", err)
		}
		for i, k := range keys[:n] {
			k.Where &= callCompat
			c := sum[k]
			c.Calls += int64(values[i].Calls)
			c.Errors += int64(values[i].Errors)
			c.NS += int64(values[i].Ns)
			sum[k] = c
		}
	}
	// Asked for after the counts: every program that has any has a name by now.
	names, err := p.counter.names()
	if err != nil {
		return nil, fmt.Errorf("reading which programs made system calls: %w", err)
	}
	out := make([]CallCount, 0, len(sum))
	for k, c := range sum {
		c.Program, c.Number, c.ABI = names[k.Program], int(k.Number), abi(runtime.GOARCH, k.Where != 0)
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b CallCount) int {
		return cmp.Or(cmp.Compare(a.Program, b.Program), cmp.Compare(a.ABI, b.ABI), cmp.Compare(a.Number, b.Number))
	})
	return out, nil
}

// abi names the system call table of an entry into the kernel.
func abi(arch string, compat bool) string {
	if !compat {
		return arch
	}
	return map[string]string{"amd64": "386", "arm64": "arm"}[arch]
}

// NotCounted says how many system calls were made and are not in SystemCalls, or
// whose time is not: calls that found no place in the table, calls whose beginning
// could not be noted.
func (p *Programs) NotCounted() (calls, times int64, err error) {
	if p.counter == nil {
		return 0, 0, nil
	}
	var c, t uint64
	err = errors.Join(p.counter.objs.Uncounted.Get(&c), p.counter.objs.Untimed.Get(&t))
	if err != nil {
		return 0, 0, fmt.Errorf("reading how many system calls were not counted: %w", err)
	}
	return int64(c), int64(t), nil
}
