/* A file that is used again keeps what it held: old frames, whole and with good checksums, stand
 * behind the new ones and under them. None of them is taken for a frame of the log, none proves
 * anything, and damage to the new ones is found all the same. */
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

#define SECTOR FAKE_SECTOR

/* A sanitizer's allocator makes each reading some ten times dearer. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STEP 1009u /* bits */
#else
#define STEP 607u
#endif

/* A log whose next segment is an old file. */
struct reuse {
	struct log_keeper keeper;
	uint32_t number; /* of that segment */
	uint8_t old[HD_FRAME_MAX];
};

static struct fake_file *
file_of(struct reuse *reuse)
{
	char path[128];
	snprintf(path, sizeof path, "data/shard-3/%08u.log", reuse->number);
	return fake_io_find(&reuse->keeper.world.fake, path);
}

static void
work(struct reuse *reuse, uint32_t commands)
{
	log_world_append(&reuse->keeper.world, commands);
	log_world_settle(&reuse->keeper.world);
	reuse->keeper.world.fake.now += HD_MIB * 100;
	log_keeper_pass(&reuse->keeper, 0);
}

/* Works until the log has made an old file its next one, for the fifth time: files hold what
 * several uses left in them. It has not entered it yet. */
static struct reuse *
begin(uint64_t seed)
{
	struct reuse *reuse = calloc(1, sizeof *reuse);
	assert_non_null(reuse);
	struct log_world *world = &reuse->keeper.world;
	log_keeper_init(&reuse->keeper, seed);
	reuse->keeper.archive = false;
	world->text_max = 15000;
	assert_true(log_keeper_open(&reuse->keeper, 0, true));
	for (uint32_t pass = 0; hd_log_stats(world->log).recycled < 5; pass++) {
		assert_true(pass < 3000);
		if (pass % 10 == 0)
			log_keeper_snapshot(&reuse->keeper);
		work(reuse, 1);
	}
	reuse->number = hd_log_anchor(world->log).number + 1;
	assert_int_equal(file_of(reuse)->size, HD_FRAME_MAX);
	memcpy(reuse->old, file_of(reuse)->cache, HD_FRAME_MAX);
	assert_false(hd_frame_zero(reuse->old, HD_BLOCK));
	return reuse;
}

/* Works until the next segment holds its first frame, and nothing else. */
static void
enter(struct reuse *reuse)
{
	for (uint32_t pass = 0; hd_log_anchor(reuse->keeper.world.log).number != reuse->number;
	     pass++) {
		assert_true(pass < 1000);
		work(reuse, 1);
	}
	assert_memory_not_equal(file_of(reuse)->cache, reuse->old, HD_BLOCK);
}

static void
stop(struct reuse *reuse)
{
	fake_io_kill(&reuse->keeper.world.fake, 0);
	log_keeper_drop(&reuse->keeper);
}

/* Enters, writes some frames more, and closes. Returns where they end. */
static uint64_t
close_inside(struct reuse *reuse)
{
	struct log_world *world = &reuse->keeper.world;
	enter(reuse);
	for (int frame = 0; frame < 4; frame++)
		work(reuse, 1 + (frame == 2));
	assert_true(log_world_close(world));
	assert_true(log_keeper_verify(&reuse->keeper));
	assert_int_equal(world->report.end_number, reuse->number);
	assert_int_equal(world->report.cut_bytes, 0);
	assert_true(world->report.end_offset >= 6 * HD_BLOCK);
	assert_memory_equal(file_of(reuse)->cache + world->report.end_offset,
			    reuse->old + world->report.end_offset,
			    HD_FRAME_MAX - world->report.end_offset);
	return world->report.end_offset;
}

static void
end(struct reuse *reuse)
{
	stop(reuse);
	log_keeper_fini(&reuse->keeper);
	free(reuse);
}

