/* A shard that takes snapshots while its disk fails: the snapshot is dropped or counts, never half,
 * and serving goes on. */
#include "tests/unit/recovery/taker_world.h"

/* Passes until the taker stands there. */
static void
reach(struct rig *rig, enum hd_taker_state wanted)
{
	rig->shard->taker.asked = true;
	for (uint32_t i = 0; i < 1000; i++) {
		rig_ask(rig);
		if (rig->shard->taker.state == wanted)
			return;
		rig_take(rig);
		if (rig->shard->taker.state == wanted)
			return;
	}
	fail_msg("it never came to state %u", wanted);
}

/* Every call for a snapshot's file and name fails once, with every error. */

static const struct fake_rule bad_calls[] = {
	{.call = FAKE_CALL_OPEN, .path = ".tmp"},   {.call = FAKE_CALL_WRITE, .path = ".tmp"},
	{.call = FAKE_CALL_SYNC, .path = ".tmp"},   {.call = FAKE_CALL_RENAME, .path = ".tmp"},
	{.call = FAKE_CALL_DIR_SYNC, .path = NULL},
};

static void
any_error_drops_the_snapshot_and_nothing_else(void **state)
{
	(void)state;
	static const int errors[] = {-EIO, -ENOSPC, -EDQUOT, -EINTR};
	for (size_t i = 0; i < sizeof bad_calls / sizeof *bad_calls * 4; i++) {
		struct rig *rig = begin();
		rig->disk.rule = bad_calls[i / 4];
		rig->disk.rule.times = 1;
		rig->disk.rule.result = errors[i % 4];
		rig_save(rig);
		assert_int_equal(rig->disk.ruled, 1);
		assert_int_equal(dropped(rig), 1);
		assert_int_equal(taken(rig), 0);
		assert_non_null(strstr(rig->news, strerror(-errors[i % 4])));
		assert_false(is_there(rig, 100, true) || is_there(rig, 100, false));
		rig_save(rig);
		assert_int_equal(taken(rig), 1);
		assert_true(is_there(rig, 100, true));
		end(rig);
	}
}

/* A write that ends early goes on; one that gets nowhere is an error. */
static void
a_short_write_goes_on(void **state)
{
	(void)state;
	static const int sizes[] = {HD_BLOCK, HD_BLOCK + 100, 100, 0};
	for (uint32_t i = 0; i < 4; i++) {
		struct rig *rig = begin();
		rig->disk.rule = (struct fake_rule){FAKE_CALL_WRITE, ".tmp", 0, 1, sizes[i]};
		rig_save(rig);
		assert_int_equal(taken(rig), i < 2);
		assert_int_equal(dropped(rig), i >= 2);
		end(rig);
	}
}

/* The oldest one cannot be removed, or is gone already: the newest counts all the same. */
static void
an_older_one_that_does_not_go(void **state)
{
	(void)state;
	for (int gone = 0; gone < 2; gone++) {
		struct rig *rig = begin();
		for (int i = 0; i < 2; i++) {
			rig_save(rig);
			rig_append(rig, 10);
		}
		char path[HD_SNAPSHOT_PATH];
		hd_snapshot_path(RIG_FOLDER, 100, true, path);
		if (gone)
			fake_io_find(&rig->disk, path)->named = false;
		else
			rig->disk.rule = (struct fake_rule){FAKE_CALL_REMOVE, ".hds", 0, 1, -EIO};
		rig_save(rig);
		assert_int_equal(taken(rig), 3);
		assert_int_equal(is_there(rig, 100, true), !gone);
		rig_append(rig, 10);
		rig_save(rig);
		assert_false(is_there(rig, 100, true) || is_there(rig, 110, true));
		assert_int_equal(dropped(rig), 0);
		end(rig);
	}
}

