package capture

import "buildgraph/store"

// Sink takes what a capture learns, from one goroutine. *store.Writer is one.
// Ids of processes and execs are given by the capture; File, Argv and Env
// intern. A sink that fails keeps its first error and lets the rest pass: the
// build goes on whatever happens to the trace.
type Sink interface {
	File(path string, dev, ino uint64, gen uint32, kind store.FileKind) store.FileID
	Argv(block []byte) store.ArgvID
	Env(block []byte) store.EnvID
	Process(store.Process)
	Exec(store.Exec)
	Access(store.Access)
	Held(store.Held)
	Op(store.Op)
	Note(store.Note)
	Loss(store.Loss)
	Syscalls([]store.Syscall)
	Err() error
}
