/* busy KIND MS: uses a processor for MS milliseconds.
 *   alone: as it is; leaderexits: in a thread that is left when the first has ended;
 *   threads: in two threads, half each; many: in 32 children, one after the other */
#include <pthread.h>
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

int main(int argc, char **argv)
{
	pthread_t t[2];
	int i;

	ms = atol(argv[2]);
	if (!strcmp(argv[1], "alone"))
		spin(NULL);
	if (!strcmp(argv[1], "leaderexits")) {
		pthread_create(&t[0], NULL, spin, NULL);
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
				spin(NULL);
				_exit(0);
			}
			wait(NULL);
		}
	return 0;
}
