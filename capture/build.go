package capture

import (
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"buildgraph/bpf"
	"buildgraph/store"
)

// build is the state of a build as its events tell it: which processes live,
// what their present program images have done so far. What an image did is
// folded into one row a file and given to the sink when the image ends.
type build struct {
	sink   Sink
	base   int64             // CLOCK_BOOTTIME of the capture's beginning, ns
	live   func(store.Event) // nil: nobody watches
	shared *demux

	files    []*fileBlock     // what the sink calls the files of path ids, see file
	first    int              // the block of path ids that files begins with
	now      map[string]known // what a path leads to at present, where that is known
	running  int              // images
	gone     int              // processes whose CPU time is still to come
	nextID   store.ProcessID
	nextExec store.ExecID
	ops      int64

	newest     store.FileID // the last one that was new
	existing   int64        // files that exist or did
	folded     int64
	processes  int64
	execs      int64
	accesses   int64
	truncated  int64 // paths that could not be read whole
	unreadable int64
	uring      bool
	events     int64 // not counted in a capture
	last       int64 // when the last process that has ended did, ns since base
	said       map[said]bool

	watched *watched // nil in a capture
}

// said keeps a note from being made twice of one process.
type said struct {
	kind    string
	process store.ProcessID
	detail  string
}

// process is a process that has not been written yet.
type process struct {
	row   store.Process
	ppid  int
	build *build
	used  int64 // processor time when it was adopted, ns
	other bool  // in another mount namespace or root
}

// image is a program image that is running.
type image struct {
	id     uint32
	build  *build
	proc   *process
	row    store.Exec
	rows   map[store.FileID]int // where in access
	done   []store.Access
	folded []foldedUse
	text   [2][]byte    // argv, environment, while they arrive
	arg    []byte       // text that belongs to the event to come
	cwd    store.FileID // now
	shown  shown
}

// foldedUse is a way of using a file of which the kernel side has folded away
// more than it reported.
type foldedUse struct {
	key  bpf.FoldKey
	file store.FileID
}

// newBuild begins a build that uses no path id told before now.
func (d *demux) newBuild(sink Sink, base int64) *build {
	return &build{
		sink: sink, base: base, shared: d,
		first: int(d.names.newest / blockSize),
		now:   map[string]known{},
		said:  map[said]bool{},
	}
}

// at turns a kernel time into ns since the capture began; never 0, which
// stands for "not".
func (b *build) at(t uint64) int64 {
	return max(int64(t)-b.base, 1)
}

// newImage begins an image of p.
func (b *build) newImage(id uint32, p *process) *image {
	d := b.shared
	var im *image
	if n := len(d.spare); n > 0 {
		im = d.spare[n-1]
		d.spare = d.spare[:n-1]
	} else {
		im = &image{rows: map[store.FileID]int{}}
	}
	im.shown = shown{}
	im.id, im.build, im.proc = id, b, p
	d.images[id] = im
	b.running++
	b.nextExec++
	return im
}

// orphan makes an image for an event whose image is not known: its birth was lost
// to a full ring. What it did is kept all the same, under a process without one.
func (b *build) orphan(h *bpf.Header) *image {
	p := b.newProcess(0, nil, h.Time)
	im := b.newImage(h.Image, p)
	im.row = store.Exec{ID: b.nextExec, Process: p.row.ID, Start: b.at(h.Time)}
	return im
}

func (b *build) newProcess(pid uint32, parent *image, start uint64) *process {
	b.nextID++
	b.processes++
	p := &process{build: b, row: store.Process{ID: b.nextID, PID: int(pid), Start: b.at(start)}}
	if parent != nil {
		p.row.Parent = parent.proc.row.ID
		p.row.ForkedBy = parent.row.ID
		p.ppid = parent.proc.row.PID
		p.other = parent.proc.other
	}
	return p
}

