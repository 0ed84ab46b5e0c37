#include "core/puzzle/nonogram/nonogram.h"
#include "huntd/assert.h"

struct solve {
	enum hd_puzzle_mode mode;
	struct hd_nonogram_clues clues;
	uint8_t solution[HD_NONOGRAM_SOLUTION], hint[HD_NONOGRAM_HINT];
	struct hd_nonogram_search search; /* last: it is longer */
};

size_t
hd_nonogram_solve_size(void)
{
	return offsetof(struct solve, search) + hd_nonogram_search_size(HD_NONOGRAM_SEARCH);
}

void
hd_nonogram_solve_begin(void *work, struct hd_bytes text, enum hd_puzzle_mode mode)
{
	struct solve *solve = work;
	const char *fault = hd_nonogram_clues_read(text, &solve->clues);
	HD_ASSERT(fault == NULL);
	solve->mode = mode;
	hd_nonogram_search_begin(&solve->search, &solve->clues, HD_NONOGRAM_SEARCH,
				 HD_NONOGRAM_SOLVE_BUDGET);
}

enum hd_puzzle_state
hd_nonogram_solve_step(void *work, int64_t *fuel)
{
	struct solve *solve = work;
	HD_ASSERT(*fuel > 0);
	hd_nonogram_search_step(&solve->search, fuel);
	HD_ASSERT(solve->search.end != HD_NONOGRAM_STUCK);
	return solve->search.end == HD_NONOGRAM_OPEN ? HD_PUZZLE_PENDING : HD_PUZZLE_READY;
}

static enum hd_puzzle_verdict
verdict(const struct hd_nonogram_search *search)
{
	/* Two are two, whatever else was not looked at. */
	if (search->solutions == 2)
		return HD_PUZZLE_MANY;
	if (search->end == HD_NONOGRAM_GAVE_UP)
		return HD_PUZZLE_BUDGET;
	return search->solutions == 1 ? HD_PUZZLE_UNIQUE : HD_PUZZLE_NONE;
}

void
hd_nonogram_solve_take(void *work, struct hd_puzzle_solved *solved)
{
	struct solve *solve = work;
	struct hd_nonogram_search *search = &solve->search;
	struct hd_writer out = hd_writer_of(solve->solution, sizeof(solve->solution));
	HD_ASSERT(search->end == HD_NONOGRAM_COUNTED || search->end == HD_NONOGRAM_GAVE_UP);
	solved->verdict = verdict(search);
	solved->rating = (struct hd_puzzle_rating){
		.tier = HD_NONOGRAM_SEARCH + 1, .steps = search->steps, .nodes = search->nodes};
	if (solved->verdict == HD_PUZZLE_UNIQUE)
		solved->rating.tier = (uint8_t)hd_nonogram_search_tier(search);
	if (solved->verdict == HD_PUZZLE_UNIQUE || solved->verdict == HD_PUZZLE_MANY) {
		hd_nonogram_picture_write(search->solution, solve->clues.lines[HD_NONOGRAM_COLUMNS],
					  solve->clues.lines[HD_NONOGRAM_ROWS], &out);
		solved->solution = hd_bytes_of(solve->solution, (size_t)(out.at - solve->solution));
	}
	if (solved->verdict == HD_PUZZLE_UNIQUE && solve->mode == HD_PUZZLE_HINT) {
		out = hd_writer_of(solve->hint, sizeof(solve->hint));
		hd_nonogram_hint_write(search, &out);
		solved->hint = hd_bytes_of(solve->hint, (size_t)(out.at - solve->hint));
	}
	HD_ASSERT(!out.full);
}
