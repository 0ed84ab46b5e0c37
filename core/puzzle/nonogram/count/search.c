#include "core/puzzle/nonogram/count/search.h"

#include "huntd/assert.h"

#define LINES_A_UNIT 8u /* looked at for one unit of fuel */

/* What the board that is brought to its end is. */
enum stage {
	STAGE_BASE,  /* what is known for certain, or by the guesses */
	STAGE_BLACK, /* with the probed cell black */
	STAGE_WHITE, /* with the probed cell white; `first` has the other */
};

size_t
hd_nonogram_search_size(enum hd_nonogram_tier most)
{
	size_t guesses = most == HD_NONOGRAM_SEARCH ? HD_NONOGRAM_DEPTH : 0;
	return sizeof(struct hd_nonogram_search) + guesses * sizeof(struct hd_nonogram_board);
}

void
hd_nonogram_search_begin(struct hd_nonogram_search *search, const struct hd_nonogram_clues *clues,
			 enum hd_nonogram_tier most, uint32_t budget)
{
	HD_ASSERT(clues != NULL && budget > 0);
	search->clues = clues;
	search->most = most;
	search->end = HD_NONOGRAM_OPEN;
	search->budget = budget;
	search->looked = search->steps = search->probes = search->nodes = 0;
	search->told = (struct hd_nonogram_told){0};
	search->solutions = 0;
	search->stage = STAGE_BASE;
	search->axis = HD_NONOGRAM_ROWS;
	search->row = search->left = search->depth = 0;
	search->column = UINT32_MAX; /* the next one is 0 */
	search->best = 0;
	hd_nonogram_board_init(&search->board, clues);
}

/* Some dirty lines, all of an axis before those across. */
static void
look_on(struct hd_nonogram_search *search)
{
	struct hd_nonogram_board *board = &search->board;
	for (uint32_t i = 0; i < LINES_A_UNIT && !board->failed; i++) {
		if (board->dirty[search->axis] == 0)
			search->axis = !search->axis;
		if (board->dirty[search->axis] == 0)
			return;
		uint32_t line = (uint32_t)__builtin_ctzll(board->dirty[search->axis]);
		search->looked++;
		search->steps += hd_nonogram_board_look(board, search->clues, search->axis, line);
	}
}

/* Takes up the last guess the other way; the end where there is none. */
static void
back_up(struct hd_nonogram_search *search)
{
	search->stage = STAGE_BASE;
	if (search->depth == 0)
		search->end = HD_NONOGRAM_COUNTED;
	else
		search->board = search->guesses[--search->depth];
}

static void
found(struct hd_nonogram_search *search, const struct hd_nonogram_board *board)
{
	HD_ASSERT(board->unknown == 0 && search->solutions < 2);
	if (search->solutions++ == 0)
		memcpy(search->solution, board->black[HD_NONOGRAM_ROWS], sizeof(search->solution));
	if (search->solutions == 1) {
		back_up(search);
		return;
	}
	if (board != &search->board)
		search->board = *board;
	search->end = HD_NONOGRAM_COUNTED;
}

/* Of what a hint can tell, the first. */
static void
told(struct hd_nonogram_search *search, enum hd_nonogram_what what, uint32_t row, uint32_t column)
{
	if (search->told.what == HD_NONOGRAM_NOTHING && search->nodes == 0)
		search->told = (struct hd_nonogram_told){what, row, column};
}

static void
guess(struct hd_nonogram_search *search)
{
	HD_ASSERT(search->best > 0);
	if (search->most < HD_NONOGRAM_SEARCH) {
		search->board = search->base;
		search->end = HD_NONOGRAM_STUCK;
		return;
	}
	if (search->depth == HD_NONOGRAM_DEPTH) {
		search->end = HD_NONOGRAM_GAVE_UP;
		return;
	}
	struct hd_nonogram_board *other = &search->guesses[search->depth++];
	told(search, HD_NONOGRAM_NOTHING, search->best_row, search->best_column);
	search->nodes++;
	*other = search->base;
	hd_nonogram_board_set(other, search->best_row, search->best_column, false);
	search->board = search->base;
	hd_nonogram_board_set(&search->board, search->best_row, search->best_column, true);
	search->stage = STAGE_BASE;
}

