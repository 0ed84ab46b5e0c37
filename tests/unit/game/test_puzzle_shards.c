/* Puzzles over two shards: how a deal and a suspicion go from the entrant's shard E to the hunt's,
 * H, and back, whatever a crash leaves of either log. */
#include "tests/unit/game/puzzle_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define E_SAYS(line, answer) assert_string_equal(hd_world_say(&pair->e, "%s", line), answer)

/* The whole way of a deal. */
static const char *
deal(struct hd_world_pair *pair, const char *entrant)
{
	const char *answer = hd_world_say(&pair->e, "PUZZLE %s bay grid", entrant);
	return hd_world_pair_finish(pair, entrant, answer);
}

static void
test_two_steps(void **state)
{
	struct hd_world_pair *pair = *state;
	E_SAYS("PUZZLE ann bay map", "-NOPUZZLE");
	E_SAYS("PUZZLE ann bay grid", "later");
	assert_int_equal(pair->e.decision.events_count, 1);
	assert_int_equal(event_type(&pair->e, 0), HD_EVENT_WANT_DEAL);
	assert_int_equal(hd_core_entrants(pair->e.core), 0);
	/* All of ann's waits. */
	E_SAYS("PUZZLE ann bay grid", "later");
	E_SAYS("SUBMIT ann bay grid ANCHOR", "later");
	E_SAYS("AWARD ann nowhere 1", "later");
	assert_int_equal(pair->e.decision.events_count, 0);
	E_SAYS("SUBMIT bob bay map gold", "correct 1 1 ''");
	hd_world_say(&pair->h, "PUZZLE zoe bay grid"); /* H's own */
	assert_int_equal(hd_world_pair_ask(pair, "ann"), 1);
	assert_int_equal(pair->want.what, HD_WANT_DEAL);
	assert_int_equal(hd_world_pair_ask(pair, "ann"), 0); /* asked again: the same */
	assert_string_equal(hd_world_pair_settle(pair), "deal 1");
	assert_int_equal(event_type(&pair->e, 0), HD_EVENT_JOINED);
	assert_int_equal(event_type(&pair->e, 1), HD_EVENT_DEALT);
	assert_int_equal(pair->e.decision.events[1].value, pair->want.stamp);
	assert_int_equal(hd_core_wants(pair->e.core), 0);
	assert_string_equal(hd_world_pair_settle(pair), "stale");
	E_SAYS("PUZZLE ann bay grid", "deal 1");
	assert_string_equal(deal(pair, "bob"), "deal 2");
	assert_int_equal(hd_core_allotted(pair->h.core, 0, GRID), 3);
	assert_int_equal(hd_core_allotted(pair->e.core, 0, GRID), 0);
	hd_world_say(&pair->e, "SUBMIT ann bay grid %s", hd_world_dealt(&pair->e, GRID, "ann"));
	assert_string_equal(pair->e.answer, "correct 10 10 ''");
	assert_string_equal(hd_world_dealt(&pair->e, GRID, "ann"),
			    hd_world_dealt(&pair->e, GRID, "ann"));
}

/* What is shared is solved by the road that it has without a puzzle. */
static void
test_deal_then_want(void **state)
{
	struct hd_world_pair *pair = *state;
	E_SAYS("PUZZLE ann bay vault", "later");
	hd_world_pair_ask(pair, "ann");
	assert_string_equal(hd_world_pair_settle(pair), "deal 0");
	hd_world_say(&pair->e, "SUBMIT ann bay vault %s", hd_world_dealt(&pair->e, VAULT, "ann"));
	assert_string_equal(pair->e.answer, "later");
	assert_int_equal(event_type(&pair->e, 0), HD_EVENT_WANT);
	assert_int_equal(hd_world_pair_ask(pair, "ann"), 1);
	assert_int_equal(pair->want.what, HD_WANT_SOLVE);
	assert_string_equal(hd_world_pair_settle(pair), "correct 30 30 ''");
	assert_int_equal(hd_core_grants(pair->h.core, 0, VAULT), 1);
	assert_int_equal(hd_core_allotted(pair->h.core, 0, VAULT), 1);
}

