package oracle

import (
	"maps"
	"slices"
	"strings"
)

// syscall is one system call that the oracle follows.
type syscall struct {
	args   int  // how many arguments are looked at
	fewer  bool // there may be fewer
	clones bool // it makes a task
	do     func(r *replay, t *task, c *call)
}

// syscalls is every call that strace is asked for. A call that is not listed
// changes nothing that is compared.
var syscalls map[string]*syscall

func init() {
	syscalls = map[string]*syscall{
		"open":              {args: 2, do: doOpen(-1, 0, 1)},
		"openat":            {args: 3, do: doOpen(0, 1, 2)},
		"openat2":           {args: 3, do: doOpen(0, 1, 2)},
		"creat":             {args: 1, do: doOpen(-1, 0, -1)},
		"open_by_handle_at": {args: 1, do: unsupported},
		"dup":               {args: 1, do: doDup},
		"dup2":              {args: 2, do: doDup},
		"dup3":              {args: 2, do: doDup},

		"read":            {args: 1, do: doRead},
		"readv":           {args: 1, do: doRead},
		"pread64":         {args: 1, do: doRead},
		"preadv":          {args: 1, do: doRead},
		"preadv2":         {args: 1, do: doRead},
		"write":           {args: 1, do: doWrite},
		"writev":          {args: 1, do: doWrite},
		"pwrite64":        {args: 1, do: doWrite},
		"pwritev":         {args: 1, do: doWrite},
		"pwritev2":        {args: 1, do: doWrite},
		"sendfile":        {args: 2, do: doCopy(1, 0)},
		"copy_file_range": {args: 3, do: doCopy(0, 2)},
		"splice":          {args: 3, do: doCopy(0, 2)},
		"tee":             {args: 2, do: doCopy(0, 1)},
		"ioctl":           {args: 3, fewer: true, do: doIoctl},
		"mmap":            {args: 5, do: doMmap},
		"getdents":        {args: 1, do: doGetdents},
		"getdents64":      {args: 1, do: doGetdents},
		"io_uring_setup":  {args: 1, do: unsupported},

		"stat":       {args: 1, do: doLook(-1, 0, -1, true, Stat)},
		"lstat":      {args: 1, do: doLook(-1, 0, -1, false, Stat)},
		"newfstatat": {args: 4, do: doLook(0, 1, 3, true, Stat)},
		"statx":      {args: 3, do: doLook(0, 1, 2, true, Stat)},
		"access":     {args: 1, do: doLook(-1, 0, -1, true, Stat)},
		"faccessat":  {args: 2, do: doLook(0, 1, -1, true, Stat)},
		"faccessat2": {args: 4, do: doLook(0, 1, 3, true, Stat)},
		"readlink":   {args: 1, do: doLook(-1, 0, -1, false, Readlink)},
		"readlinkat": {args: 2, do: doLook(0, 1, -1, false, Readlink)},

		"chdir":      {args: 1, do: doChdir},
		"fchdir":     {args: 1, do: doFchdir},
		"chroot":     {args: 1, do: doChroot},
		"pivot_root": {args: 2, do: unsupported},
		"mount":      {args: 2, do: unsupported},
		"umount2":    {args: 1, do: unsupported},
		"setns":      {args: 1, do: unsupported},
		"unshare":    {args: 1, do: doUnshare},

		"rename":    {args: 2, do: doRename(-1, 0, -1, 1, -1)},
		"renameat":  {args: 4, do: doRename(0, 1, 2, 3, -1)},
		"renameat2": {args: 5, do: doRename(0, 1, 2, 3, 4)},
		"link":      {args: 2, do: doLink(-1, 0, -1, 1, -1)},
		"linkat":    {args: 5, do: doLink(0, 1, 2, 3, 4)},
		"symlink":   {args: 2, do: doSymlink(0, -1, 1)},
		"symlinkat": {args: 3, do: doSymlink(0, 1, 2)},
		"unlink":    {args: 1, do: doRemove(-1, 0, -1, Unlink)},
		"unlinkat":  {args: 3, do: doRemove(0, 1, 2, Unlink)},
		"rmdir":     {args: 1, do: doRemove(-1, 0, -1, Rmdir)},
		"mkdir":     {args: 1, do: doMake(-1, 0, Mkdir)},
		"mkdirat":   {args: 2, do: doMake(0, 1, Mkdir)},
		"mknod":     {args: 1, do: doMake(-1, 0, Mknod)},
		"mknodat":   {args: 2, do: doMake(0, 1, Mknod)},

		"truncate":  {args: 1, do: doChange(-1, 0, -1, true, Truncate)},
		"ftruncate": {args: 1, do: doChange(0, -1, -1, true, Truncate)},
		"utime":     {args: 1, do: doChange(-1, 0, -1, true, Utimens)},
		"utimes":    {args: 1, do: doChange(-1, 0, -1, true, Utimens)},
		"futimesat": {args: 2, do: doChange(0, 1, -1, true, Utimens)},
		"utimensat": {args: 4, do: doChange(0, 1, 3, true, Utimens)},
		"chmod":     {args: 1, do: doChange(-1, 0, -1, true, Chmod)},
		"fchmod":    {args: 1, do: doChange(0, -1, -1, true, Chmod)},
		"fchmodat":  {args: 2, do: doChange(0, 1, -1, true, Chmod)},
		"chown":     {args: 1, do: doChange(-1, 0, -1, true, Chown)},
		"lchown":    {args: 1, do: doChange(-1, 0, -1, false, Chown)},
		"fchown":    {args: 1, do: doChange(0, -1, -1, true, Chown)},
		"fchownat":  {args: 5, do: doChange(0, 1, 4, true, Chown)},

		"execve":   {args: 3, do: doExecve},
		"execveat": {args: 5, do: doExecveat},
		"fork":     {args: 9, fewer: true, clones: true},
		"vfork":    {args: 9, fewer: true, clones: true},
		"clone":    {args: 9, fewer: true, clones: true},
		"clone3":   {args: 9, fewer: true, clones: true},
	}
}

// Strace is the command line that makes what [Parse] reads, up to the command
// itself: every thread, one file, descriptors with their paths, whole argument
// vectors. Calls that this machine does not have are passed over ("?").
//
// --seccomp-bpf (strace 5.3) stops a process only at the calls asked for; the
// output is the same.
func Strace(output string) []string { return append(strace(output), "--") }

// StraceTagged is [Strace] with the environments of programs, for Options.Tag.
func StraceTagged(output string) []string {
	return append(strace(output), "-e", "abbrev=!execve,execveat", "--")
}

func strace(output string) []string {
	names := slices.Sorted(maps.Keys(syscalls))
	return []string{"strace", "-f", "-q", "-y", "--seccomp-bpf", "-s", "4096", // argvLimit
		"-o", output, "-e", "trace=?" + strings.Join(names, ",?")}
}

func unsupported(r *replay, t *task, c *call) {
	if c.res.ok {
		r.fault("a call was made that the oracle cannot follow: %s", c.args)
	}
}

func doUnshare(r *replay, t *task, c *call) {
	if !c.res.ok {
		return
	}
	if hasFlag(c.args[0], "CLONE_NEWNS") {
		unsupported(r, t, c)
	}
	fs := *t.fs // CLONE_FS or CLONE_NEWNS end the sharing; to copy what is not shared is harmless
	t.fs = &fs
}
