/* What a fake disk holds after its process or its machine has stopped. */
#include <string.h>

#include "tests/lib/fake_inside.h"
#include "tests/lib/lib.h"

static bool
survives(struct fake_io *fake, uint32_t coin)
{
	if (fake->survives && coin < 100)
		return fake->survives(fake->survives_context);
	return coin >= 100 || (coin > 0 && hd_test_random(&fake->seed) % 100 < coin);
}

/* Some sectors of a write that was under way. */
static void
land(struct fake_io *fake, const struct fake_request *request, uint32_t coin)
{
	struct fake_file *file = &fake->files[request->file];
	fake_reserve(file, request->offset + request->size);
	for (uint32_t at = 0; at < request->size; at += FAKE_SECTOR)
		if (survives(fake, coin))
			memcpy(file->cache + request->offset + at, request->at + at, FAKE_SECTOR);
}

void
fake_io_kill(struct fake_io *fake, uint32_t coin)
{
	for (uint32_t i = 0; i < fake->queued; i++) {
		const struct fake_request *request = &fake->queue[i];
		if (request->kind == FAKE_WRITE)
			land(fake, request, coin);
		else if (request->file < 0 && survives(fake, coin))
			(void)fake_perform(fake, request);
	}
	fake_drop_queue(fake);
}

static void
lose(struct fake_io *fake, struct fake_file *file, uint32_t coin)
{
	for (uint64_t at = 0; at + FAKE_SECTOR <= file->room; at += FAKE_SECTOR)
		if (memcmp(file->disk + at, file->cache + at, FAKE_SECTOR) != 0 &&
		    survives(fake, coin))
			memcpy(file->disk + at, file->cache + at, FAKE_SECTOR);
	memcpy(file->cache, file->disk, file->room);
	if (file->size != file->disk_size && survives(fake, coin))
		file->disk_size = file->size;
	file->size = file->disk_size;
}

/* What became of a name that no sync of its directory has kept. */
static void
lose_name(struct fake_io *fake, struct fake_file *file, uint32_t coin)
{
	bool renamed = strcmp(file->path, file->disk_path) != 0;
	if ((renamed || file->named != file->disk_named) && survives(fake, coin))
		fake_keep_name(file);
	memcpy(file->path, file->disk_path, sizeof file->path);
	file->named = file->disk_named;
}

void
fake_io_crash(struct fake_io *fake, uint32_t coin)
{
	/* What is in the cache or on its way has the same chance. */
	fake_io_kill(fake, 100);
	for (int i = 0; i < FAKE_FILES; i++) {
		if (fake->files[i].room)
			lose(fake, &fake->files[i], coin);
		if (fake->files[i].replaced_by == 0)
			lose_name(fake, &fake->files[i], coin);
	}
	for (int i = 0; i < FAKE_FILES; i++) {
		struct fake_file *file = &fake->files[i];
		const char *name = file->disk_path;
		if (file->replaced_by == 0)
			continue;
		file->disk_named &= fake_io_find(fake, name) == NULL;
		file->named = file->disk_named;
		file->replaced_by = 0;
	}
}
