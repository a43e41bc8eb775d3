package report

import (
	"fmt"
	"slices"
	"strings"

	"buildgraph/graph/compare"
)

// why writes why one build made what was there before.
func (p *diffPage) why(side string, a *compare.Again) {
	if a == nil {
		return
	}
	p.printf("\n%s\n", p.in(bold, "why "+side+" made what it made"))
	for i, c := range a.Causes {
		if i == unlikeShown && len(a.Causes) > unlikeShown+1 && !p.o.All {
			p.printf("  (%d more files that would explain as much or less; --all shows them)\n", len(a.Causes)-i)
			break
		}
		p.cause(c)
	}
	if len(a.Causes) > 0 {
		p.printf("    %s\n", p.in(dim, "(inputs that "+side+" did not make, and none of a target that it found up to date;"))
		p.printf("    %s\n", p.in(dim, "a trace does not show whether they had changed)"))
	}
	by := map[compare.Reason][]string{}
	for _, t := range a.Targets {
		if t.Reason != compare.ReasonUnknown || len(t.Files) == 0 {
			by[t.Reason] = append(by[t.Reason], t.Name)
		}
	}
	for _, r := range reasons {
		if list := by[r.reason]; len(list) > 0 {
			p.printf("  %s\n", p.wrap(fmt.Sprintf(r.many, side)+": "+p.names(list), 4))
		}
	}
}

// cause writes what would explain some targets.
func (p *diffPage) cause(c compare.Cause) {
	p.printf("  %s\n", p.wrap(p.in(bold, p.suspects(c.Files))+" would explain "+p.names(c.Targets), 4))
}

// suspects are files any one of which would do: those of the project by name, those
// of the system as a number.
func (p *diffPage) suspects(files []string) string {
	own := files
	if !p.o.All {
		own = slices.DeleteFunc(slices.Clone(files), compare.OfSystem)
	}
	system := len(files) - len(own)
	if len(own) == 0 {
		own, system = files, 0
	}
	text := Name(own[0])
	if len(own) > 1 {
		text = "one of " + p.names(own)
	}
	switch {
	case system == 1:
		text += ", or a system file,"
	case system > 1:
		text += fmt.Sprintf(", or one of %d system files,", system)
	}
	return text
}

// reasons are those that a trace shows, in words; %s is the build.
var reasons = []struct {
	reason compare.Reason
	many   string
}{
	{compare.ReasonInput, "made from what %s had made before"},
	{compare.ReasonAbsent, "not there when %s looked for it"},
	{compare.ReasonFailed, "not there when %s looked for it, and its recipe failed"},
	{compare.ReasonCommand, "by another command than in the other build, in %s"},
	{compare.ReasonAlways, "made every time (-B, or made from what is no file), in %s"},
	{compare.ReasonNoFile, "no file, so that its recipe runs every time, in %s"},
	{compare.ReasonUnknown, "%s does not show why, and knows no file that it did not make itself"},
}

// ways writes why a build made the target: from the target to what began it.
func (p *diffPage) ways(side string, ways []compare.Why) {
	if len(ways) == 0 {
		return
	}
	p.printf("\n%s\n", p.in(bold, "why "+side+" made it"))
	for _, way := range ways {
		var names []string
		for _, step := range way.Steps {
			names = append(names, Name(step.Name))
		}
		last := way.Steps[len(way.Steps)-1]
		if len(names) > 1 {
			p.printf("  %s\n", p.wrap("from what it had made before: "+strings.Join(names, " <- "), 4))
		}
		p.printf("  %s\n", p.wrap(Name(last.Name)+": "+p.because(side, last, way.Cause), 4))
		if c := way.Cause; c != nil {
			more := ""
			if n := len(c.Targets) - 1; n > 0 {
				more = fmt.Sprintf(", and %s", count(n, "target")+" more")
			}
			p.printf("    %s\n", p.wrap(p.in(bold, p.suspects(c.Files))+" would explain it"+more, 6))
		}
	}
}

// because is the reason of the last target of a way.
func (p *diffPage) because(side string, t compare.Remade, cause *compare.Cause) string {
	switch t.Reason {
	case compare.ReasonAbsent:
		return "it was not there when " + side + " looked for it"
	case compare.ReasonFailed:
		text := "it was not there when " + side + " looked for it; its recipe failed in " + side
		if t.FailedToo {
			text += " as it did in the other build"
		}
		return text
	case compare.ReasonNoFile:
		return "it is no file: its recipe runs every time"
	case compare.ReasonAlways:
		return "it is made every time: make -B, or it depends on what is no file"
	case compare.ReasonCommand:
		return "its command is another one than in the other build"
	case compare.ReasonUnknown:
		if len(t.Files) == 0 {
			return side + " does not show why, and knows no input that it did not make itself"
		}
		if cause != nil && !p.o.All {
			return side + " does not show why"
		}
		return side + " does not show why; " + p.suspects(t.Files) + " can have changed before it"
	}
	return "made from what " + side + " had made before"
}
