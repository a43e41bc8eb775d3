package bpf

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

// invented makes samples as a kernel with that table would: those that are
// behind another in their bucket are pointed to by that one.
func invented(rng *rand.Rand, table uint64, shift uint32, n int, behind func() bool) []traceSample {
	samples := make([]traceSample, n)
	for i := range samples {
		hash := rng.Uint32()
		hashLen := uint64(hash) | uint64(1+rng.IntN(40))<<32
		s := traceSample{HashLen: hashLen, Computed: hashLen, Pprev: table + 8*uint64(hash>>shift)}
		if behind() {
			s.Pprev = 0xffff_9000_0000_0000 + 8*rng.Uint64N(1<<30)
		}
		samples[i] = s
	}
	return samples
}

func TestDentryTable(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, shift := range []uint32{6, 11, 14, 20} {
		const table = 0xffff_c900_0000_0000
		for _, ofFour := range []int{0, 1, 3} { // behind others: in a cache that is full
			samples := invented(rng, table, shift, 60, func() bool { return rng.IntN(4) < ofFour })
			got, gotShift, err := dentryTable(samples)
			if err != nil || got != table || gotShift != shift {
				t.Errorf("shift %d: table %#x shift %d, %v", shift, got, gotShift, err)
			}
		}
	}
}

// Better no table than a wrong one.
func TestDentryTableInDoubt(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	never := func() bool { return false }
	few := invented(rng, 1<<40, 10, 5, never)
	one := slices.Repeat(invented(rng, 1<<40, 10, 1, never), 60) // always the same dentry
	otherHash := invented(rng, 1<<40, 10, 60, never)
	for i := range otherHash {
		otherHash[i].Computed++
	}
	noise := invented(rng, 1<<40, 10, 60, never)
	for i := range noise {
		noise[i].Pprev = 8 * rng.Uint64()
	}
	for name, samples := range map[string][]traceSample{
		"none": nil, "few": few, "one": one, "another hash function": otherHash, "no table": noise,
	} {
		if table, _, err := dentryTable(samples); !errors.Is(err, errNoTable) {
			t.Errorf("%s: %#x, %v", name, table, err)
		}
	}
}

// Every tracepoint that a capture needs is there, and what cannot be had is
// said as such.
func TestCheck(t *testing.T) {
	points, err := Check(64 << 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(points) != len(tracepoints) {
		t.Errorf("%d tracepoints, want %d", len(points), len(tracepoints))
	}
	for _, p := range points {
		if p.Err != nil {
			t.Errorf("%s: %v", p.Name, p.Err)
		}
	}
	if err := CheckRing(64 << 10); err != nil {
		t.Error(err)
	}
	if err := CheckRing(12345); err == nil {
		t.Error("a ring of an odd size was made")
	}
}

// Calls are in the table by what they are, not by where they happen to be.
func TestCallsTable(t *testing.T) {
	all := table(common, own)
	seen := 0
	for nr, c := range all {
		if c.Op == 0 {
			continue
		}
		seen++
		for what, arg := range map[string]uint8{"dir": c.Dir, "path": c.Path, "flags": c.Flags, "dir2": c.Dir2, "path2": c.Path2} {
			if arg > 5 && arg != none {
				t.Errorf("call %d: %s is argument %d", nr, what, arg)
			}
		}
	}
	if seen != len(common)+len(own) {
		t.Errorf("%d calls in the table, want %d: two share a number", seen, len(common)+len(own))
	}
}
