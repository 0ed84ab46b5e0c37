/* The scrubber over a log that goes on: whatever a disk does to a snapshot, to the archive or to a
 * segment that was left is found, and nothing is ever found where files are only used again,
 * packed, moved and removed under the reader. Seeds reproduce: run with one as argument to try only
 * that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shard/archive/scrub.h"
#include "shard/snapshot/format.h"
#include "tests/lib/lib.h"
#include "tests/lib/log_keeper.h"

#define FOLDER "data/shard-3"
#define PERIOD 3600000000000

#define SEEDS 6u
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FLIPS 12u
#else
#define FLIPS 30u
#endif

static uint64_t only_seed;

struct yard {
	struct log_keeper keeper;
	struct hd_shard_stats stats;
	struct hd_runtime_hooks hooks;
	struct hd_scrub scrub;
	struct hd_scrub_damage damage; /* the last one */
	uint32_t found, suspected, passes;
	uint64_t random, snapshots[2]; /* files; the older one first */
};

static int64_t
wall_clock(void *context)
{
	(void)context;
	return 77 * (int64_t)1000000000;
}

static void
begin_scrub(struct yard *yard)
{
	yard->scrub = (struct hd_scrub){.period = PERIOD,
					.shards = 1,
					.io = &yard->keeper.world.fake.io,
					.memory = &yard->keeper.world.memory,
					.stats = &yard->stats,
					.hooks = &yard->hooks};
	hd_scrub_know(&yard->scrub, 0, FOLDER);
}

static void
open_yard(struct yard *yard)
{
	if (!log_keeper_open(&yard->keeper, 1, false))
		fail_msg("seed %llu: %s", (unsigned long long)yard->keeper.world.seed,
			 yard->keeper.world.report.message);
	begin_scrub(yard);
}

static struct yard *
begin(uint64_t seed)
{
	struct yard *yard = aligned_alloc(64, (sizeof *yard + 63) / 64 * 64);
	assert_non_null(yard);
	memset(yard, 0, sizeof *yard);
	yard->hooks.wall_clock = wall_clock;
	yard->random = seed;
	log_keeper_init(&yard->keeper, seed);
	yard->keeper.world.text_max = 20000;
	yard->keeper.world.options.shard = 0;
	yard->keeper.archive_max = 40 * HD_KIB;
	open_yard(yard);
	return yard;
}

static void
end(struct yard *yard)
{
	hd_scrub_close(&yard->scrub);
	fake_io_kill(&yard->keeper.world.fake, 0);
	log_keeper_fini(&yard->keeper);
	free(yard);
}

static uint64_t
random_below(struct yard *yard, uint64_t bound)
{
	return hd_test_random(&yard->random) % bound;
}

/* A file like a snapshot's, of some chunks that nobody will unpack; the oldest of three goes. */
static void
put_snapshot(struct yard *yard, uint64_t lsn)
{
	static uint8_t bytes[64 * HD_KIB * 20];
	struct hd_snapshot_head head = {.log = 0, .anchor = {.lsn = lsn, .number = 1}};
	struct hd_snapshot_end last = {.chunks = (uint32_t)random_below(yard, 18)};
	struct hd_io *io = &yard->keeper.world.fake.io;
	char path[HD_SNAPSHOT_PATH];
	uint32_t seed = hd_snapshot_put_head(&head, bytes), used = HD_SNAPSHOT_HEAD;
	for (uint32_t i = 0; i < last.chunks; i++) {
		uint32_t size = 1 + (uint32_t)random_below(yard, 50000);
		uint8_t *stored = bytes + used + HD_SNAPSHOT_MARK;
		for (uint32_t k = 0; k < size; k++)
			stored[k] = (uint8_t)hd_test_random(&yard->random);
		hd_snapshot_put_mark(seed, i, 100, stored, size, bytes + used);
		used += HD_SNAPSHOT_MARK + size;
		last.raw += 100;
	}
	hd_snapshot_put_end(seed, &last, bytes + used);
	used += HD_SNAPSHOT_END;
	uint32_t whole = (used + HD_BLOCK - 1) / HD_BLOCK * HD_BLOCK;
	memset(bytes + used, 0, whole - used);
	hd_snapshot_path(FOLDER, lsn, true, path);
	int file = io->ops->file_open(io, path, HD_IO_CREATE | HD_IO_WRITE);
	assert_true(file >= 0);
	assert_int_equal(io->ops->file_write(io, file, bytes, whole, 0), whole);
	io->ops->file_sync(io, file);
	io->ops->file_close(io, file);
	io->ops->dir_sync(io, FOLDER);
	if (yard->snapshots[0] != 0) {
		hd_snapshot_path(FOLDER, yard->snapshots[0], true, path);
		assert_int_equal(io->ops->file_remove(io, path), 0);
	}
	yard->snapshots[0] = yard->snapshots[1];
	yard->snapshots[1] = lsn;
}

