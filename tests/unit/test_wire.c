/* Everything that is encoded comes back as it was, cut bytes are refused, and no bytes at all can
 * make a decoder read past the end (inputs stand in blocks of their own size, for ASan to watch).
 */
#include "huntd/event.h"
#include "huntd/order.h"
#include "huntd/wire.h"
#include "tests/lib/lib.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROUNDS = 20000, BUFFER = 8192 };

static uint8_t pool_of_bytes[4096];

static uint64_t
below(uint64_t *seed, uint64_t limit)
{
	return hd_test_random(seed) % limit;
}

static int64_t
some_number(uint64_t *seed)
{
	int64_t wide = (int64_t)hd_test_random(seed);
	static const int64_t edges[] = {0, 1, -1, 63, 64, -64, -65, INT64_MAX, INT64_MIN};
	return wide & 1 ? edges[below(seed, 9)] : wide >> below(seed, 64);
}

static struct hd_bytes
some_bytes(uint64_t *seed, uint32_t max)
{
	uint32_t size = (uint32_t)below(seed, (below(seed, 8) ? (max < 20 ? max : 20) : max) + 1);
	if (size == 0)
		return (struct hd_bytes){0};
	return hd_bytes_of(pool_of_bytes + below(seed, sizeof(pool_of_bytes) - size), size);
}

static void *
own_block(struct hd_bytes bytes)
{
	uint8_t *block = malloc(bytes.size ? bytes.size : 1);
	if (bytes.size)
		memcpy(block, bytes.at, bytes.size);
	return block;
}

static void
same_bytes(struct hd_bytes a, struct hd_bytes b)
{
	assert_true(hd_bytes_equal(a, b));
}

/* What a body may hold, by the letters of its fields. */
static const struct {
	const char *fields;
	uint32_t text;
} bodies[HD_EVENT_TYPE_END] = {
	/* n order, h hunt, e entrant, # number, o op, r outcome, p points, v value, x extra */
	[HD_EVENT_ORDER] = {"n", 3000},
	[HD_EVENT_DONE] = {"n", 0},
	[HD_EVENT_PHASE] = {"hv", 0},
	[HD_EVENT_WINDOW] = {"h#v", 0},
	[HD_EVENT_JOINED] = {"hex", HD_NAME_MAX},
	[HD_EVENT_AWARDED] = {"heop", HD_REASON_MAX},
	[HD_EVENT_JUDGED] = {"he#rpx", HD_ANSWER_MAX},
	[HD_EVENT_HINTED] = {"he#pv", 0},
	[HD_EVENT_ANSWERED] = {"herpv", 0},
	[HD_EVENT_WANT] = {"he#", HD_ANSWER_MAX},
	[HD_EVENT_GRANT] = {"he#pv", 0},
	[HD_EVENT_GRANTED] = {"nhe#rpv", HD_ANSWER_MAX},
	[HD_EVENT_VOIDED] = {"he#v", 0},
	[HD_EVENT_SKIPPED] = {"#", 0},
	[HD_EVENT_WANT_DEAL] = {"he#", 0},
	[HD_EVENT_ALLOTTED] = {"he#v", 0},
	[HD_EVENT_DEALT] = {"nhe#v", 0},
	[HD_EVENT_BASE] = {"nhe#v", 0},
	[HD_EVENT_SUSPECTED] = {"nhe#", 0},
	[HD_EVENT_SHARED_ANSWER] = {"nhe#x", 0},
	[HD_EVENT_CLEARED] = {"he#v", 0},
};

static struct hd_event
some_event(uint64_t *seed)
{
	struct hd_event e = {.type = (uint8_t)(1 + below(seed, HD_EVENT_TYPE_END - 1))};
	const char *fields = bodies[e.type].fields;
	e.stamp = e.time = some_number(seed);
	e.text = some_bytes(seed, bodies[e.type].text);
	if (strchr(fields, 'n'))
		e.order = hd_test_random(seed);
	if (strchr(fields, 'h'))
		e.hunt = (uint16_t)below(seed, HD_HUNTS_MAX);
	if (strchr(fields, 'e'))
		e.entrant = some_bytes(seed, HD_ID_MAX);
	if (strchr(fields, '#'))
		e.number = (uint32_t)hd_test_random(seed);
	if (strchr(fields, 'o'))
		e.op = (uint8_t)below(seed, 4);
	if (strchr(fields, 'r'))
		e.outcome = (uint8_t)below(seed, HD_OUTCOME_COUNT);
	if (strchr(fields, 'p'))
		e.points = some_number(seed);
	if (strchr(fields, 'v'))
		e.value = some_number(seed);
	if (strchr(fields, 'x'))
		e.extra = some_bytes(seed, HD_ID_MAX);
	return e;
}

