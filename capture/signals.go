package capture

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"buildgraph/bpf"
)

// passed are the signals that end or steer a build.
var passed = []os.Signal{
	syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT,
	syscall.SIGUSR1, syscall.SIGUSR2,
}

// passSignals keeps the signals above from ending this process, for good: a
// trace that is being saved when an impatient user presses Ctrl-C again must
// still become whole. While the build runs each is handed to it, unless the build
// was sent it too: a terminal, timeout(1) and many others signal the whole
// process group, and a build that gets SIGINT twice gives up cleaning. The kernel
// side sees what the build gets. Until started has given a PID they wait; the
// returned function says that the build is over.
func passSignals(progs *bpf.Programs, started <-chan int) (over func()) {
	var want []os.Signal
	for _, s := range passed {
		if !signal.Ignored(s) { // nohup: the build inherits that
			want = append(want, s)
		}
	}
	ch := make(chan os.Signal, 16)
	done, stopped := make(chan struct{}), make(chan struct{})
	if len(want) > 0 {
		signal.Notify(ch, want...)
	}
	go func() {
		defer close(stopped)
		var pid int
		select {
		case pid = <-started:
		case <-done:
			return
		}
		for {
			select {
			case <-done:
				return // what comes now stays in the channel, or is dropped
			case s := <-ch:
				pass(progs, pid, s.(syscall.Signal), done)
			}
		}
	}()
	return func() {
		close(done)
		<-stopped // from here on nobody asks progs, which may be closed
	}
}

// grace is how far apart one kill(2) of a process group may reach two of its
// members, and how old a signal can be that we have just been told of.
const grace = 20 * time.Millisecond

func pass(progs *bpf.Programs, pid int, s syscall.Signal, done <-chan struct{}) {
	now := bootTime()
	select {
	case <-done:
		return // its PID may be another's soon
	case <-time.After(grace):
	}
	r, err := progs.Received(int(s))
	if err == nil && r.Count > 0 && int64(r.Time) > now-int64(5*grace) {
		return
	}
	_ = syscall.Kill(pid, s) // gone already: nothing left to tell
}