/* The next unknown cell of `base` after the last one, around. */
static void
cell_next(struct hd_nonogram_search *search)
{
	uint32_t width = search->clues->lines[HD_NONOGRAM_COLUMNS];
	uint64_t all = hd_nonogram_cells(width);
	const struct hd_nonogram_board *base = &search->base;
	HD_ASSERT(base->unknown > 0);
	search->column++;
	for (;;) {
		uint64_t unknown = all & ~hd_nonogram_cells(search->column) &
				   ~(base->black[HD_NONOGRAM_ROWS][search->row] |
				     base->white[HD_NONOGRAM_ROWS][search->row]);
		if (unknown != 0) {
			search->column = (uint32_t)__builtin_ctzll(unknown);
			return;
		}
		search->column = 0;
		search->row = (search->row + 1) % search->clues->lines[HD_NONOGRAM_ROWS];
	}
}

static void
probe(struct hd_nonogram_search *search)
{
	if (search->left == 0) {
		guess(search);
		return;
	}
	cell_next(search);
	search->probes++;
	search->left--;
	search->board = search->base;
	hd_nonogram_board_set(&search->board, search->row, search->column, true);
	search->stage = STAGE_BLACK;
}

/* More is known than when the last probe began: all cells are to be probed anew. */
static void
base_is(struct hd_nonogram_search *search, const struct hd_nonogram_board *board)
{
	if (board->unknown == 0) {
		found(search, board);
		return;
	}
	if (search->most == HD_NONOGRAM_LINE) {
		search->end = HD_NONOGRAM_STUCK;
		return;
	}
	search->base = *board;
	search->left = board->unknown;
	search->best = 0;
	probe(search);
}

/* Neither colour failed. */
static void
both_can_be(struct hd_nonogram_search *search)
{
	uint32_t unknown = search->base.unknown;
	uint32_t a = unknown - search->first.unknown, b = unknown - search->board.unknown;
	uint32_t least = a < b ? a : b;
	if (least > search->best) {
		search->best = least;
		search->best_row = search->row;
		search->best_column = search->column;
	}
	if (a == unknown && b == unknown) {
		/* Two solutions; `board` has the one, and `solution` one of before or the other. */
		if (search->solutions == 0)
			memcpy(search->solution, search->first.black[HD_NONOGRAM_ROWS],
			       sizeof(search->solution));
		search->solutions = 2;
		search->end = HD_NONOGRAM_COUNTED;
		return;
	}
	if (hd_nonogram_board_agree(&search->base, &search->first, &search->board)) {
		told(search, HD_NONOGRAM_AGREE, search->row, search->column);
		search->board = search->base;
		search->stage = STAGE_BASE;
		return;
	}
	probe(search);
}

/* Both colours are at their end. */
static void
probed(struct hd_nonogram_search *search, bool white_failed)
{
	bool black_failed = search->first.failed;
	if (black_failed && white_failed) {
		back_up(search);
	} else if (white_failed) {
		told(search, HD_NONOGRAM_BLACK, search->row, search->column);
		base_is(search, &search->first);
	} else if (black_failed) {
		told(search, HD_NONOGRAM_WHITE, search->row, search->column);
		base_is(search, &search->board);
	} else {
		both_can_be(search);
	}
}

/* No line of the board says more, or one failed. */
static void
settled(struct hd_nonogram_search *search)
{
	bool failed = search->board.failed;
	switch ((enum stage)search->stage) {
	case STAGE_BASE:
		if (failed)
			back_up(search);
		else
			base_is(search, &search->board);
		return;
	case STAGE_BLACK:
		search->first = search->board;
		search->board = search->base;
		hd_nonogram_board_set(&search->board, search->row, search->column, false);
		search->stage = STAGE_WHITE;
		return;
	case STAGE_WHITE:
		probed(search, failed);
		return;
	}
}

void
hd_nonogram_search_step(struct hd_nonogram_search *search, int64_t *fuel)
{
	const struct hd_nonogram_board *board = &search->board;
	while (search->end == HD_NONOGRAM_OPEN && *fuel > 0) {
		--*fuel;
		look_on(search);
		if (search->looked >= search->budget)
			search->end = HD_NONOGRAM_GAVE_UP;
		else if (board->failed || (board->dirty[0] | board->dirty[1]) == 0)
			settled(search);
	}
}

enum hd_nonogram_tier
hd_nonogram_search_tier(const struct hd_nonogram_search *search)
{
	HD_ASSERT(search->end == HD_NONOGRAM_COUNTED && search->solutions == 1);
	return search->nodes > 0    ? HD_NONOGRAM_SEARCH
	       : search->probes > 0 ? HD_NONOGRAM_PROBE
				    : HD_NONOGRAM_LINE;
}
