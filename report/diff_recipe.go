package report

import (
	"strings"
	"unicode/utf8"

	"buildgraph/graph/compare"
)

// sameRecipe reports whether both builds, or the only one that made the target, ran
// the same lines.
func sameRecipe(rows []compare.Row, one bool) bool {
	for _, r := range rows {
		if !one && !r.Same() {
			return false
		}
	}
	return true
}

// recipe writes the lines of a recipe that only one build ran, or both ran alike, as
// deps does.
func (p *diffPage) recipe(rows []compare.Row) {
	for i, r := range rows {
		if i == recipeLines && len(rows) > recipeLines+1 && !p.o.All {
			p.printf("    %s\n", p.in(dim, "("+count(len(rows)-i, "more line")+")"))
			return
		}
		side := r.A
		if side == nil {
			side = r.B
		}
		p.printf("    %s\n", p.in(dim, p.cut(Line(rowText(side)), 4)))
	}
}

// cut is clip for a page on which all may be wanted.
func (p *diffPage) cut(line string, used int) string {
	if p.o.All {
		return line
	}
	return p.clip(line, used)
}

func rowText(row []compare.Piece) string {
	var b strings.Builder
	for _, w := range row {
		b.WriteString(w.Text)
	}
	return b.String()
}

// twoRecipes writes two recipes side by side: what both ran once, with nothing before
// it, else the row of A above that of B, with the words that differ marked.
func (p *diffPage) twoRecipes(rows []compare.Row) {
	p.printf("\n%s\n", p.in(bold, "command"))
	same := 0
	for i, r := range rows {
		if r.Same() {
			// Of what is the same a row on each side tells where it is.
			near := i > 0 && !rows[i-1].Same() || i+1 < len(rows) && !rows[i+1].Same()
			if !near && len(rows) > recipeLines && !p.o.All {
				same++
				continue
			}
			p.unshown(same)
			same = 0
			p.printf("      %s\n", p.in(dim, p.cut(Line(rowText(r.A)), 6)))
			continue
		}
		p.unshown(same)
		same = 0
		alone := r.A == nil || r.B == nil
		p.marked(r.A, "- ", red, alone)
		p.marked(r.B, "+ ", green, alone)
	}
	p.unshown(same)
}

// unshown says that rows were left out.
func (p *diffPage) unshown(rows int) {
	if rows > 0 {
		p.printf("      %s\n", p.in(dim, "("+count(rows, "line")+" alike)"))
	}
}

// marked writes the row of one build. The words that differ are in colour, or have
// carets below them where there is none.
func (p *diffPage) marked(row []compare.Piece, sign string, s style, alone bool) {
	if row == nil {
		return
	}
	const indent = 4
	var line, below strings.Builder
	for _, w := range p.shortRow(row, indent+len(sign)) {
		shown := Line(w.Text)
		word := strings.TrimLeft(shown, " ")
		blanks := shown[:len(shown)-len(word)]
		mark := " "
		if w.Differs && !alone {
			mark = "^"
		}
		below.WriteString(blanks + strings.Repeat(mark, utf8.RuneCountInString(word)))
		if w.Differs {
			word = p.in(s, word)
		}
		line.WriteString(blanks + word)
	}
	p.printf("%s%s%s\n", strings.Repeat(" ", indent), p.in(s, sign), line.String())
	if marks := strings.TrimRight(below.String(), " "); marks != "" && !p.o.Color {
		p.printf("%s%s%s\n", strings.Repeat(" ", indent), strings.Repeat(" ", len(sign)), marks)
	}
}

// leftOut stands for words that are not shown.
const leftOut = " …"

// shortRow is a row as a terminal's line holds it: the words that differ, with those
// beside them, and what the row begins and ends with.
func (p *diffPage) shortRow(row []compare.Piece, used int) []compare.Piece {
	room := p.o.Width - used
	if p.o.All || p.o.Width <= 0 || columns(row) <= room {
		return row
	}
	keep := make([]bool, len(row))
	keep[0], keep[len(row)-1] = true, true
	for i, w := range row {
		if w.Differs {
			keep[i], keep[max(i-1, 0)], keep[min(i+1, len(row)-1)] = true, true, true
		}
	}
	// What room is left shows more of the beginning.
	for i := range row {
		if keep[i] {
			continue
		}
		keep[i] = true
		if columns(chosen(row, keep)) > room {
			keep[i] = false
			break
		}
	}
	short := chosen(row, keep)
	// A word that is longer than the line loses its middle, the last words go first.
	for len(short) > 2 && columns(short) > room {
		short = append(short[:len(short)-2:len(short)-2], compare.Piece{Text: leftOut})
	}
	if columns(short) > room {
		rest := columns(short[1:])
		short[0].Text = shorten(Line(short[0].Text), max(room-rest, 16))
	}
	return short
}

// chosen are the words that are kept, with a sign for each run of others.
func chosen(row []compare.Piece, keep []bool) []compare.Piece {
	var list []compare.Piece
	for i, w := range row {
		switch {
		case keep[i]:
			list = append(list, w)
		case i > 0 && keep[i-1]:
			list = append(list, compare.Piece{Text: leftOut})
		}
	}
	return list
}

func columns(row []compare.Piece) int {
	n := 0
	for _, w := range row {
		n += utf8.RuneCountInString(Line(w.Text))
	}
	return n
}
