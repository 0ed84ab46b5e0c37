/* sudoku_world.h - what the tests of sudoku share: jobs run to their end, the puzzles of SGT. */
#ifndef HUNTD_TESTS_UNIT_PUZZLE_SUDOKU_WORLD_H
#define HUNTD_TESTS_UNIT_PUZZLE_SUDOKU_WORLD_H

#include "core/puzzle/kinds.h"
#include "core/puzzle/sudoku/grade/ladder.h"
#include "huntd/assert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct hd_puzzle_kind *const kind = &hd_puzzle_sudoku;

_Alignas(64) static uint8_t work[256 * 1024];

struct text {
	uint8_t bytes[1024];
	struct hd_bytes at;
};

static inline struct hd_bytes
from_81(const char *cells, struct text *text)
{
	struct hd_writer out = hd_writer_of(text->bytes, sizeof(text->bytes));
	assert_null(kind->form_read(HD_PUZZLE_FORM_81, hd_bytes_str(cells), &out));
	assert_false(out.full);
	text->at = hd_bytes_of(text->bytes, (size_t)(out.at - text->bytes));
	return text->at;
}

static inline struct hd_puzzle_solved
solve(struct hd_bytes text, enum hd_puzzle_mode mode, int64_t fuel)
{
	struct hd_puzzle_params params;
	struct hd_puzzle_solved solved;
	struct hd_puzzle_job *job;
	assert_null(kind->check(text, &params));
	assert_true(hd_puzzle_solve_size(kind, &params) <= sizeof(work));
	job = hd_puzzle_solve(work, kind, text, mode);
	while (hd_puzzle_step(job, fuel) == HD_PUZZLE_PENDING)
		;
	hd_puzzle_solved(job, &solved);
	return solved;
}

static inline struct hd_puzzle_spec
spec_of(const char *params, uint8_t tier)
{
	struct hd_puzzle_spec spec = {.kind = kind, .tier = tier};
	assert_null(kind->params_read(hd_bytes_str(params), &spec.params));
	return spec;
}

static inline struct hd_puzzle_made
make(const struct hd_puzzle_spec *spec, uint8_t seed_byte, int64_t fuel)
{
	uint8_t seed[HD_PUZZLE_SEED] = {seed_byte};
	struct hd_puzzle_made made;
	struct hd_puzzle_job *job;
	assert_true(hd_puzzle_make_size(spec) <= sizeof(work));
	memset(work, seed_byte ^ 0x5a, sizeof(work)); /* what lay there before must not matter */
	job = hd_puzzle_make(work, spec, seed, 0, UINT32_MAX, (struct hd_bytes){0});
	while (hd_puzzle_step(job, fuel) == HD_PUZZLE_PENDING)
		;
	hd_puzzle_made(job, &made);
	return made;
}

/* Calls `each` with every puzzle of sgt/sudoku.txt and its tier. */
static inline uint32_t
each_sgt(void (*each)(struct hd_bytes text, uint8_t tier))
{
	FILE *file = fopen(HD_TEST_FILES "/puzzle/sgt/sudoku.txt", "r");
	char line[512], tier[32], text[400];
	uint32_t count = 0;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		uint8_t number;
		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%31s %399s", tier, text), 2);
		assert_true(hd_puzzle_tier(kind, hd_bytes_str(tier), &number));
		each(hd_bytes_str(text), number);
		count++;
	}
	fclose(file);
	return count;
}

#endif
