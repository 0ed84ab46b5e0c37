/* loop.h - the random loop that an instance is made from. */
#ifndef HUNTD_CORE_PUZZLE_SLITHERLINK_MAKE_LOOP_H
#define HUNTD_CORE_PUZZLE_SLITHERLINK_MAKE_LOOP_H

#include "core/puzzle/slitherlink/slitherlink.h"
#include "core/puzzle/stream.h"

struct hd_slither_loop {
	uint32_t width, height;
	uint32_t turns;                      /* still to be tried */
	uint32_t inside[HD_SLITHER_MAX + 2]; /* rows and columns from 1; what is outside the grid
					      * is outside the loop
					      */
	struct hd_stream stream;
};

void hd_slither_loop_begin(struct hd_slither_loop *loop, const struct hd_puzzle_params *params,
			   const uint8_t seed[HD_PUZZLE_SEED]);
/* True: it is done. */
bool hd_slither_loop_step(struct hd_slither_loop *loop, int64_t *fuel);
bool hd_slither_loop_inside(const struct hd_slither_loop *loop, uint32_t row, uint32_t column);
/* How many of a face's edges are in the loop. */
uint8_t hd_slither_loop_clue(const struct hd_slither_loop *loop, uint32_t row, uint32_t column);

#endif
