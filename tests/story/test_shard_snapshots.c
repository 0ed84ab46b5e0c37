/* Snapshots of whole shards: the state that a start reaches from one and the log's tail is the
 * state that the whole log gives, whatever was going on when it was taken; and what happens when a
 * snapshot is not what it was. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "huntd/core.h"
#include "huntd/error.h"
#include "tests/story/story.h"

#define SHARDS_MAX 8u
#define NEWS       1024u

struct states {
	uint8_t digest[SHARDS_MAX][16];
	uint64_t replayed;
};

static struct house *
open_house(const char *folder, const struct house_options *options)
{
	char message[256];
	int code = 0;
	struct house *house = house_start(folder, options, &code, message);
	if (house == NULL)
		fail_msg("exit %d: %s", code, message);
	return house;
}

static uint64_t
sum_of(struct house *house, uint32_t shards, size_t metric)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < shards; i++) {
		uint8_t *at = (uint8_t *)hd_runtime_metrics(house_runtime(house), i) + metric;
		sum += HD_METRIC(*(_Atomic uint64_t *)(void *)at);
	}
	return sum;
}

#define SUM(house, shards, name) sum_of(house, shards, offsetof(struct hd_metrics, name))

/* Starts, looks at every core while nobody asks anything, and ends without another snapshot. */
static void
look(const char *folder, uint32_t shards, struct states *states, char news[NEWS])
{
	struct house_options options = {.shards = shards, .files = {"reef one"}, .hurry = true};
	struct house *house = open_house(folder, &options);
	states->replayed = SUM(house, shards, replayed_total);
	for (uint32_t i = 0; i < shards; i++)
		hd_core_digest(hd_shard_core(house_shard(house, i)), states->digest[i]);
	house_shard_news(house, news);
	assert_int_equal(house_stop(house), 0);
}

static uint32_t
files_of(const char *folder, uint32_t shard, const char *what, glob_t *found)
{
	char pattern[160];
	snprintf(pattern, sizeof pattern, "%s/shard-%02u/%s", folder, shard, what);
	return glob(pattern, 0, NULL, found) == 0 ? (uint32_t)found->gl_pathc : 0;
}

static uint32_t
count_files(const char *folder, uint32_t shard, const char *what)
{
	glob_t found;
	uint32_t count = files_of(folder, shard, what, &found);
	if (count > 0)
		globfree(&found);
	return count;
}

static void
remove_files(const char *folder, uint32_t shard, const char *what)
{
	glob_t found;
	uint32_t count = files_of(folder, shard, what, &found);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(unlink(found.gl_pathv[i]), 0);
	if (count > 0)
		globfree(&found);
}

/* Turns a bit in the middle of the newest but `back` of a shard's snapshots. */
static void
damage(const char *folder, uint32_t shard, uint32_t back)
{
	glob_t found;
	uint32_t count = files_of(folder, shard, "snapshot-*.hds", &found);
	assert_true(count > back);
	FILE *file = fopen(found.gl_pathv[count - 1 - back], "r+b");
	assert_non_null(file);
	fseek(file, 200, SEEK_SET);
	int byte = fgetc(file);
	fseek(file, 200, SEEK_SET);
	fputc(byte ^ 4, file);
	fclose(file);
	globfree(&found);
}

/* Much of everything, at all shards, in whatever order it comes. */
static void
play(struct house *house, uint32_t shards, uint32_t from, uint32_t to)
{
	struct house_ask *asks[64];
	for (uint32_t n = from; n < to;) {
		uint32_t count = 0;
		for (; count < 64 && n < to; count++, n++) {
			char line[96];
			if (n % 5 == 4)
				snprintf(line, sizeof line, "HUNT.SUBMIT p%u reef flag %s", n % 97,
					 n % 3 ? "lead" : "gold");
			else
				snprintf(line, sizeof line, "HUNT.AWARD p%u reef %u ID a%u", n % 97,
					 n % 11, n);
			asks[count] = house_ask(house, n % shards, line);
		}
		for (uint32_t i = 0; i < count; i++) {
			assert_int_not_equal(house_wait(house, asks[i])[0], '-');
			house_forget(asks[i]);
		}
	}
}

/* The three ways to the same state: snapshot and tail, older snapshot and tail, the whole log. */
static void
compare_ways(const char *folder, uint32_t shards)
{
	struct states newest, older, whole;
	char news[NEWS];
	look(folder, shards, &newest, news);
	assert_string_equal(news, "");
	for (uint32_t i = 0; i < shards; i++)
		damage(folder, i, 0);
	look(folder, shards, &older, news);
	assert_non_null(strstr(news, "is damaged at offset"));
	assert_non_null(strstr(news, "the snapshot before it is loaded instead: no data is lost"));
	for (uint32_t i = 0; i < shards; i++)
		damage(folder, i, 1);
	look(folder, shards, &whole, news);
	assert_non_null(strstr(news, "the whole log is replayed instead: no data is lost"));
	assert_true(newest.replayed < older.replayed && older.replayed < whole.replayed);
	assert_memory_equal(newest.digest, whole.digest, sizeof newest.digest[0] * shards);
	assert_memory_equal(older.digest, whole.digest, sizeof newest.digest[0] * shards);
}

