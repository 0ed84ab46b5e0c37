/* search.h - solves a nonogram and counts to two.
 *
 *   lines    every line's certain cells, until no line says more: the tier `line`
 *   probes   a cell is tried black, then white, each time with lines to the end: where one fails
 *            the other is so, and what both agree on is so: the tier `probe`
 *   guesses  where probes say no more, depth first, both ways: the tier `search`
 *
 * Each is at its fixpoint before the next begins, so the tier does not hang on any order. Work is
 * counted in lines looked at; `budget` of them and the search gives up. */
#ifndef HUNTD_CORE_PUZZLE_NONOGRAM_COUNT_SEARCH_H
#define HUNTD_CORE_PUZZLE_NONOGRAM_COUNT_SEARCH_H

#include "core/puzzle/nonogram/clues.h"

enum hd_nonogram_tier { HD_NONOGRAM_LINE, HD_NONOGRAM_PROBE, HD_NONOGRAM_SEARCH };

#define HD_NONOGRAM_DEPTH 96u /* guesses upon guesses */

/* What is left of a line: cells from..end-1 hold the runs first..last-1, and what lies outside is
 * known and right. */
struct hd_nonogram_span {
	uint8_t from, end, first, last;
};

struct hd_nonogram_board {
	uint64_t black[2][HD_NONOGRAM_SIDE], white[2][HD_NONOGRAM_SIDE];
	struct hd_nonogram_span spans[2][HD_NONOGRAM_SIDE];
	uint64_t dirty[2]; /* lines that may say more */
	uint32_t unknown;  /* cells */
	bool failed;       /* a line cannot be */
};

enum hd_nonogram_end {
	HD_NONOGRAM_OPEN,  /* not yet at an end */
	HD_NONOGRAM_STUCK, /* `most` says no more; the board has what is known */
	HD_NONOGRAM_GAVE_UP,
	HD_NONOGRAM_COUNTED,
};

/* The first thing that a probe said, of the cell probed; NOTHING: the cell of the first guess. */
enum hd_nonogram_what {
	HD_NONOGRAM_NOTHING,
	HD_NONOGRAM_BLACK, /* white failed */
	HD_NONOGRAM_WHITE,
	HD_NONOGRAM_AGREE, /* both agree on other cells */
};

struct hd_nonogram_told {
	enum hd_nonogram_what what;
	uint32_t row, column;
};

struct hd_nonogram_search {
	const struct hd_nonogram_clues *clues;
	enum hd_nonogram_tier most; /* what may be used */
	enum hd_nonogram_end end;
	uint32_t budget, looked; /* lines */
	uint32_t steps;          /* lines that said something */
	uint32_t probes, nodes;
	struct hd_nonogram_told told;
	uint32_t solutions;
	uint64_t solution[HD_NONOGRAM_SIDE]; /* rows of the first; the board has the second */

	uint32_t stage;
	uint32_t axis;                        /* of the lines looked at now */
	uint32_t row, column;                 /* the cell that is probed */
	uint32_t left;                        /* cells to probe until no probe has said anything */
	uint32_t best, best_row, best_column; /* where a guess would say most */
	uint32_t depth;
	struct hd_nonogram_board board, base, first;
	struct hd_nonogram_board guesses[]; /* HD_NONOGRAM_DEPTH, where `most` is search */
};

size_t hd_nonogram_search_size(enum hd_nonogram_tier most);
/* clues: there until the search ends. */
void hd_nonogram_search_begin(struct hd_nonogram_search *search,
			      const struct hd_nonogram_clues *clues, enum hd_nonogram_tier most,
			      uint32_t budget);
/* Until the end, or the fuel is used up. */
void hd_nonogram_search_step(struct hd_nonogram_search *search, int64_t *fuel);
/* The weakest that was enough; of a search that counted one. */
enum hd_nonogram_tier hd_nonogram_search_tier(const struct hd_nonogram_search *search);

/* The board with nothing known, all lines dirty. */
void hd_nonogram_board_init(struct hd_nonogram_board *board, const struct hd_nonogram_clues *clues);
/* Looks at one line; whether it said anything. */
bool hd_nonogram_board_look(struct hd_nonogram_board *board, const struct hd_nonogram_clues *clues,
			    uint32_t axis, uint32_t line);
/* Makes an unknown cell black or white. */
void hd_nonogram_board_set(struct hd_nonogram_board *board, uint32_t row, uint32_t column,
			   bool black);
/* Adds what both others know beyond it; whether that is anything. */
bool hd_nonogram_board_agree(struct hd_nonogram_board *board, const struct hd_nonogram_board *a,
			     const struct hd_nonogram_board *b);

#endif
