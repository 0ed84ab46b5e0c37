/* slitherlink.h - what the files of this kind share. The idea and a drawing: README.md.
 *
 * A grid of width x height faces has (width + 1) x (height + 1) dots. Everything is a plane: one
 * bit a place, rows of `stride` bits (16 or 32), so that the same deduction is made at every place
 * at once. The bit of (row, column) is number row * stride + column, its `slot`:
 *
 *   H(r,c)  the edge from dot (r,c) to (r,c+1): the top of face (r,c)
 *   V(r,c)  the edge from dot (r,c) to (r+1,c): the left of face (r,c)
 *
 * An edge is known to be part of the loop (yes), known not to be (no), or neither. Edges outside
 * the grid are no from the start, so that dots on the rim need no rules of their own. */
#ifndef HUNTD_CORE_PUZZLE_SLITHERLINK_H
#define HUNTD_CORE_PUZZLE_SLITHERLINK_H

#include "huntd/puzzle.h"

#define HD_SLITHER_MIN    5u
#define HD_SLITHER_MAX    30u
#define HD_SLITHER_NARROW 15u /* up to here rows have 16 bits */
#define HD_SLITHER_FACES  (HD_SLITHER_MAX * HD_SLITHER_MAX)
#define HD_SLITHER_EDGES  (2u * HD_SLITHER_MAX * (HD_SLITHER_MAX + 1))
#define HD_SLITHER_TEXT   (8u + HD_SLITHER_FACES)      /* bytes: params, colon, a clue a face */
#define HD_SLITHER_MOVE   (1u + 5u * HD_SLITHER_EDGES) /* S, and at most 1859y an edge */
#define HD_SLITHER_BLANK  0xffu                        /* a face without a clue */

enum hd_slither_level {                    /* the tiers: which rules are allowed */
			HD_SLITHER_EASY,   /* the rules of the game, at one face or dot */
			HD_SLITHER_NORMAL, /* pairs of edges at a corner, from the lines there */
			HD_SLITHER_TRICKY, /* what is known of pairs is kept, and travels */
			HD_SLITHER_HARD,   /* classes of edges that are equal or opposite */
			HD_SLITHER_LEVELS
};

enum hd_slither_plane {
	HD_SLITHER_HY, /* horizontal edges: yes */
	HD_SLITHER_HN,
	HD_SLITHER_VY,
	HD_SLITHER_VN,
	/* At a dot, of the two edges towards a corner at most one, at least one is yes. */
	HD_SLITHER_MOST_SE,
	HD_SLITHER_MOST_SW,
	HD_SLITHER_MOST_NE,
	HD_SLITHER_MOST_NW,
	HD_SLITHER_LEAST_SE,
	HD_SLITHER_LEAST_SW,
	HD_SLITHER_LEAST_NE,
	HD_SLITHER_LEAST_NW,
	HD_SLITHER_CLUES,                           /* five planes: faces whose clue is 0, 1 .. 4 */
	HD_SLITHER_JOINED_H = HD_SLITHER_CLUES + 5, /* edges that the chains know of */
	HD_SLITHER_JOINED_V,
	HD_SLITHER_TOLD_H, /* known edges that their classes know of */
	HD_SLITHER_TOLD_V,
	HD_SLITHER_PLANES
};

struct hd_slither_grid {
	uint32_t width, height;
	uint32_t stride; /* bits of a row */
	uint32_t places; /* stride * stride */
	uint32_t words;  /* of a plane: places / 64 */
};

/* What is known of one puzzle. */
struct hd_slither_board {
	uint32_t chains;  /* of yes edges, open at both ends */
	uint32_t loops;   /* closed chains */
	uint8_t stage;    /* how far `deduce` is */
	bool classed;     /* the forest of classes is there */
	uint16_t row;     /* next of the classes' round */
	uint16_t news;    /* what this round found */
	uint32_t known;   /* edges, before the rules of pairs */
	uint32_t steps;   /* rounds of deduction */
	uint32_t pending; /* an edge that would close what may be the loop; PENDING_NONE */
	/* The planes; then of every dot that ends a chain the other end; then, used at HARD, the
	 * forest of classes: an edge's parent, and bit 15 where the two are opposite. */
	_Alignas(32) uint64_t words[];
};
#define HD_SLITHER_PENDING_NONE UINT32_MAX

