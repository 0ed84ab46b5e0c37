/* E: what an entrant was dealt, and of which base its instance is made. */
#include "core/game/state.h"

struct hd_item *
hd_dealt_find(const struct hd_core *core, const struct hd_entrant *entrant, uint32_t challenge)
{
	HD_ASSERT(challenge < HD_CHALLENGES_MAX);
	struct hd_play *play = hd_entrant_play(core, entrant);
	return play ? hd_item_find(play, HD_ITEM_DEALT, (uint16_t)challenge) : NULL;
}

void
hd_dealt_apply(struct hd_core *core, struct hd_entrant *entrant, const struct hd_event *event)
{
	HD_ASSERT(hd_dealt_find(core, entrant, event->number) == NULL);
	hd_entrant_play_make(core, entrant);
	struct hd_item *item = hd_item_make(&core->plays, &entrant->play, HD_ITEM_DEALT,
					    (uint16_t)event->number, HD_DEALT_WORDS);
	hd_item_dealt(item)->d = event->order;
}

void
hd_base_apply(struct hd_core *core, struct hd_entrant *entrant, const struct hd_event *event)
{
	struct hd_item *item = hd_dealt_find(core, entrant, event->number);
	HD_ASSERT(item != NULL && item->flag == 0);
	HD_ASSERT(hd_base_is_own(core, event->order));
	item->flag = 1;
	hd_item_dealt(item)->j = event->order;
	hd_item_dealt(item)->try = (uint64_t)event->value;
	if (core->bases < event->order)
		core->bases = event->order;
}

bool
hd_base_is_own(const struct hd_core *core, uint64_t j)
{
	uint64_t shard = j >> HD_BASE_COUNT_BITS,
		 count = j & ((UINT64_C(1) << HD_BASE_COUNT_BITS) - 1);
	HD_ASSERT(core->bases >> HD_BASE_COUNT_BITS < HD_SHARDS_MAX);
	if (shard >= HD_SHARDS_MAX || count == 0)
		return false;
	return core->bases == 0 || shard == core->bases >> HD_BASE_COUNT_BITS;
}

uint64_t
hd_core_bases(const struct hd_core *core)
{
	return core->bases;
}

bool
hd_core_deal(const struct hd_core *core, uint16_t hunt, uint32_t challenge, struct hd_bytes entrant,
	     struct hd_deal *deal)
{
	HD_ASSERT(hunt < core->hunts_count);
	uint32_t handle = hd_entrant_find(core, hunt, entrant, 0);
	const struct hd_item *item = NULL;
	if (handle != 0)
		item = hd_dealt_find(core, hd_entrant_at(core, handle), challenge);
	if (item == NULL)
		return false;
	*deal = hd_item_deal(item, hunt);
	return true;
}

/* A BASE is nobody's command: its reply is not used. */
void
hd_core_base(struct hd_core *core, int64_t now, const struct hd_deal *deal, struct hd_bytes entrant,
	     uint64_t j, uint32_t try, struct hd_decision *decision)
{
	struct hd_deal known;
	bool dealt = hd_core_deal(core, deal->hunt, deal->challenge, entrant, &known);
	HD_ASSERT(now > core->stamp && dealt && !known.based && known.d == deal->d);
	HD_ASSERT(j >> HD_BASE_COUNT_BITS == core->shard && hd_base_is_own(core, j));
	const struct hd_command command = {.verb = HD_CMD_PUZZLE, .entrant = entrant};
	struct hd_case c = {
		.core = core,
		.command = &command,
		.out = decision,
		.hunt = core->hunts[deal->hunt],
		.now = now,
	};
	decision->events_count = 0;
	decision->scratch_used = 0;
	struct hd_event *event = hd_case_push(&c, HD_EVENT_BASE);
	event->number = deal->challenge;
	event->order = j;
	event->value = try;
}
