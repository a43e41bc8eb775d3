package graph

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"buildgraph/store"
)

// subject is what a question is about.
type subject struct {
	path   string         // absolute
	obj    *object        // the file that has or last had this name, nil for none
	named  []store.Recipe // the recipes of this target
	member string         // of the archive
}

// member splits "lib/libx.a(x.o)".
var archiveMember = regexp.MustCompile(`(?s)^(.+)\(([^()]+)\)$`)

// resolve finds a name as given relative to cwd, relative to the capture root,
// absolute, or as a build tool spells a target.
func (t *trace) resolve(name, cwd, what string) (subject, error) {
	if name == "" {
		return subject{}, &UnknownError{What: what, Name: name}
	}
	for _, p := range t.spellings(name, cwd) {
		if s, ok := t.at(p); ok {
			return s, nil
		}
	}
	if m := archiveMember.FindStringSubmatch(name); m != nil {
		for _, p := range t.spellings(m[1], cwd) {
			if s, ok := t.at(p); ok && t.hasMember(s, m[2]) {
				s.member = m[2]
				return s, nil
			}
		}
	}
	for _, p := range t.spellings(name, cwd) {
		if s, ok := t.oddlySpelt(p); ok {
			return s, nil
		}
	}
	return t.asSpelt(name, what)
}

// noDirectory is the error for a target that is a directory and no recipe's.
func (t *trace) noDirectory(s subject) error {
	if s.obj == nil || s.obj.kind != store.KindDirectory {
		return nil
	}
	if _, how := t.unitOf(s.obj, s.path, s.named); how != HowSource {
		return nil
	}
	e := &DirectoryError{Name: t.rel(s.path)}
	for _, r := range t.recipes().recipes {
		if p := targetPath(r); p != "" && p != s.path && under(p, s.path) && !slices.Contains(e.In, t.rel(p)) {
			e.In = append(e.In, t.rel(p))
		}
	}
	slices.Sort(e.In)
	e.In = e.In[:min(len(e.In), nearest)]
	return e
}

// spellings are the absolute paths that a name given by a person can mean.
func (t *trace) spellings(name, cwd string) []string {
	if path.IsAbs(name) {
		return []string{path.Clean(name)}
	}
	var ps []string
	for _, d := range []string{cwd, t.meta.Root} {
		if d != "" && !slices.Contains(ps, path.Join(d, name)) {
			ps = append(ps, path.Join(d, name))
		}
	}
	return ps
}

// at is the subject with an absolute path.
func (t *trace) at(p string) (subject, bool) {
	s := subject{path: p, obj: t.fileAt(p)}
	// A target is spelt relative to its tool's directory, and that may be any
	// directory above it.
	for i := len(p) - 1; i >= 0; i-- {
		if p[i] != '/' {
			continue
		}
		dir := path.Clean("/" + p[:i])
		for _, r := range t.recipesFor(p[i+1:]) {
			if r.Dir == dir {
				s.named = append(s.named, r)
			}
		}
	}
	s.named = append(s.named, t.recipesFor(p)...)
	if s.obj != nil {
		for _, id := range t.makersOf(s.obj, p) {
			r := t.recipe(id)
			if targetPath(r) == p && !slices.ContainsFunc(s.named, func(n store.Recipe) bool { return n.ID == id }) {
				s.named = append(s.named, r)
			}
		}
	}
	sortRecipes(s.named)
	return s, s.obj != nil || len(s.named) > 0
}

func sortRecipes(rs []store.Recipe) {
	slices.SortFunc(rs, func(a, b store.Recipe) int { return int(int64(a.ID) - int64(b.ID)) })
}

// fileAt is the object that has a name at the end of the build, or had it last.
func (t *trace) fileAt(p string) *object {
	for _, p := range append([]string{p}, t.cameFrom(p)...) {
		if h := t.holder(p); h.file != 0 {
			return t.throughLink(t.objectOf(h.file), p)
		}
		rows := t.filesAt(p)
		changes := t.namingsOf(p, rows)
		for _, c := range slices.Backward(changes) {
			if c.file != 0 {
				return t.objectOf(c.file)
			}
		}
		if len(rows) > 0 {
			return t.objectOf(rows[len(rows)-1].ID)
		}
	}
	return nil
}