static void
some_flags(uint64_t *seed, struct hd_event *e)
{
	e->has = (uint8_t)below(seed, 16);
	if (e->has & HD_EVENT_HAS_AT)
		e->time = some_number(seed);
	if (e->has & HD_EVENT_HAS_SUB)
		e->sub = some_number(seed);
	if (e->has & HD_EVENT_HAS_BY)
		e->by = some_bytes(seed, HD_ID_MAX);
	if (e->has & HD_EVENT_HAS_ID) {
		e->id = some_bytes(seed, HD_EVENT_ID_MAX);
		e->outcome = (uint8_t)below(seed, HD_OUTCOME_COUNT);
		e->detail = some_bytes(seed, HD_TEXT_MAX);
		for (int i = 0; i < 16; i++)
			e->args_hash[i] = (uint8_t)hd_test_random(seed);
	}
}

static void
same_event(const struct hd_event *a, const struct hd_event *b)
{
	assert_true(a->type == b->type && a->has == b->has && a->outcome == b->outcome);
	assert_true(a->op == b->op && a->hunt == b->hunt && a->number == b->number);
	assert_true(a->stamp == b->stamp && a->time == b->time && a->points == b->points);
	assert_true(a->sub == b->sub && a->value == b->value && a->order == b->order);
	assert_memory_equal(a->args_hash, b->args_hash, sizeof(a->args_hash));
	same_bytes(a->entrant, b->entrant);
	same_bytes(a->text, b->text);
	same_bytes(a->extra, b->extra);
	same_bytes(a->by, b->by);
	same_bytes(a->id, b->id);
	same_bytes(a->detail, b->detail);
}

static void
events_come_back_as_they_were(void **state)
{
	(void)state;
	uint64_t seed = 11;
	for (int round = 0; round < ROUNDS; round++) {
		uint8_t buffer[BUFFER];
		struct hd_event event = some_event(&seed), got;
		some_flags(&seed, &event);
		struct hd_writer w = hd_writer_of(buffer, hd_event_size_max(&event));
		hd_event_encode(&event, &w);
		assert_false(w.full);
		struct hd_bytes body = hd_bytes_of(buffer, (size_t)(w.at - buffer));
		assert_true(hd_event_decode(event.type, event.stamp, body, &got));
		same_event(&event, &got);
		w = hd_writer_of(buffer, body.size - 1);
		hd_event_encode(&event, &w);
		assert_true(w.full);
	}
}

static void
an_award_is_small(void **state)
{
	(void)state;
	struct hd_event event = {.type = HD_EVENT_AWARDED,
				 .hunt = 3,
				 .points = 10,
				 .entrant = HD_BYTES("key:000000123456")};
	uint8_t buffer[256];
	struct hd_writer w = hd_writer_of(buffer, sizeof(buffer));
	hd_event_encode(&event, &w);
	assert_int_equal(w.at - buffer, 22);
}

static struct hd_order
some_order(uint64_t *seed)
{
	struct hd_order o = {.kind = (uint8_t)(1 + below(seed, 4))};
	if (o.kind == HD_ORDER_SECRET) {
		o.text = hd_bytes_of(pool_of_bytes, 32);
		return o;
	}
	o.name = some_bytes(seed, HD_ID_MAX);
	if (o.kind == HD_ORDER_PHASE)
		o.phase = (uint8_t)below(seed, 4);
	if (o.kind == HD_ORDER_SETTING)
		o.value = some_number(seed);
	if (o.kind == HD_ORDER_DOCUMENT) {
		o.version = (uint32_t)hd_test_random(seed) | 1;
		o.source = some_bytes(seed, 200);
		o.text = some_bytes(seed, 3000);
		o.definition = some_bytes(seed, 3000);
	}
	return o;
}

