/* Treasures as stories: stock, points by order, and the two steps between the entrant's shard E and
 * the hunt's shard H. */
#include "tests/lib/world_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SAY(line, answer)    assert_string_equal(hd_world_say(w, "%s", line), answer)
#define E_SAYS(line, answer) assert_string_equal(hd_world_say(&pair->e, "%s", line), answer)
#define BOARD(world, rows)   assert_string_equal(hd_world_board(world, "bay", 0, false), rows)
#define LONG_ID              "somebody-whose-id-is-longer-than-a-record-has-room-for"

static const struct hd_world_hunt bay = {
	.id = "bay",
	.auto_join = true,
	.limit = 3,
	.challenges =
		{
			{.id = "chest",
			 .stock = 3,
			 .by_order = {300, 200, 100},
			 .answers = {"X7"},
			 .partial = "X6",
			 .say = "Almost."},
			{.id = "race", .by_order = {50, 20}, .answers = {"GO"}},
			{.id = "map", .points = 10, .answers = {"GOLD"}},
		},
};

/* One core that is both E and H. */

static void
test_by_order_until_it_is_gone(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	SAY("SUBMIT ann bay chest x8", "wrong 0 0 '2'");
	SAY("SUBMIT ann bay chest x6", "partial 0 0 'Almost.'");
	SAY("SUBMIT ann bay chest x7", "correct 300 300 ''");
	SAY("SUBMIT bob bay chest x7", "correct 200 200 ''");
	SAY("SUBMIT ann bay chest x7", "solved 0 300 ''");
	SAY("SUBMIT " LONG_ID " bay chest x7 ID l", "correct 100 100 ''");
	SAY("SUBMIT dan bay chest x6", "partial 0 0 'Almost.'");
	SAY("SUBMIT dan bay chest x7", "gone 0 0 ''");
	SAY("SUBMIT dan bay chest x7 ID d", "gone 0 0 ''");
	SAY("SUBMIT dan bay chest x8", "wrong 0 0 '2'"); /* gone spent no guess */
	SAY("SUBMIT eve bay chest x7", "gone 0 0 ''");   /* and enrols */
	SAY("SUBMIT fay bay chest x7 ID f", "gone 0 0 ''");
	SAY("SUBMIT fay bay chest x7 ID f", "gone 0 0 ''");
	SAY("SUBMIT fay bay chest x8 ID f", "-IDMISMATCH");
	SAY("SUBMIT " LONG_ID " bay chest x7 ID l", "correct 100 100 ''");
	BOARD(w, "ann=300 bob=200 " LONG_ID "=100 dan=0 eve=0 fay=0");
	assert_int_equal(hd_core_grants(w->core, 0, 0), 3);
}

static void
test_the_last_points_go_for_all_who_follow(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	SAY("SUBMIT ann bay race go", "correct 50 50 ''");
	SAY("SUBMIT bob bay race go", "correct 20 20 ''");
	SAY("SUBMIT cyd bay race go", "correct 20 20 ''");
	SAY("SUBMIT dan bay map gold", "correct 10 10 ''");
	assert_int_equal(hd_core_grants(w->core, 0, 1), 3);
	assert_int_equal(hd_core_grants(w->core, 0, 2), 0); /* fixed points are nobody's but E's */
}

