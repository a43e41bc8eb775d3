package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"buildgraph/graph"
	"buildgraph/store"
)

// livePipe is a printer that writes to a pipe.
func livePipe(t *testing.T, flags eventFlags) (*livePrinter, func(store.Event), *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	a := &app{color: colorAuto}
	p := newLivePrinter(a.newLiveOutput(w, "pipe"), chosen(t, flags), true)
	return p, p.For(store.Meta{Root: "/src", Began: time.Unix(1, 0)}), r
}

// chosen is the filter of flags.
func chosen(t testing.TB, flags eventFlags) *graph.EventFilter {
	t.Helper()
	filter, err := flags.filter("/")
	if err != nil {
		t.Fatal(err)
	}
	return filter
}

// room waits until half of the queue is free.
func (p *livePrinter) room() {
	for queued := liveQueue; queued > liveQueue/2; {
		p.mu.Lock()
		queued = len(p.queue)
		p.mu.Unlock()
		if queued > liveQueue/2 {
			time.Sleep(time.Millisecond)
		}
	}
}

func opened(i int) store.Event {
	return store.Event{Kind: store.EventOpen, Time: int64(i), Process: 1, PID: 7, Comm: "cc1", Path: fmt.Sprintf("/src/file%07d", i)}
}

// With --min-duration a process that hangs is shown when it has lived for that long,
// not when it ends; one that has ended before waits for the word of its end.
func TestLiveShowsWhatHangs(t *testing.T) {
	var boot unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot); err != nil {
		t.Fatal(err)
	}
	meta := store.Meta{Root: "/src", Began: time.Now(), BootNS: boot.Nano()}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	a := &app{color: colorAuto}
	p := newLivePrinter(a.newLiveOutput(w, "pipe"), chosen(t, eventFlags{minDuration: 300 * time.Millisecond}), true)
	put := p.For(meta)
	for i, seconds := range []string{"0.01", "30"} {
		cmd := exec.Command("sleep", seconds)
		start := int64(time.Since(meta.Began))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}()
		put(store.Event{Kind: store.EventExec, Time: start, Start: start, Process: store.ProcessID(i + 1), PID: cmd.Process.Pid, Comm: "sleep", Argv: cmd.Args})
	}
	if err := r.SetReadDeadline(time.Now().Add(15 * time.Second)); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil || !strings.Contains(line, `"30"`) {
		t.Errorf("%q, %v; want the process that hangs", line, err)
	}
	w.Close()
	p.Close(true)
}

// inOrder says whether lines of opened's are in the order of time, once each.
func inOrder(list []string) bool {
	var paths []string
	for _, l := range list {
		_, path, _ := strings.Cut(l, `"path":`)
		paths = append(paths, path)
	}
	return slices.IsSorted(paths) && len(slices.Compact(paths)) == len(list)
}

// readLines reads whole lines until the end; one that is torn fails the test.
func readLines(t *testing.T, r io.Reader) (list []string) {
	t.Helper()
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			if line != "" {
				t.Errorf("a torn line: %q", line)
			}
			return list
		}
		list = append(list, line)
	}
}

// A reader that is slower than the build gets whole lines, in order; those that it
// does not get are counted.
func TestLiveSlowReader(t *testing.T) {
	p, put, r := livePipe(t, eventFlags{})
	const total = 5 * liveQueue
	began := time.Now()
	for i := range total {
		put(opened(i))
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the build waited %s", took)
	}
	read := make(chan []string)
	go func() {
		time.Sleep(100 * time.Millisecond)
		read <- readLines(t, r)
	}()
	dropped, why := p.Close(true)
	p.out.file.Close()
	got := <-read
	if len(got)+int(dropped) != total || dropped == 0 || len(got) < liveQueue {
		t.Errorf("%d lines, %d dropped, of %d", len(got), dropped, total)
	}
	if !inOrder(got) {
		t.Error("the lines are not in order, or not once each")
	}
	if why != "pipe was slower than the build" {
		t.Errorf("why: %q", why)
	}
}

