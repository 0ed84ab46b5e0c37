#include "core/puzzle/sudoku/make/regions.h"

#include "huntd/assert.h"

#define TRADES      600u /* tried; about one in eight is done */
#define TRADES_STEP 16u

void
hd_sudoku_regions(struct hd_sudoku_regions *regions)
{
	regions->left = TRADES;
	memset(regions->cells, 0, sizeof(regions->cells));
	for (uint8_t cell = 0; cell < HD_SUDOKU_CELLS; cell++) {
		regions->region_of[cell] = hd_sudoku_box(cell);
		regions->cells[hd_sudoku_box(cell)] |= hd_cell(cell);
	}
}

static bool
hangs_together(hd_cells all)
{
	hd_cells reached = all & -all, before;
	HD_ASSERT(all != 0);
	do {
		before = reached;
		reached = hd_sudoku_grow(reached) & all;
	} while (reached != before);
	return reached == all;
}

static uint32_t
pick(hd_cells cells, struct hd_stream *random)
{
	uint32_t skip = hd_stream_below(random, hd_cells_count(cells));
	while (skip-- > 0)
		cells &= cells - 1;
	return hd_cells_first(cells);
}

/* A cell and a neighbour of another region are drawn; its region takes the cell, and gives back one
 * that touches the cell's own. */
static void
trade(struct hd_sudoku_regions *r, struct hd_stream *random)
{
	uint32_t cell = hd_stream_below(random, HD_SUDOKU_CELLS), back;
	uint8_t from = r->region_of[cell], to;
	hd_cells near = hd_sudoku_grow(hd_cell(cell)) & ~r->cells[from], giver, taker;
	if (near == 0)
		return;
	to = r->region_of[pick(near, random)];
	near = hd_sudoku_grow(r->cells[from] & ~hd_cell(cell)) & r->cells[to];
	if (near == 0)
		return;
	back = pick(near, random);
	giver = (r->cells[from] & ~hd_cell(cell)) | hd_cell(back);
	taker = (r->cells[to] & ~hd_cell(back)) | hd_cell(cell);
	if (!hangs_together(giver) || !hangs_together(taker))
		return;
	r->cells[from] = giver;
	r->cells[to] = taker;
	r->region_of[cell] = to;
	r->region_of[back] = from;
}

bool
hd_sudoku_regions_step(struct hd_sudoku_regions *regions, struct hd_stream *random)
{
	HD_ASSERT(regions->left > 0);
	for (uint32_t i = 0; i < TRADES_STEP && regions->left > 0; i++, regions->left--)
		trade(regions, random);
	return regions->left == 0;
}
