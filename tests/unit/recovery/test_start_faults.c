/* Starts from folders that are not as they should be, and starts that are told to stop: the state
 * is the right one, or the start says why there is none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shard/replay.h"
#include "shard/snapshot/reader.h"
#include "tests/lib/shard_rig.h"

#define OLDER  200u /* events */
#define NEWER  400u
#define EVENTS 600u

static struct rig_story story;
static struct rig past; /* its disk: two snapshots and a log that goes on behind them */

static int
make_past(void **state)
{
	(void)state;
	rig_story_make(&story);
	past.story = &story;
	fake_io_init(&past.disk);
	if (!rig_open(&past))
		return 1;
	rig_append(&past, OLDER);
	rig_save(&past);
	rig_append(&past, NEWER - OLDER);
	rig_save(&past);
	rig_append(&past, EVENTS - NEWER);
	rig_settle(&past);
	rig_close(&past);
	return 0;
}

static int
end_past(void **state)
{
	(void)state;
	fake_io_fini(&past.disk);
	rig_story_end(&story);
	return 0;
}

/* A shard over a disk like the past's. */
static struct rig *
begin(void)
{
	struct rig *rig = calloc(1, sizeof *rig);
	assert_non_null(rig);
	rig->story = &story;
	fake_io_clone(&rig->disk, &past.disk);
	return rig;
}

static void
end(struct rig *rig)
{
	rig_drop(rig);
	fake_io_fini(&rig->disk);
	free(rig);
}

static struct fake_file *
snapshot_of(struct rig *rig, uint64_t lsn)
{
	char path[HD_SNAPSHOT_PATH];
	hd_snapshot_path(RIG_FOLDER, lsn, true, path);
	return fake_io_find(&rig->disk, path);
}

/* It opens, replays so many events, and is where all of them lead. */
static void
opens_after(struct rig *rig, uint64_t replayed)
{
	uint8_t digest[16];
	if (!rig_open(rig))
		fail_msg("%s", rig->report.message);
	assert_int_equal(HD_METRIC(rig->stats[1].metrics.replayed_total), replayed);
	assert_int_equal(hd_log_tail(rig->shard->log), EVENTS);
	hd_core_digest(rig->shard->core, digest);
	assert_memory_equal(digest, story.digest[EVENTS], sizeof digest);
}

/* Of loading, at its end: what the snapshot and the log's frames are, and all of it is loaded. */
static void
all_is_told(struct rig *rig)
{
	const struct hd_metrics *told = &rig->stats[1].metrics;
	uint64_t read = HD_METRIC(told->snapshot_bytes) + rig->report.bytes;
	assert_true(rig->report.bytes > 0);
	assert_int_equal(HD_METRIC(told->loading_loaded_bytes), read);
	assert_int_equal(HD_METRIC(told->loading_total_bytes), read);
	assert_int_equal(rig->shard->percent, 100);
}

static void
the_newest_snapshot_and_the_tail(void **state)
{
	(void)state;
	struct rig *rig = begin();
	opens_after(rig, EVENTS - NEWER);
	all_is_told(rig);
	assert_int_equal(rig->told, 0);
	assert_int_equal(rig->shard->taker.kept_count, 2);
	end(rig);
}

