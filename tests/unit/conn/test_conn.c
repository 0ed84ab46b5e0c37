/* Connections over a fake shard and a fake io (conn_world.h): the order of answers, barriers,
 * back-pressure, any cut of the input, ends in the middle. */
#include "tests/lib/world.h"
#include "tests/unit/conn/conn_world.h"

static void
answers_wait_for_the_log(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "HUNT.AWARD la bay 1\nHUNT.AWARD lb bay 2\nPING\n");
	expect_got(0, "");
	world.durable = 1;
	pass();
	expect_got(0, ""); /* one mark a pass: the batch goes when all of it is durable */
	flush_log();
	expect_got(0, ":1\r\n:2\r\n+PONG\r\n");
	assert_int_equal(world.sends, 1);
}

static void
answers_come_in_the_order_of_requests(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "HUNT.AWARD r1 bay 1\nHUNT.AWARD l2 bay 2\nHUNT.AWARD r3 bay 3\nECHO "
		"four\nHUNT.AWARD l5 bay 5\n");
	flush_log();
	expect_got(0, "");
	answer(2, 3);
	pass();
	expect_got(0, "");
	answer(0, 1);
	pass();
	expect_got(0, ":1\r\n:2\r\n:3\r\n$4\r\nfour\r\n:5\r\n");
}

/* Local answers, remote answers in any order, flushes at any time: what comes out is 0, 1, 2, ...
 */
static void
any_mixture_keeps_the_order(void **state)
{
	(void)state;
	uint64_t seed = 11;
	static char want[400000];
	hd_edge_adopt(world.edge, 0);
	int64_t next = 0;
	size_t size = 0;
	for (int round = 0; round < 3000; round++) {
		uint64_t r = hd_test_random(&seed);
		char line[64];
		if (r % 4 < 2 && world.peers[0].receiving && world.given_count < GIVEN_MAX - 8) {
			snprintf(line, sizeof line, "HUNT.AWARD %c%u bay %lld\r\n",
				 r >> 60 & 1 ? 'l' : 'r', (unsigned)(r >> 50 & 7), (long long)next);
			size += (size_t)snprintf(want + size, 32, ":%lld\r\n", (long long)next++);
			assert_true(arrive(0, line, strlen(line)));
		} else if (r % 4 == 2) {
			for (uint32_t tries = 0; tries < 8 && world.given_count; tries++) {
				uint32_t pick =
					(uint32_t)(hd_test_random(&seed) % world.given_count);
				if (!world.given[pick].answered)
					answer(pick, world.given[pick].points);
			}
		} else {
			world.durable += r >> 32 & 1 ? (world.tail - world.durable + 1) / 2 : 0;
			pass();
		}
	}
	pass();
	for (uint32_t i = 0; i < world.given_count; i++)
		if (!world.given[i].answered)
			answer(i, world.given[i].points);
	flush_log();
	pass();
	expect_got(0, want);
}

static void
every_cut_of_the_input_gives_the_same(void **state)
{
	(void)state;
	static const char input[] =
		"*4\r\n$10\r\nHUNT.AWARD\r\n$2\r\nla\r\n$3\r\nbay\r\n$1\r\n7\r\nECHO \"a b\"\r\n"
		"*4\r\n$10\r\nHUNT.AWARD\r\n$3\r\nlbb\r\n$3\r\nbay\r\n$1\r\n8\r\n*1\r\n$"
		"4\r\nPING\r\n";
	for (size_t cut = 0; cut < sizeof input; cut++) {
		int socket = (int)(cut % 4);
		memset(&world.peers[socket], 0, sizeof world.peers[socket]);
		hd_edge_adopt(world.edge, socket);
		assert_true(arrive(socket, input, cut));
		pass();
		assert_true(arrive(socket, input + cut, sizeof input - 1 - cut));
		pass();
		flush_log();
		expect_got(socket, ":7\r\n$3\r\na b\r\n:8\r\n+PONG\r\n");
		world.peers[socket].shut = true;
		for (int i = 0; i < 4; i++)
			pass();
		assert_true(world.peers[socket].closed);
	}
}

