#include "tests/lib/thread_io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "huntd/assert.h"

#define QUEUE 4096

struct thread_io {
	struct hd_io io;
	struct thread_disk *disk; /* NULL: nobody interferes */
	uint64_t bit;             /* of its thread */
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool woken;
	struct hd_completion queue[QUEUE];
	uint32_t count;
};

static struct thread_io *
own(struct hd_io *io)
{
	return (struct thread_io *)io;
}

static void
gate_enter(struct hd_io *io)
{
	if (own(io)->disk != NULL)
		pthread_rwlock_rdlock(&own(io)->disk->gate);
}

static void
gate_leave(struct hd_io *io)
{
	if (own(io)->disk != NULL)
		pthread_rwlock_unlock(&own(io)->disk->gate);
}

static int64_t
now(struct hd_io *io)
{
	struct timespec at;
	(void)io;
	clock_gettime(CLOCK_BOOTTIME, &at);
	return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static void
sleep_for(struct thread_io *self, int64_t timeout)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	int64_t at = (int64_t)until.tv_nsec + (timeout < 0 ? 0 : timeout);
	until.tv_sec += at / 1000000000;
	until.tv_nsec = at % 1000000000;
	while (!self->woken) {
		if (timeout < 0)
			pthread_cond_wait(&self->cond, &self->mutex);
		else if (pthread_cond_timedwait(&self->cond, &self->mutex, &until) == ETIMEDOUT)
			break;
	}
}

static bool
is_late(const struct thread_io *self)
{
	return self->disk != NULL && (self->disk->late & self->bit) != 0;
}

static uint32_t
wait(struct hd_io *io, int64_t timeout, struct hd_completion *out, uint32_t room)
{
	struct thread_io *self = own(io);
	pthread_mutex_lock(&self->mutex);
	if ((self->count == 0 || is_late(self)) && timeout != 0)
		sleep_for(self, timeout);
	self->woken = false;
	pthread_mutex_unlock(&self->mutex);
	uint32_t count = self->count < room ? self->count : room;
	if (is_late(self))
		return 0;
	if (count == 0)
		return 0;
	memcpy(out, self->queue, count * sizeof *out);
	self->count -= count;
	memmove(self->queue, self->queue + count, self->count * sizeof *out);
	return count;
}

static void
wake(struct hd_io *io, struct hd_io *target)
{
	struct thread_io *other = own(target);
	(void)io;
	pthread_mutex_lock(&other->mutex);
	other->woken = true;
	pthread_cond_signal(&other->cond);
	pthread_mutex_unlock(&other->mutex);
}

static void
complete(struct hd_io *io, uint64_t tag, int64_t result)
{
	struct thread_io *self = own(io);
	HD_ASSERT(self->count < QUEUE);
	self->queue[self->count++] = (struct hd_completion){
		.tag = tag, .result = (int32_t)(result < 0 ? -errno : result)};
}

static void
queue_write(struct hd_io *io, int file, const void *from, uint32_t size, uint64_t offset,
	    uint32_t flags, uint64_t tag)
{
	gate_enter(io);
	ssize_t result = pwrite(file, from, size, (off_t)offset);
	gate_leave(io);
	if (result >= 0 && (flags & HD_IO_SYNC) && fdatasync(file) != 0)
		result = -1;
	complete(io, tag, result);
}

static void
queue_read(struct hd_io *io, int file, void *to, uint32_t size, uint64_t offset, uint64_t tag)
{
	complete(io, tag, pread(file, to, size, (off_t)offset));
}

static void
queue_fsync(struct hd_io *io, int file, uint64_t tag)
{
	complete(io, tag, fdatasync(file));
}

static int
file_open(struct hd_io *io, const char *path, uint32_t flags)
{
	int how = O_CLOEXEC | (flags & HD_IO_WRITE ? O_RDWR : O_RDONLY);
	if (flags & HD_IO_CREATE)
		how |= O_CREAT | O_EXCL;
	gate_enter(io);
	int file = open(path, how, 0600);
	gate_leave(io);
	return file < 0 ? -errno : file;
}

static int
file_close(struct hd_io *io, int file)
{
	(void)io;
	return close(file) == 0 ? 0 : -errno;
}

static int64_t
file_size(struct hd_io *io, int file)
{
	struct stat stat;
	(void)io;
	return fstat(file, &stat) == 0 ? stat.st_size : -errno;
}

