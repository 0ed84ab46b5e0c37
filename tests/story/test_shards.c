/* Shards as one server: commands reach their shard, boards are exact over all of them, orders are
 * in force everywhere, and what was acknowledged is there after a restart. */
#include "tests/lib/house.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "huntd/ids.h"
#include "tests/story/story.h"

static void
a_small_hunt(struct house *house, uint32_t shards)
{
	uint32_t last = shards - 1;
	SAYS(house, 0, "[reef]", "HUNT.LIST");
	SAYS(house, last, "applied 30 30", "HUNT.AWARD ann reef 30");
	SAYS(house, 0, "applied 20 20", "HUNT.AWARD bob reef 20");
	SAYS(house, last, "applied 20 20", "HUNT.AWARD cat reef 20");
	SAYS(house, 0, "correct 100 100", "HUNT.SUBMIT dan reef flag gold");
	SAYS(house, last, "wrong 0 0", "HUNT.SUBMIT eve reef flag lead");
	SAYS(house, 0, "[[1 dan 100] [2 ann 30] [3 bob 20] [3 cat 20] [5 eve 0]]",
	     "BOARD.TOP reef");
	SAYS(house, last, "[[2 ann 30] [3 bob 20]]", "BOARD.TOP reef COUNT 2 OFFSET 1");
	SAYS(house, 0, "[3 20 5]", "BOARD.RANK reef cat");
	SAYS(house, last, "[3 20 5]", "BOARD.RANK reef cat MODE dense");
	SAYS(house, 0, "[4 20 5]", "BOARD.RANK reef cat MODE ordinal");
	SAYS(house, 0, "[4 0 5]", "BOARD.RANK reef eve MODE dense");
	SAYS(house, last, "[[2 ann 30] [3 bob 20] [3 cat 20]]", "BOARD.AROUND reef bob COUNT 3");
	SAYS(house, 0, "_", "BOARD.RANK reef nobody");
	SAYS(house, 0, "-NOHUNT", "BOARD.TOP nowhere");
	SAYS(house, last, "-NOHUNT", "HUNT.AWARD ann nowhere 1");
	SAYS(house, 0, "-NOENTRANT", "HUNT.PROGRESS nobody reef");
	SAYS(house, last, "applied 1 31", "HUNT.AWARD ann reef 1 ID x");
	SAYS(house, 0, "applied 1 31", "HUNT.AWARD ann reef 1 ID x");
	SAYS(house, 0, "-IDMISMATCH", "HUNT.AWARD ann reef 2 ID x");
}

