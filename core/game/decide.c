/* decide: what a command comes to. Reads the state, changes nothing. */
#include "core/game/state.h"
#include "huntd/wire.h"

/* Answers. */

void
hd_case_error(struct hd_case *c, enum hd_error error)
{
	HD_ASSERT(error > HD_ERR_NONE && error < HD_ERROR_COUNT);
	c->out->events_count = 0;
	c->out->reply = (struct hd_reply){.kind = HD_REPLY_ERROR, .error = (uint8_t)error};
}

void
hd_case_outcome(struct hd_case *c, enum hd_outcome outcome, int64_t points)
{
	HD_ASSERT(outcome < HD_OUTCOME_COUNT);
	int64_t score = c->entrant ? c->entrant->score : 0;
	c->out->reply = (struct hd_reply){
		.kind = HD_REPLY_OUTCOME,
		.outcome = (uint8_t)outcome,
		.points = points,
		.score = score + points,
	};
}

static void
answer_status(struct hd_case *c, enum hd_outcome outcome)
{
	c->out->reply = (struct hd_reply){
		.kind = HD_REPLY_STATUS,
		.outcome = (uint8_t)outcome,
		.detail = hd_bytes_str(hd_outcome_name(outcome)),
	};
}

uint8_t *
hd_case_scratch(struct hd_case *c, uint32_t size)
{
	struct hd_decision *out = c->out;
	HD_ASSERT(size <= sizeof(out->scratch) - out->scratch_used);
	uint8_t *at = out->scratch + out->scratch_used;
	out->scratch_used += size;
	return at;
}

struct hd_bytes
hd_case_copy(struct hd_case *c, struct hd_bytes bytes)
{
	uint8_t *at = hd_case_scratch(c, bytes.size);
	HD_ASSERT(bytes.at != NULL || bytes.size == 0);
	if (bytes.size > 0)
		memcpy(at, bytes.at, bytes.size);
	return hd_bytes_of(at, bytes.size);
}

enum hd_phase
hd_case_phase(const struct hd_case *c)
{
	HD_ASSERT(c->hunt != NULL && c->definition != NULL);
	if (c->command->given & HD_GIVEN_AT)
		return hd_phase_scheduled(c->definition, c->time);
	return c->hunt->phase;
}

bool
hd_case_open(const struct hd_case *c)
{
	enum hd_phase phase = hd_case_phase(c);
	return phase == HD_PHASE_OPEN || phase == HD_PHASE_FROZEN;
}

const struct hd_challenge *
hd_case_challenge(struct hd_case *c)
{
	HD_ASSERT(c->definition != NULL);
	const struct hd_challenge *challenge =
		hd_definition_challenge(c->definition, c->command->challenge);
	if (challenge != NULL && !challenge->gone)
		return challenge;
	hd_case_error(c, HD_ERR_NOCHALLENGE);
	return NULL;
}

/* Events. */

struct hd_event *
hd_case_push(struct hd_case *c, enum hd_event_type type)
{
	struct hd_decision *out = c->out;
	HD_ASSERT(out->events_count < HD_DECISION_EVENTS_MAX);
	int64_t stamp = c->now + out->events_count;
	struct hd_event *event = &out->events[out->events_count++];
	*event = (struct hd_event){
		.type = (uint8_t)type,
		.hunt = c->hunt->number,
		.stamp = stamp,
		.time = stamp,
		.entrant = c->command->entrant,
		.handle = c->handle,
	};
	if (c->command->given & HD_GIVEN_AT) {
		event->has |= HD_EVENT_HAS_AT;
		event->time = c->command->at;
	}
	if (c->command->given & HD_GIVEN_BY) {
		event->has |= HD_EVENT_HAS_BY;
		event->by = c->command->by;
	}
	return event;
}

void
hd_case_enrol(struct hd_case *c)
{
	HD_ASSERT(c->out->events_count == 0);
	if (c->entrant == NULL)
		hd_case_push(c, HD_EVENT_JOINED)->outcome = HD_OUTCOME_JOINED;
}

struct hd_event *
hd_case_event(struct hd_case *c, enum hd_event_type type)
{
	if (type != HD_EVENT_ANSWERED)
		hd_case_enrol(c);
	struct hd_event *event = hd_case_push(c, type);
	event->outcome = c->out->reply.outcome;
	HD_ASSERT(c->out->reply.kind != HD_REPLY_ERROR);
	return event;
}

