/* One function for each theme. Failures are part of the plan: nothing is
 * checked here but what must hold for the rest to mean anything. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

static char buf[65536];
static struct stat st;

static void need(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

static int put(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	need(fd >= 0 && write(fd, "text\n", 5) == 5, name);
	close(fd);
	return 0;
}

/* How a name can be spelt, and how it can be missing. */
static void names(void)
{
	char long_name[300], text[4000];
	int fd, d;

	mkdir("d", 0755);
	mkdir("d/e", 0755);
	put("d/e/f");
	need(!symlink("d/e", "l"), "symlink");
	symlink("l/../e/f", "ll");
	symlink("dangling-target", "dangling");
	symlink("loop2", "loop1");
	symlink("loop1", "loop2");
	/* longer than an inode holds: read from disk, not from the inode */
	memset(text, 0, sizeof(text));
	for (int i = 0; i < 60; i++)
		strcat(text, "d/../");
	strcat(text, "d/e/f");
	symlink(text, "longlink");
	stat("longlink", &st);
	close(open("longlink", O_RDONLY));
	stat("l/f", &st);
	stat("l/../x", &st);
	stat("l/../e/f", &st);
	stat("./d//e/./f", &st);
	stat("d/e/", &st);
	stat("d/e/f/", &st);
	stat("d/e/f/g", &st);
	stat("d/none/../e/f", &st);
	stat("d/none/deeper/x", &st);
	stat("l/none/x", &st);
	stat("ll", &st);
	lstat("ll", &st);
	stat("dangling", &st);
	lstat("dangling", &st);
	close(open("dangling", O_RDONLY));
	stat("dangling/x", &st);
	stat("loop1", &st);
	open("loop1", O_RDONLY);
	stat("", &st);
	stat((char *)1, &st);
	stat("/..", &st);
	stat("/../../etc/./passwd", &st);
	memset(long_name, 'n', sizeof(long_name));
	long_name[255] = 0;
	stat(long_name, &st);
	put(long_name);
	long_name[255] = 'n';
	long_name[299] = 0;
	stat(long_name, &st); /* ENAMETOOLONG */
	put("a b\n\t\xff\"\\<>,)='$%*");
	stat("a b\n\t\xff\"\\<>,)='$%*", &st);
	access("not a b\n\xfe", R_OK);
	close(open("d/e/f", O_RDONLY | O_NOFOLLOW));
	open("ll", O_RDONLY | O_NOFOLLOW);
	open("dangling", O_RDONLY | O_NOFOLLOW);
	open("d", O_WRONLY);
	open("d/e/f", O_WRONLY | O_CREAT | O_EXCL, 0644);
	open("ll", O_WRONLY | O_CREAT | O_EXCL, 0644);
	open("d/none/new", O_WRONLY | O_CREAT, 0644);
	close(open("dangling", O_WRONLY | O_CREAT, 0644)); /* makes the target */
	stat("dangling", &st);
	d = open("d", O_PATH);
	fd = openat(d, "e/f", O_PATH);
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", fd);
	close(open(buf, O_RDONLY));
	stat(buf, &st);
	snprintf(buf, sizeof(buf), "/dev/fd/%d", fd);
	close(open(buf, O_RDONLY));
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d/e/f", d);
	access(buf, R_OK);
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d/e/none", d);
	access(buf, R_OK);
	access("/proc/self/cwd/d/e/f", R_OK);
	access("/proc/self/root/etc/passwd", R_OK);
	access("/proc/self/status", R_OK);
	access("/proc/thread-self/status", R_OK);
	access("/proc/self/none", R_OK);
	close(open("/proc/self/status", O_RDONLY));
	access("/proc/mounts", R_OK);
	access("/sys/kernel/none", R_OK);
	readlink("/proc/self", buf, 99);
	readlink("/proc/self/cwd", buf, 99);
	readlink("l", buf, 99);
	readlink("l/", buf, 99);
	readlink("l/f", buf, 99);
	readlink("dangling", buf, 99);
	readlink("none", buf, 99);
	readlinkat(d, "e", buf, 99);
	faccessat(d, "e/f", R_OK, 0);
	faccessat(d, "e/none", R_OK, AT_EACCESS);
	fstatat(d, "../l", &st, AT_SYMLINK_NOFOLLOW);
	fstatat(d, "../l", &st, 0);
	fstatat(d, "", &st, AT_EMPTY_PATH);
	fstatat(99, "relative", &st, 0);
	fstatat(99, "/etc/passwd", &st, 0);
	{
		struct statx sx;
		struct { unsigned long a[3]; } how = {{O_RDONLY, 0, 0}};

		statx(d, "e/f", 0, STATX_ALL, &sx);
		statx(d, "../ll", AT_SYMLINK_NOFOLLOW, STATX_ALL, &sx);
		statx(fd, "", AT_EMPTY_PATH, STATX_ALL, &sx);
		close(syscall(SYS_openat2, d, "e/f", &how, sizeof(how)));
		syscall(SYS_openat2, d, "e/none", &how, sizeof(how));
		how.a[2] = 0x08; /* RESOLVE_BENEATH */
		syscall(SYS_openat2, d, "../in.txt", &how, sizeof(how));
	}
}