static struct hd_command
some_command(uint64_t *seed)
{
	struct hd_command c = {.verb = (uint8_t)below(seed, HD_CMD_HELLO)};
	c.op = (uint8_t)below(seed, 4);
	c.mode = (uint8_t)below(seed, 3);
	c.view = (uint8_t)below(seed, 3);
	c.given = (uint16_t)below(seed, 2 * HD_GIVEN_REASON);
	c.slot = (uint16_t)below(seed, HD_SLOTS);
	c.entrant = some_bytes(seed, HD_ID_MAX);
	c.hunt = some_bytes(seed, HD_ID_MAX);
	if (below(seed, 2)) {
		c.points = some_number(seed);
		return c;
	}
	c.challenge = some_bytes(seed, HD_ID_MAX);
	c.text = some_bytes(seed, 3000);
	c.board = some_bytes(seed, HD_ID_MAX);
	c.by = some_bytes(seed, HD_ID_MAX);
	c.id = some_bytes(seed, HD_ID_MAX);
	c.sub = some_number(seed);
	c.at = some_number(seed);
	c.count = (uint32_t)hd_test_random(seed);
	c.offset = hd_test_random(seed);
	return c;
}

static void
same_command(const struct hd_command *a, const struct hd_command *b)
{
	assert_true(a->verb == b->verb && a->op == b->op && a->mode == b->mode);
	assert_true(a->view == b->view && a->given == b->given && a->slot == b->slot);
	assert_true(a->count == b->count && a->offset == b->offset && a->at == b->at);
	assert_true(a->points == b->points && a->sub == b->sub);
	same_bytes(a->entrant, b->entrant);
	same_bytes(a->hunt, b->hunt);
	same_bytes(a->challenge, b->challenge);
	same_bytes(a->text, b->text);
	same_bytes(a->board, b->board);
	same_bytes(a->by, b->by);
	same_bytes(a->id, b->id);
}

static struct hd_reply
some_reply(uint64_t *seed)
{
	struct hd_reply r = {.kind = (uint8_t)below(seed, HD_REPLY_VALUE + 1)};
	if (r.kind == HD_REPLY_ERROR)
		r.error = (uint8_t)below(seed, HD_ERROR_COUNT);
	if (r.kind == HD_REPLY_OUTCOME) {
		r.outcome = (uint8_t)below(seed, HD_OUTCOME_COUNT);
		r.number = below(seed, 2);
		r.score = some_number(seed);
	}
	if (r.kind == HD_REPLY_OUTCOME || r.kind == HD_REPLY_INTEGER)
		r.points = some_number(seed);
	if (r.number)
		r.detail_number = some_number(seed);
	else if (r.kind != HD_REPLY_INTEGER && r.kind != HD_REPLY_NIL)
		r.detail = some_bytes(seed, 3000);
	return r;
}

static void
orders_come_back_as_they_were(void **state)
{
	(void)state;
	uint64_t seed = 12;
	for (int round = 0; round < ROUNDS; round++) {
		uint8_t buffer[BUFFER];
		struct hd_order order = some_order(&seed), got;
		struct hd_writer w = hd_writer_of(buffer, sizeof(buffer));
		hd_order_encode(&order, &w);
		assert_true(hd_order_decode(hd_bytes_of(buffer, (size_t)(w.at - buffer)), &got));
		assert_true(order.kind == got.kind && order.phase == got.phase);
		assert_true(order.version == got.version && order.value == got.value);
		same_bytes(order.name, got.name);
		same_bytes(order.source, got.source);
		same_bytes(order.text, got.text);
		same_bytes(order.definition, got.definition);
	}
}

static void
commands_and_replies_come_back_as_they_were(void **state)
{
	(void)state;
	uint64_t seed = 13;
	for (int round = 0; round < ROUNDS; round++) {
		uint8_t buffer[BUFFER];
		struct hd_command command = some_command(&seed), got;
		struct hd_writer w = hd_writer_of(buffer, hd_command_size_max(&command));
		hd_command_encode(&command, &w);
		assert_false(w.full);
		assert_true(hd_command_decode(hd_bytes_of(buffer, (size_t)(w.at - buffer)), &got));
		same_command(&command, &got);

		struct hd_reply reply = some_reply(&seed), back;
		w = hd_writer_of(buffer, hd_reply_size_max(&reply));
		hd_reply_encode(&reply, &w);
		assert_false(w.full);
		assert_true(hd_reply_decode(hd_bytes_of(buffer, (size_t)(w.at - buffer)), &back));
		assert_true(reply.kind == back.kind && reply.error == back.error);
		assert_true(reply.outcome == back.outcome && reply.number == back.number);
		assert_true(reply.points == back.points && reply.score == back.score);
		assert_true(reply.detail_number == back.detail_number);
		same_bytes(reply.detail, back.detail);
	}
}

