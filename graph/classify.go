package graph

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"buildgraph/store"
)

// rel shows a path: relative to the capture root when below it, else absolute.
func (t *trace) rel(p string) string {
	root := t.meta.Root
	switch {
	case p == root:
		return "."
	case root == "/":
		return strings.TrimPrefix(p, "/")
	case root != "" && under(p, root):
		return p[len(root)+1:]
	}
	return p
}

// classOf says what part a file plays, by the name it was read by.
func (t *trace) classOf(o *object, id store.FileID, kinds store.AccessKind) Class {
	switch p := t.path(id); {
	case t.generated(o, id):
		return Generated
	case t.meta.Root != "" && under(p, t.meta.Root):
		return Project
	case kinds&store.AccessExecute != 0:
		return Tool
	}
	return System
}

// generated reports whether the build wrote the file or gave it this name.
func (t *trace) generated(o *object, id store.FileID) bool {
	return t.written(o) || t.named(id)
}

// named reports whether the build gave the file this name. A file that all recipes
// read is asked about by all of them, and each use of it can be an operation.
func (t *trace) named(id store.FileID) bool {
	if known, ok := t.namedBy[id]; ok {
		return known
	}
	named := slices.ContainsFunc(t.opsOn(id), func(op store.Op) bool {
		switch op.Kind {
		case store.OpRename, store.OpLink:
			return op.Other == id
		case store.OpExchange, store.OpSymlink:
			return true
		}
		return false
	})
	t.namedBy[id] = named
	return named
}

// ofInterest reports whether a file is shown without being asked for: a project
// or generated file that is neither noise nor a cache.
func (t *trace) ofInterest(o *object, id store.FileID, c Class) bool {
	p := t.path(id)
	return (c == Project || c == Generated) && plainFile(o) && o.carries() &&
		!t.noise(p) && !t.isTrace(p) && !t.cacheFile(p)
}

// plainFile leaves out directories, devices, pipes, sockets and the nameless.
func plainFile(o *object) bool {
	return o.kind == store.KindRegular || o.kind == store.KindUnknown
}

// visible reports whether a file can be shown at all.
func (t *trace) visible(o *object, id store.FileID) bool {
	switch o.kind {
	case store.KindPipe, store.KindFIFO, store.KindSocket, store.KindAnon, store.KindAbsent:
		return false
	}
	p := t.path(id)
	return strings.HasPrefix(p, "/") && !t.isTrace(p)
}

// noiseDirs and noiseFiles are read by nearly every program, whatever it does:
// the kernel's file systems, the loader's cache, locales and character sets.
var (
	noiseDirs = []string{
		"/proc", "/sys", "/dev", "/run",
		"/usr/lib/locale", "/usr/share/locale", "/usr/share/locale-langpack", "/usr/share/i18n",
		"/usr/share/zoneinfo", "/usr/share/terminfo", "/usr/lib/terminfo", "/lib/terminfo",
	}
	noiseFiles = []string{
		"/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/ld.so.conf", "/etc/localtime", "/etc/locale.alias",
		"/etc/nsswitch.conf", "/etc/passwd", "/etc/group", "/etc/host.conf", "/etc/hosts", "/etc/resolv.conf",
	}
	gconv = regexp.MustCompile(`/gconv/[^/]+$`)
)

// noise reports whether a path is one of those. A project can live in such a
// place (/dev/shm, /run/user): then what is below it is none.
func (t *trace) noise(p string) bool {
	if t.meta.Root != "/" && under(p, t.meta.Root) {
		return false
	}
	return slices.Contains(noiseFiles, p) || gconv.MatchString(p) ||
		slices.ContainsFunc(noiseDirs, func(d string) bool { return under(p, d) })
}

// pycache is a compiled Python module by the names of PEP 3147.
var pycache = regexp.MustCompile(`^(.*)/__pycache__/([^/]+)\.[^./]+(?:\.opt-[0-9])?\.pyc$`)

// cacheFile reports whether a file is a cache that some program keeps for
// itself: a true flow, but nothing that a build system would ever declare.
func (t *trace) cacheFile(p string) bool {
	if t.meta.Root != "/" && under(p, t.meta.Root) {
		p = p[len(t.meta.Root):]
	}
	return strings.Contains(p, "/__pycache__/") ||
		strings.Contains(p, "/.ccache/") || strings.Contains(p, "/.cache/ccache/") ||
		strings.Contains(p, "/.cache/go-build/") || strings.Contains(p, "/.cache/sccache/")
}

// cachedSource is the Python module that a __pycache__ file stands for, 0 where
// there is none in the trace. The interpreter reads the cache in its stead, after
// comparing times.
func (t *trace) cachedSource(p string) store.FileID {
	m := pycache.FindStringSubmatch(p)
	if m == nil {
		return 0
	}
	for _, f := range t.filesAt(m[1] + "/" + m[2] + ".py") {
		if f.Kind == store.KindRegular || f.Kind == store.KindUnknown {
			return f.ID
		}
	}
	return 0
}

// isTrace reports whether a path is the trace file itself or one that SQLite
// keeps beside it.
func (t *trace) isTrace(p string) bool {
	if t.own == nil {
		name := path.Join(t.meta.Root, "buildgraph.db")
		if l, ok := t.src.(located); ok && path.IsAbs(l.Path()) {
			name = path.Clean(l.Path())
		}
		t.own = map[string]bool{name: true, name + "-wal": true, name + "-shm": true, name + "-journal": true}
	}
	return t.own[p]
}

// accessNames are the kinds of access that answers show, in their order.
var accessNames = []struct {
	kind store.AccessKind
	name string
}{
	{store.AccessRead, "read"},
	{store.AccessExecute, "execute"},
	{store.AccessMap, "map"},
	{store.AccessList, "list"},
	{store.AccessLink, "link"},
}

func accessList(kinds store.AccessKind, moved bool) []string {
	var names []string
	for _, k := range accessNames {
		if kinds&k.kind != 0 {
			names = append(names, k.name)
		}
	}
	if moved {
		names = append(names, "rename")
	}
	return names
}
