/* The rules, cell by cell: each unit has every digit, and what is printed stands. It shares nothing
 * with the solver but the reading of text. */
#include "core/puzzle/sudoku/board.h"
#include "core/puzzle/sudoku/kind.h"
#include "huntd/assert.h"

/* Notes a digit of a unit; false: it is there already. */
static bool
note(uint16_t *seen, uint8_t digit)
{
	uint16_t bit = (uint16_t)(1u << digit);
	HD_ASSERT(digit >= 1 && digit <= HD_SUDOKU_SIDE);
	if (*seen & bit)
		return false;
	*seen |= bit;
	return true;
}

bool
hd_sudoku_verify(struct hd_bytes text, struct hd_bytes solution)
{
	uint16_t rows[9] = {0}, columns[9] = {0}, regions[9] = {0}, falling = 0, rising = 0;
	uint8_t printed[HD_SUDOKU_CELLS];
	struct hd_sudoku_text sudoku;
	const char *fault = hd_sudoku_text_read(text, &sudoku);
	HD_ASSERT(fault == NULL);
	hd_sudoku_digits(&sudoku.given, printed);
	if (solution.size != HD_SUDOKU_CELLS)
		return false;
	for (uint32_t cell = 0; cell < HD_SUDOKU_CELLS; cell++) {
		uint32_t row = cell / 9, column = cell % 9;
		uint32_t box = sudoku.variant == HD_SUDOKU_JIGSAW ? sudoku.region_of[cell]
								  : row / 3 * 3 + column / 3;
		uint8_t digit = (uint8_t)(solution.at[cell] - '0');
		if (digit < 1 || digit > 9 || (printed[cell] != 0 && printed[cell] != digit))
			return false;
		if (!note(&rows[row], digit) || !note(&columns[column], digit) ||
		    !note(&regions[box], digit))
			return false;
		if (sudoku.variant != HD_SUDOKU_X)
			continue;
		if ((row == column && !note(&falling, digit)) ||
		    (row + column == 8 && !note(&rising, digit)))
			return false;
	}
	return true;
}
