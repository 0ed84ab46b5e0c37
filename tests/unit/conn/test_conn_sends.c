/* The n-th send fails, for every n of a script of 500 awards by two connections: the one whose send
 * failed is closed, the other gets every answer in order, and nothing is left of either. */
#include "tests/unit/conn/conn_world.h"

#define AWARDS 500u

/* Awards by turns, flushed now and then. What each should have got, if all goes well. */
static void
run_script(char want[2][8192])
{
	size_t size[2] = {0, 0};
	hd_edge_adopt(world.edge, 0);
	hd_edge_adopt(world.edge, 1);
	for (uint32_t i = 0; i < AWARDS; i++) {
		char line[64];
		int who = (int)(i % 3 == 0);
		snprintf(line, sizeof line, "HUNT.AWARD l%u bay %u\r\n", i % 7, i);
		size[who] += (size_t)snprintf(want[who] + size[who], 16, ":%u\r\n", i);
		if (world.peers[who].receiving && !world.peers[who].shut)
			(void)arrive(who, line, strlen(line));
		pass();
		if (i % 5 == 4)
			flush_log();
	}
	flush_log();
	pass();
}

static uint32_t
run_once(uint32_t n)
{
	static char want[2][8192];
	void *state = NULL;
	begin(&state);
	world.fail_send = n;
	run_script(want);
	uint32_t whole = 0, sends = world.sends;
	for (int i = 0; i < 2; i++) {
		const struct peer *peer = &world.peers[i];
		assert_true(peer->got_size <= strlen(want[i]));
		assert_memory_equal(peer->got, want[i], peer->got_size);
		whole += peer->got_size == strlen(want[i]);
	}
	assert_int_equal(whole, n == 0 ? 2 : 1);
	end(&state); /* nothing is in flight, no memory is left */
	return sends;
}

static void
every_send_that_fails_closes_its_own_connection(void **state)
{
	(void)state;
	uint32_t sends = run_once(0);
	assert_true(sends > AWARDS / 10);
	for (uint32_t n = 1; n <= sends; n++)
		run_once(n);
	printf("%u sends failed, one a run\n", sends);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_send_that_fails_closes_its_own_connection),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
