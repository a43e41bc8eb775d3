// Package audit holds what a build did (package graph) against what its build
// tools declare (package declared) and says where the two differ: prerequisites
// that the makefile forgot, orders that nothing guarantees, files with two makers.
// It proves what can be proved by asking the tool itself, in a sandbox, and writes
// the fix.
//
// A finding must be one that a maintainer acts on. Wherever the facts allow two
// readings, the one that makes no finding is taken.
//
// audit.go holds the findings and Check; unit.go brings recipes and rules
// together, rules.go follows declared edges, order.go compares recipes of
// different makes; missing.go, race.go, redundant.go, writers.go and shadow.go
// find one kind each; prove.go asks the tools; explain.go answers for one pair;
// fix.go mends. critical.go holds the order that is declared against the one that
// was needed, by what it costs.
package audit

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"buildgraph/graph"
	"buildgraph/graph/declared"
	"buildgraph/store"
)

// Kind says what is wrong.
type Kind string

// The kinds of finding, the most consequential first.
const (
	Missing    Kind = "missing"    // the recipe read a file, and a change of it does not make the target old
	Race       Kind = "race"       // it read a generated file, and nothing orders it after the recipe that makes it
	Writers    Kind = "writers"    // two recipes write the same file
	Undeclared Kind = "undeclared" // a recipe writes a file that no rule names, and another recipe reads it
	Redundant  Kind = "redundant"  // a prerequisite is declared and neither used nor needed for another
	Shadow     Kind = "shadow"     // were a file to appear at this path, another would no longer be found
)

// Kinds are all kinds in the order of their consequence.
var Kinds = []Kind{Race, Missing, Writers, Undeclared, Redundant, Shadow}

// DefaultKinds are those that are looked for unless others are named. A shadow is
// no fault: it is there for those who ask.
var DefaultKinds = []Kind{Race, Missing, Writers, Undeclared, Redundant}

// Proof says how sure a finding is.
type Proof string

// The proofs.
const (
	Proved   Proof = "proved"   // shown: by the tool's own word, or by there being no declared path
	Refuted  Proof = "refuted"  // the tool would remake the target after all
	Untested Proof = "untested" // by the trace and the rules alone
)

// Finding is one difference. Paths are as answers show them: relative to the
// capture root when below it.
type Finding struct {
	Kind     Kind
	Target   string // the tool's directory joined with its name for the target
	Input    string // the file
	Makefile string // where the recipe (else the rule) stands, "" where not known
	Line     int    // in Makefile, from 1; 0 where not known
	Proof    Proof
	Reason   string   // why it is untested, or how it was proved; one phrase
	Others   []string // race: targets that make the file; writers: targets that write it; undeclared: targets that read it; shadow: the files found instead
	Builtin  bool     // the recipe is one of those built into make: the makefile may name neither it nor the target
	Witness  *Witness // who did it; nil for redundant
	Repro    string   // a command line that shows it, for a shell in the capture root

	tool   *declared.Tool
	name   string // of the target, as the tool has it
	path   string // of the input, absolute
	unit   *unit
	nested bool  // a make that the recipe runs makes the file
	gaps   []gap // of a race: where an order is missing
}

// Witness is the program that did what a finding says.
type Witness struct {
	PID   int
	Argv  []string
	Cwd   string // as shown
	Chain []string
	Call  string // "read", "execute", "rename", "write", "lookup"
	Time  int64  // ns since the capture began
}

// Withheld is a conclusion that the trace does not allow.
type Withheld struct {
	Target string // "" for every target
	Kinds  []Kind
	Why    string
}

// Findings is the answer of Check.
type Findings struct {
	Complete bool
	Findings []Finding // by Input, Kind, Target
	Withheld []Withheld
	Targets  int // recipes that were held against their rules
	Tools    int // build tools whose rules are known
	Outside  graph.Outside
	ExitCode int  // of the build, 128+n when killed by signal n: one that failed did not come to everything
	Unended  bool // the build was not seen to end: ExitCode is not known
}

// Options say what is looked for.
type Options struct {
	Kinds   []Kind   // nil: DefaultKinds
	Targets []string // only findings of these targets, as shown or as the tool names them; nil: all
	Ignore  *Ignore  // what is not reported; nil: nothing
}

func (o Options) wants(k Kind) bool {
	if o.Kinds == nil {
		return slices.Contains(DefaultKinds, k)
	}
	return slices.Contains(o.Kinds, k)
}

// ErrNoRules is the error of a trace in which no build tool's rules are known.
var ErrNoRules = errors.New("nothing is known of what the build declares")

// checker is one run of Check.
type checker struct {
	g     *graph.Graph
	d     *declared.Graph
	meta  store.Meta
	opts  Options
	units []*unit
	tools map[store.ProcessID]*declared.Tool
	views map[*declared.Tool]*rules
	// made lists, by path, the units that wrote it.
	made    map[string][]*unit
	names   map[string]bool            // paths that some rule makes
	used    map[string]bool            // makefiles of any tool
	touched map[string]map[uint32]bool // by path: recipes that did anything to it
	// witnesses are the programs that findings name, which are few.
	witnesses map[store.ExecID]graph.Witness
	found     []*Finding // pointers, as there can be many, and they are large
	out       Findings
	err       error // the first failure to read the trace
}

