/* parts.h - the parts of the kind's row, each in a file of its own. */
#ifndef HUNTD_CORE_PUZZLE_CRYPTOGRAM_PARTS_H
#define HUNTD_CORE_PUZZLE_CRYPTOGRAM_PARTS_H

#include "huntd/puzzle.h"

/* make.c: a story around the answer, a key, and as few given letters as will do. */
uint32_t hd_cryptogram_make_size(void);
void hd_cryptogram_make_begin(void *work, const struct hd_puzzle_order *order);
enum hd_puzzle_state hd_cryptogram_make_step(void *work, int64_t *fuel);
void hd_cryptogram_make_take(void *work, struct hd_puzzle_made *made);

/* solve.c: the search, in words. */
uint32_t hd_cryptogram_solve_size(void);
void hd_cryptogram_solve_begin(void *work, struct hd_bytes text, enum hd_puzzle_mode mode);
enum hd_puzzle_state hd_cryptogram_solve_step(void *work, int64_t *fuel);
void hd_cryptogram_solve_take(void *work, struct hd_puzzle_solved *solved);

/* verify.c */
bool hd_cryptogram_verify(struct hd_bytes text, struct hd_bytes solution);

/* draw.c */
void hd_cryptogram_draw_text(struct hd_bytes text, struct hd_bytes solution, struct hd_writer *out);
void hd_cryptogram_draw_svg(struct hd_bytes text, struct hd_bytes solution,
			    const struct hd_puzzle_overlay *overlay, struct hd_writer *out);

#endif
