/* The press sets that turn all lamps off: found by light chasing or elimination, then walked. */
#include "core/puzzle/lightsout/lights.h"
#include "huntd/assert.h"

#define WALK_STEPS 64u /* of one unit of fuel */

/* What the presses of a row turn in it. */
static uint32_t
spread(uint32_t row, uint32_t mask)
{
	return (row ^ row << 1 ^ row >> 1) & mask;
}

/* Light chasing: with the presses of the first row given, the only way to turn a lamp of row r off
 * is to press below it. What then still burns in the last row is returned; presses: the rows. */
static uint32_t
chase(uint32_t width, uint32_t height, const uint32_t *lit, uint32_t first, uint32_t *presses)
{
	uint32_t mask = (1u << width) - 1, before = 0, row = first;
	HD_ASSERT(width <= HD_LIGHTS_SIDE_MAX && height <= HD_LIGHTS_SIDE_MAX);
	for (uint32_t r = 0; r < height; r++) {
		uint32_t next = lit[r] ^ spread(row, mask) ^ before;
		presses[r] = row;
		before = row;
		row = next;
	}
	return row;
}

/* The square system P x = residue for the first row's presses. P is a polynomial of the matrix of
 * "what a press turns in its row", so it commutes with N = "its neighbours in the row"; as the unit
 * vectors are e[j+1] = N e[j] + e[j-1], so are the columns of P. It is symmetric: columns are rows.
 * The right side stands in bit 31. */
static void
chase_system(uint32_t width, uint32_t height, uint32_t residue, uint32_t *rows)
{
	static const uint32_t dark[HD_LIGHTS_SIDE_MAX];
	uint32_t unused[HD_LIGHTS_SIDE_MAX], mask = (1u << width) - 1;
	HD_ASSERT(residue <= mask);
	rows[0] = chase(width, height, dark, 1, unused);
	rows[1] = (rows[0] << 1 ^ rows[0] >> 1) & mask;
	for (uint32_t j = 2; j < width; j++)
		rows[j] = ((rows[j - 1] << 1 ^ rows[j - 1] >> 1) & mask) ^ rows[j - 2];
	for (uint32_t j = 0; j < width; j++)
		rows[j] |= (residue >> j & 1) << 31;
}

/* Gauss and Jordan. Returns the rank: that many first rows have a pivot, pivots[row] its column. */
static uint32_t
chase_eliminate(uint32_t width, uint32_t *rows, uint8_t *pivots)
{
	uint32_t rank = 0;
	for (uint32_t column = 0; column < width; column++) {
		uint32_t at = rank;
		while (at < width && !(rows[at] >> column & 1))
			at++;
		if (at == width)
			continue;
		uint32_t pivot = rows[at];
		rows[at] = rows[rank];
		rows[rank] = pivot;
		for (uint32_t r = 0; r < width; r++)
			if (r != rank && rows[r] >> column & 1)
				rows[r] ^= pivot;
		pivots[rank++] = (uint8_t)column;
	}
	HD_ASSERT(rank <= width);
	return rank;
}

static void
set_of_rows(uint32_t width, uint32_t height, const uint32_t *rows, struct hd_lights_set *set)
{
	memset(set, 0, sizeof(*set));
	for (uint32_t r = 0, bit = 0; r < height; r++, bit += width) {
		set->words[bit / 64] |= (uint64_t)rows[r] << bit % 64;
		if (bit % 64 + width > 64)
			set->words[bit / 64 + 1] |= (uint64_t)rows[r] >> (64 - bit % 64);
	}
}

static void
rows_of_set(uint32_t width, uint32_t height, const struct hd_lights_set *set, uint32_t *rows)
{
	uint32_t mask = (1u << width) - 1;
	for (uint32_t r = 0, bit = 0; r < height; r++, bit += width) {
		uint64_t row = set->words[bit / 64] >> bit % 64;
		if (bit % 64 + width > 64)
			row |= set->words[bit / 64 + 1] << (64 - bit % 64);
		rows[r] = (uint32_t)row & mask;
	}
}

