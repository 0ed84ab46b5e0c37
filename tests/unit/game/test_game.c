/* The game as stories: joining, judging, awards, hints, errors and their order. */
#include "tests/lib/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SAY(line, answer) assert_string_equal(hd_world_say(w, "%s", line), answer)
#define BOARD(n, rows)    assert_string_equal(hd_world_board(w, "bay", n, false), rows)
#define FROZEN(n, rows)   assert_string_equal(hd_world_board(w, "bay", n, true), rows)

static const struct hd_world_hunt bay = {
	.id = "bay",
	.challenges =
		{
			{.id = "map",
			 .points = 100,
			 .answers = {"GOLD", "pieces of eight"},
			 .regex = "doubloons?",
			 .partial = "SILVER",
			 .say = "Shinier.",
			 .hints = {{10, "Look up."}, {20, "Look down."}, {0, "Free."}}},
			{.id = "chest", .points = 50, .answers = {"X7"}},
			{.id = "old", .gone = true},
		},
};

static void
test_join(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt hunt = bay;
	hunt.boards[0] = (struct hd_world_board){.id = "main"};
	hunt.boards[1] = (struct hd_world_board){.id = "rookies", .bracket = "rookie"};
	SAY("JOIN ann bay", "-NOHUNT");
	hd_world_document(w, &hunt);
	SAY("JOIN ann bay", "+joined");
	SAY("JOIN ann bay NAME Ann", "+already");
	SAY("JOIN bob bay BRACKET rookie NAME Bob", "+joined");
	SAY("JOIN cyd bay BRACKET veteran", "-NOBRACKET");
	SAY("JOIN an-entrant-with-an-id-that-does-not-fit-the-record bay BRACKET rookie",
	    "+joined");
	BOARD(0, "ann=0 bob=0 an-entrant-with-an-id-that-does-not-fit-the-record=0");
	BOARD(1, "bob=0 an-entrant-with-an-id-that-does-not-fit-the-record=0");
	SAY("AWARD an-entrant-with-an-id-that-does-not-fit-the-record bay 5", "applied 5 5 ''");
	BOARD(1, "an-entrant-with-an-id-that-does-not-fit-the-record=5 bob=0");
	assert_int_equal(hd_core_entrants(w->core), 3);
}

static void
test_errors_in_order(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	SAY("AWARD ann nowhere 1", "-NOHUNT");
	SAY("AWARD ann bay 1", "-NOENTRANT");
	SAY("SUBMIT ann bay nothing ...", "-NOENTRANT");
	SAY("HINT ann bay nothing 1", "-NOENTRANT");
	SAY("PROGRESS ann bay", "-NOENTRANT");
	SAY("JOIN ann bay", "+joined");
	SAY("SUBMIT ann bay nothing ...", "-NOCHALLENGE");
	SAY("SUBMIT ann bay old GOLD", "-NOCHALLENGE");
	SAY("SUBMIT ann bay map ...", "-BAD_ANSWER");
	SAY("HINT ann bay nothing 1", "-NOCHALLENGE");
	SAY("HINT ann bay map 2", "-NOHINT");
	SAY("HINT ann bay map 0", "-NOHINT");
	SAY("HINT ann bay chest 1", "-NOHINT");
	SAY("CHECKIN ann bay nothing", "-NOCHALLENGE");
	SAY("CHECKIN ann bay map", "-UNSUPPORTED");
	SAY("PUZZLE ann bay map", "-NOPUZZLE");
	SAY("AWARD ann bay 1 ID k", "applied 1 1 ''");
	SAY("AWARD ann nowhere 1 ID k", "-IDMISMATCH");
	/* An error changes nothing, and is not remembered with its id. */
	SAY("SUBMIT ann bay map ... ID m", "-BAD_ANSWER");
	SAY("SUBMIT ann bay map GOLD ID m", "correct 100 101 ''");
	/* -errors come before `closed`. */
	hd_world_phase(w, "bay", HD_PHASE_CLOSED);
	SAY("SUBMIT ann bay chest ...", "-BAD_ANSWER");
	SAY("HINT ann bay map 2", "-NOHINT");
	SAY("SUBMIT ann bay chest X7", "closed 0 101 ''");
	SAY("HINT ann bay map 1", "closed 0 101 ''");
}

