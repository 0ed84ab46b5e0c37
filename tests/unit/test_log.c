/* The log of one shard over a disk in memory: what it promises while nothing breaks, what it does
 * when a call fails, and how it reads back. Crashes are in test_log_crash.c. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "huntd/definition.h"
#include "huntd/error.h"
#include "huntd/limits.h"
#include "shard/log/frame.h"
#include "tests/lib/log_world.h"

#define FIRST  "data/shard-3/00000001.log"
#define SECOND "data/shard-3/00000002.log"

static struct log_world *
begin(uint64_t seed)
{
	struct log_world *world = malloc(sizeof *world);
	assert_non_null(world);
	log_world_init(world, seed);
	return world;
}

static void
end(struct log_world *world)
{
	log_world_fini(world);
	free(world);
}

static void
open_well(struct log_world *world)
{
	if (!log_world_open(world))
		fail_msg("%s", world->report.message);
	assert_int_equal(world->wrong, 0);
	assert_int_equal(world->report.last_lsn, world->replayed);
}

static void
crc_is_castagnoli(void **state)
{
	(void)state;
	assert_int_equal(hd_frame_crc((const uint8_t *)"123456789", 9), 0xe3069283u);
}

/* Each of the things that tie a frame to its place is asked for. */
static void
a_frame_continues_one_chain_only(void **state)
{
	(void)state;
	struct hd_frame_chain chain = {.log = 3, .in_segment = true, .next_lsn = 8};
	struct hd_frame frame = {.header = {.log = 3, .first_lsn = 8}};
	assert_true(hd_frame_continues(&chain, &frame, false));
	chain.log++;
	assert_false(hd_frame_continues(&chain, &frame, false));
	chain.log--;
	chain.next_lsn++;
	assert_false(hd_frame_continues(&chain, &frame, false));
	chain.next_lsn--;
	chain.previous[15] = 1;
	assert_false(hd_frame_continues(&chain, &frame, false));
	assert_false(hd_frame_continues(&chain, &frame, true));
	chain.previous[15] = 0;
	chain.segment[15] = 1;
	assert_false(hd_frame_continues(&chain, &frame, false));
	assert_true(hd_frame_continues(&chain, &frame, true));
}

static void
a_new_log_is_empty_and_a_closed_one_goes_on_in_place(void **state)
{
	(void)state;
	struct log_world *world = begin(1);
	open_well(world);
	assert_int_equal(world->report.events, 0);
	assert_true(world->report.direct);
	for (uint32_t run = 0; run < 3; run++) {
		log_world_append(world, 10);
		log_world_settle(world);
		uint64_t tail = hd_log_tail(world->log);
		assert_true(log_world_close(world));
		open_well(world);
		assert_int_equal(world->report.last_lsn, tail);
		assert_int_equal(world->report.cut_bytes, 0);
		assert_null(fake_io_find(&world->fake, SECOND));
	}
	assert_true(log_world_close(world));
	end(world);
}

static void
events_of_all_sizes_come_back_over_many_segments(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct log_world *world = begin(seed);
		world->text_max = seed % 3 ? 2000 : 400 * HD_KIB;
		world->fake.short_writes = seed % 2;
		world->fake.refuse_direct = seed == 5;
		world->options.durability = (uint8_t)(seed % 3);
		open_well(world);
		assert_int_equal(world->report.direct, seed != 5);
		for (uint32_t pass = 0; pass < 200; pass++) {
			log_world_append(world, pass % (seed % 3 ? 17 : 3));
			log_world_pass(world, pass % 3 == 0);
		}
		uint64_t tail = hd_log_tail(world->log);
		assert_true(log_world_close(world));
		open_well(world);
		assert_int_equal(world->report.last_lsn, tail);
		assert_true(hd_log_stats(world->log).segments > 1);
		assert_true(log_world_close(world));
		end(world);
	}
}

