/* stall_calls.c - preloaded into huntd by test_http: while the file that STALL_FILE names exists,
 * whichever thread but the main one closes a socket stands still. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int
close(int file)
{
	static int (*real)(int);
	const char *stall = getenv("STALL_FILE");
	int type;
	socklen_t size = sizeof type;
	if (!real)
		real = (int (*)(int))dlsym(RTLD_NEXT, "close");
	if (stall && gettid() != getpid() &&
	    getsockopt(file, SOL_SOCKET, SO_TYPE, &type, &size) == 0)
		while (access(stall, F_OK) == 0)
			usleep(10000);
	return real(file);
}
