/* A log whose disk refuses what it may, call by call, and that finds what no log of ours would have
 * written: it goes on, waits, or ends the process with the one line that says why. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "huntd/definition.h"
#include "shard/log/frame.h"
#include "tests/unit/recovery/log_faults_world.h"

#define SECOND FOLDER "/00000002.log"
#define S      1000000000LL

/* Calls of a start. */

static const struct bad_start {
	struct fake_rule rule;
	const char *says; /* NULL: it starts all the same */
	enum hd_error room;
} bad_starts[] = {
	{{FAKE_CALL_MAKE, NULL, 0, 1, -EACCES}, "the log's directory", 0},
	{{FAKE_CALL_DIR_SYNC, NULL, 0, 1, -EIO}, "the log's directory", 0},
	{{FAKE_CALL_LIST, "archive", 0, 1, -EIO}, "the log's directory", 0},
	{{FAKE_CALL_LIST, "archive", 0, 1, -ENOENT}, NULL, 0},
	{{FAKE_CALL_LIST, FOLDER, 1, 1, -EIO}, "the log's directory", 0},
	{{FAKE_CALL_OPEN, FIRST, 0, 1, -EACCES}, "cannot be read: Permission", 0},
	{{FAKE_CALL_OPEN, FIRST, 0, 1, -EINVAL}, NULL, 0},
	{{FAKE_CALL_OPEN, FIRST, 0, 2, -EINVAL}, "cannot be read: Invalid", 0},
	{{FAKE_CALL_OPEN, SECOND, 0, 1, -EINVAL}, NULL, 0},
	{{FAKE_CALL_OPEN, SECOND, 0, 1, -EIO}, "the log's directory", 0},
	{{FAKE_CALL_SIZE, FIRST, 0, 1, -EIO}, "cannot be read: Input", 0},
	{{FAKE_CALL_SYNC, FIRST, 0, 1, -EIO}, "cannot be read: Input", 0},
	{{FAKE_CALL_READ, FIRST, 0, 1, -EIO}, "cannot be read: Input", 0},
	{{FAKE_CALL_READ, FIRST, 0, 1, 0}, "cannot be read: Input", 0},
	{{FAKE_CALL_READ, FIRST, 0, 1, 100}, "cannot be read: Input", 0},
	{{FAKE_CALL_READ, FIRST, 0, 1, 5000}, NULL, 0},
	{{FAKE_CALL_SPACE, NULL, 0, 1, -EIO}, NULL, 0},
	{{FAKE_CALL_ALLOCATE, SECOND, 0, 1, -EIO}, "the log's directory", 0},
	{{FAKE_CALL_ALLOCATE, SECOND, 0, 1, -ENOSPC}, NULL, HD_ERR_MISCONF},
	{{FAKE_CALL_ALLOCATE, SECOND, 0, 1, -EDQUOT}, NULL, HD_ERR_MISCONF},
	{{FAKE_CALL_WRITE, SECOND, 0, 1, -EIO}, "the log's directory", 0},
	{{FAKE_CALL_WRITE, SECOND, 0, 1, -ENOSPC}, NULL, HD_ERR_MISCONF},
	{{FAKE_CALL_WRITE, SECOND, 0, 1, 100}, "the log's directory", 0},
	{{FAKE_CALL_WRITE, SECOND, 0, 1, 5000}, NULL, 0},
	{{FAKE_CALL_SYNC, SECOND, 0, 1, -EIO}, "the log's directory", 0},
	{{FAKE_CALL_DIR_SYNC, NULL, 1, 1, -EIO}, "the log's directory", 0},
	{{FAKE_CALL_DIR_SYNC, NULL, 2, 1, -EIO}, "the log's directory", 0},
};

