/* Whole shards that stand still, and disks that are slow: they are named, and the others go on. */
#include <stdio.h>
#include <unistd.h>

#include "huntd/ids.h"
#include "tests/story/story.h"

static uint64_t
waits_for_line(struct house *house, const char *words)
{
	char lines[512];
	for (uint32_t i = 0; i < 500; i++) {
		house_health_news(house, lines);
		if (strstr(lines, words) != NULL)
			return i;
		usleep(10000);
	}
	fail_msg("'%s' was not said; but '%s'", words, lines);
	return 0;
}

/* An entrant of that shard. */
static void
native(char name[16], uint32_t shard, uint32_t shards)
{
	uint32_t n = 0;
	do
		snprintf(name, 16, "n%u", n++);
	while (hd_slot_shard(hd_slot(hd_bytes_str(name)), shards) != shard);
}

static void
a_shard_that_stands_still_is_named_and_the_others_go_on(void **state)
{
	(void)state;
	char folder[64], of_one[16], of_two[16], line[64];
	house_folder(folder);
	struct house *house = start(folder, 3, 0);
	native(of_one, 1, 3);
	native(of_two, 2, 3);
	house_stall(house, 1, 2000);
	snprintf(line, sizeof line, "HUNT.AWARD %s reef 1", of_one);
	struct house_ask *ask = house_ask(house, 0, line);
	for (uint32_t i = 1; i <= 20; i++) {
		char answer[32];
		snprintf(answer, sizeof answer, "applied 1 %u", i);
		SAYS(house, 2, answer, "HUNT.AWARD %s reef 1", of_two);
	}
	assert_false(__atomic_load_n(&ask->done, __ATOMIC_ACQUIRE));
	waits_for_line(house, "shard 1 stands still: in commands");
	waits_for_line(house, "shard 1 moves again");
	assert_string_equal(house_wait(house, ask), "applied 1 1");
	house_forget(ask);
	assert_int_equal(HD_METRIC(hd_runtime_metrics(house_runtime(house), 1)->stalls_total), 1);
	assert_int_equal(HD_METRIC(hd_runtime_metrics(house_runtime(house), 2)->stalls_total), 0);
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

static void
a_slow_disk_is_said_to_be_degraded(void **state)
{
	(void)state;
	char folder[64];
	house_folder(folder);
	struct house *house = start(folder, 1, 0);
	for (uint32_t i = 0; i < 5; i++) {
		struct house_ask *ask = house_ask(house, 0, "HUNT.AWARD bob reef 1");
		house_hold_disk(house, 400);
		house_wait(house, ask);
		house_forget(ask);
	}
	waits_for_line(house, "shard 0: the disk is slow");
	assert_int_equal(HD_METRIC(hd_runtime_metrics(house_runtime(house), 0)->degraded_total), 1);
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

/* Reads go on, and writes when there is space again. */
static void
a_full_disk_refuses_writes_until_it_has_space(void **state)
{
	(void)state;
	char folder[64];
	house_folder(folder);
	struct house *house = start(folder, 2, 0);
	house_fill_disk(house, true);
	uint32_t score = 0;
	while (strncmp(house_say(house, 0, "HUNT.AWARD ann reef 1"), "applied", 7) == 0) {
		assert_true(++score < 1000);
		usleep(10000);
	}
	SAYS(house, 1, "-MISCONF", "HUNT.AWARD ann reef 1");
	char row[32];
	snprintf(row, sizeof row, "[1 %u 1]", score);
	SAYS(house, 0, row, "BOARD.RANK reef ann");
	waits_for_line(house, "no space left for the log");
	house_fill_disk(house, false);
	waits_for_line(house, "there is space for the log again");
	snprintf(row, sizeof row, "applied 1 %u", score + 1);
	SAYS(house, 1, row, "HUNT.AWARD ann reef 1");
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shard_that_stands_still_is_named_and_the_others_go_on),
		cmocka_unit_test(a_slow_disk_is_said_to_be_degraded),
		cmocka_unit_test(a_full_disk_refuses_writes_until_it_has_space),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
