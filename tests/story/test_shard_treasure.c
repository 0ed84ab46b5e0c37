/* Treasures over shards: a stock is given exactly, in order, whatever comes in between. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "huntd/ids.h"
#include "tests/story/story.h"

#define PEOPLE 60u

static struct house *
start_with(const char *folder, const struct house_options *options)
{
	char message[256];
	int code;
	struct house *house = house_start(folder, options, &code, message);
	if (house == NULL)
		print_error("exit %d: %s\n", code, message);
	assert_non_null(house);
	return house;
}

static struct house *
start_hunt(const char *folder, uint32_t shards, uint32_t ring_cells, const char *document)
{
	struct house_options options = {
		.shards = shards, .ring_cells = ring_cells, .files = {document}};
	return start_with(folder, &options);
}

static uint32_t
shard_of(const char *key, uint32_t shards)
{
	return hd_slot_shard(hd_slot(hd_bytes_str(key)), shards);
}

/* An entrant that the hunt's shard does not have. */
static void
stranger(char name[16], uint32_t shards)
{
	uint32_t n = 0;
	do
		snprintf(name, 16, "s%u", n++);
	while (shard_of(name, shards) == shard_of("reef", shards));
}

static uint64_t
metric_wants(struct house *house)
{
	uint64_t wants = 0;
	for (uint32_t i = 0; i < hd_runtime_shards(house_runtime(house)); i++)
		wants += HD_METRIC(hd_runtime_metrics(house_runtime(house), i)->wants_total);
	return wants;
}

/* Everyone's SUBMIT to a challenge with an id of its own. */
struct race {
	struct house_ask *asks[PEOPLE];
};

static void
race_begin(struct race *race, struct house *house, const char *challenge)
{
	char line[128];
	uint32_t shards = hd_runtime_shards(house_runtime(house));
	for (uint32_t i = 0; i < PEOPLE; i++) {
		snprintf(line, sizeof line, "HUNT.SUBMIT p%u reef %s kraken ID %s%u", i, challenge,
			 challenge, i);
		race->asks[i] = house_ask(house, (i * 7 + 3) % shards, line);
	}
}

/* What came of it: how many got 300, 200, 100, and how many found it gone. */
struct tally {
	uint32_t first, second, later, gone, other;
};

static void
tally_add(struct tally *tally, const char *answer)
{
	int points = 0;
	if (strncmp(answer, "gone", 4) == 0)
		tally->gone++;
	else if (sscanf(answer, "correct %d", &points) != 1)
		tally->other++;
	tally->first += points == 300;
	tally->second += points == 200;
	tally->later += points == 100;
}

static struct tally
race_end(struct race *race, struct house *house)
{
	struct tally tally = {0};
	for (uint32_t i = 0; i < PEOPLE; i++) {
		tally_add(&tally, house_wait(house, race->asks[i]));
		house_forget(race->asks[i]);
	}
	return tally;
}

static void
is_exact(const struct tally *tally, uint32_t stock)
{
	assert_int_equal(tally->other, 0);
	assert_int_equal(tally->first, 1);
	assert_int_equal(tally->second, 1);
	assert_int_equal(tally->later, stock - 2);
	assert_int_equal(tally->gone, PEOPLE - stock);
}

/* The sum of the board's scores. */
static long
board_sum(struct house *house)
{
	long sum = 0, score;
	const char *at = house_say(house, 0, "BOARD.TOP reef COUNT 1000");
	while ((at = strstr(at, " p")) != NULL) {
		assert_int_equal(sscanf(++at, "%*s %ld", &score), 1);
		sum += score;
	}
	return sum;
}

