package declared

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"buildgraph/graph/dryrun"
	"buildgraph/store"
)

// Options say how [Take] asks.
type Options struct {
	UID, GID int             // who runs the tools: who ran the build; -1: the current user
	Groups   []int           // supplementary groups, where UID is another
	Jobs     int             // tools asked at a time; 0: one a processor
	Timeout  time.Duration   // for one tool; 0: one minute
	Progress func(n, of int) // told at the start and after each, from any goroutine; may be nil
}

// Take asks every build tool of a trace that ran recipes for its rules, in a
// sandbox. It belongs right behind the build: the tree must be as that left it. A
// tool that cannot be asked, or does not answer, is in the graph with its Failure.
// The error is about the trace, or ctx's.
func Take(ctx context.Context, r *store.Reader, o Options) (*Graph, error) {
	g, calls, err := tools(r)
	if err != nil || len(g.Tools) == 0 {
		return g, err
	}
	if o.Jobs <= 0 {
		o.Jobs = runtime.NumCPU()
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	if o.Progress != nil {
		o.Progress(0, len(calls))
	}
	var wg sync.WaitGroup
	var done atomic.Int64
	next := make(chan *call)
	for range min(o.Jobs, len(calls)) {
		wg.Go(func() {
			for c := range next {
				c.ask(ctx, o)
				if n := done.Add(1); o.Progress != nil {
					o.Progress(int(n), len(calls))
				}
			}
		})
	}
	for _, c := range calls {
		next <- c
	}
	close(next)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, c := range calls {
		c.share()
	}
	return g, nil
}

// call is one way in which tools were called, and those that were called so.
type call struct {
	Invocation
	tools []*Tool
	found Tool // the answer: Failure, Makefiles, Serial, Default, Rules
}

// tools lists the build tools of a trace that ran recipes, and their calls.
func tools(r *store.Reader) (*Graph, []*call, error) {
	recipes, err := r.Recipes()
	if err != nil {
		return nil, nil, err
	}
	var processes []store.ProcessID
	for _, recipe := range recipes {
		if recipe.Tool != 0 {
			processes = append(processes, recipe.Tool)
		}
	}
	slices.Sort(processes)
	g := &Graph{}
	byKey := map[string]*call{}
	var calls []*call
	for _, p := range slices.Compact(processes) {
		i, err := InvocationOf(r, p)
		switch {
		case errors.Is(err, store.ErrUnknown) || i.Kind == "" || len(i.Argv) == 0:
			continue // a tool whose rules cannot be asked for
		case err != nil:
			return nil, nil, err
		}
		t := &Tool{Process: p, Kind: i.Kind, Dir: i.Dir, Argv: i.Argv}
		g.Tools = append(g.Tools, t)
		key := i.key()
		c, ok := byKey[key]
		if !ok {
			c = &call{Invocation: i}
			byKey[key] = c
			calls = append(calls, c)
		}
		c.tools = append(c.tools, t)
	}
	return g, calls, nil
}

// share gives the answer to all that were called so.
func (c *call) share() {
	c.found.Index()
	for _, t := range c.tools {
		t.Failure, t.Makefiles, t.Serial = c.found.Failure, c.found.Makefiles, c.found.Serial
		t.Default, t.Rules, t.index = c.found.Default, c.found.Rules, c.found.index
	}
}

func (c *call) ask(ctx context.Context, o Options) {
	var err error
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case c.Idle != "":
		err = errors.New(c.Idle)
	case c.gone() != "":
		err = errors.New(Gone + c.gone())
	case c.Kind == KindMake:
		err = c.askMake(ctx, o)
	default:
		err = c.askNinja(ctx, o)
	}
	if err != nil {
		c.found = Tool{Failure: strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")}
	}
}

// gone names what the tool needs and is no longer there, "" where all is.
func (c *call) gone() string {
	for _, p := range append([]string{c.Cwd, c.Dir}, c.Files...) {
		if !filepath.IsAbs(p) {
			p = filepath.Join(c.Dir, p)
		}
		if _, err := os.Stat(p); errors.Is(err, fs.ErrNotExist) {
			return p
		}
	}
	return ""
}

// command is the tool's own command line again, with flags in front.
func (c *call) command(o Options, flags ...string) dryrun.Command {
	cmd := c.Command(flags...)
	cmd.UID, cmd.GID, cmd.Groups, cmd.Timeout = o.UID, o.GID, o.Groups, o.Timeout
	return cmd
}

// makeFlags make make print its database after it has considered its goals, and
// found the implicit rules for them. -k: a goal that cannot be made again does not
// hide the others. A $(MAKE) in a recipe does not run the build below it, which is
// asked by itself; in $(shell) it is what it was.
var makeFlags = []string{"-npk", "--eval=%: override MAKE = :"}

// databasePipe is a pipe that make can print a good deal into before it has to wait
// for us. It is none of os.Pipe's: the runtime would be woken for each line, which
// is how make's output is buffered.
func databasePipe() (out, in *os.File, err error) {
	var fd [2]int
	if err := unix.Pipe2(fd[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, fmt.Errorf("making a pipe: %w", err)
	}
	// Where it may not be larger, it stays as it is.
	_, _ = unix.FcntlInt(uintptr(fd[1]), unix.F_SETPIPE_SZ, 1<<20)
	return os.NewFile(uintptr(fd[0]), "make's database"), os.NewFile(uintptr(fd[1]), "make's database"), nil
}

// patient lets make print for a while between two reads: a reader that waits is
// woken for each line.
type patient struct{ f *os.File }

func (p patient) Read(b []byte) (int, error) {
	n, err := p.f.Read(b)
	if n > 0 && n < len(b)/4 {
		time.Sleep(time.Millisecond)
	}
	return n, err
}

func (c *call) askMake(ctx context.Context, o Options) error {
	cmd := c.command(o, makeFlags...)
	out, in, err := databasePipe()
	if err != nil {
		return err
	}
	cmd.Stdout = in
	type answer struct {
		db  *database
		err error
	}
	read := make(chan answer, 1)
	go func() {
		db, err := readDatabase(patient{out})
		if err != nil {
			_, _ = io.Copy(io.Discard, out) // so that make can end
		}
		read <- answer{db, err}
	}()
	result, err := dryrun.Run(ctx, cmd)
	in.Close()
	a := <-read
	out.Close()
	switch {
	case err != nil:
		return err
	case a.err != nil:
		return a.err
	case !a.db.whole, result.Status != 0 && !a.db.tried:
		return fmt.Errorf("%s -np: %s", c.Argv[0], complaint(result))
	}
	c.found.Rules, c.found.Makefiles, c.found.Serial = rulesOf(a.db, c.Dir)
	c.found.Default = a.db.goal
	return nil
}

// complaint is what a tool said about its failure, or its status.
func complaint(r dryrun.Result) string {
	lines := strings.Split(strings.TrimSpace(string(r.Stderr)), "\n")
	for _, line := range slices.Backward(lines) {
		if strings.Contains(line, "***") {
			return line
		}
	}
	if last := lines[len(lines)-1]; last != "" {
		return last
	}
	return fmt.Sprintf("exit status %d and no database", r.Status)
}
