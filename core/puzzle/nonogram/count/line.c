#include "core/puzzle/nonogram/count/line.h"

#include "huntd/assert.h"

#define STEPS 6u /* 2^6 cells are more than a line has */

/* Stretches of 1, 2, 4 ... cells: bit p of steps[i]: `cells` has p .. p + 2^i - 1. */
static inline void
ladder(uint64_t cells, uint64_t steps[STEPS])
{
	steps[0] = cells;
	for (uint32_t i = 1; i < STEPS; i++)
		steps[i] = steps[i - 1] & steps[i - 1] >> (1u << (i - 1));
}

/* Where one gets from `places` by steps upward over cells of `open`: a seed added to a stretch of
 * ones clears it from there on. */
static inline uint64_t
upward(uint64_t places, uint64_t open)
{
	uint64_t seeds = places & open;
	uint64_t crossed = open & (~(open + seeds) | seeds);
	return places | crossed << 1;
}

/* And from where one gets to `places`, from below 2^count cells away; steps: of `open`. */
static inline uint64_t
downward(uint64_t places, const uint64_t steps[STEPS], uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		places |= steps[i] & places >> (1u << i);
	return places;
}

static inline uint32_t
level(uint32_t run)
{
	return 31 - (uint32_t)__builtin_clz(run);
}

bool
hd_nonogram_line_solve(struct hd_nonogram_line *line)
{
	const uint32_t count = line->count, cells = line->cells;
	const uint64_t all = hd_nonogram_cells(cells), black = line->black;
	/* Behind the last cell a white one ends every line: a run always has a white behind it. */
	const uint64_t open = ~black & (all << 1 | 1);
	uint64_t reached[HD_NONOGRAM_RUNS + 1], starts[HD_NONOGRAM_RUNS];
	uint64_t free[STEPS], steps[STEPS], lengths[STEPS] = {0};
	uint32_t slack = cells + 1;
	HD_ASSERT(cells <= HD_NONOGRAM_SIDE && count <= HD_NONOGRAM_RUNS);

	ladder(~line->white & all, free);
	uint64_t at = 1;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t run = line->runs[i], step = level(run);
		uint64_t fits = free[step] & free[step] >> (run - (1u << step));
		reached[i] = upward(at, open);
		starts[i] = reached[i] & fits & ~(black >> run);
		at = starts[i] << run << 1;
		slack -= run + 1;
	}
	reached[count] = upward(at, open);
	if (!(reached[count] >> cells >> 1 & 1))
		return false;

	ladder(open, steps);
	uint64_t may_white = 0;
	uint32_t floods = 32 - (uint32_t)__builtin_clz(slack | 1);
	at = (uint64_t)2 << cells;
	for (uint32_t i = count;; i--) {
		at = downward(at, steps, floods);
		may_white |= reached[i] & open & at >> 1;
		if (i == 0)
			break;
		uint32_t run = line->runs[i - 1], step = level(run);
		at = starts[i - 1] & at >> run >> 1;
		lengths[step] |= at | at << (run - (1u << step));
		may_white |= at << run;
	}
	uint64_t may_black = lengths[STEPS - 1];
	for (uint32_t i = STEPS - 1; i > 0; i--)
		may_black |= may_black << (1u << (i - 1)) | lengths[i - 1];
	line->black = all & ~may_white;
	line->white = all & ~may_black;
	return true;
}
