package audit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"buildgraph/graph"
	"buildgraph/graph/declared"
	"buildgraph/store"
)

// remark stands above the lines that are added to a makefile.
const remark = "# Prerequisites that a traced build used and no rule named (buildgraph fix)."

// Stale is the error of a tree that is not as the trace saw it.
type Stale struct{ Files []string }

func (s *Stale) Error() string {
	more := ""
	if n := len(s.Files) - 1; n > 0 {
		more = fmt.Sprintf(" and %d files more", n)
	}
	return fmt.Sprintf("%s%s changed after the capture: build and capture again first", s.Files[0], more)
}

// Unchanged says, as a *Stale, which of the build's makefiles and inputs were
// changed after the capture or are gone; nil when the tree is as the trace saw it.
func Unchanged(g *graph.Graph, r *store.Reader, d *declared.Graph) error {
	end := ended(r.Meta())
	works, err := g.Works(func(store.Recipe) []string { return nil })
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	var stale Stale
	look := func(p string, mustBe bool) {
		if seen[p] {
			return
		}
		seen[p] = true
		s, err := os.Stat(p)
		if err != nil && mustBe || err == nil && s.ModTime().After(end) {
			stale.Files = append(stale.Files, g.Rel(p))
		}
	}
	for _, t := range d.Tools {
		for _, m := range t.Makefiles {
			look(m, true)
		}
	}
	for _, w := range works {
		for _, in := range w.Inputs {
			look(in.Path, in.Class == graph.Project && !in.Moved)
		}
	}
	if len(stale.Files) > 0 {
		return &stale
	}
	return nil
}

// Patch is the edit as lines of a unified diff, which patch(1) takes with -p1.
func (e Edit) Patch() ([]string, error) {
	text, err := os.ReadFile(e.Path)
	if err != nil {
		return nil, err
	}
	old := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(text) == 0 {
		old = nil
	}
	context := old[max(0, len(old)-3):]
	added := append([]string{""}, e.text()...)
	name := strings.TrimPrefix(e.Makefile, "/")
	from := len(old) - len(context) + 1
	if len(context) == 0 {
		from = 0
	}
	out := []string{
		"--- a/" + name, "+++ b/" + name,
		fmt.Sprintf("@@ -%d,%d +%d,%d @@", from, len(context), max(from, 1), len(context)+len(added)),
	}
	noNewline := len(text) > 0 && text[len(text)-1] != '\n'
	for i, line := range context {
		if noNewline && i == len(context)-1 {
			out = append(out, "-"+line, `\ No newline at end of file`, "+"+line)
			continue
		}
		out = append(out, " "+line)
	}
	for _, line := range added {
		out = append(out, "+"+line)
	}
	return out, nil
}

// text is what is added, behind an empty line.
func (e Edit) text() []string { return append([]string{remark}, e.Lines...) }

// Apply adds the lines to the end of the makefile, in place, so that its owner and
// mode stay, and gives the name of the copy that it made before.
func (e Edit) Apply() (backup string, err error) {
	if e.Generated != "" {
		return "", fmt.Errorf("%s was written by a program (%s): change what it is made from", e.Makefile, e.Generated)
	}
	text, err := os.ReadFile(e.Path)
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(e.Path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return "", err
	}
	if backup, err = copyBeside(e.Path); err != nil {
		return "", errors.Join(fmt.Errorf("keeping a copy of %s: %w", e.Makefile, err), f.Close())
	}
	more := "\n" + strings.Join(e.text(), "\n") + "\n"
	if len(text) > 0 && text[len(text)-1] != '\n' {
		more = "\n" + more
	}
	_, err = io.WriteString(f, more)
	return backup, errors.Join(err, f.Close())
}

// copyBeside copies a file to a new name beside it: NAME.bak, or with a number
// behind where there is one already.
func copyBeside(name string) (string, error) {
	in, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer in.Close()
	s, err := in.Stat()
	if err != nil {
		return "", err
	}
	for i := 0; ; i++ {
		to := name + ".bak"
		if i > 0 {
			to = fmt.Sprintf("%s.bak%d", name, i)
		}
		out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, s.Mode().Perm())
		if errors.Is(err, os.ErrExist) && i < 1000 {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = io.Copy(out, in)
		if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
			_ = os.Remove(to) // half a copy is none
			return "", err
		}
		_ = os.Chtimes(to, time.Time{}, s.ModTime()) // the copy is as old as what it holds
		return to, nil
	}
}