static void
byte_by_byte_is_the_same(void **state)
{
	(void)state;
	static const char input[] = "*4\r\n$10\r\nHUNT.AWARD\r\n$2\r\nla\r\n$3\r\nbay\r\n$"
				    "1\r\n7\r\n*1\r\n$4\r\nPING\r\n";
	hd_edge_adopt(world.edge, 0);
	for (size_t i = 0; i + 1 < sizeof input; i++) {
		assert_true(arrive(0, input + i, 1));
		if (i % 3 == 0)
			pass();
	}
	pass();
	flush_log();
	expect_got(0, ":7\r\n+PONG\r\n");
}

static void
a_gather_waits_for_writes_and_holds_them(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "HUNT.AWARD r1 bay 1\nBOARD.COUNT bay\nBOARD.COUNT bay\nHUNT.AWARD r4 bay 4\n");
	assert_int_equal(world.given_count, 1); /* the gather waits for the write */
	answer(0, 1);
	pass();
	assert_int_equal(world.given_count, 3); /* gathers do not wait for each other */
	answer(1, 20);
	pass();
	assert_int_equal(world.given_count, 3); /* the write waits for both */
	answer(2, 30);
	pass();
	assert_int_equal(world.given_count, 4);
	answer(3, 4);
	pass();
	expect_got(0, ":1\r\n:20\r\n:30\r\n:4\r\n");
}

/* The write is decided in the same pass: the gather behind it needs no second one. */
static void
a_gather_behind_a_local_write_starts_in_the_same_pass(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "HUNT.AWARD l1 bay 1\nBOARD.COUNT bay\n");
	assert_int_equal(world.given_count, 2);
	answer(1, 2);
	flush_log();
	expect_got(0, ":1\r\n:2\r\n");
}

static void
an_order_waits_for_all_and_holds_all(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "BOARD.COUNT bay\nHUNT.OPEN bay\nPING\nHUNT.PROGRESS r3 bay\n");
	assert_int_equal(world.given_count, 1);
	answer(0, 1);
	pass();
	assert_int_equal(world.given_count, 2);
	pass();
	expect_got(0, ":1\r\n"); /* PING is held too */
	answer(1, 2);
	pass();
	assert_int_equal(world.given_count, 3);
	expect_got(0, ":2\r\n+PONG\r\n");
}

static void
no_credit_and_busy(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	hd_edge_adopt(world.edge, 1);
	world.credits = 1;
	says(0, "HUNT.AWARD r1 bay 1\nHUNT.AWARD l2 bay 2\nPING\n");
	assert_int_equal(world.given_count, 1);
	says(1, "PING\n");
	expect_got(1, "+PONG\r\n");                                  /* others go on */
	assert_int_not_equal(hd_edge_table.deadline(world.edge), 0); /* and nothing spins */
	answer(0, 1);
	pass();
	flush_log();
	expect_got(0, ":1\r\n:2\r\n+PONG\r\n");
	world.busy = true;
	says(0, "HUNT.AWARD l2 bay 2\n");
	expect_got(0, "-BUSY 100\r\n");
}

static void
at_most_so_many_in_flight(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	uint32_t sent = 0;
	while (sent < 4000 && arrive(0, "HUNT.AWARD r1 bay 1\n", 20)) {
		sent++;
		if (sent % 4 == 0)
			pass();
	}
	for (int i = 0; i < 40; i++)
		pass();
	assert_int_equal(world.given_count, HD_INFLIGHT_MAX);
	for (uint32_t i = 0; i < world.given_count && i < sent; i++) {
		answer(i, i);
		if (i % 7 == 0)
			pass();
	}
	for (int i = 0; i < 40; i++)
		pass();
	assert_int_equal(world.given_count, sent);
}

static uint64_t
held(void)
{
	return HD_METRIC(world.stats[0].metrics.connections_held);
}

/* So many awards of 20 bytes each. */
static void
awards_come(int socket, const char *award, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		assert_true(arrive(socket, award, 20));
		if (i % 4 == 3)
			pass();
	}
	pass();
}

