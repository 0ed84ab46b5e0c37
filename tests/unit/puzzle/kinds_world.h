/* kinds_world.h - puzzles of any kind, made and solved in memory that tells of writes beside it. */
#ifndef HUNTD_TESTS_KINDS_WORLD_H
#define HUNTD_TESTS_KINDS_WORLD_H

#include "huntd/puzzle.h"
#include "tests/lib/lib.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ALL_FUEL INT64_MAX
#define GUARD    256u
#define TRIES    100000u

/* What is tried of each kind: its defaults first, then others; of each, the tiers that are made
 * in milliseconds. The dear ones are tried in the kind's own test, and remade in test_instances. */
struct sample {
	const char *kind;
	struct sample_params {
		const char *params;
		uint32_t tiers;
	} params[4];
};
static const struct sample samples[] = {
	{"sudoku", {{"3x3", 6}, {"3x3x", 6}, {"9j", 3}}},
	{"nonogram", {{"15x15", 2}, {"10x10", 1}, {"12x8", 1}, {"20x20", 2}}},
	{"slitherlink", {{"10x10t0", 4}, {"7x7t0", 4}, {"8x6t0", 4}}},
	{"cryptogram", {{"120", 6}, {"90", 6}, {"180", 6}}},
	{"wordsearch", {{"15x15", 3}, {"8x8", 3}, {"10x20", 3}, {"30x30", 3}}},
	{"lightsout", {{"7x7c", 3}, {"5x5c", 3}, {"9x9c", 3}, {"14x14c", 3}}},
};
#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

/* Sample number n of the kind; params NULL: it has fewer. */
static inline struct sample_params
sample_of(const struct hd_puzzle_kind *kind, uint32_t n)
{
	for (uint32_t i = 0; i < SAMPLES; i++)
		if (strcmp(samples[i].kind, kind->name) == 0)
			return n < 4 ? samples[i].params[n] : (struct sample_params){0};
	return (struct sample_params){n == 0 ? kind->defaults : NULL, kind->tiers_count};
}

/* Memory of a job, with bytes on both sides that nobody may touch. */
struct cell {
	uint8_t *all, *at;
	size_t size;
};

static inline struct cell
cell_new(size_t size, uint8_t fill)
{
	struct cell cell = {.size = size};
	cell.all = aligned_alloc(64, (size + 2 * GUARD + 63) / 64 * 64);
	assert_non_null(cell.all);
	cell.at = cell.all + GUARD;
	memset(cell.all, 0xa5, size + 2 * GUARD);
	memset(cell.at, fill, size);
	return cell;
}

static inline void
cell_end(struct cell *cell)
{
	for (uint32_t i = 0; i < GUARD; i++) {
		assert_int_equal(cell->all[i], 0xa5);
		assert_int_equal(cell->at[cell->size + i], 0xa5);
	}
	free(cell->all);
}

/* An instance, kept apart from its job. */
struct instance {
	struct hd_puzzle_spec spec;
	uint8_t seed[HD_PUZZLE_SEED];
	uint8_t answer[HD_PHRASE_MAX];
	uint32_t answer_size, text_size, solution_size, try;
	struct hd_puzzle_rating rating;
	uint8_t text[HD_PUZZLE_TEXT_MAX], solution[HD_PUZZLE_SOLUTION_MAX];
};

static inline struct hd_bytes
text_of(const struct instance *in)
{
	return hd_bytes_of(in->text, in->text_size);
}

static inline struct hd_bytes
solution_of(const struct instance *in)
{
	return hd_bytes_of(in->solution, in->solution_size);
}

/* What j of a server with an empty secret is: seed and answer. False: the kind denies it. */
static inline bool
instance_begin(struct instance *in, const struct hd_puzzle_kind *kind, const char *params,
	       uint8_t tier, uint64_t j)
{
	static const uint8_t secret[32];
	struct hd_phrases phrases;
	memset(in, 0, sizeof(*in));
	in->spec.kind = kind;
	in->spec.tier = tier;
	const char *wrong = kind->params_read(hd_bytes_str(params), &in->spec.params);
	if (wrong != NULL)
		fail_msg("%s %s: %s", kind->name, params, wrong);
	if (kind->params_deny(&in->spec.params, tier) != NULL)
		return false;
	hd_puzzle_base_seed(secret, &in->spec, j, in->seed);
	assert_true(hd_phrases_builtin(1, &phrases));
	uint32_t index = hd_puzzle_phrase_of(secret, tier, phrases.count, j);
	in->answer_size = hd_phrases_at(&phrases, index, in->answer);
	return true;
}

