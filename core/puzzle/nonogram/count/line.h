/* line.h - what one line says for certain: the cells that are the same in every way to place its
 * runs.
 *
 * All starts of a run are one word. Forth through the runs, then back: which starts can be reached
 * from the line's first cell, and which of these can reach its end; a step through white cells is
 * the carry of an addition. What no way makes black is white, and the other way round. Complete,
 * and linear in the runs. */
#ifndef HUNTD_CORE_PUZZLE_NONOGRAM_COUNT_LINE_H
#define HUNTD_CORE_PUZZLE_NONOGRAM_COUNT_LINE_H

#include "core/puzzle/nonogram/clues.h"

struct hd_nonogram_line {
	const uint8_t *runs;
	uint32_t count, cells;
	uint64_t black, white; /* known; only these cells' bits */
};

/* Adds what is certain. False: there is no way to place the runs. */
bool hd_nonogram_line_solve(struct hd_nonogram_line *line);

#endif
