package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each kind is found where it is, and not where a maintainer would shake the head:
// stamps, makefiles, forced and order-only prerequisites, providers of others,
// names that a recipe is only told.
func TestCheckKinds(t *testing.T) {
	dir := unpack(t, `
-- Makefile --
CPPFLAGS = -Iinc -Isys
all: a.o w.o told.txt first.txt second.txt b.o list.txt
a.o: a.c sys/a.h old.h left-out.h Makefile setup.stamp | out
gram.c: gram.y
	cp gram.y gram.c; cp gram.y gram.h
w.o: w.c gram.c
told.txt: old.h
	echo $^ > $@
first.txt:
	echo 1 > $@; echo 1 >> both.log
second.txt:
	echo 2 > $@; echo 2 >> both.log
b.o: b.c all.list
all.list: sys/a.h
	echo sys/a.h > $@
setup.stamp:
	touch $@
list.txt: all.list touched.txt
	cat all.list > $@
touched.txt: first.txt
	cat first.txt > $@; touch second.txt
out:
	mkdir -p out inc
-- sys/a.h --
int f(void);
-- old.h --
-- left-out.h --
-- a.c --
#include <a.h>
#ifdef WITH_MORE
#include "left-out.h"
#endif
-- b.c --
#include <a.h>
-- w.c --
#include "gram.h"
-- gram.y --
int g(void);
`)
	captureIn(t, dir, "make")
	want := []finding{
		{"missing", "w.o", "gram.h"},
		{"redundant", "a.o", "left-out.h"},
		{"redundant", "a.o", "old.h"},
		{"undeclared", "gram.c", "gram.h"},
		{"writers", "first.txt", "both.log"},
	}
	if d := cmp.Diff(want, checkIn(t, dir).found()); d != "" {
		t.Errorf("-want +found:\n%s", d)
	}
	// A file that a source names is needed by another configuration than this.
	proved := checkIn(t, dir, "--prove", "--kind", "redundant")
	if d := cmp.Diff(want[2:3], proved.found()); d != "" || proved.Findings[0].Proof != "proved" {
		t.Errorf("check --prove (-want +found):\n%s%+v", d, proved.Findings)
	}
	shadow := []finding{{"shadow", "a.o", "inc/a.h"}, {"shadow", "b.o", "inc/a.h"}}
	if d := cmp.Diff(shadow, checkIn(t, dir, "--kind", "shadow").found()); d != "" {
		t.Errorf("--kind shadow (-want +found):\n%s", d)
	}
}

// Names that mean something to make or to a shell go through check, the dry runs
// and the fix unharmed.
func TestCheckOddNames(t *testing.T) {
	dir := unpack(t, `
-- Makefile --
all: a$$b.txt sp\ ace.txt per%cent.txt ./-n.txt
a$$b.txt:
	cat 'hash#.in' > '$@'
sp\ ace.txt:
	cat 'do$$llar.in' > '$@'
per%cent.txt:
	cat 'spa ce.in' > '$@'
./-n.txt:
	cat 'per%.in' > '$@'
-- hash#.in --
-- do$llar.in --
-- spa ce.in --
-- per%.in --
`)
	captureIn(t, dir, "make")
	want := []finding{
		{"missing", "-n.txt", "per%.in"},
		{"missing", "a$b.txt", "hash#.in"},
		{"missing", "per%cent.txt", "spa ce.in"},
		{"missing", "sp ace.txt", "do$llar.in"},
	}
	proved := checkIn(t, dir, "--prove")
	if d := cmp.Diff(want, proved.found()); d != "" {
		t.Errorf("-want +found:\n%s", d)
	}
	for _, f := range proved.Findings {
		if f.Proof != "proved" {
			t.Errorf("%+v is %s: %s", f.finding, f.Proof, f.Reason)
		}
		if out, status := runIn(t, dir, "sh", "-c", f.Repro); status != 0 || len(out) > 200 {
			t.Errorf("%s: status %d: %s", f.Repro, status, out)
		}
	}
	out, status := runIn(t, dir, "buildgraph", "fix", "--apply")
	if status != 1 { // a target with a % can only be one of a pattern rule
		t.Fatalf("fix --apply: status %d\n%s", status, out)
	}
	runIn(t, dir, "sh", "-c", "rm ./*.txt")
	captureIn(t, dir, "make")
	if d := cmp.Diff(want[2:3], checkIn(t, dir, "--prove").found()); d != "" {
		t.Errorf("after the fix (-want +found):\n%s", d)
	}
}
