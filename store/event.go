package store

import (
	"cmp"
	"path"
	"strings"
)

// EventKind says what sort of thing happened in an [Event].
type EventKind uint8

// The kinds of event. A trace folds all that one program image did to one file
// into one row, so that of an image and a file there is at most one EventOpen,
// one of EventCreate and EventWrite, and one of EventStat and EventMiss: the
// first each.
const (
	EventFork     EventKind = iota + 1 // a process was made by another one of the build
	EventExec                          // a program image began: Path is its file, Other the #! script, Argv the arguments
	EventStat                          // asked about by name, listed, or opened without being read, before any reading or writing
	EventMiss                          // looked for by name and not there
	EventOpen                          // opened for reading, read, mapped or loaded for the first time
	EventTruncate                      // cut to a length by truncate(2) or ftruncate(2)
	EventCreate                        // written for the first time, by an open that made it
	EventWrite                         // written for the first time, and there before
	EventRename                        // Path became Other
	EventExchange                      // Path and Other swapped names
	EventLink                          // Other is a new name of Path
	EventSymlink                       // Path is the link, Other its text
	EventUnlink
	EventMkdir
	EventRmdir
	EventMknod
	EventTouch // its times were set
	EventChmod // Other is the mode in octal
	EventChown
	EventCopy   // content of Path copied into Other by the kernel
	EventChdir  // Path is the new working directory
	EventChroot // Path is the new root
	EventExit   // a process ended: ExitCode or Signal, and Start

	// EventKinds is above every kind.
	EventKinds
)

var eventNames = [EventKinds]string{
	EventFork: "FORK", EventExec: "EXEC", EventStat: "STAT", EventMiss: "MISS", EventOpen: "OPEN",
	EventTruncate: "TRUNCATE", EventCreate: "CREATE", EventWrite: "WRITE", EventRename: "RENAME",
	EventExchange: "EXCHANGE", EventLink: "LINK", EventSymlink: "SYMLINK", EventUnlink: "UNLINK",
	EventMkdir: "MKDIR", EventRmdir: "RMDIR", EventMknod: "MKNOD", EventTouch: "TOUCH", EventChmod: "CHMOD",
	EventChown: "CHOWN", EventCopy: "COPY", EventChdir: "CHDIR", EventChroot: "CHROOT", EventExit: "EXIT",
}

// String is the kind's name, in capitals: "EXEC".
func (k EventKind) String() string {
	if k < EventKinds {
		return eventNames[k]
	}
	return ""
}

// EventKindNamed finds a kind by its name, in capitals or not.
func EventKindNamed(name string) (EventKind, bool) {
	for k, n := range eventNames {
		if n != "" && strings.EqualFold(n, name) {
			return EventKind(k), true
		}
	}
	return 0, false
}

// eventOfOp is the event that an operation is.
var eventOfOp = [...]EventKind{
	OpRename: EventRename, OpExchange: EventExchange, OpLink: EventLink, OpSymlink: EventSymlink,
	OpUnlink: EventUnlink, OpMkdir: EventMkdir, OpRmdir: EventRmdir, OpMknod: EventMknod,
	OpTruncate: EventTruncate, OpTouch: EventTouch, OpChmod: EventChmod, OpChown: EventChown,
	OpCopy: EventCopy, OpChdir: EventChdir, OpChroot: EventChroot,
}

// EventOf gives the kind of event that an operation is; 0 for one that there is
// not.
func (k OpKind) EventOf() EventKind {
	if int(k) < len(eventOfOp) {
		return eventOfOp[k]
	}
	return 0
}

// Event is one thing that happened in a build. Everything in it follows from the
// rows of a trace, and is final at the moment it happens, so that a capture can
// show events as they come and a finished trace gives the very same ones.
type Event struct {
	Time    int64 // ns since the capture began
	Start   int64 // when its process began
	Kind    EventKind
	Process ProcessID
	Exec    ExecID
	Comm    string // the program's name, see [Comm]
	PID     int    // 0 where its process is not known
	PPID    int    // 0 where the parent is not of the build
	Path    string // absolute; "" where there is none or it is not known
	Other   string // what it is for which kind is said at the kinds
	Argv    []string

	ExitCode int // of EventExit
	Signal   int // that killed it
}

// Failed says whether the event is the end of a process that did not succeed.
func (e *Event) Failed() bool {
	return e.Kind == EventExit && (e.ExitCode != 0 || e.Signal != 0)
}

