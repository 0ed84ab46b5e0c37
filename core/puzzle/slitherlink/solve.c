/* Solving: the levels in turn, then a search that counts to two. */
#include "core/puzzle/slitherlink/slitherlink.h"
#include "huntd/assert.h"

/* At first guesses only, which finds two solutions soon where there are many; after so many of them
 * from the start again with look-ahead. The search gives up after so many guesses and trials, or so
 * many guesses at once. */
#define HASTY_MAX 2000u
#define NODES_MAX 50000u
#define DEPTH_MAX 192u

enum stage {
	STAGE_LEVELS, /* the rules of one tier after the other */
	STAGE_GUESS,  /* what follows from the last guess */
	STAGE_TRY,    /* what would follow, were one edge a line, or none: look-ahead */
};

struct search {
	struct hd_slither_grid grid;
	enum hd_puzzle_mode mode;
	enum stage stage;
	bool done, patient;
	/* The trial: of which edge, whether as a line, and how many edges are left to try. */
	uint32_t edge, left;
	bool yes;
	uint32_t level;
	uint32_t depth; /* boards in use */
	uint32_t solutions;
	struct hd_puzzle_solved solved;
	struct hd_bytes text;
	uint32_t hint_size;
	uint8_t hint[256];
	uint8_t lines[HD_SLITHER_EDGES];
	uint8_t solution[HD_SLITHER_MOVE];
	_Alignas(64) uint8_t boards[];
};

size_t
hd_slither_solve_size(const struct hd_puzzle_params *params)
{
	struct hd_slither_grid grid = hd_slither_grid_of(params);
	return sizeof(struct search) + DEPTH_MAX * hd_slither_board_size(&grid);
}

static struct hd_slither_board *
board_at(struct search *search, uint32_t depth)
{
	HD_ASSERT(depth < DEPTH_MAX);
	return (struct hd_slither_board *)(search->boards +
					   depth * hd_slither_board_size(&search->grid));
}

static void
load(struct search *search)
{
	uint8_t clues[HD_SLITHER_FACES];
	struct hd_puzzle_params params = hd_slither_clues(search->text, clues);
	struct hd_slither_board *board = board_at(search, 0);
	search->grid = hd_slither_grid_of(&params);
	hd_slither_board_clear(&search->grid, board);
	for (uint32_t face = 0; face < (uint32_t)params.width * params.height; face++)
		if (clues[face] != HD_SLITHER_BLANK)
			hd_slither_board_clue(&search->grid, board, face / params.width,
					      face % params.width, clues[face]);
}

void
hd_slither_solve_begin(void *work, struct hd_bytes text, enum hd_puzzle_mode mode)
{
	struct search *search = work;
	memset(search, 0, offsetof(struct search, hint));
	search->mode = mode;
	search->text = text;
	search->depth = 1;
	search->level = mode == HD_PUZZLE_COUNT ? HD_SLITHER_TRICKY : HD_SLITHER_EASY;
	load(search);
}

static void
finish(struct search *search, enum hd_puzzle_verdict verdict)
{
	HD_ASSERT(!search->done);
	search->done = true;
	search->solved.verdict = verdict;
	if (search->mode == HD_PUZZLE_COUNT)
		return;
	search->solved.rating.tier = HD_SLITHER_LEVELS;
	if (verdict == HD_PUZZLE_UNIQUE && search->stage == STAGE_LEVELS)
		search->solved.rating.tier = (uint8_t)search->level;
	if (search->mode == HD_PUZZLE_HINT && verdict == HD_PUZZLE_UNIQUE) {
		struct hd_writer out = hd_writer_of(search->hint, sizeof(search->hint));
		hd_slither_hint(&search->grid, search->text, search->lines, board_at(search, 0),
				&out);
		HD_ASSERT(!out.full);
		search->hint_size = (uint32_t)(out.at - search->hint);
	}
}

