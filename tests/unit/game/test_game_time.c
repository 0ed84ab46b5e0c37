/* The game and its clock, as stories: phases, freezes, windows, AT. */
#include "tests/lib/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define SAY(line, answer) assert_string_equal(hd_world_say(w, "%s", line), answer)
#define BOARD(n, rows)    assert_string_equal(hd_world_board(w, "bay", n, false), rows)
#define FROZEN(n, rows)   assert_string_equal(hd_world_board(w, "bay", n, true), rows)
#define PHASE(phase)      assert_int_equal(hd_core_phase(w->core, 0), HD_PHASE_##phase)

#define HOUR 3600
#define DAY  86400

static const struct hd_world_hunt bay = {
	.id = "bay",
	.opens = HOUR,
	.freezes = 2 * HOUR,
	.closes = 3 * HOUR,
	.boards = {{.id = "main"},
		   {.id = "rookies", .bracket = "rookie"},
		   {.id = "today", .window = DAY},
		   {.id = "hourly", .window = HOUR, .bracket = "rookie"}},
	.challenges = {{.id = "map", .points = 100, .answers = {"GOLD"}, .hints = {{5, "Up."}}}},
};

static int
teardown(void **state)
{
	hd_world_replay(*state);
	hd_world_snapshot(*state);
	while (hd_core_sweep(((struct hd_world *)*state)->core, 1))
		;
	hd_world_fini(*state);
	return 0;
}

/* Where an entrant stood when the board was frozen; empty: nowhere. */
static const char *
stood(struct hd_world *w, const char *entrant, uint16_t board)
{
	static char text[64];
	struct hd_board_key key;
	*text = 0;
	if (hd_core_standing(w->core, 0, board, true, hd_bytes_str(entrant), 0, &key, NULL))
		snprintf(text, sizeof(text), "%.*s=%lld/%lld", (int)key.id.size,
			 (const char *)key.id.at, (long long)key.score, (long long)key.sub);
	return text;
}

static void
test_hours(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	assert_true(hd_core_deadline(w->core) == HD_WORLD_BEGIN + HOUR * HD_WORLD_SECOND);
	PHASE(BEFORE);
	SAY("JOIN ann bay", "+joined");
	SAY("AWARD ann bay 3", "applied 3 3 ''");
	SAY("SUBMIT ann bay map GOLD", "closed 0 3 ''");
	hd_world_clock(w, HOUR);
	PHASE(OPEN);
	SAY("SUBMIT ann bay map lead", "wrong 0 3 ''");
	hd_world_clock(w, 2 * HOUR);
	PHASE(FROZEN);
	SAY("SUBMIT ann bay map GOLD", "correct 100 103 ''");
	hd_world_clock(w, 3 * HOUR);
	PHASE(CLOSED);
	SAY("SUBMIT ann bay map GOLD", "closed 0 103 ''");
	SAY("HINT ann bay map 1", "closed 0 103 ''");
	SAY("AWARD ann bay 1", "applied 1 104 ''");
	SAY("JOIN bob bay", "+joined");
}

static void
test_hours_that_pass_together(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	uint32_t before = w->events;
	hd_world_clock(w, 5 * HOUR);
	PHASE(CLOSED);
	assert_int_equal(w->events, before + 2); /* PHASE, and the hourly board's WINDOW */
	assert_null(hd_core_board_frozen(w->core, 0, 0));
}

static void
test_override(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt hunt = bay;
	hd_world_document(w, &hunt);
	hd_world_phase(w, "bay", HD_PHASE_OPEN);
	PHASE(OPEN);
	hd_world_clock(w, 4 * HOUR); /* the schedule would have closed it */
	PHASE(OPEN);
	hd_world_document(w, &hunt); /* the same hours: it stands */
	PHASE(OPEN);
	hd_world_phase(w, "bay", HD_PHASE_FROZEN);
	PHASE(FROZEN);
	hd_world_phase(w, "bay", HD_PHASE_CLOSED);
	PHASE(CLOSED);
	hunt.closes = 9 * HOUR; /* other hours: the schedule again */
	hd_world_document(w, &hunt);
	PHASE(FROZEN);
	hd_world_clock(w, 9 * HOUR);
	PHASE(CLOSED);
}

