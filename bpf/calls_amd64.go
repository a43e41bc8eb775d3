package bpf

import "golang.org/x/sys/unix"

// own are the calls that only amd64 has.
var own = map[int]traceCall{
	unix.SYS_OPEN:       callOpen,
	unix.SYS_CREAT:      callCreat,
	unix.SYS_STAT:       callStat,
	unix.SYS_LSTAT:      callLstat,
	unix.SYS_NEWFSTATAT: callFstatat,
	unix.SYS_ACCESS:     callStat,
	unix.SYS_READLINK:   callReadlink,
	unix.SYS_GETDENTS:   callList,
	unix.SYS_RENAME:     callRename,
	unix.SYS_LINK:       callLink,
	unix.SYS_SYMLINK:    callSymlink,
	unix.SYS_UNLINK:     callUnlink,
	unix.SYS_RMDIR:      callRmdir,
	unix.SYS_MKDIR:      callMkdir,
	unix.SYS_MKNOD:      callMknod,
	unix.SYS_UTIME:      callUtimes,
	unix.SYS_UTIMES:     callUtimes,
	unix.SYS_FUTIMESAT:  callFutimes,
	unix.SYS_CHMOD:      callChmod,
	unix.SYS_CHOWN:      callChown,
	unix.SYS_LCHOWN:     callLchown,
}

// compat are the calls of 32-bit x86 (kernel:
// arch/x86/entry/syscalls/syscall_32.tbl), made by 32-bit programs and by
// int 0x80.
var compat = map[int]traceCall{
	3: callRead, 4: callWrite, 5: callOpen, 8: callCreat, 9: callLink,
	10: callUnlink, 11: callExecve, 12: callChdir, 14: callMknod, 15: callChmod,
	16: callLchown, 21: callNamespace, 30: callUtimes, 33: callStat, 38: callRename,
	39: callMkdir, 40: callRmdir, 52: callNamespace, 54: callIoctl, 61: callChroot,
	83: callSymlink, 85: callReadlink, 92: callTruncate, 93: callFtruncate,
	94: callFchmod, 95: callFchown, 106: callStat, 107: callLstat, 133: callFchdir,
	141: callList, 145: callRead, 146: callWrite, 180: callRead, 181: callWrite,
	182: callChown, 187: flow(1, 0), 192: callMmap, 193: callTruncate, 194: callFtruncate,
	195: callStat, 196: callLstat, 198: callLchown, 207: callFchown, 212: callChown,
	217: callNamespace, 220: callList, 239: flow(1, 0), 271: callUtimes, 295: callOpenat,
	296: callMkdirat, 297: callMknodat, 298: callFchownat, 299: callFutimes, 300: callFstatat,
	301: callUnlinkat, 302: callRenameat, 303: callLinkat, 304: callSymlinkat, 305: callReadlinkat,
	306: callFchmodat, 307: callFaccessat, 310: callNamespace, 313: flow(0, 2), 315: flow(0, 1),
	316: callWrite, 320: callUtimensat, 324: callFallocate, 333: callRead, 334: callWrite,
	342: callHandle, 346: callNamespace, 353: callRenameat2, 358: callExecveat, 362: callConnect,
	369: callWrite, 370: callWrite, 371: callRead, 372: callRecvmsg, 377: flow(0, 2),
	378: callRead, 379: callWrite, 383: callStatx, 412: callUtimensat, 425: callIOUring,
	429: callNamespace, 437: callOpenat2, 438: callGetfd, 439: callFaccessat2, 452: callFchmodat,
}
