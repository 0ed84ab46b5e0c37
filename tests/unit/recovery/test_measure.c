/* How much of a log there is to read, known before it is read: what was allocated ahead, kept from
 * earlier uses, or stands behind a crash counts for nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "tests/lib/log_keeper.h"

#define FOLDER "data/shard-3"
#define MANY   100000u

static void
work(struct log_keeper *keeper, uint32_t passes, uint32_t every)
{
	for (uint32_t pass = 1; pass <= passes; pass++) {
		if (pass % every == 0)
			log_keeper_snapshot(keeper);
		log_world_append(&keeper->world, 10);
		log_world_settle(&keeper->world);
		keeper->world.fake.now += HD_MIB * 100;
		log_keeper_pass(keeper, 40);
	}
}

static uint64_t
measure(struct log_keeper *keeper, uint32_t from)
{
	struct log_world *world = &keeper->world;
	return hd_log_measure(&world->fake.io, &world->memory, FOLDER, from);
}

/* From a snapshot, or with `all` from the beginning. */
static void
opens_as_measured(struct log_keeper *keeper, uint32_t snapshot, bool all)
{
	uint32_t from = all ? 0 : keeper->kept[snapshot].number;
	uint64_t memory = keeper->world.memory.used, bytes = measure(keeper, from);
	assert_true(keeper->world.memory.used == memory);
	if (!log_keeper_open(keeper, snapshot, all))
		fail_msg("%s", keeper->world.report.message);
	assert_int_equal(bytes, keeper->world.report.bytes);
}

static void
stop(struct log_keeper *keeper, bool closes)
{
	if (closes) {
		assert_true(log_world_close(&keeper->world));
		keeper->world.log = NULL;
	} else {
		fake_io_kill(&keeper->world.fake, 0);
	}
	log_keeper_drop(keeper);
}

static uint64_t
bytes_of_files(const struct log_keeper *keeper)
{
	uint64_t bytes = 0;
	for (uint32_t i = 0; i < FAKE_FILES; i++)
		if (keeper->world.fake.files[i].named)
			bytes += keeper->world.fake.files[i].size;
	return bytes;
}

static void
nothing_is_nothing(void **state)
{
	(void)state;
	struct log_keeper *keeper = log_keeper_begin(7);
	assert_int_equal(measure(keeper, 0), 0); /* one empty segment */
	stop(keeper, true);
	opens_as_measured(keeper, 0, true);
	assert_int_equal(measure(keeper, 99), 0);
	log_keeper_end(keeper);
}

/* Small segments: to the byte. Kills leave segments with little in them, snapshots old files that
 * are used again, and packed ones. */
static void
what_is_measured_is_what_is_read(void **state)
{
	(void)state;
	static const uint32_t passes[] = {1, 3, 17, 1, 40, 90, 2};
	struct log_keeper *keeper = log_keeper_begin(7);
	for (uint32_t round = 0; round < sizeof passes / sizeof *passes; round++) {
		work(keeper, passes[round], 10);
		stop(keeper, round % 2);
		opens_as_measured(keeper, 1, true);
		stop(keeper, round % 3 == 0);
		uint64_t all = measure(keeper, 0);
		bool kept = keeper->kept[1].lsn != 0;
		opens_as_measured(keeper, 1, !kept);
		assert_true(keeper->world.report.bytes > 0);
		assert_true(keeper->world.report.bytes <= all);
	}
	assert_true(keeper->archived > 2);
	log_keeper_end(keeper);
}

/* Of large segments only the last is measured to the byte; all are measured by few reads. */
static void
large_ones_are_measured_by_few_reads(void **state)
{
	(void)state;
	struct log_keeper *keeper = log_keeper_begin(7);
	keeper->world.options.segment_bytes = 16u * HD_MIB;
	stop(keeper, true);
	if (!log_keeper_open(keeper, 0, true))
		fail_msg("%s", keeper->world.report.message);
	keeper->world.text_max = 200000;
	work(keeper, 40, MANY);
	stop(keeper, false);
	keeper->world.fake.rule =
		(struct fake_rule){.call = FAKE_CALL_READ, .path = ".log", .skip = MANY};
	uint64_t bytes = measure(keeper, 0);
	uint32_t reads = MANY - keeper->world.fake.rule.skip;
	keeper->world.fake.rule = (struct fake_rule){0};
	if (!log_keeper_open(keeper, 0, true))
		fail_msg("%s", keeper->world.report.message);
	uint64_t read = keeper->world.report.bytes;
	uint32_t segments = keeper->world.report.segments;
	print_message("%llu of %llu bytes in %u segments by %u reads\n", (unsigned long long)bytes,
		      (unsigned long long)read, segments, reads);
	assert_true(segments >= 4 && read > 30u * HD_MIB);
	assert_in_range(bytes, read - segments * HD_MIB, read);
	assert_in_range(reads, segments, 12 * segments);
	assert_true(bytes_of_files(keeper) > read);
	log_keeper_end(keeper);
}

/* It is only a guess: whatever fails, there is one. */
static void
what_cannot_be_read_counts_for_nothing(void **state)
{
	(void)state;
	static const enum fake_call calls[] = {FAKE_CALL_LIST, FAKE_CALL_OPEN, FAKE_CALL_SIZE,
					       FAKE_CALL_READ};
	struct log_keeper *keeper = log_keeper_begin(7);
	work(keeper, 60, 10);
	stop(keeper, true);
	uint64_t whole = measure(keeper, 0);
	for (uint32_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		struct fake_rule *rule = &keeper->world.fake.rule;
		*rule = (struct fake_rule){calls[i], NULL, 0, 0, -EIO};
		assert_int_equal(measure(keeper, 0), 0);
		*rule = (struct fake_rule){calls[i], NULL, 3, 1, -EIO};
		assert_in_range(measure(keeper, 0), 1, whole);
		*rule = (struct fake_rule){0};
	}
	assert_true(keeper->world.memory.used == 0);
	opens_as_measured(keeper, 0, true);
	assert_int_equal(keeper->world.report.bytes, whole);
	log_keeper_end(keeper);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(what_is_measured_is_what_is_read),
		cmocka_unit_test(large_ones_are_measured_by_few_reads),
		cmocka_unit_test(what_cannot_be_read_counts_for_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
