/* Boards that a new version brings, over thousands of entrants: built in slices, and whoever reads
 * one meanwhile, from whatever shard, waits and is told what is right. */
#include "tests/lib/house.h"
#include "tests/lib/lib.h"

#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"
#include "huntd/ids.h"
#include "tests/story/story.h"

#define CROWD 20000u
#define BATCH 1000u
#define READS 7u

/* Everybody is of the last shard: in the others a new board is ready at once. */
struct crowd {
	struct house *house;
	uint32_t shards;
	char (*names)[16];
	int64_t *scores;
};

static void
crowd_names(struct crowd *crowd)
{
	for (uint32_t i = 0, n = 0; i < CROWD; n++) {
		snprintf(crowd->names[i], sizeof crowd->names[i], "e%u", n);
		uint16_t slot = hd_slot(hd_bytes_str(crowd->names[i]));
		if (hd_slot_shard(slot, crowd->shards) == crowd->shards - 1)
			i++;
	}
}

static void
crowd_enrol(struct crowd *crowd)
{
	static struct house_ask *asks[BATCH];
	char line[64];
	for (uint32_t first = 0; first < CROWD; first += BATCH) {
		for (uint32_t i = 0; i < BATCH; i++) {
			crowd->scores[first + i] = (first + i) / 2 + 1;
			snprintf(line, sizeof line, "HUNT.AWARD %s reef %lld",
				 crowd->names[first + i], (long long)crowd->scores[first + i]);
			asks[i] = house_ask(crowd->house, crowd->shards - 1, line);
		}
		for (uint32_t i = 0; i < BATCH; i++) {
			house_wait(crowd->house, asks[i]);
			house_forget(asks[i]);
		}
	}
}

static void
crowd_init(struct crowd *crowd, const char *folder, uint32_t shards)
{
	*crowd = (struct crowd){.house = start(folder, shards, 0), .shards = shards};
	crowd->names = calloc(CROWD, sizeof *crowd->names);
	crowd->scores = calloc(CROWD, sizeof *crowd->scores);
	crowd_names(crowd);
	crowd_enrol(crowd);
}

static void
crowd_fini(struct crowd *crowd)
{
	free(crowd->names);
	free(crowd->scores);
}

/* What the reads must say, counted one by one. */

static uint32_t
better(const struct crowd *crowd, int64_t score)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < CROWD; i++)
		count += crowd->scores[i] > score;
	return count;
}

static uint32_t
best(const struct crowd *crowd)
{
	uint32_t at = 0;
	for (uint32_t i = 1; i < CROWD; i++)
		if (crowd->scores[i] > crowd->scores[at])
			at = i;
	return at;
}

/* What is asked about a board, and what must be said. `moved`: of late, so that a view may be a
 * tick behind. */
struct reads {
	char line[READS][128], answer[READS][128];
};

static void
reads_make(const struct crowd *crowd, uint32_t who, const char *board, bool moved,
	   struct reads *reads)
{
	static const char *const views[] = {"", " VIEW frozen", " VIEW tick"};
	uint32_t top = best(crowd), rank = better(crowd, crowd->scores[who]) + 1;
	const char *first = crowd->names[top], *name = crowd->names[who];
	long long most = crowd->scores[top], score = crowd->scores[who];
	for (uint32_t k = 0; k < 3; k++) {
		snprintf(reads->line[k], 128, "BOARD.TOP reef COUNT 1 BOARD %s%s", board,
			 views[moved ? 0 : k]);
		snprintf(reads->answer[k], 128, "[[1 %s %lld]]", first, most);
	}
	snprintf(reads->line[3], 128, "BOARD.COUNT reef BOARD %s", board);
	snprintf(reads->answer[3], 128, ":%u", CROWD);
	snprintf(reads->line[4], 128, "BOARD.AROUND reef %s COUNT 1 BOARD %s", name, board);
	snprintf(reads->answer[4], 128, "[[%u %s %lld]]", rank, name, score);
	snprintf(reads->line[5], 128, "BOARD.RANK reef %s MODE dense BOARD %s", first, board);
	snprintf(reads->answer[5], 128, "[1 %lld %u]", most, CROWD);
	snprintf(reads->line[6], 128, "BOARD.RANK reef %s BOARD %s", name, board);
	snprintf(reads->answer[6], 128, "[%u %lld %u]", rank, score, CROWD);
}

