/* lanes.h - the classic 9x9 in vectors: all digits at once, without tables or branches.
 *
 * A lane is one digit in one band (three rows): 27 bits, row by row, nine columns each.
 *
 *   band[0], band[1], band[2]   the lanes of digits 1-8 in that band
 *   band[3]                     digit 9 in bands 0, 1, 2; its other lanes stay full
 *
 * The thought of keeping bands of 27 bits is that of the fast solvers since "bb_sudoku" (2009) and
 * JCZSolve; doing nine digits in parallel is tdoku's (Tom Dillon, 2019). Here both directions are
 * one rule: of a digit, the rows and boxes of a band are matched one to one, and so are the bands
 * and columns of a stack, and what is in no such matching goes. That holds all that locked
 * candidates say. */
#ifndef HUNTD_CORE_PUZZLE_SUDOKU_COUNT_LANES_H
#define HUNTD_CORE_PUZZLE_SUDOKU_COUNT_LANES_H

#include "core/puzzle/sudoku/board.h"

typedef uint32_t hd_lanes __attribute__((vector_size(32)));

struct hd_sudoku_lanes {
	hd_lanes band[4];
};

/* What is open where the digits of `given` are printed. */
void hd_lanes_open(struct hd_sudoku_lanes *lanes, const struct hd_sudoku_board *given);
void hd_lanes_from(struct hd_sudoku_lanes *lanes, const struct hd_sudoku_board *board);
void hd_lanes_to(const struct hd_sudoku_lanes *lanes, struct hd_sudoku_board *board);

/* The rules of INTERMEDIATE until none helps. False: no solution; true and *filled: solved, and
 * the solution keeps every rule. */
bool hd_lanes_settle(struct hd_sudoku_lanes *lanes, bool *filled);
/* The rules up to `tier`, at most INTERMEDIATE, until every cell of `wanted` has its digit or none
 * helps, for boards that are known to have a solution. Whether every one has. */
bool hd_lanes_fill(struct hd_sudoku_lanes *lanes, enum hd_sudoku_tier tier, hd_cells wanted);

/* A cell to guess in, the fewest digits first; the bits of what is left in it. */
uint32_t hd_lanes_pick(const struct hd_sudoku_lanes *lanes, uint32_t *digits);
void hd_lanes_choose(struct hd_sudoku_lanes *lanes, uint32_t cell, uint32_t digit);
void hd_lanes_refuse(struct hd_sudoku_lanes *lanes, uint32_t cell, uint32_t digit);

#endif
