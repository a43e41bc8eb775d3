package audit

import (
	"path/filepath"
	"strings"

	"buildgraph/graph/declared"
)

// dryRun is the command that shows a missing prerequisite: make says what it would
// do if the file had changed, and the target is not part of it.
func dryRun(c *checker, t *declared.Tool, file, target string) string {
	rel := nearer(t.Dir, file)
	if t.Kind == declared.KindNinja {
		return "touch " + quote(c.g.Rel(file)) + " && ninja" + inDir(c, t) + " -n -d explain " + quote(target)
	}
	return program(t) + inDir(c, t) + call(t) + " -n -W " + quote(rel) + " " + quote(guard(target))
}

// raceRepro is the command that shows a race: asked for the one target alone, make
// does not make the file that it needs.
func raceRepro(c *checker, t *declared.Tool, file string, u *unit) string {
	rm := "rm -f " + quote(c.g.Rel(file)) + " " + quote(archiveOf(u.shown))
	if t.Kind == declared.KindNinja {
		return rm + " && ninja" + inDir(c, t) + " " + quote(u.name)
	}
	return rm + " && " + program(t) + inDir(c, t) + call(t) + " " + quote(guard(u.name))
}

// program is the short name of the make that ran.
func program(t *declared.Tool) string {
	if len(t.Argv) == 0 || t.Argv[0] == "" {
		return "make"
	}
	return quote(filepath.Base(t.Argv[0]))
}

// inDir names the tool's directory, where it is not the capture root.
func inDir(c *checker, t *declared.Tool) string {
	if d := c.g.Rel(t.Dir); d != "." {
		return " -C " + quote(d)
	}
	return ""
}

// call gives the arguments of a make that decide what its rules are: makefiles,
// directories to look for them and variables.
func call(t *declared.Tool) string {
	var b strings.Builder
	for i := 1; i < len(t.Argv); i++ {
		a := t.Argv[i]
		switch {
		case a == "-f" || a == "-I" || a == "--file" || a == "--makefile":
			if i++; i < len(t.Argv) {
				b.WriteString(" " + a + " " + quote(t.Argv[i]))
			}
		case strings.HasPrefix(a, "--file=") || strings.HasPrefix(a, "--makefile=") ||
			strings.HasPrefix(a, "-f") || strings.HasPrefix(a, "-I") && len(a) > 2:
			b.WriteString(" " + quote(a))
		case !strings.HasPrefix(a, "-") && strings.Contains(a, "="):
			b.WriteString(" " + quote(a))
		}
	}
	return b.String()
}

// guard keeps a target that looks like an option from being one.
func guard(target string) string {
	if strings.HasPrefix(target, "-") {
		return "./" + target
	}
	return target
}

// nearer is a path relative to a directory, absolute where they are far apart.
func nearer(dir, file string) string {
	rel, err := filepath.Rel(dir, file)
	if err != nil || strings.HasPrefix(rel, "../../../..") {
		return file
	}
	return rel
}

// quote quotes one word for a POSIX shell.
func quote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=+,:@%^", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
