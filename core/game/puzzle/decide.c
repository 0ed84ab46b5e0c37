/* HUNT.PUZZLE: what E wants, what H allots, how E settles it. Where E is H, in one decision. And
 * what H says of suspicions. */
#include "core/game/state.h"

static void
answer_deal(struct hd_case *c, const struct hd_deal *deal)
{
	HD_ASSERT(deal->hunt == c->hunt->number && deal->challenge < HD_CHALLENGES_MAX);
	c->out->reply = (struct hd_reply){.kind = HD_REPLY_PUZZLE};
	c->out->deal = *deal;
}

/* H. */

static void
allotted_push(struct hd_case *c, uint32_t number, uint64_t d)
{
	HD_ASSERT(d < INT64_MAX);
	struct hd_event *event = hd_case_push(c, HD_EVENT_ALLOTTED);
	event->number = number;
	event->value = (int64_t)d;
}

/* The entrant's number, allotted now where it has none. */
static uint64_t
allot(struct hd_case *c, uint32_t number, struct hd_bytes entrant)
{
	const struct hd_deal_row *row = hd_deal_of(c->core, c->hunt->number, number, entrant);
	if (row != NULL)
		return row->d;
	uint64_t d = hd_core_allotted(c->core, c->hunt->number, number);
	allotted_push(c, number, d);
	HD_ASSERT(hd_deal_at(c->core, c->hunt->number, number, d) == NULL);
	return d;
}

/* A number that was allotted stays so, also where the challenge has gone. */
void
hd_deal_grant(struct hd_case *c, const struct hd_want *want, struct hd_grant *grant)
{
	const struct hd_definition *definition = c->hunt->definition;
	uint32_t number = want->challenge;
	HD_ASSERT(want->what == HD_WANT_DEAL);
	*grant = (struct hd_grant){.verdict = HD_VERDICT_VOID, .version = definition->version};
	bool open = number < definition->challenges_count && !definition->challenges[number].gone &&
		    definition->challenges[number].puzzle != NULL;
	if (!open && hd_deal_of(c->core, want->hunt, number, want->entrant) == NULL)
		return;
	grant->verdict = HD_VERDICT_GRANTED;
	grant->ordinal = allot(c, number, want->entrant) + 1;
}

void
hd_shared_answer_push(struct hd_case *c, uint32_t number, uint64_t d)
{
	const struct hd_deal_row *row = hd_deal_at(c->core, c->hunt->number, number, d);
	struct hd_bytes sender = c->command->entrant;
	HD_ASSERT(sender.size > 0);
	if (row == NULL || hd_bytes_equal(hd_deal_entrant(c->core, row), sender) ||
	    hd_deal_told(c->core, c->hunt->number, number, d, sender))
		return;
	struct hd_event *event = hd_case_push(c, HD_EVENT_SHARED_ANSWER);
	event->has &= HD_EVENT_HAS_AT;
	event->by = (struct hd_bytes){0};
	event->number = number;
	event->order = d;
	event->extra = hd_deal_entrant(c->core, row);
}

/* E learns nothing: `void`, whatever was found. */
void
hd_suspect_grant(struct hd_case *c, const struct hd_want *want, struct hd_grant *grant)
{
	HD_ASSERT(want->what == HD_WANT_SUSPECT);
	*grant = (struct hd_grant){.verdict = HD_VERDICT_VOID,
				   .version = c->hunt->definition->version};
	hd_shared_answer_push(c, want->challenge, want->d);
	HD_ASSERT(c->out->events_count <= 1);
}

/* E. */

/* wanted: the WANT_DEAL's stamp, 0 where E is H. */
static void
dealt_push(struct hd_case *c, uint32_t number, uint64_t d, int64_t wanted)
{
	struct hd_event *event = hd_case_push(c, HD_EVENT_DEALT);
	event->number = number;
	event->order = d;
	event->value = wanted;
	const struct hd_deal deal = {.hunt = c->hunt->number, .challenge = number, .d = d};
	answer_deal(c, &deal);
	HD_ASSERT(c->out->events_count <= HD_DECISION_EVENTS_MAX);
}

void
hd_puzzle_decide(struct hd_case *c)
{
	const struct hd_challenge *challenge = hd_case_challenge(c);
	if (challenge == NULL)
		return;
	if (challenge->puzzle == NULL) {
		hd_case_error(c, HD_ERR_NOPUZZLE);
		return;
	}
	const struct hd_item *dealt = NULL;
	if (c->entrant != NULL)
		dealt = hd_dealt_find(c->core, c->entrant, challenge->number);
	if (dealt != NULL) {
		const struct hd_deal deal = hd_item_deal(dealt, c->hunt->number);
		answer_deal(c, &deal);
	} else if (!hd_case_open(c)) {
		hd_case_outcome(c, HD_OUTCOME_CLOSED, 0);
	} else if (c->hunt->here) {
		hd_case_enrol(c);
		dealt_push(c, challenge->number, allot(c, challenge->number, c->command->entrant),
			   0);
	} else {
		c->out->reply = (struct hd_reply){.kind = HD_REPLY_LATER};
		hd_case_push(c, HD_EVENT_WANT_DEAL)->number = challenge->number;
	}
	HD_ASSERT(c->out->reply.kind != HD_REPLY_ERROR);
}

void
hd_deal_settle(struct hd_case *c, const struct hd_event *want, const struct hd_grant *grant)
{
	HD_ASSERT(want->type == HD_EVENT_WANT_DEAL && grant->verdict == HD_VERDICT_GRANTED);
	HD_ASSERT(grant->ordinal > 0);
	hd_case_enrol(c);
	dealt_push(c, want->number, grant->ordinal - 1, want->stamp);
}

bool
hd_suspect_settle(struct hd_core *core, int64_t now, const struct hd_want *want,
		  struct hd_decision *decision)
{
	struct hd_event suspected;
	uint32_t handle = hd_suspect_find(core, want->stamp);
	HD_ASSERT(want->what == HD_WANT_SUSPECT && now > core->stamp);
	if (handle == 0)
		return false;
	hd_suspect_event(core, handle, &suspected);
	HD_ASSERT(suspected.hunt == want->hunt && suspected.number == want->challenge);
	struct hd_command command = {.verb = HD_CMD_SUBMIT};
	struct hd_case c = {
		.core = core,
		.command = &command,
		.out = decision,
		.hunt = core->hunts[suspected.hunt],
		.now = now,
	};
	decision->events_count = 0;
	decision->scratch_used = 0;
	command.entrant = hd_case_copy(&c, suspected.entrant);
	struct hd_event *event = hd_case_push(&c, HD_EVENT_CLEARED);
	event->number = suspected.number;
	event->value = suspected.stamp;
	return true;
}
