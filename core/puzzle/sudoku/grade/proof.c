#include "core/puzzle/sudoku/grade/proof.h"

#include "huntd/assert.h"

static uint32_t
clues(const struct hd_sudoku_board *given)
{
	uint32_t count = 0;
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++)
		count += hd_cells_count(given->open[d]);
	return count;
}

void
hd_sudoku_prove(struct hd_sudoku_proof *proof, uint8_t variant, const struct hd_sudoku_shape *shape,
		const struct hd_sudoku_board *given, bool grades)
{
	HD_ASSERT(shape != NULL || (variant == HD_SUDOKU_CLASSIC && !grades));
	proof->shape = shape;
	proof->given = given;
	proof->grades = grades;
	proof->climbs = false;
	proof->rating = (struct hd_puzzle_rating){.tier = HD_SUDOKU_TIERS};
	hd_sudoku_search(&proof->search, variant, shape, given, 2);
}

static enum hd_puzzle_state
searched(struct hd_sudoku_proof *proof)
{
	proof->verdict = hd_sudoku_search_verdict(&proof->search);
	if (!proof->grades || proof->verdict != HD_PUZZLE_UNIQUE)
		return HD_PUZZLE_READY;
	/* A search that found all there is has two nodes for each guess, and its root. */
	proof->rating.nodes = (proof->search.nodes - 1) / 2;
	proof->climbs = true;
	hd_sudoku_ladder(&proof->ladder, proof->shape, proof->given, HD_SUDOKU_EXTREME);
	return HD_PUZZLE_PENDING;
}

enum hd_puzzle_state
hd_sudoku_prove_step(struct hd_sudoku_proof *proof)
{
	enum hd_puzzle_state state;
	if (!proof->climbs)
		return hd_sudoku_search_step(&proof->search) ? HD_PUZZLE_PENDING : searched(proof);
	state = hd_sudoku_ladder_step(&proof->ladder);
	if (state == HD_PUZZLE_PENDING)
		return state;
	proof->rating.tier =
		(uint8_t)(state == HD_PUZZLE_READY ? proof->ladder.tier : HD_SUDOKU_UNREASONABLE);
	proof->rating.steps = HD_SUDOKU_CELLS - clues(proof->given) + proof->ladder.climbs;
	HD_ASSERT(proof->rating.tier < HD_SUDOKU_TIERS);
	return HD_PUZZLE_READY;
}