static void
a_start_bears_it_or_says_why(void **state)
{
	(void)state;
	struct log_world *past = begin();
	past->text_max = 200; /* one segment, and no second one yet */
	open_well(past);
	write_well(past, 20);
	uint64_t tail = hd_log_tail(past->log);
	fake_io_kill(&past->fake, 0);
	log_world_drop(past);
	for (size_t i = 0; i < sizeof bad_starts / sizeof *bad_starts; i++) {
		const struct bad_start *bad = &bad_starts[i];
		struct log_world *world = malloc(sizeof *world);
		assert_non_null(world);
		log_world_fork(world, past);
		world->fake.rule = bad->rule;
		bool good = log_world_open(world);
		if (world->fake.ruled == 0 || good != (bad->says == NULL))
			fail_msg("row %zu: %u, %s", i, world->fake.ruled, world->report.message);
		if (!good) {
			assert_int_equal(world->report.exit, HD_EXIT_STORAGE);
			if (strstr(world->report.message, bad->says) == NULL)
				fail_msg("row %zu: %s", i, world->report.message);
			assert_int_equal(world->memory.used, 0);
			open_well(world);
		} else {
			assert_int_equal(hd_log_room(world->log), bad->room);
		}
		assert_int_equal(hd_log_tail(world->log), tail);
		world->fake.now += 2 * S;
		log_world_append(world, 1);
		log_world_settle(world);
		end(world);
	}
	end(past);
}

/* What could not be filled, and cannot be removed either, would be a gap: no start. */
static void
what_is_left_of_a_full_disk_must_go(void **state)
{
	(void)state;
	static const enum fake_call calls[] = {FAKE_CALL_REMOVE, FAKE_CALL_DIR_SYNC};
	for (uint32_t i = 0; i < 2; i++) {
		struct log_world *world = begin();
		world->text_max = 200;
		open_well(world);
		write_well(world, 20);
		fake_io_kill(&world->fake, 0);
		log_world_drop(world);
		world->fake.fail_error = ENOSPC;
		world->fake.rule = (struct fake_rule){calls[i], NULL, i ? 2 : 0, 1, -EIO};
		/* The write of zeros fails, wherever that is. */
		bool refused = false;
		for (uint64_t n = 1; n < 40 && !refused; n++) {
			struct log_world *twin = malloc(sizeof *twin);
			assert_non_null(twin);
			log_world_fork(twin, world);
			twin->fake.operations = 0;
			twin->fake.fail_at = n;
			refused = !log_world_open(twin) && twin->fake.ruled == 1;
			end(twin);
		}
		assert_true(refused);
		end(world);
	}
}

/* Calls of a log that serves: the process ends, or it is borne. */

static const struct bad_day {
	struct fake_rule rule;
	const char *says; /* NULL: borne */
} bad_days[] = {
	{{FAKE_CALL_WRITE, FIRST, 0, 1, -EINTR}, NULL},
	{{FAKE_CALL_WRITE, FIRST, 0, 1, -EAGAIN}, NULL},
	{{FAKE_CALL_WRITE, FIRST, 0, 1, 5000}, NULL},
	{{FAKE_CALL_WRITE, FIRST, 0, 1, 100}, "cannot write " FIRST ": Input"},
	{{FAKE_CALL_WRITE, FIRST, 0, 1, 0}, "cannot write " FIRST ": Input"},
	{{FAKE_CALL_WRITE, FIRST, 0, 1, -ENOSPC}, "cannot write " FIRST ": No space"},
	{{FAKE_CALL_SYNC, FIRST, 0, 1, -EIO}, "cannot flush " FIRST ": Input"},
	{{FAKE_CALL_SYNC, FIRST, 0, 1, -EINTR}, "cannot flush " FIRST},
	{{FAKE_CALL_SPACE, NULL, 0, 1, -EIO}, NULL},
	{{FAKE_CALL_OPEN, SECOND, 0, 1, -EMFILE}, "no next segment after " FIRST ": Too many"},
	{{FAKE_CALL_ALLOCATE, SECOND, 0, 1, -EIO}, "no next segment after " FIRST},
	{{FAKE_CALL_ALLOCATE, SECOND, 0, 1, -ENOSPC}, NULL},
	{{FAKE_CALL_ALLOCATE, SECOND, 0, 1, -EDQUOT}, NULL},
	{{FAKE_CALL_WRITE, SECOND, 0, 1, -EINTR}, NULL},
	{{FAKE_CALL_WRITE, SECOND, 0, 1, -EAGAIN}, NULL},
	{{FAKE_CALL_WRITE, SECOND, 0, 1, 5000}, NULL},
	{{FAKE_CALL_WRITE, SECOND, 0, 1, 100}, "cannot prepare " SECOND ": Input"},
	{{FAKE_CALL_WRITE, SECOND, 0, 1, -EIO}, "cannot prepare " SECOND ": Input"},
	{{FAKE_CALL_SYNC, SECOND, 0, 1, -EIO}, "cannot prepare " SECOND ": Input"},
	{{FAKE_CALL_DIR_SYNC, NULL, 0, 1, -EIO}, "cannot prepare " SECOND ": Input"},
};

