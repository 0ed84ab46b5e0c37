/* What is behind the snapshots while somebody reads it, while its files are of another size, or
 * cannot be opened: it is used again, or goes, or the process ends with the one line that says why.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "huntd/limits.h"
#include "tests/unit/recovery/log_faults_world.h"

#define SECOND FOLDER "/00000002.log"
#define S      1000000000LL

/* A log of five segments whose first three nobody needs, and nobody archives. */
static struct log_world *
begin_behind(void)
{
	struct log_world *world = begin();
	world->options.segment_bytes = HD_FRAME_MAX;
	open_well(world);
	while (hd_log_stats(world->log).segments < 5)
		write_well(world, 10);
	return world;
}

/* A page of an old segment is on its way: its file stays until that has been sent. */
static void
a_segment_that_is_read_is_not_recycled(void **state)
{
	(void)state;
	static _Alignas(HD_BLOCK) uint8_t page[HD_FRAME_MAX];
	struct log_world *world = begin_behind();
	struct hd_io *io = &world->fake.io;
	struct hd_completion done;
	hd_log_keep(world->log, 4, false);
	for (uint32_t i = 0; i < 10; i++) {
		assert_true(hd_log_read(world->log, 1, page, sizeof page, 1));
		log_world_append(world, 10);
		world->fake.now += S;
		hd_log_pass(world->log, world->fake.now, false);
		while (io->ops->wait(io, 0, &done, 1) == 1)
			if (HD_IO_OWNER(done.tag) == HD_IO_LOG)
				hd_log_complete(world->log, &done);
		assert_non_null(fake_io_find(&world->fake, FIRST));
	}
	for (uint32_t i = 0; i < 60; i++) {
		world->fake.now += S;
		log_world_pass(world, true);
		if (i % 3 == 2)
			write_well(world, 10);
	}
	assert_null(fake_io_find(&world->fake, FIRST));
	assert_false(hd_log_read(world->log, 1, page, sizeof page, 1));
	end(world);
}

/* Files of another size than segments have now: too small ones go, too large ones too. */
static void
a_file_of_another_size_is_not_used_again(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		struct log_world *world = begin();
		world->options.segment_bytes = i ? 4 * HD_FRAME_MAX : HD_FRAME_MAX;
		open_well(world);
		while (hd_log_stats(world->log).segments < 3)
			write_well(world, 10);
		assert_true(log_world_close(world));
		world->options.segment_bytes = i ? HD_FRAME_MAX : 4 * HD_FRAME_MAX;
		world->fake.look_ns = 1000;
		open_well(world);
		hd_log_keep(world->log, 2, false);
		while (hd_log_stats(world->log).recycled == 0) {
			write_well(world, 30);
			uint32_t number = hd_log_anchor(world->log).number;
			hd_log_keep(world->log, number > 2 ? number - 1 : 2, false);
		}
		assert_null(fake_io_find(&world->fake, FIRST));
		assert_true(hd_log_stats(world->log).recycle_ns_max > 0);
		uint64_t tail = hd_log_tail(world->log);
		assert_true(tail > 0);
		end(world);
	}
}

/* The file that is to be used again cannot be opened. */
static void
an_old_file_that_cannot_be_used_again(void **state)
{
	(void)state;
	struct log_world *volatile world = begin_behind();
	jmp_buf failed;
	assert_true(log_world_close(world));
	open_well(world);
	hd_log_keep(world->log, 3, false);
	world->fake.rule = (struct fake_rule){FAKE_CALL_OPEN, FIRST, 0, 0, -EIO};
	log_world_failed = &failed;
	if (setjmp(failed) == 0) {
		write_well(world, 500);
		fail_msg("it went on");
	}
	log_world_failed = NULL;
	assert_non_null(strstr(log_world_message, "cannot use again " FIRST));
	end(world);
}

/* Answers about segments that nobody asked for, or that have gone. */
static void
what_was_not_asked_for_changes_nothing(void **state)
{
	(void)state;
	struct log_world *world = begin_behind();
	hd_log_keep(world->log, 4, true);
	assert_int_equal(hd_log_archive_next(world->log), 1);
	assert_int_equal(hd_log_archive_next(world->log), 0);
	hd_log_archived(world->log, 77, 0);
	assert_int_equal(hd_log_archive_next(world->log), 0);
	hd_log_archived(world->log, 1, -EIO);
	assert_int_equal(hd_log_archive_next(world->log), 0);
	world->fake.now += 2 * S;
	log_world_pass(world, true);
	assert_int_equal(hd_log_archive_next(world->log), 1);
	hd_log_archived(world->log, 1, 0);
	assert_int_equal(hd_log_archive_next(world->log), 2);
	hd_log_keep(world->log, 5, false);
	assert_int_equal(hd_log_archive_next(world->log), 0);
	for (uint32_t i = 0; i < 60 && fake_io_find(&world->fake, FIRST); i++) {
		world->fake.now += S;
		log_world_pass(world, true);
		write_well(world, 10);
	}
	assert_null(fake_io_find(&world->fake, FIRST));
	hd_log_archived(world->log, 1, 0); /* that one has gone */
	end(world);
}

/* An anchor's segment that holds no event, with one before it that is of no use to a snapshot. */
static void
no_snapshot_stands_in_a_segment_without_events(void **state)
{
	(void)state;
	struct log_world *world = begin();
	world->text_max = 200;
	open_well(world);
	write_well(world, 20);
	struct hd_log_anchor anchor = hd_log_anchor(world->log);
	fake_io_kill(&world->fake, 0);
	log_world_drop(world);
	open_well(world);
	memcpy(anchor.previous, world->report.head, sizeof anchor.previous);
	assert_true(log_world_close(world)); /* one frame that says so, in segment 2 */
	anchor.number = 2;
	anchor.first_lsn = anchor.lsn + 1;
	world->options.from = anchor;
	open_well(world);
	assert_int_equal(world->report.segments, 2);
	assert_int_equal(hd_log_anchor(world->log).lsn, 0);
	end(world);
}

/* Without direct writes from the start: a file that cannot be opened is an error as it is. */
static void
invalid_is_an_answer_too(void **state)
{
	(void)state;
	struct log_world *world = begin();
	world->fake.refuse_direct = true;
	world->text_max = 200;
	open_well(world);
	write_well(world, 20);
	fake_io_kill(&world->fake, 0);
	log_world_drop(world);
	world->fake.rule = (struct fake_rule){FAKE_CALL_OPEN, SECOND, 0, 1, -EINVAL};
	assert_false(log_world_open(world));
	assert_non_null(strstr(world->report.message, "Invalid argument"));
	end(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_segment_that_is_read_is_not_recycled),
		cmocka_unit_test(a_file_of_another_size_is_not_used_again),
		cmocka_unit_test(an_old_file_that_cannot_be_used_again),
		cmocka_unit_test(what_was_not_asked_for_changes_nothing),
		cmocka_unit_test(no_snapshot_stands_in_a_segment_without_events),
		cmocka_unit_test(invalid_is_an_answer_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
