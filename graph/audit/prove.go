package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"buildgraph/graph/declared"
	"buildgraph/graph/dryrun"
	"buildgraph/store"
)

// ProveOptions say how Prove asks the build tools.
type ProveOptions struct {
	UID, GID int             // who runs them: who ran the build; -1: the current user
	Groups   []int           // supplementary groups, where UID is another
	Jobs     int             // dry runs at a time; 0: one a processor
	Timeout  time.Duration   // for one dry run; 0: one minute
	Progress func(n, of int) // told after each dry run, from any goroutine; may be nil
}

// Prove asks the build tools whether they would remake the targets of missing
// prerequisites if those changed: in a sandbox (package dryrun), where the files are
// made new and nothing else is touched. One dry run a tool has all of them new; what
// it would not remake even then is decided. For the others it is asked file by file.
// Redundant prerequisites are looked for in the sources that the recipe read.
// Findings that are refuted are taken out and counted; those about which it
// cannot be asked stay, untested, with the reason.
//
// The error is about the trace, or ctx's, or matches dryrun.ErrNoSandbox: then
// nothing was run.
func Prove(ctx context.Context, r *store.Reader, f *Findings, o ProveOptions) (refuted int, err error) {
	if o.Jobs <= 0 {
		o.Jobs = runtime.NumCPU()
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	p := &prover{r: r, o: o, ended: ended(r.Meta())}
	if err := p.plan(f.Findings); err != nil {
		return 0, err
	}
	if err := p.run(ctx); err != nil {
		return 0, err
	}
	p.mentions(f.Findings)
	f.Findings = slices.DeleteFunc(f.Findings, func(f Finding) bool { return f.Proof == Refuted })
	return p.refuted, nil
}

// ended is the wall clock's time at the end of the capture.
func ended(m store.Meta) time.Time { return m.Began.Add(time.Duration(m.Ended)) }

// prover runs the dry runs of one Prove.
type prover struct {
	r       *store.Reader
	o       ProveOptions
	ended   time.Time
	tools   []*asked
	runs    []*trial
	refuted int
}

// asked is one way in which a tool was called, and what it would do anyway.
type asked struct {
	call     declared.Invocation
	tool     *declared.Tool
	changed  string   // a makefile that is not as the build left it
	sources  []string // files of its trials that it does not make itself
	baseline answer
	together answer // had all the sources changed at once
}

// trial is one dry run: what would a tool do if a file had changed?
type trial struct {
	asked    *asked
	file     string
	source   bool // the tool does not make it
	findings []*Finding
}

// answer is what a tool said in a dry run.
type answer struct {
	remade     map[string]bool // targets that it would remake
	considered map[string]bool // targets that it looked at; nil: not asked
	trouble    string          // all that it complained about
	err        error
}

// plan groups the findings by tool and file.
func (p *prover) plan(fs []Finding) error {
	tools := map[string]*asked{}
	trials := map[string]*trial{}
	for i := range fs {
		f := &fs[i]
		if f.Kind != Missing || f.tool == nil {
			continue
		}
		key := makeOf(f.tool)
		a := tools[key]
		if a == nil {
			call, err := declared.InvocationOf(p.r, f.tool.Process)
			if err != nil {
				return err
			}
			a = &asked{call: call, tool: f.tool, changed: p.changedMakefile(f.tool)}
			tools[key] = a
			p.tools = append(p.tools, a)
		}
		key += "\x00\x00" + f.path
		t := trials[key]
		if t == nil {
			t = &trial{asked: a, file: f.path}
			trials[key] = t
			p.runs = append(p.runs, t)
			// A target that is new itself is not remade, whatever else has changed.
			if t.source = !slices.ContainsFunc(f.tool.ByPath(f.path), func(i int32) bool { return f.tool.Rules[i].HasRecipe }); t.source {
				a.sources = append(a.sources, f.path)
			}
		}
		t.findings = append(t.findings, f)
	}
	return nil
}

// changedMakefile names a makefile of a tool that was changed since the capture.
func (p *prover) changedMakefile(t *declared.Tool) string {
	for _, m := range t.Makefiles {
		if s, err := os.Stat(m); err == nil && s.ModTime().After(p.ended.Add(time.Second)) {
			return m
		}
	}
	return ""
}

// run does all dry runs, first those in which nothing has changed.
func (p *prover) run(ctx context.Context) error {
	var done atomic.Int64
	var mu sync.Mutex
	var failed error
	of := len(p.tools) + len(p.runs)
	each := func(n int, do func(int) error) {
		var wg sync.WaitGroup
		next := make(chan int)
		for range min(p.o.Jobs, n) {
			wg.Go(func() {
				for i := range next {
					err := do(i)
					mu.Lock()
					failed = cmp.Or(failed, err)
					mu.Unlock()
					if k := done.Add(1); p.o.Progress != nil {
						p.o.Progress(int(k), of)
					}
				}
			})
		}
		for i := range n {
			mu.Lock()
			stop := failed != nil
			mu.Unlock()
			if stop || ctx.Err() != nil {
				break
			}
			next <- i
		}
		close(next)
		wg.Wait()
	}
	each(len(p.tools), func(i int) error {
		a := p.tools[i]
		a.baseline = p.ask(ctx, a, true)
		if a.baseline.err == nil && a.tool.Kind == declared.KindMake && a.changed == "" && len(a.sources) > 1 {
			a.together = p.ask(ctx, a, true, present(a.sources)...)
		}
		return fatal(a.baseline.err)
	})
	if failed == nil {
		each(len(p.runs), func(i int) error { return p.try(ctx, p.runs[i]) })
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, t := range p.runs {
		for _, f := range t.findings {
			if f.Proof == Refuted {
				p.refuted++
			}
		}
	}
	return failed
}

// fatal is an error that every further dry run would end with as well.
func fatal(err error) error {
	if errors.Is(err, dryrun.ErrNoSandbox) {
		return err
	}
	return nil
}

// try does one dry run and gives its findings their verdicts.
func (p *prover) try(ctx context.Context, t *trial) error {
	a := t.asked
	why := ""
	switch {
	case a.changed != "":
		why = fmt.Sprintf("%s was changed after the capture", filepath.Base(a.changed))
	case a.baseline.err != nil:
		why = a.baseline.err.Error()
	}
	if _, err := os.Stat(t.file); err != nil && why == "" {
		why = "the file is not there any more"
	}
	var said answer
	switch {
	case why != "":
	case t.source && !slices.ContainsFunc(t.findings, func(f *Finding) bool { return !a.decided(f.name) }):
		said = a.together
	default:
		said = p.ask(ctx, a, false, t.file)
		if said.err != nil {
			why = said.err.Error()
		}
	}
	for _, f := range t.findings {
		f.Proof, f.Reason = Untested, why
		if why == "" {
			f.Proof, f.Reason = a.verdict(f.name, said)
			if f.Proof == Untested && f.unit.work.Failed {
				f.Reason = "its recipe failed, and " + a.tool.Kind + " runs it again in any case"
			}
		}
	}
	return fatal(said.err)
}

// decided reports whether a target would not be remade even if all sources
// had changed at once: then it would not be for any one of them. It is only taken so
// where make came to the target, without a complaint about it, and by the makefiles
// that it has: one that is remade may have other rules.
func (a *asked) decided(target string) bool {
	t := a.together
	if t.considered == nil || t.err != nil || !(t.considered[target] || t.considered["./"+target]) {
		return false
	}
	for name := range t.remade {
		if !a.baseline.remade[name] && slices.Contains(a.tool.Makefiles, a.tool.Abs(name)) {
			return false
		}
	}
	proof, _ := a.verdict(target, t)
	return proof == Proved
}

// present are those files that are there.
func present(files []string) []string {
	var list []string
	for _, f := range files {
		if _, err := os.Stat(f); err == nil {
			list = append(list, f)
		}
	}
	return list
}

// verdict compares what a tool would do to a target with and without the change.
func (a *asked) verdict(target string, said answer) (Proof, string) {
	is := func(m map[string]bool) bool { return m[target] || m["./"+target] }
	quoted := "'" + target + "'"
	switch {
	case is(a.baseline.remade):
		return Untested, a.tool.Kind + " remakes the target even if nothing has changed"
	case is(said.remade):
		return Refuted, a.tool.Kind + " would remake the target"
	case a.baseline.considered != nil && !is(a.baseline.considered):
		return Untested, a.tool.Kind + " does not come to the target by itself"
	case strings.Contains(said.trouble, quoted):
		return Untested, complaintAbout(said.trouble, quoted)
	}
	return Proved, a.tool.Kind + " would not remake the target"
}

func complaintAbout(text, what string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, what) {
			return strings.TrimSpace(line)
		}
	}
	return strings.TrimSpace(text)
}

