package oracle

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// start is the first line of every snippet: a static program that is gone, so
// that nothing but what the snippet shows is found.
const start = `10 execve("/p", ["p"], 0x7ffe /* 5 vars */) = 0` + "\n"

// parseLines replays a snippet in /w, which held the file old and link, a link to sub.
func parseLines(t *testing.T, lines string) *Report {
	t.Helper()
	rep, err := Parse(strings.NewReader(lines), Options{Dir: "/w", Before: Tree{
		Root: "/w", Names: map[string]string{"/w": "", "/w/old": "", "/w/link": "sub"}}})
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// listing renders a set: a line for a program, then its accesses.
func listing(s Set) []string {
	var out []string
	for _, p := range s.programs() {
		d := s[p]
		out = append(out, fmt.Sprintf("%s x%d", p, d.Runs))
		var acc []Access
		for a := range d.Accesses {
			acc = append(acc, a)
		}
		slices.SortFunc(acc, compareAccesses)
		for _, a := range acc {
			out = append(out, a.String())
		}
	}
	return out
}

func TestCalls(t *testing.T) {
	for _, c := range []struct{ name, lines, want string }{
		{"open", `10 open("x.h", O_RDONLY) = 3</w/x.h>`, "read /w/x.h"},
		{"openat", `10 openat(AT_FDCWD</w>, "../etc/x.h", O_RDONLY|O_CLOEXEC) = 3</etc/x.h>`, "read /etc/x.h"},
		{"openat of a directory", `10 openat(AT_FDCWD</w>, ".", O_RDONLY|O_NONBLOCK|O_CLOEXEC|O_DIRECTORY) = 3</w>`, "stat /w"},
		{"openat from a directory", `10 openat(4</w/sub>, "x", O_RDONLY) = 3</w/sub/x>`, "read /w/sub/x"},
		{"openat, absent", `10 openat(4</w/sub>, "../x", O_RDONLY) = -1 ENOENT (No such file or directory)`, "absent /w/x"},
		{"openat, a file as directory", `10 openat(AT_FDCWD</w>, "old/x", O_RDONLY) = -1 ENOTDIR (Not a directory)`, "absent /w/old/x"},
		{"openat, refused", `10 openat(AT_FDCWD</w>, "old", O_WRONLY) = -1 EACCES (Permission denied)`, "stat /w/old"},
		{"openat, exclusive", `10 openat(AT_FDCWD</w>, "old", O_RDWR|O_CREAT|O_EXCL, 0600) = -1 EEXIST (File exists)`, "stat /w/old"},
		{"openat, interrupted", `10 openat(AT_FDCWD</w>, "old", O_RDONLY) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)`, ""},
		{"openat, no string", `10 openat(AT_FDCWD</w>, 0x1, O_RDONLY) = -1 EFAULT (Bad address)`, ""},
		{"openat, empty name", `10 openat(AT_FDCWD</w>, "", O_RDONLY) = -1 ENOENT (No such file or directory)`, ""},
		{"openat2", `10 openat2(3</w>, "v.c", {flags=O_RDONLY, resolve=RESOLVE_BENEATH}, 24) = 7</w/v.c>`, "read /w/v.c"},
		{"open by O_PATH, then by descriptor", `10 openat(AT_FDCWD</w>, "x", O_RDONLY|O_PATH) = 3</w/x>
10 open("/proc/self/fd/3", O_RDONLY) = 4</w/x>
10 newfstatat(AT_FDCWD</w>, "/proc/self/fd/3", {st_mode=S_IFREG|0644, st_size=1, ...}, 0) = 0`, "read /w/x|stat /w/x"},
		{"creat of what is new", `10 creat("new", 0644) = 3</w/new>`, "create /w/new|write /w/new"},
		{"creat of what was there", `10 creat("old", 0644) = 3</w/old>`, "truncate /w/old|write /w/old"},
		{"made, removed, made again", `10 openat(AT_FDCWD</w>, "old", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3</w/old>
10 unlink("old") = 0
10 openat(AT_FDCWD</w>, "old", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3</w/old>`, "create /w/old|truncate /w/old|unlink /w/old|write /w/old"},
		{"O_RDWR alone", `10 openat(AT_FDCWD</w>, "old", O_RDWR) = 3</w/old>`, "stat /w/old"},
		{"O_RDWR, read", `10 openat(AT_FDCWD</w>, "old", O_RDWR) = 3</w/old>
10 pread64(3</w/old>, "\0\0", 2, 0) = 2`, "read /w/old|stat /w/old"},
		{"O_RDWR, written", `10 openat(AT_FDCWD</w>, "new", O_RDWR|O_CREAT, 0600) = 3</w/new>
10 write(3</w/new>, "x", 1) = 1`, "create /w/new|write /w/new"},
		{"O_TMPFILE", `10 openat(AT_FDCWD</w>, "/tmp", O_RDWR|O_TMPFILE, 0600) = 5</tmp/#99>(deleted)`, "create /tmp/#99"},
		{"inherited", `10 read(0</w/in>, "", 10) = 0
10 write(1</w/out>, "x", 1) = 1
10 writev(2</w/err>, [{iov_base="x", iov_len=1}], 1) = 1
10 write(1</w/none>, "", 0) = 0
10 read(5</w/sub>, 0x7f, 1) = -1 EISDIR (Is a directory)`, "read /w/in|write /w/err|write /w/out"},
		{"devices", `10 openat(AT_FDCWD</w>, "/dev/null", O_RDWR) = 3</dev/null>
10 write(3</dev/null>, "x", 1) = 1
10 read(3</dev/null>, "", 1) = 0`, "stat /dev/null"},
		{"copy_file_range", `10 copy_file_range(3</w/a>, NULL, 1</w/b>, NULL, 9223372035781033984, 0) = 6`, "copy /w/a => /w/b|read /w/a|write /w/b"},
		{"copy_file_range at the end", `10 copy_file_range(3</w/a>, NULL, 1</w/b>, NULL, 9223372035781033984, 0) = 0`, "read /w/a"},
		{"sendfile", `10 sendfile(1</w/b>, 3</w/a>, NULL, 4096) = 6`, "copy /w/a => /w/b|read /w/a|write /w/b"},
		{"splice to a pipe", `10 splice(3</w/a>, NULL, 4<pipe:[12]>, NULL, 10, 0) = 6`, "read /w/a|write pipe:[12]"},
		{"FICLONE", `10 openat(AT_FDCWD</w>, "old", O_RDONLY) = 4</w/old>
10 ioctl(5</w/v8>, BTRFS_IOC_CLONE or FICLONE, 4) = 0
10 ioctl(1</w/out>, TCGETS, 0x7ffe) = -1 ENOTTY (Inappropriate ioctl for device)`, "copy /w/old => /w/v8|read /w/old|write /w/v8"},
		{"mmap", `10 mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, 3</w/a>, 0) = 0x7f9d8f874000
10 mmap(NULL, 8192, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_FIXED, 3</w/lib.so>, 0x1000) = 0x7f9d8f874000
10 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f9d8f874000
10 openat(AT_FDCWD</w>, "new", O_RDWR|O_CREAT|O_EXCL, 0600) = 4</w/new>
10 mmap(NULL, 10, PROT_WRITE, MAP_SHARED, 4</w/new>, 0) = 0x7f`, "create /w/new|map /w/lib.so|map /w/new|read /w/a|read /w/lib.so|write /w/new"},
		{"getdents", `10 getdents64(3</w>, 0x55 /* 5 entries */, 32768) = 144`, "list /w"},
		{"stat family", `10 stat("a", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0
10 lstat("b", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0
10 newfstatat(3</w/sub>, "c", {st_mode=S_IFREG|0644, st_size=1, ...}, AT_SYMLINK_NOFOLLOW) = 0
10 statx(AT_FDCWD</w>, "d", AT_STATX_SYNC_AS_STAT, STATX_ALL, {stx_mask=STATX_ALL, stx_size=10, ...}) = 0
10 access("e", R_OK) = 0
10 faccessat2(3</w/sub>, "f", R_OK, AT_EACCESS) = 0
10 newfstatat(3</w/g>, "", {st_mode=S_IFREG|0644, st_size=1, ...}, AT_EMPTY_PATH) = 0
10 statx(3</w/g>, "", AT_STATX_SYNC_AS_STAT|AT_EMPTY_PATH, STATX_ALL, {stx_size=3, ...}) = 0
10 stat("h", 0x7ffe) = -1 ENOENT (No such file or directory)
10 access("i", R_OK) = -1 ENOENT (No such file or directory)`,
			"absent /w/h|absent /w/i|stat /w/a|stat /w/b|stat /w/d|stat /w/e|stat /w/sub/c|stat /w/sub/f"},
		{"readlink", `10 readlink("s1", "v6", 99) = 2
10 readlinkat(3</w/sub>, "s2", "v6", 99) = 2
10 readlink("file", 0x7ffe, 99) = -1 EINVAL (Invalid argument)
10 readlink("none", 0x7ffe, 99) = -1 ENOENT (No such file or directory)`, "absent /w/none|readlink /w/s1|readlink /w/sub/s2"},
		{"chdir", `10 chdir("sub") = 0
10 stat("a", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0
10 fchdir(3</w>) = 0
10 stat("a", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0`, "chdir /w|chdir /w/sub|stat /w/a|stat /w/sub/a"},
		{"chroot", `10 chroot("/w") = 0
10 stat("/a", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0
10 stat("/../b", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0`, "chroot /w|stat /w/a|stat /w/b"},
		{"rename", `10 rename("a", "b") = 0
10 renameat(3</w/sub>, "a", AT_FDCWD</w>, "b") = 0
10 renameat2(AT_FDCWD</w>, "z", AT_FDCWD</w>, "y", RENAME_NOREPLACE) = 0
10 renameat2(3</w>, "v5", 3</w>, "v4", RENAME_EXCHANGE) = 0
10 rename("none", "b") = -1 ENOENT (No such file or directory)`,
			"exchange /w/v4 => /w/v5|rename /w/a => /w/b|rename /w/sub/a => /w/b|rename /w/z => /w/y"},
		{"link", `10 link("a", "b") = 0
10 linkat(4</w/v4>(deleted), "", AT_FDCWD</w>, "v7", AT_EMPTY_PATH) = 0
10 linkat(AT_FDCWD</w>, "/proc/self/fd/4", AT_FDCWD</w>, "v8", AT_SYMLINK_FOLLOW) = 0`, "link /w/a => /w/b|link /w/v4 => /w/v7|link /w/v4 => /w/v8"},
		{"symlinks are followed as they come and go", `10 symlink("old", "s") = 0
10 stat("s", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0
10 symlinkat("sub/dir", AT_FDCWD</w>, "d") = 0
10 openat(AT_FDCWD</w>, "d/../x", O_RDONLY) = -1 ENOENT (No such file or directory)
10 rename("d", "e") = 0
10 access("e/y", R_OK) = -1 ENOENT (No such file or directory)
10 unlink("e") = 0
10 access("e/z", R_OK) = -1 ENOENT (No such file or directory)`,
			"absent /w/e/z|absent /w/sub/dir/y|absent /w/sub/x|rename /w/d => /w/e|stat /w/old|symlink /w/d => sub/dir|symlink /w/s => old|unlink /w/e"},
		{"a link that was there, until it is not", `10 stat("link/x", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0
10 unlink("link") = 0
10 stat("link/x", 0x7ffe) = -1 ENOENT (No such file or directory)`, "absent /w/link/x|stat /w/sub/x|unlink /w/link"},
		{"directories", `10 mkdir("a", 0777) = 0
10 mkdirat(3</w/sub>, "b", 0777) = 0
10 mkdir("old", 0777) = -1 EEXIST (File exists)
10 openat(AT_FDCWD</w>, "a", O_RDONLY) = 4</w/a>
10 rmdir("a") = 0
10 unlinkat(3</w/sub>, "b", AT_REMOVEDIR) = 0
10 unlinkat(AT_FDCWD</w>, "f", 0) = 0
10 mknodat(AT_FDCWD</w>, "fifo", S_IFIFO|0644) = 0`, "mkdir /w/a|mkdir /w/sub/b|mknod /w/fifo|rmdir /w/a|rmdir /w/sub/b|stat /w/a|unlink /w/f"},
		{"metadata", `10 truncate("a", 3) = 0
10 ftruncate(4</w/b>, 10) = 0
10 utimensat(0</w/c>, NULL, NULL, 0) = 0
10 utimensat(AT_FDCWD</w>, "d", [UTIME_NOW, UTIME_OMIT], 0) = 0
10 futimesat(3</w>, "e", NULL) = 0
10 chmod("f", 0755) = 0
10 fchmod(4</w/g>, 0644) = 0
10 fchmodat(3</w>, "h", 0600) = 0
10 lchown("i", 0, 0) = 0
10 fchownat(3</w>, "j", 0, 0, AT_SYMLINK_NOFOLLOW) = 0
10 chown("k", 0, 0) = -1 ENOENT (No such file or directory)`,
			"chmod /w/f|chmod /w/g|chmod /w/h|chown /w/i|chown /w/j|truncate /w/a|truncate /w/b|utimens /w/c|utimens /w/d|utimens /w/e"},
		{"execve in vain", `10 execve("/bin/none", ["none"], 0x7f /* 5 vars */) = -1 ENOENT (No such file or directory)
10 execveat(3</w>, "v.c", ["a"], NULL, 0) = -1 EACCES (Permission denied)`, "absent /usr/bin/none|stat /w/v.c"},
		{"a name of odd bytes", `10 openat(AT_FDCWD</w>, "a b<c>\n\377\"\\,)=", O_RDONLY) = 3</w/a b\74c\76\n\377\"\\,)=>`, `read "/w/a b<c>\n\xff\"\\,)="`},
		{"a call in two lines", "10 openat(AT_FDCWD</w>, \"x\", O_RDONLY <unfinished ...>\n10 --- SIGCHLD {si_signo=SIGCHLD} ---\n10 <... openat resumed>)             = 3</w/x>", "read /w/x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rep := parseLines(t, start+c.lines+"\n10 +++ exited with 0 +++\n")
			if rep.Faults != nil {
				t.Errorf("faults: %q", rep.Faults)
			}
			want := []string{"p  [/p, in /w] x1", "exec /p"}
			if c.want != "" {
				want = append(want, strings.Split(c.want, "|")...)
			}
			slices.Sort(want[1:])
			got := listing(rep.Set)
			slices.Sort(got[1:])
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestProcesses(t *testing.T) {
	for _, c := range []struct{ name, lines, want string }{
		{"vfork: the child acts before the call returns", `10 chdir("sub") = 0
10 vfork( <unfinished ...>
11 chdir("deep") = 0
11 execve("/q", ["q", "a b"], 0x55 /* 5 vars */ <unfinished ...>
10 <... vfork resumed>)              = 11
11 <... execve resumed>)             = 0
11 openat(AT_FDCWD</w/sub/deep>, "x", O_RDONLY) = 3</w/sub/deep/x>
11 +++ exited with 0 +++
10 openat(AT_FDCWD</w/sub>, "y", O_RDONLY) = 3</w/sub/y>`,
			`p  [/p, in /w] x1|chdir /w/sub|exec /p|read /w/sub/y
p  [/p, in /w] (fork) x1|chdir /w/sub/deep
q "a b"  [/q, in /w/sub/deep] x1|exec /q|read /w/sub/deep/x`},
		{"fork: the clone returns first", `10 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f) = 11
10 chdir("sub") = 0
11 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f) = 12
12 stat("x", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0`,
			`p  [/p, in /w] x1|chdir /w/sub|exec /p
p  [/p, in /w] (fork) x1
p  [/p, in /w] (fork) (fork) x1|stat /w/x`},
		{"a thread shares directory and image", `10 clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM, child_tid=0x7f, parent_tid=0x7f, exit_signal=0, stack=0x7f, stack_size=0x7fff80} => {parent_tid=[11]}, 88) = 11
11 chdir("sub") = 0
10 stat("x", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0
11 stat("y", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0`,
			`p  [/p, in /w] x1|chdir /w/sub|exec /p|stat /w/sub/x|stat /w/sub/y`},
		{"a thread executes", `10 clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD, exit_signal=0} => {parent_tid=[11]}, 88) = 11
11 execve("/q", ["q"], 0x7ffc /* 38 vars */ <pid changed to 10 ...>
10 +++ superseded by execve in pid 11 +++
10 <... execve resumed>)             = 12
10 stat("x", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0`,
			`p  [/p, in /w] x1|exec /p
q  [/q, in /w] x1|exec /q|stat /w/x`},
		{"a PID is given out again", `10 vfork() = 11
11 stat("x", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0
11 +++ exited with 0 +++
10 execve("/q", ["q"], 0x7f /* 5 vars */) = 0
10 vfork( <unfinished ...>
11 stat("y", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0
11 +++ exited with 0 +++
10 <... vfork resumed>)              = 11`,
			`p  [/p, in /w] x1|exec /p
p  [/p, in /w] (fork) x1|stat /w/x
q  [/q, in /w] x1|exec /q
q  [/q, in /w] (fork) x1|stat /w/y`},
		{"two clones at once", `10 vfork() = 11
11 vfork( <unfinished ...>
12 vfork( <unfinished ...>
13 stat("x", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0
13 +++ exited with 0 +++
12 <... vfork resumed>)              = 13
12 execve("/q", ["q"], 0x7f /* 5 vars */) = 0
11 <... vfork resumed>)              = 12`,
			`p  [/p, in /w] x1|exec /p
p  [/p, in /w] (fork) x1
p  [/p, in /w] (fork) (fork) x1
p  [/p, in /w] (fork) (fork) (fork) x1|stat /w/x
q  [/q, in /w] x1|exec /q`},
		{"killed in a call", `10 vfork() = 11
11 read(0</w/in>,  <unfinished ...>
11 +++ killed by SIGKILL +++
10 clone(child_stack=NULL, flags=SIGCHLD) = -1 EAGAIN (Resource temporarily unavailable)`,
			`p  [/p, in /w] x1|exec /p
p  [/p, in /w] (fork) x1`},
		{"directories move under who stands in them", `10 chdir("sub") = 0
10 vfork() = 11
11 rename("/w/sub", "/w/new") = 0
11 openat(AT_FDCWD</w/new>, "none", O_RDONLY) = -1 ENOENT (No such file or directory)
10 openat(AT_FDCWD</w/new>, "x", O_RDONLY) = 3</w/new/x>
10 rmdir("../new") = 0
10 openat(AT_FDCWD</w/new (deleted)>, "x", O_RDONLY) = -1 ENOENT (No such file or directory)`,
			`p  [/p, in /w] x1|absent /w/new/x|chdir /w/sub|exec /p|read /w/new/x|rmdir /w/new
p  [/p, in /w] (fork) x1|absent /w/new/none|rename /w/sub => /w/new`},
		{"no arguments", `10 execve("/q", [], NULL) = 0`, `""  [/q, in /w] x1|exec /q
p  [/p, in /w] x1|exec /p`},
		{"a file executed by descriptor", `10 execveat(3</q>, "", ["x", "y"], 0x7f /* 38 vars */, AT_EMPTY_PATH) = 0`,
			`p  [/p, in /w] x1|exec /p
x y  [/q, in /w] x1|exec /q`},
		{"a dynamic program that is gone", `10 openat(AT_FDCWD</w>, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3</etc/ld.so.cache>`,
			`p  [/p, in /w] x1|exec /p|exec LDSO|read /etc/ld.so.cache`},
	} {
		t.Run(c.name, func(t *testing.T) {
			rep := parseLines(t, start+c.lines+"\n10 +++ exited with 0 +++\n")
			if rep.Faults != nil {
				t.Errorf("faults: %q", rep.Faults)
			}
			want := strings.FieldsFunc(strings.ReplaceAll(c.want, "LDSO", newLoader().system()), func(r rune) bool { return r == '|' || r == '\n' })
			if diff := cmp.Diff(want, listing(rep.Set)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestLoader executes scripts: what the kernel reads, and what becomes of the
// arguments.
func TestLoader(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"plain":  "#!/q\n",
		"arg":    "#! /q \t-a  b \t\n",
		"nested": "#!" + dir + "/arg\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ call, want string }{
		{`execve("/DIR/plain", ["zero", "one"], 0x7f /* 5 vars */) = 0`, `/q /DIR/plain one  [/q, in /w] x1|exec /q|exec /DIR/plain`},
		{`execve("/DIR/plain", [], 0x7f /* 5 vars */) = 0`, `/q /DIR/plain  [/q, in /w] x1|exec /q|exec /DIR/plain`},
		{`execve("/DIR/arg", ["zero", "one"], 0x7f /* 5 vars */) = 0`, `/q "-a  b" /DIR/arg one  [/q, in /w] x1|exec /q|exec /DIR/arg`},
		{`execve("/DIR/nested", ["zero", "one"], 0x7f /* 5 vars */) = 0`, `/q "-a  b" /DIR/arg /DIR/nested one  [/q, in /w] x1|exec /q|exec /DIR/arg|exec /DIR/nested`},
		{`execveat(5</DIR/plain>, "", ["zero", "one"], 0x7f /* 5 vars */, AT_EMPTY_PATH) = 0`, `/q /dev/fd/5 one  [/q, in /w] x1|exec /q|exec /DIR/plain`},
		{`execveat(5</DIR>, "plain", ["zero", "one"], 0x7f /* 5 vars */, 0) = 0`, `/q /dev/fd/5/plain one  [/q, in /w] x1|exec /q|exec /DIR/plain`},
	} {
		call := strings.ReplaceAll(c.call, "/DIR", dir)
		rep := parseLines(t, "10 "+call+"\n")
		want := strings.Split(strings.ReplaceAll(c.want, "/DIR", dir), "|")
		got := listing(rep.Set)
		slices.Sort(want[1:])
		slices.Sort(got[1:])
		if diff := cmp.Diff(want, got); diff != "" || rep.Faults != nil {
			t.Errorf("%s: -want +got:\n%s%q", c.call, diff, rep.Faults)
		}
	}
}

// TestFaults holds the parser to saying what it could not follow.
func TestFaults(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{`10 frobnicate("x") = 0`, "frobnicate"},
		{`10 io_uring_setup(8, {flags=0}) = 3<anon_inode:[io_uring]>`, "cannot follow"},
		{`10 mount("a", "/b", NULL, MS_BIND, NULL) = 0`, "cannot follow"},
		{`10 unshare(CLONE_NEWNS) = 0`, "cannot follow"},
		{`10 openat(AT_FDCWD</elsewhere>, "x", O_RDONLY) = 3</elsewhere/x>`, "working directory is /elsewhere and not /w"},
		{`10 ioctl(5</w/v8>, BTRFS_IOC_CLONE or FICLONE, 4) = 0`, "not known"},
	} {
		rep := parseLines(t, start+c.lines+"\n")
		if !strings.Contains(strings.Join(rep.Faults, "\n"), c.want) {
			t.Errorf("%s: faults %q do not say %q", c.lines, rep.Faults, c.want)
		}
	}
	for _, c := range []struct{ lines, want string }{
		{"", "empty"},
		{start + "11 stat(\"x\", 0x7f) = 0\n", "no clone made thread 11"},
		{start + "10 <... read resumed>) = 0\n", "had not begun"},
		{start + "10 +++ superseded by execve in pid 99 +++\n", "99"},
		{start + "10 openat(AT_FDCWD, \"x\"\n", "line 2"},
		{"strace: something went wrong\n", "line 1"},
	} {
		if _, err := Parse(strings.NewReader(c.lines), Options{Dir: "/w"}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v does not say %q", c.lines, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(start + "10 vfork( <unfinished ...>\n11 execve(\"/q\", [\"q\"], 0x7f) = 0\n10 <... vfork resumed>) = 11\n")
	f.Add(start + "10 clone3({flags=CLONE_THREAD}, 88) = 11\n11 execve(\"/q\", [\"q\"], NULL <pid changed to 10 ...>\n10 +++ superseded by execve in pid 11 +++\n10 <... execve resumed>) = 12\n")
	f.Add(start + "10 openat(AT_FDCWD</w>, \"a\", O_RDWR|O_CREAT) = 3</w/a>\n10 renameat2(3</w>, \"a\", 3</w>, \"b\", RENAME_EXCHANGE) = 0\n")
	f.Add(start + "10 symlink(\"s\", \"s\") = 0\n10 stat(\"s/x\", 0x1) = -1 ENOENT (No)\n")
	f.Fuzz(func(t *testing.T, s string) {
		rep, err := Parse(strings.NewReader(s), Options{Dir: "/w", Before: Tree{Root: "/"}})
		if err != nil {
			return
		}
		if d := Compare(rep.Set, rep.Set); !d.Empty() {
			t.Errorf("a set differs from itself: %+v", d)
		}
	})
}

// The tag of a program is that of its environment, else that of whoever ran it.
func TestTag(t *testing.T) {
	const log = `10 execve("/p", ["p"], ["A=1", "T=outer"]) = 0
10 vfork( <unfinished ...>
11 execve("/q", ["q"], ["T=in\"ner", "B="]) = 0
11 vfork() = 12
12 execve("/r", ["r"], []) = 0
10 <... vfork resumed>) = 11
`
	rep, err := Parse(strings.NewReader(log), Options{Dir: "/w", Tag: "T"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for p := range rep.Set {
		if p.Forks == 0 {
			got[p.Argv] = p.Tag
		}
	}
	want := map[string]string{"p": "outer", "q": `in"ner`, "r": `in"ner`}
	if !maps.Equal(got, want) {
		t.Errorf("tags are %q, want %q", got, want)
	}
	if diff := cmp.Diff(map[string][]string{`in"ner`: {"A=1", "T=outer"}}, rep.Taggers); diff != "" {
		t.Errorf("environments of those who gave tags (-want +got):\n%s", diff)
	}
}
