package capture

import (
	"bytes"
	"fmt"
	"os"
	"os/user"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"buildgraph/bpf"
	"buildgraph/store"
)

// watched is what an Attachment knows of a build besides what it did.
type watched struct {
	started  Started
	number   uint16
	root     *process
	fork     bpf.ForkEvent
	exec     bpf.ExecEvent // its first, with argv and environment, until open
	argv     []byte
	env      []byte
	before   unowned // when it began
	clock    machineClock
	rootEnd  int64 // CLOCK_BOOTTIME, ns; 0: it runs
	rootLost bool  // that it ended was not told
	missing  int   // how often it was looked for in vain
}

// begin makes a build of a process that was executed by one of the names. Its sink
// is asked for when its arguments are known.
func (a *Attachment) begin(e *bpf.ForkEvent) *build {
	delete(a.ended, e.H.Build)
	a.known++
	if a.opts.Count > 0 && a.begun >= a.opts.Count {
		a.refuse(e.H.Build)
		return nil
	}
	a.begun++
	a.rd.hurry(pauseWatched)
	w := &watched{number: e.H.Build, fork: *e, before: a.calm, clock: readMachineClock()}
	w.started.PID = int(e.Pid)
	w.started.Elsewhere = e.H.Flags&bpf.Elsewhere != 0
	if i := bpf.TriggerOf(e.H.Flags); i >= 0 && i < len(a.opts.Triggers) {
		w.started.Name = a.opts.Triggers[i]
	}
	if t := a.opts.Target; t != nil {
		w.argv, w.env = t.argv, t.env
		w.exec.Uid, w.exec.Gid = uint32(t.uid), uint32(t.gid)
	}
	m := a.host
	m.BootNS = int64(e.H.Time)
	boot, wall := bothClocks()
	m.Began = wall.Add(-time.Duration(boot - m.BootNS))
	w.started.Meta = m

	b := a.d.newBuild(nil, m.BootNS)
	b.watched = w
	root := *e
	root.H.Flags = 0
	w.root = b.fork(nil, &root)
	return b
}

// refuse lets a build go that is not recorded.
func (a *Attachment) refuse(number uint16) {
	a.ended[number] = true
	a.d.strays[number] = true
	a.done++
}

// dismiss lets a build go that has begun and is not recorded.
func (a *Attachment) dismiss(b *build) {
	a.drop(b)
	a.refuse(b.watched.number)
}

// expects says whether a text belongs to the first exec, which is held back.
func (w *watched) expects(h *bpf.TextHead) bool {
	return w.exec.Pid != 0 && h.H.Image == w.exec.H.Image && (h.Kind == bpf.TextArgv || h.Kind == bpf.TextEnv)
}

// text keeps a piece of the first exec's arguments or environment; whole when that
// was the last.
func (w *watched) text(h *bpf.TextHead, text []byte) (whole bool) {
	if h.Kind == bpf.TextArgv {
		w.argv = append(w.argv, text...)
		return false
	}
	w.env = append(w.env, text...)
	return h.H.Flags&bpf.TextMore == 0
}

// open gives a build its sink and what was held back for it.
func (a *Attachment) open(b *build) {
	w := b.watched
	if w.started.Elsewhere && a.opts.Except != "" && slices.Contains(strings.Split(string(w.env), "\x00"), a.opts.Except) {
		a.begun-- // it is none
		a.dismiss(b)
		return
	}
	w.describe(a.d.names.of(w.exec.Cwd).file.Path)
	sink, live, err := a.rec.Begin(w.started)
	if err != nil {
		a.dismiss(b)
		return
	}
	b.sink, b.live = sink, live
	if im := b.shared.images[w.fork.Child]; im != nil && live != nil {
		b.showFork(im, nil, &w.fork)
	}
	b.elsewhere(w.root, w.started.Elsewhere)
	if w.exec.Pid == 0 {
		return // it was lost
	}
	b.exec(&w.exec)
	im := b.shared.images[w.exec.H.Image]
	for kind, text := range [2][]byte{w.argv, w.env} {
		if text != nil {
			b.text(im, &bpf.TextHead{H: w.exec.H, Kind: bpf.TextArgv + uint32(kind)}, text)
		}
	}
	w.argv, w.env = nil, nil
}

// describe fills in what the first exec tells of the build.
func (w *watched) describe(cwd string) {
	s := &w.started
	m := &s.Meta
	if len(w.argv) > 0 {
		m.Command = strings.Split(strings.TrimSuffix(string(w.argv), "\x00"), "\x00")
	}
	if len(m.Command) == 0 {
		m.Command = []string{s.Name}
	}
	if m.Root = cwd; cwd == "" {
		m.Root, _ = os.Readlink(fmt.Sprintf("/proc/%d/cwd", s.PID))
	}
	m.Root = path.Join("/", m.Root)
	if tags(w.env) {
		m.Tag = Tag
	}
	m.UID = int(w.exec.Uid)
	s.User = identityOf(s.PID, m.UID, int(w.exec.Gid))
}

