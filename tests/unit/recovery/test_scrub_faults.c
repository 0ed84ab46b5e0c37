/* The scrubber over files that are damaged, strange or gone, on a disk that refuses what it may:
 * damage is told once, and what is only strange is passed over. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shard/archive/scrub.h"
#include "tests/unit/recovery/crafted.h"

#define S      1000000000LL
#define PERIOD (3600 * S)

/* The scrubber, over files that a test puts there. */

struct yard {
	struct fake_io disk;
	struct hd_memory memory;
	struct hd_shard_stats stats[2];
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
					.stats = yard->stats,
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
	assert_int_equal(yard->stats[1].metrics.scrub_last_pass, 77);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_read_is_read_all_the_same),
		cmocka_unit_test(what_cannot_be_read_is_damage),
		cmocka_unit_test(damage_in_a_file_without_its_name),
		cmocka_unit_test(much_damage_is_told_once_each),
		cmocka_unit_test(a_segment_counts_when_it_was_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
