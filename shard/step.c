#include "shard/inside.h"

int64_t
hd_step_stamp(const struct hd_shard *shard)
{
	return shard->clock > shard->stamp ? shard->clock : shard->stamp + 1;
}

/* A board command where this shard is all there is. */
static void
board_one(struct hd_shard *shard, const struct hd_command *command, struct hd_reply *reply)
{
	HD_ASSERT(shard->count == 1);
	if (command->view == HD_VIEW_TICK && hd_views_top(shard, command, reply))
		HD_COUNT(hd_shard_mine(shard)->view_reads_total, 1);
	else if (command->verb == HD_CMD_TOP)
		hd_views_page(shard, command, reply);
	else
		hd_gather_local(shard->core, command, shard->scratch, reply);
}

static void
log_events(struct hd_shard *shard, const struct hd_decision *decision)
{
	uint32_t events = decision->events_count;
	HD_ASSERT(events <= HD_DECISION_EVENTS_MAX);
	if (events == 0)
		return;
	int64_t now = decision->events[0].stamp;
	HD_ASSERT(now == hd_step_stamp(shard));
	hd_log_append(shard->log, decision->events, events);
	shard->stamp = now + events - 1;
	hd_views_touch(shard, decision->events[0].hunt);
}

/* Those that never stand alone in a decision, and those of decisions that no command made. */
static void
note_events(struct hd_shard *shard, const struct hd_decision *decision)
{
	uint32_t grants = 0, deals = 0, suspects = 0;
	for (uint32_t k = 0; k < decision->events_count; k++) {
		uint8_t type = decision->events[k].type;
		grants += type == HD_EVENT_GRANT;
		deals += type == HD_EVENT_DEALT;
		suspects += type == HD_EVENT_SUSPECTED;
	}
	HD_COUNT(hd_shard_mine(shard)->grants_total, grants);
	HD_COUNT(hd_shard_mine(shard)->puzzle_deals_total, deals);
	if (HD_UNLIKELY(suspects > 0))
		hd_outbox_suspected(shard);
}

void
hd_step_log(struct hd_shard *shard, const struct hd_decision *decision)
{
	log_events(shard, decision);
	note_events(shard, decision);
	HD_COUNT(hd_shard_mine(shard)->events_total, decision->events_count);
}

void
hd_step_apply(struct hd_shard *shard, const struct hd_decision *decision)
{
	for (uint32_t k = 0; k < decision->events_count; k++)
		hd_core_apply(shard->core, &decision->events[k]);
}

/* It waits for a grant, or asks for an instance, which may be there. */
static bool
postpone(struct hd_shard *shard, const struct hd_work *given, uint32_t asker, hd_step_answer answer)
{
	struct hd_decision *decision = &shard->decision;
	const struct hd_command *command = given->command;
	if (decision->reply.kind == HD_REPLY_LATER) {
		hd_outbox_wait(shard, given, asker, decision->events_count > 0);
		return false;
	}
	HD_ASSERT(decision->reply.kind == HD_REPLY_PUZZLE);
	struct hd_deal deal = decision->deal;
	struct hd_forge_ask ask = {command->entrant, given->token, asker, command->verb};
	struct hd_reply *reply = &decision->reply;
	if (!hd_forge_deal(shard, &deal, &ask, reply)) {
		hd_outbox_later(shard, given, asker);
		return false;
	}
	answer(shard, asker, given->token, reply, hd_log_tail(shard->log));
	return true;
}

/* Logged and answered before it is applied: what the decision and its reply borrow from the state
 * lives until then, and nobody can see a difference. False: it waits, in the outbox or for the
 * forge. */
static bool
step_one(struct hd_shard *shard, const struct hd_work *given, uint32_t asker, hd_step_answer answer)
{
	struct hd_decision *decision = &shard->decision;
	struct hd_command *command = given->command;
	int64_t now = hd_step_stamp(shard);
	decision->events_count = 0;
	if (hd_command_rows[command->verb].route == HD_ROUTE_BOARD)
		board_one(shard, command, &decision->reply);
	else
		hd_core_decide(shard->core, now, command, decision);
	bool later = decision->reply.kind >= HD_REPLY_LATER;
	log_events(shard, decision);
	if (HD_UNLIKELY(decision->events_count > 1))
		note_events(shard, decision);
	if (HD_LIKELY(!later))
		answer(shard, asker, given->token, &decision->reply, hd_log_tail(shard->log));
	hd_step_apply(shard, decision);
	if (HD_UNLIKELY(later))
		return postpone(shard, given, asker, answer);
	return true;
}