static void
test_submit(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	SAY("JOIN ann bay", "+joined");
	SAY("SUBMIT ann bay map lead", "wrong 0 0 ''");
	SAY("SUBMIT ann bay map LEAD!", "duplicate 0 0 ''");
	SAY("SUBMIT ann bay map silver", "partial 0 0 'Shinier.'");
	SAY("SUBMIT ann bay map Silver", "duplicate 0 0 ''");
	SAY("SUBMIT ann bay map doubloons BY joe", "correct 100 100 ''");
	SAY("SUBMIT ann bay map gold", "solved 0 100 ''");
	SAY("SUBMIT ann bay chest x-7", "correct 50 150 ''");
	BOARD(0, "ann=150");
	SAY("PROGRESS ann bay", "{score 150 subscore 0 solved [map chest] open [] locked [] "
				"guesses 1 hints 0 position 1728000000000.000006}");
}

static void
test_judging_order(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt hunt = bay;
	hunt.limit = 3;
	hunt.per_window = 2;
	hunt.window = 60;
	hunt.closes = 1000;
	hd_world_document(w, &hunt);
	SAY("JOIN ann bay", "+joined");
	hd_world_clock(w, 10);
	SAY("SUBMIT ann bay map a", "wrong 0 0 '2'");
	hd_world_clock(w, 20);
	SAY("SUBMIT ann bay map b", "wrong 0 0 '1'");
	hd_world_clock(w, 30);
	/* cooldown before duplicate, partial, correct; over the whole hunt */
	SAY("SUBMIT ann bay map a AT 30", "cooldown 0 0 '40000'");
	SAY("SUBMIT ann bay map silver AT 30", "cooldown 0 0 '40000'");
	SAY("SUBMIT ann bay chest X7 AT 30", "cooldown 0 0 '40000'");
	hd_world_clock(w, 71);
	SAY("SUBMIT ann bay map a", "duplicate 0 0 ''");
	SAY("SUBMIT ann bay map c", "wrong 0 0 '0'");
	/* exhausted before cooldown; another challenge has its own limit */
	SAY("SUBMIT ann bay map gold", "exhausted 0 0 ''");
	SAY("SUBMIT ann bay chest q AT 71", "cooldown 0 0 '9000'");
	hd_world_clock(w, 132);
	SAY("SUBMIT ann bay map gold", "exhausted 0 0 ''");
	SAY("SUBMIT ann bay chest X7", "correct 50 50 ''");
	SAY("SUBMIT ann bay chest X7", "solved 0 50 ''");
	/* closed before solved and exhausted */
	hd_world_clock(w, 1000);
	SAY("SUBMIT ann bay chest X7", "closed 0 50 ''");
	SAY("SUBMIT ann bay map gold", "closed 0 50 ''");
	/* with AT, the document's hours at that time; solved before exhausted stands */
	SAY("SUBMIT ann bay chest X7 AT 999", "solved 0 50 ''");
	SAY("SUBMIT ann bay map gold AT 999", "exhausted 0 50 ''");
	/* a raised limit lets on */
	hunt.limit = 5;
	hd_world_document(w, &hunt);
	SAY("SUBMIT ann bay map d AT 999", "wrong 0 50 '1'");
	SAY("SUBMIT ann bay map gold AT 999", "correct 100 150 ''");
}

static void
test_newest_32_guesses(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	SAY("JOIN ann bay", "+joined");
	for (int i = 0; i <= 32; i++)
		assert_string_equal(hd_world_say(w, "SUBMIT ann bay map guess%d", i),
				    "wrong 0 0 ''");
	SAY("SUBMIT ann bay map guess1", "duplicate 0 0 ''");
	SAY("SUBMIT ann bay map guess0", "wrong 0 0 ''");
	SAY("SUBMIT ann bay map guess1", "wrong 0 0 ''");
	SAY("SUBMIT ann bay chest guess32", "wrong 0 0 ''");
}

