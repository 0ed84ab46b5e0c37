/* Lights Out made: presses are drawn, the lamps that they turn are lit, and where no other set is
 * as small as the fewest, that is an instance. */
#include "core/puzzle/lightsout/lights.h"
#include "core/puzzle/text.h"
#include "huntd/assert.h"

/* Easy ends at so many 20ths of the cells, and those that are made begin at so many: with few
 * presses an overlay would show its letters unturned. */
#define EASY_20THS  8u
#define LEAST_20THS 7u
#define DRAWS       32u /* of one try: a draw costs far less than the try's seed */

/* The whole number at the root of value, or the next above it. */
static uint32_t
root_above(uint32_t value)
{
	uint32_t root = 0;
	while (root * root < value)
		root++;
	HD_ASSERT(root <= value);
	return root;
}

/* What the fewest presses are in the middle: half of the cells, where only one set turns the lamps
 * off. Of 2^nullity sets the least is some deviations (sqrt(cells) / 2) below half; their square
 * grows as in `fifteenths`, measured over all sizes. */
static uint32_t
middle_of(uint32_t cells, uint32_t nullity)
{
	uint32_t fifteenths = nullity > 1 ? 18 * nullity - 21 : 5 * nullity;
	uint32_t below = root_above(cells * fifteenths / 15);
	HD_ASSERT(cells <= HD_LIGHTS_CELLS_MAX && nullity <= HD_LIGHTS_NULLITY_MAX);
	return below + 2 < cells ? (cells - below) / 2 : 1;
}

/* The most presses that are easy: below the middle in any case, so that medium has some. */
static uint32_t
easy_of(uint32_t cells, uint32_t nullity)
{
	uint32_t share = cells * EASY_20THS / 20, below = middle_of(cells, nullity) - 1;
	HD_ASSERT(below < cells);
	return share < below ? share : below;
}

/* The fewest presses of an instance that is made. */
static uint32_t
least_of(uint32_t cells, uint32_t nullity)
{
	uint32_t share = (cells * LEAST_20THS + 19) / 20, easy = easy_of(cells, nullity);
	HD_ASSERT(easy > 0);
	return share < easy ? share : easy;
}

uint8_t
hd_lights_tier(uint32_t cells, uint32_t nullity, uint32_t presses)
{
	HD_ASSERT(presses <= cells);
	if (presses <= easy_of(cells, nullity))
		return HD_LIGHTS_EASY;
	return presses <= middle_of(cells, nullity) ? HD_LIGHTS_MEDIUM : HD_LIGHTS_HARD;
}

/* That many cells out of all. */
static void
draw_presses(struct hd_stream *stream, uint32_t cells, uint32_t count, struct hd_lights_set *set)
{
	HD_ASSERT(count <= cells);
	while (count > 0) {
		uint32_t cell = hd_stream_below(stream, cells);
		if (hd_lights_has(set, cell))
			continue;
		hd_lights_turn(set, cell);
		count--;
	}
}

/* Every cell or not. */
static void
draw_any(struct hd_stream *stream, uint32_t cells, struct hd_lights_set *set)
{
	for (uint32_t i = 0; i * 64 < cells; i++) {
		uint32_t left = cells - i * 64;
		uint64_t bits = hd_stream_u64(stream);
		set->words[i] = left < 64 ? bits & (((uint64_t)1 << left) - 1) : bits;
	}
}

static void
draw(struct hd_lights_make *m, struct hd_lights_set *presses)
{
	uint32_t cells = m->space.cells, nullity = m->space.nullity, most, least;
	bool easy = m->spec.tier == HD_LIGHTS_EASY;
	memset(presses, 0, sizeof(*presses));
	if (m->spec.tier == HD_LIGHTS_HARD) {
		draw_any(&m->stream, cells, presses);
		return;
	}
	most = easy ? easy_of(cells, nullity) : middle_of(cells, nullity);
	least = easy ? least_of(cells, nullity) : 1 + easy_of(cells, nullity);
	HD_ASSERT(least <= most);
	draw_presses(&m->stream, cells, least + hd_stream_below(&m->stream, most - least + 1),
		     presses);
}

