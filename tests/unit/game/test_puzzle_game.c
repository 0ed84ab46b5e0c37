/* Puzzles as stories: who is dealt which number, what answers it, and whose answer a wrong guess
 * is. First one core that is both the entrant's shard E and the hunt's shard H, then two. */
#include "tests/unit/game/puzzle_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define SAY(line, answer) assert_string_equal(hd_world_say(w, "%s", line), answer)

/* Whether what was just answered told of the entrant's guess, and whose it named. */
static void
tells_of(const struct hd_world *world, uint64_t d, const char *whose)
{
	assert_int_equal(world->decision.events_count, 2);
	const struct hd_event *event = &world->decision.events[1];
	assert_int_equal(world->decision.events[0].type, HD_EVENT_JUDGED);
	assert_int_equal(event->type, HD_EVENT_SHARED_ANSWER);
	assert_int_equal(event->order, d);
	assert_true(hd_bytes_equal(event->extra, hd_bytes_str(whose)));
	assert_int_equal(event->by.size, 0);
}

/* One core that is both. */

static void
test_dealt_once(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	SAY("PUZZLE ann nowhere grid", "-NOHUNT");
	SAY("PUZZLE ann bay nothing", "-NOCHALLENGE");
	SAY("PUZZLE ann bay map", "-NOPUZZLE");
	assert_int_equal(hd_core_entrants(w->core), 0);
	SAY("PUZZLE ann bay grid", "deal 0");
	assert_int_equal(w->decision.events_count, 3);
	assert_int_equal(event_type(w, 0), HD_EVENT_JOINED);
	assert_int_equal(event_type(w, 1), HD_EVENT_ALLOTTED);
	assert_int_equal(event_type(w, 2), HD_EVENT_DEALT);
	assert_int_equal(w->decision.events[2].value, 0);
	SAY("PUZZLE ann bay grid", "deal 0");
	assert_int_equal(w->decision.events_count, 0);
	SAY("PUZZLE bob bay grid", "deal 1");
	SAY("PUZZLE ann bay letters", "deal 0"); /* each challenge counts for itself */
	assert_int_equal(w->decision.events_count, 2);
	SAY("PUZZLE "
	    "somebody-whose-id-is-longer-than-a-record-has-room-for"
	    " bay grid",
	    "deal 2");
	SAY("PUZZLE "
	    "somebody-whose-id-is-longer-than-a-record-has-room-for"
	    " bay grid",
	    "deal 2");
	assert_int_equal(hd_core_allotted(w->core, 0, GRID), 3);
	assert_int_equal(hd_core_allotted(w->core, 0, LETTERS), 1);
	struct hd_deal deal;
	assert_false(hd_core_deal(w->core, 0, VAULT, HD_BYTES("ann"), &deal));
	assert_false(hd_core_deal(w->core, 0, GRID, HD_BYTES("zoe"), &deal));
}

static void
test_who_may_be_dealt(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt hunt = bay;
	hunt.auto_join = false;
	hunt.opens = 100;
	hunt.closes = 200;
	hd_world_document(w, &hunt);
	SAY("PUZZLE ann bay grid", "-NOENTRANT");
	SAY("PUZZLE ann bay nothing", "-NOENTRANT");
	SAY("JOIN ann bay", "+joined");
	SAY("PUZZLE ann bay map", "-NOPUZZLE"); /* errors come before `closed` */
	SAY("PUZZLE ann bay grid", "closed 0 0 ''");
	assert_int_equal(w->decision.events_count, 0);
	hd_world_clock(w, 100);
	SAY("PUZZLE ann bay grid", "deal 0");
	hd_world_clock(w, 200);
	SAY("PUZZLE ann bay grid", "deal 0"); /* what was dealt is shown for ever */
	SAY("PUZZLE ann bay letters", "closed 0 0 ''");
	hunt.auto_join = true;
	hd_world_document(w, &hunt);
	SAY("PUZZLE zoe bay grid", "closed 0 0 ''");
	SAY("PROGRESS zoe bay", "-NOENTRANT");
}