static void
live(struct log_world *world)
{
	for (uint32_t pass = 0; pass < 60; pass++) {
		world->fake.now += 3 * S;
		log_world_append(world, 5);
		log_world_pass(world, pass % 2);
		log_world_settle(world);
	}
}

static void
a_log_that_serves_bears_it_or_ends(void **state)
{
	(void)state;
	for (volatile size_t i = 0; i < sizeof bad_days / sizeof *bad_days; i++) {
		const struct bad_day *bad = &bad_days[i];
		struct log_world *volatile world = begin();
		jmp_buf failed;
		open_well(world);
		world->fake.rule = bad->rule;
		log_world_failed = &failed;
		volatile bool ended = setjmp(failed) != 0;
		if (!ended)
			live(world);
		log_world_failed = NULL;
		if (ended != (bad->says != NULL) || world->fake.ruled != 1)
			fail_msg("row %zu: %d, %u", i, ended, world->fake.ruled);
		if (ended && strstr(log_world_message, bad->says) == NULL)
			fail_msg("row %zu: %s", i, log_world_message);
		uint64_t acked = world->acked;
		assert_int_equal(world->fake.syncs_after_failure, 0);
		fake_io_kill(&world->fake, 50);
		world->fake.sync_failed = false;
		log_world_drop(world);
		open_well(world);
		assert_true(world->report.last_lsn >= acked);
		end(world);
	}
}

/* No segment could be made at the start, and then the folder is gone. */
static void
a_first_segment_that_cannot_be_made_later(void **state)
{
	(void)state;
	struct log_world *volatile world = begin();
	jmp_buf failed;
	world->fake.space = 1000;
	open_well(world);
	log_world_append(world, 1);
	world->fake.space = 1LL << 30;
	world->fake.now += 2 * S;
	world->fake.rule = (struct fake_rule){FAKE_CALL_OPEN, FIRST, 0, 0, -EACCES};
	log_world_failed = &failed;
	if (setjmp(failed) == 0) {
		log_world_settle(world);
		fail_msg("it went on");
	}
	log_world_failed = NULL;
	assert_non_null(strstr(log_world_message, "no next segment after the first segment"));
	end(world);
}

/* A page of a segment whose file cannot be opened any more. */
static void
an_old_segment_that_cannot_be_opened(void **state)
{
	(void)state;
	static _Alignas(HD_BLOCK) uint8_t page[HD_FRAME_MAX];
	struct log_world *volatile world = begin();
	jmp_buf failed;
	open_well(world);
	write_well(world, 200);
	assert_true(hd_log_stats(world->log).segments > 1);
	assert_true(log_world_close(world));
	open_well(world);
	world->fake.rule = (struct fake_rule){FAKE_CALL_OPEN, FIRST, 0, 1, -EIO};
	log_world_failed = &failed;
	if (setjmp(failed) == 0) {
		hd_log_read(world->log, 1, page, sizeof page, 1);
		fail_msg("it was read");
	}
	log_world_failed = NULL;
	assert_non_null(strstr(log_world_message, "cannot open " FIRST));
	end(world);
}

