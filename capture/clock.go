package capture

import (
	"time"

	"golang.org/x/sys/unix"
)

// bootTime is CLOCK_BOOTTIME now, in ns: the clock of all events.
func bootTime() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) // cannot fail for a known clock
	return ts.Nano()
}

const (
	clockGap   = 20_000 // ns that may pass between two readings of one clock, the other's between them
	clockTries = 100
)

// bothClocks reads CLOCK_BOOTTIME, which counts while the machine is suspended,
// and the wall clock at one moment.
func bothClocks() (boot int64, wall time.Time) {
	return oneMoment(bootTime, time.Now)
}

// oneMoment reads a clock before and after another, anew when something came in
// between, and gives the middle of the closest readings.
func oneMoment(bootTime func() int64, now func() time.Time) (boot int64, wall time.Time) {
	closest := int64(-1)
	for range clockTries {
		before := bootTime()
		at := now().Round(0) // without the monotonic clock, which stops in suspend
		gap := bootTime() - before
		if closest < 0 || gap < closest {
			closest, boot, wall = gap, before+gap/2, at
		}
		if closest <= clockGap {
			break
		}
	}
	return boot, wall
}