static void
test_judging(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt hunt = bay;
	hunt.limit = 3;
	hd_world_document(w, &hunt);
	SAY("SUBMIT ann bay grid ...", "-BAD_ANSWER");
	SAY("PROGRESS ann bay", "-NOENTRANT");
	SAY("SUBMIT ann bay grid ANCHOR", "locked 0 0 ''"); /* enrols, and judges nothing */
	assert_int_equal(w->decision.events_count, 1);
	assert_int_equal(event_type(w, 0), HD_EVENT_JOINED);
	SAY("SUBMIT ann bay grid ANCHOR", "locked 0 0 ''");
	assert_int_equal(w->decision.events_count, 0);
	hd_world_say(w, "PROGRESS ann bay");
	assert_non_null(strstr(w->answer, "guesses 0"));
	SAY("SUBMIT zoe bay grid ANCHOR ID 1", "locked 0 0 ''");
	assert_int_equal(w->decision.events_count, 2);
	assert_int_equal(event_type(w, 0), HD_EVENT_JOINED);
	assert_int_equal(event_type(w, 1), HD_EVENT_ANSWERED);
	SAY("SUBMIT zoe bay grid ANCHOR ID 1", "locked 0 0 ''");
	assert_int_equal(w->decision.events_count, 0);
	SAY("SUBMIT ann bay grid ...", "-BAD_ANSWER");
	SAY("PUZZLE ann bay grid", "deal 0");
	SAY("SUBMIT ann bay grid ...", "-BAD_ANSWER");
	SAY("SUBMIT ann bay grid \xe6\x97\xa5", "-BAD_ANSWER"); /* no letter A-Z in it */
	SAY("SUBMIT ann bay grid nothing", "wrong 0 0 '2'");
	SAY("SUBMIT ann bay grid No,thing!", "duplicate 0 0 ''");
	SAY("SUBMIT ann bay grid No\xe6\x97\xa5thing", "duplicate 0 0 ''");
	const char *answer = hd_world_dealt(w, GRID, "ann");
	char near[64];
	snprintf(near, sizeof(near), "SUBMIT ann bay grid %sX", answer);
	SAY(near, "wrong 0 0 '1'"); /* longer */
	snprintf(near, sizeof(near), "SUBMIT ann bay grid %.*s", (int)strlen(answer) - 1, answer);
	SAY(near, "wrong 0 0 '0'"); /* shorter */
	SAY("SUBMIT ann bay grid other", "exhausted 0 0 ''");
	SAY("PUZZLE bob bay grid", "deal 1");
	SAY("HINT bob bay grid 1", "'Press.'");
	answer = hd_world_dealt(w, GRID, "bob");
	snprintf(near, sizeof(near), "SUBMIT bob bay grid .%c-%s", answer[0] | 0x20, answer + 1);
	SAY(near, "correct 10 9 ''");
	SAY(near, "solved 0 9 ''");
	SAY("SUBMIT bob bay grid other", "solved 0 9 ''");
	hd_world_say(w, "PROGRESS bob bay");
	assert_non_null(strstr(w->answer, "solved [grid] open [vault letters map] locked []"));
	SAY("PUZZLE bob bay grid", "deal 1");
}

/* A guess longer than any phrase, whose begin is the answer. */
static void
test_whole_answers_only(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	SAY("PUZZLE ann bay letters", "deal 0");
	const char *answer = hd_world_dealt(w, LETTERS, "ann");
	assert_string_equal(
		hd_world_say(w, "SUBMIT ann bay letters %s%s%s", answer, answer, answer),
		"wrong 0 0 ''");
	assert_string_equal(hd_world_say(w, "SUBMIT ann bay letters %s", answer), "correct 5 5 ''");
}

