package audit

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"strings"
)

// Ignore says which findings are not reported: those whose input or target matches
// a pattern.
//
// A pattern is one of path.Match, in which ** also stands for any number of
// directories. One without a slash matches the last part of a name, one that ends
// in a slash all below a directory; "kind:PATTERN" is for one kind only, and a
// pattern that begins with "!" takes back what an earlier one ignored.
type Ignore struct {
	patterns []pattern
}

type pattern struct {
	kind   Kind // "": any
	glob   string
	except bool
}

// Add adds a pattern.
func (g *Ignore) Add(text string) error {
	p := pattern{}
	rest := strings.TrimSpace(text)
	if rest, p.except = strings.CutPrefix(rest, "!"); rest == "" {
		return fmt.Errorf("the pattern %q is empty", text)
	}
	for _, k := range Kinds {
		if cut, ok := strings.CutPrefix(rest, string(k)+":"); ok {
			p.kind, rest = k, cut
		}
	}
	p.glob = strings.TrimPrefix(rest, "./")
	for _, part := range strings.Split(p.glob, "/") {
		if _, err := path.Match(part, ""); err != nil {
			return fmt.Errorf("the pattern %q: %w", text, err)
		}
	}
	g.patterns = append(g.patterns, p)
	return nil
}

// Read adds the patterns of a file, one a line; "#" begins a comment.
func (g *Ignore) Read(r io.Reader) error {
	s := bufio.NewScanner(r)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(s.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if err := g.Add(line); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return s.Err()
}

// Matches reports whether a finding is ignored. The last pattern that fits decides.
func (g *Ignore) Matches(f Finding) bool {
	if g == nil {
		return false
	}
	ignored := false
	for _, p := range g.patterns {
		if (p.kind == "" || p.kind == f.Kind) && (p.fits(f.Input) || p.fits(f.Target)) {
			ignored = !p.except
		}
	}
	return ignored
}

func (p pattern) fits(name string) bool {
	if dir, ok := strings.CutSuffix(p.glob, "/"); ok {
		for d := path.Dir(name); d != "." && d != "/"; d = path.Dir(d) {
			if fits(strings.Split(dir, "/"), strings.Split(d, "/")) {
				return true
			}
		}
		return false
	}
	if !strings.Contains(p.glob, "/") {
		ok, _ := path.Match(p.glob, path.Base(name))
		return ok
	}
	return fits(strings.Split(p.glob, "/"), strings.Split(name, "/"))
}

// fits matches a name with a pattern, part by part.
func fits(glob, name []string) bool {
	for len(glob) > 0 {
		if glob[0] == "**" {
			for i := range len(name) + 1 {
				if fits(glob[1:], name[i:]) {
					return true
				}
			}
			return false
		}
		if len(name) == 0 {
			return false
		}
		if ok, _ := path.Match(glob[0], name[0]); !ok {
			return false
		}
		glob, name = glob[1:], name[1:]
	}
	return len(name) == 0
}
