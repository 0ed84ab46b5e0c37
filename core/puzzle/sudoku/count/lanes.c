#include "core/puzzle/sudoku/count/lanes.h"

#include "huntd/assert.h"

#define BAND     27u
#define FULL     0x7ffffffu /* a lane with all cells */
#define ROW      0x1ffu
#define MINIROWS 0x1249249u /* the first cell of each three in a row */
#define BOXES    0x49u      /* the same in the first row */
#define ROWS     0x40201u   /* the first cell of each row */

static inline hd_lanes
splat(uint32_t value)
{
	return (hd_lanes){value, value, value, value, value, value, value, value};
}

static inline bool
any(hd_lanes v)
{
	typedef uint64_t wide __attribute__((vector_size(32)));
	wide w = (wide)v;
	return (w[0] | w[1] | w[2] | w[3]) != 0;
}

/* Lane b of digit 9, in all lanes. */
static inline hd_lanes
ninth(hd_lanes v, uint32_t band)
{
	return band == 0   ? __builtin_shufflevector(v, v, 0, 0, 0, 0, 0, 0, 0, 0)
	       : band == 1 ? __builtin_shufflevector(v, v, 1, 1, 1, 1, 1, 1, 1, 1)
			   : __builtin_shufflevector(v, v, 2, 2, 2, 2, 2, 2, 2, 2);
}

/* The lanes of digit 9; the others beside them stay full. */
#define NINTH ((hd_lanes){FULL, FULL, FULL, 0, 0, 0, 0, 0})

#define SWAP4(v) __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3)
#define SWAP2(v) __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5)
#define SWAP1(v) __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6)
/* Of digit 9: each band's next, and next but one. */
#define NEXT1(v) __builtin_shufflevector(v, v, 1, 2, 0, 3, 4, 5, 6, 7)
#define NEXT2(v) __builtin_shufflevector(v, v, 2, 0, 1, 3, 4, 5, 6, 7)

/* What three bands hold in all their lanes alike, as digit 9 has it. */
static inline hd_lanes
gather(hd_lanes band0, hd_lanes band1, hd_lanes band2)
{
	hd_lanes two = __builtin_shufflevector(band0, band1, 0, 8, 0, 8, 0, 8, 0, 8);
	return __builtin_shufflevector(two, band2, 0, 1, 8, 0, 0, 0, 0, 0) & NINTH;
}

static inline hd_lanes
or_all(hd_lanes v, hd_lanes nine)
{
	v |= SWAP4(v);
	v |= SWAP2(v);
	v |= SWAP1(v);
	return v | nine;
}

/* Cells with at least one, two, three digits. */
struct tally {
	hd_lanes one, two, three;
};

static inline struct tally
tally_add(struct tally a, struct tally b)
{
	struct tally sum;
	sum.one = a.one | b.one;
	sum.two = a.two | b.two | (a.one & b.one);
	sum.three = a.three | b.three | (a.one & b.two) | (a.two & b.one);
	return sum;
}

/* Of a band, in all lanes alike; nine: digit 9's lane in all lanes. What is not used costs
 * nothing once it is inlined. */
static inline struct tally
tally_of(hd_lanes v, hd_lanes nine)
{
	struct tally t = {v, splat(0), splat(0)};
	t = tally_add(t, (struct tally){SWAP4(t.one), splat(0), splat(0)});
	t = tally_add(t, (struct tally){SWAP2(t.one), SWAP2(t.two), SWAP2(t.three)});
	t = tally_add(t, (struct tally){SWAP1(t.one), SWAP1(t.two), SWAP1(t.three)});
	return tally_add(t, (struct tally){nine, splat(0), splat(0)});
}

/* The cells of all rows that have one of `cells`. */
static inline hd_lanes
rows_of(hd_lanes cells)
{
	hd_lanes first = cells | cells >> 1 | cells >> 2;
	first = (first | first >> 3 | first >> 6) & ROWS;
	return (first << 9) - first;
}

/* The only cells of their rows; no row may be empty. */
static inline hd_lanes
row_singles(hd_lanes v)
{
	return v & ~rows_of(v & (v - ROWS));
}

/* Rows and boxes of a band are matched one to one. A box holds the digit in row r where, of the
 * two other rows, one can have it in each of the two other boxes. */
static inline hd_lanes
match_rows(hd_lanes v)
{
	hd_lanes m = (v | v >> 1 | v >> 2) & MINIROWS;
	hd_lanes next = (m >> 3 & 0x0241209u) | (m << 6 & 0x1008040u);
	hd_lanes last = (m >> 6 & 0x0040201u) | (m << 3 & 0x1209048u);
	hd_lanes kept = ((next >> 9 | next << 18) & (last >> 18 | last << 9)) |
			((last >> 9 | last << 18) & (next >> 18 | next << 9));
	kept &= m;
	return v & (kept | kept << 1 | kept << 2);
}

