package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// After fix --apply and a build from clean, nothing is missing and nothing races;
// the makefile as it was is beside it.
func TestFixLoop(t *testing.T) {
	traps, err := filepath.Glob(filepath.Join(trapsDir, "s*"))
	if err != nil || len(traps) < 12 {
		t.Fatalf("%d traps in %s: %v", len(traps), trapsDir, err)
	}
	mended := func(f finding) bool { return f.Kind == "missing" || f.Kind == "race" }
	for _, trap := range traps {
		if !slices.ContainsFunc(expectedOf(t, trap), mended) {
			continue
		}
		t.Run(filepath.Base(trap), func(t *testing.T) {
			dir := copyTree(t, trap)
			captureIn(t, dir, "make")
			out, status := runIn(t, dir, "buildgraph", "fix", "--apply")
			if status != 0 {
				t.Fatalf("fix --apply: status %d\n%s", status, out)
			}
			for _, makefile := range []string{"Makefile", "app/Makefile", "build/Makefile"} {
				now, err := os.ReadFile(filepath.Join(dir, makefile))
				if err != nil {
					continue
				}
				was, _ := os.ReadFile(filepath.Join(trap, makefile))
				if string(now) == string(was) {
					continue
				}
				if kept, err := os.ReadFile(filepath.Join(dir, makefile+".bak")); err != nil || string(kept) != string(was) {
					t.Errorf("%s.bak is not what the makefile was: %v", makefile, err)
				}
			}
			for _, j := range []string{"-j1", "-j4"} {
				if out, status := runIn(t, dir, "make", "clean"); status != 0 {
					t.Fatalf("make clean: status %d\n%s", status, out)
				}
				command := "make " + j
				if filepath.Base(trap) == "s07_ar_update" {
					// Members of one archive are never safe under -j (GNU make
					// manual, "Dangers When Using Archives").
					command += " || " + command + " || " + command
				}
				captureIn(t, dir, command)
				for _, f := range checkIn(t, dir, "--prove").Findings {
					if mended(f.finding) {
						t.Errorf("%s: still %+v\n%s", j, f, out)
					}
				}
			}
			if out, status := runIn(t, dir, "buildgraph", "fix"); status != 0 {
				t.Errorf("fix of what is mended: status %d\n%s", status, out)
			}
		})
	}
}