/* Every way to read and write, through descriptors held and opened. */
static void content(void)
{
	struct iovec io = {buf, 3};
	int fd, p[2], in, out;

	read(0, buf, 2);
	write(1, "x", 1);
	lseek(0, 0, SEEK_SET);
	readv(0, &io, 1);
	writev(1, &io, 1);
	fd = open("rw", O_RDWR | O_CREAT, 0644);
	close(fd);
	fd = open("rw", O_RDWR);
	close(fd);
	put("rw2");
	fd = open("rw2", O_RDWR);
	pread(fd, buf, 1, 0);
	close(fd);
	put("rw3");
	fd = open("rw3", O_RDWR);
	pwrite(fd, "y", 1, 0);
	close(fd);
	put("rw4");
	fd = open("rw4", O_RDWR);
	preadv(fd, &io, 1, 0);
	pwritev(fd, &io, 1, 0);
	preadv2(fd, &io, 1, 0, 0);
	pwritev2(fd, &io, 1, 0, 0);
	close(fd);
	put("t1");
	close(open("t1", O_WRONLY | O_TRUNC));
	put("t2");
	close(open("t2", O_RDWR | O_TRUNC));
	close(open("app", O_WRONLY | O_APPEND | O_CREAT, 0644));
	close(creat("cr", 0644));
	close(creat("cr", 0644));
	fd = open(".", O_TMPFILE | O_RDWR, 0600);
	write(fd, "z", 1);
	close(fd);
	in = open("in.txt", O_RDONLY);
	out = open("sent", O_WRONLY | O_CREAT, 0644);
	sendfile(out, in, 0, 3);
	copy_file_range(in, 0, out, 0, 3, 0);
	copy_file_range(in, 0, out, 0, 3, 0); /* the end */
	need(!pipe(p), "pipe");
	lseek(in, 0, SEEK_SET);
	splice(in, 0, p[1], 0, 3, 0);
	splice(p[0], 0, out, 0, 3, 0);
	ioctl(out, FICLONE, in);
	close(in);
	close(out);
	fd = open("unlinked", O_RDWR | O_CREAT, 0600);
	unlink("unlinked");
	write(fd, "w", 1);
	pread(fd, buf, 1, 0);
	close(fd);
	fd = open("before", O_RDWR | O_CREAT, 0600);
	rename("before", "after");
	write(fd, "w", 1);
	ftruncate(fd, 9);
	close(fd);
	fd = open("/dev/null", O_RDWR);
	write(fd, "w", 1);
	read(fd, buf, 1);
	close(fd);
	fd = syscall(SYS_memfd_create, "mem", 0);
	write(fd, "w", 1);
	close(fd);
	fd = open("in.txt", O_RDONLY);
	if (!fork()) { /* reads what its parent opened */
		read(fd, buf, 4);
		_exit(0);
	}
	wait(0);
}

/* stdin is only ever mapped. */
static void mapped(void)
{
	char *p = mmap(0, 4096, PROT_READ, MAP_PRIVATE, 0, 0);
	int fd;

	need(p != MAP_FAILED && p[0] == 'h', "mmap");
	put("m1");
	fd = open("m1", O_RDWR);
	p = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	p[0] = 'm';
	close(fd);
	put("m2");
	fd = open("m2", O_RDWR);
	mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	put("m3");
	fd = open("m3", O_RDWR);
	mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd = open("in.txt", O_RDONLY), 0);
}

/* stdin is empty, and the kernel is asked to copy it. */
static void copied(void)
{
	copy_file_range(0, 0, 1, 0, 4096, 0);
	write(1, "", 0);
}

