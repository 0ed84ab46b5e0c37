/* Makes a nonogram: a picture of blots, mended where it cannot be told from its runs.
 *
 * Every cell is black where at least five of the nine cells around it are, in noise of one bit a
 * cell: about half of the picture, in blots such as `line` can mostly solve. Where the search gets
 * stuck, a few of the white cells that it could not tell become black, and it begins anew. */
#include "core/puzzle/nonogram/nonogram.h"
#include "core/puzzle/stream.h"
#include "huntd/assert.h"

/* How the pictures of a tier are made. */
struct manner {
	uint32_t least; /* of the nine around, that make a cell black */
	uint32_t mends;
	uint32_t part;   /* one in so many of the cells not told is made black, and one more */
	uint32_t spoils; /* cells that change where a weaker tier was enough; 0: it is a miss */
};

static const struct manner MANNERS[] = {
	[HD_NONOGRAM_LINE] = {5, 20, 40, 0},
	[HD_NONOGRAM_PROBE] = {5, 20, 40, 0},
	[HD_NONOGRAM_SEARCH] = {6, 200, 40, 2},
};

struct make {
	enum hd_nonogram_tier tier;
	uint32_t width, height;
	uint32_t mends;
	struct hd_stream stream;
	uint64_t picture[HD_NONOGRAM_SIDE];
	struct hd_nonogram_clues clues;
	uint8_t text[HD_NONOGRAM_TEXT], solution[HD_NONOGRAM_SOLUTION];
	struct hd_nonogram_search search; /* last: it may be longer */
};

size_t
hd_nonogram_make_size(void)
{
	return offsetof(struct make, search) + hd_nonogram_search_size(HD_NONOGRAM_SEARCH);
}

/* Cells with at least `least` black ones of the nine around: adds up planes of bits. */
static uint64_t
crowded(const uint64_t noise[3], uint32_t least)
{
	uint64_t planes[4] = {0}, enough = UINT64_MAX;
	HD_ASSERT(least > 0 && least <= 9);
	for (uint32_t i = 0; i < 9; i++) {
		uint64_t carry = noise[i / 3] >> i % 3;
		for (uint32_t bit = 0; bit < 4; bit++) {
			uint64_t sum = planes[bit] ^ carry;
			carry &= planes[bit];
			planes[bit] = sum;
		}
	}
	for (uint32_t bit = 0; bit < 4; bit++)
		enough = least >> bit & 1 ? planes[bit] & enough : planes[bit] | enough;
	return enough;
}

static void
black_in(struct make *make, uint32_t row, uint32_t column)
{
	HD_ASSERT(row < make->height && column < make->width);
	make->picture[row] |= (uint64_t)1 << column;
}

/* A line without black is dull. */
static void
fill_blank(struct make *make)
{
	uint64_t seen = 0;
	for (uint32_t row = 0; row < make->height; row++) {
		if (make->picture[row] == 0)
			black_in(make, row, hd_stream_below(&make->stream, make->width));
		seen |= make->picture[row];
	}
	for (uint32_t column = 0; column < make->width; column++)
		if (!(seen >> column & 1))
			black_in(make, hd_stream_below(&make->stream, make->height), column);
}

static void
draw(struct make *make)
{
	uint64_t noise[HD_NONOGRAM_SIDE + 2], all = hd_nonogram_cells(make->width);
	HD_ASSERT(make->width <= HD_NONOGRAM_SIDE && make->height <= HD_NONOGRAM_SIDE);
	for (uint32_t row = 0; row < make->height + 2; row++)
		noise[row] = hd_stream_u64(&make->stream);
	for (uint32_t row = 0; row < make->height; row++)
		make->picture[row] = crowded(noise + row, MANNERS[make->tier].least) & all;
	fill_blank(make);
}

static void
prove(struct make *make)
{
	hd_nonogram_clues_of(make->picture, make->width, make->height, &make->clues);
	hd_nonogram_search_begin(&make->search, &make->clues, make->tier, HD_NONOGRAM_MAKE_BUDGET);
}

void
hd_nonogram_make_begin(void *work, const struct hd_puzzle_order *order)
{
	struct make *make = work;
	HD_ASSERT(order->spec.tier <= HD_NONOGRAM_SEARCH && order->answer.size == 0);
	make->tier = (enum hd_nonogram_tier)order->spec.tier;
	make->width = order->spec.params.width;
	make->height = order->spec.params.height;
	make->mends = 0;
	hd_stream_init(&make->stream, order->seed, HD_STREAM_SOLUTION);
	draw(make);
	prove(make);
}

