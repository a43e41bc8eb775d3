package main

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// A capture shares the machine with the build that it watches, and what it
// allocates to load its programs and for a build of common size is less than a
// collector is worth: collecting took a tenth of the CPU time of a capture of
// nothing (buildgraph capture -- true with GOGC=off and with GOGC=100), and a sixth
// of that of a check of 100,000 accesses.
const (
	noCollecting = 96 << 20 // bytes of heap up to which nothing is collected
	heapWatch    = 50 * time.Millisecond
)

// collectLate puts the garbage collector off until the heap is large. Who sets
// GOGC has chosen.
func collectLate() {
	if os.Getenv("GOGC") != "" {
		return
	}
	before := debug.SetGCPercent(-1)
	go func() {
		heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for range time.Tick(heapWatch) {
			metrics.Read(heap)
			if heap[0].Value.Uint64() > noCollecting {
				debug.SetGCPercent(before)
				return
			}
		}
	}()
}
