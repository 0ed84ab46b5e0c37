/* Judging a guess at a puzzle: the dealt answer, and whether a wrong one is somebody else's. */
#include "core/game/state.h"

void
hd_core_hunt_secret(const struct hd_core *core, uint16_t hunt, uint8_t secret[32])
{
	HD_ASSERT(hunt < core->hunts_count && core->has_secret);
	memcpy(secret, core->hunts[hunt]->secret, sizeof(core->hunts[hunt]->secret));
}

uint32_t
hd_core_deal_answer(const struct hd_core *core, const struct hd_deal *deal, uint8_t *answer)
{
	const struct hd_hunt *hunt = core->hunts[deal->hunt];
	HD_ASSERT(deal->challenge < hunt->definition->challenges_count);
	const struct hd_puzzle_rule *rule = hunt->definition->challenges[deal->challenge].puzzle;
	HD_ASSERT(rule != NULL);
	uint32_t index =
		hd_puzzle_phrase_of(hunt->secret, deal->challenge, rule->phrases.count, deal->d);
	return hd_phrases_at(&rule->phrases, index, answer);
}

/* Of the guess only its size decides how long this takes: all bytes that an answer can have are
 * compared, and the sizes beside. How often the deal's number is walked through the permutation
 * depends on the deal, and is the same for every guess at it. */
bool
hd_dealt_is_answer(const struct hd_case *c, const struct hd_challenge *challenge,
		   const struct hd_item *dealt, struct hd_bytes normal)
{
	uint8_t answer[HD_PHRASE_MAX] = {0}, guess[HD_PHRASE_MAX] = {0};
	HD_ASSERT(dealt != NULL && dealt->number == challenge->number);
	const struct hd_deal deal = hd_item_deal(dealt, c->hunt->number);
	uint32_t size = hd_core_deal_answer(c->core, &deal, answer);
	HD_ASSERT(size > 0 && size <= HD_PHRASE_MAX);
	memcpy(guess, normal.at, normal.size < HD_PHRASE_MAX ? normal.size : HD_PHRASE_MAX);
	uint32_t differ = size ^ normal.size;
	for (uint32_t i = 0; i < HD_PHRASE_MAX; i++)
		differ |= (uint32_t)(answer[i] ^ guess[i]);
	return differ == 0;
}

/* The sender's own answer is not looked at, so time tells nothing of it. Beyond that it is not
 * constant: a guess in the list is walked through the permutation by its own place, one outside by
 * place 0, so that neither goes without; but walks differ from place to place (two on average at
 * most, one place in a thousand needs more than ten; each is eight SipHashes), the search of the
 * list ends where it ends, and what is suspected costs an event. So time may tell that a guess is
 * in the list and, where E is H, that it is another's; never whose.
 *
 * Past the list's end several deals have one phrase; the first of them is asked about, and stands
 * for all: it was allotted where any was. */
void
hd_dealt_suspect(struct hd_case *c, const struct hd_challenge *challenge, struct hd_bytes normal)
{
	const struct hd_phrases *phrases = &challenge->puzzle->phrases;
	uint32_t index = 0;
	bool found = hd_phrases_find(phrases, normal, &index);
	uint32_t d = hd_puzzle_phrase_deal(c->hunt->secret, challenge->number, phrases->count,
					   found ? index : 0);
	HD_ASSERT(d < phrases->count && c->entrant != NULL);
	if (!found)
		return;
	if (c->hunt->here) {
		hd_shared_answer_push(c, challenge->number, d);
		return;
	}
	struct hd_event *event = hd_case_push(c, HD_EVENT_SUSPECTED);
	event->has &= HD_EVENT_HAS_AT;
	event->by = (struct hd_bytes){0};
	event->number = challenge->number;
	event->order = d;
}