static void
reads_to(struct reuse *reuse, uint64_t last, uint64_t cut)
{
	const struct hd_log_report *report = &reuse->keeper.world.report;
	if (!log_keeper_verify(&reuse->keeper))
		fail_msg("%s", report->message);
	assert_int_equal(reuse->keeper.world.wrong, 0);
	assert_int_equal(report->last_lsn, last);
	assert_int_equal(report->cut_bytes, cut);
}

static void
is_damaged(struct reuse *reuse)
{
	assert_false(log_keeper_verify(&reuse->keeper));
	assert_int_equal(reuse->keeper.world.report.exit, HD_EXIT_DAMAGED);
	assert_int_equal(reuse->keeper.world.wrong, 0);
}

static void
opens_to(struct reuse *reuse, uint64_t last)
{
	struct log_keeper *twin = malloc(sizeof *twin);
	assert_non_null(twin);
	log_keeper_fork(twin, &reuse->keeper);
	assert_true(log_keeper_open(twin, 1, false));
	assert_int_equal(twin->world.report.last_lsn, last);
	assert_int_equal(twin->world.wrong, 0);
	fake_io_kill(&twin->world.fake, 0);
	log_keeper_fini(twin);
	free(twin);
}

static void
an_old_file_is_entered_as_it_is(void **state)
{
	(void)state;
	struct reuse *reuse = begin(1);
	uint64_t writes = reuse->keeper.world.fake.writes;
	uint64_t frames = hd_log_stats(reuse->keeper.world.log).frames;
	enter(reuse);
	assert_int_equal(reuse->keeper.world.fake.writes - writes,
			 hd_log_stats(reuse->keeper.world.log).frames - frames);
	reads_to(reuse, hd_log_tail(reuse->keeper.world.log), 0);
	end(reuse);
}

/* Each sector of the new segment's first frame is on the disk or still the old one. */
static void
a_torn_first_frame_over_whole_old_ones_is_cut(void **state)
{
	(void)state;
	struct reuse *reuse = begin(2);
	uint64_t before = 0, random = 2;
	for (; hd_log_anchor(reuse->keeper.world.log).number != reuse->number; work(reuse, 1))
		before = hd_log_tail(reuse->keeper.world.log);
	uint64_t tail = hd_log_tail(reuse->keeper.world.log);
	reads_to(reuse, tail, 0);
	stop(reuse);
	uint8_t *disk = file_of(reuse)->cache;
	uint32_t size = (uint32_t)reuse->keeper.world.report.end_offset;
	uint8_t *new = malloc(size);
	assert_non_null(new);
	memcpy(new, disk, size);
	for (uint32_t image = 0; image < 60; image++) {
		uint32_t begun = 0, kept = image * (size / SECTOR) / 20;
		for (uint32_t i = 0; i < size / SECTOR; i++) {
			bool landed = image < 20 ? i < kept : hd_test_random(&random) % 4 == 0;
			memcpy(disk + i * SECTOR, (landed ? new : reuse->old) + i * SECTOR, SECTOR);
			begun += landed && i == 0;
		}
		reads_to(reuse, before, begun ? size : 0);
		if (image % 7 == 0)
			opens_to(reuse, before);
	}
	memcpy(disk, new, size);
	reads_to(reuse, tail, 0);
	opens_to(reuse, tail);
	free(new);
	end(reuse);
}

/* As in a segment that was zeros: below the closing frame a flip is damage, in it a cut; in what an
 * earlier use left it is nothing. */