// fork begins a process; parent is nil for the root.
func (b *build) fork(parent *image, e *bpf.ForkEvent) *process {
	if parent != nil {
		b.settle(parent)
	}
	p := b.newProcess(e.Pid, parent, e.H.Time)
	im := b.newImage(e.Child, p)
	im.row = store.Exec{ID: b.nextExec, Process: p.row.ID, Start: b.at(e.H.Time)}
	if parent != nil {
		im.row.Exe, im.row.Script = parent.row.Exe, parent.row.Script
		im.row.Argv, im.row.Env = parent.row.Argv, parent.row.Env
		im.row.Cwd, im.cwd = parent.cwd, parent.cwd
	}
	if b.live != nil {
		b.showFork(im, parent, e)
	}
	b.elsewhere(p, e.H.Flags&bpf.Elsewhere != 0)
	return p
}

func (b *build) exec(e *bpf.ExecEvent) {
	b.execs++
	old := b.shared.images[e.Old]
	var p *process
	seq := 1
	if old != nil {
		p = old.proc
		seq = old.row.Seq + 1
		p.row.Lost += int64(e.Lost)
		b.end(old, e.H.Time)
	} else {
		p = b.newProcess(e.Pid, nil, e.H.Time)
	}
	im := b.newImage(e.H.Image, p)
	im.row = store.Exec{
		ID: b.nextExec, Process: p.row.ID, Seq: seq,
		Exe: b.file(e.Exe), Cwd: b.file(e.Cwd), Start: b.at(e.H.Time),
	}
	im.cwd = im.row.Cwd
	exe := b.known(e.Exe)
	im.shown.exe = exe.file.Path
	b.use(im, exe, store.AccessExecute, e.H.Time)
	b.use(im, b.known(e.Interp), store.AccessExecute, e.H.Time)
	b.elsewhere(p, e.Mntns != 0)
}

func (b *build) text(im *image, h *bpf.TextHead, text []byte) {
	switch h.Kind {
	case bpf.TextArgv, bpf.TextEnv:
		buf := &im.text[h.Kind-bpf.TextArgv]
		*buf = append(*buf, text...)
		if h.H.Flags&bpf.TextFailed != 0 {
			b.unreadable++
		}
		if h.H.Flags&bpf.TextMore != 0 {
			return
		}
		if h.Kind == bpf.TextArgv {
			im.row.Argv = b.sink.Argv(*buf)
			if b.live != nil {
				im.shown.argv = store.Args(*buf)
			}
		} else {
			im.row.Env = b.sink.Env(*buf)
		}
		*buf = (*buf)[:0]
	default:
		im.arg = append(im.arg[:0], text...)
	}
}

func (b *build) exit(im *image, e *bpf.ExitEvent) {
	p := im.proc
	b.end(im, e.H.Time)
	p.row.End = b.at(e.H.Time)
	b.last = max(b.last, p.row.End)
	status := unix.WaitStatus(e.Status)
	if status.Signaled() {
		p.row.Signal = int(status.Signal())
	} else {
		p.row.ExitCode = status.ExitStatus()
	}
	if b.live != nil {
		b.showExit(im)
	}
	p.row.CPU = max(int64(e.Cpu)-p.used, 0)
	p.row.MaxRSS = int64(e.Rss) * int64(os.Getpagesize())
	p.row.Lost += int64(e.Lost)
	b.shared.gone[e.H.Image] = p
	b.gone++
}

func (b *build) cpu(p *process, e *bpf.CPUEvent) {
	delete(b.shared.gone, e.H.Image)
	b.gone--
	p.row.CPU = max(int64(e.Cpu)-p.used, 0)
	b.sink.Process(p.row)
}

func (b *build) op(im *image, e *bpf.OpEvent) {
	b.settle(im)
	kind := store.OpKind(e.H.Flags)
	one, two := b.renamed(kind, b.known(e.Path), b.known(e.Other))
	op := store.Op{Exec: im.row.ID, Time: b.at(e.H.Time), Kind: kind, File: one.id, Other: two.id}
	switch kind {
	case store.OpChdir:
		im.cwd = op.File
	case store.OpChroot:
		b.elsewhere(im.proc, true)
	case store.OpSymlink:
		op.Detail = string(im.arg)
	case store.OpChmod, store.OpMkdir, store.OpMknod:
		op.Detail = octal(e.Arg)
	case store.OpTruncate:
		op.Time = b.truncate(im, one, e.H.Time)
	}
	b.ops++
	op.Seq = b.ops
	b.sink.Op(op)
	if b.live != nil {
		b.showOp(im, &op, one.file, two.file)
	}
}

