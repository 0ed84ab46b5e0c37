/* nonogram.h - what the files of this folder give the kind's row (kind.c). */
#ifndef HUNTD_CORE_PUZZLE_NONOGRAM_NONOGRAM_H
#define HUNTD_CORE_PUZZLE_NONOGRAM_NONOGRAM_H

#include "core/puzzle/nonogram/clues.h"
#include "core/puzzle/nonogram/count/search.h"

/* Version 1's, and so for ever: lines looked at in solving, and in one picture of a making. */
#define HD_NONOGRAM_SOLVE_BUDGET (1u << 24)
#define HD_NONOGRAM_MAKE_BUDGET  (1u << 20)

#define HD_NONOGRAM_TEXT     7800u /* 62 columns and 62 rows of at most 62 characters and a / */
#define HD_NONOGRAM_SOLUTION (HD_NONOGRAM_SIDE * (HD_NONOGRAM_SIDE + 1u))
#define HD_NONOGRAM_HINT     512u

/* make.c */
size_t hd_nonogram_make_size(void);
void hd_nonogram_make_begin(void *work, const struct hd_puzzle_order *order);
enum hd_puzzle_state hd_nonogram_make_step(void *work, int64_t *fuel);
void hd_nonogram_make_take(void *work, struct hd_puzzle_made *made);

/* solve.c */
size_t hd_nonogram_solve_size(void);
void hd_nonogram_solve_begin(void *work, struct hd_bytes text, enum hd_puzzle_mode mode);
enum hd_puzzle_state hd_nonogram_solve_step(void *work, int64_t *fuel);
void hd_nonogram_solve_take(void *work, struct hd_puzzle_solved *solved);

/* hint.c: the first step from the empty grid, of a search that has counted one. */
void hd_nonogram_hint_write(struct hd_nonogram_search *search, struct hd_writer *out);

/* verify.c */
bool hd_nonogram_verify(struct hd_bytes text, struct hd_bytes solution);

/* form.c: .non */
const char *hd_nonogram_form_read(enum hd_puzzle_form form, struct hd_bytes in,
				  struct hd_writer *out);
void hd_nonogram_form_write(enum hd_puzzle_form form, struct hd_bytes text, struct hd_writer *out);

/* draw.c */
void hd_nonogram_draw_text(struct hd_bytes text, struct hd_bytes solution, struct hd_writer *out);
void hd_nonogram_draw_svg(struct hd_bytes text, struct hd_bytes solution,
			  const struct hd_puzzle_overlay *overlay, struct hd_writer *out);

#endif
