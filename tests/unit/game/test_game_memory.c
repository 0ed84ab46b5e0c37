/* What the game remembers, as stories: event ids, documents, orders. */
#include "core/game/play.h"
#include "core/veltrix/encoding.h"
#include "tests/lib/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define SAY(line, answer) assert_string_equal(hd_world_say(w, "%s", line), answer)
#define TWICE(line, answer)                                                                        \
	do {                                                                                       \
		SAY(line, answer);                                                                 \
		uint32_t events_ = w->events;                                                      \
		SAY(line, answer);                                                                 \
		assert_int_equal(w->events, events_);                                              \
		assert_int_equal(w->decision.events_count, 0);                                     \
	} while (0)

static const struct hd_world_hunt bay = {
	.id = "bay",
	.limit = 3,
	.challenges = {{.id = "map",
			.points = 100,
			.answers = {"GOLD"},
			.partial = "SILVER",
			.say = "Shinier, and this text is longer than a record's own room.",
			.hints = {{5, "Up, and up again, until there is no more to climb."}}}},
	.text = "hunt: bay\nopens: a\ncloses: b\n",
};

static void
test_retries(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	TWICE("JOIN ann bay NAME Ann ID 1", "+joined");
	TWICE("JOIN ann bay NAME Ann ID 2", "+already");
	TWICE("AWARD ann bay 10 ID 3", "applied 10 10 ''");
	TWICE("AWARD ann bay 0 ID 4", "unchanged 0 10 ''");
	TWICE("SUBMIT ann bay map lead ID 5", "wrong 0 10 '2'");
	TWICE("SUBMIT ann bay map lead ID 6", "duplicate 0 10 ''");
	TWICE("SUBMIT ann bay map silver ID 7",
	      "partial 0 10 'Shinier, and this text is longer than a record's own room.'");
	TWICE("HINT ann bay map 1 ID 8", "'Up, and up again, until there is no more to climb.'");
	TWICE("HINT ann bay map 1 ID 9", "'Up, and up again, until there is no more to climb.'");
	TWICE("SUBMIT ann bay map gold ID 10", "correct 100 105 ''");
	TWICE("SUBMIT ann bay map gold ID 11", "solved 0 105 ''");
	/* What was answered stays, whatever has happened since. */
	SAY("SUBMIT ann bay map lead ID 5", "wrong 0 10 '2'");
	SAY("AWARD ann bay 10 ID 3", "applied 10 10 ''");
	hd_world_phase(w, "bay", HD_PHASE_CLOSED);
	TWICE("SUBMIT ann bay map gold ID 12", "closed 0 105 ''");
	SAY("SUBMIT ann bay map gold ID 10", "correct 100 105 ''");
}

static void
test_mismatch(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	SAY("JOIN ann bay", "+joined");
	SAY("JOIN bob bay", "+joined");
	SAY("AWARD ann bay 10 ID k", "applied 10 10 ''");
	SAY("AWARD ann bay 11 ID k", "-IDMISMATCH");
	SAY("AWARD ann bay 10 SUB 1 ID k", "-IDMISMATCH");
	SAY("AWARD ann bay 10 OP SET ID k", "-IDMISMATCH");
	SAY("AWARD ann bay 10 REASON why ID k", "-IDMISMATCH");
	SAY("AWARD ann bay 10 AT 5 ID k", "-IDMISMATCH");
	SAY("AWARD ann cove 10 ID k", "-IDMISMATCH");
	SAY("SUBMIT ann bay map gold ID k", "-IDMISMATCH");
	/* What means the same is the same. */
	SAY("AWARD ann bay 10 SUB 0 ID k", "applied 10 10 ''");
	SAY("AWARD ann bay 10 OP INCR ID k", "applied 10 10 ''");
	SAY("AWARD ann bay 10 OP INCR SUB 0 ID k", "applied 10 10 ''");
	/* An id belongs to its entrant; an error leaves it free. */
	SAY("AWARD bob bay 10 ID k", "applied 10 10 ''");
	SAY("AWARD ann cove 10 ID free", "-NOHUNT");
	SAY("AWARD ann bay 1 ID free", "applied 1 11 ''");
	assert_int_equal(hd_core_ids(w->core), 3);
}

static void
test_forgetting(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	hd_world_setting(w, "ids_max", 10);
	hd_world_setting(w, "ids_age", 60 * HD_WORLD_SECOND);
	SAY("JOIN ann bay", "+joined");
	for (int i = 1; i <= 30; i++) {
		hd_world_clock(w, i);
		hd_world_say(w, "AWARD ann bay 1 ID k%d", i);
	}
	assert_int_equal(hd_core_ids(w->core), 30); /* all are young */
	assert_true(hd_core_ids_oldest(w->core) == HD_WORLD_BEGIN + HD_WORLD_SECOND);
	hd_world_clock(w, 65);
	SAY("AWARD ann bay 1 ID k1", "applied 1 1 ''");  /* still known */
	SAY("AWARD ann bay 1 ID l1", "applied 1 31 ''"); /* four of the oldest go */
	assert_int_equal(hd_core_ids(w->core), 27);
	SAY("AWARD ann bay 1 ID k4", "applied 1 32 ''"); /* no longer known; k5 is 60 s old */
	assert_int_equal(hd_core_ids(w->core), 27);
	SAY("AWARD ann bay 1 ID k6", "applied 1 6 ''");
	hd_world_clock(w, 1000);
	for (int i = 1; i <= 10; i++)
		hd_world_say(w, "AWARD ann bay 1 ID m%d", i);
	assert_int_equal(hd_core_ids(w->core), 10); /* the newest stay, however old they get */
	hd_world_clock(w, 100000);
	SAY("AWARD ann bay 1 ID m1", "applied 1 33 ''");
	SAY("AWARD ann bay 1 ID m10", "applied 1 42 ''");
}