static int
file_allocate(struct hd_io *io, int file, uint64_t size)
{
	(void)io;
	return -posix_fallocate(file, 0, (off_t)size);
}

static int64_t
file_read(struct hd_io *io, int file, void *to, uint32_t size, uint64_t offset)
{
	(void)io;
	ssize_t result = pread(file, to, size, (off_t)offset);
	return result < 0 ? -errno : result;
}

static int64_t
file_write(struct hd_io *io, int file, const void *from, uint32_t size, uint64_t offset)
{
	gate_enter(io);
	ssize_t result = pwrite(file, from, size, (off_t)offset);
	gate_leave(io);
	return result < 0 ? -errno : result;
}

static int
file_sync(struct hd_io *io, int file)
{
	(void)io;
	return fdatasync(file) == 0 ? 0 : -errno;
}

static int
file_rename(struct hd_io *io, const char *from, const char *to)
{
	gate_enter(io);
	int result = rename(from, to) == 0 ? 0 : -errno;
	gate_leave(io);
	return result;
}

static int
file_remove(struct hd_io *io, const char *path)
{
	gate_enter(io);
	int result = unlink(path) == 0 ? 0 : -errno;
	gate_leave(io);
	return result;
}

static int
dir_make(struct hd_io *io, const char *path)
{
	(void)io;
	return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -errno;
}

static int
dir_sync(struct hd_io *io, const char *path)
{
	int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)io;
	if (file < 0)
		return -errno;
	int result = fsync(file) == 0 ? 0 : -errno;
	close(file);
	return result;
}

static int
dir_list(struct hd_io *io, const char *path, void (*each)(void *context, const char *name),
	 void *context)
{
	struct dirent **entries;
	(void)io;
	int count = scandir(path, &entries, NULL, alphasort);
	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		if (entries[i]->d_name[0] != '.')
			each(context, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

static int64_t
space(struct hd_io *io, const char *path)
{
	struct statvfs stat;
	if (own(io)->disk != NULL && own(io)->disk->full)
		return 0;
	return statvfs(path, &stat) == 0 ? (int64_t)(stat.f_bavail * stat.f_frsize) : -errno;
}

/* Done when they are asked for. */

static void
completed(struct hd_io *io, uint64_t tag, int result)
{
	errno = result < 0 ? -result : 0;
	complete(io, tag, result);
}

static void
queue_allocate(struct hd_io *io, int file, uint64_t size, uint64_t tag)
{
	completed(io, tag, file_allocate(io, file, size));
}

static void
queue_open(struct hd_io *io, const char *path, uint32_t flags, uint64_t tag)
{
	completed(io, tag, file_open(io, path, flags));
}

static void
queue_rename(struct hd_io *io, const char *from, const char *to, uint64_t tag)
{
	completed(io, tag, file_rename(io, from, to));
}

static void
queue_remove(struct hd_io *io, const char *path, uint64_t tag)
{
	completed(io, tag, file_remove(io, path));
}

static void
queue_sync_names(struct hd_io *io, const char *path, uint64_t tag)
{
	completed(io, tag, dir_sync(io, path));
}

static const struct hd_io_ops ops = {
	.now = now,
	.wait = wait,
	.wake = wake,
	.write = queue_write,
	.read = queue_read,
	.fsync = queue_fsync,
	.allocate = queue_allocate,
	.open = queue_open,
	.rename = queue_rename,
	.remove = queue_remove,
	.sync_names = queue_sync_names,
	.file_open = file_open,
	.file_close = file_close,
	.file_size = file_size,
	.file_allocate = file_allocate,
	.file_read = file_read,
	.file_write = file_write,
	.file_sync = file_sync,
	.file_rename = file_rename,
	.file_remove = file_remove,
	.dir_make = dir_make,
	.dir_sync = dir_sync,
	.dir_list = dir_list,
	.space = space,
};

struct hd_io *
thread_io_create(struct thread_disk *disk, uint32_t thread)
{
	struct thread_io *self = calloc(1, sizeof *self);
	HD_ASSERT(self != NULL);
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&self->mutex, NULL);
	pthread_cond_init(&self->cond, &attributes);
	pthread_condattr_destroy(&attributes);
	self->io.ops = &ops;
	self->disk = disk;
	self->bit = UINT64_C(1) << thread % 64;
	return &self->io;
}

void
thread_io_destroy(struct hd_io *io)
{
	struct thread_io *self = own(io);
	pthread_mutex_destroy(&self->mutex);
	pthread_cond_destroy(&self->cond);
	free(self);
}
