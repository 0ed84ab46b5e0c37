/* The helper and its scrubber while their disk refuses what it may: a segment is packed or stays as
 * it was, damage is told once, and what is only strange is passed over. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shard/log/segments.h"
#include "tests/lib/log_keeper.h"
#include "tests/unit/recovery/crafted.h"

#define FOLDER  "data/shard-3"
#define ARCHIVE FOLDER "/archive"
#define S       1000000000LL
#define PERIOD  (3600 * S)

/* The helper. */

static struct log_keeper *
begin(void)
{
	struct log_keeper *keeper = malloc(sizeof *keeper);
	assert_non_null(keeper);
	log_keeper_init(keeper, 3);
	keeper->world.text_max = 20000;
	if (!log_keeper_open(keeper, 0, true))
		fail_msg("%s", keeper->world.report.message);
	return keeper;
}

static void
end(struct log_keeper *keeper)
{
	fake_io_kill(&keeper->world.fake, 0);
	log_keeper_fini(keeper);
	free(keeper);
}

static void
work(struct log_keeper *keeper, uint32_t passes, uint32_t steps)
{
	for (uint32_t i = 0; i < passes; i++) {
		if (i % 4 == 0)
			log_keeper_snapshot(keeper);
		log_world_append(&keeper->world, 10);
		log_world_settle(&keeper->world);
		keeper->world.fake.now += 2 * S;
		log_keeper_pass(keeper, steps);
	}
}

static bool
is_there(struct log_keeper *keeper, uint32_t number, enum hd_pack_name name)
{
	char path[HD_PACK_PATH];
	hd_pack_path(FOLDER, number, name, path);
	return fake_io_find(&keeper->world.fake, path) != NULL;
}

/* Every call for the first packed segment fails once: the next try packs it. */
static const struct fake_rule bad_calls[] = {
	{.call = FAKE_CALL_OPEN, .path = FOLDER "/00000001.log"},
	{.call = FAKE_CALL_SIZE, .path = FOLDER "/00000001.log"},
	{.call = FAKE_CALL_READ, .path = FOLDER "/00000001.log"},
	{.call = FAKE_CALL_MAKE, .path = "archive"},
	{.call = FAKE_CALL_DIR_SYNC, .path = "archive"},
	{.call = FAKE_CALL_OPEN, .path = ".zst.new"},
	{.call = FAKE_CALL_REMOVE, .path = ".zst.new"},
	{.call = FAKE_CALL_WRITE, .path = ".zst.new"},
	{.call = FAKE_CALL_SYNC, .path = ".zst.new"},
	{.call = FAKE_CALL_RENAME, .path = ".zst.new"},
};

static void
any_error_is_told_and_tried_again(void **state)
{
	(void)state;
	static const int errors[] = {-EIO, -ENOSPC};
	for (size_t i = 0; i < sizeof bad_calls / sizeof *bad_calls * 2; i++) {
		struct log_keeper *keeper = begin();
		keeper->world.fake.rule = bad_calls[i / 2];
		keeper->world.fake.rule.times = 1;
		keeper->world.fake.rule.result = errors[i % 2];
		work(keeper, 60, 20);
		assert_int_equal(keeper->world.fake.ruled, 1);
		assert_int_equal(keeper->errors, 1);
		assert_true(keeper->archived > 1);
		assert_true(is_there(keeper, 1, HD_PACK_PACKED));
		assert_false(is_there(keeper, 1, HD_PACK_NEW));
		assert_true(log_keeper_verify(keeper));
		end(keeper);
	}
}

/* Reads that end early, and a file system that takes no direct ones. */
static void
short_reads_are_read_on(void **state)
{
	(void)state;
	static const int results[] = {5000, 100, 0, -EINVAL};
	for (uint32_t i = 0; i < 4; i++) {
		struct log_keeper *keeper = begin();
		keeper->world.fake.rule =
			(struct fake_rule){i == 3 ? FAKE_CALL_OPEN : FAKE_CALL_READ,
					   FOLDER "/00000001.log", 0, 1, results[i]};
		work(keeper, 60, 20);
		assert_int_equal(keeper->world.fake.ruled, 1);
		assert_int_equal(keeper->errors, i == 1 || i == 2);
		assert_true(log_keeper_verify(keeper));
		end(keeper);
	}
}

