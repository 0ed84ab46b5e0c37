#include "net/ctl/log/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "huntd/assert.h"

#define STEP (1u << 20)

static bool
failed(struct hd_ctl_aside *aside, const char *what, const char *path)
{
	snprintf(aside->message, sizeof aside->message, "cannot %s %.500s: %s", what, path,
		 strerror(errno));
	return false;
}

static bool
make_folder(struct hd_ctl_aside *aside, unsigned shard, char folder[HD_CTL_PATH])
{
	if (!aside->made) {
		char when[32];
		time_t now = time(NULL);
		struct tm parts;
		if (!gmtime_r(&now, &parts) ||
		    !strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &parts))
			return failed(aside, "tell the time for", aside->data);
		snprintf(aside->folder, sizeof aside->folder, "%.500s/damaged-%s", aside->data,
			 when);
		if (mkdir(aside->folder, 0700) != 0 && errno != EEXIST)
			return failed(aside, "make", aside->folder);
		aside->made = true;
	}
	snprintf(folder, HD_CTL_PATH, "%.560s/shard-%02u", aside->folder, shard);
	return mkdir(folder, 0700) == 0 || errno == EEXIST || failed(aside, "make", folder);
}

static bool
name_both(struct hd_ctl_aside *aside, unsigned shard, const char *name, char from[HD_CTL_PATH],
	  char to[HD_CTL_PATH])
{
	char folder[HD_CTL_PATH];
	const char *slash = strrchr(name, '/');
	if (!make_folder(aside, shard, folder))
		return false;
	snprintf(from, HD_CTL_PATH, "%.500s/shard-%02u/%s", aside->data, shard, name);
	snprintf(to, HD_CTL_PATH, "%.550s/%s", folder, slash ? slash + 1 : name);
	return true;
}

bool
hd_ctl_aside_move(struct hd_ctl_aside *aside, unsigned shard, const char *name)
{
	char from[HD_CTL_PATH], to[HD_CTL_PATH];
	if (!name_both(aside, shard, name, from, to))
		return false;
	return rename(from, to) == 0 || failed(aside, "move", from);
}

bool
hd_ctl_aside_link(struct hd_ctl_aside *aside, unsigned shard, const char *name)
{
	char from[HD_CTL_PATH], to[HD_CTL_PATH];
	if (!name_both(aside, shard, name, from, to))
		return false;
	return link(from, to) == 0 || errno == EEXIST || failed(aside, "link", from);
}

bool
hd_ctl_aside_folder(struct hd_ctl_aside *aside, unsigned shard, char folder[HD_CTL_PATH])
{
	char above[HD_CTL_PATH];
	if (!make_folder(aside, shard, above))
		return false;
	snprintf(folder, HD_CTL_PATH, "%.580s/built", above);
	return mkdir(folder, 0700) == 0 || errno == EEXIST || failed(aside, "make", folder);
}

static bool
copy(int from, int to)
{
	uint8_t *bytes = malloc(STEP);
	HD_ASSERT(bytes);
	ssize_t got, put = 0;
	for (off_t at = 0; (got = pread(from, bytes, STEP, at)) > 0 && put >= 0; at += got)
		put = pwrite(to, bytes, (size_t)got, at) == got ? got : -1;
	free(bytes);
	return got == 0 && put >= 0 && fsync(to) == 0;
}

static bool
zero_from(int file, uint64_t offset)
{
	struct stat about;
	uint8_t *zeros = calloc(1, STEP);
	HD_ASSERT(zeros);
	bool good = fstat(file, &about) == 0;
	for (off_t at = (off_t)offset; good && at < about.st_size; at += STEP) {
		size_t size =
			about.st_size - at < (off_t)STEP ? (size_t)(about.st_size - at) : STEP;
		good = pwrite(file, zeros, size, at) == (ssize_t)size;
	}
	free(zeros);
	return good && fsync(file) == 0;
}

bool
hd_ctl_aside_cut(struct hd_ctl_aside *aside, unsigned shard, const char *name, uint64_t offset)
{
	char from[HD_CTL_PATH], to[HD_CTL_PATH];
	if (!name_both(aside, shard, name, from, to))
		return false;
	int source = open(from, O_RDWR | O_CLOEXEC);
	int target = source < 0 ? -1 : open(to, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good = (target >= 0 && copy(source, target)) || failed(aside, "copy", from);
	if (good)
		good = hd_ctl_aside_sync(aside, shard) &&
		       (zero_from(source, offset) || failed(aside, "cut", from));
	if (target >= 0)
		close(target);
	if (source >= 0)
		close(source);
	return good;
}

static bool
sync_folder(struct hd_ctl_aside *aside, const char *path)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = folder >= 0 && fsync(folder) == 0;
	if (!good)
		failed(aside, "sync", path);
	if (folder >= 0)
		close(folder);
	return good;
}

bool
hd_ctl_aside_sync(struct hd_ctl_aside *aside, unsigned shard)
{
	char folder[HD_CTL_PATH];
	if (!make_folder(aside, shard, folder) || !sync_folder(aside, folder) ||
	    !sync_folder(aside, aside->folder) || !sync_folder(aside, aside->data))
		return false;
	snprintf(folder, sizeof folder, "%.500s/shard-%02u", aside->data, shard);
	return sync_folder(aside, folder);
}
