/* Two-step commands: what E wants, what H gives, how E settles it. Where E is H, in one decision.
 *
 * A grant is H's word and is never taken back; what E adds to it is only the entrant's. */
#include "core/game/state.h"

/* What H says of the entrant. False: it says so already, there is nothing to log; `time` of a new
 * grant is its event's. */
static bool
judge(const struct hd_core *core, const struct hd_hunt *hunt, uint32_t number,
      struct hd_bytes entrant, struct hd_grant *grant)
{
	const struct hd_definition *definition = hunt->definition;
	const struct hd_given_grant *given = hd_grant_find(core, hunt->number, number, entrant);
	*grant = (struct hd_grant){.version = definition->version};
	if (given != NULL) {
		grant->ordinal = given->ordinal;
		grant->points = given->points;
		grant->time = given->time;
		return false;
	}
	grant->verdict = HD_VERDICT_VOID;
	if (number >= definition->challenges_count || definition->challenges[number].gone)
		return false;
	const struct hd_challenge *challenge = &definition->challenges[number];
	HD_ASSERT(hd_challenge_is_shared(challenge) && challenge->points_count > 0);
	uint64_t grants = hd_core_grants(core, hunt->number, number);
	grant->verdict = HD_VERDICT_GONE;
	if (challenge->stock > 0 && grants >= challenge->stock)
		return false;
	uint64_t last = challenge->points_count - 1;
	grant->verdict = HD_VERDICT_GRANTED;
	grant->ordinal = grants + 1;
	grant->points = challenge->points[grants < last ? grants : last];
	return true;
}

static void
grant_push(struct hd_case *c, uint32_t number, struct hd_grant *grant)
{
	HD_ASSERT(grant->verdict == HD_VERDICT_GRANTED && grant->ordinal > 0);
	struct hd_event *event = hd_case_push(c, HD_EVENT_GRANT);
	event->has &= HD_EVENT_HAS_AT;
	event->by = (struct hd_bytes){0};
	event->number = number;
	event->value = (int64_t)grant->ordinal;
	event->points = grant->points;
	grant->time = event->time;
}

void
hd_core_grant(struct hd_core *core, int64_t now, const struct hd_want *want,
	      struct hd_decision *decision, struct hd_grant *grant)
{
	HD_ASSERT(now > core->stamp && want->hunt < core->hunts_count);
	const struct hd_command command = {
		.verb = HD_CMD_SUBMIT,
		.given = want->has_at ? HD_GIVEN_AT : 0,
		.at = want->at,
		.entrant = want->entrant,
	};
	struct hd_case c = {
		.core = core,
		.command = &command,
		.out = decision,
		.hunt = core->hunts[want->hunt],
		.now = now,
	};
	decision->events_count = 0;
	decision->scratch_used = 0;
	switch ((enum hd_want_what)want->what) {
	case HD_WANT_SOLVE:
		if (judge(core, c.hunt, want->challenge, want->entrant, grant))
			grant_push(&c, want->challenge, grant);
		break;
	case HD_WANT_DEAL:
		hd_deal_grant(&c, want, grant);
		break;
	case HD_WANT_SUSPECT:
		hd_suspect_grant(&c, want, grant);
		break;
	}
}

/* E. */

/* The outcome as H gave it. wanted: the WANT's stamp, 0 where E is H. */
static void
granted_push(struct hd_case *c, uint32_t number, const struct hd_grant *grant, int64_t wanted)
{
	bool gone = grant->verdict == HD_VERDICT_GONE;
	struct hd_event *event = hd_case_push(c, HD_EVENT_GRANTED);
	event->outcome = c->out->reply.outcome;
	event->number = number;
	event->points = c->out->reply.points;
	event->value = wanted;
	event->order = gone ? grant->version : grant->ordinal;
	event->text = c->command->text;
	HD_ASSERT(gone == (event->outcome == HD_OUTCOME_GONE));
	if (gone || event->time == grant->time)
		return;
	event->time = grant->time;
	event->has |= HD_EVENT_HAS_AT;
}

/* Logged with its answer, as every judged one is: with more stock it would have been right. */
static void
answer_gone(struct hd_case *c, uint32_t number, const struct hd_grant *grant, int64_t wanted)
{
	HD_ASSERT(grant->verdict == HD_VERDICT_GONE);
	hd_case_outcome(c, HD_OUTCOME_GONE, 0);
	hd_case_enrol(c);
	granted_push(c, number, grant, wanted);
}

static bool
fits(const struct hd_case *c, int64_t points)
{
	return c->entrant == NULL || hd_entrant_fits(c->core, c->hunt, c->entrant, points, 0);
}

/* E is H. */
static void
decide_here(struct hd_case *c, const struct hd_challenge *challenge)
{
	struct hd_grant grant;
	bool new = judge(c->core, c->hunt, challenge->number, c->command->entrant, &grant);
	HD_ASSERT(grant.verdict != HD_VERDICT_VOID);
	if (grant.verdict == HD_VERDICT_GONE) {
		answer_gone(c, challenge->number, &grant, 0);
		return;
	}
	if (!fits(c, grant.points)) {
		hd_case_error(c, HD_ERR_OVERFLOW);
		return;
	}
	hd_case_outcome(c, HD_OUTCOME_CORRECT, grant.points);
	hd_case_enrol(c);
	if (new)
		grant_push(c, challenge->number, &grant);
	granted_push(c, challenge->number, &grant, 0);
}

