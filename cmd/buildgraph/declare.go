package main

import (
	"context"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"buildgraph/capture"
	"buildgraph/graph/declared"
	"buildgraph/report"
	"buildgraph/store"
)

// declareAfter is how long asking the build tools may take before a line says what
// is going on.
const declareAfter = 2 * time.Second

// declareAfterCapture is declare, which an interrupt ends.
func (a *app) declareAfterCapture(file string, id capture.Identity, owner store.Identity, quiet bool) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	a.declare(ctx, file, id, owner, quiet)
}

// declare asks the build tools of a finished trace for their rules and keeps them
// there. What goes wrong is told and changes no status: the build has run. When ctx
// ends before, the trace knows no rules.
func (a *app) declare(ctx context.Context, file string, id capture.Identity, owner store.Identity, quiet bool) {
	r, err := store.Open(file)
	if err != nil {
		say(a.stderr, "the rules of the build tools are not kept: "+err.Error())
		return
	}
	o := declared.Options{UID: -1, GID: -1}
	if id.Changes() {
		o.UID, o.GID, o.Groups = id.UID, id.GID, id.GroupIDs()
	}
	w := newWaiting(a.stderr, quiet)
	o.Progress = w.progress
	g, err := declared.Take(ctx, r, o)
	w.end()
	r.Close()
	switch {
	case err != nil && ctx.Err() != nil:
		say(a.stderr, "interrupted: the rules of the build tools are not kept; check cannot compare with them")
	case err != nil:
		say(a.stderr, "the rules of the build tools are not kept: "+err.Error())
	case len(g.Tools) == 0:
		return
	default:
		if err := declared.Write(file, g, owner); err != nil {
			say(a.stderr, "the rules of the build tools are not kept: "+err.Error())
		}
		if !quiet {
			a.undeclared(g)
		}
	}
}

// undeclared says of which tools the rules are not known, a line a reason. What the
// build itself removed (a configure script's trials) is worth no line.
func (a *app) undeclared(g *declared.Graph) {
	type reason struct{ kind, failure string }
	dirs := map[reason][]string{}
	var order []reason
	for _, t := range g.Tools {
		if t.Failure == "" || strings.HasPrefix(t.Failure, declared.Gone) {
			continue
		}
		why := reason{t.Kind, t.Failure}
		if dirs[why] == nil {
			order = append(order, why)
		}
		dirs[why] = append(dirs[why], t.Dir)
	}
	for i, why := range order {
		if i == 3 {
			say(a.stderr, fmt.Sprintf("and %d reasons more", len(order)-i))
			break
		}
		in := report.Name(dirs[why][0])
		if more := len(dirs[why]) - 1; more > 0 {
			in += fmt.Sprintf(" and %d more", more)
		}
		say(a.stderr, fmt.Sprintf("the rules of %s in %s are not known: %s", why.kind, in, why.failure))
	}
}

// waiting tells people who wait what they wait for.
type waiting struct {
	timer *time.Timer
	done  atomic.Int64
	of    atomic.Int64
}

func newWaiting(stderr io.Writer, quiet bool) *waiting {
	w := &waiting{}
	if !quiet {
		w.timer = time.AfterFunc(declareAfter, func() {
			say(stderr, fmt.Sprintf("asking the build tools for their rules (%d of %d done; Ctrl-C goes on without them)", w.done.Load(), w.of.Load()))
		})
	}
	return w
}

func (w *waiting) progress(n, of int) {
	w.done.Store(int64(n))
	w.of.Store(int64(of))
}

func (w *waiting) end() {
	if w.timer != nil {
		w.timer.Stop()
	}
}