static void
a_hunt_runs_on(uint32_t shards, uint32_t ring_cells)
{
	char folder[64];
	house_folder(folder);
	struct house *house = start(folder, shards, ring_cells);
	a_small_hunt(house, shards);
	assert_int_equal(house_stop(house), 0);
	house = start(folder, shards, ring_cells);
	SAYS(house, 0, "[[1 dan 100] [2 ann 31] [3 bob 20] [3 cat 20] [5 eve 0]]",
	     "BOARD.TOP reef");
	SAYS(house, shards - 1, "applied 1 31", "HUNT.AWARD ann reef 1 ID x");
	SAYS(house, 0, "solved 0 100", "HUNT.SUBMIT dan reef flag gold");
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

static void
a_hunt_runs_on_one_shard(void **state)
{
	(void)state;
	a_hunt_runs_on(1, 0);
}

static void
a_hunt_runs_on_two_shards(void **state)
{
	(void)state;
	a_hunt_runs_on(2, 0);
}

static void
a_hunt_runs_on_eight_shards_with_rings_of_one(void **state)
{
	(void)state;
	a_hunt_runs_on(8, 1);
}

static void
a_hunt_runs_on_five_shards_with_rings_of_three(void **state)
{
	(void)state;
	a_hunt_runs_on(5, 3);
}

/* Orders. */

static void
documents_have_versions_everywhere(void **state)
{
	(void)state;
	char folder[64];
	house_folder(folder);
	struct house *house = start(folder, 3, 0);
	SAYS(house, 2, ":1", "VELTRIX.PUT cove cove one");
	for (uint32_t at = 0; at < 3; at++)
		SAYS(house, at, "$cove one", "VELTRIX.GET cove");
	SAYS(house, 1, ":2", "VELTRIX.PUT cove cove two");
	SAYS(house, 0, "-ERR version conflict: version 2 is in force",
	     "VELTRIX.ROLLBACK cove 1 IF 1");
	SAYS(house, 0, ":3", "VELTRIX.ROLLBACK cove 1 IF 2");
	SAYS(house, 0, "-ERR there is no such version", "VELTRIX.ROLLBACK cove 9");
	SAYS(house, 2, "$cove one", "VELTRIX.GET cove");
	SAYS(house, 1, "-ERR 1:1: hunt: wrong | 2:1: title: missing", "VELTRIX.PUT cove bad");
	SAYS(house, 0, "-NOHUNT", "HUNT.CLOSE nowhere");
	SAYS(house, 0, "applied 5 5", "HUNT.AWARD ann cove 5");
	SAYS(house, 1, "+OK", "HUNT.CLOSE cove");
	SAYS(house, 2, "closed 0 5", "HUNT.SUBMIT ann cove flag gold");
	SAYS(house, 0, "+OK", "HUNT.OPEN cove");
	SAYS(house, 2, "correct 100 105", "HUNT.SUBMIT ann cove flag gold");
	assert_int_equal(house_stop(house), 0);
	house = start(folder, 3, 0);
	for (uint32_t at = 0; at < 3; at++)
		SAYS(house, at, "$cove one", "VELTRIX.GET cove");
	SAYS(house, 1, ":4", "VELTRIX.PUT cove cove four");
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

static void
a_file_is_a_new_version_only_if_its_bytes_differ(void **state)
{
	(void)state;
	char folder[64], message[256];
	int code;
	house_folder(folder);
	struct house *house = start(folder, 2, 0);
	SAYS(house, 0, ":2", "VELTRIX.PUT reef reef by hand");
	assert_int_equal(house_stop(house), 0);
	house = start(folder, 2, 0);
	SAYS(house, 1, "$reef by hand", "VELTRIX.GET reef");
	assert_int_equal(house_stop(house), 0);
	struct house_options other = {.shards = 2, .files = {"reef second"}};
	house = house_start(folder, &other, &code, message);
	SAYS(house, 1, "$reef second", "VELTRIX.GET reef");
	assert_int_equal(house_stop(house), 0);
	struct house_options bad = {.shards = 2, .files = {"bad text"}};
	house = house_start(folder, &bad, &code, message);
	assert_non_null(house);
	assert_int_equal(house_results(house), 1);
	SAYS(house, 1, "$reef second", "VELTRIX.GET reef");
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
	house_folder(folder);
	assert_null(house_start(folder, &bad, &code, message));
	assert_int_equal(code, 78);
	house_folder_remove(folder);
}

/* The data directory. */

static void
a_directory_knows_its_owner_and_its_shards(void **state)
{
	(void)state;
	char folder[64], message[256], path[128];
	int code;
	house_folder(folder);
	struct house *house = start(folder, 2, 0);
	struct house_options same = {.shards = 2}, other = {.shards = 3}, any = {.shards = 0};
	assert_null(house_start(folder, &same, &code, message));
	assert_int_equal(code, 74);
	assert_non_null(strstr(message, "in use"));
	assert_int_equal(house_stop(house), 0);
	assert_null(house_start(folder, &other, &code, message));
	assert_int_equal(code, 78);
	assert_non_null(strstr(message, "2 shards"));
	house = house_start(folder, &any, &code, message);
	assert_non_null(house);
	assert_int_equal(hd_runtime_shards(house_runtime(house)), 2);
	assert_int_equal(house_stop(house), 0);
	snprintf(path, sizeof path, "%s/huntd.meta", folder);
	FILE *meta = fopen(path, "w");
	fputs("format 99\nshards 2\n", meta);
	fclose(meta);
	assert_null(house_start(folder, &any, &code, message));
	assert_int_equal(code, 65);
	house_folder_remove(folder);
	assert_null(house_start("/proc/nothing-here", &any, &code, message));
	assert_int_equal(code, 74);
}

/* Events. */

static uint32_t
rows_of(const char *page)
{
	uint32_t rows = 0;
	for (const char *at = strstr(page, " ["); (at = strchr(at, ':')) != NULL; at++)
		rows++;
	return rows;
}

static void
events_come_page_by_page_each_once(void **state)
{
	(void)state;
	char folder[64], cursor[128] = "";
	house_folder(folder);
	struct house *house = start(folder, 3, 0);
	for (uint32_t i = 0; i < 40; i++)
		SAYS(house, i % 3, "applied 1 1", "HUNT.AWARD p%u reef 1", i);
	uint32_t events = 0, pages = 0;
	for (bool stands = false; !stands && pages < 100; pages++) {
		const char *page = cursor[0] ? house_say(house, pages % 3,
							 "HUNT.EVENTS reef FROM %s COUNT 7", cursor)
					     : house_say(house, 0, "HUNT.EVENTS reef COUNT 7");
		char next[128] = "";
		assert_int_equal(sscanf(page, "[%127[0-9.] ", next), 1);
		stands = strcmp(next, cursor) == 0;
		uint32_t rows = rows_of(page);
		assert_true(rows <= 7);
		assert_true(!stands || rows == 0);
		events += rows;
		memcpy(cursor, next, sizeof cursor);
	}
	assert_int_equal(events, 1 + 2 * 40); /* the document once, a JOINED and an AWARDED each */
	SAYS(house, 0, "-ERR", "HUNT.EVENTS reef FROM nonsense");
	SAYS(house, 0, "-NOHUNT", "HUNT.EVENTS nowhere");
	SAYS(house, 0, "-ERR", "HUNT.EVENTS reef FROM 1.1.999");
	assert_non_null(strstr(house_say(house, 1, "HUNT.EVENTS reef FROM %s", cursor), cursor));
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

/* The next page from `cursor` on, which goes on behind it; false: an error. */
static bool
next_page(struct house *house, char cursor[128])
{
	const char *page = house_say(house, 0, "HUNT.EVENTS reef FROM %s COUNT 7", cursor);
	if (strcmp(page, "-ERR") == 0)
		return false;
	assert_int_equal(sscanf(page, "[%127[0-9.] ", cursor), 1);
	return true;
}

/* A page that ended there with its cursor standing would say that nothing more was logged. */
static void
events_do_not_end_at_a_damaged_frame(void **state)
{
	(void)state;
	char folder[64], path[128], line[1024], cursor[128] = "1.1";
	house_folder(folder);
	struct house *house = start(folder, 2, 0);
	for (uint32_t i = 0; i < 40; i++)
		SAYS(house, i % 2, "applied 1 1", "HUNT.AWARD p%u reef 1", i);
	snprintf(path, sizeof path, "%s/shard-01/00000001.log", folder);
	FILE *file = fopen(path, "r+b");
	assert_non_null(file);
	fseek(file, 5 * HD_BLOCK + 70, SEEK_SET);
	int byte = getc(file);
	fseek(file, 5 * HD_BLOCK + 70, SEEK_SET);
	putc(byte ^ 4, file);
	fclose(file);
	uint32_t told = house_shard_news(house, NULL), pages = 0;
	while (next_page(house, cursor))
		assert_true(pages++ < 100);
	assert_false(next_page(house, cursor));
	assert_int_equal(house_shard_news(house, line), told + 1);
	assert_non_null(strstr(line, "00000001.log is damaged at offset"));
	assert_non_null(strstr(line, "new snapshots are taken"));
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

#define TALES 1000u /* a shard; of 8 */

/* Asks for `TALES` awards with all that an award may carry, at one shard for its own entrant. */
static void
tell_long(struct house *house, uint32_t shard, const char *reason)
{
	static struct house_ask *asks[TALES];
	char line[512];
	uint32_t name = 0;
	for (bool own = false; !own;) {
		int size = snprintf(line, sizeof line, "p%u", ++name);
		own = hd_slot_shard(hd_slot(hd_bytes_of(line, (size_t)size)), 8) == shard;
	}
	house_shut(house, shard, true); /* together: few frames, so that one read finds many */
	for (uint32_t i = 0; i < TALES; i++) {
		snprintf(line, sizeof line, "HUNT.AWARD p%u reef 1 ID %.60s%04u REASON %s", name,
			 reason, i, reason);
		asks[i] = house_ask(house, shard, line);
	}
	house_shut(house, shard, false);
	for (uint32_t i = 0; i < TALES; i++) {
		assert_string_not_equal(house_wait(house, asks[i]), "-BUSY");
		house_forget(asks[i]);
	}
}

/* The positions of a cursor, added up: each event moves it by one. */
static uint64_t
moved(const char *cursor)
{
	uint64_t sum = 0;
	for (const char *at = cursor; at != NULL; at = strchr(at, '.'))
		sum += strtoull(at += *at == '.', NULL, 10);
	return sum;
}

static void
a_page_of_long_events_ends_where_it_is_full(void **state)
{
	(void)state;
	char folder[64], reason[241], cursor[256] = "1.1.1.1.1.1.1.1";
	house_folder(folder);
	struct house *house = start(folder, 8, 0);
	memset(reason, 'r', sizeof reason - 1);
	reason[sizeof reason - 1] = '\0';
	for (uint32_t i = 0; i < 8; i++)
		tell_long(house, i, reason);
	bool stands = false;
	for (uint32_t pages = 0; !stands && pages < 200; pages++) {
		char next[256] = "";
		const char *page =
			house_say(house, pages % 8, "HUNT.EVENTS reef FROM %s COUNT 1000", cursor);
		assert_int_equal(sscanf(page, "[%255[0-9.] ", next), 1);
		assert_true(moved(next) <= moved(cursor) + 1000 + 8 * 20);
		stands = strcmp(next, cursor) == 0;
		memcpy(cursor, next, sizeof cursor);
	}
	assert_true(stands);
	assert_true(moved(cursor) > 8 * TALES);
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

/* The clock. */

static int64_t
clock_after_an_award(struct house *house)
{
	house_say(house, 0, "HUNT.AWARD ann reef 1");
	return house_clock(house);
}

static void
wait_for_clock_news(const struct house *house, uint32_t news)
{
	for (uint32_t i = 0; i < 1000 && house_clock_news(house) < news; i++)
		usleep(10000);
	assert_int_equal(house_clock_news(house), news);
}

static void
a_wall_clock_that_was_set_waits_for_an_operator(void **state)
{
	(void)state;
	const int64_t hour = INT64_C(3600000000000);
	char folder[64];
	house_folder(folder);
	struct house *house = start(folder, 2, 0);
	assert_false(hd_runtime_accept_clock(house_runtime(house)));
	int64_t before = clock_after_an_award(house);
	house_set_wall(house, hour);
	wait_for_clock_news(house, 1);
	assert_true(clock_after_an_award(house) - before < hour / 2);
	assert_true(hd_runtime_accept_clock(house_runtime(house)));
	wait_for_clock_news(house, 2);
	assert_true(clock_after_an_award(house) - before > hour);
	SAYS(house, 0, "applied 1 4", "HUNT.AWARD ann reef 1");
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

/* Many in flight at once: credits bound them, all are answered. */
static void
a_flood_is_answered_whole(void **state)
{
	(void)state;
	enum { COUNT = 6000 };
	char folder[64], line[64];
	house_folder(folder);
	struct house *house = start(folder, 4, 3);
	struct house_ask **asks = calloc(COUNT, sizeof(struct house_ask *));
	for (uint32_t i = 0; i < COUNT; i++) {
		if (i % 50 == 49)
			snprintf(line, sizeof line, "BOARD.RANK reef e%u", i % 100);
		else
			snprintf(line, sizeof line, "HUNT.AWARD e%u reef 1", i % 100);
		asks[i] = house_ask(house, i % 4, line);
	}
	uint32_t applied = 0;
	for (uint32_t i = 0; i < COUNT; i++) {
		const char *answer = house_wait(house, asks[i]);
		applied += strncmp(answer, "applied", 7) == 0;
		assert_true(i % 50 == 49 || strncmp(answer, "applied", 7) == 0 ||
			    strncmp(answer, "-BUSY", 5) == 0);
		house_forget(asks[i]);
	}
	assert_true(applied > COUNT / 4);
	free(asks);
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

/* Ranks hold credits of every shard, the asked one's own too: its own writes wait for them. Who
 * takes more than its share is stopped by an assertion. */
static void
own_commands_take_credits_like_others(void **state)
{
	(void)state;
	enum { SHARDS = 16, SHARE = HD_SHARD_CREDITS / SHARDS, COUNT = SHARE + 200 };
	char folder[64], line[64];
	uint32_t own = 0;
	house_folder(folder);
	struct house *house = start(folder, SHARDS, 0);
	struct house_ask *asks[COUNT];
	for (char name[16] = "";; own++) {
		snprintf(name, sizeof name, "e%u", own);
		if (hd_slot_shard(hd_slot(hd_bytes_str(name)), SHARDS) == 3)
			break;
	}
	house_shut(house, 3, true);
	for (uint32_t i = 0; i < COUNT; i++) {
		if (i < SHARE)
			snprintf(line, sizeof line, "BOARD.RANK reef e%u", own);
		else
			snprintf(line, sizeof line, "HUNT.AWARD e%u reef 1", own);
		asks[i] = house_ask(house, 3, line);
	}
	house_shut(house, 3, false);
	for (uint32_t i = 0; i < COUNT; i++) {
		const char *answer = house_wait(house, asks[i]);
		if (i >= SHARE)
			assert_true(atoll(strrchr(answer, ' ')) == i - SHARE + 1);
		house_forget(asks[i]);
	}
	assert_int_equal(house_stop(house), 0);
	house_folder_remove(folder);
}

static void
a_topology_names_every_thread(void **state)
{
	(void)state;
	struct hd_topology topology;
	char text[4096];
	struct hd_writer out = hd_writer_of(text, sizeof text - 1);
	assert_true(hd_topology_plan(&topology, 3));
	assert_int_equal(topology.shards, 3);
	assert_int_equal(topology.rows_count, 3 + HD_THREADS_BESIDE);
	hd_topology_print(&topology, &out);
	*out.at = '\0';
	assert_non_null(strstr(text, "shard 2"));
	assert_non_null(strstr(text, "reducer"));
	assert_non_null(strstr(text, "control"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_topology_names_every_thread),
		cmocka_unit_test(a_hunt_runs_on_one_shard),
		cmocka_unit_test(a_hunt_runs_on_two_shards),
		cmocka_unit_test(a_hunt_runs_on_five_shards_with_rings_of_three),
		cmocka_unit_test(a_hunt_runs_on_eight_shards_with_rings_of_one),
		cmocka_unit_test(documents_have_versions_everywhere),
		cmocka_unit_test(a_file_is_a_new_version_only_if_its_bytes_differ),
		cmocka_unit_test(a_directory_knows_its_owner_and_its_shards),
		cmocka_unit_test(events_come_page_by_page_each_once),
		cmocka_unit_test(events_do_not_end_at_a_damaged_frame),
		cmocka_unit_test(a_page_of_long_events_ends_where_it_is_full),
		cmocka_unit_test(a_wall_clock_that_was_set_waits_for_an_operator),
		cmocka_unit_test(a_flood_is_answered_whole),
		cmocka_unit_test(own_commands_take_credits_like_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
