// Command bench says what a capture costs. It runs four builds untraced, under
// buildgraph and under strace, interleaved in one go, and prints a Markdown table
// of medians; it fails when buildgraph costs more than the project promises.
//
// Run it as root (make bench). The builds run as the user who called sudo, as a
// capture would run them.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// errLimit is a measurement above a limit: the table was printed all the same.
var errLimit = errors.New("a capture costs more than promised")

func main() {
	var o options
	flag.StringVar(&o.buildgraph, "buildgraph", "./buildgraph", "the program to measure")
	flag.IntVar(&o.rounds, "rounds", 7, "how often each build is run untraced and captured")
	flag.IntVar(&o.straceRounds, "strace-rounds", 3, "how often each is run under strace; 0 for never")
	flag.IntVar(&o.fixedRounds, "fixed-rounds", 15, "how often the command true is captured")
	flag.StringVar(&o.workloads, "workloads", "abcd", "which builds, by letter")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	buildgraph   string
	rounds       int
	straceRounds int
	fixedRounds  int
	workloads    string
}

func run(o options) (err error) {
	if o.rounds < 1 || o.fixedRounds < 1 {
		return errors.New("at least one round is needed")
	}
	if o.buildgraph, err = filepath.Abs(o.buildgraph); err != nil {
		return err
	}
	if _, err := os.Stat(o.buildgraph); err != nil {
		return fmt.Errorf("%w: build it first (make)", err)
	}
	if o.straceRounds > 0 {
		if _, err := exec.LookPath("strace"); err != nil {
			return fmt.Errorf("%w: apt-get install strace, or -strace-rounds 0", err)
		}
	}
	who, err := builder()
	if err != nil {
		return err
	}
	// Not in /tmp, which may be a memory file system.
	dir, err := os.MkdirTemp("/var/tmp", "buildgraph-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	b := &bench{options: o, dir: dir, as: who}
	if err := b.own(dir); err != nil {
		return err
	}
	env, err := b.environment()
	if err != nil {
		return err
	}
	warnOfOthers()
	var results []result
	for _, w := range workloads {
		if !strings.Contains(o.workloads, w.letter) {
			continue
		}
		r, err := b.workload(w)
		if err != nil {
			return fmt.Errorf("(%s) %s: %w", w.letter, w.name, err)
		}
		results = append(results, r)
	}
	f, err := b.fixed()
	if err != nil {
		return fmt.Errorf("the fixed cost: %w", err)
	}
	if err := table(os.Stdout, env, results, f); err != nil {
		return err
	}
	return overLimit(results, f)
}

// warnOfOthers says so where the machine is not this program's alone: CPU time
// depends on who else uses its caches and cores.
func warnOfOthers() {
	var load float64
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		_, err = fmt.Sscan(string(text), &load)
		if err == nil && load > 0.5 {
			fmt.Fprintf(os.Stderr, "bench: the load average is %.2f: let the machine come to rest, or do not trust the figures\n", load)
		}
	}
}

// builder is who runs the builds: whoever called sudo. nil is this process's own
// user.
func builder() (*syscall.Credential, error) {
	if os.Getuid() != 0 || os.Getenv("SUDO_UID") == "" {
		return nil, nil
	}
	var c syscall.Credential
	if _, err := fmt.Sscan(os.Getenv("SUDO_UID"), &c.Uid); err != nil {
		return nil, fmt.Errorf("reading SUDO_UID: %w", err)
	}
	if _, err := fmt.Sscan(os.Getenv("SUDO_GID"), &c.Gid); err != nil {
		return nil, fmt.Errorf("reading SUDO_GID: %w", err)
	}
	return &c, nil
}
