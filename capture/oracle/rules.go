package oracle

import (
	"regexp"
	"strings"
)

// Rule is one exclusion from the comparison, or one rewriting of a name that no
// two runs have in common. It has one of Find, Drop and Where.
type Rule struct {
	Name string
	Why  string

	// Find and Replace rewrite names on both sides: paths, and arguments of
	// programs.
	Find    *regexp.Regexp
	Replace string

	// Drop leaves an access out on both sides.
	Drop func(Access) bool

	// Where names the functions that leave something out as they read a trace: it
	// never becomes an access.
	Where string

	// Example is a name that the rule rewrites, or the path of an access that it
	// drops, or a call that it leaves out (none where one call cannot show it). The
	// tests hold the rule to it.
	Example string
}

// Rules is every exclusion there is.
var Rules = []Rule{
	{
		Name:    "gcc-temporary",
		Why:     "gcc, collect2 and lto make up six characters for each temporary file (make_temp_file in libiberty)",
		Find:    regexp.MustCompile(`/cc[A-Za-z0-9]{6}\b`),
		Replace: "/cc*",
		Example: "/tmp/cc9ZrCQl.s",
	},
	{
		Name:    "mkstemp",
		Why:     "ar (stXXXXXX), sort (sortXXXXXX) and sed -i (sedXXXXXX) make up six characters",
		Find:    regexp.MustCompile(`/(st|sort|sed)[A-Za-z0-9]{6}(/|$)`),
		Replace: "/$1*$2",
		Example: "/src/lib/stNq3x9A",
	},
	{
		Name:    "fixture-mktemp",
		Why:     "the recipes of one fixture call mktemp ./tmpXXXXXX and mktemp -d ./dXXXXXX",
		Find:    regexp.MustCompile(`(s06_rename_temp|\.)/(tmp|d)[A-Za-z0-9]{6}\b`),
		Replace: "$1/$2*",
		Example: "/tmp/s06_rename_temp/dNq3x9A/in",
	},
	{
		Name:    "cmake-temporary",
		Why:     "cmake makes up a number for the file that it writes and then renames (cmGeneratedFileStream), and names for the projects of its compiler checks (try_compile)",
		Find:    regexp.MustCompile(`(cmTC_|\.tmp)[0-9a-f]{5}|(TryCompile-)[A-Za-z0-9]{6}\b`),
		Replace: "$1$2*",
		Example: "/b/CMakeFiles/CMakeScratch/TryCompile-AbC123/cmTC_0f3ab.c",
	},
	{
		Name:    "pid",
		Why:     "a process finds itself, and its threads, below its own number",
		Find:    regexp.MustCompile(`^/proc/[0-9]+(/task/[0-9]+)?`),
		Replace: "/proc/PID",
		Example: "/proc/1234/cmdline",
	},
	{
		Name:    "pid-in-name",
		Why:     "zlib's configure names its test files after its PID",
		Find:    regexp.MustCompile(`\bztest[0-9]+`),
		Replace: "ztest*",
		Example: "/src/ztest4711.c",
	},
	{
		Name:    "nameless",
		Why:     "a file made with O_TMPFILE is shown as its inode number",
		Find:    regexp.MustCompile(`/#[0-9]+$`),
		Replace: "/#*",
		Example: "/tmp/#9985918",
	},
	{
		Name: "no-path",
		Why:  "pipes, sockets, memfds and other anonymous inodes are no files: a trace keeps who held a pipe, not each read of it",
		Drop: func(a Access) bool {
			return !named(a.Path) || strings.HasPrefix(a.Path, "/memfd:")
		},
		Example: "pipe:[4711]",
	},
	{
		Name:    "device",
		Why:     "what devices carry is nobody's product: that they were opened counts, not each read and write",
		Where:   "doRead, doWrite, doMmap, replay.copied",
		Example: `write(3</dev/null>, "x", 1) = 1`,
	},
	{
		Name:    "by-descriptor",
		Why:     "fstat and the AT_EMPTY_PATH forms of stat ask about an open file: no name is looked up",
		Where:   "replay.at",
		Example: `newfstatat(3</w/a>, "", {st_mode=S_IFREG|0644, st_size=1, ...}, AT_EMPTY_PATH) = 0`,
	},
	{
		Name:    "no-name",
		Why:     "an empty name, NULL or an address that cannot be read names nothing",
		Where:   "replay.at",
		Example: `openat(AT_FDCWD</w>, "", O_RDONLY) = -1 ENOENT (No such file or directory)`,
	},
	{
		Name:    "no-link",
		Why:     "readlink of what is no symbolic link (EINVAL) is how gcc canonicalises names, by the thousand; it tells of no file",
		Where:   "doLook",
		Example: `readlink("old", 0x7ffe, 99) = -1 EINVAL (Invalid argument)`,
	},
	{
		Name:    "error",
		Why:     "a lookup that fails in any way but ENOENT, ENOTDIR or a refusal (ELOOP, ENAMETOOLONG, EBADF) says neither that the file is there nor that it is not",
		Where:   "replay.refused",
		Example: `stat("loop", 0x7ffe) = -1 ELOOP (Too many levels of symbolic links)`,
	},
	{
		Name:    "failed-change",
		Why:     "a rename, unlink, mkdir, chmod and so on that failed changed nothing, and nothing was read",
		Where:   "tree.go",
		Example: `unlink("none") = -1 ENOENT (No such file or directory)`,
	},
	{
		Name:    "map-for-reading",
		Why:     "to map a descriptor that is open for reading only, not to execute, is a read (which counts) and nothing more",
		Where:   "doMmap",
		Example: `mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE, 3</w/a>, 0) = 0x7f9d8f874000`,
	},
	{
		Name:  "long-argument",
		Why:   "strace shows 4096 bytes of an argument: two programs are told apart by no more",
		Where: "joinArgv",
	},
	{
		Name:  "tracer",
		Why:   "what the root of the build was before its first execve is the tracer; strace leaves it out of its output itself",
		Where: "traceSet.images",
	},
}

// rename applies the rewriting rules to one name.
func rename(s string) string {
	for _, r := range Rules {
		if r.Find != nil {
			s = r.Find.ReplaceAllString(s, r.Replace)
		}
	}
	return s
}

// dropped tells whether a rule leaves the access out.
func dropped(a Access) bool {
	for _, r := range Rules {
		if r.Drop != nil && r.Drop(a) {
			return true
		}
	}
	return false
}

// Normal is the set with the rules applied.
func (s Set) Normal() Set {
	out := Set{}
	for p, d := range s {
		q := p
		q.Exe, q.Cwd, q.Argv = rename(p.Exe), rename(p.Cwd), rename(p.Argv)
		e := out.doings(q)
		e.Runs += d.Runs
		for a := range d.Accesses {
			if !dropped(a) {
				e.Accesses[Access{a.Kind, rename(a.Path), rename(a.Other)}] = true
			}
		}
	}
	return out
}
