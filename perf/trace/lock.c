#include "perf/trace/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "perf/trace/page.h"

static void
name(char *path, size_t room, int pid)
{
	snprintf(path, room, "/run/hunt-trace-%d.lock", pid);
}

static int
tell_holder(int file, int pid, char *fault)
{
	char holder[16] = "";
	ssize_t size = pread(file, holder, sizeof holder - 1, 0);
	holder[size > 0 ? size : 0] = 0;
	snprintf(
		fault, HD_TRACE_FAULT,
		"another hunt-trace (process %d) has its probes in huntd %d: end it first, or look "
		"with `top`",
		atoi(holder), pid);
	close(file);
	return -1;
}

/* Whoever held the lock before may have removed the file between our open and our lock. */
static bool
still_named(int file, const char *path)
{
	struct stat ours, named;
	return fstat(file, &ours) == 0 && stat(path, &named) == 0 && ours.st_ino == named.st_ino &&
	       ours.st_dev == named.st_dev;
}

int
hd_trace_lock(int pid, char *fault)
{
	char path[48], own[16];
	name(path, sizeof path, pid);
	for (;;) {
		int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (file < 0) {
			snprintf(fault, HD_TRACE_FAULT, "cannot make the lock %s: %s", path,
				 strerror(errno));
			return -1;
		}
		if (flock(file, LOCK_EX | LOCK_NB) != 0)
			return tell_holder(file, pid, fault);
		if (still_named(file, path)) {
			int size = snprintf(own, sizeof own, "%d\n", (int)getpid());
			if (ftruncate(file, 0) == 0 && pwrite(file, own, (size_t)size, 0) == size)
				return file;
			snprintf(fault, HD_TRACE_FAULT, "cannot write the lock %s: %s", path,
				 strerror(errno));
			close(file);
			return -1;
		}
		close(file);
	}
}

void
hd_trace_unlock(int lock, int pid)
{
	char path[48];
	if (lock < 0)
		return;
	name(path, sizeof path, pid);
	unlink(path);
	close(lock);
}
