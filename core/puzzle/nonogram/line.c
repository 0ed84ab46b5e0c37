#include "core/puzzle/nonogram/line.h"

#include "huntd/assert.h"

/* Bit p: `cells` has p .. p+length-1. */
static inline uint64_t
stretches(uint64_t cells, uint32_t length)
{
	for (uint32_t have = 1, by; have < length; have += by) {
		by = have < length - have ? have : length - have;
		cells &= cells >> by;
	}
	return cells;
}

/* The cells of stretches that start at `starts`. */
static inline uint64_t
spread(uint64_t starts, uint32_t length)
{
	for (uint32_t have = 1, by; have < length; have += by) {
		by = have < length - have ? have : length - have;
		starts |= starts << by;
	}
	return starts;
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

bool
hd_nonogram_line_solve(struct hd_nonogram_line *line)
{
	const uint32_t count = line->count, cells = line->cells;
	const uint64_t all = hd_nonogram_cells(cells), black = line->black;
	/* Behind the last cell a white one ends every line: a run always has a white behind it. */
	const uint64_t open = ~black & (all << 1 | 1), free = ~line->white & all;
	uint64_t reached[HD_NONOGRAM_RUNS + 1], starts[HD_NONOGRAM_RUNS];
	HD_ASSERT(cells <= HD_NONOGRAM_SIDE && count <= HD_NONOGRAM_RUNS);

	uint64_t at = 1;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t run = line->runs[i];
		reached[i] = upward(at, open);
		starts[i] = reached[i] & stretches(free, run) & ~(black >> run);
		at = starts[i] << run << 1;
	}
	reached[count] = upward(at, open);
	if (!(reached[count] >> cells >> 1 & 1))
		return false;

	uint64_t steps[6] = {open}, may_black = 0, may_white = 0;
	for (uint32_t i = 1; i < 6; i++)
		steps[i] = steps[i - 1] & steps[i - 1] >> (1u << (i - 1));
	at = (uint64_t)2 << cells;
	for (uint32_t i = count;; i--) {
		for (uint32_t j = 0; j < 6; j++)
			at |= steps[j] & at >> (1u << j);
		may_white |= reached[i] & open & at >> 1;
		if (i == 0)
			break;
		uint32_t run = line->runs[i - 1];
		at = starts[i - 1] & at >> run >> 1;
		may_black |= spread(at, run);
		may_white |= at << run;
	}
	line->black = all & ~may_white;
	line->white = all & ~may_black;
	return true;
}