static void
who_is_not_read_is_counted_until_it_is(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	hd_edge_adopt(world.edge, 1);
	awards_come(0, "HUNT.AWARD r1 bay 1\n", HD_INFLIGHT_MAX + 64 * HD_KIB / 20);
	assert_int_equal(held(), 0); /* what was read waits here, and is timed */
	awards_come(0, "HUNT.AWARD r1 bay 1\n", 1);
	assert_int_equal(held(), 1);
	world.credits = 0;
	awards_come(1, "HUNT.AWARD l1 bay 1\n", 4000);
	assert_int_equal(held(), 2);
	/* It goes on: a turn is over long before its bytes are, but that holds nobody. */
	world.credits = 1000000;
	pass();
	assert_int_equal(held(), 1);
	answer(0, 1);
	pass();
	assert_int_equal(held(), 0);
	awards_come(0, "HUNT.AWARD r1 bay 1\n", 1);
	assert_int_equal(held(), 1);
	recv_ends(&world.peers[0], -104); /* reset by its peer */
	pass();
	assert_int_equal(held(), 0);
}

/* A peer that takes nothing: it is not read beyond the limits, then closed after 10 s. */
static void
who_does_not_read_is_not_read_and_closed(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	hd_edge_adopt(world.edge, 1);
	world.peers[0].slow = true;
	static char echo[5000];
	memset(echo, 'x', sizeof echo);
	memcpy(echo, "ECHO ", 5);
	echo[sizeof echo - 1] = '\n';
	uint32_t sent = 0;
	while (sent < 1000 && arrive(0, echo, sizeof echo)) {
		sent++;
		pass();
		/* The cancel of the receive comes through. */
		if (world.memory.used > 3 * HD_MIB)
			recv_ends(&world.peers[0], -125);
	}
	assert_true(sent < 1000);
	assert_true(world.memory.used < 8 * HD_MIB);
	assert_int_equal(HD_METRIC(world.stats[0].metrics.connections_closed_slow_total), 0);
	int64_t due = hd_edge_table.deadline(world.edge);
	assert_true(due > world.now && due <= world.now + 10000000000);
	world.now = due - 1;
	pass();
	assert_false(world.peers[0].shut);
	world.now = due + 1;
	pass();
	assert_true(world.peers[0].shut);
	assert_int_equal(HD_METRIC(world.stats[0].metrics.connections_closed_slow_total), 1);
	pass();
	pass();
	assert_true(world.peers[0].closed);
	says(1, "PING\n");
	expect_got(1, "+PONG\r\n");
}

/* Follows four boards of `rows` long rows under 1,000 patterns each, without reading. */
static void
follow_without_reading(struct hd_world *game, uint32_t rows)
{
	static const struct hd_world_hunt hunt = {
		.id = "bay",
		.boards = {{.id = "a"}, {.id = "b"}, {.id = "c"}, {.id = "d"}},
		.text = "text",
	};
	static char request[HD_MIB];
	static struct hd_view view;
	size_t used = (size_t)snprintf(request, sizeof request, "*1001\r\n$10\r\nPSUBSCRIBE\r\n");
	hd_world_init(game);
	hd_world_document(game, &hunt);
	world.core = game->core;
	for (uint32_t i = 0; i < 1000; i++) { /* up to four `?`, then stars: they all match */
		char pattern[256] = "????";
		memset(pattern + i / 200, '*', i % 200 + 1);
		pattern[i / 200 + i % 200 + 1] = '\0';
		used += (size_t)snprintf(request + used, sizeof request - used, "$%zu\r\n%s\r\n",
					 strlen(pattern), pattern);
	}
	view.rows_count = rows;
	for (uint32_t i = 0; i < rows; i++) {
		view.rows[i].id_size = HD_ID_MAX;
		view.rows[i].score = INT64_MIN;
		memset(view.rows[i].id, 'x', HD_ID_MAX);
	}
	for (uint16_t board = 0; board < 4; board++) {
		view.board = board;
		view.version++;
		hd_edge_table.view(world.edge, &view);
	}
	hd_edge_adopt(world.edge, 0);
	world.peers[0].slow = true;
	assert_true(arrive(0, request, used));
	pass();
}

static void
who_follows_too_much_without_reading_is_closed_after_a_while(void **state)
{
	(void)state;
	struct hd_world game = {0};
	follow_without_reading(&game, 40); /* about 15 MB */
	for (int second = 0; second < 10; second++) {
		assert_false(world.peers[0].shut);
		world.now += 1000000000;
		pass();
	}
	world.now += 1;
	pass();
	assert_true(world.peers[0].shut);
	assert_int_equal(HD_METRIC(world.stats[0].metrics.connections_closed_slow_total), 1);
	hd_world_fini(&game);
}