/* The folder's sync is queued, and waited for. */
static void
a_name_counts_when_the_folder_is_synced(void **state)
{
	(void)state;
	for (int fails = 0; fails < 2; fails++) {
		struct rig *rig = begin();
		reach(rig, HD_TAKER_NAME);
		rig_take(rig); /* it is renamed */
		assert_true(is_there(rig, 100, true));
		rig->disk.held = RIG_FOLDER;
		for (int i = 0; i < 3; i++) {
			rig_take(rig);
			rig_ask(rig);
			assert_int_equal(rig->shard->taker.state, HD_TAKER_NAME);
			assert_true(hd_taker_deadline(rig->shard) == HD_NEVER);
		}
		assert_int_equal(taken(rig), 0);
		rig->disk.held = NULL;
		if (fails)
			rig->disk.rule = (struct fake_rule){FAKE_CALL_DIR_SYNC, NULL, 0, 1, -EIO};
		rig_settle(rig);
		assert_int_equal(taken(rig), !fails);
		assert_int_equal(dropped(rig), fails);
		assert_int_equal(is_there(rig, 100, true), !fails);
		end(rig);
	}
}

/* A snapshot's write fails while the file's sync, or another write, is still to come. */
static void
what_is_in_flight_is_waited_for(void **state)
{
	(void)state;
	struct rig *rig = begin();
	reach(rig, HD_TAKER_WRITE);
	assert_true(hd_taker_deadline(rig->shard) == HD_NEVER);
	rig->disk.held = ".tmp";
	for (int i = 0; i < 3; i++) {
		rig_take(rig);
		rig_ask(rig);
		assert_int_equal(rig->shard->taker.state, HD_TAKER_WRITE);
	}
	/* As an error of the other buffer's write would. */
	rig->shard->taker.writer.error = -EIO;
	rig_ask(rig);
	assert_int_equal(rig->shard->taker.state, HD_TAKER_DROP);
	assert_true(hd_taker_deadline(rig->shard) == HD_NEVER);
	rig_ask(rig);
	assert_int_equal(rig->shard->taker.state, HD_TAKER_DROP);
	rig->disk.held = NULL;
	rig_settle(rig);
	assert_int_equal(dropped(rig), 1);
	assert_false(is_there(rig, 100, false));
	end(rig);
}

/* The state of the log decides when a snapshot on the disk counts. */
static void
a_snapshot_waits_for_the_log(void **state)
{
	(void)state;
	struct rig *rig = begin();
	rig->disk.held = ".log";
	rig_append(rig, 5);
	reach(rig, HD_TAKER_COUNT);
	for (int i = 0; i < 3; i++) {
		rig_take(rig);
		rig_ask(rig);
		assert_int_equal(rig->shard->taker.state, HD_TAKER_COUNT);
		assert_true(hd_taker_deadline(rig->shard) == HD_NEVER);
	}
	rig->disk.held = NULL;
	while (hd_log_flushed(rig->shard->log) < 105) {
		rig_take(rig);
		hd_log_pass(rig->shard->log, rig->shard->boot, false);
	}
	assert_true(hd_taker_deadline(rig->shard) == rig->shard->boot);
	rig_settle(rig);
	assert_int_equal(taken(rig), 1);
	end(rig);
}

/* One step a slice, with both buffers on their way at each of them. */
static void
a_sweep_waits_for_its_buffers(void **state)
{
	(void)state;
	struct rig *rig = begin();
	struct hd_taker *taker = &rig->shard->taker;
	uint32_t stuck = 0;
	rig->disk.look_ns = MS;
	reach(rig, HD_TAKER_SWEEP);
	while (taker->state == HD_TAKER_SWEEP) {
		taker->writer.buffer[0].busy = taker->writer.buffer[1].busy = true;
		for (uint32_t i = 0; !taker->stuck && i < 100; i++)
			rig_ask(rig);
		assert_true(taker->stuck);
		assert_true(hd_taker_deadline(rig->shard) == HD_NEVER);
		stuck++;
		taker->writer.buffer[0].busy = taker->writer.buffer[1].busy = false;
		taker->stuck = false;
		assert_true(hd_taker_deadline(rig->shard) == rig->shard->boot);
		rig_ask(rig);
	}
	assert_true(stuck > 1);
	rig_settle(rig);
	assert_int_equal(taken(rig), 1);
	end(rig);
}