static void
every_flipped_bit_of_the_new_use_is_found(void **state)
{
	(void)state;
	struct reuse *reuse = begin(3);
	uint64_t used = close_inside(reuse), last = reuse->keeper.world.report.last_lsn;
	uint8_t *disk = file_of(reuse)->cache;
	for (uint64_t bit = 0; bit < HD_FRAME_MAX * 8; bit += bit < used * 8 ? STEP : 100 * STEP) {
		disk[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (bit / 8 < used - HD_BLOCK)
			is_damaged(reuse);
		else
			reads_to(reuse, last, bit / 8 < used ? HD_BLOCK : 0);
		disk[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	reads_to(reuse, last, 0);
	end(reuse);
}

/* A write that never reached the disk leaves what was there: a whole frame, it may be. */
static void
every_lost_write_is_found(void **state)
{
	(void)state;
	struct reuse *reuse = begin(4);
	uint64_t used = close_inside(reuse), last = reuse->keeper.world.report.last_lsn;
	uint8_t *disk = file_of(reuse)->cache, *new = malloc(used);
	assert_non_null(new);
	memcpy(new, disk, used);
	for (uint64_t from = 0; from < used - HD_BLOCK; from += HD_BLOCK)
		for (uint64_t to = from + HD_BLOCK; to < used; to += HD_BLOCK) {
			memcpy(disk + from, reuse->old + from, to - from);
			is_damaged(reuse);
			memcpy(disk, new, used);
		}
	memcpy(disk + used - HD_BLOCK, reuse->old + used - HD_BLOCK, HD_BLOCK);
	reads_to(reuse, last, 0);
	opens_to(reuse, last);
	free(new);
	end(reuse);
}

/* What a client's bytes might look like where an old frame had them. */
static void
forge(uint8_t *at, const uint8_t uuid[static HD_FRAME_HASH])
{
	static uint8_t bytes[HD_FRAME_MAX];
	struct hd_frame_header header = {.log = 3, .first_lsn = 1u << 30, .seal = (1u << 30) - 1};
	memcpy(header.segment, uuid, HD_FRAME_HASH);
	assert_int_equal(hd_frame_seal(bytes, &header), HD_BLOCK);
	memcpy(at, bytes, HD_BLOCK);
}

static void
a_forged_seal_in_old_bytes_proves_nothing(void **state)
{
	(void)state;
	struct reuse *reuse = begin(5);
	uint8_t other[HD_FRAME_HASH] = {1, 2, 3}, own[HD_FRAME_HASH];
	uint64_t tail = hd_log_tail(reuse->keeper.world.log);
	forge(file_of(reuse)->cache + 2 * HD_BLOCK, other);
	reads_to(reuse, tail, 0);
	uint64_t used = close_inside(reuse), last = reuse->keeper.world.report.last_lsn;
	uint8_t *disk = file_of(reuse)->cache;
	memcpy(own, ((struct hd_frame_header *)(void *)disk)->segment, HD_FRAME_HASH);
	for (uint64_t at = used; at < used + 4 * HD_BLOCK; at += HD_BLOCK) {
		forge(disk + at, other);
		reads_to(reuse, last, 0);
		opens_to(reuse, last);
		forge(disk + at, own);
		is_damaged(reuse);
		memcpy(disk + at, reuse->old + at, HD_BLOCK);
	}
	end(reuse);
}

/* Reading back while a frame is on its way, over old ones: it is not there yet. */
static bool
count_event(void *context, const struct hd_log_event *event)
{
	(void)event;
	++*(uint32_t *)context;
	return true;
}

static void
a_page_of_old_frames_gives_no_event(void **state)
{
	(void)state;
	struct reuse *reuse = begin(6);
	uint32_t count = 0;
	uint64_t next = hd_log_tail(reuse->keeper.world.log) + 1;
	struct hd_bytes old = hd_bytes_of(reuse->old, HD_FRAME_MAX);
	assert_int_equal(hd_log_scan(old, next, next + 1000, count_event, &count), next);
	assert_int_equal(count, 0);
	end(reuse);
}

/* The archive. */

static bool
unpack(struct reuse *reuse, uint32_t number, struct hd_pack_header *header, uint8_t **bytes)
{
	char path[HD_PACK_PATH];
	struct log_world *world = &reuse->keeper.world;
	hd_pack_path("data/shard-3", number, HD_PACK_PACKED, path);
	if (fake_io_find(&world->fake, path) == NULL)
		return false;
	int error = hd_pack_read(&world->fake.io, &world->memory, path, number, header, bytes);
	assert_int_equal(error, 0);
	return true;
}

/* `steps`: what the helper does in a pass. */
static void
archive_some(struct reuse *reuse, uint32_t passes, uint32_t steps)
{
	for (uint32_t pass = 0; pass < passes; pass++) {
		if (pass % 10 == 0)
			log_keeper_snapshot(&reuse->keeper);
		work(reuse, 1);
		log_keeper_pass(&reuse->keeper, steps);
	}
}

static struct reuse *
begin_archive(uint64_t seed)
{
	struct reuse *reuse = calloc(1, sizeof *reuse);
	assert_non_null(reuse);
	log_keeper_init(&reuse->keeper, seed);
	reuse->keeper.world.text_max = 15000;
	assert_true(log_keeper_open(&reuse->keeper, 0, true));
	archive_some(reuse, 500, 10);
	assert_true(reuse->keeper.archived > 6);
	assert_true(hd_log_stats(reuse->keeper.world.log).recycled > 3);
	return reuse;
}

static void
an_archived_segment_holds_its_own_frames_only(void **state)
{
	(void)state;
	struct reuse *reuse = begin_archive(7);
	uint32_t segments = 0;
	struct hd_pack_header header;
	uint8_t *bytes;
	for (uint32_t number = 1; unpack(reuse, number, &header, &bytes); number++, segments++) {
		struct hd_frame frame;
		uint64_t at = 0;
		for (; at < header.size; at += frame.size) {
			struct hd_bytes rest = hd_bytes_of(bytes + at, header.size - at);
			assert_int_equal(hd_frame_read(rest, &frame), HD_FRAME_WHOLE);
			if (at == 0)
				assert_true(hd_frame_begins(&frame.header, number));
			assert_memory_equal(frame.header.segment,
					    ((struct hd_frame_header *)(void *)bytes)->segment,
					    HD_FRAME_HASH);
		}
		assert_int_equal(at, header.size);
		hd_pack_give(&reuse->keeper.world.memory, bytes, header.size);
	}
	assert_true(segments > 6);
	reads_to(reuse, hd_log_tail(reuse->keeper.world.log), 0);
	end(reuse);
}

/* A frame's header rots before the segment is packed: what stands behind it is packed too. */
static void
a_damaged_segment_is_packed_whole(void **state)
{
	(void)state;
	struct reuse *reuse = begin_archive(8);
	reuse->number = hd_log_anchor(reuse->keeper.world.log).number + 1;
	for (; hd_log_anchor(reuse->keeper.world.log).number <= reuse->number; work(reuse, 1))
		continue;
	uint8_t *disk = file_of(reuse)->cache;
	struct hd_frame frame;
	assert_int_equal(hd_frame_read(hd_bytes_of(disk, HD_FRAME_MAX), &frame), HD_FRAME_WHOLE);
	disk[frame.size + 20] ^= 1;
	memcpy(reuse->old, disk, HD_FRAME_MAX);
	uint32_t number = reuse->number;
	archive_some(reuse, 100, 10);
	struct hd_pack_header header;
	uint8_t *bytes;
	assert_true(unpack(reuse, number, &header, &bytes));
	assert_true(header.size > HD_FRAME_MAX / 2);
	assert_memory_equal(bytes, reuse->old, header.size);
	hd_pack_give(&reuse->keeper.world.memory, bytes, header.size);
	is_damaged(reuse);
	end(reuse);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_old_file_is_entered_as_it_is),
		cmocka_unit_test(a_torn_first_frame_over_whole_old_ones_is_cut),
		cmocka_unit_test(every_flipped_bit_of_the_new_use_is_found),
		cmocka_unit_test(every_lost_write_is_found),
		cmocka_unit_test(a_forged_seal_in_old_bytes_proves_nothing),
		cmocka_unit_test(a_page_of_old_frames_gives_no_event),
		cmocka_unit_test(an_archived_segment_holds_its_own_frames_only),
		cmocka_unit_test(a_damaged_segment_is_packed_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