// Check finds the differences between what happened and what is declared.
func Check(g *graph.Graph, d *declared.Graph, meta store.Meta, o Options) (Findings, error) {
	c, err := newChecker(g, d, meta, o)
	if err != nil {
		return Findings{}, err
	}
	if o.wants(Missing) {
		c.missing()
	}
	if o.wants(Race) {
		c.races()
	}
	if o.wants(Writers) {
		c.writers()
	}
	if o.wants(Undeclared) {
		c.undeclared()
	}
	if o.wants(Redundant) {
		c.redundant()
	}
	if o.wants(Shadow) {
		c.shadows()
	}
	c.finish()
	if c.err != nil {
		return Findings{}, c.err
	}
	return c.out, nil
}

func newChecker(g *graph.Graph, d *declared.Graph, meta store.Meta, o Options) (*checker, error) {
	if d == nil {
		d = &declared.Graph{}
	}
	c := &checker{
		g: g, d: d, meta: meta, opts: o,
		tools: map[store.ProcessID]*declared.Tool{}, views: map[*declared.Tool]*rules{},
		made: map[string][]*unit{}, names: map[string]bool{}, used: map[string]bool{}, touched: map[string]map[uint32]bool{},
		witnesses: map[store.ExecID]graph.Witness{},
	}
	c.out.Complete, c.out.ExitCode = meta.Complete, meta.ExitCode
	for _, t := range d.Tools {
		c.tools[t.Process] = t
		if t.Failure == "" {
			c.out.Tools++
		} else if !strings.HasPrefix(t.Failure, declared.Gone) {
			c.withhold(c.g.Rel(t.Dir)+": "+t.Kind, nil, t.Failure)
		}
		for _, m := range t.Makefiles {
			c.used[m] = true
		}
		for i := range t.Rules {
			if r := &t.Rules[i]; r.Path != "" {
				c.names[r.Path] = true
			}
		}
	}
	recipes, err := c.takeUnits()
	if err != nil {
		return nil, err
	}
	if c.out.Unended, err = g.Unended(); err != nil {
		return nil, err
	}
	if recipes > 0 && !d.Known() { // where nothing was to be done, nothing is wrong
		return nil, ErrNoRules
	}
	c.withholdLost()
	return c, nil
}

func (c *checker) fail(err error) {
	if err != nil && c.err == nil {
		c.err = err
	}
}

func (c *checker) withhold(target string, kinds []Kind, why string) {
	c.out.Withheld = append(c.out.Withheld, Withheld{Target: target, Kinds: kinds, Why: why})
}

// withholdLost says which conclusions lost events do not allow.
func (c *checker) withholdLost() {
	if c.meta.Complete {
		return
	}
	for _, u := range c.units {
		if u.work.Lost > 0 {
			c.withhold(u.shown, Kinds, "events of its recipe were lost")
		}
	}
	why := "the trace is incomplete"
	if len(c.meta.Why) > 0 {
		why += ": " + c.meta.Why[0]
	}
	c.withhold("", []Kind{Redundant}, why)
}

// certain reports whether the trace allows a conclusion about a recipe. That a
// file was not used can only be said of a trace that lacks nothing.
func (c *checker) certain(u *unit, k Kind) bool {
	return u.work.Lost == 0 && (k != Redundant || c.meta.Complete)
}

// add takes a finding, unless it is not asked for.
func (c *checker) add(f Finding) {
	if f.Makefile != "" {
		f.Makefile = c.g.Rel(f.Makefile)
	}
	if len(c.opts.Targets) > 0 && !slices.Contains(c.opts.Targets, f.Target) && !slices.Contains(c.opts.Targets, f.name) {
		return
	}
	if c.opts.Ignore.Matches(f) {
		return
	}
	c.found = append(c.found, &f)
}

// finish sorts the findings and leaves one of those that say the same.
func (c *checker) finish() {
	slices.SortStableFunc(c.found, compareFindings)
	found := slices.CompactFunc(c.found, func(a, b *Finding) bool { return compareFindings(a, b) == 0 })
	c.out.Findings = slices.Grow(c.out.Findings, len(found))
	for _, f := range found {
		c.out.Findings = append(c.out.Findings, *f)
	}
	c.out.Targets = len(c.units)
	var err error
	c.out.Outside, err = c.g.Outside()
	c.fail(err)
}

func compareFindings(a, b *Finding) int {
	if d := strings.Compare(a.Input, b.Input); d != 0 {
		return d
	}
	if d := cmp.Compare(slices.Index(Kinds, a.Kind), slices.Index(Kinds, b.Kind)); d != 0 {
		return d
	}
	return strings.Compare(a.Target, b.Target)
}

// witness tells of the program behind a finding.
func (c *checker) witness(id store.ExecID, call string, at int64) *Witness {
	w, ok := c.witnesses[id]
	if !ok {
		var err error
		w, err = c.g.Witness(id)
		c.fail(err)
		c.witnesses[id] = w
	}
	if len(w.Argv) == 0 && w.PID == 0 {
		return nil
	}
	return &Witness{PID: w.PID, Argv: w.Argv, Cwd: c.g.Rel(w.Cwd), Chain: w.Chain, Call: call, Time: at}
}
