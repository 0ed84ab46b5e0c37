/* Who watches the shards: stalls are counted in looks, slow disks by their p99. */
#include <stdio.h>
#include <string.h>

#include "shard/health/watchdog.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on

#define SECOND_LOOKS (1000u / HD_WATCH_TICK_MS)
#define MS           INT64_C(1000000)

static enum hd_stall_news
looks(struct hd_health *health, uint32_t count, uint64_t passes, bool works)
{
	enum hd_stall_news news = HD_STALL_QUIET;
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(news, HD_STALL_QUIET);
		news = hd_health_moves(health, passes, works);
	}
	return news;
}

static void
a_shard_that_stands_still_for_a_second_is_told_of_once(void **state)
{
	(void)state;
	struct hd_health health = {0};
	assert_int_equal(looks(&health, 1, 7, true), HD_STALL_QUIET);
	assert_int_equal(looks(&health, SECOND_LOOKS - 1, 7, true), HD_STALL_QUIET);
	assert_int_equal(looks(&health, 1, 7, true), HD_STALL_BEGAN);
	assert_int_equal(looks(&health, 20 * SECOND_LOOKS, 7, true), HD_STALL_QUIET);
	assert_int_equal(looks(&health, 1, 8, true), HD_STALL_ENDED);
	assert_int_equal(looks(&health, SECOND_LOOKS - 1, 8, true), HD_STALL_QUIET);
	assert_int_equal(looks(&health, 1, 8, true), HD_STALL_BEGAN);
}

static void
a_shard_that_sleeps_does_not_stand_still(void **state)
{
	(void)state;
	struct hd_health health = {0};
	assert_int_equal(looks(&health, 1000, 7, false), HD_STALL_QUIET);
	assert_int_equal(looks(&health, SECOND_LOOKS - 1, 7, true), HD_STALL_QUIET);
	assert_int_equal(looks(&health, 1, 7, false), HD_STALL_QUIET);
	assert_int_equal(looks(&health, SECOND_LOOKS - 1, 7, true), HD_STALL_QUIET);
	assert_int_equal(looks(&health, 1, 7, true), HD_STALL_BEGAN);
}

/* Only looks that ran count: between two of them any time may have passed. */
static void
thirty_seconds_of_looks_are_too_long(void **state)
{
	(void)state;
	struct hd_health health = {0};
	assert_int_equal(looks(&health, 1 + SECOND_LOOKS, 7, true), HD_STALL_BEGAN);
	assert_int_equal(looks(&health, 29 * SECOND_LOOKS - 1, 7, true), HD_STALL_QUIET);
	assert_int_equal(looks(&health, 1, 7, true), HD_STALL_TOO_LONG);
	assert_int_equal(looks(&health, 1, 8, true), HD_STALL_ENDED);
}

static void
one_slow_flush_in_a_hundred_is_no_slow_disk(void **state)
{
	(void)state;
	struct hd_health health = {0};
	uint64_t flushes = 100, slow = 1;
	assert_int_equal(hd_health_flushes(&health, flushes, slow, 0), HD_CHANGE_NONE);
	assert_int_equal(hd_health_flushes(&health, ++flushes, ++slow, 0), HD_CHANGE_ON);
	assert_int_equal(hd_health_flushes(&health, ++flushes, slow, 0), HD_CHANGE_NONE);
	for (uint32_t i = 0; i < HD_HEALTH_WINDOW - 3; i++)
		assert_int_equal(hd_health_flushes(&health, ++flushes, slow, 0), HD_CHANGE_NONE);
	/* Ten seconds after the last slow one they are forgotten. */
	uint32_t until = 0;
	while (hd_health_flushes(&health, ++flushes, slow, 0) == HD_CHANGE_NONE)
		assert_true(until++ < 3);
	assert_false(health.slow);
}

static void
a_flush_that_does_not_end_is_slow_while_it_runs(void **state)
{
	(void)state;
	struct hd_health health = {0};
	assert_int_equal(hd_health_flushes(&health, 500, 0, 250 * MS), HD_CHANGE_NONE);
	assert_int_equal(hd_health_flushes(&health, 500, 0, 251 * MS), HD_CHANGE_ON);
	assert_int_equal(hd_health_flushes(&health, 500, 0, 30000 * MS), HD_CHANGE_NONE);
	assert_int_equal(hd_health_flushes(&health, 500, 0, 0), HD_CHANGE_OFF);
	assert_int_equal(hd_health_flushes(&health, 500, 0, 0), HD_CHANGE_NONE);
}