/* Some of what goes on beside the scrubber. */
static void
go_on(struct yard *yard)
{
	struct log_world *world = &yard->keeper.world;
	uint64_t what = random_below(yard, 16);
	if (what < 8)
		log_world_append(world, 1 + (uint32_t)random_below(yard, 6));
	if (what == 8)
		log_keeper_snapshot(&yard->keeper);
	if (what == 9 && hd_log_tail(world->log) > yard->snapshots[1])
		put_snapshot(yard, hd_log_tail(world->log));
	if (what < 15)
		log_world_pass(world, true);
	else
		log_world_settle(world);
	world->fake.now += (int64_t)HD_MIB * 100;
	log_keeper_pass(&yard->keeper, (uint32_t)random_below(yard, 3));
}

/* The scrubber's next step. */
static void
step(struct yard *yard)
{
	struct hd_scrub *scrub = &yard->scrub;
	bool running = scrub->running, again = scrub->again;
	int64_t now = hd_scrub_due(scrub);
	yard->found += hd_scrub_step(scrub, now, &yard->damage);
	yard->passes += running && !scrub->running;
	yard->suspected += !again && scrub->again;
	assert_true(hd_scrub_due(scrub) >= now + HD_SCRUB_PAUSE_NS);
}

static void
whole_pass(struct yard *yard)
{
	uint32_t passes = yard->passes;
	int64_t start = hd_scrub_due(&yard->scrub);
	while (yard->passes == passes)
		step(yard);
	assert_true(hd_scrub_due(&yard->scrub) - start <= PERIOD);
}

static void
rest(struct yard *yard)
{
	log_world_settle(&yard->keeper.world);
	for (uint32_t i = 0; i < 200; i++) {
		yard->keeper.world.fake.now += (int64_t)HD_MIB * 100;
		log_keeper_pass(&yard->keeper, 4);
		log_world_settle(&yard->keeper.world);
	}
}

/* The process dies, and what it had in flight is there or not. */
static void
die(struct yard *yard)
{
	hd_scrub_close(&yard->scrub);
	fake_io_kill(&yard->keeper.world.fake, 50);
	log_keeper_drop(&yard->keeper);
	open_yard(yard);
}

static void
nothing_is_found_where_nothing_is_wrong(void **state)
{
	(void)state;
	uint32_t suspected = 0, archived = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		if (only_seed != 0 && only_seed != seed)
			continue;
		struct yard *yard = begin(seed);
		yard->keeper.archive = seed % 3 != 0;
		for (uint32_t i = 0; i < 4000; i++) {
			go_on(yard);
			step(yard);
			if (i % 1000 == 999)
				die(yard);
			if (yard->found != 0)
				fail_msg("seed %llu, step %u: kind %u, id %llu, offset %llu: %s",
					 (unsigned long long)seed, i, yard->damage.kind,
					 (unsigned long long)yard->damage.id,
					 (unsigned long long)yard->damage.offset,
					 hd_check_text(yard->damage.fault));
		}
		assert_true(yard->passes > 3);
		assert_int_equal(yard->stats.metrics.scrub_last_pass, 77);
		assert_true(yard->stats.metrics.scrub_bytes > 10 * HD_MIB);
		suspected += yard->suspected;
		archived += yard->keeper.archived;
		end(yard);
	}
	if (only_seed == 0) {
		assert_true(suspected > 0); /* files were used again under the reader */
		assert_true(archived > 20);
	}
}

/* A yard with files of every kind, at rest. */
static struct yard *
full_yard(uint64_t seed)
{
	struct yard *yard = begin(seed);
	for (uint32_t i = 0; i < 700; i++)
		go_on(yard);
	log_world_append(&yard->keeper.world, 5);
	rest(yard);
	put_snapshot(yard, hd_log_tail(yard->keeper.world.log) + 1);
	whole_pass(yard);
	assert_int_equal(yard->found, 0);
	return yard;
}

/* Behind the last frame of the chain in a segment that was left: what an earlier use of the file
 * left there does not count. */
static uint64_t
used_of(const struct fake_file *file)
{
	struct hd_frame frame;
	uint8_t uuid[HD_FRAME_HASH];
	uint32_t number = (uint32_t)strtoul(strrchr(file->path, '/') + 1, NULL, 10);
	for (uint64_t at = 0; at < file->size; at += frame.size) {
		struct hd_bytes rest = hd_bytes_of(file->cache + at, file->size - at);
		if (hd_frame_read(rest, &frame) != HD_FRAME_WHOLE ||
		    (at == 0 && !hd_frame_begins(&frame.header, number)))
			return at;
		if (at == 0)
			memcpy(uuid, frame.header.segment, sizeof uuid);
		if (memcmp(uuid, frame.header.segment, sizeof uuid) != 0)
			return at;
	}
	return file->size;
}

