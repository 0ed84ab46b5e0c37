/* kind.h - the functions of the sudoku's row (huntd/puzzle.h says what each does), for sudoku.c. */
#ifndef HUNTD_CORE_PUZZLE_SUDOKU_KIND_H
#define HUNTD_CORE_PUZZLE_SUDOKU_KIND_H

#include "huntd/puzzle.h"

/* Bytes: 3x3x:, 81 cells with a `_` between digits, a comma and at most one letter a wall. */
#define HD_SUDOKU_TEXT_MAX 384u

/* make.c */
uint32_t hd_sudoku_make_size(void);
void hd_sudoku_make_begin(void *work, const struct hd_puzzle_order *order);
enum hd_puzzle_state hd_sudoku_make_step(void *work, int64_t *fuel);
void hd_sudoku_make_take(void *work, struct hd_puzzle_made *made);

/* solve.c */
uint32_t hd_sudoku_solve_size(void);
void hd_sudoku_solve_begin(void *work, struct hd_bytes text, enum hd_puzzle_mode mode);
enum hd_puzzle_state hd_sudoku_solve_step(void *work, int64_t *fuel);
void hd_sudoku_solve_take(void *work, struct hd_puzzle_solved *solved);

/* verify.c */
bool hd_sudoku_verify(struct hd_bytes text, struct hd_bytes solution);

/* draw.c */
void hd_sudoku_draw_text(struct hd_bytes text, struct hd_bytes solution, struct hd_writer *out);
void hd_sudoku_draw_svg(struct hd_bytes text, struct hd_bytes solution,
			const struct hd_puzzle_overlay *overlay, struct hd_writer *out);

#endif
