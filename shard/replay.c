/* Replay: events of the log into the core, in batches, so that the misses of one event's entrant
 * and board overlap with the next one's. Bodies are copied, for the log's read buffer moves on. */
#include "shard/replay.h"
#include "shard/inside.h"

#define BODY_MAX (HD_REPLAY_BYTES / 2)

static uint8_t
verb_of(const struct hd_event *event)
{
	switch (event->type) {
	case HD_EVENT_AWARDED:
		return HD_CMD_AWARD;
	case HD_EVENT_JUDGED:
		return HD_CMD_SUBMIT;
	case HD_EVENT_JOINED:
		return HD_CMD_JOIN;
	default:
		return HD_CMD_PROGRESS; /* the entrant's record is enough */
	}
}

/* Checks are asked for just before each is applied: the ones before it have changed what it needs.
 */
static bool
apply(struct hd_replay *replay)
{
	struct hd_shard *shard = replay->shard;
	for (uint32_t i = 0; i < replay->count; i++) {
		struct hd_event *event = &replay->event[i];
		event->handle = replay->command[i].hint;
		if (!hd_core_can_apply(shard->core, event)) {
			hd_log_refuse_event(shard->report, replay->directory, &replay->at[i]);
			return false;
		}
		hd_core_apply(shard->core, event);
	}
	return true;
}

bool
hd_replay_flush(struct hd_replay *replay)
{
	struct hd_core *core = replay->shard->core;
	struct hd_command *commands[HD_BATCH_MAX];
	HD_ASSERT(replay->count <= HD_BATCH_MAX);
	for (uint32_t i = 0; i < replay->count; i++) {
		const struct hd_event *event = &replay->event[i];
		const struct hd_definition *definition = hd_core_definition(core, event->hunt);
		replay->command[i] = (struct hd_command){.verb = verb_of(event),
							 .op = event->op,
							 .points = event->points,
							 .entrant = event->entrant,
							 .hunt = definition->id};
		commands[i] = &replay->command[i];
	}
	hd_core_warm(core, commands, replay->count);
	bool good = apply(replay);
	HD_COUNT(hd_shard_mine(replay->shard)->replayed_total, replay->count);
	replay->count = 0;
	replay->used = 0;
	return good;
}

/* What has no entrant (orders, phases) changes what the next events mean: it is applied alone. */
static bool
replay_alone(struct hd_replay *replay, const struct hd_log_event *at)
{
	struct hd_event event;
	struct hd_shard *shard = replay->shard;
	if (!hd_replay_flush(replay) ||
	    !hd_event_decode((enum hd_event_type)at->type, at->stamp, at->body, &event) ||
	    !hd_core_can_apply(shard->core, &event) || !hd_orders_replayed(shard, &event, at->lsn))
		return false;
	hd_core_apply(shard->core, &event);
	HD_COUNT(hd_shard_mine(shard)->replayed_total, 1);
	return true;
}

/* Copies the event's bytes behind those of the batch. */
static bool
keep(struct hd_replay *replay, const struct hd_log_event *at)
{
	uint8_t *body = replay->bytes + replay->used;
	HD_ASSERT(replay->count < HD_BATCH_MAX);
	HD_ASSERT(replay->used + at->body.size <= HD_REPLAY_BYTES);
	memcpy(body, at->body.at, at->body.size);
	replay->used += at->body.size;
	struct hd_event *event = &replay->event[replay->count];
	struct hd_bytes copy = {body, at->body.size};
	if (!hd_event_decode((enum hd_event_type)at->type, at->stamp, copy, event) ||
	    event->hunt >= hd_core_hunts(replay->shard->core))
		return false;
	replay->at[replay->count] = *at;
	replay->at[replay->count++].body = (struct hd_bytes){0};
	return true;
}

bool
hd_replay_one(void *context, const struct hd_log_event *at)
{
	struct hd_replay *replay = context;
	if (at->type == 0 || at->type >= HD_EVENT_TYPE_END)
		return false;
	if (at->type < HD_EVENT_JOINED || at->type == HD_EVENT_SKIPPED || at->body.size > BODY_MAX)
		return replay_alone(replay, at);
	if (replay->count == HD_BATCH_MAX || replay->used + at->body.size > HD_REPLAY_BYTES)
		if (!hd_replay_flush(replay) || !hd_loading_replayed(replay->loading))
			return false;
	/* Of two that cannot be applied the first is told. */
	if (keep(replay, at))
		return true;
	hd_replay_flush(replay);
	return false;
}
