package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"buildgraph/graph"
	"buildgraph/graph/audit"
)

// CriticalText writes the chain that bounds a build, what it waited for, what more
// cores would bring, and which declared orders cost most. It shows so many of the
// longest steps of the chain and of the orders; 0: all.
func CriticalText(w io.Writer, a audit.Critical, top int, o Options) error {
	p := newPage(w, o)
	p.bound(a.Critical)
	p.printf("\n")
	p.chain(a.Critical, top)
	p.printf("\n")
	p.schedules(a.Critical)
	p.orders(a, top)
	return p.close()
}

// bound says how fast the build was and could be.
func (p *page) bound(c graph.Critical) {
	line := func(name, format string, args ...any) {
		p.printf("%s  %s\n", p.in(bold, fmt.Sprintf("%-13s", name)), p.wrap(fmt.Sprintf(format, args...), 15))
	}
	what := "recipe"
	if c.Commands {
		what = "command"
	}
	line("took", "%s", took(c.Wall, c.Unended))
	line("critical path", "%s: %s", seconds(c.Ideal), faster(c))
	line("work", "%s in %s, at most %d at once", seconds(c.Work), count(c.Recipes, what), c.Slots)
	line("CPU", "%s of the %ss, %s of those on the critical path", seconds(c.RecipeCPU), what, seconds(c.ChainCPU))
	if c.RecipeCPU > 0 && c.Work > 2*c.RecipeCPU && c.Wall >= leastWaited {
		waited := fmt.Sprintf("The %ss took far longer than they ran on a CPU: they waited for cores, for the disk, or for something else (a timer, the network, a lock).", what)
		if c.Crowded {
			waited += " All cores were busy: with more of them each may be shorter, and so may the critical path."
		}
		p.note(waited)
	}
	switch {
	case c.RecipesLost && c.Recipes == 0:
		p.note("The capture was killed: which recipes make ran is not known.")
	case c.RecipesLost && c.Commands:
		p.note("The capture was killed: which recipes make ran is not known. The steps are the commands that are, and their order is what they used of each other.")
	case c.RecipesLost:
		p.note("The capture was killed: which recipes the makes ran that were still running is not known, and not in this.")
	case c.Commands:
		p.note("No make or ninja ran a recipe: the steps are the commands that the script ran, and their order is what they used of each other.")
	}
	switch {
	case c.Unended:
		p.note("The build was not seen to end: how it ended is not known, and what it did later is not in this.")
	case c.ExitCode != 0:
		p.note(fmt.Sprintf("The build failed (exit status %d): what it did not come to is not in this.", c.ExitCode))
	}
}

// leastWaited is how long a build takes at least of which it is told that it waited,
// ns: in less the start of programs counts.
const leastWaited = 100_000_000

// faster says what infinite cores could bring.
func faster(c graph.Critical) string {
	switch {
	case c.Ideal <= 0 && c.Unended:
		return "nothing is known that ran"
	case c.Ideal <= 0:
		return "nothing ran"
	case c.Unended:
		return "of what is known"
	case c.Wall <= c.Ideal+c.Wall/20:
		return "more cores bring next to nothing"
	}
	return fmt.Sprintf("with infinite cores, and steps as long, %.1f times as fast", float64(c.Wall)/float64(c.Ideal))
}

// chain shows the steps of the chain in order. Short ones in a row are one line.
func (p *page) chain(c graph.Critical, top int) {
	p.printf("%s\n", p.in(bold, "the chain"))
	least := leastShown(c, top)
	var rows [][]string
	for i := 0; i < len(c.Chain); {
		n, start, took, wait := i, c.Chain[i].Start, int64(0), int64(0)
		for n < len(c.Chain) && lasted(c.Chain[n]) < least {
			took += lasted(c.Chain[n])
			wait += c.Chain[n].Wait()
			n++
		}
		switch {
		case n > i+1:
			rows = append(rows, []string{seconds(start), seconds(took), percent(took, c.Ideal), waitedFor(wait, 0), fmt.Sprintf("… %d short steps", n-i)})
			i = n
		default:
			s := c.Chain[i]
			rows = append(rows, []string{seconds(s.Start), seconds(lasted(s)), percent(lasted(s), c.Ideal), waitedFor(s.Wait(), s.Full), stepName(s) + because(s, top)})
			i++
		}
	}
	p.table([]align{right, right, right, left, rest}, []string{"start", "took", "share", "waited", "step"}, rows)
	if len(rows) == 0 {
		return
	}
	p.note("Waited: since all that it used was there; in brackets, how much of that every job slot was taken. The rest is an order that the files did not ask for, or the build tool's own time.")
}

func lasted(s graph.ChainStep) int64 { return s.End - s.Start }

// leastShown is how long a step must be to have a line of its own: one of the longest,
// and two hundredths of the chain. 0 top shows all.
func leastShown(c graph.Critical, top int) int64 {
	if top <= 0 {
		return 0
	}
	least := c.Ideal / 50
	if len(c.Chain) > top {
		times := make([]int64, 0, len(c.Chain))
		for _, s := range c.Chain {
			times = append(times, lasted(s))
		}
		slices.Sort(times)
		least = max(least, times[len(times)-top])
	}
	return max(least, 1)
}

