package bpf

import "golang.org/x/sys/unix"

// none marks an argument that a call does not have.
const none = 15

// Shorthands for the generated enums.
const (
	never      = uint8(traceFollowFOLLOW_NEVER)
	always     = uint8(traceFollowFOLLOW_ALWAYS)
	unlessFlag = uint8(traceFollowFOLLOW_UNLESS_FLAG)
	ifFlag     = uint8(traceFollowFOLLOW_IF_FLAG)
)

// truncates, as Extra of an open, stands for an O_TRUNC that is not in its
// arguments (creat).
const truncates = 1

// evenZero, as Extra of a write, says that it has written when it returns 0.
const evenZero = 1

// named is a call whose arguments dir (none: relative to the working
// directory), path and flags are at the given places.
func named(op traceCallOp, dir, path, flags, follow uint8) traceCall {
	return traceCall{Op: uint8(op), Dir: dir, Path: path, Flags: flags, Follow: follow, Dir2: none, Path2: none, Extra: none}
}

// pair is a call with two paths.
func pair(op traceCallOp, dir, path, dir2, path2, flags, follow, extra uint8) traceCall {
	return traceCall{Op: uint8(op), Dir: dir, Path: path, Flags: flags, Follow: follow, Dir2: dir2, Path2: path2, Extra: extra}
}

// plain is a call that is known by its op and first arguments alone.
func plain(op traceCallOp) traceCall {
	return named(op, none, none, none, never)
}

// flow is a copy from one descriptor to another, by argument.
func flow(from, to uint8) traceCall {
	return pair(traceCallOpCALL_COPY, none, from, none, to, none, never, none)
}

// at holds the calls that every architecture has, by the names of the C
// library's wrappers, and with them what the older calls mean.
var (
	callOpenat     = named(traceCallOpCALL_OPEN, 0, 1, 2, always)
	callOpenat2    = named(traceCallOpCALL_OPENAT2, 0, 1, 2, always)
	callHandle     = named(traceCallOpCALL_OPEN_HANDLE, none, none, 2, always)
	callFstatat    = named(traceCallOpCALL_STAT, 0, 1, 3, unlessFlag)
	callStatx      = named(traceCallOpCALL_STAT, 0, 1, 2, unlessFlag)
	callFaccessat  = named(traceCallOpCALL_STAT, 0, 1, none, always)
	callFaccessat2 = named(traceCallOpCALL_STAT, 0, 1, 3, unlessFlag)
	callReadlinkat = named(traceCallOpCALL_READLINK, 0, 1, none, never)
	callRead       = plain(traceCallOpCALL_READ)
	callWrite      = plain(traceCallOpCALL_WRITE)
	callFallocate  = pair(traceCallOpCALL_WRITE, none, none, none, none, none, never, evenZero)
	callMmap       = plain(traceCallOpCALL_MMAP)
	callList       = plain(traceCallOpCALL_LIST)
	callIoctl      = plain(traceCallOpCALL_IOCTL)
	callExecve     = named(traceCallOpCALL_EXEC, none, 0, none, always)
	callExecveat   = named(traceCallOpCALL_EXEC, 0, 1, 4, unlessFlag)
	callRenameat   = pair(traceCallOpCALL_RENAME, 0, 1, 2, 3, none, never, none)
	callRenameat2  = pair(traceCallOpCALL_RENAME, 0, 1, 2, 3, none, never, 4)
	callLinkat     = pair(traceCallOpCALL_LINK, 0, 1, 2, 3, 4, ifFlag, none)
	callSymlinkat  = pair(traceCallOpCALL_SYMLINK, 1, 2, none, 0, none, never, none)
	callUnlinkat   = named(traceCallOpCALL_UNLINK, 0, 1, 2, never)
	callMkdirat    = named(traceCallOpCALL_MKDIR, 0, 1, 2, never)
	callMknodat    = named(traceCallOpCALL_MKNOD, 0, 1, 2, never)
	callTruncate   = named(traceCallOpCALL_TRUNCATE, none, 0, 1, always)
	callFtruncate  = named(traceCallOpCALL_FTRUNCATE, none, none, 1, never)
	callUtimensat  = named(traceCallOpCALL_TOUCH, 0, 1, 3, unlessFlag)
	callFchmodat   = named(traceCallOpCALL_CHMOD, 0, 1, 2, always)
	callFchmod     = named(traceCallOpCALL_FCHMOD, none, none, 1, never)
	callFchownat   = named(traceCallOpCALL_CHOWN, 0, 1, 4, unlessFlag)
	callFchown     = named(traceCallOpCALL_FCHOWN, none, none, none, never)
	callChdir      = plain(traceCallOpCALL_CHDIR)
	callFchdir     = plain(traceCallOpCALL_FCHDIR)
	callChroot     = plain(traceCallOpCALL_CHROOT)
	callNamespace  = plain(traceCallOpCALL_NAMESPACE)
	callRecvmsg    = plain(traceCallOpCALL_RECVMSG)
	callConnect    = plain(traceCallOpCALL_CONNECT)
	callIOUring    = plain(traceCallOpCALL_IO_URING)
	callGetfd      = plain(traceCallOpCALL_GETFD)
)

