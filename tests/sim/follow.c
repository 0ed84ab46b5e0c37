/* Who reads HUNT.EVENTS from the first event to the last: each once, in order, none left out. */
#include <stdlib.h>

#include "huntd/ids.h"
#include "huntd/value.h"
#include "tests/sim/world.h"

#define LOOK (2 * SIM_S)

static void
skip_value(struct hd_reader *reader)
{
	uint64_t left = 1;
	while (left-- > 0 && !reader->bad) {
		switch (hd_read_u8(reader)) {
		case HD_VALUE_NIL:
			break;
		case HD_VALUE_INT:
			hd_read_signed(reader);
			break;
		case HD_VALUE_BULK:
		case HD_VALUE_SIMPLE:
			hd_read_bytes(reader, UINT32_MAX);
			break;
		case HD_VALUE_ARRAY:
			left += hd_read_varint(reader);
			break;
		case HD_VALUE_MAP:
			left += 2 * hd_read_varint(reader);
			break;
		default:
			reader->bad = true;
		}
	}
}

static struct hd_bytes
text(struct hd_reader *reader)
{
	uint8_t tag = hd_read_u8(reader);
	if (tag == HD_VALUE_NIL)
		return (struct hd_bytes){0};
	reader->bad |= tag != HD_VALUE_BULK;
	return hd_read_bytes(reader, UINT32_MAX);
}

/* What is never shown: answers to orders, and orders but on shard 0. */
static bool
may_be_left_out(const struct ledger_event *event, uint32_t shard)
{
	(void)shard;
	return event->type == HD_EVENT_DONE || event->type == HD_EVENT_ORDER;
}

static void
at_position(struct world *world, struct hd_bytes position, struct hd_bytes type)
{
	unsigned shard = 0;
	unsigned long long lsn = 0;
	char words[40];
	snprintf(words, sizeof words, "%.*s", (int)position.size, (const char *)position.at);
	if (sscanf(words, "%u:%llu", &shard, &lsn) != 2 || shard >= world->options.shards)
		sim_fail(&world->machine, "EVENTS: a position is '%s'", words);
	const struct ledger_log *log = &world->ledger.logs[shard];
	struct follow_log *followed = &world->followed[shard];
	if (lsn <= followed->lsn || lsn > log->count)
		sim_fail(&world->machine, "EVENTS: %s after %u:%llu", words, shard,
			 (unsigned long long)followed->lsn);
	for (uint64_t i = followed->lsn + 1; i < lsn; i++)
		if (!may_be_left_out(&log->events[i - 1], shard))
			sim_fail(&world->machine, "EVENTS: %s, and %u:%llu was left out", words,
				 shard, (unsigned long long)i);
	const char *name = hd_event_name((enum hd_event_type)log->events[lsn - 1].type);
	if (!hd_bytes_equal(hd_bytes_str(name), type))
		sim_fail(&world->machine, "EVENTS: %s is not %s", words, name);
	followed->lsn = lsn;
}

static void
add_points(struct world *world, struct hd_bytes entrant, int64_t points)
{
	for (uint32_t i = 0; i < world->model.entrants_count; i++)
		if (hd_bytes_equal(hd_bytes_str(world->model.entrants[i].name), entrant))
			world->follow_score[i] += points;
}

static void
one_event(struct world *world, struct hd_reader *reader)
{
	reader->bad |= hd_read_u8(reader) != HD_VALUE_ARRAY || hd_read_varint(reader) != 5;
	struct hd_bytes position = text(reader);
	skip_value(reader);
	struct hd_bytes type = text(reader), entrant = text(reader);
	reader->bad |= hd_read_u8(reader) != HD_VALUE_ARRAY;
	bool counts = !hd_bytes_equal(type, HD_BYTES("answered")) &&
		      !hd_bytes_equal(type, HD_BYTES("grant"));
	for (uint64_t left = hd_read_varint(reader) / 2; left > 0 && !reader->bad; left--) {
		struct hd_bytes name = text(reader);
		if (!hd_bytes_equal(name, HD_BYTES("points"))) {
			skip_value(reader);
			continue;
		}
		reader->bad |= hd_read_u8(reader) != HD_VALUE_INT;
		int64_t points = hd_read_signed(reader);
		if (counts)
			add_points(world, entrant, points);
	}
	if (reader->bad)
		sim_fail(&world->machine, "EVENTS: not an event");
	at_position(world, position, type);
	world->follow_events++;
}

static void
page(struct world *world)
{
	const struct sim_reply *reply = &world->follow.reply;
	struct hd_reader reader = hd_reader_of(hd_bytes_of(reply->detail, reply->size));
	bool damaged = world->machine.misdirected || world->machine.options.decay > 0;
	if (reply->kind == HD_REPLY_ERROR &&
	    (reply->error == HD_ERR_TOO_OLD || (damaged && reply->error == HD_ERR_UNREADABLE))) {
		world->follow_broken = true;
		return;
	}
	if (reply->kind != HD_REPLY_VALUE)
		sim_fail(&world->machine, "EVENTS: kind %u error %u %.*s", reply->kind,
			 reply->error, (int)reply->size, (const char *)reply->detail);
	reader.bad |= hd_read_u8(&reader) != HD_VALUE_ARRAY || hd_read_varint(&reader) != 2;
	struct hd_bytes next = text(&reader);
	reader.bad |= hd_read_u8(&reader) != HD_VALUE_ARRAY || next.size >= sizeof world->cursor;
	for (uint64_t left = hd_read_varint(&reader); left > 0 && !reader.bad; left--)
		one_event(world, &reader);
	if (reader.bad)
		sim_fail(&world->machine, "EVENTS: not a page");
	snprintf(world->cursor, sizeof world->cursor, "%.*s", (int)next.size,
		 (const char *)next.at);
	world->follow_pages++;
}

void
follow_act(struct world *world)
{
	struct caller *follow = &world->follow;
	follow->due = world->machine.now + LOOK;
	if (follow->busy || follow->lost) {
		follow->lost = false;
		return;
	}
	if (follow->answered) {
		uint64_t events = world->follow_events;
		if (!sim_reply_refused(&follow->reply))
			page(world);
		follow->answered = false;
		if (world->follow_events == events)
			return;
	}
	if (world->set_up == 0 || world->follow_broken)
		return;
	struct hd_command command = {
		.verb = HD_CMD_EVENTS, .hunt = HD_BYTES("bay"), .count = HD_EVENTS_DEFAULT};
	command.slot = hd_slot(command.hunt);
	if (world->cursor[0] != '\0') {
		command.text = hd_bytes_str(world->cursor);
		command.given |= HD_GIVEN_FROM;
	}
	caller_ask(follow, &command);
}

void
follow_check(const struct world *world)
{
	struct machine *machine = (struct machine *)(uintptr_t)&world->machine;
	if (world->follow_broken)
		return;
	for (uint32_t i = 0; i < world->options.shards; i++) {
		const struct ledger_log *log = &world->ledger.logs[i];
		for (uint64_t lsn = world->followed[i].lsn + 1; lsn <= log->count; lsn++)
			if (!may_be_left_out(&log->events[lsn - 1], i))
				sim_fail(machine, "EVENTS never showed %u:%llu", i,
					 (unsigned long long)lsn);
	}
	for (uint32_t i = 0; i < world->model.entrants_count; i++) {
		const struct model_state *state = model_state(&world->model, i);
		if (state != NULL && state->score != world->follow_score[i])
			sim_fail(machine, "the events of %s add up to %lld, the score is %lld",
				 world->model.entrants[i].name, (long long)world->follow_score[i],
				 (long long)state->score);
	}
}
