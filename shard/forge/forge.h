/* forge.h - a shard's side of the forge: from a deal to its instance (DESIGN 7).
 *
 * An instance is no state. A deal says what it is made of; the forge has it, or makes it:
 *
 *     deal -> cache -> there: the reply, in the batch of the command
 *          -> pool  -> a base: BASE logged, the overlay laid, the reply in the same pass
 *          -> else the command waits, and an order goes to
 *               the shard itself, a slice a pass    what makes in 5 ms or less, mostly
 *               the thread at nice 10               what may take longer
 *             the pools' own orders go to the idle thread
 *
 * A base goes to the first who waits for one of its sort, whoever ordered it, and into the pool
 * where nobody does; so j is given out in the order of asking, and each once: the counter begins
 * above hd_core_bases and is no state.
 *
 * At most HD_PUZZLE_WAITING commands wait. The next is refused, and so is who has waited for
 * HD_PUZZLE_WAIT_MS: the deal stands, the making goes on, and a retry finds it. */
#ifndef HUNTD_SHARD_FORGE_FORGE_H
#define HUNTD_SHARD_FORGE_FORGE_H

#include "huntd/core.h"
#include "shard/forge/bench.h"
#include "shard/forge/cache.h"
#include "shard/forge/pool.h"
#include "shard/forge/shelf.h"
#include "shard/mesh.h"

#define HD_FORGE_POOLS   128u /* of one shard; what is over is made when it is asked for */
#define HD_FORGE_REFILLS 64u  /* orders of pools that one shard has out at once */
#define HD_FORGE_URGENT  (2u * HD_PUZZLE_WAITING) /* and of commands */
#define HD_FORGE_ORDERS  (HD_FORGE_REFILLS + HD_FORGE_URGENT)
#define HD_FORGE_SLICED  5000000 /* ns, as make_ns says: what takes longer goes to a thread */
#define HD_FORGE_CHEAP   10u     /* slices of a pass where each makes a whole one */
#define HD_FORGE_TRIES   (1u << 20)
#define HD_FORGE_LOOKS   1024u /* challenges looked at in a pass */
#define HD_FORGE_VALUE   (HD_PUZZLE_TEXT_MAX + HD_PUZZLE_JSON_MAX + HD_KIB)

struct hd_shard;

enum hd_forge_place {
	HD_FORGE_FREE,
	HD_FORGE_HERE, /* on the shard, in slices */
	HD_FORGE_NICE, /* the thread at nice 10 */
	HD_FORGE_IDLE, /* the idle thread: for a pool */
};

/* An order that is out; its index is the token. */
struct hd_forge_row {
	uint8_t place; /* enum hd_forge_place */
	bool fresh;    /* makes base deal.j, for whoever is first; else what `deal` says */
	struct hd_deal deal;
	struct hd_forge_pool *pool; /* IDLE: NULL where it is gone */
	uint32_t next;              /* HERE: the row behind it, plus 1 */
	struct hd_forge_order order;
};

/* A command that waits. */
struct hd_forge_wait {
	uint64_t token;
	bool again;     /* one before it waits for the same deal */
	uint32_t asker; /* shard */
	uint8_t verb;
	int64_t deadline; /* BOOTTIME ns */
	struct hd_deal deal;
	uint32_t entrant_size;
	uint8_t entrant[HD_ID_MAX];
};

struct hd_forge {
	/* Set before hd_forge_init: */
	bool threads;        /* orders may go to them; else all is made here, and no pool kept */
	uint32_t idle, nice; /* thread numbers */
	uint64_t budget;     /* bytes of cache and pools together */
	uint32_t floor;      /* of a pool */

