/* Snapshots at random: of streams of commands, begun and stepped in between; and of bytes that no
 * sweep wrote. HD_SEED picks another run. */
#include "tests/unit/snapshot_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NAMES 40

/* Settles a suspicion, or gives a deal its base. */
static void
random_puzzle(struct hd_world *w, uint64_t *random)
{
	struct hd_want want;
	struct hd_deal deal;
	const struct hd_grant nothing = {.verdict = HD_VERDICT_VOID, .version = 1};
	uint32_t handle = hd_core_suspect_next(w->core, 0);
	char name[64];
	if (handle != 0) {
		hd_core_suspect(w->core, handle, &want);
		assert_true(hd_core_settle(w->core, w->now, &want, &nothing, &w->decision));
		hd_world_take(w);
	}
	snprintf(name, sizeof(name), LONG "-%u", (unsigned)(hd_test_random(random) % NAMES));
	if (hd_core_deal(w->core, 0, 3, hd_bytes_str(name), &deal) && !deal.based)
		hd_world_base(w, 3, name,
			      ((uint64_t)w->core->shard << 40 | 1) + hd_core_bases(w->core) % 4096,
			      (uint32_t)hd_test_random(random));
}

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
	if (want.what == HD_WANT_DEAL && grant.verdict == HD_VERDICT_GONE)
		grant.verdict = HD_VERDICT_VOID;
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
	switch (pick % 9) {
	case 0:
		hd_world_document(w, pick & 16 ? &bay : &bay_later);
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
	case 5:
		random_puzzle(w, random);
		return;
	default:
		hd_world_clock(w, seconds + (int64_t)(pick / 8 % HOUR));
	}
}

static void
random_line(uint64_t *random, char *line, size_t size)
{
	static const char *const guesses[] = {"GOLD", "SILVER", "lead", "iron", "tin", "GOLD"};
	static const char *const phrases[] = {"reef", "sand", "wind", "tide"};
	static const char *const ops[] = {"INCR", "SET", "BEST", "DECR"};
	uint64_t pick = hd_test_random(random), more = hd_test_random(random);
	char name[64];
	snprintf(name, sizeof(name), pick & 1 ? "e%u" : LONG "-%u", (unsigned)(more % NAMES));
	const char *hunt = pick & 2 ? "bay" : "sea";
	int at = 0;
	switch (pick / 4 % 10) {
	case 8:
		snprintf(line, size, "PUZZLE %s %s grid", name, hunt);
		return;
	case 9:
		at = snprintf(line, size, "SUBMIT %s %s grid %s", name, hunt,
			      phrases[more / 64 % 4]);
		break;
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

/* What would come next. */
static void
goes_on(struct hd_world *w, struct hd_core *core)
{
	static const char *const lines[] = {
		"PROGRESS ann bay",
		"PROGRESS bob bay",
		"SUBMIT bob bay c0 iron",
		"HUNTS",
		"SUBMIT bob bay c0 iron AT 12",
		"HINT bob bay c0 2",
		"HISTORY bay",
		"AWARD dan bay 5 ID zoe",
		"SUBMIT cid sea chest GOLD",
		"PUZZLE bob bay grid",
		"PUZZLE dan bay grid",
		"PUZZLE eve sea grid",
		"SUBMIT bob bay grid reef",
		"SUBMIT cid sea grid sand",
	};
	int64_t now = hd_core_stamp(core) + 1;
	struct hd_event event;
	struct hd_want want;
	if (now > INT64_MAX / 2)
		return;
	if (hd_core_hunts(core) > 0)
		hd_core_due(core, now + 1000 * HD_WORLD_DAY, &event);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		hd_world_parse(w, lines[i]);
		hd_core_decide(core, now, &w->command, &w->decision);
	}
	for (uint32_t i = 0; (i = hd_core_want_next(core, i)) != 0;) {
		struct hd_grant grant = {.verdict = HD_VERDICT_GRANTED, .ordinal = 1};
		hd_core_want(core, i, &want);
		hd_core_settle(core, now, &want, &grant, &w->decision);
	}
	for (uint32_t i = 0; (i = hd_core_suspect_next(core, i)) != 0;) {
		struct hd_grant grant = {.verdict = HD_VERDICT_VOID};
		hd_core_suspect(core, i, &want);
		hd_core_grant(core, now, &want, &w->decision, &grant);
		hd_core_settle(core, now, &want, &grant, &w->decision);
	}
}

/* Loads with the digest that the bytes have; what is taken must be whole enough to live with. */
static bool
survives(struct hd_world *w, const uint8_t *bytes, size_t size)
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
	if (good)
		goes_on(w, core);
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
	hd_world_say(w, "PUZZLE yan bay grid");              /* and an open WANT_DEAL */
	hd_world_say(w, "SUBMIT " LONG " bay grid %s", hd_world_dealt(w, 3, "bob"));
	assert_int_equal(hd_core_wants(w->core), 2);
	assert_int_equal(hd_core_suspects(w->core), 1);
	sweep_all(w, &snap, 64);
	assert_true(survives(w, snap.bytes, snap.size));
	uint8_t *bytes = malloc(snap.size);
	for (size_t at = 0; at < snap.size; at++) {
		memcpy(bytes, snap.bytes, snap.size);
		for (int bit = 0; bit < 8; bit++) {
			bytes[at] = snap.bytes[at] ^ (uint8_t)(1 << bit);
			bool good = survives(w, bytes, snap.size);
			taken += good;
			refused += !good;
		}
		survives(w, snap.bytes, at);
	}
	for (int i = 0; i < 4000; i++) {
		memcpy(bytes, snap.bytes, snap.size);
		for (uint64_t n = hd_test_random(&random) % 4 + 1; n > 0; n--) {
			uint64_t pick = hd_test_random(&random);
			size_t from = pick % snap.size, to = pick / 65536 % snap.size;
			size_t most = snap.size - (from > to ? from : to);
			memmove(bytes + to, bytes + from, (pick >> 40) % 64 % most);
		}
		survives(w, bytes, snap.size);
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
		STORY(test_random_streams),
		STORY(test_malformed),
		STORY(test_wrong_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
