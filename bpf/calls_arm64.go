package bpf

import "golang.org/x/sys/unix"

// own are the calls that only this architecture numbers so.
var own = map[int]traceCall{
	unix.SYS_FSTATAT: callFstatat,
}

// compat is empty: 32-bit ARM programs are not followed on arm64.
var compat = map[int]traceCall{}
