#include "net/ctl/log/repair/aside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "huntd/assert.h"

#define STEP        (1u << 20)
#define FOLDERS_MAX 1000 /* of one second */
#define PATH        (HD_CTL_PATH + 300)

static bool
failed(struct hd_ctl_aside *aside, const char *what, const char *path)
{
	snprintf(aside->message, sizeof aside->message, "cannot %s %.500s: %s", what, path,
		 strerror(errno));
	return false;
}

/* DATA/damaged-TIME, or -2, -3 ... behind it: always a new one. */
static bool
make_folder(struct hd_ctl_aside *aside)
{
	char when[32], again[16] = "";
	time_t now = time(NULL);
	struct tm parts;
	if (aside->made)
		return true;
	if (!gmtime_r(&now, &parts) || !strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &parts))
		return failed(aside, "tell the time for", aside->data);
	for (int i = 2; !aside->made && i <= FOLDERS_MAX; i++) {
		snprintf(aside->folder, sizeof aside->folder, "%.500s/damaged-%s%s", aside->data,
			 when, again);
		aside->made = mkdir(aside->folder, 0700) == 0;
		if (!aside->made && errno != EEXIST)
			break;
		snprintf(again, sizeof again, "-%d", i);
	}
	return aside->made || failed(aside, "make", aside->folder);
}

static void
name_live(const struct hd_ctl_aside *aside, unsigned shard, char path[HD_CTL_PATH])
{
	snprintf(path, HD_CTL_PATH, "%.500s/shard-%02u", aside->data, shard);
}

static void
name_built(const struct hd_ctl_aside *aside, unsigned shard, char path[HD_CTL_PATH])
{
	snprintf(path, HD_CTL_PATH, "%.560s/shard-%02u.built", aside->folder, shard);
}

bool
hd_ctl_aside_begin(struct hd_ctl_aside *aside, unsigned shard, char built[HD_CTL_PATH])
{
	if (!make_folder(aside))
		return false;
	name_built(aside, shard, built);
	return mkdir(built, 0700) == 0 || failed(aside, "make", built);
}

/* Building. */

/* Where the file stands and where it goes; its folder is made there. */
static bool
name_both(struct hd_ctl_aside *aside, unsigned shard, const char *name, char from[PATH],
	  char to[PATH])
{
	char live[HD_CTL_PATH], built[HD_CTL_PATH];
	HD_ASSERT(aside->made);
	name_live(aside, shard, live);
	name_built(aside, shard, built);
	snprintf(from, PATH, "%s/%.280s", live, name);
	const char *slash = strchr(name, '/');
	snprintf(to, PATH, "%s/%.*s", built, slash ? (int)(slash - name) : 0, name);
	if (slash && mkdir(to, 0700) != 0 && errno != EEXIST)
		return failed(aside, "make", to);
	snprintf(to, PATH, "%s/%.280s", built, name);
	return true;
}

bool
hd_ctl_aside_keep(struct hd_ctl_aside *aside, unsigned shard, const char *name)
{
	char from[PATH], to[PATH];
	return name_both(aside, shard, name, from, to) &&
	       (link(from, to) == 0 || failed(aside, "link", from));
}

/* Copies `size` bytes, or as many as there are. */
static bool
copy(int from, int to, uint64_t size)
{
	uint8_t *bytes = malloc(STEP);
	HD_ASSERT(bytes);
	bool good = true;
	for (uint64_t at = 0; good && at < size;) {
		uint64_t step = size - at < STEP ? size - at : STEP;
		ssize_t got = pread(from, bytes, step, (off_t)at);
		good = got >= 0 && pwrite(to, bytes, (size_t)got, (off_t)at) == got;
		if (got == 0)
			break;
		at += (uint64_t)got;
	}
	free(bytes);
	return good && fsync(to) == 0;
}

bool
hd_ctl_aside_copy(struct hd_ctl_aside *aside, unsigned shard, const char *name, uint64_t size)
{
	char from[PATH], to[PATH];
	if (!name_both(aside, shard, name, from, to))
		return false;
	int source = open(from, O_RDONLY | O_CLOEXEC);
	int target = source < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	errno = target < 0 ? errno : 0;
	bool good = target >= 0 && copy(source, target, size);
	if (!good) {
		errno = errno ? errno : ENOSPC; /* a short write */
		failed(aside, "copy", from);
	}
	if (target >= 0)
		close(target);
	if (source >= 0)
		close(source);
	return good;
}

/* Swapping. */

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

/* Calls `each` with the path of every file in the folder, and with its name in `beside`. */
static void
each_file(const char *folder, const char *beside, void (*each)(const char *, const char *))
{
	char path[2 * PATH], other[2 * PATH];
	DIR *open_folder = opendir(folder);
	const struct dirent *entry;
	while (open_folder && (entry = readdir(open_folder))) {
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		snprintf(other, sizeof other, "%s/%s", beside, entry->d_name);
		if (entry->d_name[0] != '.')
			each(path, other);
	}
	if (open_folder)
		closedir(open_folder);
}

static void
remove_file(const char *path, const char *beside)
{
	(void)beside;
	unlink(path);
}

/* Its other name is the log's. */
static void
remove_kept(const char *path, const char *beside)
{
	struct stat here, there;
	if (stat(path, &here) == 0 && stat(beside, &there) == 0 && S_ISREG(here.st_mode) &&
	    here.st_ino == there.st_ino && here.st_dev == there.st_dev)
		unlink(path);
}

static void
in_both_folders(const char *folder, const char *beside, void (*each)(const char *, const char *))
{
	char inner[PATH], other[PATH];
	snprintf(inner, sizeof inner, "%.600s/archive", folder);
	snprintf(other, sizeof other, "%.600s/archive", beside);
	each_file(inner, other, each);
	rmdir(inner); /* only where that made it empty */
	each_file(folder, beside, each);
}

static bool
exchange(struct hd_ctl_aside *aside, const char *built, const char *live)
{
	if (renameat2(AT_FDCWD, built, AT_FDCWD, live, RENAME_EXCHANGE) == 0)
		return true;
	if (errno == ENOENT && access(live, F_OK) != 0) /* the whole folder was lost */
		return rename(built, live) == 0 || failed(aside, "move", built);
	return failed(aside, "exchange (renameat2, which this file system must know) for", live);
}

bool
hd_ctl_aside_swap(struct hd_ctl_aside *aside, unsigned shard)
{
	char live[HD_CTL_PATH], built[HD_CTL_PATH], old[HD_CTL_PATH], archive[PATH];
	name_live(aside, shard, live);
	name_built(aside, shard, built);
	snprintf(old, sizeof old, "%.560s/shard-%02u", aside->folder, shard);
	snprintf(archive, sizeof archive, "%s/archive", built);
	if ((access(archive, F_OK) == 0 && !sync_folder(aside, archive)) ||
	    !sync_folder(aside, built) || !sync_folder(aside, aside->folder) ||
	    !exchange(aside, built, live) || !sync_folder(aside, aside->data) ||
	    !sync_folder(aside, aside->folder))
		return false;
	if (access(built, F_OK) != 0)
		return true;
	in_both_folders(built, live, remove_kept);
	return (rename(built, old) == 0 || failed(aside, "move", built)) &&
	       sync_folder(aside, aside->folder);
}

void
hd_ctl_aside_abandon(struct hd_ctl_aside *aside, unsigned shard)
{
	char built[HD_CTL_PATH];
	if (!aside->made)
		return;
	name_built(aside, shard, built);
	in_both_folders(built, built, remove_file);
	rmdir(built);
	aside->made = rmdir(aside->folder) != 0; /* not where another log's stands in it */
}
