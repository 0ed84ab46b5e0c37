/* board.h - a sudoku as sets of cells: what the files of this folder work on.
 *
 * A set of cells is a number of 81 bits, row by row from the top left. A board holds for every
 * digit the cells where it may still stand. Rules of deduction only ever take cells away, so the
 * order in which they are applied does not matter, but for forcing chains (chain.c). */
#ifndef HUNTD_CORE_PUZZLE_SUDOKU_BOARD_H
#define HUNTD_CORE_PUZZLE_SUDOKU_BOARD_H

#include "huntd/puzzle.h"

#define HD_SUDOKU_SIDE    9u
#define HD_SUDOKU_CELLS   81u
#define HD_SUDOKU_UNITS   29u /* regions, rows, columns, two diagonals */
#define HD_SUDOKU_THROUGH 5u  /* of them through one cell, at most */

typedef unsigned __int128 hd_cells;

#define HD_SUDOKU_ALL (((hd_cells)1 << HD_SUDOKU_CELLS) - 1)

enum hd_sudoku_variant { HD_SUDOKU_CLASSIC, HD_SUDOKU_X, HD_SUDOKU_JIGSAW };

/* What a solver must know, easiest first: the tiers. */
enum hd_sudoku_tier {
	HD_SUDOKU_TRIVIAL,      /* a digit has one place left in a region */
	HD_SUDOKU_BASIC,        /* or in any unit; a cell has one digit left */
	HD_SUDOKU_INTERMEDIATE, /* a digit of one unit stands where another unit crosses it */
	HD_SUDOKU_ADVANCED,     /* n cells of a unit share n digits */
	HD_SUDOKU_EXTREME, /* n rows share n columns for a digit; chains of cells with two digits */
	HD_SUDOKU_UNREASONABLE, /* guesses */
	HD_SUDOKU_TIERS
};

/* Which units there are. Regions come first, then rows, columns, diagonals. */
struct hd_sudoku_shape {
	uint8_t variant, units_count;
	uint8_t region_of[HD_SUDOKU_CELLS];
	uint8_t through[HD_SUDOKU_CELLS]
		       [HD_SUDOKU_THROUGH]; /* units of a cell; then, again its first */
	hd_cells units[HD_SUDOKU_UNITS];
	hd_cells peers[HD_SUDOKU_CELLS]; /* all cells that share a unit, without the cell itself */
};

struct hd_sudoku_board {
	hd_cells open[HD_SUDOKU_SIDE];
};

static inline hd_cells
hd_cell(uint32_t cell)
{
	return (hd_cells)1 << cell;
}

static inline uint32_t
hd_cells_first(hd_cells cells)
{
	uint64_t low = (uint64_t)cells;
	return (uint32_t)(low ? __builtin_ctzll(low)
			      : 64 + __builtin_ctzll((uint64_t)(cells >> 64)));
}

static inline uint32_t
hd_cells_count(hd_cells cells)
{
	return (uint32_t)(__builtin_popcountll((uint64_t)cells) +
			  __builtin_popcountll((uint64_t)(cells >> 64)));
}

/* shape.c */

/* region_of: of the jigsaw variant; the others know theirs. */
void hd_sudoku_shape(struct hd_sudoku_shape *shape, uint8_t variant, const uint8_t *region_of);
uint8_t hd_sudoku_box(uint32_t cell);
/* `cells` and what touches them along an edge. */
hd_cells hd_sudoku_grow(hd_cells cells);
/* Whether every region is nine cells that hang together. NULL: yes. */
const char *hd_sudoku_regions_deny(const uint8_t *region_of);

/* text.c */

struct hd_sudoku_text {
	uint8_t variant;
	uint8_t region_of[HD_SUDOKU_CELLS]; /* jigsaw */
	struct hd_sudoku_board given;       /* where each digit is printed */
};

/* NULL: it is well formed. */
const char *hd_sudoku_text_read(struct hd_bytes text, struct hd_sudoku_text *out);
void hd_sudoku_text_write(const struct hd_sudoku_text *text, struct hd_writer *out);
void hd_sudoku_params_write(uint8_t variant, struct hd_writer *out);
/* The digit printed in each cell, 0 for none. */
void hd_sudoku_digits(const struct hd_sudoku_board *given, uint8_t digits[HD_SUDOKU_CELLS]);

/* settle.c, for every shape */

/* A board, and what the rules have gone through of it, so that they look only at what is new. */
struct hd_sudoku_position {
	struct hd_sudoku_board board;
	hd_cells placed; /* cells whose peers know their digit */
	/* `open` of each digit when it was looked through for single places by the rules of `tier`,
	 * and for crossings. */
	hd_cells done[HD_SUDOKU_SIDE], crossed[HD_SUDOKU_SIDE];
	enum hd_sudoku_tier tier;
};

/* What is open where the digits of `given` are printed and their peers know of it. */
void hd_sudoku_open(const struct hd_sudoku_shape *shape, const struct hd_sudoku_board *given,
		    struct hd_sudoku_position *position);
void hd_sudoku_place(const struct hd_sudoku_shape *shape, struct hd_sudoku_board *board,
		     uint32_t cell, uint32_t digit);
/* Applies the rules up to `tier` (at most INTERMEDIATE) until none takes a cell away. False: there
 * is no solution, as far as it noticed. */
bool hd_sudoku_settle(const struct hd_sudoku_shape *shape, struct hd_sudoku_position *position,
		      enum hd_sudoku_tier tier);
/* The same until every cell of `wanted` has its digit or none helps, for boards that are known to
 * have a solution. Whether every one has. */
bool hd_sudoku_fill(const struct hd_sudoku_shape *shape, struct hd_sudoku_position *position,
		    enum hd_sudoku_tier tier, hd_cells wanted);
/* Every cell has one digit left. */
bool hd_sudoku_filled(const struct hd_sudoku_board *board);

/* The cells with at least one, two, three digits left. */
struct hd_sudoku_tally {
	hd_cells one, two, three;
};
struct hd_sudoku_tally hd_sudoku_tally(const struct hd_sudoku_board *board);
/* The digits left in each cell, as bits. */
void hd_sudoku_masks(const struct hd_sudoku_board *board, uint16_t masks[HD_SUDOKU_CELLS]);

#endif
