/* hunt-trace's arithmetic: what came between two copies, which leg is called slow, and how numbers
 * read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "perf/trace/build_id.h"
#include "perf/trace/table.h"
#include "perf/trace/top/top.h"
#include "tests/lib/lib.h"

#define SHARDS 3u

/* Numbers. */

static void
a_duration_has_three_digits_and_seven_columns(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} rows[] = {{0, "0.00 us"},         {410, "0.41 us"},         {9994, "9.99 us"},
		    {9995, "10.0 us"},      {41000, "41.0 us"},       {99949, "99.9 us"},
		    {99950, " 100 us"},     {812000, " 812 us"},      {999499, " 999 us"},
		    {999500, "1.00 ms"},    {2310000, "2.31 ms"},     {999499999, " 999 ms"},
		    {999500000, "1.00  s"}, {12000000000, "12.0  s"}, {3600000000000, "3600  s"}};
	char text[HD_TEXT];
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(hd_trace_duration(rows[i].ns, text), rows[i].text);
}

static void
every_duration_fits_its_column(void **state)
{
	char text[HD_TEXT];
	(void)state;
	for (uint64_t ns = 1; ns < 9000000000000u; ns += ns / 97 + 1)
		assert_int_equal(strlen(hd_trace_duration(ns, text)), 7);
}

static void
numbers_are_grouped_and_shortened(void **state)
{
	char text[HD_TEXT];
	(void)state;
	assert_string_equal(hd_trace_number(0, text), "0");
	assert_string_equal(hd_trace_number(1000, text), "1,000");
	assert_string_equal(hd_trace_number(9999999, text), "9,999,999");
	assert_string_equal(hd_trace_number(12345678, text), "12.3 M");
	assert_string_equal(hd_trace_number(UINT64_MAX, text), "18446744073.7 G");
	assert_string_equal(hd_trace_short(99999, text), "99,999");
	assert_string_equal(hd_trace_short(100000, text), "100k");
	assert_string_equal(hd_trace_short(1234567, text), "1.2M");
	assert_string_equal(hd_trace_short(UINT64_MAX, text), "18.4E");
	assert_string_equal(hd_trace_bytes(1023, text), "1023 B");
	assert_string_equal(hd_trace_bytes(1024, text), "1.0 KiB");
	assert_string_equal(hd_trace_bytes(18u << 20, text), "18 MiB");
	for (uint64_t number = 1; number < UINT64_MAX / 2; number += number / 97 + 1)
		assert_in_range(strlen(hd_trace_short(number, text)), 1, 6);
}

/* Intervals. */

static void
an_interval_is_what_was_added_in_it(void **state)
{
	struct hd_histogram before = {0}, after, fresh = {0}, seen;
	uint64_t seed = 7;
	(void)state;
	for (int round = 0; round < 200; round++) {
		after = before;
		fresh = (struct hd_histogram){0};
		for (int i = 0; i < 50; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			uint64_t value = seed >> (seed >> 58);
			hd_histogram_add(&after, value);
			hd_histogram_add(&fresh, value);
		}
		hd_trace_between(&seen, &before, &after);
		assert_memory_equal(seen.buckets, fresh.buckets, sizeof seen.buckets);
		assert_int_equal(seen.count, fresh.count);
		assert_true(seen.sum == fresh.sum);
		assert_int_equal(hd_histogram_bucket(seen.max), hd_histogram_bucket(fresh.max));
		assert_true(seen.max >= fresh.max && seen.max <= after.max);
		for (uint32_t share = 500; share < 1000; share += 133)
			assert_int_equal(hd_histogram_bucket(hd_histogram_quantile(&seen, share)),
					 hd_histogram_bucket(hd_histogram_quantile(&fresh, share)));
		before = after;
	}
}

static void
an_old_record_is_not_the_intervals_maximum(void **state)
{
	struct hd_histogram before = {0}, after, seen;
	(void)state;
	hd_histogram_add(&before, 5000000);
	after = before;
	hd_histogram_add(&after, 100);
	hd_trace_between(&seen, &before, &after);
	assert_in_range(seen.max, 100, 111);
	hd_histogram_add(&after, 6000001);
	hd_trace_between(&seen, &before, &after);
	assert_int_equal(seen.max, 6000001);
	hd_trace_between(&seen, &after, &after);
	assert_int_equal(seen.count, 0);
	assert_int_equal(seen.max, 0);
}