/* Makes it from `first_try` on, in memory that is full of `fill`. */
static inline enum hd_puzzle_state
instance_make(struct instance *in, uint32_t first_try, uint32_t tries, int64_t fuel, uint8_t fill)
{
	struct cell cell = cell_new(hd_puzzle_make_size(&in->spec), fill);
	bool around = in->spec.kind->around_answer;
	struct hd_puzzle_made made;
	struct hd_puzzle_job *job =
		hd_puzzle_make(cell.at, &in->spec, in->seed, first_try, tries,
			       hd_bytes_of(in->answer, around ? in->answer_size : 0));
	enum hd_puzzle_state state;
	while ((state = hd_puzzle_step(job, fuel)) == HD_PUZZLE_PENDING)
		;
	if (state == HD_PUZZLE_READY) {
		struct hd_puzzle_sizes sizes;
		in->spec.kind->sizes(&in->spec.params, &sizes);
		hd_puzzle_made(job, &made);
		assert_true(made.text.size <= sizes.text && made.solution.size <= sizes.solution);
		memcpy(in->text, made.text.at, in->text_size = made.text.size);
		memcpy(in->solution, made.solution.at, in->solution_size = made.solution.size);
		in->rating = made.rating;
		in->try = made.try;
	}
	cell_end(&cell);
	return state;
}

/* What a solver found, kept apart from its job. */
struct found {
	enum hd_puzzle_verdict verdict;
	struct hd_puzzle_rating rating;
	uint32_t solution_size, hint_size;
	uint8_t solution[HD_PUZZLE_SOLUTION_MAX], hint[1024];
};

/* False: not done within `steps`. The text lies in memory of just its size. */
static inline bool
solve_within(const struct hd_puzzle_kind *kind, struct hd_bytes text, enum hd_puzzle_mode mode,
	     int64_t fuel, uint64_t steps, uint8_t fill, struct found *found)
{
	struct hd_puzzle_params params;
	struct hd_puzzle_solved solved;
	uint8_t *own = malloc(text.size + 1u);
	memcpy(own, text.at, text.size);
	const char *wrong = kind->check(hd_bytes_of(own, text.size), &params);
	if (wrong != NULL)
		fail_msg("%s: %.*s: %s", kind->name, (int)text.size, (const char *)text.at, wrong);
	struct cell cell = cell_new(hd_puzzle_solve_size(kind, &params), fill);
	struct hd_puzzle_job *job =
		hd_puzzle_solve(cell.at, kind, hd_bytes_of(own, text.size), mode);
	enum hd_puzzle_state state;
	while ((state = hd_puzzle_step(job, fuel)) == HD_PUZZLE_PENDING && --steps > 0)
		;
	if (state == HD_PUZZLE_READY) {
		hd_puzzle_solved(job, &solved);
		assert_true(solved.solution.size <= HD_PUZZLE_SOLUTION_MAX);
		assert_true(solved.hint.size <= sizeof(found->hint));
		found->verdict = solved.verdict;
		found->rating = solved.rating;
		found->solution_size = solved.solution.size;
		found->hint_size = solved.hint.size;
		if (solved.solution.size > 0)
			memcpy(found->solution, solved.solution.at, solved.solution.size);
		if (solved.hint.size > 0)
			memcpy(found->hint, solved.hint.at, solved.hint.size);
	}
	cell_end(&cell);
	free(own);
	return state == HD_PUZZLE_READY;
}

static inline void
solve(const struct hd_puzzle_kind *kind, struct hd_bytes text, enum hd_puzzle_mode mode,
      struct found *found)
{
	assert_true(solve_within(kind, text, mode, ALL_FUEL, UINT64_MAX, 0, found));
}

#endif
