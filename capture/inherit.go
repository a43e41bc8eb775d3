package capture

/*
#include <signal.h>
#include <stddef.h>

static unsigned long long ignored;

// Runs before the Go runtime, which takes over most signals that it finds
// ignored and has no way of telling afterwards.
__attribute__((constructor)) static void look(void)
{
	struct sigaction old;

	for (int s = 1; s < 64; s++)
		if (!sigaction(s, NULL, &old) && !(old.sa_flags & SA_SIGINFO) && old.sa_handler == SIG_IGN)
			ignored |= 1ULL << s;
}

static unsigned long long ignored_at_start(void) { return ignored; }
*/
import "C"

import (
	"os/signal"
	"syscall"
)

// inheritIgnored makes this process ignore again what it was started with
// ignored, so that the build inherits it: nohup's SIGHUP, a shell's SIGINT and
// SIGQUIT for what runs in its background, some runners' SIGPIPE.
func inheritIgnored() {
	set := uint64(C.ignored_at_start())
	for s := syscall.Signal(1); s < 64; s++ {
		if set>>s&1 != 0 {
			signal.Ignore(s)
		}
	}
}
