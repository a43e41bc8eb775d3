package oracle

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// thread is one life of one thread ID, from its first line to its exit. The
// kernel gives numbers out again; lives tell their holders apart.
type thread struct {
	tid     int
	ended   bool
	claimed bool // a clone that made it is known; always so for the first
	born    *call
}

// call is one system call, put together from the lines it was written on.
type call struct {
	thread *thread
	sys    *syscall
	args   []string
	res    result
	took   bool    // an execve by a thread that was not the leader: it took the leader's place
	leader *thread // the leader whose place was taken
	child  *thread // what a clone made
}

// step is one thing for the replay to do, in the order of the trace: begin a
// clone (the child may act before the call returns) or finish a call.
type step struct {
	call  *call
	begin bool
}

// stitcher turns lines into steps.
type stitcher struct {
	first    *thread
	live     map[int]*thread
	open     map[*thread]*half
	unborn   map[int]*call // clones that returned before their child said anything
	unborn2  []*thread     // children that said something before their clone returned
	steps    []step
	lineNo   int
	unknown  map[string]bool
	dangling int // calls that never returned: their process was killed
}

// half is a call whose end has not been read yet.
type half struct {
	name string
	text string
	call *call // set where a begin step refers to it
	by   *thread
}

// maxLine bounds one line: a thousand strings of argvLimit bytes, escaped.
const maxLine = 64 << 20

func stitch(r io.Reader) (*stitcher, error) {
	s := &stitcher{live: map[int]*thread{}, open: map[*thread]*half{}, unborn: map[int]*call{}, unknown: map[string]bool{}}
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 1<<20), maxLine)
	for sc.Scan() {
		s.lineNo++
		l, err := splitLine(sc.Text())
		if err == nil {
			err = s.line(l)
		}
		if err != nil {
			return nil, fmt.Errorf("strace output, line %d: %w", s.lineNo, err)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("reading strace output: %w", err)
	}
	if s.first == nil {
		return nil, errors.New("strace output is empty")
	}
	for _, t := range s.unborn2 {
		if !t.claimed {
			return nil, fmt.Errorf("strace output: no clone made thread %d", t.tid)
		}
	}
	s.dangling = len(s.open)
	return s, nil
}

// of gives the living thread with a number, and makes it when this is its
// first line.
func (s *stitcher) of(tid int) *thread {
	if t := s.live[tid]; t != nil {
		return t
	}
	t := &thread{tid: tid}
	s.live[tid] = t
	switch c := s.unborn[tid]; {
	case s.first == nil:
		s.first, t.claimed = t, true
	case c != nil:
		delete(s.unborn, tid)
		c.child, t.born, t.claimed = t, c, true
	default:
		s.unborn2 = append(s.unborn2, t)
	}
	return t
}

func (s *stitcher) end(t *thread) {
	t.ended = true
	delete(s.live, t.tid)
	delete(s.open, t)
}

func (s *stitcher) line(l line) error {
	t := s.of(l.pid)
	switch l.kind {
	case lineExit:
		s.end(t)
	case lineSuperseded:
		by := s.live[l.by]
		h := s.open[by]
		if by == nil || h == nil {
			return fmt.Errorf("process %d superseded by %d, which is in no execve", l.pid, l.by)
		}
		delete(s.open, by)
		delete(s.live, l.by)
		h.by = by
		s.open[t] = h
	case lineUnfinished:
		h := &half{name: l.name, text: l.text}
		s.open[t] = h
		if sys := syscalls[l.name]; sys != nil && sys.clones {
			h.call = &call{thread: t, sys: sys}
			s.steps = append(s.steps, step{call: h.call, begin: true})
		}
	case lineResumed:
		h := s.open[t]
		if h == nil || h.name != l.name {
			return fmt.Errorf("%s resumed by %d, which had not begun it", l.name, l.pid)
		}
		delete(s.open, t)
		return s.finish(t, l.name, h.text+l.text, h)
	case lineCall:
		return s.finish(t, l.name, l.text, nil)
	}
	return nil
}

// finish adds the steps of a call whose text is whole.
func (s *stitcher) finish(t *thread, name, text string, h *half) error {
	sys := syscalls[name]
	if sys == nil {
		s.unknown[name] = true
		return nil
	}
	args, res, err := splitCall(text, sys.args)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(args) < sys.args && !sys.fewer {
		return fmt.Errorf("%s with %d arguments, not %d: %.80q", name, len(args), sys.args, text)
	}
	c := &call{thread: t, sys: sys}
	if h != nil && h.call != nil {
		c = h.call
	} else if sys.clones {
		s.steps = append(s.steps, step{call: c, begin: true})
	}
	c.args, c.res = args, res
	if h != nil && h.by != nil { // what strace prints as the result is the leader's own, cut short
		c.thread, c.took, c.leader, c.res.ok = h.by, true, t, true
	}
	if sys.clones && res.ok && res.value > 0 {
		s.claim(c, int(res.value))
	}
	s.steps = append(s.steps, step{call: c})
	return nil
}

// claim says that a clone made the thread with this number.
func (s *stitcher) claim(c *call, tid int) {
	for i := len(s.unborn2) - 1; i >= 0; i-- {
		if t := s.unborn2[i]; t.tid == tid && !t.claimed {
			c.child, t.born, t.claimed = t, c, true
			return
		}
	}
	s.unborn[tid] = c
}
