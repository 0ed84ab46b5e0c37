/* Boards over shards: views follow them, TOP is never behind what was acknowledged, and nobody
 * waits for a long walk. */
#include "tests/lib/house.h"
#include "tests/lib/lib.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "huntd/ids.h"
#include "tests/story/story.h"

/* Views. */

static void
views_follow_the_board(void **state)
{
	(void)state;
	char folder[64];
	struct hd_view view = {0};
	house_folder(folder);
	struct house *house = start(folder, 3, 0);
	for (uint32_t i = 0; i < 150; i++)
		house_say(house, i % 3, "HUNT.AWARD p%u reef %u", i, i);
	for (uint32_t i = 0; i < 200 && (view.total < 150 || view.rows[0].score < 149); i++) {
		usleep(10000);
		house_view(house, &view);
	}
	assert_int_equal(view.total, 150);
	assert_int_equal(view.rows_count, 100);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(view.rows[i].score, 149 - i);
	SAYS(house, 0, "[[2 p148 148] [3 p147 147]]", "BOARD.TOP reef COUNT 2 OFFSET 1 VIEW tick");
	usleep(100000);
	uint64_t views = house_view(house, NULL);
	usleep(100000);
	assert_int_equal(house_view(house, NULL), views); /* nothing changes: no view, no timer */
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

/* Gathers while others write: a board always holds what was acknowledged before it was asked. */

struct writer {
	struct house *house;
	uint32_t number, shards;
	_Atomic int64_t acknowledged;
	_Atomic bool stop;
};

static void *
write_on(void *context)
{
	struct writer *writer = context;
	for (uint32_t i = 0; !writer->stop; i++) {
		const char *answer = house_say(writer->house, i % writer->shards,
					       "HUNT.AWARD w%u reef 1", writer->number);
		HD_ASSERT(strncmp(answer, "applied", 7) == 0);
		writer->acknowledged++;
	}
	return NULL;
}

static int64_t
score_of(const char *rows, uint32_t number)
{
	char name[16];
	snprintf(name, sizeof name, " w%u ", number);
	const char *at = strstr(rows, name);
	return at == NULL ? 0 : atoll(at + strlen(name));
}

static void
boards_hold_what_was_acknowledged(void **state)
{
	(void)state;
	char folder[64];
	struct writer writers[4] = {0};
	pthread_t threads[4];
	house_folder(folder);
	struct house *house = start(folder, 3, 3);
	for (uint32_t i = 0; i < 4; i++) {
		writers[i] = (struct writer){.house = house, .number = i, .shards = 3};
		pthread_create(&threads[i], NULL, write_on, &writers[i]);
	}
	for (uint32_t round = 0; round < 200; round++) {
		int64_t before[4];
		for (uint32_t i = 0; i < 4; i++)
			before[i] = writers[i].acknowledged;
		const char *rows =
			house_say(house, round % 3,
				  round % 2 ? "BOARD.TOP reef" : "BOARD.TOP reef MODE dense");
		for (uint32_t i = 0; i < 4; i++) {
			int64_t shown = score_of(rows, i);
			assert_true(shown >= before[i]);
			assert_true(shown <= writers[i].acknowledged + 1);
		}
	}
	for (uint32_t i = 0; i < 4; i++) {
		writers[i].stop = true;
		pthread_join(threads[i], NULL);
	}
	assert_int_equal(house_stop(house), 0);
	house = start(folder, 3, 3);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(score_of(house_say(house, 0, "BOARD.TOP reef"), i),
				 writers[i].acknowledged);
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

/* Where so many ask in one pass that the questions to the own shard fill a block, who asks again
 * after a write of that pass shares a gather that holds the write. */
static void
boards_hold_what_their_pass_wrote(void **state)
{
	(void)state;
	/* A batch of writes is decided as it is full: no view stands, then another is behind. */
	enum { FIRST = HD_BATCH_MAX, ASKED = 900, LAST = ASKED - 1, SECOND = LAST - FIRST };
	static struct house_ask *asks[ASKED];
	char folder[64], line[128], mine[16];
	uint32_t name = 0;
	house_folder(folder);
	struct house *house = start(folder, 2, 0);
	do
		snprintf(mine, sizeof mine, "w%u", ++name);
	while (hd_slot_shard(hd_slot(hd_bytes_str(mine)), 2) != 0);
	house_shut(house, 0, true);
	for (uint32_t i = 0; i < ASKED; i++) {
		snprintf(line, sizeof line, "BOARD.RANK reef %060u", i);
		if (i == FIRST || i == LAST)
			snprintf(line, sizeof line, "BOARD.TOP reef");
		else if (i < FIRST || i >= SECOND)
			snprintf(line, sizeof line, "HUNT.AWARD %s reef 1", mine);
		asks[i] = house_ask(house, 0, line);
	}
	house_shut(house, 0, false);
	snprintf(line, sizeof line, "[[1 %s %u]]", mine, 2 * HD_BATCH_MAX);
	assert_string_equal(house_wait(house, asks[LAST]), line);
	for (uint32_t i = 0; i < ASKED; i++) {
		house_wait(house, asks[i]);
		house_forget(asks[i]);
	}
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

/* The same where TOP comes from a view: writers pause now and then, so that views catch up. */

#define CROWD 150

static void *
climb_and_rest(void *context)
{
	struct writer *writer = context;
	uint64_t seed = writer->number + 1;
	while (!writer->stop) {
		uint32_t at = (uint32_t)(hd_test_random(&seed) % writer->shards);
		const char *answer =
			house_say(writer->house, at, "HUNT.AWARD w%u reef 1", writer->number);
		HD_ASSERT(strncmp(answer, "applied", 7) == 0);
		writer->acknowledged++;
		if (hd_test_random(&seed) % 4 == 0)
			usleep((useconds_t)(hd_test_random(&seed) % 60000));
	}
	return NULL;
}

static uint64_t
reads_from_views(struct house *house)
{
	uint64_t reads = 0;
	for (uint32_t i = 0; i < hd_runtime_shards(house_runtime(house)); i++)
		reads += HD_METRIC(hd_runtime_metrics(house_runtime(house), i)->view_reads_total);
	return reads;
}

/* The score of the last of the first 100 rows. */
static int64_t
last_score(const char *rows)
{
	return atoll(strrchr(rows, ' ') + 1);
}

static void
views_hold_what_was_acknowledged(void **state)
{
	(void)state;
	char folder[64];
	struct writer writers[4] = {0};
	pthread_t threads[4];
	house_folder(folder);
	struct house *house = start(folder, 3, 0);
	for (uint32_t i = 0; i < CROWD; i++) /* the first 100: scores from 11 on */
		house_say(house, i % 3, "HUNT.AWARD p%u reef %u", i, i / 5 + 1);
	for (uint32_t i = 0; i < 4; i++) {
		writers[i] = (struct writer){.house = house, .number = i, .shards = 3};
		pthread_create(&threads[i], NULL, climb_and_rest, &writers[i]);
	}
	for (uint32_t round = 0; round < 20000 && writers[3].acknowledged < 60; round++) {
		int64_t before[4];
		for (uint32_t i = 0; i < 4; i++)
			before[i] = writers[i].acknowledged;
		const char *rows = house_say(house, round % 3, "BOARD.TOP reef COUNT 100");
		for (uint32_t i = 0; i < 4; i++) {
			int64_t shown = score_of(rows, i);
			assert_true(shown >= before[i] || before[i] <= last_score(rows));
			assert_true(shown <= writers[i].acknowledged + 1);
		}
	}
	for (uint32_t i = 0; i < 4; i++) {
		writers[i].stop = true;
		pthread_join(threads[i], NULL);
	}
	/* How often a view was good while they wrote is the machine's; now one will be. */
	for (uint32_t i = 0; i < 1000 && reads_from_views(house) == 0; i++) {
		usleep(10000);
		house_say(house, i % 3, "BOARD.TOP reef COUNT 100");
	}
	assert_true(reads_from_views(house) > 0);
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

/* Changes below the first 100 rows leave the view as good as it was. */
static void
a_view_stands_while_others_move_below_it(void **state)
{
	(void)state;
	char folder[64];
	struct hd_view view = {0};
	house_folder(folder);
	struct house *house = start(folder, 3, 0);
	for (uint32_t i = 0; i < 400; i++)
		house_say(house, i % 3, "HUNT.AWARD p%u reef %u", i, 1000 + i);
	for (uint32_t i = 0; i < 200 && (view.total < 400 || view.rows[0].score < 1399); i++) {
		usleep(10000);
		house_view(house, &view);
	}
	usleep(100000); /* the other shards have it too */
	uint64_t before = reads_from_views(house);
	for (uint32_t i = 0; i < 60; i++) {
		house_say(house, i % 3, "HUNT.AWARD low%u reef 1", i % 7);
		SAYS(house, i % 3, "[[1 p399 1399]]", "BOARD.TOP reef COUNT 1");
	}
	assert_int_equal(reads_from_views(house), before + 60);
	house_say(house, 1, "HUNT.AWARD low0 reef 5000");
	assert_non_null(strstr(house_say(house, 2, "BOARD.TOP reef COUNT 1"), "[[1 low0 50"));
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

/* With one shard a dense rank on a large board is cut into slices, so that nobody waits for its
 * end. */
static void
dense_ranks_of_one_shard_go_in_slices(void **state)
{
	(void)state;
	enum { COUNT = 6000 };
	char folder[64], line[64];
	house_folder(folder);
	struct house *house = start(folder, 1, 0);
	struct house_ask **asks = calloc(COUNT, sizeof(struct house_ask *));
	for (uint32_t i = 0; i < COUNT; i++) {
		snprintf(line, sizeof line, "HUNT.AWARD e%u reef %u", i, i / 2 + 1);
		asks[i] = house_ask(house, 0, line);
	}
	for (uint32_t i = 0; i < COUNT; i++) {
		house_wait(house, asks[i]);
		house_forget(asks[i]);
	}
	free(asks);
	const struct hd_metrics *metrics = hd_runtime_metrics(house_runtime(house), 0);
	assert_int_equal(HD_METRIC(metrics->gathers_total), 0);
	SAYS(house, 0, "[3000 1 6000]", "BOARD.RANK reef e0 MODE dense");
	SAYS(house, 0, "[1 3000 6000]", "BOARD.RANK reef e5999 MODE dense");
	SAYS(house, 0, "[[3000 e0 1] [3000 e1 1]]",
	     "BOARD.TOP reef COUNT 9 OFFSET 5998 MODE dense");
	assert_int_equal(HD_METRIC(metrics->gathers_total), 3);
	SAYS(house, 0, "[5999 1 6000]", "BOARD.RANK reef e0");
	assert_int_equal(HD_METRIC(metrics->gathers_total), 3);
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_follow_the_board),
		cmocka_unit_test(boards_hold_what_was_acknowledged),
		cmocka_unit_test(boards_hold_what_their_pass_wrote),
		cmocka_unit_test(views_hold_what_was_acknowledged),
		cmocka_unit_test(a_view_stands_while_others_move_below_it),
		cmocka_unit_test(dense_ranks_of_one_shard_go_in_slices),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
