/* ladder.h - solving as people do, the easiest rule first: what a sudoku's tier is, and what the
 * next step would be. */
#ifndef HUNTD_CORE_PUZZLE_SUDOKU_GRADE_LADDER_H
#define HUNTD_CORE_PUZZLE_SUDOKU_GRADE_LADDER_H

#include "core/puzzle/sudoku/count/lanes.h"

struct hd_sudoku_ladder {
	const struct hd_sudoku_shape *shape;
	enum hd_sudoku_tier tier;           /* of the hardest rule that was needed so far */
	enum hd_sudoku_tier cap;            /* the hardest that may be used */
	uint32_t climbs;                    /* times that the easy rules had come to an end */
	struct hd_sudoku_position position; /* the classic: only its board */
};

/* given: of a puzzle that has one solution. cap: at most EXTREME. */
void hd_sudoku_ladder(struct hd_sudoku_ladder *ladder, const struct hd_sudoku_shape *shape,
		      const struct hd_sudoku_board *given, enum hd_sudoku_tier cap);
/* Some microseconds of it. PENDING; READY: solved, `tier` is the puzzle's; MISSED: not by the rules
 * up to the cap. */
enum hd_puzzle_state hd_sudoku_ladder_step(struct hd_sudoku_ladder *ladder);
/* Whether rules up to `tier`, at most INTERMEDIATE, show the digits of all `wanted` cells. */
bool hd_sudoku_yields(const struct hd_sudoku_shape *shape, const struct hd_sudoku_board *given,
		      enum hd_sudoku_tier tier, hd_cells wanted);

/* subset.c: of `count` rows of bits (at most nine), k rows that have bits in k columns only while
 * another row has some of those, too: 2 to count-2 of them, the smallest k first. 0: none. */
uint32_t hd_sudoku_subset(const uint16_t *rows, uint32_t count, uint16_t *columns);
/* The same in every unit: n cells that share n digits. `digits` go from the unit but `cells`. */
struct hd_sudoku_subset {
	uint32_t unit;
	hd_cells cells;
	uint16_t digits;
};
bool hd_sudoku_unit_subset(const struct hd_sudoku_shape *shape, const struct hd_sudoku_board *board,
			   uint32_t unit, struct hd_sudoku_subset *found);
/* The same with the places of a digit: n rows that share n columns. */
struct hd_sudoku_fish {
	uint32_t digit;
	uint16_t rows, columns;
};
bool hd_sudoku_digit_fish(const struct hd_sudoku_board *board, uint32_t digit,
			  struct hd_sudoku_fish *found);
/* What goes from `columns` but in `rows`. */
hd_cells hd_sudoku_fish_gone(const struct hd_sudoku_fish *fish);

/* chain.c: two cells of which at least one has the digit, whatever the cells between them hold; so
 * `gone`, which sees both, has not. */
struct hd_sudoku_chain {
	uint32_t digit, from, to, gone;
};
bool hd_sudoku_chain(const struct hd_sudoku_shape *shape, const struct hd_sudoku_board *board,
		     struct hd_sudoku_chain *found);

#endif
