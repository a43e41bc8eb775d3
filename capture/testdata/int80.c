/* Opens a file through the 32-bit system call entry of a 64-bit process. The
 * name has to lie below 4 GiB. */
#include <string.h>
#include <sys/mman.h>

int main(void)
{
	char *low = mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	long fd;

	if (low == MAP_FAILED)
		return 1;
	strcpy(low, "p_int80.txt");
	__asm__ volatile("int $0x80" : "=a"(fd) : "a"(5L), "b"((long)low), "c"(0L), "d"(0L) : "memory");
	return fd < 0;
}
