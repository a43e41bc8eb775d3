package graph

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"buildgraph/store"
)

// CompileCommand is the compilation of one source, as an entry of a compilation
// database has it (https://clang.llvm.org/docs/JSONCompilationDatabase.html).
type CompileCommand struct {
	Directory string // working directory of the compiler, absolute
	File      string // absolute
	Output    string // absolute; "" where the command names none
	Arguments []string
}

// CompileCommands lists what the build compiled, with the arguments that compile
// each source alone, in the order in which the compilers began. It is what Bear 3.1
// writes for the same build: one entry for each source that a driver (gcc, clang,
// nvcc, by name; ccache and distcc before them) was given and that exists at the end
// of the build, the first of those with the same file and output. Flags of the linker
// and of depfiles are left out, and -c is added where the driver also linked.
// Options say which part of the build.
func (g *Graph) CompileCommands(o PartOptions) ([]CompileCommand, error) {
	t, p, err := g.part(o)
	if err != nil {
		return nil, err
	}
	c := compilers{t: t, envs: map[store.EnvID][]string{}, rows: map[string][]store.File{}}
	c.fromEnvironment()
	var execs []store.Exec
	for e, err := range t.src.Execs() {
		if err != nil {
			t.fail("reading the execs of the trace", err)
			break
		}
		if e.Seq > 0 && p.hasProcess(e.Process) {
			execs = append(execs, e)
		}
	}
	slices.SortFunc(execs, func(a, b store.Exec) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.ID, b.ID))
	})
	seen := map[[2]string]bool{}
	list := []CompileCommand{}
	for _, e := range execs {
		for _, entry := range c.entries(e) {
			key := [2]string{entry.File, entry.Output}
			if !seen[key] && c.exists(entry.File) {
				seen[key] = true
				list = append(list, entry)
			}
		}
	}
	return list, t.done()
}

// Compilers by the base name of what was executed: cc, c++, arm-none-eabi-gcc-12.2,
// gfortran; clang-16, clang++; nvcc.
var (
	gccNames   = regexp.MustCompile(`^(cc|c\+\+|cxx|CC|(([^-]*-)*([mg](cc|\+\+)|[g]?fortran)(-?\d+(\.\d+){0,2})?))$`)
	clangNames = regexp.MustCompile(`^([^-]*-)*clang(|\+\+)(-?\d+(\.\d+){0,2})?$`)
)

// compilers recognizes compilers among what was executed.
type compilers struct {
	t     *trace
	named []string // by the build's environment: CC, CXX, FC
	envs  map[store.EnvID][]string
	rows  map[string][]store.File // by path
}

// fromEnvironment takes the compilers that the environment of the build names, by
// paths: they may have any name.
func (c *compilers) fromEnvironment() {
	for e, err := range c.t.src.Execs() {
		if err != nil {
			c.t.fail("reading the execs of the trace", err)
			return
		}
		if p := c.t.process(e.Process); e.Seq > 0 && p != nil && p.Parent == 0 {
			for _, name := range []string{"CC", "CXX", "FC"} {
				if v, ok := lookup(c.env(e.Env), name); ok {
					c.named = append(c.named, v)
				}
			}
			return
		}
	}
}

func (c *compilers) env(id store.EnvID) []string {
	if id == 0 {
		return nil
	}
	env, ok := c.envs[id]
	if !ok {
		var err error
		env, err = c.t.src.Env(id)
		env = got(c.t, "reading an environment", env, err)
		c.envs[id] = env
	}
	return env
}

// lookup finds a variable in an environment.
func lookup(env []string, name string) (value string, ok bool) {
	for _, v := range env {
		if k, value, is := strings.Cut(v, "="); is && k == name {
			return value, true
		}
	}
	return "", false
}

// entries are those that one program makes.
func (c *compilers) entries(e store.Exec) []CompileCommand {
	argv := c.t.argv(e.Argv)
	if e.Script != 0 {
		argv = scriptArgv(argv, c.t.path(e.Script))
	}
	if len(argv) == 0 || !c.maybe(path.Base(argv[0])) && len(c.named) == 0 {
		return nil
	}
	cwd := c.t.path(e.Cwd)
	executed := c.t.file(cmp.Or(e.Script, e.Exe))
	program := c.find(e, argv[0], cwd, executed)
	set := gccFlags
	switch base := path.Base(program); {
	case slices.Contains(c.named, program), gccNames.MatchString(base):
	case clangNames.MatchString(base):
		set = clangFlags
	case base == "ccache", base == "distcc":
		if len(argv) < 2 || argv[1] == "" || base == "ccache" && argv[1][0] == '-' || base == "distcc" && slices.Contains(distccFlags, argv[1]) {
			return nil
		}
		argv = argv[1:]
		program = c.find(e, argv[0], cwd, store.File{})
	case base == "nvcc":
	default:
		return nil
	}
	words := append(argv[1:len(argv):len(argv)], c.includePaths(e)...)
	found, ok := set.compiles(words)
	if !ok {
		return nil
	}
	var list []CompileCommand
	for _, src := range found.sources {
		entry := CompileCommand{Directory: cwd, File: absolute(cwd, src)}
		entry.Arguments = append([]string{program}, found.arguments...)
		if found.hasOutput {
			entry.Output = absolute(cwd, found.output)
			entry.Arguments = append(entry.Arguments, "-o", found.output)
		}
		entry.Arguments = append(entry.Arguments, src)
		list = append(list, entry)
	}
	return list
}