/* True where it was an error. */
static bool
count_one(struct hd_metrics *metrics, uint8_t verb, const struct hd_reply *reply)
{
	bool failed = reply->kind == HD_REPLY_ERROR;
	HD_COUNT(metrics->command_calls[verb], 1);
	if (HD_UNLIKELY(failed))
		HD_COUNT(metrics->command_errors[verb], 1);
	return failed;
}

void
hd_step_count(struct hd_shard *shard, uint8_t verb, const struct hd_reply *reply)
{
	struct hd_metrics *metrics = hd_shard_mine(shard);
	HD_ASSERT(verb < HD_CMD_COUNT_ && reply->kind < HD_REPLY_LATER);
	HD_COUNT(metrics->errors_total, count_one(metrics, verb, reply));
	HD_COUNT(metrics->commands_total, 1);
}

uint32_t
hd_step_run(struct hd_shard *shard, const struct hd_work *given, uint32_t count, uint32_t asker,
	    hd_step_answer answer)
{
	HD_ASSERT(count > 0 && count <= HD_BATCH_MAX);
	HD_ASSERT(shard->serving);
	struct hd_metrics *metrics = hd_shard_mine(shard);
	struct hd_command *commands[HD_BATCH_MAX];
	struct hd_decided decided = {.given = given,
				     .count = count,
				     .asker = asker,
				     .begun = hd_latency_begin(shard, given, count)};
	uint64_t tail = hd_log_tail(shard->log), events = HD_METRIC(metrics->events_total);
	for (uint32_t i = 0; i < count; i++)
		commands[i] = given[i].command;
	if (count > 1)
		hd_core_warm(shard->core, commands, count);
	for (uint32_t i = 0; i < count; i++) {
		uint8_t verb = commands[i]->verb;
		bool answered = step_one(shard, &given[i], asker, answer);
		decided.later |= (uint64_t)!answered << i;
		if (HD_LIKELY(answered) && count_one(metrics, verb, &shard->decision.reply))
			decided.failed |= 1ull << i;
	}
	uint32_t later = (uint32_t)__builtin_popcountll(decided.later);
	HD_COUNT(metrics->commands_total, count - later);
	HD_COUNT(metrics->errors_total, __builtin_popcountll(decided.failed));
	HD_GAUGE(metrics->events_total, events + (hd_log_tail(shard->log) - tail));
	hd_latency_end(shard, &decided);
	shard->late = shard->latency.last - shard->part_from > HD_PASS_NS;
	return later;
}

uint64_t
hd_step_event(struct hd_shard *shard, struct hd_event *event)
{
	int64_t now = hd_step_stamp(shard);
	event->stamp = now;
	if (!(event->has & HD_EVENT_HAS_AT))
		event->time = now;
	HD_ASSERT(event->stamp > hd_core_stamp(shard->core));
	uint64_t lsn = hd_log_append(shard->log, event, 1);
	hd_core_apply(shard->core, event);
	shard->stamp = now;
	shard->sweep = true;
	shard->builds.running = true;
	HD_COUNT(hd_shard_mine(shard)->events_total, 1);
	return lsn;
}

bool
hd_step_due(struct hd_shard *shard)
{
	HD_ASSERT(shard->started);
	struct hd_event event;
	for (uint32_t i = 0; hd_core_deadline(shard->core) <= shard->clock; i++) {
		if (i == HD_PASS_DUE)
			return true;
		bool due = hd_core_due(shard->core, hd_step_stamp(shard), &event);
		HD_ASSERT(due);
		uint16_t hunt = event.hunt;
		hd_step_event(shard, &event);
		hd_views_touch(shard, hunt);
		if (event.type == HD_EVENT_PHASE)
			hd_forge_look(shard);
	}
	return false;
}
