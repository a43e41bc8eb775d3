package bpf

import (
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// A process that runs is found with its children, one that does not is not.
func TestAdopt(t *testing.T) {
	sh := exec.Command("sh", "-c", "(sleep 60; true) & sleep 60 & wait")
	sh.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := sh.Start(); err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(-sh.Process.Pid, syscall.SIGKILL)
	time.Sleep(200 * time.Millisecond) // it has forked
	for _, c := range []struct{ pid, want int }{{sh.Process.Pid, 4}, {1 << 30, 0}} {
		p, err := Load(Options{RingBytes: 1 << 20, Watching: true, Target: c.pid})
		if err != nil {
			t.Fatal(err)
		}
		n, err := p.Adopt()
		p.Close()
		if err != nil || n != c.want {
			t.Errorf("pid %d: %d processes, want %d: %v", c.pid, n, c.want, err)
		}
	}
}