static void
every_way_leads_to_the_same_state(uint32_t shards, uint32_t ring_cells, uint64_t events)
{
	char folder[64];
	house_folder(folder);
	struct house_options options = {.shards = shards,
					.ring_cells = ring_cells,
					.files = {"reef one"},
					.snapshot_events = events,
					.hurry = true};
	struct house *house = open_house(folder, &options);
	play(house, shards, 0, 3000);
	SAYS(house, 0, ":2", "VELTRIX.PUT reef reef two");
	play(house, shards, 3000, 6000);
	SAYS(house, 0, "+OK", "HUNT.FREEZE reef");
	play(house, shards, 6000, 7000);
	assert_true(SUM(house, shards, snapshots_total) >= 2 * shards);
	assert_int_equal(SUM(house, shards, snapshot_failures_total), 0);
	assert_int_equal(house_stop(house), 0);
	for (uint32_t i = 0; i < shards; i++) {
		assert_int_equal(count_files(folder, i, "snapshot-*.hds"), 2);
		assert_int_equal(count_files(folder, i, "snapshot-*.tmp"), 0);
	}
	compare_ways(folder, shards);
	house_folder_remove(folder);
}

static void
snapshots_while_serving_on_one_shard(void **state)
{
	(void)state;
	every_way_leads_to_the_same_state(1, 0, 300);
}

static void
snapshots_while_serving_with_rings_of_one(void **state)
{
	(void)state;
	every_way_leads_to_the_same_state(3, 1, 100);
}

/* One after the other, without a pause: the sweep is always somewhere. */
static void
snapshots_without_end(void **state)
{
	(void)state;
	every_way_leads_to_the_same_state(2, 3, 1);
}

static void
an_end_in_order_leaves_nothing_to_replay(void **state)
{
	(void)state;
	char folder[64], news[NEWS];
	struct states before, after;
	struct house_options options = {.shards = 3, .files = {"reef one"}, .hurry = true};
	house_folder(folder);
	struct house *house = open_house(folder, &options);
	play(house, 3, 0, 500);
	assert_int_equal(house_stop(house), 0);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(count_files(folder, i, "snapshot-*"), 0);
	look(folder, 3, &before, news);
	assert_true(before.replayed > 500);
	options.hurry = false;
	house = open_house(folder, &options);
	assert_int_equal(house_stop(house), 0);
	look(folder, 3, &after, news);
	assert_int_equal(after.replayed, 0);
	assert_memory_equal(before.digest, after.digest, sizeof before.digest[0] * 3);
	/* Nothing new: nothing is written. */
	house = open_house(folder, &options);
	SAYS(house, 0, "applied 10 10", "HUNT.AWARD new reef 10");
	assert_int_equal(house_stop(house), 0);
	uint32_t files = 0;
	for (uint32_t i = 0; i < 3; i++)
		files += count_files(folder, i, "snapshot-*.hds");
	assert_int_equal(files, 4);
	house_folder_remove(folder);
}

/* The log is not what the snapshot was taken of: that is never passed over. */
static void
a_log_that_ends_before_its_snapshot_is_damage(void **state)
{
	(void)state;
	char folder[64], message[256] = "";
	int code = 0;
	struct house_options options = {.shards = 1, .files = {"reef one"}};
	house_folder(folder);
	struct house *house = open_house(folder, &options);
	play(house, 1, 0, 200);
	assert_int_equal(house_stop(house), 0);
	remove_files(folder, 0, "*.log");
	assert_null(house_start(folder, &options, &code, message));
	assert_int_equal(code, HD_EXIT_DAMAGED);
	assert_true(message[0] != '\0');
	house_folder_remove(folder);
}

/* What a crash left under a temporary name goes with the next start. */
static void
rubbish_goes(void **state)
{
	(void)state;
	char folder[64], path[128], news[NEWS];
	struct states states;
	struct house_options options = {.shards = 1, .files = {"reef one"}};
	house_folder(folder);
	struct house *house = open_house(folder, &options);
	play(house, 1, 0, 50);
	assert_int_equal(house_stop(house), 0);
	snprintf(path, sizeof path, "%s/shard-00/snapshot-00000000000000000049.tmp", folder);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	fclose(file);
	look(folder, 1, &states, news);
	assert_int_equal(count_files(folder, 0, "snapshot-*"), 1);
	house_folder_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(snapshots_while_serving_on_one_shard),
		cmocka_unit_test(snapshots_while_serving_with_rings_of_one),
		cmocka_unit_test(snapshots_without_end),
		cmocka_unit_test(an_end_in_order_leaves_nothing_to_replay),
		cmocka_unit_test(a_log_that_ends_before_its_snapshot_is_damage),
		cmocka_unit_test(rubbish_goes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
