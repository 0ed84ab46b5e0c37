/* A core's life, and what the runtime reads of it. */
#include "core/game/state.h"
#include "huntd/snapshot.h"

struct hd_core *
hd_core_create(struct hd_memory *memory)
{
	HD_ASSERT(memory != NULL);
	struct hd_core *core = hd_memory_take(memory, sizeof(*core), 64);
	core->memory = memory;
	hd_pool_init(&core->entrants, memory, sizeof(struct hd_entrant));
	hd_pool_init(&core->long_ids, memory, HD_ID_MAX);
	hd_plays_init(&core->plays, memory);
	core->by_id = hd_index_create(memory);
	hd_event_ids_init(&core->ids, memory);
	hd_wants_init(core);
	hd_grants_init(core);
	hd_deals_init(core);
	hd_suspects_init(core);
	core->shards = 1;
	core->hunts = hd_memory_take(memory, HD_HUNTS_MAX * sizeof(*core->hunts), 64);
	core->due = hd_memory_take(memory, HD_HUNTS_MAX * sizeof(*core->due), 64);
	core->soonest = hd_memory_take(memory, 2 * HD_HUNTS_MAX * sizeof(*core->soonest), 64);
	hd_phase_init(core);
	core->hunt_table = hd_memory_take(memory, HD_HUNT_TABLE * sizeof(*core->hunt_table), 64);
	return core;
}

static void
give_array(struct hd_core *core, void *at, size_t size)
{
	if (at != NULL)
		hd_memory_give(core->memory, at, size);
}

void
hd_core_destroy(struct hd_core *core)
{
	HD_ASSERT(core != NULL);
	hd_core_sweep_abandon(core);
	hd_load_drop(core);
	for (uint32_t i = 0; i < core->hunts_count; i++)
		if (core->hunts[i] != NULL)
			hd_hunt_destroy(core, core->hunts[i]);
	bool left = hd_core_sweep(core, UINT32_MAX);
	HD_ASSERT(!left);
	hd_event_ids_fini(&core->ids);
	hd_wants_fini(core);
	hd_suspects_fini(core);
	hd_deals_fini(core);
	hd_grants_fini(core);
	hd_index_destroy(core->by_id);
	hd_plays_fini(&core->plays);
	hd_pool_fini(&core->long_ids);
	hd_pool_fini(&core->entrants);
	give_array(core, core->hunts, HD_HUNTS_MAX * sizeof(*core->hunts));
	give_array(core, core->due, HD_HUNTS_MAX * sizeof(*core->due));
	give_array(core, core->soonest, 2 * HD_HUNTS_MAX * sizeof(*core->soonest));
	give_array(core, core->hunt_table, HD_HUNT_TABLE * sizeof(*core->hunt_table));
	give_array(core, core->done, core->done_words * sizeof(*core->done));
	give_array(core, core->old, core->old_room * sizeof(struct hd_board *));
	give_array(core, core->answer, core->answer_room);
	hd_memory_give(core->memory, core, sizeof(*core));
}

bool
hd_core_sweep(struct hd_core *core, uint32_t objects)
{
	HD_ASSERT(core->old_count <= core->old_room);
	bool more = false;
	for (uint32_t i = core->old_count; i-- > 0;) {
		if (hd_board_pinned(core->old[i]))
			continue; /* a gather still reads it */
		more = objects == 0;
		if (more)
			break;
		hd_board_destroy(core->old[i]);
		core->old[i] = core->old[--core->old_count];
		objects--;
	}
	return more;
}

struct hd_writer
hd_core_answer(struct hd_core *core, uint32_t size)
{
	HD_ASSERT(size > 0);
	if (core->answer_room < size) {
		uint32_t room = core->answer_room ? core->answer_room : 64 * HD_KIB;
		while (room < size)
			room *= 2;
		give_array(core, core->answer, core->answer_room);
		core->answer = hd_memory_take(core->memory, room, 64);
		core->answer_room = room;
	}
	HD_ASSERT(core->answer_room >= size);
	return hd_writer_of(core->answer, core->answer_room);
}

/* What the runtime reads. */

uint32_t
hd_core_hunts(const struct hd_core *core)
{
	return core->hunts_count;
}

bool
hd_core_hunt_find(const struct hd_core *core, struct hd_bytes id, uint16_t *number)
{
	HD_ASSERT(number != NULL);
	const struct hd_hunt *hunt = hd_hunt_find(core, id);
	if (hunt != NULL)
		*number = hunt->number;
	return hunt != NULL;
}

const struct hd_definition *
hd_core_definition(const struct hd_core *core, uint16_t hunt)
{
	HD_ASSERT(hunt < core->hunts_count);
	return core->hunts[hunt]->definition;
}

enum hd_phase
hd_core_phase(const struct hd_core *core, uint16_t hunt)
{
	HD_ASSERT(hunt < core->hunts_count);
	return core->hunts[hunt]->phase;
}

uint64_t
hd_core_entrants(const struct hd_core *core)
{
	return core->entrants.live;
}

uint64_t
hd_core_hunt_entrants(const struct hd_core *core, uint16_t hunt)
{
	HD_ASSERT(hunt < core->hunts_count);
	return core->hunts[hunt]->entrants;
}

int64_t
hd_core_stamp(const struct hd_core *core)
{
	return core->stamp;
}

uint64_t
hd_core_order(const struct hd_core *core)
{
	return core->order;
}

bool
hd_core_order_done(const struct hd_core *core, uint64_t n)
{
	HD_ASSERT(n > 0);
	return n / 64 < core->done_words && (core->done[n / 64] >> (n % 64) & 1) != 0;
}

const uint8_t *
hd_core_secret(const struct hd_core *core)
{
	return core->has_secret ? core->secret : NULL;
}

static const struct hd_live_board *
live_board(const struct hd_core *core, uint16_t hunt, uint16_t board)
{
	HD_ASSERT(hunt < core->hunts_count && board < HD_BOARDS_MAX);
	return &core->hunts[hunt]->boards[board];
}

struct hd_board *
hd_core_board(const struct hd_core *core, uint16_t hunt, uint16_t board)
{
	return live_board(core, hunt, board)->tree;
}

const struct hd_board_root *
hd_core_board_frozen(const struct hd_core *core, uint16_t hunt, uint16_t board)
{
	return live_board(core, hunt, board)->frozen;
}

uint64_t
hd_core_board_changes(const struct hd_core *core, uint16_t hunt, uint16_t board)
{
	return live_board(core, hunt, board)->changes;
}

uint64_t
hd_core_board_top_changes(const struct hd_core *core, uint16_t hunt, uint16_t board)
{
	return live_board(core, hunt, board)->top_changes;
}

void
hd_core_board_watch(struct hd_core *core, uint16_t hunt, uint16_t board, int64_t score, int64_t sub)
{
	HD_ASSERT(hunt < core->hunts_count && board < HD_BOARDS_MAX);
	struct hd_live_board *live = &core->hunts[hunt]->boards[board];
	HD_ASSERT(live->tree != NULL);
	live->watch_score = score;
	live->watch_sub = sub;
}