/* A chunk is full, more is to come, and there is no room. */
static void
a_full_chunk_waits_for_room(void **state)
{
	(void)state;
	struct rig *rig = begin();
	struct hd_taker *taker = &rig->shard->taker;
	reach(rig, HD_TAKER_SWEEP);
	taker->writer.raw_to = HD_SNAPSHOT_CHUNK;
	taker->writer.buffer[0].busy = taker->writer.buffer[1].busy = true;
	rig_ask(rig);
	assert_true(taker->stuck && !taker->swept);
	taker->writer.buffer[0].busy = taker->writer.buffer[1].busy = false;
	end(rig);
}

/* The file is on the disk: the next pass has something to do. */
static void
a_flushed_file_is_gone_on_with_at_once(void **state)
{
	(void)state;
	struct rig *rig = begin();
	reach(rig, HD_TAKER_WRITE);
	while (!rig->shard->taker.writer.synced) {
		assert_true(hd_taker_deadline(rig->shard) == HD_NEVER);
		rig_take(rig);
	}
	assert_int_equal(rig->shard->taker.state, HD_TAKER_WRITE);
	assert_true(hd_taker_deadline(rig->shard) == rig->shard->boot);
	rig_settle(rig);
	end(rig);
}

/* While commands come it takes its share only, but where too much is not written. */
static void
a_sweep_leaves_time_for_commands(void **state)
{
	(void)state;
	struct rig *rig = begin();
	struct hd_taker *taker = &rig->shard->taker;
	rig->disk.look_ns = MS / 5;
	rig->shard->pass_commands = 1;
	reach(rig, HD_TAKER_SWEEP);
	rig_ask(rig);
	assert_true(taker->next > rig->disk.now);
	assert_true(hd_taker_deadline(rig->shard) == taker->next);
	int64_t next = taker->next = rig->disk.now + 1000 * MS;
	rig_ask(rig);
	assert_true(taker->next == next);
	/* Another snapshot's worth of bytes that nobody has written: BUSY, and no more pauses. */
	uint32_t used = taker->writer.buffer[0].used;
	taker->writer.buffer[0].used = HD_UNFLUSHED_MAX + 1;
	rig->shard->boot = rig->disk.now += MS;
	taker->writer.buffer[0].busy = taker->writer.buffer[1].busy = true;
	hd_taker_pass(rig->shard);
	assert_true(taker->swollen);
	assert_true(taker->next != next);
	taker->writer.buffer[0].busy = taker->writer.buffer[1].busy = false;
	taker->writer.buffer[0].used = used;
	taker->next = 0;
	rig->shard->pass_commands = 0;
	rig_settle(rig);
	assert_int_equal(taken(rig), 1);
	end(rig);
}

/* Whoever asks waits: for a shard that serves, for orders that are done. */
static void
it_begins_when_it_may(void **state)
{
	(void)state;
	struct rig *rig = begin();
	struct hd_shard *shard = rig->shard;
	shard->taker.asked = true;
	for (uint32_t i = 0; i < 4; i++) {
		shard->serving = i != 0;
		shard->draining = i == 1;
		shard->orders.open_count = i == 2;
		rig_ask(rig);
		assert_int_equal(shard->taker.state, i == 3 ? HD_TAKER_OPEN : HD_TAKER_IDLE);
	}
	rig_settle(rig);
	/* Nothing new: it is as good as taken. */
	shard->clock = 77 * (int64_t)1000 * MS;
	shard->taker.asked = true;
	rig_ask(rig);
	assert_int_equal(shard->taker.state, HD_TAKER_IDLE);
	assert_false(shard->taker.asked);
	assert_int_equal(HD_METRIC(rig->stats[1].metrics.snapshot_saved_at), 77);
	/* But where that one is damaged. */
	shard->taker.kept[0].rotten = true;
	rig_save(rig);
	assert_int_equal(taken(rig), 2);
	end(rig);
}

/* Nothing in the log yet: there is nothing to take. */
static void
of_nothing_no_snapshot_is_taken(void **state)
{
	(void)state;
	struct rig *rig = calloc(1, sizeof *rig);
	assert_non_null(rig);
	rig->story = &story;
	fake_io_init(&rig->disk);
	assert_true(rig_open(rig));
	rig->shard->taker.asked = true;
	rig_ask(rig);
	assert_int_equal(rig->shard->taker.state, HD_TAKER_IDLE);
	assert_int_equal(taken(rig), 0);
	end(rig);
}