static uint32_t
edges_of(const struct hd_slither_grid *grid)
{
	return grid->width * (grid->height + 1) + grid->height * (grid->width + 1);
}

/* A board whose loop is closed is a solution. */
static void
keep_solution(struct search *search, struct hd_slither_board *board)
{
	HD_ASSERT(board->loops == 1);
	if (search->solutions++ == 0)
		hd_slither_board_lines(&search->grid, board, search->lines);
}

/* An unknown edge at a dot; PENDING_NONE. */
static uint32_t
unknown_at(struct search *search, struct hd_slither_board *board, uint32_t dot)
{
	uint32_t stride = search->grid.stride, below = dot + search->grid.places;
	if (hd_slither_unknown(&search->grid, board, below))
		return below;
	if (hd_slither_unknown(&search->grid, board, dot))
		return dot;
	if (dot % stride > 0 && hd_slither_unknown(&search->grid, board, dot - 1))
		return dot - 1;
	if (dot >= stride && hd_slither_unknown(&search->grid, board, below - stride))
		return below - stride;
	return HD_SLITHER_PENDING_NONE;
}

/* What to guess: the edge that may close the loop; else one at a chain's end; else any. */
static uint32_t
choose(struct search *search, struct hd_slither_board *board)
{
	const uint16_t *mates = hd_slither_mates(&search->grid, board);
	uint32_t some = HD_SLITHER_PENDING_NONE;
	if (board->pending != HD_SLITHER_PENDING_NONE &&
	    hd_slither_unknown(&search->grid, board, board->pending))
		return board->pending;
	for (uint32_t row = 0; row <= search->grid.height; row++)
		for (uint32_t column = 0; column <= search->grid.width; column++) {
			uint32_t dot = hd_slither_slot(&search->grid, row, column);
			uint32_t edge = unknown_at(search, board, dot);
			if (edge == HD_SLITHER_PENDING_NONE)
				continue;
			if (mates[dot] != dot)
				return edge;
			if (some == HD_SLITHER_PENDING_NONE)
				some = edge;
		}
	return some;
}

static bool
spent(struct search *search)
{
	uint32_t nodes = ++search->solved.rating.nodes;
	HD_ASSERT(!search->done);
	if (nodes <= (search->patient ? NODES_MAX : HASTY_MAX) && search->depth < DEPTH_MAX)
		return false;
	if (!search->patient) {
		search->patient = true;
		search->solutions = 0;
		search->depth = 1;
		load(search);
		return true;
	}
	finish(search, HD_PUZZLE_BUDGET);
	return true;
}

/* The top board and what it knows are done with. */
static void
leave(struct search *search)
{
	search->depth--;
	search->stage = STAGE_GUESS;
	if (search->solutions == 2)
		finish(search, HD_PUZZLE_MANY);
	else if (search->depth == 0)
		finish(search, search->solutions == 1 ? HD_PUZZLE_UNIQUE : HD_PUZZLE_NONE);
}

/* The guess is made on a copy; should it fail, the board knows better. */
static void
guess(struct search *search)
{
	struct hd_slither_board *board = board_at(search, search->depth - 1);
	uint32_t edge = choose(search, board);
	search->stage = STAGE_GUESS;
	if (edge == HD_SLITHER_PENDING_NONE) { /* all is known, and there is no loop */
		leave(search);
		return;
	}
	if (spent(search))
		return;
	struct hd_slither_board *next = board_at(search, search->depth++);
	hd_slither_board_copy(&search->grid, next, board);
	hd_slither_put(&search->grid, next, edge, true);
	hd_slither_put(&search->grid, board, edge, false);
}

/* Goes on to the other way of the same edge, or to another edge. False: none is left. */
static bool
next_edge(struct search *search, struct hd_slither_board *board)
{
	if (search->yes) {
		search->yes = false;
		return true;
	}
	while (search->left > 0) {
		search->left--;
		search->edge = (search->edge + 1) % (2 * search->grid.places);
		search->yes = hd_slither_unknown(&search->grid, board, search->edge);
		if (search->yes)
			return true;
	}
	return false;
}

