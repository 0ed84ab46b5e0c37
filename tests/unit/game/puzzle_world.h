/* puzzle_world.h - what the stories of puzzles share: their hunt, and what was just decided. */
#ifndef HUNTD_TESTS_PUZZLE_WORLD_H
#define HUNTD_TESTS_PUZZLE_WORLD_H

#include "tests/lib/world_pair.h"

enum { GRID, VAULT, LETTERS, MAP };

static const struct hd_world_hunt bay = {
	.id = "bay",
	.auto_join = true,
	.challenges =
		{
			{.id = "grid",
			 .puzzle = "lightsout",
			 .points = 10,
			 .phrases = {"ANCHOR", "COMPASS", "DOUBLOON"},
			 .hints = {{.cost = 1, .text = "Press."}}},
			{.id = "vault", .puzzle = "lightsout", .stock = 1, .by_order = {30, 20}},
			{.id = "letters", .puzzle = "wordsearch", .points = 5},
			{.id = "map", .points = 1, .answers = {"GOLD"}},
		},
};

static inline uint8_t
event_type(const struct hd_world *world, uint32_t i)
{
	return i < world->decision.events_count ? world->decision.events[i].type : 0;
}

#endif