/* Two pages of three shards. */

static int
open_top(void **state)
{
	struct hd_top *top = calloc(1, sizeof *top);
	assert_non_null(top);
	top->shards = SHARDS;
	top->elapsed_ns = 500000000;
	top->before = aligned_alloc(4096, HD_STATS_BYTES(SHARDS));
	top->now = aligned_alloc(4096, HD_STATS_BYTES(SHARDS));
	assert_non_null(top->before);
	assert_non_null(top->now);
	memset(top->before, 0, HD_STATS_BYTES(SHARDS));
	memset(top->now, 0, HD_STATS_BYTES(SHARDS));
	*state = top;
	return 0;
}

static int
close_top(void **state)
{
	struct hd_top *top = *state;
	free(top->before);
	free(top->now);
	free(top);
	return 0;
}

static void
legs(struct hd_top *top, uint32_t shard, enum hd_leg leg, uint64_t ns, uint64_t times)
{
	hd_histogram_record(&top->now->shard[shard].leg[leg], ns, times);
}

static void
nothing_timed_means_nothing_is_slow(void **state)
{
	struct hd_top *top = *state;
	assert_int_equal(hd_top_slowest(top, HD_TOP_ALL), HD_LEG_COUNT);
	legs(top, 2, HD_LEG_PARSE, 100, 1);
	assert_int_equal(hd_top_slowest(top, HD_TOP_ALL), HD_LEG_PARSE);
	assert_int_equal(hd_top_slowest(top, 0), HD_LEG_COUNT);
}

static void
the_slow_leg_has_the_greatest_p99(void **state)
{
	struct hd_top *top = *state;
	legs(top, 0, HD_LEG_DURABLE, 1000000, 10000);
	legs(top, 1, HD_LEG_ROUTE, 10000, 900);
	legs(top, 1, HD_LEG_ROUTE, 50000000, 100); /* one in ten waits for a ring */
	legs(top, 2, HD_LEG_REPLY, 900000000, 99); /* too few to be called the slow leg */
	assert_int_equal(hd_top_slowest(top, HD_TOP_ALL), HD_LEG_ROUTE);
	assert_int_equal(hd_top_worst_shard(top, HD_LEG_ROUTE), 1);
	assert_int_equal(hd_top_worst_shard(top, HD_LEG_DURABLE), 0);
	legs(top, 2, HD_LEG_REPLY, 900000000, 1);
	assert_int_equal(hd_top_slowest(top, HD_TOP_ALL), HD_LEG_REPLY);
}

static void
equal_legs_differ_by_the_time_they_took(void **state)
{
	struct hd_top *top = *state;
	legs(top, 0, HD_LEG_QUEUED, 1000000, 100);
	legs(top, 0, HD_LEG_DURABLE, 1000001, 200);
	assert_int_equal(hd_top_slowest(top, 0), HD_LEG_DURABLE);
	legs(top, 0, HD_LEG_QUEUED, 1000000, 200);
	assert_int_equal(hd_top_slowest(top, 0), HD_LEG_QUEUED);
}

static void
what_was_before_the_interval_does_not_count(void **state)
{
	struct hd_top *top = *state;
	legs(top, 0, HD_LEG_REPLY, 900000000, 1000);
	memcpy(top->before, top->now, HD_STATS_BYTES(SHARDS));
	legs(top, 0, HD_LEG_PARSE, 1000, 10);
	assert_int_equal(hd_top_slowest(top, HD_TOP_ALL), HD_LEG_PARSE);
}

