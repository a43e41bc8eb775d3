package store

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	batchRows   = 1024 // rows handed over at a time
	queueLength = 256  // batches that may wait: about 20 MB
	sortedRows  = 4096 // accesses sorted together
	commitRows  = 1 << 18
	cacheKiB    = 64 << 10 // of a reader

	// What is being written is appended, so that pages are not needed again: a
	// small cache, whose pages are soon used anew, spares the page faults of a
	// large one. To build the indexes of many rows takes more.
	writeCacheKiB   = 1 << 10
	indexCacheKiB   = 16 << 10
	checkpointPages = 64 << 20 / pageSize // the log is folded into the database at 64 MiB
)

// commitEvery bounds what a killed capture loses. Tests shorten it.
var commitEvery = time.Second

// Writer writes a trace. Its methods are called from one goroutine; they intern
// strings, queue rows and return. A goroutine of the writer's own holds the one
// connection and commits about once a second. After the first failure, which
// Err and Finish return, they do nothing; interning then gives 0.
type Writer struct {
	path     string
	locked   *os.File // the trace, see lock.go; nil when it is no longer locked
	keepLock bool

	queue  chan *batch
	done   chan error
	failed atomic.Pointer[error]

	mu      sync.Mutex // guards current, which the loop takes when a second has passed
	current *batch
	pool    sync.Pool

	digester digester
	files    map[digest]FileID
	kinds    []FileKind // by FileID
	argvs    map[digest]ArgvID
	envs     map[digest]EnvID  // whole blocks
	envVars  map[digest]uint32 // env_var.id
	envLists map[digest]EnvID  // lists of env_var.id
	tag      string
	list     []byte   // buffer for one such list
	last     []envRef // the variables of the environment before
	lastText []byte   // their text
	next     []envRef

	ended bool
	final func(*loop) error // what the loop does when the queue is closed
}

// batch is what goes to the loop at a time.
type batch struct {
	rows      int
	processAt map[ProcessID]int // where each is in processes
	execAt    map[ExecID]int
	files     []File
	argvs     []textRow
	envVars   []textRow
	envs      []envRow
	processes []Process
	execs     []Exec
	accesses  []Access
	held      []Held
	ops       []Op
	notes     []Note
	losses    []Loss
	syscalls  []Syscall
	counted   bool // system calls were, though there may be none
}

type textRow struct {
	id   uint32
	text string
}

// envRef is one variable of the environment before: text[from:to].
type envRef struct {
	from, to int
	id       uint32
}

type envRow struct {
	id   EnvID
	vars string // JSON
	made EnvMake
}

func (w *Writer) newBatch() *batch {
	if b, ok := w.pool.Get().(*batch); ok {
		return b
	}
	return &batch{processAt: map[ProcessID]int{}, execAt: map[ExecID]int{}}
}

func (w *Writer) recycle(b *batch) {
	clear(b.files) // the strings
	clear(b.ops)
	clear(b.processAt)
	clear(b.execAt)
	*b = batch{
		processAt: b.processAt, execAt: b.execAt,
		files: b.files[:0], processes: b.processes[:0], execs: b.execs[:0], accesses: b.accesses[:0],
		held: b.held[:0], ops: b.ops[:0],
	}
	w.pool.Put(b)
}

// Err is the first failure, such as a full disk, or nil.
func (w *Writer) Err() error {
	if e := w.failed.Load(); e != nil && e != &errEnded {
		return *e
	}
	return nil
}

// begin returns the batch to append a row to, locked, or nil after a failure.
func (w *Writer) begin() *batch {
	if w.failed.Load() != nil {
		return nil
	}
	w.mu.Lock()
	return w.current
}

// end unlocks the batch and hands it over when it is full.
func (w *Writer) end(b *batch) {
	b.rows++
	if b.rows >= batchRows {
		w.current = w.newBatch()
		w.queue <- b
	}
	w.mu.Unlock()
}

// Process writes a process, in place of an earlier row with the same ID.
func (w *Writer) Process(p Process) {
	b := w.begin()
	if b == nil {
		return
	}
	// Most processes end before the row of their beginning was written.
	if at, ok := b.processAt[p.ID]; ok {
		b.processes[at] = p
	} else {
		b.processAt[p.ID] = len(b.processes)
		b.processes = append(b.processes, p)
	}
	w.end(b)
}

// Exec writes an exec, in place of an earlier row with the same ID.
func (w *Writer) Exec(e Exec) {
	b := w.begin()
	if b == nil {
		return
	}
	if at, ok := b.execAt[e.ID]; ok {
		b.execs[at] = e
	} else {
		b.execAt[e.ID] = len(b.execs)
		b.execs = append(b.execs, e)
	}
	w.end(b)
}

// Access writes an access, in place of an earlier row with the same Exec and
// File.
func (w *Writer) Access(a Access) {
	if b := w.begin(); b != nil {
		if b.accesses == nil {
			b.accesses = make([]Access, 0, batchRows) // growing it would touch twice the memory
		}
		b.accesses = append(b.accesses, a)
		w.end(b)
	}
}

// Held writes a descriptor, in place of an earlier row with the same Exec and FD.
func (w *Writer) Held(h Held) {
	if b := w.begin(); b != nil {
		b.held = append(b.held, h)
		w.end(b)
	}
}

// Op writes an operation, in place of an earlier row with the same Seq.
func (w *Writer) Op(o Op) {
	if b := w.begin(); b != nil {
		b.ops = append(b.ops, o)
		w.end(b)
	}
}

// Note adds a note.
func (w *Writer) Note(n Note) {
	if b := w.begin(); b != nil {
		b.notes = append(b.notes, n)
		w.end(b)
	}
}

// Loss adds a count of lost events.
func (w *Writer) Loss(l Loss) {
	if b := w.begin(); b != nil {
		b.losses = append(b.losses, l)
		w.end(b)
	}
}

// Finish writes the rows that wait, the indexes and the final meta, and leaves
// one file. After a failure it returns that failure; the trace then holds what
// was committed before it and calls itself unfinished.
func (w *Writer) Finish(m Meta) error {
	if w.ended {
		return w.Err()
	}
	err := w.stop(func(l *loop) error { return l.finish(m) })
	if !w.keepLock {
		w.Unlock()
	}
	if err != nil {
		return fmt.Errorf("writing the trace %s: %w", w.path, err)
	}
	return nil
}

// Unlock lets another capture replace the trace, which must be finished; it is
// only needed with KeepLock.
func (w *Writer) Unlock() {
	if w.ended && w.locked != nil {
		w.locked.Close()
		w.locked = nil
	}
}

// Abort ends the trace and removes its files.
func (w *Writer) Abort() error {
	if w.ended {
		return nil
	}
	defer w.Unlock()
	return w.stop(func(l *loop) error {
		_ = l.closeAll()
		if err := removeTrace(w.path); err != nil {
			return fmt.Errorf("removing the trace: %w", err)
		}
		return nil
	})
}

func (w *Writer) stop(final func(*loop) error) error {
	w.ended = true
	w.final = final
	w.mu.Lock()
	last := w.current
	w.current = nil
	w.mu.Unlock()
	w.queue <- last
	close(w.queue)
	err := <-w.done
	if err != nil {
		w.failed.CompareAndSwap(nil, &err)
	} else {
		w.failed.CompareAndSwap(nil, &errEnded)
	}
	return err
}

// errEnded stands in for a failure in a writer that has ended.
var errEnded = errors.New("the trace was ended")
