package declared

import (
	"os"
	"path/filepath"
	"strings"
)

// canon gives names their canonical paths: absolute, links followed. It keeps
// what it found out about directories.
type canon struct {
	dir   string
	dirs  map[string]string
	names map[string]string
}

func newCanon(dir string) *canon {
	return &canon{dir: dir, dirs: map[string]string{}, names: map[string]string{}}
}

// abs is a name's absolute path, cleaned, links not followed.
func (c *canon) abs(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(c.dir, name)
}

// path is a name's canonical path. Where there is no such file, it is the
// canonical path of the directory and the name. "ARCHIVE(MEMBER)" is the member of
// the canonical archive (ar_name in make's ar.c).
func (c *canon) path(name string) string {
	path, ok := c.names[name]
	if !ok {
		path = c.find(name)
		c.names[name] = path
	}
	return path
}

func (c *canon) find(name string) string {
	if i := strings.IndexByte(name, '('); i > 0 && strings.HasSuffix(name, ")") && i+2 < len(name) {
		return c.path(name[:i]) + name[i:]
	}
	// Not cleaned: behind a link to a directory ".." is something else.
	if !filepath.IsAbs(name) {
		name = c.dir + "/" + name
	}
	dir, base := splitPath(name)
	if base == "." || base == ".." {
		return c.real(name)
	}
	full := filepath.Join(c.real(dir), base)
	if isLink(full) {
		return c.real(full)
	}
	return full
}

func splitPath(name string) (dir, base string) {
	name = strings.TrimRight(name, "/")
	i := strings.LastIndexByte(name, '/')
	if i <= 0 {
		return "/", name[i+1:]
	}
	return name[:i], name[i+1:]
}

// real is the canonical path of a directory or of what a link leads to.
func (c *canon) real(dir string) string {
	if real, ok := c.dirs[dir]; ok {
		return real
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		if up, base := splitPath(dir); up != dir && base != ".." && base != "." {
			real = filepath.Join(c.real(up), base)
		} else {
			real = filepath.Clean(dir)
		}
	}
	c.dirs[dir] = real
	return real
}

func isLink(path string) bool {
	st, err := os.Lstat(path)
	return err == nil && st.Mode()&os.ModeSymlink != 0
}

func (c *canon) exists(name string) bool {
	_, err := os.Stat(c.abs(name))
	return err == nil
}