/* All in one frame: who joins, what H gave, what E counts, with one time. */
static void
test_one_decision_where_both_are_one(void **state)
{
	struct hd_world *w = *state;
	const struct hd_event *event = w->decision.events;
	hd_world_document(w, &bay);
	SAY("SUBMIT ann bay chest x7 BY amy ID a AT -5", "correct 300 300 ''");
	assert_int_equal(w->decision.events_count, 3);
	assert_int_equal(event[0].type, HD_EVENT_JOINED);
	assert_int_equal(event[1].type, HD_EVENT_GRANT);
	assert_int_equal(event[1].value, 1);
	assert_int_equal(event[1].has, HD_EVENT_HAS_AT);
	assert_int_equal(event[2].type, HD_EVENT_GRANTED);
	assert_int_equal(event[2].has, HD_EVENT_HAS_AT | HD_EVENT_HAS_ID | HD_EVENT_HAS_BY);
	assert_int_equal(event[2].order, 1);
	assert_int_equal(event[2].value, 0);
	assert_true(event[1].time == event[2].time && event[0].time == event[2].time);
	SAY("SUBMIT ann bay race go", "correct 50 350 ''");
	assert_int_equal(w->decision.events_count, 2);
	assert_true(event[1].time == event[0].stamp && event[1].has == HD_EVENT_HAS_AT);
	SAY("SUBMIT bob bay chest x7", "correct 200 200 ''");
	SAY("SUBMIT cyd bay chest x7", "correct 100 100 ''");
	SAY("SUBMIT bob bay chest x9 ID b", "solved 0 200 ''");
	SAY("SUBMIT dan bay chest x7", "gone 0 0 ''");
	SAY("SUBMIT dan bay chest x7", "gone 0 0 ''");
	assert_int_equal(w->decision.events_count, 1); /* the answer, for who judges again */
	assert_int_equal(event->type, HD_EVENT_GRANTED);
	assert_int_equal(event->outcome, HD_OUTCOME_GONE);
	assert_true(event->text.size > 0);
	SAY("SUBMIT dan bay chest x7 ID d", "gone 0 0 ''");
	assert_int_equal(event[0].type, HD_EVENT_GRANTED); /* its own, with the id */
}

static void
test_stock_of_new_versions(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt hunt = bay;
	hunt.challenges[0].stock = 1;
	hd_world_document(w, &hunt);
	SAY("SUBMIT ann bay chest x7", "correct 300 300 ''");
	SAY("SUBMIT bob bay chest x7", "gone 0 0 ''");
	hunt.challenges[0].stock = 3;
	hunt.challenges[0].by_order[1] = 250;
	hd_world_document(w, &hunt);
	SAY("SUBMIT bob bay chest x7", "correct 250 250 ''");
	hunt.challenges[0].stock = 1; /* takes nothing back */
	hd_world_document(w, &hunt);
	SAY("SUBMIT cyd bay chest x7", "gone 0 0 ''");
	SAY("SUBMIT bob bay chest x7", "solved 0 250 ''");
	hunt.challenges[0].gone = true;
	hd_world_document(w, &hunt);
	SAY("SUBMIT cyd bay chest x7", "-NOCHALLENGE");
	hunt.challenges[0].gone = false; /* comes back, and knows whom it was given to */
	hunt.challenges[0].stock = 3;
	hd_world_document(w, &hunt);
	SAY("SUBMIT ann bay chest x7", "solved 0 300 ''");
	SAY("SUBMIT cyd bay chest x7", "correct 100 100 ''");
	SAY("SUBMIT dan bay chest x7", "gone 0 0 ''");
	BOARD(w, "ann=300 bob=250 cyd=100 dan=0");
}

static void
test_phases_and_overflow(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt hunt = bay;
	hunt.opens = 100;
	hunt.closes = 200;
	hd_world_document(w, &hunt);
	SAY("SUBMIT ann bay chest x7", "closed 0 0 ''");
	assert_int_equal(hd_core_grants(w->core, 0, 0), 0);
	SAY("SUBMIT ann bay chest x7 AT 150", "correct 300 300 ''");
	hd_world_clock(w, 150);
	SAY("AWARD bob bay 9223372036854775700",
	    "applied 9223372036854775700 9223372036854775700 ''");
	SAY("SUBMIT bob bay chest x7", "-OVERFLOW");
	assert_int_equal(hd_core_grants(w->core, 0, 0), 1);
	SAY("SUBMIT cyd bay chest x7", "correct 200 200 ''");
	SAY("SUBMIT bob bay chest x7", "correct 100 9223372036854775800 ''"); /* that fits */
	SAY("SUBMIT bob bay chest x7", "solved 0 9223372036854775800 ''");
	SAY("AWARD dan bay 9223372036854775807",
	    "applied 9223372036854775807 9223372036854775807 ''");
	SAY("SUBMIT dan bay chest x7", "gone 0 9223372036854775807 ''");
	hd_world_clock(w, 200);
	SAY("SUBMIT dan bay race go", "closed 0 9223372036854775807 ''");
}