static void
who_follows_far_too_much_is_closed_at_once(void **state)
{
	(void)state;
	struct hd_world game = {0};
	follow_without_reading(&game, HD_VIEW_ROWS); /* would be about 37 MB */
	assert_true(world.peers[0].shut);
	assert_int_equal(HD_METRIC(world.stats[0].metrics.connections_closed_slow_total), 1);
	assert_true(world.memory.used < 3 * HD_FEED_CLOSE_MAX);
	hd_world_fini(&game);
}

static void
who_follows_little_is_not_closed(void **state)
{
	(void)state;
	struct hd_world game = {0};
	follow_without_reading(&game, 5); /* about 2.5 MB */
	for (int second = 0; second < 60; second++) {
		world.now += 1000000000;
		pass();
	}
	assert_false(world.peers[0].shut);
	hd_world_fini(&game);
}

/* A connection ends while its command is at another shard; its place is taken by a new one only
 * after the answer came, which nobody hears. */
static void
an_answer_to_who_is_gone_is_dropped(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "HUNT.AWARD r1 bay 1\n");
	world.peers[0].shut = true;
	recv_ends(&world.peers[0], -104);
	for (int i = 0; i < 3; i++)
		pass();
	assert_false(world.peers[0].closed);
	hd_edge_adopt(world.edge, 1);
	says(1, "HUNT.AWARD r2 bay 2\n");
	answer(0, 1);
	pass();
	pass();
	assert_true(world.peers[0].closed);
	expect_got(1, "");
	answer(1, 2);
	pass();
	expect_got(1, ":2\r\n");
	hd_edge_adopt(world.edge, 2);
	struct hd_reply late = {.kind = HD_REPLY_INTEGER, .points = 99};
	hd_edge_table.reply(world.edge, world.given[0].token, &late,
			    0); /* the same slot, another life */
	pass();
	expect_got(2, "");
}

static void
half_closed_peers_get_their_answers(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	assert_true(arrive(0, "HUNT.AWARD r1 bay 1\nPING\nHUNT.AW", 33));
	recv_ends(&world.peers[0], 0);
	pass();
	assert_false(world.peers[0].shut);
	answer(0, 1);
	pass();
	expect_got(0, ":1\r\n+PONG\r\n");
	pass();
	assert_true(world.peers[0].closed);
}

static void
quit_answers_all_that_came_before(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "HUNT.AWARD r1 bay 1\nQUIT\nPING\n");
	expect_got(0, "");
	answer(0, 1);
	for (int i = 0; i < 4; i++)
		pass();
	expect_got(0, ":1\r\n+OK\r\n");
	assert_true(world.peers[0].shut);
}

static void
a_broken_protocol_is_told_and_closed(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	hd_edge_adopt(world.edge, 1);
	says(0, "PING\n*1\r\n$600000\r\n");
	expect_got(0, "+PONG\r\n-ERR Protocol error: invalid bulk length\r\n");
	says(1, "POST / HTTP/1.1\r\nHost: x\r\n\r\n");
	for (int i = 0; i < 4; i++)
		pass();
	expect_got(1, "");
	assert_true(world.peers[0].closed && world.peers[1].closed);
	assert_int_equal(HD_METRIC(world.stats[0].metrics.protocol_errors_total), 2);
}

static void
loading_is_said_to_all_but_a_few(void **state)
{
	(void)state;
	world.loading = true;
	hd_edge_adopt(world.edge, 0);
	says(0, "PING\nHUNT.AWARD l1 bay 1\nCLIENT GETNAME\n");
	expect_got(0, "-LOADING huntd is loading its log: shard 0 is at 50 %\r\n"
		      "-LOADING huntd is loading its log: shard 0 is at 50 %\r\n$-1\r\n");
	assert_int_equal(world.given_count, 0);
	assert_int_equal(HD_METRIC(world.stats[0].metrics.busy_total), 2);
}

