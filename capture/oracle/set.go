package oracle

import (
	"cmp"
	"slices"
	"strings"
)

// Kind is a way in which a program used a file.
type Kind string

// The kinds. Only system calls that succeeded count, unless said otherwise.
const (
	Read     Kind = "read"     // opened for reading only; or really read through a descriptor of another sort
	Write    Kind = "write"    // opened for writing only; or really written through a descriptor of another sort
	Create   Kind = "create"   // an open made the file
	Truncate Kind = "truncate" // O_TRUNC of a file that was there, truncate, ftruncate
	Map      Kind = "map"      // mmap to execute, or of a descriptor that is open for writing
	Exec     Kind = "exec"     // executed; or loaded by the kernel to execute: a #! script, its interpreter, the ELF interpreter
	Stat     Kind = "stat"     // found by name, content untouched: the stat and access families, O_PATH, a directory or O_RDWR opened; open or exec refused though the file is there
	Absent   Kind = "absent"   // ENOENT or ENOTDIR from open, stat, access, readlink, exec
	List     Kind = "list"     // getdents
	Readlink Kind = "readlink" // the text of a symbolic link asked for
	Rename   Kind = "rename"   // Other: the new name
	Exchange Kind = "exchange" // RENAME_EXCHANGE; Path sorts before Other
	Link     Kind = "link"     // a hard link; Other: the new name
	Symlink  Kind = "symlink"  // Path is the link, Other its text
	Unlink   Kind = "unlink"
	Mkdir    Kind = "mkdir"
	Rmdir    Kind = "rmdir"
	Mknod    Kind = "mknod"
	Utimens  Kind = "utimens"
	Chmod    Kind = "chmod"
	Chown    Kind = "chown"
	Copy     Kind = "copy" // the kernel copied Path into Other: copy_file_range, sendfile, splice, FICLONE
	Chdir    Kind = "chdir"
	Chroot   Kind = "chroot"
)

// Access is one use of a file.
type Access struct {
	Kind  Kind
	Path  string // absolute and canonical
	Other string // the second file of the kinds that have one
}

func (a Access) String() string {
	if a.Other != "" {
		return string(a.Kind) + " " + show(a.Path) + " => " + show(a.Other)
	}
	return string(a.Kind) + " " + show(a.Path)
}

// Program names the runs of one program image by what two builds have in
// common. Two runs of the same program with the same arguments in the same
// directory are one Program; what they did is put together.
type Program struct {
	Exe  string // canonical path of the binary that runs: the interpreter, for a script
	Cwd  string // working directory when the image began
	Argv string // arguments, each quoted by show, one space between
	// Tag is the value of Options.Tag in the environment that the image, or the
	// last ancestor of it that had the variable, began with.
	Tag string
	// Forks is how many forks lie between the execve that began the image and
	// the process: a shell is 0, its subshell 1. Each is an image of its own.
	Forks int
}

func (p Program) String() string {
	return p.Argv + "  [" + p.Exe + ", in " + show(p.Cwd) + "]" + strings.Repeat(" (fork)", p.Forks)
}

// Doings is what the runs of one program did, all together.
type Doings struct {
	Runs     int
	Accesses map[Access]bool
}

// Set is what a build did.
type Set map[Program]*Doings

// run counts one more run of p and gives its doings.
func (s Set) run(p Program) *Doings {
	d := s.doings(p)
	d.Runs++
	return d
}

func (s Set) doings(p Program) *Doings {
	d := s[p]
	if d == nil {
		d = &Doings{Accesses: map[Access]bool{}}
		s[p] = d
	}
	return d
}

// Len is the number of accesses in the set.
func (s Set) Len() int {
	n := 0
	for _, d := range s {
		n += len(d.Accesses)
	}
	return n
}

// argvLimit is how much of one argument is compared: strace is run to show
// this many bytes of a string ([Strace]).
const argvLimit = 4096

// joinArgv renders an argument vector for Program.Argv.
func joinArgv(argv []string) string {
	var b strings.Builder
	for i, a := range argv {
		if i > 0 {
			b.WriteByte(' ')
		}
		if len(a) > argvLimit {
			a = a[:argvLimit]
		}
		b.WriteString(show(a))
	}
	return b.String()
}

// show quotes a name where it holds anything but plain printable ASCII, so that
// every set is printable and every name is still told from every other.
func show(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '\'' || c == '\\' {
			return quote(s)
		}
	}
	if s == "" {
		return `""`
	}
	return s
}

func quote(s string) string {
	const hex = "0123456789abcdef"
	b := []byte{'"'}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < ' ' || c >= 0x7f:
			b = append(b, '\\', 'x', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

func comparePrograms(a, b Program) int {
	return cmp.Or(cmp.Compare(a.Argv, b.Argv), cmp.Compare(a.Exe, b.Exe),
		cmp.Compare(a.Cwd, b.Cwd), cmp.Compare(a.Tag, b.Tag), cmp.Compare(a.Forks, b.Forks))
}

func compareAccesses(a, b Access) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Other, b.Other))
}

// programs gives the programs of a set, sorted.
func (s Set) programs() []Program {
	ps := make([]Program, 0, len(s))
	for p := range s {
		ps = append(ps, p)
	}
	slices.SortFunc(ps, comparePrograms)
	return ps
}