static void
test_void(void **state)
{
	struct hd_world_pair *pair = *state;
	struct hd_world_hunt hunt = bay;
	E_SAYS("PUZZLE ann bay grid", "later");
	E_SAYS("PUZZLE bob bay grid", "later");
	assert_int_equal(hd_world_pair_ask(pair, "bob"), 1);
	hunt.challenges[GRID].gone = true;
	hd_world_document(&pair->h, &hunt);
	assert_int_equal(hd_world_pair_ask(pair, "ann"), 0);
	assert_string_equal(hd_world_pair_settle(pair), "-NOCHALLENGE");
	assert_int_equal(pair->e.decision.events_count, 1);
	assert_int_equal(event_type(&pair->e, 0), HD_EVENT_VOIDED);
	assert_int_equal(hd_core_entrants(pair->e.core), 0);
	assert_int_equal(hd_world_pair_ask(pair, "bob"), 0); /* what was allotted stands */
	hd_world_document(&pair->e, &hunt);
	assert_string_equal(hd_world_pair_settle(pair), "deal 0");
	E_SAYS("PUZZLE bob bay grid", "-NOCHALLENGE");
}

/* Whatever a crash leaves of either log between two events. */
static void
test_every_prefix_of_a_deal(void **state)
{
	struct hd_world_pair *pair = *state;
	size_t before = pair->e.log_size, h_before = pair->h.log_size;
	E_SAYS("PUZZLE ann bay grid", "later");
	size_t wanted = pair->e.log_size;
	assert_int_equal(hd_world_pair_ask(pair, "ann"), 1);
	hd_world_cut(&pair->h, h_before); /* H lost it, nobody had heard of it */
	assert_int_equal(hd_core_allotted(pair->h.core, 0, GRID), 0);
	hd_world_say(&pair->h, "PUZZLE zoe bay grid"); /* so it may be another's */
	assert_int_equal(hd_world_pair_ask(pair, "ann"), 1);
	size_t given = pair->h.log_size;
	assert_string_equal(hd_world_pair_settle(pair), "deal 1");
	hd_world_cut(&pair->e, wanted); /* E lost it */
	hd_world_cut(&pair->h, given);
	assert_int_equal(hd_core_wants(pair->e.core), 1);
	E_SAYS("PUZZLE ann bay grid", "later");
	assert_int_equal(hd_world_pair_ask(pair, "ann"), 0);
	assert_string_equal(hd_world_pair_settle(pair), "deal 1");
	hd_world_cut(&pair->e, before); /* which a durable WANT_DEAL cannot be */
	assert_string_equal(deal(pair, "ann"), "deal 1");
	assert_int_equal(hd_core_allotted(pair->h.core, 0, GRID), 2);
}

/* A crash after the deal and before its base: the base is drawn anew. */
static void
test_lost_base(void **state)
{
	struct hd_world_pair *pair = *state;
	uint64_t first = (uint64_t)pair->e.shard << 40 | 1;
	assert_string_equal(deal(pair, "ann"), "deal 0");
	size_t dealt = pair->e.log_size;
	hd_world_base(&pair->e, GRID, "ann", first, 2);
	hd_world_cut(&pair->e, dealt);
	assert_int_equal(hd_core_bases(pair->e.core), 0);
	E_SAYS("PUZZLE ann bay grid", "deal 0");
	hd_world_base(&pair->e, GRID, "ann", first + 1, 0);
	assert_int_equal(hd_core_bases(pair->e.core), first + 1);
	assert_string_equal(deal(pair, "bob"), "deal 1");
	hd_world_base(&pair->e, GRID, "bob", first, 0); /* given to nobody that any log knows */
	assert_int_equal(hd_core_bases(pair->e.core), first + 1);
}

