package graph

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"buildgraph/store"
)

// forever is later than any time in a trace.
const forever = math.MaxInt64

// trace is a source with what has been read of it. Lookups do not return
// errors: the first failure is kept in err, after which they find nothing, and
// each question ends by asking for it (see done).
type trace struct {
	src   Source
	meta  store.Meta
	err   error
	snap  *snapshot // src, where it is a snapshot: its rows need no second cache
	byRow []*object // of a snapshot, by FileID

	files    map[store.FileID]store.File
	procs    map[store.ProcessID]*process
	execs    map[store.ExecID]*image
	kids     map[store.ProcessID][]store.Process
	accesses map[store.ExecID][]store.Access
	wrote    map[store.ExecID][]store.Access // those that wrote
	opsOf    map[store.ExecID][]store.Op
	ops      map[store.FileID][]store.Op
	byPath   map[string][]store.File
	envs     map[store.EnvID]store.EnvMake

	objects  map[inode]*object
	unnamed  map[store.FileID]*object // those without an inode
	holders  map[string]holding
	moves    map[string][]move // of directories, by the name they had
	arrivals map[string][]move // of directories, by the name they got
	tools    map[store.FileID]toolKind
	namedBy  map[store.FileID]bool // see named

	attribution *attribution
	ran         *extent            // see extent; nil until asked for
	handed      map[accessKey]bool // see handedDown
	recipeIDs   map[store.ProcessID]uint32
	recipeRows  map[uint32]store.Recipe
	used        map[uint32]*inputs
	tempDirs    []string
	own         map[string]bool // the trace file's own names
	toolOutput  map[*object]bool
	uses        map[store.FileID]*Use // see useOf; nil for what is no input
}

// accessKey names an access.
type accessKey struct {
	exec store.ExecID
	file store.FileID
}

// process is a process with its program images in order.
type process struct {
	store.Process
	images []*image
	wrote  map[*object]int64 // see trace.wroteFirst; nil until asked for
}

// image is one program image, with what kind of build tool it is.
type image struct {
	store.Exec
	tool  toolKind
	child *process // the process it is an image of

	copies     []store.Op // see trace.copied, which is asked for each of its reads
	haveCopies bool
}

func newTrace(src Source) *trace {
	t := &trace{
		src:      src,
		meta:     src.Meta(),
		files:    map[store.FileID]store.File{},
		procs:    map[store.ProcessID]*process{},
		execs:    map[store.ExecID]*image{},
		kids:     map[store.ProcessID][]store.Process{},
		accesses: map[store.ExecID][]store.Access{},
		wrote:    map[store.ExecID][]store.Access{},
		opsOf:    map[store.ExecID][]store.Op{},
		ops:      map[store.FileID][]store.Op{},
		byPath:   map[string][]store.File{},
		envs:     map[store.EnvID]store.EnvMake{},
		uses:     map[store.FileID]*Use{},
		objects:  map[inode]*object{},
		unnamed:  map[store.FileID]*object{},
		holders:  map[string]holding{},
		moves:    map[string][]move{},
		arrivals: map[string][]move{},
		tools:    map[store.FileID]toolKind{},
		namedBy:  map[store.FileID]bool{},

		handed:     map[accessKey]bool{},
		recipeIDs:  map[store.ProcessID]uint32{},
		recipeRows: map[uint32]store.Recipe{},
		used:       map[uint32]*inputs{},
	}
	return t
}

// fail keeps the first error of a question. A row that is not there is none.
func (t *trace) fail(doing string, err error) {
	if err != nil && t.err == nil && !errors.Is(err, store.ErrUnknown) {
		t.err = fmt.Errorf("%s: %w", doing, err)
	}
}

// done returns the first error since the last done, and forgets it.
func (t *trace) done() error {
	err := t.err
	t.err = nil
	return err
}

// got is the value of a lookup, or the zero value after a failure.
func got[T any](t *trace, doing string, v T, err error) T {
	if err != nil {
		t.fail(doing, err)
		var zero T
		return zero
	}
	return v
}

func (t *trace) file(id store.FileID) store.File {
	if t.snap != nil && int(id) < len(t.snap.files) {
		return t.snap.files[id]
	}
	if f, ok := t.files[id]; ok || id == 0 {
		return f
	}
	f, err := t.src.File(id)
	t.files[id] = got(t, "reading a file row of the trace", f, err)
	return t.files[id]
}

// path is the path of a file, "" for none.
func (t *trace) path(id store.FileID) string { return t.file(id).Path }

// filesAt lists the inodes that had a path, without names that were only looked
// for in vain.
func (t *trace) filesAt(path string) []store.File {
	if fs, ok := t.byPath[path]; ok {
		return fs
	}
	all, err := t.src.FilesByPath(path)
	all = got(t, "looking up a path in the trace", all, err)
	fs := make([]store.File, 0, len(all))
	for _, f := range all {
		if f.Kind != store.KindAbsent {
			fs = append(fs, f)
		}
	}
	t.byPath[path] = fs
	return fs
}

// process returns a process with its images, nil where the trace has none.
func (t *trace) process(id store.ProcessID) *process {
	if p, ok := t.procs[id]; ok || id == 0 {
		return p
	}
	row, err := t.src.Process(id)
	row = got(t, "reading a process of the trace", row, err)
	execs, err := t.src.ExecsOf(id)
	execs = got(t, "reading the execs of a process", execs, err)
	if row.ID == 0 && len(execs) == 0 {
		t.procs[id] = nil
		return nil
	}
	row.ID = id
	return t.adopt(row, execs)
}