enum hd_slither_end {
	HD_SLITHER_GOING, /* fuel is out */
	HD_SLITHER_STUCK,
	HD_SLITHER_SOLVED,
	HD_SLITHER_WRONG, /* contradiction: no solution */
};

static inline uint64_t *
hd_slither_plane(const struct hd_slither_grid *grid, struct hd_slither_board *board, uint32_t plane)
{
	return board->words + plane * grid->words;
}
static inline bool
hd_slither_bit(const uint64_t *plane, uint32_t slot)
{
	return plane[slot / 64] >> slot % 64 & 1;
}
static inline void
hd_slither_set(uint64_t *plane, uint32_t slot)
{
	plane[slot / 64] |= (uint64_t)1 << slot % 64;
}
static inline uint32_t
hd_slither_slot(const struct hd_slither_grid *grid, uint32_t row, uint32_t column)
{
	return row * grid->stride + column;
}
/* A row of a plane; 0 outside of it. */
static inline uint32_t
hd_slither_row(const struct hd_slither_grid *grid, const uint64_t *plane, uint32_t row)
{
	uint32_t bit = row * grid->stride;
	if (bit >= grid->places)
		return 0;
	return (uint32_t)(plane[bit / 64] >> bit % 64 & (((uint64_t)1 << grid->stride) - 1));
}
/* An edge is H's slot, or V's slot + places. */
static inline bool
hd_slither_is(const struct hd_slither_grid *grid, struct hd_slither_board *board, uint32_t edge,
	      bool yes)
{
	uint32_t vertical = edge >= grid->places;
	return hd_slither_bit(hd_slither_plane(grid, board, 2 * vertical + !yes),
			      edge - vertical * grid->places);
}
static inline void
hd_slither_put(const struct hd_slither_grid *grid, struct hd_slither_board *board, uint32_t edge,
	       bool yes)
{
	uint32_t vertical = edge >= grid->places;
	hd_slither_set(hd_slither_plane(grid, board, 2 * vertical + !yes),
		       edge - vertical * grid->places);
}
static inline bool
hd_slither_unknown(const struct hd_slither_grid *grid, struct hd_slither_board *board,
		   uint32_t edge)
{
	return !hd_slither_is(grid, board, edge, true) && !hd_slither_is(grid, board, edge, false);
}

/* text.c */
const char *hd_slither_params_read(struct hd_bytes text, struct hd_puzzle_params *params);
void hd_slither_params_write(const struct hd_puzzle_params *params, struct hd_writer *out);
const char *hd_slither_check(struct hd_bytes text, struct hd_puzzle_params *params);
const char *hd_slither_form_read(enum hd_puzzle_form form, struct hd_bytes in,
				 struct hd_writer *out);
void hd_slither_form_write(enum hd_puzzle_form form, struct hd_bytes text, struct hd_writer *out);
/* Clues of a checked text, rows from the top; the size. */
struct hd_puzzle_params hd_slither_clues(struct hd_bytes text, uint8_t *clues);
void hd_slither_text_write(const struct hd_puzzle_params *params, const uint8_t *clues,
			   struct hd_writer *out);
/* yes: one byte an edge, in the order of the move. */
void hd_slither_move_write(const uint8_t *yes, uint32_t edges, struct hd_writer *out);
bool hd_slither_move_read(struct hd_bytes solution, uint8_t *yes, uint32_t edges);
/* The number that the move gives to the edges around face (row, column): above, right, below,
 * left. */
void hd_slither_numbers(const struct hd_puzzle_params *params, uint32_t row, uint32_t column,
			uint32_t numbers[4]);

/* verify.c */
bool hd_slither_verify(struct hd_bytes text, struct hd_bytes solution);
void hd_slither_digits(struct hd_bytes text, struct hd_bytes solution, uint8_t *digits);

