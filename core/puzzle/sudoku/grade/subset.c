/* Subsets: k rows of a matrix that have bits in k columns only. */
#include "core/puzzle/sudoku/grade/ladder.h"
#include "huntd/assert.h"

#define SUBSETS (1u << HD_SUDOKU_SIDE)

/* The next number with as many bits set. HAKMEM item 175. */
static uint32_t
next_subset(uint32_t set)
{
	uint32_t low = set & (0u - set), carried = set + low;
	return carried | ((set ^ carried) >> 2) >> __builtin_ctz(set);
}

static bool
touches_others(const uint16_t *rows, uint32_t count, uint32_t set, uint16_t columns)
{
	for (uint32_t i = 0; i < count; i++)
		if (!(set >> i & 1) && rows[i] & columns)
			return true;
	return false;
}

uint32_t
hd_sudoku_subset(const uint16_t *rows, uint32_t count, uint16_t *columns)
{
	uint16_t unions[SUBSETS];
	HD_ASSERT(count <= HD_SUDOKU_SIDE);
	unions[0] = 0;
	for (uint32_t set = 1; set < 1u << count; set++)
		unions[set] = (uint16_t)(unions[set & (set - 1)] | rows[__builtin_ctz(set)]);
	for (uint32_t size = 2; size + 2 <= count; size++)
		for (uint32_t set = (1u << size) - 1; set < 1u << count; set = next_subset(set))
			if ((uint32_t)__builtin_popcount(unions[set]) == size &&
			    touches_others(rows, count, set, unions[set])) {
				*columns = unions[set];
				return set;
			}
	return 0;
}

bool
hd_sudoku_unit_subset(const struct hd_sudoku_shape *shape, const struct hd_sudoku_board *board,
		      uint32_t unit, struct hd_sudoku_subset *found)
{
	uint16_t rows[HD_SUDOKU_SIDE] = {0};
	uint8_t cells[HD_SUDOKU_SIDE];
	uint32_t count = 0, set;
	HD_ASSERT(unit < shape->units_count);
	for (hd_cells left = shape->units[unit]; left; left &= left - 1) {
		uint32_t cell = hd_cells_first(left);
		uint16_t mask = 0;
		for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++)
			mask |= (uint16_t)((uint32_t)(board->open[d] >> cell & 1) << d);
		if (mask & (mask - 1)) {
			cells[count] = (uint8_t)cell;
			rows[count++] = mask;
		}
	}
	set = hd_sudoku_subset(rows, count, &found->digits);
	found->unit = unit;
	found->cells = 0;
	for (uint32_t i = 0; i < count; i++)
		if (set >> i & 1)
			found->cells |= hd_cell(cells[i]);
	return set != 0;
}

bool
hd_sudoku_digit_fish(const struct hd_sudoku_board *board, uint32_t digit,
		     struct hd_sudoku_fish *found)
{
	uint16_t rows[HD_SUDOKU_SIDE] = {0};
	uint8_t which[HD_SUDOKU_SIDE];
	uint32_t count = 0, set;
	HD_ASSERT(digit < HD_SUDOKU_SIDE);
	for (uint8_t row = 0; row < HD_SUDOKU_SIDE; row++) {
		uint16_t columns = (uint16_t)(board->open[digit] >> 9 * row & 0x1ff);
		if (columns & (columns - 1)) {
			which[count] = row;
			rows[count++] = columns;
		}
	}
	set = hd_sudoku_subset(rows, count, &found->columns);
	found->digit = digit;
	found->rows = 0;
	for (uint32_t i = 0; i < count; i++)
		if (set >> i & 1)
			found->rows |= (uint16_t)(1u << which[i]);
	return set != 0;
}

hd_cells
hd_sudoku_fish_gone(const struct hd_sudoku_fish *fish)
{
	hd_cells gone = 0;
	HD_ASSERT(fish->rows != 0 && fish->columns != 0);
	for (uint32_t row = 0; row < HD_SUDOKU_SIDE; row++)
		if (!(fish->rows >> row & 1))
			gone |= (hd_cells)fish->columns << 9 * row;
	return gone;
}