// Calls without a directory, which newer architectures do not have.
var (
	callOpen     = named(traceCallOpCALL_OPEN, none, 0, 1, always)
	callCreat    = pair(traceCallOpCALL_OPEN, none, 0, none, none, none, always, truncates)
	callStat     = named(traceCallOpCALL_STAT, none, 0, none, always)
	callLstat    = named(traceCallOpCALL_STAT, none, 0, none, never)
	callReadlink = named(traceCallOpCALL_READLINK, none, 0, none, never)
	callRename   = pair(traceCallOpCALL_RENAME, none, 0, none, 1, none, never, none)
	callLink     = pair(traceCallOpCALL_LINK, none, 0, none, 1, none, never, none)
	callSymlink  = pair(traceCallOpCALL_SYMLINK, none, 1, none, 0, none, never, none)
	callUnlink   = named(traceCallOpCALL_UNLINK, none, 0, none, never)
	callRmdir    = named(traceCallOpCALL_RMDIR, none, 0, none, never)
	callMkdir    = named(traceCallOpCALL_MKDIR, none, 0, 1, never)
	callMknod    = named(traceCallOpCALL_MKNOD, none, 0, 1, never)
	callUtimes   = named(traceCallOpCALL_TOUCH, none, 0, none, always)
	callFutimes  = named(traceCallOpCALL_TOUCH, 0, 1, none, always)
	callChmod    = named(traceCallOpCALL_CHMOD, none, 0, 1, always)
	callChown    = named(traceCallOpCALL_CHOWN, none, 0, none, always)
	callLchown   = named(traceCallOpCALL_CHOWN, none, 0, none, never)
)

// common is the part of the calls table that every 64-bit architecture shares,
// by that architecture's numbers.
var common = map[int]traceCall{
	unix.SYS_OPENAT:            callOpenat,
	unix.SYS_OPENAT2:           callOpenat2,
	unix.SYS_OPEN_BY_HANDLE_AT: callHandle,
	unix.SYS_STATX:             callStatx,
	unix.SYS_FACCESSAT:         callFaccessat,
	unix.SYS_FACCESSAT2:        callFaccessat2,
	unix.SYS_READLINKAT:        callReadlinkat,
	unix.SYS_READ:              callRead,
	unix.SYS_PREAD64:           callRead,
	unix.SYS_READV:             callRead,
	unix.SYS_PREADV:            callRead,
	unix.SYS_PREADV2:           callRead,
	unix.SYS_RECVFROM:          callRead,
	unix.SYS_WRITE:             callWrite,
	unix.SYS_PWRITE64:          callWrite,
	unix.SYS_WRITEV:            callWrite,
	unix.SYS_PWRITEV:           callWrite,
	unix.SYS_PWRITEV2:          callWrite,
	unix.SYS_SENDTO:            callWrite,
	unix.SYS_SENDMSG:           callWrite,
	unix.SYS_VMSPLICE:          callWrite,
	unix.SYS_FALLOCATE:         callFallocate,
	unix.SYS_SENDFILE:          flow(1, 0),
	unix.SYS_COPY_FILE_RANGE:   flow(0, 2),
	unix.SYS_SPLICE:            flow(0, 2),
	unix.SYS_TEE:               flow(0, 1),
	unix.SYS_MMAP:              callMmap,
	unix.SYS_GETDENTS64:        callList,
	unix.SYS_IOCTL:             callIoctl,
	unix.SYS_EXECVE:            callExecve,
	unix.SYS_EXECVEAT:          callExecveat,
	unix.SYS_RENAMEAT:          callRenameat,
	unix.SYS_RENAMEAT2:         callRenameat2,
	unix.SYS_LINKAT:            callLinkat,
	unix.SYS_SYMLINKAT:         callSymlinkat,
	unix.SYS_UNLINKAT:          callUnlinkat,
	unix.SYS_MKDIRAT:           callMkdirat,
	unix.SYS_MKNODAT:           callMknodat,
	unix.SYS_TRUNCATE:          callTruncate,
	unix.SYS_FTRUNCATE:         callFtruncate,
	unix.SYS_UTIMENSAT:         callUtimensat,
	unix.SYS_FCHMOD:            callFchmod,
	unix.SYS_FCHMODAT:          callFchmodat,
	unix.SYS_FCHMODAT2:         callFchmodat,
	unix.SYS_FCHOWN:            callFchown,
	unix.SYS_FCHOWNAT:          callFchownat,
	unix.SYS_CHDIR:             callChdir,
	unix.SYS_FCHDIR:            callFchdir,
	unix.SYS_CHROOT:            callChroot,
	unix.SYS_UNSHARE:           callNamespace,
	unix.SYS_SETNS:             callNamespace,
	unix.SYS_MOUNT:             callNamespace,
	unix.SYS_UMOUNT2:           callNamespace,
	unix.SYS_PIVOT_ROOT:        callNamespace,
	unix.SYS_MOVE_MOUNT:        callNamespace,
	unix.SYS_RECVMSG:           callRecvmsg,
	unix.SYS_CONNECT:           callConnect,
	unix.SYS_IO_URING_SETUP:    callIOUring,
	unix.SYS_PIDFD_GETFD:       callGetfd,
}

// table lays calls out by number, as the programs want it.
func table(parts ...map[int]traceCall) (t [512]traceCall) {
	for _, calls := range parts {
		for nr, c := range calls {
			t[nr] = c
		}
	}
	return t
}
