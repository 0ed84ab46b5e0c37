/* bench.h - one making at a time, in memory of its own, by steps of at most HD_PUZZLE_SLICE_NS.
 *
 * A shard has one for what it makes between its passes, and each thread of the forge has one. A
 * step is a row of short ones, with a look at the clock in between: units of fuel of one making may
 * cost a tenth or ten times of the one before. How much fuel a short one gets is found by timing
 * those of each kind; it decides when a step returns and nothing else. What is made is verified
 * before anybody sees it. */
#ifndef HUNTD_SHARD_FORGE_BENCH_H
#define HUNTD_SHARD_FORGE_BENCH_H

#include "huntd/io.h"
#include "huntd/memory.h"
#include "huntd/puzzle.h"

#define HD_BENCH_KINDS 32u      /* more kinds than there will be */
#define HD_BENCH_LONG  20000000 /* ns: more than a loop does for one making */

/* What is to be made. No pointer in it but to constant tables: it goes between threads. */
struct hd_forge_order {
	struct hd_puzzle_spec spec;
	uint8_t seed[HD_PUZZLE_SEED];
	uint32_t first_try, tries;
	uint32_t answer_size;
	uint8_t answer[HD_PHRASE_MAX];
};

enum hd_bench_state {
	HD_BENCH_WORKS,
	HD_BENCH_MADE,
	HD_BENCH_MISSED,  /* no try of the order made one */
	HD_BENCH_REFUTED, /* its own verifier refuses it: a fault of the kind, and never dealt */
};

struct hd_bench {
	struct hd_io *io; /* for its clock */
	struct hd_memory *memory;
	void *work;
	size_t room;
	struct hd_puzzle_job *job; /* NULL: none */
	const struct hd_puzzle_kind *kind;
	/* Of this making: */
	int64_t spent, in_slices; /* ns; in_slices: in steps that were none too long */
	uint32_t steps, too_long;
	struct {
		const struct hd_puzzle_kind *kind; /* NULL: the list ends */
		int64_t fuel;                      /* of its next short step */
	} known[HD_BENCH_KINDS];
};

void hd_bench_init(struct hd_bench *bench, struct hd_io *io, struct hd_memory *memory);
void hd_bench_fini(struct hd_bench *bench);

/* It must be free: no job. */
void hd_bench_begin(struct hd_bench *bench, const struct hd_forge_order *order);

/* One step; `took`: its ns. But for WORKS the bench is free then. MADE: `made` borrows from it
 * until the next begin. */
enum hd_bench_state hd_bench_step(struct hd_bench *bench, struct hd_puzzle_made *made,
				  int64_t *took);

/* The making, or the last one, was long by itself, and not because its thread had lost its core:
 * the steps that were none too long took their time, or most steps were too long. */
bool hd_bench_was_long(const struct hd_bench *bench);

#endif
