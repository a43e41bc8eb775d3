package report

import (
	"strings"
	"unicode/utf8"
)

// align says where the cells of a column stand.
type align uint8

const (
	left  align = iota // text, as wide as its longest cell
	right              // numbers
	rest               // text that gets what is left of the line, and loses its middle when that is too little
)

// leastRest is the least that a column of what is left is cut to.
const leastRest = 16

// table writes rows under headings, indented by four, two blanks apart. The cells
// are safe to show as they are. Of no rows it says that there are none.
func (p *page) table(columns []align, headings []string, rows [][]string) {
	if len(rows) == 0 {
		p.printf("    none\n")
		return
	}
	width := make([]int, len(columns))
	for _, cells := range append([][]string{headings}, rows...) {
		for i, c := range cells {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	if p.o.Width > 0 {
		fixed, flexible := 4, 0
		for i, a := range columns {
			fixed += 2
			if a == rest {
				flexible++
			} else {
				fixed += width[i]
			}
		}
		for i, a := range columns {
			if a == rest {
				width[i] = min(width[i], max((p.o.Width-fixed+2)/flexible, leastRest))
			}
		}
	}
	p.row(columns, width, headings, dim)
	for _, cells := range rows {
		p.row(columns, width, cells, "")
	}
}

func (p *page) row(columns []align, width []int, cells []string, s style) {
	var b strings.Builder
	b.WriteString("    ")
	for i, c := range cells {
		if i > 0 {
			b.WriteString("  ")
		}
		if columns[i] == rest {
			c = shorten(c, width[i])
		}
		pad := strings.Repeat(" ", max(width[i]-utf8.RuneCountInString(c), 0))
		if columns[i] == right {
			b.WriteString(pad + c)
		} else {
			b.WriteString(c + pad)
		}
	}
	line := strings.TrimRight(b.String(), " ")
	if s != "" {
		line = p.in(s, line)
	}
	p.printf("%s\n", line)
}
