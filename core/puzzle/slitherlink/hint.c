/* The step that a person would find next, from the clues alone. */
#include "core/puzzle/slitherlink/slitherlink.h"
#include "core/puzzle/text.h"
#include "huntd/assert.h"

/* The edge above, right of, below or left of a face. */
static void
put_edge(struct hd_writer *out, uint32_t row, uint32_t column, uint32_t side)
{
	static const char *const sides[] = {"above ", "right of ", "below ", "left of "};
	HD_ASSERT(side < 4);
	hd_text_put(out, "the edge ");
	hd_text_put(out, sides[side]);
	hd_text_put_cell(out, row, column);
}

struct found {
	uint32_t row, column, side; /* an edge of a face with a clue */
	uint32_t clue;
	bool yes;
};

static uint32_t
edge_of(const struct hd_slither_grid *grid, uint32_t row, uint32_t column, uint32_t side)
{
	uint32_t slot = hd_slither_slot(grid, row, column);
	const uint32_t edges[] = {slot, slot + grid->places + 1, slot + grid->stride,
				  slot + grid->places};
	return edges[side];
}

/* A known edge of a face with a clue, those with 0 first; on a board that has just got its first
 * ones. */
static bool
first_known(const struct hd_slither_grid *grid, struct hd_slither_board *board,
	    const uint8_t *clues, struct found *found)
{
	uint32_t faces = grid->width * grid->height;
	for (uint32_t i = 0; i < 2 * faces; i++) {
		uint32_t face = i % faces;
		*found = (struct found){face / grid->width, face % grid->width, 0, clues[face], 0};
		if (clues[face] == HD_SLITHER_BLANK || (i < faces && clues[face] != 0))
			continue;
		for (; found->side < 4; found->side++) {
			uint32_t edge = edge_of(grid, found->row, found->column, found->side);
			found->yes = hd_slither_is(grid, board, edge, true);
			if (!hd_slither_unknown(grid, board, edge))
				return true;
		}
	}
	return false;
}

/* Goes level by level until an edge is known. False: reasoning alone finds none. */
static bool
first_step(const struct hd_slither_grid *grid, struct hd_slither_board *board, const uint8_t *clues,
	   struct found *found, uint32_t *level)
{
	for (*level = HD_SLITHER_EASY; *level < HD_SLITHER_LEVELS; ++*level) {
		enum hd_slither_end end = HD_SLITHER_GOING;
		while (end == HD_SLITHER_GOING) {
			int64_t fuel = 1;
			end = hd_slither_deduce(grid, board, *level, &fuel);
			if (first_known(grid, board, clues, found))
				return true;
		}
	}
	return false;
}

static bool
in_corner(const struct hd_slither_grid *grid, const struct found *found)
{
	return (found->row == 0 || found->row + 1 == grid->height) &&
	       (found->column == 0 || found->column + 1 == grid->width);
}

static void
put_clue(struct hd_writer *out, const struct found *found)
{
	hd_text_put(out, "the ");
	hd_text_put_number(out, found->clue);
	hd_text_put(out, " at ");
	hd_text_put_cell(out, found->row, found->column);
}

static void
explain(const struct hd_slither_grid *grid, const struct found *found, uint32_t level,
	struct hd_writer *out)
{
	static const char *const why[HD_SLITHER_LEVELS] = {
		" leaves no choice by its number alone",
		" leaves no choice, since the loop must go on from its corners",
		" leaves no choice: count how many lines each corner of it, and of the clues "
		"beside it, can have",
		" leaves no choice: some edges around it are both lines or both not, others "
		"just one of the two",
	};
	put_edge(out, found->row, found->column, found->side);
	hd_text_put(out, found->yes ? " is a line: " : " is not a line: ");
	put_clue(out, found);
	if (found->clue == 0)
		hd_text_put(out, " has no lines around it");
	else if (in_corner(grid, found) && found->clue != 2)
		hd_text_put(out, " stands in a corner of the grid, where both edges are lines "
				 "or neither");
	else
		hd_text_put(out, why[level]);
}

void
hd_slither_hint(const struct hd_slither_grid *grid, struct hd_bytes text, const uint8_t *yes,
		struct hd_slither_board *board, struct hd_writer *out)
{
	uint8_t clues[HD_SLITHER_FACES];
	struct hd_puzzle_params params = hd_slither_clues(text, clues);
	struct found found;
	uint32_t level, numbers[4];
	HD_ASSERT(params.width == grid->width);
	hd_slither_board_clear(grid, board);
	for (uint32_t face = 0; face < grid->width * grid->height; face++)
		if (clues[face] != HD_SLITHER_BLANK)
			hd_slither_board_clue(grid, board, face / grid->width, face % grid->width,
					      clues[face]);
	if (first_step(grid, board, clues, &found, &level)) {
		explain(grid, &found, level, out);
		return;
	}
	hd_slither_numbers(&params, 0, 0, numbers);
	put_edge(out, 0, 0, 0);
	hd_text_put(out, yes[numbers[0]] ? " is a line" : " is not a line");
	hd_text_put(out, ": no single step shows it; try the contrary until it fails");
}
