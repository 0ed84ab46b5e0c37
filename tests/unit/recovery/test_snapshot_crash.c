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

#include "tests/lib/shard_rig.h"

#define EVERY 40u /* events between snapshots */

static struct rig_story story;

static int
make_story(void **state)
{
	(void)state;
	rig_story_make(&story);
	return 0;
}

static int
end_story(void **state)
{
	(void)state;
	rig_story_end(&story);
	return 0;
}

static void
begin(struct rig *rig)
{
	memset(rig, 0, sizeof *rig);
	fake_io_init(&rig->disk);
	rig->story = &story;
	rig->every = EVERY;
}

static void
end(struct rig *rig)
{
	rig_close(rig);
	fake_io_fini(&rig->disk);
}

/* What a start makes of what a crash left. */
static void
start_over(const struct rig *rig, uint32_t coin, uint64_t seed)
{
	static struct rig again;
	uint8_t digest[16];
	uint64_t flushed = hd_log_flushed(rig->shard->log);
	memset(&again, 0, sizeof again);
	again.story = &story;
	again.every = EVERY;
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
	assert_true(HD_METRIC(again.stats[1].metrics.snapshot_failures_total) == 0);
	assert_true(HD_METRIC(again.stats[1].metrics.snapshot_lsn) >=
		    HD_METRIC(rig->stats[1].metrics.snapshot_lsn));
	end(&again);
}

static void
power_cuts(uint32_t appended, enum hd_durability durability, bool short_writes, bool direct)
{
	static const uint32_t coins[] = {0, 20, 50, 80, 100};
	static struct rig rig;
	uint64_t seed = 1;
	begin(&rig);
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
	assert_true(HD_METRIC(rig.stats[1].metrics.snapshots_total) >= story.count / EVERY / 8);
	end(&rig);
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
	begin(&rig);
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
	assert_int_equal(HD_METRIC(rig.stats[1].metrics.snapshot_failures_total), failures);
	assert_true(HD_METRIC(rig.stats[1].metrics.snapshots_total) > 2);
	end(&rig);
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
