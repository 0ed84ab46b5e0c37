#include "core/puzzle/sudoku/count/search.h"

#include "huntd/assert.h"

static void
choose(const struct hd_sudoku_search *search, union hd_sudoku_state *state, uint32_t cell,
       uint32_t digit)
{
	if (search->classic)
		hd_lanes_choose(&state->lanes, cell, digit);
	else
		hd_sudoku_place(search->shape, &state->position.board, cell, digit);
}

static void
refuse(const struct hd_sudoku_search *search, union hd_sudoku_state *state, uint32_t cell,
       uint32_t digit)
{
	if (search->classic)
		hd_lanes_refuse(&state->lanes, cell, digit);
	else
		state->position.board.open[digit] &= ~hd_cell(cell);
}

/* A cell with the fewest digits left, as far as two and three are told apart. */
static uint32_t
board_pick(const struct hd_sudoku_board *board, uint32_t *digits)
{
	struct hd_sudoku_tally t = hd_sudoku_tally(board);
	hd_cells two = t.two & ~t.three;
	uint32_t pick = hd_cells_first(two ? two : t.three);
	HD_ASSERT((two | t.three) != 0);
	*digits = 0;
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++)
		*digits |= (uint32_t)(board->open[d] >> pick & 1) << d;
	return pick;
}

static bool
settle(const struct hd_sudoku_search *search, union hd_sudoku_state *state, bool *filled)
{
	if (search->classic)
		return hd_lanes_settle(&state->lanes, filled);
	if (!hd_sudoku_settle(search->shape, &state->position, HD_SUDOKU_INTERMEDIATE))
		return false;
	*filled = hd_sudoku_filled(&state->position.board);
	return true;
}

void
hd_sudoku_search(struct hd_sudoku_search *search, uint8_t variant,
		 const struct hd_sudoku_shape *shape, const struct hd_sudoku_board *given,
		 uint32_t limit)
{
	HD_ASSERT(limit > 0 && (shape != NULL || variant == HD_SUDOKU_CLASSIC));
	search->shape = shape;
	search->random = NULL;
	search->classic = variant == HD_SUDOKU_CLASSIC;
	search->nodes = search->solutions = 0;
	search->depth = 1;
	search->limit = limit;
	if (search->classic)
		hd_lanes_open(&search->stack[0].lanes, given);
	else
		hd_sudoku_open(shape, given, &search->stack[0].position);
}

void
hd_sudoku_search_without(struct hd_sudoku_search *search, uint32_t cell, uint32_t digit)
{
	HD_ASSERT(search->nodes == 0 && search->depth == 1);
	refuse(search, &search->stack[0], cell, digit);
}

static void
found(struct hd_sudoku_search *search, const union hd_sudoku_state *state)
{
	HD_ASSERT(search->solutions < search->limit);
	if (search->solutions++ > 0)
		return;
	if (search->classic)
		hd_lanes_to(&state->lanes, &search->first);
	else
		search->first = state->position.board;
}

static uint32_t
guess(struct hd_sudoku_search *search, uint32_t digits)
{
	uint32_t skip;
	HD_ASSERT(digits != 0);
	if (search->random == NULL)
		return (uint32_t)__builtin_ctz(digits);
	skip = hd_stream_below(search->random, (uint32_t)__builtin_popcount(digits));
	while (skip-- > 0)
		digits &= digits - 1;
	return (uint32_t)__builtin_ctz(digits);
}

/* The state on top becomes the branch without a digit; above it the one with it. */
static void
branch(struct hd_sudoku_search *search)
{
	union hd_sudoku_state *top = &search->stack[search->depth - 1];
	uint32_t digits, cell, digit;
	HD_ASSERT(search->depth < HD_SUDOKU_DEPTH);
	cell = search->classic ? hd_lanes_pick(&top->lanes, &digits)
			       : board_pick(&top->position.board, &digits);
	digit = guess(search, digits);
	if (search->classic)
		top[1].lanes = top->lanes;
	else
		top[1].position = top->position;
	refuse(search, top, cell, digit);
	choose(search, top + 1, cell, digit);
	search->depth++;
}

bool
hd_sudoku_search_step(struct hd_sudoku_search *search)
{
	union hd_sudoku_state *top = &search->stack[search->depth - 1];
	bool filled = false;
	HD_ASSERT(search->depth > 0 && search->nodes < HD_SUDOKU_NODES_MAX);
	search->nodes++;
	if (!settle(search, top, &filled)) {
		search->depth--;
	} else if (filled) {
		found(search, top);
		search->depth--;
	} else {
		branch(search);
	}
	return search->depth > 0 && search->solutions < search->limit &&
	       search->nodes < HD_SUDOKU_NODES_MAX;
}

enum hd_puzzle_verdict
hd_sudoku_search_verdict(const struct hd_sudoku_search *search)
{
	HD_ASSERT(search->nodes > 0);
	if (search->solutions > 1)
		return HD_PUZZLE_MANY;
	if (search->depth > 0 && search->solutions < search->limit)
		return HD_PUZZLE_BUDGET;
	return search->solutions == 1 ? HD_PUZZLE_UNIQUE : HD_PUZZLE_NONE;
}
