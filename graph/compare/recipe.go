package compare

import (
	"slices"
	"strings"

	"buildgraph/graph"
)

// Row is one row of a recipe as a makefile's author would know it, in both builds.
// A side that lacks the row is nil.
type Row struct{ A, B []Piece }

// Same reports whether both builds have the row, and nothing in it differs.
func (r Row) Same() bool { return r.A != nil && r.B != nil && !differs(r.A) && !differs(r.B) }

func differs(row []Piece) bool {
	return slices.ContainsFunc(row, func(p Piece) bool { return p.Differs })
}

// Piece is a word of a row with the blanks before it.
type Piece struct {
	Text    string
	Differs bool // the other build's row has another word in its place, or none
}

// recipeLines are the command lines of a target, quoted for a shell; a script that a
// build tool gave to a shell is as it stands. Of several runs alike there is one.
func (s *side) recipeLines(t *target) []string {
	var lines []string
	seen := map[string]bool{}
	at := 0
	for _, j := range t.jobs {
		var own []string
		key := ""
		for i, l := range j.Lines {
			own = append(own, graph.CommandLine(s.Account.Argv(l.Argv)))
			key += fingerprint(t.lines[at+i].norm)
		}
		at += len(j.Lines)
		if !seen[key] {
			seen[key] = true
			lines = append(lines, own...)
		}
	}
	return lines
}

// rowOf is a row of one build with what of it is compared.
type rowOf struct {
	text  string
	words []string // with the blanks before them
	norm  []string
}

// rows cuts command lines as a person broke them.
func (s *side) rows(lines []string) []rowOf {
	var rows []rowOf
	for _, line := range lines {
		for i, text := range strings.Split(line, "\n") {
			if i > 0 {
				text = "    " + strings.TrimLeft(text, " \t")
			}
			r := rowOf{text: text, words: blankApart(text)}
			for _, w := range r.words {
				r.norm = append(r.norm, s.n.word(strings.TrimLeft(w, " \t"), nil))
			}
			rows = append(rows, r)
		}
	}
	return rows
}

// blankApart cuts a row before each run of blanks.
func blankApart(text string) []string {
	var words []string
	from := 0
	for i := 1; i < len(text); i++ {
		blank, before := text[i] == ' ' || text[i] == '\t', text[i-1] == ' ' || text[i-1] == '\t'
		if blank && !before && from < i && strings.Trim(text[from:i], " \t") != "" {
			words = append(words, text[from:i])
			from = i
		}
	}
	if rest := strings.TrimRight(text[from:], " \t"); rest != "" {
		words = append(words, rest)
	}
	return words
}

// recipeRows holds two recipes against each other, row by row, and where a row has
// another in its place word by word.
func (c *comparison) recipeRows(linesA, linesB []string) []Row {
	a, b := c.a.rows(linesA), c.b.rows(linesB)
	key := func(rows []rowOf) []string {
		keys := make([]string, len(rows))
		for i, r := range rows {
			keys[i] = strings.Join(r.norm, "\x00")
		}
		return keys
	}
	var list []Row
	i, j := 0, 0
	for _, m := range append(sameWhicheverFirst(key(a), key(b)), [2]int{len(a), len(b)}) {
		for i < m[0] || j < m[1] {
			var x, y *rowOf
			if i < m[0] {
				x = &a[i]
				i++
			}
			if j < m[1] {
				y = &b[j]
				j++
			}
			list = append(list, pieces(x, y))
		}
		if i < len(a) && j < len(b) {
			list = append(list, pieces(&a[i], &b[j]))
		}
		i, j = m[0]+1, m[1]+1
	}
	return list
}

// pieces marks in two rows the words that differ. One of them may be nil.
func pieces(a, b *rowOf) Row {
	marked := func(r *rowOf, common map[int]bool) []Piece {
		if r == nil {
			return nil
		}
		list := make([]Piece, len(r.words))
		for i, w := range r.words {
			list[i] = Piece{w, !common[i]}
		}
		return list
	}
	inA, inB := map[int]bool{}, map[int]bool{}
	if a != nil && b != nil {
		for _, m := range sameWhicheverFirst(a.norm, b.norm) {
			inA[m[0]], inB[m[1]] = true, true
		}
	}
	return Row{marked(a, inA), marked(b, inB)}
}

// sameWhicheverFirst is matches, whose choice among equals depends on which list
// comes first, made independent of that.
func sameWhicheverFirst(a, b []string) [][2]int {
	if slices.Compare(a, b) <= 0 {
		return matches(a, b)
	}
	list := matches(b, a)
	for i, m := range list {
		list[i] = [2]int{m[1], m[0]}
	}
	return list
}
