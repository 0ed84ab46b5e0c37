/* Power cuts while a shard takes snapshots: real core, log, taker and start over a disk in memory.
 *
 * A hunt's events were made beforehand, and the digest of the state after each of them. A shard
 * logs and applies them, a few a pass, and takes a snapshot every so many. At every pass the
 * machine stops: any sectors that were not flushed are lost or not, and a start from what is left
 * must come to a state that some prefix of the events gives, with all that was flushed in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shard/inside.h"
#include "tests/lib/fake_io.h"
#include "tests/lib/lib.h"
#include "tests/lib/world.h"

#define FOLDER     "data/shard-01"
#define EVENTS_MAX 4096u
#define EVERY      40u /* events between snapshots */

static struct story {
	struct hd_world world;
	size_t at[EVENTS_MAX + 1];          /* where each event's bytes begin in the world's log */
	uint8_t digest[EVENTS_MAX + 1][16]; /* after that many events */
	uint32_t count;
} story;

struct rig {
	struct fake_io disk;
	struct hd_shard *shard;
	struct hd_memory memory;
	struct hd_metrics metrics[2];
	struct hd_log_report report;
	struct hd_runtime_hooks hooks;
	uint8_t durability;
};

/* The events. */

static size_t
read_event(size_t at, struct hd_event *event)
{
	uint32_t type, size;
	int64_t stamp;
	const uint8_t *log = story.world.log;
	memcpy(&type, log + at, 4);
	memcpy(&size, log + at + 4, 4);
	memcpy(&stamp, log + at + 8, 8);
	bool good = hd_event_decode((enum hd_event_type)type, stamp,
				    hd_bytes_of(log + at + 16, size), event);
	HD_ASSERT(good);
	return at + 16 + size;
}

static int
make_story(void **state)
{
	static const struct hd_world_hunt hunt = {
		.id = "bay",
		.auto_join = true,
		.text = "text",
		.challenges = {{.id = "map", .points = 100, .answers = {"GOLD"}}},
	};
	(void)state;
	struct hd_world *world = &story.world;
	hd_world_init(world);
	hd_world_document(world, &hunt);
	for (uint32_t n = 0; n < 700; n++) {
		if (n == 300)
			hd_world_phase(world, "bay", HD_PHASE_FROZEN);
		if (n % 7 == 3)
			hd_world_say(world, "SUBMIT p%u bay map %s", n % 61,
				     n % 2 ? "gold" : "tin");
		else
			hd_world_say(world, "AWARD p%u bay %u ID e%u", n % 61, n % 9 + 1, n);
	}
	struct hd_memory memory = hd_test_memory();
	struct hd_core *core = hd_core_create(&memory);
	hd_core_place(core, 1, 2);
	hd_core_digest(core, story.digest[0]);
	while (story.at[story.count] < world->log_size) {
		struct hd_event event;
		HD_ASSERT(story.count < EVENTS_MAX);
		story.at[story.count + 1] = read_event(story.at[story.count], &event);
		hd_core_apply(core, &event);
		hd_core_digest(core, story.digest[++story.count]);
	}
	hd_core_destroy(core);
	return 0;
}

static int
end_story(void **state)
{
	(void)state;
	hd_world_fini(&story.world);
	return 0;
}

/* The rig. Nobody is connected. */

static void
edge_idle(void *edge, int64_t now)
{
	(void)now;
	assert_null(edge);
}

static const struct hd_edge_ops nobody = {.input = edge_idle, .output = edge_idle};
static const struct hd_clock_page no_offset;

static bool
rig_open(struct rig *rig)
{
	struct hd_log_options options = {.directory = FOLDER,
					 .shards = 2,
					 .segment_bytes = HD_MIB,
					 .durability = rig->durability};
	struct hd_shard *shard = aligned_alloc(64, sizeof *shard);
	HD_ASSERT(shard != NULL);
	memset(shard, 0, sizeof *shard);
	rig->memory = hd_test_memory();
	rig->shard = shard;
	shard->number = 1;
	shard->count = 2;
	shard->io = &rig->disk.io;
	shard->plain = shard->state = rig->memory;
	shard->metrics = rig->metrics;
	shard->report = &rig->report;
	shard->hooks = &rig->hooks;
	shard->ops = &nobody;
	shard->time = &no_offset;
	shard->taker.events = EVERY;
	shard->core = hd_core_create(&shard->state);
	hd_core_place(shard->core, 1, 2);
	bool good = hd_shard_open(shard, &options, NULL);
	shard->serving = true;
	return good;
}

static void
rig_close(struct rig *rig)
{
	struct hd_shard *shard = rig->shard;
	hd_taker_end(shard, false);
	assert_true(hd_log_close(shard->log));
	hd_core_destroy(shard->core);
	assert_int_equal(shard->plain.used, 0);
	assert_int_equal(shard->state.used, 0);
	assert_int_equal(rig->disk.direct_faults, 0);
	free(shard);
	fake_io_fini(&rig->disk);
}

static void
rig_append(struct rig *rig, uint32_t count)
{
	struct hd_shard *shard = rig->shard;
	for (uint32_t i = 0; i < count && hd_log_tail(shard->log) < story.count; i++) {
		struct hd_event event;
		read_event(story.at[hd_log_tail(shard->log)], &event);
		hd_log_append(shard->log, &event, 1);
		hd_core_apply(shard->core, &event);
	}
}

