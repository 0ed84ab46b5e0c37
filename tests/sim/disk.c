#include "tests/sim/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "huntd/assert.h"
#include "tests/sim/random.h"

#define SECTORS (DISK_BLOCK / DISK_SECTOR)

static void *
grow(void *at, uint32_t *room, uint32_t least, size_t each)
{
	uint32_t wider = *room ? *room : 16;
	while (wider < least)
		wider *= 2;
	if (wider == *room)
		return at;
	at = realloc(at, wider * each);
	HD_ASSERT(at != NULL);
	memset((uint8_t *)at + *room * each, 0, (wider - *room) * each);
	*room = wider;
	return at;
}

void
disk_init(struct disk *disk, uint64_t *random, int64_t space)
{
	memset(disk, 0, sizeof *disk);
	disk->random = random;
	disk->space = space;
}

static void
drop_content(struct disk *disk, struct disk_file *file)
{
	for (uint32_t i = 0; i < file->room; i++) {
		if (file->blocks[i] == NULL)
			continue;
		file->blocks[i]->next_free = disk->free;
		disk->free = file->blocks[i];
	}
	free(file->blocks);
	free(file->dirty);
	disk->space += (int64_t)file->taken;
	memset(file, 0, sizeof *file);
}

void
disk_fini(struct disk *disk)
{
	for (int i = 0; i < DISK_FILES; i++)
		if (disk->files[i].used)
			drop_content(disk, &disk->files[i]);
	while (disk->free != NULL) {
		struct disk_block *block = disk->free;
		disk->free = block->next_free;
		free(block);
	}
	free(disk->journal);
}

/* Names. */

int
disk_find(const struct disk *disk, const char *name)
{
	for (int i = 0; i < DISK_FILES; i++)
		if (disk->files[i].used && strcmp(disk->files[i].name, name) == 0)
			return i;
	return -1;
}

static void
set_name(struct disk *disk, int file, const char *name)
{
	HD_ASSERT(strlen(name) < DISK_NAME);
	memmove(disk->files[file].name, name, strlen(name) + 1);
	disk->journal = grow(disk->journal, &disk->journal_room, disk->journal_count + 1,
			     sizeof *disk->journal);
	struct disk_rename *entry = &disk->journal[disk->journal_count++];
	entry->file = file;
	memcpy(entry->name, disk->files[file].name, DISK_NAME);
}

int
disk_create(struct disk *disk, const char *name)
{
	if (disk_find(disk, name) >= 0)
		return -EEXIST;
	for (int i = 0; i < DISK_FILES; i++) {
		if (disk->files[i].used)
			continue;
		disk->files[i].used = true;
		set_name(disk, i, name);
		return i;
	}
	HD_UNREACHABLE();
}

int
disk_remove(struct disk *disk, const char *name)
{
	int file = disk_find(disk, name);
	if (file < 0)
		return -ENOENT;
	set_name(disk, file, "");
	return 0;
}

int
disk_rename(struct disk *disk, const char *from, const char *to)
{
	int file = disk_find(disk, from);
	if (file < 0)
		return -ENOENT;
	int other = disk_find(disk, to);
	if (other >= 0)
		disk->files[other].name[0] = '\0'; /* in one step with the new name's */
	set_name(disk, file, to);
	return 0;
}

/* The first `count` entries of the journal have come to pass. */
static void
commit_names(struct disk *disk, uint32_t count)
{
	if (count == 0)
		return;
	for (uint32_t i = 0; i < count; i++) {
		struct disk_rename *entry = &disk->journal[i];
		for (int k = 0; entry->name[0] != '\0' && k < DISK_FILES; k++)
			if (strcmp(disk->files[k].durable_name, entry->name) == 0)
				disk->files[k].durable_name[0] = '\0';
		memcpy(disk->files[entry->file].durable_name, entry->name, DISK_NAME);
	}
	disk->journal_count -= count;
	memmove(disk->journal, disk->journal + count, disk->journal_count * sizeof *disk->journal);
}

/* What has no name any more and is not in the journal is gone. */
static void
sweep(struct disk *disk)
{
	for (int i = 0; i < DISK_FILES; i++) {
		struct disk_file *file = &disk->files[i];
		bool pending =
			file->opens > 0 || file->name[0] != '\0' || file->durable_name[0] != '\0';
		for (uint32_t k = 0; k < disk->journal_count; k++)
			pending |= disk->journal[k].file == i;
		if (file->used && !pending)
			drop_content(disk, file);
	}
}

