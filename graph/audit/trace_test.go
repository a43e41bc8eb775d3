package audit

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"buildgraph/graph"
	"buildgraph/graph/declared"
	"buildgraph/store"
)

// root is the capture root of the traces of tests.
const root = "/p"

// played is a recipe of a build that a test plays: one process that reads and then
// writes.
type played struct {
	target string
	reads  []string
	writes []string
	lost   int64 // events of its process
	failed bool
	absent []string // looked for in vain

	removes []string
	lasts   int64 // ns between reading and writing
}

// play writes the trace of one make that ran some recipes, and opens it.
func play(t testing.TB, meta store.Meta, recipes ...played) (*graph.Graph, *store.Reader) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "t.db")
	meta.Root, meta.Tag, meta.Finished = root, "BG_T", true
	w, err := store.Create(file, store.CreateOptions{Meta: meta, UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	inodes := map[string]uint64{}
	row := func(p string) store.FileID {
		if !filepath.IsAbs(p) {
			p = filepath.Join(root, p)
		}
		if inodes[p] == 0 {
			inodes[p] = uint64(len(inodes) + 1)
		}
		return w.File(p, 1, inodes[p], 0, store.KindRegular)
	}
	cwd := w.File(root, 1, 1<<40, 0, store.KindDirectory)
	w.Process(store.Process{ID: 1, PID: 1, Start: 1})
	w.Exec(store.Exec{ID: 1, Process: 1, Exe: row("/usr/bin/make"), Cwd: cwd, Start: 1,
		Argv: w.Argv([]byte("make\x00")), Env: w.Env([]byte("GNUMAKEFLAGS=--eval=export\\ BG_T=$$@\x00"))})
	now, ops := int64(10), int64(0)
	for i, r := range recipes {
		p, e := store.ProcessID(i+2), store.ExecID(2*i+2)
		row0 := store.Process{ID: p, Parent: 1, ForkedBy: 1, PID: int(p), Start: now, End: now + r.lasts + 1000, Lost: r.lost}
		if r.failed {
			row0.ExitCode = 1
		}
		w.Process(row0)
		w.Exec(store.Exec{ID: e, Process: p, Cwd: cwd, Start: now})
		w.Exec(store.Exec{ID: e + 1, Process: p, Seq: 1, Exe: row("/usr/bin/tool"), Cwd: cwd, Start: now + 1,
			Argv: w.Argv([]byte("tool\x00" + r.target + "\x00")),
			Env:  w.Env([]byte("MAKEFLAGS= --eval=export\\ BG_T=$$@\x00MAKELEVEL=1\x00BG_T=" + r.target + "\x00"))})
		for _, f := range r.reads {
			now++
			w.Access(store.Access{Exec: e + 1, File: row(f), Kinds: store.AccessRead, Count: 1, First: now, Last: now, FirstRead: now})
		}
		for _, f := range r.absent {
			now++
			w.Access(store.Access{Exec: e + 1, File: w.File(filepath.Join(root, f), 0, 0, 0, store.KindAbsent), Kinds: store.AccessAbsent, Count: 1, First: now, Last: now})
		}
		now += r.lasts
		for _, f := range r.writes {
			now++
			w.Access(store.Access{Exec: e + 1, File: row(f), Kinds: store.AccessWrite | store.AccessCreate, Count: 1, First: now, Last: now, FirstWrite: now, LastWrite: now})
		}
		for _, f := range r.removes {
			now++
			ops++
			w.Op(store.Op{Seq: ops, Exec: e + 1, Time: now, Kind: store.OpUnlink, File: row(f)})
		}
		now += 1000
	}
	meta.Ended = now
	if err := w.Finish(meta); err != nil {
		t.Fatal(err)
	}
	r, err := store.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return graph.New(r), r
}

// tool makes a make with rules as a makefile spells them: "t: a b | c", with
// "::" double-colon, a leading "!" for phony targets, "&:" for grouped ones; a
// trailing ";" means that there is no recipe.
func tool(lines ...string) *declared.Tool {
	t := &declared.Tool{Process: 1, Kind: declared.KindMake, Dir: root, Argv: []string{"make"}, Makefiles: []string{root + "/Makefile"}}
	phony := map[string]bool{}
	for _, l := range lines {
		if name, ok := strings.CutPrefix(l, "!"); ok {
			phony[strings.Fields(strings.Split(name, ":")[0])[0]] = true
		}
	}
	file := func(name string) string {
		if phony[name] {
			return ""
		}
		if filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(root, name)
	}
	for i, l := range lines {
		l, empty := strings.CutSuffix(strings.TrimPrefix(l, "!"), ";")
		left, right, _ := strings.Cut(l, ":")
		right, double := strings.CutPrefix(right, ":")
		left, grouped := strings.CutSuffix(left, "&")
		targets := strings.Fields(left)
		for _, name := range targets {
			r := declared.Rule{Target: name, Path: file(name), HasRecipe: !empty, Phony: phony[name], DoubleColon: double, Makefile: root + "/Makefile", Line: i + 1}
			if grouped {
				for _, other := range targets {
					if other != name {
						r.Also = append(r.Also, other)
					}
				}
			}
			order, wait := false, false
			for _, p := range strings.Fields(right) {
				switch p {
				case "|":
					order = true
				case ".WAIT":
					wait = true
				default:
					r.Prereqs = append(r.Prereqs, declared.Prereq{Name: p, Path: file(p), OrderOnly: order, Wait: wait})
					wait = false
				}
			}
			t.Rules = append(t.Rules, r)
		}
	}
	t.Index()
	return t
}

// found tells findings in words.
func found(fs Findings) []string {
	list := []string{}
	for _, f := range fs.Findings {
		list = append(list, fmt.Sprintf("%s %s %s", f.Kind, f.Target, f.Input))
	}
	return list
}
