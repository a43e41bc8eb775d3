package declared

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"buildgraph/graph/dryrun"
	"buildgraph/store"
)

// Invocation is how a build tool was called, ready to be asked again.
type Invocation struct {
	Kind    string     // KindMake, KindNinja; "" for a tool whose rules cannot be asked for
	Path    string     // the program that ran, absolute
	Argv    []string   // as it was called
	Cwd     string     // where it was called, absolute
	Dir     string     // where it works: Cwd, and its -C followed
	Env     []string   // its environment, without what concerns that one run (jobserver, -j, -n, ...)
	Files   []string   // the makefiles that its options name
	Options []string   // its options that say which rules there are
	Words   []string   // goals, and for make definitions of variables
	Before  [][]string // runs that must go before one of Command, without their flags; see cmakeDepend
	Idle    string     // why it built nothing (a dry run, --version, ...); "" when it built
}

var (
	makes = regexp.MustCompile(`^(g|gnu|re|mingw32-)?make(-?[0-9][0-9.]*)?$`)
	ninja = regexp.MustCompile(`^(ninja|ninja-build|samu|samurai)(-?[0-9][0-9.]*)?$`)
)

// InvocationOf reads from a trace how a process called a build tool. The process
// is one that ran recipes; of several images of a build tool (make executes itself
// anew when it remade a makefile) the first counts.
func InvocationOf(r *store.Reader, p store.ProcessID) (Invocation, error) {
	execs, err := r.ExecsOf(p)
	if err != nil {
		return Invocation{}, err
	}
	for _, e := range execs {
		if e.Seq == 0 && len(execs) > 1 {
			continue // a copy of the parent's image
		}
		exe, err := r.File(e.Exe)
		if err != nil {
			return Invocation{}, err
		}
		kind := kindNamed(filepath.Base(exe.Path))
		if kind == "" {
			continue
		}
		return invocation(r, e, kind, exe.Path)
	}
	return Invocation{}, nil
}

func kindNamed(base string) string {
	switch {
	case makes.MatchString(base):
		return KindMake
	case ninja.MatchString(base):
		return KindNinja
	}
	return ""
}

func invocation(r *store.Reader, e store.Exec, kind, path string) (Invocation, error) {
	argv, err := r.Argv(e.Argv)
	if err != nil {
		return Invocation{}, err
	}
	env, err := r.Env(e.Env)
	if err != nil {
		return Invocation{}, err
	}
	cwd, err := r.File(e.Cwd)
	if err != nil {
		return Invocation{}, err
	}
	i := Invocation{Kind: kind, Path: path, Argv: argv, Cwd: cwd.Path, Dir: cwd.Path}
	if len(argv) == 0 || i.Cwd == "" {
		return i, fmt.Errorf("the trace does not say how process %d called %s", e.Process, path)
	}
	var dirs []string
	if kind == KindMake {
		o := parseMakeArgs(argv[1:])
		i.Files, i.Options, i.Words, i.Idle, dirs = o.files, o.kept, o.words, o.idle, o.dirs
		i.Env = i.makeEnv(env)
		i.Before = cmakeDepend(argv[:1], o)
		if slices.ContainsFunc(o.files, func(f string) bool { return f == "-" || f == "/dev/stdin" || strings.HasPrefix(f, "/dev/fd/") }) {
			i.Idle = "its makefile came from standard input"
		}
	} else {
		o := parseNinjaArgs(argv[1:])
		i.Files, i.Options, i.Words, i.Idle, dirs, i.Env = o.files, o.kept, o.words, o.idle, o.dirs, env
	}
	for _, d := range dirs {
		if !filepath.IsAbs(d) {
			d = filepath.Join(i.Dir, d)
		}
		if real, err := filepath.EvalSymlinks(d); err == nil {
			d = real
		}
		i.Dir = filepath.Clean(d)
	}
	return i, nil
}

// makeEnv is the environment for asking a make again.
func (i *Invocation) makeEnv(env []string) []string {
	clean := make([]string, 0, len(env)+1)
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		switch name {
		case "MAKEFLAGS", "GNUMAKEFLAGS":
			flags, idle := cleanMakeFlags(value)
			if i.Idle == "" {
				i.Idle = idle
			}
			if flags == "" {
				continue
			}
			v = name + "=" + flags
		case "MFLAGS", "MAKE_RESTARTS", "LANGUAGE":
			continue
		}
		clean = append(clean, v)
	}
	// What make prints in the user's language cannot be read, and with another
	// locale $(shell) and recipes might do something else. No translation is
	// called so.
	return append(clean, "LANGUAGE=en")
}

// Command is the tool called once more in a sandbox, with flags before its own
// options and its own goals. UID and GID are the current user's.
func (i Invocation) Command(flags ...string) dryrun.Command {
	return dryrun.Command{
		Path: i.Path, Args: slices.Concat(i.Argv[:1], flags, i.Options, []string{"--"}, i.Words), Before: i.Before,
		Dir: i.Cwd, Env: i.Env, UID: -1, GID: -1,
	}
}

var cmakeGoal = regexp.MustCompile(`^((?:.*/)?CMakeFiles/[^/]+\.dir/)build$`)

// cmakeDepend gives what cmake's makefiles do before each build of a target: they
// turn the depfiles that the compilers wrote during the last one into makefiles, by
// "make -f X.dir/build.make X.dir/depend", and only then does make see them.
func cmakeDepend(name []string, o makeOptions) [][]string {
	var goals, definitions []string
	found := false
	for _, w := range o.words {
		if m := cmakeGoal.FindStringSubmatch(w); m != nil {
			goals = append(goals, m[1]+"depend")
			found = true
		} else if strings.Contains(w, "=") {
			definitions = append(definitions, w)
		}
	}
	if !found || len(o.files) != 1 || !strings.HasSuffix(o.files[0], ".dir/build.make") {
		return nil
	}
	return [][]string{slices.Concat(name, o.kept, []string{"--"}, definitions, goals)}
}

// key tells whether two calls are the same.
func (i Invocation) key() string {
	var b strings.Builder
	for _, list := range [][]string{{i.Kind, i.Path, i.Cwd, i.Argv[0]}, i.Options, i.Words, i.Env} {
		for _, s := range list {
			// What differs from run to run of one and the same make.
			if strings.HasPrefix(s, "BG_T=") || strings.HasPrefix(s, "_=") || strings.HasPrefix(s, "OLDPWD=") {
				continue
			}
			b.WriteString(s)
			b.WriteByte(0)
		}
		b.WriteByte(1)
	}
	return b.String()
}
