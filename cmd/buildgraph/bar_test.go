package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// onTerminal is what a terminal gets of a shell command.
func onTerminal(t *testing.T, command string) string {
	t.Helper()
	script := exec.Command("script", "-qec", "stty -onlcr cols 100; "+command, "/dev/null") // util-linux
	script.Env = append(os.Environ(), "TERM=xterm", "NO_COLOR=1")
	out, err := script.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// Who waits long for the first line of log sees how far it is, on a terminal, and none
// of that is left among the lines.
func TestLogProgress(t *testing.T) {
	const shown = "reading the trace"
	huge, small := largeTrace(t, 3_000_000), largeTrace(t, 2000)
	out := filepath.Join(t.TempDir(), "out")
	ask := "buildgraph log --path '*/unit0001.c' -i "
	want := onTerminal(t, ask+small)
	if strings.Count(want, "\n") != 2 || strings.Contains(want, shown) {
		t.Fatalf("of a small trace a terminal gets more, or less, than a heading and a line: %q", want)
	}
	before, lines, found := strings.Cut(onTerminal(t, ask+huge), "TIME ")
	if !found || !strings.Contains(before, shown) || !strings.Contains(before, "%") {
		t.Errorf("no bar before the first line: %q", before)
	}
	// The last bar is wiped out: nothing but blanks between two carriage returns.
	if parts := strings.Split(before, "\r"); len(parts) < 3 || parts[len(parts)-1] != "" || strings.TrimSpace(strings.TrimSuffix(parts[len(parts)-2], "\x1b[K")) != "" {
		t.Errorf("the bar is not taken away: %q", before)
	}
	if "TIME "+lines != want {
		t.Errorf("got %q, want %q", "TIME "+lines, want)
	}
	if got := onTerminal(t, ask+huge+" >"+out); !strings.Contains(got, shown) {
		t.Errorf("none while a file is written: %q", got)
	}
	if text, err := os.ReadFile(out); err != nil || string(text) != want {
		t.Errorf("the file has %q, want %q; %v", text, want, err)
	}
	if got := onTerminal(t, ask+huge+" 2>"+out); got != want {
		t.Errorf("with standard error elsewhere the terminal gets %q", got)
	}
	if text, err := os.ReadFile(out); err != nil || len(text) > 0 {
		t.Errorf("standard error that is no terminal gets %q; %v", text, err)
	}
}
