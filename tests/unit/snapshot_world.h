/* snapshot_world.h - hunts with something of everything, and a core beside the world's. */
#ifndef HUNTD_TESTS_SNAPSHOT_WORLD_H
#define HUNTD_TESTS_SNAPSHOT_WORLD_H

#include "core/game/snapshot/object.h"
#include "tests/lib/lib.h"
#include "tests/lib/snap.h"
#include "tests/lib/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HOUR 3600
#define DAY  86400
#define LONG "somebody-whose-name-does-not-fit-into-a-record"

static const struct hd_world_hunt bay = {
	.id = "bay",
	.auto_join = true,
	.opens = 1,
	.freezes = 3 * DAY,
	.closes = 40 * DAY,
	.limit = 20,
	.per_window = 3,
	.window = 60,
	.boards = {{.id = "main"},
		   {.id = "rookies", .bracket = "rookie"},
		   {.id = "today", .window = DAY},
		   {.id = "amateurs", .gone = true}},
	.challenges = {{.id = "c0",
			.points = 100,
			.answers = {"GOLD"},
			.partial = "SILVER",
			.say = "Shinier.",
			.hints = {{10, "A hint that is longer than what a record holds."},
				  {2, "h"}}},
		       {.id = "c1", .points = 7, .answers = {"GOLD"}},
		       {.id = "chest", .by_order = {50, 20, 10}, .stock = 4, .answers = {"GOLD"}},
		       {.id = "grid",
			.points = 3,
			.puzzle = "lightsout",
			.phrases = {"REEF", "SAND", "WIND"}}},
	.text = "hunt: bay\n",
	.source = "bay.yaml",
};

/* The same with other hours, a board less and one more. */
static const struct hd_world_hunt bay_later = {
	.id = "bay",
	.auto_join = true,
	.opens = 1,
	.freezes = 5 * DAY,
	.closes = 40 * DAY,
	.limit = 20,
	.per_window = 2,
	.window = 60,
	.boards = {{.id = "main"},
		   {.id = "rookies", .gone = true},
		   {.id = "today", .window = HOUR},
		   {.id = "amateurs", .bracket = "amateur"}},
	.challenges = {{.id = "c0", .points = 100, .answers = {"GOLD"}},
		       {.id = "c1", .points = 7, .answers = {"GOLD"}},
		       {.id = "chest", .by_order = {50, 20, 10}, .stock = 6, .answers = {"GOLD"}},
		       {.id = "grid",
			.points = 3,
			.puzzle = "lightsout",
			.phrases = {"REEF", "SAND", "WIND"}}},
	.text = "hunt: bay # the second\n",
};

static const struct hd_world_hunt sea = {
	.id = "sea",
	.auto_join = true,
	.challenges = {{.id = "c0", .points = 1, .answers = {"GOLD"}},
		       {.id = "c1", .points = 2, .answers = {"GOLD"}},
		       {.id = "chest", .points = 9, .stock = 3, .answers = {"GOLD"}},
		       {.id = "grid",
			.points = 3,
			.puzzle = "lightsout",
			.phrases = {"REEF", "SAND", "WIND"}}},
};

/* A core beside the world's. */
static inline bool
twin_make(struct hd_world *twin, const struct hd_snap *snap)
{
	*twin = (struct hd_world){.memory = hd_test_memory()};
	twin->core = hd_snap_load(snap, &twin->memory);
	return twin->core != NULL;
}

static inline void
twin_end(struct hd_world *twin)
{
	hd_core_destroy(twin->core);
	assert_true(twin->memory.used == 0);
}

/* Makes the hunt's single truth another core's. */
static inline void
place_away(struct hd_world *w, uint16_t hunt)
{
	hd_core_place(w->core, 0, 2);
	if (w->core->hunts[hunt]->here)
		hd_core_place(w->core, 1, 2);
	assert_false(w->core->hunts[hunt]->here);
}

static inline void
sweep_all(struct hd_world *w, struct hd_snap *snap, uint32_t objects)
{
	hd_core_sweep_begin(w->core);
	while (hd_snap_step(snap, w->core, objects))
		;
}

/* The answer of each core to a command, decided now. */
static inline void
same_answer(struct hd_world *w, const struct hd_core *other, const char *line)
{
	char first[sizeof(w->answer)];
	struct hd_decision decision;
	hd_world_parse(w, line);
	hd_core_decide(w->core, w->now, &w->command, &w->decision);
	snprintf(first, sizeof(first), "%s", hd_world_answer(w, &w->decision.reply));
	hd_core_decide((struct hd_core *)other, w->now, &w->command, &decision);
	assert_string_equal(first, hd_world_answer(w, &decision.reply));
	assert_int_equal(w->decision.events_count, decision.events_count);
}

/* Something of everything. */
static inline void
live(struct hd_world *w)
{
	hd_world_document(w, &bay);
	hd_world_document(w, &sea);
	hd_world_setting(w, "ids_max", 5);
	hd_world_clock(w, 10);
	hd_world_say(w, "JOIN ann bay NAME Ann BRACKET rookie");
	hd_world_say(w, "JOIN " LONG " bay BRACKET amateur");
	hd_world_say(w, "AWARD ann bay 10 SUB 3 ID one");
	hd_world_say(w, "AWARD bob bay 10 ID two");
	hd_world_say(w, "SUBMIT bob bay c0 lead ID three");
	hd_world_say(w, "SUBMIT bob bay c0 SILVER");
	hd_world_say(w, "HINT bob bay c0 1 ID four");
	hd_world_say(w, "SUBMIT " LONG " bay c1 GOLD");
	hd_world_say(w, "SUBMIT cid sea chest GOLD");
	hd_world_say(w, "AWARD cid bay 0 ID five");
	hd_world_say(w, "PUZZLE bob bay grid");
	hd_world_say(w, "PUZZLE " LONG " bay grid");
	hd_world_base(w, 3, LONG, 2, 1);
	hd_world_say(w, "SUBMIT bob bay grid %s", hd_world_dealt(w, 3, LONG));
	hd_world_say(w, "PUZZLE cid sea grid");
	hd_world_clock(w, 3 * DAY + 5);
	hd_world_say(w, "AWARD ann bay -3 SUB 2");
	hd_world_say(w, "JOIN dan bay BRACKET rookie");
	hd_world_say(w, "AWARD dan bay 10");
	hd_world_say(w, "AWARD dan bay 1");
	struct hd_event done = {.type = HD_EVENT_DONE, .stamp = w->now, .order = 2};
	hd_world_happen(w, &done);
}

#endif