static void
test_freeze(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	SAY("JOIN ann bay BRACKET rookie", "+joined");
	SAY("JOIN bob bay", "+joined");
	SAY("AWARD ann bay 10 SUB 1", "applied 10 10 ''");
	SAY("AWARD bob bay 20", "applied 20 20 ''");
	hd_world_clock(w, 2 * HOUR);
	assert_non_null(hd_core_board_frozen(w->core, 0, 0));
	assert_string_equal(stood(w, "ann", 0), "ann=10/1");
	SAY("AWARD ann bay 15", "applied 15 25 ''");
	SAY("AWARD ann bay 1 SUB 4", "applied 1 26 ''");
	SAY("JOIN cyd bay BRACKET rookie", "+joined");
	SAY("AWARD cyd bay 90", "applied 90 90 ''");
	BOARD(0, "cyd=90 ann=26/5 bob=20");
	FROZEN(0, "bob=20 ann=10/1");
	FROZEN(1, "ann=10/1");
	FROZEN(2, "bob=20 ann=10/1");
	assert_string_equal(stood(w, "ann", 0), "ann=10/1");
	assert_string_equal(stood(w, "ann", 1), "ann=10/1");
	assert_string_equal(stood(w, "ann", 2), "ann=10/1");
	assert_string_equal(stood(w, "bob", 0), "bob=20/0");
	assert_string_equal(stood(w, "bob", 1), "");
	assert_string_equal(stood(w, "cyd", 0), "");
	assert_string_equal(stood(w, "cyd", 2), "");
	/* The hour's board began anew with the freeze: it shows nothing of it. */
	FROZEN(3, "");
	BOARD(3, "cyd=90 ann=16/4");
	/* Open again, and frozen again: another moment. */
	hd_world_phase(w, "bay", HD_PHASE_OPEN);
	assert_null(hd_core_board_frozen(w->core, 0, 0));
	assert_string_equal(stood(w, "cyd", 0), "cyd=90/0");
	hd_world_phase(w, "bay", HD_PHASE_FROZEN);
	SAY("AWARD ann bay 100", "applied 100 126 ''");
	FROZEN(0, "cyd=90 ann=26/5 bob=20");
	assert_string_equal(stood(w, "ann", 0), "ann=26/5");
	assert_string_equal(stood(w, "cyd", 0), "cyd=90/0");
	/* A board that comes while all is frozen is frozen as it is. */
	struct hd_world_hunt hunt = bay;
	hunt.boards[4] = (struct hd_world_board){.id = "late"};
	hd_world_document(w, &hunt);
	PHASE(FROZEN);
	FROZEN(4, "ann=126/5 cyd=90 bob=20");
	SAY("AWARD bob bay 200", "applied 200 220 ''");
	FROZEN(4, "ann=126/5 cyd=90 bob=20");
	assert_string_equal(stood(w, "bob", 4), "bob=20/0");
	hd_world_phase(w, "bay", HD_PHASE_CLOSED);
	assert_null(hd_core_board_frozen(w->core, 0, 0));
}

