/* fail_calls.c - preloaded into huntctl by test_log_repair: counts the calls that change files, and
 * at the FAIL_AT-th of them kills the process (FAIL_HOW=kill) or finds the disk full from there on
 * (FAIL_HOW=full). Writes through io_uring are counted as they are submitted, not failed: the log
 * has its space before. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long calls;

/* Does this call fail for want of space? */
static bool
fails(void)
{
	static long at;
	static bool full;
	if (calls == 0) {
		at = getenv("FAIL_AT") ? atol(getenv("FAIL_AT")) : 0;
		full = getenv("FAIL_HOW") && strcmp(getenv("FAIL_HOW"), "full") == 0;
	}
	calls++;
	if (at == 0 || calls < at)
		return false;
	if (!full)
		kill(getpid(), SIGKILL);
	errno = ENOSPC;
	return true;
}

#define FIND(name) (real = real ? real : (__typeof__(real))dlsym(RTLD_NEXT, name))

/* Those that need space. */
#define WRAP(name, types, values)                                                                  \
	int name types                                                                             \
	{                                                                                          \
		static int(*real) types;                                                           \
		return fails() ? -1 : FIND(#name) values;                                          \
	}
WRAP(mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(link, (const char *from, const char *to), (from, to))
WRAP(rename, (const char *from, const char *to), (from, to))
WRAP(renameat2, (int a, const char *from, int b, const char *to, unsigned flags),
     (a, from, b, to, flags))
WRAP(fallocate, (int file, int mode, off_t at, off_t size), (file, mode, at, size))
WRAP(fallocate64, (int file, int mode, off64_t at, off64_t size), (file, mode, at, size))

/* Those that a full disk lets pass. */
#define COUNT(name, types, values)                                                                 \
	int name types                                                                             \
	{                                                                                          \
		static int(*real) types;                                                           \
		fails();                                                                           \
		return FIND(#name) values;                                                         \
	}
struct io_uring;
COUNT(unlink, (const char *path), (path))
COUNT(rmdir, (const char *path), (path))
COUNT(fsync, (int file), (file))
COUNT(io_uring_submit, (struct io_uring * ring), (ring))
COUNT(io_uring_submit_and_wait, (struct io_uring * ring, unsigned count), (ring, count))

#define WRITE(name)                                                                                \
	ssize_t name(int file, const void *from, size_t size, off_t at)                            \
	{                                                                                          \
		static ssize_t (*real)(int, const void *, size_t, off_t);                          \
		return fails() ? -1 : FIND(#name)(file, from, size, at);                           \
	}
WRITE(pwrite)
WRITE(pwrite64)

#define OPEN(name)                                                                                 \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		static int (*real)(const char *, int, ...);                                        \
		va_list rest;                                                                      \
		va_start(rest, flags);                                                             \
		mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;                          \
		va_end(rest);                                                                      \
		return (flags & O_CREAT) && fails() ? -1 : FIND(#name)(path, flags, mode);         \
	}
OPEN(open)
OPEN(open64)