/* E is not H. Nobody is enrolled by a WANT: H may know a version without the challenge. */
static void
decide_there(struct hd_case *c, const struct hd_challenge *challenge)
{
	const struct hd_share *share = hd_share_find(c->hunt, challenge->number);
	HD_ASSERT(c->definition->version > 0);
	if (share != NULL && share->gone == c->definition->version) {
		const struct hd_grant gone = {.verdict = HD_VERDICT_GONE, .version = share->gone};
		answer_gone(c, challenge->number, &gone, 0);
		return;
	}
	if (!fits(c, challenge->points_max)) {
		hd_case_error(c, HD_ERR_OVERFLOW);
		return;
	}
	c->out->reply = (struct hd_reply){.kind = HD_REPLY_LATER};
	struct hd_event *event = hd_case_push(c, HD_EVENT_WANT);
	event->number = challenge->number;
	event->text = c->command->text;
}

void
hd_shared_decide(struct hd_case *c, const struct hd_challenge *challenge)
{
	HD_ASSERT(hd_challenge_is_shared(challenge) && !challenge->gone);
	if (c->hunt->here)
		decide_here(c, challenge);
	else
		decide_there(c, challenge);
}

/* The command that wanted, as far as its outcome needs it. Its bytes stay when the WANT has ended.
 */
static struct hd_command
command_of(struct hd_case *c, const struct hd_event *event)
{
	bool deal = event->type == HD_EVENT_WANT_DEAL;
	HD_ASSERT(deal || event->type == HD_EVENT_WANT);
	bool at = (event->has & HD_EVENT_HAS_AT) != 0, by = (event->has & HD_EVENT_HAS_BY) != 0;
	memcpy(c->args, event->args_hash, sizeof(c->args));
	return (struct hd_command){
		.verb = deal ? HD_CMD_PUZZLE : HD_CMD_SUBMIT,
		.given = (uint16_t)((at ? HD_GIVEN_AT : 0) | (by ? HD_GIVEN_BY : 0)),
		.at = at ? event->time : 0,
		.entrant = hd_case_copy(c, event->entrant),
		.text = hd_case_copy(c, event->text),
		.by = hd_case_copy(c, event->by),
		.id = hd_case_copy(c, event->id),
	};
}

/* A version that came meanwhile may give more than was asked room for. Grants are not refused: the
 * score stops at the greatest number. */
static void
settle_granted(struct hd_case *c, struct hd_command *command, uint32_t number,
	       const struct hd_grant *grant, int64_t wanted)
{
	int64_t points = grant->points;
	HD_ASSERT(points >= 0 || fits(c, points));
	if (c->entrant != NULL && !fits(c, points))
		points = hd_entrant_room(c->core, c->hunt, c->entrant, points);
	command->given |= HD_GIVEN_AT;
	command->at = grant->time;
	hd_case_outcome(c, HD_OUTCOME_CORRECT, points);
	hd_case_enrol(c);
	granted_push(c, number, grant, wanted);
}

static void
settle_void(struct hd_case *c, struct hd_command *command, uint32_t number, int64_t wanted)
{
	HD_ASSERT(wanted != 0);
	command->given = 0;
	hd_case_error(c, HD_ERR_NOCHALLENGE);
	struct hd_event *event = hd_case_push(c, HD_EVENT_VOIDED);
	event->number = number;
	event->value = wanted;
}

/* Errors are not kept with an id. */
static void
settle(struct hd_case *c, const struct hd_event *event, const struct hd_grant *grant)
{
	struct hd_command command = command_of(c, event);
	c->command = &command;
	switch ((enum hd_verdict)grant->verdict) {
	case HD_VERDICT_GRANTED:
		if (event->type == HD_EVENT_WANT_DEAL)
			hd_deal_settle(c, event, grant);
		else
			settle_granted(c, &command, event->number, grant, event->stamp);
		break;
	case HD_VERDICT_GONE:
		answer_gone(c, event->number, grant, event->stamp);
		break;
	case HD_VERDICT_VOID:
		settle_void(c, &command, event->number, event->stamp);
		return;
	}
	if (event->has & HD_EVENT_HAS_ID)
		hd_case_keep_id(c);
}

bool
hd_core_settle(struct hd_core *core, int64_t now, const struct hd_want *want,
	       const struct hd_grant *grant, struct hd_decision *decision)
{
	struct hd_event event;
	HD_ASSERT(now > core->stamp && grant->verdict <= HD_VERDICT_VOID);
	if (want->what == HD_WANT_SUSPECT)
		return hd_suspect_settle(core, now, want, decision);
	uint32_t handle = hd_core_want_of(core, want->entrant);
	if (handle == 0)
		return false;
	hd_want_event(core, handle, &event);
	if (event.stamp != want->stamp)
		return false;
	HD_ASSERT(event.hunt == want->hunt && event.number == want->challenge);
	struct hd_case c = {
		.core = core,
		.out = decision,
		.hunt = core->hunts[event.hunt],
		.now = now,
		.handle = hd_entrant_find(core, event.hunt, event.entrant, 0),
	};
	if (c.handle != 0)
		c.entrant = hd_entrant_at(core, c.handle);
	decision->events_count = 0;
	decision->scratch_used = 0;
	settle(&c, &event, grant);
	return true;
}
