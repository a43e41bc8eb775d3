/* calls KIND: makes system calls whose counts are easily got wrong. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void reap(pid_t pid)
{
	if (waitpid(pid, NULL, 0) != pid)
		_exit(9);
}

static void forks(void)
{
	pid_t pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	struct { uint64_t flags, pidfd, child, parent, signal, stack, size, tls; } args = {.signal = SIGCHLD};
	char *argv[] = {"true", NULL};

	if (!pid)
		syscall(SYS_exit_group, 0);
	reap(pid);
#ifdef SYS_fork
	pid = syscall(SYS_fork);
	if (!pid)
		syscall(SYS_exit_group, 0);
	reap(pid);
#endif
	pid = vfork();
	if (!pid)
		_exit(0);
	reap(pid);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		syscall(SYS_exit_group, 0);
	reap(pid);
	if (posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ))
		_exit(9);
	reap(pid);
	/* one that fails */
	args.flags = ~0ull;
	syscall(SYS_clone3, &args, sizeof(args));
}

static void *idle(void *arg)
{
	int *pipe = arg;
	char c;

	read(pipe[0], &c, 1); /* for ever */
	return NULL;
}

static void *ends(void *arg)
{
	getppid();
	return NULL;
}

/* Threads that end, and one whose call the end of the process cuts short. */
static void threads(void)
{
	pthread_attr_t a;
	pthread_t t;
	int p[2];

	pipe(p);
	/* nobody joins them: whether that has to wait is a race */
	pthread_attr_init(&a);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 3; i++) {
		pthread_create(&t, &a, ends, NULL);
		usleep(200000);
	}
	pthread_create(&t, NULL, idle, p);
	usleep(400000);
}

static void *execs(void *arg)
{
	execl("/bin/true", "true", NULL);
	return NULL;
}

/* An exec by a thread, while the others wait in calls. */
static void threadexec(void)
{
	pthread_t t;
	int p[2];

	pipe(p);
	pthread_create(&t, NULL, idle, p);
	usleep(400000);
	pthread_create(&t, NULL, execs, NULL);
	pause();
}

/* An execveat ends as an execve, for all that the kernel's registers say. */
static void execveats(void)
{
	char *argv[] = {"true", NULL};
	int fd = open("/bin/true", O_RDONLY | O_CLOEXEC);

	execv("/nowhere/true", argv);
	syscall(SYS_execveat, AT_FDCWD, "nowhere", argv, environ, 0);
	syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
}

static void handler(int sig)
{
	getppid();
}

static pid_t signaller(int sig)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	usleep(400000);
	kill(getppid(), sig);
	_exit(0);
}

/* Handlers, calls that fail for them and calls that go on. */
static void handlers(void)
{
	struct sigaction a = {.sa_handler = handler};
	struct timespec long_time = {60, 0};
	pid_t pid;
	int p[2];
	char c;

	sigaction(SIGUSR1, &a, NULL);
	a.sa_flags = SA_RESTART;
	sigaction(SIGUSR2, &a, NULL);
	raise(SIGUSR1);
	pid = signaller(SIGUSR1);
	nanosleep(&long_time, NULL);
	reap(pid);
	pipe(p);
	pid = fork();
	if (!pid) {
		usleep(400000);
		kill(getppid(), SIGUSR2);
		usleep(400000);
		write(p[1], "x", 1);
		_exit(0);
	}
	read(p[0], &c, 1); /* begun a second time */
	reap(pid);
}

/* A call that goes on as restart_syscall after a stop. */
static void stopped(void)
{
	struct timespec some_time = {1, 500 * 1000 * 1000};
	pid_t parent = getpid(), pid = fork();

	if (!pid) {
		usleep(400000);
		kill(parent, SIGSTOP);
		usleep(400000);
		kill(parent, SIGCONT);
		_exit(0);
	}
	nanosleep(&some_time, NULL);
	reap(pid);
}

/* Numbers that mean nothing, and results that look like errors. */
static void odd(void)
{
	void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(page, 4096);
	mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	syscall(SYS_getpriority, 0, 0);
	syscall(SYS_close, -1);
	syscall(SYS_lseek, 77, 0, 0);
#if defined(__x86_64__)
	for (int i = 0; i < 5; i++) {
		long r;

		__asm__ volatile("int $0x80" : "=a"(r) : "a"(20), "b"(0) : "memory", "r8", "r9", "r10", "r11"); /* getpid */
	}
	for (int i = 0; i < 3; i++) {
		long r;

		__asm__ volatile("int $0x80" : "=a"(r) : "a"(6), "b"(-1) : "memory", "r8", "r9", "r10", "r11"); /* close */
	}
#endif
}

static void killed(void)
{
	pid_t pid = fork();

	if (!pid) {
		for (;;)
			pause();
	}
	usleep(400000);
	kill(pid, SIGKILL);
	reap(pid);
	pid = fork();
	if (!pid)
		raise(SIGTERM);
	reap(pid);
	pid = fork();
	if (!pid)
		abort();
	reap(pid);
}

int main(int argc, char **argv)
{
	struct { const char *name; void (*run)(void); } kinds[] = {
		{"forks", forks}, {"threads", threads}, {"threadexec", threadexec}, {"execveat", execveats},
		{"handlers", handlers}, {"stopped", stopped}, {"odd", odd}, {"killed", killed},
	};
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (argc > 1 && !strcmp(argv[1], kinds[i].name)) {
			kinds[i].run();
			return 0;
		}
	return 2;
}
