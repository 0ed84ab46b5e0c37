/* The log after crashes and damage: nothing that was acknowledged is lost, whatever part of the
 * un-synced sectors reached the disk; and damage below the seal is refused, never cut in silence.
 * Seeds reproduce: run with one as argument to try only that. */
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
#include "huntd/limits.h"
#include "shard/log/frame.h"
#include "tests/lib/lib.h"
#include "tests/lib/log_world.h"

#define FIRST "data/shard-3/00000001.log"

/* A sanitizer's allocator makes each image some ten times dearer. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SEEDS 1u
#define STEP  13u /* bits */
#else
#define SEEDS 6u
#define STEP  1u
#endif

static uint64_t only_seed;

static struct log_world *
begin(uint64_t seed)
{
	struct log_world *world = malloc(sizeof *world);
	assert_non_null(world);
	log_world_init(world, seed);
	return world;
}

static struct log_world *
fork_of(const struct log_world *from, uint64_t seed)
{
	struct log_world *world = malloc(sizeof *world);
	assert_non_null(world);
	log_world_fork(world, from);
	world->fake.seed = seed;
	return world;
}

static void
end(struct log_world *world)
{
	log_world_drop(world);
	log_world_fini(world);
	free(world);
}

/* Opens after a crash: what was promised is there, and what is there is right. */
static void
recover(struct log_world *world, uint64_t promised, uint64_t tail)
{
	if (!log_world_open(world))
		fail_msg("seed %llu: %s", (unsigned long long)world->seed, world->report.message);
	if (world->report.last_lsn < promised || world->report.last_lsn > tail ||
	    world->wrong != 0 || world->replayed != world->report.last_lsn)
		fail_msg("seed %llu: promised %llu, found %llu of %llu, %llu wrong",
			 (unsigned long long)world->seed, (unsigned long long)promised,
			 (unsigned long long)world->report.last_lsn, (unsigned long long)tail,
			 (unsigned long long)world->wrong);
}

/* A pass of a random life: commands, quiet seconds, slow syncs, busy and sleeping loops. */
static void
live(struct log_world *world, uint64_t *random)
{
	uint64_t dice = hd_test_random(random);
	world->fake.hold_syncs = dice % 7 == 0;
	world->room = 1 + (uint32_t)(dice >> 8) % 8;
	if (dice % 3)
		log_world_append(world, 1 + (uint32_t)(dice >> 16) % 6);
	if (dice % 29 == 0)
		world->fake.now += 1500000000;
	if (dice % 31 == 0)
		hd_log_want_flush(world->log);
	log_world_pass(world, (dice >> 24) % 2);
}

static const uint32_t coins[] = {0, 20, 50, 80, 100};

/* What a world may not lose: to a power cut what its mode has flushed, else what it acknowledged.
 */
static uint64_t
promise(const struct log_world *world, bool power)
{
	bool batch = world->options.durability == HD_DURABLE_BATCH;
	return power && !batch ? world->flushed : world->acked;
}

/* One crash image: recover, live on, crash again, recover. A world that must outlive power cuts
 * sees kills between them: what a kill left in the kernel's cache is built upon. */
static void
crash_thrice(const struct log_world *before, uint64_t seed, bool power)
{
	uint64_t random = seed;
	struct log_world *world = fork_of(before, seed);
	const struct log_world *last = before;
	uint64_t tail = hd_log_tail(before->log);
	for (int round = 0; round < 3; round++) {
		uint32_t coin = coins[hd_test_random(&random) % 5];
		bool cut = power && hd_test_random(&random) % 3;
		uint64_t promised = promise(last, cut);
		if (cut)
			fake_io_crash(&world->fake, coin);
		else
			fake_io_kill(&world->fake, coin);
		log_world_drop(world);
		recover(world, promised, tail);
		for (uint64_t passes = hd_test_random(&random) % 12; passes > 0; passes--)
			live(world, &random);
		tail = hd_log_tail(world->log);
		last = world;
	}
	end(world);
}

