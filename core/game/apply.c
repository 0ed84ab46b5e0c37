/* apply: what an event changes. Cannot fail, and reads no rule that decide has not read. */
#include "core/game/state.h"

/* Bits are never cleared: an order is done for ever. */
void
hd_done_set(struct hd_core *core, uint64_t n)
{
	HD_ASSERT(n > 0 && n <= core->order);
	uint32_t word = (uint32_t)(n / 64);
	if (word >= core->done_words) {
		uint32_t words = core->done_words ? core->done_words * 2 : 16;
		while (words <= word)
			words *= 2;
		uint64_t *more = hd_memory_take(core->memory, words * sizeof(*more), 64);
		if (core->done != NULL) {
			memcpy(more, core->done, core->done_words * sizeof(*more));
			hd_memory_give(core->memory, core->done, core->done_words * sizeof(*more));
		}
		core->done = more;
		core->done_words = words;
	}
	core->done[word] |= UINT64_C(1) << (n % 64);
}

static void
secret_apply(struct hd_core *core, const struct hd_order *order)
{
	HD_ASSERT(!core->has_secret && order->text.size == sizeof(core->secret));
	memcpy(core->secret, order->text.at, sizeof(core->secret));
	core->has_secret = true;
}

static void
setting_apply(struct hd_core *core, const struct hd_order *order)
{
	HD_ASSERT(order->value >= 0);
	if (hd_bytes_equal(order->name, HD_BYTES("ids_max")))
		core->ids.kept_max = order->value;
	else if (hd_bytes_equal(order->name, HD_BYTES("ids_age")))
		core->ids.age_ns = order->value;
	else
		HD_UNREACHABLE();
}

static void
order_apply(struct hd_core *core, const struct hd_event *event)
{
	struct hd_order order;
	bool whole = hd_order_decode(event->text, &order);
	HD_ASSERT(whole && event->order == core->order + 1);
	core->order = event->order;
	struct hd_hunt *hunt = NULL;
	switch (order.kind) {
	case HD_ORDER_SECRET:
		secret_apply(core, &order);
		return;
	case HD_ORDER_SETTING:
		setting_apply(core, &order);
		return;
	case HD_ORDER_DOCUMENT:
		hd_hunt_document(core, &order, event->stamp, event->time);
		break;
	case HD_ORDER_PHASE:
		hunt = hd_hunt_find(core, order.name);
		HD_ASSERT(hunt != NULL);
		hd_sweep_hunt(core, hunt);
		hunt->override = true;
		hd_phase_enter(core, hunt, order.phase);
		break;
	default:
		HD_UNREACHABLE();
	}
	hd_phase_plan(core, hd_hunt_find(core, order.name));
}

static void
answered_apply(struct hd_core *core, const struct hd_event *event, int64_t score)
{
	if (event->has & HD_EVENT_HAS_ID)
		hd_event_ids_keep(core, event, score);
}

/* The stamp of an entrant's last event is its time, unless a play block says more. */
static void
stamp_keep(struct hd_core *core, struct hd_entrant *entrant, const struct hd_event *event)
{
	if (HD_LIKELY(entrant->play == 0 && entrant->time == event->stamp))
		return;
	hd_entrant_play_make(core, entrant)->stamp = event->stamp;
}

static void
joined_apply(struct hd_core *core, struct hd_hunt *hunt, const struct hd_event *event)
{
	HD_ASSERT(hd_entrant_find(core, hunt->number, event->entrant, 0) == 0);
	uint32_t handle = hd_entrant_enrol(core, hunt, event);
	struct hd_entrant *entrant = hd_entrant_at(core, handle);
	if (event->text.size > 0) {
		HD_ASSERT(event->text.size <= HD_NAME_MAX);
		hd_entrant_play_make(core, entrant);
		struct hd_item *item = hd_item_make(&core->plays, &entrant->play, HD_ITEM_NAME, 0,
						    (event->text.size + 7) / 8);
		memcpy(item->payload, event->text.at, event->text.size);
		item->count = (uint16_t)event->text.size;
	}
	stamp_keep(core, entrant, event);
	answered_apply(core, event, 0);
}

/* AWARDED, JUDGED, HINTED, GRANTED: they are of an entrant that has joined. */
static void
entrant_apply(struct hd_core *core, struct hd_hunt *hunt, const struct hd_event *event)
{
	uint32_t handle = hd_entrant_find(core, hunt->number, event->entrant, event->handle);
	HD_ASSERT(handle != 0);
	hd_sweep_entrant(core, handle);
	struct hd_entrant *entrant = hd_entrant_at(core, handle);
	if (event->type == HD_EVENT_JUDGED)
		hd_judged_apply(core, hunt, entrant, event);
	else if (event->type == HD_EVENT_HINTED)
		hd_hinted_apply(core, entrant, event);
	else if (event->type == HD_EVENT_GRANTED && event->outcome == HD_OUTCOME_CORRECT)
		hd_judged_apply(core, hunt, entrant, event);
	hd_entrant_change(core, hunt, handle, event, event->points, event->sub);
	stamp_keep(core, entrant, event);
	answered_apply(core, event, entrant->score);
}

