/* many N: N children one after the other, each of which exits at once with a
 * status of its own. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int n = atoi(argv[1]), status;

	for (int i = 0; i < n; i++) {
		pid_t p = fork();

		if (p < 0)
			return 1;
		if (!p)
			_exit(i & 127);
		if (waitpid(p, &status, 0) != p || WEXITSTATUS(status) != (i & 127))
			return 2;
	}
	return 0;
}
