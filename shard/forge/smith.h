/* smith.h - a thread of the forge: makes what shards order, one after the other.
 *
 * There are two, because an unprivileged thread cannot leave SCHED_IDLE: one with the time that
 * nobody else wants, for the pools, and one at nice 10, for what a command waits for. An order
 * (HD_CELL_FORGE) is answered once (HD_CELL_FORGED). A pass does one step and lets go of its core;
 * with nothing to do the thread sleeps. */
#ifndef HUNTD_SHARD_FORGE_SMITH_H
#define HUNTD_SHARD_FORGE_SMITH_H

#include "shard/forge/bench.h"
#include "shard/mesh.h"

/* What stands in the block of an order. */
struct hd_forge_asked {
	uint64_t token;
	struct hd_forge_order order;
};

/* And of its answer, before the text and the solution. */
struct hd_forge_came {
	uint64_t token;
	uint16_t state; /* enum hd_bench_state */
	uint16_t was_long;
	uint32_t try, text, solution;
};

struct hd_smith {
	uint32_t shards, number; /* number: its thread */
	struct hd_io *io;
	struct hd_memory plain;
	struct hd_blocks blocks;
	struct hd_post *post;
	struct hd_bench bench;
	struct hd_block *first, *last; /* orders, as they came; the first is on the bench */
	uint32_t served;               /* whose order the last pass worked at; `shards`: nobody's */
	bool finished;
};

/* `io`, `plain`, `shards` and `number` are set; the rest is zero. */
void hd_smith_open(struct hd_smith *smith, struct hd_mesh *mesh);
/* False: it was told to finish. What it was making is as if it had never begun. */
bool hd_smith_pass(struct hd_smith *smith);
void hd_smith_close(struct hd_smith *smith);

#endif