/* Every call that changes a name, or what a name stands for. */
static void changes(void)
{
	struct timeval tv[2] = {{1}, {1}};
	struct utimbuf ub = {1, 1};
	int d = open(".", O_RDONLY | O_DIRECTORY), fd = open("v1", O_CREAT | O_RDWR | O_TRUNC, 0600);

	ftruncate(fd, 10);
	truncate("v1", 5);
	truncate("none", 5);
	futimens(fd, 0);
	utimensat(d, "v1", 0, 0);
	utimensat(d, "v1", 0, AT_SYMLINK_NOFOLLOW);
	utimensat(d, "none", 0, 0);
	syscall(SYS_utime, "v1", &ub);
	syscall(SYS_utimes, "v1", tv);
	syscall(SYS_futimesat, d, "v1", tv);
	fchmod(fd, 0644);
	fchmodat(d, "v1", 0600, 0);
	chmod("v1", 0644);
	chmod("none", 0644);
	chown("v1", -1, -1);
	lchown("v1", -1, -1);
	fchown(fd, -1, -1);
	fchownat(d, "v1", -1, -1, 0);
	rename("v1", "v2");
	renameat(d, "v2", d, "v3");
	renameat2(d, "v3", d, "v4", RENAME_NOREPLACE);
	rename("none", "v9");
	put("over");
	rename("v4", "over");
	rename("over", "v4");
	link("v4", "v5");
	linkat(d, "v4", AT_FDCWD, "v6", 0);
	linkat(fd, "", AT_FDCWD, "v7", AT_EMPTY_PATH);
	link("none", "v10");
	link("v4", "v5");
	unlink("v5");
	put("v5");
	renameat2(d, "v5", d, "v6", RENAME_EXCHANGE);
	symlink("v6", "s1");
	symlinkat("v6", d, "s2");
	symlink("v6", "s1");
	close(open("s1", O_RDONLY));
	linkat(d, "s1", d, "s3", 0);
	linkat(d, "s1", d, "s4", AT_SYMLINK_FOLLOW);
	chmod("s1", 0600);
	rename("s1", "s5");
	lstat("s5", &st);
	unlink("s5");
	unlinkat(d, "s2", 0);
	unlink("none");
	mknod("fifo", S_IFIFO | 0600, 0);
	mknodat(d, "plain", S_IFREG | 0600, 0);
	unlink("fifo");
	close(d);
}

/* Directories that move under whoever stands in them. */
static void directories(void)
{
	int d, fd;

	mkdir("m", 0755);
	mkdir("m", 0755);
	mkdir("m/n", 0755);
	put("m/n/f");
	d = open("m/n", O_RDONLY);
	stat("m/n/f", &st);
	rename("m", "o");
	stat("o/n/f", &st);
	stat("m/n/f", &st);
	fstatat(d, "f", &st, 0);
	fd = openat(d, "f", O_RDONLY);
	close(fd);
	while (syscall(SYS_getdents64, d, buf, sizeof(buf)) > 0)
		;
	need(!chdir("o"), "chdir");
	put("n/g");
	rename("../o", "../p");
	put("n/h");
	stat("../p/n/h", &st);
	stat("../o/n/h", &st);
	need(!fchdir(d), "fchdir");
	stat("h", &st);
	stat("..", &st);
	need(!chdir("../.."), "chdir");
	symlink("p", "q");
	stat("q/n/h", &st);
	unlink("q");
	symlink("d", "q");
	stat("q/n/h", &st);
	unlink("q");
	stat("q/n/h", &st);
	mkdir("q", 0755);
	stat("q/n", &st);
	rmdir("q");
	mkdir("gone", 0755);
	if (!fork()) {
		chdir("gone");
		rmdir("../gone");
		stat("x", &st);
		stat("../in.txt", &st);
		open("y", O_WRONLY | O_CREAT, 0644);
		_exit(0);
	}
	wait(0);
	unlinkat(AT_FDCWD, "p/n/f", 0);
	chdir("none");
	rmdir("none");
	close(d);
}

/* A name that was looked up as a symlink and is something else the next time. */
static void again(void)
{
	int d = open(".", O_PATH);

	put("ra");
	put("rb");
	symlink("ra", "rs");
	stat("rs", &st);
	rename("rb", "rs");
	stat("rs", &st);
	symlink("ra", "us");
	stat("us", &st);
	unlink("us");
	put("us");
	stat("us", &st);
	symlink("ra", "xs");
	put("xf");
	stat("xs", &st);
	renameat2(d, "xf", d, "xs", RENAME_EXCHANGE);
	stat("xs", &st);
	symlink("none1", "as");
	stat("as", &st);
	rename("as", "bs");
	stat("as", &st);
	stat("bs", &st);
	unlink("bs");
	stat("bs", &st);
	mkdir("g", 0755);
	put("g/f");
	symlink("g", "gs");
	stat("gs/f", &st);
	stat("gs/none", &st);
	rename("g", "h");
	stat("gs/f", &st);
	mkdir("g", 0755);
	stat("gs/f", &st);
	put("g/f");
	stat("gs/f", &st);
	unlink("gs");
	stat("gs/f", &st);
	mkdir("gs", 0755);
	stat("gs/none", &st);
	put("gs/f");
	stat("gs/f", &st);
	link("gs/f", "hl");
	stat("hl", &st);
	unlink("gs/f");
	stat("hl", &st);
	rename("hl", "hm");
	stat("hm", &st);
	stat("hl", &st);
	close(d);
}

static void *in_thread(void *arg)
{
	close(open(arg, O_RDONLY));
	chdir("d");
	return 0;
}

