/* Ways to use one file each, without any of the usual calls: see readback_test. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void)
{
	char b[64];
	int fd, in, out;
	char *m;

	fd = open("rw_unused", O_RDWR);
	fd = open("rw_read", O_RDWR);
	if (read(fd, b, 4) < 0) return 1;
	fd = open("rw_written", O_RDWR);
	if (pwrite(fd, "x", 1, 0) < 0) return 1;
	fd = open("rw_both", O_RDWR);
	if (pread(fd, b, 4, 0) < 0 || write(fd, "x", 1) < 0) return 1;
	fd = open("rw_mapped", O_RDWR);
	m = mmap(0, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (m == MAP_FAILED) return 1;
	m[0] = 'y';
	fd = open("rw_private", O_RDWR);
	m = mmap(0, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (m == MAP_FAILED) return 1;
	in = open("cfr_in", O_RDONLY);
	out = open("cfr_out", O_WRONLY | O_CREAT, 0644);
	if (copy_file_range(in, 0, out, 0, 100, 0) < 0) return 1;
	in = open("sf_in", O_RDONLY);
	out = open("sf_out", O_WRONLY | O_CREAT, 0644);
	if (sendfile(out, in, 0, 100) < 0) return 1;
	fd = open(".", O_TMPFILE | O_RDWR, 0644);
	if (fd >= 0) {
		if (write(fd, "t", 1) < 0) return 1;
		linkat(fd, "", AT_FDCWD, "tmpfile", AT_EMPTY_PATH);
	}
	fd = open("cut", O_WRONLY | O_TRUNC);
	if (truncate("cut2", 1)) return 1;
	return 0;
}
