/* Snapshots of a core, as stories: what a sweep writes while the game goes on is the state of the
 * moment when it began, and a core made of it goes on as if nothing had been. HD_SEED picks another
 * run of the random ones. */
#include "core/game/object.h"
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
		       {.id = "chest", .by_order = {50, 20, 10}, .stock = 4, .answers = {"GOLD"}}},
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
		       {.id = "chest", .by_order = {50, 20, 10}, .stock = 6, .answers = {"GOLD"}}},
	.text = "hunt: bay # the second\n",
};

static const struct hd_world_hunt sea = {
	.id = "sea",
	.auto_join = true,
	.challenges = {{.id = "c0", .points = 1, .answers = {"GOLD"}},
		       {.id = "c1", .points = 2, .answers = {"GOLD"}},
		       {.id = "chest", .points = 9, .stock = 3, .answers = {"GOLD"}}},
};

/* A core beside the world's. */
static bool
twin_make(struct hd_world *twin, const struct hd_snap *snap)
{
	*twin = (struct hd_world){.memory = hd_test_memory()};
	twin->core = hd_snap_load(snap, &twin->memory);
	return twin->core != NULL;
}

static void
twin_end(struct hd_world *twin)
{
	hd_core_destroy(twin->core);
	assert_true(twin->memory.used == 0);
}

/* Makes the hunt's single truth another core's. */
static void
place_away(struct hd_world *w, uint16_t hunt)
{
	hd_core_place(w->core, 0, 2);
	if (w->core->hunts[hunt]->here)
		hd_core_place(w->core, 1, 2);
	assert_false(w->core->hunts[hunt]->here);
}

static void
sweep_all(struct hd_world *w, struct hd_snap *snap, uint32_t objects)
{
	hd_core_sweep_begin(w->core);
	while (hd_snap_step(snap, w->core, objects))
		;
}

/* The answer of each core to a command, decided now. */
static void
same_answer(struct hd_world *w, const struct hd_core *other, const char *line)
{
	char first[sizeof(w->answer)];
	struct hd_decision decision;
	hd_world_parse(w, line);
	hd_core_decide(w->core, w->now, &w->command, &w->decision);
	strcpy(first, hd_world_answer(w, &w->decision.reply));
	hd_core_decide((struct hd_core *)other, w->now, &w->command, &decision);
	assert_string_equal(first, hd_world_answer(w, &decision.reply));
	assert_int_equal(w->decision.events_count, decision.events_count);
}

/* Something of everything. */
static void
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
	hd_world_clock(w, 3 * DAY + 5);
	hd_world_say(w, "AWARD ann bay -3 SUB 2");
	hd_world_say(w, "JOIN dan bay BRACKET rookie");
	hd_world_say(w, "AWARD dan bay 10");
	hd_world_say(w, "AWARD dan bay 1");
	struct hd_event done = {.type = HD_EVENT_DONE, .stamp = w->now, .order = 2};
	hd_world_happen(w, &done);
}

static void
test_everything(void **state)
{
	struct hd_world *w = *state;
	struct hd_snap snap = {0};
	static const char *const questions[] = {
		"PROGRESS ann bay",
		"PROGRESS bob bay",
		"PROGRESS " LONG " bay",
		"HUNTS",
		"DOCUMENTS",
		"HISTORY bay",
		"GET bay 1",
		"GET bay",
		"GET sea",
		"DIFF bay 1 2",
		"SUBMIT bob bay c0 SILVER",
		"HINT bob bay c0 1",
		"HINT bob bay c0 2",
		"AWARD bob bay 10 ID two",
		"HINT bob bay c0 1 ID four",
		"AWARD ann bay 10 SUB 3 ID one",
		"SUBMIT cid sea chest GOLD",
		"SUBMIT bob bay c0 iron",
		"SUBMIT bob bay c0 iron AT 12",
	};
	live(w);
	for (int documents = 0; documents < 2; documents++) {
		size_t log = w->log_size;
		sweep_all(w, &snap, 3);
		struct hd_world twin;
		assert_true(twin_make(&twin, &snap));
		hd_world_same(w, &twin);
		for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
			same_answer(w, twin.core, questions[i]);
		assert_true(hd_core_order_done(twin.core, 2) && !hd_core_order_done(twin.core, 3));
		assert_true(hd_core_order(twin.core) == hd_core_order(w->core));
		assert_true(hd_core_ids_oldest(twin.core) == hd_core_ids_oldest(w->core));
		assert_true(hd_core_deadline(twin.core) == hd_core_deadline(w->core));
		assert_true(hd_core_grants(twin.core, 1, 2) == 1);
		hd_world_say(w, "AWARD ann bay 50 ID six");
		hd_world_say(w, "SUBMIT ann bay c1 GOLD");
		hd_world_document(w, &bay_later);
		hd_world_clock(w, (documents + 4) * DAY);
		hd_world_say(w, "AWARD bob bay 5");
		hd_world_follow(w, twin.core, log);
		hd_world_same(w, &twin);
		twin_end(&twin);
		snap.size = 0;
	}
	free(snap.bytes);
}