static void
the_largest_event_fits(void **state)
{
	(void)state;
	struct log_world *world = begin(3);
	open_well(world);
	static uint8_t text[HD_DOCUMENT_MAX + 4096 - 200];
	struct hd_event event = {.type = HD_EVENT_ORDER,
				 .order = 1,
				 .stamp = 5,
				 .text = hd_bytes_of(text, sizeof text)};
	assert_int_equal(hd_log_append(world->log, &event, 1), 1);
	log_world_settle(world);
	assert_true(log_world_close(world));
	assert_true(hd_log_verify(&world->fake.io, world->options.directory, NULL, NULL,
				  &world->report));
	assert_int_equal(world->report.last_lsn, 1);
	assert_int_equal(world->report.last_stamp, 5);
	end(world);
}

/* In batch a reply waits for the flush, whichever way it is flushed. */
static void
durable_waits_for_the_flush(void **state)
{
	(void)state;
	struct log_world *world = begin(4);
	open_well(world);
	world->fake.hold_syncs = true;
	log_world_append(world, 5);
	log_world_pass(world, false);
	log_world_pass(world, false);
	assert_int_equal(world->fake.queued, 1);
	assert_int_equal(hd_log_durable(world->log), 0);
	log_world_append(world, 5);
	log_world_pass(world, true);
	assert_int_equal(hd_log_durable(world->log), 0);
	world->fake.hold_syncs = false;
	log_world_settle(world);
	assert_int_equal(hd_log_flushed(world->log), hd_log_tail(world->log));
	assert_int_equal(hd_log_unflushed_bytes(world->log), 0);
	assert_true(log_world_close(world));
	end(world);
}

static void
window_acknowledges_the_write_and_flushes_in_time(void **state)
{
	(void)state;
	struct log_world *world = begin(5);
	world->options.durability = HD_DURABLE_WINDOW;
	open_well(world);
	int64_t start = world->fake.now;
	log_world_append(world, 5);
	log_world_pass(world, true);
	assert_int_equal(hd_log_durable(world->log), hd_log_tail(world->log));
	assert_int_equal(hd_log_flushed(world->log), 0);
	log_world_pass(world, true);
	int64_t deadline = hd_log_deadline(world->log);
	assert_true(deadline > start && deadline <= start + world->options.window_ns);
	world->fake.now = deadline;
	log_world_pass(world, true);
	assert_int_equal(hd_log_flushed(world->log), hd_log_tail(world->log));
	assert_true(log_world_close(world));
	end(world);
}

static void
off_acknowledges_at_once_and_flushes_when_asked(void **state)
{
	(void)state;
	struct log_world *world = begin(6);
	world->options.durability = HD_DURABLE_OFF;
	open_well(world);
	log_world_append(world, 5);
	assert_int_equal(hd_log_durable(world->log), hd_log_tail(world->log));
	for (int i = 0; i < 10; i++)
		log_world_pass(world, true);
	assert_int_equal(hd_log_flushed(world->log), 0);
	assert_int_equal(hd_log_unflushed_bytes(world->log), 0);
	hd_log_want_flush(world->log);
	log_world_pass(world, true);
	assert_int_equal(hd_log_flushed(world->log), hd_log_tail(world->log));
	assert_true(log_world_close(world));
	end(world);
}

/* After a quiet second the last frame is sealed, once; and the write after it is flushed by an
 * fsync, for an FUA write would not take the seal with it. */
static void
a_quiet_log_seals_its_last_frame(void **state)
{
	(void)state;
	struct log_world *world = begin(7);
	open_well(world);
	log_world_append(world, 5);
	log_world_settle(world);
	log_world_pass(world, true);
	uint64_t writes = world->fake.writes, syncs = world->fake.syncs;
	int64_t deadline = hd_log_deadline(world->log);
	assert_true(deadline <= world->fake.now + 1000000000);
	world->fake.now = deadline;
	log_world_pass(world, true);
	log_world_pass(world, true);
	assert_int_equal(world->fake.writes, writes + 1);
	assert_int_equal(world->fake.syncs, syncs);
	assert_true(hd_log_deadline(world->log) == HD_NEVER);
	log_world_append(world, 1);
	log_world_settle(world);
	assert_int_equal(world->fake.syncs, syncs + 1);
	log_world_append(world, 1);
	log_world_settle(world);
	assert_int_equal(world->fake.syncs, syncs + 1);
	assert_true(log_world_close(world));
	end(world);
}