/* rules16.c, rules32.c: every local rule at every place until none finds more. `level`: up to
 * TRICKY, or PAIRS: of its rules those of pairs only. One unit of fuel a round. */
#define HD_SLITHER_PAIRS (HD_SLITHER_TRICKY + 1u)
enum hd_slither_end hd_slither_rules16(uint64_t *planes, uint32_t level, uint32_t *rounds,
				       int64_t *fuel);
enum hd_slither_end hd_slither_rules32(uint64_t *planes, uint32_t level, uint32_t *rounds,
				       int64_t *fuel);

/* board.c */
struct hd_slither_grid hd_slither_grid_of(const struct hd_puzzle_params *params);
size_t hd_slither_board_size(const struct hd_slither_grid *grid);
void hd_slither_board_clear(const struct hd_slither_grid *grid, struct hd_slither_board *board);
void hd_slither_board_copy(const struct hd_slither_grid *grid, struct hd_slither_board *to,
			   const struct hd_slither_board *from);
void hd_slither_board_clue(const struct hd_slither_grid *grid, struct hd_slither_board *board,
			   uint32_t row, uint32_t column, uint32_t clue);
/* Goes on until nothing more follows by the rules of `level`; after the board was changed from
 * outside, call it again. */
enum hd_slither_end hd_slither_deduce(const struct hd_slither_grid *grid,
				      struct hd_slither_board *board, enum hd_slither_level level,
				      int64_t *fuel);
/* The edges that are yes, one byte each, in the move's order. */
void hd_slither_board_lines(const struct hd_slither_grid *grid, struct hd_slither_board *board,
			    uint8_t *yes);

/* chains.c: takes in the new yes edges and forbids what would close a loop too early. STUCK: it
 * found nothing; GOING: it did. */
void hd_slither_chains_clear(const struct hd_slither_grid *grid, struct hd_slither_board *board);
enum hd_slither_end hd_slither_chains(const struct hd_slither_grid *grid,
				      struct hd_slither_board *board);
uint16_t *hd_slither_mates(const struct hd_slither_grid *grid, struct hd_slither_board *board);

/* classes.c: one row of a round, of which there are 3 * (height + 1): those of faces, of dots, of
 * edges. What was found is or-ed together. */
enum hd_slither_news { HD_SLITHER_NEW_LINE = 1, HD_SLITHER_NEW_PAIR = 2, HD_SLITHER_NEW_CLASS = 4 };
void hd_slither_classes_clear(const struct hd_slither_grid *grid, struct hd_slither_board *board);
uint32_t hd_slither_classes_row(const struct hd_slither_grid *grid, struct hd_slither_board *board,
				uint32_t row);
uint16_t *hd_slither_parents(const struct hd_slither_grid *grid, struct hd_slither_board *board);

/* solve.c */
size_t hd_slither_solve_size(const struct hd_puzzle_params *params);
void hd_slither_solve_begin(void *work, struct hd_bytes text, enum hd_puzzle_mode mode);
enum hd_puzzle_state hd_slither_solve_step(void *work, int64_t *fuel);
void hd_slither_solve_take(void *work, struct hd_puzzle_solved *solved);

/* make.c */
size_t hd_slither_make_size(const struct hd_puzzle_params *params);
void hd_slither_make_begin(void *work, const struct hd_puzzle_order *order);
enum hd_puzzle_state hd_slither_make_step(void *work, int64_t *fuel);
void hd_slither_make_take(void *work, struct hd_puzzle_made *made);

/* hint.c: the next step, for a puzzle whose only solution is `yes`. The board is free for use. */
void hd_slither_hint(const struct hd_slither_grid *grid, struct hd_bytes text, const uint8_t *yes,
		     struct hd_slither_board *board, struct hd_writer *out);

/* draw.c */
void hd_slither_draw_text(struct hd_bytes text, struct hd_bytes solution, struct hd_writer *out);
void hd_slither_draw_svg(struct hd_bytes text, struct hd_bytes solution,
			 const struct hd_puzzle_overlay *overlay, struct hd_writer *out);

#endif