/* A vector of the null space for each column without a pivot, chased down from the first row. */
static void
chase_basis(uint32_t width, uint32_t height, const uint32_t *rows, const uint8_t *pivots,
	    struct hd_lights_space *space)
{
	static const uint32_t dark[HD_LIGHTS_SIDE_MAX];
	uint32_t presses[HD_LIGHTS_SIDE_MAX], rank = width - space->nullity;
	uint32_t at = 0, row = 0;
	for (uint32_t column = 0; column < width; column++) {
		if (row < rank && pivots[row] == column) {
			row++;
			continue;
		}
		uint32_t first = 1u << column;
		for (uint32_t r = 0; r < rank; r++)
			first |= (rows[r] >> column & 1) << pivots[r];
		uint32_t left = chase(width, height, dark, first, presses);
		HD_ASSERT(left == 0 && at < space->nullity);
		set_of_rows(width, height, presses, &space->basis[at++]);
	}
	HD_ASSERT(at == space->nullity);
}

void
hd_lights_chase(uint32_t width, uint32_t height, const struct hd_lights_set *lit,
		struct hd_lights_space *space)
{
	uint32_t start[HD_LIGHTS_SIDE_MAX], presses[HD_LIGHTS_SIDE_MAX], first = 0;
	uint32_t rows[HD_LIGHTS_SIDE_MAX];
	uint8_t pivots[HD_LIGHTS_SIDE_MAX];
	static_assert(HD_LIGHTS_SIDE_MAX <= HD_LIGHTS_NULLITY_MAX, "a row's presses are walked");
	rows_of_set(width, height, lit, start);
	chase_system(width, height, chase(width, height, start, 0, presses), rows);
	uint32_t rank = chase_eliminate(width, rows, pivots);
	space->cells = width * height;
	space->nullity = width - rank;
	space->any = true;
	for (uint32_t r = rank; r < width; r++)
		space->any = space->any && rows[r] == 0;
	for (uint32_t r = 0; r < rank; r++)
		first |= (rows[r] >> 31) << pivots[r];
	uint32_t left = chase(width, height, start, first, presses);
	HD_ASSERT(!space->any || left == 0);
	set_of_rows(width, height, presses, &space->one);
	chase_basis(width, height, rows, pivots, space);
}

void
hd_lights_eliminate_begin(struct hd_lights_elimination *e, const struct hd_lights *lights)
{
	uint32_t cells = lights->cells;
	HD_ASSERT(cells <= HD_LIGHTS_CELLS_MAX);
	e->cells = cells;
	e->column = e->rank = 0;
	memset(e->rows, 0, cells * sizeof(e->rows[0]));
	for (uint32_t press = 0; press < cells; press++)
		for (uint32_t cell = 0; cell < cells; cell++)
			if (hd_lights_turns(lights, press, cell))
				hd_lights_turn(&e->rows[cell], press);
	for (uint32_t cell = 0; cell < cells; cell++)
		e->lit[cell] = hd_lights_lit(lights, cell);
}

static void
swap_rows(struct hd_lights_elimination *e, uint32_t a, uint32_t b)
{
	struct hd_lights_set row = e->rows[a];
	uint8_t lit = e->lit[a];
	HD_ASSERT(a < e->cells && b < e->cells);
	e->rows[a] = e->rows[b];
	e->rows[b] = row;
	e->lit[a] = e->lit[b];
	e->lit[b] = lit;
}

bool
hd_lights_eliminate_step(struct hd_lights_elimination *e, int64_t *fuel)
{
	HD_ASSERT(e->rank <= e->column && e->column <= e->cells);
	for (; e->column<e->cells && * fuel> 0; e->column++, (*fuel)--) {
		uint32_t at = e->rank;
		while (at < e->cells && !hd_lights_has(&e->rows[at], e->column))
			at++;
		if (at == e->cells)
			continue;
		swap_rows(e, at, e->rank);
		for (uint32_t r = 0; r < e->cells; r++) {
			if (r == e->rank || !hd_lights_has(&e->rows[r], e->column))
				continue;
			hd_lights_add(&e->rows[r], &e->rows[e->rank]);
			e->lit[r] ^= e->lit[e->rank];
		}
		e->pivots[e->rank++] = (uint8_t)e->column;
	}
	return e->column == e->cells;
}

