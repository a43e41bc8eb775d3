/* storm DIR N: makes, closes and removes N files of different names, as fast
 * as it can, and exits with 7. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int n = atoi(argv[2]);
	char name[32];

	if (chdir(argv[1]))
		return 1;
	for (int i = 0; i < n; i++) {
		int fd;

		snprintf(name, sizeof name, "f%d", i);
		fd = open(name, O_CREAT | O_WRONLY, 0600);
		if (fd < 0)
			return 2;
		close(fd);
		unlink(name);
	}
	return 7;
}