// throughLink follows a symbolic link that the build made to the file it names.
func (t *trace) throughLink(o *object, p string) *object {
	for range 8 {
		if o.kind != store.KindSymlink {
			break
		}
		text := ""
		for _, r := range o.rows {
			for _, op := range t.opsOn(r.ID) {
				if op.Kind == store.OpSymlink {
					text = op.Detail
				}
			}
		}
		if text == "" {
			break
		}
		if !path.IsAbs(text) {
			text = path.Join(path.Dir(p), text)
		}
		p = path.Clean(text)
		h := t.holder(p)
		if h.file == 0 {
			break
		}
		o = t.objectOf(h.file)
	}
	return o
}

// makersOf lists the recipes whose writes are in an object at the end of the
// build; for one that was only given its name, those that gave it.
func (t *trace) makersOf(o *object, p string) []uint32 {
	var ids []uint32
	add := func(by store.ExecID) {
		if id := t.recipeOfExec(by); id != 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, w := range t.contributors(o, forever) {
		add(w.by)
	}
	for _, r := range t.filesAt(p) {
		for _, op := range t.opsOn(r.ID) {
			switch op.Kind {
			case store.OpRename, store.OpLink, store.OpExchange:
				if t.path(op.Other) == p && (len(ids) == 0 || targetPath(t.recipe(t.recipeOfExec(op.Exec))) == p) {
					add(op.Exec)
				}
			case store.OpSymlink, store.OpMkdir, store.OpMknod:
				add(op.Exec)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// oddlySpelt finds a recipe whose target means the path p in another spelling
// ("./x", "../lib/x").
func (t *trace) oddlySpelt(p string) (subject, bool) {
	s := subject{path: p}
	for _, r := range t.recipes().recipes {
		if targetPath(r) == p {
			s.named = append(s.named, r)
		}
	}
	return s, len(s.named) > 0
}

// asSpelt finds a target by make's own spelling in whatever directory, where
// only one directory has it.
func (t *trace) asSpelt(name, what string) (subject, error) {
	byPath := map[string][]store.Recipe{}
	var paths []string
	if !path.IsAbs(name) {
		for _, r := range t.recipesFor(name) {
			p := targetPath(r)
			if byPath[p] == nil {
				paths = append(paths, p)
			}
			byPath[p] = append(byPath[p], r)
		}
	}
	if len(paths) == 1 {
		s, _ := t.at(paths[0])
		s.named = byPath[paths[0]]
		return s, nil
	}
	unknown := &UnknownError{What: what, Name: name}
	if len(paths) > 1 {
		slices.Sort(paths)
		for _, p := range paths[:min(len(paths), nearest)] {
			unknown.Near = append(unknown.Near, t.rel(p))
		}
		return subject{}, unknown
	}
	unknown.Near = t.near(name, what)
	unknown.Hint = t.effort().Hint()
	if what == "target" && len(unknown.Near) == 0 {
		unknown.Hint = t.effort().partly()
	}
	return subject{}, unknown
}

// hasMember reports whether a command line of the archive's recipes names a member.
func (t *trace) hasMember(s subject, member string) bool {
	recipes, _ := t.unitOf(s.obj, s.path, s.named)
	return slices.ContainsFunc(recipes, func(r store.Recipe) bool {
		return slices.ContainsFunc(t.linesOf(r.ID), func(line *process) bool {
			return t.archives(r.ID, line, member)
		})
	})
}

// archives reports whether one line of a recipe runs ar on a member. GNU make
// names the recipe of "libx.a(x.o)" after the archive, so that one target can
// have a line for each member.
func (t *trace) archives(recipe uint32, line *process, member string) bool {
	for _, id := range t.membersOf(recipe) {
		p := t.process(id)
		if p == nil || p != line && t.lineOf(id) != line {
			continue
		}
		for _, im := range p.images {
			argv := t.argv(im.Argv)
			if im.Seq == 0 || len(argv) == 0 || !strings.HasSuffix(path.Base(argv[0]), "ar") {
				continue
			}
			if slices.ContainsFunc(argv[1:], func(a string) bool { return path.Base(a) == member }) {
				return true
			}
		}
	}
	return false
}