/* Names in the archive that are nobody's. */
static void
strangers_in_the_archive_stay(void **state)
{
	(void)state;
	static const char *const names[] = {ARCHIVE "/notes", ARCHIVE "/123.log",
					    ARCHIVE "/00000000.log", ARCHIVE "/00000001.txt"};
	struct log_keeper *keeper = begin();
	struct hd_io *io = &keeper->world.fake.io;
	for (uint32_t i = 0; i < 4; i++)
		assert_true(io->ops->file_open(io, names[i], HD_IO_CREATE | HD_IO_WRITE) >= 0);
	work(keeper, 60, 20);
	assert_int_equal(keeper->errors, 0);
	for (uint32_t i = 0; i < 4; i++)
		assert_non_null(fake_io_find(&keeper->world.fake, names[i]));
	end(keeper);
}

/* A segment that is nowhere, and one without a frame. */
static void
a_segment_that_is_none(void **state)
{
	(void)state;
	struct log_keeper *keeper = begin();
	struct hd_io *io = &keeper->world.fake.io;
	log_keeper_pass(keeper, 5);
	keeper->helper.of[0].asked = 900;
	log_keeper_pass(keeper, 5);
	assert_int_equal(keeper->errors, 1);
	int file = io->ops->file_open(io, FOLDER "/00000900.log", HD_IO_CREATE | HD_IO_WRITE);
	assert_int_equal(io->ops->file_allocate(io, file, HD_MIB), 0);
	keeper->helper.of[0].asked = 900;
	log_keeper_pass(keeper, 10);
	assert_int_equal(keeper->archived, 1);
	assert_true(is_there(keeper, 900, HD_PACK_PACKED));
	assert_int_equal(keeper->archive_oldest, 0);
	end(keeper);
}

/* What goes wrong while one segment is packed, right before the call that does it. */
static void
a_piece_that_cannot_be_packed(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		struct log_keeper *keeper = begin();
		struct fake_io *fake = &keeper->world.fake;
		log_keeper_pass(keeper, 5);
		while (hd_log_stats(keeper->world.log).segments < 3) {
			log_world_append(&keeper->world, 10);
			log_world_settle(&keeper->world);
		}
		keeper->helper.of[0].asked = 1;
		if (i == 0)
			fake->rule = (struct fake_rule){FAKE_CALL_DIR_SYNC, NULL, 0, 1, -EIO};
		log_keeper_pass(keeper, 1);
		if (i == 1) { /* its buffer is nearly full */
			keeper->helper.job.packer.out_used = HD_PACK_PIECE - 1;
			fake->rule = (struct fake_rule){FAKE_CALL_WRITE, NULL, 0, 1, -ENOSPC};
		}
		log_keeper_pass(keeper, 20);
		assert_int_equal(keeper->errors, i < 2);
		assert_int_equal(keeper->archived, i == 2);
		/* And then the oldest one cannot be looked at. */
		fake->rule = (struct fake_rule){FAKE_CALL_READ, ".log.zst", 0, 1, -EIO};
		keeper->helper.of[0].asked = 1;
		log_keeper_pass(keeper, 20);
		end(keeper);
	}
}