/* H tells the operator once, E hears nothing, and nothing waits. */
static void
test_suspicions(void **state)
{
	struct hd_world_pair *pair = *state;
	char guess[96], progress[512];
	deal(pair, "ann");
	deal(pair, "bob");
	snprintf(guess, sizeof(guess), "SUBMIT bob bay grid %s BY ben ID b",
		 hd_world_dealt(&pair->e, GRID, "ann"));
	E_SAYS(guess, "wrong 0 0 ''");
	assert_int_equal(pair->e.decision.events_count, 2);
	assert_int_equal(event_type(&pair->e, 0), HD_EVENT_JUDGED);
	assert_int_equal(event_type(&pair->e, 1), HD_EVENT_SUSPECTED);
	assert_int_equal(pair->e.decision.events[1].order, 0);
	assert_int_equal(pair->e.decision.events[1].has, 0);
	assert_int_equal(pair->e.decision.events[0].has, HD_EVENT_HAS_ID | HD_EVENT_HAS_BY);
	assert_int_equal(hd_core_suspects(pair->e.core), 1);
	E_SAYS(guess, "wrong 0 0 ''");
	E_SAYS("SUBMIT bob bay grid other", "wrong 0 0 ''"); /* nothing waits */
	snprintf(guess, sizeof(guess), "SUBMIT ann bay grid %s",
		 hd_world_dealt(&pair->e, GRID, "bob"));
	E_SAYS(guess, "wrong 0 0 ''");
	assert_int_equal(hd_core_suspects(pair->e.core), 2);
	hd_world_say(&pair->e, "PROGRESS bob bay");
	snprintf(progress, sizeof(progress), "%.511s", pair->e.answer);
	uint32_t first = hd_core_suspect_next(pair->e.core, 0);
	uint32_t second = hd_core_suspect_next(pair->e.core, first);
	assert_int_equal(hd_core_suspect_next(pair->e.core, second), 0);
	assert_int_equal(hd_world_pair_suspect(pair, first), 1);
	const struct hd_event *event = pair->h.decision.events;
	assert_int_equal(event->type, HD_EVENT_SHARED_ANSWER);
	assert_true(hd_bytes_equal(event->entrant, HD_BYTES("bob")));
	assert_true(hd_bytes_equal(event->extra, HD_BYTES("ann")));
	assert_int_equal(event->order, 0);
	assert_int_equal(hd_world_pair_suspect(pair, first), 0); /* asked again */
	assert_string_equal(hd_world_pair_settle(pair), "");
	assert_int_equal(event_type(&pair->e, 0), HD_EVENT_CLEARED);
	assert_int_equal(hd_core_suspects(pair->e.core), 1);
	assert_string_equal(hd_world_pair_settle(pair), "stale");
	E_SAYS("PROGRESS bob bay", progress); /* nor does its position tell */
	assert_int_equal(hd_world_pair_suspect(pair, second), 1);
	assert_string_equal(hd_world_pair_settle(pair), "");
	assert_int_equal(hd_core_suspects(pair->e.core), 0);
}

static void
suspect(struct hd_world_pair *pair, const char *sender, const char *of)
{
	char guess[96];
	snprintf(guess, sizeof(guess), "SUBMIT %s bay grid %s", sender,
		 hd_world_dealt(&pair->e, GRID, of));
	E_SAYS(guess, "wrong 0 0 ''");
	assert_int_equal(event_type(&pair->e, 1), HD_EVENT_SUSPECTED);
}

/* The third takes the first one's place in memory, and stands last all the same. */
static void
test_suspicions_stand_in_their_order(void **state)
{
	struct hd_world_pair *pair = *state;
	deal(pair, "ann");
	deal(pair, "bob");
	suspect(pair, "ann", "bob");
	suspect(pair, "bob", "ann");
	const struct hd_core *core = pair->e.core;
	uint32_t first = hd_core_suspect_next(core, 0);
	uint32_t second = hd_core_suspect_next(core, first);
	hd_world_pair_suspect(pair, first);
	assert_string_equal(hd_world_pair_settle(pair), "");
	deal(pair, "cat");
	suspect(pair, "cat", "bob");
	uint32_t third = hd_core_suspect_next(core, second);
	assert_int_equal(third, first);
	assert_int_equal(hd_core_suspect_next(core, 0), second);
	assert_int_equal(hd_core_suspect_next(core, third), 0);
	hd_world_pair_suspect(pair, third); /* the last of the list, then the only one */
	assert_string_equal(hd_world_pair_settle(pair), "");
	assert_int_equal(hd_core_suspect_next(core, 0), second);
	assert_int_equal(hd_core_suspect_next(core, second), 0);
	hd_world_pair_suspect(pair, second);
	assert_string_equal(hd_world_pair_settle(pair), "");
	assert_int_equal(hd_core_suspect_next(core, 0), 0);
}