static inline hd_lanes
columns_of(hd_lanes v)
{
	return (v | v >> 9 | v >> 18) & ROW;
}

/* In each three columns of a stack, the next and the next but one. */
static inline hd_lanes
turn1(hd_lanes columns)
{
	return (columns >> 1 & 0xdbu) | (columns << 2 & 0x124u);
}

static inline hd_lanes
turn2(hd_lanes columns)
{
	return (columns >> 2 & 0x49u) | (columns << 1 & 0x1b6u);
}

static inline hd_lanes
three_rows(hd_lanes columns)
{
	return columns | columns << 9 | columns << 18;
}

/* Bands and columns of a stack are matched one to one, as rows and boxes are. */
static inline void
match_columns(hd_lanes v[4])
{
	hd_lanes a1 = turn1(columns_of(v[0])), a2 = turn2(columns_of(v[0]));
	hd_lanes b1 = turn1(columns_of(v[1])), b2 = turn2(columns_of(v[1]));
	hd_lanes c1 = turn1(columns_of(v[2])), c2 = turn2(columns_of(v[2]));
	hd_lanes n1 = turn1(columns_of(v[3])), n2 = turn2(columns_of(v[3]));
	v[0] &= three_rows((b1 & c2) | (b2 & c1));
	v[1] &= three_rows((a1 & c2) | (a2 & c1));
	v[2] &= three_rows((a1 & b2) | (a2 & b1));
	v[3] &= three_rows((NEXT1(n1) & NEXT2(n2)) | (NEXT1(n2) & NEXT2(n1)));
}

/* A cell that is the only one of its row for a digit has no other digit. */
static inline void
take_row_singles(hd_lanes v[4])
{
	hd_lanes single[4], all[3];
	for (uint32_t i = 0; i < 4; i++)
		single[i] = row_singles(v[i]);
	for (uint32_t b = 0; b < 3; b++) {
		all[b] = or_all(single[b], ninth(single[3], b));
		v[b] &= ~all[b] | single[b];
	}
	v[3] &= ~gather(all[0], all[1], all[2]) | single[3];
}

/* A cell with one digit left is the only one of its row for that digit. Returns what is wrong (a
 * cell without any digit) in `dead`, and the cells that have a choice in `wide`. */
static inline void
take_cell_singles(hd_lanes v[4], hd_lanes *dead, hd_lanes wide[3])
{
	hd_lanes single[3];
	for (uint32_t b = 0; b < 3; b++) {
		struct tally t = tally_of(v[b], ninth(v[3], b));
		hd_lanes here;
		*dead |= t.one ^ FULL;
		wide[b] = t.two;
		single[b] = t.one & ~t.two;
		here = v[b] & single[b];
		v[b] &= ~rows_of(here) | here;
	}
	hd_lanes nine = v[3] & gather(single[0], single[1], single[2]);
	v[3] &= ~rows_of(nine) | nine;
}

/* One round of the rules of INTERMEDIATE. False: there is no solution. */
static inline __attribute__((always_inline)) bool
settle_round(hd_lanes v[4], hd_lanes wide[3])
{
	hd_lanes dead = splat(0);
	for (uint32_t i = 0; i < 4; i++) {
		v[i] = match_rows(v[i]);
		dead |= (hd_lanes)(v[i] == splat(0));
	}
	take_row_singles(v);
	match_columns(v);
	take_cell_singles(v, &dead, wide);
	return !any(dead);
}

static inline bool
equal(const hd_lanes a[4], const hd_lanes b[4])
{
	return !any((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]));
}

bool
hd_lanes_settle(struct hd_sudoku_lanes *lanes, bool *filled)
{
	hd_lanes v[4], before[4], wide[3];
	memcpy(v, lanes->band, sizeof(v));
	do {
		memcpy(before, v, sizeof(v));
		if (!settle_round(v, wide))
			return false;
	} while (!equal(v, before));
	memcpy(lanes->band, v, sizeof(v));
	*filled = !any(wide[0] | wide[1] | wide[2]);
	return true;
}

/* A set of cells, band by band, in all lanes alike. */
static inline void
split(hd_cells cells, hd_lanes bands[3])
{
	for (uint32_t b = 0; b < 3; b++)
		bands[b] = splat((uint32_t)(cells >> BAND * b) & FULL);
}

static bool
fill_matching(hd_lanes v[4], const hd_lanes wanted[3])
{
	hd_lanes before[4], wide[3], open;
	do {
		memcpy(before, v, sizeof(before));
		if (!settle_round(v, wide))
			return false;
		open = (wide[0] & wanted[0]) | (wide[1] & wanted[1]) | (wide[2] & wanted[2]);
	} while (any(open) && !equal(v, before));
	return !any(open);
}

