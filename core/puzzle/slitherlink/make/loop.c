/* A random loop: the rim of a region that stays in one piece, without holes and without touching
 * itself at a corner. Faces are turned over one after the other where that keeps it so, those that
 * make the rim longer always, others seldom. */
#include "core/puzzle/slitherlink/make/loop.h"

#include "huntd/assert.h"

/* How many turns a unit of fuel is worth. */
#define TURNS_PER_FUEL 64u

/* Enough for the region to have come everywhere: with more, loops get no longer. */
static uint32_t
turns_per_face(const struct hd_puzzle_params *params)
{
	uint32_t side = params->width > params->height ? params->width : params->height;
	return 4 + side * 4 / 5;
}

void
hd_slither_loop_begin(struct hd_slither_loop *loop, const struct hd_puzzle_params *params,
		      const uint8_t seed[HD_PUZZLE_SEED])
{
	HD_ASSERT(params->width <= HD_SLITHER_MAX && params->height <= HD_SLITHER_MAX);
	memset(loop->inside, 0, sizeof(loop->inside));
	loop->width = params->width;
	loop->height = params->height;
	loop->turns = (uint32_t)params->width * params->height * turns_per_face(params);
	hd_stream_init(&loop->stream, seed, HD_STREAM_SOLUTION);
	uint32_t face = hd_stream_below(&loop->stream, loop->width * loop->height);
	loop->inside[face / loop->width + 1] |= 2u << face % loop->width;
}

/* The eight faces around, clockwise from above: even bits share an edge. */
static uint32_t
ring_of(const struct hd_slither_loop *loop, uint32_t row, uint32_t column)
{
	uint32_t above = loop->inside[row] >> column & 7, here = loop->inside[row + 1] >> column;
	uint32_t below = loop->inside[row + 2] >> column & 7;
	return (above >> 1 & 3) | (here & 4) | (below & 4) << 1 | (below & 2) << 3 |
	       (below & 1) << 5 | (here & 1) << 6 | (above & 1) << 7;
}

/* Whether a face can be turned over: around it there is one run of inside and one of outside, each
 * with a face that shares an edge. */
static bool
is_simple(uint32_t ring)
{
	uint32_t turned = (ring << 1 | ring >> 7) & 0xff;
	return __builtin_popcount(ring ^ turned) == 2 && (ring & 0x55) != 0 && (~ring & 0x55) != 0;
}

static void
turn(struct hd_slither_loop *loop)
{
	uint32_t face = hd_stream_below(&loop->stream, loop->width * loop->height);
	uint32_t row = face / loop->width, column = face % loop->width;
	uint32_t ring = ring_of(loop, row, column);
	if (!is_simple(ring))
		return;
	bool inside = loop->inside[row + 1] >> (column + 1) & 1;
	uint32_t same = (uint32_t)__builtin_popcount((inside ? ring : ~ring) & 0x55);
	/* Its edges in the loop are 4 - same before and same after. */
	if (same < 3 && hd_stream_u32(&loop->stream) % (same < 2 ? 16 : 2) != 0)
		return;
	loop->inside[row + 1] ^= 2u << column;
}

bool
hd_slither_loop_step(struct hd_slither_loop *loop, int64_t *fuel)
{
	while (loop->turns > 0 && *fuel > 0) {
		uint32_t turns = loop->turns < TURNS_PER_FUEL ? loop->turns : TURNS_PER_FUEL;
		loop->turns -= turns;
		(*fuel)--;
		for (; turns > 0; turns--)
			turn(loop);
	}
	return loop->turns == 0;
}

bool
hd_slither_loop_inside(const struct hd_slither_loop *loop, uint32_t row, uint32_t column)
{
	HD_ASSERT(row < loop->height && column < loop->width);
	return loop->inside[row + 1] >> (column + 1) & 1;
}

uint8_t
hd_slither_loop_clue(const struct hd_slither_loop *loop, uint32_t row, uint32_t column)
{
	uint32_t ring = ring_of(loop, row, column) & 0x55;
	bool inside = hd_slither_loop_inside(loop, row, column);
	return (uint8_t)__builtin_popcount(inside ? ~ring & 0x55 : ring);
}