/* A file of the n-th kind, and how much of it counts; NULL: this one is none. */
static struct fake_file *
pick_file(struct yard *yard, enum hd_check_kind kind, uint64_t *id, uint64_t *size)
{
	const struct hd_scrub_list *list = &yard->scrub.list;
	char path[HD_PACK_PATH];
	uint32_t first = kind == HD_CHECK_PACKED ? list->packed_first : list->first;
	uint32_t last = kind == HD_CHECK_PACKED ? list->packed_last : list->last;
	*id = first + random_below(yard, last - first + 1);
	if (kind == HD_CHECK_SNAPSHOT)
		*id = yard->snapshots[random_below(yard, 2)];
	if (kind == HD_CHECK_SNAPSHOT)
		hd_snapshot_path(FOLDER, *id, true, path);
	else if (kind == HD_CHECK_PACKED)
		hd_pack_path(FOLDER, (uint32_t)*id, HD_PACK_PACKED, path);
	else
		snprintf(path, sizeof path, FOLDER "/%08u.log", (uint32_t)*id);
	struct fake_file *file = fake_io_find(&yard->keeper.world.fake, path);
	if (file == NULL)
		return NULL;
	*size = kind == HD_CHECK_SEGMENT ? used_of(file) : file->size;
	return file;
}

static bool
is_current(struct yard *yard, uint64_t number)
{
	const struct hd_scrub_list *list = &yard->scrub.list;
	char path[64];
	for (uint64_t i = number + 1; i <= list->last; i++) {
		snprintf(path, sizeof path, FOLDER "/%08u.log", (uint32_t)i);
		if (used_of(fake_io_find(&yard->keeper.world.fake, path)) > 0)
			return false;
	}
	return true;
}

static void
expect_found(struct yard *yard, enum hd_check_kind kind, uint64_t id, uint64_t bit)
{
	if (yard->found != 1)
		fail_msg("seed %llu: %u found for bit %llu of file %llu of kind %d",
			 (unsigned long long)yard->keeper.world.seed, yard->found,
			 (unsigned long long)bit, (unsigned long long)id, kind);
	assert_int_equal(yard->damage.kind, kind);
	assert_int_equal(yard->damage.id, id);
	assert_true(yard->damage.fault != HD_CHECK_NONE);
}

static void
every_flipped_bit_is_found_and_told_once(void **state)
{
	(void)state;
	uint32_t tried[3] = {0};
	for (uint64_t seed = 1; seed <= SEEDS / 2; seed++) {
		if (only_seed != 0 && only_seed != seed)
			continue;
		struct yard *yard = full_yard(seed);
		for (uint32_t i = 0; i < FLIPS; i++) {
			uint64_t id = 0, size = 0;
			enum hd_check_kind kind = i % 3;
			struct fake_file *file = pick_file(yard, kind, &id, &size);
			if (file == NULL || size == 0 ||
			    (kind == HD_CHECK_SEGMENT && is_current(yard, id)))
				continue;
			tried[kind]++;
			uint64_t bit = random_below(yard, size * 8);
			yard->found = 0;
			file->cache[bit / 8] ^= (uint8_t)(1 << bit % 8);
			whole_pass(yard);
			expect_found(yard, kind, id, bit);
			whole_pass(yard);
			expect_found(yard, kind, id, bit);
			file->cache[bit / 8] ^= (uint8_t)(1 << bit % 8);
			whole_pass(yard);
			expect_found(yard, kind, id, bit);
		}
		end(yard);
	}
	if (only_seed == 0)
		assert_true(tried[0] > 0 && tried[1] > 0 && tried[2] > 0);
}

/* Each frame is whole: only the chain tells. */
static void
a_lost_write_and_one_that_went_astray_are_found(void **state)
{
	(void)state;
	struct yard *yard = full_yard(11);
	uint32_t tried = 0;
	for (uint32_t i = 0; i < 200 && tried < 6; i++) {
		uint64_t id = 0, size = 0;
		struct hd_frame frame;
		struct fake_file *file = pick_file(yard, HD_CHECK_SEGMENT, &id, &size);
		if (file == NULL || size == 0 || is_current(yard, id))
			continue;
		hd_frame_read(hd_bytes_of(file->cache, file->size), &frame);
		if (frame.size >= size)
			continue;
		/* The second frame is gone, or another stands there. */
		uint8_t block[HD_BLOCK];
		memcpy(block, file->cache + frame.size, HD_BLOCK);
		memcpy(file->cache + frame.size, file->cache, HD_BLOCK);
		if (tried++ % 2)
			memset(file->cache + frame.size, 0, HD_BLOCK);
		yard->found = 0;
		whole_pass(yard);
		expect_found(yard, HD_CHECK_SEGMENT, id, frame.size);
		assert_int_equal(yard->damage.offset, frame.size);
		memcpy(file->cache + frame.size, block, HD_BLOCK);
		whole_pass(yard);
	}
	assert_int_equal(tried, 6);
	end(yard);
}