// A reader that reads no more does not keep a build from ending.
func TestLiveStuckReader(t *testing.T) {
	p, put, r := livePipe(t, eventFlags{})
	const total = 20_000
	for i := range total {
		put(opened(i))
	}
	began := time.Now()
	dropped, why := p.Close(true)
	if took := time.Since(began); took > liveDrain+time.Second {
		t.Errorf("waited %s", took)
	}
	p.out.file.Close()
	got := readLines(t, r)
	if len(got)+int(dropped) != total || len(got) == 0 || dropped == 0 || why != "pipe was slower than the build" {
		t.Errorf("%d lines, %d dropped (%s), of %d", len(got), dropped, why, total)
	}
}

// A reader that goes away ends the showing, nothing else.
func TestLiveReaderGone(t *testing.T) {
	p, put, r := livePipe(t, eventFlags{})
	r.Close()
	put(opened(1))
	put(opened(2))
	if dropped, why := p.Close(true); dropped != 2 || why != "writing to pipe: broken pipe" {
		t.Errorf("%d dropped: %s", dropped, why)
	}
}

// Each build has the filter with its own root.
func TestLiveRoots(t *testing.T) {
	p, put, r := livePipe(t, eventFlags{path: []string{"lib/"}})
	other := p.For(store.Meta{Root: "/other", Began: time.Unix(1, 0)})
	for _, path := range []string{"/src/lib/a", "/other/lib/b"} {
		e := opened(1)
		e.Path = path
		put(e)
		other(e)
	}
	dropped, _ := p.Close(true)
	p.out.file.Close()
	got := readLines(t, r)
	slices.Sort(got)
	if len(got) != 2 || dropped != 0 || !strings.Contains(got[0], `"path":"lib/a"`) || !strings.Contains(got[1], `"path":"lib/b"`) {
		t.Errorf("%d dropped, shown %q", dropped, got)
	}
}

// A FIFO that nobody reads keeps nobody waiting, and nothing of it was shown.
func TestLiveNobodyReads(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, total := range []int{1, 20_000} {
		for _, json := range []bool{false, true} {
			out, err := (&app{color: colorAuto}).openLive(fifo, "", store.NoIdentity)
			if err != nil {
				t.Fatal(err)
			}
			p := newLivePrinter(out, chosen(t, eventFlags{}), json)
			put := p.For(store.Meta{Root: "/src", Began: time.Unix(1, 0)})
			for i := range total {
				put(opened(i))
			}
			time.Sleep(200 * time.Millisecond) // most is in the pipe, or waits for it
			began := time.Now()
			dropped, why := p.Close(true)
			if took := time.Since(began); took > liveDrain/2 {
				t.Errorf("waited %s", took)
			}
			if int(dropped) != total || why != "nobody reads "+fifo {
				t.Errorf("%d of %d dropped: %s", dropped, total, why)
			}
			out.file.Close()
		}
	}
}

