/* Whether apply would find all that it needs: asked of events that were read, of which nothing is
 * known but that they decode. What decide made fresh is not asked. */
#include "core/game/state.h"

#define STAMP_MAX (INT64_MAX / 2) /* then no window's end leaves the range of a number */

static bool
brackets_fit(const struct hd_hunt *hunt, uint32_t more)
{
	return hunt->brackets_count + more < UINT16_MAX;
}

/* Challenges and boards are never taken away: their numbers are for ever. */
static bool
can_order_document(const struct hd_core *core, const struct hd_order *order)
{
	const struct hd_hunt *hunt = hd_hunt_find(core, order->name);
	uint32_t boards, challenges;
	if (!core->has_secret || order->name.size == 0 ||
	    !hd_definition_counts(order->definition, &boards, &challenges))
		return false;
	if (hunt == NULL)
		return core->hunts_count < HD_HUNTS_MAX;
	return order->version > hunt->version->document.version && boards >= hunt->boards_count &&
	       challenges >= hunt->definition->challenges_count && brackets_fit(hunt, boards);
}

static bool
can_order(const struct hd_core *core, const struct hd_event *event)
{
	struct hd_order order;
	if (event->order != core->order + 1 || !hd_order_decode(event->text, &order))
		return false;
	switch (order.kind) {
	case HD_ORDER_SECRET:
		return !core->has_secret;
	case HD_ORDER_SETTING:
		return order.value >= 0 && (hd_bytes_equal(order.name, HD_BYTES("ids_max")) ||
					    hd_bytes_equal(order.name, HD_BYTES("ids_age")));
	case HD_ORDER_DOCUMENT:
		return can_order_document(core, &order);
	case HD_ORDER_PHASE:
		return hd_hunt_find(core, order.name) != NULL;
	default:
		return false;
	}
}

static bool
can_begin_window(const struct hd_hunt *hunt, const struct hd_event *event)
{
	if (event->number >= hunt->boards_count)
		return false;
	const struct hd_live_board *board = &hunt->boards[event->number];
	return board->tree != NULL && board->window_ns != 0 && event->value > board->window &&
	       event->value <= hd_window_of(event->stamp, board->window_ns);
}

static bool
can_join(const struct hd_core *core, const struct hd_hunt *hunt, const struct hd_event *event)
{
	return event->entrant.size > 0 && brackets_fit(hunt, 1) &&
	       hd_entrant_find(core, hunt->number, event->entrant, event->handle) == 0;
}

/* What JUDGED, HINTED and GRANTED change of the cell: `cell` NULL stands for zeros. */
static bool
can_judge(const struct hd_cell *cell, const struct hd_event *event)
{
	int64_t sum;
	if (cell != NULL && cell->solved)
		return false;
	if (event->outcome == HD_OUTCOME_CORRECT)
		return !__builtin_add_overflow(cell ? cell->points : 0, event->points, &sum);
	return (event->outcome == HD_OUTCOME_WRONG || event->outcome == HD_OUTCOME_PARTIAL) &&
	       event->extra.size == sizeof(cell->guesses[0]);
}

static bool
can_hint(const struct hd_cell *cell, const struct hd_event *event)
{
	int64_t sum, taken = cell ? cell->hints : 0;
	return event->value == taken + 1 && event->value <= HD_HINTS_MAX &&
	       !__builtin_add_overflow(cell ? cell->points : 0, event->points, &sum);
}

/* The WANT or WANT_DEAL that `event` ends. */
static bool
is_wanted(const struct hd_core *core, const struct hd_event *event)
{
	struct hd_want want;
	uint32_t handle = hd_core_want_of(core, event->entrant);
	if (handle == 0)
		return false;
	hd_core_want(core, handle, &want);
	bool deal = want.what == HD_WANT_DEAL;
	return want.stamp == event->value &&
	       (event->type == HD_EVENT_VOIDED || deal == (event->type == HD_EVENT_DEALT));
}

static bool
can_be_granted(const struct hd_core *core, const struct hd_cell *cell, const struct hd_event *event)
{
	if (event->value != 0 && !is_wanted(core, event))
		return false;
	if (event->outcome == HD_OUTCOME_CORRECT)
		return can_judge(cell, event);
	return event->outcome == HD_OUTCOME_GONE && event->order > 0 && event->order <= UINT32_MAX;
}

/* Of an entrant that has joined. */
static bool
can_change(const struct hd_core *core, const struct hd_hunt *hunt, const struct hd_event *event)
{
	uint32_t handle = hd_entrant_find(core, hunt->number, event->entrant, event->handle);
	if (handle == 0)
		return false;
	const struct hd_entrant *entrant = hd_entrant_at(core, handle);
	if (!hd_entrant_fits(core, hunt, entrant, event->points, event->sub))
		return false;
	if (HD_LIKELY(event->type == HD_EVENT_AWARDED))
		return true;
	struct hd_play *play = hd_entrant_play(core, entrant);
	struct hd_item *item = NULL;
	if (event->number >= hunt->definition->challenges_count)
		return false;
	if (play != NULL)
		item = hd_item_find(play, HD_ITEM_CELL, (uint16_t)event->number);
	const struct hd_cell *cell = item ? hd_item_cell(item) : NULL;
	if (event->type == HD_EVENT_HINTED)
		return can_hint(cell, event);
	return event->type == HD_EVENT_JUDGED ? can_judge(cell, event)
					      : can_be_granted(core, cell, event);
}

