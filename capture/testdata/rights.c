/* Receives the descriptor of a file over a socket and reads it. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int s[2], fd = -1;
	char c = 'x', buf[64], control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec io = { &c, 1 };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	struct cmsghdr *h;
	pid_t p;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s))
		return 1;
	if (!(p = fork())) {
		if (recvmsg(s[1], &m, 0) < 0 || !(h = CMSG_FIRSTHDR(&m)))
			_exit(1);
		memcpy(&fd, CMSG_DATA(h), sizeof fd);
		_exit(read(fd, buf, sizeof buf) < 0);
	}
	h = CMSG_FIRSTHDR(&m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	fd = open("p_rights.txt", O_RDONLY);
	memcpy(CMSG_DATA(h), &fd, sizeof fd);
	if (sendmsg(s[0], &m, 0) < 0)
		return 1;
	waitpid(p, &fd, 0);
	return WEXITSTATUS(fd);
}
