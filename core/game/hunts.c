/* Hunts: found by name, and what a new version of the document changes. */
#include "core/game/state.h"
#include "huntd/ids.h"

static uint32_t
name_hash(struct hd_bytes name)
{
	/* Names come from operators, so nobody picks collisions: a plain mix is enough. */
	uint64_t hash = name.size;
	for (uint32_t i = 0; i < name.size; i += 8) {
		uint64_t word = 0;
		uint32_t left = name.size - i;
		memcpy(&word, name.at + i, left < 8 ? left : 8);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	return (uint32_t)(hash >> 32) & (HD_HUNT_TABLE - 1);
}

struct hd_hunt *
hd_hunt_find(const struct hd_core *core, struct hd_bytes name)
{
	static_assert((HD_HUNT_TABLE & (HD_HUNT_TABLE - 1)) == 0, "the mask needs a power of two");
	HD_ASSERT(core->hunts_count <= HD_HUNTS_MAX);
	for (uint32_t at = name_hash(name);; at = (at + 1) & (HD_HUNT_TABLE - 1)) {
		uint16_t number = core->hunt_table[at];
		if (number == 0)
			return NULL;
		if (hd_id_equal(core->hunts[number - 1]->name, name))
			return core->hunts[number - 1];
	}
}

/* Whether a hunt's single truth lies in this core. */
static bool
is_here(const struct hd_core *core, struct hd_bytes name)
{
	HD_ASSERT(core->shard < core->shards);
	return hd_slot_shard(hd_slot(name), core->shards) == core->shard;
}

struct hd_hunt *
hd_hunt_create(struct hd_core *core, uint32_t number, struct hd_bytes name)
{
	HD_ASSERT(number < core->hunts_count && core->hunts[number] == NULL);
	struct hd_hunt *hunt = hd_memory_take(core->memory, sizeof(*hunt), 64);
	hunt->number = (uint16_t)number;
	hunt->here = is_here(core, name);
	HD_ASSERT(name.size > 0 && name.size <= sizeof(hunt->id));
	memcpy(hunt->id, name.at, name.size);
	hunt->name = hd_bytes_of(hunt->id, name.size);
	hd_puzzle_hunt_secret(core->secret, hunt->name, hunt->secret);
	uint32_t at = name_hash(name);
	while (core->hunt_table[at] != 0)
		at = (at + 1) & (HD_HUNT_TABLE - 1);
	core->hunts[number] = hunt;
	core->hunt_table[at] = (uint16_t)(number + 1);
	return hunt;
}

void
hd_core_place(struct hd_core *core, uint32_t shard, uint32_t shards)
{
	HD_ASSERT(shard < shards && shards <= HD_SHARDS_MAX);
	core->shard = shard;
	core->shards = shards;
	for (uint32_t i = 0; i < core->hunts_count; i++)
		core->hunts[i]->here = is_here(core, core->hunts[i]->name);
}

static struct hd_bytes
put(uint8_t **at, struct hd_bytes bytes)
{
	struct hd_bytes kept = {*at, bytes.size};
	if (bytes.size > 0)
		memcpy(*at, bytes.at, bytes.size);
	*at += bytes.size;
	return kept;
}

bool
hd_hunt_version(struct hd_core *core, struct hd_hunt *hunt, const struct hd_order *order,
		int64_t stamp, int64_t time)
{
	struct hd_version **place = &hunt->version;
	while (*place != NULL && (*place)->document.version > order->version)
		place = &(*place)->older;
	if (*place != NULL && (*place)->document.version == order->version)
		return false;
	size_t size = sizeof(struct hd_version) + order->source.size + order->text.size +
		      order->definition.size;
	struct hd_version *version = hd_memory_take(core->memory, size, 16);
	uint8_t *at = version->bytes;
	version->footprint = size;
	version->stamp = stamp;
	version->older = *place;
	version->document.version = order->version;
	version->document.time = time;
	version->document.source = put(&at, order->source);
	version->document.text = put(&at, order->text);
	version->document.definition = put(&at, order->definition);
	*place = version;
	return true;
}

uint16_t
hd_hunt_bracket(struct hd_core *core, struct hd_hunt *hunt, struct hd_bytes id)
{
	if (id.size == 0)
		return 0;
	HD_ASSERT(id.size <= HD_ID_MAX);
	for (uint32_t i = 0; i < hunt->brackets_count; i++) {
		const struct hd_bracket *bracket = &hunt->brackets[i];
		if (hd_bytes_equal(hd_bytes_of(bracket->id, bracket->size), id))
			return (uint16_t)(i + 1);
	}
	if (hunt->brackets_count == hunt->brackets_room) {
		uint32_t room = hunt->brackets_room ? hunt->brackets_room * 2 : 4;
		size_t size = sizeof(struct hd_bracket);
		struct hd_bracket *more = hd_memory_take(core->memory, room * size, 16);
		if (hunt->brackets != NULL) {
			memcpy(more, hunt->brackets, hunt->brackets_room * size);
			hd_memory_give(core->memory, hunt->brackets, hunt->brackets_room * size);
		}
		hunt->brackets = more;
		hunt->brackets_room = room;
	}
	struct hd_bracket *bracket = &hunt->brackets[hunt->brackets_count++];
	HD_ASSERT(hunt->brackets_count < UINT16_MAX);
	memcpy(bracket->id, id.at, id.size);
	bracket->size = id.size;
	return (uint16_t)hunt->brackets_count;
}

/* Trees. */

static void
tree_drop(struct hd_core *core, struct hd_live_board *board)
{
	hd_build_abandon(core, board);
	if (board->frozen != NULL)
		hd_board_release(board->tree, board->frozen);
	if (core->old_count == core->old_room) {
		uint32_t room = core->old_room ? core->old_room * 2 : 16;
		struct hd_board **more =
			hd_memory_take(core->memory, room * sizeof(*more), sizeof(*more));
		if (core->old != NULL) {
			memcpy(more, core->old, core->old_count * sizeof(*more));
			hd_memory_give(core->memory, core->old, core->old_room * sizeof(*more));
		}
		core->old = more;
		core->old_room = room;
	}
	core->old[core->old_count++] = board->tree;
	/* While it is gone nothing is counted: a view of before must not seem to stand after. */
	hd_live_board_renewed(board);
	board->tree = NULL;
	board->frozen = NULL;
	board->frozen_serial = 0;
}

void
hd_hunt_tree(struct hd_core *core, struct hd_live_board *board)
{
	HD_ASSERT(board->tree == NULL && board->frozen == NULL);
	struct hd_board_source source = {
		.key = hd_entrant_source,
		.context = board,
		.prefetch = hd_entrant_prefetch,
	};
	board->core = core;
	board->tree = hd_board_create(core->memory, source);
	hd_live_board_renewed(board);
}

static void
tree_create(struct hd_core *core, struct hd_hunt *hunt, struct hd_live_board *board)
{
	HD_ASSERT(hunt->serial < UINT64_MAX);
	board->serial = ++hunt->serial;
	hd_hunt_tree(core, board);
}

/* What is frozen shows nothing new: a tree that begins then is frozen as it begins. */
static void
tree_freeze(struct hd_core *core, struct hd_hunt *hunt, struct hd_live_board *board)
{
	if (hunt->phase != HD_PHASE_FROZEN)
		return;
	hd_build_finish(core, board);
	board->frozen = hd_board_pin(board->tree);
	board->frozen_serial = ++hunt->serial;
}

void
hd_hunt_window(struct hd_core *core, struct hd_hunt *hunt, uint16_t board, int64_t window)
{
	HD_ASSERT(board < hunt->boards_count);
	struct hd_live_board *live = &hunt->boards[board];
	HD_ASSERT(live->tree != NULL && live->window_ns != 0 && window > live->window);
	tree_drop(core, live);
	live->window = window;
	tree_create(core, hunt, live);
	tree_freeze(core, hunt, live);
}

/* Brings one board in line with its rule. */
static void
board_rule(struct hd_core *core, struct hd_hunt *hunt, const struct hd_board_rule *rule,
	   int64_t stamp)
{
	HD_ASSERT(rule->number < HD_BOARDS_MAX);
	struct hd_live_board *board = &hunt->boards[rule->number];
	uint16_t bracket = rule->gone ? 0 : hd_hunt_bracket(core, hunt, rule->bracket);
	bool same = board->window_ns == rule->window_ns && board->bracket == bracket;
	if (board->tree != NULL && (rule->gone || !same))
		tree_drop(core, board);
	if (rule->gone || board->tree != NULL)
		return;
	board->number = rule->number;
	board->bracket = bracket;
	board->window_ns = rule->window_ns;
	board->window = rule->window_ns ? hd_window_of(stamp, rule->window_ns) : 0;
	tree_create(core, hunt, board);
	if (board->window_ns == 0) /* a window's has nobody yet: it counts from its begin */
		hd_build_begin(core, hunt, board);
	tree_freeze(core, hunt, board);
}

static bool
hours_equal(const struct hd_definition *a, const struct hd_definition *b)
{
	return a->opens == b->opens && a->freezes == b->freezes && a->closes == b->closes;
}

void
hd_hunt_document(struct hd_core *core, const struct hd_order *order, int64_t stamp, int64_t time)
{
	struct hd_hunt *hunt = hd_hunt_find(core, order->name);
	if (hunt == NULL) {
		HD_ASSERT(core->hunts_count < HD_HUNTS_MAX && core->has_secret);
		hunt = hd_hunt_create(core, core->hunts_count++, order->name);
	} else {
		hd_sweep_hunt(core, hunt);
	}
	bool added = hd_hunt_version(core, hunt, order, stamp, time);
	HD_ASSERT(added && hunt->version->document.version == order->version);
	struct hd_definition *old = hunt->definition;
	hunt->definition = hd_definition_decode(core->memory, order->definition, core->secret);
	const struct hd_definition *new = hunt->definition;
	HD_ASSERT(new != NULL &&new->boards_count <= HD_BOARDS_MAX);
	if (old == NULL || !hours_equal(old, new)) {
		hunt->override = false;
		hd_phase_enter(core, hunt, hd_phase_scheduled(new, stamp));
	}
	hunt->boards_count = new->boards_count;
	hunt->window_boards = 0;
	for (uint32_t i = 0; i < new->boards_count; i++) {
		board_rule(core, hunt, &new->boards[i], stamp);
		if (hunt->boards[i].tree != NULL && hunt->boards[i].window_ns != 0)
			hunt->window_boards++;
	}
	if (old != NULL)
		hd_definition_destroy(core->memory, old);
}

void
hd_hunt_destroy(struct hd_core *core, struct hd_hunt *hunt)
{
	HD_ASSERT(hunt->boards_count <= HD_BOARDS_MAX);
	for (uint32_t i = 0; i < hunt->boards_count; i++)
		if (hunt->boards[i].tree != NULL)
			tree_drop(core, &hunt->boards[i]);
	if (hunt->definition != NULL)
		hd_definition_destroy(core->memory, hunt->definition);
	hd_shares_fini(core, hunt);
	if (hunt->brackets != NULL)
		hd_memory_give(core->memory, hunt->brackets,
			       hunt->brackets_room * sizeof(struct hd_bracket));
	for (struct hd_version *version = hunt->version, *older; version; version = older) {
		older = version->older;
		hd_memory_give(core->memory, version, version->footprint);
	}
	hd_memory_give(core->memory, hunt, sizeof(*hunt));
}
