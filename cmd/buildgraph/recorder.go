package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"buildgraph/capture"
	"buildgraph/report"
	"buildgraph/store"
)

// recorder keeps each build that attach records in a trace of its own.
type recorder struct {
	app    *app
	o      attachOptions
	owner  store.Identity
	asking context.Context    // ends when the build tools are no longer asked
	giveUp context.CancelFunc // ends it
	turns  chan struct{}      // how many builds' tools are asked at a time
	some   bool               // a build was recorded
	lost   atomic.Bool        // events of some build were
	failed atomic.Bool        // some build could not be recorded, or not be kept
	live   *livePrinter       // nil without --live
}

// tracing is a build's sink and its file.
type tracing struct {
	*store.Writer
	file string
}

func (a *app) newRecorder(o attachOptions) (*recorder, error) {
	owner, err := newFileOwner()
	if err != nil {
		return nil, err
	}
	if err := owner.mayWriteIn(o.dir); err != nil {
		return nil, fmt.Errorf("--output %s: %w", report.Name(o.dir), err)
	}
	r := &recorder{app: a, o: o, owner: owner.Identity, turns: make(chan struct{}, runtime.NumCPU())}
	r.asking, r.giveUp = context.WithCancel(context.Background())
	return r, nil
}

// trouble is told of what goes wrong and ends no build.
func (r *recorder) trouble(err error) {
	if errors.Is(err, capture.ErrLostBuild) {
		r.failed.Store(true)
	}
	say(r.app.stderr, err.Error())
}

// signals gives a context that the first signal ends. The second one ends the asking
// for rules.
func (r *recorder) signals() (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ch := make(chan os.Signal, 4)
	signal.Notify(ch, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-ch
		cancel()
		<-ch
		r.giveUp()
	}()
	return ctx, cancel
}

// Begin makes the trace of a build.
func (r *recorder) Begin(s capture.Started) (capture.Sink, func(store.Event), error) {
	s.Meta.Tool = version()
	name := traceName(s)
	var w *store.Writer
	file, err := vacant(r.o.dir, name)
	if err == nil {
		w, err = store.Create(file, store.CreateOptions{Meta: s.Meta, UID: r.owner.UID, GID: r.owner.GID, Groups: r.owner.Groups, KeepLock: true})
	}
	what := report.Command(s.Meta.Command)
	if err != nil {
		say(r.app.stderr, fmt.Sprintf("%s (pid %d) is not recorded: %v", what, s.PID, err))
		r.failed.Store(true)
		return nil, nil, err
	}
	if !r.o.quiet {
		say(r.app.stderr, fmt.Sprintf("%s (pid %d) in %s by %s: recording into %s", what, s.PID, report.Name(s.Meta.Root), userName(s.User), report.Name(file)))
	}
	r.some = true
	if r.live == nil {
		return &tracing{w, file}, nil, nil
	}
	return &tracing{w, file}, r.live.For(s.Meta), nil
}

// End finishes the trace of a build.
func (r *recorder) End(s capture.Started, sink capture.Sink, result capture.Result) {
	t := sink.(*tracing)
	defer t.Unlock()
	result.Meta.Tool = version()
	end, err := r.app.save(t.Writer, &result, t.file, r.owner)
	if err == nil && !r.o.noDeclared && !result.Interrupted {
		r.declare(s, t.file)
	}
	if err != nil || t.Err() != nil {
		r.failed.Store(true)
	}
	if result.Lost {
		r.lost.Store(true)
	}
	if !r.o.quiet {
		r.app.summary(result, t.file, end)
	}
	r.app.unseen(result, end, err, t.file, r.o.wait)
}

// declare asks the build's tools for their rules, as the user who ran it.
func (r *recorder) declare(s capture.Started, file string) {
	var why string
	switch {
	case s.Elsewhere:
		why = "it ran in another mount namespace (a container)"
	case s.User.Changes() && os.Geteuid() != 0:
		why = "only root can ask as " + userName(s.User)
	}
	if why != "" {
		if !r.o.quiet {
			say(r.app.stderr, fmt.Sprintf("the rules of the build tools are not kept in %s: %s", report.Name(file), why))
		}
		return
	}
	r.turns <- struct{}{}
	defer func() { <-r.turns }()
	r.app.declare(r.asking, file, s.User, r.owner, r.o.quiet)
}

// userName is a user's name, or number where it has none.
func userName(id capture.Identity) string {
	if id.Name == "" {
		return strconv.Itoa(id.UID)
	}
	return report.Name(id.Name)
}

// traceName begins the name of a build's trace file.
func traceName(s capture.Started) string {
	name := s.Name
	if name == "" {
		name = strings.TrimLeft(filepath.Base(s.Meta.Command[0]), "-./")
	}
	if name == "" {
		name = "build"
	}
	return name + "-" + strconv.Itoa(s.PID)
}

// vacant gives the path of a trace that is not there yet.
func vacant(dir, name string) (string, error) {
	for n := 1; n < 10000; n++ {
		file := filepath.Join(dir, name+".db")
		if n > 1 {
			file = filepath.Join(dir, fmt.Sprintf("%s-%d.db", name, n))
		}
		if _, err := os.Lstat(file); errors.Is(err, os.ErrNotExist) {
			return file, nil
		} else if err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("%s: too many traces of that name in %s", report.Name(name), report.Name(dir))
}