static void
space_is_told_of_at_each_change(void **state)
{
	(void)state;
	struct hd_health health = {0};
	assert_int_equal(hd_health_space(&health, false), HD_CHANGE_NONE);
	assert_int_equal(hd_health_space(&health, true), HD_CHANGE_ON);
	assert_int_equal(hd_health_space(&health, true), HD_CHANGE_NONE);
	assert_int_equal(hd_health_space(&health, false), HD_CHANGE_OFF);
}

/* The watchdog: control's lines and counters. */

#define SHARDS 2u

struct kennel {
	struct hd_watchdog dog;
	struct hd_shard_stats stats[SHARDS];
	struct hd_runtime_hooks hooks;
	char lines[1024];
	uint32_t given_up;
	int64_t boot;
};

static void
news(void *context, const char *line)
{
	struct kennel *kennel = context;
	size_t used = strlen(kennel->lines);
	snprintf(kennel->lines + used, sizeof kennel->lines - used, "%s|", line);
}

static void
give_up(void *context)
{
	((struct kennel *)context)->given_up++;
}

/* So many looks at the right time; shard 0 moves on by a pass each time. */
static void
look(struct kennel *kennel, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		HD_COUNT(kennel->stats[0].metrics.passes_total, 1);
		kennel->boot += HD_WATCH_TICK_MS * MS;
		hd_watchdog_look(&kennel->dog, kennel->boot);
		hd_watchdog_look(&kennel->dog, kennel->boot + 1); /* not due */
	}
}

static void
says(struct kennel *kennel, const char *lines)
{
	assert_string_equal(kennel->lines, lines);
	kennel->lines[0] = '\0';
}

static int
kennel_begin(void **state)
{
	static struct kennel kennel;
	memset(&kennel, 0, sizeof kennel);
	kennel.hooks = (struct hd_runtime_hooks){
		.context = &kennel, .health_news = news, .give_up = give_up};
	kennel.boot = 1000 * MS;
	kennel.dog = (struct hd_watchdog){.shards = SHARDS,
					  .stats = kennel.stats,
					  .mesh = hd_mesh_create(SHARDS, 1),
					  .hooks = &kennel.hooks};
	*state = &kennel;
	return 0;
}

static int
kennel_end(void **state)
{
	struct kennel *kennel = *state;
	hd_mesh_destroy(kennel->dog.mesh);
	return 0;
}

static void
a_stall_is_named_counted_and_in_the_end_fatal(void **state)
{
	struct kennel *kennel = *state;
	hd_pulse_stage(&kennel->stats[1].pulse, HD_STAGE_BOARDS);
	look(kennel, SECOND_LOOKS - 1);
	says(kennel, "");
	look(kennel, 1);
	says(kennel, "shard 1 stands still: in boards for over 1000 ms|");
	assert_int_equal(HD_METRIC(kennel->stats[1].metrics.stalls_total), 1);
	assert_int_equal(HD_METRIC(kennel->stats[1].metrics.stalled), 1);
	kennel->boot += 3600 * 1000 * MS; /* the process was paused for an hour */
	look(kennel, 29 * SECOND_LOOKS - 1);
	assert_int_equal(kennel->given_up, 0);
	look(kennel, 1);
	assert_int_equal(kennel->given_up, 1);
	says(kennel, "shard 1 stood still for 30 s, in boards: nothing good can come of it|");
	assert_int_equal(HD_METRIC(kennel->stats[0].metrics.stalls_total), 0);
	HD_COUNT(kennel->stats[1].metrics.passes_total, 1);
	look(kennel, 1);
	says(kennel, "shard 1 moves again|");
	assert_int_equal(HD_METRIC(kennel->stats[1].metrics.stalled), 0);
}

static void
a_slow_disk_is_degraded(void **state)
{
	struct kennel *kennel = *state;
	HD_COUNT(kennel->stats[1].metrics.passes_total, 1);
	look(kennel, 1);
	kennel->stats[1].pulse.flushing_since = kennel->boot;
	HD_COUNT(kennel->stats[1].metrics.passes_total, 1);
	look(kennel, 1);
	says(kennel, "");
	HD_COUNT(kennel->stats[1].metrics.passes_total, 1);
	look(kennel, 1);
	says(kennel, "shard 1: the disk is slow, the p99 of flushes is over 250 ms: degraded|");
	assert_int_equal(HD_METRIC(kennel->stats[1].metrics.degraded), 1);
	assert_int_equal(HD_METRIC(kennel->stats[1].metrics.degraded_total), 1);
	kennel->stats[1].pulse.flushing_since = 0;
	HD_COUNT(kennel->stats[1].metrics.passes_total, 1);
	look(kennel, 1);
	says(kennel, "shard 1: the disk keeps up again|");
	assert_int_equal(HD_METRIC(kennel->stats[1].metrics.degraded), 0);
}

