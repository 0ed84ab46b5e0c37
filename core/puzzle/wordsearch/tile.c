/* The grid cut into runs, by a sweep: the first cell that is open, in the order of the sweep, is
 * covered by a run that starts there and goes on along the sweep or down, or is left. The sweep
 * starts in any corner and goes along rows or columns. In its last two rows only runs along them
 * are possible, so no run may leave a gap there that is too narrow for a word. */
#include "core/puzzle/wordsearch/search.h"
#include "huntd/assert.h"

#define OUTSIDE    255u
#define WAYS       4u  /* along, and three down */
#define LONG       4u  /* letters; a run of three is made only where no longer one can be */
#define CELL_FUEL  32u /* cells of one unit of fuel */
#define DROP_CELLS 8u  /* cells for each run that is tried before the sweep */
#define DROPS_MAX  20u /* a large grid has enough small gaps without them */
#define DROPS_LESS 3u  /* half as many after each so many tilings that missed */
#define LONGEST    9u  /* of a run: of ten letters there are few words */
#define CROSS_MAX  7u  /* of runs that cross: of these sizes there are many */
#define TRIM_FROM  5u  /* letters of a run that loses one */

static const uint8_t sizes[16] = {4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 8, 8, 9};

static uint32_t
direction_of(int32_t step)
{
	uint32_t direction = 0;
	while (hd_search_steps[direction] != step)
		direction++;
	HD_ASSERT(direction < 8);
	return direction;
}

static uint32_t
cell_of(const struct hd_search_tiling *t)
{
	return (uint32_t)((int32_t)t->origin + t->across * (int32_t)t->column +
			  t->down * (int32_t)t->row);
}

/* Open cells from `at` on, `at` not counted. */
static uint32_t
gap(const struct hd_search_tiling *t, uint32_t at, int32_t step)
{
	uint32_t count = 0;
	HD_ASSERT(at < HD_SEARCH_PADDED);
	do
		at = (uint32_t)((int32_t)at + step);
	while (t->cover[at] == 0 && ++count < HD_SEARCH_SIZE_MIN);
	return count;
}

static bool
narrow(uint32_t gap)
{
	return gap > 0 && gap < HD_SEARCH_SIZE_MIN;
}

/* Whether a run of that size leaves no narrow gap in the sweep's last two rows. */
static bool
fits(const struct hd_search_tiling *t, uint32_t at, int32_t step, uint32_t size)
{
	uint32_t last = t->high - 2;
	HD_ASSERT(size >= HD_SEARCH_SIZE_MIN && t->high > 2);
	if (step == t->across)
		return t->row < last ||
		       !narrow(gap(t, (uint32_t)((int32_t)at + step * (int32_t)(size - 1)), step));
	for (uint32_t k = 0; k < size; k++) {
		uint32_t cell = (uint32_t)((int32_t)at + step * (int32_t)k);
		if (t->row + k < last)
			continue;
		if (narrow(gap(t, cell, t->across)) || narrow(gap(t, cell, -t->across)))
			return false;
	}
	return true;
}

/* The longest run of at most `size` cells that is open and fits; 0: none. */
static uint32_t
longest(const struct hd_search_tiling *t, uint32_t at, int32_t step, uint32_t size)
{
	uint32_t open = 0;
	uint32_t cell = at;
	HD_ASSERT(size <= HD_SEARCH_MADE_MAX);
	while (open < size && t->cover[cell] == 0) {
		open++;
		cell = (uint32_t)((int32_t)cell + step);
	}
	while (open >= HD_SEARCH_SIZE_MIN && !fits(t, at, step, open))
		open--;
	return open >= HD_SEARCH_SIZE_MIN ? open : 0;
}

static void
lay(struct hd_search_tiling *t, uint32_t at, int32_t step, uint32_t size)
{
	struct hd_search_run *run = &t->runs[t->count];
	HD_ASSERT(t->count < HD_SEARCH_RUNS_MAX && size <= HD_SEARCH_MADE_MAX);
	*run = (struct hd_search_run){.at = (uint16_t)at,
				      .direction = (uint8_t)direction_of(step),
				      .size = (uint8_t)size};
	for (uint32_t k = 0; k < size; k++) {
		uint32_t cell = hd_search_step(at, run->direction, k);
		HD_ASSERT(t->cover[cell] == 0);
		t->cover[cell] = 1;
		t->owner[cell] = (uint16_t)t->count;
	}
	t->count++;
}

