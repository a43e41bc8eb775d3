package oracle

import (
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Options tells [Parse] what the trace itself does not.
type Options struct {
	// Dir is the working directory that the command was started in, canonical.
	Dir string
	// Before is the tree that is built, as it was when the build began. The rest
	// of the machine is taken to have been as it is now.
	Before Tree
	// Tag names an environment variable that tells programs apart (Program.Tag);
	// "" for none. It takes a trace that holds environments: see StraceTagged.
	Tag string
}

// Report is what [Parse] found.
type Report struct {
	Set Set
	// Faults says what the parser could not follow, one sentence each. A report
	// with faults is not fit to be compared.
	Faults []string
	Calls  int // system calls replayed
	Killed int // calls that never returned, since their process was killed
	// Taggers holds, for each value of Options.Tag, the environment of the program
	// that gave it to others.
	Taggers map[string][]string
}

// Parse replays the output of strace, run as [Strace] runs it, and gathers what
// each program did. The tree that was built must still be there: symbolic links
// and executables are looked at.
func Parse(r io.Reader, o Options) (*Report, error) {
	s, err := stitch(r)
	if err != nil {
		return nil, err
	}
	p := &replay{
		set: Set{}, names: newNames(o.Before), loader: newLoader(), tag: o.Tag, taggers: map[string][]string{},
		tasks: map[*thread]*task{}, faults: map[string]bool{},
	}
	for name := range s.unknown {
		p.fault("system call %s is not one that the oracle knows", name)
	}
	p.tasks[s.first] = &task{
		proc: &process{pid: s.first.tid, fds: map[int]openFile{}},
		fs:   &fsState{root: "/", cwd: o.Dir},
	}
	calls := 0
	for _, st := range s.steps {
		t := p.tasks[st.call.thread]
		if t == nil {
			p.fault("thread %d acts and has no beginning", st.call.thread.tid)
			continue
		}
		if st.begin {
			p.clone(t, st.call)
			continue
		}
		calls++
		if !st.call.sys.clones {
			st.call.sys.do(p, t, st.call)
		}
	}
	rep := &Report{Set: p.set, Calls: calls, Killed: s.dangling, Taggers: p.taggers}
	for f := range p.faults {
		rep.Faults = append(rep.Faults, f)
	}
	slices.Sort(rep.Faults)
	return rep, nil
}

// replay is the state of the build at one moment of the trace.
type replay struct {
	set    Set
	names  *names
	loader *loader
	tasks  map[*thread]*task
	faults map[string]bool

	tag     string              // Options.Tag
	taggers map[string][]string // Report.Taggers
}

// task is a thread: it shares its process's image and descriptors, and shares
// the working directory where CLONE_FS says so.
type task struct {
	proc *process
	fs   *fsState
}

type fsState struct{ root, cwd string }

type process struct {
	pid   int
	image *image           // nil before the first execve of the whole trace
	fds   map[int]openFile // what a descriptor last was, as far as it was seen
}

// openFile is what a descriptor stands for.
type openFile struct {
	path     string
	writable bool
}

// image is one program image of one process.
type image struct {
	program Program
	*Doings
	gone bool     // the executable is not there any more, so its ELF interpreter is not known
	env  []string // that it began with, where the trace holds it
}

func (r *replay) fault(format string, args ...any) {
	r.faults[fmt.Sprintf(format, args...)] = true
}

// note records an access of a task's current image.
func (r *replay) note(t *task, kind Kind, path string) {
	r.noteTwo(t, kind, path, "")
}

func (r *replay) noteTwo(t *task, kind Kind, path, other string) {
	if t.proc.image == nil {
		r.fault("%s of %s before the first execve", kind, path)
		return
	}
	t.proc.image.Accesses[Access{kind, path, other}] = true
}

// clone makes the child that a clone is about to make, as its parent is now.
func (r *replay) clone(t *task, c *call) {
	if c.child == nil {
		return // it failed
	}
	flags := strings.Join(c.args, "|")
	child := &task{proc: t.proc, fs: t.fs}
	if !hasFlag(flags, "CLONE_FS") {
		fs := *t.fs
		child.fs = &fs
	}
	if !hasFlag(flags, "CLONE_THREAD") {
		child.proc = &process{pid: c.child.tid, fds: map[int]openFile{}}
		maps.Copy(child.proc.fds, t.proc.fds)
		if im := t.proc.image; im != nil {
			p := im.program
			p.Forks++
			child.proc.image = &image{program: p, Doings: r.set.run(p), gone: im.gone, env: im.env}
		}
	}
	r.tasks[c.child] = child
}

// execve begins a new image. file is the canonical path of what was executed,
// name how the kernel calls it (bprm->filename).
func (r *replay) execve(t *task, c *call, file, name string, argv, env []string) {
	if c.took {
		r.tasks[c.leader] = t
		delete(r.tasks, c.thread)
	}
	l := r.loader.load(file, name, argv, func(interp string) string {
		p, _ := r.resolve(t, "", interp, true)
		return p
	})
	p := Program{Exe: l.exe, Cwd: t.fs.cwd, Argv: joinArgv(l.argv), Tag: r.tagOf(t, env)}
	if im := t.proc.image; im != nil && im.program.Tag != p.Tag && r.taggers[p.Tag] == nil {
		r.taggers[p.Tag] = im.env
	}
	t.proc.image = &image{program: p, Doings: r.set.run(p), gone: l.gone, env: env}
	for _, f := range l.files {
		r.note(t, Exec, f)
	}
}

// tagOf is the tag of an image that begins with an environment.
func (r *replay) tagOf(t *task, env []string) string {
	if r.tag == "" {
		return ""
	}
	for _, v := range env {
		if value, ok := strings.CutPrefix(v, r.tag+"="); ok {
			return value
		}
	}
	if t.proc.image != nil {
		return t.proc.image.program.Tag
	}
	return ""
}

// dynamic is told of every file of the loader's that an image opens: proof that
// an executable which is gone was dynamically linked.
func (r *replay) dynamic(t *task) {
	if im := t.proc.image; im != nil && im.gone {
		im.gone = false
		r.note(t, Exec, r.loader.system())
	}
}

// resolve makes a name canonical as task t would see it. dir is the directory
// that a *at call named, "" for the working directory.
func (r *replay) resolve(t *task, dir, name string, follow bool) (string, bool) {
	if dir == "" {
		dir = t.fs.cwd
	}
	return r.names.resolve(t.fs.root, dir, name, follow, func(p string) (string, bool) {
		return r.magic(t, p)
	})
}

// magic follows the links of proc(5) that lead to what a process has: they are
// no names in a tree, and belong to whoever asks.
func (r *replay) magic(t *task, p string) (string, bool) {
	pid := strconv.Itoa(t.proc.pid)
	switch p {
	case "/proc/self", "/proc/thread-self":
		return "/proc/" + pid, true
	}
	rest, ok := strings.CutPrefix(p, "/proc/"+pid+"/")
	if !ok {
		return "", false
	}
	switch rest {
	case "cwd":
		return t.fs.cwd, true
	case "root":
		return t.fs.root, true
	case "exe":
		if t.proc.image != nil {
			return t.proc.image.program.Exe, true
		}
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(rest, "fd/")); err == nil && strings.HasPrefix(rest, "fd/") {
		f, ok := t.proc.fds[n]
		return f.path, ok
	}
	return "", false
}

// directory decodes the directory argument of an *at call. It also checks the
// working directory that the replay keeps against the one that strace read.
func (r *replay) directory(t *task, arg string) (string, bool) {
	d, ok := parseFD(arg)
	if !ok {
		return "", false
	}
	if d.num == atFDCWD {
		if p := strings.TrimSuffix(d.path, " (deleted)"); p != "" && p != t.fs.cwd {
			r.fault("working directory is %s and not %s", d.path, t.fs.cwd)
		}
		return t.fs.cwd, true
	}
	return d.path, d.path != ""
}

// moved tells every process that a directory it stands in, or has open, has
// another name now.
func (r *replay) moved(from, to string) {
	under := func(p string) (string, bool) {
		if p == from {
			return to, true
		}
		rest, ok := strings.CutPrefix(p, from+"/")
		return to + "/" + rest, ok
	}
	for _, t := range r.tasks {
		if p, ok := under(t.fs.cwd); ok {
			t.fs.cwd = p
		}
		for n, f := range t.proc.fds {
			if p, ok := under(f.path); ok {
				f.path = p
				t.proc.fds[n] = f
			}
		}
	}
}

// file decodes a descriptor argument: the path it names.
func (r *replay) file(t *task, arg string) (string, bool) {
	d, ok := parseFD(arg)
	if !ok || d.path == "" || d.num == atFDCWD {
		return "", false
	}
	if t.proc.fds[d.num].path != d.path {
		t.proc.fds[d.num] = openFile{path: d.path}
	}
	return d.path, true
}

// named tells a path in the tree from "pipe:[12]" and its like.
func named(p string) bool { return path.IsAbs(p) }