static void
crash_everywhere(uint64_t seed, enum hd_durability durability, bool power)
{
	uint64_t random = seed;
	struct log_world *world = begin(seed);
	world->options.durability = (uint8_t)durability;
	world->options.segment_bytes = HD_FRAME_MAX;
	world->text_max = seed % 2 ? HD_REASON_MAX : 30000;
	world->fake.short_writes = seed % 3 == 0;
	assert_true(log_world_open(world));
	for (uint64_t pass = 0; pass < 60; pass++) {
		live(world, &random);
		for (uint64_t image = 0; image < 3; image++)
			crash_thrice(world, seed * 1000 + pass * 10 + image, power);
	}
	fake_io_crash(&world->fake, 0);
	end(world);
}

static void
crash_with_seeds(enum hd_durability durability, bool power)
{
	if (only_seed) {
		crash_everywhere(only_seed, durability, power);
		return;
	}
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		crash_everywhere(seed, durability, power);
}

static void
power_loss_keeps_what_batch_acknowledged(void **state)
{
	(void)state;
	crash_with_seeds(HD_DURABLE_BATCH, true);
}

static void
power_loss_keeps_what_window_flushed(void **state)
{
	(void)state;
	crash_with_seeds(HD_DURABLE_WINDOW, true);
}

static void
a_kill_keeps_what_window_acknowledged(void **state)
{
	(void)state;
	crash_with_seeds(HD_DURABLE_WINDOW, false);
	crash_with_seeds(HD_DURABLE_BATCH, false);
}

/* Recovery itself may be cut off at any operation. */
static void
a_crash_during_recovery_changes_nothing(void **state)
{
	(void)state;
	uint64_t random = 99;
	struct log_world *world = begin(99);
	world->options.segment_bytes = HD_FRAME_MAX;
	world->options.durability = HD_DURABLE_WINDOW;
	world->text_max = 30000;
	assert_true(log_world_open(world));
	for (int pass = 0; pass < 100; pass++)
		live(world, &random);
	uint64_t flushed = world->flushed, tail = hd_log_tail(world->log);
	for (uint64_t seed = 0; seed < 5; seed++) {
		uint64_t n = 1;
		for (bool reached = true; reached; n++) {
			struct log_world *twin = fork_of(world, seed);
			fake_io_crash(&twin->fake, 50);
			twin->fake.operations = 0;
			twin->fake.fail_at = n;
			reached = !log_world_open(twin);
			twin->fake.fail_at = 0;
			twin->wrong = 0;
			fake_io_crash(&twin->fake, 50);
			log_world_drop(twin);
			recover(twin, flushed, tail);
			end(twin);
		}
		assert_true(n > 10);
	}
	fake_io_crash(&world->fake, 0);
	end(world);
}

/* A small log that was closed: frames of a block or two, then zeros. Returns where its zeros begin.
 */
static struct log_world *
closed_log(uint64_t seed, uint64_t *last_lsn, uint64_t *used)
{
	struct log_world *world = begin(seed);
	world->options.segment_bytes = HD_FRAME_MAX;
	assert_true(log_world_open(world));
	for (int frame = 0; frame < 4; frame++) {
		log_world_append(world, 2 + 12 * (frame == 2));
		log_world_settle(world);
	}
	*last_lsn = hd_log_tail(world->log);
	assert_true(log_world_close(world));
	const struct fake_file *file = fake_io_find(&world->fake, FIRST);
	*used = file->size;
	while (hd_frame_zero(file->cache + *used - HD_BLOCK, HD_BLOCK))
		*used -= HD_BLOCK;
	return world;
}

static bool
verify(struct log_world *world)
{
	world->replayed = world->wrong = 0;
	return hd_log_verify(&world->fake.io, world->options.directory, log_world_each, world,
			     &world->report);
}

/* Where the last frame, the closing one, starts is where the greatest seal stands: below it a flip
 * is damage, in it or behind it a cut that loses no event. */
