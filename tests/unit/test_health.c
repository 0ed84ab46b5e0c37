/* Who watches the shards: stalls are counted in looks, slow disks by their p99. */
#include "shard/health/health.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shard_that_stands_still_for_a_second_is_told_of_once),
		cmocka_unit_test(a_shard_that_sleeps_does_not_stand_still),
		cmocka_unit_test(thirty_seconds_of_looks_are_too_long),
		cmocka_unit_test(one_slow_flush_in_a_hundred_is_no_slow_disk),
		cmocka_unit_test(a_flush_that_does_not_end_is_slow_while_it_runs),
		cmocka_unit_test(space_is_told_of_at_each_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
