/* proof.h - one puzzle's verdict and rating, in steps: the same for what was made and what was
 * sent. */
#ifndef HUNTD_CORE_PUZZLE_SUDOKU_GRADE_PROOF_H
#define HUNTD_CORE_PUZZLE_SUDOKU_GRADE_PROOF_H

#include "core/puzzle/sudoku/grade/ladder.h"
#include "core/puzzle/sudoku/count/search.h"

struct hd_sudoku_proof {
	const struct hd_sudoku_shape *shape;
	const struct hd_sudoku_board *given;
	bool grades; /* wanted: the rating as well */
	bool climbs; /* the search is over, the ladder stands */
	enum hd_puzzle_verdict verdict;
	struct hd_puzzle_rating rating;
	struct hd_sudoku_ladder ladder;
	struct hd_sudoku_search search;
};

/* shape: may be NULL for a classic that is not graded. Both stay the caller's. */
void hd_sudoku_prove(struct hd_sudoku_proof *proof, uint8_t variant,
		     const struct hd_sudoku_shape *shape, const struct hd_sudoku_board *given,
		     bool grades);
/* PENDING or READY; one node or one step of the ladder. */
enum hd_puzzle_state hd_sudoku_prove_step(struct hd_sudoku_proof *proof);

/* hint.c: the next step that a person would find in a puzzle with this one solution. */
void hd_sudoku_hint(const struct hd_sudoku_shape *shape, const struct hd_sudoku_board *given,
		    const struct hd_sudoku_board *solution, struct hd_writer *out);
#define HD_SUDOKU_HINT_MAX 192u

#endif