static void
test_documents(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt hunt = bay, cove = bay;
	SAY("HUNTS", "[]");
	SAY("DOCUMENTS", "[]");
	SAY("GET bay", "nil");
	SAY("HISTORY bay", "[]");
	hunt.source = "bay.yaml";
	hd_world_document(w, &hunt);
	cove.id = "cove";
	hd_world_document(w, &cove);
	hd_world_clock(w, 7);
	hunt.source = "";
	hunt.text = "hunt: bay\ntitle: t\ncloses: b\nopens: c";
	hd_world_document(w, &hunt);
	SAY("HUNTS", "[bay cove]");
	SAY("DOCUMENTS", "[[bay hunt 2] [cove hunt 1]]");
	SAY("GET bay 1", "'hunt: bay\nopens: a\ncloses: b\n'");
	SAY("GET bay", "'hunt: bay\ntitle: t\ncloses: b\nopens: c'");
	SAY("GET bay 3", "nil");
	SAY("HISTORY bay", "[[2 1728000007000 37 ] [1 1728000000000 29 bay.yaml]]");
	SAY("DIFF bay 1 2", "[-opens: a +title: t +opens: c]");
	SAY("DIFF bay 2 1", "[-title: t +opens: a -opens: c]");
	SAY("DIFF bay 1 1", "[]");
	SAY("DIFF bay 1", "[-opens: a +title: t +opens: c]"); /* to the one in force */
	SAY("DIFF bay 1 3", "nil");
	struct hd_document_version version;
	assert_true(
		hd_core_document_from(w->core, HD_BYTES("bay"), HD_BYTES("bay.yaml"), &version));
	assert_int_equal(version.version, 1);
	assert_false(hd_core_document_from(w->core, HD_BYTES("bay"), HD_BYTES("x.yaml"), &version));
}

static void
test_a_new_version_keeps_what_was_reached(void **state)
{
	struct hd_world *w = *state;
	struct hd_world_hunt hunt = bay;
	hd_world_document(w, &hunt);
	SAY("JOIN ann bay", "+joined");
	SAY("SUBMIT ann bay map lead", "wrong 0 0 '2'");
	SAY("SUBMIT ann bay map gold", "correct 100 100 ''");
	hunt.challenges[0].gone = true;
	hunt.challenges[1] =
		(struct hd_world_challenge){.id = "cave", .points = 1, .answers = {"A"}};
	hd_world_document(w, &hunt);
	SAY("SUBMIT ann bay map gold", "-NOCHALLENGE");
	SAY("PROGRESS ann bay", "{score 100 subscore 0 solved [map] open [cave] locked [] "
				"guesses 1 hints 0 position 1728000000000.000004}");
	hunt.challenges[0].gone = false;
	hunt.challenges[0].points = 7;
	hd_world_document(w, &hunt);
	SAY("SUBMIT ann bay map gold", "solved 0 100 ''");
}

static void
test_orders_done(void **state)
{
	struct hd_world *w = *state;
	hd_world_document(w, &bay);
	assert_int_equal(hd_core_order(w->core), 2);
	assert_false(hd_core_order_done(w->core, 2));
	struct hd_event done = {.type = HD_EVENT_DONE, .order = 2, .stamp = w->now, .time = w->now};
	hd_core_apply(w->core, &done);
	w->now++;
	assert_true(hd_core_order_done(w->core, 2));
	assert_false(hd_core_order_done(w->core, 1));
	assert_memory_equal(hd_core_secret(w->core), "0123456789abcdef0123456789ABCDEF", 32);
	hd_world_fini(w);
	hd_world_init(w); /* the log lacks the DONE: nothing to replay */
}

/* A play block may outgrow every class of the pools, and go on. */
static void
test_much_play(void **state)
{
	struct hd_world *w = *state;
	struct hd_plays plays = {0};
	hd_plays_init(&plays, &w->memory);
	uint32_t play = hd_play_create(&plays);
	for (uint16_t i = 0; i < HD_CHALLENGES_MAX; i++) {
		uint16_t number = (uint16_t)(i * 389 % HD_CHALLENGES_MAX);
		struct hd_item *item =
			hd_item_make(&plays, &play, HD_ITEM_CELL, number, HD_CELL_WORDS);
		item = hd_item_grow(&plays, &play, item, HD_CELL_WORDS + HD_GUESSES_KEPT);
		hd_item_cell(item)->wrong = number;
		hd_item_cell(item)->guesses[HD_GUESSES_KEPT - 1] = number;
	}
	struct hd_play *block = hd_play_at(&plays, play);
	struct hd_item *item = hd_item_first(block, HD_ITEM_CELL);
	for (uint16_t i = 0; i < HD_CHALLENGES_MAX; i++, item = hd_item_next(block, item)) {
		assert_int_equal(item->number, i);
		assert_int_equal(hd_item_cell(item)->wrong, i);
		assert_int_equal(hd_item_cell(item)->guesses[HD_GUESSES_KEPT - 1], i);
	}
	assert_null(item);
	hd_plays_fini(&plays);
}

