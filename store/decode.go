package store

import "math"

// table says how rows of one table become values.
type table[T any] struct {
	name    string
	columns string
	width   int
	decode  func(*row) T
	// order is the key by which a scan of the whole table goes. It must grow
	// from row to row, which also ends a scan of a tree that a damaged file
	// closes to a circle.
	order func(T) int64
	key   string // the columns of order
}

var (
	fileTable = table[File]{
		name: "file", columns: "id, path, dev, ino, gen, kind", width: 6, decode: decodeFile,
		order: func(f File) int64 { return int64(f.ID) }, key: "id",
	}
	processTable = table[Process]{
		name: "process", columns: "id, parent, forked_by, pid, start, end, exit_code, signal, cpu, max_rss, lost", width: 11,
		decode: decodeProcess,
		order:  func(p Process) int64 { return int64(p.ID) }, key: "id",
	}
	execTable = table[Exec]{
		name: "exec", columns: "id, process, seq, exe, script, cwd, argv, env, start, end", width: 10, decode: decodeExec,
		order: func(e Exec) int64 { return int64(e.ID) }, key: "id",
	}
	accessTable = table[Access]{
		name:    "access",
		columns: "access.exec, access.file, kinds, access.first, count, access.last, first_read, first_write, last_write", width: 9,
		decode: decodeAccess,
	}
	heldTable = table[Held]{
		name: "held", columns: "exec, fd, file, read, write", width: 5, decode: decodeHeld,
		order: func(h Held) int64 { return pairOrder(uint32(h.Exec), uint32(h.FD)) }, key: "exec, fd",
	}
	opTable = table[Op]{
		name: "op", columns: "seq, exec, time, kind, file, other, detail", width: 7, decode: decodeOp,
		order: func(o Op) int64 { return o.Seq }, key: "seq",
	}
	noteTable = table[Note]{
		name: "note", columns: "kind, process, detail, count", width: 4, decode: decodeNote,
	}
	lossTable = table[Loss]{
		name: "loss", columns: "class, count", width: 2,
		decode: func(r *row) Loss { return Loss{Class: r.text(0), Count: r.int(1)} },
	}
	recipeTable = table[Recipe]{
		name: "recipe", columns: "id, tool, target, dir, how, start, end", width: 7, decode: decodeRecipe,
	}
)

// pairOrder orders pairs as signed numbers do, from the smallest on.
func pairOrder(a, b uint32) int64 {
	return int64(uint64(a)<<32|uint64(b)) ^ math.MinInt64
}

func decodeFile(r *row) File {
	return File{
		ID: FileID(r.id(0)), Path: r.text(1), Dev: uint64(r.int(2)), Ino: uint64(r.int(3)), Gen: r.id(4),
		Kind: FileKind(r.upTo(5, math.MaxUint8)),
	}
}

func decodeProcess(r *row) Process {
	return Process{
		ID: ProcessID(r.id(0)), Parent: ProcessID(r.id(1)), ForkedBy: ExecID(r.id(2)), PID: r.small(3),
		Start: r.int(4), End: r.int(5), ExitCode: r.small(6), Signal: r.small(7), CPU: r.int(8), MaxRSS: r.int(9), Lost: r.int(10),
	}
}

func decodeExec(r *row) Exec {
	return Exec{
		ID: ExecID(r.id(0)), Process: ProcessID(r.id(1)), Seq: r.small(2), Exe: FileID(r.id(3)), Script: FileID(r.id(4)),
		Cwd: FileID(r.id(5)), Argv: ArgvID(r.id(6)), Env: EnvID(r.id(7)), Start: r.int(8), End: r.int(9),
	}
}

func decodeAccess(r *row) Access {
	a := Access{
		Exec: ExecID(r.id(0)), File: FileID(r.id(1)), Kinds: AccessKind(r.upTo(2, math.MaxUint16)), First: r.int(3), Count: r.int(4),
		Last: r.int(5), FirstRead: r.int(6), FirstWrite: r.int(7), LastWrite: r.int(8),
	}
	if r.null(5) {
		a.Last = a.First
	}
	return a
}

func decodeHeld(r *row) Held {
	return Held{Exec: ExecID(r.id(0)), FD: r.small(1), File: FileID(r.id(2)), Read: r.bool(3), Write: r.bool(4)}
}

func decodeOp(r *row) Op {
	return Op{
		Seq: r.int(0), Exec: ExecID(r.id(1)), Time: r.int(2), Kind: OpKind(r.upTo(3, math.MaxUint8)), File: FileID(r.id(4)),
		Other: FileID(r.id(5)), Detail: r.text(6),
	}
}

func decodeNote(r *row) Note {
	return Note{Kind: r.text(0), Process: ProcessID(r.id(1)), Detail: r.text(2), Count: r.int(3)}
}

func decodeRecipe(r *row) Recipe {
	return Recipe{
		ID: r.id(0), Tool: ProcessID(r.id(1)), Target: r.text(2), Dir: r.text(3), How: r.text(4), Start: r.int(5), End: r.int(6),
	}
}