static bool
is_picture(const struct make *make, const uint64_t *rows)
{
	return memcmp(rows, make->picture, make->height * sizeof(*rows)) == 0;
}

/* White cells that the search could not tell, or that are black in another solution; how many. */
static uint32_t
untold(const struct make *make, uint64_t *rows)
{
	const struct hd_nonogram_search *search = &make->search;
	const uint64_t *black = search->board.black[HD_NONOGRAM_ROWS];
	const uint64_t *white = search->board.white[HD_NONOGRAM_ROWS];
	const uint64_t *other = is_picture(make, search->solution) ? black : search->solution;
	uint32_t count = 0;
	for (uint32_t row = 0; row < make->height; row++) {
		rows[row] =
			search->end == HD_NONOGRAM_STUCK ? ~(black[row] | white[row]) : other[row];
		rows[row] &= ~make->picture[row] & hd_nonogram_cells(make->width);
		count += (uint32_t)__builtin_popcountll(rows[row]);
	}
	HD_ASSERT(count > 0);
	return count;
}

/* The nth of these cells. */
static void
blacken(struct make *make, uint64_t *rows, uint32_t nth)
{
	uint32_t row = 0, count;
	while ((count = (uint32_t)__builtin_popcountll(rows[row])) <= nth) {
		nth -= count;
		row++;
		HD_ASSERT(row < make->height);
	}
	uint64_t cells = rows[row];
	while (nth-- > 0)
		cells &= cells - 1;
	rows[row] &= ~(cells & -cells);
	black_in(make, row, (uint32_t)__builtin_ctzll(cells));
}

static void
mend(struct make *make)
{
	uint64_t rows[HD_NONOGRAM_SIDE];
	uint32_t count = untold(make, rows);
	for (uint32_t left = count / MANNERS[make->tier].part + 1; left > 0; left--)
		blacken(make, rows, hd_stream_below(&make->stream, count--));
}

/* It was too easy: some cells anywhere change their colour. */
static void
spoil(struct make *make)
{
	for (uint32_t left = MANNERS[make->tier].spoils; left > 0; left--) {
		uint32_t row = hd_stream_below(&make->stream, make->height);
		make->picture[row] ^= (uint64_t)1 << hd_stream_below(&make->stream, make->width);
	}
	fill_blank(make);
}

/* The search has ended. */
static enum hd_puzzle_state
judge(struct make *make)
{
	const struct hd_nonogram_search *search = &make->search;
	const struct manner *manner = &MANNERS[make->tier];
	bool one = search->end == HD_NONOGRAM_COUNTED && search->solutions == 1;
	HD_ASSERT(!one || is_picture(make, search->solution));
	if (one && hd_nonogram_search_tier(search) == make->tier)
		return HD_PUZZLE_READY;
	if (search->end == HD_NONOGRAM_GAVE_UP || make->mends++ == manner->mends ||
	    (one && manner->spoils == 0))
		return HD_PUZZLE_MISSED;
	if (one)
		spoil(make);
	else
		mend(make);
	prove(make);
	return HD_PUZZLE_PENDING;
}

enum hd_puzzle_state
hd_nonogram_make_step(void *work, int64_t *fuel)
{
	struct make *make = work;
	enum hd_puzzle_state state = HD_PUZZLE_PENDING;
	HD_ASSERT(*fuel > 0);
	while (state == HD_PUZZLE_PENDING && *fuel > 0) {
		hd_nonogram_search_step(&make->search, fuel);
		if (make->search.end != HD_NONOGRAM_OPEN)
			state = judge(make);
	}
	return state;
}

void
hd_nonogram_make_take(void *work, struct hd_puzzle_made *made)
{
	struct make *make = work;
	struct hd_writer out = hd_writer_of(make->text, sizeof(make->text));
	hd_nonogram_clues_write(&make->clues, &out);
	made->text = hd_bytes_of(make->text, (size_t)(out.at - make->text));
	HD_ASSERT(!out.full);
	out = hd_writer_of(make->solution, sizeof(make->solution));
	hd_nonogram_picture_write(make->picture, make->width, make->height, &out);
	made->solution = hd_bytes_of(make->solution, (size_t)(out.at - make->solution));
	HD_ASSERT(!out.full);
	made->rating = (struct hd_puzzle_rating){
		.tier = (uint8_t)make->tier,
		.steps = make->search.steps,
		.nodes = make->search.nodes,
	};
}
