/* toy.h - a kind of puzzle that costs what a test says, and moves the test's clock by it.
 *
 * Its instance is the name of its seed and its answer; a try makes one where the seed's first byte
 * is below `hits`. It steps as real kinds do: one unit of fuel is one unit of work. */
#ifndef HUNTD_TESTS_TOY_H
#define HUNTD_TESTS_TOY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "huntd/puzzle.h"

#define TOY_CELLS 49u

static struct {
	int64_t *clock; /* moved on by unit_ns for each unit */
	int64_t unit_ns;
	int64_t units;     /* of one try */
	uint64_t make_ns;  /* what the kind says of itself */
	uint32_t hits;     /* 256: every try */
	bool refuted;      /* the verifier refuses all */
	uint32_t begun;    /* tries */
	int64_t step_most; /* the most units of one step */
} toy;

struct toy_work {
	int64_t left;
	bool hit;
	char text[160];
	char solution[TOY_CELLS];
};

static inline void
toy_sizes(const struct hd_puzzle_params *params, struct hd_puzzle_sizes *sizes)
{
	(void)params;
	*sizes = (struct hd_puzzle_sizes){160, TOY_CELLS, sizeof(struct toy_work), 64};
}

static inline uint64_t
toy_make_ns(const struct hd_puzzle_params *params, uint8_t tier)
{
	(void)params, (void)tier;
	return toy.make_ns;
}

static inline void
toy_make_begin(void *memory, const struct hd_puzzle_order *order)
{
	struct toy_work *work = memory;
	toy.begun++;
	work->left = toy.units;
	work->hit = order->seed[0] < toy.hits;
	int at = 0;
	for (uint32_t i = 0; i < HD_PUZZLE_SEED; i++)
		at += snprintf(work->text + at, sizeof work->text - (size_t)at, "%02x",
			       order->seed[i]);
	snprintf(work->text + at, sizeof work->text - (size_t)at, "/%.*s", (int)order->answer.size,
		 (const char *)order->answer.at);
	for (uint32_t i = 0; i < TOY_CELLS; i++)
		work->solution[i] = (char)('0' + (order->seed[i % HD_PUZZLE_SEED] & 1));
}

static inline enum hd_puzzle_state
toy_make_step(void *memory, int64_t *fuel)
{
	struct toy_work *work = memory;
	int64_t units = *fuel < 1 ? 1 : *fuel < work->left ? *fuel : work->left;
	work->left -= units;
	*fuel -= units;
	toy.step_most = units > toy.step_most ? units : toy.step_most;
	if (toy.clock != NULL)
		*toy.clock += units * toy.unit_ns;
	if (work->left > 0)
		return HD_PUZZLE_PENDING;
	return work->hit ? HD_PUZZLE_READY : HD_PUZZLE_MISSED;
}

static inline void
toy_make_take(void *memory, struct hd_puzzle_made *made)
{
	struct toy_work *work = memory;
	made->text = hd_bytes_str(work->text);
	made->solution = hd_bytes_of(work->solution, TOY_CELLS);
}

static inline bool
toy_verify(struct hd_bytes text, struct hd_bytes solution)
{
	return !toy.refuted && text.size > 64 && solution.size == TOY_CELLS;
}

static inline void
toy_digits_of(struct hd_bytes text, struct hd_bytes solution, uint8_t *digits)
{
	(void)text;
	for (uint32_t i = 0; i < TOY_CELLS; i++)
		digits[i] = solution.at[i] & 1;
}

static inline void
toy_params_write(const struct hd_puzzle_params *params, struct hd_writer *out)
{
	(void)params;
	hd_write_fixed(out, "7x7", 3);
}

static const char *const toy_tiers[] = {"easy", "medium", "hard"};

#define TOY_KIND(word, around)                                                                     \
	{                                                                                          \
		.name = word, .tiers = toy_tiers, .tiers_count = 3, .algorithm = 1,                \
		.around_answer = (around), .digits = (around) ? 0 : 5, .base = (around) ? 0 : 2,   \
		.params_write = toy_params_write, .sizes = toy_sizes, .make_ns = toy_make_ns,      \
		.make_begin = toy_make_begin, .make_step = toy_make_step,                          \
		.make_take = toy_make_take, .verify = toy_verify, .digits_of = toy_digits_of,      \
	}

static const struct hd_puzzle_kind toy_kind = TOY_KIND("toy", false);
static const struct hd_puzzle_kind toy_around = TOY_KIND("toy-around", true);

/* So many units a try, each of them `unit_ns`. */
static inline void
toy_costs(int64_t *clock, int64_t units, int64_t unit_ns, uint64_t make_ns)
{
	memset(&toy, 0, sizeof toy);
	toy.clock = clock;
	toy.units = units;
	toy.unit_ns = unit_ns;
	toy.make_ns = make_ns;
	toy.hits = 256;
}

static inline struct hd_puzzle_spec
toy_spec(void)
{
	return (struct hd_puzzle_spec){.kind = &toy_kind, .params = {7, 7, 0}};
}

#endif
