package capture

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"buildgraph/bpf"
	"buildgraph/graph"
	"buildgraph/store"
)

// randomBuild plays builds that no machine would run: every order of events that
// the kernel side can send, and, where some are lost, a few that it cannot.
type randomBuild struct {
	*rand.Rand
	b      *build
	d      *demux
	clock  uint64
	images uint32
	paths  []uint32
	next   uint32 // path id
	procs  []*randomProcess
	loss   float64
	script string
}

// randomProcess has events of its own, which keep their order.
type randomProcess struct {
	image uint32
	todo  []func()
	ended bool
}

func (r *randomBuild) now() uint64 {
	r.clock += []uint64{0, 0, 1, 1, 7, 1000}[r.IntN(6)]
	return r.clock + uint64(r.IntN(3)) // threads overtake each other
}

func (r *randomBuild) head(p *randomProcess, flags uint8) bpf.Header {
	return bpf.Header{Image: p.image, Flags: flags, Time: r.now()}
}

// path is one that was told of, or a new one.
func (r *randomBuild) path() uint32 {
	if len(r.paths) > 0 && r.IntN(3) > 0 {
		return r.paths[r.IntN(len(r.paths))]
	}
	r.next++
	name := fmt.Sprintf("/src/f%d", r.IntN(12))
	h := bpf.PathHead{Id: r.next, Ino: uint64(r.IntN(4) + 1), Dev: 5, Mode: 0o100644}
	switch r.IntN(5) {
	case 0:
		h.H.Flags = bpf.PathAbsent
	case 1:
		h.H.Flags, h.Rest = bpf.PathUnresolved, 1
	}
	r.d.path(&h, []byte(name))
	r.paths = append(r.paths, r.next)
	return r.next
}

func (r *randomBuild) scriptPath() uint32 {
	r.next++
	r.d.path(&bpf.PathHead{Id: r.next, Ino: 99, Dev: 5, Mode: 0o100755}, []byte(r.script))
	return r.next
}

// later queues an event of p, or loses it.
func (r *randomBuild) later(p *randomProcess, event func()) {
	if r.Float64() >= r.loss {
		p.todo = append(p.todo, event)
	}
}

func (r *randomBuild) start(parent *randomProcess) *randomProcess {
	r.images++
	p := &randomProcess{image: r.images}
	e := bpf.ForkEvent{Child: p.image, Pid: 1000 + p.image}
	if parent == nil {
		e.H.Time = r.now()
		r.d.fork(&e)
	} else {
		r.later(parent, func() {
			e.H = r.head(parent, 0)
			r.d.fork(&e)
			r.procs = append(r.procs, p)
		})
		return p
	}
	r.procs = append(r.procs, p)
	return p
}

func (r *randomBuild) exec(p *randomProcess) {
	r.images++
	old, image := p.image, r.images
	r.later(p, func() {
		e := bpf.ExecEvent{Old: old, Pid: 1000 + old, Exe: r.path(), Interp: r.path(), Cwd: r.path()}
		e.H = bpf.Header{Image: image, Time: r.now()}
		r.d.exec(&e)
	})
	p.todo = append(p.todo, func() { p.image = image })
	argv := fmt.Sprintf("/bin/prog%d\x00-c\x00arg %d\x00", r.IntN(5), r.IntN(3))
	cut := r.IntN(len(argv))
	if r.IntN(2) == 0 {
		cut = 0
	} else {
		r.later(p, func() { r.text(p, bpf.TextArgv, bpf.TextMore, argv[:cut]) })
	}
	r.later(p, func() { r.text(p, bpf.TextArgv, 0, argv[cut:]) })
	r.later(p, func() { r.text(p, bpf.TextEnv, 0, "A=b\x00") })
	r.later(p, func() { r.d.held(&bpf.HeldEvent{H: r.head(p, 0), Path: r.path(), Fd: 1, Mode: 2}) })
	if r.IntN(3) == 0 {
		for _, flag := range []uint8{bpf.AccessMaybe, bpf.AccessScript} {
			r.later(p, func() {
				e := bpf.AccessEvent{Path: r.scriptPath(), Kinds: uint32(store.AccessExecute)}
				e.H = r.head(p, flag)
				r.d.access(&e)
			})
		}
	}
}

func (r *randomBuild) text(p *randomProcess, kind uint32, flags uint8, text string) {
	r.d.text(&bpf.TextHead{H: r.head(p, flags), Kind: kind}, []byte(text))
}