// tags says whether an environment makes make name its recipes (see tagged).
func tags(env []byte) bool {
	var flags, variable bool
	for _, v := range bytes.Split(env, []byte{0}) {
		flags = flags || bytes.HasPrefix(v, []byte("GNUMAKEFLAGS=")) && bytes.Contains(v, []byte(tagging))
		variable = variable || bytes.HasPrefix(v, []byte(Tag+"="))
	}
	return flags && variable
}

// identityOf says who a process runs as. Its groups are those that it has, or, when
// it has ended, those that its user would have.
func identityOf(pid, uid, gid int) Identity {
	id := Identity{UID: uid, GID: gid, change: uid != os.Getuid() || gid != os.Getgid()}
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		if known, err := identity(u); err == nil {
			id.Name, id.Home, id.Groups = known.Name, known.Home, known.Groups
		}
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return id
	}
	for line := range strings.Lines(string(status)) {
		if groups, ok := strings.CutPrefix(line, "Groups:"); ok {
			id.Groups = nil
			for _, s := range strings.Fields(groups) {
				if g, err := strconv.ParseUint(s, 10, 32); err == nil {
					id.Groups = append(id.Groups, uint32(g))
				}
			}
		}
	}
	return id
}

// over says whether a build has ended: nothing of it is left, or its root has ended
// and what it left behind had its time.
func (a *Attachment) over(b *build) bool {
	w := b.watched
	if w.rootEnd == 0 && w.root.row.End != 0 {
		w.rootEnd = b.base + w.root.row.End
	}
	switch {
	case b.running == 0 && b.gone == 0:
		return true
	case w.rootEnd == 0:
		return false
	case a.opts.Wait && (b.running == 0 || exist(b.alive())):
		return false
	}
	end := w.rootEnd + int64(settle)
	return bootTime() > end && (a.rd.dry || int64(a.rd.latest) > end)
}

// drop takes a build from the tables.
func (a *Attachment) drop(b *build) (alive []*image, gone []*process) {
	alive, gone = b.alive(), b.expected()
	d := a.d
	delete(d.builds, b.watched.number)
	for _, im := range alive {
		delete(d.images, im.id)
	}
	for id, p := range d.gone {
		if p.build == b {
			delete(d.gone, id)
		}
	}
	first := int(d.names.newest / blockSize)
	for _, other := range d.builds {
		first = min(first, other.first)
	}
	d.names.forget(first)
	return alive, gone
}

// finish ends a build and gives it to the recorder. why is set when it still runs.
func (a *Attachment) finish(b *build, why string) {
	w := b.watched
	if b.sink == nil {
		if a.open(b); b.sink == nil {
			return
		}
	}
	m := w.started.Meta
	m.ExitCode = w.root.row.ExitCode
	if s := w.root.row.Signal; s != 0 {
		m.ExitCode = 128 + s
	}
	if why != "" {
		m.Why = append(m.Why, why)
	}
	if a.opts.Target != nil {
		m.Why = append(m.Why, fmt.Sprintf("the build ran already when process %d was attached to: what it had done before is not known", w.started.PID))
	}
	if w.rootLost {
		m.Why = append(m.Why, "how the build ended is not known: its last event was lost")
	}
	m.Events = b.events
	m.Hardware = meanwhile(describeMachine(w.clock, 0), w.clock, readMachineClock())
	m.Ended = max(bootTime()-m.BootNS, 1)
	if why == "" && b.running == 0 {
		m.Ended = max(b.last, 1) // not when that was noticed
	}
	classes, err := a.lossesOf(b)
	alive, gone := a.drop(b)
	a.ended[w.number] = true
	a.done++
	if b.running > 0 {
		a.d.strays[w.number] = true
	}
	a.wg.Go(func() {
		b.finish(alive, gone)
		r := b.result(m, classes, alive, err)
		r.Interrupted = why != ""
		a.rec.End(w.started, b.sink, r)
	})
}

// lossesOf lists what was lost of a build, and what was lost while it ran and may
// have been its. It charges the build's processes.
func (a *Attachment) lossesOf(b *build) ([]store.Loss, error) {
	lost, err := a.progs.Lost(b.watched.number)
	if err != nil {
		return nil, fmt.Errorf("reading what was lost: %w", err)
	}
	now, err := a.unowned()
	if err != nil {
		return nil, err
	}
	var out losses
	out.events(func(t int) int64 { return int64(lost.Events[t]) })
	before := b.watched.before
	out.add("any", now.events-before.events)
	out.add("skipped", int64(now.missed-before.missed))
	out.add("table", int64(lost.Full))
	out.add("unreadable", b.unreadable)
	out.add("malformed", now.malformed-before.malformed)
	if !slices.ContainsFunc(lost.Events[:], func(n uint32) bool { return n > 0 }) {
		return out, a.progs.Forget(b.watched.number)
	}
	owed, err := a.progs.Unreported()
	b.owe(owed)
	if err == nil {
		err = a.progs.Forget(b.watched.number)
	}
	return out, err
}
