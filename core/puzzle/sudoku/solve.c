#include "core/puzzle/sudoku/kind.h"
#include "core/puzzle/sudoku/grade/proof.h"
#include "huntd/assert.h"

struct solve {
	enum hd_puzzle_mode mode;
	struct hd_sudoku_text text;
	struct hd_sudoku_shape shape;
	uint8_t solution[HD_SUDOKU_CELLS];
	uint8_t hint[HD_SUDOKU_HINT_MAX];
	_Alignas(64) struct hd_sudoku_proof proof;
};

uint32_t
hd_sudoku_solve_size(void)
{
	return sizeof(struct solve);
}

void
hd_sudoku_solve_begin(void *work, struct hd_bytes text, enum hd_puzzle_mode mode)
{
	struct solve *s = work;
	const struct hd_sudoku_shape *shape = NULL;
	const char *fault = hd_sudoku_text_read(text, &s->text);
	HD_ASSERT(fault == NULL);
	s->mode = mode;
	/* Counting the classic needs no shape. */
	if (mode != HD_PUZZLE_COUNT || s->text.variant != HD_SUDOKU_CLASSIC) {
		bool own = s->text.variant == HD_SUDOKU_JIGSAW;
		hd_sudoku_shape(&s->shape, s->text.variant, own ? s->text.region_of : NULL);
		shape = &s->shape;
	}
	hd_sudoku_prove(&s->proof, s->text.variant, shape, &s->text.given, mode != HD_PUZZLE_COUNT);
}

enum hd_puzzle_state
hd_sudoku_solve_step(void *work, int64_t *fuel)
{
	struct solve *s = work;
	enum hd_puzzle_state state;
	HD_ASSERT(*fuel > 0);
	do {
		state = hd_sudoku_prove_step(&s->proof);
		--*fuel;
	} while (state == HD_PUZZLE_PENDING && *fuel > 0);
	return state;
}

void
hd_sudoku_solve_take(void *work, struct hd_puzzle_solved *solved)
{
	struct solve *s = work;
	const struct hd_sudoku_search *search = &s->proof.search;
	struct hd_writer out = hd_writer_of(s->hint, sizeof(s->hint));
	solved->verdict = s->proof.verdict;
	solved->rating = s->proof.rating;
	if (search->solutions > 0) {
		hd_sudoku_digits(&search->first, s->solution);
		for (uint32_t cell = 0; cell < HD_SUDOKU_CELLS; cell++)
			s->solution[cell] = (uint8_t)(s->solution[cell] + '0');
		solved->solution = hd_bytes_of(s->solution, HD_SUDOKU_CELLS);
	}
	if (s->mode != HD_PUZZLE_HINT || solved->verdict != HD_PUZZLE_UNIQUE)
		return;
	hd_sudoku_hint(&s->shape, &s->text.given, &search->first, &out);
	HD_ASSERT(!out.full);
	solved->hint = hd_bytes_of(s->hint, (size_t)(out.at - s->hint));
}