/* A document of as many challenges as there may be, c0, c1, ...: some of them gone. */
static void
order_many(struct hd_world *w, uint32_t version, uint32_t gone_every)
{
	static uint8_t encoding[128 * HD_KIB], body[160 * HD_KIB];
	struct hd_board_rule board = {.id = HD_BYTES("main")};
	struct hd_definition definition = {.version = version,
					   .id = HD_BYTES("many"),
					   .opens = INT64_MIN,
					   .freezes = HD_NEVER,
					   .closes = HD_NEVER,
					   .boards = &board,
					   .boards_count = 1,
					   .challenges_count = HD_CHALLENGES_MAX};
	struct hd_writer out = hd_writer_of(encoding, sizeof(encoding));
	hd_definition_write_head(&definition, &out);
	for (uint32_t i = 0; i < HD_CHALLENGES_MAX; i++) {
		char id[16];
		snprintf(id, sizeof(id), "c%u", i);
		const struct hd_challenge challenge = {.gone = gone_every != 0 &&
							       i % gone_every == 0,
						       .id = hd_bytes_str(id),
						       .title = HD_BYTES("A title"),
						       .points_count = 1,
						       .points = &(int64_t){1}};
		hd_definition_write_challenge(&challenge, &out);
		if (challenge.gone)
			continue;
		hd_write_varint(&out, 1); /* answers; no expressions, partials or hints */
		hd_write_bytes(&out, HD_BYTES("GOLD"));
		for (int none = 0; none < 3; none++)
			hd_write_varint(&out, 0);
	}
	struct hd_order order = {.kind = HD_ORDER_DOCUMENT,
				 .name = definition.id,
				 .version = version,
				 .text = HD_BYTES("hunt: many\n"),
				 .definition = hd_bytes_of(encoding, (size_t)(out.at - encoding))};
	struct hd_writer to = hd_writer_of(body, sizeof(body));
	hd_order_encode(&order, &to);
	assert_false(out.full || to.full);
	struct hd_event event = {.type = HD_EVENT_ORDER,
				 .stamp = w->now,
				 .time = w->now,
				 .order = hd_core_order(w->core) + 1,
				 .text = hd_bytes_of(body, (size_t)(to.at - body))};
	hd_core_apply(w->core, &event);
	w->now++;
}

static void
test_progress_over_many_challenges(void **state)
{
	struct hd_world *w = *state;
	char expected[8192];
	order_many(w, 1, 0);
	SAY("JOIN ann many", "+joined");
	for (uint32_t i = 0; i < HD_CHALLENGES_MAX; i++) {
		uint32_t number = i * 389 % HD_CHALLENGES_MAX;
		if (number % 3 == 0)
			hd_world_say(w, "SUBMIT ann many c%u gold", number);
		else if (number % 3 == 1)
			hd_world_say(w, "SUBMIT ann many c%u lead", number);
	}
	order_many(w, 2, 4);
	int64_t last = hd_core_stamp(w->core) - 1; /* before the second document came */
	size_t at = (size_t)snprintf(expected, sizeof expected, "{score 342 subscore 0 solved [");
	for (uint32_t i = 0; i < HD_CHALLENGES_MAX; i++)
		if (i % 3 == 0) /* what is gone stays solved */
			at += (size_t)snprintf(expected + at, sizeof expected - at,
					       i ? " c%u" : "c%u", i);
	at += (size_t)snprintf(expected + at, sizeof expected - at, "] open [");
	for (uint32_t i = 0; i < HD_CHALLENGES_MAX; i++)
		if (i % 3 != 0 && i % 4 != 0)
			at += (size_t)snprintf(expected + at, sizeof expected - at,
					       i > 1 ? " c%u" : "c%u", i);
	snprintf(expected + at, sizeof expected - at,
		 "] locked [] guesses 341 hints 0 position %lld.%06lld}",
		 (long long)(last / 1000000), (long long)(last % 1000000));
	SAY("PROGRESS ann many", expected);
	hd_world_fini(w);
	hd_world_init(w); /* the log lacks the documents: nothing to replay */
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, hd_world_setup, hd_world_teardown)
	const struct CMUnitTest tests[] = {
		STORY(test_retries),
		STORY(test_mismatch),
		STORY(test_forgetting),
		STORY(test_documents),
		STORY(test_a_new_version_keeps_what_was_reached),
		STORY(test_orders_done),
		STORY(test_much_play),
		STORY(test_progress_over_many_challenges),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