static void
a_race(uint32_t shards, uint32_t ring_cells)
{
	char folder[64];
	house_folder(folder);
	struct house *house = start_hunt(folder, shards, ring_cells, "reef chest=25 box=9");
	struct race chest, box;
	race_begin(&chest, house, "chest");
	race_begin(&box, house, "box");
	struct tally got = race_end(&chest, house);
	is_exact(&got, 25);
	got = race_end(&box, house);
	is_exact(&got, 9);
	assert_int_equal(board_sum(house), 2 * 500 + 23 * 100 + 7 * 100);
	assert_int_equal(house_stop(house), 0);
	house = start_hunt(folder, shards, ring_cells, "reef chest=25 box=9");
	assert_int_equal(metric_wants(house), 0);
	race_begin(&chest, house, "chest"); /* the same ids: the same answers */
	got = race_end(&chest, house);
	is_exact(&got, 25);
	assert_int_equal(board_sum(house), 2 * 500 + 23 * 100 + 7 * 100);
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

static void
a_stock_is_given_exactly_on_one_shard(void **state)
{
	(void)state;
	a_race(1, 0);
}

static void
a_stock_is_given_exactly_on_three_shards_with_rings_of_three(void **state)
{
	(void)state;
	a_race(3, 3);
}

static void
a_stock_is_given_exactly_on_eight_shards_with_rings_of_one(void **state)
{
	(void)state;
	a_race(8, 1);
}

static void
in_every_durability(void **state)
{
	(void)state;
	for (uint8_t durability = 0; durability <= HD_DURABLE_OFF; durability++) {
		char folder[64];
		house_folder(folder);
		struct house_options options = {
			.shards = 3, .files = {"reef chest=25"}, .durability = durability};
		struct house *house = start_with(folder, &options);
		struct race race;
		race_begin(&race, house, "chest");
		struct tally got = race_end(&race, house);
		is_exact(&got, 25);
		assert_int_equal(house_stop(house), 0);
		house_folder_remove(folder);
	}
}

/* Order. */

static void
waits_for(struct house *house, struct house_ask *ask, const char *answer)
{
	assert_string_equal(house_wait(house, ask), answer);
	house_forget(ask);
}

/* Of one entrant, in one go at one door: what comes behind an open WANT waits, in order, also where
 * one that waited opens the next. */
static void
what_comes_meanwhile_waits_in_order(void **state)
{
	(void)state;
	enum { LINES = 9 };
	static const char *const lines[LINES][3] = {
		{"HUNT.AWARD", "reef 1", "applied 1 1"},
		{"HUNT.SUBMIT", "reef chest kraken ID one", "correct 300 301"},
		{"HUNT.AWARD", "reef 2", "applied 2 303"},
		{"HUNT.SUBMIT", "reef chest kraken ID one", "correct 300 301"},
		{"HUNT.SUBMIT", "reef chest lead ID one", "-IDMISMATCH"},
		{"HUNT.SUBMIT", "reef box kraken", "correct 300 603"},
		{"HUNT.AWARD", "reef 3", "applied 3 606"},
		{"HUNT.SUBMIT", "reef chest kraken", "solved 0 606"},
		{"HUNT.SUBMIT", "reef flag gold", "correct 100 706"},
	};
	char folder[64], name[16];
	house_folder(folder);
	struct house *house = start_hunt(folder, 3, 1, "reef chest=2 box=2");
	stranger(name, 3);
	for (uint32_t door = 0; door < 3; door++) {
		struct house_ask *asks[LINES];
		char line[128], twin[40];
		snprintf(twin, sizeof twin, "{%s}%u", name, door); /* the same slot */
		house_shut(house, door, true);
		for (uint32_t i = 0; i < LINES; i++) {
			snprintf(line, sizeof line, "%s %s %s", lines[i][0], twin, lines[i][1]);
			asks[i] = house_ask(house, door, line);
		}
		house_shut(house, door, false);
		if (door == 0) {
			for (uint32_t i = 0; i < LINES; i++)
				waits_for(house, asks[i], lines[i][2]);
			continue;
		}
		for (uint32_t i = 0; i < LINES; i++) {
			house_wait(house, asks[i]);
			house_forget(asks[i]);
		}
		/* 300 or 200 or gone: by its place; but nothing overtook anything. */
		const char *end = house_say(house, 0, "HUNT.AWARD %s reef 0", twin);
		assert_non_null(strstr(end, door == 1 ? "506" : "106"));
	}
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

/* Flushes. */

static uint64_t
grants_given(struct house *house)
{
	uint64_t grants = 0;
	for (uint32_t i = 0; i < hd_runtime_shards(house_runtime(house)); i++)
		grants += HD_METRIC(hd_runtime_metrics(house_runtime(house), i)->grants_total);
	return grants;
}

/* While the disk of the entrant's shard is late nothing is asked; while the hunt's is, what was
 * given is not told: in every durability, for another log builds on it. */
static void
each_half_waits_for_its_flush(void **state)
{
	(void)state;
	for (uint8_t durability = 0; durability <= HD_DURABLE_OFF; durability++) {
		char folder[64], name[16], line[64];
		house_folder(folder);
		struct house_options options = {
			.shards = 3, .files = {"reef chest=9"}, .durability = durability};
		struct house *house = start_with(folder, &options);
		uint32_t hunts = shard_of("reef", 3);
		stranger(name, 3);
		uint32_t own = shard_of(name, 3);
		snprintf(line, sizeof line, "HUNT.SUBMIT %s reef chest kraken", name);
		house_late_disk(house, own, true);
		house_late_disk(house, hunts, true);
		struct house_ask *ask = house_ask(house, own, line);
		usleep(100000);
		assert_int_equal(grants_given(house), 0);
		house_late_disk(house, own, false);
		for (uint32_t i = 0; i < 1000 && grants_given(house) == 0; i++)
			usleep(1000);
		assert_int_equal(grants_given(house), 1);
		usleep(100000);
		assert_false(__atomic_load_n(&ask->done, __ATOMIC_ACQUIRE));
		house_late_disk(house, hunts, false);
		waits_for(house, ask, "correct 300 300");
		assert_int_equal(house_stop(house), 0);
		house_folder_remove(folder);
	}
}

/* Documents. */

/* New versions come while many ask: everyone is answered, and nothing is given twice. */
static void
versions_change_meanwhile(void **state)
{
	(void)state;
	char folder[64];
	house_folder(folder);
	struct house *house = start_hunt(folder, 3, 1, "reef chest=20 box=10");
	struct race chest, box;
	race_begin(&chest, house, "chest");
	race_begin(&box, house, "box");
	SAYS(house, 1, ":2", "VELTRIX.PUT reef reef chest=30 box=10");
	SAYS(house, 2, ":3", "VELTRIX.PUT reef reef chest=30 box=gone");
	struct tally of_chest = race_end(&chest, house), of_box = race_end(&box, house);
	uint32_t given = of_chest.first + of_chest.second + of_chest.later;
	assert_int_equal(of_chest.other, 0);
	assert_int_equal(of_chest.first + of_chest.second, 2);
	assert_true(given >= 20 && given <= 30);
	assert_true(of_box.first + of_box.second + of_box.later <= 10);
	race_begin(&chest, house, "chest"); /* the same ids: the same answers */
	of_chest = race_end(&chest, house);
	assert_int_equal(of_chest.first + of_chest.second + of_chest.later, given);
	for (uint32_t i = 0; i < PEOPLE; i++) /* what is left of the raised stock is still there */
		given += strncmp(house_say(house, i % 3, "HUNT.SUBMIT p%u reef chest kraken", i),
				 "correct", 7) == 0;
	assert_int_equal(given, 30);
	SAYS(house, 0, "-NOCHALLENGE", "HUNT.SUBMIT late reef box kraken");
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

/* Crashes. */

/* What is on the disk in the middle of a race, as a kill would leave it: started again, open WANTs
 * are asked again, retries get what was said before, and in the end the stock is given exactly. */
static uint64_t
one_image(uint32_t shards, uint32_t pause_us)
{
	char folder[64], image[64];
	bool done[PEOPLE];
	struct race race, again;
	house_folder(folder);
	house_folder(image);
	struct house *house = start_hunt(folder, shards, 0, "reef chest=25");
	race_begin(&race, house, "chest");
	usleep(pause_us);
	for (uint32_t i = 0; i < PEOPLE; i++)
		done[i] = __atomic_load_n(&race.asks[i]->done, __ATOMIC_ACQUIRE);
	house_image(house, folder, image);
	for (uint32_t i = 0; i < PEOPLE; i++)
		house_wait(house, race.asks[i]);
	assert_int_equal(house_stop(house), 0);
	house = start_hunt(image, shards, 0, "reef chest=25");
	uint64_t open = metric_wants(house);
	race_begin(&again, house, "chest");
	for (uint32_t i = 0; i < PEOPLE; i++) {
		const char *answer = house_wait(house, again.asks[i]);
		if (done[i])
			assert_string_equal(answer, race.asks[i]->answer);
		house_forget(race.asks[i]);
	}
	struct tally got = race_end(&again, house);
	is_exact(&got, 25);
	assert_int_equal(board_sum(house), 500 + 23 * 100);
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
	house_folder_remove(image);
	return open;
}

static void
a_kill_in_the_middle_loses_and_doubles_nothing(void **state)
{
	(void)state;
	uint64_t open = 0;
	for (uint32_t i = 0; i < 12 || (open == 0 && i < 60); i++)
		open += one_image(i % 2 ? 3 : 5, i * 400 % 7000);
	assert_true(open > 0); /* else the story was not told */
}

static void
an_end_waits_for_grants(void **state)
{
	(void)state;
	char folder[64];
	house_folder(folder);
	struct house *house = start_hunt(folder, 3, 1, "reef chest=25");
	struct race race, again;
	race_begin(&race, house, "chest");
	house_wait(house, race.asks[PEOPLE / 2]);
	assert_int_equal(house_stop(house), 0);
	house = start_hunt(folder, 3, 1, "reef chest=25");
	assert_int_equal(metric_wants(house), 0); /* none was left open */
	race_begin(&again, house, "chest");
	for (uint32_t i = 0; i < PEOPLE; i++) {
		const char *answer = house_wait(house, again.asks[i]);
		if (race.asks[i]->done)
			assert_string_equal(answer, race.asks[i]->answer);
		if (race.asks[i]->done)
			house_forget(race.asks[i]);
	}
	struct tally got = race_end(&again, house);
	is_exact(&got, 25);
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

/* Events. */

static void
both_halves_are_shown(void **state)
{
	(void)state;
	char folder[64], name[16];
	house_folder(folder);
	struct house *house = start_hunt(folder, 3, 0, "reef chest=1");
	stranger(name, 3);
	house_say(house, 0, "HUNT.SUBMIT %s reef chest kraken", name);
	const char *page = house_say(house, 0, "HUNT.EVENTS reef COUNT 100");
	assert_non_null(strstr(page, " want "));
	assert_non_null(strstr(page, " grant "));
	assert_non_null(strstr(page, " granted "));
	assert_non_null(strstr(page, "ordinal 1"));
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stock_is_given_exactly_on_one_shard),
		cmocka_unit_test(a_stock_is_given_exactly_on_three_shards_with_rings_of_three),
		cmocka_unit_test(a_stock_is_given_exactly_on_eight_shards_with_rings_of_one),
		cmocka_unit_test(in_every_durability),
		cmocka_unit_test(what_comes_meanwhile_waits_in_order),
		cmocka_unit_test(each_half_waits_for_its_flush),
		cmocka_unit_test(versions_change_meanwhile),
		cmocka_unit_test(a_kill_in_the_middle_loses_and_doubles_nothing),
		cmocka_unit_test(an_end_waits_for_grants),
		cmocka_unit_test(both_halves_are_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
