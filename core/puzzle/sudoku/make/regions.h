/* regions.h - random regions for jigsaws. */
#ifndef HUNTD_CORE_PUZZLE_SUDOKU_MAKE_REGIONS_H
#define HUNTD_CORE_PUZZLE_SUDOKU_MAKE_REGIONS_H

#include "core/puzzle/stream.h"
#include "core/puzzle/sudoku/board.h"

/* A walk: from the nine boxes, two neighbours trade a cell each, again and again, where both still
 * hang together. */
struct hd_sudoku_regions {
	uint32_t left; /* trades to try */
	uint8_t region_of[HD_SUDOKU_CELLS];
	hd_cells cells[HD_SUDOKU_SIDE];
};

void hd_sudoku_regions(struct hd_sudoku_regions *regions);
/* Some microseconds of it. True: it is over. */
bool hd_sudoku_regions_step(struct hd_sudoku_regions *regions, struct hd_stream *random);

#endif