func (r *randomBuild) access(p *randomProcess) {
	all := []store.AccessKind{
		store.AccessRead, store.AccessWrite, store.AccessCreate | store.AccessWrite, store.AccessCreate, store.AccessTruncate,
		store.AccessTruncate | store.AccessWrite, store.AccessMap, store.AccessRead | store.AccessWrite, store.AccessList,
		store.AccessStat, store.AccessAbsent, store.AccessAbsent, store.AccessLink, store.AccessStat,
	}
	kinds := all[r.IntN(len(all))]
	flags := []uint8{0, 0, bpf.AccessByFD, bpf.AccessFolding}[r.IntN(4)]
	r.later(p, func() {
		e := bpf.AccessEvent{Path: r.path(), Kinds: uint32(kinds)}
		e.H = r.head(p, flags)
		r.d.access(&e)
	})
}

func (r *randomBuild) op(p *randomProcess) {
	kind := store.OpKind(r.IntN(int(store.OpChroot)) + 1)
	if r.IntN(3) == 0 {
		kind = store.OpTruncate
	}
	r.later(p, func() {
		e := bpf.OpEvent{Path: r.path(), Other: r.path(), Arg: 0o644}
		e.H = r.head(p, uint8(kind))
		if kind == store.OpSymlink {
			r.text(p, bpf.TextSymlink, 0, "to")
		}
		r.d.op(&e)
	})
}

func (r *randomBuild) exit(p *randomProcess) {
	status := []int32{0, 0, 3 << 8, 9}[r.IntN(4)]
	p.ended = true
	r.later(p, func() { r.d.exit(&bpf.ExitEvent{H: r.head(p, 0), Status: status}) })
	r.later(p, func() { r.d.cpu(&bpf.CPUEvent{H: r.head(p, 0), Cpu: 5}) })
}

// play lets processes do this and that, and everything that they still have to.
func (r *randomBuild) play(steps int) {
	r.exec(r.start(nil))
	for range steps {
		p := r.procs[r.IntN(len(r.procs))]
		if len(p.todo) > 0 && r.IntN(3) > 0 {
			p.todo[0]()
			p.todo = p.todo[1:]
			continue
		}
		if p.ended {
			continue
		}
		switch n := r.IntN(20); {
		case n < 2:
			r.start(p)
		case n < 4:
			r.exec(p)
		case n < 5 && len(r.procs) > 2:
			r.exit(p)
		case n < 9:
			r.op(p)
		default:
			r.access(p)
		}
	}
	for i := 0; i < len(r.procs); i++ {
		for len(r.procs[i].todo) > 0 {
			r.procs[i].todo[0]()
			r.procs[i].todo = r.procs[i].todo[1:]
		}
	}
	r.b.finish(r.b.alive(), r.b.expected())
}

// What is shown of a build as it goes on is what its trace tells later, event for
// event, whatever came in whatever order and whatever was lost.
func TestLiveIsTheLog(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	total := map[store.EventKind]int{}
	for seed := range uint64(scaled(300, 30)) {
		file := filepath.Join(t.TempDir(), "t.db")
		w, err := store.Create(file, store.CreateOptions{UID: -1, GID: -1})
		if err != nil {
			t.Fatal(err)
		}
		r := &randomBuild{Rand: rand.New(rand.NewPCG(seed, 1)), clock: 5, script: script}
		r.loss = []float64{0, 0, 0.02, 0.3}[seed%4]
		r.d = newDemux(func(bpf.FoldKey) (bpf.Fold, bool) {
			return bpf.Fold{Count: 3, Last: r.clock}, true
		})
		r.b = r.d.newBuild(w, 0)
		r.d.only = r.b
		var live []store.Event
		r.b.live = func(e store.Event) { live = append(live, e) }
		r.play(600)
		if err := w.Finish(store.Meta{Finished: true, Ended: int64(r.clock) + 9}); err != nil {
			t.Fatal(err)
		}
		log := logOf(t, file)
		slices.SortFunc(live, func(a, b store.Event) int { return store.CompareEvents(&a, &b) })
		for i := range max(len(live), len(log)) {
			var a, b string
			if i < len(live) {
				a = fmt.Sprintf("%+v", live[i])
				total[live[i].Kind]++
			}
			if i < len(log) {
				b = log[i]
			}
			if a != b {
				t.Fatalf("seed %d, event %d of %d and %d:\nlive %s\nlog  %s", seed, i, len(live), len(log), a, b)
			}
		}
	}
	for k := store.EventKind(1); k < store.EventKinds; k++ {
		if total[k] == 0 {
			t.Errorf("no %s among the events", k)
		}
	}
}

// logOf gives all events of a trace.
func logOf(t *testing.T, file string) (events []string) {
	t.Helper()
	r, err := store.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all, err := graph.NewEventFilter(graph.EventFilterOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range graph.New(r).Log(all, nil) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, fmt.Sprintf("%+v", *e))
	}
	return events
}