/* Read only. */

static void
a_reader_changes_nothing(void **state)
{
	(void)state;
	struct log_world *world = begin();
	open_well(world);
	write_well(world, 200);
	uint64_t tail = hd_log_tail(world->log);
	fake_io_kill(&world->fake, 0);
	log_world_drop(world);
	world->options.read_only = true;
	uint64_t writes = world->fake.writes, syncs = world->fake.syncs;
	open_well(world);
	assert_int_equal(hd_log_tail(world->log), tail);
	assert_true(log_world_close(world));
	assert_int_equal(world->memory.used, 0);
	assert_int_equal(world->fake.writes, writes);
	assert_int_equal(world->fake.syncs, syncs);
	end(world);
}

static void
verify_says_what_it_cannot_read(void **state)
{
	(void)state;
	static char path[2 * HD_KIB];
	struct log_world *world = begin();
	struct hd_io *io = &world->fake.io;
	assert_true(hd_log_verify(io, FOLDER, NULL, NULL, &world->report));
	assert_int_equal(world->report.last_lsn, 0);
	memset(path, 'a', sizeof path - 1);
	assert_false(hd_log_verify(io, path, NULL, NULL, &world->report));
	assert_non_null(strstr(world->report.message, "too long"));
	path[HD_KIB - 10] = '\0';
	world->options.directory = path;
	assert_false(log_world_open(world));
	assert_non_null(strstr(world->report.message, "too long"));
	world->options.directory = FOLDER;
	open_well(world);
	write_well(world, 20);
	assert_true(log_world_close(world));
	world->fake.rule = (struct fake_rule){FAKE_CALL_READ, FIRST, 0, 1, -EIO};
	assert_false(hd_log_verify(io, FOLDER, NULL, NULL, &world->report));
	assert_int_equal(world->report.exit, HD_EXIT_STORAGE);
	end(world);
}

/* The end. */

/* Something else of this io is still in flight, and so is the next segment's filling. */
static void
a_close_waits_for_its_own(void **state)
{
	(void)state;
	static uint8_t page[HD_BLOCK];
	struct log_world *world = begin();
	open_well(world);
	struct hd_io *io = &world->fake.io;
	while (fake_io_find(&world->fake, SECOND) == NULL) {
		log_world_append(world, 5);
		log_world_settle(world);
	}
	log_world_append(world, 1);
	hd_log_pass(world->log, world->fake.now, false);
	int file = io->ops->file_open(io, FIRST, 0);
	io->ops->read(io, file, page, sizeof page, 0, HD_IO_TAG(HD_IO_SHARD, 0));
	assert_true(log_world_close(world));
	open_well(world);
	assert_int_equal(world->report.cut_bytes, 0);
	end(world);
}

/* All is flushed, but not the seal that goes behind it, nor the zeros of the next segment. */
static void
a_close_waits_for_what_nobody_waits_for(void **state)
{
	(void)state;
	struct log_world *world = begin();
	world->options.durability = HD_DURABLE_OFF;
	open_well(world);
	log_world_append(world, 30);
	for (int i = 0; i < 30; i++)
		log_world_pass(world, true);
	hd_log_want_flush(world->log);
	for (int i = 0; i < 3; i++)
		log_world_pass(world, true);
	world->fake.now += 3 * S;
	hd_log_pass(world->log, world->fake.now, false); /* the seal is on its way */
	assert_true(world->fake.queued > 0);
	assert_true(log_world_close(world));
	assert_int_equal(world->memory.used, 0);
	end(world);
}

