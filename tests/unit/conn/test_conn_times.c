/* When commands came in and which of them the edge has timed: over the fake shard of conn_world.h,
 * whose passes are a second apart where a test says so. */
#include "tests/unit/conn/conn_world.h"

#define SECOND INT64_C(1000000000)

static void
a_second_later(void)
{
	world.now += SECOND;
}

/* The n-th command given came `seconds` behind the first pass. */
static void
given_came(uint32_t n, int64_t seconds)
{
	assert_true(n < world.given_count);
	assert_int_equal(world.given[n].arrived / SECOND, 1 + seconds);
}

static void
a_command_comes_with_the_pass_that_took_it(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "HUNT.AWARD la bay 1\n");
	a_second_later();
	says(0, "HUNT.AWARD la bay 1\nHUNT.AWARD la bay 1\n");
	given_came(0, 0);
	given_came(1, 1);
	given_came(2, 1);
}

static void
who_waits_for_a_credit_keeps_his_time(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	world.credits = 1;
	says(0, "HUNT.AWARD ra bay 1\nHUNT.AWARD rb bay 1\nHUNT.AWARD rc bay 1\n");
	a_second_later();
	says(0, "HUNT.AWARD rd bay 1\n");
	a_second_later();
	says(0, "HUNT.AWARD re bay 1\nHUNT.AWA");
	a_second_later();
	world.credits = 1000;
	pass();
	assert_int_equal(world.given_count, 5);
	given_came(0, 0);
	given_came(1, 0);
	given_came(2, 0);
	given_came(3, 1);
	given_came(4, 1); /* no later than it was: with the first of what came behind */
	a_second_later();
	says(0, "RD rf bay 1\n"); /* half of it does not make it old */
	given_came(5, 4);
}

static void
who_waits_for_a_barrier_too(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "HUNT.AWARD ra bay 1\nINFO server\nHUNT.AWARD lb bay 1\n");
	for (int i = 0; i < 3; i++) {
		a_second_later();
		pass();
	}
	answer(0, 1);
	pass();
	given_came(1, 0);
	assert_int_equal(world.timed_count, 2);
	assert_int_equal(world.timed[1].verb, HD_CMD_INFO);
	assert_int_equal(world.timed[1].since, SECOND);
}

/* Some of its bytes are always waiting, each for two seconds: what is told is at most twice that.
 */
static void
a_stream_that_never_ends_does_not_grow_old(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	world.credits = 0;
	says(0, "HUNT.AWARD la bay 1\nHUNT.AWARD la bay 1\nHUNT.AWARD la bay 1\n");
	for (uint32_t i = 1, seen = 0; i < 50; i++) {
		a_second_later();
		world.credits = 2;
		says(0, "HUNT.AWARD la bay 1\nHUNT.AWARD la bay 1\n");
		for (; seen < world.given_count; seen++)
			assert_true(world.now - world.given[seen].arrived <= 5 * SECOND);
		world.credits = 0; /* what was answered gave its own back */
	}
	assert_true(world.given_count > 90);
}

/* Another shard's answer counts when it is written, not when it waits behind an earlier one. */
static void
answers_of_others_are_timed_when_they_are_written(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "HUNT.AWARD la bay 1\nHUNT.AWARD r-a-name-of-over-twenty-bytes bay 1\n"
		"HUNT.AWARD rb bay 1\nHUNT.AWARD lb bay 1\nBOARD.COUNT bay\n");
	assert_int_equal(world.timed_count, 0);
	a_second_later();
	answer(2, 7);
	pass();
	assert_int_equal(world.timed_count, 0);
	answer(1, 8);
	pass();
	assert_int_equal(world.timed_count, 2);
	const struct hd_answered *first = &world.timed[0], *second = &world.timed[1];
	assert_int_equal(first->since, SECOND);
	assert_int_equal(first->verb, HD_CMD_AWARD);
	assert_memory_equal(first->key, "r-a-name-of-over-twenty-bytes", HD_TRACE_KEY);
	assert_string_equal(second->key, "rb");
	assert_int_equal(first->client, (uint32_t)(world.given[1].token >> 32));
	/* The gather had to wait for the awards. */
	answer(4, 1);
	assert_int_equal(world.timed_count, 3);
	assert_int_equal(world.timed[2].verb, HD_CMD_COUNT);
	assert_int_equal(world.timed[2].since, SECOND);
	assert_string_equal(world.timed[2].key, "bay");
}

static void
a_two_step_command_is_timed_when_its_answer_comes(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "HUNT.AWARD la bay 1\nHUNT.AWARD lw bay 2\nHUNT.AWARD lb bay 3\n");
	a_second_later();
	pass();
	assert_int_equal(world.timed_count, 0);
	answer(1, 2);
	flush_log();
	assert_int_equal(world.timed_count, 1);
	assert_int_equal(world.timed[0].since, SECOND);
	assert_string_equal(world.timed[0].key, "lw");
	expect_got(0, ":1\r\n:2\r\n:3\r\n");
}

static void
the_edges_own_commands_are_timed(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "PING\nHUNT.AWARD ra bay 1\nPING\n");
	assert_int_equal(world.timed_count, 1); /* the other one waits behind the award */
	a_second_later();
	answer(0, 1);
	pass();
	assert_int_equal(world.timed_count, 3);
	assert_int_equal(world.timed[2].verb, HD_CMD_PING);
	assert_int_equal(world.timed[2].since, SECOND);
	assert_int_equal(world.timed[2].key[0], 0);
}

