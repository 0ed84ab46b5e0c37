/* pool.h - what is made ahead of its time: a ring of ready puzzles of one sort.
 *
 * Of a kind with bases a pool serves every challenge that asks for the same (kind, params, tier):
 * its entries are bases, by j. Of a kind that is built around its answer a pool belongs to one
 * challenge, lies at the hunt's shard and holds the instances of its next deals, by d.
 *
 * The low-water mark is what goes while one is made: four times the deals a second of late, times
 * what 99 of 100 makings stay under; never below the floor (a crowd comes at once), never above
 * what the memory allows. Refilling begins a quarter below the mark, so that not every deal wakes a
 * thread. */
#ifndef HUNTD_SHARD_FORGE_POOL_H
#define HUNTD_SHARD_FORGE_POOL_H

#include "huntd/definition.h"
#include "huntd/memory.h"
#include "huntd/puzzle.h"

#define HD_FORGE_POOL_ORDERS 16u /* on their way to one pool */

struct hd_forge_ready {
	uint64_t id; /* j, or d */
	uint32_t try;
	uint32_t text, solution; /* bytes */
	uint8_t bytes[];         /* text, solution */
};

struct hd_forge_pool {
	struct hd_puzzle_spec spec;
	bool around; /* of one challenge, by d */
	uint16_t hunt;
	uint32_t challenge;
	bool wanted;   /* by a document, as far as the look through them has come */
	bool filling;  /* until the mark */
	uint32_t most; /* bytes that one entry may take */
	uint32_t ordered;
	uint32_t long_ones; /* of late, that shards began and threads had to make */
	uint64_t next;      /* around: the next d to be ordered */
	struct hd_forge_ready **ring;
	uint32_t room, first, count; /* room: a power of two, or 0 */
	uint64_t bytes;
	/* Deals a second. */
	int64_t window_end;
	uint32_t window_deals, rate;
};

static inline bool
hd_forge_is_same_sort(const struct hd_puzzle_spec *a, const struct hd_puzzle_spec *b)
{
	return a->kind == b->kind && a->tier == b->tier && a->params.width == b->params.width &&
	       a->params.height == b->params.height && a->params.variant == b->params.variant;
}

void hd_forge_pool_init(struct hd_forge_pool *pool, const struct hd_puzzle_spec *spec);
void hd_forge_pool_fini(struct hd_forge_pool *pool, struct hd_memory *memory);

/* A copy, of no pool yet; to be given back by hd_forge_pool_give. */
struct hd_forge_ready *hd_forge_ready_make(struct hd_memory *memory, uint64_t id,
					   const struct hd_puzzle_made *made);
void hd_forge_pool_put(struct hd_forge_pool *pool, struct hd_memory *memory, uint64_t id,
		       const struct hd_puzzle_made *made);
/* The oldest, to be given back by hd_forge_pool_give; NULL: none. */
struct hd_forge_ready *hd_forge_pool_take(struct hd_forge_pool *pool);
/* That of deal d; those before it go: their deals had none. */
struct hd_forge_ready *hd_forge_pool_take_at(struct hd_forge_pool *pool, struct hd_memory *memory,
					     uint64_t d);
void hd_forge_pool_give(struct hd_memory *memory, struct hd_forge_ready *ready);

/* What the rate is by now, BOOTTIME ns: it halves with each second in which nothing is dealt. */
void hd_forge_pool_look(struct hd_forge_pool *pool, int64_t now);
/* When it may fall next; HD_NEVER: it is 0. */
static inline int64_t
hd_forge_pool_falls(const struct hd_forge_pool *pool)
{
	return pool->rate > 0 ? pool->window_end : HD_NEVER;
}
/* Counts a deal. */
void hd_forge_pool_dealt(struct hd_forge_pool *pool, int64_t now);
/* share: bytes that the pool may hold. */
uint32_t hd_forge_pool_low(const struct hd_forge_pool *pool, uint32_t floor, uint64_t share);
/* How many more are to be ordered now. */
uint32_t hd_forge_pool_lacks(struct hd_forge_pool *pool, uint32_t low);

#endif
