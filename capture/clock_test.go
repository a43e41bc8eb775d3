package capture

import (
	"testing"
	"time"
)

// The two clocks are read at one moment, also where the machine does something
// else between the readings.
func TestBothClocksAtOneMoment(t *testing.T) {
	began := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		name  string
		gaps  []int64 // how long each pair of readings takes
		tries int
		gap   int64
	}{
		{"at once", []int64{100}, 1, 100},
		{"interrupted twice", []int64{50_000_000, 3_000_000, 200}, 3, 200},
		{"always interrupted", []int64{90_000_000, 40_000_000, 70_000_000}, clockTries, 40_000_000},
	} {
		now, tries := int64(5_000_000_000), 0
		var gap int64
		boot, wall := oneMoment(func() int64 {
			now += gap / 2 // half before the wall clock is read and half after it
			return now
		}, func() time.Time {
			gap = c.gaps[tries%len(c.gaps)]
			tries++
			now += gap / 2
			return began.Add(time.Duration(now))
		})
		if off := began.Add(time.Duration(boot)).Sub(wall); off.Abs() > time.Duration(c.gap) {
			t.Errorf("%s: the clocks are %s apart", c.name, off)
		}
		if tries != c.tries {
			t.Errorf("%s: read %d times, want %d", c.name, tries, c.tries)
		}
	}
}

// What a time of the trace is on the wall clock is right to the millisecond.
func TestBothClocks(t *testing.T) {
	boot, wall := bothClocks()
	time.Sleep(30 * time.Millisecond)
	at := bootTime()
	now := time.Now()
	if off := wall.Add(time.Duration(at - boot)).Sub(now); off.Abs() > time.Millisecond {
		t.Errorf("the wall clock is %s off", off)
	}
	if wall.String() != wall.Round(0).String() {
		t.Errorf("%s has a monotonic clock, which stops in suspend", wall)
	}
}
