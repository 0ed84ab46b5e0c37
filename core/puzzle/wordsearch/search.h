/* search.h - word search inside: a grid of letters, a list of words of which each stands in it
 * once, straight in one of eight directions; the cells that no word covers, row by row, spell the
 * answer.
 *
 * Grids are scanned with a border of zeros around them, rows HD_SEARCH_STRIDE apart, so that no
 * step leads outside: cell x, y is at (y + 1) * HD_SEARCH_STRIDE + x + 1. Directions go clockwise
 * from east. */
#ifndef HUNTD_CORE_PUZZLE_WORDSEARCH_SEARCH_H
#define HUNTD_CORE_PUZZLE_WORDSEARCH_SEARCH_H

#include "core/puzzle/grid.h"
#include "core/puzzle/stream.h"
#include "huntd/puzzle.h"

#define HD_SEARCH_SIDE_MIN     8u
#define HD_SEARCH_SIDE_MAX     30u
#define HD_SEARCH_CELLS_MAX    (HD_SEARCH_SIDE_MAX * HD_SEARCH_SIDE_MAX)
#define HD_SEARCH_STRIDE       32
#define HD_SEARCH_PADDED       1024u
#define HD_SEARCH_WORDS_MAX    400u /* listed */
#define HD_SEARCH_SIZE_MIN     3u   /* letters of a listed word; the side's at most */
#define HD_SEARCH_MADE_MAX     10u  /* letters of a word of words.h */
#define HD_SEARCH_RUNS_MAX     (HD_SEARCH_CELLS_MAX / HD_SEARCH_SIZE_MIN)
#define HD_SEARCH_PLACE_MAX    8u /* bytes of `29,29,7;` */
#define HD_SEARCH_SOLUTION_MAX (HD_SEARCH_WORDS_MAX * HD_SEARCH_PLACE_MAX + 1 + HD_SEARCH_CELLS_MAX)

static const struct hd_grid_sides hd_search_sides = {HD_SEARCH_SIDE_MIN, HD_SEARCH_SIDE_MAX};

enum { HD_SEARCH_EASY, HD_SEARCH_MEDIUM, HD_SEARCH_HARD, HD_SEARCH_TIERS };

static const int32_t hd_search_steps[8] = {1, 33, 32, 31, -1, -33, -32, -31};

static inline uint32_t
hd_search_at(uint32_t x, uint32_t y)
{
	return (y + 1) * HD_SEARCH_STRIDE + x + 1;
}

static inline uint32_t
hd_search_step(uint32_t at, uint32_t direction, uint32_t steps)
{
	return (uint32_t)((int32_t)at + hd_search_steps[direction] * (int32_t)steps);
}

/* text.c: an instance read; its words are borrowed from the text. */
struct hd_search_text {
	uint32_t width, height, count;
	const uint8_t *letters;
	struct hd_bytes words[HD_SEARCH_WORDS_MAX];
};
const char *hd_search_read(struct hd_bytes text, struct hd_search_text *search);

struct hd_search_place {
	uint16_t at;
	uint8_t direction;
	uint8_t found; /* places: 0, 1, 2 where there are more */
};
/* `x,y,dir` of each word joined by `;`, then `:` and the letters that none covers. */
void hd_search_write_solution(struct hd_writer *out, const struct hd_search_place *places,
			      uint32_t count, struct hd_bytes leftover);
/* Takes one place; it may lie outside the grid. */
bool hd_search_take_place(struct hd_reader *in, uint32_t *x, uint32_t *y, uint32_t *direction);

/* scan.c: every place of every word, in all directions, by the words' first three letters. */
struct hd_search_scan {
	uint32_t width, height, count, cell, spent;
	uint32_t false_starts; /* places with the first three letters of a word and no more */
	struct hd_bytes words[HD_SEARCH_WORDS_MAX];
	struct hd_search_place places[HD_SEARCH_WORDS_MAX]; /* the first found */
	uint16_t next[HD_SEARCH_WORDS_MAX];                 /* word with the same start, + 1 */
	uint16_t first[32 * 32];                            /* of two letters, + 1; 0: none */
	uint64_t starts[32 * 32 * 32 / 64]; /* three letters that a word begins with */
	uint8_t letters[HD_SEARCH_PADDED];
};
/* After width, height, count, words and letters are set. */
void hd_search_scan_begin(struct hd_search_scan *scan);
bool hd_search_scan_step(struct hd_search_scan *scan, int64_t *fuel); /* done */
/* Of words that all stand once: how many words cover each cell. */
void hd_search_cover(const struct hd_search_scan *scan, uint8_t *cover);
uint32_t hd_search_leftover(const struct hd_search_scan *scan, const uint8_t *cover,
			    uint8_t *letters);