/* All cells of the boxes that have one of `cells`; in the first row, the first of each three. */
static inline hd_lanes
box_marks(hd_lanes cells)
{
	hd_lanes first = columns_of(cells);
	return (first | first >> 1 | first >> 2) & BOXES;
}

static inline hd_lanes
box_fill(hd_lanes marks)
{
	return three_rows(marks | marks << 1 | marks << 2);
}

/* Columns of a lane with at least one cell, and with two. */
static inline void
columns_tally(hd_lanes v, hd_lanes *one, hd_lanes *two)
{
	hd_lanes r0 = v & ROW, r1 = v >> 9 & ROW, r2 = v >> 18 & ROW;
	*one = r0 | r1 | r2;
	*two = (r0 & r1) | (r2 & (r0 | r1));
}

static inline hd_lanes
box_singles(hd_lanes v)
{
	hd_lanes one, two, p0, p1, p2, many;
	columns_tally(v, &one, &two);
	p0 = one & BOXES, p1 = one >> 1 & BOXES, p2 = one >> 2 & BOXES;
	many = (p0 & p1) | (p2 & (p0 | p1)) | ((two | two >> 1 | two >> 2) & BOXES);
	return v & box_fill((p0 | p1 | p2) & ~many);
}

static inline void
add_column_singles(const hd_lanes v[4], hd_lanes found[4])
{
	hd_lanes one[4], two[4], single;
	for (uint32_t i = 0; i < 4; i++)
		columns_tally(v[i], &one[i], &two[i]);
	single = (one[0] ^ one[1] ^ one[2]) & ~(one[0] & one[1] & one[2]);
	single &= ~(two[0] | two[1] | two[2]);
	for (uint32_t b = 0; b < 3; b++)
		found[b] |= v[b] & three_rows(single);
	hd_lanes n1 = NEXT1(one[3]), n2 = NEXT2(one[3]);
	single = (one[3] ^ n1 ^ n2) & ~(one[3] & n1 & n2);
	single &= ~(two[3] | NEXT1(two[3]) | NEXT2(two[3]));
	found[3] |= v[3] & three_rows(single);
}

static inline void
add_cell_singles(const hd_lanes v[4], hd_lanes found[4])
{
	hd_lanes single[3];
	for (uint32_t b = 0; b < 3; b++) {
		struct tally t = tally_of(v[b], ninth(v[3], b));
		single[b] = t.one & ~t.two;
		found[b] |= v[b] & single[b];
	}
	found[3] |= v[3] & gather(single[0], single[1], single[2]);
}

/* What stands in `cells` takes its digit from their peers, and its cells from other digits. */
static inline void
place(hd_lanes v[4], const hd_lanes cells[4], hd_lanes all[3])
{
	hd_lanes columns[4];
	for (uint32_t i = 0; i < 4; i++) {
		hd_lanes near = rows_of(cells[i]) | box_fill(box_marks(cells[i]));
		v[i] &= ~near | cells[i];
		columns[i] = columns_of(cells[i]);
	}
	hd_lanes stack = three_rows(columns[0] | columns[1] | columns[2]);
	for (uint32_t b = 0; b < 3; b++) {
		all[b] = or_all(cells[b], ninth(cells[3], b));
		v[b] &= ~(stack | all[b]) | cells[b];
	}
	stack = three_rows(columns[3] | NEXT1(columns[3]) | NEXT2(columns[3]));
	v[3] &= ~(stack | gather(all[0], all[1], all[2])) | cells[3];
}

static inline bool
fill_placing(hd_lanes v[4], const hd_lanes wanted[3], bool basic)
{
	hd_lanes placed[4] = {{0}}, all[3];
	for (;;) {
		hd_lanes found[4], fresh = splat(0);
		for (uint32_t i = 0; i < 4; i++)
			found[i] = box_singles(v[i]);
		if (basic) {
			for (uint32_t i = 0; i < 4; i++)
				found[i] |= row_singles(v[i]);
			add_column_singles(v, found);
			add_cell_singles(v, found);
		}
		found[3] &= NINTH;
		for (uint32_t i = 0; i < 4; i++) {
			fresh |= found[i] & ~placed[i];
			placed[i] |= found[i];
		}
		if (!any(fresh))
			return false;
		place(v, placed, all);
		if (!any((wanted[0] & ~all[0]) | (wanted[1] & ~all[1]) | (wanted[2] & ~all[2])))
			return true;
	}
}