static struct hd_want
some_want(uint64_t *seed)
{
	struct hd_want want = {
		.what = (uint8_t)below(seed, HD_WANT_SUSPECT + 1),
		.stamp = 1 + (some_number(seed) & INT64_MAX) / 2,
		.hunt = (uint16_t)below(seed, HD_HUNTS_MAX),
		.challenge = (uint32_t)below(seed, HD_CHALLENGES_MAX),
		.has_at = below(seed, 2) != 0,
		.entrant = some_bytes(seed, HD_ID_MAX),
	};
	if (want.what == HD_WANT_SUSPECT)
		want.d = hd_test_random(seed);
	if (want.has_at)
		want.at = some_number(seed);
	if (want.entrant.size == 0)
		want.entrant = HD_BYTES("ann");
	return want;
}

/* Stock alone can be gone, and of a suspicion E learns nothing. */
static struct hd_grant
some_grant(uint64_t *seed, const struct hd_want *want)
{
	struct hd_grant grant = {.verdict = (uint8_t)below(seed, HD_VERDICT_VOID + 1),
				 .version = (uint32_t)hd_test_random(seed)};
	if (want->what == HD_WANT_SUSPECT)
		grant.verdict = HD_VERDICT_VOID;
	if (want->what == HD_WANT_DEAL && grant.verdict == HD_VERDICT_GONE)
		grant.verdict = HD_VERDICT_GRANTED;
	if (grant.verdict != HD_VERDICT_GRANTED)
		return grant;
	grant.ordinal = 1 + below(seed, UINT64_MAX);
	grant.points = some_number(seed);
	grant.time = some_number(seed);
	return grant;
}

static void
same_want(const struct hd_want *a, const struct hd_want *b)
{
	assert_true(a->stamp == b->stamp && a->hunt == b->hunt && a->challenge == b->challenge);
	assert_true(a->has_at == b->has_at && a->at == b->at);
	assert_true(a->what == b->what && a->d == b->d);
	same_bytes(a->entrant, b->entrant);
}

static void
questions_and_answers_of_shards_come_back_as_they_were(void **state)
{
	(void)state;
	uint64_t seed = 17;
	for (int round = 0; round < ROUNDS; round++) {
		uint8_t buffer[HD_GRANT_SIZE_MAX];
		struct hd_want want = some_want(&seed), got;
		struct hd_grant grant = some_grant(&seed, &want), back;
		struct hd_writer w = hd_writer_of(buffer, HD_WANT_SIZE_MAX);
		hd_want_encode(&want, &w);
		assert_false(w.full);
		assert_true(hd_want_decode(hd_bytes_of(buffer, (size_t)(w.at - buffer)), &got));
		same_want(&want, &got);

		w = hd_writer_of(buffer, HD_GRANT_SIZE_MAX);
		hd_grant_encode(&want, &grant, &w);
		assert_false(w.full);
		assert_true(
			hd_grant_decode(hd_bytes_of(buffer, (size_t)(w.at - buffer)), &got, &back));
		same_want(&want, &got);
		assert_true(grant.verdict == back.verdict && grant.version == back.version);
		assert_true(grant.ordinal == back.ordinal && grant.points == back.points);
		assert_true(grant.time == back.time);
	}
}

/* What is encoded: an event's type follows EVENT. */
enum kind { ORDER, COMMAND, REPLY, QUESTION, ANSWER, EVENT, KINDS = EVENT + HD_EVENT_TYPE_END };

/* What any decoder makes of `bytes`. */
static bool
decodes(uint32_t kind, struct hd_bytes bytes)
{
	struct hd_order order;
	struct hd_command command;
	struct hd_reply reply;
	struct hd_want want;
	struct hd_grant grant;
	struct hd_event event;
	uint8_t *block = own_block(bytes);
	struct hd_bytes own = {block, bytes.size};
	bool good = kind == ORDER      ? hd_order_decode(own, &order)
		    : kind == COMMAND  ? hd_command_decode(own, &command)
		    : kind == REPLY    ? hd_reply_decode(own, &reply)
		    : kind == QUESTION ? hd_want_decode(own, &want)
		    : kind == ANSWER   ? hd_grant_decode(own, &want, &grant)
				       : hd_event_decode(kind - EVENT, 1, own, &event);
	free(block);
	return good;
}

static void
encode_event(uint32_t type, uint64_t *seed, struct hd_writer *w)
{
	struct hd_event event;
	do
		event = some_event(seed);
	while (event.type != type);
	some_flags(seed, &event);
	hd_event_encode(&event, w);
}

