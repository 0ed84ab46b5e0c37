/* Every command is timed once, where it was asked; and what its legs count agrees with that. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "huntd/ids.h"
#include "tests/story/story.h"

#define PATIENCE_MS 10000u

/* All shards' histograms as one. */
struct sums {
	struct hd_histogram leg[HD_LEG_COUNT], command[HD_CMD_COUNT_], size[HD_SIZE_COUNT];
	uint64_t commands, command_ns, leg_ns, untimed, remote, messages;
};

static void
add_shard(struct sums *sums, const struct hd_shard_stats *stats)
{
	for (uint32_t i = 0; i < HD_LEG_COUNT; i++)
		hd_histogram_read(&sums->leg[i], &stats->leg[i]);
	for (uint32_t i = 0; i < HD_CMD_COUNT_; i++)
		hd_histogram_read(&sums->command[i], &stats->command[i]);
	for (uint32_t i = 0; i < HD_SIZE_COUNT; i++)
		hd_histogram_read(&sums->size[i], &stats->size[i]);
	sums->untimed += HD_METRIC(stats->metrics.untimed_total);
	sums->remote += HD_METRIC(stats->metrics.remote_commands_total);
	sums->messages += HD_METRIC(stats->metrics.messages_total);
}

static void
look(struct house *house, struct sums *sums)
{
	*sums = (struct sums){0};
	struct hd_shard *any = house_shard(house, 0);
	for (uint32_t i = 0; i < hd_shard_count(any); i++)
		add_shard(sums, hd_shard_stats(any, i));
	for (uint32_t i = 0; i < HD_CMD_COUNT_; i++) {
		sums->commands += sums->command[i].count;
		sums->command_ns += sums->command[i].sum;
	}
	for (uint32_t i = 0; i < HD_LEG_COUNT; i++)
		sums->leg_ns += sums->leg[i].sum;
}

/* A client has its answer a moment before the pass that gave it has counted it. */
static void
look_until(struct house *house, uint64_t commands, struct sums *sums)
{
	for (uint32_t ms = 0;; ms++) {
		look(house, sums);
		if (sums->commands >= commands && sums->leg[HD_LEG_REPLY].count >= commands)
			break;
		assert_true(ms < PATIENCE_MS);
		usleep(1000);
	}
	usleep(20000); /* whatever were counted twice would come now */
	look(house, sums);
	assert_int_equal(sums->commands, commands);
	assert_int_equal(sums->untimed, 0);
}

/* So many at once, a batch or many: `head`, a number below 50, `tail`. */
static void
ask_all(struct house *house, uint32_t shards, uint32_t count, const char *head, const char *tail)
{
	struct house_ask **asks = calloc(count, sizeof(struct house_ask *));
	char line[128];
	assert_non_null(asks);
	for (uint32_t i = 0; i < count; i++) {
		snprintf(line, sizeof line, "%s%u%s", head, i % 50, tail);
		asks[i] = house_ask(house, i % shards, line);
	}
	for (uint32_t i = 0; i < count; i++) {
		assert_true(house_wait(house, asks[i])[0] != '-');
		house_forget(asks[i]);
	}
	free(asks);
}

static void
legs_agree(const struct sums *sums)
{
	for (uint32_t i = 0; i < HD_LEG_COUNT; i++) {
		uint64_t count = sums->leg[i].count;
		switch ((enum hd_leg)i) {
		case HD_LEG_RECV:
		case HD_LEG_PARSE:
		case HD_LEG_REPLY:
			assert_int_equal(count, sums->commands);
			break;
		case HD_LEG_ROUTE:
			assert_int_equal(count, sums->remote);
			break;
		default:
			assert_true(i != HD_LEG_DURABLE || count == sums->leg[i - 1].count);
		}
		assert_true(sums->leg[i].max <= sums->leg[i].sum);
	}
}