/* What nobody was dealt is asked about like anything that the list has, and nothing comes of it. */
static void
test_suspicion_of_nobody(void **state)
{
	struct hd_world_pair *pair = *state;
	static const char *const phrases[] = {"ANCHOR", "COMPASS", "DOUBLOON"};
	deal(pair, "ann");
	for (int i = 0; i < 3; i++)
		if (strcmp(phrases[i], hd_world_dealt(&pair->e, GRID, "ann")) != 0)
			hd_world_say(&pair->e, "SUBMIT ann bay grid %s AT -5", phrases[i]);
	assert_int_equal(hd_core_suspects(pair->e.core), 2);
	assert_int_equal(pair->e.decision.events[1].has, HD_EVENT_HAS_AT);
	uint32_t handle = hd_core_suspect_next(pair->e.core, 0);
	assert_int_equal(hd_world_pair_suspect(pair, handle), 0);
	assert_true(pair->want.has_at && pair->want.at < HD_WORLD_BEGIN);
	assert_string_equal(hd_world_pair_settle(pair), "");
	assert_int_equal(hd_core_suspects(pair->e.core), 1);
}

static void
test_every_prefix_of_a_suspicion(void **state)
{
	struct hd_world_pair *pair = *state;
	deal(pair, "ann");
	deal(pair, "bob");
	size_t h_before = pair->h.log_size;
	hd_world_say(&pair->e, "SUBMIT bob bay grid %s", hd_world_dealt(&pair->e, GRID, "ann"));
	size_t suspected = pair->e.log_size;
	uint32_t handle = hd_core_suspect_next(pair->e.core, 0);
	assert_int_equal(hd_world_pair_suspect(pair, handle), 1);
	hd_world_cut(&pair->h, h_before); /* H lost it */
	assert_int_equal(hd_world_pair_suspect(pair, handle), 1);
	hd_world_pair_settle(pair);
	hd_world_cut(&pair->e, suspected); /* E lost its end */
	assert_int_equal(hd_core_suspects(pair->e.core), 1);
	handle = hd_core_suspect_next(pair->e.core, 0);
	assert_int_equal(hd_world_pair_suspect(pair, handle), 0); /* told once */
	assert_string_equal(hd_world_pair_settle(pair), "");
	assert_int_equal(hd_core_suspects(pair->e.core), 0);
}

static void
test_pair_no_memory(void **state)
{
	struct hd_world_pair *pair = *state;
	deal(pair, "ann");
	deal(pair, "bob");
	hd_world_say(&pair->e, "SUBMIT bob bay grid %s", hd_world_dealt(&pair->e, GRID, "ann"));
	E_SAYS("PUZZLE cyd bay grid", "later");
	pair->e.memory.budget = pair->e.memory.used;
	pair->h.memory.budget = pair->h.memory.used;
	E_SAYS("PUZZLE dan bay grid", "-OOM");
	assert_int_equal(hd_world_pair_ask(pair, "cyd"), 1);
	assert_string_equal(hd_world_pair_settle(pair), "deal 2");
	assert_int_equal(hd_world_pair_suspect(pair, hd_core_suspect_next(pair->e.core, 0)), 1);
	assert_string_equal(hd_world_pair_settle(pair), "");
}

#define PAIR(name)                                                                                 \
	cmocka_unit_test_prestate_setup_teardown(name, hd_world_pair_setup,                        \
						 hd_world_pair_teardown, (void *)&bay)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR(test_two_steps),
		PAIR(test_deal_then_want),
		PAIR(test_void),
		PAIR(test_every_prefix_of_a_deal),
		PAIR(test_lost_base),
		PAIR(test_suspicions),
		PAIR(test_suspicions_stand_in_their_order),
		PAIR(test_suspicion_of_nobody),
		PAIR(test_every_prefix_of_a_suspicion),
		PAIR(test_pair_no_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
