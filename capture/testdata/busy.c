/* busy KIND MS: uses a processor for MS milliseconds, and appends to the file times
 * its PID and how much processor time it has had, ns, at its end.
 *   alone: as it is; leaderexits: in a thread that is left when the first has ended;
 *   threads: in two threads, half each; many: in 32 children, one after the other */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long ms;

static void *spin(void *unused)
{
	struct timespec t;

	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	while (t.tv_sec * 1000 + t.tv_nsec / 1000000 < ms);
	return unused;
}

static void say(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	dprintf(open("times", O_WRONLY | O_CREAT | O_APPEND, 0666), "%d %ld\n", getpid(), t.tv_sec * 1000000000 + t.tv_nsec);
}

static void *last(void *unused)
{
	spin(unused);
	say();
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t t[2];
	int i;

	ms = atol(argv[2]);
	if (!strcmp(argv[1], "alone"))
		spin(NULL);
	if (!strcmp(argv[1], "leaderexits")) {
		pthread_create(&t[0], NULL, last, NULL);
		pthread_exit(NULL);
	}
	if (!strcmp(argv[1], "threads")) {
		ms /= 2;
		for (i = 0; i < 2; i++)
			pthread_create(&t[i], NULL, spin, NULL);
		for (i = 0; i < 2; i++)
			pthread_join(t[i], NULL);
	}
	if (!strcmp(argv[1], "many"))
		for (i = 0; i < 32; i++) {
			if (!fork()) {
				last(NULL);
				_exit(0);
			}
			wait(NULL);
		}
	else
		say();
	return 0;
}