/* After a whole round that told nothing there is only a guess. */
static void
next_trial(struct search *search)
{
	struct hd_slither_board *board = board_at(search, search->depth - 1);
	search->stage = STAGE_TRY;
	if (!next_edge(search, board)) {
		guess(search);
		return;
	}
	if (spent(search))
		return;
	struct hd_slither_board *trial = board_at(search, search->depth);
	hd_slither_board_copy(&search->grid, trial, board);
	hd_slither_put(&search->grid, trial, search->edge, search->yes);
}

static void
begin_trials(struct search *search)
{
	search->left = 2 * search->grid.places;
	search->yes = false;
	next_trial(search);
}

/* A trial that fails tells that the contrary holds. */
static void
trial_ended(struct search *search, enum hd_slither_end end)
{
	if (end != HD_SLITHER_WRONG) {
		next_trial(search);
		return;
	}
	hd_slither_put(&search->grid, board_at(search, search->depth - 1), search->edge,
		       !search->yes);
	search->stage = STAGE_GUESS;
}

/* One level after the other, on the same board: what an easier one found holds. */
static void
level_ended(struct search *search, enum hd_slither_end end)
{
	search->solved.rating.steps = board_at(search, 0)->steps;
	if (end == HD_SLITHER_SOLVED) {
		keep_solution(search, board_at(search, 0));
		finish(search, HD_PUZZLE_UNIQUE);
	} else if (end == HD_SLITHER_WRONG) {
		finish(search, HD_PUZZLE_NONE);
	} else if (search->level < HD_SLITHER_HARD) {
		search->level++;
		if (search->level == HD_SLITHER_HARD && search->mode != HD_PUZZLE_COUNT)
			load(search); /* from the start, as SGT does: see classes.c */
	} else {
		board_at(search, 0)->classed = false; /* the search does without */
		guess(search);
	}
}

static void
guess_ended(struct search *search, enum hd_slither_end end)
{
	if (end == HD_SLITHER_STUCK && search->patient) {
		begin_trials(search);
		return;
	}
	if (end == HD_SLITHER_STUCK) {
		guess(search);
		return;
	}
	if (end == HD_SLITHER_SOLVED)
		keep_solution(search, board_at(search, search->depth - 1));
	leave(search);
}

enum hd_puzzle_state
hd_slither_solve_step(void *work, int64_t *fuel)
{
	static void (*const ended[])(struct search *,
				     enum hd_slither_end) = {level_ended, guess_ended, trial_ended};
	struct search *search = work;
	HD_ASSERT(!search->done && *fuel > 0);
	while (!search->done) {
		uint32_t top = search->depth - (search->stage != STAGE_TRY);
		enum hd_slither_level level = search->stage == STAGE_LEVELS
						      ? (enum hd_slither_level)search->level
						      : HD_SLITHER_TRICKY;
		enum hd_slither_end end =
			hd_slither_deduce(&search->grid, board_at(search, top), level, fuel);
		if (end == HD_SLITHER_GOING)
			return HD_PUZZLE_PENDING;
		ended[search->stage](search, end);
	}
	return HD_PUZZLE_READY;
}

void
hd_slither_solve_take(void *work, struct hd_puzzle_solved *solved)
{
	struct search *search = work;
	HD_ASSERT(search->done);
	*solved = search->solved;
	solved->hint = hd_bytes_of(search->hint, search->hint_size);
	if (solved->verdict != HD_PUZZLE_UNIQUE && solved->verdict != HD_PUZZLE_MANY)
		return;
	struct hd_writer out = hd_writer_of(search->solution, sizeof(search->solution));
	hd_slither_move_write(search->lines, edges_of(&search->grid), &out);
	HD_ASSERT(!out.full);
	solved->solution = hd_bytes_of(search->solution, (size_t)(out.at - search->solution));
}
