package graph

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"buildgraph/store"
)

// sharedLibrary is what the loader reads for nearly every program.
var sharedLibrary = regexp.MustCompile(`\.so(\.[0-9.]+)?$`)

// isContent reports whether a file is one that programs read for what is in it.
func (s *stats) isContent(id store.FileID) bool {
	if s.content == nil {
		s.content = make([]int8, len(s.t.snap.files))
	}
	if s.content[id] == 0 {
		s.content[id] = -1
		f := s.t.snap.files[id]
		if (f.Kind == store.KindRegular || f.Kind == store.KindUnknown) && strings.HasPrefix(f.Path, "/") &&
			!s.t.noise(f.Path) && !s.t.isTrace(f.Path) && !sharedLibrary.MatchString(f.Path) {
			s.content[id] = 1
		}
	}
	return s.content[id] > 0
}

// fileUse is what was done to one path, whatever inodes it had.
type fileUse struct {
	id       store.FileID // one of them
	programs int
	count    int64
	executed bool
}

func (s *stats) files() {
	s.reads()
	s.rewrites()
	s.unread()
}

// reads counts who read what. A program file that is executed is read as well; that
// counts elsewhere.
func (s *stats) reads() {
	t := s.t
	use := make([]fileUse, len(t.snap.files))
	for i, f := range s.uses.file {
		k := s.uses.kinds[i]
		if k&(readKinds|store.AccessStat) == 0 {
			continue
		}
		use[f].count += int64(s.uses.count[i])
		if k&store.AccessRead != 0 {
			use[f].programs++
		}
		use[f].executed = use[f].executed || k&store.AccessExecute != 0
	}
	byPath := map[string]*fileUse{}
	var paths []string
	for id := range use {
		f := store.FileID(id)
		if use[id].programs == 0 || use[id].executed || !s.isContent(f) {
			continue
		}
		p := t.path(f)
		u := byPath[p]
		if u == nil {
			u = &fileUse{id: f}
			byPath[p] = u
			paths = append(paths, p)
		}
		u.programs += use[id].programs
		u.count += use[id].count
	}
	for _, p := range paths {
		u := byPath[p]
		s.out.Reads = append(s.out.Reads, FileStats{
			Path: t.rel(p), Class: t.classOf(t.objectOf(u.id), u.id, 0), Programs: u.programs, Count: u.count,
		})
	}
	slices.SortFunc(s.out.Reads, func(a, b FileStats) int {
		return cmp.Or(cmp.Compare(b.Programs, a.Programs), cmp.Compare(b.Count, a.Count), strings.Compare(a.Path, b.Path))
	})
}

// rewrites finds the paths that several processes wrote, or gave to a file. One that
// got the file open from another, as the commands of a shell's "(...) > file" do,
// goes on where that left off.
func (s *stats) rewrites() {
	t := s.t
	writers := map[string]map[store.ProcessID]*image{}
	add := func(id store.FileID, by store.ExecID) {
		im, p := t.exec(by), t.path(id)
		if im == nil || !s.isContent(id) || t.inTempDir(p) || t.cacheFile(p) || im.tool != notTool {
			return
		}
		if writers[p] == nil {
			writers[p] = map[store.ProcessID]*image{}
		}
		if writers[p][im.Process] == nil {
			writers[p][im.Process] = im
		}
	}
	for i, f := range t.snap.file {
		if t.snap.kinds[i]&writeKinds != 0 && !t.collected()[t.objectOf(f)] {
			add(f, t.snap.exec[i])
		}
	}
	for _, op := range t.snap.ops {
		switch op.Kind {
		case store.OpRename, store.OpLink, store.OpCopy:
			add(op.Other, op.Exec)
		}
	}
	for p, by := range writers {
		if len(by) < 2 {
			continue
		}
		row := FileStats{Path: t.rel(p)}
		names := map[string]int64{}
		for _, im := range by {
			if s.tookOver(im, p) {
				continue
			}
			row.Processes++
			names[t.programCalled(im)]++
		}
		if row.Processes > 1 {
			row.By = Counts(names)
			s.out.Rewrites = append(s.out.Rewrites, row)
		}
	}
	slices.SortFunc(s.out.Rewrites, func(a, b FileStats) int {
		return cmp.Or(cmp.Compare(b.Processes, a.Processes), strings.Compare(a.Path, b.Path))
	})
}