/* Two are held unpacked: the one that was looked at longest ago makes room. */
static void
two_segments_are_held_unpacked(void **state)
{
	(void)state;
	struct log_keeper *keeper = begin();
	struct hd_memory memory = hd_test_memory();
	struct hd_segments all;
	work(keeper, 60, 20);
	assert_true(is_there(keeper, 3, HD_PACK_PACKED));
	assert_int_equal(hd_segments_init(&all, &keeper->world.fake.io, &memory, FOLDER, true), 0);
	static const uint32_t order[] = {1, 0, 2};
	for (uint32_t i = 0; i < 3; i++)
		assert_true(hd_segments_open(&all, order[i]) >= 0);
	assert_non_null(all.rows[0].bytes);
	assert_null(all.rows[1].bytes);
	assert_non_null(all.rows[2].bytes);
	hd_segments_fini(&all);
	assert_int_equal(memory.used, 0);
	end(keeper);
}

/* A bound that one file is over already; files that are gone or cannot go. */
static void
an_archive_over_its_bound(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		struct log_keeper *keeper = malloc(sizeof *keeper);
		assert_non_null(keeper);
		log_keeper_init(keeper, 3);
		keeper->world.text_max = 20000;
		keeper->archive_max = 1;
		assert_true(log_keeper_open(keeper, 0, true));
		struct fake_io *fake = &keeper->world.fake;
		while (keeper->archived == 0)
			work(keeper, 1, 20);
		assert_true(is_there(keeper, 1, HD_PACK_PACKED));
		if (i == 1)
			fake_io_find(fake, ARCHIVE "/00000001.log.zst")->named = false;
		if (i == 2)
			fake->rule = (struct fake_rule){FAKE_CALL_REMOVE, ".log.zst", 1, 1, -EIO};
		if (i == 3)
			fake->rule = (struct fake_rule){FAKE_CALL_DIR_SYNC, "archive", 1, 1, -EIO};
		while (keeper->archived < 5)
			work(keeper, 1, 20);
		assert_false(is_there(keeper, 1, HD_PACK_PACKED));
		assert_true(keeper->archive_oldest > 1);
		end(keeper);
	}
}

/* The scrubber, over files that a test puts there. */

struct yard {
	struct fake_io disk;
	struct hd_memory memory;
	struct hd_metrics metrics[2];
	struct hd_runtime_hooks hooks;
	struct hd_scrub scrub;
	struct hd_scrub_damage damage; /* the last one */
	uint32_t found;
};

static struct crafted file;

static int64_t
wall_clock(void *context)
{
	(void)context;
	return 77 * S;
}

static struct yard *
begin_yard(uint32_t shards)
{
	struct yard *yard = aligned_alloc(64, (sizeof *yard + 63) / 64 * 64);
	assert_non_null(yard);
	memset(yard, 0, sizeof *yard);
	fake_io_init(&yard->disk);
	yard->memory = hd_test_memory();
	yard->hooks.wall_clock = wall_clock;
	yard->scrub = (struct hd_scrub){.period = PERIOD,
					.shards = shards,
					.io = &yard->disk.io,
					.memory = &yard->memory,
					.metrics = yard->metrics,
					.hooks = &yard->hooks};
	for (uint32_t i = 0; i < shards; i++) {
		assert_true(hd_scrub_due(&yard->scrub) == INT64_MAX);
		hd_scrub_know(&yard->scrub, i, i ? "data/shard-01" : "data/shard-00");
	}
	return yard;
}

static void
end_yard(struct yard *yard)
{
	hd_scrub_close(&yard->scrub);
	assert_int_equal(yard->memory.used, 0);
	fake_io_fini(&yard->disk);
	free(yard);
}

static void
whole_pass(struct yard *yard)
{
	do
		yard->found +=
			hd_scrub_step(&yard->scrub, hd_scrub_due(&yard->scrub), &yard->damage);
	while (yard->scrub.running);
}

static void
put_snapshot(struct yard *yard, uint32_t shard, uint64_t lsn, bool good)
{
	char path[HD_SNAPSHOT_PATH];
	craft_head(&file, shard, lsn);
	craft_chunk(&file, "\1a\1b", 4);
	craft_end(&file);
	file.bytes[HD_SNAPSHOT_HEAD + HD_SNAPSHOT_MARK] ^= !good;
	hd_snapshot_path(shard ? "data/shard-01" : "data/shard-00", lsn, true, path);
	craft_put(&yard->disk, &file, path);
}