static void
rig_ask(struct rig *rig)
{
	rig->shard->boot = rig->disk.now += 1000000;
	hd_log_pass(rig->shard->log, rig->shard->boot, false);
	hd_taker_pass(rig->shard);
}

static void
rig_take(struct rig *rig)
{
	struct hd_completion completions[4];
	uint32_t count = rig->disk.io.ops->wait(&rig->disk.io, 0, completions, 4);
	for (uint32_t i = 0; i < count; i++) {
		if (HD_IO_OWNER(completions[i].tag) == HD_IO_LOG)
			hd_log_complete(rig->shard->log, &completions[i]);
		else
			hd_taker_complete(rig->shard, &completions[i]);
	}
}

/* What a start makes of what a crash left. */
static void
start_over(const struct rig *rig, uint32_t coin, uint64_t seed)
{
	static struct rig again;
	uint8_t digest[16];
	uint64_t flushed = hd_log_flushed(rig->shard->log);
	memset(&again, 0, sizeof again);
	fake_io_clone(&again.disk, &rig->disk);
	again.disk.seed = seed;
	fake_io_crash(&again.disk, coin);
	if (!rig_open(&again))
		fail_msg("seed %llu, coin %u: %s", (unsigned long long)seed, coin,
			 again.report.message);
	uint64_t tail = hd_log_tail(again.shard->log);
	assert_true(tail >= flushed && tail <= story.count);
	hd_core_digest(again.shard->core, digest);
	assert_memory_equal(digest, story.digest[tail], sizeof digest);
	/* What counts as a snapshot was taken of what is flushed. */
	assert_true(HD_METRIC(again.metrics[1].snapshot_failures_total) == 0);
	assert_true(HD_METRIC(again.metrics[1].snapshot_lsn) >=
		    HD_METRIC(rig->metrics[1].snapshot_lsn));
	rig_close(&again);
}

static void
power_cuts(uint32_t appended, enum hd_durability durability, bool short_writes, bool direct)
{
	static const uint32_t coins[] = {0, 20, 50, 80, 100};
	static struct rig rig;
	uint64_t seed = 1;
	memset(&rig, 0, sizeof rig);
	fake_io_init(&rig.disk);
	rig.disk.short_writes = short_writes;
	rig.disk.refuse_direct = !direct;
	rig.durability = (uint8_t)durability;
	assert_true(rig_open(&rig));
	while (hd_log_tail(rig.shard->log) < story.count || rig.shard->taker.state) {
		rig_append(&rig, appended);
		rig_ask(&rig);
		start_over(&rig, coins[seed % 5], seed);
		seed++;
		rig_take(&rig);
		start_over(&rig, coins[seed % 5], seed);
		seed++;
	}
	assert_true(HD_METRIC(rig.metrics[1].snapshots_total) >= story.count / EVERY / 8);
	rig_close(&rig);
}

static void
a_power_cut_at_any_pass(void **state)
{
	(void)state;
	power_cuts(3, HD_DURABLE_BATCH, false, true);
}

static void
a_power_cut_with_short_writes(void **state)
{
	(void)state;
	power_cuts(5, HD_DURABLE_BATCH, true, true);
}

static void
a_power_cut_without_direct_writes(void **state)
{
	(void)state;
	power_cuts(7, HD_DURABLE_BATCH, true, false);
}

/* The log flushes only what the snapshot asks it to: no snapshot counts before that. */
static void
a_power_cut_where_nothing_is_promised(void **state)
{
	(void)state;
	power_cuts(4, HD_DURABLE_OFF, false, true);
}

/* Disk errors of the snapshot's own file: it is dropped, the log goes on, the next one works. */
static void
an_error_drops_the_snapshot_only(void **state)
{
	(void)state;
	static struct rig rig;
	memset(&rig, 0, sizeof rig);
	fake_io_init(&rig.disk);
	assert_true(rig_open(&rig));
	struct hd_shard *shard = rig.shard;
	uint64_t failures = 0;
	while (hd_log_flushed(shard->log) < story.count) {
		rig_append(&rig, 4);
		rig_ask(&rig);
		uint8_t running = shard->taker.state;
		bool alone = hd_log_flushed(shard->log) == hd_log_tail(shard->log);
		if (failures == 0 && running == HD_TAKER_SWEEP && alone) {
			rig.disk.fail_at = rig.disk.operations + 1;
			failures++;
		}
		rig_take(&rig);
		rig.disk.fail_at = 0;
		start_over(&rig, 50, hd_log_tail(shard->log));
		if (running == HD_TAKER_IDLE)
			while (hd_log_flushed(shard->log) < hd_log_tail(shard->log)) {
				rig_ask(&rig);
				rig_take(&rig);
			}
	}
	assert_int_equal(HD_METRIC(rig.metrics[1].snapshot_failures_total), failures);
	assert_true(HD_METRIC(rig.metrics[1].snapshots_total) > 2);
	rig_close(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_power_cut_at_any_pass),
		cmocka_unit_test(a_power_cut_with_short_writes),
		cmocka_unit_test(a_power_cut_without_direct_writes),
		cmocka_unit_test(a_power_cut_where_nothing_is_promised),
		cmocka_unit_test(an_error_drops_the_snapshot_only),
	};
	return cmocka_run_group_tests(tests, make_story, end_story);
}