static void
a_log_without_space_is_told_of(void **state)
{
	struct kennel *kennel = *state;
	kennel->stats[0].pulse.full = true;
	look(kennel, 1);
	says(kennel, "shard 0: no space left for the log: writes are refused, -MISCONF|");
	assert_int_equal(HD_METRIC(kennel->stats[0].metrics.no_space_total), 1);
	assert_int_equal(HD_METRIC(kennel->stats[0].metrics.no_space), 1);
	kennel->stats[0].pulse.full = false;
	look(kennel, 1);
	says(kennel, "shard 0: there is space for the log again: writes are taken|");
	assert_int_equal(HD_METRIC(kennel->stats[0].metrics.no_space), 0);
}

static void
closed_connections_are_told_of_once_a_minute(void **state)
{
	struct kennel *kennel = *state;
	static const char slow[] = "connections closed that did not read what they asked for or "
				   "follow: ";
	char line[128];
	HD_COUNT(kennel->stats[0].metrics.connections_closed_slow_total, 2);
	HD_COUNT(kennel->stats[1].metrics.connections_closed_slow_total, 1);
	look(kennel, 1);
	snprintf(line, sizeof line, "%s3|", slow);
	says(kennel, line);
	HD_COUNT(kennel->stats[1].metrics.connections_closed_slow_total, 5);
	look(kennel, 1);
	says(kennel, "");
	kennel->boot += 60000 * MS;
	look(kennel, 1);
	snprintf(line, sizeof line, "%s5|", slow);
	says(kennel, line);
}

/* Slots. */

static void
seconds(struct kennel *kennel, uint32_t count, uint16_t slot, uint64_t ms, uint16_t other,
	uint64_t other_ms)
{
	for (uint32_t i = 0; i < count; i++) {
		HD_COUNT(kennel->stats[1].slot_ns[slot], ms * MS);
		HD_COUNT(kennel->stats[1].slot_ns[other], other_ms * MS);
		HD_COUNT(kennel->stats[1].metrics.passes_total, 1);
		look(kennel, SECOND_LOOKS);
	}
}

static void
the_slot_that_takes_most_of_late_is_hot(void **state)
{
	struct kennel *kennel = *state;
	struct hd_metrics *metrics = &kennel->stats[1].metrics;
	seconds(kennel, 1, 9000, 0, 9000, 0);
	assert_int_equal(HD_METRIC(metrics->hot_slot_share), 0);
	seconds(kennel, 30, 9000, 300, HD_SLOTS - 1, 100);
	assert_int_equal(HD_METRIC(metrics->hot_slot), 9000);
	assert_int_equal(HD_METRIC(metrics->hot_slot_share), 750000);
	assert_int_equal(HD_METRIC(metrics->slots_ns_total), 30 * 400 * MS);
	/* A new one is seen in seconds, and in half a minute the old one is forgotten. */
	seconds(kennel, 8, HD_SLOTS / SHARDS, 500, HD_SLOTS - 1, 0);
	assert_int_equal(HD_METRIC(metrics->hot_slot), HD_SLOTS / SHARDS);
	seconds(kennel, 30, HD_SLOTS / SHARDS, 500, HD_SLOTS - 1, 0);
	assert_in_range(HD_METRIC(metrics->hot_slot_share), 970000, 1000000);
	/* Nobody works: nothing is hot for long. */
	seconds(kennel, 300, 9000, 0, 9000, 0);
	assert_int_equal(HD_METRIC(metrics->hot_slot_share), 0);
	assert_int_equal(HD_METRIC(metrics->slots_ns_total), (30 * 400 + 38 * 500) * MS);
	assert_int_equal(HD_METRIC(kennel->stats[0].metrics.hot_slot_share), 0);
}

int
main(void)
{
#define KENNEL(f) cmocka_unit_test_setup_teardown(f, kennel_begin, kennel_end)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shard_that_stands_still_for_a_second_is_told_of_once),
		cmocka_unit_test(a_shard_that_sleeps_does_not_stand_still),
		cmocka_unit_test(thirty_seconds_of_looks_are_too_long),
		cmocka_unit_test(one_slow_flush_in_a_hundred_is_no_slow_disk),
		cmocka_unit_test(a_flush_that_does_not_end_is_slow_while_it_runs),
		cmocka_unit_test(space_is_told_of_at_each_change),
		KENNEL(a_stall_is_named_counted_and_in_the_end_fatal),
		KENNEL(a_slow_disk_is_degraded),
		KENNEL(a_log_without_space_is_told_of),
		KENNEL(closed_connections_are_told_of_once_a_minute),
		KENNEL(the_slot_that_takes_most_of_late_is_hot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
