package graph

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"path"
	"slices"
	"strings"
)

// titleLines is how many lines a folded node's title holds at most.
const titleLines = 20

// limitFiles makes the picture small enough. First what is alike is drawn as one
// node: files that lead to the same places, and commands of the same programs
// that make what the same commands use ("34 × gcc"). What is then still too much
// is left out, from the sources on, so that the way to the final outputs stays.
func (c *canvas) limitFiles(limit int) {
	if limit <= 0 || c.live <= limit {
		return
	}
	all := c.shownFiles()
	c.foldFiles()
	for _, final := range []bool{false, false, true, true} { // each round can make more alike
		if c.live <= limit {
			break
		}
		c.foldBoxes(final)
		c.foldFiles()
	}
	var drawn []string
	files, boxes := 0, 0
	for _, s := range c.shapes {
		if s != nil && s.files > 1 {
			files += s.files
		}
		if s != nil && s.boxes > 1 {
			boxes += s.boxes
		}
	}
	if files > 0 {
		drawn = append(drawn, numbered(files, "file"))
	}
	if boxes > 0 {
		drawn = append(drawn, numbered(boxes, "command"))
	}
	if len(drawn) > 0 {
		c.notes = append(c.notes, strings.Join(drawn, " and ")+" that are alike are drawn together")
	}
	if files, boxes := c.peel(limit); files+boxes > 0 {
		c.notes = append(c.notes, fmt.Sprintf("%s and %s are left out to stay within %d nodes", numbered(files, "file"), numbered(boxes, "command"), limit))
	}
	c.omitted = all - c.shownFiles()
}

// numbered is a number and what it is of.
func numbered(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// shownFiles counts the files that have a node of their own.
func (c *canvas) shownFiles() int {
	n := 0
	for _, s := range c.shapes {
		if s != nil && s.files == 1 {
			n++
		}
	}
	return n
}

// groups collects nodes that are alike, by a key, in the order of the first.
type groups struct {
	of   map[string]int
	list [][]uint32
}

func (g *groups) add(key []byte, n uint32) {
	i, ok := g.of[string(key)]
	if !ok {
		if g.of == nil {
			g.of = map[string]int{}
		}
		i = len(g.list)
		g.of[string(key)] = i
		g.list = append(g.list, nil)
	}
	g.list[i] = append(g.list[i], n)
}

// foldFiles makes one node of all files of one class that come from the same
// boxes and go to the same boxes.
func (c *canvas) foldFiles() {
	var g groups
	var key []byte
	for i, s := range c.shapes {
		n := uint32(i)
		if s == nil || s.files == 0 || n == c.keep {
			continue
		}
		key = append(append(key[:0], s.Kind...), 0)
		for _, in := range c.to(n) {
			key = binary.LittleEndian.AppendUint32(key, in)
		}
		key = binary.LittleEndian.AppendUint32(key, nowhere)
		to, kinds := c.from(n)
		for i := range to {
			key = append(binary.LittleEndian.AppendUint32(key, to[i]), byte(kinds[i]))
		}
		g.add(key, n)
	}
	c.merge(g, func(nodes []*shape) PictureNode {
		var labels []string
		n := 0
		for _, s := range nodes {
			n += s.files
			labels = append(labels, strings.Split(cmp.Or(s.Title, s.Label), "\n")...)
		}
		return PictureNode{Label: foldLabel(n, labels), Title: firstLines(labels)}
	})
}

// foldBoxes makes one node of all boxes that ran the same programs and whose
// outputs are used by the same boxes; those whose outputs nothing uses, which are
// what the build is for, only when also the final ones are asked for.
func (c *canvas) foldBoxes(final bool) {
	var g groups
	var key []byte
	var users []uint32
	for i, s := range c.shapes {
		n := uint32(i)
		if s == nil || s.boxes == 0 {
			continue
		}
		users = users[:0]
		outs, _ := c.from(n)
		for _, out := range outs {
			if out == c.keep {
				users = append(users, nowhere)
			}
			to, _ := c.from(out)
			users = append(users, to...)
		}
		if len(users) == 0 && !final {
			continue
		}
		slices.Sort(users)
		c.label(s)
		key = append(append(key[:0], s.Kind+"\x00"+s.programs...), 0)
		for _, u := range slices.Compact(users) {
			key = binary.LittleEndian.AppendUint32(key, u)
		}
		g.add(key, n)
	}
	c.merge(g, func(nodes []*shape) PictureNode {
		var lines []string
		n := 0
		for _, s := range nodes {
			n += s.boxes
			if len(lines) <= titleLines {
				lines = append(lines, strings.Split(s.Title, "\n")...)
			}
		}
		return PictureNode{Label: fmt.Sprintf("%d × %s", n, nodes[0].programs), Title: firstLines(lines)}
	})
}

// merge makes one node of each group of two or more.
func (c *canvas) merge(g groups, join func([]*shape) PictureNode) {
	into := map[uint32]uint32{}
	for _, members := range g.list {
		if len(members) < 2 {
			continue
		}
		one := &shape{}
		var nodes []*shape
		for _, n := range members {
			s := c.shapes[n]
			nodes = append(nodes, s)
			one.files += s.files
			one.boxes += s.boxes
			c.remove(n)
		}
		slices.SortFunc(nodes, func(a, b *shape) int { return strings.Compare(a.ID, b.ID) })
		one.PictureNode, one.programs = join(nodes), nodes[0].programs
		one.ID, one.Kind = "fold:"+strings.TrimPrefix(nodes[0].ID, "fold:"), nodes[0].Kind
		n := c.put(one)
		for _, m := range members {
			into[m] = n
		}
	}
	c.redraw(into)
}

func firstLines(lines []string) string {
	if len(lines) > titleLines {
		lines = append(slices.Clone(lines[:titleLines]), "…")
	}
	return strings.Join(lines, "\n")
}

// foldLabel names a node that stands for n files: "37 headers in include", or by
// their names where they are few.
func foldLabel(n int, names []string) string {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "…" })
	const few = 3
	if label := strings.Join(names, ", "); n <= few && len(label) < 40 {
		return label
	}
	what, dir := "", path.Dir(names[0])
	for i, n := range names {
		w := "files"
		switch path.Ext(n) {
		case ".h", ".hh", ".hpp", ".hxx", ".inc":
			w = "headers"
		case ".c", ".cc", ".cpp", ".cxx", ".go", ".rs", ".f", ".f90", ".S", ".s":
			w = "sources"
		case ".o", ".lo", ".obj":
			w = "objects"
		}
		if i == 0 {
			what = w
		} else if w != what {
			what = "files"
		}
		for dir != "." && dir != "/" && !under(n, dir) {
			dir = path.Dir(dir)
		}
	}
	label := fmt.Sprintf("%d %s", n, what)
	if dir != "/" && dir != "." {
		label += " in " + dir
	}
	return label
}