/* What of a start's reading of snapshots goes wrong, and what is then loaded. */
static const struct bad_disk {
	struct fake_rule rule;
	uint64_t replayed;
	const char *news; /* NULL: nobody is told */
	uint32_t kept;
} bad_disks[] = {
	{{FAKE_CALL_OPEN, ".hds", 0, 1, -EACCES},
	 EVENTS - OLDER,
	 "it cannot be opened: Permission denied; the snapshot before it is loaded instead",
	 1},
	{{FAKE_CALL_OPEN, ".hds", 0, 2, -EACCES},
	 EVENTS,
	 "Permission denied; the whole log is replayed instead",
	 0},
	{{FAKE_CALL_OPEN, ".hds", 0, 1, -EINVAL}, EVENTS - NEWER, NULL, 2},
	{{FAKE_CALL_READ, ".hds", 0, 1, -EIO}, EVENTS - OLDER, "it cannot be read: Input", 1},
	{{FAKE_CALL_READ, ".hds", 0, 1, 0}, EVENTS - OLDER, "it cannot be read: Input", 1},
	{{FAKE_CALL_READ, ".hds", 0, 1, 100}, EVENTS - OLDER, "it cannot be read: Input", 1},
	{{FAKE_CALL_READ, ".hds", 0, 1, 5000}, EVENTS - NEWER, NULL, 2},
	{{FAKE_CALL_SIZE, ".hds", 0, 1, -EIO}, EVENTS - OLDER, "it ends too early", 1},
	/* The older one cannot be looked at: it is not kept. */
	{{FAKE_CALL_READ, ".hds", 1, 1, -EIO}, EVENTS - NEWER, NULL, 1},
	{{FAKE_CALL_LIST, RIG_FOLDER, 0, 1, -EIO}, EVENTS, "cannot be listed", 0},
	/* How much there is to read is only guessed. */
	{{FAKE_CALL_LIST, RIG_FOLDER, 1, 1, -EIO}, EVENTS - NEWER, NULL, 2},
	{{FAKE_CALL_OPEN, ".log", 0, 1, -EIO}, EVENTS - NEWER, NULL, 2},
	{{FAKE_CALL_SIZE, ".log", 0, 1, -EIO}, EVENTS - NEWER, NULL, 2},
	{{FAKE_CALL_READ, ".log", 0, 1, -EIO}, EVENTS - NEWER, NULL, 2},
	{{FAKE_CALL_READ, ".log", 0, 1, 0}, EVENTS - NEWER, NULL, 2},
};

static void
a_snapshot_that_cannot_be_read_is_passed_over(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad_disks / sizeof *bad_disks; i++) {
		const struct bad_disk *bad = &bad_disks[i];
		struct rig *rig = begin();
		rig->disk.rule = bad->rule;
		opens_after(rig, bad->replayed);
		assert_int_equal(rig->disk.rule.call, 0);
		all_is_told(rig);
		assert_int_equal(rig->shard->taker.kept_count, bad->kept);
		assert_int_equal(rig->told > 0, bad->news != NULL);
		if (bad->news && strstr(rig->news, bad->news) == NULL)
			fail_msg("%zu: %s", i, rig->news);
		end(rig);
	}
}

/* Another LSN in its name, another shard's, another digest than its objects have. */
static void
a_snapshot_of_something_else_is_passed_over(void **state)
{
	(void)state;
	struct rig *rig = begin();
	struct fake_file *file = snapshot_of(rig, NEWER);
	char path[HD_SNAPSHOT_PATH];
	hd_snapshot_path(RIG_FOLDER, NEWER + 1, true, path);
	memcpy(file->path, path, strlen(path) + 1);
	opens_after(rig, EVENTS - OLDER);
	assert_non_null(strstr(rig->news, "another shard's, or of another LSN"));
	end(rig);

	rig = begin();
	struct hd_snapshot_head head;
	file = snapshot_of(rig, NEWER);
	struct hd_snapshot_end last;
	uint32_t seed;
	assert_int_equal(hd_snapshot_get_head(file->cache, &head, &seed), HD_SNAPSHOT_GOOD);
	uint32_t at = (uint32_t)file->size - HD_SNAPSHOT_END;
	while (!hd_snapshot_get_end(seed, file->cache + at, &last))
		at--;
	last.digest[3] ^= 1;
	hd_snapshot_put_end(seed, &last, file->cache + at);
	opens_after(rig, EVENTS - OLDER);
	assert_non_null(strstr(rig->news, "do not have the digest"));
	end(rig);
}

static void
another_shards_folder_is_refused(void **state)
{
	(void)state;
	struct rig *rig = begin();
	rig->number = 2;
	assert_false(rig_open(rig));
	assert_int_equal(rig->report.exit, HD_EXIT_DAMAGED);
	assert_non_null(strstr(rig->report.message, "another shard"));
	assert_non_null(strstr(rig->news, "another shard's, or of another LSN"));
	end(rig);
}