/* Where a run may go from the sweep's next cell. */
static int32_t
way_of(const struct hd_search_tiling *t, uint32_t way)
{
	HD_ASSERT(way < WAYS);
	if (way == 0)
		return t->across;
	return t->down + ((int32_t)way - 2) * t->across;
}

/* Easy ones have no line from north-east to south-west. */
static bool
forbidden(const struct hd_search_tiling *t, int32_t step)
{
	return t->tier == HD_SEARCH_EASY &&
	       (step == hd_search_steps[3] || step == hd_search_steps[7]);
}

/* Some runs before the sweep, anywhere and in any direction: a sweep alone goes on as it began, and
 * whole regions would be runs side by side. */
static void
scatter(struct hd_search_tiling *t, uint32_t missed, struct hd_stream *stream)
{
	uint32_t drops = t->width * t->height / DROP_CELLS;
	HD_ASSERT(t->count == 0);
	drops = (drops < DROPS_MAX ? drops : DROPS_MAX) >> (missed / DROPS_LESS);
	for (; drops > 0; drops--) {
		uint32_t turn = hd_stream_u32(stream), want = sizes[turn >> 28];
		int32_t step = way_of(t, turn % WAYS);
		t->row = hd_stream_below(stream, t->high - 2);
		t->column = hd_stream_below(stream, t->wide);
		if (!forbidden(t, step) && longest(t, cell_of(t), step, want) == want)
			lay(t, cell_of(t), step, want);
	}
	t->row = t->column = 0;
}

void
hd_search_tile_begin(struct hd_search_tiling *t, const struct hd_puzzle_spec *spec, uint32_t leave,
		     uint32_t missed, struct hd_stream *stream)
{
	uint32_t w = spec->params.width, h = spec->params.height;
	uint32_t turn = hd_stream_below(stream, 8);
	bool right = turn & 1, below = turn & 2, columns = turn & 4;
	int32_t x = right ? -1 : 1, y = below ? -HD_SEARCH_STRIDE : HD_SEARCH_STRIDE;
	HD_ASSERT(leave >= HD_PHRASE_MIN && leave <= HD_PHRASE_MAX);
	t->width = w;
	t->height = h;
	t->left = leave;
	t->tier = spec->tier;
	t->across = columns ? y : x;
	t->down = columns ? x : y;
	t->wide = columns ? h : w;
	t->high = columns ? w : h;
	t->origin = hd_search_at(right ? w - 1 : 0, below ? h - 1 : 0);
	t->row = t->column = t->count = 0;
	memset(t->cover, OUTSIDE, sizeof(t->cover));
	for (uint32_t row = 0; row < h; row++)
		memset(t->cover + hd_search_at(0, row), 0, w);
	scatter(t, missed, stream);
}

/* A run that ends beside the cell takes it. */
static bool
stretch(struct hd_search_tiling *t, uint32_t at)
{
	HD_ASSERT(t->cover[at] == 0);
	for (uint32_t d = 0; d < 8; d++) {
		uint32_t beside = hd_search_step(at, (d + 4) % 8, 1);
		if (t->cover[beside] != 1)
			continue;
		struct hd_search_run *run = &t->runs[t->owner[beside]];
		bool on =
			run->direction == d && hd_search_step(run->at, d, run->size - 1u) == beside;
		bool back = run->direction == (d + 4) % 8 && run->at == beside;
		if (run->size == LONGEST || (!on && !back))
			continue;
		run->at = back ? (uint16_t)at : run->at;
		run->size++;
		t->cover[at] = 1;
		t->owner[at] = t->owner[beside];
		return true;
	}
	return false;
}

/* Covers the cell or leaves it. */
static bool
settle(struct hd_search_tiling *t, uint32_t at, struct hd_stream *stream)
{
	uint32_t turn = hd_stream_u32(stream), want = sizes[turn >> 28], best = 0;
	int32_t step = 0;
	for (uint32_t i = 0; i < WAYS && best < LONG; i++) {
		int32_t way = way_of(t, (turn + i) % WAYS);
		uint32_t size = forbidden(t, way) ? 0 : longest(t, at, way, want);
		if (size > best) {
			best = size;
			step = way;
		}
	}
	if (best > 0) {
		lay(t, at, step, best);
		return true;
	}
	if (stretch(t, at))
		return true;
	if (t->left == 0)
		return false;
	t->left--;
	t->column++;
	return true;
}

