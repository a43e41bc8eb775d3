package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// A capture shares the machine with the build that it watches, and what it
// allocates to load its programs and for a build of common size is less than a
// collector is worth: collecting took a tenth of the CPU time of a capture of
// nothing (buildgraph capture -- true with GOGC=off and with GOGC=100), and a sixth
// of that of a check of 100,000 accesses.
const noCollecting = 96 << 20 // bytes of memory up to which nothing is collected

// collectLate puts the garbage collector off until the heap is large: the first
// collection is the one that a limit of memory asks for, and what it frees puts the
// usual pace in force. Nothing watches the heap meanwhile: a clock that ticks 20
// times a second takes 3 % of a processor from the build (Go's monitor thread wakes
// with it). Who sets GOGC has chosen.
func collectLate() {
	if os.Getenv("GOGC") != "" {
		return
	}
	limit := debug.SetMemoryLimit(-1) // reads it
	percent := debug.SetGCPercent(-1)
	debug.SetMemoryLimit(min(limit, noCollecting))
	first := new([64]byte)
	runtime.AddCleanup(first, func(struct{}) {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}, struct{}{})
}
