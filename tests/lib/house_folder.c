/* Folders and disks of houses. */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "tests/lib/house.h"
#include "tests/lib/thread_io.h"

void
house_folder(char path[64])
{
	snprintf(path, 64, "/tmp/huntd-story-XXXXXX");
	const char *made = mkdtemp(path);
	HD_ASSERT(made != NULL);
}

static int
remove_one(const char *path, const struct stat *stat, int kind, struct FTW *at)
{
	(void)stat;
	(void)kind;
	(void)at;
	return remove(path);
}

void
house_folder_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void
copy_file(const char *from, const char *to)
{
	static const size_t piece = 256 * 1024;
	char *bytes = malloc(piece);
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	HD_ASSERT(bytes != NULL && in >= 0 && out >= 0);
	for (ssize_t size; (size = read(in, bytes, piece)) > 0;) {
		ssize_t written = write(out, bytes, (size_t)size);
		HD_ASSERT(written == size);
	}
	close(in);
	close(out);
	free(bytes);
}

void
house_folder_copy(const char *from, const char *to)
{
	DIR *folder = opendir(from);
	HD_ASSERT(folder != NULL);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		char source[512], target[512];
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(source, sizeof source, "%s/%s", from, entry->d_name);
		snprintf(target, sizeof target, "%s/%s", to, entry->d_name);
		struct stat stat;
		int error = lstat(source, &stat);
		HD_ASSERT(error == 0);
		if (!S_ISDIR(stat.st_mode)) {
			copy_file(source, target);
			continue;
		}
		mkdir(target, 0700);
		house_folder_copy(source, target);
	}
	closedir(folder);
}

/* Disks. */

void
house_fill_disk(struct house *house, bool full)
{
	house_disk(house)->full = full;
}

void
house_late_disk(struct house *house, uint32_t shard, bool late)
{
	uint64_t bit = UINT64_C(1) << shard;
	if (late) {
		house_disk(house)->late |= bit;
		return;
	}
	house_disk(house)->late &= ~bit;
	struct hd_io *io = hd_shard_io(house_shard(house, shard));
	io->ops->wake(NULL, io);
}

void
house_hold_disk(struct house *house, uint32_t ms)
{
	struct thread_disk *disk = house_disk(house);
	pthread_rwlock_wrlock(&disk->gate);
	usleep(1000 * ms);
	pthread_rwlock_unlock(&disk->gate);
}

void
house_image(struct house *house, const char *folder, const char *to)
{
	struct thread_disk *disk = house_disk(house);
	pthread_rwlock_wrlock(&disk->gate);
	house_folder_copy(folder, to);
	pthread_rwlock_unlock(&disk->gate);
}
