/* Snapshots of a core, as stories: what a sweep writes while the game goes on is the state of the
 * moment when it began, and a core made of it goes on as if nothing had been. */
#include "tests/unit/snapshot_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

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
		"PUZZLE bob bay grid",
		"PUZZLE " LONG " bay grid",
		"PUZZLE ann bay grid",
		"SUBMIT bob bay grid tide",
		"SUBMIT ann sea grid tide",
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
	hd_world_base(w, 3, "bob", 9, 0);
	hd_world_say(w, "PUZZLE eva bay grid");
	hd_world_say(w, "SUBMIT " LONG " bay grid %s", hd_world_dealt(w, 3, "bob"));
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

/* Two are dealt by another shard, and one sends the other's answer. */
static void
suspect(struct hd_world *w)
{
	static const char *const names[] = {"ann", "bob"};
	struct hd_want want;
	for (uint64_t i = 0; i < 2; i++) {
		const struct hd_grant grant = {.version = 1, .ordinal = i + 1};
		hd_world_say(w, "PUZZLE %s bay grid", names[i]);
		hd_core_want(w->core, hd_core_want_of(w->core, hd_bytes_str(names[i])), &want);
		assert_true(hd_core_settle(w->core, w->now, &want, &grant, &w->decision));
		hd_world_take(w);
	}
	struct hd_deal other;
	uint8_t answer[HD_PHRASE_MAX];
	assert_true(hd_core_deal(w->core, 1, 3, HD_BYTES("ann"), &other));
	uint32_t size = hd_core_deal_answer(w->core, &other, answer);
	hd_world_say(w, "SUBMIT bob bay grid %.*s", (int)size, (const char *)answer);
	assert_int_equal(hd_core_suspects(w->core), 1);
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
	suspect(w);
	hd_core_digest(w->core, digest);
	hd_core_sweep_begin(w->core);
	hd_world_clock(w, HOUR);
	assert_int_equal(hd_core_phase(w->core, 0), HD_PHASE_OPEN);
	assert_true(hd_core_settle(w->core, w->now, &want, &grant, &w->decision));
	for (uint32_t i = 0; i < w->decision.events_count; i++)
		hd_world_happen(w, &w->decision.events[i]);
	hd_core_suspect(w->core, hd_core_suspect_next(w->core, 0), &want);
	grant.verdict = HD_VERDICT_VOID;
	assert_true(hd_core_settle(w->core, w->now, &want, &grant, &w->decision));
	hd_world_take(w);
	while (hd_snap_step(&snap, w->core, 1))
		;
	assert_memory_equal(snap.digest, digest, sizeof(digest));
	struct hd_world twin;
	assert_true(twin_make(&twin, &snap));
	assert_int_equal(hd_core_phase(twin.core, 0), HD_PHASE_BEFORE);
	assert_int_equal(hd_core_wants(twin.core), 1);
	assert_int_equal(hd_core_suspects(twin.core), 1);
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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
