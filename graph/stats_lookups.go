package graph

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"buildgraph/store"
)

// SearchStats is what came of looking for names in one directory. The trace counts
// lookups and does not time them: what they cost is not known.
type SearchStats struct {
	Dir      string // relative to the capture root when below it
	Missing  bool   // there is no such directory: only its own name was looked for
	Option   string // by which command lines name it ("-I", "-L", ...); "" where none does
	First    int    // its place among the directories that an option names, from 1: the earliest, and
	Last     int    // the latest; 0 without an option
	Of       int    // how many directories such command lines name, at most
	Failed   int64  // lookups in vain
	Names    int    // different names that were looked for in vain
	Found    int64  // files that were found in it, once for each program that looked there
	Programs []Count
}

// searchOptions are the options that name a directory to search, as the compilers
// and linkers of GNU and LLVM have them (GCC manual, "Directory Options"; ld(1)).
var searchOptions = []string{"-isystem", "-iquote", "-idirafter", "-I", "-L", "-B"}

// searchDir is a directory that a command line names.
type searchDir struct {
	option string
	place  int // from 1, of all that it names by such options
	of     int
}

// searchOf reads the search path of a command line; paths are joined with cwd.
func searchOf(argv []string, cwd string) map[string]searchDir {
	dirs := map[string]searchDir{}
	place := map[bool]int{} // -L apart from the others
	add := func(option, dir string) {
		if dir == "" {
			return
		}
		if !path.IsAbs(dir) {
			dir = path.Join(cwd, dir)
		}
		dir = path.Clean(dir)
		if _, known := dirs[dir]; !known {
			place[option == "-L"]++
			dirs[dir] = searchDir{option: option, place: place[option == "-L"]}
		}
	}
	for i := 1; i < len(argv); i++ {
		for _, o := range searchOptions {
			rest, ok := strings.CutPrefix(argv[i], o)
			if !ok {
				continue
			}
			if rest == "" && i+1 < len(argv) {
				i++
				rest = argv[i]
			}
			add(o, strings.TrimPrefix(rest, "="))
			break
		}
	}
	for dir, d := range dirs {
		d.of = place[d.option == "-L"]
		dirs[dir] = d
	}
	return dirs
}

// tree numbers the directories of all paths, so that going up is cheap.
type tree struct {
	ids    map[string]int32
	names  []string
	parent []int32 // -1 above the root
	of     []int32 // by file: the directory that it is in; -1 for what has no path
	self   []int32 // by file: the directory that it is the path of, -1 where it is none's

	mark []store.ExecID // the last exec that is known to search the directory
}

func newTree(files []store.File) *tree {
	tr := &tree{ids: map[string]int32{}, of: make([]int32, len(files)), self: make([]int32, len(files))}
	for i := range files {
		tr.of[i], tr.self[i] = -1, -1
		if p := files[i].Path; strings.HasPrefix(p, "/") {
			tr.of[i] = tr.dir(path.Dir(p))
		}
	}
	for i := range files {
		if id, ok := tr.ids[files[i].Path]; ok {
			tr.self[i] = id
		}
	}
	return tr
}

func (tr *tree) dir(p string) int32 {
	if id, ok := tr.ids[p]; ok {
		return id
	}
	up := int32(-1)
	if p != "/" && p != "." {
		up = tr.dir(path.Dir(p))
	}
	id := int32(len(tr.names))
	tr.ids[p] = id
	tr.names = append(tr.names, p)
	tr.parent = append(tr.parent, up)
	tr.mark = append(tr.mark, 0)
	return id
}

// searched is what is known of one directory while lookups are counted.
type searched struct {
	SearchStats
	programs map[string]int64
	options  map[string]int64
	names    map[store.FileID]bool
}