static void
the_busiest_commands_come_first(void **state)
{
	struct hd_top *top = *state;
	enum hd_verb verbs[HD_CMD_COUNT_];
	struct hd_histogram *of = top->now->shard[1].command;
	hd_histogram_record(&of[HD_CMD_PING], 10, 5);
	hd_histogram_record(&of[HD_CMD_AWARD], 10, 50);
	hd_histogram_record(&of[HD_CMD_TOP], 10, 20);
	hd_histogram_record(&top->now->shard[2].command[HD_CMD_TOP], 10, 40);
	assert_int_equal(hd_top_commands(top, HD_TOP_ALL, verbs, HD_CMD_COUNT_), 3);
	assert_int_equal(verbs[0], HD_CMD_TOP);
	assert_int_equal(verbs[1], HD_CMD_AWARD);
	assert_int_equal(verbs[2], HD_CMD_PING);
	assert_int_equal(hd_top_commands(top, 1, verbs, 1), 1);
	assert_int_equal(verbs[0], HD_CMD_AWARD);
	assert_int_equal(hd_top_commands(top, 0, verbs, 1), 0);
}

static void
the_hottest_slots_come_first_with_their_share(void **state)
{
	struct hd_top *top = *state;
	struct hd_top_slot slots[HD_TOP_SLOTS];
	assert_int_equal(hd_top_slots(top, HD_TOP_ALL, slots), 0);
	for (uint32_t i = 0; i < 10; i++)
		HD_COUNT(top->now->shard[0].slot_ns[100 + i], 10 + i);
	HD_COUNT(top->now->shard[2].slot_ns[16383], 855);
	assert_int_equal(hd_top_slots(top, HD_TOP_ALL, slots), HD_TOP_SLOTS);
	assert_int_equal(slots[0].slot, 16383);
	assert_int_equal(slots[0].shard, 2);
	assert_in_range((uint64_t)(slots[0].share * 1000), 854, 856);
	assert_int_equal(slots[1].slot, 109);
	assert_int_equal(slots[4].slot, 106);
	assert_int_equal(hd_top_slots(top, 0, slots), HD_TOP_SLOTS);
	assert_int_equal(slots[0].slot, 109);
}

static void
rates_are_of_a_second(void **state)
{
	struct hd_top *top = *state;
	HD_COUNT(top->before->shard[1].metrics.commands_total, 1000);
	HD_COUNT(top->now->shard[1].metrics.commands_total, 1100);
	HD_COUNT(top->now->shard[2].metrics.commands_total, 50);
	HD_GAUGE(top->before->shard[1].metrics.credits, 700);
	HD_GAUGE(top->now->shard[1].metrics.credits, 7);
	assert_int_equal(HD_TOP_RATE(top, HD_TOP_ALL, commands_total), 300);
	assert_int_equal(HD_TOP_RATE(top, 1, commands_total), 200);
	assert_int_equal(HD_TOP_GAUGE(top, HD_TOP_ALL, credits), 7);
	assert_int_equal(hd_trace_rate(5, 0), 0);
}

static void
a_program_knows_its_build_id(void **state)
{
	uint8_t id[32] = {0};
	(void)state;
	assert_false(hd_trace_build_id("/nonexistent", id, sizeof id));
	assert_false(hd_trace_build_id("/proc/self/status", id, sizeof id));
	bool has = hd_trace_build_id("/proc/self/exe", id, sizeof id);
	assert_true(!has || memcmp(id, (uint8_t[32]){0}, sizeof id) != 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_duration_has_three_digits_and_seven_columns),
		cmocka_unit_test(every_duration_fits_its_column),
		cmocka_unit_test(numbers_are_grouped_and_shortened),
		cmocka_unit_test(an_interval_is_what_was_added_in_it),
		cmocka_unit_test(an_old_record_is_not_the_intervals_maximum),
		cmocka_unit_test_setup_teardown(nothing_timed_means_nothing_is_slow, open_top,
						close_top),
		cmocka_unit_test_setup_teardown(the_slow_leg_has_the_greatest_p99, open_top,
						close_top),
		cmocka_unit_test_setup_teardown(equal_legs_differ_by_the_time_they_took, open_top,
						close_top),
		cmocka_unit_test_setup_teardown(what_was_before_the_interval_does_not_count,
						open_top, close_top),
		cmocka_unit_test_setup_teardown(the_busiest_commands_come_first, open_top,
						close_top),
		cmocka_unit_test_setup_teardown(the_hottest_slots_come_first_with_their_share,
						open_top, close_top),
		cmocka_unit_test_setup_teardown(rates_are_of_a_second, open_top, close_top),
		cmocka_unit_test(a_program_knows_its_build_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
