/* What a log may hold and the game cannot take: hd_core_can_apply says so, and what it lets through
 * never breaks an assertion, whatever decodes. HD_SEED picks another run. */
#include "huntd/wire.h"
#include "tests/lib/lib.h"
#include "tests/lib/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROUNDS    400
#define EVENT_MAX 1024
#define LATER_NS  (3 * HD_WORLD_DAY)

enum { MAP, CHEST, GRID, LETTERS };

static const struct hd_world_hunt bay = {
	.id = "bay",
	.auto_join = true,
	.limit = 9,
	.per_window = 2,
	.window = 60,
	.boards = {{.id = "main"},
		   {.id = "young", .bracket = "young"},
		   {.id = "hour", .window = 3600}},
	.challenges =
		{
			{.id = "map",
			 .points = 10,
			 .answers = {"GOLD"},
			 .partial = "TIN",
			 .say = "Warm.",
			 .hints = {{1, "h1"}, {2, "h2"}}},
			{.id = "chest", .stock = 2, .by_order = {30, 20}, .answers = {"X7"}},
			{.id = "grid", .puzzle = "lightsout", .phrases = {"REEF", "SAND", "WIND"}},
			{.id = "letters", .puzzle = "wordsearch"},
		},
};

/* ann has solved map with id i, taken a hint and found the first chest; bob only joined. ann and
 * cat were dealt the grid, cat's has a base, and ann was told of for cat's answer. */
static void
begin(struct hd_world *w)
{
	hd_world_document(w, &bay);
	hd_world_say(w, "JOIN bob bay");
	hd_world_say(w, "SUBMIT ann bay map tin");
	hd_world_say(w, "SUBMIT ann bay map gold ID i");
	hd_world_say(w, "HINT ann bay map 1");
	hd_world_say(w, "SUBMIT ann bay chest x7");
	hd_world_say(w, "PUZZLE ann bay grid");
	hd_world_say(w, "PUZZLE cat bay grid");
	hd_world_say(w, "PUZZLE ann bay letters");
	hd_world_base(w, GRID, "cat", 5, 0);
	hd_world_say(w, "SUBMIT ann bay grid %s", hd_world_dealt(w, GRID, "cat"));
}

#define OF(type_, who) .type = HD_EVENT_##type_, .entrant = HD_BYTES(who)
#define SOLVE          .outcome = HD_OUTCOME_CORRECT
#define MARK           .extra = HD_BYTES("12345678")

