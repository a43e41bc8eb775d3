package store

import (
	"errors"
	"strings"
	"testing"
)

func exampleDeclared() *Declared {
	return &Declared{
		Sets: []DeclaredSet{
			{ID: 1, Makefiles: []string{"/src/Makefile", "/src/b\xffd\n.mk"}, Serial: true, Goal: "all"},
			{ID: 2, Makefiles: nil},
		},
		Tools: []DeclaredTool{
			{Process: 1, Set: 1, Kind: "make", Dir: "/src"}, {Process: 2, Kind: "ninja", Dir: "/src/sub", Failure: "it was a dry run"},
			{Process: 3, Set: 1, Kind: "make", Dir: "/src"},
		},
		Names: []DeclaredName{
			{ID: 1, Name: "all"}, {ID: 2, Name: "a b.o", Path: "/src/a b.o"}, {ID: 3, Name: "\xff.c", Path: "/src/\xff.c"},
			{ID: 4, Name: "Makefile", Path: "/src/Makefile"},
		},
		Rules: []DeclaredRule{
			{ID: 1, Set: 1, Target: 1, Prereqs: []uint32{2}, Flags: DeclaredPhony},
			{
				ID: 2, Set: 1, Target: 2, Prereqs: []uint32{3, 3}, OrderOnly: []uint32{1}, Waits: []uint32{1}, Also: []uint32{3},
				Flags: DeclaredRecipe | DeclaredBuiltin, Stem: "a b", Makefile: 4, Line: 12,
			},
		},
	}
}

func TestDeclared(t *testing.T) {
	path := tracePath(t)
	x := writeExample(t, path)
	if r := openTrace(t, path); r.HasDeclared() {
		t.Error("HasDeclared is true of a trace without")
	} else {
		equal(t, "Declared of a trace without", must(r.Declared())(t), &Declared{})
		r.Close()
	}
	old := &Declared{Names: []DeclaredName{{ID: 1, Name: "old"}}, Sets: []DeclaredSet{{ID: 1}}}
	for _, d := range []*Declared{old, exampleDeclared()} {
		if err := AnnotateDeclared(path, d); err != nil {
			t.Fatal(err)
		}
	}
	onlyFile(t, path)
	r := openTrace(t, path)
	if !r.HasDeclared() {
		t.Error("HasDeclared is false")
	}
	equal(t, "Declared", must(r.Declared())(t), exampleDeclared())
	checkExample(t, r, x)
}

// Ids that lead nowhere are damage, not a panic later.
func TestDeclaredDamage(t *testing.T) {
	for name, spoil := range map[string]func(*Declared){
		"no such set of a tool": func(d *Declared) { d.Tools[0].Set = 3 },
		"no such set":           func(d *Declared) { d.Rules[0].Set = 3 },
		"no set":                func(d *Declared) { d.Rules[0].Set = 0 },
		"no such target":        func(d *Declared) { d.Rules[0].Target = 5 },
		"no such prerequisite":  func(d *Declared) { d.Rules[1].OrderOnly[0] = 5 },
		"prerequisite 0":        func(d *Declared) { d.Rules[1].Prereqs[0] = 0 },
		"no such makefile":      func(d *Declared) { d.Rules[1].Makefile = 77 },
		"a gap in the names":    func(d *Declared) { d.Names[1].ID = 9 },
		"a gap in the sets":     func(d *Declared) { d.Sets[1].ID = 9 },
	} {
		path := tracePath(t)
		writeExample(t, path)
		d := exampleDeclared()
		spoil(d)
		if err := AnnotateDeclared(path, d); err != nil {
			t.Fatal(err)
		}
		if _, err := openTrace(t, path).Declared(); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnnotateDeclaredRefuses(t *testing.T) {
	path := tracePath(t)
	w, err := Create(path, CreateOptions{Meta: exampleMeta(), UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if err := AnnotateDeclared(path, exampleDeclared()); err == nil || !strings.Contains(err.Error(), "declared rules") {
		t.Errorf("an unfinished trace: %v", err)
	}
}