	struct hd_memory kept; /* cache, pools, shelf and bench */
	struct hd_cache cache;
	struct hd_shelf shelf;
	struct hd_forge_pool *pools[HD_FORGE_POOLS];
	uint32_t pools_count, pools_turn;
	int64_t falls; /* when a pool's mark may fall, BOOTTIME ns */
	struct hd_forge_row rows[HD_FORGE_ORDERS];
	uint32_t refills, urgent; /* rows that are out */
	uint32_t here, here_last; /* rows to be made here, plus 1; the first is on the bench */
	struct hd_bench bench;
	struct hd_forge_wait waits[HD_PUZZLE_WAITING]; /* as they came */
	uint32_t waits_count;
	uint64_t bases; /* count of the last j ordered; 0: none yet */
	bool active;    /* there is something for hd_forge_pass */
	bool answered;  /* commands of other shards, in this pass */
	bool looking;   /* through the documents, for pools */
	uint32_t look_hunt, look_challenge;
	struct hd_block *todo, *todo_last; /* what threads made, as it came */
	uint32_t refused;                  /* so many, for they are told different times */
	char busy[16];
	uint8_t value[HD_FORGE_VALUE], json[HD_PUZZLE_JSON_MAX], digits[HD_PUZZLE_CELLS_MAX];
};

/* Who asks for an instance. */
struct hd_forge_ask {
	struct hd_bytes entrant;
	uint64_t token;
	uint32_t asker; /* shard */
	uint8_t verb;
};

/* forge.c */

void hd_forge_init(struct hd_shard *shard);
void hd_forge_fini(struct hd_shard *shard);
/* The instance of a deal that stands in the state. True: `reply` is its answer, or -BUSY; its bytes
 * live until the next call. False: the command waits, and keeps its credit. */
bool hd_forge_deal(struct hd_shard *shard, const struct hd_deal *deal,
		   const struct hd_forge_ask *ask, struct hd_reply *reply);
/* Mail: what a thread made, and instances that another shard had made ahead. */
void hd_forge_take(struct hd_shard *shard, const struct hd_cell *cell);
/* Once a pass, behind the commands: what has come, a slice, who waited too long, refills. */
void hd_forge_pass(struct hd_shard *shard);
int64_t hd_forge_deadline(const struct hd_shard *shard); /* BOOTTIME ns */
/* The hunt's shard: sends the instance of deal d ahead of the grant, where it is ready. */
void hd_forge_carry(struct hd_shard *shard, uint16_t hunt, uint32_t challenge, uint64_t d,
		    uint32_t to);
/* The shard ends: nobody is kept waiting. */
void hd_forge_drain(struct hd_shard *shard);

/* orders.c: what is made, and where. */

const struct hd_puzzle_rule *hd_forge_rule(const struct hd_shard *shard,
					   const struct hd_deal *deal);
/* Sees to it that what `wait` waits for is made. */
void hd_forge_order(struct hd_shard *shard, const struct hd_forge_wait *wait);
/* For a pool, by the idle thread: deal.j or deal.d ahead. */
void hd_forge_refill(struct hd_shard *shard, struct hd_forge_pool *pool);
/* The first who waits for this deal; NULL: nobody does. */
struct hd_forge_wait *hd_forge_first(struct hd_forge *forge, const struct hd_deal *deal);
/* There is a cache, and any instance has room in it. */
static inline bool
hd_forge_caches(const struct hd_forge *forge)
{
	return forge->budget / 2 >= HD_FORGE_VALUE;
}
/* A making of this order was long, or was not. */
void hd_forge_learn(struct hd_forge *forge, const struct hd_forge_row *row, bool was_long);
/* A slice; true: there is more to do. */
bool hd_forge_slice(struct hd_shard *shard);
/* Its row is free again; `done`: what stood in it. */
void hd_forge_close(struct hd_shard *shard, uint64_t token, struct hd_forge_row *done);
/* forge.c: an order has ended. */
void hd_forge_finish(struct hd_shard *shard, uint64_t token, enum hd_bench_state state,
		     const struct hd_puzzle_made *made);

/* pools.c: which pools there are, and what they lack. */

/* The documents may have changed. */
void hd_forge_look(struct hd_shard *shard);
void hd_forge_look_on(struct hd_shard *shard);
void hd_forge_fill(struct hd_shard *shard);
/* Of what a deal is made of; NULL: none. */
struct hd_forge_pool *hd_forge_pool_find(const struct hd_forge *forge,
					 const struct hd_puzzle_spec *spec,
					 const struct hd_deal *deal);
uint64_t hd_forge_pools_bytes(const struct hd_forge *forge);
void hd_forge_drop_pools(struct hd_shard *shard);

#endif