static const struct {
	bool good;
	struct hd_event event;
} cases[] = {
	{true, {OF(AWARDED, "bob"), .points = 5}},
	{false, {OF(AWARDED, "eve"), .points = 5}},
	{false, {OF(AWARDED, "bob"), .points = 5, .hunt = 1}},
	{false, {OF(AWARDED, "ann"), .points = INT64_MAX}},
	{true, {OF(ANSWERED, "eve")}},
	{true, {OF(ANSWERED, "ann"), .has = HD_EVENT_HAS_ID, .id = HD_BYTES("j")}},
	{false, {OF(ANSWERED, "ann"), .has = HD_EVENT_HAS_ID, .id = HD_BYTES("i")}},
	{true, {OF(JOINED, "eve")}},
	{false, {OF(JOINED, "bob")}},
	{false, {OF(JOINED, "")}},
	{true, {OF(JUDGED, "bob"), SOLVE}},
	{false, {OF(JUDGED, "ann"), SOLVE}},
	{false, {OF(JUDGED, "bob"), SOLVE, .number = 9}},
	{true, {OF(JUDGED, "bob"), .outcome = HD_OUTCOME_WRONG, MARK}},
	{false, {OF(JUDGED, "bob"), .outcome = HD_OUTCOME_WRONG}},
	{false, {OF(JUDGED, "bob"), .outcome = HD_OUTCOME_LOCKED, MARK}},
	{true, {OF(HINTED, "ann"), .value = 2}},
	{false, {OF(HINTED, "ann"), .value = 1}},
	{false, {OF(HINTED, "bob"), .value = 2}},
	{false, {OF(HINTED, "bob"), .number = 9, .value = 1}},
	{true, {OF(GRANT, "bob"), .number = 1, .value = 2}},
	{false, {OF(GRANT, "bob"), .number = 1, .value = 3}},
	{false, {OF(GRANT, "ann"), .number = 1, .value = 2}},
	{false, {OF(GRANT, "bob"), .number = 9, .value = 1}},
	{true, {OF(GRANTED, "bob"), .number = 1, SOLVE, .order = 2}},
	{false, {OF(GRANTED, "ann"), .number = 1, SOLVE, .order = 2}},
	{false, {OF(GRANTED, "bob"), .number = 1, SOLVE, .order = 2, .value = 77}},
	{true, {OF(GRANTED, "bob"), .number = 1, .outcome = HD_OUTCOME_GONE, .order = 1}},
	{false, {OF(GRANTED, "bob"), .number = 1, .outcome = HD_OUTCOME_GONE}},
	{true, {OF(WANT, "eve"), .number = 1}},
	{false, {OF(WANT, "eve"), .number = 9}},
	{false, {OF(VOIDED, "bob"), .number = 1, .value = 77}},
	{true, {OF(WANT_DEAL, "eve"), .number = GRID}},
	{false, {OF(WANT_DEAL, "eve"), .number = MAP}},
	{false, {OF(WANT_DEAL, "eve"), .number = 9}},
	{false, {OF(WANT_DEAL, "ann"), .number = GRID}},
	{false, {OF(WANT_DEAL, ""), .number = GRID}},
	{true, {OF(ALLOTTED, "eve"), .number = GRID, .value = 2}},
	{false, {OF(ALLOTTED, "eve"), .number = GRID, .value = 1}},
	{false, {OF(ALLOTTED, "eve"), .number = GRID, .value = 3}},
	{false, {OF(ALLOTTED, "eve"), .number = GRID, .value = -1}},
	{false, {OF(ALLOTTED, "eve"), .number = MAP, .value = 0}},
	{false, {OF(ALLOTTED, "ann"), .number = GRID, .value = 2}},
	{true, {OF(DEALT, "bob"), .number = GRID, .order = 7}},
	{false, {OF(DEALT, "bob"), .number = GRID, .order = 7, .value = 77}},
	{false, {OF(DEALT, "bob"), .number = MAP, .order = 7}},
	{false, {OF(DEALT, "ann"), .number = GRID, .order = 7}},
	{false, {OF(DEALT, "eve"), .number = GRID, .order = 7}},
	{true, {OF(BASE, "ann"), .number = GRID, .order = 4}},
	{true, {OF(BASE, "ann"), .number = GRID, .order = 6, .value = UINT32_MAX}},
	{false, {OF(BASE, "ann"), .number = GRID, .order = 6, .value = INT64_C(1) << 32}},
	{false, {OF(BASE, "ann"), .number = GRID, .order = 6, .value = -1}},
	{false, {OF(BASE, "ann"), .number = GRID, .order = 0}},
	{false, {OF(BASE, "ann"), .number = GRID, .order = UINT64_C(1) << 40 | 1}},
	{false, {OF(BASE, "ann"), .number = GRID, .order = UINT64_MAX}},
	{false, {OF(BASE, "cat"), .number = GRID, .order = 6}},
	{false, {OF(BASE, "ann"), .number = LETTERS, .order = 6}}, /* built around its answer */
	{false, {OF(BASE, "bob"), .number = GRID, .order = 6}},
	{true, {OF(SUSPECTED, "ann"), .number = GRID, .order = 1}},
	{false, {OF(SUSPECTED, "bob"), .number = GRID, .order = 1}},
	{false, {OF(SUSPECTED, "eve"), .number = GRID, .order = 1}},
	{false, {OF(SUSPECTED, "ann"), .number = MAP, .order = 1}},
	{true, {OF(SHARED_ANSWER, "bob"), .number = GRID, .order = 1, .extra = HD_BYTES("cat")}},
	{true, {OF(SHARED_ANSWER, "cat"), .number = GRID, .extra = HD_BYTES("ann")}},
	{false, {OF(SHARED_ANSWER, "ann"), .number = GRID, .order = 1, .extra = HD_BYTES("cat")}},
	{false, {OF(SHARED_ANSWER, "bob"), .number = GRID, .order = 1, .extra = HD_BYTES("ann")}},
	{false, {OF(SHARED_ANSWER, "cat"), .number = GRID, .order = 1, .extra = HD_BYTES("cat")}},
	{false, {OF(SHARED_ANSWER, "bob"), .number = GRID, .order = 2, .extra = HD_BYTES("cat")}},
	{false, {OF(CLEARED, "ann"), .number = GRID, .value = 77}},
	{true, {.type = HD_EVENT_DONE, .order = 2}},
	{false, {.type = HD_EVENT_DONE, .order = 3}},
	{false, {.type = HD_EVENT_DONE}},
	{true, {.type = HD_EVENT_PHASE, .value = HD_PHASE_FROZEN}},
	{false, {.type = HD_EVENT_PHASE, .value = HD_PHASE_CLOSED + 1}},
	{false, {.type = HD_EVENT_WINDOW, .number = 0, .value = 1}},
	{false, {.type = HD_EVENT_WINDOW, .number = 9, .value = 1}},
	{false, {.type = HD_EVENT_WINDOW, .number = 9, .value = INT64_MAX}},
	{false, {.type = HD_EVENT_WINDOW, .number = 9, .value = 1}},
	{true, {.type = HD_EVENT_SKIPPED, .number = 99}},
	{false, {.type = HD_EVENT_TYPE_END}},
};

