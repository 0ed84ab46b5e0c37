/* test_gather_core.c - gathers over three real cores: names, brackets, freezes, as a user sees
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "huntd/gather.h"
#include "tests/lib/lib.h"
#include "tests/lib/world.h"

#define SHARDS 3u

struct sea {
	struct hd_world shard[SHARDS];
	struct hd_pins *pins[SHARDS];
	struct hd_memory memory;
};

static const struct hd_world_hunt bay = {
	.id = "bay",
	.auto_join = true,
	.boards = {{.id = "main"}, {.id = "crew", .bracket = "crew"}},
};

static void
award(struct sea *sea, const char *entrant, uint32_t shard, int points)
{
	hd_world_say(&sea->shard[shard], "AWARD %s bay %d", entrant, points);
}

static void
sea_init(struct sea *sea)
{
	sea->memory = hd_test_memory();
	for (uint32_t s = 0; s < SHARDS; s++) {
		hd_world_init(&sea->shard[s]);
		hd_world_document(&sea->shard[s], &bay);
		hd_world_phase(&sea->shard[s], "bay", HD_PHASE_OPEN);
		sea->pins[s] = hd_pins_create(&sea->memory);
	}
	award(sea, "ann", 0, 30);
	award(sea, "bob", 1, 50);
	award(sea, "cat", 2, 30);
	award(sea, "dan", 0, 10);
}

static void
sea_fini(struct sea *sea)
{
	for (uint32_t s = 0; s < SHARDS; s++) {
		hd_pins_destroy(sea->pins[s]);
		hd_world_fini(&sea->shard[s]);
	}
	assert_int_equal(sea->memory.used, 0);
}

/* Asks all shards; the answer as text. */
static const char *
ask(struct sea *sea, struct hd_command command, uint32_t owner)
{
	static uint8_t question[HD_QUESTION_MAX], part[HD_PART_MAX];
	struct hd_reply reply = {0};
	command.hunt = HD_BYTES("bay");
	command.count = command.count ? command.count : 10;
	struct hd_gather *gather = hd_gather_create(&sea->memory, &command, SHARDS, owner, 1);
	do {
		for (uint32_t s = 0; s < SHARDS; s++) {
			struct hd_writer q = hd_writer_of(question, sizeof(question));
			struct hd_writer p = hd_writer_of(part, sizeof(part));
			if (!hd_gather_question(gather, s, &q))
				continue;
			hd_part_answer(sea->shard[s].core, sea->pins[s], 0,
				       hd_bytes_of(question, (size_t)(q.at - question)), &p);
			hd_gather_answer(gather, s, hd_bytes_of(part, (size_t)(p.at - part)));
		}
	} while (hd_gather_advance(gather, &reply));
	const char *answer = hd_world_answer(&sea->shard[0], &reply);
	hd_gather_destroy(gather);
	return answer;
}

static void
equal_scores_share_a_place_across_shards(void **state)
{
	(void)state;
	struct sea sea = {0};
	sea_init(&sea);
	struct hd_command top = {.verb = HD_CMD_TOP};
	assert_string_equal(ask(&sea, top, 0), "[[1 bob 50] [2 ann 30] [2 cat 30] [4 dan 10]]");
	top.mode = HD_MODE_DENSE;
	assert_string_equal(ask(&sea, top, 0), "[[1 bob 50] [2 ann 30] [2 cat 30] [3 dan 10]]");
	struct hd_command rank = {.verb = HD_CMD_RANK, .entrant = HD_BYTES("dan")};
	assert_string_equal(ask(&sea, rank, 0), "[4 10 4]");
	rank.mode = HD_MODE_DENSE;
	assert_string_equal(ask(&sea, rank, 0), "[3 10 4]");
	rank.entrant = HD_BYTES("eve");
	assert_string_equal(ask(&sea, rank, 1), "nil");
	struct hd_command around = {.verb = HD_CMD_AROUND, .entrant = HD_BYTES("dan"), .count = 2};
	assert_string_equal(ask(&sea, around, 0), "[[2 cat 30] [4 dan 10]]");
	sea_fini(&sea);
}

static void
a_frozen_view_stays_while_the_game_goes_on(void **state)
{
	(void)state;
	struct sea sea = {0};
	sea_init(&sea);
	for (uint32_t s = 0; s < SHARDS; s++)
		hd_world_phase(&sea.shard[s], "bay", HD_PHASE_FROZEN);
	award(&sea, "dan", 0, 90);
	award(&sea, "eve", 1, 5);
	struct hd_command top = {.verb = HD_CMD_TOP, .view = HD_VIEW_FROZEN};
	assert_string_equal(ask(&sea, top, 0), "[[1 bob 50] [2 ann 30] [2 cat 30] [4 dan 10]]");
	struct hd_command rank = {.verb = HD_CMD_RANK, .entrant = HD_BYTES("dan")};
	rank.view = HD_VIEW_FROZEN;
	assert_string_equal(ask(&sea, rank, 0), "[4 10 4]");
	rank.view = HD_VIEW_LIVE;
	assert_string_equal(ask(&sea, rank, 0), "[1 100 5]");
	sea_fini(&sea);
}

static void
boards_and_facts_are_named(void **state)
{
	(void)state;
	struct sea sea = {0};
	sea_init(&sea);
	hd_world_say(&sea.shard[1], "JOIN fay bay BRACKET crew");
	struct hd_command top = {.verb = HD_CMD_TOP, .given = HD_GIVEN_BOARD};
	top.board = HD_BYTES("crew");
	assert_string_equal(ask(&sea, top, 0), "[[1 fay 0]]");
	top.board = HD_BYTES("none");
	assert_string_equal(ask(&sea, top, 0), "-NOBOARD");
	assert_string_equal(ask(&sea, (struct hd_command){.verb = HD_CMD_HUNT_INFO}, 0),
			    "{id bay title A hunt version 1 phase open opens nil freezes nil "
			    "closes nil boards [main crew] challenges 0 entrants 5}");
	sea_fini(&sea);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_scores_share_a_place_across_shards),
		cmocka_unit_test(a_frozen_view_stays_while_the_game_goes_on),
		cmocka_unit_test(boards_and_facts_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
