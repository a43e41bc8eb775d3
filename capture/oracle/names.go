package oracle

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Tree is the state of a directory tree before a build: an open with O_CREAT
// looks the same whether it made the file or found it, and a name that became a
// symbolic link was none at first.
type Tree struct {
	Root string
	// Names holds every path at and below Root, with the text of a symbolic link
	// or "" for anything else.
	Names map[string]string
}

// Snapshot takes down the tree below root, which must be canonical.
func Snapshot(root string) (Tree, error) {
	t := Tree{Root: root, Names: map[string]string{}}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		text := ""
		if d.Type() == fs.ModeSymlink {
			if text, err = os.Readlink(p); err != nil {
				return err
			}
		}
		t.Names[p] = text
		return nil
	})
	if err != nil {
		return Tree{}, fmt.Errorf("looking at the tree before the build: %w", err)
	}
	return t, nil
}

// covers tells whether the snapshot speaks for a path.
func (t Tree) covers(p string) bool {
	return t.Root != "" && (p == t.Root || strings.HasPrefix(p, t.Root+"/"))
}

// names resolves paths as the kernel would have at a moment of the trace: it
// knows what was there before and which names the build made, moved and removed,
// and asks the tree as it is now about the rest of the machine.
type names struct {
	made  map[string]*string // path -> link text, nil: what was a link is none now
	asked map[string]*string // answers of the real tree, the same way
	files map[string]bool    // whether a path exists, as far as the trace says
	dirs  map[string]bool    // directories that the build made; never one again as a file
	began Tree
}

func newNames(began Tree) *names {
	return &names{made: map[string]*string{}, asked: map[string]*string{}, files: map[string]bool{}, dirs: map[string]bool{}, began: began}
}

// existed tells whether a path existed just now: by what the trace did to it;
// else by what was there when the build began; else by what is there today.
func (n *names) existed(p string) bool {
	if e, ok := n.files[p]; ok {
		return e
	}
	if n.began.covers(p) {
		_, e := n.began.Names[p]
		return e
	}
	_, err := os.Lstat(p)
	return err == nil
}

// directory tells whether p is a directory that the build made, or that is there.
func (n *names) directory(p string) bool {
	if n.dirs[p] {
		return true
	}
	fi, err := os.Lstat(p)
	return err == nil && fi.IsDir()
}

// device tells whether p is a character or block device.
func device(p string) bool {
	if !strings.HasPrefix(p, "/dev/") {
		return false
	}
	fi, err := os.Lstat(p)
	return err == nil && fi.Mode()&os.ModeDevice != 0
}

// create puts something at p that is no symbolic link, remove takes away what
// is there.
func (n *names) create(p string) { n.files[p], n.made[p] = true, nil }
func (n *names) remove(p string) { n.files[p], n.made[p], n.dirs[p] = false, nil, false }

func (n *names) symlink(p, text string) { n.files[p], n.made[p] = true, &text }

// node is what stands at a name.
type node struct {
	link *string // text of a symbolic link
	dir  bool
}

// take removes a name and everything below it, and gives what was there by the
// part of the path behind the name.
func (n *names) take(p string) map[string]node {
	out := map[string]node{}
	visit := func(q string) {
		rest, below := strings.CutPrefix(q, p)
		if below && (rest == "" || rest[0] == '/') && n.existed(q) {
			out[rest] = node{n.link(q), n.dirs[q]}
		}
	}
	visit(p) // no map may know it
	for q := range n.began.Names {
		visit(q)
	}
	for q := range n.files {
		visit(q)
	}
	for rest := range out {
		n.remove(p + rest)
	}
	return out
}

func (n *names) give(p string, nodes map[string]node) {
	for rest, at := range nodes {
		n.create(p + rest)
		n.made[p+rest], n.dirs[p+rest] = at.link, at.dir
	}
}

// rename moves a name and everything below it.
func (n *names) rename(from, to string) {
	moved := n.take(from)
	if _, ok := moved[""]; !ok {
		moved[""] = node{} // whatever was there, the kernel found it
	}
	n.take(to)
	n.give(to, moved)
}

// exchange swaps two names and everything below them.
func (n *names) exchange(a, b string) {
	atA, atB := n.take(a), n.take(b)
	n.give(a, atB)
	n.give(b, atA)
}

// link gives the text of the symbolic link at p, nil when there is none.
func (n *names) link(p string) *string {
	if l, ok := n.made[p]; ok {
		return l
	}
	if l, ok := n.asked[p]; ok {
		return l
	}
	if n.began.covers(p) {
		if text := n.began.Names[p]; text != "" {
			return &text
		}
		return nil
	}
	var l *string
	if !ofProcess(p) { // whoever has that PID now is not who had it then
		if text, err := os.Readlink(p); err == nil {
			l = &text
		}
	}
	n.asked[p] = l
	return l
}

// maxLinks is the kernel's MAXSYMLINKS (include/linux/namei.h).
const maxLinks = 40

// resolve makes name, used in directory dir below root, absolute and canonical.
// Symbolic links are followed, the last one only when follow says so. Names that
// do not exist are kept as they are: no link can hide in them. magic resolves
// the links below /proc that lead to what a process has.
func (n *names) resolve(root, dir, name string, follow bool, magic func(string) (string, bool)) (string, bool) {
	if name == "" {
		return "", false
	}
	at := dir
	if name[0] == '/' {
		at = root
	}
	todo := strings.Split(name, "/")
	mustFollow := follow || strings.HasSuffix(name, "/")
	for links := 0; len(todo) > 0; {
		part := todo[0]
		todo = todo[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			if at != root {
				at = path.Dir(at)
			}
			continue
		}
		next := path.Join(at, part)
		if !mustFollow && allEmpty(todo) {
			return next, true
		}
		if to, ok := magic(next); ok {
			at = to
			continue
		}
		if text := n.link(next); text != nil {
			if links++; links > maxLinks {
				return "", false
			}
			if strings.HasPrefix(*text, "/") {
				at = root
			}
			todo = append(strings.Split(*text, "/"), todo...)
			continue
		}
		at = next
	}
	return at, true
}

func allEmpty(parts []string) bool {
	for _, p := range parts {
		if p != "" && p != "." {
			return false
		}
	}
	return true
}

// ofProcess tells whether p is /proc/PID or below it.
func ofProcess(p string) bool {
	rest, ok := strings.CutPrefix(p, "/proc/")
	return ok && rest != "" && rest[0] >= '0' && rest[0] <= '9'
}
