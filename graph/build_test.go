package graph

import (
	"cmp"
	"iter"
	"path"
	"slices"
	"strings"
	"testing"

	"buildgraph/store"
)

// build is a build told step by step, as a test's stand-in for a capture. Every
// step takes one tick of its clock. It keeps a small file system, so that inodes
// and their names behave as they do in a real one.
type build struct {
	t     *testing.T
	root  string
	clock int64
	meta  store.Meta

	files    []store.File
	procs    []store.Process
	execs    []store.Exec
	accesses []store.Access
	held     []store.Held
	ops      []store.Op
	argvs    [][]string
	envs     []store.EnvMake
	tmpdir   string
	search   string // PATH, where it matters

	names   map[string]uint64 // the file system: path to inode
	nextIno uint64
	kinds   map[uint64]store.FileKind
	access  map[[2]uint32]int

	lost map[uint32]bool // rows that are missing: processes, and execs from 1000

	recipes []store.Recipe // set by annotate
	members map[store.ProcessID]uint32
}

// proc is a process of the build.
type proc struct {
	b     *build
	id    store.ProcessID
	image store.ExecID
	cwd   string
	env   store.EnvMake
	argv  []string
	exe   string
}

func newBuild(t *testing.T, root string) *build {
	return &build{
		t: t, root: root, clock: 100,
		meta:    store.Meta{Root: root, Complete: true, Finished: true, Command: []string{"make"}},
		names:   map[string]uint64{},
		kinds:   map[uint64]store.FileKind{},
		access:  map[[2]uint32]int{},
		nextIno: 1000,
	}
}

func (b *build) tick() int64 { b.clock += 10; return b.clock }

// abs is a path as a process in cwd means it.
func (b *build) abs(cwd, p string) string {
	if strings.HasPrefix(p, "pipe:") {
		return p
	}
	if path.IsAbs(p) {
		return path.Clean(p)
	}
	return path.Join(cwd, p)
}

// inode is the inode at a path, making one as if it had always been there.
func (b *build) inode(p string) uint64 {
	if b.names[p] == 0 {
		b.nextIno++
		b.names[p] = b.nextIno
		b.kinds[b.nextIno] = store.KindRegular
		if strings.HasPrefix(p, "pipe:") {
			b.kinds[b.nextIno] = store.KindPipe
		}
	}
	return b.names[p]
}

// row interns the file row of a path with an inode.
func (b *build) row(p string, ino uint64) store.FileID {
	for _, f := range b.files {
		if f.Path == p && f.Ino == ino {
			return f.ID
		}
	}
	id := store.FileID(len(b.files) + 1)
	b.files = append(b.files, store.File{ID: id, Path: p, Dev: 1, Ino: ino, Kind: b.kinds[ino]})
	return id
}

func (b *build) at(p string) store.FileID { return b.row(p, b.inode(p)) }

// start begins the first process, which executes argv in dir.
func (b *build) start(dir string, argv ...string) *proc {
	p := &proc{b: b, id: store.ProcessID(len(b.procs) + 1), cwd: b.abs(b.root, dir)}
	b.procs = append(b.procs, store.Process{ID: p.id, PID: 100 + len(b.procs), Start: b.tick()})
	p.begin(0)
	return p.exec(argv...)
}

// fork makes a child that runs the same image.
func (p *proc) fork() *proc {
	b := p.b
	c := &proc{b: b, id: store.ProcessID(len(b.procs) + 1), cwd: p.cwd, env: p.env, argv: p.argv, exe: p.exe}
	b.procs = append(b.procs, store.Process{ID: c.id, Parent: p.id, ForkedBy: p.image, PID: 100 + len(b.procs), Start: b.tick()})
	c.begin(0)
	return c
}