/* Names that are nobody's are passed over. */
static void
strangers_in_the_folder_change_nothing(void **state)
{
	(void)state;
	static const char *const names[] = {
		RIG_FOLDER "/1.txt",
		RIG_FOLDER "/00000001.log.zst",
		RIG_FOLDER "/notes",
		RIG_FOLDER "/00000000.log",
		RIG_FOLDER "/0000000a.log",
		RIG_FOLDER "/snapshot-9.hds",
		RIG_FOLDER "/archive/00000000.log",
		RIG_FOLDER "/archive/notes",
	};
	struct rig *rig = begin();
	struct hd_io *io = &rig->disk.io;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_true(io->ops->file_open(io, names[i], HD_IO_CREATE | HD_IO_WRITE) >= 0);
	opens_after(rig, EVENTS - NEWER);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_non_null(fake_io_find(&rig->disk, names[i]));
	end(rig);
}

/* More than are looked at: the newest count. */
static void
of_many_snapshots_the_newest_are_looked_at(void **state)
{
	(void)state;
	struct rig *rig = begin();
	struct hd_io *io = &rig->disk.io;
	char path[HD_SNAPSHOT_PATH];
	for (uint64_t lsn = 1; lsn <= HD_SNAPSHOTS_MAX; lsn++) {
		hd_snapshot_path(RIG_FOLDER, lsn, true, path);
		assert_true(io->ops->file_open(io, path, HD_IO_CREATE | HD_IO_WRITE) >= 0);
	}
	opens_after(rig, EVENTS - NEWER);
	end(rig);
}

/* Both snapshots gone, and the log: a new game. */
static void
an_empty_folder_is_a_beginning(void **state)
{
	(void)state;
	struct rig *rig = begin();
	for (int i = 0; i < FAKE_FILES; i++)
		rig->disk.files[i].named = false;
	assert_true(rig_open(rig));
	assert_int_equal(hd_log_tail(rig->shard->log), 0);
	end(rig);
}

/* Only the log is gone: that is never passed over. */
static void
snapshots_without_their_log_are_damage(void **state)
{
	(void)state;
	struct rig *rig = begin();
	for (int i = 0; i < FAKE_FILES; i++)
		rig->disk.files[i].named &= strstr(rig->disk.files[i].path, ".log") == NULL;
	rig->disk.look_ns = 10000000;
	assert_false(rig_open(rig));
	assert_int_equal(rig->report.exit, HD_EXIT_DAMAGED);
	assert_non_null(strstr(rig->report.message, "is missing"));
	end(rig);
}

/* Told to stop at its n-th look up, whatever it is reading then. What there is to read was known at
 * the first. */
static void
a_start_ends_where_it_is_told(void **state)
{
	(void)state;
	for (int snapshots = 0; snapshots < 2; snapshots++) {
		uint32_t stopped = 0;
		uint64_t total = 0, loaded = 0;
		for (uint32_t n = 1; n < 1000; n++) {
			struct rig *rig = begin();
			for (uint64_t lsn = OLDER; lsn <= NEWER && !snapshots; lsn += OLDER)
				snapshot_of(rig, lsn)->named = false;
			rig->disk.look_ns = 10000000;
			rig->stop_at = n;
			bool good = rig_open(rig);
			bool told = rig->looks >= n;
			assert_int_equal(good, !told);
			stopped += told;
			const struct hd_metrics *seen = &rig->stats[1].metrics;
			total = n == 1 ? HD_METRIC(seen->loading_total_bytes) : total;
			assert_int_equal(HD_METRIC(seen->loading_total_bytes), total);
			assert_in_range(HD_METRIC(seen->loading_loaded_bytes), loaded, total);
			loaded = HD_METRIC(seen->loading_loaded_bytes);
			end(rig);
			if (!told)
				break;
		}
		assert_in_range(stopped, 2, 998);
		assert_true(total > 0 && loaded == total);
	}
	/* Too late to be seen while it reads. */
	struct rig *rig = begin();
	rig->disk.now = 1;
	rig->stop_at = 1;
	atomic_store(&rig->stop, true);
	assert_false(rig_open(rig));
	assert_int_equal(rig->looks, 0);
	end(rig);
}