static void
light(const struct hd_lights_set *presses, const struct hd_puzzle_params *params,
      struct hd_lights_set *lit)
{
	uint32_t w = params->width, cells = w * params->height;
	memset(lit, 0, sizeof(*lit));
	for (uint32_t cell = 0; cell < cells; cell++) {
		if (!hd_lights_has(presses, cell))
			continue;
		hd_lights_turn(lit, cell);
		if (cell >= w)
			hd_lights_turn(lit, cell - w);
		if (cell + w < cells)
			hd_lights_turn(lit, cell + w);
		if (cell % w > 0)
			hd_lights_turn(lit, cell - 1);
		if ((cell + 1) % w > 0)
			hd_lights_turn(lit, cell + 1);
	}
}

static void
draw_begin(struct hd_lights_make *m)
{
	HD_ASSERT(m->draws_left > 0);
	m->draws_left--;
	draw(m, &m->space.one);
	hd_lights_walk_begin(&m->walk, &m->space);
}

void
hd_lights_make_begin(void *work, const struct hd_puzzle_order *order)
{
	struct hd_lights_make *m = work;
	struct hd_lights_set dark = {0};
	HD_ASSERT(order->spec.tier < HD_LIGHTS_TIERS && order->answer.size == 0);
	m->spec = order->spec;
	m->draws_left = DRAWS;
	hd_stream_init(&m->stream, order->seed, HD_STREAM_SOLUTION);
	hd_lights_chase(m->spec.params.width, m->spec.params.height, &dark, &m->space);
	draw_begin(m);
}

static bool
wanted(const struct hd_lights_make *m)
{
	const struct hd_lights_walk *walk = &m->walk;
	HD_ASSERT(walk->space == &m->space);
	return !walk->tied && walk->weight >= least_of(m->space.cells, m->space.nullity) &&
	       hd_lights_tier(m->space.cells, m->space.nullity, walk->weight) == m->spec.tier;
}

enum hd_puzzle_state
hd_lights_make_step(void *work, int64_t *fuel)
{
	struct hd_lights_make *m = work;
	while (hd_lights_walk_step(&m->walk, fuel)) {
		if (wanted(m))
			return HD_PUZZLE_READY;
		if (m->draws_left == 0)
			return HD_PUZZLE_MISSED;
		draw_begin(m);
		if (*fuel <= 0)
			break;
	}
	return HD_PUZZLE_PENDING;
}

static void
write_instance(struct hd_lights_make *m)
{
	struct hd_writer out = hd_writer_of(m->text, sizeof(m->text));
	uint32_t w = m->spec.params.width, h = m->spec.params.height, cells = w * h;
	hd_text_put_number(&out, w);
	hd_text_put(&out, "x");
	hd_text_put_number(&out, h);
	hd_text_put(&out, ":");
	HD_ASSERT((size_t)(out.end - out.at) > HD_LIGHTS_DIGITS(cells * cells));
	hd_lights_crosses(w, h, out.at);
	out.at += HD_LIGHTS_DIGITS(cells * cells);
	hd_text_put(&out, ",");
	hd_lights_write_set(&out, &m->lit, cells);
	HD_ASSERT(!out.full);
	m->text_size = (uint32_t)(out.at - m->text);
}

void
hd_lights_make_take(void *work, struct hd_puzzle_made *made)
{
	struct hd_lights_make *m = work;
	uint32_t cells = (uint32_t)m->spec.params.width * m->spec.params.height;
	light(&m->walk.best, &m->spec.params, &m->lit);
	write_instance(m);
	m->solution[0] = 'S';
	for (uint32_t cell = 0; cell < cells; cell++)
		m->solution[1 + cell] = hd_lights_has(&m->walk.best, cell) ? '1' : '0';
	made->text = hd_bytes_of(m->text, m->text_size);
	made->solution = hd_bytes_of(m->solution, 1 + cells);
	made->rating.tier = m->spec.tier;
	made->rating.steps = m->walk.weight;
	made->rating.nodes = m->walk.steps;
}
