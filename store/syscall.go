package store

import (
	"cmp"
	"strconv"

	"buildgraph/store/sysnum"
)

// Syscall is how often one program made one system call.
type Syscall struct {
	Program string // as the kernel calls it since its exec: the file's base name, cut to 15 bytes
	ABI     string // whose numbers they are: "amd64", "386", "arm64" or "arm"
	Number  int
	Name    string // by its number; "syscall_N" where neither writer nor reader knows it
	Calls   int64  // how often it returned to the program
	Errors  int64  // of these, with an error number
	NS      int64  // spent in it, wall time, all calls together; 0 unless Timed
	Timed   bool
}

// syscallTable is made when there is something to keep in it: what was not
// counted has no table.
const syscallTable = `CREATE TABLE IF NOT EXISTS syscall ( -- system calls by program, where they were counted
  program TEXT NOT NULL,            -- as the kernel calls it: its base name, cut to 15 bytes
  abi     TEXT NOT NULL,            -- whose numbers they are: amd64, 386 (32-bit calls), arm64, arm
  number  INTEGER NOT NULL,
  name    TEXT,                     -- NULL: not known to the writer
  calls   INTEGER NOT NULL,         -- that returned
  errors  INTEGER NOT NULL,         -- of these, with an error
  ns      INTEGER,                  -- spent in them; NULL: not measured
  PRIMARY KEY (program, abi, number)
) STRICT, WITHOUT ROWID`

// NameSyscall gives a system call the name that it is shown by: the kernel's, else
// known, which is what somebody else calls it, else "syscall_N".
func NameSyscall(abi string, number int, known string) string {
	return cmp.Or(sysnum.Name(abi, number), known, "syscall_"+strconv.Itoa(number))
}

// Syscalls writes what was counted of the system calls, in place of what an
// earlier call wrote of the same. An empty list says that none were made.
func (w *Writer) Syscalls(rows []Syscall) {
	if b := w.begin(); b != nil {
		b.syscalls = append(b.syscalls, rows...)
		b.counted = true
		w.end(b)
	}
}

func (l *loop) insertSyscalls(b *batch) error {
	if !b.counted {
		return nil
	}
	if err := l.conn.run(syscallTable); err != nil {
		return err
	}
	in := newInserter(l.conn, "INSERT OR REPLACE INTO syscall", "", 7, 16)
	defer in.close()
	for i := range b.syscalls {
		s := &b.syscalls[i]
		a, n := in.row()
		a.text(n, s.Program)
		a.text(n+1, s.ABI)
		a.int(n+2, int64(s.Number))
		a.textOrNull(n+3, sysnum.Name(s.ABI, s.Number))
		a.int(n+4, s.Calls)
		a.int(n+5, s.Errors)
		if s.Timed {
			a.int(n+6, s.NS)
		} else {
			a.null(n + 6)
		}
		if err := in.done(); err != nil {
			return err
		}
	}
	return in.flush()
}

var syscallRows = table[Syscall]{
	name: "syscall", columns: "program, abi, number, name, calls, errors, ns", width: 7, decode: decodeSyscall,
}

func decodeSyscall(r *row) Syscall {
	s := Syscall{
		Program: r.text(0), ABI: r.text(1), Number: r.small(2),
		Calls: r.int(4), Errors: r.int(5), NS: r.int(6), Timed: !r.null(6),
	}
	s.Name = NameSyscall(s.ABI, s.Number, r.text(3))
	return s
}

// HasSyscalls reports whether the build's system calls were counted.
func (r *Reader) HasSyscalls() bool { return r.syscalls }

// Syscalls gives the counts of system calls by program, ABI and number; nothing
// where none were counted.
func (r *Reader) Syscalls() ([]Syscall, error) {
	if !r.syscalls {
		return nil, nil
	}
	return list(r, &syscallRows, "SELECT "+syscallRows.columns+" FROM syscall ORDER BY program, abi, number")
}
