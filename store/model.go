// Package store is the trace file: one SQLite database that holds what a build
// did. It defines the rows (this file), the schema, the batched [Writer] that a
// capture feeds and the indexed [Reader] that every question is asked of. It is
// the only package that imports SQLite.
//
// All ids are dense and start at 1; 0 means "none". All times are nanoseconds
// since the capture began (Meta says when that was, on the boot clock and on
// the wall clock). Sizes are bytes. Strings from the build (paths, arguments,
// environment) are kept byte for byte and need not be valid UTF-8.
package store

import "time"

// FileID names one File row.
type FileID uint32

// ProcessID names one Process row. It is not a PID.
type ProcessID uint32

// ExecID names one Exec row: one program image run by one process.
type ExecID uint32

// ArgvID names one interned argument vector.
type ArgvID uint32

// EnvID names one interned environment.
type EnvID uint32

// FileKind says what sort of thing a File is.
type FileKind uint8

// The kinds of file. KindAbsent is a name that was looked for and not found.
const (
	KindUnknown FileKind = iota
	KindRegular
	KindDirectory
	KindSymlink
	KindFIFO
	KindSocket
	KindCharDevice
	KindBlockDevice
	KindPipe // anonymous; its path is "pipe:[INO]"
	KindAnon // memfd, anon_inode and the like; its path is "anon:NAME"
	KindAbsent
)

// File is one name of one inode: the pair (path, inode). The same path with
// another inode (removed and made again) is another File, and so is the same
// inode under another name (hard link, rename). (Dev, Ino, Gen) identifies the
// inode over the whole trace, even when the file system gives the number out
// again; all three are 0 where there is no inode (KindAbsent) or where it could
// not be learnt (an unlink of a file nobody had opened).
type File struct {
	ID   FileID
	Path string // absolute and canonical: symlinks followed, no "." or ".."
	Dev  uint64 // the superblock's device, major<<20 | minor
	Ino  uint64
	Gen  uint32 // inode generation
	Kind FileKind
}

// SameInode reports whether two files are names of one inode.
func (f File) SameInode(g File) bool {
	return f.Ino != 0 && f.Ino == g.Ino && f.Dev == g.Dev && f.Gen == g.Gen
}

// Process is one process (thread group), whatever it executed.
type Process struct {
	ID       ProcessID
	Parent   ProcessID // 0 for the root of the build
	ForkedBy ExecID    // the parent's program image at the fork; 0 for the root
	PID      int       // in the initial PID namespace
	Start    int64
	End      int64 // 0: still alive when the capture ended
	ExitCode int   // meaningful when End != 0 and Signal == 0
	Signal   int   // the signal that killed it, or 0
	CPU      int64 // ns on a CPU, all threads, user and kernel
	MaxRSS   int64 // peak resident memory, bytes
	Lost     int64 // events of this process that were lost
}

// Exec is one program image of a process. Seq 0 is the image it was forked with
// (a copy of the parent's: same Exe, Argv, Env); each successful execve begins
// the next. A shell's subshell is a process that has Seq 0 only.
type Exec struct {
	ID      ExecID
	Process ProcessID
	Seq     int
	Exe     FileID // the binary that runs (the interpreter, for a script)
	Script  FileID // the script, when a #! line chose Exe
	Cwd     FileID // working directory when the image began
	Argv    ArgvID
	Env     EnvID
	Start   int64
	End     int64 // 0: still running when the capture ended
}

// AccessKind is a set of ways in which a file was used.
type AccessKind uint16

// The ways a file can be used. They are the bits of access.kinds in the file.
const (
	AccessRead     AccessKind = 1 << iota // opened for reading, or read through an inherited or O_RDWR descriptor
	AccessWrite                           // opened for writing only, or really written
	AccessCreate                          // this open made it
	AccessTruncate                        // cut to a length (O_TRUNC, truncate)
	AccessMap                             // mapped into memory
	AccessExecute                         // executed, or loaded by the kernel to execute (interpreter, #! script)
	AccessList                            // directory listed
	AccessStat                            // metadata asked for by name
	AccessAbsent                          // looked for by name and not there
	AccessLink                            // symbolic link read or followed

	// Rare, and only for the order of events: an image looked for a name in vain
	// after it had found it, or made a file anew under the same inode number.
	AccessLateAbsent // AccessAbsent, but not at first
	AccessLateCreate // AccessCreate, but not at the first writing
)