static void
every_command_is_timed_once(uint32_t shards)
{
	static struct sums sums;
	char folder[64];
	house_folder(folder);
	struct house *house = start(folder, shards, 0);
	look(house, &sums);
	/* What the house asked while it began was refused, or a list. */
	uint64_t before = sums.commands;
	ask_all(house, shards, 600, "HUNT.AWARD e", " reef 1");
	ask_all(house, shards, 300, "HUNT.PROGRESS e", " reef");
	look_until(house, before + 900, &sums);
	assert_int_equal(sums.command[HD_CMD_AWARD].count, 600);
	assert_int_equal(sums.command[HD_CMD_PROGRESS].count, 300);
	legs_agree(&sums);
	assert_int_equal(sums.leg[HD_LEG_APPLY].count, sums.commands);
	assert_true(sums.leg[HD_LEG_DURABLE].count >= 600);
	assert_true(shards > 1 ? sums.remote > 300 && sums.messages > 0 : sums.remote == 0);
	assert_true(sums.size[HD_SIZE_BATCH].sum >= 900);
	assert_true(sums.size[HD_SIZE_FLUSH].count > 0 && sums.size[HD_SIZE_FLUSH].count <= 600);
	if (shards == 1)
		assert_int_equal(sums.leg_ns, sums.command_ns);
	else /* but for what blocks wait in rings */
		assert_true(sums.leg_ns <= sums.command_ns);
	assert_in_range(sums.size[HD_SIZE_FRAME].count, sums.size[HD_SIZE_FLUSH].count,
			sums.size[HD_SIZE_FLUSH].count + shards);
	/* Boards go round by questions, orders over control. */
	ask_all(house, shards, 60, "BOARD.RANK reef e", "");
	ask_all(house, shards, 60, "BOARD.TOP reef COUNT 1", "");
	SAYS(house, shards - 1, "+OK", "HUNT.FREEZE reef");
	look_until(house, before + 1021, &sums);
	legs_agree(&sums);
	assert_int_equal(sums.command[HD_CMD_TOP].count, 60);
	assert_int_equal(sums.command[HD_CMD_FREEZE].count, 1);
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

static void
every_command_is_timed_once_on_one_shard(void **state)
{
	(void)state;
	every_command_is_timed_once(1);
}

static void
every_command_is_timed_once_over_three_shards(void **state)
{
	(void)state;
	every_command_is_timed_once(3);
}

/* What waits for another shard's grant is answered in a later batch, or in none. */
static void
two_steps_are_one_command(void **state)
{
	(void)state;
	static struct sums sums;
	char folder[64], message[256];
	int code;
	house_folder(folder);
	struct house_options options = {.shards = 3, .files = {"reef first chest=1000"}};
	struct house *house = house_start(folder, &options, &code, message);
	assert_non_null(house);
	look(house, &sums);
	uint64_t before = sums.commands;
	ask_all(house, 3, 300, "HUNT.SUBMIT e", " reef chest KRAKEN");
	ask_all(house, 3, 300, "HUNT.SUBMIT e", " reef chest lead");
	look_until(house, before + 600, &sums);
	legs_agree(&sums);
	assert_int_equal(sums.command[HD_CMD_SUBMIT].count, 600);
	uint64_t wants = 0;
	for (uint32_t i = 0; i < 3; i++)
		wants += HD_METRIC(hd_runtime_metrics(house_runtime(house), i)->wants_total);
	assert_true(wants > 0);
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

/* Its part of the page that the shards' parts stand in. */
static const struct hd_reducer_stats *
reducer_stats(struct house *house)
{
	const uint8_t *first = (const uint8_t *)hd_shard_stats(house_shard(house, 0), 0);
	const void *page = first - offsetof(struct hd_stats_page, shard);
	return &((const struct hd_stats_page *)page)->reducer;
}

/* A shard that stands still lets boards go stale; the reducer, which waits for it, says so. */
static void
boards_are_as_stale_as_their_oldest_change(void **state)
{
	(void)state;
	char folder[64];
	house_folder(folder);
	struct house *house = start(folder, 2, 0);
	const struct hd_reducer_stats *stats = reducer_stats(house);
	SAYS(house, 0, "applied 1 1", "HUNT.AWARD ann reef 1");
	for (uint32_t ms = 0; HD_METRIC(stats->views_made_total) == 0; ms++) {
		assert_true(ms < PATIENCE_MS);
		usleep(1000);
	}
	house_stall(house, 1, 1500);
	usleep(50000);
	struct house_ask *ask = house_ask(house, 0, "HUNT.AWARD ann reef 1");
	struct house_ask *other = house_ask(house, 0, "HUNT.AWARD bob reef 1");
	uint64_t worst = 0;
	for (uint32_t ms = 0; ms < 2500; ms += 5, usleep(5000)) {
		uint64_t now = HD_METRIC(stats->staleness_ns);
		worst = now > worst ? now : worst;
	}
	house_wait(house, ask);
	house_forget(ask);
	house_wait(house, other);
	house_forget(other);
	assert_true(worst >= 700000000);
	/* A tick that runs is half counted, and what bob's award changed is seen by one more. */
	for (uint32_t ms = 0; HD_METRIC(stats->staleness_ns) != 0 ||
			      HD_METRIC(stats->ticks_total) != stats->tick.count;
	     ms++) {
		assert_true(ms < PATIENCE_MS);
		usleep(1000);
	}
	assert_true(stats->tick.max >= 700000000);
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_is_timed_once_on_one_shard),
		cmocka_unit_test(every_command_is_timed_once_over_three_shards),
		cmocka_unit_test(two_steps_are_one_command),
		cmocka_unit_test(boards_are_as_stale_as_their_oldest_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
