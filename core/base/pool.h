/* pool.h - objects of one size, named by a 32-bit handle.
 *
 * Handles start at 1; 0 is none. An object never moves while it lives, so a handle can be kept and
 * a pointer may be held. Chunks are at most 64 KiB, asked from hd_memory one at a time, the first
 * with the first object: growth has no pause and no copy (but of the chunks' addresses, 8 bytes a
 * chunk, each time they double). Freed objects are reused, newest first, so that handles depend on
 * nothing but the order of calls. */
#ifndef HUNTD_CORE_BASE_POOL_H
#define HUNTD_CORE_BASE_POOL_H

#include "huntd/memory.h"

struct hd_pool {
	struct hd_memory *memory;
	uint8_t **chunks;
	uint32_t size;      /* of one object, a multiple of 4 */
	uint32_t per_chunk; /* a power of two: handle -> chunk is a shift */
	uint32_t shift;
	uint32_t chunks_count, chunks_room;
	uint32_t used;  /* handles ever given */
	uint32_t live;  /* objects now */
	uint32_t freed; /* head of the free list, 0 none */
};

/* size: 4 bytes to 64 KiB. Takes no memory yet. */
void hd_pool_init(struct hd_pool *pool, struct hd_memory *memory, uint32_t size);

/* Gives all memory back, live objects' too; accepts a zeroed pool. */
void hd_pool_fini(struct hd_pool *pool);

/* The handle of a zeroed object, aligned to the largest power of two that divides `size`, at most
 * 64. */
uint32_t hd_pool_take(struct hd_pool *pool);
void hd_pool_give(struct hd_pool *pool, uint32_t handle);

/* Bytes that the next hd_pool_take may have to ask for: what decide reserves. */
uint64_t hd_pool_step(const struct hd_pool *pool);

static inline void *
hd_pool_at(const struct hd_pool *pool, uint32_t handle)
{
	uint32_t n = handle - 1;
	return pool->chunks[n >> pool->shift] + (size_t)(n & (pool->per_chunk - 1)) * pool->size;
}

#endif
