/* disk.h - the disk of the simulated machine: files, what of them is cached, what is really there.
 *
 * Everything that was written is in the cache; a sync brings to the disk what was written before it
 * was asked for. Names are a journal of their own: a sync of a directory makes all of it durable up
 * to that directory's last change. A process' death keeps the cache. A power cut keeps the disk,
 * of every 512-byte sector written since whichever version chance says, and of the journal of names
 * some first part. */
#ifndef HUNTD_TESTS_SIM_DISK_H
#define HUNTD_TESTS_SIM_DISK_H

#include <stdbool.h>
#include <stdint.h>

#define DISK_FILES  2048
#define DISK_BLOCK  4096u
#define DISK_SECTOR 512u
#define DISK_NAME   160

struct disk_block {
	uint64_t written; /* when last; see struct disk */
	uint8_t dirty;    /* a bit a sector */
	bool listed;
	uint8_t cache[DISK_BLOCK], disk[DISK_BLOCK];
	struct disk_block *next_free;
};

struct disk_file {
	bool used;
	uint32_t opens;                                /* handles of the running process */
	char name[DISK_NAME], durable_name[DISK_NAME]; /* empty: none */
	uint64_t size, durable_size, taken;            /* taken: of the disk's space */
	struct disk_block **blocks;                    /* NULL: zeros */
	uint32_t room;                                 /* of blocks */
	uint32_t *dirty;                               /* numbers of blocks */
	uint32_t dirty_count, dirty_room;
};

struct disk_rename {
	int file;
	char name[DISK_NAME]; /* empty: removed */
};

struct disk {
	struct disk_file files[DISK_FILES];
	struct disk_rename *journal;
	uint32_t journal_count, journal_room;
	uint64_t clock; /* counts writes */
	int64_t space;
	struct disk_block *free;
	uint64_t *random;
};

void disk_init(struct disk *disk, uint64_t *random, int64_t space);
void disk_fini(struct disk *disk);

int disk_find(const struct disk *disk, const char *name); /* -1: none */
int disk_create(struct disk *disk, const char *name);     /* -EEXIST */
int disk_rename(struct disk *disk, const char *from, const char *to);
int disk_remove(struct disk *disk, const char *name);
void disk_sync_names(struct disk *disk, const char *directory);
int disk_allocate(struct disk *disk, int file, uint64_t size); /* -ENOSPC */

/* Sizes and offsets as they come. */
void disk_write(struct disk *disk, int file, const uint8_t *from, uint32_t size, uint64_t offset);
uint32_t disk_read(struct disk *disk, int file, uint8_t *to, uint32_t size, uint64_t offset);

/* What was written at `until` or before is on the disk (disk->clock: all). */
void disk_sync(struct disk *disk, int file, uint64_t until);
void disk_sync_range(struct disk *disk, int file, uint32_t size, uint64_t offset);

/* A failed sync: each sector is on the disk, or not yet, or gone. */
void disk_fail_sync(struct disk *disk, int file);

/* One bit of a file turns over, on the disk and in every reader's eyes. */
void disk_rot(struct disk *disk, int file);
void disk_turn(struct disk *disk, int file, uint64_t at);

void disk_power_cut(struct disk *disk);

#endif