// adopt keeps a process and its images.
func (t *trace) adopt(row store.Process, execs []store.Exec) *process {
	p := &process{Process: row}
	slices.SortFunc(execs, func(a, b store.Exec) int { return a.Seq - b.Seq })
	for _, e := range execs {
		im := &image{Exec: e, child: p}
		// A process forked by a build tool is not the tool, though until its
		// first exec it runs the tool's image. The first process was forked
		// by nobody in the trace.
		if e.Seq > 0 || row.Parent == 0 {
			im.tool = t.toolOf(e.Exe)
		}
		p.images = append(p.images, im)
		t.execs[e.ID] = im
	}
	t.procs[row.ID] = p
	return p
}

// exec returns a program image, nil where the trace has none.
func (t *trace) exec(id store.ExecID) *image {
	if e, ok := t.execs[id]; ok || id == 0 {
		return e
	}
	e, err := t.src.Exec(id)
	if e = got(t, "reading an exec of the trace", e, err); e.ID != 0 {
		t.process(e.Process)
	}
	if t.execs[id] == nil {
		t.execs[id] = nil // not asked for again
	}
	return t.execs[id]
}

// parentImage is the image that forked a process, nil where that is not known. A
// parent is older than its child, whatever a damaged trace says: going up ends.
func (t *trace) parentImage(p *process) *image {
	by := t.exec(p.ForkedBy)
	if by == nil || cmp.Or(cmp.Compare(by.child.Start, p.Start), cmp.Compare(by.child.ID, p.ID)) >= 0 {
		return nil
	}
	return by
}

// children lists the processes that a process forked.
func (t *trace) children(id store.ProcessID) []store.Process {
	if kids, ok := t.kids[id]; ok {
		return kids
	}
	kids, err := t.src.Children(id)
	t.kids[id] = got(t, "reading the children of a process", kids, err)
	return t.kids[id]
}

// accessesOf lists what one image did to files.
func (t *trace) accessesOf(id store.ExecID) []store.Access {
	if as, ok := t.accesses[id]; ok {
		return as
	}
	as, err := t.src.AccessesOf(id)
	as = got(t, "reading the accesses of an exec", as, err)
	if t.snap == nil {
		t.accesses[id] = as
	}
	return as
}

// writesOf lists the accesses of one image that wrote.
func (t *trace) writesOf(id store.ExecID) []store.Access {
	if as, ok := t.accesses[id]; ok {
		return onlyWrites(as)
	}
	if as, ok := t.wrote[id]; ok {
		return as
	}
	if w, ok := t.src.(writesOf); ok {
		as, err := w.WritesOf(id)
		as = got(t, "reading the writes of an exec", as, err)
		if t.snap == nil {
			t.wrote[id] = as
		}
		return as
	}
	return onlyWrites(t.accessesOf(id))
}

// writesTo lists the accesses to one file row that wrote.
func (t *trace) writesTo(id store.FileID) []store.Access {
	if w, ok := t.src.(writesTo); ok {
		as, err := w.WritesTo(id)
		return got(t, "reading the writes to a file", as, err)
	}
	return onlyWrites(t.accessesTo(id))
}

func (t *trace) accessesTo(id store.FileID) []store.Access {
	as, err := t.src.AccessesTo(id)
	return got(t, "reading the accesses to a file", as, err)
}

func onlyWrites(as []store.Access) []store.Access {
	var ws []store.Access
	for _, a := range as {
		if a.Kinds&writeKinds != 0 {
			ws = append(ws, a)
		}
	}
	return ws
}

// opsBy lists the operations of one image, in order.
func (t *trace) opsBy(id store.ExecID) []store.Op {
	if ops, ok := t.opsOf[id]; ok {
		return ops
	}
	ops, err := t.src.OpsOf(id)
	ops = got(t, "reading the operations of an exec", ops, err)
	if t.snap == nil {
		t.opsOf[id] = ops
	}
	return ops
}

// opsOn lists the operations on one file row, in order.
func (t *trace) opsOn(id store.FileID) []store.Op {
	if ops, ok := t.ops[id]; ok {
		return ops
	}
	ops, err := t.src.OpsOn(id)
	ops = got(t, "reading the operations on a file", ops, err)
	if t.snap == nil {
		t.ops[id] = ops
	}
	return ops
}

func (t *trace) argv(id store.ArgvID) []string {
	if id == 0 {
		return nil
	}
	argv, err := t.src.Argv(id)
	return got(t, "reading an argument vector", argv, err)
}

// envMake returns what make put into an environment.
func (t *trace) envMake(id store.EnvID) store.EnvMake {
	if e, ok := t.envs[id]; ok || id == 0 {
		return e
	}
	e, err := t.src.EnvMake(id)
	t.envs[id] = got(t, "reading an environment", e, err)
	return t.envs[id]
}

// endOf is when an image ended, as far as is known.
func (t *trace) endOf(im *image) int64 {
	switch {
	case im == nil:
		return forever
	case im.End != 0:
		return im.End
	case im.child.End != 0:
		return im.child.End
	}
	return forever
}
