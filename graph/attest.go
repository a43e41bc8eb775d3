package graph

import (
	"cmp"
	"slices"
	"strings"

	"buildgraph/store"
)

// Attestation is what a trace can say about where the outputs of a build come from.
// Package graph/digest adds the digests, from the disk.
type Attestation struct {
	Capture
	Target   string // "" for the whole build
	Subjects []AttestedFile
	Accesses []AttestedFile // regular files whose content was read, executed or written, by Path
	Programs []AttestedProgram
}

// AttestedFile is one file of a build and what must be so for the file on the disk to
// be it.
type AttestedFile struct {
	Path   string // by which it was used first, absolute
	At     string // its name at the end of the build, "" where it has none
	Shown  string // Path as answers show it
	Class  Class
	Access []string // "read", "write", ... all that the build did with its content
	Ino    uint64   // 0: not known

	Written   bool    // by the build: its content is final at the end of the build
	Rewritten bool    // after another program had read it, which saw something else
	FirstUse  int64   // since when it must not have changed where the build did not write it
	Changed   []int64 // when the build changed its name, mode or owner, and so its ctime
	Touched   bool    // the build set its times

	Digest string // SHA-256 in hexadecimal, "" where there is none
	Why    string // why there is no digest
}

// AttestedProgram is one program that the build ran.
type AttestedProgram struct {
	Span
	Exe, Script string // absolute; Script where a #! line chose Exe
	Argv        []string
	Replaced    bool // its process went on to run another program: the exit status is that one's
}

// Attest gathers what a part of the build read, wrote and ran. Subjects are what the
// build made, or the target alone.
func (g *Graph) Attest(o PartOptions) (Attestation, error) {
	_, p, err := g.part(o)
	if err != nil {
		return Attestation{}, err
	}
	t, err := g.wide()
	if err != nil {
		return Attestation{}, err
	}
	a := attesting{t: t, files: map[*object]*AttestedFile{}}
	a.accesses(p)
	out := Attestation{Capture: g.Capture()}
	if o.Target == "" {
		t.eachOutput(func(obj *object, name string) {
			if !t.cacheFile(name) {
				out.Subjects = append(out.Subjects, a.subject(obj, name))
			}
		})
	} else {
		s, err := t.resolve(o.Target, o.Cwd, "target")
		if err != nil {
			return Attestation{}, err
		}
		out.Target = t.shown(s)
		if s.obj != nil && t.made(s.obj) {
			out.Subjects = append(out.Subjects, a.subject(s.obj, s.path))
		}
	}
	for _, f := range a.files {
		slices.Sort(f.Changed)
		out.Accesses = append(out.Accesses, *f)
	}
	byPath := func(x, y AttestedFile) int {
		return cmp.Or(strings.Compare(x.Path, y.Path), cmp.Compare(x.FirstUse, y.FirstUse), cmp.Compare(x.Ino, y.Ino))
	}
	slices.SortFunc(out.Subjects, byPath)
	slices.SortFunc(out.Accesses, byPath)
	if out.Programs, err = a.programs(g, o, p); err != nil {
		return Attestation{}, err
	}
	return out, t.done()
}

type attesting struct {
	t     *trace
	files map[*object]*AttestedFile
}

// kernelDirs hold what the kernel makes up when it is read.
var kernelDirs = []string{"/proc", "/sys", "/dev"}