static void
a_slow_disk_is_busy_and_memory_stays_bounded(void **state)
{
	(void)state;
	struct log_world *world = begin(8);
	world->options.segment_bytes = 16 * HD_MIB;
	open_well(world);
	world->fake.hold_syncs = true;
	uint32_t appended = 0;
	for (; hd_log_room(world->log) == HD_ERR_NONE; appended++) {
		log_world_append(world, 1);
		if (appended % 50 == 0)
			log_world_pass(world, false);
	}
	assert_int_equal(hd_log_room(world->log), HD_ERR_BUSY);
	assert_true(world->memory.used < HD_UNFLUSHED_MAX + 4 * HD_MIB);
	world->fake.hold_syncs = false;
	log_world_settle(world);
	assert_int_equal(hd_log_room(world->log), HD_ERR_NONE);
	assert_true(world->memory.used < 8 * HD_MIB);
	uint64_t tail = hd_log_tail(world->log);
	assert_true(log_world_close(world));
	open_well(world);
	assert_int_equal(world->report.last_lsn, tail);
	assert_true(log_world_close(world));
	end(world);
}

static void
no_space_refuses_and_comes_back_alone(void **state)
{
	(void)state;
	struct log_world *world = begin(9);
	world->options.shards = 2;
	world->fake.space = 5 * (int64_t)HD_MIB;
	open_well(world);
	log_world_append(world, 1);
	log_world_settle(world);
	world->fake.now += 2000000000;
	log_world_append(world, 1);
	log_world_pass(world, true);
	assert_int_equal(hd_log_room(world->log), HD_ERR_NONE);
	world->fake.space = 4 * (int64_t)HD_MIB - 1;
	world->fake.now += 2000000000;
	log_world_append(world, 1);
	log_world_pass(world, true);
	assert_int_equal(hd_log_room(world->log), HD_ERR_MISCONF);
	log_world_settle(world);
	world->fake.space = 8 * (int64_t)HD_MIB - 1;
	world->fake.now = hd_log_deadline(world->log);
	log_world_pass(world, true);
	assert_int_equal(hd_log_room(world->log), HD_ERR_MISCONF);
	world->fake.space++;
	int64_t before = world->fake.now;
	world->fake.now = hd_log_deadline(world->log);
	assert_true(world->fake.now > before - 1000 && world->fake.now <= before + 1000000000);
	log_world_pass(world, true);
	assert_int_equal(hd_log_room(world->log), HD_ERR_NONE);
	assert_true(log_world_close(world));
	end(world);
}

/* A disk without room for one segment: the log opens, reads, refuses; nothing spins. */
static void
a_full_disk_still_opens(void **state)
{
	(void)state;
	struct log_world *world = begin(10);
	world->fake.space = 1000;
	open_well(world);
	assert_int_equal(hd_log_room(world->log), HD_ERR_MISCONF);
	log_world_append(world, 1); /* what must be logged all the same waits */
	log_world_pass(world, true);
	log_world_pass(world, true);
	assert_true(hd_log_deadline(world->log) > world->fake.now);
	assert_int_equal(hd_log_durable(world->log), 0);
	world->fake.space = 1LL << 30;
	world->fake.now = hd_log_deadline(world->log);
	log_world_settle(world);
	assert_int_equal(hd_log_room(world->log), HD_ERR_NONE);
	assert_true(log_world_close(world));
	open_well(world);
	assert_true(world->report.last_lsn > 0);
	assert_true(log_world_close(world));
	end(world);
}

/* Opens, works and closes with the n-th operation failing; false once n is past the last one. */
static bool
fails_cleanly(uint64_t n, int error)
{
	struct log_world *volatile world = begin(11);
	jmp_buf failed;
	world->fake.fail_at = n;
	world->fake.fail_error = error;
	world->text_max = 20000;
	log_world_failed = &failed;
	if (setjmp(failed) == 0) {
		if (log_world_open(world)) {
			for (uint32_t pass = 0; pass < 30; pass++) {
				log_world_append(world, 10);
				log_world_pass(world, pass % 2);
			}
			log_world_close(world);
		} else {
			assert_true(world->report.message[0] != 0);
			assert_int_equal(world->report.exit, HD_EXIT_STORAGE);
		}
	}
	log_world_failed = NULL;
	bool reached = world->fake.operations >= n;
	assert_int_equal(world->fake.syncs_after_failure, 0);
	uint64_t acked = world->acked;
	world->fake.fail_at = 0;
	world->fake.sync_failed = false;
	fake_io_kill(&world->fake, 50);
	fake_io_crash(&world->fake, 0);
	log_world_drop(world);
	open_well(world);
	assert_true(world->report.last_lsn >= acked);
	assert_true(log_world_close(world));
	end(world);
	return reached;
}

