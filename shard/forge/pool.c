#include "shard/forge/pool.h"

#include "huntd/assert.h"

#define ROOM_FIRST 16u
#define WINDOW_NS  1000000000
#define SPARE      4u /* times what goes while one is made */

void
hd_forge_pool_init(struct hd_forge_pool *pool, const struct hd_puzzle_spec *spec)
{
	struct hd_puzzle_sizes sizes;
	spec->kind->sizes(&spec->params, &sizes);
	*pool = (struct hd_forge_pool){.spec = *spec};
	pool->most = (uint32_t)sizeof(struct hd_forge_ready) + sizes.text + sizes.solution;
	HD_ASSERT(sizes.text <= HD_PUZZLE_TEXT_MAX && sizes.solution <= HD_PUZZLE_SOLUTION_MAX);
}

static size_t
size_of(const struct hd_forge_ready *ready)
{
	return sizeof *ready + ready->text + ready->solution;
}

void
hd_forge_pool_give(struct hd_memory *memory, struct hd_forge_ready *ready)
{
	HD_ASSERT(ready != NULL);
	hd_memory_give(memory, ready, size_of(ready));
}

void
hd_forge_pool_fini(struct hd_forge_pool *pool, struct hd_memory *memory)
{
	while (pool->count > 0)
		hd_forge_pool_give(memory, hd_forge_pool_take(pool));
	HD_ASSERT(pool->bytes == 0);
	if (pool->ring != NULL)
		hd_memory_give(memory, pool->ring, pool->room * sizeof *pool->ring);
	*pool = (struct hd_forge_pool){0};
}

static void
grow(struct hd_forge_pool *pool, struct hd_memory *memory)
{
	uint32_t room = pool->room ? pool->room * 2 : ROOM_FIRST;
	struct hd_forge_ready **ring = hd_memory_take(memory, room * sizeof *ring, 8);
	for (uint32_t i = 0; i < pool->count; i++)
		ring[i] = pool->ring[(pool->first + i) & (pool->room - 1)];
	if (pool->ring != NULL)
		hd_memory_give(memory, pool->ring, pool->room * sizeof *ring);
	pool->ring = ring;
	pool->room = room;
	pool->first = 0;
}

struct hd_forge_ready *
hd_forge_ready_make(struct hd_memory *memory, uint64_t id, const struct hd_puzzle_made *made)
{
	struct hd_forge_ready *ready =
		hd_memory_take(memory, sizeof *ready + made->text.size + made->solution.size, 8);
	ready->id = id;
	ready->try = made->try;
	ready->text = made->text.size;
	ready->solution = made->solution.size;
	memcpy(ready->bytes, made->text.at, made->text.size);
	memcpy(ready->bytes + ready->text, made->solution.at, made->solution.size);
	return ready;
}

void
hd_forge_pool_put(struct hd_forge_pool *pool, struct hd_memory *memory, uint64_t id,
		  const struct hd_puzzle_made *made)
{
	struct hd_forge_ready *ready = hd_forge_ready_make(memory, id, made);
	if (pool->count == pool->room)
		grow(pool, memory);
	pool->ring[(pool->first + pool->count++) & (pool->room - 1)] = ready;
	pool->bytes += size_of(ready);
	HD_ASSERT(size_of(ready) <= pool->most);
}

struct hd_forge_ready *
hd_forge_pool_take(struct hd_forge_pool *pool)
{
	if (pool->count == 0)
		return NULL;
	struct hd_forge_ready *ready = pool->ring[pool->first];
	pool->first = (pool->first + 1) & (pool->room - 1);
	pool->count--;
	HD_ASSERT(pool->bytes >= size_of(ready));
	pool->bytes -= size_of(ready);
	return ready;
}

struct hd_forge_ready *
hd_forge_pool_take_at(struct hd_forge_pool *pool, struct hd_memory *memory, uint64_t d)
{
	HD_ASSERT(pool->around);
	while (pool->count > 0 && pool->ring[pool->first]->id <= d) {
		struct hd_forge_ready *ready = hd_forge_pool_take(pool);
		if (ready->id == d)
			return ready;
		hd_forge_pool_give(memory, ready);
	}
	return NULL;
}

void
hd_forge_pool_look(struct hd_forge_pool *pool, int64_t now)
{
	HD_ASSERT(pool->rate >= pool->window_deals);
	for (; pool->rate > 0 && now >= pool->window_end; pool->window_end += WINDOW_NS) {
		uint32_t half = pool->rate / 2;
		pool->rate = pool->window_deals > half ? pool->window_deals : half;
		pool->window_deals = 0;
	}
}

void
hd_forge_pool_dealt(struct hd_forge_pool *pool, int64_t now)
{
	hd_forge_pool_look(pool, now);
	if (pool->rate == 0)
		pool->window_end = now + WINDOW_NS;
	pool->window_deals++;
	if (pool->window_deals > pool->rate)
		pool->rate = pool->window_deals;
}

uint32_t
hd_forge_pool_low(const struct hd_forge_pool *pool, uint32_t floor, uint64_t share)
{
	uint64_t make_ns = pool->spec.kind->make_ns(&pool->spec.params, pool->spec.tier);
	uint64_t least = SPARE * pool->rate * (make_ns / 1000) / 1000000;
	uint64_t most = share / pool->most;
	HD_ASSERT(pool->most > 0);
	if (least < floor)
		least = floor;
	return (uint32_t)(least < most ? least : most);
}

uint32_t
hd_forge_pool_lacks(struct hd_forge_pool *pool, uint32_t low)
{
	uint32_t there = pool->count + pool->ordered;
	if (there >= low)
		pool->filling = false;
	else if (there < low - low / 4 || there == 0)
		pool->filling = true;
	if (!pool->filling || pool->ordered >= HD_FORGE_POOL_ORDERS)
		return 0;
	uint32_t lacks = low - there, may = HD_FORGE_POOL_ORDERS - pool->ordered;
	return lacks < may ? lacks : may;
}
