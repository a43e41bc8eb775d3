package report

import (
	"fmt"
	"io"
	"strings"
	"syscall"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"buildgraph/graph"
)

// treeTitle is the heading of the tree of processes.
const treeTitle = "   START  SECONDS      CPU     PID  EXIT     PROCESS\n"

// treeColumns is where the tree begins.
const treeColumns = len(treeTitle) - len("PROCESS\n")

// TreeText draws the tree of a build's processes: when each began, how long it
// lived, its processor time, its PID, how it ended unless with 0, the target whose
// recipe it begins, and what it executed. One that only forked is in parentheses;
// "a → b" was a before it executed b.
func TreeText(w io.Writer, t graph.Tree, o Options) error {
	p := newPage(w, o)
	p.printf("%s", treeTitle)
	for _, n := range t.Roots {
		p.treeNode(n, "", "")
	}
	return p.close()
}

// treeNode draws a process behind its branch and what is below it behind indent.
func (p *page) treeNode(n *graph.TreeNode, branch, indent string) {
	duration := "       -"
	if n.End != 0 {
		duration = fmt.Sprintf("%8.3f", float64(n.Duration())/1e9)
	}
	numbers := fmt.Sprintf("%8.3f %s %8.3f %7d  ", float64(n.Start)/1e9, duration, float64(n.CPU)/1e9, n.PID)
	end := fmt.Sprintf("%-8s ", ending(n))
	what := p.treeProcess(n, treeColumns+utf8.RuneCountInString(branch))
	switch {
	case !n.Wanted:
		p.printf("%s%s\n", p.in(dim, numbers+end), p.in(dim, branch+what.plain()))
	case n.Failed():
		p.printf("%s%s%s%s\n", numbers, p.in(yellow, end), p.in(dim, branch), what.styled(p))
	default:
		p.printf("%s%s%s%s\n", numbers, end, p.in(dim, branch), what.styled(p))
	}
	for i, kid := range n.Children {
		if i == len(n.Children)-1 {
			p.treeNode(kid, indent+"└─ ", indent+"   ")
		} else {
			p.treeNode(kid, indent+"├─ ", indent+"│  ")
		}
	}
}

// treeWords say what a process is.
type treeWords struct{ target, command string }

func (w treeWords) plain() string {
	if w.target == "" {
		return w.command
	}
	return w.target + ": " + w.command
}

func (w treeWords) styled(p *page) string {
	if w.target == "" {
		return w.command
	}
	return p.in(bold, w.target) + ": " + w.command
}

func (p *page) treeProcess(n *graph.TreeNode, used int) treeWords {
	var w treeWords
	if n.Target != "" {
		w.target = Name(n.Target)
		used += utf8.RuneCountInString(w.target) + 2
	}
	if len(n.Programs) == 0 {
		w.command = "(" + orMark(Line(n.Comm), n.Comm) + ")"
		return w
	}
	var before strings.Builder
	last := n.Programs[len(n.Programs)-1]
	for _, e := range n.Programs[:len(n.Programs)-1] {
		before.WriteString(orMark(Line(e.Comm), e.Comm) + " → ")
	}
	argv := last.Argv
	if len(argv) == 0 { // not known
		argv = []string{orMark(last.Path, last.Comm)}
	}
	w.command = before.String() + p.clipCommand(argv, used+utf8.RuneCountInString(before.String()))
	return w
}

// ending is how a process ended, unless well.
func ending(n *graph.TreeNode) string {
	switch {
	case n.End == 0:
		return "running"
	case n.Signal != 0:
		return signalName(n.Signal)
	case n.ExitCode != 0:
		return fmt.Sprint(n.ExitCode)
	}
	return ""
}

func signalName(n int) string {
	if name := unix.SignalName(syscall.Signal(n)); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", n)
}

// The tree as JSON: docs/json.md.
type (
	treeDocument struct {
		Complete   bool           `json:"complete"`
		Incomplete []string       `json:"incomplete,omitempty"`
		Matched    int            `json:"matched"`
		Processes  []treeNodeJSON `json:"processes"`
	}
	treeNodeJSON struct {
		Process   uint32         `json:"process"`
		PID       int            `json:"pid"`
		Start     int64          `json:"start"`
		End       *int64         `json:"end"`
		CPU       int64          `json:"cpu"`
		ExitCode  *int           `json:"exit_code"`
		Signal    int            `json:"signal"`
		Comm      string         `json:"comm"`
		CommB64   string         `json:"comm_b64,omitempty"`
		Target    *string        `json:"target"`
		TargetB64 string         `json:"target_b64,omitempty"`
		Matched   bool           `json:"matched"`
		Programs  []treeExecJSON `json:"programs"`
		Children  []treeNodeJSON `json:"children"`
	}
	treeExecJSON struct {
		Path    string   `json:"path"`
		PathB64 string   `json:"path_b64,omitempty"`
		Start   int64    `json:"start"`
		Argv    []string `json:"argv"`
		ArgvB64 []string `json:"argv_b64,omitempty"`
	}
)

// TreeJSON writes the tree as one JSON document, processes within their parents.
func TreeJSON(w io.Writer, t graph.Tree, o Options) error {
	return writeJSON(w, treeDocument{
		Complete: t.Complete, Incomplete: incomplete(t.Complete, o), Matched: t.Processes, Processes: treeJSON(t.Roots),
	})
}

func treeJSON(nodes []*graph.TreeNode) []treeNodeJSON {
	list := make([]treeNodeJSON, 0, len(nodes))
	for _, n := range nodes {
		j := treeNodeJSON{
			Process: uint32(n.Process), PID: n.PID, Start: n.Start, CPU: n.CPU, Signal: n.Signal, Matched: n.Wanted,
			Programs: []treeExecJSON{}, Children: treeJSON(n.Children),
		}
		j.Comm, j.CommB64 = replaced(n.Comm)
		if n.End != 0 {
			j.End = &n.End
			if n.Signal == 0 {
				j.ExitCode = &n.ExitCode
			}
		}
		if n.Target != "" {
			target, exact := replaced(n.Target)
			j.Target, j.TargetB64 = &target, exact
		}
		for _, e := range n.Programs {
			x := treeExecJSON{Start: e.Start}
			x.Path, x.PathB64 = replaced(e.Path)
			x.Argv, x.ArgvB64 = replacedAll(e.Argv)
			j.Programs = append(j.Programs, x)
		}
		list = append(list, j)
	}
	return list
}