static void
test_each_kind_of_poison(void **state)
{
	struct hd_world *w = *state;
	uint8_t before[16], after[16];
	begin(w);
	hd_core_digest(w->core, before);
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct hd_event event = cases[i].event;
		event.stamp = event.time = w->now;
		if (hd_core_can_apply(w->core, &event) != cases[i].good)
			fail_msg("case %u: %s", i, hd_event_name(event.type));
		event.stamp = hd_core_stamp(w->core);
		assert_false(hd_core_can_apply(w->core, &event));
	}
	hd_core_digest(w->core, after);
	assert_memory_equal(before, after, sizeof before);
}

static bool
can_order(struct hd_world *w, uint64_t n, const struct hd_order *order)
{
	uint8_t bytes[512];
	struct hd_writer out = hd_writer_of(bytes, sizeof bytes);
	hd_order_encode(order, &out);
	struct hd_event event = {.type = HD_EVENT_ORDER,
				 .stamp = w->now,
				 .order = n,
				 .text = hd_bytes_of(bytes, (size_t)(out.at - bytes))};
	return hd_core_can_apply(w->core, &event);
}

static void
test_orders(void **state)
{
	struct hd_world *w = *state;
	begin(w);
	struct hd_order order = {.kind = HD_ORDER_PHASE, .name = HD_BYTES("bay")};
	assert_true(can_order(w, 3, &order));
	assert_false(can_order(w, 2, &order));
	assert_false(can_order(w, 4, &order));
	order.name = HD_BYTES("cay");
	assert_false(can_order(w, 3, &order));
	order = (struct hd_order){.kind = HD_ORDER_SETTING, .name = HD_BYTES("ids_max")};
	assert_true(can_order(w, 3, &order));
	order.value = -1;
	assert_false(can_order(w, 3, &order));
	order = (struct hd_order){.kind = HD_ORDER_SETTING, .name = HD_BYTES("ids_min")};
	assert_false(can_order(w, 3, &order));
	order = (struct hd_order){.kind = HD_ORDER_SECRET,
				  .text = HD_BYTES("0123456789abcdef0123456789ABCDEF")};
	assert_false(can_order(w, 3, &order));
	struct hd_document_version kept;
	assert_true(hd_core_document(w->core, HD_BYTES("bay"), 1, &kept));
	order = (struct hd_order){.kind = HD_ORDER_DOCUMENT,
				  .name = HD_BYTES("bay"),
				  .version = 2,
				  .definition = kept.definition};
	assert_true(can_order(w, 3, &order));
	order.version = 1;
	assert_false(can_order(w, 3, &order));
	order.version = 2;
	order.definition.size--;
	assert_false(can_order(w, 3, &order));
}

/* Random damage. */

static uint64_t random_state;

static uint32_t
below(uint32_t n)
{
	return (uint32_t)(hd_test_random(&random_state) % n);
}

/* Dealt, with a base at once. */
static void
draw(struct hd_world *w, int who, uint64_t count)
{
	char name[8];
	snprintf(name, sizeof name, "u%d", who);
	hd_world_say(w, "PUZZLE %s bay grid", name);
	bool dealt = w->decision.reply.kind == HD_REPLY_PUZZLE && !w->decision.deal.based;
	if (dealt && w->shard == 0) /* no core has bases of two shards */
		hd_world_base(w, GRID, name, count + 1, 0);
}