/* Who was changed, or came, while a sweep runs stands in it as before, or not at all. */
static void
test_changes_during_a_sweep(void **state)
{
	struct hd_world *w = *state;
	struct hd_snap snap = {0};
	live(w);
	uint8_t digest[16];
	hd_core_digest(w->core, digest);
	uint64_t used = w->memory.used;
	size_t log = w->log_size;
	hd_core_sweep_begin(w->core);
	uint64_t first = hd_core_sweep_bytes(w->core);
	hd_world_say(w, "AWARD " LONG " bay 1");
	assert_true(hd_core_sweep_bytes(w->core) > first);
	first = hd_core_sweep_bytes(w->core);
	hd_world_say(w, "AWARD " LONG " bay 1");
	hd_world_say(w, "AWARD eva bay 1");
	assert_true(hd_core_sweep_bytes(w->core) == first);
	hd_world_document(w, &bay_later);
	hd_world_phase(w, "sea", HD_PHASE_FROZEN);
	hd_world_document(w, &(struct hd_world_hunt){.id = "new"});
	for (int i = 0; i < 9; i++) /* all ids are forgotten */
		hd_world_say(w, "AWARD eva bay 1 ID new%d AT %d", i, 9 * DAY);
	while (hd_snap_step(&snap, w->core, 1))
		hd_world_say(w, "AWARD bob bay 1");
	assert_memory_equal(snap.digest, digest, sizeof(digest));
	assert_true(hd_core_sweep_bytes(w->core) == 0);
	struct hd_world twin;
	assert_true(twin_make(&twin, &snap));
	hd_core_digest(twin.core, digest);
	assert_memory_equal(snap.digest, digest, sizeof(digest));
	hd_world_follow(w, twin.core, log);
	hd_world_same(w, &twin);
	twin_end(&twin);
	free(snap.bytes);
	assert_true(w->memory.used > used);
}

/* Hunts change by the clock, and by what another shard says, though none of their entrants does. */
static void
test_hunts_change_during_a_sweep(void **state)
{
	struct hd_world *w = *state;
	struct hd_snap snap = {0};
	struct hd_want want;
	struct hd_grant grant = {.verdict = HD_VERDICT_GONE, .version = 1};
	uint8_t digest[16];
	hd_world_document(w, &(struct hd_world_hunt){.id = "tide", .opens = HOUR});
	hd_world_document(w, &bay);
	hd_world_clock(w, 10);
	place_away(w, 1);
	hd_world_say(w, "SUBMIT zoe bay chest GOLD");
	hd_core_want(w->core, hd_core_want_of(w->core, HD_BYTES("zoe")), &want);
	hd_core_digest(w->core, digest);
	hd_core_sweep_begin(w->core);
	hd_world_clock(w, HOUR);
	assert_int_equal(hd_core_phase(w->core, 0), HD_PHASE_OPEN);
	assert_true(hd_core_settle(w->core, w->now, &want, &grant, &w->decision));
	for (uint32_t i = 0; i < w->decision.events_count; i++)
		hd_world_happen(w, &w->decision.events[i]);
	while (hd_snap_step(&snap, w->core, 1))
		;
	assert_memory_equal(snap.digest, digest, sizeof(digest));
	struct hd_world twin;
	assert_true(twin_make(&twin, &snap));
	assert_int_equal(hd_core_phase(twin.core, 0), HD_PHASE_BEFORE);
	assert_int_equal(hd_core_wants(twin.core), 1);
	twin_end(&twin);
	free(snap.bytes);
}

/* Wherever the sweep is, the oldest ids are forgotten, some of those that it has not come to. */
static void
test_ids_forgotten_during_a_sweep(void **state)
{
	struct hd_world *w = *state;
	struct hd_snap snap = {0};
	uint8_t digest[16];
	live(w);
	hd_world_setting(w, "ids_age", 0);
	hd_world_setting(w, "ids_max", 8);
	for (int i = 0; i < 8; i++)
		hd_world_say(w, "AWARD ann bay 1 ID before%d", i);
	for (int steps = 0; steps < 40; steps++) {
		hd_core_digest(w->core, digest);
		hd_core_sweep_begin(w->core);
		for (int i = 0; i < steps && hd_core_sweeping(w->core); i++)
			hd_snap_step(&snap, w->core, 1);
		for (int i = 0; i < 5; i++)
			hd_world_say(w, "AWARD ann bay 1 ID %d-%d", steps, i);
		while (hd_core_sweeping(w->core))
			hd_snap_step(&snap, w->core, 1);
		assert_memory_equal(snap.digest, digest, sizeof(digest));
	}
	free(snap.bytes);
}

