package capture

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

func TestParseStat(t *testing.T) {
	for line, want := range map[string]taskStat{
		"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 3 0 0":                {"kthreadd", 'S', 2129984, 30_000_000},
		"71 (a) S 1 (b) R 1 71 71 34816 71 4194304 126 0 0 0 1 2 0 0 20 0 1 0 4711 9 9 9": {"a) S 1 (b", 'R', 4194304, 47_110_000_000},
		"9 () Z 1 9 9 0 -1 4228172 0 0 0 0 0 0 0 0 20 0 1 0 0":                            {"", 'Z', 4228172, 0},
	} {
		if got, ok := parseStat(line); !ok || got != want {
			t.Errorf("%q: %+v, %v", line, got, ok)
		}
	}
	for _, line := range []string{"", "1", "1 (init", ") 1 (", "1 (init) S 0 1 1 0 -1", "1 (init) S 0 1 1 0 -1 2 0 0 0 0 0 0 0 0 20 0 1 0", "1 (init) S 0 1 1 0 -1 many 0 0 0 0 0 0 0 0 20 0 1 0 5"} {
		if got, ok := parseStat(line); ok {
			t.Errorf("%q: %+v", line, got)
		}
	}
}

// Every process that runs is attachable or says why it is not.
func TestAttachable(t *testing.T) {
	sleep := exec.Command("sleep", "60")
	if err := sleep.Start(); err != nil {
		t.Fatal(err)
	}
	if comm, ok := Attachable(sleep.Process.Pid); !ok || comm == "" {
		t.Errorf("%q, %v", comm, ok)
	}
	if err := sleep.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	await(t, "the end of sleep", func() bool { _, ok := Attachable(sleep.Process.Pid); return !ok })
	_ = sleep.Wait() // killed
	for _, pid := range []int{0, -1, os.Getpid(), sleep.Process.Pid} {
		if comm, ok := Attachable(pid); ok {
			t.Errorf("%d: %s", pid, comm)
		}
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		_, ok := Attachable(pid)
		if _, err := FindTarget(pid); err != nil && strings.Contains(err.Error(), "thread of the kernel") && ok {
			t.Errorf("%d is attachable; but %v", pid, err)
		}
	}
}
