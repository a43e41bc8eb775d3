package graph

import (
	"path"
	"slices"
	"strings"

	"buildgraph/store"
)

// Outside tells of files that look like the project's own and are not below the
// capture root, so that no answer counts them: the sources of a build in a
// directory of its own (mkdir build && cd build && cmake ..).
type Outside struct {
	Files   int      // how many; 0: there are none, and the rest is empty
	First   []string // the first few of them in order, absolute
	Dir     string   // absolute: the directory that has both them and the capture root below it
	Capture string   // the command line, for a shell, of a capture in which they count
}

// outsideShown is how many files Outside.First names.
const outsideShown = 3

// Outside looks for such files among all that recipes read.
func (g *Graph) Outside() (Outside, error) {
	t, err := g.wide()
	if err != nil {
		return Outside{}, err
	}
	var files []string
	for id := range t.snap.files {
		row := &t.snap.files[id]
		if !t.sharesProject(row.Path) || t.noise(row.Path) || t.cacheFile(row.Path) {
			continue
		}
		o := t.objectOf(row.ID)
		if plainFile(o) && o.carries() && t.visible(o, row.ID) && t.readByRecipe(row.ID) && t.classOf(o, row.ID, 0) == System {
			files = append(files, row.Path)
		}
	}
	return t.outside(files), t.done()
}

// readByRecipe reports whether a recipe used what is in a file, under that name.
func (t *trace) readByRecipe(id store.FileID) bool {
	as, err := t.src.AccessesTo(id)
	return slices.ContainsFunc(got(t, "reading the accesses to a file", as, err), func(a store.Access) bool {
		return a.Kinds&(store.AccessRead|store.AccessMap) != 0 && t.recipeOfExec(a.Exec) != 0
	})
}

// outside sums up some files.
func (t *trace) outside(files []string) Outside {
	if len(files) == 0 {
		return Outside{}
	}
	slices.Sort(files)
	files = slices.Compact(files)
	dir := t.meta.Root
	for _, f := range files {
		dir = commonDir(dir, f)
	}
	return Outside{
		Files: len(files), First: files[:min(len(files), outsideShown)], Dir: dir,
		Capture: "cd " + shellQuote(dir) + " && buildgraph capture -- " + commandFrom(t.meta.Command, strings.TrimPrefix(t.meta.Root, dir+"/")),
	}
}

// sharesProject reports whether a file that is not below the capture root shares a
// directory with it that can be a project's: not one that holds everybody's or all
// of somebody's things.
func (t *trace) sharesProject(p string) bool {
	root := t.meta.Root
	if root == "" || root == "/" || !strings.HasPrefix(p, "/") || under(p, root) {
		return false
	}
	dir := commonDir(root, p)
	switch parent := path.Dir(dir); {
	case dir == "/", parent == "/", parent == "/home":
		return false
	case dir == "/var/tmp", dir == "/usr/local", dir == "/usr/src", dir == "/usr/lib", dir == "/usr/share", dir == "/var/lib":
		return false
	}
	return true
}

// commonDir is the last directory that leads to both of two absolute paths.
func commonDir(a, b string) string {
	for a != "/" && a != b && !under(b, a) {
		a = path.Dir(a)
	}
	return a
}

// commandFrom is a command line that does in a directory what argv does there.
func commandFrom(argv []string, dir string) string {
	if len(argv) == 0 {
		return "make -C " + shellQuote(dir)
	}
	switch path.Base(argv[0]) {
	case "make", "gmake", "ninja":
		return commandLine(slices.Concat(argv[:1], []string{"-C", dir}, argv[1:]))
	case "cmake":
		if len(argv) > 2 && argv[1] == "--build" {
			return commandLine(slices.Concat(argv[:2], []string{path.Join(dir, argv[2])}, argv[3:]))
		}
	}
	return "sh -c " + shellQuote("cd "+shellQuote(dir)+" && "+commandLine(argv))
}