/* The end. */

/* In whatever state it is when the shard ends, with or without a last one. */
static void
an_end_finds_it_in_any_state(void **state)
{
	(void)state;
	for (uint32_t i = HD_TAKER_OPEN; i <= HD_TAKER_NAME; i++) {
		for (int save = 0; save < 2; save++) {
			struct rig *rig = begin();
			if (i == HD_TAKER_COUNT) {
				rig_append(rig, 5);
				rig->disk.held = ".log";
			}
			reach(rig, (enum hd_taker_state)i);
			rig->disk.held = NULL;
			hd_taker_end(rig->shard, save);
			assert_int_equal(rig->shard->taker.state, HD_TAKER_IDLE);
			assert_int_equal(taken(rig), save || i == HD_TAKER_NAME);
			assert_int_equal(dropped(rig), 0);
			end(rig);
		}
	}
}

static void
no_last_one_where_it_cannot_be(void **state)
{
	(void)state;
	struct rig *rig = begin();
	rig->shard->orders.open_count = 1;
	hd_taker_end(rig->shard, true);
	rig->shard->orders.open_count = 0;
	atomic_store(&rig->hurry, true);
	hd_taker_end(rig->shard, true);
	rig->shard->hurry = NULL;
	assert_int_equal(taken(rig), 0);
	hd_taker_end(rig->shard, true);
	assert_int_equal(taken(rig), 1);
	hd_taker_end(rig->shard, true); /* nothing new */
	assert_int_equal(taken(rig), 1);
	end(rig);
}

/* A clock whose third look sends the second signal. */
static struct hurried {
	struct hd_io_ops ops;
	const struct hd_io_ops *real;
	struct rig *rig;
	uint32_t looks;
} hurried;

static int64_t
now_and_hurry(struct hd_io *io)
{
	if (++hurried.looks == 3)
		atomic_store(&hurried.rig->hurry, true);
	return hurried.real->now(io);
}

static void
hurry_soon(struct rig *rig)
{
	hurried = (struct hurried){*rig->disk.io.ops, rig->disk.io.ops, rig, 0};
	hurried.ops.now = now_and_hurry;
	rig->disk.io.ops = &hurried.ops;
}

/* A disk so slow that the last one does not come to its end, and a second signal meanwhile. */
static void
the_last_one_has_its_time(void **state)
{
	(void)state;
	for (int hurry = 0; hurry < 2; hurry++) {
		struct rig *rig = begin();
		rig_save(rig);
		rig_append(rig, 10);
		rig_settle(rig);
		rig->disk.look_ns = hurry ? MS : 30000 * (int64_t)MS;
		if (hurry)
			hurry_soon(rig);
		hd_taker_end(rig->shard, true);
		assert_int_equal(taken(rig), 1);
		assert_false(is_there(rig, 110, true) || is_there(rig, 110, false));
		rig->disk.look_ns = 0;
		end(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_error_drops_the_snapshot_and_nothing_else),
		cmocka_unit_test(a_short_write_goes_on),
		cmocka_unit_test(an_older_one_that_does_not_go),
		cmocka_unit_test(a_name_counts_when_the_folder_is_synced),
		cmocka_unit_test(what_is_in_flight_is_waited_for),
		cmocka_unit_test(a_snapshot_waits_for_the_log),
		cmocka_unit_test(a_sweep_waits_for_its_buffers),
		cmocka_unit_test(a_full_chunk_waits_for_room),
		cmocka_unit_test(a_flushed_file_is_gone_on_with_at_once),
		cmocka_unit_test(a_sweep_leaves_time_for_commands),
		cmocka_unit_test(it_begins_when_it_may),
		cmocka_unit_test(of_nothing_no_snapshot_is_taken),
		cmocka_unit_test(an_end_finds_it_in_any_state),
		cmocka_unit_test(no_last_one_where_it_cannot_be),
		cmocka_unit_test(the_last_one_has_its_time),
	};
	return cmocka_run_group_tests(tests, make_story, end_story);
}