static void
every_flipped_bit_is_found(void **state)
{
	(void)state;
	uint64_t last, used, random = 5, refused = 0;
	struct log_world *world = closed_log(21, &last, &used);
	struct fake_file *file = fake_io_find(&world->fake, FIRST);
	assert_true(verify(world));
	assert_true(used >= 6 * HD_BLOCK);
	for (uint64_t bit = 0; bit < used * 8; bit += STEP) {
		bool padding = hd_frame_zero(file->cache + bit / 64 * 8, 8);
		if (padding && hd_test_random(&random) % 64)
			continue;
		file->cache[bit / 8] ^= (uint8_t)(1 << bit % 8);
		bool good = verify(world);
		file->cache[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(world->wrong, 0);
		if (bit / 8 < used - HD_BLOCK) {
			assert_false(good);
			assert_int_equal(world->report.exit, HD_EXIT_DAMAGED);
			assert_non_null(strstr(world->report.message, FIRST));
			refused++;
		} else {
			assert_true(good);
			assert_int_equal(world->report.cut_bytes, HD_BLOCK);
			assert_int_equal(world->report.last_lsn, last);
		}
	}
	assert_true(refused > 5000 / STEP);
	assert_true(verify(world));
	end(world);
}

/* Lost and misdirected writes: each block as zeros, or as a copy of another one. */
static void
every_lost_or_misplaced_block_is_found(void **state)
{
	(void)state;
	uint64_t last, used;
	uint8_t kept[HD_BLOCK];
	struct log_world *world = closed_log(22, &last, &used);
	struct fake_file *file = fake_io_find(&world->fake, FIRST);
	for (uint64_t to = 0; to < used - HD_BLOCK; to += HD_BLOCK) {
		memcpy(kept, file->cache + to, HD_BLOCK);
		for (uint64_t from = 0; from <= used; from += HD_BLOCK) {
			if (from == to)
				continue;
			memcpy(file->cache + to, file->cache + from, HD_BLOCK);
			assert_false(verify(world));
			assert_int_equal(world->report.exit, HD_EXIT_DAMAGED);
			assert_int_equal(world->wrong, 0);
			memcpy(file->cache + to, kept, HD_BLOCK);
		}
	}
	assert_true(verify(world));
	end(world);
}

static void
damage_is_refused_and_left_as_it_is(void **state)
{
	(void)state;
	uint64_t last, used;
	struct log_world *world = closed_log(23, &last, &used);
	struct fake_file *file = fake_io_find(&world->fake, FIRST);
	file->cache[HD_BLOCK + 200] ^= 1;
	uint8_t *image = malloc(file->size);
	assert_non_null(image);
	memcpy(image, file->cache, file->size);
	assert_false(log_world_open(world));
	assert_int_equal(world->report.exit, HD_EXIT_DAMAGED);
	assert_non_null(strstr(world->report.message, "offset 4096"));
	assert_non_null(strstr(world->report.message, "LSN "));
	file = fake_io_find(&world->fake, FIRST);
	assert_non_null(file);
	assert_memory_equal(image, file->cache, file->size);
	free(image);
	end(world);
}

/* A missing segment in the middle is damage, not the end of the log. */
static void
a_missing_segment_is_damage(void **state)
{
	(void)state;
	struct log_world *world = begin(24);
	world->options.segment_bytes = HD_FRAME_MAX;
	world->text_max = 20000;
	assert_true(log_world_open(world));
	for (int pass = 0; pass < 60; pass++) {
		log_world_append(world, 10);
		log_world_settle(world);
	}
	assert_true(hd_log_stats(world->log).segments > 4);
	assert_true(log_world_close(world));
	for (int number = 1; number <= 3; number++) {
		char path[64];
		snprintf(path, sizeof path, "data/shard-3/%08d.log", number);
		struct log_world *twin = fork_of(world, 1);
		fake_io_find(&twin->fake, path)->named = false;
		assert_false(log_world_open(twin));
		assert_int_equal(twin->report.exit, HD_EXIT_DAMAGED);
		end(twin);
	}
	end(world);
}

/* The same position, reached by another life of the log: the chain tells. */
static void
a_segment_of_another_life_is_not_taken(void **state)
{
	(void)state;
	struct log_world *worlds[2];
	for (int i = 0; i < 2; i++) {
		worlds[i] = begin(26);
		assert_true(log_world_open(worlds[i]));
		for (int frame = 0; frame < 6; frame++) {
			log_world_append(worlds[i], 2);
			if (i == 0 || frame % 2)
				log_world_settle(worlds[i]);
		}
		log_world_settle(worlds[i]);
		fake_io_crash(&worlds[i]->fake, 0);
		log_world_drop(worlds[i]);
		assert_true(log_world_open(worlds[i]));
		log_world_append(worlds[i], 2);
		log_world_settle(worlds[i]);
		assert_true(log_world_close(worlds[i]));
	}
	assert_int_equal(worlds[0]->report.last_lsn, worlds[1]->report.last_lsn);
	const char *second = "data/shard-3/00000002.log";
	struct fake_file *file = fake_io_find(&worlds[0]->fake, second);
	memcpy(file->cache, fake_io_find(&worlds[1]->fake, second)->cache, file->size);
	assert_false(verify(worlds[0]));
	assert_int_equal(worlds[0]->report.exit, HD_EXIT_DAMAGED);
	assert_true(verify(worlds[1]));
	end(worlds[0]);
	end(worlds[1]);
}

/* A write that the dead process had in flight reaches the disk when the next one already serves. */
static void
a_late_write_of_the_last_process_hurts_nothing(void **state)
{
	(void)state;
	struct log_world *world = begin(27);
	static uint8_t late[HD_FRAME_MAX];
	static _Alignas(HD_BLOCK) uint8_t page[HD_FRAME_MAX];
	assert_true(log_world_open(world));
	log_world_append(world, 3);
	log_world_settle(world);
	log_world_append(world, 30);
	hd_log_pass(world->log, world->fake.now, true);
	assert_int_equal(world->fake.queued, 1);
	struct fake_request request = world->fake.queue[0];
	memcpy(late, request.at, request.size);
	fake_io_kill(&world->fake, 0);
	log_world_drop(world);
	assert_true(log_world_open(world));
	log_world_append(world, 5);
	log_world_settle(world);
	uint64_t acked = world->acked;
	struct fake_file *file = fake_io_find(&world->fake, FIRST);
	memcpy(file->cache + request.offset, late, request.size);
	memcpy(file->disk + request.offset, late, request.size);
	struct hd_completion done;
	struct hd_io *io = &world->fake.io;
	assert_true(hd_log_read(world->log, 1, page, sizeof page, 1));
	assert_int_equal(io->ops->wait(io, 0, &done, 1), 1);
	world->replayed = 0;
	uint64_t next = hd_log_scan(hd_bytes_of(page, (size_t)done.result), 1, acked,
				    log_world_each, world);
	assert_true(next < acked);
	fake_io_crash(&world->fake, 0);
	log_world_drop(world);
	recover(world, acked, acked);
	end(world);
}

/* The text of an event as long as five blocks, with a header of great seal at `offset` and after
 * each block from there. */
static struct hd_event
forged_event(uint32_t offset)
{
	static uint8_t text[5 * HD_BLOCK];
	struct hd_frame_header forged = {.magic = HD_FRAME_MAGIC,
					 .format = HD_FRAME_FORMAT,
					 .log = 3,
					 .first_lsn = 1000001,
					 .seal = 1000000};
	forged.header_crc = hd_frame_crc((const uint8_t *)&forged, sizeof forged - 4);
	memset(text, 'x', sizeof text);
	for (; offset + HD_FRAME_HEADER <= sizeof text; offset += HD_BLOCK)
		memcpy(text + offset, &forged, sizeof forged);
	return (struct hd_event){.type = HD_EVENT_ORDER,
				 .order = 1,
				 .stamp = 1 << 30,
				 .text = hd_bytes_of(text, sizeof text)};
}

/* A client's text that looks like a frame with a great seal, in a frame that was torn: no damage.
 */
static void
a_forged_seal_in_a_torn_frame_does_not_count(void **state)
{
	(void)state;
	struct log_world *world = begin(25);
	assert_true(log_world_open(world));
	log_world_append(world, 3);
	log_world_settle(world);
	uint64_t before = hd_log_tail(world->log);
	/* The text starts behind the frame's header, the event's length, type and delta
	 * (3 + 1 + 1, as it is its frame's first), flags, order and length (1 + 1 + 3). */
	uint32_t text_at = HD_FRAME_HEADER + 3 + 1 + 1 + 1 + 1 + 3;
	struct hd_event event = forged_event(HD_BLOCK - text_at);
	hd_log_append(world->log, &event, 1);
	hd_log_pass(world->log, world->fake.now, true);
	uint64_t magic;
	memcpy(&magic, world->fake.queue[0].at + 2 * HD_BLOCK, sizeof magic);
	assert_true(magic == HD_FRAME_MAGIC);
	uint32_t torn = 0;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct log_world *twin = fork_of(world, seed);
		fake_io_crash(&twin->fake, 95);
		twin->wrong = 0;
		assert_true(log_world_open(twin));
		torn += twin->report.last_lsn == before && twin->report.cut_bytes > 0;
		end(twin);
	}
	assert_true(torn > 20);
	fake_io_crash(&world->fake, 0);
	end(world);
}

