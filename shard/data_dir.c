#include "shard/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "huntd/assert.h"

#define META_MAX 256

struct failing {
	char *message;
	unsigned room;
};

static enum hd_exit
storage_error(const struct failing *failing, const char *what, const char *path)
{
	snprintf(failing->message, failing->room, "cannot %s %s: %s", what, path, strerror(errno));
	return HD_EXIT_STORAGE;
}

static void
name_in(const struct hd_data_dir *dir, const char *name, char out[600])
{
	snprintf(out, 600, "%s/%s", dir->path, name);
}

static enum hd_exit
lock(struct hd_data_dir *dir, const struct failing *failing)
{
	char path[600], pid[32] = "";
	name_in(dir, "huntd.lock", path);
	dir->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (dir->lock < 0)
		return storage_error(failing, "open", path);
	if (flock(dir->lock, LOCK_EX | LOCK_NB) != 0) {
		ssize_t size = pread(dir->lock, pid, sizeof pid - 1, 0);
		pid[size > 0 ? size : 0] = '\0';
		pid[strcspn(pid, "\n")] = '\0';
		snprintf(failing->message, failing->room, "%s is in use by another huntd (pid %s)",
			 dir->path, pid);
		return HD_EXIT_STORAGE;
	}
	int length = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
	if (ftruncate(dir->lock, 0) != 0 || pwrite(dir->lock, pid, (size_t)length, 0) != length)
		return storage_error(failing, "write", path);
	return HD_EXIT_OK;
}

static int
sync_dir(const char *path)
{
	int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file < 0)
		return -1;
	int result = fsync(file);
	close(file);
	return result;
}

static bool
write_whole(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0)
		return false;
	size_t size = strlen(text);
	bool good = write(file, text, size) == (ssize_t)size && fsync(file) == 0;
	return close(file) == 0 && good;
}

static enum hd_exit
write_meta(const struct hd_data_dir *dir, const uint8_t random[32], const struct failing *failing)
{
	char path[600], temporary[600], text[META_MAX], uuid[33];
	name_in(dir, "huntd.meta", path);
	name_in(dir, "huntd.meta.new", temporary);
	for (unsigned i = 0; i < 16; i++)
		snprintf(uuid + 2 * i, 3, "%02x", random[i]);
	snprintf(text, sizeof text, "format %u\nshards %u\nuuid %s\n", HD_DATA_FORMAT, dir->shards,
		 uuid);
	if (!write_whole(temporary, text))
		return storage_error(failing, "write", temporary);
	if (rename(temporary, path) != 0 || sync_dir(dir->path) != 0)
		return storage_error(failing, "write", path);
	return HD_EXIT_OK;
}

static enum hd_exit
parse_meta(struct hd_data_dir *dir, const char *text, unsigned asked, const struct failing *failing)
{
	unsigned format = 0, shards = 0;
	if (sscanf(text, "format %u", &format) != 1 || format == 0) {
		snprintf(failing->message, failing->room,
			 "%s/huntd.meta is damaged: no format line", dir->path);
		return HD_EXIT_DAMAGED;
	}
	if (format > HD_DATA_FORMAT) {
		snprintf(
			failing->message, failing->room,
			"%s has data format %u, this huntd reads format %u: a newer huntd wrote it",
			dir->path, format, HD_DATA_FORMAT);
		return HD_EXIT_DAMAGED;
	}
	if (sscanf(text, "format %*u\nshards %u\n", &shards) != 1 || shards == 0 ||
	    shards > HD_SHARDS_MAX) {
		snprintf(failing->message, failing->room,
			 "%s/huntd.meta is damaged: no number of shards", dir->path);
		return HD_EXIT_DAMAGED;
	}
	if (asked != 0 && asked != shards) {
		snprintf(failing->message, failing->room,
			 "%s was made with %u shards, --shards says %u: the number cannot change",
			 dir->path, shards, asked);
		return HD_EXIT_CONFIG;
	}
	dir->shards = shards;
	return HD_EXIT_OK;
}

/* 0 bytes: there is none. */
static enum hd_exit
read_meta(const struct hd_data_dir *dir, char text[META_MAX], const struct failing *failing)
{
	char path[600];
	name_in(dir, "huntd.meta", path);
	text[0] = '\0';
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return errno == ENOENT ? HD_EXIT_OK : storage_error(failing, "open", path);
	ssize_t size = read(file, text, META_MAX - 1);
	close(file);
	if (size < 0)
		return storage_error(failing, "read", path);
	text[size] = '\0';
	if (size == 0) {
		snprintf(failing->message, failing->room, "%s is damaged: it is empty", path);
		return HD_EXIT_DAMAGED;
	}
	return HD_EXIT_OK;
}

enum hd_exit
hd_data_dir_open(struct hd_data_dir *dir, const char *path, unsigned asked, unsigned otherwise,
		 const uint8_t random[32], char *message, unsigned room)
{
	HD_ASSERT(otherwise >= 1 && otherwise <= HD_SHARDS_MAX);
	struct failing failing = {message, room};
	char text[META_MAX];
	*dir = (struct hd_data_dir){.lock = -1};
	if (strlen(path) >= sizeof dir->path) {
		errno = ENAMETOOLONG;
		return storage_error(&failing, "use", path);
	}
	memcpy(dir->path, path, strlen(path) + 1);
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return storage_error(&failing, "make", path);
	enum hd_exit code = lock(dir, &failing);
	if (code == HD_EXIT_OK)
		code = read_meta(dir, text, &failing);
	if (code == HD_EXIT_OK && text[0] != '\0')
		code = parse_meta(dir, text, asked, &failing);
	else if (code == HD_EXIT_OK) {
		dir->shards = asked ? asked : otherwise;
		code = write_meta(dir, random, &failing);
	}
	if (code != HD_EXIT_OK)
		hd_data_dir_close(dir);
	return code;
}

void
hd_data_dir_close(struct hd_data_dir *dir)
{
	if (dir->lock >= 0)
		close(dir->lock);
	dir->lock = -1;
}

void
hd_data_dir_log(const struct hd_data_dir *dir, unsigned shard, char *out, unsigned room)
{
	HD_ASSERT(shard < dir->shards);
	int length = snprintf(out, room, "%s/shard-%02u", dir->path, shard);
	HD_ASSERT(length > 0 && (unsigned)length < room);
}
