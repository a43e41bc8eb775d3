package graph

import (
	"path"
	"slices"
	"strings"

	"buildgraph/store"
)

// recipeLabel is what a recipe ran, in a few words: the programs that its lines
// started, without the shells. The title is the lines themselves.
func (t *trace) recipeLabel(r store.Recipe) (label, title string) {
	var names, lines []string
	for _, l := range t.linesOf(r.ID) {
		if im := l.firstExec(); im != nil {
			lines = append(lines, commandLine(t.argv(im.Argv)))
		}
		before := len(names)
		names = t.programs(names, l)
		if len(names) > before {
			continue
		}
		for _, kid := range t.children(l.ID) {
			if p := t.process(kid.ID); p != nil {
				names = t.programs(names, p)
			}
		}
	}
	const most = 3
	switch {
	case len(names) == 0 && r.Target != "":
		label = path.Base(r.Target)
	case len(names) > most:
		label = strings.Join(names[:most], ", ") + ", …"
	default:
		label = strings.Join(names, ", ")
	}
	return label, strings.Join(lines, "\n")
}

// programs adds the programs that a process executed, except shells.
func (t *trace) programs(names []string, p *process) []string {
	for _, im := range p.images {
		n := t.calledName(im)
		if im.Seq > 0 && !shells.MatchString(n) && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// calledName is a short name for an image, as it was called: "cc", and not
// "x86_64-linux-gnu-gcc-12".
func (t *trace) calledName(im *image) string {
	if argv := t.argv(im.Argv); im.Script == 0 && len(argv) > 0 && argv[0] != "" {
		return path.Base(argv[0])
	}
	return t.programName(im)
}