static void
test_abandon(void **state)
{
	struct hd_world *w = *state;
	struct hd_snap snap = {0};
	live(w);
	uint64_t used = w->memory.used;
	for (int steps = 0; steps < 4; steps++) {
		hd_core_sweep_begin(w->core);
		for (int i = 0; i < steps; i++)
			hd_snap_step(&snap, w->core, 2);
		assert_true(hd_core_sweeping(w->core));
		hd_core_sweep_abandon(w->core);
		assert_true(w->memory.used == used);
	}
	hd_core_sweep_abandon(w->core); /* none runs */
	assert_true(!hd_core_sweeping(w->core) && hd_core_sweep_bytes(w->core) == 0);
	snap.size = 0;
	sweep_all(w, &snap, 64);
	assert_true(w->memory.used == used);
	struct hd_world twin;
	assert_true(twin_make(&twin, &snap));
	hd_core_sweep_begin(twin.core); /* and destroyed while it runs */
	twin_end(&twin);
	free(snap.bytes);
}

/* A step ends before an object that finds no room, and loses nothing by it. */
static void
test_a_full_writer(void **state)
{
	struct hd_world *w = *state;
	live(w);
	for (int i = 0; i < 40000; i++)
		hd_world_say(w, "AWARD somebody-of-many-%d bay %d", i, i % 50);
	struct hd_snap snap = {.room = 32 * HD_MIB, .bytes = malloc(32 * HD_MIB)};
	hd_core_sweep_begin(w->core);
	bool more = true;
	for (int steps = 0; more; steps++) {
		struct hd_writer out = hd_writer_of(snap.bytes + snap.size, HD_OBJECT_MAX + 4);
		more = hd_core_sweep_step(w->core, UINT32_MAX, &out, snap.digest, &snap.count);
		assert_true(!out.full && (steps > 0 || more));
		snap.size = (size_t)(out.at - snap.bytes);
		hd_world_say(w, "AWARD somebody-of-many-39999 bay 1");
	}
	struct hd_world twin;
	assert_true(twin_make(&twin, &snap));
	assert_true(hd_core_hunt_entrants(twin.core, 0) == 40005);
	twin_end(&twin);
	free(snap.bytes);
}

/* Many ties, in many boards, come back in their order. */
static void
test_ties(void **state)
{
	struct hd_world *w = *state;
	uint64_t random = 7;
	hd_world_document(w, &bay);
	hd_world_clock(w, 10);
	for (int i = 0; i < 150; i++) {
		uint32_t pick = (uint32_t)hd_test_random(&random);
		hd_world_say(w, "AWARD e%d bay %d SUB %d AT %d", i, pick % 3, pick / 4 % 2,
			     10 + pick / 16 % 2);
	}
	hd_world_phase(w, "bay", HD_PHASE_FROZEN);
	for (int i = 0; i < 90; i++) {
		uint32_t pick = (uint32_t)hd_test_random(&random);
		hd_world_say(w, "AWARD e%d bay %d SUB %d", pick % 170, pick / 512 % 3,
			     pick / 2048 % 2);
	}
}

/* Random. */

#define NAMES 40

static void
random_want(struct hd_world *w, uint64_t *random)
{
	uint32_t handle = hd_core_want_next(w->core, 0);
	struct hd_want want;
	if (handle == 0)
		return;
	hd_core_want(w->core, handle, &want);
	struct hd_grant grant = {.verdict = (uint8_t)(hd_test_random(random) % 3),
				 .version = 1,
				 .ordinal = 1 + hd_test_random(random) % 9,
				 .points = 50,
				 .time = w->now};
	bool open = hd_core_settle(w->core, w->now, &want, &grant, &w->decision);
	assert_true(open);
	for (uint32_t i = 0; i < w->decision.events_count; i++)
		hd_world_happen(w, &w->decision.events[i]);
}

