/* Phases and windows: what the clock brings, as events. */
#include "core/game/state.h"

enum hd_phase
hd_phase_scheduled(const struct hd_definition *definition, int64_t time)
{
	if (time >= definition->closes)
		return HD_PHASE_CLOSED;
	if (time >= definition->freezes)
		return HD_PHASE_FROZEN;
	return time >= definition->opens ? HD_PHASE_OPEN : HD_PHASE_BEFORE;
}

/* Only a whole board can be frozen: one that is being built is finished first, at once. */
static void
freeze(struct hd_core *core, struct hd_hunt *hunt)
{
	for (uint32_t i = 0; i < hunt->boards_count; i++) {
		struct hd_live_board *board = &hunt->boards[i];
		if (board->tree == NULL)
			continue;
		HD_ASSERT(board->frozen == NULL);
		hd_build_finish(core, board);
		board->frozen = hd_board_pin(board->tree);
		board->frozen_serial = ++hunt->serial;
	}
}

static void
thaw(struct hd_hunt *hunt)
{
	for (uint32_t i = 0; i < hunt->boards_count; i++) {
		struct hd_live_board *board = &hunt->boards[i];
		if (board->frozen == NULL)
			continue;
		HD_ASSERT(board->tree != NULL);
		hd_board_release(board->tree, board->frozen);
		board->frozen = NULL;
	}
}

void
hd_phase_enter(struct hd_core *core, struct hd_hunt *hunt, enum hd_phase phase)
{
	HD_ASSERT(phase <= HD_PHASE_CLOSED && hunt->phase <= HD_PHASE_CLOSED);
	if (phase == HD_PHASE_FROZEN && hunt->phase != HD_PHASE_FROZEN)
		freeze(core, hunt);
	if (phase != HD_PHASE_FROZEN && hunt->phase == HD_PHASE_FROZEN)
		thaw(hunt);
	hunt->phase = (uint8_t)phase;
}

/* The first moment at or after `from` at which the schedule says something else than the phase. */
static int64_t
next_hour(const struct hd_hunt *hunt, int64_t from)
{
	const struct hd_definition *definition = hunt->definition;
	const int64_t hours[] = {from, definition->opens, definition->freezes, definition->closes};
	int64_t next = HD_NEVER;
	if (hunt->override)
		return next;
	for (uint32_t i = 0; i < sizeof(hours) / sizeof(hours[0]); i++)
		if (hours[i] >= from && hours[i] < next &&
		    hd_phase_scheduled(definition, hours[i]) != hunt->phase)
			next = hours[i];
	return next;
}

/* Plays a node's match again; of hunts that are due at the same time, the lower number is first. */
static void
match(struct hd_core *core, uint32_t node)
{
	HD_ASSERT(node > 0 && node < HD_HUNTS_MAX);
	uint16_t left = core->soonest[2 * node], right = core->soonest[2 * node + 1];
	core->soonest[node] = core->due[right] < core->due[left] ? right : left;
}

void
hd_phase_init(struct hd_core *core)
{
	HD_ASSERT(core->hunts_count == 0);
	for (uint32_t i = 0; i < HD_HUNTS_MAX; i++) {
		core->due[i] = HD_NEVER;
		core->soonest[HD_HUNTS_MAX + i] = (uint16_t)i;
	}
	for (uint32_t node = HD_HUNTS_MAX - 1; node > 0; node--)
		match(core, node);
}

void
hd_phase_plan(struct hd_core *core, struct hd_hunt *hunt)
{
	HD_ASSERT(hunt->number < core->hunts_count);
	int64_t due = next_hour(hunt, core->stamp);
	for (uint32_t i = 0; i < hunt->boards_count; i++) {
		const struct hd_live_board *board = &hunt->boards[i];
		if (board->tree == NULL || board->window_ns == 0)
			continue;
		int64_t next = (board->window + 1) * board->window_ns;
		due = next < due ? next : due;
	}
	core->due[hunt->number] = due;
	for (uint32_t node = (HD_HUNTS_MAX + hunt->number) / 2; node > 0; node /= 2)
		match(core, node);
}

int64_t
hd_core_deadline(const struct hd_core *core)
{
	return core->due[core->soonest[1]];
}

static bool
due_in(const struct hd_hunt *hunt, int64_t now, struct hd_event *event)
{
	*event = (struct hd_event){.hunt = hunt->number, .stamp = now, .time = now};
	enum hd_phase phase = hd_phase_scheduled(hunt->definition, now);
	if (!hunt->override && phase != hunt->phase) {
		event->type = HD_EVENT_PHASE;
		event->value = phase;
		return true;
	}
	event->type = HD_EVENT_WINDOW;
	for (uint32_t i = 0; i < hunt->boards_count; i++) {
		const struct hd_live_board *board = &hunt->boards[i];
		if (board->tree == NULL || board->window_ns == 0)
			continue;
		event->number = i;
		event->value = hd_window_of(now, board->window_ns);
		if (event->value > board->window)
			return true;
	}
	return false;
}

bool
hd_core_due(const struct hd_core *core, int64_t now, struct hd_event *event)
{
	HD_ASSERT(now > core->stamp);
	if (now < hd_core_deadline(core))
		return false;
	bool found = due_in(core->hunts[core->soonest[1]], now, event);
	HD_ASSERT(found);
	return true;
}