/* A segment of two empty frames at this LSN; with another header than it should have, as told. */
static void
put_segment(struct yard *yard, uint32_t number, uint64_t lsn, uint32_t log, uint32_t format)
{
	uint8_t before[HD_FRAME_HASH] = {0};
	memset(&file, 0, sizeof file);
	for (uint32_t i = 0; i < 2; i++) {
		struct hd_frame_header header = {.log = log, .first_lsn = lsn};
		memcpy(header.previous, before, HD_FRAME_HASH);
		hd_frame_name_segment(before, log, number, header.segment);
		if (i == 1)
			memcpy(header.segment,
			       ((struct hd_frame_header *)(void *)file.bytes)->segment,
			       HD_FRAME_HASH);
		uint8_t *at = file.bytes + i * HD_BLOCK;
		hd_frame_seal(at, &header);
		header.format = format ? format : header.format;
		header.header_crc = hd_frame_crc((const uint8_t *)&header, sizeof header - 4);
		memcpy(at, &header, sizeof header);
		hd_frame_hash(&header, before);
	}
	file.used = 2 * HD_BLOCK;
	char path[64];
	snprintf(path, sizeof path, "data/shard-00/%08u.log", number);
	craft_put(&yard->disk, &file, path);
}

static void
nothing_to_read_is_read_all_the_same(void **state)
{
	(void)state;
	struct yard *yard = begin_yard(2);
	struct hd_io *io = &yard->disk.io;
	static const char *const names[] = {"data/shard-00/123.log", "data/shard-00/00000000.log",
					    "data/shard-00/notes", "data/shard-00/00000001.txt"};
	whole_pass(yard);
	for (uint32_t i = 0; i < 4; i++)
		assert_true(io->ops->file_open(io, names[i], HD_IO_CREATE | HD_IO_WRITE) >= 0);
	whole_pass(yard);
	assert_int_equal(yard->found, 0);
	assert_int_equal(yard->metrics[1].scrub_last_pass, 77);
	char path[HD_SNAPSHOT_PATH];
	hd_snapshot_path("data/shard-01", 5, true, path);
	assert_true(io->ops->file_open(io, path, HD_IO_CREATE | HD_IO_WRITE) >= 0);
	whole_pass(yard);
	assert_int_equal(yard->found, 1);
	assert_int_equal(yard->damage.fault, HD_CHECK_SHORT);
	end_yard(yard);
	yard = begin_yard(1);
	yard->scrub.period = 0;
	assert_true(hd_scrub_due(&yard->scrub) == INT64_MAX);
	end_yard(yard);
}

/* What a call's error is: damage where it comes back, nothing where it does not. */
static void
what_cannot_be_read_is_damage(void **state)
{
	(void)state;
	static const struct {
		struct fake_rule rule;
		uint32_t found;
	} rows[] = {
		{{FAKE_CALL_OPEN, ".hds", 0, 2, -EACCES}, 1},
		{{FAKE_CALL_OPEN, ".hds", 0, 1, -EIO}, 0},
		{{FAKE_CALL_OPEN, ".hds", 0, 1, -ENOENT}, 0},
		{{FAKE_CALL_OPEN, ".hds", 0, 1, -EINVAL}, 0},
		{{FAKE_CALL_SIZE, ".hds", 0, 2, -EIO}, 1},
		{{FAKE_CALL_READ, ".hds", 0, 2, -EIO}, 1},
		{{FAKE_CALL_READ, ".hds", 0, 2, 0}, 1},
		{{FAKE_CALL_READ, ".hds", 0, 2, 100}, 1},
		{{FAKE_CALL_READ, ".hds", 0, 1, -EIO}, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct yard *yard = begin_yard(1);
		put_snapshot(yard, 0, 5, true);
		yard->disk.rule = rows[i].rule;
		whole_pass(yard);
		assert_int_equal(yard->found, rows[i].found);
		assert_int_equal(yard->disk.rule.call, 0);
		if (yard->found)
			assert_int_equal(yard->damage.fault, HD_CHECK_UNREADABLE);
		end_yard(yard);
	}
}

/* Damage whose file is gone when it is asked for, or whose folder cannot be asked. */
static void
damage_in_a_file_without_its_name(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		struct yard *yard = begin_yard(1);
		put_snapshot(yard, 0, 5, false);
		uint32_t lists = 3; /* of a pass's beginning, twice */
		if (i == 0)
			yard->disk.rule = (struct fake_rule){FAKE_CALL_LIST, NULL, lists, 1, -EIO};
		while (!yard->scrub.again)
			hd_scrub_step(&yard->scrub, hd_scrub_due(&yard->scrub), &yard->damage);
		while (i == 1 && !yard->scrub.reading)
			hd_scrub_step(&yard->scrub, hd_scrub_due(&yard->scrub), &yard->damage);
		for (int k = 0; k < FAKE_FILES && i == 1; k++)
			yard->disk.files[k].named = false;
		whole_pass(yard);
		assert_int_equal(yard->found, 0);
		end_yard(yard);
	}
}