func (b *build) note(im *image, e *bpf.NoteEvent) {
	id := im.proc.row.ID
	switch e.Kind {
	case bpf.NoteIOUring:
		b.uring = true
		b.say(store.NoteIOUring, id, "", 1)
	case bpf.NoteRights:
		b.file(e.Path)
		b.say(store.NoteRights, id, "", 1)
	case bpf.NoteConnect:
		b.say(store.NoteDaemon, id, peer(im.arg), 1)
	case bpf.NoteMountNS:
		b.elsewhere(im.proc, true)
	case bpf.NotePath, bpf.NoteHeld:
		b.unreadable++
	}
}

// elsewhere notes once that the paths of p are those of another mount
// namespace or root.
func (b *build) elsewhere(p *process, yes bool) {
	if yes && !p.other {
		p.other = true
		b.say(store.NoteNamespace, p.row.ID, "", 1)
	}
}

func (b *build) say(kind string, p store.ProcessID, detail string, count int64) {
	key := said{kind, p, detail}
	if b.said[key] || len(b.said) > 1<<16 {
		return
	}
	b.said[key] = true
	b.sink.Note(store.Note{Kind: kind, Process: p, Detail: detail, Count: count})
}

// end writes what an image did. What the kernel side folded away is asked for
// now: the image can do no more.
func (b *build) end(im *image, t uint64) {
	b.settleNow(im)
	im.row.End = b.at(t)
	b.unfold(im)
	b.flush(im)
	delete(b.shared.images, im.id)
	b.running--
	im.done, im.folded = im.done[:0], im.folded[:0]
	clear(im.rows)
	if d := b.shared; len(d.spare) < 256 {
		d.spare = append(d.spare, im)
	}
}

// flush gives the sink the image's rows as they are.
func (b *build) flush(im *image) {
	b.sink.Exec(im.row)
	for i := range im.done {
		b.sink.Access(im.done[i])
	}
	b.accesses += int64(len(im.done))
}

// alive lists the processes that have not ended, by id.
func (b *build) alive() []*image {
	var live []*image
	for _, im := range b.shared.images {
		if im.build == b {
			live = append(live, im)
		}
	}
	slices.SortFunc(live, func(x, y *image) int { return int(x.proc.row.ID) - int(y.proc.row.ID) })
	return live
}

// owe charges lost events to the processes of the images, as far as anything of
// these was seen.
func (b *build) owe(lost map[uint32]uint32) {
	for id, n := range lost {
		if im := b.shared.images[id]; im != nil && im.build == b {
			im.proc.row.Lost += int64(n)
		} else if p := b.shared.gone[id]; p != nil && p.build == b {
			p.row.Lost += int64(n)
		}
	}
}

// expected lists the processes that have ended and whose CPU time has not come, by
// id.
func (b *build) expected() []*process {
	var rest []*process
	for _, p := range b.shared.gone {
		if p.build == b {
			rest = append(rest, p)
		}
	}
	slices.SortFunc(rest, func(x, y *process) int { return int(x.row.ID) - int(y.row.ID) })
	return rest
}

// finish writes what is still open: processes that outlived the capture and
// those whose CPU time never came.
func (b *build) finish(alive []*image, gone []*process) {
	for _, im := range alive {
		b.settleNow(im)
		b.unfold(im)
		b.flush(im)
		b.sink.Process(im.proc.row)
		b.say(store.NoteAlive, im.proc.row.ID, "", 1)
	}
	for _, p := range gone {
		b.sink.Process(p.row)
	}
}

func octal(mode uint32) string {
	const digits = "01234567"
	out := []byte{'0'}
	for shift := 9; shift >= 0; shift -= 3 {
		if d := mode >> shift & 7; d != 0 || len(out) > 1 {
			out = append(out, digits[d])
		}
	}
	return string(out)
}
