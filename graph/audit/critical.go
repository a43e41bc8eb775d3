package audit

import (
	"cmp"
	"errors"
	"strings"

	"buildgraph/graph"
	"buildgraph/graph/declared"
	"buildgraph/store"
)

// Critical is the chain that bounds a build by what its steps used of each other, and
// what the declared order adds to it.
type Critical struct {
	graph.Critical
	Known    bool           // the rules of a build tool are known; else nothing below is
	Unknown  []string       // build tools that ran recipes and whose rules are not known, as shown
	Declared int64          // ns: the longest chain when the declared order is kept as well
	Steps    []CriticalStep // of that chain, in order
	Orders   []CriticalOrder
}

// CriticalStep is one step of the longest chain of the declared order.
type CriticalStep struct {
	graph.PlanStep
	Order int // index in Orders of what puts it after the step before, -1: something else does
}

// OrderKind says how an order is declared.
type OrderKind string

// The kinds of order.
const (
	OrderPrerequisite OrderKind = "prerequisite" // a normal prerequisite
	OrderOnly         OrderKind = "order-only"   // one behind the bar
	OrderWait         OrderKind = "wait"         // a .WAIT between two prerequisites
	OrderSerial       OrderKind = "serial"       // .NOTPARALLEL: one recipe after the other
	OrderScript       OrderKind = "script"       // a recipe that runs one make after the other
)

// CriticalOrder is a declared order that what happened did not need, and that makes
// the longest chain longer.
type CriticalOrder struct {
	Kind     OrderKind
	First    string   // what comes first: a prerequisite; of a script its recipe, of serial the build tool
	Targets  []string // what has to wait for it, as shown, in order; nil of serial and script
	Makefile string   // where the rule of the first target is, as shown; "" where not known, as of one whose recipe is a pattern's
	Line     int      // in Makefile, 0 where not known
	Gain     int64    // ns that the longest chain is shorter without this order, all else as declared
	Partly   bool     // some of what is behind First was used by Targets (of a script: by a later make), and only the rest was not
}

// leastGain is how much an order must cost to be told of where that is not a
// hundredth of the longest chain, ns: less is nobody's concern, and hardly measured.
const leastGain = 20_000_000

// worthTelling reports whether an order costs enough to be told of, in a chain so long.
func worthTelling(gain, length int64) bool {
	const measured = 1_000_000 // ns
	return gain >= leastGain || gain >= max(measured, length/100)
}

// CriticalPath finds the chain that bounds a build, and the declared orders that cost
// most without being needed. An order is needed where a step used what another made,
// directly or through others; those are kept whatever is left out. So is one for a
// file that a step used, whoever made it and when: that the recipe behind it had
// nothing to do this time is no reason to drop it. A nil d, or one without rules,
// leaves the declared part out.
func CriticalPath(g *graph.Graph, d *declared.Graph, meta store.Meta) (Critical, error) {
	plan, err := g.Plan()
	if err != nil {
		return Critical{}, err
	}
	c := Critical{Critical: g.CriticalOf(plan)}
	if d == nil || !d.Known() || plan.Commands {
		return c, nil
	}
	ck, err := newChecker(g, d, meta, Options{})
	if errors.Is(err, ErrNoRules) {
		return c, nil
	} else if err != nil {
		return Critical{}, err
	}
	p := newOrders(ck, plan)
	p.declare()
	c.Known, c.Unknown = true, p.unknown()
	p.answer(&c)
	return c, ck.err
}

func compareOrders(a, b CriticalOrder) int {
	return cmp.Or(cmp.Compare(b.Gain, a.Gain), strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.First, b.First),
		strings.Compare(a.Makefile, b.Makefile), cmp.Compare(a.Line, b.Line))
}
