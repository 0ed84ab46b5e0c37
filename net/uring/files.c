/* Calls on files that may block, and the io of offline tools, which has nothing else. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "net/uring/ring.h"

static int
result(int value)
{
	return value < 0 ? -errno : value;
}

int
hd_files_flags(uint32_t flags)
{
	bool writes = flags & (HD_IO_WRITE | HD_IO_CREATE);
	int how = (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC;
	how |= flags & HD_IO_CREATE ? O_CREAT | O_EXCL : 0;
	how |= flags & HD_IO_DIRECT ? O_DIRECT : 0;
	return how;
}

static int
files_open(struct hd_io *io, const char *path, uint32_t flags)
{
	(void)io;
	return result(open(path, hd_files_flags(flags), 0600));
}

static int
files_close(struct hd_io *io, int file)
{
	(void)io;
	return result(close(file));
}

static int64_t
files_size(struct hd_io *io, int file)
{
	(void)io;
	struct stat about;
	return fstat(file, &about) < 0 ? -errno : about.st_size;
}

static int64_t
files_read(struct hd_io *io, int file, void *to, uint32_t size, uint64_t offset)
{
	(void)io;
	uint32_t done = 0;
	while (done < size) {
		ssize_t got =
			pread(file, (uint8_t *)to + done, size - done, (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		done += (uint32_t)got;
	}
	return done;
}

static int64_t
files_write(struct hd_io *io, int file, const void *from, uint32_t size, uint64_t offset)
{
	(void)io;
	uint32_t done = 0;
	while (done < size) {
		ssize_t put = pwrite(file, (const uint8_t *)from + done, size - done,
				     (off_t)(offset + done));
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		done += (uint32_t)put;
	}
	return done;
}

/* Takes the space without writing it: whoever wants blocks that were written before fills them
 * through the queue. Where the file system cannot, zeros take it. */
static int
files_allocate(struct hd_io *io, int file, uint64_t size)
{
	if (fallocate(file, 0, 0, (off_t)size) == 0)
		return 0;
	if (errno != EOPNOTSUPP)
		return -errno;
	const uint32_t step = 1u << 20;
	void *zeros = aligned_alloc(4096, step);
	if (!zeros)
		return -ENOMEM;
	memset(zeros, 0, step);
	int64_t put = 0;
	for (uint64_t done = 0; done < size && put >= 0; done += step)
		put = files_write(io, file, zeros,
				  size - done < step ? (uint32_t)(size - done) : step, done);
	free(zeros);
	return put < 0 ? (int)put : 0;
}

static int
files_sync(struct hd_io *io, int file)
{
	(void)io;
	return result(fdatasync(file));
}

static int
files_rename(struct hd_io *io, const char *from, const char *to)
{
	(void)io;
	return result(rename(from, to));
}

static int
files_remove(struct hd_io *io, const char *path)
{
	(void)io;
	return result(unlink(path));
}

static int
dir_make(struct hd_io *io, const char *path)
{
	(void)io;
	struct stat about;
	if (mkdir(path, 0700) == 0)
		return 0;
	int error = errno;
	return error == EEXIST && stat(path, &about) == 0 && S_ISDIR(about.st_mode) ? 0 : -error;
}

static int
dir_sync(struct hd_io *io, const char *path)
{
	(void)io;
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return -errno;
	int got = result(fsync(directory));
	close(directory);
	return got;
}

static int
visible(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
dir_list(struct hd_io *io, const char *path, void (*each)(void *context, const char *name),
	 void *context)
{
	(void)io;
	struct dirent **entries;
	int count = scandir(path, &entries, visible, by_bytes);
	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		each(context, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

static int64_t
space(struct hd_io *io, const char *path)
{
	(void)io;
	struct statvfs about;
	return statvfs(path, &about) < 0 ? -errno : (int64_t)(about.f_bavail * about.f_frsize);
}

void
hd_files_fill(struct hd_io_ops *ops)
{
	ops->file_open = files_open;
	ops->file_close = files_close;
	ops->file_size = files_size;
	ops->file_allocate = files_allocate;
	ops->file_read = files_read;
	ops->file_write = files_write;
	ops->file_sync = files_sync;
	ops->file_rename = files_rename;
	ops->file_remove = files_remove;
	ops->dir_make = dir_make;
	ops->dir_sync = dir_sync;
	ops->dir_list = dir_list;
	ops->space = space;
}
