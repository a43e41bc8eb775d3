package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// bench is one run of the whole.
type bench struct {
	options
	dir string
	as  *syscall.Credential
}

// variant is one way to run a build.
type variant int

const (
	untraced variant = iota
	captured
	watched // without asking make for its rules
	lived   // its events shown as they happen, to where nobody looks
	counted // its system calls counted
	straced
	variants
)

func (v variant) String() string {
	return [...]string{"untraced", "buildgraph", "--no-declared", "--live", "--syscalls", "strace"}[v]
}

// cost is what one run took: CPU is user and system time of the command and all
// its descendants, buildgraph's or strace's own included.
type cost struct {
	cpu, wall time.Duration
}

// result holds the costs of one workload, one list a variant, one entry a round.
type result struct {
	workload
	costs [variants][]cost
	trace int64 // size of the last trace, bytes
}

// workload measures one build in all its variants. Their order rotates, so that
// none of them always comes first.
func (b *bench) workload(w workload) (result, error) {
	r := result{workload: w}
	dir := filepath.Join(b.dir, w.letter)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return r, err
	}
	if err := w.prepare(dir); err != nil {
		return r, err
	}
	if err := b.own(dir); err != nil {
		return r, err
	}
	// Once for nothing, so that no variant pays for cold caches.
	for _, v := range []variant{untraced, captured} {
		if _, err := b.once(&r, dir, v); err != nil {
			return r, err
		}
	}
	for round := range b.rounds {
		for i := range variants {
			v := (i + variant(round)) % variants
			if v == straced && round >= b.straceRounds {
				continue
			}
			c, err := b.once(&r, dir, v)
			if err != nil {
				return r, err
			}
			r.costs[v] = append(r.costs[v], c)
		}
		fmt.Fprintf(os.Stderr, "(%s) round %d:", w.letter, round+1)
		for v := range variants {
			if round < len(r.costs[v]) {
				c := r.costs[v][round]
				fmt.Fprintf(os.Stderr, "  %s %.2f s CPU, %.2f s", v, c.cpu.Seconds(), c.wall.Seconds())
			}
		}
		fmt.Fprintln(os.Stderr)
	}
	return r, nil
}

// once runs a clean build in one variant.
func (b *bench) once(r *result, dir string, v variant) (cost, error) {
	if r.clean != nil {
		if _, err := b.run(dir, b.as, r.clean); err != nil {
			return cost{}, err
		}
	}
	output := filepath.Join(b.dir, "output")
	argv, as := r.command, b.as
	switch v {
	case captured, watched, lived, counted:
		// Buildgraph itself goes back to whoever called sudo. Strict: a capture
		// that loses events is no measurement.
		capture := []string{b.buildgraph, "capture", "--strict", "-o", output}
		switch v {
		case watched:
			capture = append(capture, "--no-declared")
		case lived:
			capture = append(capture, "--live=/dev/null")
		case counted:
			capture = append(capture, "--syscalls")
		}
		argv, as = append(append(capture, "--"), argv...), nil
	case straced:
		// Only what a tracer of builds must see: without a selection --seccomp-bpf
		// saves nothing.
		argv = append([]string{"strace", "--seccomp-bpf", "-f", "-e", "trace=%file,%process", "-o", output}, argv...)
	}
	c, err := b.run(dir, as, argv)
	if err != nil {
		return c, err
	}
	if v == captured {
		info, err := os.Stat(output)
		if err != nil {
			return c, err
		}
		r.trace = info.Size()
	}
	if v != untraced {
		return c, os.Remove(output)
	}
	return c, nil
}

// run runs one command and waits for it.
func (b *bench) run(dir string, as *syscall.Credential, argv []string) (cost, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	// The builds are nobody's sub-make.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(s string) bool {
		return strings.HasPrefix(s, "MAKE") || strings.HasPrefix(s, "MFLAGS=") || strings.HasPrefix(s, "GNUMAKEFLAGS=")
	})
	if as != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil {
		text := stderr.String()
		return cost{}, fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, text[max(0, len(text)-2000):])
	}
	// wait4's usage is that of the process and of all it waited for.
	return cost{cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), wall: wall}, nil
}

// fixed measures what capturing nothing costs: the wall time of capturing true
// above that of running it, once a round.
func (b *bench) fixed() ([]time.Duration, error) {
	r := result{workload: workload{command: []string{"true"}}}
	var costs []time.Duration
	for round := range b.fixedRounds + 1 {
		plain, err := b.once(&r, b.dir, untraced)
		if err != nil {
			return nil, err
		}
		traced, err := b.once(&r, b.dir, captured)
		if err != nil {
			return nil, err
		}
		if round > 0 { // the first warms up
			costs = append(costs, traced.wall-plain.wall)
		}
	}
	return costs, nil
}

// own gives a tree to the user who builds in it.
func (b *bench) own(dir string) error {
	if b.as == nil {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(b.as.Uid), int(b.as.Gid))
	})
}