/* Its first event gets a type that no release knows yet. */
static void
an_event_of_a_newer_release_is_refused_by_name(void **state)
{
	(void)state;
	struct log_world *world = begin(13);
	assert_true(log_world_open(world));
	log_world_append(world, 5);
	log_world_settle(world);
	assert_true(log_world_close(world));
	uint8_t *frame = fake_io_find(&world->fake, FIRST)->cache;
	struct hd_frame_header header;
	memcpy(&header, frame, sizeof header);
	uint8_t *length = frame + HD_FRAME_HEADER;
	length[*length & 0x80 ? 2 : 1] = HD_EVENT_TYPE_END;
	header.body_crc = hd_frame_crc(length, hd_frame_size(header.length) - HD_FRAME_HEADER);
	header.header_crc = hd_frame_crc((const uint8_t *)&header, sizeof header - 4);
	memcpy(frame, &header, sizeof header);
	world->refuse = 1;
	assert_false(log_world_open(world));
	assert_int_equal(world->report.exit, HD_EXIT_DAMAGED);
	assert_non_null(strstr(world->report.message, "LSN 1 is an event of type"));
	assert_non_null(strstr(world->report.message, "newer release"));
	end(world);
}

int
main(int count, char **arguments)
{
	/* Every image clones a disk: memory is reused, not mapped anew. */
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	only_seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 0;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_loss_keeps_what_batch_acknowledged),
		cmocka_unit_test(power_loss_keeps_what_window_flushed),
		cmocka_unit_test(a_kill_keeps_what_window_acknowledged),
		cmocka_unit_test(a_crash_during_recovery_changes_nothing),
		cmocka_unit_test(every_flipped_bit_is_found),
		cmocka_unit_test(every_lost_or_misplaced_block_is_found),
		cmocka_unit_test(damage_is_refused_and_left_as_it_is),
		cmocka_unit_test(a_missing_segment_is_damage),
		cmocka_unit_test(a_segment_of_another_life_is_not_taken),
		cmocka_unit_test(a_late_write_of_the_last_process_hurts_nothing),
		cmocka_unit_test(a_forged_seal_in_a_torn_frame_does_not_count),
		cmocka_unit_test(an_event_of_a_newer_release_is_refused_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
