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
	       struct hd_sudoku_position *position)
{
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++)
		position->board.open[d] = HD_SUDOKU_ALL;
	position->placed = 0;
	position->tier = HD_SUDOKU_TIERS;
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++) {
		position->placed |= given->open[d];
		for (hd_cells left = given->open[d]; left; left &= left - 1)
			hd_sudoku_place(shape, &position->board, hd_cells_first(left), d);
	}
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

/* Places a digit where a unit has one place left for it. False: one has none. */
static bool
place_in_units(const struct hd_sudoku_shape *shape, struct hd_sudoku_position *p, uint32_t digit)
{
	uint32_t units = p->tier == HD_SUDOKU_TRIVIAL ? HD_SUDOKU_SIDE : shape->units_count;
	for (uint32_t u = 0; u < units; u++) {
		hd_cells places = p->board.open[digit] & shape->units[u];
		if (places == 0)
			return false;
		if (places & (places - 1) || places & p->placed)
			continue;
		p->placed |= places;
		hd_sudoku_place(shape, &p->board, hd_cells_first(places), digit);
	}
	return true;
}

static bool
place_in_cells(const struct hd_sudoku_shape *shape, struct hd_sudoku_position *p)
{
	struct hd_sudoku_tally t = hd_sudoku_tally(&p->board);
	if (t.one != HD_SUDOKU_ALL)
		return false;
	for (hd_cells left = t.one & ~t.two & ~p->placed; left; left &= left - 1) {
		uint32_t cell = hd_cells_first(left), d = 0;
		while (d < HD_SUDOKU_SIDE && !(p->board.open[d] >> cell & 1))
			d++;
		if (d == HD_SUDOKU_SIDE)
			return false;
		p->placed |= hd_cell(cell);
		hd_sudoku_place(shape, &p->board, cell, d);
	}
	return true;
}

/* Where all places of a digit in one unit lie in another, too, it stands there in the other. */
static hd_cells
cross(const struct hd_sudoku_shape *shape, hd_cells open)
{
	for (uint32_t u = 0; u < shape->units_count; u++) {
		hd_cells places = open & shape->units[u];
		const uint8_t *through;
		if (places == 0) /* a contradiction, that the next round meets */
			break;
		through = shape->through[hd_cells_first(places)];
		for (uint32_t i = 0; i < HD_SUDOKU_THROUGH; i++)
			if (!(places & ~shape->units[through[i]]))
				open &= ~(shape->units[through[i]] & ~shape->units[u]);
	}
	return open;
}

/* The first digit, of those that are new, for which crossings say something. */
static bool
cross_one(const struct hd_sudoku_shape *shape, struct hd_sudoku_position *p)
{
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++) {
		hd_cells before = p->board.open[d];
		if (p->crossed[d] == before)
			continue;
		p->board.open[d] = cross(shape, before);
		p->crossed[d] = before;
		if (p->board.open[d] != before)
			return true;
	}
	return false;
}

/* One round over what is new. False: there is no solution. *changed: it may go on. */
static bool
settle_round(const struct hd_sudoku_shape *shape, struct hd_sudoku_position *p, bool *changed)
{
	hd_cells before = p->placed;
	*changed = false;
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++) {
		if (p->board.open[d] == p->done[d])
			continue;
		p->done[d] = p->board.open[d];
		*changed = true;
		if (!place_in_units(shape, p, d))
			return false;
	}
	if (p->tier >= HD_SUDOKU_BASIC && !place_in_cells(shape, p))
		return false;
	*changed |= p->placed != before;
	if (!*changed && p->tier >= HD_SUDOKU_INTERMEDIATE)
		*changed = cross_one(shape, p);
	return true;
}

/* What was looked through by other rules was not by these. */
static void
begin(struct hd_sudoku_position *p, enum hd_sudoku_tier tier)
{
	HD_ASSERT(tier <= HD_SUDOKU_INTERMEDIATE);
	if (p->tier == tier)
		return;
	p->tier = tier;
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++)
		p->done[d] = p->crossed[d] = ~HD_SUDOKU_ALL;
}

bool
hd_sudoku_settle(const struct hd_sudoku_shape *shape, struct hd_sudoku_position *position,
		 enum hd_sudoku_tier tier)
{
	bool changed = true;
	begin(position, tier);
	while (changed)
		if (!settle_round(shape, position, &changed))
			return false;
	return true;
}

bool
hd_sudoku_fill(const struct hd_sudoku_shape *shape, struct hd_sudoku_position *position,
	       enum hd_sudoku_tier tier, hd_cells wanted)
{
	bool changed = true;
	HD_ASSERT(wanted != 0);
	begin(position, tier);
	while (changed && wanted & ~position->placed)
		if (!settle_round(shape, position, &changed))
			return false;
	return !(wanted & ~position->placed);
}