/* All questions at every shard at once. */
static void
all_is_exact(const struct crowd *crowd, const struct reads *reads)
{
	struct house_ask *asks[8][READS];
	for (uint32_t k = 0; k < READS; k++)
		for (uint32_t at = 0; at < crowd->shards; at++)
			asks[at][k] = house_ask(crowd->house, at, reads->line[k]);
	for (uint32_t k = 0; k < READS; k++) {
		for (uint32_t at = 0; at < crowd->shards; at++) {
			assert_string_equal(house_wait(crowd->house, asks[at][k]),
					    reads->answer[k]);
			house_forget(asks[at][k]);
		}
	}
}

static void
award(struct crowd *crowd, uint32_t who, int64_t points)
{
	const char *said = house_say(crowd->house, 0, "HUNT.AWARD %s reef %lld", crowd->names[who],
				     (long long)points);
	assert_memory_equal(said, "applied", 7);
	crowd->scores[who] += points;
}

static const char *const versions[] = {"reef a=board", "reef a=board b=board",
				       "reef a=board b=board c=board",
				       "reef a=board b=board c=board d=board"};
static const char *const boards[] = {"a", "b", "c", "d"};

/* Asks from before the board is there. The first shard has the order first: whoever hears of the
 * board there asks in shards that have not begun to build it. */
static void
put_and_read(const struct crowd *crowd, const char *version, const struct reads *reads)
{
	char line[128];
	const char *said;
	snprintf(line, sizeof line, "VELTRIX.PUT reef %s", version);
	struct house_ask *put = house_ask(crowd->house, 0, line);
	do
		said = house_say(crowd->house, 0, "%s", reads->line[0]);
	while (strcmp(said, "-ERR") == 0); /* no such board */
	assert_string_equal(said, reads->answer[0]);
	house_wait(crowd->house, put);
	house_forget(put);
}

static void
reads_wait(uint32_t shards)
{
	static struct reads reads;
	char folder[64];
	struct crowd crowd;
	house_folder(folder);
	crowd_init(&crowd, folder, shards);
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t early = 10 + i, late = CROWD - 1 - i;
		bool moved = i == 3;
		reads_make(&crowd, late, boards[i], moved, &reads);
		put_and_read(&crowd, versions[i], &reads);
		if (moved) {
			award(&crowd, early, 50000); /* passed by the builder, most likely */
			award(&crowd, late, 7);      /* and not */
			reads_make(&crowd, late, boards[i], moved, &reads);
		}
		all_is_exact(&crowd, &reads);
		reads_make(&crowd, early, "main", true, &reads);
		all_is_exact(&crowd, &reads);
	}
	const struct hd_metrics *last = hd_runtime_metrics(house_runtime(crowd.house), shards - 1);
	if (shards > 1)
		assert_true(HD_METRIC(last->board_waits_total) > 0);
	assert_int_equal(house_stop(crowd.house), 0);
	crowd.house = start(folder, shards, 0);
	for (uint32_t i = 0; i < 4; i++) {
		reads_make(&crowd, i, boards[i], false, &reads);
		all_is_exact(&crowd, &reads);
	}
	assert_int_equal(house_stop(crowd.house), 0);
	crowd_fini(&crowd);
	house_folder_remove(folder);
}

static void
reads_wait_in_one_shard(void **state)
{
	(void)state;
	reads_wait(1);
}

static void
reads_wait_over_shards(void **state)
{
	(void)state;
	reads_wait(3);
}

/* An end in order lets nobody go without an answer. */
static void
an_end_answers_who_waits(void **state)
{
	(void)state;
	static struct reads reads;
	struct house_ask *asks[2][READS];
	char folder[64];
	struct crowd crowd;
	house_folder(folder);
	crowd_init(&crowd, folder, 2);
	reads_make(&crowd, 9, "d", false, &reads);
	house_say(crowd.house, 0, "VELTRIX.PUT reef %s", versions[3]);
	for (uint32_t k = 0; k < READS; k++)
		for (uint32_t at = 0; at < 2; at++)
			asks[at][k] = house_ask(crowd.house, at, reads.line[k]);
	assert_int_equal(house_stop(crowd.house), 0);
	for (uint32_t k = 0; k < READS; k++) {
		for (uint32_t at = 0; at < 2; at++) {
			assert_true(asks[at][k]->done);
			assert_string_equal(asks[at][k]->answer, reads.answer[k]);
			house_forget(asks[at][k]);
		}
	}
	crowd_fini(&crowd);
	house_folder_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_wait_in_one_shard),
		cmocka_unit_test(reads_wait_over_shards),
		cmocka_unit_test(an_end_answers_who_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