/* Runs lose a letter at an end until enough cells are left. */
static bool
trim(struct hd_search_tiling *t, struct hd_stream *stream)
{
	uint32_t tries = 16 * t->left;
	for (; t->left > 0 && tries > 0; tries--) {
		struct hd_search_run *run = &t->runs[hd_stream_below(stream, t->count)];
		uint32_t least = tries > 8 * t->left ? TRIM_FROM : HD_SEARCH_SIZE_MIN + 1;
		if (run->size < least)
			continue;
		bool first = hd_stream_below(stream, 2) == 0;
		uint32_t end =
			first ? run->at : hd_search_step(run->at, run->direction, run->size - 1u);
		HD_ASSERT(t->cover[end] == 1);
		t->cover[end] = 0;
		if (first)
			run->at = (uint16_t)hd_search_step(run->at, run->direction, 1);
		run->size--;
		t->left--;
	}
	return t->left == 0;
}

static void
turn(struct hd_search_run *run)
{
	HD_ASSERT(run->size > 0);
	run->at = (uint16_t)hd_search_step(run->at, run->direction, run->size - 1u);
	run->direction = (uint8_t)((run->direction + 4) % 8);
}

/* The run goes on by one cell over another's, where that lies across it and has no crossing yet. */
static bool
cross(struct hd_search_tiling *t, uint32_t i)
{
	struct hd_search_run *run = &t->runs[i];
	uint32_t end = hd_search_step(run->at, run->direction, run->size);
	HD_ASSERT(i < t->count);
	if (run->crosses || run->size >= CROSS_MAX || t->cover[end] != 1)
		return false;
	struct hd_search_run *other = &t->runs[t->owner[end]];
	if (other->size > CROSS_MAX || other->crosses || other->direction % 4 == run->direction % 4)
		return false;
	t->cover[end]++;
	run->size++;
	run->crosses = other->crosses = true;
	return true;
}

/* Whether a run's first or last cell is another's. */
static bool
borrows(const struct hd_search_tiling *t, uint32_t i, bool first)
{
	const struct hd_search_run *run = &t->runs[i];
	uint32_t end = first ? run->at : hd_search_step(run->at, run->direction, run->size - 1u);
	return t->cover[end] > 1 && t->owner[end] != i;
}

bool
hd_search_uncross(struct hd_search_tiling *t, uint32_t i)
{
	struct hd_search_run *run = &t->runs[i];
	bool first = borrows(t, i, true);
	HD_ASSERT(i < t->count);
	if (!first && !borrows(t, i, false))
		return false;
	uint32_t end = first ? run->at : hd_search_step(run->at, run->direction, run->size - 1u);
	t->cover[end]--;
	if (first)
		run->at = (uint16_t)hd_search_step(run->at, run->direction, 1);
	run->size--;
	run->crosses = t->runs[t->owner[end]].crosses = false;
	return true;
}

uint32_t
hd_search_crosser(const struct hd_search_tiling *t, uint32_t i)
{
	HD_ASSERT(i < t->count && t->runs[i].crosses);
	for (uint32_t j = 0; j < t->count; j++) {
		const struct hd_search_run *run = &t->runs[j];
		uint32_t last = hd_search_step(run->at, run->direction, run->size - 1u);
		if ((borrows(t, j, true) && t->owner[run->at] == i) ||
		    (borrows(t, j, false) && t->owner[last] == i))
			return j;
	}
	return i;
}

static void
finish(struct hd_search_tiling *t, struct hd_stream *stream)
{
	for (uint32_t i = 0; i < t->count; i++) {
		struct hd_search_run *run = &t->runs[i];
		bool back = t->tier == HD_SEARCH_EASY ? run->direction >= 4
						      : hd_stream_below(stream, 2) == 0;
		if (back)
			turn(run);
		HD_ASSERT(t->tier != HD_SEARCH_EASY || run->direction < 3);
		if (t->tier == HD_SEARCH_HARD && !cross(t, i)) {
			turn(run);
			cross(t, i);
		}
	}
}

enum hd_puzzle_state
hd_search_tile_step(struct hd_search_tiling *t, struct hd_stream *stream, int64_t *fuel)
{
	for (uint32_t spent = 1; t->row < t->high; spent++) {
		if (t->column == t->wide) {
			t->column = 0;
			t->row++;
			continue;
		}
		uint32_t at = cell_of(t);
		if (t->cover[at] != 0)
			t->column++;
		else if (!settle(t, at, stream))
			return HD_PUZZLE_MISSED;
		if (spent % CELL_FUEL == 0 && --*fuel <= 0)
			return HD_PUZZLE_PENDING;
	}
	HD_ASSERT(t->count > 0);
	if (!trim(t, stream))
		return HD_PUZZLE_MISSED;
	finish(t, stream);
	return HD_PUZZLE_READY;
}