/* Two cores. */

/* The whole way of a right answer. */
static const char *
submit(struct hd_world_pair *pair, const char *entrant, const char *rest)
{
	const char *answer =
		hd_world_say(&pair->e, "SUBMIT %s bay chest x7 %s", entrant, rest ? rest : "");
	return hd_world_pair_finish(pair, entrant, answer);
}

static void
test_two_steps(void **state)
{
	struct hd_world_pair *pair = *state;
	struct hd_world_hunt other = bay;
	other.id = "cove";
	hd_world_pair_document(pair, &other);
	E_SAYS("SUBMIT ann bay chest x7 ID a BY amy", "later");
	assert_int_equal(pair->e.decision.events_count, 1);
	assert_int_equal(pair->e.decision.events[0].type, HD_EVENT_WANT);
	assert_int_equal(hd_core_wants(pair->e.core), 1);
	/* All of ann's waits, also its retry, what it reads, and what it does in other hunts. */
	E_SAYS("SUBMIT ann bay chest x7 ID a BY amy", "later");
	E_SAYS("SUBMIT ann bay chest x8 ID a", "later");
	E_SAYS("SUBMIT ann bay chest x8", "later");
	E_SAYS("PROGRESS ann bay", "later");
	E_SAYS("JOIN ann cove", "later");
	E_SAYS("AWARD ann nowhere 1", "later");
	assert_int_equal(pair->e.decision.events_count, 0);
	E_SAYS("SUBMIT bob bay map gold", "correct 10 10 ''"); /* nobody else's does */
	assert_int_equal(hd_core_entrants(pair->e.core), 1);
	assert_int_equal(hd_world_pair_ask(pair, "ann"), 1);
	assert_int_equal(hd_core_entrants(pair->h.core), 0);
	assert_string_equal(hd_world_pair_settle(pair), "correct 300 300 ''");
	assert_int_equal(pair->e.decision.events_count, 2);
	assert_int_equal(pair->e.decision.events[0].type, HD_EVENT_JOINED);
	assert_int_equal(pair->e.decision.events[1].type, HD_EVENT_GRANTED);
	assert_int_equal(pair->e.decision.events[1].value, pair->want.stamp);
	assert_int_equal(hd_core_wants(pair->e.core), 0);
	E_SAYS("SUBMIT ann bay chest x7 ID a BY amy", "correct 300 300 ''");
	E_SAYS("SUBMIT ann bay chest x8 ID a", "-IDMISMATCH");
	E_SAYS("SUBMIT ann bay chest x8", "solved 0 300 ''");
	E_SAYS("JOIN ann cove", "+joined");
	BOARD(&pair->e, "ann=300 bob=10");
	assert_string_equal(submit(pair, "bob", NULL), "correct 200 210 ''");
}

