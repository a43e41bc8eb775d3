package store

import "time"

// SQLite locks the file for each statement and unlocks it after: six system
// calls, twice the time of a lookup. A reader that is busy therefore holds one
// transaction open over its lookups, and ends it soon after the last, so that
// whoever wants to write (Annotate) need not wait for the reader to be closed.

// holdFor is how long a transaction outlives the last lookup, at most twice.
const holdFor = 20 * time.Millisecond

// hold makes sure that a transaction is open; the caller holds r.mu.
func (r *Reader) hold() error {
	r.used = true
	if r.held {
		return nil
	}
	if err := r.conn.run("BEGIN"); err != nil {
		return err
	}
	r.held = true
	if r.release == nil {
		r.release = time.AfterFunc(holdFor, r.releaseIdle)
	} else {
		r.release.Reset(holdFor)
	}
	return nil
}

func (r *Reader) releaseIdle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed || !r.held:
	case r.used:
		r.used = false
		r.release.Reset(holdFor)
	default:
		// A scan that goes on keeps the lock by itself. Where this fails, so
		// will the next lookup, and say why.
		_ = r.conn.run("COMMIT")
		r.held = false
	}
}