static void
random_rare(struct hd_world *w, uint64_t *random)
{
	int64_t seconds = (w->now - HD_WORLD_BEGIN) / HD_WORLD_SECOND;
	struct hd_event done = {.type = HD_EVENT_DONE, .stamp = w->now};
	uint64_t pick = hd_test_random(random);
	switch (pick % 8) {
	case 0:
		hd_world_document(w, pick & 8 ? &bay : &bay_later);
		return;
	case 1:
		hd_world_phase(w, pick & 8 ? "bay" : "sea",
			       pick & 16 ? HD_PHASE_FROZEN : HD_PHASE_OPEN);
		return;
	case 2:
		hd_world_setting(w, "ids_max", (int64_t)(pick / 8 % 20));
		return;
	case 3:
		done.order = 1 + pick / 8 % w->orders;
		hd_world_happen(w, &done);
		return;
	case 4:
		random_want(w, random);
		return;
	default:
		hd_world_clock(w, seconds + (int64_t)(pick / 8 % HOUR));
	}
}

static void
random_line(uint64_t *random, char *line, size_t size)
{
	static const char *const guesses[] = {"GOLD", "SILVER", "lead", "iron", "tin", "GOLD"};
	static const char *const ops[] = {"INCR", "SET", "BEST", "DECR"};
	uint64_t pick = hd_test_random(random), more = hd_test_random(random);
	char name[64];
	snprintf(name, sizeof(name), pick & 1 ? "e%u" : LONG "-%u", (unsigned)(more % NAMES));
	const char *hunt = pick & 2 ? "bay" : "sea";
	int at = 0;
	switch (pick / 4 % 8) {
	case 0:
		at = snprintf(line, size, "JOIN %s %s NAME n%u%s", name, hunt, (unsigned)(more % 9),
			      more & 64 ? " BRACKET rookie" : "");
		break;
	case 1:
	case 2:
		at = snprintf(line, size, "SUBMIT %s %s c%u %s", name, hunt,
			      (unsigned)(more / 64 % 2), guesses[more / 128 % 6]);
		break;
	case 3:
		at = snprintf(line, size, "HINT %s bay c0 %u", name, (unsigned)(1 + more / 64 % 2));
		break;
	case 4:
		at = snprintf(line, size, "SUBMIT %s %s chest GOLD", name, hunt);
		break;
	default:
		at = snprintf(line, size, "AWARD %s %s %u OP %s SUB %u", name, hunt,
			      (unsigned)(more / 64 % 6), ops[more / 1024 % 4],
			      (unsigned)(more / 4096 % 8 == 0));
	}
	if (pick & 1024)
		snprintf(line + at, size - (size_t)at, " ID %u", (unsigned)(pick / 2048 % 400));
}

/* What a sweep has written: as replay up to its beginning, and, followed, as the world is now. */
static void
check(struct hd_world *w, const struct hd_snap *snap, size_t log)
{
	struct hd_world twin, again = {.memory = hd_test_memory()};
	size_t now = w->log_size;
	uint64_t random = now;
	char line[256];
	assert_true(twin_make(&twin, snap));
	again.core = hd_core_create(&again.memory);
	w->log_size = log;
	hd_world_follow(w, again.core, 0);
	w->log_size = now;
	hd_world_same(&again, &twin);
	hd_world_follow(w, twin.core, log);
	hd_world_same(w, &twin);
	hd_core_place(twin.core, w->core->shard, w->core->shards);
	for (int i = 0; i < 20; i++) {
		random_line(&random, line, sizeof(line));
		same_answer(w, twin.core, line);
	}
	twin_end(&twin);
	twin_end(&again);
}

static void
test_random_streams(void **state)
{
	struct hd_world *w = *state;
	const char *given = getenv("HD_SEED");
	uint64_t random = given ? strtoull(given, NULL, 10) : 1;
	struct hd_snap snap = {0};
	uint32_t checked = 0;
	size_t log = 0;
	char line[256];
	hd_world_document(w, &bay);
	hd_world_document(w, &sea);
	hd_world_setting(w, "ids_age", 0);
	hd_world_setting(w, "ids_max", 9);
	place_away(w, 0);
	for (int i = 0; i < 12000; i++) {
		uint64_t pick = hd_test_random(&random);
		if (!hd_core_sweeping(w->core) && pick % 16 == 0) {
			log = w->log_size;
			snap.size = 0;
			hd_core_sweep_begin(w->core);
		}
		if (hd_core_sweeping(w->core) && pick / 16 % 2 == 0 &&
		    !hd_snap_step(&snap, w->core, 1 + (uint32_t)(pick / 32 % 6))) {
			check(w, &snap, log);
			checked++;
		}
		if (pick / 1024 % 12 == 0)
			random_rare(w, &random);
		random_line(&random, line, sizeof(line));
		hd_world_say(w, "%s", line);
	}
	hd_core_sweep_abandon(w->core);
	assert_true(checked > 40);
	free(snap.bytes);
}