// begin adds the row of a new image.
func (p *proc) begin(seq int) {
	b := p.b
	if p.image != 0 {
		b.execs[p.image-1].End = b.clock
	}
	p.image = store.ExecID(len(b.execs) + 1)
	e := store.Exec{ID: p.image, Process: p.id, Seq: seq, Cwd: b.dir(p.cwd), Start: b.clock}
	if p.exe != "" {
		e.Exe = b.at(p.exe)
	}
	if p.argv != nil {
		b.argvs = append(b.argvs, p.argv)
		e.Argv = store.ArgvID(len(b.argvs))
	}
	b.envs = append(b.envs, p.env)
	e.Env = store.EnvID(len(b.envs))
	b.execs = append(b.execs, e)
}

func (b *build) dir(p string) store.FileID {
	b.kinds[b.inode(p)] = store.KindDirectory
	return b.at(p)
}

// exec executes argv; a program without a slash is in /usr/bin.
func (p *proc) exec(argv ...string) *proc {
	seq := p.b.execs[p.image-1].Seq + 1
	p.b.tick()
	p.argv = argv
	p.exe = argv[0]
	if !strings.Contains(p.exe, "/") {
		p.exe = "/usr/bin/" + p.exe
	}
	p.exe = p.b.abs(p.cwd, p.exe)
	p.begin(seq)
	p.touch(p.exe, store.AccessExecute)
	p.touch("/usr/lib/libc.so.6", store.AccessRead|store.AccessMap)
	return p
}

// run forks a child that executes argv.
func (p *proc) run(argv ...string) *proc { return p.fork().exec(argv...) }

// tags makes the process a make that names its recipes, at a level.
func (p *proc) tags(level int) *proc {
	p.env.Tags, p.env.Level = true, level
	p.b.envs[p.b.execs[p.image-1].Env-1] = p.env
	return p
}

// recipe forks a child of make for a line of the recipe of target.
func (p *proc) recipe(target string, argv ...string) *proc {
	c := p.fork()
	c.env = store.EnvMake{Target: target, HasTarget: true, Level: p.env.Level + 1, Tags: p.env.Tags, Jobserver: p.env.Jobserver}
	return c.exec(argv...)
}

// chdir moves the process.
func (p *proc) chdir(dir string) *proc {
	p.cwd = p.b.abs(p.cwd, dir)
	p.op(store.OpChdir, p.b.dir(p.cwd), 0, "")
	return p
}

// touch records an access of some kinds now.
func (p *proc) touch(name string, kinds store.AccessKind) *proc {
	return p.touchRow(p.b.at(p.b.abs(p.cwd, name)), kinds)
}

func (p *proc) touchRow(f store.FileID, kinds store.AccessKind) *proc {
	b := p.b
	now := b.tick()
	k := [2]uint32{uint32(p.image), uint32(f)}
	i, ok := b.access[k]
	if !ok {
		i = len(b.accesses)
		b.access[k] = i
		b.accesses = append(b.accesses, store.Access{Exec: p.image, File: f, First: now})
	}
	a := &b.accesses[i]
	a.Kinds |= kinds
	a.Count++
	a.Last = now
	if kinds&readKinds != 0 && a.FirstRead == 0 {
		a.FirstRead = now
	}
	if kinds&writeKinds != 0 {
		if a.FirstWrite == 0 {
			a.FirstWrite = now
		}
		a.LastWrite = now
	}
	return p
}

// reads opens files for reading.
func (p *proc) reads(names ...string) *proc {
	for _, n := range names {
		p.touch(n, store.AccessRead)
	}
	return p
}

// writes opens files for writing: made or cut to nothing.
func (p *proc) writes(names ...string) *proc {
	for _, n := range names {
		kinds := store.AccessWrite | store.AccessTruncate
		if p.b.names[p.b.abs(p.cwd, n)] == 0 {
			kinds = store.AccessWrite | store.AccessCreate
		}
		p.touch(n, kinds)
	}
	return p
}

// appends writes to the end of files.
func (p *proc) appends(names ...string) *proc {
	for _, n := range names {
		p.touch(n, store.AccessWrite)
	}
	return p
}

