package capture

import (
	"testing"

	"buildgraph/bpf"
	"buildgraph/store"
)

// of makes an event one of a build's.
func of(build uint8, raw []byte) []byte {
	raw[2] = build
	return raw
}

// Two builds whose events are mixed share what a path id stands for and nothing else;
// events of a build that nobody records are noticed and dropped.
func TestDemux(t *testing.T) {
	d := newDemux(func(bpf.FoldKey) (bpf.Fold, bool) { return bpf.Fold{}, false })
	sinks := map[uint16]*memory{1: newMemory(), 2: newMemory()}
	d.begin = func(e *bpf.ForkEvent) *build {
		b := d.newBuild(sinks[e.H.Build], 0)
		b.fork(nil, e)
		return b
	}
	fork := func(build uint8, image, child, pid uint32) []byte {
		return of(build, event(bpf.EventFork, 0, image, 10, child, pid, uint64(9)))
	}
	access := func(build uint8, image, path, kinds uint32) []byte {
		return of(build, event(bpf.EventAccess, 0, image, 20, path, kinds, uint64(0)))
	}
	for _, raw := range [][]byte{
		fork(1, 0, 1, 100), fork(2, 0, 2, 200),
		pathEvent(1, 5, 0o100644, "/src/a.c"),
		access(1, 1, 1, 1), access(2, 2, 1, 2),
		fork(2, 2, 3, 201), access(2, 3, 1, 1),
		access(3, 9, 1, 1), // of a build that never began
		access(1, 8, 1, 1), // of an image whose birth was lost
	} {
		if _, err := decode(aligned(raw), d); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.strays) != 1 || !d.strays[3] {
		t.Errorf("strays: %v", d.strays)
	}
	one, two := d.builds[1], d.builds[2]
	if one.running != 2 || two.running != 2 || one.processes != 2 || two.processes != 2 {
		t.Errorf("%d and %d images, %d and %d processes", one.running, two.running, one.processes, two.processes)
	}
	for _, b := range []*build{one, two} {
		b.finish(b.alive(), b.expected())
	}
	if k := sinks[1].kinds("/src/a.c"); k != store.AccessRead || len(sinks[1].procs) != 2 {
		t.Errorf("the first build: %v, %v", k, sinks[1].procs)
	}
	if k := sinks[2].kinds("/src/a.c"); k != store.AccessRead|store.AccessWrite || len(sinks[2].procs) != 2 {
		t.Errorf("the second build: %v, %v", k, sinks[2].procs)
	}
}

// The table of paths keeps what a build that runs can still ask for.
func TestNamesAreForgotten(t *testing.T) {
	var n nameTable
	for _, id := range []uint32{1, blockSize, 2 * blockSize, 5*blockSize + 7} {
		n.learn(id, meaning{file: store.File{Path: "/p"}})
	}
	n.forget(2)
	for id, want := range map[uint32]string{1: "", blockSize: "", 2 * blockSize: "/p", 5*blockSize + 7: "/p", 4 * blockSize: "", 1 << 31: ""} {
		if got := n.of(id).file.Path; got != want {
			t.Errorf("%d: %q, want %q", id, got, want)
		}
	}
	n.forget(100)
	if got := n.of(5*blockSize + 7).file.Path; got != "" {
		t.Errorf("not forgotten: %q", got)
	}
}