// lookups counts the lookups in vain by the directory that was searched. A compiler
// looks at the directories of its search path when it starts (and is told of them on
// its command line): what it then looks for below one, "sys/types.h", it looks for in
// that one. Of all other programs the directory is the one that the name is in.
func (s *stats) lookups() {
	t := s.t
	tr := newTree(t.snap.files)
	found := map[int32]*searched{}
	argvs := map[store.ArgvID][]string{}
	for e := range t.snap.execs {
		id := store.ExecID(e)
		from, to := s.uses.of(id)
		im := t.exec(id)
		if im == nil || !s.looksInVain(from, to) {
			continue
		}
		argv, ok := argvs[im.Argv]
		if !ok {
			argv = t.argv(im.Argv)
			argvs[im.Argv] = argv
		}
		role := t.roleOf(im)
		var options map[string]searchDir
		if role == RoleCompiler || role == RoleLinker || role == RoleGenerator {
			options = searchOf(argv, t.path(im.Cwd))
		}
		s.markSearched(tr, id, options, role == RoleCompiler)
		s.countLookups(tr, found, im, options)
	}
	for id, d := range found {
		s.out.Failed += d.Failed
		row := d.SearchStats
		row.Dir = t.rel(tr.names[id])
		row.Names = len(d.names)
		row.Programs = Counts(d.programs)
		if options := Counts(d.options); len(options) > 0 {
			row.Option = options[0].Name
		}
		s.out.Lookups = append(s.out.Lookups, row)
	}
	slices.SortFunc(s.out.Lookups, func(a, b SearchStats) int {
		return cmp.Or(cmp.Compare(b.Failed, a.Failed), strings.Compare(a.Dir, b.Dir))
	})
}

func (s *stats) looksInVain(from, to uint32) bool {
	for i := from; i < to; i++ {
		if s.uses.kinds[i]&store.AccessAbsent != 0 {
			return true
		}
	}
	return false
}

// markSearched marks the directories that an exec searches by its own account.
func (s *stats) markSearched(tr *tree, id store.ExecID, options map[string]searchDir, compiler bool) {
	for dir := range options {
		if d, ok := tr.ids[dir]; ok {
			tr.mark[d] = id
		}
	}
	if !compiler {
		return
	}
	from, to := s.uses.of(id)
	for i := from; i < to; i++ {
		if d := tr.self[s.uses.file[i]]; d >= 0 && s.uses.kinds[i]&store.AccessStat != 0 {
			tr.mark[d] = id
		}
	}
}

// searchedFor is the directory that a name was looked for in.
func (tr *tree) searchedFor(id store.ExecID, f store.FileID) int32 {
	in := tr.of[f]
	for d := in; d >= 0; d = tr.parent[d] {
		if tr.mark[d] == id {
			return d
		}
	}
	return in
}

func (s *stats) countLookups(tr *tree, found map[int32]*searched, im *image, options map[string]searchDir) {
	here := map[int32]bool{} // directories that this exec looked in in vain
	name := s.t.programCalled(im)
	from, to := s.uses.of(im.ID)
	for i := from; i < to; i++ {
		f := s.uses.file[i]
		if s.uses.kinds[i]&store.AccessAbsent == 0 || tr.of[f] < 0 {
			continue
		}
		d, missing := tr.searchedFor(im.ID, f), false
		if _, named := options[s.t.path(f)]; named { // the directory itself is not there
			d, missing = tr.dir(s.t.path(f)), true
		}
		row := found[d]
		if row == nil {
			row = &searched{programs: map[string]int64{}, options: map[string]int64{}, names: map[store.FileID]bool{}}
			found[d] = row
		}
		n := int64(s.uses.count[i])
		row.Failed += n
		row.programs[name] += n
		row.names[f] = true
		row.Missing = row.Missing || missing
		if !here[d] {
			here[d] = true
			row.named(options[tr.names[d]])
		}
	}
	for i := from; i < to; i++ {
		f := s.uses.file[i]
		if s.uses.kinds[i]&readKinds == 0 || tr.of[f] < 0 {
			continue
		}
		if d := tr.searchedFor(im.ID, f); here[d] {
			found[d].Found++
		}
	}
}

// named notes which option of a command line names the directory, if one does.
func (d *searched) named(by searchDir) {
	if by.option == "" {
		return
	}
	d.options[by.option]++
	if d.First == 0 || by.place < d.First {
		d.First = by.place
	}
	d.Last = max(d.Last, by.place)
	d.Of = max(d.Of, by.of)
}
