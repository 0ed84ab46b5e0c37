/* gather_world.h - a few shards in one thread, each a real board under a core of the test's own,
 * and the slow model they are compared with: one array of everybody, sorted. */
#ifndef HUNTD_TESTS_GATHER_WORLD_H
#define HUNTD_TESTS_GATHER_WORLD_H

#include <stdlib.h>

#include "huntd/core.h"
#include "huntd/gather.h"
#include "huntd/value.h"
#include "tests/lib/lib.h"

struct world_entrant {
	char id[HD_ID_MAX];
	struct hd_board_key key, frozen; /* both ids point at `id` */
	bool was_there;                  /* when frozen */
};

/* Stands in for core/game: one hunt, one board, no rules. */
struct hd_core {
	struct hd_memory memory;
	struct hd_board *board, *old; /* old: of the window before */
	struct hd_board_root *frozen;
	struct world_entrant *entrants; /* handle - 1 */
	uint32_t count, room;
	uint64_t changes, order;
	enum hd_phase phase;
	struct hd_definition definition;
	struct hd_board_rule rules[3];
};

struct world_rows {
	struct hd_board_key *rows;
	uint32_t count;
};

struct world {
	uint32_t shards;
	struct hd_core *core[HD_SHARDS_MAX];
	struct hd_pins *pins[HD_SHARDS_MAX];
	struct hd_memory pins_memory, gather_memory;
	uint64_t random;
	uint64_t next_id;
	uint32_t writes; /* between two answers of a gather */
	int64_t scores;  /* scores are drawn below this: few make ties */
	bool subs;
	uint32_t rounds;                       /* of the last gather */
	struct world_rows seen[HD_SHARDS_MAX]; /* each shard as at its first answer */
};

static void
world_source(const void *context, uint32_t handle, struct hd_board_key *key)
{
	const struct hd_core *core = context;
	*key = core->entrants[handle - 1].key;
}

uint32_t
hd_core_hunts(const struct hd_core *core)
{
	(void)core;
	return 1;
}

bool
hd_core_hunt_find(const struct hd_core *core, struct hd_bytes id, uint16_t *number)
{
	*number = 0;
	return hd_bytes_equal(id, core->definition.id);
}

const struct hd_definition *
hd_core_definition(const struct hd_core *core, uint16_t hunt)
{
	(void)hunt;
	return &core->definition;
}

enum hd_phase
hd_core_phase(const struct hd_core *core, uint16_t hunt)
{
	(void)hunt;
	return core->phase;
}

uint64_t
hd_core_hunt_entrants(const struct hd_core *core, uint16_t hunt)
{
	(void)hunt;
	return core->count;
}

uint64_t
hd_core_order(const struct hd_core *core)
{
	return core->order;
}

struct hd_board *
hd_core_board(const struct hd_core *core, uint16_t hunt, uint16_t board)
{
	return hunt == 0 && board == 1 ? core->board : NULL;
}

const struct hd_board_root *
hd_core_board_frozen(const struct hd_core *core, uint16_t hunt, uint16_t board)
{
	return hunt == 0 && board == 1 ? core->frozen : NULL;
}

bool
hd_core_board_ready(const struct hd_core *core, uint16_t hunt, uint16_t board)
{
	(void)core, (void)hunt, (void)board;
	return true;
}

uint64_t
hd_core_board_changes(const struct hd_core *core, uint16_t hunt, uint16_t board)
{
	(void)hunt, (void)board;
	return core->changes;
}

bool
hd_core_standing(const struct hd_core *core, uint16_t hunt, uint16_t board, bool frozen,
		 struct hd_bytes entrant, uint32_t hint, struct hd_board_key *key, uint32_t *handle)
{
	(void)hunt, (void)board, (void)hint;
	for (uint32_t i = 0; i < core->count; i++) {
		struct world_entrant *e = &core->entrants[i];
		if (!hd_bytes_equal(e->key.id, entrant) || (frozen && !e->was_there))
			continue;
		*key = frozen ? e->frozen : e->key;
		if (handle)
			*handle = i + 1;
		return true;
	}
	return false;
}

/* Building and changing. */

static struct hd_board_key
world_draw(struct world *world)
{
	struct hd_board_key key = {0};
	key.score = (int64_t)(hd_test_random(&world->random) % (uint64_t)world->scores);
	if (hd_test_random(&world->random) % 8 == 0)
		key.score = -key.score;
	if (hd_test_random(&world->random) % 200 == 0)
		key.score = hd_test_random(&world->random) % 2 ? INT64_MIN : INT64_MAX;
	if (world->subs && hd_test_random(&world->random) % 2)
		key.sub = (int64_t)(hd_test_random(&world->random) % 3) - 1;
	if (world->subs && hd_test_random(&world->random) % 30 == 0)
		key.sub = hd_test_random(&world->random) % 2 ? INT64_MIN : INT64_MAX;
	key.time = (int64_t)(hd_test_random(&world->random) % 50);
	return key;
}

