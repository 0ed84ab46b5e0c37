/* The easy rules on boards of any shape; lanes.c has them for the classic. */
#include "core/puzzle/sudoku/board.h"
#include "huntd/assert.h"

void
hd_sudoku_place(const struct hd_sudoku_shape *shape, struct hd_sudoku_board *board, uint32_t cell,
		uint32_t digit)
{
	HD_ASSERT(cell < HD_SUDOKU_CELLS && digit < HD_SUDOKU_SIDE);
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++)
		if (d != digit)
			board->open[d] &= ~hd_cell(cell);
	board->open[digit] &= ~shape->peers[cell];
}

void
hd_sudoku_open(const struct hd_sudoku_shape *shape, const struct hd_sudoku_board *given,
	       struct hd_sudoku_board *board)
{
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++)
		board->open[d] = HD_SUDOKU_ALL;
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++)
		for (hd_cells left = given->open[d]; left; left &= left - 1)
			hd_sudoku_place(shape, board, hd_cells_first(left), d);
}

struct hd_sudoku_tally
hd_sudoku_tally(const struct hd_sudoku_board *board)
{
	struct hd_sudoku_tally t = {0};
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++) {
		t.three |= t.two & board->open[d];
		t.two |= t.one & board->open[d];
		t.one |= board->open[d];
	}
	return t;
}

bool
hd_sudoku_filled(const struct hd_sudoku_board *board)
{
	struct hd_sudoku_tally t = hd_sudoku_tally(board);
	return t.one == HD_SUDOKU_ALL && t.two == 0;
}

void
hd_sudoku_masks(const struct hd_sudoku_board *board, uint16_t masks[HD_SUDOKU_CELLS])
{
	memset(masks, 0, HD_SUDOKU_CELLS * sizeof(*masks));
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++)
		for (hd_cells left = board->open[d]; left; left &= left - 1)
			masks[hd_cells_first(left)] |= (uint16_t)(1u << d);
}

/* Places what has one place left in the first `units` units, where that is news. */
static bool
place_in_units(const struct hd_sudoku_shape *shape, struct hd_sudoku_board *board, uint32_t units,
	       hd_cells *placed)
{
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++)
		for (uint32_t u = 0; u < units; u++) {
			hd_cells places = board->open[d] & shape->units[u];
			if (places == 0)
				return false;
			if (places & (places - 1) || places & *placed)
				continue;
			*placed |= places;
			hd_sudoku_place(shape, board, hd_cells_first(places), d);
		}
	return true;
}

static bool
place_in_cells(const struct hd_sudoku_shape *shape, struct hd_sudoku_board *board, hd_cells *placed)
{
	struct hd_sudoku_tally t = hd_sudoku_tally(board);
	if (t.one != HD_SUDOKU_ALL)
		return false;
	for (hd_cells left = t.one & ~t.two & ~*placed; left; left &= left - 1) {
		uint32_t cell = hd_cells_first(left), d = 0;
		while (d < HD_SUDOKU_SIDE && !(board->open[d] >> cell & 1))
			d++;
		if (d == HD_SUDOKU_SIDE)
			return false;
		*placed |= hd_cell(cell);
		hd_sudoku_place(shape, board, cell, d);
	}
	return true;
}

/* Where all places of a digit in one unit lie in another, it stands there in the other, too. */
static bool
cross(const struct hd_sudoku_shape *shape, struct hd_sudoku_board *board)
{
	bool changed = false;
	for (uint32_t u = 0; u < HD_SUDOKU_SIDE; u++)
		for (uint32_t line = HD_SUDOKU_SIDE; line < shape->units_count; line++) {
			hd_cells region = shape->units[u], row = shape->units[line];
			if (!(region & row))
				continue;
			for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++) {
				hd_cells open = board->open[d];
				if (!(open & region & row))
					continue;
				if (!(open & region & ~row))
					open &= ~(row & ~region);
				if (!(open & row & ~region))
					open &= ~(region & ~row);
				changed |= open != board->open[d];
				board->open[d] = open;
			}
		}
	return changed;
}

/* One round, harder rules only where the easier place nothing. *changed: it may go on. */
static bool
settle_round(const struct hd_sudoku_shape *shape, struct hd_sudoku_board *board,
	     enum hd_sudoku_tier tier, hd_cells *placed, bool *changed)
{
	uint32_t units = tier == HD_SUDOKU_TRIVIAL ? HD_SUDOKU_SIDE : shape->units_count;
	hd_cells before = *placed;
	HD_ASSERT(tier <= HD_SUDOKU_INTERMEDIATE);
	if (!place_in_units(shape, board, units, placed))
		return false;
	if (tier >= HD_SUDOKU_BASIC && !place_in_cells(shape, board, placed))
		return false;
	*changed = *placed != before || (tier >= HD_SUDOKU_INTERMEDIATE && cross(shape, board));
	return true;
}

bool
hd_sudoku_settle(const struct hd_sudoku_shape *shape, struct hd_sudoku_board *board,
		 enum hd_sudoku_tier tier)
{
	hd_cells placed = 0;
	bool changed = true;
	while (changed)
		if (!settle_round(shape, board, tier, &placed, &changed))
			return false;
	return true;
}

bool
hd_sudoku_fill(const struct hd_sudoku_shape *shape, struct hd_sudoku_board *board,
	       enum hd_sudoku_tier tier, hd_cells wanted)
{
	hd_cells placed = 0;
	bool changed = true;
	HD_ASSERT(wanted != 0);
	while (changed && wanted & ~placed)
		if (!settle_round(shape, board, tier, &placed, &changed))
			return false;
	return !(wanted & ~placed);
}
