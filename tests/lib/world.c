#include "tests/lib/world.h"

#include "huntd/assert.h"
#include "tests/lib/lib.h"
#include "tests/lib/snap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LOG_STEP (1u << 20)

/* The log: type, stamp, size, body. */

static void
log_event(struct hd_world *world, const struct hd_event *event)
{
	uint32_t max = hd_event_size_max(event);
	if (world->log_room - world->log_size < max + 16) {
		world->log_room += max + LOG_STEP;
		world->log = realloc(world->log, world->log_room);
	}
	uint8_t *at = world->log + world->log_size;
	struct hd_writer out = hd_writer_of(at + 16, max);
	hd_event_encode(event, &out);
	HD_ASSERT(!out.full);
	uint32_t type = event->type, size = (uint32_t)(out.at - (at + 16));
	memcpy(at, &type, 4);
	memcpy(at + 4, &size, 4);
	memcpy(at + 8, &event->stamp, 8);
	world->log_size += 16 + size;
	world->events++;
}

static void
happen(struct hd_world *world, const struct hd_event *event)
{
	log_event(world, event);
	HD_ASSERT(hd_core_can_apply(world->core, event));
	hd_core_apply(world->core, event);
	world->now = event->stamp + 1;
}

void
hd_world_happen(struct hd_world *world, const struct hd_event *event)
{
	HD_ASSERT(event->stamp >= world->now);
	happen(world, event);
}

void
hd_world_order(struct hd_world *world, const struct hd_order *body)
{
	size_t room = 1024 + body->text.size + body->definition.size;
	uint8_t *text = malloc(room);
	struct hd_writer out = hd_writer_of(text, room);
	hd_order_encode(body, &out);
	HD_ASSERT(!out.full);
	struct hd_event event = {.type = HD_EVENT_ORDER,
				 .stamp = world->now,
				 .time = world->now,
				 .order = ++world->orders,
				 .text = hd_bytes_of(text, (size_t)(out.at - text))};
	happen(world, &event);
	if (!world->slices)
		hd_core_build_all(world->core);
	free(text);
}

void
hd_world_init(struct hd_world *world)
{
	*world = (struct hd_world){.memory = hd_test_memory(), .now = HD_WORLD_BEGIN, .shards = 1};
	world->core = hd_core_create(&world->memory);
	hd_world_order(world,
		       &(struct hd_order){.kind = HD_ORDER_SECRET,
					  .text = HD_BYTES("0123456789abcdef0123456789ABCDEF")});
}

void
hd_world_fini(struct hd_world *world)
{
	hd_core_destroy(world->core);
	HD_ASSERT(world->memory.used == 0);
	free(world->log);
}

/* Orders. */

void
hd_world_phase(struct hd_world *world, const char *hunt, enum hd_phase phase)
{
	hd_world_order(world, &(struct hd_order){.kind = HD_ORDER_PHASE,
						 .name = hd_bytes_str(hunt),
						 .phase = (uint8_t)phase});
}

void
hd_world_setting(struct hd_world *world, const char *name, int64_t value)
{
	hd_world_order(world, &(struct hd_order){.kind = HD_ORDER_SETTING,
						 .name = hd_bytes_str(name),
						 .value = value});
}

static void
due(struct hd_world *world)
{
	struct hd_event event;
	while (hd_core_deadline(world->core) <= world->now &&
	       hd_core_due(world->core, world->now, &event))
		happen(world, &event);
}

void
hd_world_clock(struct hd_world *world, int64_t seconds)
{
	world->now = HD_WORLD_BEGIN + seconds * HD_WORLD_SECOND;
	if (world->now <= hd_core_stamp(world->core))
		world->now = hd_core_stamp(world->core) + 1;
	due(world);
}

/* Answers as text. */

struct text {
	char *at, *end;
};