bool
hd_lanes_fill(struct hd_sudoku_lanes *lanes, enum hd_sudoku_tier tier, hd_cells wanted)
{
	hd_lanes v[4], bands[3];
	bool filled;
	HD_ASSERT(tier <= HD_SUDOKU_INTERMEDIATE && wanted != 0);
	memcpy(v, lanes->band, sizeof(v));
	split(wanted, bands);
	if (tier == HD_SUDOKU_TRIVIAL)
		filled = fill_placing(v, bands, false);
	else if (tier == HD_SUDOKU_BASIC)
		filled = fill_placing(v, bands, true);
	else
		filled = fill_matching(v, bands);
	memcpy(lanes->band, v, sizeof(v));
	return filled;
}

void
hd_lanes_from(struct hd_sudoku_lanes *lanes, const struct hd_sudoku_board *board)
{
	uint32_t words[4][8];
	for (uint32_t b = 0; b < 3; b++) {
		for (uint32_t d = 0; d < 8; d++)
			words[b][d] = (uint32_t)(board->open[d] >> BAND * b) & FULL;
		words[3][b] = (uint32_t)(board->open[8] >> BAND * b) & FULL;
	}
	for (uint32_t i = 3; i < 8; i++)
		words[3][i] = FULL;
	memcpy(lanes->band, words, sizeof(words));
}

void
hd_lanes_to(const struct hd_sudoku_lanes *lanes, struct hd_sudoku_board *board)
{
	uint32_t words[4][8];
	memcpy(words, lanes->band, sizeof(words));
	for (uint32_t d = 0; d < 8; d++)
		board->open[d] = words[0][d] | (hd_cells)words[1][d] << BAND |
				 (hd_cells)words[2][d] << 2 * BAND;
	board->open[8] =
		words[3][0] | (hd_cells)words[3][1] << BAND | (hd_cells)words[3][2] << 2 * BAND;
}

void
hd_lanes_open(struct hd_sudoku_lanes *lanes, const struct hd_sudoku_board *given)
{
	struct hd_sudoku_lanes cells;
	hd_lanes all[3];
	hd_lanes_from(&cells, given);
	cells.band[3] &= NINTH;
	for (uint32_t i = 0; i < 4; i++)
		lanes->band[i] = splat(FULL);
	place(lanes->band, cells.band, all);
}

static inline uint32_t
word_of(const struct hd_sudoku_lanes *lanes, uint32_t band, uint32_t digit)
{
	return digit < 8 ? lanes->band[band][digit] : lanes->band[3][band];
}

uint32_t
hd_lanes_pick(const struct hd_sudoku_lanes *lanes, uint32_t *digits)
{
	uint32_t two[3], three[3], pick = HD_SUDOKU_CELLS;
	for (uint32_t b = 0; b < 3; b++) {
		struct tally t = tally_of(lanes->band[b], ninth(lanes->band[3], b));
		two[b] = t.two[0];
		three[b] = t.three[0];
	}
	for (uint32_t b = 0; b < 3 && pick == HD_SUDOKU_CELLS; b++)
		if (two[b] & ~three[b])
			pick = b * BAND + (uint32_t)__builtin_ctz(two[b] & ~three[b]);
	for (uint32_t b = 0; b < 3 && pick == HD_SUDOKU_CELLS; b++)
		if (three[b])
			pick = b * BAND + (uint32_t)__builtin_ctz(three[b]);
	HD_ASSERT(pick < HD_SUDOKU_CELLS);
	*digits = 0;
	for (uint32_t d = 0; d < HD_SUDOKU_SIDE; d++)
		*digits |= (word_of(lanes, pick / BAND, d) >> pick % BAND & 1) << d;
	return pick;
}

/* All lanes but one digit's. */
static inline hd_lanes
others(uint32_t digit)
{
	static const hd_lanes numbers = {0, 1, 2, 3, 4, 5, 6, 7};
	return (hd_lanes)(numbers != splat(digit));
}

void
hd_lanes_choose(struct hd_sudoku_lanes *lanes, uint32_t cell, uint32_t digit)
{
	uint32_t band = cell / BAND, bit = 1u << cell % BAND;
	HD_ASSERT(cell < HD_SUDOKU_CELLS && digit < HD_SUDOKU_SIDE);
	lanes->band[band] &= ~(others(digit) & bit);
	if (digit < 8)
		lanes->band[3] &= ~(~others(band) & bit);
}

void
hd_lanes_refuse(struct hd_sudoku_lanes *lanes, uint32_t cell, uint32_t digit)
{
	uint32_t band = cell / BAND, bit = 1u << cell % BAND;
	HD_ASSERT(cell < HD_SUDOKU_CELLS && digit < HD_SUDOKU_SIDE);
	if (digit < 8)
		lanes->band[band] &= ~(~others(digit) & bit);
	else
		lanes->band[3] &= ~(~others(band) & bit);
}
