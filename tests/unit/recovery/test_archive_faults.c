/* The helper while its disk refuses what it may: a segment is packed or stays as it was, and damage
 * is told between two pieces of work. */
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
		struct log_keeper *keeper = log_keeper_begin(3);
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
		log_keeper_end(keeper);
	}
}

/* Reads that end early, and a file system that takes no direct ones. */
static void
short_reads_are_read_on(void **state)
{
	(void)state;
	static const int results[] = {5000, 100, 0, -EINVAL};
	for (uint32_t i = 0; i < 4; i++) {
		struct log_keeper *keeper = log_keeper_begin(3);
		keeper->world.fake.rule =
			(struct fake_rule){i == 3 ? FAKE_CALL_OPEN : FAKE_CALL_READ,
					   FOLDER "/00000001.log", 0, 1, results[i]};
		work(keeper, 60, 20);
		assert_int_equal(keeper->world.fake.ruled, 1);
		assert_int_equal(keeper->errors, i == 1 || i == 2);
		assert_true(log_keeper_verify(keeper));
		log_keeper_end(keeper);
	}
}

/* Names in the archive that are nobody's. */
static void
strangers_in_the_archive_stay(void **state)
{
	(void)state;
	static const char *const names[] = {ARCHIVE "/notes", ARCHIVE "/123.log",
					    ARCHIVE "/00000000.log", ARCHIVE "/00000001.txt"};
	struct log_keeper *keeper = log_keeper_begin(3);
	struct hd_io *io = &keeper->world.fake.io;
	for (uint32_t i = 0; i < 4; i++)
		assert_true(io->ops->file_open(io, names[i], HD_IO_CREATE | HD_IO_WRITE) >= 0);
	work(keeper, 60, 20);
	assert_int_equal(keeper->errors, 0);
	for (uint32_t i = 0; i < 4; i++)
		assert_non_null(fake_io_find(&keeper->world.fake, names[i]));
	log_keeper_end(keeper);
}

/* A segment that is nowhere, and one without a frame. */
static void
a_segment_that_is_none(void **state)
{
	(void)state;
	struct log_keeper *keeper = log_keeper_begin(3);
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
	log_keeper_end(keeper);
}

/* Files whose frames are not those of one use: all that stands in them is packed. */
static void
a_segment_that_is_not_as_it_was_written(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		struct log_keeper *keeper = log_keeper_begin(3);
		struct hd_io *io = &keeper->world.fake.io;
		static uint8_t bytes[4 * HD_BLOCK];
		struct hd_frame_header header = {.log = 3, .first_lsn = 7};
		memset(bytes, 0, sizeof bytes);
		hd_frame_name_segment(header.previous, 3, i == 0 ? 899 : 900, header.segment);
		hd_frame_seal(bytes, &header);
		uint8_t *second = bytes + (i == 1 ? 2 : 1) * HD_BLOCK; /* behind a gap */
		header.format += i == 2;
		header.header_crc = hd_frame_crc((const uint8_t *)&header, sizeof header - 4);
		memcpy(second, bytes, HD_BLOCK);
		memcpy(second, &header, sizeof header);
		int at = io->ops->file_open(io, FOLDER "/00000900.log", HD_IO_CREATE | HD_IO_WRITE);
		assert_int_equal(io->ops->file_write(io, at, bytes, sizeof bytes, 0), sizeof bytes);
		log_keeper_pass(keeper, 5);
		keeper->helper.of[0].asked = 900;
		log_keeper_pass(keeper, 10);
		assert_int_equal(keeper->archived, 1);
		struct hd_memory memory = hd_test_memory();
		struct hd_pack_header packed;
		uint8_t *unpacked;
		assert_int_equal(hd_pack_read(io, &memory, ARCHIVE "/00000900.log.zst", 900,
					      &packed, &unpacked),
				 0);
		assert_int_equal(packed.size, (i == 1 ? 3 : 2) * HD_BLOCK);
		assert_memory_equal(unpacked, bytes, packed.size);
		hd_pack_give(&memory, unpacked, packed.size);
		log_keeper_end(keeper);
	}
}

/* What goes wrong while one segment is packed, right before the call that does it. */
static void
a_piece_that_cannot_be_packed(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		struct log_keeper *keeper = log_keeper_begin(3);
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
		log_keeper_end(keeper);
	}
}

/* Two are held unpacked: the one that was looked at longest ago makes room. */
static void
two_segments_are_held_unpacked(void **state)
{
	(void)state;
	struct log_keeper *keeper = log_keeper_begin(3);
	struct hd_memory memory = hd_test_memory();
	struct hd_segments all;
	work(keeper, 60, 20);
	assert_true(is_there(keeper, 3, HD_PACK_PACKED));
	/* One stands in the log too, as it does until it is used again. */
	struct hd_io *io = &keeper->world.fake.io;
	assert_true(io->ops->file_open(io, FOLDER "/00000001.log", HD_IO_CREATE) >= 0);
	assert_int_equal(hd_segments_init(&all, &keeper->world.fake.io, &memory, FOLDER, true), 0);
	assert_true(all.rows[0].packed && all.rows[0].in_log);
	static const uint32_t order[] = {1, 0, 2};
	for (uint32_t i = 0; i < 3; i++)
		assert_true(hd_segments_open(&all, order[i]) >= 0);
	assert_non_null(all.rows[0].bytes);
	assert_null(all.rows[1].bytes);
	assert_non_null(all.rows[2].bytes);
	hd_segments_fini(&all);
	assert_int_equal(memory.used, 0);
	log_keeper_end(keeper);
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
		log_keeper_end(keeper);
	}
}

/* Between two pieces of work the helper reads; what it finds goes to its shard. */

static struct hd_cell told;
static struct crafted file;

static int64_t
wall_clock(void *context)
{
	(void)context;
	return 77 * S;
}

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
	struct log_keeper *keeper = log_keeper_begin(3);
	struct fake_io *fake = &keeper->world.fake;
	static struct hd_shard_stats stats[1];
	static const struct hd_runtime_hooks hooks = {.wall_clock = wall_clock};
	keeper->helper.scrub.stats = stats;
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
	log_keeper_end(keeper);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_error_is_told_and_tried_again),
		cmocka_unit_test(short_reads_are_read_on),
		cmocka_unit_test(strangers_in_the_archive_stay),
		cmocka_unit_test(a_segment_that_is_none),
		cmocka_unit_test(a_segment_that_is_not_as_it_was_written),
		cmocka_unit_test(a_piece_that_cannot_be_packed),
		cmocka_unit_test(two_segments_are_held_unpacked),
		cmocka_unit_test(an_archive_over_its_bound),
		cmocka_unit_test(the_helper_scrubs_between_its_work),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