/* A closed log with something torn behind its end: it goes on in a fresh segment. */
static void
behind_a_closed_end_nothing_may_stand(void **state)
{
	(void)state;
	struct log_world *world = begin();
	open_well(world);
	write_well(world, 10);
	assert_true(log_world_close(world));
	open_well(world);
	uint64_t tail = world->report.last_lsn, at = world->report.end_offset;
	assert_true(log_world_close(world));
	struct fake_file *file = fake_io_find(&world->fake, FIRST);
	assert_null(fake_io_find(&world->fake, SECOND));
	memcpy(file->cache + at, file->cache + at - HD_BLOCK, HD_BLOCK);
	file->cache[at + 200] ^= 1;
	open_well(world);
	assert_int_equal(world->report.last_lsn, tail);
	assert_int_equal(world->report.cut_bytes, HD_BLOCK);
	assert_non_null(fake_io_find(&world->fake, SECOND));
	end(world);
}

/* In the last block a header of this log whose frame would not fit. */
static void
a_frame_that_goes_on_behind_the_file(void **state)
{
	(void)state;
	static uint8_t bytes[4 * HD_BLOCK];
	struct log_world *world = begin();
	open_well(world);
	write_well(world, 10);
	uint64_t tail = hd_log_tail(world->log);
	fake_io_kill(&world->fake, 0);
	log_world_drop(world);
	struct fake_file *file = fake_io_find(&world->fake, FIRST);
	struct hd_frame_header header;
	memcpy(&header, file->cache, sizeof header);
	header.length = 2 * HD_BLOCK;
	header.seal = 0;
	header.first_lsn = tail + 1;
	hd_frame_seal(bytes, &header);
	memcpy(file->cache + file->size - HD_BLOCK, bytes, HD_BLOCK);
	open_well(world);
	assert_int_equal(world->report.last_lsn, tail);
	assert_true(world->report.cut_bytes > 0);
	end(world);
}

/* The end of a segment that is longer than what is read at once. */
static void
a_tail_that_cannot_be_read(void **state)
{
	(void)state;
	struct log_world *world = begin();
	world->options.segment_bytes = 4 * HD_MIB;
	open_well(world);
	log_world_append(world, 1);
	log_world_settle(world);
	fake_io_kill(&world->fake, 0);
	log_world_drop(world);
	world->fake.rule = (struct fake_rule){FAKE_CALL_READ, FIRST, 1, 1, -EIO};
	assert_false(log_world_open(world));
	assert_non_null(strstr(world->report.message, "cannot be read: Input"));
	open_well(world);
	end(world);
}

/* Segments. */

/* More segments than are held open: reading, replaying and going on. */
static void
many_segments(void **state)
{
	(void)state;
	static _Alignas(HD_BLOCK) uint8_t page[HD_FRAME_MAX];
	struct log_world *world = begin();
	world->options.segment_bytes = HD_FRAME_MAX;
	world->text_max = 400;
	open_well(world);
	for (uint32_t i = 0; i < 70; i++) {
		log_world_append(world, 1);
		log_world_settle(world);
		fake_io_kill(&world->fake, 0);
		log_world_drop(world);
		open_well(world);
	}
	uint64_t tail = hd_log_tail(world->log);
	struct hd_io *io = &world->fake.io;
	for (uint64_t lsn = 1; lsn <= tail; lsn++) {
		struct hd_completion done;
		assert_true(hd_log_read(world->log, lsn, page, sizeof page, 1));
		assert_int_equal(io->ops->wait(io, 0, &done, 1), 1);
		world->replayed = lsn - 1;
		assert_true(hd_log_scan(hd_bytes_of(page, (size_t)done.result), lsn, lsn,
					log_world_each, world) == lsn + 1);
	}
	assert_int_equal(world->wrong, 0);
	world->text_max = 20000;
	uint64_t before = hd_log_stats(world->log).segments;
	write_well(world, 100);
	assert_true(hd_log_stats(world->log).segments > before);
	end(world);
}

