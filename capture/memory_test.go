package capture

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"buildgraph/store"
)

// memory is a sink that keeps everything, for tests to look at.
type memory struct {
	files    []store.File
	ids      map[store.File]store.FileID
	blocks   []string // argv and env
	procs    map[store.ProcessID]store.Process
	execs    map[store.ExecID]store.Exec
	accesses []store.Access
	helds    []store.Held
	ops      []store.Op
	notes    []store.Note
	losses   []store.Loss
	syscalls []store.Syscall
}

func newMemory() *memory {
	return &memory{
		ids:   map[store.File]store.FileID{},
		procs: map[store.ProcessID]store.Process{}, execs: map[store.ExecID]store.Exec{},
	}
}

func (m *memory) File(path string, dev, ino uint64, gen uint32, kind store.FileKind) store.FileID {
	f := store.File{Path: path, Dev: dev, Ino: ino, Gen: gen, Kind: kind}
	if id := m.ids[f]; id != 0 {
		return id
	}
	id := store.FileID(len(m.files) + 1)
	m.ids[f] = id
	f.ID = id
	m.files = append(m.files, f)
	return id
}

func (m *memory) block(b []byte) int {
	m.blocks = append(m.blocks, string(b))
	return len(m.blocks)
}
func (m *memory) Argv(b []byte) store.ArgvID { return store.ArgvID(m.block(b)) }
func (m *memory) Env(b []byte) store.EnvID   { return store.EnvID(m.block(b)) }
func (m *memory) Process(p store.Process)    { m.procs[p.ID] = p }
func (m *memory) Exec(e store.Exec)          { m.execs[e.ID] = e }
func (m *memory) Access(a store.Access)      { m.accesses = append(m.accesses, a) }
func (m *memory) Held(h store.Held)          { m.helds = append(m.helds, h) }
func (m *memory) Op(o store.Op)              { m.ops = append(m.ops, o) }
func (m *memory) Note(n store.Note)          { m.notes = append(m.notes, n) }
func (m *memory) Loss(l store.Loss)          { m.losses = append(m.losses, l) }
func (m *memory) Syscalls(s []store.Syscall) { m.syscalls = s }
func (m *memory) Err() error                 { return nil }

func (m *memory) path(id store.FileID) string {
	if id == 0 {
		return ""
	}
	return m.files[id-1].Path
}

// argv gives a program image's arguments.
func (m *memory) argv(e store.Exec) []string {
	if e.Argv == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(m.blocks[e.Argv-1], "\x00"), "\x00")
}

// env gives a variable of a program image, "" when it is not set.
func (m *memory) env(e store.Exec, name string) string {
	if e.Env == 0 {
		return ""
	}
	for _, v := range bytes.Split([]byte(m.blocks[e.Env-1]), []byte{0}) {
		if val, ok := strings.CutPrefix(string(v), name+"="); ok {
			return val
		}
	}
	return ""
}

// kinds joins what all images did to a path.
func (m *memory) kinds(path string) (k store.AccessKind) {
	for _, a := range m.accesses {
		if m.path(a.File) == path {
			k |= a.Kinds
		}
	}
	return k
}

// read lists the paths that were read or executed, sorted, below dir.
func (m *memory) below(dir string, kinds store.AccessKind) (paths []string) {
	for _, a := range m.accesses {
		if p := m.path(a.File); a.Kinds&kinds != 0 && strings.HasPrefix(p, dir+"/") {
			paths = append(paths, strings.TrimPrefix(p, dir+"/"))
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// record captures a command in a fresh directory and fails the test when the
// capture does.
func record(t *testing.T, dir string, o Options) (*memory, Result) {
	t.Helper()
	t.Chdir(dir)
	if os.Geteuid() != 0 {
		t.Fatal("these tests load BPF programs: run them as root (sudo make test)")
	}
	o.User = Identity{UID: os.Getuid(), GID: os.Getgid()}
	c, err := Begin(o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m := newMemory()
	r, err := c.Run(m)
	if err != nil {
		t.Fatal(err)
	}
	return m, r
}

// dir makes a directory with the given files (name, content, ...), by its
// canonical name.
func dir(t *testing.T, files ...string) string {
	t.Helper()
	d := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(d+"/"+files[i], []byte(files[i+1]), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return d
}
