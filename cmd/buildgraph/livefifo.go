package main

import (
	"bytes"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// A FIFO that nobody reads yet is opened for reading too: else it could not be opened,
// nor written to. But then it cannot be seen whether anybody reads it, so at the end it
// becomes a plain writer's. What was written stays in the pipe as long as any end of it
// is open.

// leaveFIFO ends the reading of a FIFO's other end by ourselves: where nobody else
// reads it, writing to it fails from now on.
func (o *liveOutput) leaveFIFO() {
	if !o.both {
		return
	}
	fd := int(o.file.Fd())
	if w, err := reopen(fd, unix.O_WRONLY); err == nil {
		_ = unix.Dup3(w, fd, unix.O_CLOEXEC) // the descriptor stays ours to read where this fails
		unix.Close(w)
	}
}

// reopen opens the FIFO behind a descriptor once more.
func reopen(fd, how int) (int, error) {
	return unix.Open(fmt.Sprintf("/proc/self/fd/%d", fd), how|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
}

// unread takes what is left in a FIFO that nobody reads, and gives its number of
// lines. Nothing is to be written to it any more.
func (o *liveOutput) unread() int64 {
	fd := int(o.file.Fd())
	ends := []unix.PollFd{{Fd: int32(fd)}}
	if _, err := unix.Poll(ends, 0); !o.fifo || err != nil || ends[0].Revents&unix.POLLERR == 0 {
		return 0
	}
	r, err := reopen(fd, unix.O_RDONLY)
	if err != nil {
		return 0
	}
	defer unix.Close(r)
	var lines int64
	b := make([]byte, 64<<10)
	for {
		n, err := unix.Read(r, b)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n <= 0 {
			break
		}
		lines += int64(bytes.Count(b[:n], []byte{'\n'}))
	}
	if lines > 0 {
		o.left = true
	}
	return lines
}