func (p *proc) op(kind store.OpKind, file, other store.FileID, detail string) *proc {
	p.b.ops = append(p.b.ops, store.Op{Seq: int64(len(p.b.ops) + 1), Exec: p.image, Time: p.b.tick(), Kind: kind, File: file, Other: other, Detail: detail})
	return p
}

func (p *proc) rename(from, to string) *proc {
	from, to = p.b.abs(p.cwd, from), p.b.abs(p.cwd, to)
	ino := p.b.inode(from)
	old := p.b.row(from, ino)
	if p.b.kinds[ino] == store.KindDirectory { // all below it moves along
		for name, i := range p.b.names {
			if name != from && under(name, from) {
				delete(p.b.names, name)
				p.b.names[to+strings.TrimPrefix(name, from)] = i
			}
		}
	}
	delete(p.b.names, from)
	p.b.names[to] = ino
	return p.op(store.OpRename, old, p.b.row(to, ino), "")
}

func (p *proc) exchange(x, y string) *proc {
	x, y = p.b.abs(p.cwd, x), p.b.abs(p.cwd, y)
	rx, ry := p.b.at(x), p.b.at(y)
	p.b.names[x], p.b.names[y] = p.b.names[y], p.b.names[x]
	return p.op(store.OpExchange, rx, ry, "")
}

func (p *proc) link(from, to string) *proc {
	from, to = p.b.abs(p.cwd, from), p.b.abs(p.cwd, to)
	ino := p.b.inode(from)
	p.b.names[to] = ino
	return p.op(store.OpLink, p.b.row(from, ino), p.b.row(to, ino), "")
}

func (p *proc) symlink(text, name string) *proc {
	name = p.b.abs(p.cwd, name)
	p.b.kinds[p.b.inode(name)] = store.KindSymlink
	return p.op(store.OpSymlink, p.b.at(name), 0, text)
}

func (p *proc) unlink(names ...string) *proc {
	for _, n := range names {
		n = p.b.abs(p.cwd, n)
		p.op(store.OpUnlink, p.b.at(n), 0, "")
		delete(p.b.names, n)
	}
	return p
}

// copies has the kernel copy a file that is made for it.
func (p *proc) copies(from, to string) *proc {
	p.reads(from).writes(to)
	return p.op(store.OpCopy, p.b.at(p.b.abs(p.cwd, from)), p.b.at(p.b.abs(p.cwd, to)), "")
}

// holds records a descriptor that the current image began with.
func (p *proc) holds(fd int, name string, read, write bool) *proc {
	p.b.held = append(p.b.held, store.Held{Exec: p.image, FD: fd, File: p.b.at(p.b.abs(p.cwd, name)), Read: read, Write: write})
	return p
}

// exit ends the process.
func (p *proc) exit() {
	now := p.b.tick()
	p.b.execs[p.image-1].End = now
	p.b.procs[p.id-1].End = now
}

// graph is the build as the graph sees it.
func (b *build) graph() *Graph { return New(b) }

// annotate keeps the recipes in the trace, as a capture does.
func (b *build) annotate() *build {
	b.t.Helper()
	rs, members, err := Attribute(b)
	if err != nil {
		b.t.Fatal(err)
	}
	b.recipes, b.members = rs, members
	return b
}

// The methods of Source.

func (b *build) Meta() store.Meta { return b.meta }

func at[T any, ID ~uint32](list []T, id ID) (T, error) {
	if id == 0 || int(id) > len(list) {
		var zero T
		return zero, store.ErrUnknown
	}
	return list[id-1], nil
}

func having[T any](list []T, ok func(T) bool) []T {
	var out []T
	for _, v := range list {
		if ok(v) {
			out = append(out, v)
		}
	}
	return out
}

