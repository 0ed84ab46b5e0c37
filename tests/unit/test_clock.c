/* The server's time follows the wall clock slowly, and a clock that was set only when told to. */
#include "huntd/assert.h"
#include "shard/clock.h"
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define SECOND INT64_C(1000000000)
#define BEGIN  (1700000000 * SECOND)

struct watch {
	struct hd_clock_page page;
	struct hd_clock clock;
	int64_t boot, wall; /* wall: what CLOCK_REALTIME is ahead of an honest clock */
	int64_t difference;
};

static void
watch_start(struct watch *watch)
{
	*watch = (struct watch){.boot = 100 * SECOND};
	watch->clock.page = &watch->page;
	hd_clock_start(&watch->clock, watch->boot, BEGIN + watch->boot);
}

/* A look after `seconds`. */
static enum hd_clock_news
look(struct watch *watch, int64_t seconds)
{
	watch->boot += seconds * SECOND;
	return hd_clock_look(&watch->clock, watch->boot, BEGIN + watch->boot + watch->wall,
			     &watch->difference);
}

static int64_t
moved(const struct watch *watch)
{
	return watch->page.offset - BEGIN;
}

static void
a_small_gap_is_closed_slowly_and_whole(void **state)
{
	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		struct watch watch;
		watch_start(&watch);
		watch.wall = sign * SECOND / 100; /* 10 ms: five looks of 2 ms */
		for (int64_t i = 1; i <= 5; i++) {
			assert_int_equal(look(&watch, 4), HD_CLOCK_QUIET);
			assert_int_equal(moved(&watch), sign * i * 2000000);
		}
		assert_int_equal(watch.page.difference, 0);
		assert_int_equal(look(&watch, 4), HD_CLOCK_QUIET);
		assert_int_equal(moved(&watch), watch.wall);
	}
}

static void
a_second_is_slewed_and_more_is_an_alarm(void **state)
{
	(void)state;
	struct watch watch;
	watch_start(&watch);
	watch.wall = SECOND;
	assert_int_equal(look(&watch, 4), HD_CLOCK_QUIET);
	watch_start(&watch);
	watch.wall = SECOND + 1;
	assert_int_equal(look(&watch, 4), HD_CLOCK_ALARM);
	assert_int_equal(moved(&watch), 0);
	assert_int_equal(watch.page.difference, SECOND + 1);
	assert_int_equal(look(&watch, 4), HD_CLOCK_QUIET); /* once */
	assert_int_equal(moved(&watch), 0);
}

static void
an_operator_takes_a_jump(void **state)
{
	(void)state;
	struct watch watch;
	watch_start(&watch);
	watch.wall = -3600 * SECOND;
	watch.page.accept = true; /* of what nobody has seen yet: not taken */
	assert_int_equal(look(&watch, 4), HD_CLOCK_ALARM);
	assert_int_equal(look(&watch, 4), HD_CLOCK_QUIET);
	assert_false(hd_clock_due(&watch.clock, watch.boot + SECOND));
	watch.page.accept = true;
	assert_true(hd_clock_due(&watch.clock, watch.boot + SECOND));
	assert_int_equal(look(&watch, 1), HD_CLOCK_TAKEN);
	assert_int_equal(watch.difference, -3600 * SECOND);
	assert_int_equal(moved(&watch), -3600 * SECOND);
	assert_int_equal(watch.page.difference, 0);
	assert_false(watch.page.accept);
	assert_int_equal(look(&watch, 4), HD_CLOCK_QUIET);
}

static void
a_jump_that_stays_is_taken_after_ten_minutes(void **state)
{
	(void)state;
	struct watch watch;
	watch_start(&watch);
	watch.wall = 7 * SECOND;
	assert_int_equal(look(&watch, 4), HD_CLOCK_ALARM);
	assert_int_equal(look(&watch, 599), HD_CLOCK_QUIET);
	assert_int_equal(moved(&watch), 0);
	assert_int_equal(look(&watch, 1), HD_CLOCK_TAKEN);
	assert_int_equal(moved(&watch), 7 * SECOND);
}

static void
a_jump_that_goes_back_was_none(void **state)
{
	(void)state;
	struct watch watch;
	watch_start(&watch);
	watch.wall = 7 * SECOND;
	assert_int_equal(look(&watch, 4), HD_CLOCK_ALARM);
	watch.wall = 0;
	assert_int_equal(look(&watch, 4), HD_CLOCK_BACK);
	assert_int_equal(moved(&watch), 0);
	watch.wall = 7 * SECOND; /* the ten minutes begin anew */
	assert_int_equal(look(&watch, 590), HD_CLOCK_ALARM);
	assert_int_equal(look(&watch, 599), HD_CLOCK_QUIET);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_gap_is_closed_slowly_and_whole),
		cmocka_unit_test(a_second_is_slewed_and_more_is_an_alarm),
		cmocka_unit_test(an_operator_takes_a_jump),
		cmocka_unit_test(a_jump_that_stays_is_taken_after_ten_minutes),
		cmocka_unit_test(a_jump_that_goes_back_was_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