static uint32_t
encode_some(uint32_t kind, uint64_t *seed, uint8_t *buffer)
{
	struct hd_writer w = hd_writer_of(buffer, BUFFER);
	struct hd_want want = some_want(seed);
	struct hd_grant grant = some_grant(seed, &want);
	if (kind == ORDER) {
		struct hd_order order = some_order(seed);
		hd_order_encode(&order, &w);
	} else if (kind == COMMAND) {
		struct hd_command command = some_command(seed);
		hd_command_encode(&command, &w);
	} else if (kind == REPLY) {
		struct hd_reply reply = some_reply(seed);
		hd_reply_encode(&reply, &w);
	} else if (kind == QUESTION) {
		hd_want_encode(&want, &w);
	} else if (kind == ANSWER) {
		hd_grant_encode(&want, &grant, &w);
	} else {
		encode_event(kind - EVENT, seed, &w);
	}
	assert_false(w.full);
	return (uint32_t)(w.at - buffer);
}

/* All kinds but EVENT itself, which is no type. */
static uint32_t
some_kind(uint32_t number)
{
	return number < EVENT ? number : number + 1;
}

static void
whatever_is_cut_or_longer_is_refused(void **state)
{
	(void)state;
	uint64_t seed = 14;
	for (uint32_t number = 0; some_kind(number) < KINDS; number++) {
		uint32_t kind = some_kind(number);
		for (int round = 0; round < 20; round++) {
			uint8_t buffer[BUFFER + 1];
			uint32_t size = encode_some(kind, &seed, buffer);
			assert_true(decodes(kind, hd_bytes_of(buffer, size)));
			for (uint32_t cut = 0; cut < size; cut++)
				assert_false(decodes(kind, hd_bytes_of(buffer, cut)));
			buffer[size] = 0;
			assert_false(decodes(kind, hd_bytes_of(buffer, size + 1)));
		}
	}
}

static void
any_bytes_are_taken(void **state)
{
	(void)state;
	uint64_t seed = 15;
	for (int round = 0; round < 10 * ROUNDS; round++) {
		uint8_t buffer[BUFFER];
		uint32_t kind = some_kind((uint32_t)below(&seed, KINDS + 2));
		uint32_t size = (uint32_t)below(&seed, 64);
		if (round % 2 && kind < KINDS) {
			size = encode_some(kind, &seed, buffer);
			buffer[below(&seed, size)] = (uint8_t)hd_test_random(&seed);
		} else {
			for (uint32_t i = 0; i < size; i++)
				buffer[i] = (uint8_t)(hd_test_random(&seed) >> below(&seed, 64));
		}
		(void)decodes(kind, hd_bytes_of(buffer, size));
	}
}

static void
every_row_of_the_tables_has_its_name(void **state)
{
	(void)state;
	assert_string_equal(hd_error_prefix(HD_ERR_NOHUNT), "NOHUNT");
	assert_string_equal(hd_error_text(HD_ERR_PROTOCOL), "Protocol error");
	assert_string_equal(hd_outcome_name(HD_OUTCOME_HINTED), "hinted");
	assert_string_equal(hd_op_name(HD_OP_DECR), "DECR");
	assert_string_equal(hd_phase_name(HD_PHASE_FROZEN), "frozen");
	assert_string_equal(hd_event_name(HD_EVENT_ORDER), "order");
	assert_string_equal(hd_event_name(HD_EVENT_ANSWERED), "answered");
	assert_string_equal(hd_command_rows[HD_CMD_AWARD].name, "HUNT.AWARD");
	for (int i = 0; i < HD_CMD_COUNT_; i++) {
		const struct hd_command_row *row = &hd_command_rows[i];
		assert_true(row->arity != 0 && row->key <= 1 && row->summary[0] != '\0');
		assert_true(row->route == HD_ROUTE_EDGE || i < HD_CMD_HELLO);
	}
}

static int
fill_bytes(void **state)
{
	(void)state;
	uint64_t seed = 16;
	for (size_t i = 0; i < sizeof(pool_of_bytes); i++)
		pool_of_bytes[i] = (uint8_t)hd_test_random(&seed);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_back_as_they_were),
		cmocka_unit_test(an_award_is_small),
		cmocka_unit_test(orders_come_back_as_they_were),
		cmocka_unit_test(commands_and_replies_come_back_as_they_were),
		cmocka_unit_test(questions_and_answers_of_shards_come_back_as_they_were),
		cmocka_unit_test(whatever_is_cut_or_longer_is_refused),
		cmocka_unit_test(any_bytes_are_taken),
		cmocka_unit_test(every_row_of_the_tables_has_its_name),
	};
	return cmocka_run_group_tests(tests, fill_bytes, NULL);
}