// accesses collects what the programs of a part did to the content of files.
func (a *attesting) accesses(p *part) {
	t := a.t
	for acc, err := range t.snap.Source.Accesses() {
		if err != nil {
			t.fail("reading the accesses of the trace", err)
			return
		}
		kinds := acc.Kinds & (readKinds | writeKinds)
		im := t.exec(acc.Exec)
		if kinds == 0 || im == nil || !p.hasProcess(im.Process) {
			continue
		}
		o := t.objectOf(acc.File)
		name := t.path(acc.File)
		if !plainFile(o) || !t.visible(o, acc.File) || slices.ContainsFunc(kernelDirs, func(d string) bool { return under(name, d) }) {
			continue
		}
		f := a.files[o]
		if f == nil || acc.First < f.FirstUse {
			n := a.file(o, acc.File, name)
			n.FirstUse = acc.First
			if f != nil {
				n.Access, n.Rewritten = f.Access, f.Rewritten
			}
			f = &n
			a.files[o] = f
		}
		f.Access = addWords(f.Access, kinds)
		f.Rewritten = f.Rewritten || t.writtenAfter(o, acc)
		if acc.Kinds&store.AccessExecute != 0 && f.Class == System {
			f.Class = Tool
		}
	}
}

// writtenAfter reports whether another program wrote to an object after one had begun
// to read it that does not write it itself.
func (t *trace) writtenAfter(o *object, read store.Access) bool {
	return read.Kinds&readKinds != 0 && read.Kinds&writeKinds == 0 && slices.ContainsFunc(t.writes(o), func(w write) bool { return w.by != read.Exec && w.last > read.FirstRead })
}

// addWords adds the words for some kinds to a list, in their order.
func addWords(list []string, kinds store.AccessKind) []string {
	var all []string
	for i, word := range accessWords {
		if kinds&(1<<i) != 0 || slices.Contains(list, word) {
			all = append(all, word)
		}
	}
	return all
}

// file tells of an object by one of its names.
func (a *attesting) file(o *object, id store.FileID, name string) AttestedFile {
	t := a.t
	f := AttestedFile{Path: name, Shown: t.rel(name), Class: t.classOf(o, id, 0), Ino: o.rows[0].Ino, Written: t.written(o)}
	names := t.namesOf(o)
	switch {
	case slices.Contains(names, name):
		f.At = name
	case len(names) > 0:
		f.At = names[0]
	}
	for _, r := range o.rows {
		for _, op := range t.opsOn(r.ID) {
			switch op.Kind {
			case store.OpTouch:
				f.Touched = true
				f.Changed = append(f.Changed, op.Time)
			case store.OpRename, store.OpExchange, store.OpLink, store.OpUnlink, store.OpChmod, store.OpChown:
				f.Changed = append(f.Changed, op.Time)
			}
		}
	}
	return f
}

// subject is an output by one of its names at the end. Nothing that read it counts.
func (a *attesting) subject(o *object, name string) AttestedFile {
	f := a.file(o, o.rows[0].ID, name)
	f.At, f.Class = name, Generated
	return f
}

// programs lists what the processes of a part executed, in the order they began.
func (a *attesting) programs(g *Graph, o PartOptions, p *part) ([]AttestedProgram, error) {
	tl, err := g.TimelineOf(o)
	if err != nil {
		return nil, err
	}
	spans := map[store.ProcessID]Span{}
	for _, s := range tl.Processes {
		spans[s.Process] = s
	}
	t := a.t
	var list []AttestedProgram
	for e, err := range t.snap.Source.Execs() {
		if err != nil {
			return nil, err
		}
		if e.Seq == 0 || !p.hasProcess(e.Process) {
			continue
		}
		s, ok := spans[e.Process]
		if !ok { // the capture was killed, and the process still ran
			s.Process, s.Alive, s.End = e.Process, true, tl.End
		}
		replaced := s.Exec != e.ID
		s.Exec, s.Dir, s.Start = e.ID, t.path(e.Cwd), e.Start
		if e.End != 0 {
			s.End, s.Alive = e.End, false
		}
		list = append(list, AttestedProgram{s, t.path(e.Exe), t.path(e.Script), t.argv(e.Argv), replaced})
	}
	slices.SortFunc(list, func(x, y AttestedProgram) int {
		return cmp.Or(cmp.Compare(x.Start, y.Start), cmp.Compare(x.Exec, y.Exec))
	})
	return list, t.done()
}
