/* Equal counts of hd_core_board_top_changes mean equal first rows, whatever the players do. */
#include "tests/lib/lib.h"
#include "tests/lib/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define TOP     5
#define PLAYERS 20

static const struct hd_world_hunt bay = {
	.id = "bay",
	.auto_join = true,
	.boards = {{.id = "main"}},
	.challenges = {{.id = "map", .points = 100, .answers = {"GOLD"}}},
};

/* The first rows as text; `last` gets the last of them. False: there are fewer. */
static bool
first_rows(const struct hd_world *world, char text[512], struct hd_board_key *last)
{
	struct hd_board_walk walk;
	uint32_t rows = 0;
	hd_board_seek(&walk, hd_core_board(world->core, 0, 0), NULL, 0);
	for (*text = 0; rows < TOP && hd_board_next(&walk); rows++) {
		char *end = text + strlen(text);
		snprintf(end, (size_t)(text + 512 - end), "%.*s=%lld ", (int)walk.row.id.size,
			 (const char *)walk.row.id.at, (long long)walk.row.score);
		*last = walk.row;
	}
	return rows == TOP;
}

static void
play(struct hd_world *world, uint64_t *seed)
{
	static const char *const ops[] = {"INCR", "INCR", "DECR", "SET"};
	uint64_t number = hd_test_random(seed);
	hd_world_say(world, "AWARD p%llu bay %llu OP %s", (unsigned long long)(number % PLAYERS),
		     (unsigned long long)(number >> 8) % 50, ops[(number >> 32) % 4]);
}

static void
equal_counts_mean_equal_rows(void **state)
{
	(void)state;
	static struct hd_world world;
	char kept[512] = "", rows[512];
	uint64_t seed = 1, count = 0, same = 0;
	struct hd_board_key last;
	hd_world_init(&world);
	hd_world_document(&world, &bay);
	for (uint32_t i = 0; i < 20000; i++) {
		play(&world, &seed);
		bool whole = first_rows(&world, rows, &last);
		uint64_t now = hd_core_board_top_changes(world.core, 0, 0);
		if (now == count)
			assert_string_equal(rows, kept);
		same += now == count;
		memcpy(kept, rows, sizeof kept);
		count = now;
		if (whole && hd_test_random(&seed) % 16 == 0)
			hd_core_board_watch(world.core, 0, 0, last.score, last.sub);
	}
	assert_true(same > 1000); /* and they are not counted for nothing */
	hd_world_fini(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(equal_counts_mean_equal_rows)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
