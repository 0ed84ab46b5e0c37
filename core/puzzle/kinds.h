/* kinds.h - the rows of the kinds, for kinds.c. Each stands in a file or folder of its own. */
#ifndef HUNTD_CORE_PUZZLE_KINDS_H
#define HUNTD_CORE_PUZZLE_KINDS_H

#include "huntd/puzzle.h"

extern const struct hd_puzzle_kind hd_puzzle_sudoku;      /* 0 */
extern const struct hd_puzzle_kind hd_puzzle_nonogram;    /* 1 */
extern const struct hd_puzzle_kind hd_puzzle_slitherlink; /* 2 */
extern const struct hd_puzzle_kind hd_puzzle_cryptogram;  /* 3 */
extern const struct hd_puzzle_kind hd_puzzle_wordsearch;  /* 4 */
extern const struct hd_puzzle_kind hd_puzzle_lightsout;   /* 5 */

/* hd_puzzle_kind and hd_puzzle_kind_of over any rows, of which NULL is the last. */
const struct hd_puzzle_kind *hd_puzzle_kinds_newest(const struct hd_puzzle_kind *const *rows,
						    struct hd_bytes name);
const struct hd_puzzle_kind *hd_puzzle_kinds_of(const struct hd_puzzle_kind *const *rows,
						struct hd_bytes name, uint16_t algorithm);

#endif