void
disk_sync_names(struct disk *disk, const char *directory)
{
	size_t length = strlen(directory);
	uint32_t count = 0;
	for (uint32_t i = 0; i < disk->journal_count; i++) {
		const struct disk_rename *entry = &disk->journal[i];
		const char *now =
			entry->name[0] ? entry->name : disk->files[entry->file].durable_name;
		if (now[0] == '\0' || strncmp(now, directory, length) == 0)
			count = i + 1;
	}
	commit_names(disk, count);
	sweep(disk);
}

/* Content. */

int
disk_allocate(struct disk *disk, int number, uint64_t size)
{
	struct disk_file *file = &disk->files[number];
	if (size <= file->taken)
		return 0;
	if ((int64_t)(size - file->taken) > disk->space)
		return -ENOSPC;
	disk->space -= (int64_t)(size - file->taken);
	file->taken = size;
	if (size > file->size)
		file->size = size;
	return 0;
}

static struct disk_block *
block_at(struct disk *disk, struct disk_file *file, uint32_t number)
{
	file->blocks = grow(file->blocks, &file->room, number + 1, sizeof(struct disk_block *));
	if (file->blocks[number] != NULL)
		return file->blocks[number];
	struct disk_block *block = disk->free;
	if (block != NULL)
		disk->free = block->next_free;
	else
		block = malloc(sizeof *block);
	HD_ASSERT(block != NULL);
	memset(block, 0, sizeof *block);
	return file->blocks[number] = block;
}

static bool
is_zero(const uint8_t *at, uint32_t size)
{
	return size == 0 || (at[0] == 0 && memcmp(at, at + 1, size - 1) == 0);
}

static void
write_block(struct disk *disk, struct disk_file *file, uint32_t number, const uint8_t *from,
	    uint32_t offset, uint32_t size)
{
	bool none = number >= file->room || file->blocks[number] == NULL;
	if (none && is_zero(from, size))
		return;
	struct disk_block *block = block_at(disk, file, number);
	memcpy(block->cache + offset, from, size);
	block->written = disk->clock;
	for (uint32_t sector = offset / DISK_SECTOR; sector * DISK_SECTOR < offset + size; sector++)
		block->dirty |= (uint8_t)(1u << sector);
	if (block->listed)
		return;
	block->listed = true;
	file->dirty =
		grow(file->dirty, &file->dirty_room, file->dirty_count + 1, sizeof *file->dirty);
	file->dirty[file->dirty_count++] = number;
}

void
disk_write(struct disk *disk, int number, const uint8_t *from, uint32_t size, uint64_t offset)
{
	struct disk_file *file = &disk->files[number];
	HD_ASSERT(file->used);
	disk->clock++;
	for (uint32_t done = 0; done < size;) {
		uint64_t at = offset + done;
		uint32_t inside = (uint32_t)(at % DISK_BLOCK), part = DISK_BLOCK - inside;
		if (part > size - done)
			part = size - done;
		write_block(disk, file, (uint32_t)(at / DISK_BLOCK), from + done, inside, part);
		done += part;
	}
	if (offset + size > file->size)
		file->size = offset + size;
	if (file->size > file->taken) {
		disk->space -= (int64_t)(file->size - file->taken);
		file->taken = file->size;
	}
}

uint32_t
disk_read(struct disk *disk, int number, uint8_t *to, uint32_t size, uint64_t offset)
{
	struct disk_file *file = &disk->files[number];
	HD_ASSERT(file->used);
	uint64_t left = offset < file->size ? file->size - offset : 0;
	if (left < size)
		size = (uint32_t)left;
	for (uint32_t done = 0; done < size;) {
		uint64_t at = offset + done;
		uint32_t inside = (uint32_t)(at % DISK_BLOCK), part = DISK_BLOCK - inside;
		uint32_t block = (uint32_t)(at / DISK_BLOCK);
		if (part > size - done)
			part = size - done;
		if (block < file->room && file->blocks[block] != NULL)
			memcpy(to + done, file->blocks[block]->cache + inside, part);
		else
			memset(to + done, 0, part);
		done += part;
	}
	return size;
}