static void
test_somebody_elses_answer(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	SAY("PUZZLE ann bay grid", "deal 0");
	SAY("PUZZLE bob bay grid", "deal 1");
	assert_string_not_equal(hd_world_dealt(w, GRID, "ann"), hd_world_dealt(w, GRID, "bob"));
	SAY("SUBMIT bob bay grid other", "wrong 0 0 ''");
	assert_int_equal(w->decision.events_count, 1);
	char guess[96];
	snprintf(guess, sizeof(guess), "SUBMIT bob bay grid %s BY ben ID b",
		 hd_world_dealt(w, GRID, "ann"));
	SAY(guess, "wrong 0 0 ''"); /* as any other */
	tells_of(w, 0, "ann");
	assert_int_equal(w->decision.events[0].has, HD_EVENT_HAS_ID | HD_EVENT_HAS_BY);
	assert_int_equal(w->decision.events[1].has, 0);
	SAY(guess, "wrong 0 0 ''"); /* a retry */
	assert_int_equal(w->decision.events_count, 0);
	snprintf(guess, sizeof(guess), "SUBMIT bob bay grid %s", hd_world_dealt(w, GRID, "ann"));
	SAY(guess, "duplicate 0 0 ''");
	for (int i = 0; i < 40; i++)
		hd_world_say(w, "SUBMIT bob bay grid other%d", i);
	SAY(guess, "wrong 0 0 ''"); /* it was forgotten as a guess; it is told of once */
	assert_int_equal(w->decision.events_count, 1);
	snprintf(guess, sizeof(guess), "SUBMIT ann bay grid %s", hd_world_dealt(w, GRID, "bob"));
	SAY(guess, "wrong 0 0 ''");
	tells_of(w, 1, "bob");
}

/* A phrase that nobody was dealt yet is a wrong guess and nothing else; when somebody is, that does
 * not look back. */
static void
test_nobodys_answer(void **state)
{
	struct hd_world *w = *state;
	static const char *const phrases[] = {"ANCHOR", "COMPASS", "DOUBLOON"};
	hd_world_document(w, &bay);
	SAY("PUZZLE ann bay grid", "deal 0");
	for (int i = 0; i < 3; i++)
		if (strcmp(phrases[i], hd_world_dealt(w, GRID, "ann")) != 0) {
			hd_world_say(w, "SUBMIT ann bay grid %s", phrases[i]);
			assert_string_equal(w->answer, "wrong 0 0 ''");
			assert_int_equal(w->decision.events_count, 1);
		}
}

/* Of three phrases no two of the first three have the same; then they come again, in their order.
 */
static void
test_the_list_ends(void **state)
{
	struct hd_world *w = *state;
	static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g"};
	char line[96];
	hd_world_document(w, &bay);
	for (unsigned i = 0; i < 7; i++) {
		snprintf(line, sizeof(line), "PUZZLE %s bay grid", names[i]);
		hd_world_say(w, "%s", line);
		assert_int_equal(w->decision.deal.d, i);
		for (unsigned k = 0; k < i; k++) {
			bool same = strcmp(hd_world_dealt(w, GRID, names[i]),
					   hd_world_dealt(w, GRID, names[k])) == 0;
			assert_int_equal(same, i % 3 == k % 3);
		}
	}
	snprintf(line, sizeof(line), "SUBMIT g bay grid %s", hd_world_dealt(w, GRID, "e"));
	SAY(line, "wrong 0 0 ''");
	tells_of(w, 1, "b"); /* the first who has it stands for all */
	snprintf(line, sizeof(line), "SUBMIT a bay grid %s", hd_world_dealt(w, GRID, "g"));
	SAY(line, "correct 10 10 ''"); /* by now it is its own as well */
}

static void
test_bases(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	SAY("PUZZLE ann bay grid", "deal 0");
	SAY("PUZZLE bob bay grid", "deal 1");
	SAY("PUZZLE cyd bay grid", "deal 2");
	assert_int_equal(hd_core_bases(w->core), 0);
	hd_world_base(w, GRID, "bob", 7, 3);
	SAY("PUZZLE bob bay grid", "deal 1 base 7.3");
	SAY("PUZZLE ann bay grid", "deal 0");
	hd_world_base(w, GRID, "ann", 5, 0); /* out of order */
	assert_int_equal(hd_core_bases(w->core), 7);
	SAY("PUZZLE ann bay grid", "deal 0 base 5.0");
	hd_world_base(w, GRID, "cyd", 8, UINT32_MAX);
	assert_int_equal(hd_core_bases(w->core), 8);
	SAY("PUZZLE cyd bay grid", "deal 2 base 8.4294967295");
}