// waitedFor tells of a wait that is worth a word.
func waitedFor(wait, full int64) string {
	const worth = 1_000_000 // ns
	switch {
	case wait < worth:
		return ""
	case full < worth:
		return seconds(wait)
	}
	return seconds(wait) + " (" + seconds(full) + ")"
}

// because names, where all is shown, the file that puts a step after the one before it.
func because(s graph.ChainStep, top int) string {
	if top > 0 || s.Via == "" {
		return ""
	}
	return " (because of " + Name(s.Via) + ")"
}

// stepName says what a step is.
func stepName(s graph.ChainStep) string {
	name := Name(s.Name)
	switch s.Kind {
	case graph.StepReading:
		name += ": reading makefiles"
	case graph.StepEnding:
		name += ": after its last recipe"
	case graph.StepBefore:
		name += ": before its sub-make"
	case graph.StepAfter:
		name += ": after its sub-make"
	}
	return name
}

func (p *page) schedules(c graph.Critical) {
	p.printf("%s\n", p.in(bold, "with other numbers of cores (an estimate)"))
	var rows [][]string
	for _, s := range c.Schedules {
		mark := ""
		if s.Cores == c.Slots {
			mark = "as many as there were job slots in use"
		}
		rows = append(rows, []string{number(s.Cores), seconds(s.Wall), mark})
	}
	p.table([]align{right, right, left}, []string{"cores", "build"}, rows)
	if len(rows) == 0 {
		return
	}
	p.note("Each step as long as it was, begun when what it used is there and a core is free.")
}

// leastMore is what is told of, ns: less is not measured.
const leastMore = 1_000_000

// orders tells which declared orders cost most that nothing needed.
func (p *page) orders(a audit.Critical, top int) {
	if a.Commands {
		return
	}
	p.printf("\n%s\n", p.in(bold, "the order as declared"))
	if !a.Known {
		p.printf("    not known: the trace holds no rules of the build tools\n")
		return
	}
	more := max(a.Declared-a.Ideal, 0)
	if more < leastMore {
		p.printf("    %s\n", p.wrap(seconds(a.Declared)+" with infinite cores: it adds nothing to the chain above", 4))
	} else {
		p.printf("    %s\n", p.wrap(fmt.Sprintf("%s with infinite cores: %s more than the chain above", seconds(a.Declared), seconds(more)), 4))
	}
	for _, name := range a.Unknown {
		p.printf("    %s\n", p.in(yellow, p.wrap("the rules of "+Line(name)+" are not known", 4)))
	}
	if len(a.Orders) == 0 {
		if more >= leastMore {
			p.printf("    %s\n", p.wrap("each order was needed, or costs next to nothing by itself", 4))
		}
		return
	}
	for i, o := range a.Orders {
		if top > 0 && i == top {
			p.printf("    %s\n", p.in(dim, fmt.Sprintf("and %s more (--all)", count(len(a.Orders)-i, "order"))))
			break
		}
		p.printf("    %s  %s\n", p.in(bold, fmt.Sprintf("%9s", "-"+seconds(o.Gain))), p.wrap(orderLine(o), 15))
		if at := orderPlace(o); at != "" {
			p.printf("               %s\n", p.in(dim, p.wrap(at, 15)))
		}
	}
	p.note("Each is how much shorter the declared order would be without that one alone. Judged by this build: what nothing used here may be used elsewhere, or by a person.")
}

// orderLine says what an order is.
func orderLine(o audit.CriticalOrder) string {
	used := "uses nothing of it"
	if len(o.Targets) != 1 {
		used = "use nothing of it"
	}
	if o.Partly {
		used = strings.Replace(used, "nothing of it", "only a part of it", 1)
	}
	switch o.Kind {
	case audit.OrderScript:
		why := "none needs that"
		if o.Partly {
			why = "not all need that"
		}
		return fmt.Sprintf("%s runs its makes one after another; %s", Name(o.First), why)
	case audit.OrderSerial:
		return fmt.Sprintf(".NOTPARALLEL in %s: its recipes run one at a time", Name(o.First))
	case audit.OrderWait:
		return fmt.Sprintf("the .WAIT before %s: %s %s", Name(o.First), names(o.Targets), strings.Replace(used, "it", "what is before it", 1))
	}
	return fmt.Sprintf("%s %s for %s and %s", names(o.Targets), verb(len(o.Targets), "wait"), Name(o.First), used)
}

// orderPlace is where an order is declared.
func orderPlace(o audit.CriticalOrder) string {
	kind := string(o.Kind)
	switch o.Kind {
	case audit.OrderScript, audit.OrderSerial, audit.OrderWait:
		kind = ""
	}
	if o.Makefile == "" {
		return kind
	}
	at := Name(o.Makefile)
	if o.Line > 0 {
		at += fmt.Sprintf(":%d", o.Line)
	}
	if kind != "" {
		at += " (" + kind + ")"
	}
	return at
}