static void
clean(struct disk_block *block)
{
	memcpy(block->disk, block->cache, DISK_BLOCK);
	block->dirty = 0;
	block->listed = false;
}

void
disk_sync(struct disk *disk, int number, uint64_t until)
{
	struct disk_file *file = &disk->files[number];
	uint32_t left = 0;
	(void)disk;
	for (uint32_t i = 0; i < file->dirty_count; i++) {
		struct disk_block *block = file->blocks[file->dirty[i]];
		if (block->written <= until)
			clean(block);
		else
			file->dirty[left++] = file->dirty[i];
	}
	file->dirty_count = left;
	file->durable_size = file->size;
}

void
disk_sync_range(struct disk *disk, int number, uint32_t size, uint64_t offset)
{
	struct disk_file *file = &disk->files[number];
	uint32_t first = (uint32_t)(offset / DISK_BLOCK);
	uint32_t end = (uint32_t)((offset + size + DISK_BLOCK - 1) / DISK_BLOCK), left = 0;
	(void)disk;
	for (uint32_t i = 0; i < file->dirty_count; i++) {
		if (file->dirty[i] >= first && file->dirty[i] < end)
			clean(file->blocks[file->dirty[i]]);
		else
			file->dirty[left++] = file->dirty[i];
	}
	file->dirty_count = left;
	file->durable_size = file->size;
}

/* Failing. */

static void
settle_sector(struct disk_block *block, uint32_t sector, bool written)
{
	uint8_t *disk = block->disk + sector * DISK_SECTOR;
	uint8_t *cache = block->cache + sector * DISK_SECTOR;
	if (written)
		memcpy(disk, cache, DISK_SECTOR);
	else
		memcpy(cache, disk, DISK_SECTOR);
	block->dirty &= (uint8_t) ~(1u << sector);
}

/* Of the dirty sectors of a block `keep` in 4 stay as they are, undecided. */
static void
settle_block(struct disk *disk, struct disk_block *block, uint32_t keep, uint32_t coin)
{
	for (uint32_t sector = 0; sector < SECTORS; sector++) {
		uint64_t draw = sim_random(disk->random);
		if ((block->dirty & 1u << sector) == 0 || draw % 4 < keep)
			continue;
		settle_sector(block, sector, (draw >> 32) % 100 < coin);
	}
}

void
disk_fail_sync(struct disk *disk, int number)
{
	struct disk_file *file = &disk->files[number];
	for (uint32_t i = 0; i < file->dirty_count; i++)
		settle_block(disk, file->blocks[file->dirty[i]], 2, 50);
}

void
disk_rot(struct disk *disk, int number)
{
	struct disk_file *file = &disk->files[number];
	disk_turn(disk, number, sim_random(disk->random) % (file->size ? file->size : 1));
}

void
disk_turn(struct disk *disk, int number, uint64_t at)
{
	struct disk_file *file = &disk->files[number];
	uint32_t block = (uint32_t)(at / DISK_BLOCK);
	if (block >= file->room || file->blocks[block] == NULL)
		return;
	uint8_t bit = (uint8_t)(1u << sim_random(disk->random) % 8);
	file->blocks[block]->cache[at % DISK_BLOCK] ^= bit;
	file->blocks[block]->disk[at % DISK_BLOCK] ^= bit;
}

static void
cut_file(struct disk *disk, struct disk_file *file, uint32_t coin)
{
	for (uint32_t i = 0; i < file->dirty_count; i++) {
		struct disk_block *block = file->blocks[file->dirty[i]];
		settle_block(disk, block, 0, coin);
		block->listed = false;
	}
	file->dirty_count = 0;
	if (file->size != file->durable_size && sim_random(disk->random) % 2)
		file->durable_size = file->size;
	file->size = file->durable_size;
	memcpy(file->name, file->durable_name, DISK_NAME);
	file->opens = 0;
}

void
disk_power_cut(struct disk *disk)
{
	static const uint32_t coins[] = {0, 10, 50, 90, 100};
	uint32_t coin = coins[sim_random(disk->random) % 5];
	commit_names(disk, (uint32_t)(sim_random(disk->random) % (disk->journal_count + 1)));
	disk->journal_count = 0;
	for (int i = 0; i < DISK_FILES; i++)
		if (disk->files[i].used)
			cut_file(disk, &disk->files[i], coin);
	sweep(disk);
}