static void
test_windows(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt hunt = bay;
	hunt.opens = hunt.freezes = hunt.closes = 0;
	hd_world_document(w, &hunt);
	SAY("JOIN ann bay BRACKET rookie", "+joined");
	SAY("JOIN bob bay AT -5", "+joined"); /* yesterday: not on today's board */
	BOARD(0, "bob=0 ann=0");
	BOARD(2, "ann=0");
	SAY("AWARD bob bay 7 AT -4", "applied 7 7 ''");
	BOARD(2, "ann=0");
	SAY("AWARD bob bay 5 AT 86399", "applied 5 12 ''");
	SAY("AWARD ann bay 9", "applied 9 9 ''");
	SAY("AWARD ann bay 4 OP SET SUB 2", "applied -5 4 ''");
	BOARD(0, "bob=12 ann=4/2");
	BOARD(2, "bob=5 ann=4/2");
	BOARD(3, "ann=4/2");
	uint64_t changes = hd_core_board_changes(w->core, 0, 2);
	hd_world_clock(w, DAY);
	BOARD(2, "");
	assert_true(hd_core_board_changes(w->core, 0, 2) > changes);
	BOARD(0, "bob=12 ann=4/2");
	SAY("AWARD ann bay 0", "unchanged 0 4 ''");
	BOARD(2, "");
	SAY("AWARD ann bay 6 AT 86399", "applied 6 10 ''"); /* yesterday by now */
	BOARD(2, "");
	SAY("SUBMIT ann bay map GOLD", "correct 100 110 ''");
	SAY("HINT ann bay map 1", "'Up.'");
	SAY("JOIN dot bay", "+joined");
	BOARD(2, "ann=95 dot=0");
	BOARD(0, "ann=105/2 bob=12 dot=0");
	hd_world_clock(w, 5 * DAY + 2 * HOUR);
	BOARD(2, "");
	BOARD(3, "");
	assert_true(hd_core_sweep(w->core, 1));
}

/* A pass's stamps may run some ns ahead of its clock, over the hour: such an event still counts, in
 * the window that is current. */
static void
test_stamp_past_the_hour(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt hunt = bay;
	hunt.auto_join = true;
	hunt.opens = 0;
	hd_world_document(w, &hunt);
	hd_world_clock(w, DAY - 1);
	w->now = HD_WORLD_BEGIN + HD_WORLD_DAY - 1; /* JOINED before, AWARDED after midnight */
	hd_world_parse(w, "AWARD ann bay 3");
	hd_core_decide(w->core, w->now, &w->command, &w->decision);
	assert_int_equal(w->decision.events_count, 2);
	assert_true(w->decision.events[1].stamp == HD_WORLD_BEGIN + HD_WORLD_DAY);
	SAY("AWARD ann bay 3", "applied 3 3 ''");
	BOARD(2, "ann=3");
}

static void
test_at(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	hd_world_clock(w, 100 * HOUR);
	SAY("JOIN ann bay AT 10", "+joined");
	SAY("JOIN bob bay AT 5", "+joined");
	BOARD(0, "bob=0 ann=0");
	/* judged by the document's own hours at that time, whatever the phase now */
	PHASE(CLOSED);
	SAY("SUBMIT ann bay map GOLD AT 3599", "closed 0 0 ''");
	SAY("SUBMIT ann bay map GOLD AT 3600", "correct 100 100 ''");
	SAY("SUBMIT bob bay map GOLD AT 10799", "correct 100 100 ''");
	SAY("SUBMIT bob bay map GOLD AT 10800", "closed 0 100 ''");
	BOARD(0, "ann=100 bob=100");
	/* time may go backwards: it decides the order among equals */
	SAY("AWARD bob bay 1 AT 20", "applied 1 101 ''");
	SAY("AWARD ann bay 1 AT 30", "applied 1 101 ''");
	BOARD(0, "bob=101 ann=101");
	hd_world_phase(w, "bay", HD_PHASE_OPEN);
	SAY("SUBMIT ann bay map GOLD AT 10800", "closed 0 101 ''");
	SAY("SUBMIT ann bay map GOLD", "solved 0 101 ''");
	/* the position is of the log, not of AT */
	char line[256];
	struct hd_world *other = w;
	snprintf(line, sizeof(line), "%s", hd_world_say(other, "PROGRESS ann bay"));
	assert_non_null(strstr(line, "position 1728360000000.0000"));
}

static void
test_guesses_by_at(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt hunt = bay;
	hunt.opens = hunt.freezes = hunt.closes = 0;
	hunt.per_window = 2;
	hunt.window = 60;
	hd_world_document(w, &hunt);
	SAY("JOIN ann bay", "+joined");
	SAY("SUBMIT ann bay map a AT 100", "wrong 0 0 ''");
	SAY("SUBMIT ann bay map b AT 50", "wrong 0 0 ''");
	SAY("SUBMIT ann bay map c AT 109", "cooldown 0 0 '1000'");
	SAY("SUBMIT ann bay map c AT 99", "wrong 0 0 ''"); /* only one lies before 99 */
	SAY("SUBMIT ann bay map d AT 110", "cooldown 0 0 '49000'");
	SAY("SUBMIT ann bay map d AT 159", "wrong 0 0 ''");
}