/* Bytes that the log holds back, hold back what comes behind them. */
static void
whoever_stands_behind_the_log_waits_for_it(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "PING\nHUNT.AWARD ra bay 1\nHUNT.AWARD lb bay 1\nHUNT.AWARD rc bay 1\n");
	answer(0, 1);
	answer(2, 1);
	says(0, "PING\n");
	assert_int_equal(world.timed_count, 4);
	assert_int_equal(world.timed[0].lsn, 0);
	assert_int_equal(world.timed[1].lsn, 0); /* the first award, which nothing holds */
	assert_int_equal(world.timed[2].lsn, world.tail);
	assert_int_equal(world.timed[3].lsn, world.tail);
	flush_log();
	says(0, "PING\n");
	assert_int_equal(world.timed[4].lsn, 0);
}

static void
nothing_is_timed_where_nobody_wants_it(void **state)
{
	(void)state;
	world.tuning.stamps = false;
	hd_edge_adopt(world.edge, 0);
	says(0, "PING\nHUNT.AWARD ra bay 1\nHUNT.AWARD lw bay 1\nHUNT.AWARD rb bay 1\n");
	answer(0, 1);
	answer(1, 1);
	world.tuning.stamps = true; /* what is under way stays as it began */
	pass();
	answer(2, 1);
	pass();
	assert_int_equal(world.timed_count, 0);
}

/* Any mixture, any order of answers: each that its batch did not bring is timed once. */
static void
each_is_timed_once(void **state)
{
	(void)state;
	static const char *const names[] = {"la", "ra", "lw", "rb"};
	uint64_t seed = 5;
	uint32_t expected = 0;
	hd_edge_adopt(world.edge, 0);
	hd_edge_adopt(world.edge, 1);
	for (int round = 0; round < 4000 && world.given_count < GIVEN_MAX - 80; round++) {
		uint64_t r = hd_test_random(&seed);
		char line[64];
		snprintf(line, sizeof line, "HUNT.AWARD %s bay 1\n", names[r >> 40 & 3]);
		if (r % 8 < 6 && world.peers[r >> 32 & 1].receiving) {
			expected += (r >> 40 & 3) != 0;
			assert_true(arrive((int)(r >> 32 & 1), line, strlen(line)));
		} else if (r % 8 == 6) {
			pass();
		}
		for (uint32_t tries = 0; tries < 4 && world.given_count; tries++) {
			uint32_t pick = (uint32_t)(hd_test_random(&seed) % world.given_count);
			if (!world.given[pick].answered)
				answer(pick, 1);
		}
	}
	pass();
	for (uint32_t i = 0; i < world.given_count; i++)
		if (!world.given[i].answered)
			answer(i, 1);
	flush_log();
	assert_true(expected > 1000);
	assert_int_equal(world.timed_count, expected);
}

static void
what_is_remembered_is_given_back(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "HUNT.AWARD ra bay 1\n");
	answer(0, 1);
	pass();
	uint64_t used = world.memory.used;
	for (uint32_t i = 1; i < 100; i++) {
		says(0, "HUNT.AWARD ra bay 1\n");
		answer(i, 1);
		pass();
	}
	assert_int_equal(world.memory.used, used);
	/* Also of one that goes while others owe it answers. */
	says(0, "HUNT.AWARD ra bay 1\nHUNT.AWARD rb bay 1\n");
	hd_edge_adopt(world.edge, 1);
	says(1, "CLIENT KILL ID 2\n");
	expect_got(1, ":1\r\n");
	answer(100, 1);
	answer(101, 1);
	pass();
	assert_int_equal(world.timed_count, 101); /* with the kill */
}

static void
a_token_names_its_connection(void **state)
{
	char address[HD_CLIENT_ADDRESS], name[HD_CLIENT_NAME];
	(void)state;
	hd_edge_adopt(world.edge, 0);
	hd_edge_adopt(world.edge, 1);
	says(1, "CLIENT SETNAME anna\nHUNT.AWARD ra bay 1\n");
	says(0, "HUNT.AWARD ra bay 1\n");
	uint32_t anna = (uint32_t)(world.given[0].token >> 32),
		 other = (uint32_t)(world.given[1].token >> 32);
	hd_edge_table.client(world.edge, anna, address, name);
	assert_string_equal(name, "anna");
	assert_string_equal(address, "10.0.0.1:1");
	hd_edge_table.client(world.edge, other, address, name);
	assert_string_equal(name, "");
	assert_string_equal(address, "10.0.0.1:0");
	answer(0, 1);
	answer(1, 1);
	/* Its slot's next user is somebody else. */
	world.peers[1].shut = true;
	for (int i = 0; i < 4; i++)
		pass();
	assert_true(world.peers[1].closed);
	hd_edge_adopt(world.edge, 2);
	hd_edge_table.client(world.edge, anna, address, name);
	assert_string_equal(name, "");
	assert_string_equal(address, "");
	hd_edge_table.client(world.edge, UINT32_MAX, address, name);
	assert_string_equal(address, "");
	hd_edge_table.client(world.edge, 0, address, name);
	assert_string_equal(address, "");
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		STORY(a_command_comes_with_the_pass_that_took_it),
		STORY(who_waits_for_a_credit_keeps_his_time),
		STORY(who_waits_for_a_barrier_too),
		STORY(a_stream_that_never_ends_does_not_grow_old),
		STORY(answers_of_others_are_timed_when_they_are_written),
		STORY(a_two_step_command_is_timed_when_its_answer_comes),
		STORY(the_edges_own_commands_are_timed),
		STORY(whoever_stands_behind_the_log_waits_for_it),
		STORY(nothing_is_timed_where_nobody_wants_it),
		STORY(each_is_timed_once),
		STORY(what_is_remembered_is_given_back),
		STORY(a_token_names_its_connection),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