/* A deal and a solve's grant of one entrant and challenge are two things. */
static void
test_shared_points(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	SAY("PUZZLE ann bay vault", "deal 0");
	SAY("PUZZLE bob bay vault", "deal 1");
	hd_world_say(w, "SUBMIT bob bay vault %s", hd_world_dealt(w, VAULT, "bob"));
	assert_string_equal(w->answer, "correct 30 30 ''");
	assert_int_equal(event_type(w, 0), HD_EVENT_GRANT);
	hd_world_say(w, "SUBMIT ann bay vault %s", hd_world_dealt(w, VAULT, "bob"));
	assert_string_equal(w->answer, "wrong 0 0 ''");
	tells_of(w, 1, "bob");
	hd_world_say(w, "SUBMIT ann bay vault %s", hd_world_dealt(w, VAULT, "ann"));
	assert_string_equal(w->answer, "gone 0 0 ''");
	assert_int_equal(hd_core_grants(w->core, 0, VAULT), 1);
	assert_int_equal(hd_core_allotted(w->core, 0, VAULT), 2);
	SAY("PUZZLE ann bay vault", "deal 0");
}

static void
test_versions(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt hunt = bay;
	hd_world_document(w, &hunt);
	SAY("PUZZLE ann bay grid", "deal 0");
	const char *answer = hd_world_dealt(w, GRID, "ann");
	hunt.challenges[GRID].gone = true;
	hd_world_document(w, &hunt);
	SAY("PUZZLE ann bay grid", "-NOCHALLENGE");
	SAY("SUBMIT ann bay grid ANCHOR", "-NOCHALLENGE");
	assert_string_equal(hd_world_dealt(w, GRID, "ann"), answer);
	hunt.challenges[GRID].gone = false;
	hunt.challenges[GRID].points = 11;
	hd_world_document(w, &hunt);
	SAY("PUZZLE ann bay grid", "deal 0");
	SAY("PUZZLE bob bay grid", "deal 1");
	hd_world_say(w, "SUBMIT ann bay grid %s", answer);
	assert_string_equal(w->answer, "correct 11 11 ''");
}

static void
test_no_memory(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	SAY("PUZZLE ann bay grid", "deal 0");
	w->memory.budget = w->memory.used;
	SAY("PUZZLE bob bay grid", "-OOM");
	SAY("SUBMIT ann bay grid other", "-OOM");
	SAY("PUZZLE ann bay grid", "deal 0");
	hd_world_base(w, GRID, "ann", 1, 1); /* takes none */
	w->memory.budget = 0;
	SAY("PUZZLE bob bay grid", "deal 1");
}

/* Each shard has its own secret for each hunt, from the server's. */
static void
test_hunt_secret(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt other = bay;
	uint8_t secrets[3][32];
	other.id = "cove";
	hd_world_document(w, &bay);
	hd_world_document(w, &other);
	hd_core_hunt_secret(w->core, 0, secrets[0]);
	hd_core_hunt_secret(w->core, 1, secrets[1]);
	assert_memory_not_equal(secrets[0], secrets[1], 32);
	hd_puzzle_hunt_secret(hd_core_secret(w->core), HD_BYTES("cove"), secrets[2]);
	assert_memory_equal(secrets[1], secrets[2], 32);
}

#define ALONE(name) cmocka_unit_test_setup_teardown(name, hd_world_setup, hd_world_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ALONE(test_dealt_once),
		ALONE(test_who_may_be_dealt),
		ALONE(test_judging),
		ALONE(test_whole_answers_only),
		ALONE(test_somebody_elses_answer),
		ALONE(test_nobodys_answer),
		ALONE(test_the_list_ends),
		ALONE(test_bases),
		ALONE(test_shared_points),
		ALONE(test_versions),
		ALONE(test_no_memory),
		ALONE(test_hunt_secret),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