static void
test_boards_of_a_new_version(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt hunt = bay;
	hunt.opens = hunt.freezes = hunt.closes = 0;
	hd_world_document(w, &hunt);
	SAY("JOIN ann bay BRACKET rookie", "+joined");
	SAY("JOIN bob bay", "+joined");
	SAY("AWARD ann bay 3", "applied 3 3 ''");
	SAY("AWARD bob bay 4 SUB 1", "applied 4 4 ''");
	hunt.boards[1].gone = true;    /* rookies: gone */
	hunt.boards[2].window = HOUR;  /* today: ruled otherwise */
	hunt.boards[3].bracket = NULL; /* hourly: of everybody */
	hunt.boards[4] = (struct hd_world_board){.id = "all"};
	hd_world_document(w, &hunt);
	BOARD(0, "bob=4/1 ann=3");
	BOARD(1, "gone");
	BOARD(2, "");
	BOARD(3, "");
	BOARD(4, "bob=4/1 ann=3");
	SAY("AWARD ann bay 5", "applied 5 8 ''");
	BOARD(2, "ann=5");
	BOARD(3, "ann=5");
	BOARD(4, "ann=8 bob=4/1");
	SAY("JOIN cyd bay BRACKET rookie", "-NOBRACKET");
}

/* Many hunts of hours of their own: each is told at its hour, once, and the soonest first. */
static void
test_hours_of_many_hunts(void **state)
{
	enum { HUNTS = 100 };
	struct hd_world *w = *state;
	int64_t opens[HUNTS], last = 0;
	char id[16];
	for (int i = 0; i < HUNTS; i++) {
		opens[i] = 1 + i * 37 % 50; /* two at each hour */
		snprintf(id, sizeof(id), "h%d", i);
		hd_world_document(w, &(struct hd_world_hunt){.id = id, .opens = opens[i]});
		last = opens[i] > last ? opens[i] : last;
	}
	for (int64_t second = 1; second <= last; second++) {
		assert_true(hd_core_deadline(w->core) == HD_WORLD_BEGIN + second * HD_WORLD_SECOND);
		uint32_t before = w->events;
		hd_world_clock(w, second);
		assert_int_equal(w->events, before + 2);
		for (uint16_t i = 0; i < HUNTS; i++)
			assert_int_equal(hd_core_phase(w->core, i),
					 opens[i] <= second ? HD_PHASE_OPEN : HD_PHASE_BEFORE);
	}
	assert_true(hd_core_deadline(w->core) == HD_NEVER);
	/* All that a stopped clock missed comes at once; then a hunt's window is the next. */
	for (int i = 0; i < HUNTS; i += 10) {
		struct hd_world_hunt hunt = {.id = id,
					     .opens = opens[i],
					     .closes = 100 + i,
					     .boards = {{.id = "hourly", .window = HOUR}}};
		snprintf(id, sizeof(id), "h%d", i);
		hd_world_document(w, &hunt);
	}
	uint32_t before = w->events;
	hd_world_clock(w, 7 * HOUR);
	assert_int_equal(w->events, before + 20);
	assert_true(hd_core_deadline(w->core) == HD_WORLD_BEGIN + 8 * HOUR * HD_WORLD_SECOND);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, hd_world_setup, teardown)
	const struct CMUnitTest tests[] = {
		STORY(test_hours),
		STORY(test_hours_that_pass_together),
		STORY(test_override),
		STORY(test_freeze),
		STORY(test_windows),
		STORY(test_stamp_past_the_hour),
		STORY(test_at),
		STORY(test_guesses_by_at),
		STORY(test_boards_of_a_new_version),
		STORY(test_hours_of_many_hunts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