static struct hd_bytes
decimal(struct hd_case *c, int64_t value)
{
	HD_ASSERT(value >= 0);
	uint8_t digits[20];
	uint32_t count = 0;
	for (uint64_t left = (uint64_t)value; count == 0 || left > 0; left /= 10)
		digits[count++] = (uint8_t)('0' + left % 10);
	uint8_t *text = hd_case_scratch(c, count);
	for (uint32_t i = 0; i < count; i++)
		text[i] = digits[count - 1 - i];
	return (struct hd_bytes){text, count};
}

void
hd_case_keep_id(struct hd_case *c)
{
	struct hd_decision *out = c->out;
	HD_ASSERT(out->events_count > 0 && c->command->id.size > 0);
	struct hd_event *last = &out->events[out->events_count - 1];
	/* A suspicion stands behind the judgement and is nobody's answer. */
	if (last->type == HD_EVENT_SUSPECTED || last->type == HD_EVENT_SHARED_ANSWER)
		last--;
	HD_ASSERT(last >= out->events && last->outcome == out->reply.outcome);
	last->has |= HD_EVENT_HAS_ID;
	last->id = c->command->id;
	memcpy(last->args_hash, c->args, sizeof(last->args_hash));
	if (out->reply.kind == HD_REPLY_STATUS)
		return;
	last->detail = out->reply.number ? decimal(c, out->reply.detail_number) : out->reply.detail;
}

/* An outcome with an id is logged with it: on the event that it caused, else on one of its own. */
static void
attach_id(struct hd_case *c)
{
	struct hd_decision *out = c->out;
	if (out->reply.kind == HD_REPLY_ERROR)
		return;
	bool enrolled_only = out->events_count == 1 && c->command->verb != HD_CMD_JOIN &&
			     out->events[0].type == HD_EVENT_JOINED;
	if (out->events_count == 0 || enrolled_only) {
		struct hd_event *event = hd_case_event(c, HD_EVENT_ANSWERED);
		event->points = out->reply.points;
		event->value = out->reply.score;
	}
	hd_case_keep_id(c);
}

/* A retry: the same outcome in the same shape. */
static void
answer_again(struct hd_case *c, const struct hd_answered *answered)
{
	if (memcmp(answered->args, c->args, sizeof(c->args)) != 0) {
		hd_case_error(c, HD_ERR_IDMISMATCH);
		return;
	}
	HD_ASSERT(answered->outcome < HD_OUTCOME_COUNT);
	if (answered->outcome == HD_OUTCOME_JOINED || answered->outcome == HD_OUTCOME_ALREADY) {
		answer_status(c, answered->outcome);
		return;
	}
	bool text = answered->outcome == HD_OUTCOME_HINTED;
	c->out->reply = (struct hd_reply){
		.kind = text ? HD_REPLY_TEXT : HD_REPLY_OUTCOME,
		.outcome = answered->outcome,
		.points = answered->points,
		.score = answered->score,
		.detail = hd_answered_detail(answered),
	};
}

/* Verbs. */

static bool
bracket_known(const struct hd_definition *definition, struct hd_bytes bracket)
{
	HD_ASSERT(bracket.size <= HD_ID_MAX);
	for (uint32_t i = 0; i < definition->boards_count; i++)
		if (!definition->boards[i].gone &&
		    hd_bytes_equal(definition->boards[i].bracket, bracket))
			return true;
	return bracket.size == 0;
}

static void
join_decide(struct hd_case *c)
{
	const struct hd_command *command = c->command;
	HD_ASSERT(command->verb == HD_CMD_JOIN);
	if (!bracket_known(c->definition, command->board)) {
		hd_case_error(c, HD_ERR_NOBRACKET);
		return;
	}
	if (c->entrant != NULL) {
		answer_status(c, HD_OUTCOME_ALREADY);
		return;
	}
	answer_status(c, HD_OUTCOME_JOINED);
	struct hd_event *event = hd_case_push(c, HD_EVENT_JOINED);
	event->outcome = HD_OUTCOME_JOINED;
	event->text = command->text;
	event->extra = command->board;
}