static struct world_entrant *
world_entrant_add(struct world *world, struct hd_core *core)
{
	assert(core->count < core->room);
	struct world_entrant *e = &core->entrants[core->count++];
	int size = snprintf(e->id, sizeof(e->id), "e%llu", (unsigned long long)world->next_id++);
	e->key = world_draw(world);
	e->key.id = hd_bytes_of(e->id, (size_t)size);
	return e;
}

static void
world_join(struct world *world, uint32_t shard)
{
	struct hd_core *core = world->core[shard];
	struct world_entrant *e = world_entrant_add(world, core);
	hd_board_insert(core->board, core->count, &e->key);
	core->changes++;
}

static void
world_write(struct world *world)
{
	uint32_t shard = (uint32_t)(hd_test_random(&world->random) % world->shards);
	struct hd_core *core = world->core[shard];
	if (core->count == 0 || hd_test_random(&world->random) % 8 == 0) {
		if (core->count < core->room)
			world_join(world, shard);
		return;
	}
	uint32_t n = (uint32_t)(hd_test_random(&world->random) % core->count);
	struct world_entrant *e = &core->entrants[n];
	struct hd_board_key old = e->key, key = world_draw(world);
	key.id = old.id;
	hd_board_move(core->board, n + 1, &old, &key);
	e->key = key;
	core->changes++;
}

static void
world_freeze(struct world *world, bool frozen)
{
	for (uint32_t s = 0; s < world->shards; s++) {
		struct hd_core *core = world->core[s];
		if (core->frozen)
			hd_board_release(core->board, core->frozen);
		core->frozen = frozen ? hd_board_pin(core->board) : NULL;
		core->phase = frozen ? HD_PHASE_FROZEN : HD_PHASE_OPEN;
		core->order++;
		for (uint32_t i = 0; i < core->count; i++) {
			core->entrants[i].frozen = core->entrants[i].key;
			core->entrants[i].was_there = true;
		}
	}
}

/* A new window begins: everybody stands on a new board, at 0. */
static void
world_window(struct world *world)
{
	for (uint32_t s = 0; s < world->shards; s++) {
		struct hd_core *core = world->core[s];
		core->old = core->board;
		core->board =
			hd_board_create(&core->memory, (struct hd_board_source){.key = world_source,
										.context = core});
		for (uint32_t i = 0; i < core->count; i++) {
			struct hd_board_key *key = &core->entrants[i].key;
			key->score = key->sub = key->time = 0;
			hd_board_insert(core->board, i + 1, key);
		}
		core->changes++;
	}
}

static struct hd_core *
world_core(uint32_t room)
{
	struct hd_core *core = calloc(1, sizeof(*core));
	core->memory = hd_test_memory();
	core->entrants = calloc(room, sizeof(*core->entrants));
	core->room = room;
	core->board = hd_board_create(
		&core->memory, (struct hd_board_source){.key = world_source, .context = core});
	core->rules[0] = (struct hd_board_rule){.number = 0, .gone = true, .id = HD_BYTES("old")};
	core->rules[1] = (struct hd_board_rule){.number = 1, .id = HD_BYTES("main")};
	core->rules[2] = (struct hd_board_rule){.number = 2, .id = HD_BYTES("unborn")};
	core->definition = (struct hd_definition){
		.version = 3,
		.id = HD_BYTES("bay"),
		.title = HD_BYTES("Doubloon Bay"),
		.opens = INT64_MIN,
		.freezes = -1500000,
		.closes = HD_NEVER,
		.boards_count = 3,
		.boards = core->rules,
		.board_first = 1,
	};
	core->phase = HD_PHASE_OPEN;
	return core;
}

/* `entrants` over all shards, drawn by chance; `one_sided`: nearly all on the last shard. */
static struct world *
world_create(uint64_t seed, uint32_t shards, uint32_t entrants, int64_t scores, bool subs,
	     bool one_sided)
{
	struct world *world = calloc(1, sizeof(*world));
	world->shards = shards;
	world->random = seed;
	world->scores = scores;
	world->subs = subs;
	world->pins_memory = hd_test_memory();
	world->gather_memory = hd_test_memory();
	for (uint32_t s = 0; s < shards; s++) {
		world->core[s] = world_core(entrants + 1000);
		world->pins[s] = hd_pins_create(&world->pins_memory);
	}
	for (uint32_t i = 0; i < entrants; i++) {
		uint32_t shard = (uint32_t)(hd_test_random(&world->random) % shards);
		world_join(world, one_sided && i % 100 ? shards - 1 : shard);
	}
	return world;
}

