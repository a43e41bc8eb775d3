package capture

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"

	"buildgraph/bpf"
)

// How long events may lie in the ring before they are fetched; the kernel side wakes
// us earlier when the ring fills. Each time costs the build processor time (Go's
// monitor thread wakes with us): for lua 5.4, 1 % of its own at 25 ms, 0.3 % at 250.
const (
	pauseUnseen  = 250 * time.Millisecond // nobody looks before the build is over, or there is none
	pauseLive    = 200 * time.Millisecond // a person looks
	pauseWatched = 100 * time.Millisecond // a build may end at any time
)

// reader fetches events.
type reader struct {
	ring     *ringbuf.Reader
	pause    time.Duration
	record   ringbuf.Record
	received [16]uint64 // by event type
	bad      int64      // records that made no sense
	latest   uint64     // time of the last event, ns of CLOCK_BOOTTIME
	dry      bool       // the last drain found the ring empty
}

func newReader(m *ebpf.Map, pause time.Duration) (*reader, error) {
	r, err := ringbuf.NewReader(m)
	if err != nil {
		return nil, fmt.Errorf("mapping the event ring: %w", err)
	}
	return &reader{ring: r, pause: pause}, nil
}

// drain hands over what is in the ring and, when it is empty, waits up to
// r.pause for more. It returns after at most limit events so that the caller can
// look around; flush makes it return at once.
func (r *reader) drain(e events, limit int) error {
	r.dry = false
	r.ring.SetDeadline(time.Now().Add(r.pause))
	for range limit {
		err := r.ring.ReadInto(&r.record)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, ringbuf.ErrFlushed):
			r.dry = true
			return nil
		case err != nil:
			return fmt.Errorf("reading the event ring: %w", err)
		}
		kind, err := decode(r.record.RawSample, e)
		r.received[kind&15]++
		if h := view[bpf.Header](r.record.RawSample); h != nil {
			r.latest = h.Time
		}
		if err != nil {
			r.bad++
		}
	}
	return nil
}

// hurry shortens the wait that drain is in.
func (r *reader) hurry(pause time.Duration) {
	r.pause = pause
	r.ring.SetDeadline(time.Now().Add(pause))
}

// empty hands over everything that was in the ring when it was called.
func (r *reader) empty(e events) error {
	if err := r.ring.Flush(); err != nil {
		return fmt.Errorf("flushing the event ring: %w", err)
	}
	for {
		before := r.total()
		if err := r.drain(e, 1<<20); err != nil {
			return err
		}
		if r.ring.AvailableBytes() == 0 || r.total() == before {
			return nil
		}
	}
}

func (r *reader) total() (sum uint64) {
	for _, n := range r.received {
		sum += n
	}
	return sum
}
