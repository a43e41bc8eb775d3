/* One way of making a process or a thread per argument; each reads its own
 * file, p_NAME.txt in the working directory, and nothing else of ours. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char stack[65536] __attribute__((aligned(16)));

static void slurp(const char *name)
{
	char b[100];
	int fd = open(name, O_RDONLY);

	if (fd < 0 || read(fd, b, sizeof b) < 0)
		_exit(9);
	close(fd);
}

static void *reads(void *name)
{
	slurp(name);
	return NULL;
}

static void *execs(void *name)
{
	execl("/bin/cat", "cat", (char *)name, (char *)NULL);
	return NULL;
}

static int cloned(void *name)
{
	execl("/bin/cat", "cat", (char *)name, (char *)NULL);
	_exit(127);
}

static int reap(pid_t p)
{
	int status;

	if (p < 0 || waitpid(p, &status, 0) != p)
		return 1;
	return status;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	char name[64];
	char *cat[] = { "cat", name, NULL };
	pthread_t t;
	pid_t p;

	snprintf(name, sizeof name, "p_%s.txt", how);
	if (!strcmp(how, "fork")) {
		if (!(p = fork())) {
			slurp(name);
			_exit(0);
		}
		return reap(p);
	}
	if (!strcmp(how, "vfork")) {
		if (!(p = vfork())) {
			execl("/bin/cat", "cat", name, (char *)NULL);
			_exit(127);
		}
		return reap(p);
	}
	if (!strcmp(how, "spawn")) {
		if (posix_spawn(&p, "/bin/cat", NULL, NULL, cat, environ))
			return 1;
		return reap(p);
	}
	if (!strcmp(how, "clone"))
		return reap(clone(cloned, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, name));
	if (!strcmp(how, "clone3")) {
		struct clone_args a = { .exit_signal = SIGCHLD };

		p = syscall(SYS_clone3, &a, sizeof a);
		if (!p) {
			slurp(name);
			_exit(0);
		}
		return reap(p);
	}
	if (!strcmp(how, "thread")) { /* glibc makes it with clone3 */
		pthread_create(&t, NULL, reads, name);
		pthread_join(t, NULL);
		return 0;
	}
	if (!strcmp(how, "threadexec")) { /* takes the process over from its leader */
		pthread_create(&t, NULL, execs, name);
		for (;;)
			pause();
	}
	if (!strcmp(how, "leaderexits")) { /* the process lives on in a thread */
		pthread_create(&t, NULL, reads, name);
		pthread_exit(NULL);
	}
	if (!strcmp(how, "orphan")) {
		if (!(p = fork())) {
			if (!fork()) {
				setsid();
				usleep(50000);
				execl("/bin/cat", "cat", name, (char *)NULL);
			}
			_exit(0);
		}
		return reap(p);
	}
	if (!strcmp(how, "killed")) {
		slurp(name);
		raise(SIGKILL);
	}
	return 2;
}
