package capture

import (
	"context"
	"errors"
	"sync"
	"time"

	"buildgraph/bpf"
	"buildgraph/store"
)

// MaxTriggers is how many names can be waited for.
const MaxTriggers = bpf.MaxTriggers

// AttachOptions say what to wait for.
type AttachOptions struct {
	// Triggers are names of programs. A process that is executed by one of them,
	// anywhere on the machine, is the root of a build, unless it is part of one
	// already. The kernel keeps the first 15 bytes of a name: so far they count.
	Triggers []string
	Target   *Target // a process that runs, to be recorded; nil: none
	Except   string  // a build in a mount namespace of its own with this NAME=VALUE in its environment is none
	Wait     bool    // a build goes on until everything it started has ended
	Count    int     // how many builds to record, or not to be able to; 0: all
	Ring     int     // bytes, a power of two of whole pages; 0: DefaultRing
}

// Started is a build that has begun.
type Started struct {
	Meta      store.Meta // what is known of it by now
	Name      string     // of the program that began it, as the kernel has it
	PID       int        // of its root
	User      Identity   // who runs it
	Elsewhere bool       // in another mount namespace than we: a container
}

// Recorder is told of builds. Begin is called from the goroutine of Run and must
// not take long; a build of which it gives an error is not recorded, but counts. live is what
// Options.Live is to a capture; nil: nobody watches. End is called from a goroutine
// of the build's own, with what Begin gave.
type Recorder interface {
	Begin(Started) (sink Sink, live func(store.Event), err error)
	End(Started, Sink, Result)
}

// Attachment is a watch over the machine that records the builds that begin. The
// programs are loaded and attached.
type Attachment struct {
	opts  AttachOptions
	progs *bpf.Programs
	host  store.Meta // what every build's has
	rd    *reader
	d     *demux
	rec   Recorder
	ended map[uint16]bool // builds that are over, until their number comes again
	known uint32          // builds that the kernel side has begun and we know of
	done  uint32          // of them, those that are over or not recorded
	begun int             // recorded, or were to be
	check time.Time       // when the builds were last looked at
	calm  unowned         // what nobody's losses were when the ring was last empty
	wg    sync.WaitGroup  // the builds that are being ended
}

// unowned counts losses of which it is not known whose they are: they may be of any
// build that ran then.
type unowned struct {
	missed    uint64 // runs of the programs that the kernel skipped
	malformed int64
	events    int64
}

// Attach loads the kernel side and begins to watch. Errors: ErrPrivileges.
func Attach(o AttachOptions) (*Attachment, error) {
	if o.Ring == 0 {
		o.Ring = DefaultRing
	}
	options := bpf.Options{RingBytes: o.Ring, Watching: true, Triggers: o.Triggers}
	if o.Target != nil {
		options.Target = o.Target.PID
		o.Count = 1
	}
	progs, err := bpf.Load(options)
	if err != nil {
		return nil, err
	}
	rd, err := newReader(progs.Events, pauseWatched)
	if err != nil {
		progs.Close()
		return nil, err
	}
	a := &Attachment{opts: o, progs: progs, host: machine(), rd: rd, d: newDemux(progs.Fold), ended: map[uint16]bool{}}
	a.d.begin, a.d.open, a.d.runs = a.begin, a.open, progs.Runs
	a.d.adopts = o.Target != nil
	return a, nil
}

// Close stops watching and frees the kernel side.
func (a *Attachment) Close() {
	a.rd.ring.Close()
	a.progs.Close()
}

// ErrLostBuild is a build that could not be recorded because the event that tells of
// its beginning was lost.
var ErrLostBuild = errors.New("a build was not recorded: the ring was full when it began (use a larger one: --ring)")

// Run records builds until ctx is done, or as many as were asked for have ended.
// Builds that still run then are ended as incomplete. It returns when every
// Recorder.End has. trouble is told of what goes wrong and ends no build.
func (a *Attachment) Run(ctx context.Context, rec Recorder, trouble func(error)) error {
	a.rec = rec
	defer a.wg.Wait()
	if a.opts.Target != nil {
		switch n, err := a.progs.Adopt(); {
		case err != nil:
			return err
		case n == 0:
			return a.opts.Target.gone()
		}
	}
	for ctx.Err() == nil {
		a.rd.pause = pauseWatched
		if len(a.d.builds) == 0 {
			a.rd.pause = pauseUnseen
		}
		before, err := a.unowned()
		if err == nil {
			err = a.rd.drain(a.d, 1<<14)
		}
		if err != nil {
			a.stop(err.Error())
			return err
		}
		if a.rd.dry {
			a.calm = before
		}
		for _, b := range a.d.builds {
			if a.over(b) {
				a.finish(b, "")
			}
		}
		if err := a.look(); err != nil {
			trouble(err)
		}
		if a.opts.Count > 0 && a.begun >= a.opts.Count && len(a.d.builds) == 0 {
			return nil
		}
	}
	a.progs.Detach()
	if err := a.rd.empty(a.d); err != nil {
		a.stop(err.Error())
		return err
	}
	a.stop("attach was ended while the build ran")
	return nil
}

// stop ends all builds, for the reason given.
func (a *Attachment) stop(why string) {
	for _, b := range a.d.builds {
		a.finish(b, why)
	}
}

// unowned reads what is lost and cannot be said to be of one build.
func (a *Attachment) unowned() (unowned, error) {
	missed, err := a.progs.Missed()
	lost, err2 := a.progs.Lost(0)
	u := unowned{missed: missed, malformed: a.rd.bad}
	for _, n := range lost.Events {
		u.events += int64(n)
	}
	return u, errors.Join(err, err2)
}

// lookEvery is how often what the events do not tell is looked at.
const lookEvery = time.Second

// look finds, once in a while, what lost events have hidden: builds whose root has
// ended, builds that were never told of. It also ends the watching of what is left
// of builds that are over.
func (a *Attachment) look() error {
	if time.Since(a.check) < lookEvery || !a.rd.dry {
		return nil
	}
	a.check = time.Now()
	for n, b := range a.d.builds {
		w := b.watched
		if w.rootEnd != 0 || a.progs.Follows(w.started.PID, n) {
			w.missing = 0
			continue
		}
		if w.missing++; w.missing == 2 { // its last event is not merely on its way
			w.rootEnd, w.rootLost = bootTime(), true
		}
	}
	var lost bool
	for n := range a.d.strays {
		if !a.ended[n] {
			a.ended[n], lost = true, true
			a.known++
			a.done++
			a.begun++
		}
	}
	strays := a.d.strays
	a.d.strays = map[uint16]bool{}
	var err error
	if len(strays) > 0 {
		err = a.progs.Release(func(n uint16) bool { return strays[n] && a.d.builds[n] == nil })
	}
	if lost {
		err = errors.Join(ErrLostBuild, err)
	}
	return errors.Join(err, a.settled())
}

// settled lets the kernel side know when no build is left.
func (a *Attachment) settled() error { return a.progs.Over(a.done) }
