/* grid.h - the sizes of kinds on a grid, as text: `WxH` and a mark of the kind's own behind it, as
 * in 10x10t0. A size is written in one way: no side has a zero in front. */
#ifndef HUNTD_CORE_PUZZLE_GRID_H
#define HUNTD_CORE_PUZZLE_GRID_H

#include "huntd/puzzle.h"

/* Sides, in cells, that a kind takes; least is 1 or more. */
struct hd_grid_sides {
	uint16_t least, most;
};

/* Takes WxH and the mark, "" for none. False: they are not there, or a side is out of bounds. */
bool hd_grid_take(struct hd_reader *in, struct hd_grid_sides sides, const char *mark,
		  struct hd_puzzle_params *params);
/* The same, and nothing behind it: a kind's params. */
bool hd_grid_read(struct hd_bytes text, struct hd_grid_sides sides, const char *mark,
		  struct hd_puzzle_params *params);
void hd_grid_write(const struct hd_puzzle_params *params, const char *mark, struct hd_writer *out);

#endif
