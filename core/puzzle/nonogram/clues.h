/* clues.h - the runs of a nonogram, as its text says them.
 *
 * Lines are numbered by axis: rows from the top, columns from the left; a line's cells are the bits
 * of a word, the first cell lowest. Text has the columns before the rows. */
#ifndef HUNTD_CORE_PUZZLE_NONOGRAM_CLUES_H
#define HUNTD_CORE_PUZZLE_NONOGRAM_CLUES_H

#include "huntd/puzzle.h"

#define HD_NONOGRAM_SIDE 62u /* cells of a line: two bits of a word are kept for its ends */
#define HD_NONOGRAM_RUNS 31u /* of a line */

enum hd_nonogram_axis { HD_NONOGRAM_ROWS, HD_NONOGRAM_COLUMNS };

struct hd_nonogram_clues {
	uint32_t lines[2]; /* of each axis: height, width */
	uint8_t count[2][HD_NONOGRAM_SIDE];
	uint8_t runs[2][HD_NONOGRAM_SIDE][HD_NONOGRAM_RUNS + 1];
};

/* The cells 0..count-1; count: below 64. */
static inline uint64_t
hd_nonogram_cells(uint32_t count)
{
	return ((uint64_t)1 << count) - 1;
}

/* NULL, or what is wrong with the text. Linear. */
const char *hd_nonogram_clues_read(struct hd_bytes text, struct hd_nonogram_clues *clues);
void hd_nonogram_clues_write(const struct hd_nonogram_clues *clues, struct hd_writer *out);
/* NULL, or why these runs are no nonogram: a line overfull, as many black cells not in the rows as
 * in the columns. */
const char *hd_nonogram_clues_fault(const struct hd_nonogram_clues *clues);
/* Those of a picture: rows[0..height-1]. */
void hd_nonogram_clues_of(const uint64_t *rows, uint32_t width, uint32_t height,
			  struct hd_nonogram_clues *clues);
/* The rows as 0/1, joined by slashes. */
void hd_nonogram_picture_write(const uint64_t *rows, uint32_t width, uint32_t height,
			       struct hd_writer *out);

#endif
