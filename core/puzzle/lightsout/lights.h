/* lights.h - Lights Out inside: lamps on a grid, and for each of them the lamps that a press on it
 * turns. Pressing twice is pressing not at all, and order does not matter, so a set of presses is a
 * vector over GF(2) and turning all lamps off is a linear system: either no set does it, or those
 * that do are one of them plus any sum of the 2^nullity vectors that turn nothing.
 *
 * The solution is the set with the fewest presses, unique where no other is as small; it is found
 * by walking all of them. Above HD_LIGHTS_NULLITY_MAX nobody walks, and the verdict is budget. */
#ifndef HUNTD_CORE_PUZZLE_LIGHTSOUT_LIGHTS_H
#define HUNTD_CORE_PUZZLE_LIGHTSOUT_LIGHTS_H

#include "core/puzzle/grid.h"
#include "core/puzzle/stream.h"

#define HD_LIGHTS_SIDE_MIN     3u
#define HD_LIGHTS_SIDE_MAX     16u
#define HD_LIGHTS_CELLS_MAX    196u /* 14x14: its matrix is 9,604 digits of hex */
#define HD_LIGHTS_NULLITY_MAX  20u
#define HD_LIGHTS_WORDS        4u
#define HD_LIGHTS_DIGITS(bits) (((bits) + 3) / 4)
#define HD_LIGHTS_MATRIX_MAX   HD_LIGHTS_DIGITS(HD_LIGHTS_CELLS_MAX *HD_LIGHTS_CELLS_MAX)
#define HD_LIGHTS_TEXT_MAX                                                                         \
	(sizeof("16x16:,") + HD_LIGHTS_MATRIX_MAX + HD_LIGHTS_DIGITS(HD_LIGHTS_CELLS_MAX))

static const struct hd_grid_sides hd_lights_sides = {HD_LIGHTS_SIDE_MIN, HD_LIGHTS_SIDE_MAX};

enum { HD_LIGHTS_EASY, HD_LIGHTS_MEDIUM, HD_LIGHTS_HARD, HD_LIGHTS_TIERS };

/* A set of cells: bit y * width + x. */
struct hd_lights_set {
	uint64_t words[HD_LIGHTS_WORDS];
};

static inline bool
hd_lights_has(const struct hd_lights_set *set, uint32_t cell)
{
	return set->words[cell / 64] >> cell % 64 & 1;
}

static inline void
hd_lights_turn(struct hd_lights_set *set, uint32_t cell)
{
	set->words[cell / 64] ^= (uint64_t)1 << cell % 64;
}

static inline void
hd_lights_add(struct hd_lights_set *set, const struct hd_lights_set *other)
{
	for (uint32_t i = 0; i < HD_LIGHTS_WORDS; i++)
		set->words[i] ^= other->words[i];
}

static inline uint32_t
hd_lights_count(const struct hd_lights_set *set)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < HD_LIGHTS_WORDS; i++)
		count += (uint32_t)__builtin_popcountll(set->words[i]);
	return count;
}

/* text.c: an instance read. The bits of both hex strings stand highest first, cells in rows from
 * the top; row i of the matrix is what a press on cell i turns. */
struct hd_lights {
	uint32_t width, height, cells;
	const uint8_t *matrix, *start;
};
const char *hd_lights_read(struct hd_bytes text, struct hd_lights *lights);
bool hd_lights_turns(const struct hd_lights *lights, uint32_t press, uint32_t cell);
bool hd_lights_lit(const struct hd_lights *lights, uint32_t cell);
/* The matrix of crosses (a cell and its neighbours) in hex: HD_LIGHTS_DIGITS(cells * cells). */
void hd_lights_crosses(uint32_t width, uint32_t height, uint8_t *digits);
void hd_lights_write_set(struct hd_writer *out, const struct hd_lights_set *set, uint32_t cells);