/* Challenges of this verb's kind cannot be in a document yet. */
static void
unsupported_decide(struct hd_case *c)
{
	HD_ASSERT(c->command->verb == HD_CMD_CHECKIN);
	if (hd_case_challenge(c) != NULL)
		hd_case_error(c, HD_ERR_UNSUPPORTED);
}

static void
verb_decide(struct hd_case *c)
{
	switch (c->command->verb) {
	case HD_CMD_AWARD:
		hd_award_decide(c);
		break;
	case HD_CMD_SUBMIT:
		hd_submit_decide(c);
		break;
	case HD_CMD_JOIN:
		join_decide(c);
		break;
	case HD_CMD_HINT:
		hd_hint_decide(c);
		break;
	case HD_CMD_PROGRESS:
		hd_progress_decide(c);
		break;
	case HD_CMD_PUZZLE:
		hd_puzzle_decide(c);
		break;
	default:
		unsupported_decide(c);
	}
}

/* Whether the verb may come from who is not enrolled. */
static bool
may_enrol(const struct hd_case *c)
{
	uint8_t verb = c->command->verb;
	HD_ASSERT(c->definition != NULL);
	if (verb == HD_CMD_JOIN)
		return true;
	return c->definition->auto_join && verb != HD_CMD_HINT && verb != HD_CMD_PROGRESS;
}

static void
entrant_decide(struct hd_case *c)
{
	const struct hd_command *command = c->command;
	c->hunt = hd_hunt_find(c->core, command->hunt);
	if (c->hunt == NULL) {
		hd_case_error(c, HD_ERR_NOHUNT);
		return;
	}
	c->definition = c->hunt->definition;
	c->handle = hd_entrant_find(c->core, c->hunt->number, command->entrant, command->hint);
	if (c->handle != 0) {
		c->entrant = hd_entrant_at(c->core, c->handle);
	} else if (!may_enrol(c)) {
		hd_case_error(c, HD_ERR_NOENTRANT);
		return;
	}
	verb_decide(c);
}

/* Room for the worst that a command can take, so that its events can be applied whatever comes. */
static bool
memory_left(const struct hd_core *core)
{
	static_assert(HD_CORE_STEP_MEMORY >= 3 * HD_PLAY_STEP_MEMORY,
		      "an old and a new block, and the old one as an object for a sweep");
	return hd_memory_has(core->memory,
			     HD_CORE_STEP_MEMORY + HD_BOARDS_MAX * HD_BOARD_STEP_MEMORY +
				     ((uint64_t)core->wants.pool.live + core->suspects.pool.live +
				      2) * HD_WANT_MEMORY);
}

/* The id first: a retry gets its first outcome whatever has happened since, want of memory too. */
static void
write_decide(struct hd_case *c)
{
	if (!(c->command->given & HD_GIVEN_ID)) {
		entrant_decide(c);
		return;
	}
	hd_command_args_hash(c->core->secret, c->command, c->args);
	const struct hd_answered *answered =
		hd_event_ids_find(c->core, c->command->entrant, c->command->id);
	if (answered != NULL) {
		answer_again(c, answered);
		return;
	}
	entrant_decide(c);
	attach_id(c);
}

void
hd_core_decide(struct hd_core *core, int64_t now, const struct hd_command *command,
	       struct hd_decision *decision)
{
	HD_ASSERT(now > core->stamp && command->verb < HD_CMD_COUNT_);
	decision->events_count = 0;
	decision->scratch_used = 0;
	struct hd_case c = {.core = core, .command = command, .out = decision, .now = now};
	c.time = command->given & HD_GIVEN_AT ? command->at : now;
	if (hd_command_rows[command->verb].route == HD_ROUTE_LOCAL) {
		hd_documents_decide(&c);
		return;
	}
	if (!core->has_secret) {
		hd_case_error(&c, HD_ERR_NOHUNT);
		return;
	}
	if (HD_UNLIKELY(hd_core_wants(core) > 0) && hd_core_want_of(core, command->entrant) != 0) {
		decision->reply = (struct hd_reply){.kind = HD_REPLY_LATER};
		return;
	}
	write_decide(&c);
	/* Only what would be logged takes memory; all that says no without it comes first. */
	if (decision->events_count > 0 && !memory_left(core))
		hd_case_error(&c, HD_ERR_OOM);
}
