/* lib.h - what unit tests share: memory from calloc, seeded random numbers, hd_assert_failed. */
#ifndef HUNTD_TESTS_LIB_H
#define HUNTD_TESTS_LIB_H

#include "huntd/memory.h"

/* Zeroed memory from calloc, no budget. `used` must be 0 again when a test has cleaned up. */
struct hd_memory hd_test_memory(void);

/* The next number of a sequence that `state` alone decides (SplitMix64). */
uint64_t hd_test_random(uint64_t *state);

#endif