void
hd_lights_eliminate_take(const struct hd_lights_elimination *e, struct hd_lights_space *space)
{
	uint32_t at = 0, row = 0;
	HD_ASSERT(e->column == e->cells);
	memset(space, 0, sizeof(*space));
	space->any = true;
	space->cells = e->cells;
	space->nullity = e->cells - e->rank;
	for (uint32_t r = e->rank; r < e->cells; r++)
		space->any = space->any && !e->lit[r];
	for (uint32_t r = 0; r < e->rank; r++)
		if (e->lit[r])
			hd_lights_turn(&space->one, e->pivots[r]);
	if (space->nullity > HD_LIGHTS_NULLITY_MAX)
		return;
	for (uint32_t column = 0; column < e->cells; column++) {
		if (row < e->rank && e->pivots[row] == column) {
			row++;
			continue;
		}
		hd_lights_turn(&space->basis[at], column);
		for (uint32_t r = 0; r < e->rank; r++)
			if (hd_lights_has(&e->rows[r], column))
				hd_lights_turn(&space->basis[at], e->pivots[r]);
		at++;
	}
	HD_ASSERT(at == space->nullity);
}

void
hd_lights_walk_begin(struct hd_lights_walk *walk, const struct hd_lights_space *space)
{
	HD_ASSERT(space->any && space->nullity <= HD_LIGHTS_NULLITY_MAX);
	*walk = (struct hd_lights_walk){.space = space, .at = space->one, .best = space->one};
	walk->weight = hd_lights_count(&space->one);
}

/* Whether the first cell that they do not share is b's. */
static bool
before(const struct hd_lights_set *a, const struct hd_lights_set *b)
{
	for (uint32_t i = 0; i < HD_LIGHTS_WORDS; i++) {
		uint64_t differ = a->words[i] ^ b->words[i];
		if (differ != 0)
			return (b->words[i] & differ & -differ) != 0;
	}
	return false;
}

/* The walk up to a step, of sets that take `words` words. A constant, so that no loop is left. */
static inline void
walk_words(struct hd_lights_walk *walk, uint32_t until, const uint32_t words)
{
	struct hd_lights_set at = walk->at;
	HD_ASSERT(words <= HD_LIGHTS_WORDS && until >> walk->space->nullity == 0);
	for (uint32_t step = walk->steps + 1; step <= until; step++) {
		const struct hd_lights_set *turn = &walk->space->basis[__builtin_ctz(step)];
		uint32_t weight = 0;
		for (uint32_t i = 0; i < words; i++) {
			at.words[i] ^= turn->words[i];
			weight += (uint32_t)__builtin_popcountll(at.words[i]);
		}
		if (weight > walk->weight)
			continue;
		walk->tied = weight == walk->weight;
		if (!walk->tied || before(&at, &walk->best))
			walk->best = at;
		walk->weight = weight;
	}
	walk->at = at;
	walk->steps = until;
}

bool
hd_lights_walk_step(struct hd_lights_walk *walk, int64_t *fuel)
{
	uint32_t last = (1u << walk->space->nullity) - 1;
	do {
		uint32_t left = last - walk->steps;
		uint32_t until = walk->steps + (left < WALK_STEPS ? left : WALK_STEPS);
		if (walk->space->cells <= 64)
			walk_words(walk, until, 1);
		else if (walk->space->cells <= 128)
			walk_words(walk, until, 2);
		else
			walk_words(walk, until, HD_LIGHTS_WORDS);
		(*fuel)--;
	} while (walk->steps<last && * fuel> 0);
	return walk->steps == last;
}