static void
test_award(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	SAY("JOIN ann bay", "+joined");
	SAY("JOIN bob bay", "+joined");
	SAY("AWARD bob bay 10", "applied 10 10 ''");
	SAY("AWARD ann bay 10 SUB 3", "applied 10 10 ''");
	BOARD(0, "ann=10/3 bob=10");
	SAY("AWARD ann bay 4 OP DECR SUB 5", "applied -4 6 ''");
	SAY("AWARD ann bay 60 OP DECR", "applied -6 0 ''");
	SAY("AWARD ann bay 60 OP DECR SUB 1", "unchanged 0 0 ''");
	SAY("AWARD ann bay -7", "applied -7 -7 ''");
	SAY("AWARD ann bay 5 OP DECR", "unchanged 0 -7 ''");
	SAY("AWARD ann bay 20 SUB 7 OP SET", "applied 27 20 ''");
	/* BEST keeps the larger pair whole */
	SAY("AWARD ann bay 20 SUB 6 OP BEST", "unchanged 0 20 ''");
	SAY("AWARD ann bay 19 SUB 99 OP BEST", "unchanged 0 20 ''");
	SAY("AWARD ann bay 20 SUB 8 OP BEST", "applied 0 20 ''");
	SAY("AWARD ann bay 21 OP BEST", "applied 1 21 ''");
	BOARD(0, "ann=21 bob=10");
	SAY("AWARD ann bay 10 OP SET", "applied -11 10 ''");
	BOARD(0, "bob=10 ann=10");
	/* what changes nothing keeps the earlier place */
	SAY("AWARD bob bay 10 OP SET", "unchanged 0 10 ''");
	SAY("AWARD bob bay 0", "unchanged 0 10 ''");
	BOARD(0, "bob=10 ann=10");
}

static void
test_overflow(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt hunt = bay;
	hunt.boards[0] = (struct hd_world_board){.id = "main"};
	hunt.boards[1] = (struct hd_world_board){.id = "today", .window = 86400};
	hd_world_document(w, &hunt);
	SAY("JOIN ann bay", "+joined");
	SAY("AWARD ann bay 9223372036854775807",
	    "applied 9223372036854775807 9223372036854775807 ''");
	SAY("AWARD ann bay 1", "-OVERFLOW");
	SAY("AWARD ann bay -1 OP DECR", "-OVERFLOW");
	SAY("SUBMIT ann bay map gold", "-OVERFLOW");
	SAY("AWARD ann bay -2 OP SET", "-OVERFLOW"); /* the change is none of 64 bits */
	SAY("AWARD ann bay 1 SUB 9223372036854775807 OP SET", "applied -9223372036854775806 1 ''");
	SAY("AWARD ann bay 1 SUB 1", "-OVERFLOW");
	SAY("SUBMIT ann bay map gold", "correct 100 101 ''");
	/* A window's own sum is bounded too: AT outside it lets the score move without it. */
	SAY("JOIN bob bay", "+joined");
	SAY("AWARD bob bay 9223372036854775807",
	    "applied 9223372036854775807 9223372036854775807 ''");
	SAY("AWARD bob bay 0 OP SET AT -90000", "applied -9223372036854775807 0 ''");
	SAY("AWARD bob bay 1", "-OVERFLOW");
	/* nothing moved by what was refused */
	BOARD(1, "bob=9223372036854775807 ann=101/9223372036854775807");
}

