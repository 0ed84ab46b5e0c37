/* phrases.h - what the kinds of core/puzzle ask of the built-in list; the rest is in
 * huntd/puzzle.h. */
#ifndef HUNTD_CORE_PUZZLE_PHRASES_PHRASES_H
#define HUNTD_CORE_PUZZLE_PHRASES_PHRASES_H

#include "huntd/puzzle.h"

/* Where the space goes in a phrase of the built-in list, version 1, and which words of its two
 * tables it has; 0: it is none. */
uint32_t hd_phrases_space(struct hd_bytes normal, uint32_t *first, uint32_t *second);

#endif
