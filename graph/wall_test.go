package graph

import (
	"testing"

	"buildgraph/store"
)

// A build took as long as the process that began first ran; where its end was not
// seen, until all was over.
func TestWallClock(t *testing.T) {
	for _, c := range []struct {
		name  string
		procs []store.Process
		ended int64
		want  int64
	}{
		{"none", nil, 50, 0},
		{"one", []store.Process{{ID: 1, Start: 10, End: 40}}, 50, 30},
		{"left behind", []store.Process{{ID: 1, Start: 10, End: 40}, {ID: 2, Start: 20, End: 45}}, 50, 30},
		{"not by number", []store.Process{{ID: 1, Start: 10, End: 40}, {ID: 2, Start: 5, End: 45}}, 50, 40},
		{"end not seen", []store.Process{{ID: 1, Start: 10}, {ID: 2, Start: 20, End: 45}}, 50, 40},
		{"cut short", []store.Process{{ID: 1, Start: 10}, {ID: 2, Start: 20, End: 45}}, 0, 35},
	} {
		var w wallClock
		for _, p := range c.procs {
			w.add(p)
		}
		if got := w.took(c.ended); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
