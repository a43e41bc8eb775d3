package main

import (
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
)

// bar is a progress bar on a terminal; elsewhere it shows nothing.
type bar struct {
	bar  *progressbar.ProgressBar // nil: shows nothing
	from time.Time                // when it is shown first
	seen atomic.Bool              // it was shown
}

func (a *app) newBar(what string) *bar {
	b := &bar{}
	if _, terminal := terminalWidth(a.stderr); terminal {
		b.bar = progressbar.NewOptions(-1, progressbar.OptionSetWriter(a.stderr), progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(50*time.Millisecond),
			progressbar.OptionSetWidth(30))
	}
	return b
}

// after has it appear when what it is about takes longer than that.
func (b *bar) after(d time.Duration) { b.from = time.Now().Add(d) }

// progress says how much is done; from any goroutine.
func (b *bar) progress(n, of int) {
	if b.bar == nil || time.Now().Before(b.from) {
		return
	}
	b.seen.Store(true)
	b.bar.ChangeMax(of)
	_ = b.bar.Set(n) // a terminal that went away is no failure of the answer
}

// end takes it off the terminal; it may be called again.
func (b *bar) end() {
	if b.bar != nil && b.seen.Load() {
		_ = b.bar.Finish()
	}
	b.bar = nil
}