/* Of two shards the same snapshot, and more of them than are remembered. */
static void
much_damage_is_told_once_each(void **state)
{
	(void)state;
	struct yard *yard = begin_yard(2);
	put_snapshot(yard, 0, 5, false);
	put_snapshot(yard, 1, 5, false);
	put_snapshot(yard, 1, 6, false);
	whole_pass(yard);
	assert_int_equal(yard->found, 3);
	whole_pass(yard);
	assert_int_equal(yard->found, 3);
	put_snapshot(yard, 1, 5, true);
	whole_pass(yard);
	put_snapshot(yard, 1, 5, false);
	whole_pass(yard);
	assert_int_equal(yard->found, 4);
	for (uint64_t lsn = 10; yard->scrub.told_count <= HD_SCRUB_TOLD; lsn++) {
		put_snapshot(yard, 1, lsn, false);
		whole_pass(yard);
		char path[HD_SNAPSHOT_PATH];
		hd_snapshot_path("data/shard-01", lsn, true, path);
		assert_int_equal(yard->disk.io.ops->file_remove(&yard->disk.io, path), 0);
	}
	assert_int_equal(yard->found, HD_SCRUB_TOLD + 1);
	put_snapshot(yard, 0, 100, true);
	whole_pass(yard);
	assert_int_equal(yard->found >= HD_SCRUB_TOLD + 1, 1);
	end_yard(yard);
}

