/*
 * storm DIRECTORY FILES OPENS: opens and closes files 0 to FILES-1 of DIRECTORY,
 * OPENS times in all, in an order that looks random and is always the same.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned long long state = 88172645463325252ull; /* xorshift64, Marsaglia 2003 */
	char path[4096];
	long files, opens;

	if (argc != 4) {
		fprintf(stderr, "usage: storm DIRECTORY FILES OPENS\n");
		return 2;
	}
	files = atol(argv[2]);
	opens = atol(argv[3]);
	for (long i = 0; i < opens; i++) {
		int fd;

		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		snprintf(path, sizeof path, "%s/%llu", argv[1], state % files);
		fd = open(path, O_RDONLY);
		if (fd < 0) {
			perror(path);
			return 1;
		}
		close(fd);
	}
	return 0;
}