// distccFlags are those with which distcc compiles nothing.
var distccFlags = []string{"--help", "--version", "--show-hosts", "--scan-includes", "-j", "--show-principal"}

// maybe reports whether a program of this name can be a compiler.
func (c *compilers) maybe(base string) bool {
	switch base {
	case "ccache", "distcc", "nvcc":
		return true
	}
	return gccNames.MatchString(base) || clangNames.MatchString(base)
}

// scriptArgv is the command line of a script as it was given to execve: the kernel
// puts its interpreter (and one argument of that) before the script's path, in the
// place of the first word (execve(2), "Interpreter scripts").
func scriptArgv(argv []string, script string) []string {
	for i := 1; i < len(argv) && i <= 2; i++ {
		if path.Base(argv[i]) == path.Base(script) {
			return argv[i:]
		}
	}
	return argv[min(1, len(argv)):]
}

// find is the path by which a program was executed. The trace has the canonical one,
// and symbolic links lead there (gcc is one): what was typed is sought in PATH, as the
// shell did, past the names that do not lead there. Without an executed file, as of
// what ccache is told to run, any that somebody may have found will do.
func (c *compilers) find(e store.Exec, name, cwd string, executed store.File) string {
	if strings.Contains(name, "/") {
		return name
	}
	search, _ := lookup(c.env(e.Env), "PATH")
	for _, dir := range strings.Split(search, ":") {
		if dir != "" && c.leads(absolute(cwd, dir+"/"+name), executed) {
			return dir + "/" + name
		}
	}
	return cmp.Or(executed.Path, name)
}

// leads reports whether a name can be that of what was executed. A symbolic link
// need not have a row, a name that was looked for in vain has one; so has a file of
// another inode, that nobody may execute, and one in a directory that the build may
// not search: of that nothing is known but the name. Where it is beside the program,
// its inode could not be learnt.
func (c *compilers) leads(name string, executed store.File) bool {
	rows := c.rowsOf(name)
	return len(rows) == 0 || slices.ContainsFunc(rows, func(f store.File) bool {
		switch {
		case f.Kind == store.KindAbsent:
			return false
		case f.Kind == store.KindSymlink, f.Path == executed.Path:
			return true
		case f.Kind == store.KindUnknown:
			return path.Dir(f.Path) == path.Dir(executed.Path)
		case executed.Path == "":
			return f.Kind == store.KindRegular
		}
		return f.Ino != 0 && f.Ino == executed.Ino && f.Dev == executed.Dev && f.Gen == executed.Gen
	})
}

// absent reports whether a name is known for having been looked for in vain, and
// for nothing else.
func (c *compilers) absent(name string) bool {
	rows := c.rowsOf(name)
	return len(rows) > 0 && !slices.ContainsFunc(rows, func(f store.File) bool { return f.Kind != store.KindAbsent })
}

func (c *compilers) rowsOf(name string) []store.File {
	rows, ok := c.rows[name]
	if !ok {
		var err error
		rows, err = c.t.src.FilesByPath(name)
		rows = got(c.t, "looking up a path in the trace", rows, err)
		c.rows[name] = rows
	}
	return rows
}

// exists reports whether a source was there at the end. Of a name that nobody is
// known to have used (a symbolic link is not recorded) nothing says that it was not,
// unless it is an odd flag.
func (c *compilers) exists(name string) bool {
	if len(c.t.filesAt(name)) == 0 {
		return !c.absent(name) && path.Base(name)[0] != '-'
	}
	return c.t.holder(name).file != 0
}

// includePaths are the directories that the preprocessor takes from its environment
// (https://gcc.gnu.org/onlinedocs/cpp/Environment-Variables.html), as flags. An empty
// one is the current directory.
func (c *compilers) includePaths(e store.Exec) []string {
	var flags []string
	for _, v := range []struct{ name, flag string }{
		{"CPATH", "-I"}, {"C_INCLUDE_PATH", "-I"}, {"CPLUS_INCLUDE_PATH", "-I"}, {"OBJC_INCLUDE_PATH", "-isystem"},
	} {
		dirs, ok := lookup(c.env(e.Env), v.name)
		if !ok || dirs == "" {
			continue
		}
		for _, dir := range strings.Split(dirs, ":") {
			flags = append(flags, v.flag, cmp.Or(dir, "."))
		}
	}
	return flags
}