static void
test_auto_join(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt hunt = bay;
	hunt.auto_join = true;
	hunt.opens = 100;
	hd_world_document(w, &hunt);
	SAY("SUBMIT ann bay map gold", "closed 0 0 ''"); /* enrols nobody */
	SAY("SUBMIT ann bay map gold ID a", "closed 0 0 ''");
	SAY("SUBMIT ann bay nothing gold", "-NOCHALLENGE");
	SAY("HINT ann bay map 1", "-NOENTRANT");
	SAY("PROGRESS ann bay", "-NOENTRANT");
	assert_int_equal(hd_core_entrants(w->core), 0);
	SAY("AWARD bob bay 0", "unchanged 0 0 ''");
	SAY("AWARD cyd bay 7 ID c", "applied 7 7 ''");
	SAY("AWARD dot bay 0 ID d", "unchanged 0 0 ''");
	BOARD(0, "cyd=7 bob=0 dot=0");
	hd_world_clock(w, 100);
	SAY("SUBMIT ann bay map gold", "correct 100 100 ''");
	SAY("SUBMIT eve bay map lead", "wrong 0 0 ''");
	SAY("SUBMIT fay bay map silver AT 101", "partial 0 0 'Shinier.'");
	SAY("SUBMIT fay bay map ...", "-BAD_ANSWER");
	BOARD(0, "ann=100 cyd=7 bob=0 dot=0 eve=0 fay=0");
	SAY("JOIN ann bay", "+already");
	/* the closed one with its id stays closed */
	SAY("SUBMIT ann bay map gold ID a", "closed 0 0 ''");
}

static void
test_hints(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	SAY("JOIN ann bay", "+joined");
	SAY("HINT ann bay map 1 ID h", "'Look up.'");
	SAY("HINT ann bay map 1 ID h", "'Look up.'");
	SAY("HINT ann bay map 1", "'Look up.'");
	BOARD(0, "ann=-10");
	SAY("HINT ann bay map 3", "-NOHINT");
	SAY("HINT ann bay map 2", "'Look down.'");
	SAY("HINT ann bay map 3", "'Free.'");
	SAY("HINT ann bay map 4", "-NOHINT");
	SAY("HINT ann bay map 2 ID i", "'Look down.'");
	BOARD(0, "ann=-30");
	SAY("PROGRESS ann bay", "{score -30 subscore 0 solved [] open [map chest] locked [] "
				"guesses 0 hints 3 position 1728000000000.000006}");
}

static void
test_no_memory(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	SAY("JOIN ann bay", "+joined");
	SAY("AWARD ann bay 7 ID a", "applied 7 7 ''");
	SAY("HINT ann bay map 1", "'Look up.'");
	w->memory.budget = w->memory.used;
	SAY("AWARD ann bay 1", "-OOM");
	SAY("JOIN bob bay ID b", "-OOM");
	SAY("SUBMIT ann bay map gold", "-OOM");
	SAY("HINT ann bay map 2", "-OOM");
	SAY("AWARD ann bay 0 ID c", "-OOM"); /* an id takes memory too */
	/* A retry hears its first outcome, and what is refused anyway hears why. */
	SAY("AWARD ann bay 7 ID a", "applied 7 7 ''");
	SAY("AWARD ann bay 8 ID a", "-IDMISMATCH");
	SAY("AWARD ann nowhere 1", "-NOHUNT");
	SAY("AWARD bob bay 1", "-NOENTRANT");
	SAY("SUBMIT ann bay nothing gold ID d", "-NOCHALLENGE");
	SAY("AWARD ann bay -9223372036854775807", "-OVERFLOW");
	/* What changes nothing needs none. */
	SAY("JOIN ann bay", "+already");
	SAY("AWARD ann bay 0", "unchanged 0 -3 ''");
	SAY("HINT ann bay map 1", "'Look up.'");
	SAY("PROGRESS ann bay", "{score -3 subscore 0 solved [] open [map chest] locked [] "
				"guesses 0 hints 1 position 1728000000000.000004}");
	w->memory.budget = 0;
	SAY("JOIN bob bay ID b", "+joined");
	SAY("AWARD ann bay 1", "applied 1 -2 ''");
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, hd_world_setup, hd_world_teardown)
	const struct CMUnitTest tests[] = {
		STORY(test_join),          STORY(test_errors_in_order),   STORY(test_submit),
		STORY(test_judging_order), STORY(test_newest_32_guesses), STORY(test_award),
		STORY(test_overflow),      STORY(test_auto_join),         STORY(test_hints),
		STORY(test_no_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
