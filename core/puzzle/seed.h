/* seed.h - what core/puzzle alone asks of seeds; the rest is in huntd/puzzle.h. */
#ifndef HUNTD_CORE_PUZZLE_SEED_H
#define HUNTD_CORE_PUZZLE_SEED_H

#include "huntd/puzzle.h"

/* Of try `try` of a seed. */
void hd_puzzle_try_seed(const uint8_t seed[HD_PUZZLE_SEED], uint32_t try,
			uint8_t out[HD_PUZZLE_SEED]);

#endif