/* Which segment was left: what the ones behind it say, if they can be believed. */
static void
a_segment_counts_when_it_was_left(void **state)
{
	(void)state;
	static const struct {
		struct fake_rule rule;
		uint64_t next, later; /* LSNs; 0: no such segment */
		uint32_t log, format; /* of the next one */
		bool read;            /* the first one is */
	} rows[] = {
		{{0}, 0, 0, 0, 0, false},
		{{0}, 9, 0, 0, 0, true},
		{{0}, 1, 0, 0, 0, false}, /* of an earlier use */
		{{0}, 1, 9, 0, 0, true},
		{{0}, 1, 1, 0, 0, false},
		{{0}, 0, 9, 0, 0, true},
		{{0}, 9, 0, 5, 0, false}, /* another shard's */
		{{0}, 9, 0, 0, 99, false},
		{{FAKE_CALL_READ, "00000002.log", 0, 1, 100}, 9, 0, 0, 0, false},
		{{FAKE_CALL_READ, "00000002.log", 0, 1, -EIO}, 9, 0, 0, 0, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct yard *yard = begin_yard(1);
		put_segment(yard, 1, 5, 0, 0);
		if (rows[i].next)
			put_segment(yard, 2, rows[i].next, rows[i].log, rows[i].format);
		if (rows[i].later)
			put_segment(yard, 3, rows[i].later, 0, 0);
		yard->disk.rule = rows[i].rule;
		bool read = false;
		do {
			hd_scrub_step(&yard->scrub, hd_scrub_due(&yard->scrub), &yard->damage);
			read |= yard->scrub.reading && yard->scrub.check.id == 1;
		} while (yard->scrub.running);
		if (read != rows[i].read)
			fail_msg("row %zu", i);
		end_yard(yard);
	}
}

/* Between two pieces of work the helper reads; what it finds goes to its shard. */

static struct hd_cell told;

static void
take_cell(void *context, const struct hd_cell *cell)
{
	(void)context;
	if (cell->type == HD_CELL_DAMAGED)
		told = *cell;
}

static uint32_t
wait_for_nothing(struct hd_io *io, int64_t timeout, struct hd_completion *out, uint32_t room)
{
	(void)io, (void)timeout, (void)out, (void)room;
	return 0;
}

static void
wake_nobody(struct hd_io *io, struct hd_io *target)
{
	(void)io, (void)target;
}

static void
the_helper_scrubs_between_its_work(void **state)
{
	(void)state;
	struct log_keeper *keeper = begin();
	struct fake_io *fake = &keeper->world.fake;
	static struct hd_metrics metrics[1];
	static const struct hd_runtime_hooks hooks = {.wall_clock = wall_clock};
	keeper->helper.scrub.metrics = metrics;
	keeper->helper.scrub.hooks = &hooks;
	keeper->helper.scrub.period = PERIOD;
	craft_head(&file, 0, 5);
	craft_chunk(&file, "\1a", 2);
	craft_put(fake, &file, FOLDER "/snapshot-00000000000000000005.hds");
	log_keeper_pass(keeper, 2); /* it hears of the folder */
	struct hd_io_ops quiet = *fake->io.ops;
	const struct hd_io_ops *ops = fake->io.ops;
	quiet.wait = wait_for_nothing;
	quiet.wake = wake_nobody;
	fake->io.ops = &quiet;
	for (uint32_t i = 0; i < 100 && told.type == 0; i++) {
		fake->now += i % 3 ? S : 1000;
		assert_true(hd_helper_pass(&keeper->helper));
		hd_post_receive(keeper->post, take_cell, NULL);
	}
	assert_int_equal(told.type, HD_CELL_DAMAGED);
	assert_int_equal(told.b, 5);
	assert_int_equal(told.d, HD_CHECK_PART);
	/* Mail that is there already keeps it awake. */
	hd_post_send(keeper->post, keeper->helper.number,
		     &(struct hd_cell){.type = HD_CELL_ARCHIVE});
	hd_post_publish(keeper->post);
	assert_true(hd_helper_pass(&keeper->helper));
	hd_post_send(keeper->post, keeper->helper.number,
		     &(struct hd_cell){.type = HD_CELL_FINISH});
	hd_post_publish(keeper->post);
	assert_false(hd_helper_pass(&keeper->helper));
	assert_false(hd_helper_pass(&keeper->helper));
	fake->io.ops = ops;
	end(keeper);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_error_is_told_and_tried_again),
		cmocka_unit_test(short_reads_are_read_on),
		cmocka_unit_test(strangers_in_the_archive_stay),
		cmocka_unit_test(a_segment_that_is_none),
		cmocka_unit_test(a_piece_that_cannot_be_packed),
		cmocka_unit_test(two_segments_are_held_unpacked),
		cmocka_unit_test(an_archive_over_its_bound),
		cmocka_unit_test(nothing_to_read_is_read_all_the_same),
		cmocka_unit_test(what_cannot_be_read_is_damage),
		cmocka_unit_test(damage_in_a_file_without_its_name),
		cmocka_unit_test(much_damage_is_told_once_each),
		cmocka_unit_test(a_segment_counts_when_it_was_left),
		cmocka_unit_test(the_helper_scrubs_between_its_work),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