static void
world_destroy(struct world *world)
{
	for (uint32_t s = 0; s < world->shards; s++) {
		struct hd_core *core = world->core[s];
		hd_pins_destroy(world->pins[s]);
		if (core->frozen)
			hd_board_release(core->board, core->frozen);
		hd_board_audit(core->board);
		hd_board_destroy(core->board);
		if (core->old)
			hd_board_destroy(core->old);
		assert(core->memory.used == 0);
		free(core->entrants);
		free(core);
		free(world->seen[s].rows);
	}
	assert(world->pins_memory.used == 0 && world->gather_memory.used == 0);
	free(world);
}

/* The slow model. */

static int
world_compare(const void *left, const void *right)
{
	const struct hd_board_key *a = left, *b = right;
	if (a->score != b->score)
		return a->score < b->score ? 1 : -1;
	if (a->sub != b->sub)
		return a->sub < b->sub ? 1 : -1;
	if (a->time != b->time)
		return a->time > b->time ? 1 : -1;
	return hd_bytes_compare(a->id, b->id);
}

/* Keeps what `shard` shows in `view` now. */
static void
world_see(struct world *world, uint32_t shard, uint8_t view)
{
	struct hd_core *core = world->core[shard];
	struct world_rows *seen = &world->seen[shard];
	free(seen->rows);
	seen->rows = calloc(core->count + 1, sizeof(*seen->rows));
	seen->count = 0;
	for (uint32_t i = 0; i < core->count; i++) {
		const struct world_entrant *e = &core->entrants[i];
		bool frozen = view == HD_VIEW_FROZEN && core->frozen;
		if (!frozen || e->was_there)
			seen->rows[seen->count++] = frozen ? e->frozen : e->key;
	}
}

/* All that was seen, in order. The caller frees it. */
static struct world_rows
world_all(const struct world *world)
{
	struct world_rows all = {0};
	for (uint32_t s = 0; s < world->shards; s++)
		all.count += world->seen[s].count;
	all.rows = calloc(all.count + 1, sizeof(*all.rows));
	uint32_t n = 0;
	for (uint32_t s = 0; s < world->shards; s++)
		for (uint32_t i = 0; i < world->seen[s].count; i++)
			all.rows[n++] = world->seen[s].rows[i];
	qsort(all.rows, all.count, sizeof(*all.rows), world_compare);
	return all;
}

static bool
model_same(const struct hd_board_key *a, const struct hd_board_key *b)
{
	return a->score == b->score && a->sub == b->sub;
}

/* The rank of row n, by definition. */
static int64_t
model_rank(const struct world_rows *all, uint32_t n, uint8_t mode)
{
	int64_t rank = 1;
	if (mode == HD_MODE_ORDINAL)
		return (int64_t)n + 1;
	for (uint32_t i = 0; i < n; i++) {
		bool group_ends = !model_same(&all->rows[i], &all->rows[i + 1]);
		if (mode == HD_MODE_DENSE)
			rank += group_ends;
		else if (!model_same(&all->rows[i], &all->rows[n]))
			rank++;
	}
	return rank;
}

static void
model_rows(const struct world_rows *all, uint64_t from, uint32_t count, uint8_t mode,
	   struct hd_writer *out)
{
	uint64_t left = from < all->count ? all->count - from : 0;
	uint32_t rows = left < count ? (uint32_t)left : count;
	hd_value_array(out, rows);
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t n = (uint32_t)from + i;
		hd_value_array(out, 3);
		hd_value_int(out, model_rank(all, n, mode));
		hd_value_bulk(out, all->rows[n].id);
		hd_value_int(out, all->rows[n].score);
	}
}

static bool
model_find(const struct world_rows *all, struct hd_bytes id, uint32_t *n)
{
	for (*n = 0; *n < all->count; (*n)++)
		if (hd_bytes_equal(all->rows[*n].id, id))
			return true;
	return false;
}

static int64_t
model_count(const struct world_rows *all, const struct hd_command *command)
{
	int64_t count = 0;
	for (uint32_t i = 0; i < all->count; i++) {
		bool low =
			!(command->given & HD_GIVEN_MIN) || all->rows[i].score >= command->points;
		bool high = !(command->given & HD_GIVEN_MAX) || all->rows[i].score <= command->sub;
		count += low && high;
	}
	return count;
}

/* The rows of AROUND, found by shifting a window until it fits. */
static void
model_around(const struct world_rows *all, uint32_t n, const struct hd_command *command,
	     struct hd_writer *out)
{
	int64_t from = (int64_t)n - (command->count - 1) / 2;
	while (from > 0 && from + command->count > all->count)
		from--;
	while (from < 0)
		from++;
	model_rows(all, (uint64_t)from, command->count, command->mode, out);
}

#endif
