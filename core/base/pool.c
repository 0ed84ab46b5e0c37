#include "core/base/pool.h"

#include "huntd/assert.h"
#include "huntd/limits.h"

#include <string.h>

#define CHUNK_MAX  (64u * HD_KIB)
#define ROOM_FIRST 8u

void
hd_pool_init(struct hd_pool *pool, struct hd_memory *memory, uint32_t size)
{
	HD_ASSERT(size >= sizeof(uint32_t) && size <= CHUNK_MAX);
	HD_ASSERT(size % sizeof(uint32_t) == 0);
	*pool = (struct hd_pool){.memory = memory, .size = size, .per_chunk = 1};
	while (pool->per_chunk * 2 * size <= CHUNK_MAX) {
		pool->per_chunk *= 2;
		pool->shift++;
	}
}

void
hd_pool_fini(struct hd_pool *pool)
{
	if (pool->chunks == NULL)
		return;
	HD_ASSERT(pool->chunks_count > 0);
	for (uint32_t i = 0; i < pool->chunks_count; i++)
		hd_memory_give(pool->memory, pool->chunks[i], (size_t)pool->per_chunk * pool->size);
	hd_memory_give(pool->memory, pool->chunks, pool->chunks_room * sizeof(uint8_t *));
	*pool = (struct hd_pool){0};
}

static void
room_double(struct hd_pool *pool)
{
	uint32_t room = pool->chunks_room ? pool->chunks_room * 2 : ROOM_FIRST;
	uint8_t **chunks =
		hd_memory_take(pool->memory, room * sizeof(uint8_t *), sizeof(uint8_t *));
	if (pool->chunks != NULL) {
		memcpy(chunks, pool->chunks, pool->chunks_count * sizeof(uint8_t *));
		hd_memory_give(pool->memory, pool->chunks, pool->chunks_room * sizeof(uint8_t *));
	}
	pool->chunks = chunks;
	pool->chunks_room = room;
}

static void
chunk_add(struct hd_pool *pool)
{
	if (pool->chunks_count == pool->chunks_room)
		room_double(pool);
	pool->chunks[pool->chunks_count++] =
		hd_memory_take(pool->memory, (size_t)pool->per_chunk * pool->size, 64);
}

uint32_t
hd_pool_take(struct hd_pool *pool)
{
	uint32_t handle = pool->freed;
	if (handle != 0) {
		void *object = hd_pool_at(pool, handle);
		memcpy(&pool->freed, object, sizeof(pool->freed));
		memset(object, 0, pool->size);
	} else {
		HD_ASSERT(pool->used < UINT32_MAX);
		if (pool->used >> pool->shift == pool->chunks_count)
			chunk_add(pool);
		handle = ++pool->used;
	}
	pool->live++;
	HD_ASSERT(pool->live <= pool->used);
	return handle;
}

void
hd_pool_give(struct hd_pool *pool, uint32_t handle)
{
	HD_ASSERT(handle > 0 && handle <= pool->used);
	HD_ASSERT(pool->live > 0 && handle != pool->freed);
	memcpy(hd_pool_at(pool, handle), &pool->freed, sizeof(pool->freed));
	pool->freed = handle;
	pool->live--;
}

uint64_t
hd_pool_step(const struct hd_pool *pool)
{
	if (pool->freed != 0 || pool->used >> pool->shift < pool->chunks_count)
		return 0;
	uint64_t room = pool->chunks_room ? pool->chunks_room * 2 : ROOM_FIRST;
	uint64_t chunk = (uint64_t)pool->per_chunk * pool->size;
	return chunk + (pool->chunks_count == pool->chunks_room ? room * sizeof(uint8_t *) : 0);
}