/* An anchor in a segment without a frame, as a repair leaves it. */
static void
an_anchor_before_its_segments_first_frame(void **state)
{
	(void)state;
	struct log_world *world = begin();
	open_well(world);
	write_well(world, 10);
	struct hd_log_anchor anchor = hd_log_anchor(world->log);
	assert_true(log_world_close(world));
	open_well(world);
	memcpy(anchor.previous, world->report.head, sizeof anchor.previous);
	assert_true(log_world_close(world));
	struct hd_io *io = &world->fake.io;
	int file = io->ops->file_open(io, SECOND, HD_IO_CREATE | HD_IO_WRITE);
	assert_true(file >= 0);
	assert_int_equal(io->ops->file_allocate(io, file, HD_MIB), 0);
	anchor.number = 2;
	anchor.first_lsn = anchor.lsn + 1;
	world->options.from = anchor;
	open_well(world);
	assert_int_equal(hd_log_tail(world->log), anchor.lsn);
	assert_int_equal(hd_log_anchor(world->log).lsn, 0);
	log_world_append(world, 1);
	log_world_settle(world);
	assert_int_equal(hd_log_anchor(world->log).lsn, hd_log_tail(world->log));
	end(world);
}

/* A seal that is due finds neither room nor the next segment. */
static void
a_seal_waits_for_the_next_segment(void **state)
{
	(void)state;
	struct log_world *world = begin();
	world->options.segment_bytes = HD_FRAME_MAX;
	world->text_max = 200;
	open_well(world);
	world->fake.rule = (struct fake_rule){FAKE_CALL_ALLOCATE, NULL, 0, 0, -ENOSPC};
	struct fake_file *file = fake_io_find(&world->fake, FIRST);
	uint64_t left = file->size / HD_BLOCK;
	for (; left > 0; left--) {
		uint64_t lsn = hd_log_tail(world->log);
		struct hd_event event = {.type = HD_EVENT_AWARDED,
					 .stamp = (int64_t)(lsn + 1) * 1000 + 999,
					 .time = (int64_t)(lsn + 1) * 1000 + 999,
					 .entrant = hd_bytes_str("ann")};
		hd_log_append(world->log, &event, 1);
		log_world_settle(world);
	}
	assert_int_equal(hd_log_room(world->log), HD_ERR_MISCONF);
	for (int i = 0; i < 5; i++) {
		world->fake.now += 2 * S;
		for (int k = 0; k < 4; k++) /* made, refused its space, removed */
			log_world_pass(world, true);
	}
	/* Nothing but the next look for space is due. */
	assert_true(hd_log_deadline(world->log) > world->fake.now);
	assert_true(hd_log_deadline(world->log) <= world->fake.now + S);
	world->fake.rule.call = 0;
	for (int i = 0; i < 20; i++) {
		world->fake.now += 2 * S;
		log_world_pass(world, true);
	}
	assert_int_equal(hd_log_stats(world->log).segments, 2);
	assert_true(hd_log_deadline(world->log) == HD_NEVER);
	end(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_bears_it_or_says_why),
		cmocka_unit_test(what_is_left_of_a_full_disk_must_go),
		cmocka_unit_test(a_log_that_serves_bears_it_or_ends),
		cmocka_unit_test(a_first_segment_that_cannot_be_made_later),
		cmocka_unit_test(an_old_segment_that_cannot_be_opened),
		cmocka_unit_test(a_reader_changes_nothing),
		cmocka_unit_test(verify_says_what_it_cannot_read),
		cmocka_unit_test(a_close_waits_for_its_own),
		cmocka_unit_test(a_close_waits_for_what_nobody_waits_for),
		cmocka_unit_test(behind_a_closed_end_nothing_may_stand),
		cmocka_unit_test(a_frame_that_goes_on_behind_the_file),
		cmocka_unit_test(a_tail_that_cannot_be_read),
		cmocka_unit_test(many_segments),
		cmocka_unit_test(an_anchor_before_its_segments_first_frame),
		cmocka_unit_test(a_seal_waits_for_the_next_segment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