static void
every_failing_operation_ends_the_process_or_is_borne(void **state)
{
	(void)state;
	uint64_t n = 1;
	while (fails_cleanly(n, EIO))
		n++;
	assert_true(n > 60);
	n = 1;
	while (fails_cleanly(n, EINTR))
		n++;
}

static void
what_cannot_be_applied_is_named(void **state)
{
	(void)state;
	struct log_world *world = begin(12);
	open_well(world);
	log_world_append(world, 5);
	log_world_settle(world);
	assert_true(log_world_close(world));
	world->refuse = 3;
	assert_false(log_world_open(world));
	assert_int_equal(world->report.exit, HD_EXIT_INVARIANT);
	assert_non_null(strstr(world->report.message, "LSN 3"));
	assert_non_null(strstr(world->report.message, FIRST));
	end(world);
}

static void
a_newer_format_and_another_shards_log_are_refused(void **state)
{
	(void)state;
	struct log_world *world = begin(13);
	open_well(world);
	log_world_append(world, 5);
	log_world_settle(world);
	assert_true(log_world_close(world));
	world->options.shard = 4;
	assert_false(log_world_open(world));
	assert_int_equal(world->report.exit, HD_EXIT_DAMAGED);
	assert_non_null(strstr(world->report.message, "another shard"));
	world->options.shard = 3;
	struct fake_file *file = fake_io_find(&world->fake, FIRST);
	struct hd_frame_header header;
	memcpy(&header, file->cache, sizeof header);
	header.format++;
	header.header_crc = hd_frame_crc((const uint8_t *)&header, sizeof header - 4);
	memcpy(file->cache, &header, sizeof header);
	assert_false(log_world_open(world));
	assert_int_equal(world->report.exit, HD_EXIT_DAMAGED);
	assert_non_null(strstr(world->report.message, "newer release"));
	end(world);
}

/* Reads everything from `lsn` on, page by page. */
static uint64_t
read_from(struct log_world *world, uint64_t lsn)
{
	uint8_t *page = NULL;
	assert_int_equal(posix_memalign((void **)&page, HD_BLOCK, HD_FRAME_MAX), 0);
	struct hd_io *io = &world->fake.io;
	uint64_t pages = 0;
	world->replayed = lsn - 1;
	while (lsn <= hd_log_durable(world->log)) {
		struct hd_completion done;
		assert_true(hd_log_read(world->log, lsn, page, HD_FRAME_MAX, 77));
		assert_int_equal(io->ops->wait(io, 0, &done, 1), 1);
		assert_int_equal(done.tag, 77);
		assert_true(done.result > 0);
		uint64_t next = hd_log_scan(hd_bytes_of(page, (size_t)done.result), lsn,
					    hd_log_durable(world->log), log_world_each, world);
		assert_true(next > lsn);
		lsn = next;
		pages++;
	}
	assert_int_equal(world->replayed, hd_log_durable(world->log));
	assert_int_equal(world->wrong, 0);
	free(page);
	return pages;
}

static void
any_position_can_be_read_back(void **state)
{
	(void)state;
	struct log_world *world = begin(14);
	world->text_max = 3000;
	open_well(world);
	for (uint32_t run = 0; run < 3; run++) {
		for (uint32_t pass = 0; pass < 100; pass++) {
			log_world_append(world, pass % 20);
			log_world_pass(world, true);
		}
		log_world_settle(world);
		if (run == 0) { /* a torn end in the middle */
			fake_io_crash(&world->fake, 0);
			log_world_drop(world);
			open_well(world);
			continue;
		}
		uint64_t last = hd_log_durable(world->log);
		assert_true(read_from(world, 1) > 3);
		for (uint64_t lsn = 2; lsn <= last; lsn += 97)
			read_from(world, lsn);
		read_from(world, last);
		assert_true(log_world_close(world));
		open_well(world);
	}
	assert_int_equal(hd_log_oldest(world->log), 1);
	assert_true(log_world_close(world));
	end(world);
}

