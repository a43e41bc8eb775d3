package store

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestComm(t *testing.T) {
	for _, c := range []struct{ argv0, script, exe, want string }{
		{"/usr/bin/cc", "", "/usr/bin/x86_64-linux-gnu-gcc-12", "cc"},
		{"-bash", "", "/usr/bin/bash", "bash"},
		{"/bin/sh", "/src/configure", "/usr/bin/dash", "configure"},
		{"", "", "/usr/bin/x86_64-linux-gnu-gcc-12", "x86_64-linux-gn"},
		{"", "", "", ""},
		{"a\xffb", "", "", "a\xffb"},
	} {
		if got := Comm(c.argv0, c.script, c.exe); got != c.want {
			t.Errorf("Comm(%q, %q, %q) = %q, want %q", c.argv0, c.script, c.exe, got, c.want)
		}
	}
}

func TestEventKindNames(t *testing.T) {
	seen := map[string]bool{}
	for k := EventKind(1); k < EventKinds; k++ {
		name := k.String()
		if got, ok := EventKindNamed(strings.ToLower(name)); name == "" || seen[name] || !ok || got != k {
			t.Errorf("kind %d is called %q, which is %d, %v", k, name, got, ok)
		}
		seen[name] = true
	}
	for _, name := range []string{"", "all", "exe"} {
		if k, ok := EventKindNamed(name); ok {
			t.Errorf("%q is %v", name, k)
		}
	}
	for op := OpRename; op <= OpChroot; op++ {
		if op.EventOf() == 0 {
			t.Errorf("operation %d is no event", op)
		}
	}
	if (OpChroot+1).EventOf() != 0 || EventKinds.String() != "" {
		t.Error("there are more kinds than there are")
	}
}

func TestArgs(t *testing.T) {
	for block, want := range map[string][]string{
		"":                 nil,
		"cc\x00":           {"cc"},
		"cc\x00\x00-c\x00": {"cc", "", "-c"},
		"cc\x00cut off":    {"cc", "cut off"},
		"\x00":             {""},
	} {
		if got := Args([]byte(block)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", block, got, want)
		}
	}
}

// The uses that Add tells of are those that Uses finds in the row.
func TestAddTellsWhatUsesFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	kinds := []AccessKind{
		AccessRead, AccessWrite, AccessCreate | AccessWrite, AccessTruncate, AccessMap, AccessExecute,
		AccessList, AccessStat, AccessAbsent, AccessLink, AccessRead | AccessWrite, AccessAbsent,
	}
	for range 20_000 {
		e := Exec{Seq: r.IntN(2), Start: 10}
		var a Access
		var told []Use
		for n := int64(r.IntN(6) + 1); n > 0; n-- {
			uses, k := a.Add(kinds[r.IntN(len(kinds))], 10+r.Int64N(4), &e)
			told = append(told, uses[:k]...)
		}
		uses, n := a.Uses(&e)
		for _, list := range [][]Use{told, uses[:n]} {
			slices.SortFunc(list, func(x, y Use) int { return int(x.Kind) - int(y.Kind) })
		}
		if !slices.Equal(told, uses[:n]) {
			t.Fatalf("exec %+v, row %+v:\ntold  %v\nfound %v", e, a, told, uses[:n])
		}
	}
}