/* H answers every repeated question alike, E takes the first answer. */
static void
test_what_comes_twice(void **state)
{
	struct hd_world_pair *pair = *state;
	E_SAYS("SUBMIT ann bay chest x7", "later");
	assert_int_equal(hd_world_pair_ask(pair, "ann"), 1);
	uint8_t first[HD_GRANT_SIZE_MAX];
	uint32_t size = pair->answer.size;
	memcpy(first, pair->answer.at, size);
	hd_world_say(&pair->h, "SUBMIT zoe bay chest x7");
	struct hd_world_hunt hunt = bay; /* H's rules change; its word does not */
	hunt.challenges[0].by_order[0] = 999;
	hd_world_pair_document(pair, &hunt);
	assert_int_equal(hd_world_pair_ask(pair, "ann"), 0);
	struct hd_want want;
	struct hd_grant grant;
	assert_true(hd_grant_decode(hd_bytes_of(first, size), &want, &grant));
	grant.version = 2;
	uint8_t again[HD_GRANT_SIZE_MAX];
	struct hd_writer out = hd_writer_of(again, sizeof(again));
	hd_grant_encode(&want, &grant, &out);
	assert_true(hd_bytes_equal(pair->answer, hd_bytes_of(again, (size_t)(out.at - again))));
	assert_string_equal(hd_world_pair_settle(pair), "correct 300 300 ''");
	assert_string_equal(hd_world_pair_settle(pair), "stale");
	/* Nor does an old answer end a later WANT. */
	E_SAYS("SUBMIT ann bay race go", "later");
	assert_string_equal(hd_world_pair_settle(pair), "stale");
	assert_int_equal(hd_core_wants(pair->e.core), 1);
	assert_int_equal(hd_world_pair_ask(pair, "ann"), 1);
	assert_string_equal(hd_world_pair_settle(pair), "correct 50 350 ''");
}

/* H says it once a version; E then says it itself. */
static void
test_gone_for_a_version(void **state)
{
	struct hd_world_pair *pair = *state;
	struct hd_world_hunt hunt = bay;
	hunt.challenges[0].stock = 1;
	hd_world_pair_document(pair, &hunt);
	hd_world_say(&pair->h, "SUBMIT zoe bay chest x7");
	assert_string_equal(submit(pair, "ann", "ID a"), "gone 0 0 ''");
	assert_int_equal(pair->e.decision.events[1].type, HD_EVENT_GRANTED);
	assert_int_equal(pair->e.decision.events[1].order, 2);
	assert_int_equal(hd_core_entrants(pair->e.core), 1); /* enrolled */
	E_SAYS("SUBMIT ann bay chest x7 ID a", "gone 0 0 ''");
	E_SAYS("SUBMIT ann bay chest x7", "gone 0 0 ''");
	assert_int_equal(pair->e.decision.events_count, 1); /* it was not asked */
	assert_int_equal(pair->e.decision.events[0].type, HD_EVENT_GRANTED);
	assert_int_equal(pair->e.decision.events[0].value, 0);
	E_SAYS("SUBMIT bob bay chest x7 ID b", "gone 0 0 ''");
	E_SAYS("AWARD rich bay 9223372036854775807",
	       "applied 9223372036854775807 9223372036854775807 ''");
	E_SAYS("SUBMIT rich bay chest x7", "gone 0 9223372036854775807 ''");
	hunt.challenges[0].stock = 2;
	hd_world_pair_document(pair, &hunt);
	E_SAYS("SUBMIT rich bay chest x7", "-OVERFLOW");
	assert_string_equal(submit(pair, "ann", NULL), "correct 200 200 ''");
	assert_string_equal(submit(pair, "bob", NULL), "gone 0 0 ''");
	E_SAYS("SUBMIT ann bay chest x7 ID a", "gone 0 0 ''"); /* what was answered stays */
}

static void
test_void(void **state)
{
	struct hd_world_pair *pair = *state;
	struct hd_world_hunt hunt = bay;
	E_SAYS("SUBMIT ann bay chest x7 ID a BY amy", "later");
	E_SAYS("SUBMIT bob bay chest x7", "later");
	assert_int_equal(hd_world_pair_ask(pair, "bob"), 1);
	hunt.challenges[0].gone = true;
	hd_world_document(&pair->h, &hunt);
	assert_int_equal(hd_world_pair_ask(pair, "ann"), 0);
	assert_string_equal(hd_world_pair_settle(pair), "-NOCHALLENGE");
	assert_int_equal(pair->e.decision.events_count, 1);
	assert_int_equal(pair->e.decision.events[0].type, HD_EVENT_VOIDED);
	assert_int_equal(hd_core_entrants(pair->e.core), 0); /* an error enrols nobody */
	assert_int_equal(hd_world_pair_ask(pair, "bob"), 0); /* but a grant stands */
	assert_string_equal(hd_world_pair_settle(pair), "correct 300 300 ''");
	hd_world_document(&pair->e, &hunt);
	E_SAYS("SUBMIT ann bay chest x7 ID a BY amy", "-NOCHALLENGE"); /* not kept: decided anew */
	E_SAYS("PROGRESS ann bay", "-NOENTRANT");
}