// ask does one dry run in which some files have changed. considered says that the
// targets that make only looked at are of interest too.
func (p *prover) ask(ctx context.Context, a *asked, considered bool, files ...string) answer {
	parse := newMakeParser(considered)
	flags := []string{"-nk", "--debug=b,m", "--eval=%: override MAKE = :"}
	if considered {
		flags[1] = "--debug=v,m"
	}
	if a.call.Kind == declared.KindNinja {
		parse = newNinjaParser()
		flags = []string{"-n", "-k0", "-dexplain"}
	}
	if a.call.Idle != "" {
		return answer{err: errors.New(a.call.Idle)}
	}
	cmd := a.call.Command(flags...)
	cmd.UID, cmd.GID, cmd.Groups, cmd.Timeout = p.o.UID, p.o.GID, p.o.Groups, p.o.Timeout
	cmd.Stdout = parse
	cmd.Touch = files
	result, err := dryrun.Run(ctx, cmd)
	said := parse.answer()
	said.trouble = string(result.Stderr)
	said.err = err
	if a.call.Kind == declared.KindNinja {
		_, _ = parse.Write(append(result.Stderr, '\n'))
		said = parse.answer()
		said.err = err
	}
	if err == nil && result.Status != 0 && len(said.remade) == 0 && len(said.considered) == 0 && len(files) == 0 {
		said.err = fmt.Errorf("%s -n: %s", filepath.Base(a.call.Path), lastLine(said.trouble))
	}
	return said
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// Changed lists the makefiles that were changed after the capture.
func Changed(r *store.Reader, d *declared.Graph) []string {
	p := &prover{ended: ended(r.Meta())}
	seen := map[string]bool{}
	var list []string
	for _, t := range d.Tools {
		if m := p.changedMakefile(t); m != "" && !seen[m] {
			seen[m] = true
			list = append(list, m)
		}
	}
	return list
}
