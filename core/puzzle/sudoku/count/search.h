/* search.h - looking for solutions: settle, guess, go back; on an explicit stack.
 *
 * A state is what is open at one point of the search: lanes for the classic, else a position. */
#ifndef HUNTD_CORE_PUZZLE_SUDOKU_COUNT_SEARCH_H
#define HUNTD_CORE_PUZZLE_SUDOKU_COUNT_SEARCH_H

#include "core/puzzle/stream.h"
#include "core/puzzle/sudoku/count/lanes.h"

/* Guesses wait on the stack for the branch of the cell's other digits; every guess fills a cell. */
#define HD_SUDOKU_DEPTH (HD_SUDOKU_CELLS + 1)
/* Nodes after which a search is given up: a second or so. Boards that are nearly empty have two
 * solutions within a hundred; a few clues that contradict each other take most. What makes puzzles
 * has limits of its own, which belong to the algorithm's version. */
#define HD_SUDOKU_NODES_MAX 8000000u

union hd_sudoku_state {
	struct hd_sudoku_lanes lanes;
	struct hd_sudoku_position position;
};

struct hd_sudoku_search {
	const struct hd_sudoku_shape *shape; /* may be NULL for the classic */
	struct hd_stream *random;            /* digits are guessed in random order; or NULL */
	bool classic;
	uint32_t nodes, depth, solutions, limit;
	struct hd_sudoku_board first; /* the first solution */
	union hd_sudoku_state stack[HD_SUDOKU_DEPTH];
};

/* Until `limit` solutions are found. */
void hd_sudoku_search(struct hd_sudoku_search *search, uint8_t variant,
		      const struct hd_sudoku_shape *shape, const struct hd_sudoku_board *given,
		      uint32_t limit);
/* As if the digit were known not to stand in the cell; before the first step. */
void hd_sudoku_search_without(struct hd_sudoku_search *search, uint32_t cell, uint32_t digit);
/* One node. False: the search is over. */
bool hd_sudoku_search_step(struct hd_sudoku_search *search);
/* After the last step. */
enum hd_puzzle_verdict hd_sudoku_search_verdict(const struct hd_sudoku_search *search);

#endif
