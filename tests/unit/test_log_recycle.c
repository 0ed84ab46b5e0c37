/* Snapshots' anchors, what is behind them, and the archive: a log begins where it is told, its old
 * files are used again, and nothing that was acknowledged is lost or read twice, wherever it stops.
 * Seeds reproduce: run with one as argument to try only that. */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "huntd/error.h"
#include "shard/log/frame.h"
#include "tests/lib/lib.h"
#include "tests/lib/log_keeper.h"

#define ARCHIVED "data/shard-3/archive/00000001.log.zst"

/* A sanitizer's allocator makes each image some ten times dearer. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SEEDS 1u
#define STEP  101u /* bits */
#define EVERY 7u   /* operations */
#else
#define SEEDS 4u
#define STEP  1u
#define EVERY 1u
#endif

static uint64_t only_seed;

static struct log_keeper *
begin(uint64_t seed)
{
	struct log_keeper *keeper = malloc(sizeof *keeper);
	assert_non_null(keeper);
	log_keeper_init(keeper, seed);
	keeper->world.text_max = 20000;
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
open_well(struct log_keeper *keeper, uint32_t snapshot, bool all)
{
	if (!log_keeper_open(keeper, snapshot, all))
		fail_msg("seed %llu: %s", (unsigned long long)keeper->world.seed,
			 keeper->world.report.message);
	assert_int_equal(keeper->world.wrong, 0);
	assert_int_equal(keeper->world.replayed, keeper->world.report.last_lsn);
}

static void
verify_well(struct log_keeper *keeper)
{
	if (!log_keeper_verify(keeper))
		fail_msg("seed %llu: %s", (unsigned long long)keeper->world.seed,
			 keeper->world.report.message);
	assert_int_equal(keeper->world.wrong, 0);
}

/* Commands, flushed at once, and a tenth of a second. */
static void
work(struct log_keeper *keeper, uint32_t commands, uint32_t steps)
{
	log_world_append(&keeper->world, commands);
	log_world_settle(&keeper->world);
	keeper->world.fake.now += HD_MIB * 100;
	log_keeper_pass(keeper, steps);
}

/* Works with a snapshot every `every` passes. */
static void
work_on(struct log_keeper *keeper, uint32_t passes, uint32_t every, uint32_t steps)
{
	for (uint32_t pass = 1; pass <= passes; pass++) {
		if (pass % every == 0)
			log_keeper_snapshot(keeper);
		work(keeper, 10, steps);
	}
}

static struct fake_file *
file_of(struct log_keeper *keeper, const char *folder, uint32_t number, const char *end_of_name)
{
	char path[128];
	snprintf(path, sizeof path, "data/shard-3/%s%08u%s", folder, number, end_of_name);
	return fake_io_find(&keeper->world.fake, path);
}

static void
a_log_goes_on_behind_its_snapshot(void **state)
{
	(void)state;
	struct log_keeper *keeper = begin(1);
	keeper->archive = false;
	open_well(keeper, 0, true);
	assert_int_equal(hd_log_anchor(keeper->world.log).lsn, 0);
	work_on(keeper, 30, 1000, 0);
	log_world_append(&keeper->world, 3); /* in the middle of a frame */
	struct hd_log_anchor anchor = hd_log_anchor(keeper->world.log);
	log_world_append(&keeper->world, 3);
	log_world_settle(&keeper->world);
	work_on(keeper, 30, 1000, 0);
	uint64_t tail = hd_log_tail(keeper->world.log);
	assert_true(anchor.number > 1 && anchor.first_lsn <= anchor.lsn && anchor.lsn < tail);
	for (uint32_t round = 0; round < 3; round++) {
		fake_io_kill(&keeper->world.fake, 0);
		log_keeper_drop(keeper);
		keeper->kept[1] = anchor;
		open_well(keeper, 1, false);
		assert_int_equal(keeper->world.report.last_lsn, tail);
		assert_int_equal(keeper->world.report.events, tail - anchor.lsn);
		assert_int_equal(keeper->world.report.first_lsn, anchor.first_lsn);
		assert_int_equal(hd_log_oldest(keeper->world.log), anchor.first_lsn);
		/* What an empty segment cannot prove, the one before it does. */
		struct hd_log_anchor now = hd_log_anchor(keeper->world.log);
		assert_int_equal(now.lsn, tail);
		assert_true(now.first_lsn <= tail && now.number >= anchor.number);
		anchor = round == 1 ? now : anchor;
	}
	end(keeper);
}

/* An anchor whose segment is gone, is another's, or ends before the snapshot. */
static void
an_anchor_that_does_not_fit_is_damage(void **state)
{
	(void)state;
	struct log_keeper *keeper = begin(2);
	open_well(keeper, 0, true);
	work_on(keeper, 30, 1000, 0);
	struct hd_log_anchor anchor = hd_log_anchor(keeper->world.log);
	work_on(keeper, 20, 1000, 0);
	fake_io_kill(&keeper->world.fake, 0);
	log_keeper_drop(keeper);
	for (uint32_t kind = 0; kind < 4; kind++) {
		struct log_keeper *twin = malloc(sizeof *twin);
		log_keeper_fork(twin, keeper);
		twin->kept[1] = anchor;
		if (kind == 0)
			file_of(twin, "", anchor.number, ".log")->named = false;
		else if (kind == 1)
			twin->kept[1].previous[3] ^= 1;
		else if (kind == 2)
			twin->kept[1].lsn = twin->kept[1].lsn + 1000000;
		else
			file_of(twin, "", anchor.number + 1, ".log")->named = false;
		assert_false(log_keeper_open(twin, 1, false));
		assert_int_equal(twin->world.report.exit, HD_EXIT_DAMAGED);
		assert_non_null(strstr(twin->world.report.message, ".log"));
		end(twin);
	}
	end(keeper);
}

static void
old_files_are_used_again(void **state)
{
	(void)state;
	for (int archive = 0; archive < 2; archive++) {
		struct log_keeper *keeper = begin(3);
		keeper->archive = archive;
		open_well(keeper, 0, true);
		work_on(keeper, 150, 2, 40);
		uint64_t tail = hd_log_tail(keeper->world.log);
		uint32_t newest = hd_log_anchor(keeper->world.log).number;
		assert_true(newest > 20);
		assert_true(hd_log_stats(keeper->world.log).segments < 10);
		assert_null(file_of(keeper, "", 1, ".log"));
		assert_true(hd_log_oldest(keeper->world.log) > 1);
		static _Alignas(HD_BLOCK) uint8_t page[HD_FRAME_MAX];
		assert_false(hd_log_read(keeper->world.log, 1, page, sizeof page, 1));
		assert_int_equal(file_of(keeper, "archive/", 1, ".log.zst") != NULL, archive);
		verify_well(keeper);
		assert_int_equal(keeper->world.report.first_lsn == 1, archive);
		assert_int_equal(keeper->world.report.last_lsn, tail);
		for (uint32_t snapshot = 0; snapshot < 2; snapshot++) {
			fake_io_kill(&keeper->world.fake, 0);
			log_keeper_drop(keeper);
			open_well(keeper, 1 - snapshot, false);
			assert_int_equal(keeper->world.report.last_lsn, tail);
		}
		assert_true(log_world_close(&keeper->world));
		end(keeper);
	}
}

/* Both snapshots are bad: the game is made again from the archive and the log. */
static void
archive_and_log_are_read_as_one(void **state)
{
	(void)state;
	struct log_keeper *keeper = begin(4);
	open_well(keeper, 0, true);
	work_on(keeper, 120, 10, 40);
	uint64_t tail = hd_log_tail(keeper->world.log);
	for (int round = 0; round < 2; round++) {
		fake_io_kill(&keeper->world.fake, 0);
		log_keeper_drop(keeper);
		open_well(keeper, 1, true);
		assert_int_equal(keeper->world.report.last_lsn, tail);
		assert_int_equal(keeper->world.report.events, tail);
		work_on(keeper, 30, 10, 40);
		tail = hd_log_tail(keeper->world.log);
	}
	assert_int_equal(keeper->archive_oldest, 1);
	end(keeper);
}

/* The helper does nothing for a while: segments wait, then move as they are, and are packed when it
 * comes back. */
static void
with_four_waiting_a_segment_moves_as_it_is(void **state)
{
	(void)state;
	struct log_keeper *keeper = begin(5);
	open_well(keeper, 0, true);
	work_on(keeper, 60, 3, 0);
	assert_non_null(file_of(keeper, "archive/", 1, ".log"));
	assert_true(hd_log_stats(keeper->world.log).segments <= HD_ARCHIVE_WAITING + 8);
	verify_well(keeper);
	uint64_t tail = keeper->world.report.last_lsn;
	for (int i = 0; i < 60; i++)
		work_on(keeper, 1, 2, 20);
	assert_null(file_of(keeper, "archive/", 1, ".log"));
	assert_non_null(file_of(keeper, "archive/", 1, ".log.zst"));
	assert_true(keeper->archived > 2);
	assert_int_equal(keeper->errors, 0);
	verify_well(keeper);
	assert_true(keeper->world.report.last_lsn > tail && keeper->world.report.first_lsn == 1);
	end(keeper);
}

/* Nobody packs, so segments are to be moved into the archive, for which there is no space. */
static void
a_full_disk_while_a_segment_is_moved_only_refuses(void **state)
{
	(void)state;
	static const enum fake_call calls[] = {FAKE_CALL_MAKE, FAKE_CALL_RENAME};
	for (unsigned i = 0; i < 2; i++) {
		struct log_keeper *keeper = begin(5);
		open_well(keeper, 0, true);
		keeper->world.fake.rule =
			(struct fake_rule){calls[i], i == 0 ? "archive" : ".log", 0, 1000000,
					   i == 0 ? -ENOSPC : -EDQUOT};
		bool refused = false;
		for (unsigned pass = 1; pass <= 60; pass++) {
			if (pass % 3 == 0)
				log_keeper_snapshot(keeper);
			work(keeper, 10, 0);
			refused |= hd_log_room(keeper->world.log) == HD_ERR_MISCONF;
		}
		assert_true(refused);
		assert_null(file_of(keeper, "archive/", 1, ".log"));
		keeper->world.fake.rule = (struct fake_rule){0};
		work_on(keeper, 20, 1000, 0);
		assert_non_null(file_of(keeper, "archive/", 1, ".log"));
		assert_int_equal(hd_log_room(keeper->world.log), HD_ERR_NONE);
		verify_well(keeper);
		end(keeper);
	}
}

static uint64_t
archive_bytes(const struct log_keeper *keeper)
{
	uint64_t bytes = 0;
	for (int i = 0; i < FAKE_FILES; i++) {
		const struct fake_file *file = &keeper->world.fake.files[i];
		if (file->named && strstr(file->path, "/archive/"))
			bytes += file->size;
	}
	return bytes;
}

/* Packing fails all the time, so what is archived is archived as it was. */
static void
a_bound_counts_what_is_not_packed(void **state)
{
	(void)state;
	struct log_keeper *keeper = begin(6);
	keeper->archive_max = 4 * HD_MIB;
	open_well(keeper, 0, true);
	keeper->world.fake.rule = (struct fake_rule){FAKE_CALL_RENAME, ".new", 0, 0, -EIO};
	work_on(keeper, 120, 4, 40);
	/* The helper looks when the log asks again: then nothing more is moved. */
	for (int i = 0; i < 8; i++) {
		keeper->world.fake.now += INT64_C(20000000000);
		work(keeper, 1, 40);
	}
	assert_int_equal(keeper->archived, 0);
	assert_true(keeper->errors > 0);
	assert_true(archive_bytes(keeper) > 0);
	if (archive_bytes(keeper) > keeper->archive_max)
		fail_msg("%llu bytes", (unsigned long long)archive_bytes(keeper));
	assert_null(file_of(keeper, "archive/", 1, ".log"));
	verify_well(keeper);
	assert_true(keeper->world.report.first_lsn > 1);
	end(keeper);
}

static void
an_archive_keeps_to_its_bound(void **state)
{
	(void)state;
	struct log_keeper *keeper = begin(6);
	keeper->archive_max = 20 * HD_KIB;
	open_well(keeper, 0, true);
	work_on(keeper, 120, 4, 40);
	uint64_t bytes = archive_bytes(keeper);
	assert_true(bytes > 0 && bytes <= 20 * HD_KIB);
	assert_null(file_of(keeper, "archive/", 1, ".log.zst"));
	assert_true(keeper->archive_oldest > 1);
	verify_well(keeper);
	assert_int_equal(keeper->world.report.first_lsn, keeper->archive_oldest);
	/* And the game cannot be made again from it: it says so. */
	fake_io_kill(&keeper->world.fake, 0);
	log_keeper_drop(keeper);
	assert_false(log_keeper_open(keeper, 1, true));
	assert_int_equal(keeper->world.report.exit, HD_EXIT_DAMAGED);
	open_well(keeper, 1, false);
	end(keeper);
}

/* Small texts, so that a packed segment is a few thousand bytes. */
static struct log_keeper *
small_archive(uint64_t seed)
{
	struct log_keeper *keeper = begin(seed);
	keeper->world.text_max = 200;
	open_well(keeper, 0, true);
	for (int i = 0; i < 6 && !fake_io_find(&keeper->world.fake, ARCHIVED); i++) {
		/* A crash each, for a fresh segment. */
		fake_io_kill(&keeper->world.fake, 0);
		log_keeper_drop(keeper);
		open_well(keeper, 1, false);
		work(keeper, 30, 20);
		log_keeper_snapshot(keeper);
		work(keeper, 30, 20);
	}
	assert_non_null(fake_io_find(&keeper->world.fake, ARCHIVED));
	return keeper;
}

static void
every_flipped_bit_of_an_archived_segment_is_found(void **state)
{
	(void)state;
	struct log_keeper *keeper = small_archive(7);
	struct fake_file *file = fake_io_find(&keeper->world.fake, ARCHIVED);
	verify_well(keeper);
	for (uint64_t bit = 0; bit < file->size * 8; bit += STEP) {
		file->cache[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(log_keeper_verify(keeper));
		file->cache[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(keeper->world.report.exit, HD_EXIT_DAMAGED);
		assert_non_null(strstr(keeper->world.report.message, ARCHIVED));
	}
	uint64_t size = file->size;
	for (file->size = 0; file->size < size; file->size += 1 + file->size / 20)
		assert_false(log_keeper_verify(keeper));
	file->size = size;
	verify_well(keeper);
	end(keeper);
}

static void
a_missing_archived_segment_is_damage(void **state)
{
	(void)state;
	struct log_keeper *keeper = begin(8);
	open_well(keeper, 0, true);
	work_on(keeper, 120, 10, 40);
	struct fake_file *second = file_of(keeper, "archive/", 2, ".log.zst");
	assert_non_null(second);
	second->named = false;
	assert_false(log_keeper_verify(keeper));
	assert_int_equal(keeper->world.report.exit, HD_EXIT_DAMAGED);
	end(keeper);
}

/* The helper's disk calls fail one after the other: it says so, tries again, and what is there is
 * whole. */
static void
a_failing_helper_loses_nothing(void **state)
{
	(void)state;
	struct log_keeper *keeper = begin(9);
	open_well(keeper, 0, true);
	keeper->world.fake.fail_error = ENOSPC;
	for (uint32_t round = 0; round < 120; round++) {
		log_keeper_snapshot(keeper);
		work(keeper, 10, 0);
		keeper->world.fake.fail_at = keeper->world.fake.operations + 1 + (round * 7) % 23;
		log_keeper_pass(keeper, 40);
		keeper->world.fake.fail_at = 0;
		keeper->world.fake.sync_failed = false;
		keeper->world.fake.now += 1000000000;
	}
	assert_true(keeper->errors > 5);
	assert_true(keeper->archived > 5);
	verify_well(keeper);
	assert_int_equal(keeper->world.report.first_lsn, 1);
	end(keeper);
}

/* Crash images. */

static void
live(struct log_keeper *keeper, uint64_t *random)
{
	struct log_world *world = &keeper->world;
	uint64_t dice = hd_test_random(random);
	world->fake.hold_syncs = dice % 7 == 0;
	world->room = 1 + (uint32_t)(dice >> 8) % 8;
	if (dice % 3)
		log_world_append(world, 1 + (uint32_t)(dice >> 16) % 12);
	if (dice % 5 == 0)
		log_keeper_snapshot(keeper);
	world->fake.now += dice % 11 == 0 ? 1500000000 : 50000000;
	log_world_pass(world, (dice >> 24) % 2);
	log_keeper_pass(keeper, (uint32_t)(dice >> 32) % 8);
}

static const uint32_t coins[] = {0, 20, 50, 80, 100};

/* Crashes, checks archive and log as they lie, recovers from either snapshot. */
static void
crash(struct log_keeper *keeper, uint64_t *random, uint64_t promised, uint64_t tail)
{
	struct log_world *world = &keeper->world;
	uint32_t coin = coins[hd_test_random(random) % 5];
	fake_io_crash(&world->fake, coin);
	world->fake.sync_failed = false;
	log_keeper_drop(keeper);
	verify_well(keeper);
	if (keeper->archive)
		assert_int_equal(world->report.first_lsn, 1);
	bool all = keeper->kept[1].lsn == 0 || (keeper->archive && coin == 50);
	open_well(keeper, (uint32_t)hd_test_random(random) % 2, all);
	if (world->report.last_lsn < promised || world->report.last_lsn > tail)
		fail_msg("seed %llu: promised %llu, found %llu of %llu",
			 (unsigned long long)world->seed, (unsigned long long)promised,
			 (unsigned long long)world->report.last_lsn, (unsigned long long)tail);
}

static void
crash_at_random(uint64_t seed, bool archive)
{
	uint64_t random = seed;
	struct log_keeper *keeper = begin(seed);
	keeper->archive = archive;
	keeper->world.fake.short_writes = seed % 2;
	open_well(keeper, 0, true);
	for (uint64_t pass = 0; pass < 150; pass++) {
		live(keeper, &random);
		struct log_keeper *twin = malloc(sizeof *twin);
		log_keeper_fork(twin, keeper);
		uint64_t fate = seed * 1000 + pass, tail = hd_log_tail(keeper->world.log);
		uint64_t promised = keeper->world.acked;
		for (int round = 0; round < 2; round++) {
			crash(twin, &fate, promised, tail);
			for (uint64_t i = hd_test_random(&fate) % 20; i > 0; i--)
				live(twin, &fate);
			promised = twin->world.acked;
			tail = hd_log_tail(twin->world.log);
		}
		end(twin);
	}
	assert_true(hd_log_anchor(keeper->world.log).number > 8);
	end(keeper);
}

static void
a_power_cut_at_any_pass_loses_nothing(void **state)
{
	(void)state;
	for (uint64_t seed = only_seed ? only_seed : 1; seed <= (only_seed ? only_seed : SEEDS);
	     seed++)
		crash_at_random(seed, seed % 2);
}

/* Lives until the n-th operation fails, which stops the machine there; false: it never came. */
static bool
crash_at_operation(uint64_t n, bool archive)
{
	uint64_t random = 77;
	struct log_keeper *volatile keeper = begin(77);
	volatile uint64_t tail = 0;
	jmp_buf failed;
	keeper->archive = archive;
	open_well(keeper, 0, true);
	keeper->world.fake.fail_at = keeper->world.fake.operations + n;
	log_world_failed = &failed;
	if (setjmp(failed) == 0) {
		for (int pass = 0; pass < 120; pass++) {
			live(keeper, &random);
			if (keeper->world.fake.operations >= keeper->world.fake.fail_at)
				break;
		}
	}
	log_world_failed = NULL;
	tail = hd_log_tail(keeper->world.log);
	bool reached = keeper->world.fake.operations >= keeper->world.fake.fail_at;
	keeper->world.fake.fail_at = 0;
	uint64_t fate = n;
	crash(keeper, &fate, keeper->world.acked, tail);
	end(keeper);
	return reached;
}

static void
a_stop_at_any_operation_loses_nothing(void **state)
{
	(void)state;
	for (int archive = 0; archive < 2; archive++) {
		uint64_t n = 1;
		while (crash_at_operation(n, archive))
			n += EVERY;
		assert_true(n > 200);
	}
}

/* A small disk: the log lives on its old files, refuses when they are gone, and comes back alone.
 */
static void
spares_count_as_room(void **state)
{
	(void)state;
	struct log_keeper *keeper = begin(10);
	keeper->archive = false;
	keeper->world.fake.space = 12 * (int64_t)HD_FRAME_MAX;
	open_well(keeper, 0, true);
	work_on(keeper, 400, 5, 0);
	assert_int_equal(hd_log_room(keeper->world.log), HD_ERR_NONE);
	uint32_t passes = 0;
	for (; hd_log_room(keeper->world.log) == HD_ERR_NONE; passes++) {
		assert_true(passes < 1000);
		work(keeper, 10, 0);
		keeper->world.fake.now += 1000000000;
	}
	assert_int_equal(hd_log_room(keeper->world.log), HD_ERR_MISCONF);
	for (int i = 0; i < 2; i++) {
		log_keeper_snapshot(keeper);
		for (int k = 0; k < 20; k++) {
			keeper->world.fake.now += 1000000000;
			log_world_pass(&keeper->world, true);
			log_keeper_pass(keeper, 0);
		}
	}
	assert_int_equal(hd_log_room(keeper->world.log), HD_ERR_NONE);
	work_on(keeper, 100, 5, 0);
	verify_well(keeper);
	end(keeper);
}

int
main(int count, char **arguments)
{
	/* Every image clones a disk: memory is reused, not mapped anew. */
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	only_seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 0;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_goes_on_behind_its_snapshot),
		cmocka_unit_test(an_anchor_that_does_not_fit_is_damage),
		cmocka_unit_test(old_files_are_used_again),
		cmocka_unit_test(archive_and_log_are_read_as_one),
		cmocka_unit_test(with_four_waiting_a_segment_moves_as_it_is),
		cmocka_unit_test(a_full_disk_while_a_segment_is_moved_only_refuses),
		cmocka_unit_test(a_bound_counts_what_is_not_packed),
		cmocka_unit_test(an_archive_keeps_to_its_bound),
		cmocka_unit_test(every_flipped_bit_of_an_archived_segment_is_found),
		cmocka_unit_test(a_missing_archived_segment_is_damage),
		cmocka_unit_test(a_failing_helper_loses_nothing),
		cmocka_unit_test(a_power_cut_at_any_pass_loses_nothing),
		cmocka_unit_test(a_stop_at_any_operation_loses_nothing),
		cmocka_unit_test(spares_count_as_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