static void *alone(void *arg)
{
	unshare(CLONE_FS);
	chdir("e");
	stat("f", &st);
	return 0;
}

static void *executes(void *arg)
{
	execl("/bin/true", "true", "from a thread", (char *)0);
	return 0;
}

static void start(void *(*f)(void *), void *arg)
{
	pthread_t t;

	need(!pthread_create(&t, 0, f, arg), "pthread_create");
	pthread_join(t, 0);
}

/* What is a process, what is executed, and who is charged. */
static void processes(void)
{
	static char *none[] = {0};
	int fd;

	if (!fork()) {
		stat("in a fork", &st);
		if (!fork()) {
			stat("in a fork of a fork", &st);
			_exit(0);
		}
		wait(0);
		chdir("d");
		execl("../calls", "calls", "nothing", (char *)0);
		_exit(1);
	}
	wait(0);
	if (!vfork()) {
		execl("./none", "none", (char *)0);
		execl("./in.txt", "not executable", (char *)0);
		execl("./in.txt/x", "not a directory", (char *)0);
		execl("./d", "a directory", (char *)0);
		execl("./broken", "an interpreter that is not there", (char *)0);
		execl("./script", "script", "arg", (char *)0);
		_exit(1);
	}
	wait(0);
	if (!vfork()) {
		execl("./nested", "nested", "arg", (char *)0);
		_exit(1);
	}
	wait(0);
	fd = open("calls", O_RDONLY);
	if (!fork()) {
		syscall(SYS_execveat, fd, "", (char *[]){"by fd", "nothing", 0}, none, AT_EMPTY_PATH);
		_exit(1);
	}
	wait(0);
	if (!fork()) {
		int d = open(".", O_PATH);

		syscall(SYS_execveat, d, "script", (char *[]){"by directory", "nothing", 0}, none, 0);
		_exit(1);
	}
	wait(0);
	if (!fork()) {
		syscall(SYS_execveat, AT_FDCWD, "calls", (char *[]){"by name", "nothing", "", "a b", "\xff", 0}, none, 0);
		_exit(1);
	}
	wait(0);
	if (!fork()) {
		execve("./calls", none, none); /* no argv at all */
		_exit(1);
	}
	wait(0);
	if (!fork()) {
		start(executes, 0);
		_exit(1);
	}
	wait(0);
	if (!fork()) {
		start(in_thread, "in.txt");
		start(alone, 0);
		stat("e", &st); /* the thread's chdir was ours, its last one was not */
		_exit(0);
	}
	wait(0);
	if (!fork()) {
		dup2(fd, 9);
		close(fd);
		read(9, buf, 4);
		if (!fork()) {
			execl("./calls", "calls", "ninth", (char *)0);
			_exit(1);
		}
		wait(0);
		raise(SIGKILL);
	}
	wait(0);
}

/* A path about as long as paths get, reached step by step. */
static void deep(void)
{
	char name[201];
	int i;

	memset(name, 'x', 200);
	name[200] = 0;
	for (i = 0; i < 15; i++) {
		if (mkdir(name, 0755) || chdir(name))
			break;
	}
	put("bottom");
	stat("bottom", &st);
	access("no bottom", R_OK);
	close(open("bottom", O_RDONLY));
	rename("bottom", "floor");
	for (i = 0; i < 300; i++)
		if (mkdir("s", 0755) || chdir("s"))
			break;
	put("b");
	access("nb", R_OK);
}

static void jail(void)
{
	mkdir("jail", 0755);
	mkdir("jail/sub", 0755);
	put("jail/in");
	symlink("/in", "jail/absolute");
	if (!fork()) {
		need(!chroot("jail"), "chroot");
		close(open("/in", O_RDONLY));
		stat("/absolute", &st);
		stat("/../in", &st);
		stat("/none", &st);
		stat("/../../none", &st);
		stat("in.txt", &st); /* the working directory is still outside */
		chdir("/sub");
		stat("../../../in", &st);
		put("made");
		_exit(0);
	}
	wait(0);
}

int main(int argc, char **argv)
{
	char *what = argc > 1 ? argv[1] : "nothing";

	if (!strcmp(what, "names"))
		names();
	else if (!strcmp(what, "content"))
		content();
	else if (!strcmp(what, "mapped"))
		mapped();
	else if (!strcmp(what, "copied"))
		copied();
	else if (!strcmp(what, "changes"))
		changes();
	else if (!strcmp(what, "directories"))
		directories();
	else if (!strcmp(what, "again"))
		again();
	else if (!strcmp(what, "processes"))
		processes();
	else if (!strcmp(what, "ninth"))
		read(9, buf, 4);
	else if (!strcmp(what, "deep"))
		deep();
	else if (!strcmp(what, "jail"))
		jail();
	return 0;
}