uint8_t hd_search_tier(const struct hd_search_scan *scan, const uint8_t *cover);

/* tile.c: the grid cut into runs of cells, words to be, but for as many cells as are to be left. */
struct hd_search_run {
	uint16_t at;
	uint8_t direction, size;
	bool crosses; /* with a run that was there before: no third */
};
struct hd_search_tiling {
	uint32_t width, height, left; /* cells still to be left */
	uint8_t tier;
	int32_t across, down; /* steps of the sweep */
	uint32_t wide, high;  /* and its sides */
	uint32_t origin, row, column;
	uint32_t count;
	struct hd_search_run runs[HD_SEARCH_RUNS_MAX];
	uint8_t cover[HD_SEARCH_PADDED];  /* runs; outside the grid 255 */
	uint16_t owner[HD_SEARCH_PADDED]; /* the first run of a covered cell */
};
/* missed: tilings before this one that came to nothing. */
void hd_search_tile_begin(struct hd_search_tiling *tiling, const struct hd_puzzle_spec *spec,
			  uint32_t leave, uint32_t missed, struct hd_stream *stream);
/* READY: all but `leave` cells are covered. MISSED: begin again. */
enum hd_puzzle_state hd_search_tile_step(struct hd_search_tiling *tiling, struct hd_stream *stream,
					 int64_t *fuel);
/* Takes back the cell that the run has from another; false: it has none. */
bool hd_search_uncross(struct hd_search_tiling *tiling, uint32_t run);
/* The run that has a cell from this one; itself: none has. */
uint32_t hd_search_crosser(const struct hd_search_tiling *tiling, uint32_t run);

/* make.c */
enum hd_search_phase { HD_SEARCH_TILE, HD_SEARCH_FILL, HD_SEARCH_SCAN, HD_SEARCH_DONE };
#define HD_SEARCH_TABLE_MAX 4096u /* words of words.h */
struct hd_search_make {
	struct hd_puzzle_spec spec;
	struct hd_bytes answer;
	struct hd_stream tiles, texts;
	enum hd_search_phase phase;
	uint32_t draws_left, repairs_left, run;
	uint16_t chosen[HD_SEARCH_RUNS_MAX];     /* of run: its word's number */
	uint16_t recent[HD_SEARCH_MADE_MAX + 1]; /* of size: the word last chosen */
	uint64_t used[HD_SEARCH_TABLE_MAX / 64]; /* words, by number */
	uint16_t user[HD_SEARCH_TABLE_MAX];      /* of a used word: its run */
	struct hd_search_tiling tiling;
	struct hd_search_scan scan;
	uint8_t text[HD_PUZZLE_TEXT_MAX];
	uint8_t solution[HD_SEARCH_SOLUTION_MAX];
};
void hd_search_make_begin(void *work, const struct hd_puzzle_order *order);
enum hd_puzzle_state hd_search_make_step(void *work, int64_t *fuel);
void hd_search_make_take(void *work, struct hd_puzzle_made *made);

/* solve.c */
#define HD_SEARCH_HINT_MAX 120u
struct hd_search_solve {
	enum hd_puzzle_mode mode;
	enum hd_puzzle_verdict verdict;
	struct hd_puzzle_rating rating;
	struct hd_search_scan scan;
	uint32_t hint_size, solution_size;
	uint8_t hint[HD_SEARCH_HINT_MAX];
	uint8_t solution[HD_SEARCH_SOLUTION_MAX];
};
void hd_search_solve_begin(void *work, struct hd_bytes text, enum hd_puzzle_mode mode);
enum hd_puzzle_state hd_search_solve_step(void *work, int64_t *fuel);
void hd_search_solve_take(void *work, struct hd_puzzle_solved *solved);

/* show.c */
void hd_search_draw_text(struct hd_bytes text, struct hd_bytes solution, struct hd_writer *out);
void hd_search_draw_svg(struct hd_bytes text, struct hd_bytes solution,
			const struct hd_puzzle_overlay *overlay, struct hd_writer *out);

#endif