/* Frames of all sizes: every single event is in the one read that is made for it. */
static void
one_read_holds_the_event(void **state)
{
	(void)state;
	struct log_world *world = begin(17);
	world->text_max = 400 * HD_KIB;
	open_well(world);
	for (uint32_t pass = 0; pass < 60; pass++) {
		log_world_append(world, 1 + (pass % 7 == 0));
		log_world_settle(world);
	}
	for (uint64_t lsn = 1; lsn <= hd_log_durable(world->log); lsn++)
		read_from(world, lsn);
	assert_true(log_world_close(world));
	end(world);
}

static void
a_path_that_is_too_long_is_refused(void **state)
{
	(void)state;
	struct log_world *world = begin(18);
	static char path[2 * HD_KIB];
	memset(path, 'a', sizeof path - 1);
	world->options.directory = path;
	assert_false(log_world_open(world));
	assert_int_equal(world->report.exit, HD_EXIT_STORAGE);
	assert_non_null(strstr(world->report.message, "too long"));
	end(world);
}

static void
a_scan_stops_where_it_is_told(void **state)
{
	(void)state;
	struct log_world *world = begin(15);
	open_well(world);
	log_world_append(world, 40);
	log_world_settle(world);
	struct fake_file *file = fake_io_find(&world->fake, FIRST);
	struct hd_bytes all = hd_bytes_of(file->cache, file->size);
	world->replayed = 9;
	assert_int_equal(hd_log_scan(all, 10, 19, log_world_each, world), 20);
	assert_int_equal(world->replayed, 19);
	world->refuse = 25;
	assert_int_equal(hd_log_scan(all, 20, 30, log_world_each, world), 25);
	assert_int_equal(hd_log_scan(hd_bytes_of(all.at, 4096), 20, 30, log_world_each, world), 20);
	assert_int_equal(world->wrong, 0);
	assert_true(log_world_close(world));
	end(world);
}

/* One flush carries a frame, and DSYNC is used where the loop slept. */
static void
group_commit_writes_one_frame_a_flush(void **state)
{
	(void)state;
	struct log_world *world = begin(16);
	open_well(world);
	log_world_append(world, 1);
	log_world_pass(world, true);
	uint64_t frames = hd_log_stats(world->log).frames;
	uint64_t syncs = world->fake.syncs, direct = world->fake.sync_writes;
	log_world_append(world, 100);
	log_world_settle(world);
	assert_int_equal(hd_log_stats(world->log).frames, frames + 1);
	assert_int_equal(world->fake.syncs, syncs);
	assert_int_equal(world->fake.sync_writes, direct + 1);
	assert_true(log_world_close(world));
	end(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc_is_castagnoli),
		cmocka_unit_test(a_frame_continues_one_chain_only),
		cmocka_unit_test(a_new_log_is_empty_and_a_closed_one_goes_on_in_place),
		cmocka_unit_test(events_of_all_sizes_come_back_over_many_segments),
		cmocka_unit_test(the_largest_event_fits),
		cmocka_unit_test(durable_waits_for_the_flush),
		cmocka_unit_test(window_acknowledges_the_write_and_flushes_in_time),
		cmocka_unit_test(off_acknowledges_at_once_and_flushes_when_asked),
		cmocka_unit_test(a_quiet_log_seals_its_last_frame),
		cmocka_unit_test(a_slow_disk_is_busy_and_memory_stays_bounded),
		cmocka_unit_test(no_space_refuses_and_comes_back_alone),
		cmocka_unit_test(a_full_disk_still_opens),
		cmocka_unit_test(every_failing_operation_ends_the_process_or_is_borne),
		cmocka_unit_test(what_cannot_be_applied_is_named),
		cmocka_unit_test(a_newer_format_and_another_shards_log_are_refused),
		cmocka_unit_test(any_position_can_be_read_back),
		cmocka_unit_test(one_read_holds_the_event),
		cmocka_unit_test(a_path_that_is_too_long_is_refused),
		cmocka_unit_test(a_scan_stops_where_it_is_told),
		cmocka_unit_test(group_commit_writes_one_frame_a_flush),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