func all[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (b *build) File(id store.FileID) (store.File, error) { return at(b.files, id) }
func (b *build) FilesByPath(p string) ([]store.File, error) {
	return having(b.files, func(f store.File) bool { return f.Path == p }), nil
}
func (b *build) FilesOfInode(dev, ino uint64, gen uint32) ([]store.File, error) {
	return having(b.files, func(f store.File) bool { return f.Dev == dev && f.Ino == ino && f.Gen == gen }), nil
}
func (b *build) Process(id store.ProcessID) (store.Process, error) {
	p, err := at(b.procs, id)
	if b.lost[uint32(id)] {
		return store.Process{}, store.ErrUnknown
	}
	return p, err
}
func (b *build) Children(id store.ProcessID) ([]store.Process, error) {
	return having(b.procs, func(p store.Process) bool { return p.Parent == id }), nil
}
func (b *build) Exec(id store.ExecID) (store.Exec, error) {
	e, err := at(b.execs, id)
	if b.lost[uint32(id)+1000] {
		return store.Exec{}, store.ErrUnknown
	}
	return e, err
}
func (b *build) ExecsOf(id store.ProcessID) ([]store.Exec, error) {
	return having(b.execs, func(e store.Exec) bool { return e.Process == id && !b.lost[uint32(e.ID)+1000] }), nil
}
func (b *build) AccessesOf(id store.ExecID) ([]store.Access, error) {
	return having(b.accesses, func(a store.Access) bool { return a.Exec == id }), nil
}
func (b *build) AccessesTo(id store.FileID) ([]store.Access, error) {
	return having(b.accesses, func(a store.Access) bool { return a.File == id }), nil
}
func (b *build) HeldBy(id store.ExecID) ([]store.Held, error) {
	return having(b.held, func(h store.Held) bool { return h.Exec == id }), nil
}
func (b *build) OpsOn(id store.FileID) ([]store.Op, error) {
	return having(b.ops, func(o store.Op) bool { return o.File == id || o.Other == id }), nil
}
func (b *build) OpsOf(id store.ExecID) ([]store.Op, error) {
	return having(b.ops, func(o store.Op) bool { return o.Exec == id }), nil
}
func (b *build) Argv(id store.ArgvID) ([]string, error) { return at(b.argvs, id) }
func (b *build) Env(store.EnvID) ([]string, error) {
	if b.search != "" {
		return []string{"PATH=" + b.search}, nil
	}
	if b.tmpdir == "" {
		return []string{"HOME=/root"}, nil
	}
	return []string{"TMPDIR=" + b.tmpdir}, nil
}
func (b *build) EnvMake(id store.EnvID) (store.EnvMake, error) { return at(b.envs, id) }
func (b *build) HasRecipes() bool                              { return b.members != nil }
func (b *build) Recipes() ([]store.Recipe, error)              { return b.recipes, nil }
func (b *build) RecipesFor(target string) ([]store.Recipe, error) {
	return having(b.recipes, func(r store.Recipe) bool { return r.Target == target }), nil
}
func (b *build) RecipeOf(id store.ProcessID) (uint32, error) { return b.members[id], nil }
func (b *build) Members(recipe uint32) ([]store.ProcessID, error) {
	var ids []store.ProcessID
	for id, r := range b.members {
		if r == recipe {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}
func (b *build) Files() iter.Seq2[store.File, error] { return all(b.files) }
func (b *build) Processes() iter.Seq2[store.Process, error] {
	return all(having(b.procs, func(p store.Process) bool { return !b.lost[uint32(p.ID)] }))
}
func (b *build) Execs() iter.Seq2[store.Exec, error] {
	return all(having(b.execs, func(e store.Exec) bool { return !b.lost[uint32(e.ID)+1000] }))
}
func (b *build) Ops() iter.Seq2[store.Op, error] { return all(b.ops) }
func (b *build) Accesses() iter.Seq2[store.Access, error] {
	list := slices.Clone(b.accesses)
	slices.SortFunc(list, func(x, y store.Access) int {
		return cmp.Or(cmp.Compare(x.Exec, y.Exec), cmp.Compare(x.File, y.File))
	})
	return all(list)
}