/* A grant's time is its question's AT, else H's stamp; it orders equals on E's board. */
static void
test_times(void **state)
{
	struct hd_world_pair *pair = *state;
	struct hd_world_hunt hunt = bay;
	hunt.challenges[0].by_order[1] = hunt.challenges[0].by_order[2] = 300;
	hd_world_pair_document(pair, &hunt);
	E_SAYS("JOIN eve bay", "+joined");
	E_SAYS("SUBMIT ann bay chest x7", "later");
	E_SAYS("SUBMIT bob bay chest x7 AT -90", "later");
	hd_world_pair_ask(pair, "ann");
	int64_t time = pair->h.decision.events[0].stamp;
	assert_string_equal(hd_world_pair_settle(pair), "correct 300 300 ''");
	assert_true(pair->e.decision.events[0].time == time);
	assert_true(pair->e.decision.events[1].time == time);
	hd_world_pair_ask(pair, "bob");
	assert_true(pair->h.decision.events[0].time == HD_WORLD_BEGIN - 90 * HD_WORLD_SECOND);
	assert_string_equal(hd_world_pair_settle(pair), "correct 300 300 ''");
	assert_string_equal(submit(pair, "eve", "AT -95"), "correct 300 300 ''");
	BOARD(&pair->e, "eve=300 bob=300 ann=300");
	assert_string_equal(submit(pair, "fay", "AT -99"), "gone 0 0 ''");
	BOARD(&pair->e, "eve=300 bob=300 ann=300 fay=0");
}

/* A grant belongs to the window of its time, whenever E hears of it. */
static void
test_windows(void **state)
{
	struct hd_world_pair *pair = *state;
	struct hd_world_hunt hunt = bay;
	hunt.boards[0] = (struct hd_world_board){.id = "main"};
	hunt.boards[1] = (struct hd_world_board){.id = "today", .window = 86400};
	hd_world_pair_document(pair, &hunt);
	hd_world_clock(&pair->e, 86399);
	hd_world_clock(&pair->h, 86399);
	E_SAYS("SUBMIT ann bay chest x7", "later");
	E_SAYS("SUBMIT bob bay chest x7", "later");
	hd_world_pair_ask(pair, "ann");
	assert_string_equal(hd_world_pair_settle(pair), "correct 300 300 ''");
	assert_string_equal(hd_world_board(&pair->e, "bay", 1, false), "ann=300");
	hd_world_pair_ask(pair, "bob");
	hd_world_clock(&pair->e, 86401);
	assert_string_equal(hd_world_pair_settle(pair), "correct 200 200 ''");
	BOARD(&pair->e, "ann=300 bob=200");
	assert_string_equal(hd_world_board(&pair->e, "bay", 1, false), "");
	hd_world_clock(&pair->h, 86401);
	assert_string_equal(submit(pair, "cyd", NULL), "correct 100 100 ''");
	assert_string_equal(hd_world_board(&pair->e, "bay", 1, false), "cyd=100");
}

/* A grant of more than was asked room for is not refused: the score stops at the greatest. */
static void
test_points_that_do_not_fit(void **state)
{
	struct hd_world_pair *pair = *state;
	struct hd_world_hunt hunt = bay;
	E_SAYS("AWARD ann bay 9223372036854775500",
	       "applied 9223372036854775500 9223372036854775500 ''");
	E_SAYS("AWARD bob bay 9223372036854775700",
	       "applied 9223372036854775700 9223372036854775700 ''");
	E_SAYS("SUBMIT bob bay chest x7", "-OVERFLOW"); /* by the most it may be */
	E_SAYS("SUBMIT ann bay chest x7", "later");
	hunt.challenges[0].by_order[0] = 1000;
	hd_world_document(&pair->h, &hunt);
	hd_world_pair_ask(pair, "ann");
	assert_string_equal(hd_world_pair_settle(pair), "correct 307 9223372036854775807 ''");
	assert_int_equal(hd_core_grants(pair->h.core, 0, 0), 1);
}

