package report

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// namesShown is how many names stand in a line, if there is room for them.
const namesShown = 5

// names is a list of names, its first few.
func (p *diffPage) names(list []string) string { return p.fitting(list, 0) }

// fitting is a list of names, as many of the first few as a terminal's line holds
// when used columns are taken; at least one.
func (p *diffPage) fitting(list []string, used int) string {
	if p.o.All || len(list) <= 1 {
		return joinNames(list, len(list))
	}
	n := min(len(list), namesShown)
	if len(list) == namesShown+1 {
		n++ // no shorter with the last left out
	}
	text := joinNames(list, n)
	for n > 1 && used > 0 && p.o.Width > 0 && used+utf8.RuneCountInString(text) > p.o.Width {
		n--
		text = joinNames(list, n)
	}
	return text
}

// joinNames are the first n names, and how many more there are.
func joinNames(list []string, n int) string {
	shown := make([]string, n)
	for i := range shown {
		shown[i] = Name(list[i])
	}
	text := strings.Join(shown, ", ")
	if more := len(list) - n; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// listed is a line that ends in names. All of them, where that is wanted, go over as
// many lines as they need.
func (p *diffPage) listed(before string, list []string, indent int) string {
	if !p.o.All {
		return before + p.fitting(list, indent+utf8.RuneCountInString(before))
	}
	return p.wrap(before+joinNames(list, len(list)), indent)
}

// How many files of one directory and one ending stand in one line: of the project,
// whose names a person knows, and of the system.
const (
	foldProject = 8
	foldSystem  = 5
)

// kindOf is what a file's name ends in: its extension, and of a library all that is
// behind its name.
func kindOf(name string) string {
	if base := path.Base(name); strings.Contains(base, ".so.") {
		return ".so.*"
	}
	return path.Ext(name)
}

// folded are files of one directory and one ending as one, or a single file.
type folded struct {
	pattern string // "" for a single file
	files   []int  // places in the list
}

// fold puts together files that are many of a kind: of one directory, with one
// ending, and alike in what key says of them. They stand where the first one stood.
func (p *diffPage) fold(n int, name, key func(int) string, project bool) []folded {
	from := foldSystem
	if project {
		from = foldProject
	}
	kind := func(i int) string { return key(i) + "\x00" + path.Dir(name(i)) + "\x00" + kindOf(name(i)) }
	of := map[string][]int{}
	for i := range n {
		of[kind(i)] = append(of[kind(i)], i)
	}
	var list []folded
	done := map[string]bool{}
	for i := range n {
		k := kind(i)
		switch {
		case p.o.All || len(of[k]) < from:
			list = append(list, folded{files: []int{i}})
		case !done[k]:
			done[k] = true
			list = append(list, folded{path.Join(path.Dir(name(i)), "*"+kindOf(name(i))), of[k]})
		}
	}
	return list
}

// few are the last components of the first names of folded files.
func (p *diffPage) few(f folded, name func(int) string, used int) string {
	list := make([]string, len(f.files))
	for i, at := range f.files {
		list[i] = path.Base(name(at))
	}
	n := min(3, len(list))
	text := joinNames(list, n)
	for n > 1 && p.o.Width > 0 && used+utf8.RuneCountInString(text) > p.o.Width {
		n--
		text = joinNames(list, n)
	}
	return text
}