/* What changed nothing of the entrant; it may be of somebody who never joined. */
static void
passed_apply(struct hd_core *core, struct hd_hunt *hunt, const struct hd_event *event)
{
	uint32_t handle = hd_entrant_find(core, hunt->number, event->entrant, event->handle);
	if (handle != 0) {
		hd_sweep_entrant(core, handle);
		stamp_keep(core, hd_entrant_at(core, handle), event);
	}
	if (event->type == HD_EVENT_WANT || event->type == HD_EVENT_WANT_DEAL)
		hd_want_open(core, event);
	else if (event->type == HD_EVENT_VOIDED)
		hd_want_end(core, event->entrant, event->value);
	else
		answered_apply(core, event, event->value);
}

/* What H gave, or that nothing was left. */
static void
granted_apply(struct hd_core *core, struct hd_hunt *hunt, const struct hd_event *event)
{
	HD_ASSERT(event->outcome == HD_OUTCOME_CORRECT || event->outcome == HD_OUTCOME_GONE);
	entrant_apply(core, hunt, event);
	if (event->outcome == HD_OUTCOME_GONE)
		hd_share_gone(core, event->hunt, event->number, (uint32_t)event->order);
	if (event->value != 0)
		hd_want_end(core, event->entrant, event->value);
}

/* What H allotted to an entrant, and of which base its instance is. */
static void
dealt_apply(struct hd_core *core, const struct hd_hunt *hunt, const struct hd_event *event)
{
	uint32_t handle = hd_entrant_find(core, hunt->number, event->entrant, event->handle);
	HD_ASSERT(handle != 0);
	hd_sweep_entrant(core, handle);
	struct hd_entrant *entrant = hd_entrant_at(core, handle);
	HD_ASSERT(event->number < hunt->definition->challenges_count);
	if (event->type == HD_EVENT_BASE) {
		hd_base_apply(core, entrant, event);
	} else {
		hd_dealt_apply(core, entrant, event);
		if (event->value != 0)
			hd_want_end(core, event->entrant, event->value);
	}
	stamp_keep(core, entrant, event);
}

/* Suspicions and what comes of them leave the entrant as it is, its last event's stamp too:
 * PROGRESS shows that, and they are silent. */
static void
puzzle_apply(struct hd_core *core, const struct hd_hunt *hunt, const struct hd_event *event)
{
	switch (event->type) {
	case HD_EVENT_ALLOTTED:
		hd_deal_keep(core, event);
		return;
	case HD_EVENT_DEALT:
	case HD_EVENT_BASE:
		dealt_apply(core, hunt, event);
		return;
	case HD_EVENT_SUSPECTED:
		hd_suspect_open(core, event);
		return;
	case HD_EVENT_SHARED_ANSWER:
		hd_told_keep(core, event);
		return;
	case HD_EVENT_CLEARED:
		hd_suspect_end(core, event->value);
		return;
	default:
		HD_UNREACHABLE();
	}
}

static void
hunt_apply(struct hd_core *core, const struct hd_event *event)
{
	HD_ASSERT(event->hunt < core->hunts_count);
	struct hd_hunt *hunt = core->hunts[event->hunt];
	switch (event->type) {
	case HD_EVENT_AWARDED:
	case HD_EVENT_JUDGED:
	case HD_EVENT_HINTED:
		entrant_apply(core, hunt, event);
		return;
	case HD_EVENT_JOINED:
		joined_apply(core, hunt, event);
		return;
	case HD_EVENT_ANSWERED:
	case HD_EVENT_WANT:
	case HD_EVENT_WANT_DEAL:
	case HD_EVENT_VOIDED:
		passed_apply(core, hunt, event);
		return;
	case HD_EVENT_GRANT:
		hd_grant_keep(core, event);
		return;
	case HD_EVENT_GRANTED:
		granted_apply(core, hunt, event);
		return;
	case HD_EVENT_PHASE:
		hd_sweep_hunt(core, hunt);
		hd_phase_enter(core, hunt, (enum hd_phase)event->value);
		break;
	case HD_EVENT_WINDOW:
		hd_sweep_hunt(core, hunt);
		hd_hunt_window(core, hunt, (uint16_t)event->number, event->value);
		break;
	default:
		puzzle_apply(core, hunt, event);
		return;
	}
	hd_phase_plan(core, hunt);
}

void
hd_core_apply(struct hd_core *core, const struct hd_event *event)
{
	HD_ASSERT(event->stamp > core->stamp);
	core->stamp = event->stamp;
	if (event->type == HD_EVENT_ORDER) {
		order_apply(core, event);
	} else if (event->type == HD_EVENT_DONE) {
		hd_done_set(core, event->order);
	} else if (HD_LIKELY(event->type != HD_EVENT_SKIPPED)) {
		hunt_apply(core, event);
	}
}