// CompareEvents orders events by time, and those of one moment in one way,
// whatever order they came in.
func CompareEvents(a, b *Event) int {
	if c := cmp.Compare(a.Time, b.Time); c != 0 {
		return c
	}
	return cmp.Or(
		cmp.Compare(a.Process, b.Process), cmp.Compare(a.Exec, b.Exec), cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Path, b.Path), cmp.Compare(a.Other, b.Other))
}

// commLength is how many bytes of a program's name the kernel keeps
// (TASK_COMM_LEN in linux/sched.h, less the NUL).
const commLength = 15

// Comm is the name of a program as the kernel would call it after exec: the last
// component of the name by which it was executed, cut to 15 bytes. A trace has
// that name in argv[0], without the "-" of a login shell; where a #! line chose
// the program, the script's name counts. exe is for where there are no arguments.
func Comm(argv0, script, exe string) string {
	name := strings.TrimPrefix(argv0, "-")
	if script != "" {
		name = script
	}
	if name == "" {
		name = exe
	}
	if name == "" {
		return ""
	}
	name = path.Base(name)
	return name[:min(len(name), commLength)]
}

// Use is one event of those that an access row stands for.
type Use struct {
	Kind EventKind
	Time int64
}

// readKinds are the ways of using a file that count as reading its content.
const readKinds = AccessRead | AccessExecute | AccessMap

// Uses gives the events that a row stands for, and how many: the first use when
// it neither read nor wrote, the first that read, the first that wrote. What an
// exec loads, its program and ELF interpreter, is the exec's event. The first
// writing can be an operation at the same time (OpTruncate), which is then the
// event.
func (a *Access) Uses(e *Exec) (uses [3]Use, n int) {
	add := func(k EventKind, t int64) {
		uses[n] = Use{k, t}
		n++
	}
	if a.First != a.FirstRead && a.First != a.FirstWrite {
		add(lookup(a.Kinds), a.First)
	}
	if a.FirstRead != 0 && (e.Seq == 0 || a.FirstRead != e.Start) {
		add(EventOpen, a.FirstRead)
	}
	if a.FirstWrite != 0 {
		add(writing(a.Kinds), a.FirstWrite)
	}
	return uses, n
}

func lookup(kinds AccessKind) EventKind {
	if kinds&(AccessAbsent|AccessLateAbsent) == AccessAbsent {
		return EventMiss
	}
	return EventStat
}

func writing(kinds AccessKind) EventKind {
	if kinds&(AccessCreate|AccessLateCreate) == AccessCreate {
		return EventCreate
	}
	return EventWrite
}

// Add folds one more use at time t, in one or more ways, into the row, which is
// zero but for Exec and File before the first. It gives the events that this use
// is: those that Uses gives of the row from now on and did not give before.
func (a *Access) Add(kinds AccessKind, t int64, e *Exec) (uses [3]Use, n int) {
	fresh := a.Count == 0 && a.First == 0
	add := func(k EventKind, t int64) {
		uses[n] = Use{k, t}
		n++
	}
	if fresh {
		a.First = t
	} else {
		if t == a.First && a.FirstRead != t && a.FirstWrite != t {
			t++ // that the row began with neither shows in its times
		}
		if kinds&AccessAbsent != 0 && a.Kinds&AccessAbsent == 0 {
			kinds |= AccessLateAbsent
		}
		if kinds&AccessCreate != 0 && a.Kinds&AccessCreate == 0 && a.FirstWrite != 0 {
			kinds |= AccessLateCreate
		}
	}
	a.Kinds |= kinds
	a.Count++
	a.Last = max(a.Last, t)
	if fresh && kinds&(readKinds|writeKinds) == 0 {
		add(lookup(kinds), t)
	}
	if kinds&readKinds != 0 && a.FirstRead == 0 {
		a.FirstRead = t
		if e.Seq == 0 || t != e.Start {
			add(EventOpen, t)
		}
	}
	if kinds&writeKinds != 0 {
		if a.FirstWrite == 0 {
			a.FirstWrite = t
			add(writing(a.Kinds), t)
		}
		a.LastWrite = max(a.LastWrite, t)
	}
	return uses, n
}

// Args splits an argument vector as /proc/PID/cmdline holds it.
func Args(block []byte) []string {
	var argv []string
	text := string(block)
	at := 0
	splitBlock(block, func(arg []byte) {
		argv = append(argv, text[at:at+len(arg)])
		at += len(arg) + 1
	})
	return argv
}