static void
play(struct hd_world *w)
{
	static const char *const words[] = {"gold", "tin", "iron", "x7"};
	static const char *const phrases[] = {"reef", "sand", "wind", "tide"};
	hd_world_document(w, &bay);
	hd_world_place(w, 1, 2); /* what is shared is asked for */
	for (int i = 0; i < 120; i++) {
		int who = (int)below(6);
		switch (below(8)) {
		case 0:
			hd_world_say(w, "AWARD u%d bay INCR %u", who, below(9));
			break;
		case 1:
			hd_world_say(w, "HINT u%d bay map %u", who, 1 + below(2));
			break;
		case 2:
			hd_world_say(w, "SUBMIT u%d bay chest x7 ID c%u", who, below(4));
			break;
		case 3:
			hd_world_clock(w, (w->now - HD_WORLD_BEGIN) / HD_WORLD_SECOND + 600);
			break;
		case 4:
			if (below(8) == 0)
				hd_world_phase(w, "bay", (enum hd_phase)below(4));
			break;
		case 5:
			draw(w, who, (uint64_t)i);
			break;
		case 6:
			hd_world_say(w, "SUBMIT u%d bay grid %s", who, phrases[below(4)]);
			break;
		default:
			hd_world_say(w, "SUBMIT u%d bay map %s ID %u", who, words[below(4)],
				     below(40));
		}
		if (i % 50 == 49)
			hd_world_place(w, i % 100 == 99, 2);
	}
}

struct stored {
	uint32_t type, size;
	int64_t stamp;
	uint8_t body[EVENT_MAX];
};

static size_t
stored_read(const struct hd_world *w, size_t at, struct stored *stored)
{
	memcpy(stored, w->log + at, 16);
	size_t next = at + 16 + stored->size;
	if (stored->size > EVENT_MAX)
		stored->size = EVENT_MAX;
	memcpy(stored->body, w->log + at + 16, stored->size);
	return next;
}

static void
damage(struct stored *stored)
{
	static const uint8_t edges[] = {0, 1, 2, 8, 0x7f, 0x80, 0xff};
	switch (below(5)) {
	case 0:
		stored->type = below(HD_EVENT_TYPE_END + 1);
		return;
	case 1:
		if (stored->size > 0)
			stored->body[below(stored->size)] = edges[below(sizeof edges)];
		return;
	case 2:
		if (stored->size > 0)
			stored->body[below(stored->size)] ^= (uint8_t)(1u << below(8));
		return;
	case 3:
		stored->body[0] ^= (uint8_t)(1u << below(4)); /* what is flagged */
		return;
	default:
		stored->stamp += below(16) == 0 ? LATER_NS : -LATER_NS;
	}
}

static unsigned taken, refused;

static void
feed(struct hd_core *core, const struct stored *stored)
{
	struct hd_event event;
	if (!hd_event_decode((enum hd_event_type)stored->type, stored->stamp,
			     hd_bytes_of(stored->body, stored->size), &event))
		return;
	bool can = hd_core_can_apply(core, &event);
	taken += can;
	refused += !can;
	if (can)
		hd_core_apply(core, &event);
}

/* One more reading of the log: events are damaged, said twice, or taken from elsewhere. */
static void
read_damaged(const struct hd_world *w)
{
	static struct stored stored, other;
	static struct hd_decision decision;
	struct hd_memory memory = hd_test_memory();
	struct hd_core *core = hd_core_create(&memory);
	size_t from = 0;
	for (size_t at = 0; at < w->log_size;) {
		size_t here = at;
		at = stored_read(w, at, &stored);
		if (below(6) == 0) {
			stored_read(w, below(2) ? from : here, &other);
			other.stamp = stored.stamp - 1;
			if (below(2))
				damage(&other);
			feed(core, &other);
		}
		if (below(16) == 0)
			from = here;
		feed(core, &stored);
	}
	hd_core_build_all(core);
	for (int i = 0; i < 6 && hd_core_hunts(core) > 0; i++) {
		char name[16];
		snprintf(name, sizeof name, "u%d", i);
		struct hd_command command = {.verb = HD_CMD_PROGRESS,
					     .entrant = hd_bytes_str(name),
					     .hunt = HD_BYTES("bay")};
		hd_core_decide(core, hd_core_stamp(core) + 1, &command, &decision);
	}
	uint8_t digest[16];
	hd_core_digest(core, digest);
	hd_core_destroy(core);
	assert_int_equal(memory.used, 0);
}

static void
test_what_passes_can_be_applied(void **state)
{
	struct hd_world *w = *state;
	const char *seed = getenv("HD_SEED");
	random_state = seed ? strtoull(seed, NULL, 0) : 1;
	play(w);
	for (int i = 0; i < ROUNDS; i++)
		read_damaged(w);
	print_message("%u taken, %u refused\n", taken, refused);
	assert_true(taken > ROUNDS * 20 && refused > ROUNDS);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, hd_world_setup, hd_world_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(test_each_kind_of_poison),
		STORY(test_orders),
		STORY(test_what_passes_can_be_applied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