static void put(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
put(struct text *text, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int size = vsnprintf(text->at, (size_t)(text->end - text->at), format, args);
	va_end(args);
	HD_ASSERT(size >= 0 && size < text->end - text->at);
	text->at += size;
}

static void
put_value(struct text *text, struct hd_reader *in)
{
	uint8_t tag = hd_read_u8(in);
	uint64_t count;
	switch (tag) {
	case 'n':
		put(text, "nil");
		return;
	case 'i':
		put(text, "%lld", (long long)hd_read_signed(in));
		return;
	case 'b':
	case 's': {
		struct hd_bytes bytes = hd_read_bytes(in, UINT32_MAX);
		put(text, "%.*s", (int)bytes.size, (const char *)bytes.at);
		return;
	}
	default:
		count = hd_read_varint(in) * (tag == 'm' ? 2 : 1);
		put(text, tag == 'm' ? "{" : "[");
		for (uint64_t i = 0; i < count; i++) {
			put(text, i ? " " : "");
			put_value(text, in);
		}
		put(text, tag == 'm' ? "}" : "]");
	}
}

static void
put_reply(struct text *text, const struct hd_reply *reply)
{
	static const char *const errors[] = {
#define X(symbol, prefix, what) #symbol,
		HD_ERRORS(X)
#undef X
	};
	struct hd_reader in = hd_reader_of(reply->detail);
	switch (reply->kind) {
	case HD_REPLY_ERROR:
		put(text, "-%s", errors[reply->error]);
		return;
	case HD_REPLY_NIL:
		put(text, "nil");
		return;
	case HD_REPLY_VALUE:
		put_value(text, &in);
		HD_ASSERT(!in.bad && hd_reader_left(&in) == 0);
		return;
	case HD_REPLY_OUTCOME:
		put(text, "%s %lld %lld ", hd_outcome_name(reply->outcome),
		    (long long)reply->points, (long long)reply->score);
		if (reply->number) {
			put(text, "'%lld'", (long long)reply->detail_number);
			return;
		}
		break;
	case HD_REPLY_LATER:
		put(text, "later");
		return;
	default:
		put(text, "%s", reply->kind == HD_REPLY_STATUS ? "+" : "");
	}
	bool status = reply->kind == HD_REPLY_STATUS;
	put(text, status ? "%.*s" : "'%.*s'", (int)reply->detail.size,
	    (const char *)reply->detail.at);
}

static void
put_deal(struct text *text, const struct hd_deal *deal)
{
	put(text, "deal %llu", (unsigned long long)deal->d);
	if (deal->based)
		put(text, " base %llu.%u", (unsigned long long)deal->j, deal->try);
}

const char *
hd_world_answer(struct hd_world *world, const struct hd_reply *reply)
{
	struct text text = {world->answer, world->answer + sizeof(world->answer)};
	if (reply->kind == HD_REPLY_PUZZLE)
		put_deal(&text, &world->decision.deal);
	else
		put_reply(&text, reply);
	return world->answer;
}

void
hd_world_take(struct hd_world *world)
{
	for (uint32_t i = 0; i < world->decision.events_count; i++)
		happen(world, &world->decision.events[i]);
}

const char *
hd_world_say(struct hd_world *world, const char *format, ...)
{
	char line[512];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	hd_world_parse(world, line);
	due(world);
	hd_core_decide(world->core, world->now, &world->command, &world->decision);
	hd_world_answer(world, &world->decision.reply);
	hd_world_take(world);
	return world->answer;
}

void
hd_world_decide(struct hd_world *world, const struct hd_command *command)
{
	due(world);
	hd_core_decide(world->core, world->now, command, &world->decision);
	for (uint32_t i = 0; i < world->decision.events_count; i++)
		happen(world, &world->decision.events[i]);
}

static void
put_board(struct text *text, const struct hd_board *board, const struct hd_board_root *root)
{
	struct hd_board_walk walk;
	const char *gap = "";
	*text->at = 0;
	hd_board_seek(&walk, board, root, 0);
	while (hd_board_next(&walk)) {
		const struct hd_board_key *row = &walk.row;
		put(text, "%s%.*s=%lld", gap, (int)row->id.size, (const char *)row->id.at,
		    (long long)row->score);
		if (row->sub != 0)
			put(text, "/%lld", (long long)row->sub);
		gap = " ";
	}
}

const char *
hd_world_board(struct hd_world *world, const char *hunt, uint16_t board, bool frozen)
{
	uint16_t number = 0;
	struct text text = {world->answer, world->answer + sizeof(world->answer)};
	bool found = hd_core_hunt_find(world->core, hd_bytes_str(hunt), &number);
	HD_ASSERT(found);
	const struct hd_board_root *root =
		frozen ? hd_core_board_frozen(world->core, number, board) : NULL;
	if (hd_core_board(world->core, number, board) == NULL)
		return "gone";
	put_board(&text, hd_core_board(world->core, number, board), root);
	return world->answer;
}

/* Replay. */

static void
compare_boards(const struct hd_world *a, const struct hd_world *b, uint16_t hunt, uint16_t board)
{
	static const size_t room = 1 << 20;
	const struct hd_world *worlds[] = {a, b};
	char *rows[2] = {malloc(2 * room), NULL};
	rows[1] = rows[0] + room;
	for (int i = 0; i < 2; i++) {
		const struct hd_core *core = worlds[i]->core;
		struct text text = {rows[i], rows[i] + room};
		if (hd_core_board(core, hunt, board) == NULL) {
			put(&text, "gone");
			continue;
		}
		put_board(&text, hd_core_board(core, hunt, board), NULL);
		put(&text, " | ");
		put_board(&text, hd_core_board(core, hunt, board),
			  hd_core_board_frozen(core, hunt, board));
	}
	HD_ASSERT(strcmp(rows[0], rows[1]) == 0);
	free(rows[0]);
}

void
hd_world_place(struct hd_world *world, uint32_t shard, uint32_t shards)
{
	world->shard = shard;
	world->shards = shards;
	hd_core_place(world->core, shard, shards);
}

void
hd_world_cut(struct hd_world *world, size_t size)
{
	hd_core_destroy(world->core);
	world->core = hd_core_create(&world->memory);
	hd_core_place(world->core, world->shard, world->shards);
	world->log_size = size;
	hd_world_follow(world, world->core, 0);
	world->orders = hd_core_order(world->core);
}

void
hd_world_same(const struct hd_world *a, const struct hd_world *b)
{
	uint8_t digests[2][16];
	hd_core_digest(a->core, digests[0]);
	hd_core_digest(b->core, digests[1]);
	HD_ASSERT(memcmp(digests[0], digests[1], 16) == 0);
	HD_ASSERT(hd_core_entrants(a->core) == hd_core_entrants(b->core));
	for (uint16_t hunt = 0; hunt < hd_core_hunts(a->core); hunt++)
		for (uint16_t board = 0; board < HD_BOARDS_MAX; board++)
			compare_boards(a, b, hunt, board);
}

void
hd_world_follow(struct hd_world *world, struct hd_core *core, size_t from)
{
	for (size_t at = from; at < world->log_size;) {
		uint32_t type, size;
		int64_t stamp;
		struct hd_event event;
		memcpy(&type, world->log + at, 4);
		memcpy(&size, world->log + at + 4, 4);
		memcpy(&stamp, world->log + at + 8, 8);
		bool whole = hd_event_decode((enum hd_event_type)type, stamp,
					     hd_bytes_of(world->log + at + 16, size), &event);
		HD_ASSERT(whole);
		hd_core_apply(core, &event);
		at += 16 + size;
	}
	hd_core_build_all(core);
}

void
hd_world_replay(struct hd_world *world)
{
	struct hd_world again = {.memory = hd_test_memory()};
	again.memory.budget = 1; /* replay does not ask for it */
	again.core = hd_core_create(&again.memory);
	hd_world_follow(world, again.core, 0);
	hd_world_same(world, &again);
	hd_world_fini(&again);
}

void
hd_world_snapshot(struct hd_world *world)
{
	struct hd_snap snap = {0};
	struct hd_world again = {.memory = hd_test_memory()};
	hd_core_sweep_begin(world->core);
	while (hd_snap_step(&snap, world->core, 64))
		;
	again.core = hd_snap_load(&snap, &again.memory);
	HD_ASSERT(again.core != NULL);
	hd_world_same(world, &again);
	hd_world_fini(&again);
	free(snap.bytes);
}

int
hd_world_setup(void **state)
{
	static struct hd_world world;
	hd_world_init(&world);
	*state = &world;
	return 0;
}

int
hd_world_teardown(void **state)
{
	hd_world_replay(*state);
	hd_world_snapshot(*state);
	hd_world_fini(*state);
	return 0;
}