// tookOver reports whether an image began with a path open for writing.
func (s *stats) tookOver(im *image, p string) bool {
	held, err := s.t.src.HeldBy(im.ID)
	if !slices.ContainsFunc(got(s.t, "reading the descriptors of an exec", held, err), func(h store.Held) bool {
		return h.Write && s.t.path(h.File) == p
	}) {
		return false
	}
	// The process itself can have opened it before it executed this image.
	for _, earlier := range im.child.images {
		if earlier.Seq < im.Seq && slices.ContainsFunc(s.t.writesOf(earlier.ID), func(a store.Access) bool { return s.t.path(a.File) == p }) {
			return false
		}
	}
	return true
}

// Counts lists what was counted by name, the most first.
func Counts(of map[string]int64) []Count {
	list := make([]Count, 0, len(of))
	for name, n := range of {
		list = append(list, Count{name, n})
	}
	slices.SortFunc(list, func(a, b Count) int { return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.Name, b.Name)) })
	return list
}

// unread finds the files that were written and that nobody but their writers read.
func (s *stats) unread() {
	t := s.t
	wrote := map[*object]map[store.ProcessID]bool{} // who wrote each
	last := map[*object]store.ExecID{}
	note := func(id store.FileID, by store.ExecID) {
		o, im := t.objectOf(id), t.exec(by)
		if im == nil || !plainFile(o) || !o.carries() {
			return
		}
		if wrote[o] == nil {
			wrote[o] = map[store.ProcessID]bool{}
		}
		wrote[o][im.Process] = true
		last[o] = by
	}
	for i, f := range t.snap.file {
		if t.snap.kinds[i]&writeKinds != 0 {
			note(f, t.snap.exec[i])
		}
	}
	for _, op := range t.snap.ops {
		if op.Kind == store.OpCopy {
			note(op.Other, op.Exec)
		}
	}
	read := s.readByOthers(wrote)
	for o := range wrote {
		if read[o] || t.collected()[o] {
			continue
		}
		s.addUnread(o, last[o])
	}
	slices.SortFunc(s.out.Unread, func(a, b UnreadFile) int {
		return cmp.Or(cmp.Compare(truth(a.Temporary), truth(b.Temporary)), strings.Compare(a.Path, b.Path))
	})
	s.out.Unread = slices.CompactFunc(s.out.Unread, func(a, b UnreadFile) bool { return a.Path == b.Path && a.Temporary == b.Temporary })
}

// readByOthers are those written objects that a process read which did not write
// them.
func (s *stats) readByOthers(wrote map[*object]map[store.ProcessID]bool) map[*object]bool {
	t := s.t
	of := make([]*object, len(t.snap.files)) // those of wrote, by file
	for o := range wrote {
		for _, row := range o.rows {
			if int(row.ID) < len(of) {
				of[row.ID] = o
			}
		}
	}
	read := map[*object]bool{}
	for e := range len(s.uses.at) - 1 {
		from, to := s.uses.of(store.ExecID(e))
		for i := from; i < to; i++ {
			o := of[s.uses.file[i]]
			if o == nil || s.uses.kinds[i]&readKinds == 0 || read[o] {
				continue
			}
			if im := t.exec(store.ExecID(e)); im != nil && !wrote[o][im.Process] {
				read[o] = true
			}
		}
	}
	for _, op := range t.snap.ops {
		if op.Kind != store.OpCopy || int(op.File) >= len(of) {
			continue
		}
		if o := of[op.File]; o != nil {
			if im := t.exec(op.Exec); im != nil && !wrote[o][im.Process] {
				read[o] = true
			}
		}
	}
	return read
}

func (s *stats) addUnread(o *object, by store.ExecID) {
	t := s.t
	row := UnreadFile{Temporary: t.temporary(o)}
	if im := t.exec(by); im != nil {
		row.By = t.programCalled(im)
	}
	names := t.outputNames(o)
	switch {
	case row.Temporary:
		names = []string{t.path(o.rows[0].ID)}
	case len(names) == 0:
		return // it was replaced by another, or removed by the recipe's own rules
	}
	for _, n := range names {
		if t.noise(n) || t.isTrace(n) || t.cacheFile(n) || path.Base(n) == "" {
			continue
		}
		row.Path = t.rel(n)
		if !row.Temporary {
			row.Target = t.targetOf(o, n)
		}
		s.out.Unread = append(s.out.Unread, row)
	}
}