/* space.c: all press sets that turn the lamps off. */
struct hd_lights_space {
	bool any;
	uint32_t cells;
	uint32_t nullity; /* may be above HD_LIGHTS_NULLITY_MAX: then `basis` is not filled */
	struct hd_lights_set one;
	struct hd_lights_set basis[HD_LIGHTS_NULLITY_MAX];
};
/* Of crosses, by light chasing: the first row decides all others. */
void hd_lights_chase(uint32_t width, uint32_t height, const struct hd_lights_set *lit,
		     struct hd_lights_space *space);
/* Of any matrix, by elimination, a column a step. */
struct hd_lights_elimination {
	uint32_t cells, column, rank;
	struct hd_lights_set rows[HD_LIGHTS_CELLS_MAX]; /* of cell: the presses that turn it */
	uint8_t lit[HD_LIGHTS_CELLS_MAX];
	uint8_t pivots[HD_LIGHTS_CELLS_MAX]; /* of row: its column */
};
void hd_lights_eliminate_begin(struct hd_lights_elimination *e, const struct hd_lights *lights);
bool hd_lights_eliminate_step(struct hd_lights_elimination *e, int64_t *fuel); /* done */
void hd_lights_eliminate_take(const struct hd_lights_elimination *e, struct hd_lights_space *space);

/* The walk over a space, in Gray code. Of several fewest, `best` is the one whose first cell that
 * differs is not pressed. */
struct hd_lights_walk {
	const struct hd_lights_space *space;
	struct hd_lights_set at, best;
	uint32_t weight; /* of best */
	bool tied;
	uint32_t steps;
};
void hd_lights_walk_begin(struct hd_lights_walk *walk, const struct hd_lights_space *space);
bool hd_lights_walk_step(struct hd_lights_walk *walk, int64_t *fuel); /* done */

/* make.c: what presses a tier is, of that many cells and that nullity. */
uint8_t hd_lights_tier(uint32_t cells, uint32_t nullity, uint32_t presses);

struct hd_lights_make {
	struct hd_puzzle_spec spec;
	struct hd_stream stream;
	uint32_t draws_left;
	struct hd_lights_space space;
	struct hd_lights_walk walk;
	struct hd_lights_set lit;
	uint32_t text_size;
	uint8_t solution[1 + HD_LIGHTS_CELLS_MAX];
	uint8_t text[HD_LIGHTS_TEXT_MAX];
};
void hd_lights_make_begin(void *work, const struct hd_puzzle_order *order);
enum hd_puzzle_state hd_lights_make_step(void *work, int64_t *fuel);
void hd_lights_make_take(void *work, struct hd_puzzle_made *made);

/* solve.c */
#define HD_LIGHTS_HINT_MAX 120u
enum hd_lights_phase { HD_LIGHTS_ELIMINATE, HD_LIGHTS_WALK, HD_LIGHTS_DONE };
struct hd_lights_solve {
	struct hd_lights lights;
	enum hd_puzzle_mode mode;
	enum hd_lights_phase phase;
	enum hd_puzzle_verdict verdict;
	bool crosses;
	uint32_t hint_size;
	struct hd_lights_elimination elimination;
	struct hd_lights_space space;
	struct hd_lights_walk walk;
	uint8_t solution[1 + HD_LIGHTS_CELLS_MAX];
	uint8_t hint[HD_LIGHTS_HINT_MAX];
	uint8_t matrix[HD_LIGHTS_MATRIX_MAX]; /* of crosses, to compare */
};
void hd_lights_solve_begin(void *work, struct hd_bytes text, enum hd_puzzle_mode mode);
enum hd_puzzle_state hd_lights_solve_step(void *work, int64_t *fuel);
void hd_lights_solve_take(void *work, struct hd_puzzle_solved *solved);

/* show.c */
void hd_lights_draw_text(struct hd_bytes text, struct hd_bytes solution, struct hd_writer *out);
void hd_lights_draw_svg(struct hd_bytes text, struct hd_bytes solution,
			const struct hd_puzzle_overlay *overlay, struct hd_writer *out);

#endif
