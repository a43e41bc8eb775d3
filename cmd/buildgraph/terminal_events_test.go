package main

import (
	"strings"
	"testing"
)

// On a terminal events have colours and fit its width, and the build's own output
// stays whole between them.
func TestTerminalLive(t *testing.T) {
	t.Parallel()
	e := newTerminal(t, map[string]string{"build.sh": "true long enough to be cut " + strings.Repeat("x ", 200) + "\necho \"built $((6*7))\"; /bin/echo again\n"})
	e.types(`clear; unset NO_COLOR; buildgraph capture --live --events exec,exit -- sh -c "$(cat build.sh)"; echo "status=$?"`)
	e.shows("status=0")
	e.shows("trace in buildgraph.db")
	s := e.screen()
	if !strings.Contains(s, "built 42\n") || !strings.Contains(s, "again\n") {
		t.Errorf("the build's output is torn:\n%s", s)
	}
	styled := e.tmux("capture-pane", "-p", "-e", "-S", "-200")
	if !strings.Contains(styled, "\x1b[1mEXEC") {
		t.Errorf("no colour:\n%q", styled)
	}
	execs := 0
	for _, line := range strings.Split(e.tmux("capture-pane", "-p", "-S", "-200"), "\n") {
		if strings.Contains(line, "EXEC     sh") && strings.Contains(line, "…") {
			execs++
		}
	}
	if execs != 1 || !strings.Contains(s, "EXEC     echo") || !strings.Contains(s, "0 after 0.") {
		t.Errorf("the events are not those of the build, on a line each:\n%s", s)
	}
	e.trace(0)
}

// On a terminal of 80 columns log and --live give what happened half of each line, with
// the same columns, and again a heading when the terminal becomes wide.
func TestTerminalNarrow(t *testing.T) {
	t.Parallel()
	e := newTerminal(t, map[string]string{"build.sh": "/bin/true with a long command line that does not fit; /bin/sleep 0.01\n"})
	e.tmux("resize-window", "-x", "80", "-y", "50")
	e.types(`clear; buildgraph capture -q --live --events exec -- sh build.sh; echo "live=$?"`)
	e.shows("live=0")
	live := eventLines(e.screen())
	e.types(`clear; buildgraph log --events exec; echo "log=$?"`)
	e.shows("log=0")
	log := eventLines(e.screen())
	if len(log) != 4 || strings.Join(live, "\n") != strings.Join(log, "\n") {
		t.Errorf("--live shows\n%s\nlog\n%s", strings.Join(live, "\n"), strings.Join(log, "\n"))
	}
	if title := "TIME         EVENT    COMM         PID  WHAT"; log[0] != title || len(title) != 44 {
		t.Errorf("the heading is %q", log[0])
	}
	for _, line := range log {
		if len([]rune(line)) > 80 {
			t.Errorf("%q is wider than the terminal", line)
		}
	}
	e.types(`clear; buildgraph capture -q --live --events exec -- sh -c 'touch half; while [ ! -e enough ]; do sleep 0.1; done'; echo "wide=$?"`)
	e.shows("EXEC     touch")
	e.tmux("resize-window", "-x", "120", "-y", "50")
	e.shows("PPID  WHAT")
	e.touch("enough")
	e.shows("wide=0")
	e.trace(0)
}

// eventLines are the lines of a table of events.
func eventLines(screen string) []string {
	var list []string
	for _, line := range strings.Split(screen, "\n") {
		if strings.HasPrefix(line, "TIME ") || strings.Contains(line, " EXEC ") {
			list = append(list, line)
		}
	}
	return list
}