/* The name of another: whole, and in the wrong place. */
static void
a_snapshot_in_anothers_place_is_found(void **state)
{
	(void)state;
	struct yard *yard = full_yard(12);
	char from[HD_SNAPSHOT_PATH], to[HD_SNAPSHOT_PATH];
	struct hd_io *io = &yard->keeper.world.fake.io;
	hd_snapshot_path(FOLDER, yard->snapshots[0], true, from);
	hd_snapshot_path(FOLDER, yard->snapshots[1], true, to);
	io->ops->file_rename(io, from, to);
	whole_pass(yard);
	expect_found(yard, HD_CHECK_SNAPSHOT, yard->snapshots[1], 0);
	assert_int_equal(yard->damage.fault, HD_CHECK_OTHER);
	end(yard);
}

/* Damage in a file that goes before the second reading, or within it, is nobody's. */
static void
lose_when_suspected(bool within)
{
	struct yard *yard = full_yard(13);
	char path[HD_SNAPSHOT_PATH];
	struct hd_io *io = &yard->keeper.world.fake.io;
	hd_snapshot_path(FOLDER, yard->snapshots[1], true, path);
	fake_io_find(&yard->keeper.world.fake, path)->cache[100] ^= 1;
	yard->suspected = 0;
	while (yard->suspected == 0)
		step(yard);
	if (within)
		step(yard);
	assert_int_equal(yard->scrub.reading, within);
	io->ops->file_remove(io, path);
	whole_pass(yard);
	assert_int_equal(yard->found, 0);
	end(yard);
}

static void
what_is_gone_before_it_is_read_again_is_not_told(void **state)
{
	(void)state;
	lose_when_suspected(false);
	lose_when_suspected(true);
}

/* The next segment's file has its name, and still holds frames of its last use: the current one is
 * not left for that. */
static void
a_file_that_is_to_be_used_again_is_not_the_next(void **state)
{
	(void)state;
	struct yard *yard = full_yard(15);
	struct fake_io *fake = &yard->keeper.world.fake;
	struct hd_scrub_list *list = &yard->scrub.list;
	char path[64];
	struct fake_file *last = NULL;
	for (uint32_t i = 0; i < 1000 && (last == NULL || used_of(last) > 0); i++) {
		go_on(yard);
		rest(yard);
		whole_pass(yard);
		snprintf(path, sizeof path, FOLDER "/%08u.log", list->last);
		last = fake_io_find(fake, path);
	}
	assert_true(last != NULL && used_of(last) == 0);
	snprintf(path, sizeof path, FOLDER "/%08u.log", list->first);
	memcpy(last->cache, fake_io_find(fake, path)->cache, HD_BLOCK);
	yard->suspected = 0;
	whole_pass(yard);
	assert_int_equal(yard->suspected, 0);
	assert_int_equal(yard->found, 0);
	end(yard);
}

/* Between two files the rest of the hour is the disk's; without a period it is all. */
static void
it_leaves_the_disk_alone(void **state)
{
	(void)state;
	struct yard *yard = full_yard(14);
	uint32_t steps = 0, passes = yard->passes;
	int64_t pause = 0;
	while (yard->passes == passes) {
		int64_t now = hd_scrub_due(&yard->scrub);
		step(yard);
		steps++;
		if (hd_scrub_due(&yard->scrub) - now > pause)
			pause = hd_scrub_due(&yard->scrub) - now;
	}
	assert_true(steps < 1000);
	assert_true(pause > PERIOD / 200);
	hd_scrub_close(&yard->scrub);
	begin_scrub(yard);
	yard->scrub.period = 0;
	assert_int_equal(hd_scrub_due(&yard->scrub), INT64_MAX);
	end(yard);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_found_where_nothing_is_wrong),
		cmocka_unit_test(every_flipped_bit_is_found_and_told_once),
		cmocka_unit_test(a_lost_write_and_one_that_went_astray_are_found),
		cmocka_unit_test(a_snapshot_in_anothers_place_is_found),
		cmocka_unit_test(what_is_gone_before_it_is_read_again_is_not_told),
		cmocka_unit_test(a_file_that_is_to_be_used_again_is_not_the_next),
		cmocka_unit_test(it_leaves_the_disk_alone),
	};
	only_seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