// writeKinds are the ways to use a file that change its content.
const writeKinds = AccessWrite | AccessCreate | AccessTruncate

// Access is everything one program image did to one file, folded into a row.
type Access struct {
	Exec  ExecID
	File  FileID
	Kinds AccessKind
	Count int64 // how many times, all kinds together
	First int64
	Last  int64

	// The order of content flow. Zero where there was none of that kind.
	FirstRead  int64 // first AccessRead, AccessExecute or AccessMap for reading
	FirstWrite int64
	LastWrite  int64
}

// Held is a descriptor that a program image already had open when it began.
type Held struct {
	Exec  ExecID
	FD    int
	File  FileID
	Read  bool // open for reading
	Write bool
}

// OpKind is a change to the tree of names, or a copy between files.
type OpKind uint8

// The operations. File and Other are filled as said beside each.
const (
	OpRename   OpKind = iota + 1 // File (old name) became Other (new name)
	OpExchange                   // File and Other, as they were named before, swapped names
	OpLink                       // Other is a new name of File
	OpSymlink                    // File is the link, Detail its text
	OpUnlink                     // File
	OpMkdir                      // File
	OpRmdir                      // File
	OpMknod                      // File
	OpTruncate                   // File
	OpTouch                      // File's times were set (utimensat family)
	OpChmod                      // File; Detail is the mode in octal
	OpChown                      // File
	OpCopy                       // content of File copied into Other by the kernel (copy_file_range, sendfile, FICLONE, splice)
	OpChdir                      // File is the new working directory
	OpChroot                     // File is the new root
)

// Op is one operation, in the order of Seq.
type Op struct {
	Seq    int64 // position in the trace, from 1
	Exec   ExecID
	Time   int64
	Kind   OpKind
	File   FileID
	Other  FileID
	Detail string
}

// Note is something a reader of the trace must know about what was not, or not
// wholly, seen. Kind is one of the Note constants.
type Note struct {
	Kind    string
	Process ProcessID // 0 where it concerns the whole trace
	Detail  string
	Count   int64
}

// The notes. Those that make a trace incomplete are said so.
const (
	NoteIOUring    = "io_uring"   // a process set up an io_uring; what it does through it is unseen: incomplete
	NoteRights     = "scm_rights" // a descriptor was received over a socket
	NoteDaemon     = "daemon"     // connected to a process outside the build; what that did is unseen
	NoteAlive      = "alive"      // a process that outlived the build
	NoteNamespace  = "mount_ns"   // a process in another mount namespace or root: its paths are those it saw
	NoteTruncated  = "path"       // a path that could not be read whole: incomplete
	NoteUnresolved = "unresolved" // a path resolved after the call, by the capture, not at its moment by the kernel
	NoteFailed     = "failed"     // the capture itself failed (disk full, ...): incomplete
)

// Loss counts the events of one class that the kernel side could not deliver.
type Loss struct {
	Class string // "process", "exec", "file", "op", "path", ...
	Count int64
}

// Meta describes the capture as a whole.
type Meta struct {
	Tool                              string // version of buildgraph that wrote it
	Kernel                            string // uname -r
	Machine                           string // uname -m
	Host                              string
	Command                           []string  // what was captured
	Root                              string    // capture root: the directory it was started in, canonical
	Began                             time.Time // wall clock at time 0
	BootNS                            int64     // CLOCK_BOOTTIME at time 0
	UID                               int
	Tag                               string   // environment variable that carries a recipe's target, "" when off
	Ended                             int64    // 0 in a trace that was not finished
	ExitCode                          int      // of the command, 128+n when killed by signal n
	Finished                          bool     // the capture ended in order
	Complete                          bool     // finished, nothing lost, nothing unseen
	Why                               []string // why not Complete, one sentence each
	Events                            int64    // received from the kernel
	Lost                              int64    // emitted by the kernel and not received
	Folded                            int64    // duplicates folded in the kernel
	Processes, Execs, Files, Accesses int64
	Hardware                          Machine // what it ran on; the zero Machine where that is not known
}

// Recipe is one run of one make recipe (or one edge of another build tool): all
// its shell lines and what they started.
type Recipe struct {
	ID         uint32
	Tool       ProcessID // the make (ninja, ...) that ran it
	Target     string    // as the build tool names it, relative to Dir; "" where unknown
	Dir        string    // the tool's working directory, absolute
	How        string    // "tag": named by the variable; "output": by what it wrote; "" unnamed
	Start, End int64
}