/* What settling takes was kept free when it was wanted; H gives though it has none. */
static void
test_no_memory(void **state)
{
	struct hd_world_pair *pair = *state;
	E_SAYS("SUBMIT ann bay chest x7", "later");
	pair->e.memory.budget = pair->e.memory.used;
	pair->h.memory.budget = pair->h.memory.used;
	E_SAYS("SUBMIT bob bay chest x7", "-OOM");
	assert_int_equal(hd_world_pair_ask(pair, "ann"), 1);
	assert_string_equal(hd_world_pair_settle(pair), "correct 300 300 ''");
}

/* Whatever a crash leaves of E's log: no WANT, an open one, or its end. */
static void
test_every_prefix(void **state)
{
	struct hd_world_pair *pair = *state;
	hd_world_say(&pair->h, "SUBMIT zoe bay race go");
	size_t before = pair->e.log_size, h_before = pair->h.log_size;
	E_SAYS("SUBMIT ann bay chest x7 ID a", "later");
	size_t wanted = pair->e.log_size;
	hd_world_pair_ask(pair, "ann");
	hd_world_cut(&pair->h, h_before); /* H lost the grant, nobody had heard of it */
	assert_int_equal(hd_core_grants(pair->h.core, 0, 0), 0);
	assert_int_equal(hd_world_pair_ask(pair, "ann"), 1);
	size_t given = pair->h.log_size;
	assert_string_equal(hd_world_pair_settle(pair), "correct 300 300 ''");
	hd_world_cut(&pair->e, wanted); /* E lost the outcome */
	hd_world_cut(&pair->h, given);
	assert_int_equal(hd_core_wants(pair->e.core), 1);
	uint32_t handle = hd_core_want_next(pair->e.core, 0);
	assert_int_equal(handle, hd_core_want_of(pair->e.core, HD_BYTES("ann")));
	assert_int_equal(hd_core_want_next(pair->e.core, handle), 0);
	E_SAYS("SUBMIT ann bay chest x7 ID a", "later");
	assert_int_equal(hd_world_pair_ask(pair, "ann"), 0);
	assert_string_equal(hd_world_pair_settle(pair), "correct 300 300 ''");
	E_SAYS("SUBMIT ann bay chest x7 ID a", "correct 300 300 ''");
	hd_world_cut(&pair->e, before); /* which a durable WANT cannot be: H's word stands anyway */
	assert_string_equal(submit(pair, "ann", "ID a"), "correct 300 300 ''");
	assert_int_equal(hd_core_grants(pair->h.core, 0, 0), 1);
}

#define ALONE(name) cmocka_unit_test_setup_teardown(name, hd_world_setup, hd_world_teardown)
#define PAIR(name)                                                                                 \
	cmocka_unit_test_prestate_setup_teardown(name, hd_world_pair_setup,                        \
						 hd_world_pair_teardown, (void *)&bay)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ALONE(test_by_order_until_it_is_gone),
		ALONE(test_the_last_points_go_for_all_who_follow),
		ALONE(test_one_decision_where_both_are_one),
		ALONE(test_stock_of_new_versions),
		ALONE(test_phases_and_overflow),
		PAIR(test_two_steps),
		PAIR(test_what_comes_twice),
		PAIR(test_gone_for_a_version),
		PAIR(test_void),
		PAIR(test_times),
		PAIR(test_windows),
		PAIR(test_points_that_do_not_fit),
		PAIR(test_no_memory),
		PAIR(test_every_prefix),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