// Events come a little out of order, and are shown in order.
func TestLiveOrder(t *testing.T) {
	p, put, r := livePipe(t, eventFlags{})
	const total = 30_000
	r2 := rand.New(rand.NewPCG(1, 2))
	for i := 0; i < total; i += 10 {
		for _, j := range r2.Perm(10) {
			e := opened(i + j)
			e.Time *= 10_000 // ten in 100 µs
			put(e)
		}
		if i%1000 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	read := make(chan []string)
	go func() { read <- readLines(t, r) }()
	dropped, _ := p.Close(true)
	p.out.file.Close()
	if got := <-read; len(got)+int(dropped) != total || dropped > 0 || !inOrder(got) {
		t.Errorf("%d lines and %d dropped of %d, in order: %v", len(got), dropped, total, inOrder(got))
	}
}

// Of processes that are chosen by their end all is shown, of the others nothing.
func TestLiveHolds(t *testing.T) {
	r2 := rand.New(rand.NewPCG(3, 4))
	for _, flags := range []eventFlags{
		{minDuration: 100}, {failed: true}, {failed: true, minDuration: 100}, {minDuration: 100, events: []string{"open"}},
		{failed: true, comm: []string{"p1*"}},
	} {
		p, put, r := livePipe(t, flags)
		filter := chosen(t, flags).In("/src")
		want := 0
		for id := range 300 {
			var events []store.Event
			start := int64(id * 10)
			e := store.Event{Start: start, Process: store.ProcessID(id + 1), PID: id + 1, Comm: fmt.Sprintf("p%d", id)}
			for range r2.IntN(20) {
				e.Kind, e.Time, e.Path = store.EventOpen, start+r2.Int64N(80), fmt.Sprintf("/src/%d", len(events))
				events = append(events, e)
			}
			exit := store.Event{Start: start, Process: e.Process, PID: e.PID, Comm: e.Comm, Kind: store.EventExit, Time: start + 80 + r2.Int64N(40), ExitCode: r2.IntN(2)}
			end := exit.Time
			if id%10 == 0 {
				end = 0 // outlives the build
			} else {
				events = append(events, exit)
			}
			for _, e := range events {
				put(e)
				if filter.Match(&e) && filter.Ended(start, end, exit.ExitCode, 0) {
					want++
				}
			}
		}
		read := make(chan []string)
		go func() { read <- readLines(t, r) }()
		dropped, _ := p.Close(true)
		p.out.file.Close()
		got := <-read
		if len(got) != want || dropped != 0 || want == 0 {
			t.Errorf("%+v: %d lines, %d dropped, want %d", flags, len(got), dropped, want)
		}
	}
}

// What there is no room to hold back is counted when it turns out that it was wanted.
func TestLiveHoldsOnlySoMuch(t *testing.T) {
	for _, exit := range []int{0, 1} {
		p, put, r := livePipe(t, eventFlags{failed: true})
		read := make(chan []string)
		go func() { read <- readLines(t, r) }()
		const total = liveHeld + 1000
		for i := range total {
			put(opened(i))
			if i%1000 == 0 {
				p.room()
			}
		}
		put(store.Event{Kind: store.EventExit, Time: total, Process: 1, PID: 7, Comm: "cc1", ExitCode: exit})
		dropped, _ := p.Close(true)
		p.out.file.Close()
		got := len(<-read)
		if want := exit * (total + 1); got+int(dropped) != want || exit > 0 && dropped != 1000 {
			t.Errorf("exit status %d: %d lines, %d dropped, want %d", exit, got, dropped, want)
		}
	}
}

// A trace and its live view must not be one file.
func TestSameFile(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a", "link"); err != nil {
		t.Fatal(err)
	}
	for pair, want := range map[string]bool{"a link": true, "a ./a": true, "new ./new": true, "a b": false, "b c": false} {
		x, y, _ := strings.Cut(pair, " ")
		if got := sameFile(x, y); got != want {
			t.Errorf("%s: %v", pair, got)
		}
	}
}

// The events that can be named are offered to shells.
func TestEventCompletion(t *testing.T) {
	root := newRootCommand(&app{stdout: io.Discard, stderr: io.Discard})
	var out strings.Builder
	root.SetOut(&out)
	root.SetArgs([]string{"__complete", "log", "--events", "exec,e"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(out.String()); !slices.Equal(got[:3], []string{"exec,exchange", "exec,exec", "exec,exit"}) {
		t.Errorf("offered %q", got)
	}
	if len(graph.EventNames()) != int(store.EventKinds)-1 {
		t.Errorf("the names are %q", graph.EventNames())
	}
}

// What an event costs from the build's side and altogether.
func BenchmarkLive(b *testing.B) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	for name, flags := range map[string]eventFlags{"shown": {}, "hidden": {events: []string{"exec"}}} {
		b.Run(name, func(b *testing.B) {
			a := &app{color: colorAuto}
			p := newLivePrinter(a.newLiveOutput(null, "null"), chosen(b, flags), false)
			put := p.For(store.Meta{Root: "/src", Began: time.Unix(1, 0)})
			e := opened(7)
			b.ReportAllocs()
			for i := range b.N {
				e.Time = int64(i)
				put(e)
				if i%1000 == 0 {
					p.room()
				}
			}
			dropped, _ := p.Close(true)
			b.ReportMetric(float64(dropped), "dropped")
		})
	}
}
