/* What is told of times: INFO commandstats and latencystats, LATENCY, SLOWLOG, CONFIG RESETSTAT,
 * over numbers that the test writes where the shards would (conn_world.h). */
#include "tests/unit/conn/conn_world.h"

static void
command_took(uint32_t shard, uint8_t verb, uint64_t ns, uint32_t times)
{
	hd_histogram_record(&world.stats[shard].command[verb], ns, times);
	HD_COUNT(world.stats[shard].metrics.command_calls[verb], times);
}

static void
expect_in(int socket, const char *part)
{
	struct peer *peer = &world.peers[socket];
	peer->got[peer->got_size] = 0;
	if (!strstr((char *)peer->got, part))
		fail_msg("no '%s' in '%s'", part, (char *)peer->got);
	peer->got_size = 0;
}

static void
commands_of_all_shards_are_added_up(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	command_took(0, HD_CMD_AWARD, 1000000, 3);
	command_took(1, HD_CMD_AWARD, 5000000, 1);
	HD_COUNT(world.stats[1].metrics.command_errors[HD_CMD_AWARD], 1);
	HD_COUNT(world.stats[0].metrics.command_rejected[HD_CMD_AWARD], 7);
	says(0, "INFO commandstats\n");
	expect_in(0, "cmdstat_hunt.award:calls=4,usec=8000,usec_per_call=2000.00,rejected_calls=7,"
		     "failed_calls=1\r\n");
	says(0, "INFO latencystats\n");
	expect_in(0, "latency_percentiles_usec_hunt.award:p50=1048.575,p99=5000.000,p99.9=5000."
		     "000\r\n");
}

static void
refusals_are_counted_apart(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "HUNT.AWARD la\n");
	world.busy = true;
	says(0, "HUNT.AWARD la bay 1\n");
	world.peers[0].got_size = 0;
	says(0, "INFO commandstats\n");
	expect_in(0, "cmdstat_hunt.award:calls=0,usec=0,usec_per_call=0.00,rejected_calls=2,"
		     "failed_calls=0\r\n");
}

static void
legs_are_told_by_shard(void **state)
{
	(void)state;
	world.core = NULL;
	hd_histogram_record(&world.stats[1].leg[HD_LEG_DURABLE], 1234567, 2);
	hd_edge_adopt(world.edge, 0);
	says(0, "LATENCY DOCTOR\n");
	expect_in(0, "The longest at p99 is durable.");
}

/* Bounds are powers of two, counts grow, what adds nothing is left out. */
static void
a_histogram_is_shaped_as_in_redis(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "LATENCY HISTOGRAM\n");
	expect_got(0, "*0\r\n");
	command_took(0, HD_CMD_AWARD, 900, 1);
	command_took(1, HD_CMD_AWARD, 1024, 2);
	command_took(0, HD_CMD_AWARD, 3000000, 1);
	command_took(0, HD_CMD_JOIN, 70000, 1);
	says(0, "LATENCY HISTOGRAM hunt.award NONSENSE hunt.leave\n");
	expect_got(0, "*2\r\n$10\r\nhunt.award\r\n*4\r\n$5\r\ncalls\r\n:4\r\n$14\r\nhistogram_"
		      "usec\r\n*6\r\n:1\r\n:1\r\n:2\r\n:3\r\n:4194\r\n:4\r\n");
	says(0, "HELLO 3\n");
	world.peers[0].got_size = 0;
	says(0, "LATENCY HISTOGRAM\n");
	expect_got(0, "%2\r\n$9\r\nhunt.join\r\n%2\r\n$5\r\ncalls\r\n:1\r\n$14\r\nhistogram_"
		      "usec\r\n%1\r\n:131\r\n:1\r\n"
		      "$10\r\nhunt.award\r\n%2\r\n$5\r\ncalls\r\n:4\r\n$14\r\nhistogram_"
		      "usec\r\n%3\r\n:1\r\n:1\r\n:2\r\n:3\r\n:4194\r\n:4\r\n");
	says(0, "LATENCY LATEST\nLATENCY HISTORY command\nLATENCY RESET\n");
	expect_got(0, "*0\r\n*0\r\n:0\r\n");
}

static void
a_reset_holds_for_every_edge_and_stops_no_counter(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	command_took(0, HD_CMD_AWARD, 9000000, 5);
	command_took(1, HD_CMD_AWARD, 9000000, 5);
	says(0, "CONFIG RESETSTAT\nINFO latencystats\nLATENCY HISTOGRAM hunt.award\n");
	expect_got(0, "+OK\r\n$16\r\n# Latencystats\r\n\r\n*0\r\n");
	command_took(1, HD_CMD_AWARD, 1000, 1);
	says(0, "INFO commandstats\n");
	expect_in(0, "cmdstat_hunt.award:calls=1,usec=1,usec_per_call=1.00,");
	says(0, "INFO latencystats\n");
	expect_in(0, "hunt.award:p50=1.023,p99=1.023,p99.9=1.023\r\n");
	assert_int_equal(world.stats[1].command[HD_CMD_AWARD].count, 6);
}

static void
slow(uint32_t shard, uint32_t at, uint64_t id, int64_t unix_us)
{
	struct hd_slow entry = {
		.id = id, .unix_us = unix_us, .total_ns = 12345678, .verb = HD_CMD_SUBMIT};
	entry.leg_ns[HD_LEG_PARSE] = 999;
	entry.leg_ns[HD_LEG_DURABLE] = 12000000;
	snprintf(entry.client, sizeof entry.client, "10.0.0.1:7");
	snprintf(entry.name, sizeof entry.name, "anna");
	memset(entry.key, 'k', HD_TRACE_KEY);
	world.slow[shard][at] = entry;
	world.slow_count[shard] = at + 1;
}

#define ENTRY(id, at)                                                                              \
	"*6\r\n:" #id "\r\n:" #at                                                                  \
	"\r\n:12345\r\n*4\r\n$11\r\nHUNT.SUBMIT\r\n$20\r\nkkkkkkkkkkkkkkkkkkkk\r\n$"               \
	"15\r\ndurable=12000us\r\n$15\r\nelsewhere=344us\r\n$10\r\n10.0.0.1:7\r\n$4\r\nanna\r\n"

static void
slow_commands_of_all_shards_come_newest_first(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	slow(0, 0, 64, 9000000);
	slow(0, 1, 0, 5000000);
	slow(1, 0, 65, 7000000);
	slow(1, 1, 1, 3000000);
	says(0, "SLOWLOG GET\n"); /* slowlog-max-len is 3 */
	expect_got(0, "*3\r\n" ENTRY(64, 9) ENTRY(65, 7) ENTRY(0, 5));
	says(0, "SLOWLOG GET 1\nSLOWLOG LEN\n");
	expect_got(0, "*1\r\n" ENTRY(64, 9) ":3\r\n");
	says(0, "SLOWLOG GET 0\n");
	expect_got(0, "*0\r\n");
	says(0, "SLOWLOG GET -2\n");
	expect_in(0, "-ERR count should be");
	says(0, "SLOWLOG RESET\nSLOWLOG GET -1\nSLOWLOG LEN\n");
	expect_got(0, "+OK\r\n*0\r\n:0\r\n");
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		STORY(commands_of_all_shards_are_added_up),
		STORY(refusals_are_counted_apart),
		STORY(legs_are_told_by_shard),
		STORY(a_histogram_is_shaped_as_in_redis),
		STORY(a_reset_holds_for_every_edge_and_stops_no_counter),
		STORY(slow_commands_of_all_shards_come_newest_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