/* Two-step commands: they name a challenge, and only GRANTED needs an entrant. */
static bool
can_share(const struct hd_core *core, const struct hd_hunt *hunt, const struct hd_event *event)
{
	if (event->entrant.size == 0 || event->number >= hunt->definition->challenges_count)
		return false;
	if (event->type == HD_EVENT_WANT)
		return hd_core_want_of(core, event->entrant) == 0;
	if (event->type == HD_EVENT_VOIDED)
		return is_wanted(core, event);
	return hd_grant_find(core, event->hunt, event->number, event->entrant) == NULL &&
	       event->value > 0 &&
	       (uint64_t)event->value == hd_core_grants(core, event->hunt, event->number) + 1;
}

/* Puzzles. */

/* NULL: the event's challenge is none. */
static const struct hd_puzzle_rule *
puzzle_of(const struct hd_hunt *hunt, const struct hd_event *event)
{
	if (event->number >= hunt->definition->challenges_count)
		return NULL;
	return hunt->definition->challenges[event->number].puzzle;
}

/* Of an entrant that has joined; `item` NULL: nothing was dealt. */
static bool
can_be_dealt(const struct hd_core *core, const struct hd_item *item,
	     const struct hd_puzzle_rule *rule, const struct hd_event *event)
{
	if (event->type == HD_EVENT_DEALT)
		return item == NULL && (event->value == 0 || is_wanted(core, event));
	if (item == NULL)
		return false;
	if (event->type == HD_EVENT_SUSPECTED)
		return (event->has & ~HD_EVENT_HAS_AT) == 0;
	return item->flag == 0 && !rule->spec.kind->around_answer &&
	       hd_base_is_own(core, event->order) && event->value >= 0 &&
	       event->value <= UINT32_MAX;
}

static bool
can_share_answer(const struct hd_core *core, const struct hd_event *event)
{
	const struct hd_deal_row *row = hd_deal_at(core, event->hunt, event->number, event->order);
	return row != NULL && hd_bytes_equal(hd_deal_entrant(core, row), event->extra) &&
	       !hd_bytes_equal(event->extra, event->entrant) &&
	       !hd_deal_told(core, event->hunt, event->number, event->order, event->entrant);
}

/* The SUSPECTED that `event` ends. */
static bool
is_suspected(const struct hd_core *core, const struct hd_event *event)
{
	struct hd_want want;
	uint32_t handle = hd_suspect_find(core, event->value);
	if (handle == 0)
		return false;
	hd_core_suspect(core, handle, &want);
	return want.hunt == event->hunt && want.challenge == event->number &&
	       hd_bytes_equal(want.entrant, event->entrant);
}

static bool
can_puzzle(const struct hd_core *core, const struct hd_hunt *hunt, const struct hd_event *event)
{
	const struct hd_puzzle_rule *rule = puzzle_of(hunt, event);
	if (event->entrant.size == 0 || rule == NULL)
		return false;
	uint32_t handle = hd_entrant_find(core, hunt->number, event->entrant, event->handle);
	const struct hd_item *item = NULL;
	if (handle != 0)
		item = hd_dealt_find(core, hd_entrant_at(core, handle), event->number);
	switch (event->type) {
	case HD_EVENT_WANT_DEAL:
		return item == NULL && (event->has & ~HD_EVENT_HAS_AT) == 0 &&
		       hd_core_want_of(core, event->entrant) == 0;
	case HD_EVENT_ALLOTTED:
		return hd_deal_of(core, event->hunt, event->number, event->entrant) == NULL &&
		       event->value >= 0 &&
		       (uint64_t)event->value == hd_core_allotted(core, event->hunt, event->number);
	case HD_EVENT_SHARED_ANSWER:
		return can_share_answer(core, event);
	case HD_EVENT_CLEARED:
		return is_suspected(core, event);
	default:
		return handle != 0 && can_be_dealt(core, item, rule, event);
	}
}

static bool
is_id_free(const struct hd_core *core, const struct hd_event *event)
{
	return !(event->has & HD_EVENT_HAS_ID) ||
	       hd_event_ids_find(core, event->entrant, event->id) == NULL;
}

static bool
can_in_hunt(const struct hd_core *core, const struct hd_event *event)
{
	if (event->hunt >= core->hunts_count)
		return false;
	const struct hd_hunt *hunt = core->hunts[event->hunt];
	switch (event->type) {
	case HD_EVENT_AWARDED:
	case HD_EVENT_JUDGED:
	case HD_EVENT_HINTED:
	case HD_EVENT_GRANTED:
		return can_change(core, hunt, event) && is_id_free(core, event);
	case HD_EVENT_JOINED:
		return can_join(core, hunt, event) && is_id_free(core, event);
	case HD_EVENT_ANSWERED:
		return is_id_free(core, event);
	case HD_EVENT_WANT:
	case HD_EVENT_VOIDED:
	case HD_EVENT_GRANT:
		return can_share(core, hunt, event);
	case HD_EVENT_PHASE:
		return event->value >= 0 && event->value <= HD_PHASE_CLOSED;
	case HD_EVENT_WINDOW:
		return can_begin_window(hunt, event);
	default:
		return hd_event_is_of_puzzle(event->type) && can_puzzle(core, hunt, event);
	}
}

bool
hd_core_can_apply(const struct hd_core *core, const struct hd_event *event)
{
	HD_ASSERT(core != NULL && event != NULL);
	if (event->stamp <= core->stamp || event->stamp > STAMP_MAX)
		return false;
	if (event->type == HD_EVENT_ORDER)
		return can_order(core, event);
	if (event->type == HD_EVENT_DONE)
		return event->order > 0 && event->order <= core->order;
	return event->type == HD_EVENT_SKIPPED || can_in_hunt(core, event);
}