static void
bgsave_starts_one_and_says_when_one_runs(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "LASTSAVE\nBGSAVE\nBGSAVE NOW\n");
	expect_got(0, ":0\r\n+Background saving started\r\n-ERR syntax error\r\n");
	assert_int_equal(world.saves, 1);
	HD_GAUGE(world.stats[0].metrics.snapshot_running, 1);
	HD_GAUGE(world.stats[0].metrics.snapshot_saved_at, 99);
	says(0, "BGSAVE\nBGSAVE SCHEDULE\nLASTSAVE\n");
	expect_got(0, "-ERR Background save already in progress\r\n"
		      "+Background saving started\r\n:0\r\n");
	assert_int_equal(world.saves, 2);
}

static void
hello_changes_the_protocol_for_what_follows(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	says(0, "HUNT.AWARD r1 bay 1\nHELLO 3\nCLIENT GETNAME\n");
	expect_got(0, ""); /* HELLO waits: what came before is answered in the old protocol */
	answer(0, 1);
	pass();
	static const char hello[] = ":1\r\n%8\r\n$6\r\nserver\r\n$5\r\nhuntd\r\n";
	assert_memory_equal(world.peers[0].got, hello, sizeof hello - 1);
	assert_memory_equal(world.peers[0].got + world.peers[0].got_size - 3, "_\r\n", 3);
	world.peers[0].got_size = 0;
	says(0, "HELLO 4\n");
	expect_got(0, "-NOPROTO unsupported protocol version\r\n");
}

static void
one_connection_does_not_hold_up_another(void **state)
{
	(void)state;
	hd_edge_adopt(world.edge, 0);
	hd_edge_adopt(world.edge, 1);
	for (int i = 0; i < 700; i++) {
		uint32_t free_buffers = 0;
		for (int k = 0; k < BUFFERS; k++)
			free_buffers += !world.out[k];
		assert_true(free_buffers > 0 && arrive(0, "PING\n", 5));
	}
	assert_true(arrive(1, "PING\n", 5));
	pass();
	expect_got(1, "+PONG\r\n");
	assert_int_equal(world.peers[0].got_size, 256 * 7);
	assert_int_equal(hd_edge_table.deadline(world.edge),
			 0); /* the rest comes without new bytes */
	pass();
	pass();
	assert_int_equal(world.peers[0].got_size, 700 * 7);
}

static void
idle_connections_hold_no_buffers(void **state)
{
	(void)state;
	uint64_t before = world.memory.used;
	for (int i = 0; i < 4; i++)
		hd_edge_adopt(world.edge, i);
	for (int i = 0; i < 4; i++)
		says(i, "HUNT.AWARD l1 bay 1\n");
	flush_log();
	uint64_t after = world.memory.used;
	for (int round = 0; round < 50; round++)
		for (int i = 0; i < 4; i++) {
			says(i, "HUNT.AWARD l1 bay 1\n");
			flush_log();
		}
	assert_int_equal(world.memory.used, after); /* nothing is allocated by a command */
	assert_true(after - before <
		    160 * HD_KIB); /* a chunk of connections, one of marks, buffers kept */
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		STORY(answers_wait_for_the_log),
		STORY(answers_come_in_the_order_of_requests),
		STORY(any_mixture_keeps_the_order),
		STORY(every_cut_of_the_input_gives_the_same),
		STORY(byte_by_byte_is_the_same),
		STORY(a_gather_waits_for_writes_and_holds_them),
		STORY(a_gather_behind_a_local_write_starts_in_the_same_pass),
		STORY(an_order_waits_for_all_and_holds_all),
		STORY(no_credit_and_busy),
		STORY(at_most_so_many_in_flight),
		STORY(who_is_not_read_is_counted_until_it_is),
		STORY(who_does_not_read_is_not_read_and_closed),
		STORY(who_follows_too_much_without_reading_is_closed_after_a_while),
		STORY(who_follows_far_too_much_is_closed_at_once),
		STORY(who_follows_little_is_not_closed),
		STORY(an_answer_to_who_is_gone_is_dropped),
		STORY(half_closed_peers_get_their_answers),
		STORY(quit_answers_all_that_came_before),
		STORY(a_broken_protocol_is_told_and_closed),
		STORY(bgsave_starts_one_and_says_when_one_runs),
		STORY(loading_is_said_to_all_but_a_few),
		STORY(hello_changes_the_protocol_for_what_follows),
		STORY(one_connection_does_not_hold_up_another),
		STORY(idle_connections_hold_no_buffers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