static void
what_is_told_of_loading_is_never_all_of_it(void **state)
{
	(void)state;
	static const struct {
		uint64_t done, total;
		uint32_t percent;
	} rows[] = {{0, 0, 0}, {1, 4, 25}, {99, 100, 99}, {100, 100, 99}, {300, 100, 99}};
	struct rig *rig = begin();
	opens_after(rig, EVENTS - NEWER);
	rig->shard->serving = false;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct hd_loading loading = {
			.shard = rig->shard, .done = rows[i].done, .total = rows[i].total};
		rig->disk.now += 10000000;
		loading.looked = rig->disk.now - 6000000;
		assert_true(hd_loading_look(&loading));
		assert_int_equal(rig->shard->percent, rows[i].percent);
	}
	end(rig);
}

/* Replay. */

static void
an_event_that_makes_no_sense_ends_the_replay(void **state)
{
	(void)state;
	static uint8_t body[HD_REPLAY_BYTES];
	struct rig *rig = begin();
	opens_after(rig, EVENTS - NEWER);
	rig->shard->serving = false;
	memset(body, 0xff, sizeof body);
	struct hd_loading loading = {.shard = rig->shard};
	struct hd_replay *replay = calloc(1, sizeof *replay);
	assert_non_null(replay);
	replay->shard = rig->shard;
	replay->loading = &loading;
	const struct hd_log_event bad[] = {
		{.lsn = 601, .type = 0},
		{.lsn = 601, .type = HD_EVENT_TYPE_END},
		{.lsn = 601, .type = HD_EVENT_ORDER, .body = hd_bytes_of(body, 20)},
		{.lsn = 601, .type = HD_EVENT_AWARDED, .body = hd_bytes_of(body, 20)},
		/* Too large for a batch; then as many as fill one. */
		{.lsn = 601, .type = HD_EVENT_AWARDED, .body = hd_bytes_of(body, 9000)},
		{.lsn = 601, .type = HD_EVENT_AWARDED, .body = hd_bytes_of(body, 8000)},
		{.lsn = 601, .type = HD_EVENT_AWARDED, .body = hd_bytes_of(body, 8000)},
		{.lsn = 601, .type = HD_EVENT_AWARDED, .body = hd_bytes_of(body, 8000)},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(hd_replay_one(replay, &bad[i]));
	/* Of a hunt that is not there. */
	struct hd_event event = {.type = HD_EVENT_AWARDED,
				 .stamp = 1,
				 .time = 1,
				 .hunt = 7,
				 .entrant = hd_bytes_str("ann"),
				 .points = 3};
	struct hd_writer out = hd_writer_of(body, sizeof body);
	hd_event_encode(&event, &out);
	struct hd_log_event at = {.lsn = 601,
				  .type = HD_EVENT_AWARDED,
				  .stamp = 1,
				  .body = hd_bytes_of(body, (size_t)(out.at - body))};
	assert_false(hd_replay_one(replay, &at));
	assert_int_equal(replay->count, 0);
	/* An answer, at the shard that gives the orders, to one that was answered. */
	event = (struct hd_event){.type = HD_EVENT_DONE, .order = 1};
	out = hd_writer_of(body, sizeof body);
	hd_event_encode(&event, &out);
	at = (struct hd_log_event){.lsn = 601,
				   .type = HD_EVENT_DONE,
				   .stamp = hd_core_stamp(rig->shard->core) + 1,
				   .body = hd_bytes_of(body, (size_t)(out.at - body))};
	rig->shard->number = 0;
	assert_false(hd_replay_one(replay, &at));
	rig->shard->number = 1;
	free(replay);
	end(rig);
}

/* Events in the log that the state has no place for: the start names the first of them. */
static void
an_event_that_cannot_be_applied_is_named(void **state)
{
	(void)state;
	static const struct {
		uint32_t awards; /* to somebody who is not there */
		bool order;      /* and then an answer to an order that nobody gave */
	} rows[] = {{1, false}, {HD_BATCH_MAX + 6, false}, {1, true}, {0, true}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rig *rig = begin();
		opens_after(rig, EVENTS - NEWER);
		if (i == 1)
			rig_save(rig); /* so many that their bytes fill a batch */
		int64_t stamp = hd_core_stamp(rig->shard->core);
		static const uint8_t reason[HD_REASON_MAX] = {'x'};
		struct hd_event event = {.type = HD_EVENT_AWARDED,
					 .entrant = hd_bytes_str("who"),
					 .text = hd_bytes_of(reason, sizeof reason)};
		for (uint32_t k = 0; k < rows[i].awards; k++) {
			event.stamp = event.time = ++stamp;
			hd_log_append(rig->shard->log, &event, 1);
		}
		event = (struct hd_event){.type = HD_EVENT_DONE, .stamp = stamp + 1, .order = 99};
		if (rows[i].order)
			hd_log_append(rig->shard->log, &event, 1);
		rig_settle(rig);
		rig_close(rig);
		assert_false(rig_open(rig));
		assert_int_equal(rig->report.exit, HD_EXIT_INVARIANT);
		assert_non_null(strstr(rig->report.message, "LSN 601"));
		end(rig);
	}
}

/* Which snapshots there are. */
static void
a_list_of_snapshots_keeps_the_newest(void **state)
{
	(void)state;
	struct hd_snapshot_list list = {0};
	for (uint64_t i = 0; i < HD_SNAPSHOTS_MAX; i++)
		hd_snapshots_note(&list, 100 - (i * 7 % HD_SNAPSHOTS_MAX));
	assert_int_equal(list.count, HD_SNAPSHOTS_MAX);
	struct hd_snapshot_list before = list;
	hd_snapshots_note(&list, 5);
	hd_snapshots_note(&list, 92);
	assert_memory_equal(&list, &before, sizeof list);
	hd_snapshots_note(&list, 200);
	assert_int_equal(list.count, HD_SNAPSHOTS_MAX);
	assert_int_equal(list.lsn[0], 200);
	assert_int_equal(list.lsn[1], 100);
	for (uint32_t i = 1; i < list.count; i++)
		assert_true(list.lsn[i - 1] > list.lsn[i]);
}

/* Ends. */

/* Without space for a segment what was logged cannot be flushed: the end says so. */
static void
an_end_says_what_it_could_not_flush(void **state)
{
	(void)state;
	struct rig *rig = begin();
	for (int i = 0; i < FAKE_FILES; i++)
		rig->disk.files[i].named = false;
	rig->disk.space = 1000;
	assert_true(rig_open(rig));
	rig_append(rig, 1);
	rig->shard->save = true;
	assert_false(hd_shard_end(rig->shard));
	/* There is nothing left to end. */
	assert_true(hd_shard_end(rig->shard));
	end(rig);
}

/* A page that is still being read is waited for. */
static void
an_end_waits_for_a_page(void **state)
{
	(void)state;
	static uint8_t page[HD_BLOCK];
	struct rig *rig = begin();
	opens_after(rig, EVENTS - NEWER);
	struct hd_io *io = &rig->disk.io;
	int file = io->ops->file_open(io, RIG_FOLDER "/00000001.log", 0);
	assert_true(file >= 0);
	io->ops->read(io, file, page, sizeof page, 0, HD_IO_TAG(HD_IO_SHARD, 0));
	rig->shard->pages.reading = true;
	assert_true(hd_shard_end(rig->shard));
	assert_false(rig->shard->pages.reading);
	rig->shard->finished = true;
	hd_shard_free(rig->shard); /* a second one does nothing */
	end(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_snapshot_and_the_tail),
		cmocka_unit_test(a_snapshot_that_cannot_be_read_is_passed_over),
		cmocka_unit_test(a_snapshot_of_something_else_is_passed_over),
		cmocka_unit_test(another_shards_folder_is_refused),
		cmocka_unit_test(strangers_in_the_folder_change_nothing),
		cmocka_unit_test(of_many_snapshots_the_newest_are_looked_at),
		cmocka_unit_test(an_empty_folder_is_a_beginning),
		cmocka_unit_test(snapshots_without_their_log_are_damage),
		cmocka_unit_test(a_start_ends_where_it_is_told),
		cmocka_unit_test(what_is_told_of_loading_is_never_all_of_it),
		cmocka_unit_test(an_event_that_makes_no_sense_ends_the_replay),
		cmocka_unit_test(an_event_that_cannot_be_applied_is_named),
		cmocka_unit_test(a_list_of_snapshots_keeps_the_newest),
		cmocka_unit_test(an_end_says_what_it_could_not_flush),
		cmocka_unit_test(an_end_waits_for_a_page),
	};
	return cmocka_run_group_tests(tests, make_past, end_past);
}
