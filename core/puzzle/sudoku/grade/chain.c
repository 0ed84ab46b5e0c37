/* Forcing chains: through cells with two digits left, each step in one unit.
 *
 *   from {N a} - {a b} - {b c} - ... - to {z N}
 *
 * If `from` is not N it is a, so the next is b, ..., so `to` is N. Which chain is found first
 * matters: a cell is entered once a search, by the first that reaches it. The search is by breadth,
 * from each cell and digit in order, and looks at the column first, then the row, the region, the
 * diagonals: this is the order in which `solo` of Simon Tatham's collection looks, so that the
 * tiers agree. */
#include "core/puzzle/sudoku/grade/ladder.h"
#include "huntd/assert.h"

struct search {
	const struct hd_sudoku_shape *shape;
	const struct hd_sudoku_board *board;
	hd_cells pairs; /* with two digits left */
	hd_cells fresh; /* not yet entered */
	uint16_t masks[HD_SUDOKU_CELLS];
	uint8_t digit[HD_SUDOKU_CELLS]; /* that an entered cell has then */
	uint8_t queue[HD_SUDOKU_CELLS];
	uint32_t head, tail;
};

/* Units of a cell in the order of the search. */
static uint32_t
units_of(const struct hd_sudoku_shape *shape, uint32_t cell, uint8_t units[5])
{
	uint32_t count = 3;
	units[0] = (uint8_t)(18 + cell % 9);
	units[1] = (uint8_t)(9 + cell / 9);
	units[2] = shape->region_of[cell];
	for (uint8_t u = 27; u < shape->units_count; u++)
		if (shape->units[u] >> cell & 1)
			units[count++] = u;
	return count;
}

/* Goes from a cell, that has `digit`, to the cells of a unit that then have not. True: one of them
 * sees `from`, and `digit` is the one that `from` was said not to have. */
static bool
spread(struct search *s, hd_cells unit, uint32_t digit, struct hd_sudoku_chain *chain)
{
	hd_cells reached = unit & s->fresh & s->board->open[digit];
	hd_cells gone = digit == chain->digit ? reached & s->shape->peers[chain->from] : 0;
	HD_ASSERT(digit < HD_SUDOKU_SIDE);
	if (gone != 0) {
		chain->gone = hd_cells_first(gone);
		return true;
	}
	for (reached &= s->pairs; reached; reached &= reached - 1) {
		uint32_t cell = hd_cells_first(reached);
		s->digit[cell] = (uint8_t)__builtin_ctz(s->masks[cell] & ~(1u << digit));
		s->fresh &= ~hd_cell(cell);
		s->queue[s->tail++] = (uint8_t)cell;
	}
	return false;
}

static bool
search_from(struct search *s, struct hd_sudoku_chain *chain)
{
	uint8_t units[5];
	s->head = s->tail = 0;
	s->queue[s->tail++] = (uint8_t)chain->from;
	s->fresh = HD_SUDOKU_ALL & ~hd_cell(chain->from);
	s->digit[chain->from] =
		(uint8_t)__builtin_ctz(s->masks[chain->from] & ~(1u << chain->digit));
	while (s->head < s->tail) {
		uint32_t cell = s->queue[s->head++];
		uint32_t count = units_of(s->shape, cell, units);
		chain->to = cell;
		for (uint32_t i = 0; i < count; i++)
			if (spread(s, s->shape->units[units[i]], s->digit[cell], chain))
				return true;
	}
	return false;
}

bool
hd_sudoku_chain(const struct hd_sudoku_shape *shape, const struct hd_sudoku_board *board,
		struct hd_sudoku_chain *found)
{
	struct search s = {.shape = shape, .board = board};
	struct hd_sudoku_tally t = hd_sudoku_tally(board);
	s.pairs = t.two & ~t.three;
	hd_sudoku_masks(board, s.masks);
	for (hd_cells left = s.pairs; left; left &= left - 1) {
		found->from = hd_cells_first(left);
		HD_ASSERT(__builtin_popcount(s.masks[found->from]) == 2);
		for (uint32_t bits = s.masks[found->from]; bits; bits &= bits - 1) {
			found->digit = (uint32_t)__builtin_ctz(bits);
			if (search_from(&s, found))
				return true;
		}
	}
	return false;
}