// peel leaves out nodes until the limit is kept: sources and what was made only
// from left out ones, the least connected first, then outputs beside the one
// that is used.
func (c *canvas) peel(limit int) (files, boxes int) {
	for c.live > limit {
		var list []uint32
		lowest := middle
		for _, n := range c.sorted() {
			switch r := c.rank(n); {
			case n == c.keep || r > lowest:
			case r < lowest:
				lowest, list = r, []uint32{n}
			default:
				list = append(list, n)
			}
		}
		if len(list) == 0 {
			break
		}
		degree := func(n uint32) int {
			to, _ := c.from(n)
			return len(to) + len(c.to(n))
		}
		slices.SortStableFunc(list, func(a, b uint32) int {
			return cmp.Or(cmp.Compare(degree(a), degree(b)), strings.Compare(c.shapes[b].ID, c.shapes[a].ID))
		})
		for _, n := range list[:min(len(list), c.live-limit)] {
			files += c.shapes[n].files
			boxes += c.shapes[n].boxes
			c.remove(n)
		}
		c.settle()
	}
	return files, boxes
}

// The order in which nodes are left out.
const (
	sources = iota // nothing that is drawn leads to it
	beside         // outputs that nothing uses, beside others
	begins         // boxes without an input
	middle
)

func (c *canvas) rank(n uint32) int {
	s, in := c.shapes[n], c.to(n)
	to, _ := c.from(n)
	switch {
	case s.files > 0 && len(in) == 0:
		return sources
	case s.files > 0 && len(to) == 0 && c.madeBeside(n):
		return beside
	case s.boxes > 0 && len(in) == 0:
		return begins
	}
	return middle
}

// madeBeside reports whether a file that nothing uses was made together with one
// that something uses, or before others like it: a depfile, a map, a log.
func (c *canvas) madeBeside(n uint32) bool {
	return slices.ContainsFunc(c.to(n), func(box uint32) bool {
		outs, _ := c.from(box)
		return slices.ContainsFunc(outs, func(out uint32) bool {
			used, _ := c.from(out)
			return out != n && (out == c.keep || len(used) > 0 || c.shapes[out].ID < c.shapes[n].ID)
		})
	})
}
