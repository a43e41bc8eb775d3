// Package report writes the answers of package graph: as text for a person, as
// JSON for a program, and pictures as DOT for Graphviz. Every renderer is a pure
// function func(io.Writer, what, Options) error; it reads no file, asks no
// terminal and knows no flag. Whoever calls it decides on colour and width.
//
// Names and arguments come from the build and may hold any byte but NUL. Text
// never sends a control character of theirs to the terminal (see [Name]), and
// JSON gives those that are not UTF-8 a second, exact field (see docs/json.md).
//
// The same answer and options always give the same bytes.
package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Options says how an answer is written. The zero value is for a file or pipe.
type Options struct {
	Color bool     // with ANSI colours
	Width int      // columns of the terminal, to which command lines are cut; 0: no terminal
	Root  string   // the capture root, absolute; the current directory of paths that are relative
	Why   []string // why the trace is not complete, one sentence each; for JSON, text says it elsewhere
}

// relative gives a directory as seen from the capture root: "." for the root
// itself and for one that is not known.
func (o Options) relative(dir string) string {
	switch root := strings.TrimSuffix(o.Root, "/") + "/"; {
	case dir == "", dir == ".", dir == o.Root:
		return "."
	case o.Root != "" && strings.HasPrefix(dir, root):
		return dir[len(root):]
	}
	return dir
}

// page collects the lines of a text report and remembers the first failure to
// write, so that the renderers read as what they print.
type page struct {
	w   *bufio.Writer
	o   Options
	err error
}

func newPage(w io.Writer, o Options) *page { return &page{w: bufio.NewWriter(w), o: o} }

func (p *page) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *page) close() error {
	if p.err == nil {
		p.err = p.w.Flush()
	}
	if p.err != nil {
		return fmt.Errorf("writing the answer: %w", p.err)
	}
	return nil
}

// style is one of the few ways in which text is set off.
type style string

// The styles, as ANSI "select graphic rendition" sequences (ECMA-48, 8.3.117).
// Yellow and blue stay apart for people who see red and green alike.
const (
	bold   style = "\x1b[1m"
	dim    style = "\x1b[2m"
	yellow style = "\x1b[33m"
)

func (p *page) in(s style, text string) string {
	if !p.o.Color || text == "" {
		return text
	}
	return string(s) + text + "\x1b[0m"
}

// clip shortens a command line to what is left of a terminal's line when used
// columns are taken.
func (p *page) clip(line string, used int) string {
	if p.o.Width <= 0 {
		return line
	}
	return shorten(line, max(p.o.Width-used, 16))
}

// wrap breaks a sentence between words where a terminal's line ends, when used
// columns are taken of each; a word that is longer than that is shortened.
func (p *page) wrap(sentence string, used int) string {
	if p.o.Width <= 0 {
		return sentence
	}
	width := max(p.o.Width-used, 16)
	var b strings.Builder
	at := 0
	for i, word := range strings.Split(sentence, " ") {
		if !strings.Contains(word, "\x1b") { // names hold none: colours do
			word = shorten(word, width)
		}
		n := visible(word)
		switch {
		case i == 0:
		case at+1+n > width:
			b.WriteString("\n" + strings.Repeat(" ", used))
			at = 0
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	return b.String()
}

// visible is how many columns text takes, colours aside.
func visible(text string) int {
	n := utf8.RuneCountInString(text)
	for rest := text; ; {
		at := strings.Index(rest, "\x1b[")
		if at < 0 {
			return n
		}
		end := strings.IndexByte(rest[at:], 'm')
		if end < 0 {
			return n
		}
		n -= end + 1
		rest = rest[at+end+1:]
	}
}

// shorten cuts the middle out of text that is longer than width characters: of
// names and command lines the beginning and the end say most.
func shorten(s string, width int) string {
	if len(s) <= width {
		return s
	}
	r := []rune(s)
	if len(r) <= width {
		return s
	}
	head := width / 2
	return string(r[:head]) + "…" + string(r[len(r)-(width-head-1):])
}

// count says "1 input" or "3 inputs".
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