/* Bytes that no sweep wrote. */

/* Loads with the digest that the bytes have; what is taken must be whole enough to live with. */
static bool
survives(const uint8_t *bytes, size_t size)
{
	struct hd_memory memory = hd_test_memory();
	struct hd_core *core = hd_core_create(&memory);
	struct hd_reader in = {bytes, bytes + size, false};
	unsigned __int128 sum = 0;
	uint64_t count = 0;
	bool good = true;
	while (good && in.at < in.end) {
		struct hd_bytes object = hd_read_bytes(&in, HD_OBJECT_MAX);
		uint8_t *copy = malloc(object.size + 1); /* its end is a real one */
		if (object.size > 0)
			memcpy(copy, object.at, object.size);
		good = !in.bad && hd_core_load(core, hd_bytes_of(copy, object.size));
		sum += good ? hd_object_hash(object) : 0;
		count++;
		free(copy);
	}
	good = good && hd_core_loaded(core, (const uint8_t *)&sum, count);
	for (uint16_t hunt = 0; good && hunt < hd_core_hunts(core); hunt++)
		for (uint16_t board = 0; board < HD_BOARDS_MAX; board++)
			if (hd_core_board(core, hunt, board) != NULL)
				hd_board_audit(hd_core_board(core, hunt, board));
	hd_core_destroy(core);
	assert_true(memory.used == 0);
	return good;
}

static void
test_malformed(void **state)
{
	struct hd_world *w = *state;
	const char *given = getenv("HD_SEED");
	uint64_t random = given ? strtoull(given, NULL, 10) : 1;
	struct hd_snap snap = {0};
	uint32_t refused = 0, taken = 0;
	live(w);
	place_away(w, 0);
	hd_world_say(w, "SUBMIT zoe bay chest GOLD ID zoe"); /* an open WANT */
	assert_int_equal(hd_core_wants(w->core), 1);
	sweep_all(w, &snap, 64);
	assert_true(survives(snap.bytes, snap.size));
	uint8_t *bytes = malloc(snap.size);
	for (size_t at = 0; at < snap.size; at++) {
		memcpy(bytes, snap.bytes, snap.size);
		for (int bit = 0; bit < 8; bit++) {
			bytes[at] = snap.bytes[at] ^ (uint8_t)(1 << bit);
			bool good = survives(bytes, snap.size);
			taken += good;
			refused += !good;
		}
		survives(snap.bytes, at);
	}
	for (int i = 0; i < 4000; i++) {
		memcpy(bytes, snap.bytes, snap.size);
		for (uint64_t n = hd_test_random(&random) % 4 + 1; n > 0; n--) {
			uint64_t pick = hd_test_random(&random);
			size_t from = pick % snap.size, to = pick / 65536 % snap.size;
			size_t most = snap.size - (from > to ? from : to);
			memmove(bytes + to, bytes + from, (pick >> 40) % 64 % most);
		}
		survives(bytes, snap.size);
	}
	assert_true(refused > 1000 && taken > 100);
	free(bytes);
	free(snap.bytes);
}

/* Each way to be wrong that a digest would find too is told apart. */
static void
test_wrong_ends(void **state)
{
	struct hd_world *w = *state;
	struct hd_snap snap = {0};
	live(w);
	sweep_all(w, &snap, 64);
	struct hd_world twin;
	assert_true(twin_make(&twin, &snap));
	twin_end(&twin);
	snap.count++;
	assert_false(twin_make(&twin, &snap));
	snap.count--;
	snap.digest[5] ^= 1;
	assert_false(twin_make(&twin, &snap));
	struct hd_world empty = {.memory = hd_test_memory()};
	empty.core = hd_core_create(&empty.memory);
	assert_false(hd_core_loaded(empty.core, snap.digest, 0));
	assert_false(hd_core_load(empty.core, HD_BYTES("")));
	assert_false(hd_core_load(empty.core, HD_BYTES("e")));
	twin_end(&empty);
	free(snap.bytes);
}

int
main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, hd_world_setup, hd_world_teardown)
	const struct CMUnitTest tests[] = {
		STORY(test_everything),
		STORY(test_changes_during_a_sweep),
		STORY(test_hunts_change_during_a_sweep),
		STORY(test_ids_forgotten_during_a_sweep),
		STORY(test_abandon),
		STORY(test_a_full_writer),
		STORY(test_ties),
		STORY(test_random_streams),
		STORY(test_malformed),
		STORY(test_wrong_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
