#include "core/puzzle/sudoku/board.h"
#include "huntd/assert.h"

uint8_t
hd_sudoku_box(uint32_t cell)
{
	HD_ASSERT(cell < HD_SUDOKU_CELLS);
	return (uint8_t)(cell / 27 * 3 + cell % 9 / 3);
}

static void
add_through(struct hd_sudoku_shape *shape, uint32_t cell)
{
	uint32_t count = 0;
	for (uint8_t u = 0; u < shape->units_count; u++)
		if (shape->units[u] >> cell & 1)
			shape->through[cell][count++] = u;
	HD_ASSERT(count >= 3 && count <= HD_SUDOKU_THROUGH);
	while (count < HD_SUDOKU_THROUGH)
		shape->through[cell][count++] = shape->through[cell][0];
}

static void
add_peers(struct hd_sudoku_shape *shape)
{
	memset(shape->peers, 0, sizeof(shape->peers));
	for (uint32_t u = 0; u < shape->units_count; u++)
		for (hd_cells left = shape->units[u]; left; left &= left - 1)
			shape->peers[hd_cells_first(left)] |= shape->units[u];
	for (uint32_t cell = 0; cell < HD_SUDOKU_CELLS; cell++) {
		shape->peers[cell] &= ~hd_cell(cell);
		add_through(shape, cell);
	}
}

void
hd_sudoku_shape(struct hd_sudoku_shape *shape, uint8_t variant, const uint8_t *region_of)
{
	HD_ASSERT((variant == HD_SUDOKU_JIGSAW) == (region_of != NULL));
	shape->variant = variant;
	shape->units_count = variant == HD_SUDOKU_X ? 29 : 27;
	memset(shape->units, 0, sizeof(shape->units));
	for (uint32_t cell = 0; cell < HD_SUDOKU_CELLS; cell++) {
		uint32_t row = cell / 9, column = cell % 9;
		shape->region_of[cell] = region_of ? region_of[cell] : hd_sudoku_box(cell);
		HD_ASSERT(shape->region_of[cell] < HD_SUDOKU_SIDE);
		shape->units[shape->region_of[cell]] |= hd_cell(cell);
		shape->units[9 + row] |= hd_cell(cell);
		shape->units[18 + column] |= hd_cell(cell);
		if (row == column)
			shape->units[27] |= hd_cell(cell);
		if (row + column == 8)
			shape->units[28] |= hd_cell(cell);
	}
	add_peers(shape);
}

hd_cells
hd_sudoku_grow(hd_cells cells)
{
	hd_cells first = 0, last;
	for (uint32_t row = 0; row < HD_SUDOKU_SIDE; row++)
		first |= hd_cell(9 * row);
	last = first << 8;
	return (cells | cells << 9 | cells >> 9 | (cells & ~last) << 1 | (cells & ~first) >> 1) &
	       HD_SUDOKU_ALL;
}

const char *
hd_sudoku_regions_deny(const uint8_t *region_of)
{
	hd_cells regions[HD_SUDOKU_SIDE] = {0};
	for (uint32_t cell = 0; cell < HD_SUDOKU_CELLS; cell++) {
		if (region_of[cell] >= HD_SUDOKU_SIDE)
			return "there are more than nine regions";
		regions[region_of[cell]] |= hd_cell(cell);
	}
	for (uint32_t r = 0; r < HD_SUDOKU_SIDE; r++) {
		hd_cells all = regions[r], reached = all & -all;
		if (hd_cells_count(all) != HD_SUDOKU_SIDE)
			return "a region has not nine cells";
		for (uint32_t i = 0; i < HD_SUDOKU_SIDE; i++)
			reached = hd_sudoku_grow(reached) & all;
		if (reached != all)
			return "a region does not hang together";
	}
	return NULL;
}
